#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Everything that must pass, in one go; "make check" calls it.
#
# Usage: check.sh [host]
#
#   host   only what needs no kernel: core, language, the library's samples
#
# Each step prints TAP or a line "N passed, N failed, N skipped"; a step without
# either counts as one test, its exit status.  The last line printed is the sum;
# before it comes again everything that failed.  On Debian 12 nothing may be
# skipped.

set -u
cd "$(dirname "$0")/.." || exit 1
make=${MAKE:-make}
logs=build/check
mkdir -p "$logs"
rm -f "$logs"/*
failed_steps=

# step NAME COMMAND... - run it with its output shown, and count its results
step()
{
	local name=$1 status
	shift
	echo "### $name"
	"$@" < /dev/null 2>&1 | tee "$logs/$name.out"
	status=${PIPESTATUS[0]}
	score "$name" "$status"
}

# score NAME STATUS - a step that failed must have at least one failure counted
score()
{
	local counted
	counted=$(selftests/vm/tally.sh < "$logs/$1.out")
	case $counted,$2 in
	"0 passed, 0 failed, 0 skipped",0)	counted="1 passed, 0 failed, 0 skipped" ;;
	*", 0 failed, "*,0)			;;
	*", 0 failed, "*)			counted=${counted/ 0 failed/ 1 failed} ;;
	esac
	echo "$counted" > "$logs/$1.count"
	echo "### $1: $counted"
	[ "$2" -eq 0 ] || failed_steps="$failed_steps $1"
}

# guests - the kernel tests on both kernels at once, since a guest keeps one
# processor busy; on 6.12 the kernel's own runner runs them
guests()
{
	local tests old new
	tests=$($make -s --no-print-directory -C selftests list)
	# shellcheck disable=SC2086 # a list of names without spaces
	selftests/vm/run.sh -t 2700 6.1 $(printf 'selftests/%s ' $tests) \
		< /dev/null > "$logs/kernel-6.1.out" 2>&1 &
	old=$!
	selftests/vm/kselftest.sh 6.12 < /dev/null > "$logs/kernel-6.12.out" 2>&1 &
	new=$!
	wait $old
	guest_result 6.1 $?
	wait $new
	guest_result 6.12 $?
}

guest_result()
{
	echo "### kernel-$1"
	cat "$logs/kernel-$1.out"
	score "kernel-$1" "$2"
}

# failures STEP - what failed in a step and what it said
failures()
{
	awk '
	/^(# )*not ok / || /^Bail out!/ || /^(# )*kernel: / || /^demo: FAILED/ {
		match($0, /^(# )*/)
		diagnostic = substr($0, 1, RLENGTH) "# "
		# behind the line of a script comes the next script
		left = /selftests: / ? 0 : 20
		print
		next
	}
	left > 0 && index($0, diagnostic) == 1 { print; left--; next }
	{ left = 0 }' "$logs/$1.out" | head -n 200 > "$logs/$1.failures"
	case " $failed_steps " in
	*" $1 "*)	[ -s "$logs/$1.failures" ] || tail -n 20 "$logs/$1.out" > "$logs/$1.failures" ;;
	esac
	[ -s "$logs/$1.failures" ] || return 0
	echo "### failed in $1"
	cat "$logs/$1.failures"
}

if [ "${1:-}" != host ]; then
	step lab "$make" lab
fi
step tools "$make" tools
step core "$make" -C selftests/core check
step lang "$make" -C selftests/lang check
step cli "$make" -C selftests/cli check
step library userspace/patchctl test
if [ "${1:-}" != host ]; then
	step vulnerable "$make" -C selftests/vulnerable check
	step w1 "$make" w1
	step sparse "$make" sparse
	step source selftests/vm/fetch.sh source
	guests
	step demo "$make" demo
fi

for log in "$logs"/*.out; do
	failures "$(basename "$log" .out)"
done
[ -z "$failed_steps" ] || echo "failed:$failed_steps"
total=$(cat "$logs"/*.count | selftests/vm/tally.sh)
echo "$total"
case $total in
*", 0 failed, 0 skipped")
	[ -z "$failed_steps" ]
	;;
*", 0 failed, "*)
	# elsewhere a feature may be missing; on Debian 12 that is a defect
	[ -z "$failed_steps" ] && ! grep -qx 'VERSION_ID="12"' /etc/os-release
	;;
*)
	false
	;;
esac
