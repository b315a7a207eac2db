# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# A web server with two patches and a session that has both exploits in it, for
# tests about where the gateway stands and not about the patches.  To be sourced
# after lib.sh and flaws.sh.

# ida shortens the stream, shellshock keeps its length
SESSION_PATCHES='CVE-2001-0500 CVE-2014-6271'

printf 'GET /x.ida?%0300d=X HTTP/1.1\r\nHost: a\r\n\r\n' 0 > "$TMP/ida"
printf 'GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: () { :;}; x\r\n\r\n' > "$TMP/shellshock"
cat "$TMP/ida" "$TMP/shellshock" > "$TMP/two"
flaw_transform ida "$TMP/two" "$TMP/cut"
flaw_transform shellshock "$TMP/cut" "$TMP/corrected"
cat "$TMP/corrected" "$TMP/corrected" > "$TMP/wanted"

# mib NS NAME - a counter of a namespace's TCP and IP
mib()
{
	"$here/enter" "$1" nstat -asz "$2" | awk -v name="$2" '$1 == name { print $2 }'
}

# times N FILE - the file, so often
times()
{
	perl -0777 -pe '$_ x= '"$1" "$2"
}

# session_server [OPTION...] - the server; its records are counted from 0
session_server()
{
	sessions=0
	"$here/enter" "$SRV" "$here/server" "$@" http 80 "$TMP/srv" &
	server_pid=$!
	server_name=srv
	disown
	pids+=("$server_pid")
	busywait test -e "$TMP/srv.ready" || fail "server"
}

# protect ADDRESS... - with the two patches
protect()
{
	local addr
	for addr; do
		# shellcheck disable=SC2086 # a list
		apply $SESSION_PATCHES "$(with_port "$addr" 80)"
	done
}

# session DESCRIPTION ADDRESS [OPTION...] - the exploits, whole and in pieces, on
# one connection; OPTION is client's
session()
{
	local what=$1 addr=$2
	shift 2
	check "$what: the exploits are answered" client "$@" "$addr" 80 send:"$TMP/two" \
		expect:'reply 2\n' size:100:"$TMP/two" expect:'reply 4\n' acked shut eof
	same "$what: what arrives is the transform" "$TMP/wanted" "$TMP/srv.$sessions"
	sessions=$((sessions + 1))
}

# mac NS IFACE - its address
mac()
{
	ip -n "$1" -br link show dev "$2" | awk '{ print $3 }'
}

# forger DESCRIPTION ADDRESS FROM STEP... - see rawtcp.c; a client at an address
# that nobody has, whom its neighbour knows
forger()
{
	local what=$1 to=$2 from=$3 neighbour=$SRV iface=eth0
	shift 3
	[ "$TOPOLOGY" = bridge ] || neighbour=$GW iface=to_c
	ip -n "$neighbour" neigh replace "$from" lladdr "$(mac "$CLI" eth0)" dev $iface
	forged_port=$((forged_port + 1))
	check "$what" in_c "$here/rawtcp" eth0 "$(mac "$neighbour" $iface)" "$from" $forged_port \
		"$to" 80 "$@"
}
forged_port=40000
