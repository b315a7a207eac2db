#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Path MTU discovery on connections whose two ends have different numbers: a
# router behind the gateway, the gateway itself, and one in front of it say that
# a packet was too big, and the sender believes that it is about its own.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flaws.sh"
. "$(dirname "$0")/session.sh"

# learned NS ADDRESS - the path MTU that an end has learned
learned()
{
	ip -n "$1" route get "$2" | grep -q 'mtu 1300' || { ip -n "$1" route get "$2"; return 1; }
}

# believed NS - no error was about a number that the end has never sent
believed()
{
	echo "$(mib "$1" TcpExtOutOfWindowIcmps) out of window"
	[ "$(mib "$1" TcpExtOutOfWindowIcmps)" -eq 0 ]
}

# upload DESCRIPTION ADDRESS SOURCE - an exploit, then full segments
upload()
{
	local before
	before=$(counter icmp_translated)
	check "$1: a small request, a large one" client "$2" 80 send:"$TMP/ida" expect:'reply 1\n' \
		send:"$TMP/put" send:"$TMP/body" expect:'reply 2\n' acked shut eof
	same "$1: what arrives is the transform" "$TMP/uploaded" "$TMP/srv.$sessions"
	sessions=$((sessions + 1))
	check "$1: the client has learned the MTU" learned "$CLI" "$2"
	check "$1: an error was translated" grew icmp_translated "$before"
}

printf 'PUT /big HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n' > "$TMP/put"
head -c 100000 /dev/zero | tr '\0' b > "$TMP/body"
flaw_transform ida "$TMP/ida" "$TMP/ida.cut"
cat "$TMP/ida.cut" "$TMP/put" "$TMP/body" > "$TMP/uploaded"

need_module
# The gateway's own link to the server is the narrow one.
topo_routed ct || { fail "routed: topology"; finish; }
ip -n "$GW" link set to_s mtu 1300
session_server
protect "$S4" "$S6"
upload "routed, IPv4" "$T4"
upload "routed, IPv6" "$T6"
check "routed: the client believed every error" believed "$CLI"
check "routed: conntrack saw nothing INVALID" no_invalid
teardown

# A router behind the gateway: the server's namespace, with the server in another.
topo_bridge ct || { fail "bridge: topology"; finish; }
new_ns_behind()
{
	printf -v HOST 'host-%s' $$
	namespaces+=("$HOST")
	{
		printf 'netns add %s\n' "$HOST"
		printf 'link add eth1 netns %s mtu 1300 type veth peer name eth0 netns %s mtu 1300\n' "$SRV" "$HOST"
	} | ip -b - &&
	{ address eth1 10.0.9.1/24 2001:db8:9::1/64; } | ip -n "$SRV" -b - &&
	{
		echo link set lo up
		address eth0 10.0.9.2/24 2001:db8:9::2/64
		printf 'route add default via 10.0.9.1\nroute add ::/0 via 2001:db8:9::1\n'
	} | ip -n "$HOST" -b - &&
	printf 'route add 10.0.9.0/24 via %s\nroute add 2001:db8:9::/64 via %s\n' $S4 $S6 | ip -n "$CLI" -b - &&
	in_s sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.conf.all.send_redirects=0
}
new_ns_behind || { fail "router"; finish; }
# a server that has room for more than the link
ip -n "$HOST" link set eth0 mtu 1500
SRV=$HOST
session_server
protect 10.0.9.2 2001:db8:9::2
upload "bridge, IPv4" 10.0.9.2
upload "bridge, IPv6" 2001:db8:9::2
check "bridge: the client believed every error" believed "$CLI"
check "bridge: conntrack saw nothing INVALID" no_invalid
finish
