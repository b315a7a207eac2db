#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Boot a kernel on top of the host's own root file system and run scripts in
# it: a stock Debian kernel or a debug kernel in QEMU, or a debug kernel that is
# a program (User Mode Linux).
#
# Usage: run.sh [-rv] [-t SECONDS] LINE SCRIPT...
#
#   LINE     6.12 or 6.1: a kernel that fetch.sh put into the cache; debug-uml,
#            debug-smp, debug-kcsan, uml: one that debug-kernel.sh did
#   SCRIPT   what to run in the guest, one after the other
#   -r       raw: pass on what the scripts print, judge their exit status only;
#            without it the scripts are kselftests and speak KTAP
#   -t       kill the guest after so long (default 900); that is a failure
#   -v       virtual time: it leaps when all wait, so waiting costs nothing.  In
#            uml it stands still while anything computes, so a network is as fast as
#            netem says, however slow the machine is; in QEMU two nanoseconds pass
#            with every instruction
#
# The host's root is shared read-only over virtiofs (User Mode Linux: hostfs)
# and covered by an overlay in the guest's memory, so the scripts may write
# anywhere and nothing stays.  The guest has two serial ports: the first carries the tests' output, the
# second the kernel's own log, so neither garbles the other.  The verdict rests
# on explicit lines from the guest, never on silence.

set -u
here=$(cd "$(dirname "$0")" && pwd)
src=$(cd "$here/../.." && pwd)
cache=${PATCHPROXY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/patchproxy}
mode=tests
limit=900

die()
{
	echo "vm: $*" >&2
	exit 1
}

virtual=
while getopts rt:v opt; do
	case $opt in
	r)	mode=raw ;;
	v)	virtual=1 ;;
	t)	limit=$OPTARG ;;
	*)	die "usage: run.sh [-rv] [-t SECONDS] LINE SCRIPT..." ;;
	esac
done
shift $((OPTIND - 1))
[ $# -ge 2 ] || die "usage: run.sh [-rv] [-t SECONDS] LINE SCRIPT..."
line=$1
shift

kernel=$cache/kernel/$line
[ -e "$kernel/version" ] || die "no kernel $line in $cache: run make lab"
virtiofsd=/usr/lib/qemu/virtiofsd
machine=qemu
[ ! -e "$kernel/linux" ] || machine=uml
clock=()
case $virtual$machine,$line in
1uml,uml)	clock=(time-travel=inf-cpu) ;;
1uml,*)		die "virtual time is not for $line" ;;
1qemu,*)	clock=(-accel tcg,thread=single -icount shift=1,sleep=off) ;;
qemu,*)		clock=(-accel tcg,thread=multi) ;;
esac
[ $machine = uml ] || [ -x "$virtiofsd" ] || die "$virtiofsd is missing: run make setup"
case $src$cache in
*[[:space:]]*)	die "the kernel command line cannot carry a path with spaces: $src, $cache" ;;
esac

# virtiofsd needs root to serve every file with its owner; QEMU needs to open
# virtiofsd's socket.
sudo=
if [ $machine = qemu ] && [ "$(id -u)" -ne 0 ]; then
	sudo="sudo -n"
	$sudo true || die "virtiofsd needs root: run as root or allow sudo"
fi

