#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What is not edited is not touched: with no patch on a server every packet
# leaves as it came, and with patches and nothing to edit the application's
# bytes and the segment boundaries are the same.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flaws.sh"

# packets DIRECTION FILE - one direction's packets without the recorder's view of it
packets()
{
	sed -n "s/^$1 //p" "$2"
}

# data_segments DIRECTION FILE - sequence number and length of what carries data
data_segments()
{
	sed -n "s/^$1 tcp .* seq \([0-9]*\) ack .* len \([0-9]*\) gso .*/\1 \2/p" "$2" | grep -v ' 0$'
}

# both DESCRIPTION VIEW - a view of the packets is the same on both sides of the
# gateway, in both directions
both()
{
	"$2" out "$TMP/at_client" > "$TMP/sent"
	"$2" in "$TMP/at_server" > "$TMP/arrived"
	check "$1: something was recorded" test -s "$TMP/sent"
	same "$1: client to server" "$TMP/sent" "$TMP/arrived"
	"$2" out "$TMP/at_server" > "$TMP/sent"
	"$2" in "$TMP/at_client" > "$TMP/arrived"
	same "$1: server to client" "$TMP/sent" "$TMP/arrived"
}

# session DESCRIPTION VIEW ADDRESS - requests in odd pieces, a large answer
session()
{
	sniff_start "$CLI" eth0 80 at_client || fail "$1: sniff"
	sniff_start "$SRV" eth0 80 at_server || fail "$1: sniff"
	check "$1: requests are answered" client "$3" 80 \
		send:"$TMP/request" expect:'reply 1\n' size:7:"$TMP/request" expect:'reply 2\n' \
		split:40:"$TMP/request" expect:'reply 3\n' acked shut eof
	check "$1: the recorders have seen the end" busywait 5000 \
		grep -q ' flags [A-Z]*F' "$TMP/at_server"
	check_closed "$1: " 80
	sleep 0.2
	both "$1" "$2"
	sniff_stop
}

sniff_stop()
{
	kill -9 "${pids[@]: -2}" 2> /dev/null
	rm -f "$TMP"/at_*
}

printf 'POST /form HTTP/1.1\r\nHost: a\r\nContent-Length: 26\r\n\r\nabcdefghijklmnopqrstuvwxyz' > "$TMP/request"

need_module
for variant in "bridge" "bridge vlan" "bridge offload-off" "routed"; do
	# shellcheck disable=SC2086 # shape and options
	topo_$variant || { fail "topology $variant"; continue; }
	server_start http 80 http || fail "server"
	session "$variant, no patch, IPv4" packets "$T4"
	[ "$variant" != bridge ] || session "$variant, no patch, IPv6" packets "$T6"
	for name in ida shellshock log4j phpcgi range; do
		flaw $name
		apply "$patch" "$(with_port "$S4" 80)"
	done
	session "$variant, nothing to edit" data_segments "$T4"
	same "$variant: the bytes at the server" <(cat "$TMP/request" "$TMP/request" "$TMP/request") \
		"$(ls "$TMP"/http.[0-9] | tail -n 1)"
	teardown
done
finish
