#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# An exploit in IP fragments, in order and backwards, overlapping, and so that
# the TCP header is not in the first one: where the kernel reassembles it is
# corrected, on a bare bridge nothing of it arrives; nor anywhere if reassembly has
# taken off one header of two.  In a packet whose length
# says nothing.  And packets that cannot be read.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flaws.sh"
. "$(dirname "$0")/session.sh"

# arrived DESCRIPTION - the server has got one exploit, corrected, and no more
arrived()
{
	busywait cmp -s "$TMP/corrected" "$TMP/srv.$sessions"
	same "$1: what arrives" "$TMP/corrected" "$TMP/srv.$sessions"
	sessions=$((sessions + 1))
}

# stopped DESCRIPTION ADDRESS FROM STEP... - in fragments it is dropped and counted,
# whole it passes
stopped()
{
	local what=$1 before
	before=$(counter drop_frag)
	forger "$what" "$2" "$3" connect "${@:4}" lost:"$TMP/two" whole send:"$TMP/two" acked reset
	arrived "$what"
	check "$what: it was dropped" grew drop_frag "$before"
}

# taken DESCRIPTION ADDRESS FROM STEP... - fragments are as good as the whole
taken()
{
	forger "$1" "$2" "$3" connect "${@:4}" send:"$TMP/two" acked reset
	arrived "$1"
}

# ignored DESCRIPTION ADDRESS FROM STEP... - nobody takes these fragments
ignored()
{
	forger "$1" "$2" "$3" connect "${@:4}" lost:"$TMP/evil" whole send:"$TMP/two" acked reset
	arrived "$1"
}

# refused DESCRIPTION ADDRESS FROM STEP... - what cannot be read is dropped and counted,
# each of the three
refused()
{
	local what=$1 before
	before=$(counter drop_short)
	forger "$what" "$2" "$3" "${@:4}" send:"$TMP/two" acked reset
	arrived "$what"
	check "$what: it was dropped" grew drop_short $((before + 2))
	check "$what: the server has met none" test "$(mib "$SRV" TcpInErrs)" -eq 0
}

need_module
sed 's/Host: a/Host: b/' "$TMP/two" > "$TMP/evil"
for options in "" ct; do
	what="bridge${options:+, conntrack}"
	# shellcheck disable=SC2086 # a list
	topo_bridge $options || { fail "$what: topology"; continue; }
	session_server
	protect "$S4" "$S6"
	stopped "$what, IPv4, backwards" "$T4" 10.0.2.9 fragment:64 backwards
	stopped "$what, IPv4, overlapping" "$T4" 10.0.2.9 fragment:64 overlap
	stopped "$what, IPv4, the least" "$T4" 10.0.2.9 fragment:8
	stopped "$what, IPv6" "$T6" 2001:db8:2::9 fragment:64
	stopped "$what, IPv6, a chain of headers" "$T6" 2001:db8:2::9 fragment:64 chain:128
	stopped "$what, IPv6, a chain, backwards" "$T6" 2001:db8:2::9 fragment:64 chain:128 backwards
	stopped "$what, IPv6, two headers, the outer one atomic" "$T6" 2001:db8:2::9 \
		fragment:64 atomic:outer
	stopped "$what, IPv6, two headers, the inner one atomic" "$T6" 2001:db8:2::9 \
		fragment:64 atomic:inner
	taken "$what, IPv6, a chain in one piece" "$T6" 2001:db8:2::9 chain:128
	taken "$what, IPv6, without a length" "$T6" 2001:db8:2::9 lengthless
	refused "$what, IPv4, unreadable" "$T4" 10.0.2.9 stub crumb connect crumb
	refused "$what, IPv6, unreadable" "$T6" 2001:db8:2::9 crumb chain:8 overlong stub whole connect
	teardown
done

for shape in "bridge brnf" routed local; do
	# shellcheck disable=SC2086 # shape and options
	topo_$shape ct || { fail "$shape: topology"; continue; }
	case $shape in
	routed)	from4=10.0.1.9 from6=2001:db8:1::9 ;;
	*)	from4=10.0.2.9 from6=2001:db8:2::9 ;;
	esac
	session_server
	protect "$S4" "$S6"
	taken "$shape, IPv4, backwards" "$T4" $from4 fragment:64 backwards
	ignored "$shape, IPv4, overlapping" "$T4" $from4 fragment:64 overlap
	taken "$shape, IPv6" "$T6" $from6 fragment:64
	ignored "$shape, IPv6, overlapping" "$T6" $from6 fragment:64 overlap
	taken "$shape, IPv6, a chain in one piece" "$T6" $from6 chain:128
	# and whole: not every br_netfilter lets the first one pass
	taken "$shape, IPv6, without a length" "$T6" $from6 lengthless lost:"$TMP/two" whole
	check "$shape: conntrack saw nothing INVALID" no_invalid
	stopped "$shape, IPv6, two headers, the outer one atomic" "$T6" $from6 \
		fragment:64 atomic:outer
	refused "$shape, IPv4, unreadable" "$T4" $from4 stub crumb connect crumb
	refused "$shape, IPv6, unreadable" "$T6" $from6 crumb chain:8 overlong stub whole connect
	teardown
done
finish
