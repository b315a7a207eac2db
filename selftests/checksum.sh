#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Checksums as packets bring them, each in its way: still to be filled in, to be
# verified, verified, and summed up over the whole packet (as a tunnel leaves it);
# and one that a network has damaged.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flaws.sh"
. "$(dirname "$0")/session.sh"

trace=/sys/kernel/tracing/events/net/napi_gro_receive_entry

# tunnel NS LOCAL REMOTE ADDR4 ADDR6 - with checksums of its own
tunnel()
{
	{
		printf 'link add gre1 type gretap local %s remote %s csum\n' "$2" "$3"
		address gre1 "$4" "$5"
	} | ip -n "$1" -b -
}

# good NS - no segment came with a bad checksum
good()
{
	echo "$(mib "$1" TcpInCsumErrors) bad"
	[ "$(mib "$1" TcpInCsumErrors)" -eq 0 ]
}

# summed_up - packets came with a sum over all of them (2: CHECKSUM_COMPLETE)
summed_up()
{
	grep -m 1 'dev=gre1 .*ip_summed=2 ' /sys/kernel/tracing/trace
}

need_module
for tx in on off; do
	topo_bridge ct || { fail "topology"; finish; }
	# on: to be filled in; off: complete, and the gateway has to verify
	for link in "$CLI eth0" "$SRV eth0" "$GW to_c" "$GW to_s"; do
		"$here/enter" "${link% *}" ethtool -K "${link#* }" tx $tx gro on > /dev/null
	done
	session_server
	protect "$S4" "$S6"
	session "checksum offload $tx, IPv4" "$T4"
	session "checksum offload $tx, IPv6" "$T6"
	check_closed "checksum offload $tx: " 80
	for end in "$CLI" "$SRV"; do
		check "checksum offload $tx: none is bad at ${end%%-*}" good "$end"
	done
	check "checksum offload $tx: conntrack saw nothing INVALID" no_invalid
	[ $tx = on ] || break
	teardown
done

# One bit in each fifth packet of the client is another.
modprobe sch_netem || fail "no netem"
in_c tc qdisc add dev eth0 root netem corrupt 20%
before=$(counter drop_csum)
for _ in 1 2 3 4 5; do
	session "damaged packets" "$T4"
done
check "damaged packets: they were dropped" grew drop_csum "$before"
teardown

if ! modprobe ip_gre 2> /dev/null; then
	skip "a sum over the packet: no GRE in this kernel"
	finish
fi
topo_local ct || { fail "topology"; finish; }
offloads_off "$CLI" eth0
tunnel "$CLI" $C4 $S4 10.0.8.1/24 2001:db8:8::1/64 && tunnel "$GW" $S4 $C4 10.0.8.2/24 2001:db8:8::2/64 ||
	fail "tunnel"
for link in "$CLI gre1" "$GW gre1"; do
	"$here/enter" "${link% *}" ethtool -K "${link#* }" tx off > /dev/null
done
session_server
protect 10.0.8.2 2001:db8:8::2
echo 1 > $trace/enable
session "a sum over the packet, IPv4" 10.0.8.2
session "a sum over the packet, IPv6" 2001:db8:8::2
check "a sum over the packet: it came so" summed_up
echo 0 > $trace/enable
for end in "$CLI" "$GW"; do
	check "a sum over the packet: none is bad at ${end%%-*}" good "$end"
done
check_closed "a sum over the packet: " 80
check "a sum over the packet: conntrack saw nothing INVALID" no_invalid
finish
