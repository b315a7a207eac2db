#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Requests that grow in full segments, at large and small MTUs: no packet leaves
# that is larger than a link takes, and nobody has to be told so by ICMP.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flaws.sh"
. "$(dirname "$0")/session.sh"

# mtu N - of every link
mtu()
{
	local link
	for link in "$CLI eth0" "$GW to_c" "$GW to_s" "$SRV eth0"; do
		ip -n "${link% *}" link set "${link#* }" mtu "$1" || return 1
	done
	[ "$TOPOLOGY" != bridge ] || ip -n "$GW" link set br0 mtu "$1"
}

# largest FILE - bytes of the largest packet on the wire, each super-packet taken
# apart; what is recorded is in hexadecimal
largest()
{
	awk '{
		size = length($NF) / 2
		for (i = 1; i < NF; i++) {
			if ($i == "len") len = $(i + 1)
			if ($i == "gso") gso = $(i + 1)
		}
		if (gso && len > gso)
			size += gso - len
		if (size > most)
			most = size
	} END { print most + 0 }' "$1"
}

# told_nothing - the gateway has sent no ICMP error about a size
told_nothing()
{
	echo "$(mib "$GW" IcmpOutDestUnreachs) $(mib "$GW" Icmp6OutPktTooBigs)"
	[ "$(mib "$GW" IcmpOutDestUnreachs)" -eq 0 ] && [ "$(mib "$GW" Icmp6OutPktTooBigs)" -eq 0 ]
}

# grown DESCRIPTION MTU ADDRESS - many requests, each one byte longer
grown()
{
	local what=$1
	rm -f "$TMP"/at_*
	sniff_start "$SRV" eth0 80 at_server || fail "$what: sniff"
	check "$what: all requests are answered" client "$3" 80 send:"$TMP/many" \
		expect:"reply $requests\n" acked shut eof
	same "$what: what arrives is the transform" "$TMP/all" "$TMP/srv.$sessions"
	sessions=$((sessions + 1))
	check_closed "$what: " 80
	check "$what: full segments came" test "$(largest "$TMP/at_server")" -gt $(($2 - 40))
	check "$what: and nothing larger than $2" test "$(largest "$TMP/at_server")" -le "$2"
	kill -9 "${pids[@]: -1}"
}

requests=80
printf 'GET /?-s HTTP/1.1\r\nHost: %0250d\r\n\r\n' 7 > "$TMP/one"
flaw_transform phpcgi "$TMP/one" "$TMP/long"
times $requests "$TMP/one" > "$TMP/many"
times $requests "$TMP/long" > "$TMP/all"

need_module
for shape in bridge "routed offload-off"; do
	# shellcheck disable=SC2086 # shape and options
	topo_$shape ct || { fail "$shape: topology"; continue; }
	session_server
	for addr in "$S4" "$S6"; do
		apply CVE-2012-1823 "$(with_port "$addr" 80)"
	done
	for size in 9000 1280 576; do
		mtu $size || { fail "$shape, MTU $size"; continue; }
		grown "$shape, MTU $size, IPv4" $size "$T4"
		# 1280 is the least that IPv6 takes; below, the interface loses it
		[ $size != 1280 ] || grown "$shape, MTU $size, IPv6" $size "$T6"
	done
	check "$shape: no ICMP error about a size" told_nothing
	check "$shape: conntrack saw nothing INVALID" no_invalid
	teardown
done
finish
