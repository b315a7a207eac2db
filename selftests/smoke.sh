#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The lab itself: each kind of topology carries traffic without the module and with
# the module loaded and nothing applied; the module loads and unloads.

. "$(dirname "$0")/lib.sh"

# carry DESCRIPTION - an echo over TCP, a datagram, on IPv4 and IPv6
carry()
{
	local addr
	server_start echo 7 echo$ktap_count || { fail "$1: server"; return; }
	server_start ssrp 1434 ssrp$ktap_count || { fail "$1: server"; return; }
	for addr in "$T4" "$T6"; do
		check "$1: TCP echo by $addr" client "$addr" 7 send:"$TMP/hello" expect:hello shut eof
		check "$1: UDP by $addr" client -u "$addr" 1434 send:"$TMP/hello" expect:.
	done
}

# variants DESCRIPTION, with the topologies on standard input
variants()
{
	local variant
	while read -r variant; do
		# shellcheck disable=SC2086 # shape and options
		if topo_$variant; then
			carry "$1, $variant"
			check "$1, $variant: conntrack saw nothing INVALID" no_invalid
		else
			fail "$1: topology $variant"
		fi
		teardown
	done
}

# the other tests go through the rest
everything='bridge vlan ct
bridge brnf ct
routed nat ct
routed offload-off
local ct'

echo hello > "$TMP/hello"
if find_module > /dev/null; then
	variants "no module" <<< "routed nat ct"
	check "insmod" module_load
	variants "module" <<< "$everything"
	check "rmmod" module_unload
	check "insmod again" module_load
else
	variants "no module" <<< "$everything"
fi
finish
