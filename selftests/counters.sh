#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Each counter that no other test provokes.  That none is left out is for
# counted.sh to say.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flaws.sh"
. "$(dirname "$0")/session.sh"

parameters=/sys/module/patchproxy/parameters

# mark NAME... - remember counters; then: grew NAME "${was[NAME]}"
declare -A was=()
mark()
{
	local name
	for name; do
		was[$name]=$(counter "$name")
	done
}

# rose DESCRIPTION NAME... - all of them have grown since they were marked
rose()
{
	local what=$1 name
	shift
	for name; do
		check "$what: $name" grew "$name" "${was[$name]}"
	done
}

# repeat NAME COMMAND... - until the counter grows
repeat()
{
	local name=$1 end=$((SECONDS + patience))
	shift
	until grew "$name" "${was[$name]}" > /dev/null; do
		[ $SECONDS -lt $end ] || return 1
		"$@" || return 1
	done
}

# talk FILE - a session of its own, of which only the end matters
talk()
{
	client "$T4" 80 size:100:"$1" expect:"reply $2\n" acked shut eof > "$TMP/talk.log" 2>&1
}

packets()
{
	mark flows_created flows_destroyed pkts_pass pkts_shift pkts_rewrite bytes_inspected \
		units edits edit_bytes_cut edit_bytes_put
	session "an edited session" "$T4"
	check "an edited session is forgotten" busywait grew flows_destroyed "${was[flows_destroyed]}"
	rose "an edited session" flows_created pkts_pass pkts_shift pkts_rewrite bytes_inspected \
		units edits edit_bytes_cut edit_bytes_put

	mark pkts_opaque
	printf 'PUT /big HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n' > "$TMP/put"
	head -c 100000 /dev/zero | tr '\0' b > "$TMP/body"
	check "a body is uploaded" client "$T4" 80 send:"$TMP/put" send:"$TMP/body" \
		expect:'reply 1\n' acked shut eof
	sessions=$((sessions + 1))
	rose "a body" pkts_opaque

	mark acks_made drop_old
	# What the server has still to acknowledge would be acknowledged with the rest.
	head -c 280 "$TMP/ida" > "$TMP/head"
	tail -c +281 "$TMP/ida" > "$TMP/tail"
	check "a cut argument, byte by byte" client "$T4" 80 one:"$TMP/head" acked one:"$TMP/tail" \
		expect:'reply 1\n' acked shut eof
	sessions=$((sessions + 1))
	rose "a cut argument" acks_made drop_old
}

# parts - a number in two parts, of which the first is acknowledged alone
parts()
{
	client "$T4" 80 send:"$TMP/begin" acked send:"$TMP/rest" expect:'reply 1\n' acked shut eof
}

# Nothing else is acknowledged to a client that waits in the middle of a number.
held()
{
	apply POLICY-POST-1024 "$(with_port "$S4" 80)"
	printf 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1' > "$TMP/begin"
	printf '0\r\n\r\n0123456789' > "$TMP/rest"
	mark holds custody
	check "a number in two parts" parts
	sessions=$((sessions + 1))
	rose "a number in two parts" holds custody
	mark custody_resent
	in_g tc qdisc add dev to_s root netem loss random 50%
	check "and what it becomes is lost" repeat custody_resent parts
	rose "and what it becomes is lost" custody_resent
	in_g tc qdisc del dev to_s root
	unapply POLICY-POST-1024 "$(with_port "$S4" 80)"
}

network()
{
	times 40 "$TMP/two" > "$TMP/many"
	in_c tc qdisc add dev eth0 root netem delay 4ms reorder 75% 50%
	in_g tc qdisc add dev to_s root netem delay 2ms loss random 10%
	mark edits_replayed ooo_held sacks_made owed_resent
	check "loss behind the gateway" repeat edits_replayed talk "$TMP/many" 80
	check "disorder in front of it" repeat ooo_held talk "$TMP/many" 80
	check "both" repeat owed_resent talk "$TMP/many" 80
	rose "a bad network" edits_replayed ooo_held sacks_made owed_resent
	in_c tc qdisc del dev eth0 root
	in_g tc qdisc del dev to_s root
}

dense()
{
	mark parts_made
	times 1000 "$TMP/shellshock" > "$TMP/dense"
	check "a thousand edits in a few packets" repeat parts_made client "$T4" 80 send:"$TMP/dense" \
		expect:'reply 1000\n' acked shut eof
	rose "a thousand edits in a few packets" parts_made
}

forged()
{
	mark drop_ooo drop_short drop_window
	# the server's first window is a little below 64 KB; many small ones cost more than
	# their bytes
	head -c 70000 /dev/zero | tr '\0' a > "$TMP/far"
	forger "70 KB too early, and a stub" "$T4" 10.0.2.9 connect ahead:"$TMP/far" stub \
		send:"$TMP/shellshock" acked reset
	rose "70 KB too early, and a stub" drop_ooo drop_short drop_window
}

