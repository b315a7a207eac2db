#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Marks of congestion on segments that the gateway keeps, because one in front of them
# is missing: the server never sees them, so the gateway says so to the client, until
# the client says that it has slowed down; and what it sends has a mark of its own
# neither in IP nor, where the ends have not agreed on it, in TCP.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flaws.sh"
. "$(dirname "$0")/session.sh"

# kept DESCRIPTION ADDRESS FROM STEP... - marked segments that come early; STEP follow
# them
kept()
{
	local what=$1 to=$2 from=$3
	shift 3
	forger "$what" "$to" "$from" $offer connect flags:0 tos:0x23 ahead:"$TMP/behind" tos:0x22 "$@" reset
	same "$what: what arrives is the transform" "$TMP/corrected" "$TMP/srv.$sessions"
	sessions=$((sessions + 1))
}

# of_port - what the client was sent on the last connection
of_port() { grep -E "^in tcp [^ ]+ > [^ ]+:$forged_port " "$TMP/at_client"; }

# said PATTERN - it is in what the client was sent; unsaid - it is not
said() { of_port | grep -qE "$1"; }
unsaid() { [ "$(of_port | wc -l)" -gt 2 ] && ! said "$1"; }

# The first 1000 bytes are missing, then come; behind them an exploit.
printf 'GET / HTTP/1.1\r\nHost: %0960d\r\nUser-Agent: () { :;}; x\r\nA: b\r\n' 7 > "$TMP/all"
printf 'B: c\r\n\r\n' > "$TMP/end"
head -c 1000 "$TMP/all" > "$TMP/front"
tail -c +1001 "$TMP/all" > "$TMP/behind"
cat "$TMP/all" "$TMP/end" > "$TMP/whole"
flaw_transform shellshock "$TMP/whole" "$TMP/corrected"

need_module
for shape in bridge routed; do
	topo_$shape ct || { fail "$shape: topology"; continue; }
	in_s sysctl -qw net.ipv4.tcp_ecn=1
	session_server
	protect "$S4" "$S6"
	sniff_start "$CLI" eth0 80 at_client || fail "$shape: sniff"
	for addr in "$T4" "$T6"; do
		from=10.0.2.9 class='4520.*'
		[ $shape = bridge ] || from=10.0.1.9
		if [ "$addr" = "$T6" ]; then
			from=2001:db8:2::9 class='6200.*'
			[ $shape = bridge ] || from=2001:db8:1::9
		fi

		offer=flags:0xc0
		before=$(counter ooo_held)
		kept "$shape, $addr, agreed" "$addr" $from warned send:"$TMP/front" over:"$TMP/behind" \
			echoed flags:0x80 send:"$TMP/end" flags:0 calm
		check "$shape, $addr: the segments were kept" grew ooo_held "$before"
		check "$shape, $addr: what says so is not marked itself, and of their class" \
			said "flags AE len 0 gso 0 : $class"

		offer=flags:0
		kept "$shape, $addr, not agreed" "$addr" $from send:"$TMP/front" over:"$TMP/behind" \
			send:"$TMP/end" calm
		check "$shape, $addr, not agreed: nothing is said" unsaid 'flags [A-Z]*E'
	done
	check "$shape: no mark has reached the server" test "$(mib "$SRV" IpExtInCEPkts)$(mib "$SRV" Ip6InCEPkts)" = 00
	check "$shape: conntrack saw nothing INVALID" no_invalid
	teardown
done
finish
