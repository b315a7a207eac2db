#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What a SYN may ask for: Fast Open and data with the SYN, Multipath TCP, TCP-MD5
# and TCP-AO; a SYN on a connection that lives; urgent data; segments with a bad
# checksum; marks of congestion.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flaws.sh"
. "$(dirname "$0")/session.sh"

# restart [OPTION...] - another server
restart()
{
	server_stop
	session_server "$@"
}

# plain DESCRIPTION ADDRESS [OPTION...] - the session passes as it is
plain()
{
	local what=$1 addr=$2
	shift 2
	check "$what: the session passes" client "$@" "$addr" 80 send:"$TMP/two" \
		expect:'reply 2\n' acked shut eof
	same "$what: unread" "$TMP/two" "$TMP/srv.$sessions"
	sessions=$((sessions + 1))
}

# risen NS NAME BEFORE - a counter of TCP or IP has grown; still - it has not
risen() { [ "$(mib "$1" "$2")" -gt "$3" ] || { echo "$2 is still $3"; return 1; }; }
still() { ! risen "$1" "$2" "$3"; }

waits() { pctl flows | grep -w waiting; }

need_module
topo_bridge ct || { fail "topology"; finish; }

# Data with a SYN: the client asks for no cookie, the server for none either.
in_c sysctl -qw net.ipv4.tcp_fastopen=5
in_s sysctl -qw net.ipv4.tcp_fastopen=0x603
session_server -f
plain "unprotected, data with the SYN" "$T4" -f
check "unprotected: the server took it with the SYN" risen "$SRV" TcpExtTCPFastOpenPassive 0
protect "$S4" "$S6"
before=$(mib "$SRV" TcpExtTCPFastOpenPassive)
session "data with the SYN, IPv4" "$T4" -f
session "data with the SYN, IPv6" "$T6" -f
check "data with the SYN: none came so" still "$SRV" TcpExtTCPFastOpenPassive "$before"

# With a cookie, which the client would have to ask for first.
in_c sysctl -qw net.ipv4.tcp_fastopen=1
in_s sysctl -qw net.ipv4.tcp_fastopen=2
before=$(counter options_stripped)
for n in 1 2; do
	session "Fast Open $n, IPv4" "$T4" -f
	session "Fast Open $n, IPv6" "$T6" -f
done
check "Fast Open: the option was taken out" grew options_stripped "$before"
check "Fast Open: the server knows nothing of it" still "$SRV" TcpExtTCPFastOpenCookieReqd 0

# Twice, in the form of an experiment, and with Multipath TCP: none is one too many.
before=$(counter options_stripped)
sniff_start "$SRV" eth0 80 at_server || fail "sniff"
forger "four options at once" "$T4" 10.0.2.9 options:22022202fe04f9891e040000 connect options: \
	send:"$TMP/two" acked reset
same "four options at once: the transform" "$TMP/corrected" "$TMP/srv.$sessions"
sessions=$((sessions + 1))
check "four options at once: all were taken out" grew options_stripped $((before + 3))
check "four options at once: none arrived" busywait grep 'in .* flags S .* gso 0 : .*010101010101010101010101$' "$TMP/at_server"

if in_c test -e /proc/sys/net/mptcp/enabled; then
	restart -m
	before=$(counter options_stripped)
	session "Multipath TCP, IPv4" "$T4" -m
	session "Multipath TCP, IPv6" "$T6" -m
	check "Multipath TCP: the option was taken out" grew options_stripped "$before"
	check "Multipath TCP: the server knows nothing of it" still "$SRV" MPTcpExtMPCapableSYNRX 0
else
	skip "Multipath TCP: not in this kernel"
fi

before=$(counter flow_untouched)
if in_c "$here/client" -k secret -t 0.1 "$T4" 81 shut 2>&1 | grep -q 'TCP_MD5SIG'; then
	skip "TCP-MD5: not in this kernel"
else
	restart -k "$C4=secret"
	plain "TCP-MD5, IPv4" "$T4" -k secret
	restart -k "$C6=secret"
	plain "TCP-MD5, IPv6" "$T6" -k secret
	check "TCP-MD5: it is counted" grew flow_untouched $((before + 1))
fi

