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

# array T MOST FACTORS COMMAND... - what the command prints are the cells for T factors
array()
{
	local t=$1 most=$2 factors=$3 cells
	shift 3
	"$@" > "$tmp/cells" 2> "$tmp/said"
	covers "$t" "$tmp/cells" "$factors"
	result $? "every $t values meet"
	cells=$(wc -l < "$tmp/cells")
	echo "$cells cells, at most $most expected" > "$tmp/said"
	[ "$cells" -gt 0 ] && [ "$cells" -le "$most" ]
	result $? "$cells cells for every $t values, at most $most"
	"$@" | cmp - "$tmp/cells" > "$tmp/said" 2>&1
	result $? "the same cells again"
	# without any one cell something is missing, or the check sees nothing
	sed '$d' "$tmp/cells" > "$tmp/fewer"
	! covers "$t" "$tmp/fewer" "$factors"
	result $? "without the last of them something is missing"
}

# stock T - the cells of all stock kernels, as matrix.sh there asks for them
stock()
{
	local kernel
	for kernel in $kernels; do
		"$here/cells.sh" "$1" "$kernel.0-0-cloud-amd64" | sed "s/^/$kernel /"
	done
}

# shares T MOST - no kernel has more cells than so many
shares()
{
	local kernel cells
	for kernel in $kernels; do
		cells=$(stock "$1" | grep -c "^$kernel ")
		echo "$cells cells, at most $2 expected" > "$tmp/said"
		[ "$cells" -gt 0 ] && [ "$cells" -le "$2" ]
		result $? "$kernel: $cells cells for every $1 values, at most $2"
	done
}

make -s --no-print-directory -C "$here/.." || exit 1
kernels=$(sed -n 's/^kernel //p' "$here/factors")
sed '/^kernel /d' "$here/factors" > "$tmp/factors"
array 2 55 "$here/factors" stock 2
shares 2 30
# another kernel, which stands for none of them
array 2 55 "$tmp/factors" "$here/cells.sh" 2 "6.12.0-uml"
# in each kernel
array 3 400 "$tmp/factors" "$here/cells.sh" 3
array 7 4608 "$tmp/factors" "$here/cells.sh" all
"$here/../../userspace/patchctl" test "$here"/*.pdef > "$tmp/said" 2>&1
result $? "samples of the patches"
echo "1..$n"
exit $failed
