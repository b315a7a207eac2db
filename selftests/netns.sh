#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Network namespaces are apart: a patch applied in one is not seen and does not
# act in another, and goes with its namespace.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flaws.sh"

servers_of()
{
	"$here/enter" "$1" "$PATCHCTL" status -j
}

need_module
flaw ida

# A first box, protected.
topo_bridge || { fail "topology"; finish; }
first=$GW
apply "$patch" "$(with_port "$S4" 80)"
flaw_stopped ida "$T4" "the protected namespace"

# A second one beside it, with the same addresses and nothing applied.
topo_bridge || { fail "topology"; finish; }
check "the second namespace has no servers" \
	sh -c '! grep -q CVE-2001-0500' <<< "$(servers_of "$GW")"
check "the first one has" grep -q CVE-2001-0500 <<< "$(servers_of "$first")"
flaw_kills ida "$T4" "the other namespace"
apply "$patch" "$(with_port "$S4" 80)"
check "a namespace with patches applied can go" ip netns del "$first"
flaw_stopped ida "$T4" "the second namespace, after the first went"
finish
