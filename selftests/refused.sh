#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What the kernel's verifier refuses is shown at its place in the source, and
# nothing changes.  patchctl has the same verifier and refuses first, so images
# are damaged on their way (damaged/).

. "$(dirname "$0")/lib.sh"

# damaged DAMAGE ARGUMENT... - patchctl that damages images
damaged()
{
	in_g env DAMAGE="$1" NO_COLOR=1 "$here/damaged/build/patchctl" "${@:2}" --library "$TMP/lib"
}

# state - what is applied and listed
state()
{
	pctl status -j | sed 's/"\(flows\|edited_flows\|hits\)": *[0-9]*//g' &&
		damaged none list -j
}

# place FILE TEXT - line and column of the text's only occurrence, and the line
place()
{
	awk -v text="$2" '{ at = index($0, text) } at { print NR ":" at; print }' "$1"
}

# refused DESCRIPTION DAMAGE FILE TEXT REASON ARGUMENT... - status 1 and this message:
# the reason, at the place of the text in the file (the whole file if there is no text)
refused()
{
	local what=$1 damage=$2 file=$3 text=$4 reason=$5 at line indent status
	shift 5
	reason="error: the kernel's verifier refuses this: $reason"
	if [ -n "$text" ]; then
		{ read -r at && IFS= read -r line; } < <(place "$file" "$text")
		indent=$(sed 's/[^\t]/ /g' <<< "${line%%"$text"*}")
		printf '%s:%s: %s\n%s\n%s^\n' "$file" "$at" "$reason" "$line" "$indent"
	else
		printf '%s: %s\n' "$file" "$reason"
	fi > "$TMP/wanted"
	state > "$TMP/before"
	damaged "$damage" "$@" > "$TMP/out" 2> "$TMP/err"
	status=$?
	state > "$TMP/after"
	# how much is underlined is the compiler's choice
	sed -i '3s/\^~*$/^/' "$TMP/err"
	check "$what: status 1, nothing done" test "$status $(stat -c %s "$TMP/out")" = "1 0"
	same "$what: the reason and its place" "$TMP/wanted" "$TMP/err"
	same "$what: nothing changed" "$TMP/before" "$TMP/after"
}

[ -x "$here/damaged/build/patchctl" ] || skip_all "no damaged/build/patchctl; run make -C damaged"
need_module
topo_bridge || { fail "topology"; finish; }
mkdir -p "$TMP/lib/grammars"
grammar=$TMP/lib/grammars/lines.ppg patch=$TMP/lib/LINES.pdef
cat > "$grammar" <<'PPG'
protocol lines "a number and a text" {
	transport tcp 7777;
	reg n;
	client {
		loop {
			unit line {
				size: dec max 10 into n;
				lit " ";
				text: until [\n] max 1000;
				lit "\n";
			}
		}
	}
	server {
		skip rest;
	}
}
PPG
cat > "$patch" <<'PDEF'
patch LINES "texts that are too long" {
	for lines;
	on line.text class [!] with "?";
	on line.text when line.size > 5
		truncate 100;
}
PDEF

printf 'GET /?a=${b} HTTP/1.1\r\nHost: a\r\n\r\n' > "$TMP/request"
sed 's/\${/$_/' "$TMP/request" > "$TMP/edited"
server_start http 80 srv || { fail "server"; finish; }
apply CVE-2021-44228 "$(with_port "$S4" 80)"
client_start live -t 900 "$T4" 80 send:"$TMP/request" expect:'reply 1\n' touch:"$TMP/begun" \
	wait:"$TMP/refused" send:"$TMP/request" expect:'reply 2\n' shut eof
check "a connection lives" busywait test -e "$TMP/begun"

server=$(with_port "$S4" 7777)
refused "a grammar" number "$grammar" "size: dec" "digits out of range" apply LINES --server "$server"
refused "a grammar, checked" number "$grammar" "size: dec" "digits out of range" check --kernel "$grammar"
refused "a rule" length "$patch" "line.text when" "length is too large" apply LINES --server "$server"
refused "a condition" condition "$patch" "line.size" "condition on a field that does not exist" \
	apply LINES --server "$server"
refused "a patch as a whole" header "$patch" "" "unknown flag of a patch" \
	apply LINES --server "$server"
refused "a patch, checked" length "$patch" "line.text when" "length is too large" check --kernel "$patch"
check "undamaged it is applied" damaged none apply LINES --server "$server"

touch "$TMP/refused"
client_end live "the connection goes on and ends cleanly"
same "its bytes were edited all along" <(cat "$TMP/edited" "$TMP/edited") "$TMP/srv.0"
finish
