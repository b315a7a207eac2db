#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Memory that runs out.  A packet that there is no memory for is dropped, and
# what arrives is the transform all the same; a change that there is no memory
# for is not made; a module that there is no memory for does not come.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flaws.sh"

faults=/sys/kernel/debug/failslab
pages=/sys/kernel/debug/fail_page_alloc

# may_fail 0|1 CACHE... - allocations from these do not fail, or may
may_fail()
{
	local cache
	for cache in "${@:2}"; do
		echo "$1" > "/sys/kernel/slab/$cache/failslab" || return 1
	done
}

# PERCENT of the allocations that must not wait fail
faults_on()
{
	echo "$1" > $faults/probability
}

faults_off()
{
	echo 0 > $faults/probability
	echo 0 > $pages/probability
}

# module_text - from where to where its functions lie
module_text()
{
	awk '$4 == "[patchproxy]" && tolower($2) == "t" { print "0x" $1 }' /proc/kallsyms | sort |
		sed -n '1p; $p'
}

# pages_on PERCENT - of the pages that the module asks for itself fail; what it calls
# asks for them further down the stack, and says so loudly where it gets none
pages_on()
{
	local start end
	{ read -r start && read -r end; } < <(module_text) || return 1
	echo 8 > $pages/stacktrace-depth &&
		echo "$start" > $pages/require-start &&
		echo "$end" > $pages/require-end &&
		echo "$1" > $pages/probability
}

# Connections that were served.
connections=0
edited()
{
	client -t 600 "$T4" 80 size:200:"$TMP/many" expect:"reply $requests\n" acked shut eof || return 1
	connections=$((connections + 1))
}

# counted COUNTER BEFORE - make connections until it has risen
counted()
{
	local end=$((SECONDS + patience))
	until grew "$1" "$2"; do
		[ $SECONDS -lt $end ] || return 1
		edited || return 1
	done
}

all_wanted()
{
	local n
	for n in $(seq 0 $((connections - 1))); do
		cmp "$TMP/wanted" "$TMP/srv.$n" || return 1
	done
}

# A datagram that was dropped is not sent again.
datagrams_wanted()
{
	local file
	for file in "$TMP"/udp.[0-9]*; do
		cmp "$TMP/cut" "$file" || return 1
	done
}

# allocations VARIABLE COMMAND... - how many it makes
allocations()
{
	local many=1000000
	in_g "$here/nth" $many "$TMP/left" "${@:2}" > "$TMP/said" 2>&1
	printf -v "$1" '%d' $((many - $(< "$TMP/left")))
}

# every NAME FIRST COMMAND... - run it with one allocation failing, each from FIRST
# on, until it makes no more.  After each run afterwards_NAME judges; $status is the
# command's
every()
{
	local name=$1 first=$2 n=$2 failed=0
	shift 2
	while :; do
		in_g "$here/nth" "$n" "$TMP/left" "$@" > "$TMP/said" 2>&1
		status=$?
		[ $status -eq 0 ] || failed=$((failed + 1))
		"afterwards_$name" > "$TMP/judged" 2>&1 || break
		[ "$(< "$TMP/left")" -eq 0 ] || break
		n=$((n + 1))
	done
	check "$name: done or not done, whichever allocation fails, from $first to $n" \
		test "$(< "$TMP/left")" -gt 0 ||
		{ note "allocation $n, status $status"; note "$(cat "$TMP/said" "$TMP/judged")"; }
	check "$name: $failed times it was not done" test $failed -gt 0
	check "$name: done when none fails" test $status -eq 0
}

# Applied is in force, and goes; not applied is not in force.
afterwards_apply()
{
	local applied
	applied=$(pctl status -j | grep -c "$second") || true
	if [ $status -eq 0 ]; then
		[ "$applied" -gt 0 ] || { echo "applied and not in force"; return 1; }
		pctl unapply "$second" --server "$(with_port "$S4" 80)"
	elif [ "$applied" -gt 0 ]; then
		echo "refused and in force"
		return 1
	fi
}

afterwards_load()
{
	[ $status -ne 0 ] || rmmod patchproxy
}

[ -d $faults ] && [ -e $pages/require-start ] || skip_all "this kernel does not let allocations fail"
trap 'faults_off; echo Y > $faults/ignore-gfp-wait; echo 1 > $pages/min-order; on_exit' EXIT
for kind in $faults $pages; do
	echo 0 > $kind/verbose
	echo -1 > $kind/times
done
echo Y > $faults/cache-filter
echo 0 > $pages/min-order
faults_off

need_module
# shellcheck disable=SC2046 # names without spaces
may_fail 1 $(cd /sys/kernel/slab && echo kmalloc-*) pp_flow || { fail "faults"; finish; }
flaw ida
requests=20
printf 'GET /a.ida?%0400d HTTP/1.1\r\nHost: a\r\n\r\n' 7 > "$TMP/request"
flaw_transform ida "$TMP/request" "$TMP/corrected"
for _ in $(seq $requests); do
	cat "$TMP/request" >&3
	cat "$TMP/corrected" >&4
done 3> "$TMP/many" 4> "$TMP/wanted"
second=CVE-2014-6271

topo_bridge ct || { fail "topology"; finish; }
server_start http 80 srv || { fail "server"; finish; }
apply "$patch" "$(with_port "$S4" 80)"
faults_on 10
check "connections are served until a packet was dropped for want of memory" counted drop_nomem 0
check "connections are served until one was refused for want of memory" counted flows_nomem 0
faults_off
before=$(counter drop_nomem)
pages_on 30 || fail "pages"
check "connections are served until a packet was dropped for want of a page" counted drop_nomem "$before"
faults_off
check "connections are served when there is memory again" edited
check "what arrived in $connections connections is the transform" all_wanted
check_closed "" 80
server_stop

server_start ssrp 1434 udp || { fail "server"; finish; }
apply CVE-2002-0649 "$(with_port "$S4" 1434)"
printf '\4%0200d' 0 > "$TMP/datagram"
flaw_transform slammer "$TMP/datagram" "$TMP/cut"
# The recorder's copies make the module need its own; what is small is not kmalloc()ed.
sniff_start "$GW" to_c 1434 datagrams
may_fail 1 skbuff_small_head || fail "faults"
before=$(counter drop_nomem)
faults_on 30
for _ in $(seq 50); do
	client -u "$T4" 1434 send:"$TMP/datagram"
done
faults_off
may_fail 0 skbuff_small_head
check "a datagram arrives" client -u "$T4" 1434 send:"$TMP/datagram" expect:.
check "datagrams arrived cut or not at all" datagrams_wanted
check "datagrams were dropped for want of memory" grew drop_nomem "$before"
server_stop

# What a program needs to start says nothing of the module.  A page that the
# allocator fails to get in advance is nobody's failure.
echo 20 > $pages/min-order
echo N > $faults/ignore-gfp-wait
allocations start "$PATCHCTL" version
every apply $((start + 1)) "$PATCHCTL" apply "$second" --server "$(with_port "$S4" 80)"
unapply "$patch" "$(with_port "$S4" 80)"
check "the module unloads" module_unload
# kmem_cache_create() shows its stack and loses a name where it cannot copy it.
may_fail 0 kmalloc-8
allocations start insmod /dev/null
every load $((start + 1)) insmod "$(find_module)"
check "conntrack saw nothing INVALID" no_invalid
finish
