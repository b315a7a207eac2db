#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A RST of a client, which its server may not heed, and one of the gateway's own, which the
# server knows nothing of: what comes behind it is read as before, however late. Meanwhile
# the connection keeps neither the module nor, when room is scarce, its place.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flaws.sh"
. "$(dirname "$0")/session.sh"

parameters=/sys/module/patchproxy/parameters
# a signature (TCP-MD5) that no server here has a key for, and padding
signed=options:13120102030405060708090a0b0c0d0e0f100101

# raw ADDRESS STEP... - a client that writes its own segments
raw()
{
	local to=$1 from=$nobody4 neighbour=$SRV iface=eth0
	shift
	[ "$to" = "$T4" ] || from=$nobody6
	[ $shape = bridge ] || neighbour=$GW iface=to_c
	ip -n "$neighbour" neigh replace "$from" lladdr "$(mac "$CLI" eth0)" dev $iface
	in_c "$here/rawtcp" eth0 "$(mac "$neighbour" $iface)" "$from" "$port" "$to" 80 "$@"
}

# pass_by ADDRESS - a connection begins and ends, and is forgotten
pass_by()
{
	local gone
	gone=$(counter flows_destroyed)
	session "$what: a later connection" "$1"
	check "$what: which is forgotten" busywait grew flows_destroyed "$gone"
}

# known - the connection is in the table
known() { pctl flows | grep -q ":$port "; }

forgotten() { ! known; }

# holding N - so many connections hold the module
holding()
{
	pctl status > "$TMP/status"
	if [ "$1" -eq 0 ]; then
		! grep -q 'would break without the module' "$TMP/status"
	else
		grep -q "^ *$1 of them has shifted numbering" "$TMP/status"
	fi
}

# goes_on ADDRESS STEP... - a connection after those steps, when it may be forgotten
goes_on()
{
	local addr=$1 raw
	shift
	port=$((port + 1)) record=$sessions
	sessions=$((sessions + 1))
	rm -f "$TMP"/sent "$TMP"/later
	raw "$addr" connect send:"$TMP/two" acked "$@" touch:"$TMP/sent" wait:"$TMP/later" \
		send:"$TMP/two" acked reset &
	raw=$!
	busywait test -e "$TMP/sent" || fail "$what: it was not sent"
	pass_by "$addr"
	check "$what: its connection is known" known
	touch "$TMP/later"
	check "$what: the client goes on" wait $raw
	same "$what: what arrives is the transform" "$TMP/wanted" "$TMP/srv.$record"
}

# unheeded ADDRESS - the server drops the RST for what its options say
unheeded()
{
	what="$shape, $1, a RST that is not heeded"
	goes_on "$1" $signed reset options:
}

# refused ADDRESS - the gateway takes a packet for its own, and refuses it in the server's name
refused()
{
	local before family=-4
	what="$shape, $1, a RST of the gateway's"
	[ "$1" = "$T4" ] || family=-6
	before=$(mib "$GW" TcpOutRsts)
	in_g ip $family rule add to "$1" dsfield 0x10 lookup 77 || fail "$what: rule"
	in_g ip $family route add local "$1" dev lo table 77 || fail "$what: route"
	goes_on "$1" replied:92 tos:16 lost:"$TMP/two" tos:0
	check "$what: it was sent" more "$GW" TcpOutRsts "$before"
	in_g ip $family rule del to "$1" dsfield 0x10 lookup 77
}

# more NS NAME BEFORE - a counter of TCP has grown
more() { [ "$(mib "$1" "$2")" -gt "$3" ]; }

# heeded ADDRESS - the server takes it; nobody says so
heeded()
{
	local max
	what="$shape, $1, a RST that is heeded"
	port=$((port + 1))
	sessions=$((sessions + 1))
	check "$what: the client ends it" raw "$1" connect send:"$TMP/two" acked reset
	check "$what: the server too" busywait connections_closed "$SRV" 80
	pass_by "$1"
	check "$what: its connection is known" known
	check "$what: and does not hold the module" busywait holding 0
	max=$(cat $parameters/flows_max)
	echo 1 > $parameters/flows_max
	check "$what: in a table that is half full it is forgotten" busywait forgotten
	echo "$max" > $parameters/flows_max
}

# policy ADDRESS - a patch ends a connection, and the segment that it does it by is signed
policy()
{
	local before
	what="$shape, $1, a RST instead of a segment that is signed"
	port=$((port + 1))
	sessions=$((sessions + 1))
	before=$(mib "$SRV" TcpEstabResets)
	check "$what: apply" pctl apply "$TMP/LAB-RESET.pdef" --server "$(with_port "$1" 80)"
	check "$what: the client asks" raw "$1" connect $signed send:"$TMP/forbidden"
	check "$what: the server heeds it" busywait more "$SRV" TcpEstabResets "$before"
	unapply LAB-RESET "$(with_port "$1" 80)"
}

cat > "$TMP/LAB-RESET.pdef" <<-'PDEF'
	patch LAB-RESET "what nobody asks for" {
		for http1;
		on request.uri when request.uri contains "forbidden" reset;
	}
PDEF
printf 'GET /forbidden HTTP/1.1\r\nHost: a\r\n\r\n' > "$TMP/forbidden"

need_module
for parameter in timeout_closing timeout_closing_edited; do
	echo 1 > $parameters/$parameter
done
port=40000
for shape in bridge routed; do
	topo_$shape || { fail "$shape: topology"; continue; }
	nobody4=${C4%.*}.9 nobody6=${C6%::*}::9
	session_server
	protect "$T4" "$T6"
	for addr in "$T4" "$T6"; do
		unheeded "$addr"
		heeded "$addr"
		policy "$addr"
		[ $shape = bridge ] || refused "$addr"
	done
	teardown
done
finish
