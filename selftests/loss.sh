#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A network that loses, reorders and doubles packets, on either side of the
# gateway: what arrives is what a good network would have brought, and the
# client's TCP never has to take back what it was told.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flaws.sh"

# mib NAME - a counter of the client's TCP
mib()
{
	in_c nstat -asz "$1" | awk -v name="$1" '$1 == name { print $2 }'
}

# impaired SIDE NETEM... - bytes both ways over a bad network
impaired()
{
	local what="$*" side=$1 held sacks
	shift
	case $side in
	client)	in_c tc qdisc replace dev eth0 root netem "$@" ;;
	server)	in_g tc qdisc replace dev to_s root netem "$@" ;;
	back)	in_g tc qdisc replace dev to_c root netem "$@" ;;
	esac || { fail "$what: netem"; return; }
	held=$(counter ooo_held)
	sacks=$(counter sacks_made)
	check "$what: all requests are answered" client -t 600 "$T4" 80 size:500:"$TMP/many" \
		expect:"reply $requests\n" acked shut eof
	same "$what: what arrives" "$TMP/wanted" "$TMP/srv.$n"
	n=$((n + 1))
	check_closed "$what: " 80
	check "$what: no acknowledgement was taken back" test "$(mib TcpExtTCPSACKReneging)" -eq 0
	if [ "$side" = client ]; then
		check "$what: segments came out of order" grew ooo_held "$held"
		[ "$sack" = 0 ] || check "$what: and were reported by SACK" grew sacks_made "$sacks"
	fi
	in_c tc qdisc del dev eth0 root 2> /dev/null
	in_g tc qdisc del dev to_s root 2> /dev/null
	in_g tc qdisc del dev to_c root 2> /dev/null
}

requests=120
printf 'GET /x.ida?%0300d=X HTTP/1.1\r\nHost: a\r\nUser-Agent: () { :;}; x\r\n\r\n' 0 > "$TMP/one"
for _ in $(seq $requests); do
	cat "$TMP/one"
done > "$TMP/many"
flaw_transform ida "$TMP/one" "$TMP/cut"
flaw_transform shellshock "$TMP/cut" "$TMP/corrected"
for _ in $(seq $requests); do
	cat "$TMP/corrected"
done > "$TMP/wanted"

need_module
modprobe sch_netem || skip_all "no netem"
topo_bridge ct || { fail "topology"; finish; }
server_start http 80 srv || { fail "server"; finish; }
apply CVE-2001-0500 CVE-2014-6271 "$(with_port "$S4" 80)"
n=0
for sack in 1 0; do
	in_c sysctl -qw net.ipv4.tcp_sack=$sack
	note "SACK $sack"
	impaired client delay 2ms loss random 8%
	impaired client delay 5ms reorder 75% 50%
	impaired client delay 2ms duplicate 20% loss random 5%
	impaired server delay 2ms loss random 8%
	impaired server delay 5ms reorder 75% 50%
	impaired back delay 2ms loss random 8%
done
check "conntrack saw nothing INVALID" no_invalid
finish
