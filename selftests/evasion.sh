#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Segments that overlap and disagree, in every order, and packets for insertion and
# desynchronisation (evade.h): what the server reads is what the parser saw, and no
# exploit arrives as it was sent.
#
# Usage: evasion.sh [all]
#
#   all   every triplet, also over a bridge, to a local server and by IPv6

. "$(dirname "$0")/lib.sh"

extent=${1:-some}
port=7777
# of the raw client, which no machine has
RAW4='' RAW6=''
first_port=1024
tried=0

# raw_client - addresses for it, and a way there
raw_client()
{
	local dev=to_c ns=$GW

	RAW4=${C4%.*}.77 RAW6=${C6%::*}::77
	[ $TOPOLOGY != bridge ] || dev=eth0 ns=$SRV
	ip -n "$CLI" link set eth0 address 02:00:00:00:00:01 &&
		ip -n "$ns" link set $dev address 02:00:00:00:00:02 &&
		ip -n "$ns" neigh add $RAW4 lladdr 02:00:00:00:00:01 dev $dev &&
		ip -n "$ns" neigh add $RAW6 lladdr 02:00:00:00:00:01 dev $dev
}

# evade OPTION... SET... - by IPv6 if $family is 6
evade()
{
	local from=$RAW4 to=$S4 hops=()

	[ "${family:-4}" = 4 ] || from=$RAW6 to=$S6
	[ $TOPOLOGY != routed ] || hops=(-o routed)
	tried=$((tried + 1))
	# no port comes twice: the server may still know the last connection of it
	first_port=$((1024 + tried % 15 * 4096))
	in_c "$here/evade" run -i eth0 -m 02:00:00:00:00:02 -c "$from" -s "$to" -p $port \
		-b $first_port -r "$TMP/srv" "${hops[@]}" "$@"
}

# harmless DESCRIPTION OPTION... SET... - nothing arrives but what the parser saw
harmless()
{
	local what=$1
	shift
	evade "$@" > "$TMP/evade" 2>&1 && {
		pass "$what: $(head -n 1 "$TMP/evade")"
		return
	}
	fail "$what"
	head -n 30 "$TMP/evade" | sed 's/^/# /'
}

# counter NAME
counter()
{
	pctl status -j --library "$TMP/lib" | sed -n "s/.*\"$1\": *\([0-9]*\).*/\1/p"
}

# trick NAME COUNTER OPTION... - nothing arrives, and each one is counted
trick()
{
	local name=$1 counter=$2 before now sent
	shift 2
	[ "$counter" = - ] || before=$(counter "$counter")
	harmless "$title, trick $name" "$@" "trick:$name"
	[ "$counter" != - ] || return 0
	now=$(counter "$counter")
	sent=$(sed -n 's/^tricks: //p' "$TMP/evade")
	check "$title, trick $name: $counter rose from $before to $now, by $sent at least" \
		test $((now - before)) -ge "$sent" -a "$sent" -gt 0
}

# all_tricks OPTION...
all_tricks()
{
	local name counter from=$RAW4 to=$S4 hops=()
	[ "${family:-4}" = 4 ] || from=$RAW6 to=$S6
	[ $TOPOLOGY != routed ] || hops=(-o routed)
	"$here/evade" tricks -c "$from" -s "$to" "${hops[@]}" "$@" > "$TMP/tricks"
	while read -r name counter <&3; do
		trick "$name" "$counter" "$@"
	done 3< "$TMP/tricks"
}

# begin SHAPE - topology, server and patch
begin()
{
	"topo_$1" && raw_client && server_start sink $port srv &&
		pctl apply EVASION --library "$TMP/lib" --server "$(with_port "$S4" $port)" \
			--server "$(with_port "$S6" $port)" > "$TMP/apply" 2>&1 && return
	fail "topology, server and patch: $1"
	sed 's/^/# /' "$TMP/apply"
	return 1
}

need_module
mkdir -p "$TMP/lib/grammars"
"$here/evade" grammar > "$TMP/lib/grammars/evasion.ppg"
"$here/evade" patch > "$TMP/lib/EVASION.pdef"

begin routed || finish
title=routed
harmless "$title, pairs" pairs
time harmless "$title, triplets" -k 16 triplets
all_tricks -k 8
finish
