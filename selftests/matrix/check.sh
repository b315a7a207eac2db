#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The parts of the matrix that need no kernel: that its cells are a covering
# array of the size that is promised, and the patches it uses.
#
# Usage: check.sh

set -u
here=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
n=0
failed=0

# result STATUS DESCRIPTION - what $tmp/said says is shown if it failed
result()
{
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		head -n 20 "$tmp/said" | sed 's/^/# /'
		failed=1
	fi
}

# covers T FILE FACTORS - every T values of different factors are in a line, no
# line is there twice, and nothing that is no value is.  Counted otherwise than
# cover.c does: what is in the lines against how many there have to be.
covers()
{
	awk -v t="$1" '
	/^#/ { next }
	FILENAME == ARGV[1] {
		for (i = 2; i <= NF; i++)
			known[nf + 1, $i] = 1
		size[++nf] = NF - 1
		next
	}
	function choose(from, left, key, i) {
		if (!left) {
			if (!(key in seen)) {
				seen[key] = 1
				have++
			}
			return
		}
		for (i = from; i <= nf - left + 1; i++)
			choose(i + 1, left - 1, key " " i "=" $i)
	}
	function count(from, left, product, i) {
		if (!left) {
			want += product
			return
		}
		for (i = from; i <= nf - left + 1; i++)
			count(i + 1, left - 1, product * size[i])
	}
	{
		if (NF != nf || $0 in line) {
			print "a line too many or too long: " $0
			bad = 1
		}
		line[$0] = 1
		for (i = 1; i <= nf; i++)
			if (!((i, $i) in known)) {
				print "no value: " $i
				bad = 1
			}
		choose(1, t, "")
	}
	END {
		count(1, t, 1)
		if (have != want)
			print have + 0 " of " want " are covered"
		exit bad || have != want || !want
	}' "$3" "$2" > "$tmp/said" 2>&1
}

# array T MOST - the cells for T factors
array()
{
	local cells
	"$here/../cover" "$1" "$here/factors" > "$tmp/cells" 2> "$tmp/said"
	covers "$1" "$tmp/cells" "$here/factors"
	result $? "every $1 values meet"
	cells=$(wc -l < "$tmp/cells")
	echo "$cells cells, at most $2 expected" > "$tmp/said"
	[ "$cells" -gt 0 ] && [ "$cells" -le "$2" ]
	result $? "$cells cells for every $1 values, at most $2"
	"$here/../cover" "$1" "$here/factors" | cmp - "$tmp/cells" > "$tmp/said" 2>&1
	result $? "the same cells again"
	# without any one cell something is missing, or the check sees nothing
	sed '$d' "$tmp/cells" > "$tmp/fewer"
	! covers "$1" "$tmp/fewer" "$here/factors"
	result $? "without the last of them something is missing"
}

make -s --no-print-directory -C "$here/.." || exit 1
array 2 55
array 3 400
array 7 4608
"$here/../../userspace/patchctl" test "$here"/*.pdef > "$tmp/said" 2>&1
result $? "samples of the patches"
echo "1..$n"
exit $failed
