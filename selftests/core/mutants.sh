#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# mutants.sh: the oracle is tested by faults that it must notice.
#
# Each line of mutants.txt makes one: a file of the engine in $MUTANT_CORE is changed,
# compiled by $MUTANT_CC, and linked by $MUTANT_LD in front of the others, $MUTANT_LIBS.
# Results are TAP.

core=$MUTANT_CORE
out=$MUTANT_OUT
runs=50000
n=0 failed=0
mkdir -p "$out"

# result GOOD TEXT - one line of TAP
result()
{
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		failed=$((failed + 1))
	fi
}

# mutant NAME FILE COMMAND - make it and let the oracle look for it
mutant()
{
	sed "$3" "$core/$2" > "$out/$1.c"
	changed=$(diff "$core/$2" "$out/$1.c" | grep -c '^>')
	if [ "$changed" -ne 1 ]; then
		result 1 "$1: the text to be changed is on $changed lines of $2"
		return
	fi
	# shellcheck disable=SC2086 # commands with their arguments
	if ! $MUTANT_CC -c -o "$out/$1.o" "$out/$1.c" ||
	   ! $MUTANT_LD -o "$out/$1" "$out/$1.o" $MUTANT_LIBS; then
		result 1 "$1: does not compile"
		return
	fi
	"$out/$1" --raw --runs $runs > "$out/$1.log" 2>&1
	grep -q '^not ok 1' "$out/$1.log"
	result $? "$1: $(sed -n 's/^# \(seed .*\)/\1/p' "$out/$1.log")"
}

while read -r name file command; do
	case $name in
	''|'#'*) continue ;;
	esac
	mutant "$name" "$file" "$command"
done < mutants.txt
echo "1..$n"
echo "# totals: $((n - failed)) passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ] && [ "$n" -gt 0 ]
