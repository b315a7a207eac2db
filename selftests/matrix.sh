#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Placement, offloads, a bad network, TCP options and kinds of edits against each
# other.  A cell is a combination of one value of each (matrix/factors).  In each
# cell many edited requests go over one connection, and replies come back.  It
# passes if
#
#   - both streams arrive as the offline transform of what was sent,
#   - no packet that leaves the gateway is longer than the MTU, or stands for
#     segments that are,
#   - neither conntrack nor the TCP of the ends counts more of what speaks of
#     confusion than in the worst of three runs without the module.
#
# The network is random, so of two equal runs one may count more.  What is too much
# is measured again, with three control runs more, and must each time be more than in
# any of them to fail.
#
# Usage: matrix.sh [CELLS]
#
#   CELLS  a file of cells, one each line, without the kernel; by default every two
#          values meet, those that meet in one of Debian's kernels in that kernel

. "$(dirname "$0")/lib.sh"

matrix=$here/matrix
library=$(dirname "$(realpath "$PATCHCTL")")/../patchdefs
rounds=5
mtu=1500
judged="INVALID TCPSACKReneging TCPSACKDiscard PAWSEstab OutOfWindowIcmps"
links=(to_c to_s)

### Streams and patches

# patch_of EDIT - the file of the patch that makes such edits
patch_of()
{
	case $1 in
	truncate)	echo "$library/microsoft/CVE-2001-0500.pdef" ;;
	grow)		echo "$library/web/CVE-2012-1823.pdef" ;;
	same)		echo "$library/linux/CVE-2014-6271.pdef" ;;
	*)		echo "$matrix/MATRIX-${1^^}.pdef" ;;
	esac
}

# streams EDIT - what is sent and what must arrive, in $TMP/EDIT; that the latter
# is the transform of the former the offline engine says
streams()
{
	local dir=$TMP/$1 patch

	[ ! -d "$dir" ] || return 0
	patch=$(patch_of "$1")
	mkdir "$dir" && awk -v edit="$1" -v dir="$dir" -f "$matrix/streams.awk" || return 1
	{
		sed '/^\tsample /,/^\t}$/d; $d' "$patch"
		cat "$dir/samples"
		echo "}"
	} > "$dir/$(basename "$patch")"
	check "$1: what must arrive is the offline transform" \
		"$PATCHCTL" test --split whole "$dir/$(basename "$patch")"
}

### Topologies

# placed PLACE OFFLOAD - the ends and the gateway; neighbours know each other
placed()
{
	local options=() dev

	[ "$2" = on ] || options=(offload-off)
	links=(to_c to_s)
	case $1 in
	bridge)	topo_bridge "${options[@]}" ;;
	brnf)	topo_bridge ct brnf "${options[@]}" ;;
	brct)	topo_bridge ct "${options[@]}" ;;
	vlan)	topo_bridge ct vlan "${options[@]}" ;;
	local)	topo_local ct "${options[@]}" && links=(to_c) ;;
	nat)	topo_routed ct nat "${options[@]}" && source_nat ;;
	*)	topo_routed ct "${options[@]}" ;;
	esac || return 1
	target=$T4 server=$S4
	[ "$1" != ipv6 ] || target=$T6 server=$S6
	dev=eth0
	[ -z "$VLAN" ] || dev=eth0.$VLAN
	# a network that corrupts must not teach anybody a wrong address
	patient_neighbours "$CLI" $dev && patient_neighbours "$GW" "${links[@]}" || return 1
	[ "$SRV" = "$GW" ] || patient_neighbours "$SRV" $dev || return 1
	server_start http 80 srv "$TMP/body" || return 1
	busywait client "$target" 80 shut eof || return 1
	rm -f "$TMP"/large.*
	for dev in "${links[@]}"; do
		"$here/enter" "$GW" "$here/sniff" -m $mtu "$dev" 80 "$TMP/large.$dev" &
		pids+=($!)
		disown
		busywait test -e "$TMP/large.$dev.ready" || return 1
	done
	connection=1 patched=
}

