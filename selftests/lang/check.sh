#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Runs the tests of the language: what compiles to what, and, with the tool given,
# which byte of real traffic the grammars put into which field.
#
#	check.sh LANG_TEST [PATCHCTL]
cd "$(dirname "$0")" || exit 2

library=../../patchdefs
out=$(mktemp) || exit 2
trap 'rm -f "$out"' EXIT

{
	"$1" $library/grammars || echo "status $?"
	if [ -n "$2" ]; then
		"$2" --library $library test parse/*.pdef || echo "status $?"
	fi
} > "$out" 2>&1

grep -v -e '^status ' -e ' passed, ' -e '^1\.\.' "$out"
awk -v tool="$2" '
	/^ok / { passed++ }
	/^not ok / { failed++ }
	/^status / { status++ }
	END {
		if (status && !failed)
			failed = status
		printf "%d passed, %d failed, %d skipped\n", passed, failed, tool == ""
		exit failed > 0
	}' "$out"
