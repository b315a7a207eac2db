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
	local name=$1
	shift
	echo "### $name"
	"$@" < /dev/null 2>&1 | tee "$logs/$name.out"
	score "$name" "${PIPESTATUS[0]}"
}

# The steps in the background, by process.
declare -A running=()

# begin NAME COMMAND... - the same beside one other step, its output shown at its
# end; a guest keeps little more than one processor busy
begin()
{
	local name=$1
	shift
	[ ${#running[@]} -lt 2 ] || end_one
	"$@" < /dev/null > "$logs/$name.out" 2>&1 &
	running[$!]=$name
}

end_one()
{
	local pid status name
	wait -n -p pid "${!running[@]}"
	status=$?
	name=${running[$pid]}
	unset "running[$pid]"
	echo "### $name"
	cat "$logs/$name.out"
	score "$name" $status
}

# score NAME STATUS - a step that failed must have at least one failure counted
score()
{
	local counted
	# A step that has counted itself is not counted again by its single results.
	counted=$(grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$logs/$1.out" | tail -n 1)
	[ -n "$counted" ] || counted=$(selftests/vm/tally.sh < "$logs/$1.out")
	case $counted,$2 in
	"0 passed, 0 failed, 0 skipped",0)	counted="1 passed, 0 failed, 0 skipped" ;;
	*", 0 failed, "*,0)			;;
	*", 0 failed, "*)			counted=${counted/ 0 failed/ 1 failed} ;;
	esac
	echo "$counted" > "$logs/$1.count"
	echo "### $1: $counted"
	[ "$2" -eq 0 ] || failed_steps="$failed_steps $1"
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
if [ "${1:-}" != host ]; then
	step programs "$make" -C selftests
	step servers "$make" -C selftests/vulnerable
	step damaged "$make" -C selftests/damaged
	step w1 "$make" w1
	step sparse "$make" sparse
	step source selftests/vm/fetch.sh source
	# the longest first; on 6.12 the kernel's own runner runs the tests
	begin kernel-6.12 selftests/vm/kselftest.sh 6.12
	# shellcheck disable=SC2046 # a list of names without spaces
	begin kernel-6.1 selftests/vm/run.sh -t 4500 6.1 \
		$(printf 'selftests/%s ' $("$make" -s --no-print-directory -C selftests list))
	# shellcheck disable=SC2046
	begin long env PP_TIMEOUT=20000 selftests/vm/run.sh -v -t 1800 6.12 \
		$(printf 'selftests/%s ' $("$make" -s --no-print-directory -C selftests list-long))
	begin demo selftests/vm/run.sh -r -t 1800 6.12 selftests/demo/demo.sh
	begin vulnerable "$make" -C selftests/vulnerable check
fi
begin counted selftests/counted.sh
begin core "$make" -C selftests/core check
begin lang "$make" -C selftests/lang check
begin cli "$make" -C selftests/cli check
begin matrix selftests/matrix/check.sh
begin library userspace/patchctl test
while [ ${#running[@]} -gt 0 ]; do
	end_one
done

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
