#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Every counter of the module is seen to rise by some test: by a kernel test that
# asserts it with grew, counted, repeat or rose, or by one of the core's.  Which
# ones are not, and why, is in the list below.

set -u
cd "$(dirname "$0")/.." || exit 1

# It counts what must not happen.
exempt=' fuel'

# one line for each command
kernel=$(sed -e ':join' -e '/\\$/N; s/\\\n//; t join' selftests/*.sh |
	grep -oE '\b(grew|counted|ask_counted|repeat|rose) .*')
core=$(grep -hoE 'counted\([a-z]+, PATCHPROXY_CNT_[a-z_]+' selftests/core/*_test.c | sed 's/.*CNT_//')

number=0
bad=0

# result WORD NAME REMARK
result()
{
	number=$((number + 1))
	echo "$1 $number - $2: $3"
	[ "$1" = ok ] || bad=1
}

for name in $(sed -nE 's/^\tX\(([a-z_]+),.*/\1/p' kmod/uapi/patchproxy.h); do
	by=
	! grep -qE "\\b$name\\b" <<< "$kernel" || by="a kernel test"
	! grep -qx "$name" <<< "$core" || by=${by:-"a test of the core"}
	case "$by, $exempt " in
	", "*" $name "*)	result ok "$name" "exempt" ;;
	", "*)			result "not ok" "$name" "no test asserts that it rises" ;;
	*" $name "*)		result "not ok" "$name" "exempt, but asserted by $by" ;;
	*)			result ok "$name" "$by" ;;
	esac
done
echo "1..$number"
[ $number -gt 0 ] && exit $bad
