#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Packets larger than any on a wire: lists that GRO makes to be taken apart again
# (GRO_FRAGLIST), BIG TCP above 64 KB, and UDP segmentation.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flaws.sh"
. "$(dirname "$0")/session.sh"

# upload DESCRIPTION ADDRESS - an exploit, then a body of which nothing is inspected
upload()
{
	check "$1: an exploit and an upload are answered" client "$2" 80 send:"$TMP/ida" \
		expect:'reply 1\n' send:"$TMP/put" send:"$TMP/body" expect:'reply 2\n' acked shut eof
	same "$1: what arrives is the transform" "$TMP/uploaded" "$TMP/srv.$sessions"
	sessions=$((sessions + 1))
}

# pipeline DESCRIPTION ADDRESS - many exploits in full packets
pipeline()
{
	check "$1: all requests are answered" client "$2" 80 send:"$TMP/many" \
		expect:"reply $requests\n" acked shut eof
	same "$1: what arrives is the transform" "$TMP/all" "$TMP/srv.$sessions"
	sessions=$((sessions + 1))
}

# datagrams DESCRIPTION ADDRESS [OPTION...] - exploits of one size in one send
datagrams()
{
	local what=$1 addr=$2 n
	shift 2
	server_start ssrp 1434 udp || { fail "$what: server"; return; }
	check "$what: all are answered" client -u "$@" "$addr" 1434 send:"$TMP/burst" total:15
	for n in 0 1 2 3 4; do
		same "$what: datagram $n is the transform" "$TMP/short" "$TMP/udp.$n"
	done
	server_stop
}

# big NS IFACE - packets of up to 180000 bytes, from sockets and from GRO
big()
{
	ip -n "$1" link set "$2" gso_max_size 180000 gro_max_size 180000 &&
		"$here/enter" "$1" perl -e '
		# RTM_NEWLINK with IFLA_GSO_IPV4_MAX_SIZE and IFLA_GRO_IPV4_MAX_SIZE
		my ($index, $size) = @ARGV;
		my $attrs = join("", map { pack("SSL", 8, $_, $size) } 63, 64);
		my $info = pack("CxSlLL", 0, 0, $index, 0, 0) . $attrs;
		socket(my $s, 16, 3, 0) or die;
		syswrite($s, pack("LSSLL", 16 + length $info, 16, 5, 1, 0) . $info) or die;
		sysread($s, my $answer, 4096) or die;
		my (undef, $type, undef, undef, undef, $error) = unpack("LSSLLl", $answer);
		exit($type != 2 || $error);
	' "$(ip -n "$1" -o link show dev "$2" | cut -d: -f1)" 180000
}

# big_came FILE - a packet with more than 64 KB of payload was recorded
big_came()
{
	awk '{ for (i = 1; i < NF; i++) if ($i == "len" && $(i + 1) > 65535) found = 1 }
		END { exit !found }' "$1"
}

requests=600
times $((requests / 2)) "$TMP/two" > "$TMP/many"
times $((requests / 2)) "$TMP/corrected" > "$TMP/all"
flaw_transform ida "$TMP/ida" "$TMP/ida.cut"
printf 'PUT /big HTTP/1.1\r\nHost: a\r\nContent-Length: 16000000\r\n\r\n' > "$TMP/put"
head -c 16000000 /dev/zero | tr '\0' b > "$TMP/body"
cat "$TMP/ida.cut" "$TMP/put" "$TMP/body" > "$TMP/uploaded"
{ printf '\004'; head -c 300 /dev/zero | tr '\0' a; } > "$TMP/slammer"
flaw_transform slammer "$TMP/slammer" "$TMP/short"
cat "$TMP"/{slammer,slammer,slammer,slammer,slammer} > "$TMP/burst"

need_module
for shape in bridge routed; do
	# shellcheck disable=SC2086 # shape and options
	topo_$shape ct || { fail "$shape: topology"; continue; }
	session_server
	protect "$S4" "$S6"
	apply_dual CVE-2002-0649 1434
	datagrams "$shape, UDP segmentation, IPv4" "$T4" -g 301
	datagrams "$shape, UDP segmentation, IPv6" "$T6" -g 301

	# What the client sends one by one the gateway puts into lists.
	"$here/enter" "$CLI" ethtool -K eth0 tso off gso off tx-udp-segmentation off > /dev/null
	"$here/enter" "$GW" ethtool -K to_c gro on rx-gro-list on > /dev/null
	check "$shape: the gateway makes lists" sh -c "grep -q 'rx-gro-list: on'" <<< "$(in_g ethtool -k to_c)"
	upload "$shape, GRO_FRAGLIST, IPv4" "$T4"
	pipeline "$shape, GRO_FRAGLIST, IPv4" "$T4"
	upload "$shape, GRO_FRAGLIST, IPv6" "$T6"
	datagrams "$shape, UDP GRO_FRAGLIST, IPv4" "$T4" -g 301
	check_closed "$shape: " 80
	check "$shape: conntrack saw nothing INVALID" no_invalid
	teardown

	# shellcheck disable=SC2086 # shape and options
	topo_$shape ct || { fail "$shape: topology"; continue; }
	v4=1
	for link in "$CLI eth0" "$GW to_c" "$GW to_s" "$SRV eth0"; do
		big ${link% *} ${link#* } || v4=
	done
	[ "$TOPOLOGY" != bridge ] || big "$GW" br0
	# room for more than one of them in flight
	in_c sysctl -qw net.ipv4.tcp_wmem="4096 4000000 8000000"
	in_s sysctl -qw net.ipv4.tcp_rmem="4096 4000000 8000000"
	session_server
	protect "$S4" "$S6"
	for addr in "$T4" "$T6"; do
		# since 6.3
		[ "$addr" != "$T4" ] || [ -n "$v4" ] || continue
		rm -f "$TMP"/at_*
		sniff_start "$SRV" eth0 80 at_server || fail "$shape: sniff"
		# how much a sender puts into a packet depends on how fast it believes the path is
		for _ in 1 2 3 4 5 6; do
			upload "$shape, BIG TCP, $addr" "$addr"
			! big_came "$TMP/at_server" || break
		done
		# a slow machine may never make one, and then this says nothing of them
		big_came "$TMP/at_server" || note "$shape, BIG TCP, $addr: no packet was larger than 64 KB"
		pipeline "$shape, BIG TCP, $addr" "$addr"
		check_closed "$shape, BIG TCP, $addr: " 80
		kill -9 "${pids[@]: -1}"
	done
	teardown
done
finish
