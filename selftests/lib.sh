# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# What the kernel tests share: KTAP output, network namespaces, three
# topologies, endpoints and the module.  To be sourced.
#
#	 client namespace        gateway namespace        server namespace
#	+----------------+     +-------------------+     +----------------+
#	|           eth0 +-----+ to_c         to_s +-----+ eth0           |
#	+----------------+     +-------------------+     +----------------+
#
#	topo_bridge   to_c and to_s are ports of a bridge
#	topo_routed   the gateway routes between two subnets
#	topo_local    no server namespace: the server runs on the gateway itself
#
# The client connects to $T4 or $T6; the server's own addresses are $S4 and $S6
# (they differ with NAT only).  Module and tool act in the gateway's namespace.

set -u
# shellcheck disable=SC2034 # constants for the tests
readonly KSFT_PASS=0 KSFT_FAIL=1 KSFT_SKIP=4

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(dirname "$here")
PATCHCTL=${PATCHCTL:-$top/userspace/patchctl}
VULNERABLE=${VULNERABLE:-$here/vulnerable}
TMP=$(mktemp -d /tmp/patchproxy.XXXXXX) || exit 1

### KTAP

ktap_count=0
ktap_failed=0
ktap_finished=

pass()
{
	ktap_count=$((ktap_count + 1))
	echo "ok $ktap_count $*"
}

fail()
{
	ktap_count=$((ktap_count + 1))
	ktap_failed=$((ktap_failed + 1))
	echo "not ok $ktap_count $*"
}

skip()
{
	ktap_count=$((ktap_count + 1))
	echo "ok $ktap_count $* # SKIP"
}

# note TEXT - a diagnostic line
note()
{
	printf '%s\n' "$*" | sed 's/^/# /'
}

# check DESCRIPTION COMMAND... - the command succeeds; what it says is shown if not
check()
{
	local what=$1
	shift
	if "$@" > "$TMP/check" 2>&1; then
		pass "$what"
		return 0
	fi
	fail "$what"
	head -n 20 "$TMP/check" | sed 's/^/# /'
	return 1
}

# check_status DESCRIPTION STATUS COMMAND... - the command ends with that status
check_status()
{
	local what=$1 want=$2 status
	shift 2
	"$@" > "$TMP/check" 2>&1
	status=$?
	if [ $status -eq "$want" ]; then
		pass "$what"
		return 0
	fi
	fail "$what"
	note "exit status $status instead of $want"
	head -n 20 "$TMP/check" | sed 's/^/# /'
	return 1
}

# same DESCRIPTION EXPECTED ACTUAL - two files hold the same bytes
same()
{
	local expected=$2
	if [ -p "$2" ]; then
		# a pipe can be read once only
		expected=$TMP/same.expected
		cat "$2" > "$expected"
	fi
	if cmp "$expected" "$3" > "$TMP/same.differ" 2>&1; then
		pass "$1"
		return 0
	fi
	fail "$1"
	sed 's/^/# /' "$TMP/same.differ"
	note "expected:"
	head -c 600 "$expected" | od -A d -t x1z | sed 's/^/#   /'
	note "got:"
	head -c 600 "$3" | od -A d -t x1z | sed 's/^/#   /'
	return 1
}

# skip_all REASON - this whole script cannot run here
skip_all()
{
	echo "1..0 # SKIP $*"
	ktap_finished=$KSFT_SKIP
	exit
}

# finish - tear down, see that the module goes, print the plan and end
finish()
{
	teardown
	if [ -n "$module_loaded" ]; then
		check "the module unloads when all is torn down" module_unload || module_loaded=
	fi
	echo "1..$ktap_count"
	ktap_finished=$((ktap_failed > 0))
	exit
}

# A script that does not reach finish has failed, whatever stopped it.
on_exit()
{
	teardown
	[ -z "$module_loaded" ] || rmmod patchproxy 2> /dev/null
	rm -rf "$TMP"
	exit "${ktap_finished:-$KSFT_FAIL}"
}
trap on_exit EXIT
trap 'exit' INT TERM

### Waiting

# Seconds.  What is waited for comes soon, but an emulated guest on a busy
# machine may stand still for many seconds; only a defect takes all of this.
readonly patience=120

# a pause is to start no program: nothing ever comes out of this pipe
exec {silent}<> <(:)

# busywait COMMAND... - until the command succeeds
busywait()
{
	local end=$((SECONDS + patience))
	until "$@" > /dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		read -r -t 0.02 -u "$silent" || true
	done
}

# gone PID - it has ended; the shell may not have collected it yet
gone()
{
	local stat
	read -r stat 2> /dev/null < "/proc/$1/stat" || return 0
	[[ $stat == *") Z "* ]]
}