content()
{
	mark malformed resets blind lost scope_limit
	printf 'GET /\013 HTTP/1.1\r\nHost: a\r\n\r\n' > "$TMP/noise"
	check "a control character ends the connection" client "$T4" 80 send:"$TMP/noise" reset
	rose "a control character" malformed resets
	printf 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n' > "$TMP/connect"
	check "a tunnel" client "$T4" 80 send:"$TMP/connect" expect:'reply 1\n' acked shut eof
	rose "a tunnel" blind

	printf 'HTTP/1.1 none\r\n\r\n' > "$TMP/banner"
	server_start source 81 banner "$TMP/banner" || fail "banner: server"
	apply CVE-2001-0500 "$(with_port "$S4" 81)"
	check "a server that speaks something else" client "$T4" 81 send:"$TMP/shellshock" eof shut
	rose "a server that speaks something else" lost

	# 70 conditions that all become true in one request
	for part in A B; do
		echo "patch LAB-MANY-$part \"many conditions\" { for http1;"
		for n in $(seq 10 44); do
			echo "on request.uri.path when request.uri.path contains \"$part$n\" count;"
		done
		echo "}"
	done > "$TMP/both"
	sed '/^}/q' "$TMP/both" > "$TMP/LAB-MANY-A.pdef"
	sed '1,/^}/d' "$TMP/both" > "$TMP/LAB-MANY-B.pdef"
	{
		printf 'GET /'
		printf 'A%s' $(seq 10 44)
		printf 'B%s' $(seq 10 44)
		printf ' HTTP/1.1\r\nHost: a\r\n\r\n'
	} > "$TMP/true"
	check "70 conditions" pctl apply "$TMP/LAB-MANY-A.pdef" "$TMP/LAB-MANY-B.pdef" \
		--server "$(with_port "$S4" 80)"
	check "70 conditions: the connection ends" client "$T4" 80 send:"$TMP/true" reset
	rose "70 conditions" scope_limit
	unapply LAB-MANY-A LAB-MANY-B "$(with_port "$S4" 80)"
}

datagrams()
{
	mkdir -p "$TMP/lib/grammars"
	cat > "$TMP/lib/grammars/probe.ppg" <<-'PPG'
		protocol probe "one datagram asks, one answers" {
			transport udp 1434;
			client { unit request { ask: rest doc "what is asked"; } }
			server { unit reply { answer: rest doc "what is answered"; } }
		}
	PPG
	echo 'patch SHORT "a long question" { for probe; on request.ask truncate 8; }' > "$TMP/lib/SHORT.pdef"
	echo 'patch NONE "no question" { for probe; on request.ask when request.ask contains "bad" drop; }' \
		> "$TMP/lib/NONE.pdef"
	check "UDP patches" pctl apply SHORT NONE --library "$TMP/lib" --server "$(with_port "$S4" 1434)"
	server_start ssrp 1434 udp || fail "UDP: server"
	mark dgrams_rewritten dgrams_dropped
	printf 'bad' > "$TMP/bad"
	printf 'a long question' > "$TMP/long"
	check "a datagram is dropped and one rewritten" client -u "$T4" 1434 send:"$TMP/bad" send:"$TMP/long" total:3
	rose "datagrams" dgrams_rewritten dgrams_dropped
	same "datagrams: what arrives" <(printf 'a long q') "$TMP/udp.0"
}

# The library that the tool has: that of its source tree, or one installed with it.
newer_library()
{
	local lib
	for lib in patchdefs share/patchproxy/patchdefs; do
		lib=$(dirname "$PATCHCTL")/../$lib
		[ -d "$lib" ] && cp -r "$lib" "$TMP/newer" && return
	done
}