source_nat()
{
	in_g nft -f - <<-NFT
		table ip nat {
			chain post {
				type nat hook postrouting priority srcnat;
				oif to_s snat to 10.0.2.1
			}
		}
	NFT
}

# patient_neighbours NS DEV... - who was found once is not looked for again
patient_neighbours()
{
	local ns=$1 family dev settings=()
	shift
	for family in ipv4 ipv6; do
		for dev; do
			settings+=("net/$family/neigh/$dev/base_reachable_time_ms=100000000")
		done
	done
	"$here/enter" "$ns" sysctl -qw "${settings[@]}"
}

# network NAME - what happens to packets on every link, in both directions
network()
{
	local netem dev

	case $1 in
	none)		netem= ;;
	loss)		netem="delay 2ms loss random 2%" ;;
	reorder)	netem="delay 4ms reorder 70% 50%" ;;
	duplicate)	netem="delay 1ms duplicate 10%" ;;
	corrupt)	netem="delay 1ms corrupt 2%" ;;
	delay)		netem="delay 20ms" ;;
	*)		return 1 ;;
	esac
	in_c tc qdisc del dev eth0 root 2> /dev/null
	printf 'qdisc del dev %s root\n' "${links[@]}" | in_g tc -force -b - 2> /dev/null
	[ "$SRV" = "$GW" ] || in_s tc qdisc del dev eth0 root 2> /dev/null
	[ -n "$netem" ] || return 0
	# shellcheck disable=SC2086 # words
	in_c tc qdisc add dev eth0 root netem $netem &&
		printf "qdisc add dev %s root netem ${netem//%/%%}\n" "${links[@]}" | in_g tc -b - &&
		{ [ "$SRV" = "$GW" ] || in_s tc qdisc add dev eth0 root netem $netem; }
}

