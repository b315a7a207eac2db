#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A third party that knows addresses and ports, not numbers, writes in the names of both
# ends (forge.c), from the client's side of the box and from elsewhere. No byte of either
# stream changes, and the connection goes on and ends well.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flaws.sh"

requests=8

# forge_start NS OPTION... - a forger at eth0 there
forge_start()
{
	local ns=$1
	shift
	"$here/enter" "$ns" "$here/forge" -L "/run/netns/$CLI" -l eth0 -i eth0 \
		-m 02:00:00:00:00:02 -p 80 "$@" > "$TMP/forge" 2>&1 &
	forge_pid=$!
	pids+=("$forge_pid")
	busywait grep -q ready "$TMP/forge"
}

forge_stop()
{
	kill "$forge_pid"
	busywait gone "$forge_pid"
	forged=$(sed -n 's/^forged: //p' "$TMP/forge")
}

# counter NAME
counter()
{
	pctl status -j | sed -n "s/.*\"$1\": *\([0-9]*\).*/\1/p"
}

# all_rose - since the counters were put into $TMP/before
all_rose()
{
	local name before status=0
	while read -r name before; do
		[ "$(counter "$name")" -gt "$before" ] && continue
		echo "$name stays $before"
		status=1
	done < "$TMP/before"
	return $status
}

# unchanged TITLE ADDRESS FORGER OPTION... - a session while somebody forges
unchanged()
{
	local what=$1 addr=$2 name steps=() n
	shift 2

	server_start http 80 srv || { fail "$what: server"; return; }
	for name in $expected; do
		echo "$name $(counter "$name")"
	done > "$TMP/before"
	for n in $(seq $requests); do
		steps+=(send:"$TMP/request" expect:"reply $n\\n")
	done
	forge_start "$@" || { fail "$what: forger"; return; }
	check "$what: the session goes on and ends" client -o "$TMP/replies" "$addr" 80 \
		"${steps[@]}" shut eof
	forge_stop
	check "$what: $forged forged segments" test "$forged" -ge 40
	for n in $(seq $requests); do
		cat "$TMP/wanted"
	done > "$TMP/all"
	same "$what: the server got what the client sent" "$TMP/all" "$TMP/srv.0"
	for n in $(seq $requests); do
		printf 'HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\nreply %d\n' $((7 + ${#n})) "$n"
	done > "$TMP/all"
	same "$what: the client got what the server sent" "$TMP/all" "$TMP/replies"
	check "$what: each refusal was counted ($expected)" all_rose
	check_closed "$what: " 80
	server_stop
}

need_module
flaw ida
printf 'GET /a.ida?%0300d HTTP/1.1\r\nHost: a\r\n\r\n' 7 > "$TMP/request"
flaw_transform ida "$TMP/request" "$TMP/wanted"
for shape in bridge routed; do
	"topo_$shape" && elsewhere $shape || { fail "topology $shape"; continue; }
	apply_dual "$patch" 80
	# what is late by a moment is no client's who has moved, whatever its timestamp
	expected="drop_csum drop_window drop_strange"
	unchanged "$shape, from elsewhere" "$T4" "$OTH" -e
	expected="$expected drop_paws" unchanged "$shape, from the client's side" "$T4" "$CLI"
	unchanged "$shape, IPv6, from elsewhere" "$T6" "$OTH" -e
	teardown
done
finish
