#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Count the results in test output: reads TAP (also nested in "# " comments,
# as the kselftest runner prints it) and "N passed, N failed, N skipped" lines
# from standard input, ends with such a line, and fails if anything failed or
# nothing was counted.
#
# A test script is worth its subtests; its own line counts only when it is
# bad, so that a script that dies before its first subtest is not lost.

exec awk '
function count(line)
{
	if (line ~ /^not ok /)
		fail++
	else if (line ~ /^ok .*# (SKIP|skip)/)
		skip++
	else if (line ~ /^ok /)
		pass++
	else
		return 0
	return 1
}
# run.sh starts again: what came before does not count
/^# vm: the emulator / { pass = fail = skip = inner = inner_bad = 0; next }
/^(# )+(not )?ok / {
	sub(/^(# )+/, "")
	if (count($0)) {
		inner++
		if ($0 ~ /^not ok/)
			inner_bad++
	}
	next
}
/^(not )?ok [0-9]+ selftests: / {
	if ($0 ~ /^not ok/) {
		if (!inner_bad)
			fail++
	} else if (!inner) {
		count($0)
	}
	inner = inner_bad = 0
	next
}
/^(not )?ok / { count($0); next }
/^Bail out!/ { fail++; next }
/^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$/ {
	pass += $1
	fail += $3
	skip += $5
}
END {
	printf "%d passed, %d failed, %d skipped\n", pass, fail, skip
	exit !(pass + skip) || fail
}'
