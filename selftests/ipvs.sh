#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# IPVS in NAT mode takes connections over behind the module's first hook and
# renames their server, with and without conntrack; a patch on either name acts,
# on TCP and on UDP.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flaws.sh"
. "$(dirname "$0")/session.sh"

# service PROTO PORT - on the gateway's own addresses, to the server's
service()
{
	in_g "$here/balance" "$1" 10.0.1.1 "$2" "$S4" "$2" &&
	in_g "$here/balance" "$1" 2001:db8:1::1 "$2" "$S6" "$2"
}

# balanced DESCRIPTION - sessions by the address of the service
balanced()
{
	session_server
	session "$1, IPv4" 10.0.1.1
	session "$1, IPv6" 2001:db8:1::1
	check_closed "$1: " 80
	server_stop
}

# datagram DESCRIPTION ADDRESS - Slammer by the address of the service
datagram()
{
	server_start ssrp 1434 udp || { fail "$1: server"; return; }
	check "$1: a datagram is answered" client -u "$2" 1434 send:"$TMP/slammer" total:3
	same "$1: what arrives is the transform" "$TMP/short" "$TMP/udp.0"
	check "$1: two in one packet are answered" client -u -g 301 "$2" 1434 send:"$TMP/burst" total:6
	same "$1: the first is the transform" "$TMP/short" "$TMP/udp.1"
	same "$1: the second too" "$TMP/short" "$TMP/udp.2"
	server_stop
}

need_module
modprobe ip_vs_rr 2> /dev/null || skip_all "no IPVS in this kernel"
{ printf '\004'; head -c 300 /dev/zero | tr '\0' a; } > "$TMP/slammer"
cat "$TMP/slammer" "$TMP/slammer" > "$TMP/burst"
flaw_transform slammer "$TMP/slammer" "$TMP/short"
for tracked in 0 1; do
	topo_routed ct || { fail "topology"; continue; }
	service tcp 80 || { fail "service"; continue; }
	service udp 1434 || { fail "service"; continue; }
	in_g sysctl -qw net.ipv4.vs.conntrack=$tracked
	what="conntrack $tracked"
	protect 10.0.1.1 2001:db8:1::1
	balanced "$what, patches on the service"
	apply CVE-2002-0649 10.0.1.1:1434
	datagram "$what, UDP, patch on the service" 10.0.1.1
	unapply all 10.0.1.1:80
	unapply all "[2001:db8:1::1]:80"
	unapply all 10.0.1.1:1434
	protect "$S4" "$S6"
	balanced "$what, patches on the server"
	apply CVE-2002-0649 "$S4:1434"
	datagram "$what, UDP, patch on the server" 10.0.1.1
	# without, it sees the server's half alone
	[ $tracked = 0 ] || check "$what: conntrack saw nothing INVALID" no_invalid
	teardown
done
finish