make -s --no-print-directory -C "$src/selftests" || die "the tests' own programs do not build"
mkdir -p "$src/build/vm"
job=$(mktemp -d "$src/build/vm/$line.XXXXXX") || exit 1
socket=$(mktemp -u /tmp/patchproxy-vm.XXXXXX)
fsd=
cleanup()
{
	[ -z "$fsd" ] || $sudo kill "$fsd" 2> /dev/null
	$sudo rm -f "$socket" "$socket.pid"
	[ -n "${KEEP_JOB:-}" ] || rm -rf "$job"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

{
	printf 'src=%q\nline=%q\nkernel=%q\ncache=%q\nmode=%q\n' "$src" "$line" "$kernel" "$cache" "$mode"
	printf 'scripts=('
	for script; do
		printf '%q ' "$(realpath "$script")" || exit 1
	done
	printf ')\n'
	# what a caller may want to hand down to the scripts
	for var in PP_KO PATCHCTL VULNERABLE PP_TIMEOUT RUNS ONLY; do
		[ -z "${!var:-}" ] || printf 'export %s=%q\n' "$var" "${!var}"
	done
} > "$job/job"

# What the emulator has translated it finds again by address: programs that lie
# elsewhere each time, and detours around flaws of real processors, cost half of
# the time.
cheap="norandmaps mitigations=off"
words="init=$here/init.sh pp.init=$here/init.sh pp.job=$job/job loglevel=5 panic=-1 oops=panic"

# share - serve the host's root to a machine
share()
{
	$sudo "$virtiofsd" --socket-path="$socket" -o source=/ -o cache=always \
		-o sandbox=chroot > "$job/virtiofsd.log" 2>&1 &
	fsd=$!
	for _ in $(seq 100); do
		[ ! -S "$socket" ] || break
		kill -0 "$fsd" 2> /dev/null || break
		sleep 0.1
	done
	[ -S "$socket" ] || die "virtiofsd did not start: $(cat "$job/virtiofsd.log")"
}

# qemu - with an initramfs where the kernel has virtiofs as a module
qemu()
{
	local initrd=()
	[ ! -e "$kernel/initrd.img" ] || initrd=(-initrd "$kernel/initrd.img")
	$sudo timeout -k 5 "$limit" qemu-system-x86_64 \
		"${clock[@]}" -smp 2 -cpu max -m 2G \
		-object memory-backend-memfd,id=mem,size=2G,share=on -numa node,memdev=mem \
		-display none -no-reboot -nodefaults \
		-chardev stdio,id=out,signal=off -serial chardev:out \
		-serial "file:$job/kernel.log" \
		-chardev "socket,id=fs,path=$socket" -device vhost-user-fs-pci,chardev=fs,tag=host \
		-kernel "$kernel/vmlinuz" "${initrd[@]}" \
		-append "console=ttyS1 rootfstype=virtiofs root=host ro $words $cheap \
no_timer_check rcupdate.rcu_cpu_stall_timeout=60"
}

uml()
{
	# shellcheck disable=SC2086 # a list of words
	timeout -k 5 "$limit" "$kernel/linux" mem=2G noreboot con=null con0=null,fd:3 \
		ssl=null ssl0=null,fd:1 console=tty0 rootfstype=hostfs root=/dev/root ro $words \
		kasan_multi_shot "${clock[@]}" 3> "$job/kernel.log"
}

# boot - one run of the guest; sets $status to the machine's
boot()
{
	rm -f "$socket" "$job"/*.log
	[ $machine = uml ] || share
	$machine < /dev/null 2> "$job/machine.log" | tee "$job/serial.log" | grep --line-buffered -v '^vm: '
	status=${PIPESTATUS[0]}
	# virtiofsd ends with its client
	[ -z "$fsd" ] || wait "$fsd"
	fsd=
}

# QEMU's emulation with several threads can execute the breakpoint of a code
# patch (a static key) after the patch is complete; the kernel then dies of an
# int3 nobody set.  That says nothing about what is tested here: boot again.
for attempt in 1 2 3; do
	boot
	grep -q 'Oops: int3' "$job/kernel.log" || break
	echo "# vm: the emulator ran a stale breakpoint, attempt $attempt"
done

problem=
[ "$status" -ne 124 ] || problem="the guest was killed after $limit seconds"
grep -q '^vm: done$' "$job/serial.log" || problem=${problem:-"the guest ended before its scripts did (machine's status $status)"}
if [ -z "$problem" ]; then
	[ "$mode" != raw ] || exit "$(sed -n 's/^vm: status //p' "$job/serial.log" | sort -n | tail -n 1)"
	"$here/tally.sh" < "$job/serial.log" > /dev/null
	exit
fi
echo "Bail out! $problem"
sed 's/^/# /' "$job/machine.log" | tail -n 5
tail -n 40 "$job/kernel.log" | sed 's/^/# kernel: /'
exit 1
