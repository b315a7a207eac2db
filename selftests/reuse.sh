#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A SYN where a connection has ended that is still known: whoever has sent it, what is
# under way of the old one is translated until the server has answered; and then the new
# one is what its server is protected against, be it another one than before.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flaws.sh"
. "$(dirname "$0")/session.sh"

# The numbers of both ends differ, in both directions, when the last reply is lost, again
# and again.
forgotten()
{
	local challenges

	session_server
	rm -f "$TMP"/told "$TMP"/go
	client_start last -t 600 -b 40100 -o "$TMP/replies" "$2" 80 send:"$TMP/query" \
		expect:'reply 1\n' touch:"$TMP/told" wait:"$TMP/go" send:"$TMP/query" shut eof
	check "$1: a request is answered" busywait test -e "$TMP/told"
	in_g tc qdisc add dev to_c root netem loss 100% || fail "$1: netem"
	touch "$TMP/go"
	check "$1: the server has closed, and is not heard" busywait last_ack
	challenges=$(mib "$SRV" TcpExtTCPSYNChallenge)
	check "$1: somebody sends a SYN" in_c "$here/rawtcp" eth0 "$3" "$4" 40100 "$2" 80 syn
	check "$1: the server does not begin anew" busywait challenged "$challenges"
	in_g tc qdisc del dev to_c root
	client_end last "$1: the client reads to the end"
	check_closed "$1: " 80
	cat "$TMP/query.cut" "$TMP/query.cut" > "$TMP/wanted"
	same "$1: what arrived is the transform" "$TMP/wanted" "$TMP/srv.0"
	printf 'HTTP/1.1 200 %s\r\nContent-Length: 8\r\n\r\nreply %d\n' "$reason" 1 "$reason" 2 \
		> "$TMP/wanted"
	same "$1: the client got both replies" "$TMP/wanted" "$TMP/replies"
	server_stop
}

last_ack()
{
	ss -N "$SRV" -Htn state last-ack "sport = :80" | grep -q .
}

# challenged BEFORE
challenged()
{
	[ "$(mib "$SRV" TcpExtTCPSYNChallenge)" -gt "$1" ]
}

# A SYN in the client's name, from elsewhere: the client says that it has not asked for
# that, and asks for something itself.
denied()
{
	local addr=$1 from=$2 before

	session_server
	before=$(mib "$CLI" TcpOutRsts)
	check "$1: somebody elsewhere sends a SYN" "$here/enter" "$OTH" "$here/rawtcp" eth0 \
		02:00:00:00:00:02 "$from" 40500 "$addr" 80 syn
	check "$1: the client denies it" busywait has_denied "$before"
	check "$1: the server hears that" busywait all_closed 80
	check "$1: the client is nobody's stranger" client -b 40500 "$addr" 80 send:"$TMP/two" \
		expect:'reply 2\n' acked shut eof
	check_closed "$1: " 80
	same "$1: what arrived is the transform" "$TMP/corrected" "$TMP/srv.0"
	server_stop
}

# has_denied BEFORE
has_denied() { [ "$(mib "$CLI" TcpOutRsts)" -gt "$1" ]; }

# to PORT - where the server's address leads
to()
{
	in_g nft -f - <<-NFT
		flush chain ip nat pre
		add rule ip nat pre ip daddr $T4 tcp dport 80 dnat to $S4:$1
	NFT
}

# known - the old connection is in the table
known()
{
	pctl flows | grep -q ":40200 "
}

# other PORT RECORD STEP... - a connection of the same name as the one before
other()
{
	local port=$1 record=$2
	shift 2
	check "port $port: the old connection is known" known
	to "$port" || fail "port $port: nft"
	check "port $port: the same name again" busywait client -b 40200 "$T4" 80 "$@" acked shut eof
	same "port $port: what arrived is the transform for that server" "$TMP/wanted" "$record"
}

need_module
reason="OK and sixty bytes more, so that what was full is more than full"
printf 'GET /?%0200d HTTP/1.1\r\nHost: a\r\n\r\n' 0 > "$TMP/query"
printf 'GET /?%0100d HTTP/1.1\r\nHost: a\r\n\r\n' 0 > "$TMP/query.cut"
for shape in bridge routed; do
	topo_$shape || { fail "$shape: topology"; continue; }
	for addr in "$T4" "$T6"; do
		check "$shape, $addr: apply" pctl apply "$here/matrix/MATRIX-BOTH.pdef" \
			--server "$(with_port "$addr" 80)"
	done
	neighbour=$(mac "$SRV" eth0)
	[ $shape = bridge ] || neighbour=$(mac "$GW" to_c)
	forgotten "$shape, IPv4" "$T4" "$neighbour" "$C4"
	forgotten "$shape, IPv6" "$T6" "$neighbour" "$C6"
	teardown
done

for shape in bridge routed; do
	topo_$shape && elsewhere $shape || { fail "$shape: topology"; continue; }
	protect "$T4" "$T6"
	denied "$T4" "$C4"
	denied "$T6" "$C6"
	teardown
done

topo_routed ct nat || { fail "NAT: topology"; finish; }
in_c sysctl -qw net.ipv4.tcp_tw_reuse=1
apply CVE-2001-0500 "$(with_port "$S4" 80)"
apply CVE-2014-6271 "$(with_port "$S4" 81)"
apply CVE-2011-2523 "$(with_port "$S4" 21)"
server_start http 80 first
server_start http 81 second
server_start ftp 21 third
to 80
check "port 80: a connection" client -b 40200 "$T4" 80 send:"$TMP/two" expect:'reply 2\n' acked shut eof
cp "$TMP/cut" "$TMP/wanted"
same "port 80: what arrived is the transform" "$TMP/wanted" "$TMP/first.0"
flaw_transform shellshock "$TMP/two" "$TMP/wanted"
other 81 "$TMP/second.0" send:"$TMP/two" expect:'reply 2\n'
# Its protocol is another one.
printf 'USER root:)\r\nQUIT\r\n' > "$TMP/user"
flaw_transform vsftpd "$TMP/user" "$TMP/wanted"
other 21 "$TMP/third.0" expect:'220[^\n]*\n' send:"$TMP/user" expect:'\n.*\n'
cp "$TMP/cut" "$TMP/wanted"
other 80 "$TMP/first.1" send:"$TMP/two" expect:'reply 2\n'
check "conntrack saw nothing INVALID" no_invalid
finish
