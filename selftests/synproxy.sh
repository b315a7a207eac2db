#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A SYN proxy answers clients in the server's place and keeps the server's
# SYN/ACK for itself; on a router, and in front of a server on the gateway.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flaws.sh"
. "$(dirname "$0")/session.sh"

# proxy HOOK - as the manual of nft has it
proxy()
{
	in_g sysctl -qw net.ipv4.tcp_syncookies=1 net.netfilter.nf_conntrack_tcp_loose=0 &&
	in_g nft -f - <<-NFT
		table inet proxy {
			counter proxied { }
			chain raw {
				type filter hook prerouting priority raw;
				tcp dport 80 tcp flags syn notrack
			}
			chain filter {
				type filter hook $1 priority 10;
				tcp dport 80 ct state invalid,untracked counter name proxied \
					synproxy mss 1460 wscale 7 timestamp sack-perm
				tcp dport 80 ct state invalid drop
			}
		}
	NFT
}

proxied() { in_g nft list counter inet proxy proxied | grep -q 'packets [1-9]'; }

# proxied_packets
proxied_packets()
{
	in_g nft list counter inet proxy proxied | sed -n 's/.*packets \([0-9]*\) .*/\1/p'
}

# more_proxied THAN
more_proxied() { [ "$(proxied_packets)" -gt "$1" ]; }

# The proxy answers whoever sends a SYN: that is no news of a connection that is open.
answered()
{
	local what=$1 before
	rm -f "$TMP"/told "$TMP"/go
	client_start live -t 600 -b 40300 "$T4" 80 send:"$TMP/two" expect:'reply 2\n' \
		touch:"$TMP/told" wait:"$TMP/go" send:"$TMP/two" expect:'reply 4\n' acked shut eof
	check "$what: the exploits are answered" busywait test -e "$TMP/told"
	before=$(proxied_packets)
	check "$what: somebody sends a SYN" in_c "$here/rawtcp" eth0 "$(mac "$GW" to_c)" "$C4" 40300 \
		"$T4" 80 syn
	check "$what: the proxy answers" busywait more_proxied "$before"
	touch "$TMP/go"
	client_end live "$what: the connection goes on"
	same "$what: what arrives is the transform" "$TMP/wanted" "$TMP/srv.$sessions"
	sessions=$((sessions + 1))
}

need_module
modprobe nft_synproxy 2> /dev/null || skip_all "no SYN proxy in this kernel"
for shape in routed local; do
	hook=forward
	[ $shape = routed ] || hook=input
	topo_$shape || { fail "$shape: topology"; continue; }
	proxy $hook || { fail "$shape: proxy"; continue; }
	session_server
	protect "$S4" "$S6"
	for stamps in 1 0; do
		in_c sysctl -qw net.ipv4.tcp_timestamps=$stamps
		session "$shape, timestamps $stamps, IPv4" "$T4"
		session "$shape, timestamps $stamps, IPv6" "$T6"
	done
	answered "$shape, a stranger's SYN"
	check "$shape: the proxy was there" proxied
	check_closed "$shape: " 80
	teardown
done
finish
