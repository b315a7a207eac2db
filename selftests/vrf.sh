#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A VRF device makes packets pass some hooks twice and takes others from them:
# the gateway routes in a VRF, serves in one, is the client in one, and both.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flaws.sh"
. "$(dirname "$0")/session.sh"

# into_vrf IFACE... - ports of the gateway become members of a VRF
into_vrf()
{
	local iface
	{
		printf 'link add red type vrf table 10\nlink set red up\n'
		for iface; do
			printf 'link set %s master red\n' "$iface"
		done
	} | ip -n "$GW" -b - &&
	# joining a VRF takes IPv6 addresses away
	in_g sysctl -qw net.ipv4.tcp_l3mdev_accept=1
}


need_module
modprobe vrf 2> /dev/null || skip_all "no VRF in this kernel"

topo_routed ct || { fail "topology"; finish; }
into_vrf to_c to_s || { fail "VRF"; finish; }
printf 'addr replace 2001:db8:1::1/64 dev to_c nodad\naddr replace 2001:db8:2::1/64 dev to_s nodad\n' |
	ip -n "$GW" -b -
session_server
protect "$S4" "$S6"
session "routed, IPv4" "$T4"
session "routed, IPv6" "$T6"
check_closed "routed: " 80
check "routed: conntrack saw nothing INVALID" no_invalid
# the client is the gateway itself
client() { in_g "$here/client" "$@"; }
session "local client, IPv4" "$T4" -i red
session "local client, IPv6" "$T6" -i red
client() { in_c "$here/client" "$@"; }
check "local client: conntrack saw nothing INVALID" no_invalid
teardown

topo_local ct || { fail "topology"; finish; }
into_vrf to_c || { fail "VRF"; finish; }
printf 'addr replace %s/64 dev to_c nodad\n' "$S6" | ip -n "$GW" -b -
session_server
protect "$S4" "$S6"
session "local server, IPv4" "$T4"
session "local server, IPv6" "$T6"
check_closed "local server: " 80
client() { in_g "$here/client" "$@"; }
session "both local, IPv4" "$T4" -i red
session "both local, IPv6" "$T6" -i red
client() { in_c "$here/client" "$@"; }
check "local server: conntrack saw nothing INVALID" no_invalid
finish
