#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The Slammer patch against a server with the flaw, over UDP: the datagram is
# shortened, with checksums computed by the sender and left to the device.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flaws.sh"

need_module
for variant in "bridge ct" "bridge offload-off" "routed ct"; do
	# shellcheck disable=SC2086 # shape and options
	topo_$variant || { fail "topology $variant"; continue; }
	note "$variant"
	flaw_test slammer
	check "$variant: conntrack saw nothing INVALID" no_invalid
	teardown
done
finish
