#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# One patch that keeps the length, one that changes it and one for UDP, over a router, with DNAT;
# IPv4 and IPv6, with conntrack watching.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flaws.sh"

need_module
for options in "" nat offload-off; do
	# shellcheck disable=SC2086 # a list
	topo_routed ct $options || { fail "topology $options"; continue; }
	for name in log4j ida slammer; do
		split=(--split 100)
		[ $name != slammer ] || split=()
		flaw $name
		apply_dual "$patch" "$port"
		flaw_stopped $name "$T4" "routed $options, IPv4, $name"
		flaw_stopped $name "$T6" "routed $options, IPv6, $name" "${split[@]}"
	done
	check_closed "routed $options: " 80
	check "routed $options: conntrack saw nothing INVALID" no_invalid
	teardown
done

# A server is known by its address before DNAT as well as after.
if topo_routed ct nat; then
	flaw ida
	apply "$patch" "$(with_port "$T4" 80)"
	flaw_stopped ida "$T4" "applied to the address before DNAT"
else
	fail "topology nat"
fi
finish
