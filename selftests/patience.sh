#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What is forgotten, and when, and what is not however long it waits. It takes half an hour,
# but for a guest in which time leaps (vm/run.sh -v).

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flaws.sh"
. "$(dirname "$0")/session.sh"

parameters=/sys/module/patchproxy/parameters

# alive N - so many connections are known
alive()
{
	local n=$(($(counter flows_created) - $(counter flows_destroyed)))
	[ $n -eq "$1" ] || { echo "$n are known"; return 1; }
}

# forgotten DESCRIPTION AFTER - the only connection is known until then, and not much
# longer; the counters are looked at every few seconds
forgotten()
{
	sleep $(($2 - 10))
	check "$1: it is known for nearly $2 seconds" alive 1
	sleep 20
	check "$1: and no longer" alive 0
}

# tight COMMAND... - while the table is half full with one connection
tight()
{
	local max
	max=$(cat $parameters/flows_max)
	echo 1 > $parameters/flows_max
	"$@"
	echo "$max" > $parameters/flows_max
}

# A SYN that nobody answers.
unanswered()
{
	in_g tc qdisc add dev to_s root netem loss 100%
	forger "$1: a SYN" "$T4" 10.0.2.9 syn
	forgotten "$1" "$2"
	in_g tc qdisc del dev to_s root
}

# An answer that nobody acknowledges, nor sees again.
unacknowledged()
{
	forger "$1: a SYN and its answer" "$T4" 10.0.2.9 offer
	in_s tc qdisc add dev eth0 root netem loss 100%
	forgotten "$1" "$2"
	# the server gives up after a minute, but only where it has tried
	in_s tc qdisc del dev eth0 root
}

# A connection that has changed its numbers says nothing for long.
silent()
{
	session_server
	rm -f "$TMP"/told "$TMP"/go
	client_start quiet -t 100000 "$T4" 80 send:"$TMP/two" expect:'reply 2\n' acked \
		touch:"$TMP/told" wait:"$TMP/go" send:"$TMP/two" expect:'reply 4\n' acked shut eof
	check "an edited connection" busywait test -e "$TMP/told"
	sleep 380
	touch "$TMP/go"
	client_end quiet "it goes on after nearly all its time"
	check_closed "an edited connection: " 80
	same "an edited connection: what arrived is the transform" "$TMP/wanted" "$TMP/srv.0"
	sleep 100
	check "an edited connection: it is known for nearly two minutes after its end" alive 1
	sleep 30
	check "an edited connection: and no longer" alive 0
}

# A client that says nothing for longer than it is remembered.
abandoned()
{
	client_start left -t 100000 "$T4" 80 send:"$TMP/two" expect:'reply 2\n' acked \
		touch:"$TMP/left" wait:"$TMP/never"
	check "a connection that is abandoned" busywait test -e "$TMP/left"
	forgotten "a connection that is abandoned" 400
	kill "$client_pid"
	wait "$client_pid"
	server_stop
}

# early - 10 KB that come before what is in front of them
early()
{
	forger "$1" "$T4" 10.0.2.9 connect ahead:"$TMP/behind"
}

# Bytes out of order that nobody makes whole take room from others, for some time.
tidy()
{
	local max refused given
	session_server
	head -c 10000 /dev/zero | tr '\0' a > "$TMP/behind"
	early "bytes out of order"
	max=$(cat $parameters/store_max)
	echo 10000 > $parameters/store_max
	refused=$(counter drop_budget)
	early "others find no room"
	check "others find no room: they are dropped" grew drop_budget "$refused"
	given=$(counter drop_ooo)
	sleep 100
	check "for long" test "$(counter drop_ooo)" -eq "$given"
	sleep 40
	check "then the first are given up" grew drop_ooo "$given"
	given=$(counter ooo_held)
	early "and there is room"
	check "and there is room: others are kept" grew ooo_held "$given"
	echo "$max" > $parameters/store_max
	server_stop
}

need_module
modprobe sch_netem || fail "no netem"
echo 400 > $parameters/timeout_open
topo_bridge || { fail "topology"; finish; }
protect "$S4"
session_server
unanswered "with room, no answer" 300
tight unanswered "a table half full, no answer" 30
unacknowledged "with room, no acknowledgement" 300
tight unacknowledged "a table half full, no acknowledgement" 130
server_stop
silent
abandoned
tidy
finish