# No lab kernel has TCP-AO: its server takes the SYN without, and the rest. What a client
# says of itself makes nothing of it unread, be it older than the patch or not.
restart
before=$(counter flow_untouched)
ao=options:1d100000aabbccddeeff001122334455
forger "TCP-AO, and a server without" "$T4" 10.0.2.9 $ao connect send:"$TMP/two" acked reset
same "TCP-AO, and a server without: the transform" "$TMP/corrected" "$TMP/srv.$sessions"
sessions=$((sessions + 1))
unapply all "$(with_port "$S4" 80)"
rm -f "$TMP"/told "$TMP"/go "$TMP"/end
forger "TCP-AO, older than the patch" "$T4" 10.0.2.9 $ao connect send:"$TMP/two" acked \
	touch:"$TMP/told" wait:"$TMP/go" send:"$TMP/two" acked wait:"$TMP/end" reset \
	> "$TMP/older" 2>&1 &
waiting=$!
check "TCP-AO, older than the patch: it is open" busywait test -e "$TMP/told"
# shellcheck disable=SC2086 # a list
check "the patches again" pctl apply $SESSION_PATCHES --midstream reset --server "$(with_port "$S4" 80)"
touch "$TMP/go"
check "TCP-AO, older than the patch: it waits to be read" busywait waits
touch "$TMP/end"
check "TCP-AO, older than the patch: it goes on" wait $waiting
sessions=$((sessions + 1))
check "TCP-AO: none counts as signed" test "$(counter flow_untouched)" -eq "$before"

# In the middle of an exploit. The server answers with a challenge (RFC 5961).
head -c 100 "$TMP/two" > "$TMP/begin"
tail -c +101 "$TMP/two" > "$TMP/rest"
forger "a SYN on a live connection" "$T4" 10.0.2.9 connect send:"$TMP/begin" acked syn challenged \
	send:"$TMP/rest" acked reset
same "a SYN on a live connection: the transform" "$TMP/corrected" "$TMP/srv.$sessions"
sessions=$((sessions + 1))

before=$(counter drop_csum)
sed 's/Host: a/Host: b/' "$TMP/two" > "$TMP/evil"
forger "bad checksum" "$T4" 10.0.2.9 connect spoil lost:"$TMP/evil" send:"$TMP/two" acked reset
same "bad checksum: the transform of the good one" "$TMP/corrected" "$TMP/srv.$sessions"
sessions=$((sessions + 1))
check "bad checksum: it was dropped" grew drop_csum "$before"

for addr in "$T4" "$T6"; do
	before=$(counter urgent_cleared)
	check "urgent data, $addr" client "$addr" 80 urgent:"$TMP/begin" send:"$TMP/rest" \
		expect:'reply 2\n' acked shut eof
	same "urgent data, $addr: stays in the stream" "$TMP/corrected" "$TMP/srv.$sessions"
	sessions=$((sessions + 1))
	check "urgent data, $addr: the flag does not" grew urgent_cleared "$before"
done

# Each segment of the client is marked on its way to the gateway.
in_c sysctl -qw net.ipv4.tcp_ecn=1
in_s sysctl -qw net.ipv4.tcp_ecn=1
in_c nft -f - <<-NFT || fail "marks of congestion: rule"
	table inet congestion {
		chain out {
			type filter hook postrouting priority 0;
			ip ecn ect0 ip ecn set ce
			ip6 ecn ect0 ip6 ecn set ce
		}
	}
NFT
session "marks of congestion, IPv4" "$T4"
session "marks of congestion, IPv6" "$T6"
check "marks of congestion: they arrive, IPv4" risen "$SRV" IpExtInCEPkts 0
check "marks of congestion: they arrive, IPv6" risen "$SRV" Ip6InCEPkts 0
check "marks of congestion: their echo too" risen "$CLI" TcpExtTCPDeliveredCE 0
check_closed "" 80
check "conntrack saw nothing INVALID" no_invalid

before=$(counter flows_created)
dropped=$(counter drop_csum)
forger "a SYN with a bad checksum" "$T4" 10.0.2.9 spoil syn
check "a SYN with a bad checksum: it was dropped" busywait grew drop_csum "$dropped"
check "a SYN with a bad checksum: it is no connection" test "$(counter flows_created)" -eq "$before"
finish
