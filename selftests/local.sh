#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# One patch that keeps the length, one that changes it and one for UDP, to a server on the gateway itself;
# IPv4 and IPv6, with conntrack watching.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flaws.sh"

need_module
for options in "" offload-off; do
	# shellcheck disable=SC2086 # a list
	topo_local ct $options || { fail "topology $options"; continue; }
	for name in log4j ida slammer; do
		split=(--split 100)
		[ $name != slammer ] || split=()
		flaw $name
		apply_dual "$patch" "$port"
		flaw_stopped $name "$T4" "local $options, IPv4, $name"
		flaw_stopped $name "$T6" "local $options, IPv6, $name" "${split[@]}"
	done
	check_closed "local $options: " 80
	check "local $options: conntrack saw nothing INVALID" no_invalid
	teardown
done
finish
