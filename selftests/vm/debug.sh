#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Run kernel tests in kernels that look for memory, locking and RCU gone wrong
# and for races.  Before that each kernel proves that its reports are noticed.
#
# Usage: debug.sh [debug-uml] [debug-smp] [debug-kcsan]	(default: all)
#
# What has passed is remembered under build/debug, so that a run that was
# stopped goes on where it was, and one that had failures repeats those; with
# another kernel, module, tool or test all begins anew.  The tests named in
# $TESTS run in any case, and only those, if that is set.

set -u
here=$(cd "$(dirname "$0")" && pwd)
src=$(cd "$here/../.." && pwd)
cache=${PATCHPROXY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/patchproxy}
out=$src/build/debug
concurrent="storm.sh swap.sh unapply.sh netns.sh"
# A test takes long where every access to memory is checked.
export PP_TIMEOUT=3600

# provocation NAME COMMAND... - a script that provokes a report and passes
provocation()
{
	printf '#!/bin/bash\nexec 2>&1\n' > "$out/$1.sh"
	printf '%s\n' "${@:2}" true >> "$out/$1.sh"
	chmod +x "$out/$1.sh"
	provocations+=("$out/$1.sh")
}

# crash TYPE - by the kernel's module of errors
crash()
{
	echo "modprobe lkdtm && echo $1 > /sys/kernel/debug/provoke-crash/DIRECT"
}

# noticed NAME PATTERN - the last guest failed that script for such a report
noticed()
{
	if awk -v name="$1.sh" -v pattern="$2" '
		$0 == "# selftests: patchproxy: " name { inside = 1 }
		inside && /^# kernel: / && $0 ~ pattern { seen = 1 }
		/^(not )?ok / { if (inside) bad = /^not ok .*the kernel complained/; inside = 0 }
		END { exit !(seen && bad) }' "$out/provoked"; then
		echo "ok - $line: a report of $1 is noticed"
	else
		echo "not ok - $line: a report of $1 is noticed"
	fi
}

# built_in NAME SYMBOL - the module itself is compiled with that check
built_in()
{
	if nm "$src/build/$line/patchproxy.ko" | grep -q " U $2"; then
		echo "ok - $line: the module is compiled for $1"
	else
		echo "not ok - $line: the module is compiled for $1"
	fi
}

# prove - in one guest provoke a report of every kind.  What switches others
# off comes last: KASAN stops lockdep.
prove()
{
	provocations=()
	provocation nothing
	provocation warning "$(crash WARNING)"
	if [ "$line" = debug-kcsan ]; then
		provocation kcsan 'modprobe kunit filter_glob=kcsan.test_basic' 'modprobe kcsan_test'
	else
		provocation ubsan "$(crash ARRAY_BOUNDS)"
		provocation lockdep \
			'modprobe rcutorture torture_type=srcu test_srcu_lockdep=1002 nreaders=1' 'rmmod rcutorture'
		provocation kasan "$(crash READ_AFTER_FREE)"
		provocation kmemleak 'modprobe kmemleak-test' 'rmmod kmemleak-test'
	fi
	"$here/run.sh" -t 1800 "$line" "${provocations[@]}" > "$out/provoked" 2>&1
	if grep -q '^ok 1 selftests: patchproxy: nothing.sh' "$out/provoked"; then
		echo "ok - $line: nothing is reported when nothing is wrong"
	else
		echo "not ok - $line: nothing is reported when nothing is wrong"
		sed 's/^/# /' "$out/provoked"
	fi
	noticed warning 'WARNING: .*lkdtm'
	if [ "$line" = debug-kcsan ]; then
		built_in kcsan __tsan_read
		noticed kcsan 'BUG: KCSAN: data-race'
	else
		built_in ubsan __ubsan_handle
		built_in lockdep lock_acquire
		built_in kasan __asan_report
		noticed ubsan 'UBSAN: array-index-out-of-bounds'
		noticed lockdep 'WARNING: possible (circular|recursive) locking'
		noticed kasan 'BUG: KASAN: slab-use-after-free'
		noticed kmemleak 'kmemleak: unreferenced object'
	fi
}

# key - what the results depend on
key()
{
	{
		cat "$cache/kernel/$line/key" "$src/build/$line/patchproxy.ko" "$src/userspace/patchctl" \
			./*.sh ./*.[ch] matrix/* vm/*.sh vulnerable/*.[ch] damaged/*.c
		find ../patchdefs -type f | sort | xargs cat
	} | sha256sum
}

# remember FILE - pass on what a guest says, and put down each test that passed
remember()
{
	local text name
	while IFS= read -r text; do
		printf '%s\n' "$text"
		case $text in
		"ok "*" selftests: patchproxy: "*)
			name=${text#*patchproxy: }
			echo "${name%% *}" >> "$1"
			;;
		esac
	done
}

# run - one kernel from nothing to its results
run()
{
	local all name left=() passed=$out/passed.$line
	"$here/debug-kernel.sh" "$line" || return
	unset ARCH
	[ "$line" != debug-uml ] || export ARCH=um
	"$here/build.sh" "$line" || return
	unset ARCH
	[ "$(head -n 1 "$passed" 2> /dev/null)" = "$(key)" ] || key > "$passed"
	if grep -qx proof "$passed"; then
		echo "ok - $line: the reports have been noticed before"
	else
		prove | tee "$out/proof"
		grep -q '^not ok' "$out/proof" || echo proof >> "$passed"
	fi
	all=$concurrent
	[ "$line" != debug-uml ] || all=$(make -s --no-print-directory list list-faults)
	for name in ${TESTS:-$all}; do
		if [ -z "${TESTS:-}" ] && grep -qx "$name" "$passed"; then
			echo "ok - $line: $name has passed before"
		else
			left+=("$name")
		fi
	done
	[ ${#left[@]} -eq 0 ] || "$here/run.sh" -t 28800 "$line" "${left[@]}" | remember "$passed"
}

mkdir -p "$out"
cd "$src/selftests" || exit 1
[ $# -gt 0 ] || set -- debug-uml debug-smp debug-kcsan
for line; do
	run
done 2>&1 | tee "$out/log"
"$here/tally.sh" < "$out/log"
