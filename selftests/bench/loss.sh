#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# How much a bad network costs with the box in between, compared with the same network
# without it: 100 Mbit/s and a round trip of 20 ms that lose or reorder packets, on
# either side of the gateway.
#
# Two sets of namespaces stand side by side; in one of them patches are in force, in
# the other the module has no hooks.  Transfers alternate between them, and what is
# printed is the median of the ratios of neighbours, with the smallest and the largest.
# A ratio of 0.9 means nine tenths of the throughput.
#
# "run.sh -v" runs this in virtual time (see there): then it is the recovery alone that
# is measured.  In real time, what an emulator takes to compute is in the numbers too.
#
# $RUNS pairs of transfers (default 15) for each line; $ONLY, a pattern, picks lines.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../flaws.sh"

runs=${RUNS:-15}

# rig NAME - a gateway between a client and a server; its namespaces are NAME_cli and so on
rig()
{
	local ns end
	topo_routed || exit 1
	for ns in CLI GW SRV; do
		declare -g "$1_$ns=${!ns}"
	done
	# A super-packet would be lost as one, and TCP makes some without any offload.
	for end in "$CLI eth0" "$GW to_c" "$GW to_s" "$SRV eth0"; do
		# shellcheck disable=SC2086 # namespace and interface
		"$here/enter" ${end% *} ethtool -K ${end#* } tso off gso off gro off > /dev/null || exit 1
		ip -n "${end% *}" link set "${end#* }" gso_max_segs 1 || exit 1
	done
	for ns in "$CLI" "$SRV"; do
		"$here/enter" "$ns" sysctl -qw net.ipv4.tcp_no_metrics_save=1 || exit 1
	done
	"$here/enter" "$SRV" "$here/server" sink 80 "$TMP/$1" &
	pids+=($!)
	disown
	busywait test -e "$TMP/$1.ready" || exit 1
}

# enter_rig NAME - the topology's functions act there
enter_rig()
{
	local ns end
	for ns in CLI GW SRV; do
		end=$1_$ns
		declare -g "$ns=${!end}"
	done
}

# network SIDE NETEM... - the link on that side of the gateway
network()
{
	local near far=
	case $1 in
	client)	near="$CLI eth0" far="$GW to_c" ;;
	server)	near="$GW to_s" far="$SRV eth0" ;;
	esac
	shift
	for end in "$near" "$far"; do
		"$here/enter" "${end% *}" tc qdisc replace dev "${end#* }" root netem \
			limit 2000 delay 10ms rate 100mbit "$@" || exit 1
	done
}

calm()
{
	in_c tc qdisc del dev eth0 root 2> /dev/null
	in_s tc qdisc del dev eth0 root 2> /dev/null
	in_g tc qdisc del dev to_c root 2> /dev/null
	in_g tc qdisc del dev to_s root 2> /dev/null
}

# transfer FILE - microseconds from connecting to the acknowledgement of everything
transfer()
{
	client -t 300 "$T4" 80 send:"$1" acked took:"$TMP/took" shut eof > /dev/null || exit 1
	rm -f "$TMP/$rig".*[0-9]
	cat "$TMP/took"
}

# clock - which time it is that is measured
clock()
{
	if grep -q time-travel /sys/devices/system/clocksource/clocksource0/current_clocksource; then
		echo "virtual time: how well loss is recovered from; processor time counts for nothing"
	else
		echo "real time: loss recovery and, on a slow or busy machine, processor time"
	fi
}

# compare WHAT FILE SIDE NETEM... - one line of the table
compare()
{
	local what=$1 file=$2 side=$3 i rig us order=(bare boxed)
	shift 3
	[[ "$what, $side, $*" == *${ONLY:-}* ]] || return
	for rig in bare boxed; do
		enter_rig $rig
		calm
		network "$side" "$@"
	done
	for i in $(seq "$runs"); do
		# who comes first alternates
		for rig in "${order[i % 2]}" "${order[1 - i % 2]}"; do
			enter_rig "$rig"
			us=$(transfer "$file") || exit 1
			echo "$i $rig $us"
		done
	done > "$TMP/times"
	awk -v bytes="$(stat -c %s "$file")" -v what="$what" -v side="$side" -v how="$*" '
		function sorted(a, n,   i, j, t) {
			for (i = 2; i <= n; i++)
				for (j = i; j > 1 && a[j - 1] > a[j]; j--) {
					t = a[j]; a[j] = a[j - 1]; a[j - 1] = t
				}
		}
		{ us[$2, $1] = $3; n = $1 }
		END {
			for (i = 1; i <= n; i++) {
				bare[i] = us["bare", i]
				boxed[i] = us["boxed", i]
				ratio[i] = bare[i] / boxed[i]
			}
			sorted(bare, n); sorted(boxed, n); sorted(ratio, n)
			m = int((n + 1) / 2)
			printf "%-9s %-7s %-12s %8.1f %8.1f   %.2f  %.2f to %.2f%s\n", what, side, how,
				bytes * 8 / bare[m], bytes * 8 / boxed[m],
				ratio[m], ratio[1], ratio[n], ratio[m] < 0.9 ? "  below 0.9" : ""
		}' "$TMP/times"
}

# upload BYTES - one request whose body concerns nobody
upload()
{
	printf 'POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: %s\r\n\r\n' "$1"
	head -c "$1" /dev/urandom
}

# pipeline N - requests one behind the other, each with what a patch cuts
pipeline()
{
	printf 'GET /x.ida?%0300d=X HTTP/1.1\r\nHost: a\r\nUser-Agent: () { :;}; x\r\n\r\n' 0 > "$TMP/one"
	awk -v n="$1" 'BEGIN { RS = "\001" } { for (i = 0; i < n; i++) printf "%s", $0 }' "$TMP/one"
}

module_load || exit 1
modprobe sch_netem || exit 1
rig bare
rig boxed
enter_rig boxed
apply CVE-2001-0500 CVE-2014-6271 "$(with_port "$S4" 80)" || exit 1
# Where packets are reordered a connection takes long to find its speed.
upload 6000000 > "$TMP/upload"
upload 1500000 > "$TMP/upload-bad"
upload 24000000 > "$TMP/upload-long"
pipeline 16000 > "$TMP/pipeline"
pipeline 4000 > "$TMP/pipeline-bad"
pipeline 64000 > "$TMP/pipeline-long"
clock
echo "$runs pairs each; Mbit/s without and with the module, and the ratio: median, least and most"
for side in client server; do
	for what in upload pipeline; do
		compare $what "$TMP/$what" $side
		compare $what "$TMP/$what" $side loss random 1%
		compare $what "$TMP/$what-bad" $side loss random 5%
		compare $what "$TMP/$what-long" $side reorder 2%
	done
done
ktap_finished=0
