#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What all namespaces together may keep: one that keeps too much is refused more, but
# takes nothing from the others.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flaws.sh"
. "$(dirname "$0")/session.sh"

# early DESCRIPTION - 10 KB that come before what is in front of them
early()
{
	forger "$1: out of order" "$T4" 10.0.2.9 connect ahead:"$TMP/behind"
	sessions=$((sessions + 1))
}

head -c 10000 /dev/zero | tr '\0' a > "$TMP/behind"
need_module
limit=/sys/module/patchproxy/parameters/store_max

topo_bridge || { fail "topology"; finish; }
session_server
protect "$S4"
greedy=$GW
early "with room"
check "with room: all is kept" test "$(counter drop_budget)" -eq 0
check "with room: it is" grew ooo_held 200
# so is all that there is, and its half
was=$(cat $limit)
echo 30000 > $limit
before=$(counter ooo_held)
early "without"
check "without: it is dropped" grew drop_budget 0
check "without: nothing is kept" test "$(counter ooo_held)" -eq "$before"

topo_bridge || { fail "another topology"; finish; }
session_server
protect "$S4"
early "another namespace"
check "another namespace: it has its share" grew ooo_held 50
check "another namespace: and no more" grew drop_budget 0

# in order, and less than both bounds
session "another namespace" "$T4"
GW=$greedy
check "the first one lacks it still" test "$(counter ooo_held)" -eq "$before"
echo "$was" > $limit
finish
