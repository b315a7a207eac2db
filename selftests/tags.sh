#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Frames on a bridge that do not begin with an IP packet: one VLAN tag, 802.1ad
# around 802.1Q, three and four tags, PPPoE sessions, with br_netfilter and
# without.  What the bridge cannot read it counts.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flaws.sh"
. "$(dirname "$0")/session.sh"

# tagged NS ADDR4 ADDR6 PROTOCOL... - a stack of VLAN devices on an end
tagged()
{
	local ns=$1 addr4=$2 addr6=$3 below=eth0 protocol id=10
	shift 3
	for protocol; do
		printf 'link add link %s name tag%s type vlan protocol %s id %s\nlink set tag%s up\n' \
			$below $id "$protocol" $id $id
		below=tag$id
		id=$((id + 1))
	done > "$TMP/stack"
	{
		cat "$TMP/stack"
		printf 'addr flush dev eth0\n'
		address $below "$addr4" "$addr6"
	} | ip -n "$ns" -b -
}

# stacked DESCRIPTION PROTOCOL... - sessions in frames with these tags
stacked()
{
	local what=$1
	shift
	topo_bridge ct || { fail "$what: topology"; return; }
	tagged "$CLI" $C4/24 $C6/64 "$@" && tagged "$SRV" $S4/24 $S6/64 "$@" ||
		{ fail "$what: tags"; return; }
	session_server
	protect "$S4" "$S6"
	session "$what, IPv4" "$T4"
	session "$what, IPv6" "$T6"
	check_closed "$what: " 80
	check "$what: conntrack saw nothing INVALID" no_invalid
}

# wrapped FORM [OPTION...] - both ends speak IP in such frames; sets up a topology
wrapped()
{
	local form=$1 ns addr4 addr6 peer
	shift
	topo_bridge "$@" || return 1
	# a frame that is read by a process has to have its checksum
	offloads_off "$GW" to_c
	offloads_off "$GW" to_s
	for ns in "$CLI $C4/24 $C6/64 $SRV" "$SRV $S4/24 $S6/64 $CLI"; do
		read -r ns addr4 addr6 peer <<< "$ns"
		"$here/enter" "$ns" "$here/wrap" wrap eth0 "$(mac "$peer" eth0)" "$form" &
		pids+=($!)
		disown
		busywait ip -n "$ns" link show wrap || return 1
		{
			printf 'addr flush dev eth0\nlink set wrap mtu 1400\n'
			address wrap "$addr4" "$addr6"
		} | ip -n "$ns" -b - || return 1
	done
}

# plain DESCRIPTION ADDRESS - the session passes as it is
plain()
{
	check "$1: the session passes" client "$2" 80 send:"$TMP/two" expect:'reply 2\n' \
		size:100:"$TMP/two" expect:'reply 4\n' acked shut eof
	same "$1: unread" <(cat "$TMP/two" "$TMP/two") "$TMP/srv.$sessions"
	sessions=$((sessions + 1))
}

need_module
stacked "802.1ad, 802.1Q" 802.1ad 802.1Q
teardown
stacked "three tags" 802.1ad 802.1Q 802.1Q
teardown
stacked "four tags" 802.1ad 802.1ad 802.1Q 802.1Q
check "four tags: no frame went unread" test "$(counter frames_unread)" -eq 0
teardown

# a bridge that puts the tag on and takes it off
topo_bridge ct || { fail "VLAN filter: topology"; finish; }
printf 'link set br0 type bridge vlan_filtering 1\n' | ip -n "$GW" -b -
in_g bridge vlan add dev to_c vid 10 pvid untagged
in_g bridge vlan add dev to_s vid 10
tagged "$SRV" $S4/24 $S6/64 802.1Q || fail "VLAN filter: tags"
session_server
protect "$S4" "$S6"
session "VLAN filter, IPv4" "$T4"
session "VLAN filter, IPv6" "$T6"
check "VLAN filter: conntrack saw nothing INVALID" no_invalid
teardown

topo_bridge || { fail "five tags: topology"; finish; }
tagged "$CLI" $C4/24 $C6/64 802.1ad 802.1ad 802.1Q 802.1Q 802.1Q &&
	tagged "$SRV" $S4/24 $S6/64 802.1ad 802.1ad 802.1Q 802.1Q 802.1Q || fail "five tags"
session_server
protect "$S4" "$S6"
plain "five tags" "$T4"
check "five tags: it is counted" grew frames_unread 0
teardown

if ! modprobe tun 2> /dev/null; then
	skip "PPPoE, MPLS: no TUN in this kernel"
	finish
fi
for form in 1100 "1100 brnf" 2a01; do
	what="PPPoE, $form"
	# shellcheck disable=SC2086 # and options
	wrapped pppoe:$form ct || { fail "$what: topology"; finish; }
	[ "${form#* }" != brnf ] || in_g sysctl -qw net.bridge.bridge-nf-filter-pppoe-tagged=1
	session_server
	protect "$S4" "$S6"
	session "$what, IPv4" "$T4"
	session "$what, IPv6" "$T6"
	check_closed "$what: " 80
	check "$what: conntrack saw nothing INVALID" no_invalid
	check "$what: no frame went unread" test "$(counter frames_unread)" -eq 0
	teardown
done

# a label, the last of the stack
wrapped 884700064140. || { fail "MPLS: topology"; finish; }
session_server
protect "$S4" "$S6"
plain "MPLS" "$T4"
check "MPLS: it is counted" grew frames_unread 0
finish
