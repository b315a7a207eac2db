#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Run many cells of the matrix, in guests of some cells each.  What has passed is
# remembered under build/matrix, so that a run that was stopped goes on where it
# was, and one that had failures repeats those; with another module, tool or test
# all begins anew.
#
# Usage: run.sh 6.12|6.1|full
#
#   6.12, 6.1  in that stock kernel cells in which every three values meet
#   full       all cells, in User Mode Linux in virtual time, a guest for each
#              processor at once

set -u
here=$(cd "$(dirname "$0")" && pwd)
src=$(cd "$here/../.." && pwd)
what=$1
out=$src/build/matrix/$what
line=$what
strength=3
virtual=
guests=1
# a multiple of the kinds of edits, which share their control runs
batch=36
if [ "$what" = full ]; then
	line=uml
	strength=all
	virtual=-v
	guests=$(nproc)
	batch=96
fi
# seconds; a cell whose every round is too much takes some minutes where all is emulated
export PP_TIMEOUT=$((batch * 120))

# key - what the results depend on
key()
{
	cat "$src/build/$line/patchproxy.ko" "$src/userspace/patchctl" "$here"/* \
		"$here"/../{matrix.sh,lib.sh,client,server,sniff,cover} | sha256sum
}

# missing PATTERN - the cells without a result that begins like this
missing()
{
	sed -nE "s/^($1)ok //p" "$out/results" | awk '
		FILENAME == "-" { seen[$0] = 1; next }
		!($0 in seen)' - "$out/cells"
}

# guest NUMBER - run the cells of that batch, and remember each result as it comes
guest()
{
	local text result cell

	printf '#!/bin/bash\nexec %q %q\n' "$here/../matrix.sh" "$out/batch.$1" > "$out/guest.$1.sh"
	chmod +x "$out/guest.$1.sh"
	# shellcheck disable=SC2086 # an option or none
	"$src/selftests/vm/run.sh" $virtual -t $((PP_TIMEOUT + 300)) "$line" "$out/guest.$1.sh" 2>&1 |
	tee "$out/log.$1" | while IFS= read -r text; do
		text=${text#"# "}
		case $text in
		"ok "* | "not ok "*)
			result=${text%%ok *}ok
			cell=${text#*ok }
			cell=${cell#* }
			! grep -qxF "$cell" "$out/batch.$1" || echo "$result $cell" >> "$out/results"
			;;
		esac
		echo "$text"
	done
	return "${PIPESTATUS[0]}"
}

mkdir -p "$out" || exit 1
make -s --no-print-directory -C "$here/.." || exit 1
# two of them would spoil each other's results
exec 9> "$out/lock"
flock -n 9 || { echo "not ok - a run of $what is under way"; exit 1; }
if [ "$(cat "$out/key" 2> /dev/null)" != "$(key)" ]; then
	rm -f "$out"/{results,log.*,batch.*,guest.*}
	: > "$out/results"
	key > "$out/key"
fi
"$here/cells.sh" "$strength" > "$out/cells" || exit 1
rm -f "$out"/batch.* "$out"/guest.*
missing "" | split -l $batch -d -a 3 - "$out/batch."
total=$(wc -l < "$out/cells")
echo "# $what: $total cells, $(missing "" | wc -l) to run"

running=0
bad=0
for file in "$out"/batch.*; do
	[ -e "$file" ] || break
	if [ $running -eq "$guests" ]; then
		wait -n || bad=1
		running=$((running - 1))
	fi
	guest "${file##*.}" 9>&- &
	running=$((running + 1))
done
while [ $running -gt 0 ]; do
	wait -n || bad=1
	running=$((running - 1))
done

left=$(missing "" | wc -l)
unknown=$(missing "|not " | wc -l)
missing "" | sed 's/^/# has not passed: /'
[ "$unknown" -eq 0 ] || echo "# $unknown cells were not run"
# a guest may fail for another reason than its cells: a complaint of the kernel
[ $bad -eq 0 ] || [ "$left" -ne 0 ] || left=1
echo "$((total - left)) passed, $left failed, 0 skipped"
[ "$left" -eq 0 ]