### Namespaces and topologies

CLI='' GW='' SRV=''
namespaces=()
pids=()
VLAN=''
# shellcheck disable=SC2034 # read by the tests
TOPOLOGY=''

# In an emulator most of the time goes into starting programs: few are started.
in_c() { "$here/enter" "$CLI" "$@"; }
in_g() { "$here/enter" "$GW" "$@"; }
in_s() { "$here/enter" "$SRV" "$@"; }

# new_ns VARIABLE... - namespaces with names of their own, and the links between them
new_ns()
{
	local variable
	for variable; do
		printf -v "$variable" '%s' "${variable,,}-$$-${#namespaces[@]}"
		namespaces+=("${!variable}")
	done
	{
		printf 'netns add %s\n' "${namespaces[@]: -$#}"
		printf 'link add eth0 netns %s type veth peer name to_c netns %s\n' "$CLI" "$GW"
		[ $# -lt 3 ] ||
			printf 'link add eth0 netns %s type veth peer name to_s netns %s\n' "$SRV" "$GW"
	} | ip -b -
}

teardown()
{
	local ns pid
	for ns in "${namespaces[@]}"; do
		for pid in $(ip netns pids "$ns" 2> /dev/null); do
			kill -9 "$pid" 2> /dev/null
		done
	done
	for pid in "${pids[@]}"; do
		kill -9 "$pid" 2> /dev/null
		wait "$pid" 2> /dev/null
	done
	[ ${#namespaces[@]} -eq 0 ] ||
		printf 'netns del %s\n' "${namespaces[@]}" | ip -force -b - 2> /dev/null
	namespaces=() pids=()
	VLAN=
}

# address IFACE ADDR4 ADDR6 - commands for "ip -b"
address()
{
	printf 'link set %s up\naddr add %s dev %s\naddr add %s dev %s nodad\n' "$1" "$2" "$1" "$3" "$1"
}

# end_up NS ADDR4 ADDR6 [GATEWAY4 GATEWAY6] - one end, on the VLAN if there is one
end_up()
{
	local dev=eth0
	{
		printf 'link set lo up\nlink set eth0 up\n'
		if [ -n "$VLAN" ]; then
			dev=eth0.$VLAN
			printf 'link add link eth0 name %s type vlan id %s\n' "$dev" "$VLAN"
		fi
		address $dev "$2" "$3"
		[ $# -lt 4 ] || printf 'route add default via %s\nroute add ::/0 via %s\n' "$4" "$5"
	} | ip -n "$1" -b -
}

offloads_off()
{
	"$here/enter" "$1" ethtool -K "$2" tso off gso off gro off tx off rx off sg off > /dev/null
}

# elsewhere SHAPE - a namespace $OTH behind another interface of the gateway, to_x
elsewhere()
{
	OTH=other-$$-${#namespaces[@]}
	namespaces+=("$OTH")
	{
		echo "netns add $OTH"
		echo "link add eth0 netns $OTH type veth peer name to_x netns $GW"
	} | ip -b - &&
		ip -n "$OTH" link set eth0 up &&
		ip -n "$CLI" link set eth0 address 02:00:00:00:00:01 || return 1
	case $1 in
	bridge)
		ip -n "$GW" link set to_x master br0 &&
			ip -n "$GW" link set to_x up &&
			ip -n "$SRV" link set eth0 address 02:00:00:00:00:02 &&
			busywait third_forwards
		;;
	routed)
		ip -n "$GW" link set to_c address 02:00:00:00:00:02 &&
			ip -n "$GW" link set to_x address 02:00:00:00:00:02 up &&
			ip -n "$GW" addr add 10.0.3.1/24 dev to_x
		;;
	esac
}

third_forwards()
{
	[[ $(ip -n "$GW" -d link show dev to_x) == *"state forwarding"* ]]
}

# topology_options bridge|routed|local OPTION... - what does not depend on the shape
#   vlan         the ends speak 802.1Q (bridge only)
#   brnf         bridged packets pass the IP hooks (br_netfilter)
#   nat          the client connects to the gateway, which DNATs (routed only)
#   ct           conntrack in the gateway counts INVALID packets
#   offload-off  no TSO, GSO, GRO, checksum offload at the ends and the gateway
topology_options()
{
	local shape=$1 option
	shift
	for option; do
		case $option in
		brnf)
			modprobe br_netfilter || return 1
			in_g sysctl -qw net.bridge.bridge-nf-call-iptables=1 \
				net.bridge.bridge-nf-call-ip6tables=1 \
				net.bridge.bridge-nf-filter-vlan-tagged=1 || return 1
			;;
		nat)
			T4=10.0.1.1 T6=2001:db8:1::1
			in_g nft -f - <<-NFT || return 1
				table ip nat {
					chain pre {
						type nat hook prerouting priority dstnat;
						ip daddr $T4 dnat to $S4
					}
				}
				table ip6 nat {
					chain pre {
						type nat hook prerouting priority dstnat;
						ip6 daddr $T6 dnat to $S6
					}
				}
			NFT
			;;
		ct)
			conntrack_on "$shape" "$@" || return 1
			;;
		offload-off)
			offloads_off "$CLI" eth0
			offloads_off "$GW" to_c
			[ "$shape" = local ] || {
				offloads_off "$GW" to_s
				offloads_off "$SRV" eth0
			}
			;;
		esac
	done
}

