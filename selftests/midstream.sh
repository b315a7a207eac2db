#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Connections that are older than their server's first patch: left alone, corrected
# from a safe point on, or ended, as the server's policy says.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flaws.sh"
. "$(dirname "$0")/session.sh"

counted()
{
	local n
	n=$(counter "$1")
	echo "$1 is $n"
	[ "$n" = "$2" ]
}

state_is()
{
	pctl flows | grep -w "$1"
}

# policy NAME - an open connection meets a patch with that policy; what comes then are
# the client's steps
policy()
{
	local name=$1
	shift
	rm -f "$TMP/open" "$TMP/applied" "$TMP/looked"
	client_start old "$T4" 80 send:"$TMP/plain" expect:'reply 1\n' touch:"$TMP/open" \
		wait:"$TMP/applied" "$@"
	check "$shape: a connection is open" busywait test -e "$TMP/open"
	check "$shape: apply, $name" pctl apply "$patch" --server "$(with_port "$S4" 80)" \
		--midstream "$name"
	check "$shape: status says $name" grep -q "\"midstream\": \"$name\"" <(pctl status -j)
	: > "$TMP/applied"
}

flaw ida
need_module
for shape in "routed ct nat" bridge "bridge brnf ct" "local ct"; do
	# shellcheck disable=SC2086 # a list of words
	topo_${shape%% *} ${shape#* } || { fail "topology $shape"; continue; }
	if [ ! -e "$TMP/request" ]; then
		vuln_start none:httpd:80 || { fail "server"; finish; }
		exploit ida "$T4" --quiet > "$TMP/exploit.log" 2>&1
		vuln_stop
		cp "$TMP/sent" "$TMP/request"
		flaw_transform ida "$TMP/request" "$TMP/wanted"
		printf 'GET / HTTP/1.1\r\nHost: a\r\n\r\n' > "$TMP/plain"
	fi

	server_start http 80 srv || { fail "server"; finish; }
	policy observe send:"$TMP/request" expect:'reply 3\n' send:"$TMP/request" expect:'reply 5\n' \
		acked shut eof
	client_end old "$shape: observe: the connection goes on"
	same "$shape: observe: as it was" <(cat "$TMP/plain" "$TMP/request" "$TMP/request") "$TMP/srv.0"
	check "$shape: observe: it is counted" counted midstream 1
	server_stop

	# What is under way when the patch comes is not touched; what comes behind its reply is.
	unapply "$patch" "$(with_port "$S4" 80)"
	server_start http 80 srv || { fail "server"; finish; }
	policy protect send:"$TMP/request" expect:'reply 3\n' touch:"$TMP/looked" size:100:"$TMP/request" \
		expect:'reply 5\n' send:"$TMP/plain" expect:'reply 6\n' send:"$TMP/request" \
		expect:'reply 8\n' acked shut eof
	client_end old "$shape: protect: the connection goes on"
	same "$shape: protect: corrected from the next request on" \
		<(cat "$TMP/plain" "$TMP/request" "$TMP/wanted" "$TMP/plain" "$TMP/wanted") "$TMP/srv.0"
	check "$shape: protect: one has joined" counted joined 1
	check_closed "$shape: protect: " 80
	server_stop

	unapply "$patch" "$(with_port "$S4" 80)"
	server_start http 80 srv || { fail "server"; finish; }
	policy protect touch:"$TMP/looked" send:"$TMP/plain" expect:'reply 2\n' acked wait:"$TMP/seen" \
		shut eof
	check "$shape: protect: it waits for a safe point" busywait state_is waiting
	: > "$TMP/seen"
	client_end old "$shape: protect: and ends without one"
	rm -f "$TMP/seen"
	server_stop

	unapply "$patch" "$(with_port "$S4" 80)"
	server_start http 80 srv || { fail "server"; finish; }
	policy reset send:"$TMP/request" reset
	client_end old "$shape: reset: the client is told"
	check "$shape: reset: it is counted" grew midstream_reset 0
	check_closed "$shape: reset: " 80
	same "$shape: reset: nothing more arrived" "$TMP/plain" "$TMP/srv.0"
	check "$shape: reset: a new connection" client "$T4" 80 send:"$TMP/request" expect:'reply 2\n' \
		acked shut eof
	same "$shape: reset: is corrected" "$TMP/wanted" "$TMP/srv.1"
	server_stop
	[[ $shape != *ct* ]] || check "$shape: conntrack saw nothing INVALID" no_invalid
	teardown
	check "$shape: the module unloads" module_unload
	module_load || { fail "insmod"; finish; }
done

# data that is never pushed, on a connection that has not ended
topo_bridge || { fail "never pushed: topology"; finish; }
session_server
rm -f "$TMP/open" "$TMP/applied"
forger "never pushed: the connection goes on" "$T4" 10.0.2.9 connect touch:"$TMP/open" \
	wait:"$TMP/applied" without:8 send:"$TMP/plain" acked send:"$TMP/plain" acked reset \
	> "$TMP/forger" 2>&1 &
waiting=$!
check "never pushed: it is open" busywait test -e "$TMP/open"
before=$(counter midstream)
protect "$S4"
: > "$TMP/applied"
wait $waiting
check "never pushed: it went on" grep '^ok' "$TMP/forger"
check "never pushed: it is counted, once" test "$(counter midstream)" -eq $((before + 1))
finish