# options SACK STAMPS WSCALE - what the client offers
options()
{
	local value words=()
	for value; do
		words+=($((${#value} == 2)))
	done
	in_c sysctl -qw net.ipv4.tcp_sack="${words[0]}" net.ipv4.tcp_timestamps="${words[1]}" \
		net.ipv4.tcp_window_scaling="${words[2]}"
}

### One run and its judgement

# mibs NS - add what its TCP has counted to total[]
mibs()
{
	local names values i

	while read -r -a names && read -r -a values; do
		for i in "${!names[@]}"; do
			case " $judged " in
			*" ${names[i]} "*)	total[${names[i]}]=$((total[${names[i]}] + values[i])) ;;
			esac
		done
	done < <("$here/enter" "$1" cat /proc/net/netstat)
}

# counts - what all have counted up to now, in the order of $judged, in $counts
counts()
{
	local name
	local -A total=()

	for name in $judged; do
		total[$name]=0
	done
	mibs "$CLI"
	mibs "$SRV"
	[ "$place" = bridge ] || total[INVALID]=$(conntrack_invalid)
	counts=()
	for name in $judged; do
		counts+=("${total[$name]}")
	done
}

# run_once WANTED - the streams of the cell over one connection; what must arrive are
# the files *.WANTED.  What was counted meanwhile is in $grown.  Sets $why if
# something else arrives.
run_once()
{
	local dir=$TMP/$edit before i

	before=("${counts[@]}")
	why=
	if ! client -o "$TMP/got" -t $patience "$target" 80 "mixed:1:$dir/c2s.sent" \
		"total:$(stat -c %s "$dir/s2c.$1")" acked shut eof > "$TMP/client.log" 2>&1; then
		why=$(head -n 1 "$TMP/client.log")
	elif ! busywait all_closed 80; then
		why="connections stay open: $(all_closed 80)"
	elif ! cmp "$dir/c2s.$1" "$TMP/srv.$connection" > "$TMP/differ" 2>&1; then
		why="the server got something else: $(< "$TMP/differ")"
	elif ! cmp "$dir/s2c.$1" "$TMP/got" > "$TMP/differ" 2>&1; then
		why="the client got something else: $(< "$TMP/differ")"
	fi
	rm -f "$TMP/srv.$connection"
	connection=$((connection + 1))
	counts
	grown=()
	for i in "${!counts[@]}"; do
		grown+=($((counts[i] - before[i])))
	done
	[ -z "$why" ]
}

# No recorder has packets that it has not looked at.
recorded()
{
	in_g awk 'NR > 1 && $7 != 0 { exit 1 }' /proc/net/packet
}

# within_mtu - sets $why if a packet was too long
within_mtu()
{
	local large

	busywait recorded
	large=$(cat "${links[@]/#/$TMP/large.}" | cut -c 1-150)
	[ -z "$large" ] && return
	why="longer than the MTU: $(wc -l <<< "$large") packets, such as ${large%%$'\n'*}"
	return 1
}

# controls ROUND - the most that three runs without the module count, in $most.  They
# are the same for all kinds of edits.
controls()
{
	local key="$1 $place $offload $net $sack $stamps $wscale" i

	if [ -z "${control[$key]:-}" ]; then
		patched=
		echo 0 > /sys/module/patchproxy/parameters/timeout_closing_edited
		module_unload || { why="the module stays"; return 1; }
		most=(0 0 0 0 0)
		for _ in 1 2 3; do
			run_once sent || { why="without the module: $why"; break; }
			for i in "${!most[@]}"; do
				[ "${grown[i]}" -le "${most[i]}" ] || most[i]=${grown[i]}
			done
		done
		module_load || { why="the module does not come back"; return 1; }
		[ -z "$why" ] || return 1
		control[$key]=${most[*]}
	fi
	read -r -a most <<< "${control[$key]}"
}

# judge - one cell; sets $why if it fails
judge()
{
	local round i name excess worst=(0 0 0 0 0)

	for round in $(seq $rounds); do
		if [ "$patched" != "$edit" ]; then
			pctl unapply all --server "$(with_port "$server" 80)" > /dev/null 2>&1
			pctl apply "$(patch_of "$edit")" --server "$(with_port "$server" 80)" \
				> "$TMP/apply" 2>&1 || { why="apply: $(< "$TMP/apply")"; return 1; }
			patched=$edit
		fi
		run_once wanted && within_mtu || return 1
		[[ "${grown[*]}" == *[1-9]* ]] || return 0
		counted=("${grown[@]}")
		controls "$round" || return 1
		i=0 excess=
		for name in $judged; do
			[ "${worst[i]}" -ge "${most[i]}" ] || worst[i]=${most[i]}
			[ "${counted[i]}" -le "${worst[i]}" ] ||
				excess="$excess, $name ${counted[i]} instead of ${worst[i]}"
			i=$((i + 1))
		done
		[ -n "$excess" ] || return 0
		note "round $round: ${excess:2}"
	done
	why="each of $rounds times more than without the module, at last: ${excess:2}"
	return 1
}

# cell - set up what differs from the cell before, and judge
cell()
{
	why=
	streams "$edit" || { why="no streams"; return 1; }
	if [ "$placed" != "$place $offload" ]; then
		[ -z "$placed" ] || teardown
		cp "$TMP/$edit/body" "$TMP/body"
		placed="$place $offload"
		placed "$place" "$offload" || { why="topology"; return 1; }
	fi
	options "$sack" "$stamps" "$wscale" || { why="options"; return 1; }
	network "$net" || { why="netem"; return 1; }
	counts
	judge
}

declare -A control=()
placed=
cells=${1:-$TMP/cells}
[ $# -gt 0 ] || "$matrix/cells.sh" 2 "$(uname -r)" > "$cells" || exit 1

need_module
modprobe sch_netem || skip_all "no netem"
while read -r place offload net sack stamps wscale edit <&3; do
	name="$place $offload $net $sack $stamps $wscale $edit"
	if cell; then
		pass "$name"
	else
		fail "$name"
		note "$why"
		# whatever is wrong shall not be the next cell's
		teardown
		placed=
	fi
done 3< "$cells"
finish
