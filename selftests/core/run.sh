#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# run.sh OUT TEST...: run the tests, two at a time, and add up what they say.
#
# The last line is "N passed, N failed, N skipped".

out=$1
shift
export CORE_OUT="$out"

run()
{
	case $1 in
	*.sh)	sh "./$1" ;;
	*)	"$out/$1" ;;
	esac > "$out/$1.log" 2>&1
	echo "exit $?" >> "$out/$1.log"
}

n=0
for t; do
	run "$t" &
	n=$((n + 1))
	[ $((n % 2)) -eq 0 ] && wait
done
wait

passed=0 failed=0 skipped=0
for t; do
	log=$out/$t.log
	p=$(grep -c '^ok ' "$log")
	s=$(grep -c '^ok .*# SKIP' "$log")
	f=$(grep -c '^not ok ' "$log")
	# One that died on the way has failed, whatever it said before.
	if [ "$f" -eq 0 ] && ! tail -n 1 "$log" | grep -qx 'exit 0'; then
		f=1
	fi
	if [ "$f" -gt 0 ]; then
		cat "$log"
	else
		echo "$t: $((p - s)) passed"
	fi
	passed=$((passed + p - s)) failed=$((failed + f)) skipped=$((skipped + s))
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
