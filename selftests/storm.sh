#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Everything at once: patches come and go, connections and the status are read,
# listeners to events come and go, namespaces go with edited connections in
# them, all under exploits of which none may come through.  Then the module
# itself comes and goes under traffic.  It is meant above all for kernels that
# look for races and for memory and locks gone wrong.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flaws.sh"

rounds=5
others="CVE-2014-6271 CVE-2021-44228"

# crew NAME COMMAND... - the command as often as there are rounds, at the same
# time as the other crews
crew()
{
	local name=$1
	shift
	crew_rounds "$name" "$@" &
	crews+=($!)
}

crew_rounds()
{
	local name=$1 round
	shift
	for round in $(seq $rounds); do
		"$@" "$name.$round" > "$TMP/said.$name" 2>&1 && continue
		{ echo "$name, round $round:"; tail -n 5 "$TMP/said.$name"; } >> "$TMP/trouble"
	done
}

# crews_end DESCRIPTION - wait for all of them
crews_end()
{
	wait "${crews[@]}"
	crews=()
	check "$1" cat_trouble
	rm -f "$TMP/trouble"
}

cat_trouble()
{
	cat "$TMP/trouble" 2> /dev/null
	[ ! -e "$TMP/trouble" ]
}

# on the address that is attacked
swap()
{
	# shellcheck disable=SC2086 # a list
	pctl apply $others --server "$(with_port "$S4" 80)" &&
		pctl unapply $others --server "$(with_port "$S4" 80)"
}

# on a prefix around it
swap_prefix()
{
	pctl apply CVE-2011-3192 --server 10.0.2.0/24 &&
		pctl unapply CVE-2011-3192 --server 10.0.2.0/24
}

look()
{
	pctl status && pctl status -j && pctl flows && pctl flows -j
}

# A listener that leaves while events come, by itself or killed.
listen()
{
	in_g timeout 3 "$PATCHCTL" monitor -n 2
	case $? in
	0 | 124)	;;
	*)	return 1 ;;
	esac
}

attack()
{
	client "$T4" 80 send:"$TMP/request" expect:'reply 1\n' shut eof &&
		client "$T4" 80 size:50:"$TMP/request" expect:'reply 1\n' shut eof
}

harmless()
{
	client "$T4" 80 send:"$TMP/plain" expect:'reply 1\n' shut eof
}

# A namespace that goes with a patch applied and an edited connection open.
space()
{
	local name=$1 CLI SRV GW=storm-$$-$1 pids=()

	CLI=$GW SRV=$GW
	ip netns add "$GW" && ip -n "$GW" link set lo up || return 1
	pctl apply "$patch" --server 127.0.0.1:80 && server_start http 80 "$name" || return 1
	client_start "$name" 127.0.0.1 80 send:"$TMP/request" expect:'reply 1\n' \
		touch:"$TMP/$name.edited" wait:"$TMP/never"
	busywait test -e "$TMP/$name.edited" || { cat "$TMP/$name.log"; return 1; }
	cmp "$TMP/wanted" "$TMP/$name.0" || return 1
	ip netns del "$GW" || return 1
	kill -9 "${pids[@]}"
	rm -f "$TMP/$name".*
}

# attacks_failed - every request that the server received is the transform
attacks_failed()
{
	local n
	for n in $(seq 0 $((rounds * 4 - 1))); do
		cmp "$TMP/wanted" "$TMP/srv.$n" || return 1
	done
	[ ! -e "$TMP/srv.$((rounds * 4))" ] || { echo "more connections than were made"; return 1; }
}

# The module comes and goes, whatever patches there are and whoever asks.
come_and_go()
{
	local n
	for n in $(seq 5); do
		module_load || return 1
		pctl apply "$patch" --server "$(with_port "$S4" 80)" || return 1
		harmless || return 1
		module_unload || return 1
	done
}

# A question while the module comes and goes may find none there.
ask()
{
	look || true
}

need_module
flaw ida
printf 'GET /a.ida?%0400d HTTP/1.1\r\nHost: a\r\n\r\n' 7 > "$TMP/request"
printf 'GET / HTTP/1.1\r\nHost: a\r\n\r\n' > "$TMP/plain"
flaw_transform ida "$TMP/request" "$TMP/wanted"
crews=()

topo_bridge || { fail "topology"; finish; }
# what is left of them if one fails
for round in $(seq $rounds); do
	namespaces+=("storm-$$-space.$round")
done
server_start http 80 srv || { fail "server"; finish; }
apply "$patch" "$(with_port "$S4" 80)"
crew swap swap
crew prefix swap_prefix
crew look look
crew listen listen
crew space space
crew first attack
crew second attack
crews_end "everything at once, $rounds rounds"
check "no exploit came through" attacks_failed
unapply "$patch" "$(with_port "$S4" 80)"
check_closed "" 80
check "the module unloads" module_unload

crew traffic harmless
crew more harmless
crew ask ask
check "the module comes and goes under traffic" come_and_go
crews_end "traffic goes on while the module comes and goes"
finish
