#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Applying and un-applying an unrelated patch while an exploit is on its way,
# between any two of its bytes, never lets the exploit through.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flaws.sh"

need_module
topo_bridge || { fail "topology"; finish; }
for name in ida log4j; do
	flaw $name
	other=CVE-2014-6271
	vuln_start "none:$program:$port" || { fail "server"; continue; }
	exploit $name "$T4" --quiet > "$TMP/exploit.log" 2>&1
	vuln_stop
	cp "$TMP/sent" "$TMP/request"
	flaw_transform $name "$TMP/request" "$TMP/wanted"
	apply "$patch" "$(with_port "$S4" "$port")" || continue
	server_start http "$port" srv || { fail "$name: server"; continue; }

	# A swap at a known byte: the client stops there until it is done.
	size=$(stat -c %s "$TMP/request")
	at=0 bad=0
	for cut in 1 5 13 14 $(seq 20 37 "$size") $((size - 1)); do
		[ "$cut" -lt "$size" ] || continue
		at=$((at + 1))
		head -c "$cut" "$TMP/request" > "$TMP/first"
		tail -c +$((cut + 1)) "$TMP/request" > "$TMP/rest"
		rm -f "$TMP/sent-first" "$TMP/go"
		client_start cut "$T4" "$port" send:"$TMP/first" touch:"$TMP/sent-first" \
			wait:"$TMP/go" send:"$TMP/rest" shut eof
		busywait test -e "$TMP/sent-first"
		pctl apply $other --server "$(with_port "$S4" "$port")" > "$TMP/swap.log" 2>&1 ||
			bad=$((bad + 1))
		[ $((at % 2)) -eq 0 ] || pctl unapply $other > "$TMP/swap.log" 2>&1 || bad=$((bad + 1))
		: > "$TMP/go"
		wait "$client_pid" || bad=$((bad + 1))
		[ $((at % 2)) -eq 1 ] || pctl unapply $other > "$TMP/swap.log" 2>&1 || bad=$((bad + 1))
		cmp "$TMP/wanted" "$TMP/srv.$((at - 1))" > "$TMP/cmp" 2>&1 || {
			bad=$((bad + 1))
			note "cut at $cut: $(cat "$TMP/cmp" "$TMP/cut.log")"
		}
	done
	check "$name: a swap at $at byte positions" test $bad -eq 0

	# Swaps as fast as they go, under one byte at a time.
	client_start bytes "$T4" "$port" one:"$TMP/request" shut eof
	swaps=0
	until gone "$client_pid"; do
		pctl apply $other --server "$(with_port "$S4" "$port")" > "$TMP/swap.log" 2>&1 &&
			pctl unapply $other > "$TMP/swap.log" 2>&1 || break
		swaps=$((swaps + 1))
	done
	client_end bytes "$name: $swaps swaps during one byte at a time"
	same "$name: the transform all the same" "$TMP/wanted" "$TMP/srv.$at"
	server_stop
	unapply "$patch" "$(with_port "$S4" "$port")"
done
finish
