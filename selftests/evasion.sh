#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Segments that overlap and disagree, in every order, and packets for insertion and
# desynchronisation (evade.h): what the server reads is what the parser saw, and no
# exploit arrives as it was sent.
#
# Usage: evasion.sh [all]
#
#   all   every schedule, not a part; "make evasion"

. "$(dirname "$0")/lib.sh"

# a prime, so that it goes in step with nothing that the schedules are made of
every=31 first=0
[ "${1:-}" != all ] || every=1
# what one kernel leaves out another takes
case $(uname -r) in
6.1.*)	first=15 ;;
esac
port=7777
parameters=/sys/module/patchproxy/parameters
# of the grammar and the patch
lib=''
# of the raw client, which no machine has
RAW4='' RAW6=''
# no port comes twice in a topology: the server may still know its last connection
next_port=''

# raw_client - addresses for it, a way there, and a server that acknowledges at once
raw_client()
{
	local dev=to_c ns=$GW via4=() via6=()

	RAW4=${C4%.*}.77 RAW6=${C6%::*}::77
	case $TOPOLOGY in
	bridge)	dev=eth0 ns=$SRV ;;
	routed)	via4=(via 10.0.2.1) via6=(via 2001:db8:2::1) ;;
	esac
	ip -n "$CLI" link set eth0 address 02:00:00:00:00:01 &&
		ip -n "$ns" link set $dev address 02:00:00:00:00:02 &&
		ip -n "$ns" neigh add "$RAW4" lladdr 02:00:00:00:00:01 dev $dev &&
		ip -n "$ns" neigh add "$RAW6" lladdr 02:00:00:00:00:01 dev $dev &&
		ip -n "$SRV" route add "$RAW4" "${via4[@]}" dev "$(server_dev)" quickack 1 &&
		ip -n "$SRV" route add "$RAW6" "${via6[@]}" dev "$(server_dev)" quickack 1
}

server_dev()
{
	case $TOPOLOGY in
	local)	echo to_c ;;
	*)	echo eth0 ;;
	esac
}

# ends - the options of evade that say between whom; by IPv6 if $family is 6
ends()
{
	case $family in
	4)	set -- -c "$RAW4" -s "$S4" ;;
	6)	set -- -c "$RAW6" -s "$S6" ;;
	esac
	case $TOPOLOGY in
	routed)	set -- "$@" -o routed ;;
	bridge)	set -- "$@" -o bridged ;;
	esac
	echo "$@"
}

# evade OPTION... SET... - what it says is in $TMP/evade
evade()
{
	local status used
	# shellcheck disable=SC2046 # a list of words
	in_c "$here/evade" run -i eth0 -m 02:00:00:00:00:02 -p $port -b "$next_port" \
		-r "$TMP/srv" -f $first $(ends) "$@" > "$TMP/evade" 2>&1
	status=$?
	used=$(sed -n 's/.* schedules of .*, \([0-9]*\) connections.*/\1/p' "$TMP/evade")
	next_port=$((next_port + ${used:-0}))
	if [ -z "$used" ]; then
		echo "no result, exit status $status" >> "$TMP/evade"
		return 1
	fi
	return $status
}

# harmless DESCRIPTION OPTION... SET... - nothing arrives but what the parser saw
harmless()
{
	local what=$1
	shift
	if evade "$@"; then
		pass "$what: $(head -n 1 "$TMP/evade")"
		return
	fi
	fail "$what"
	head -n 30 "$TMP/evade" | sed 's/^/# /'
}

# counter NAME - as it was at the last count
counter()
{
	sed -n "s/.*\"$1\": *\([0-9]*\).*/\1/p" "$TMP/counters"
}

count()
{
	pctl status -j --library "$lib" > "$TMP/counters"
}

# rose COUNTER BEFORE BY
rose()
{
	echo "$3 sent, $1 counted from $2 to $(counter "$1")"
	[ "$3" -gt 0 ] && [ $(($(counter "$1") - $2)) -ge "$3" ]
}

# all_tricks OPTION... - they change nothing
all_tricks()
{
	# shellcheck disable=SC2046 # lists of words
	harmless "$title, all tricks" "$@" $("$here/evade" tricks $(ends) | sed 's/ .*//; s/^/trick:/')
}

# counted_tricks OPTION... - those that the box refuses, each of which has its counter
counted_tricks()
{
	local name counter before
	# shellcheck disable=SC2046 # a list of words
	"$here/evade" tricks $(ends) | grep -v ' -$' > "$TMP/tricks"
	count
	while read -r name counter <&3; do
		before=$(counter "$counter")
		harmless "$title, trick $name" "$@" "trick:$name"
		count
		check "$title, trick $name: counted as $counter" rose "$counter" "$before" \
			"$(sed -n 's/^tricks: //p' "$TMP/evade")"
	done 3< "$TMP/tricks"
}

# begin SHAPE [opaque] - topology, server, grammar and patch
begin()
{
	title=$1${2:+, $2 chunks} family=4 next_port=1024
	lib=$TMP/lib${2:+-$2}
	mkdir -p "$lib/grammars"
	"$here/evade" grammar ${2:+-o "$2"} > "$lib/grammars/evasion.ppg"
	"$here/evade" patch ${2:+-o "$2"} > "$lib/EVASION.pdef"
	# what has ended is soon forgotten: too soon, if it has not ended
	echo 1 > $parameters/timeout_closing
	echo 1 > $parameters/timeout_closing_edited
	"topo_$1" && raw_client && server_start sink $port srv && return
	fail "topology and server: $1"
	return 1
}

protect()
{
	check "$title: the patch is applied" pctl apply EVASION --library "$lib" \
		--server "$(with_port "$S4" $port)" --server "$(with_port "$S6" $port)"
}

need_module

if begin routed; then
	check "$title, no patch: the exploit arrives" evade -k $every -o control pairs
	protect
	harmless "$title, pairs" pairs
	harmless "$title, pairs, no timestamps" -k $every -o no-stamps pairs
	harmless "$title, pairs, no SACK" -k $every -o no-sack pairs
	harmless "$title, pairs, data in the SYN" -k $every -o syn-data pairs
	harmless "$title, triplets" -k $every triplets
	harmless "$title, triplets, some die behind the box" -k $((every * 8)) triplets-lost
	all_tricks -k $every
	counted_tricks -k $every
	family=6
	harmless "$title, IPv6, pairs" -k $every pairs
	harmless "$title, IPv6, triplets" -k $((every * 2)) triplets
	teardown
fi
# some tens of thousands of schedules, of which a few matter
if [ $every -eq 1 ] && begin routed opaque; then
	protect
	harmless "$title, pairs" -k $every -o opaque pairs
	harmless "$title, triplets" -k $((every * 2)) -o opaque triplets
	# with SACK the box sends what it kept behind what it has of the repair
	harmless "$title, triplets, no SACK" -k $every -o opaque -o no-sack triplets
	teardown
fi
for shape in bridge local; do
	begin $shape || continue
	protect
	harmless "$title, pairs" -k $every pairs
	harmless "$title, triplets" -k $((every * 2)) triplets
	all_tricks -k $((every * 2))
	family=6
	harmless "$title, IPv6, pairs, no timestamps" -k $every -o no-stamps pairs
	teardown
done
finish