limits()
{
	local max
	mark flows_limit events_suppressed midstream stale_grammar
	max=$(cat $parameters/flows_max)
	echo 0 > $parameters/flows_max
	check_status "no room for a connection" 1 client -t 1 "$T4" 80 shut
	echo "$max" > $parameters/flows_max
	rose "no room for a connection" flows_limit
	max=$(cat $parameters/events_per_second)
	echo 0 > $parameters/events_per_second
	"$here/enter" "$GW" "$PATCHCTL" monitor > /dev/null &
	pids+=($!)
	disown
	# from the moment that somebody listens
	check "an event that is not to be sent" repeat events_suppressed talk "$TMP/two" 2
	echo "$max" > $parameters/events_per_second
	rose "an event that is not to be sent" events_suppressed

	# Another version of the grammar, under a connection that began with this one.
	newer_library
	sed -i 's/a chunk with its size/one chunk with its size/' "$TMP/newer/grammars/http1.ppg"
	rm -f "$TMP"/told "$TMP"/go
	client_start older -t 600 "$T4" 80 send:"$TMP/two" expect:'reply 2\n' touch:"$TMP/told" \
		wait:"$TMP/go" send:"$TMP/two" expect:'reply 4\n' acked shut eof
	check "a connection under the old grammar" busywait test -e "$TMP/told"
	unapply all "$(with_port "$S4" 80)"
	check "patches of the new one" pctl apply CVE-2001-0500 --library "$TMP/newer" \
		--server "$(with_port "$S4" 80)"
	touch "$TMP/go"
	client_end older "it goes on"
	rose "an old grammar" stale_grammar

	unapply all "$(with_port "$S4" 80)"
	server_start http 82 mid || fail "midstream: server"
	rm -f "$TMP"/told "$TMP"/go
	client_start middle -t 600 "$T4" 82 send:"$TMP/two" expect:'reply 2\n' touch:"$TMP/told" \
		wait:"$TMP/go" send:"$TMP/two" expect:'reply 4\n' acked shut eof
	check "a connection before the patch" busywait test -e "$TMP/told"
	apply CVE-2001-0500 "$(with_port "$S4" 82)"
	touch "$TMP/go"
	client_end middle "it is left alone"
	rose "a connection before the patch" midstream
}

# The client's route moves to another link.
moving()
{
	printf 'link add eth1 netns %s type veth peer name to_c2 netns %s\n' "$CLI" "$GW" | ip -b -
	ip -n "$GW" link set to_c2 up
	ip -n "$GW" addr add 10.0.3.1/24 dev to_c2
	ip -n "$CLI" link set eth1 up
	ip -n "$CLI" addr add 10.0.3.2/24 dev eth1
	in_g sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.to_c2.rp_filter=0
	mark rebound
	rm -f "$TMP"/told "$TMP"/go
	client_start moving -t 600 "$T4" 80 send:"$TMP/two" expect:'reply 2\n' acked touch:"$TMP/told" \
		wait:"$TMP/go" send:"$TMP/two" expect:'reply 4\n' acked shut eof
	check "a connection by one link" busywait test -e "$TMP/told"
	ip -n "$CLI" route replace default via 10.0.3.1 src $C4
	touch "$TMP/go"
	client_end moving "it goes on by another"
	rose "a moved connection" rebound
	same "a moved connection: the transform" "$TMP/wanted" "$TMP/srv.$sessions"
}

# A reply that has no way, and more than can wait: a client on the gateway outruns the
# worker that sends them.
unsent()
{
	mark replies_lost
	printf 'GET /x.ida?%0600d' 0 > "$TMP/head"
	printf '%02000d' 0 > "$TMP/tail"
	printf ' HTTP/1.1\r\nHost: a\r\n\r\n' > "$TMP/end"
	cat "$TMP/head" "$TMP/tail" "$TMP/end" > "$TMP/long"
	flaw_transform ida "$TMP/long" "$TMP/short"
	rm -f "$TMP"/told "$TMP"/go
	client_start away -t 600 "$T4" 80 send:"$TMP/head" acked touch:"$TMP/told" \
		wait:"$TMP/go" send:"$TMP/tail" acked send:"$TMP/end" expect:'reply 1\n' acked shut eof
	check "an argument, cut already" busywait test -e "$TMP/told"
	ip -n "$GW" route del 10.0.1.0/24 dev to_c
	touch "$TMP/go"
	check "no way back: replies_lost" busywait grew replies_lost "${was[replies_lost]}"
	ip -n "$GW" route add 10.0.1.0/24 dev to_c src 10.0.1.1
	client_end away "with a way back it goes on"
	same "no way back: the transform" "$TMP/short" "$TMP/srv.$sessions"
	sessions=$((sessions + 1))

	mark replies_lost
	ip -n "$GW" route replace 10.0.2.0/24 dev to_s src 10.0.2.1 initcwnd 3000
	check "a client on the gateway that does not let the worker run" in_g chrt -f 1 taskset 1 \
		"$here/client" "$T4" 80 send:"$TMP/head" one:"$TMP/tail" send:"$TMP/end" \
		expect:'reply 1\n' acked shut eof
	rose "many at once" replies_lost
	same "many at once: the transform" "$TMP/short" "$TMP/srv.$sessions"
	sessions=$((sessions + 1))
}

need_module
modprobe sch_netem || fail "no netem"
for timeout in timeout_closing timeout_closing_edited; do
	echo 1 > $parameters/$timeout
done
topo_bridge ct || { fail "topology"; finish; }
session_server
protect "$S4"
packets
held
network
dense
forged
content
datagrams
limits
teardown

topo_routed || { fail "routed: topology"; finish; }
session_server
protect "$S4"
unsent
moving
finish
