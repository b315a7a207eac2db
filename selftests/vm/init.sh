#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The first process of the guest that run.sh boots.  It covers the read-only
# root with an overlay in memory, makes the modules of the running kernel
# visible, runs the scripts the job names, reads the kernel's log after each,
# and powers off.

set -u
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export HOME=/root LANG=C.UTF-8 TERM=dumb

if [ "${1:-}" != overlaid ]; then
	mount -t proc proc /proc
	for word in $(< /proc/cmdline); do
		case $word in
		pp.job=*)	job=${word#pp.job=} ;;
		esac
	done
	. "$job"
	modprobe -d "$kernel" overlay || echo "init: no overlay module"
	mount -t tmpfs -o mode=755 tmpfs /mnt
	mkdir /mnt/upper /mnt/work /mnt/root
	mount -t overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work overlay /mnt/root
	cd /mnt/root && exec chroot . "$src/selftests/vm/init.sh" overlaid "$job"
fi

job=$2
. "$job"
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
# the kernel's own runner writes what a test says to /dev/stdout
ln -s /proc/self/fd /dev/fd
ln -s fd/0 /dev/stdin
ln -s fd/1 /dev/stdout
ln -s fd/2 /dev/stderr
mkdir -p /dev/pts /dev/shm /run /lib/modules
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /run
mount --bind "$kernel/lib/modules" /lib/modules
mount -t debugfs debugfs /sys/kernel/debug 2> /dev/null
mount -t tracefs tracefs /sys/kernel/tracing 2> /dev/null
hostname lab
ip link set lo up
: "${PP_KO:=$src/build/$line/patchproxy.ko}"
: "${PATCHCTL:=$src/userspace/patchctl}"
export PP_KO PATCHCTL PP_CACHE=$cache

exec < /dev/null > /dev/ttyS0 2>&1
stty -F /dev/ttyS0 -opost -echo

# What none of these kernels ever prints in a clean run.
bad='WARNING:|BUG |BUG:|Oops|general protection|rcu.*stall.* on|self-detected stall|soft lockup|hw csum failure|Call Trace|refcount_t|unregister_netdevice: waiting|UBSAN|KASAN|suspicious RCU|leaked|ODEBUG|INFO: (task|trying) |kmemleak: '
# O and E: our module is neither in the tree nor signed.
allowed_taint=$((1 << 12 | 1 << 13))
kmemleak=/sys/kernel/debug/kmemleak

# complaints - the kernel's log from the first bad line on.  KCSAN also reports
# races of the kernel's own, which are not for here to judge: a report counts
# if a function of the module is in it, or of the kernel's test of KCSAN.
complaints()
{
	dmesg | awk '
	/BUG: KCSAN: / { race = 1; ours = 0; text = "" }
	!race { print; next }
	{ text = text $0 "\n" }
	/\[(patchproxy|kcsan_test)\]/ { ours = 1 }
	/=====/ {
		if (ours)
			printf "%s", text
		race = 0
	}' | sed -nE "/$bad/,\$p"
}

# leaks - memory that nothing points to.  kmemleak leaves alone what is younger
# than 5 seconds, and what is not the same in two scans.
leaks()
{
	[ -e $kmemleak ] || return
	sleep 6
	echo scan > $kmemleak
	echo scan > $kmemleak
	sed 's/^/kmemleak: /' $kmemleak
	echo clear > $kmemleak
}

# kernel_complaints - print and fail on anything bad the kernel logged since
# the last call
kernel_complaints()
{
	local found taint status=0
	found=$(leaks; complaints)
	dmesg -C
	taint=$(($(cat /proc/sys/kernel/tainted) & ~allowed_taint))
	if [ -n "$found" ]; then
		echo "$found" | head -n 100 | sed 's/^/# kernel: /'
		status=1
	fi
	if [ "$taint" -ne "${taint_seen:-0}" ]; then
		echo "# kernel: tainted $taint"
		taint_seen=$taint
		status=1
	fi
	# After its first report, and when its tables are full.
	if [ -z "${lockdep_off:-}" ] && grep -q 'debug_locks: *0' /proc/lockdep_stats 2> /dev/null; then
		echo "# kernel: lockdep has switched itself off"
		lockdep_off=1
		status=1
	fi
	return $status
}

dmesg -C
limit=${PP_TIMEOUT:-$(sed -n 's/^timeout=//p' "$src/selftests/settings")}
n=0
if [ "$mode" = tests ]; then
	echo "TAP version 13"
	echo "1..${#scripts[@]}"
fi
for script in "${scripts[@]}"; do
	n=$((n + 1))
	name=$(basename "$script")
	cd "$(dirname "$script")" || continue
	if [ "$mode" = raw ]; then
		"$script"
		status=$?
	else
		echo "# selftests: patchproxy: $name"
		began=$SECONDS
		timeout -k 5 "${limit:-300}" "$script" 2>&1 | sed -u 's/^/# /'
		status=${PIPESTATUS[0]}
		echo "# # $name: $((SECONDS - began)) seconds"
	fi
	why=
	[ "$status" -ne 124 ] || why=" # TIMEOUT"
	if ! kernel_complaints; then
		status=1
		why=" # the kernel complained"
	fi
	echo "vm: status $status"
	[ "$mode" = tests ] || continue
	case $status in
	0)	echo "ok $n selftests: patchproxy: $name" ;;
	4)	echo "ok $n selftests: patchproxy: $name # SKIP" ;;
	*)	echo "not ok $n selftests: patchproxy: $name$why # exit=$status" ;;
	esac
done
echo "vm: done"
# Changing a terminal's settings waits for its output, so nothing is cut off.
stty -F /dev/ttyS0 opost
echo b > /proc/sysrq-trigger