# conntrack_on SHAPE OPTION... - count what conntrack calls INVALID, by a rule that also
# switches it on
conntrack_on()
{
	local family=inet hooks='input forward output' hook

	if [ "$1" = bridge ] && ! wants brnf "$@"; then
		family=bridge hooks=forward
	fi
	{
		echo "add table $family watch"
		echo "add counter $family watch invalid"
		for hook in $hooks; do
			echo "add chain $family watch $hook { type filter hook $hook priority 0; }"
			echo "add rule $family watch $hook meta l4proto { tcp, udp } ct state invalid" \
				counter name invalid
		done
	} | in_g nft -f -
}

# conntrack_invalid - how many packets conntrack called INVALID
conntrack_invalid()
{
	in_g nft list counters | awk '$1 == "packets" { n += $2 } END { print n + 0 }'
}

no_invalid()
{
	local n
	n=$(conntrack_invalid)
	echo "$n packets INVALID"
	[ "$n" -eq 0 ]
}

wants()
{
	local want=$1 option
	shift
	for option; do
		[ "$option" != "$want" ] || return 0
	done
	return 1
}

# A namespace begins with br_netfilter switched on, if an earlier test has loaded it.
bare_bridge()
{
	[ ! -e /proc/sys/net/bridge ] ||
		in_g sysctl -qw net.bridge.bridge-nf-call-iptables=0 net.bridge.bridge-nf-call-ip6tables=0
}

topo_bridge()
{
	TOPOLOGY=bridge
	S4=10.0.2.2 S6=2001:db8:2::2 T4=10.0.2.2 T6=2001:db8:2::2 C4=10.0.2.1 C6=2001:db8:2::1
	! wants vlan "$@" || VLAN=10
	new_ns CLI GW SRV &&
	ip -n "$GW" -b - <<-BATCH &&
		link set lo up
		link add br0 type bridge mcast_snooping 0
		link set br0 up
		link set to_c master br0
		link set to_s master br0
		link set to_c up
		link set to_s up
	BATCH
	end_up "$CLI" $C4/24 $C6/64 && end_up "$SRV" $S4/24 $S6/64 && bare_bridge &&
	topology_options bridge "$@" && busywait ports_forward
}

topo_routed()
{
	TOPOLOGY=routed
	S4=10.0.2.2 S6=2001:db8:2::2 T4=10.0.2.2 T6=2001:db8:2::2 C4=10.0.1.2 C6=2001:db8:1::2
	new_ns CLI GW SRV &&
	in_g sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 &&
	{
		echo link set lo up
		address to_c 10.0.1.1/24 2001:db8:1::1/64
		address to_s 10.0.2.1/24 2001:db8:2::1/64
	} | ip -n "$GW" -b - &&
	end_up "$CLI" $C4/24 $C6/64 10.0.1.1 2001:db8:1::1 &&
	end_up "$SRV" $S4/24 $S6/64 10.0.2.1 2001:db8:2::1 &&
	topology_options routed "$@"
}

topo_local()
{
	TOPOLOGY=local
	S4=10.0.2.2 S6=2001:db8:2::2 T4=10.0.2.2 T6=2001:db8:2::2 C4=10.0.2.1 C6=2001:db8:2::1
	new_ns CLI GW && SRV=$GW &&
	{
		echo link set lo up
		address to_c $S4/24 $S6/64
	} | ip -n "$GW" -b - &&
	end_up "$CLI" $C4/24 $C6/64 &&
	topology_options local "$@"
}

# Bridge ports start forwarding a moment after their link is up.
ports_forward()
{
	[[ $(ip -n "$GW" -d link show type bridge_slave) =~ "state forwarding".*"state forwarding" ]]
}

### The module and the tool

module_loaded=''

