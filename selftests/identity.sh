#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What is not edited is not touched: with no patch on a server every packet
# leaves as it came, and with patches and nothing to edit the application's
# bytes and, of segments that came in order, the boundaries are the same.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flaws.sh"

# Two processors may overtake each other between the ends, so a view has no order.

# packets DIRECTION FILE - one direction's packets without the recorder's view of it
packets()
{
	sed -n "s/^$1 //p" "$2" | sort
}

# data_segments DIRECTION FILE - sequence number and length of what carries data
data_segments()
{
	sed -n "s/^$1 tcp .* seq \([0-9]*\) ack .* len \([0-9]*\) gso .*/\1 \2/p" "$2" | grep -v ' 0$' | sort
}

# look VIEW - both directions, as sent and as arrived; true if they agree
look()
{
	"$1" out "$TMP/at_client" > "$TMP/c2s.sent"
	"$1" in "$TMP/at_server" > "$TMP/c2s.arrived"
	"$1" out "$TMP/at_server" > "$TMP/s2c.sent"
	"$1" in "$TMP/at_client" > "$TMP/s2c.arrived"
	cmp -s "$TMP/c2s.sent" "$TMP/c2s.arrived" && cmp -s "$TMP/s2c.sent" "$TMP/s2c.arrived"
}

# both DESCRIPTION VIEW - a view of the packets is the same on both sides of the
# gateway, in both directions; a recorder may be behind
both()
{
	busywait look "$2"
	check "$1: something was recorded" test -s "$TMP/c2s.sent"
	same "$1: client to server" "$TMP/c2s.sent" "$TMP/c2s.arrived"
	same "$1: server to client" "$TMP/s2c.sent" "$TMP/s2c.arrived"
}

seen_end()
{
	local file direction
	for file in "$TMP/at_client" "$TMP/at_server"; do
		for direction in in out; do
			grep -q "^$direction .* flags [A-Z]*F" "$file" || return 1
		done
	done
}

# disorder - counters of segments that waited for the one in front or were dropped
disorder()
{
	pctl status -j | grep -oE '"(ooo_held|store_limit|drop_[a-z]+)": *[0-9]+'
}

# record DESCRIPTION ADDRESS - requests in odd pieces and their answers
record()
{
	rm -f "$TMP"/at_*
	sniff_start "$CLI" eth0 80 at_client || fail "$1: sniff"
	sniff_start "$SRV" eth0 80 at_server || fail "$1: sniff"
	check "$1: requests are answered" client "$2" 80 \
		send:"$TMP/request" expect:'reply 1\n' size:7:"$TMP/request" expect:'reply 2\n' \
		split:40:"$TMP/request" expect:'reply 3\n' acked shut eof
	check "$1: the recorders have seen the end" busywait seen_end
	check_closed "$1: " 80
}

# session DESCRIPTION VIEW ADDRESS - what leaves the box is what came
session()
{
	local before
	# what came out of order, as two processors can cause, may leave joined
	for _ in $(seq 10); do
		before=$(disorder)
		record "$1" "$3"
		[ "$(disorder)" != "$before" ] || break
		kill -9 "${pids[@]: -2}"
		note "$1: out of order on the way to the box, once more"
	done
	both "$1" "$2"
	kill -9 "${pids[@]: -2}"
}

printf 'POST /form HTTP/1.1\r\nHost: a\r\nContent-Length: 26\r\n\r\nabcdefghijklmnopqrstuvwxyz' > "$TMP/request"

patches=()
for name in ida shellshock log4j phpcgi range; do
	flaw $name
	patches+=("$patch")
done

need_module
for variant in "bridge" "bridge vlan" "bridge offload-off" "routed"; do
	# shellcheck disable=SC2086 # shape and options
	topo_$variant || { fail "topology $variant"; continue; }
	server_start http 80 http || fail "server"
	session "$variant, no patch, IPv4" packets "$T4"
	[ "$variant" != bridge ] || session "$variant, no patch, IPv6" packets "$T6"
	apply "${patches[@]}" "$(with_port "$S4" 80)"
	session "$variant, nothing to edit" data_segments "$T4"
	same "$variant: the bytes at the server" <(cat "$TMP/request" "$TMP/request" "$TMP/request") \
		"$(ls -v "$TMP"/http.*[0-9] | tail -n 1)"
	teardown
done
finish
