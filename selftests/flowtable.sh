#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A flow table carries what it knows past every hook.  It must not come to know
# connections and datagrams of protected servers, and goes on working for others.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flaws.sh"
. "$(dirname "$0")/session.sh"

# table - what a router with a flow table has
table()
{
	in_g nft -f - <<-NFT
		table inet fast {
			flowtable ft {
				hook ingress priority 0; devices = { to_c, to_s };
			}
			chain forward {
				type filter hook forward priority 10;
				meta l4proto { tcp, udp } ct state established flow add @ft
			}
		}
	NFT
}

# offloaded PORT - conntrack says that the flow table has something to it
offloaded()
{
	in_g conntrack -L 2> /dev/null | grep "dport=$1 .*\[OFFLOAD\]"
}

# counted NAME VALUE - the counter is that
counted()
{
	local n
	n=$(counter "$1")
	echo "$1 is $n"
	[ "$n" -eq "$2" ]
}

not_offloaded() { ! offloaded "$1"; }

# talk NAME PORT [OPTION...] - exploits both before and after $TMP/go.NAME appears
talk()
{
	local name=$1 port=$2
	shift 2
	client_start "$name" -t 600 "$@" "$T4" "$port" send:"$TMP/two" expect:'reply 2\n' \
		send:"$TMP/two" expect:'reply 4\n' touch:"$TMP/told.$name" wait:"$TMP/go.$name" \
		send:"$TMP/two" expect:'reply 6\n' send:"$TMP/two" expect:'reply 8\n' acked shut eof
	busywait test -e "$TMP/told.$name"
}

# ask PORT FILE... - datagrams from one socket, each answered
ask()
{
	local port=$1 steps=() file n=0
	shift
	for file; do
		n=$((n + 3))
		steps+=(send:"$file" total:$n)
	done
	client -u "$T4" "$port" "${steps[@]}"
}

need_module
topo_routed ct || { fail "topology"; finish; }
modprobe nft_flow_offload 2> /dev/null && modprobe nf_flow_table_inet 2> /dev/null && table ||
	skip_all "no flow tables in this kernel"
session_server
apply CVE-2001-0500 CVE-2014-6271 "$(with_port "$S4" 80)"
server_start http 8080 other || fail "server"

check "a connection to another server" talk other 8080
other=$client_pid
check "the flow table takes it" busywait offloaded 8080
check "a connection to the protected server" talk mine 80 -b 40200
check "the flow table does not take it" not_offloaded 80
touch "$TMP/go.mine" "$TMP/go.other"
client_end mine "it ends cleanly"
client_pid=$other
client_end other "the other one too"
cat "$TMP/wanted" "$TMP/wanted" > "$TMP/all"
same "its last exploit arrives as its transform" "$TMP/all" "$TMP/srv.0"

# One that we know already, and conntrack does not.
in_c sysctl -qw net.ipv4.tcp_tw_reuse=1
check "another connection from the same port" talk second 80 -b 40200
check "the flow table does not take it" not_offloaded 80
check "conntrack forgets it" in_g conntrack -F
touch "$TMP/go.second"
client_end second "it ends cleanly"
same "its last exploit arrives as its transform, too" "$TMP/all" "$TMP/srv.1"

printf 'ping' > "$TMP/ping"
{ printf '\004'; head -c 300 /dev/zero | tr '\0' a; } > "$TMP/slammer"
flaw_transform slammer "$TMP/slammer" "$TMP/short"
server_start ssrp 1435 free || fail "UDP server"
check "datagrams to another server are answered" ask 1435 "$TMP/ping" "$TMP/ping" "$TMP/ping"
check "the flow table takes them" busywait offloaded 1435
apply CVE-2002-0649 "$(with_port "$S4" 1434)"
server_start ssrp 1434 udp || fail "UDP server"
check "datagrams to the protected server are answered" ask 1434 "$TMP/ping" "$TMP/ping" \
	"$TMP/slammer" "$TMP/slammer"
check "the flow table does not take them" not_offloaded 1434
same "the exploit arrives as its transform" "$TMP/short" "$TMP/udp.2"
same "the next one too" "$TMP/short" "$TMP/udp.3"

# What a flow table has already when its server gets the first patch.
server_start http 81 early || fail "server"
server_start ssrp 1436 before || fail "UDP server"
check "a connection before the patch" talk before 81
before=$client_pid
check "the flow table takes it" busywait offloaded 81
client_start datagrams -t 600 -u "$T4" 1436 send:"$TMP/ping" total:3 send:"$TMP/ping" total:6 \
	send:"$TMP/ping" total:9 touch:"$TMP/told.udp" wait:"$TMP/go.udp" send:"$TMP/slammer" total:12
check "datagrams before the patch" busywait test -e "$TMP/told.udp"
check "the flow table takes them" busywait offloaded 1436
ended=$(counter offload_ended) joined=$(counter joined)
check "the patches are applied" pctl apply CVE-2001-0500 CVE-2014-6271 --midstream protect \
	--server "$(with_port "$S4" 81)"
check "it is counted, and the others that went out with it are not" counted offload_ended $((ended + 1))
apply CVE-2002-0649 "$(with_port "$S4" 1436)"
check "the flow table has the connection no more" not_offloaded 81
check "nor the datagrams" not_offloaded 1436
touch "$TMP/go.before" "$TMP/go.udp"
client_end datagrams "the datagrams go on"
client_pid=$before
client_end before "the connection goes on"
check "it is read from the next safe point on" grew joined "$joined"
cat "$TMP/two" "$TMP/two" "$TMP/two" "$TMP/corrected" > "$TMP/joined"
same "its last exploit arrives as its transform" "$TMP/joined" "$TMP/early.0"
same "and that in a datagram" "$TMP/short" "$TMP/before.3"
check "what goes elsewhere may be taken again" talk again 8080
check "the flow table takes it" busywait offloaded 8080
touch "$TMP/go.again"
client_end again "it ends cleanly"
check "conntrack saw nothing INVALID" no_invalid
check "no protected connection was seen in a flow table" counted offload_seen 0

# tc's, which takes what it likes. In software it leads past conntrack only.
if modprobe act_ct 2> /dev/null && modprobe cls_flower 2> /dev/null; then
	in_g tc qdisc add dev to_c clsact &&
		in_g tc filter add dev to_c ingress protocol ip flower ip_proto tcp dst_port 80 \
			ct_state -trk action ct ||
		fail "act_ct"
	check "a connection in the flow table of tc" client "$T4" 80 send:"$TMP/two" expect:'reply 2\n' \
		send:"$TMP/two" expect:'reply 4\n' acked shut eof
	check "is reported" grew offload_seen 0
	same "it is protected as long as it comes by" "$TMP/wanted" "$TMP/srv.2"
else
	skip "no act_ct"
fi
finish
