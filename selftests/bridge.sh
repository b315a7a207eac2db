#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# One patch that keeps the length, one that changes it and one for UDP, over a bridge, with VLAN tags and with br_netfilter;
# IPv4 and IPv6, with conntrack watching.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flaws.sh"

need_module
for options in "" vlan brnf "brnf vlan" offload-off; do
	# shellcheck disable=SC2086 # a list
	topo_bridge ct $options || { fail "topology $options"; continue; }
	for name in log4j ida slammer; do
		split=(--split 100)
		[ $name != slammer ] || split=()
		flaw $name
		apply_dual "$patch" "$port"
		flaw_stopped $name "$T4" "bridge $options, IPv4, $name"
		flaw_stopped $name "$T6" "bridge $options, IPv6, $name" "${split[@]}"
	done
	check_closed "bridge $options: " 80
	check "bridge $options: conntrack saw nothing INVALID" no_invalid
	teardown
done
finish
