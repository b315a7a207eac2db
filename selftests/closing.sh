#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# How connections idle and end when the numbers of their two ends differ:
# keep-alives, a closed window, one half closed before the other, both at once,
# and a reset that a patch asks for.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flaws.sh"
. "$(dirname "$0")/session.sh"

# at_least NS NAME N - a counter of TCP
at_least() { [ "$(mib "$1" "$2")" -ge "$3" ]; }

# unanswered - keep-alives that the client has sent since the last answer
unanswered()
{
	ss -N "$CLI" -Hton "dport = :80" | sed -n 's/.*timer:(keepalive,[^,]*,\([0-9]*\)).*/\1/p'
}

# The server answers each probe although it asks for a number that it has under another name.
keepalive()
{
	local before
	before=$(mib "$CLI" TcpExtTCPKeepAlive)
	session_server
	rm -f "$TMP"/told "$TMP"/go
	client_start alive -t 600 "$1" 80 send:"$TMP/two" expect:'reply 2\n' acked alive \
		touch:"$TMP/told" wait:"$TMP/go" send:"$TMP/two" expect:'reply 4\n' acked shut eof
	check "keep-alive, $1: the exploits are answered" busywait test -e "$TMP/told"
	check "keep-alive, $1: the client asks" busywait at_least "$CLI" TcpExtTCPKeepAlive $((before + 3))
	check "keep-alive, $1: and is answered" busywait answered
	touch "$TMP/go"
	client_end alive "keep-alive, $1: the session goes on"
	same "keep-alive, $1: what arrives is the transform" "$TMP/wanted" "$TMP/srv.0"
	check_closed "keep-alive, $1: " 80
	server_stop
}

answered() { [ "$(unanswered)" = 0 ]; }

# The server reads nothing, its window closes, and the client asks when it opens.
window()
{
	local before
	before=$(mib "$CLI" TcpExtTCPWinProbe)
	rm -f "$TMP/read"
	server_start lazy 80 lazy "$TMP/read" || fail "window: server"
	client_start window -t 600 "$1" 80 send:"$TMP/ida" send:"$TMP/put" send:"$TMP/body" shut eof
	check "zero window, $1: the client asks" busywait at_least "$CLI" TcpExtTCPWinProbe $((before + 2))
	touch "$TMP/read"
	client_end window "zero window, $1: all is sent in the end"
	same "zero window, $1: what arrives is the transform" "$TMP/uploaded" "$TMP/lazy.0"
	check_closed "zero window, $1: " 80
	server_stop
}

# Exploits come when the server has closed its half.
half()
{
	server_start source 80 half "$TMP/greeting" || fail "half: server"
	check "half-close by the server, $1: it ends cleanly" client "$1" 80 eof \
		send:"$TMP/two" acked shut
	check_closed "half-close by the server, $1: " 80
	same "half-close by the server, $1: what arrives is the transform" "$TMP/corrected" "$TMP/half.0"
	server_stop
}

# Both FINs are on their way when the other one comes: the server ends as it begins, a
# second behind the client, who waits for half of that.
crossing()
{
	in_c tc qdisc add dev eth0 root netem delay 1s
	in_s tc qdisc add dev eth0 root netem delay 1s
	rm -f "$TMP"/at_*
	sniff_start "$CLI" eth0 80 at_client
	server_start source 80 both "$TMP/greeting" || fail "crossing: server"
	check "simultaneous close, $1: it ends cleanly" client "$1" 80 silence:500 send:"$TMP/ida" shut eof
	check_closed "simultaneous close, $1: " 80
	same "simultaneous close, $1: what arrives is the transform" "$TMP/ida.cut" "$TMP/both.0"
	check "simultaneous close, $1: the FINs crossed" crossed
	in_c tc qdisc del dev eth0 root
	in_s tc qdisc del dev eth0 root
	server_stop
}

# The server's FIN acknowledges nothing of the client's.
crossed()
{
	awk '/ flags [A-Z]*F/ { if ($1 == "out") fin = $7 + $13; else ack = $9 }
		END { exit !(fin && ack && ack <= fin) }' "$TMP/at_client"
}

# A patch may end a connection: both ends believe it.
reset()
{
	local before
	before=$(mib "$SRV" TcpEstabResets)
	cat > "$TMP/LAB-RESET.pdef" <<-'PDEF'
		patch LAB-RESET "what nobody asks for" {
			for http1;
			on request.uri when request.uri contains "forbidden" reset;
		}
	PDEF
	printf 'GET /forbidden HTTP/1.1\r\nHost: a\r\n\r\n' > "$TMP/forbidden"
	check "reset, $1: apply" pctl apply "$TMP/LAB-RESET.pdef" --server "$(with_port "$1" 80)"
	session_server
	check "reset, $1: the client is told" client "$1" 80 send:"$TMP/two" expect:'reply 2\n' \
		send:"$TMP/forbidden" reset
	check "reset, $1: the server too" busywait at_least "$SRV" TcpEstabResets $((before + 1))
	same "reset, $1: it got nothing of it" "$TMP/corrected" "$TMP/srv.0"
	check "reset, $1: it is counted" grew resets 0
	check_closed "reset, $1: " 80
	unapply all "$(with_port "$1" 80)"
	server_stop
}

printf 'hello\n' > "$TMP/greeting"
head -c 1000000 /dev/zero | tr '\0' b > "$TMP/body"
printf 'PUT /big HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n' > "$TMP/put"
flaw_transform ida "$TMP/ida" "$TMP/ida.cut"
cat "$TMP/ida.cut" "$TMP/put" "$TMP/body" > "$TMP/uploaded"

need_module
topo_bridge ct || { fail "topology"; finish; }
in_s sysctl -qw net.ipv4.tcp_rmem="4096 32768 65536"
protect "$T4" "$T6"
keepalive "$T4"
window "$T4"
crossing "$T4"
for addr in "$T4" "$T6"; do
	half "$addr"
	reset "$addr"
done
check "conntrack saw nothing INVALID" no_invalid
finish
