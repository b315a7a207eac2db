#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A server whose answers take another way than through the gateway:
#
#	client ---- gateway ---- server
#	   \_____________________/
#
# Nothing of such a connection can be judged, so nothing of it passes, however long the
# client waits; it is counted. Where nothing is protected it passes as before, and where
# the answers come by again it is protected.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flaws.sh"
. "$(dirname "$0")/session.sh"

# detour add|del ADDRESS... - what the server sends there takes the other way
detour()
{
	local verb=$1 addr
	shift
	for addr; do
		ip -n "$SRV" route "$verb" "$addr" dev eth1 || return 1
	done
}

# parameter NAME VALUE
parameter() { echo "$2" > "/sys/module/patchproxy/parameters/$1"; }

# The client's end of both ways is one station.
other_way()
{
	{
		echo link add br0 type bridge mcast_snooping 0
		echo link add eth1 type veth peer name eth1 netns "$SRV"
		echo addr flush dev eth0
		echo link set eth0 master br0
		echo link set eth1 master br0
		echo link set eth1 up
		address br0 $C4/24 $C6/64
		echo route replace default via 10.0.1.1 dev br0
		echo route replace ::/0 via 2001:db8:1::1 dev br0
	} | ip -n "$CLI" -b - &&
	ip -n "$SRV" link set eth1 up &&
	in_c sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.br0.rp_filter=0 &&
	in_s sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth1.rp_filter=0 &&
	known && busywait both_forward
}

# known - the server knows the client's station on the other way
known()
{
	local addr
	for addr in $C4 $C6 $F4 $F6; do
		ip -n "$SRV" neigh replace "$addr" lladdr "$(mac "$CLI" br0)" dev eth1 || return 1
	done
}

both_forward()
{
	[[ $(ip -n "$CLI" -d link show type bridge_slave) =~ "state forwarding".*"state forwarding" ]]
}

# nobody - the server has accepted no connection since the last session
nobody() { [ ! -e "$TMP/srv.$sessions" ]; }

# raw ADDRESS STEP... - a client that writes its own segments
raw()
{
	local to=$1 from=$F4
	shift
	[ "$to" = "$T4" ] || from=$F6
	in_c "$here/rawtcp" br0 "$(mac "$GW" to_c)" "$from" $forged_port "$to" 80 "$@"
}

# nobody's addresses
F4=10.0.1.9 F6=2001:db8:1::9

need_module
topo_routed || { fail "topology"; finish; }
other_way || { fail "the other way"; finish; }
session_server
detour add $C4 $C6 $F4 $F6 || fail "detour"
for addr in "$T4" "$T6"; do
	check "unprotected, $addr: the session passes" client "$addr" 80 send:"$TMP/two" \
		expect:'reply 2\n' acked shut eof
	same "unprotected, $addr: as it is" "$TMP/two" "$TMP/srv.$sessions"
	sessions=$((sessions + 1))
done
protect "$S4" "$S6"
for addr in "$T4" "$T6"; do
	before=$(counter one_way) dropped=$(counter drop_window)
	forged_port=$((forged_port + 1))
	check "$addr: the exploit, twice" raw "$addr" connect lost:"$TMP/two" send:"$TMP/two"
	check "$addr: each segment is dropped and counted" busywait grew drop_window $((dropped + 2))
	check "$addr: the connection is, once" grew one_way "$before"
	check "$addr: and not more" test "$(counter one_way)" -eq $((before + 1))
	check "$addr: the server has nobody" nobody
done

# It waits until another connection, which began later, has been forgotten.
detour del $C6 || fail "no detour, IPv6"
for name in timeout_syn timeout_closing timeout_closing_edited; do
	parameter $name 1
done
before=$(counter one_way)
forged_port=$((forged_port + 1))
raw "$T4" offer touch:"$TMP/offered" wait:"$TMP/later" send:"$TMP/two" &
waiting=$!
busywait test -e "$TMP/offered" || fail "no answer by the other way"
gone=$(counter flows_destroyed)
session "a later one, whose answers come by" "$T6"
check "which is forgotten" busywait grew flows_destroyed "$gone"
touch "$TMP/later"
check "a client that waits for long goes on" wait $waiting
check "a client that waits for long: it is counted" busywait grew one_way "$before"
check "a client that waits for long: the server has nobody" nobody

detour del $C4 || fail "no detour"
session "the answers come by again, IPv4" "$T4"
session "the answers come by again, IPv6" "$T6"
finish