find_module()
{
	local file
	for file in "${PP_KO:-}" "$top/patchproxy.ko" "$here/patchproxy.ko"; do
		[ -z "$file" ] || [ ! -e "$file" ] || { echo "$file"; return 0; }
	done
	return 1
}

# module_load - insmod, after what it depends on
module_load()
{
	local file dep
	file=$(find_module) || return 1
	for dep in $(modinfo -F depends "$file" | tr ',' ' '); do
		modprobe "$dep" || return 1
	done
	insmod "$file" && module_loaded=1
}

# Namespaces go asynchronously and hold what lives in them until then.
module_unload()
{
	busywait rmmod patchproxy || { rmmod patchproxy; return 1; }
	module_loaded=
}

# need_module - load it or skip the script
need_module()
{
	local file
	file=$(find_module) || skip_all "no patchproxy.ko; set PP_KO or run make"
	[ -x "$PATCHCTL" ] || skip_all "no patchctl at $PATCHCTL; run make tools"
	module_load || {
		fail "insmod $file"
		dmesg | tail -n 5 | sed 's/^/# /'
		finish
	}
}

pctl()
{
	in_g "$PATCHCTL" "$@"
}

# counter NAME - a counter of the module
counter()
{
	pctl status -v | awk -v name="$1" '$1 == name { print $2 }'
}

# grew COUNTER BEFORE - a counter of the module has
grew()
{
	[ "$(counter "$1")" -gt "$2" ] || { echo "$1 is still $2"; return 1; }
}

# apply PATCH... SERVER and its opposite, where success is only a precondition
apply()
{
	pctl apply "${@:1:$#-1}" --server "${*: -1}" > "$TMP/apply" 2>&1 && return 0
	fail "apply $*"
	sed 's/^/# /' "$TMP/apply"
	return 1
}

# apply_dual PATCH PORT - to both addresses of the server
apply_dual()
{
	check "apply $1" pctl apply "$1" --server "$(with_port "$S4" "$2")" --server "$(with_port "$S6" "$2")"
}

unapply()
{
	pctl unapply "${@:1:$#-1}" --server "${*: -1}" > "$TMP/apply" 2>&1 && return 0
	fail "unapply $*"
	sed 's/^/# /' "$TMP/apply"
	return 1
}

# with_port ADDRESS PORT - as --server wants it
with_port()
{
	case $1 in
	*:*)	echo "[$1]:$2" ;;
	*)	echo "$1:$2" ;;
	esac
}

### Endpoints

# server_start PROTO PORT NAME [FILE] - a recording server; records are in $TMP/NAME.0 and so on
server_start()
{
	"$here/enter" "$SRV" "$here/server" "$1" "$2" "$TMP/$3" "${@:4}" &
	server_pid=$!
	server_name=$3
	# or the shell would report that it was killed
	disown
	pids+=("$server_pid")
	busywait test -e "$TMP/$3.ready"
}

# server_stop - the server started last, and its records
server_stop()
{
	kill -9 "$server_pid" 2> /dev/null
	busywait gone "$server_pid" || fail "$server_name: the server does not end"
	rm -f "$TMP/$server_name".*
}

# client ADDRESS PORT STEP... - see client.c
client()
{
	in_c "$here/client" "$@"
}

# client_start NAME ADDRESS PORT STEP... - in the background; its pid is in $client_pid
client_start()
{
	local name=$1
	shift
	"$here/enter" "$CLI" "$here/client" "$@" > "$TMP/$name.log" 2>&1 &
	client_pid=$!
	pids+=("$client_pid")
}

# client_end NAME DESCRIPTION - wait for the last client_start
client_end()
{
	if wait "$client_pid"; then
		pass "$2"
		return 0
	fi
	fail "$2"
	sed 's/^/# /' "$TMP/$1.log"
	return 1
}

# sniff_start NS IFACE PORT NAME - record packets to $TMP/NAME
sniff_start()
{
	local dev=$2
	[ -z "$VLAN" ] || dev=$2.$VLAN
	"$here/enter" "$1" "$here/sniff" "$dev" "$3" "$TMP/$4" &
	pids+=($!)
	disown
	busywait test -e "$TMP/$4.ready"
}

# connections_closed NS PORT - no TCP socket but a listener or TIME-WAIT is left
connections_closed()
{
	local left
	left=$(ss -N "$1" -Htan state connected exclude time-wait "( sport = :$2 or dport = :$2 )") || return 1
	[ -z "$left" ] || { echo "$left"; return 1; }
}

check_closed()
{
	check "${1}both ends are closed" busywait all_closed "$2"
}

all_closed()
{
	connections_closed "$CLI" "$1" && connections_closed "$SRV" "$1"
}
