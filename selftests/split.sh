#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# However the exploit is cut into segments, what the server reads is the same
# transform: every two-way split, one byte at a time, small segments, and through
# a network that loses, repeats and reorders.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flaws.sh"

# requests NAME - the exploit and what must arrive, as files
requests()
{
	vuln_start "none:$program:$port" || { fail "server"; return 1; }
	exploit "$1" "$T4" --quiet > "$TMP/exploit.log" 2>&1
	cp "$TMP/sent" "$TMP/request"
	flaw_transform "$1" "$TMP/request" "$TMP/wanted"
	vuln_stop
}

# all_same DESCRIPTION - each recorded connection is what is wanted
all_same()
{
	local want sum file n=0 bad=0
	read -r want _ < <(sha256sum "$TMP/wanted")
	while read -r sum file; do
		n=$((n + 1))
		[ "$sum" != "$want" ] || continue
		bad=$((bad + 1))
		[ $bad -gt 3 ] || note "$(basename "$file"): $(cmp "$TMP/wanted" "$file" 2>&1)"
	done < <(sha256sum "$TMP"/srv.*[0-9])
	check "$1: $n connections, each the transform" test $n -gt 0 -a $bad -eq 0
	rm -f "$TMP"/srv.*[0-9] "$TMP"/srv.*.end
}

need_module
topo_bridge ct || { fail "topology"; finish; }
# short exploits: a connection for every byte of one takes long in an emulator
for name in ida log4j vsftpd; do
	flaw $name
	proto=http
	[ "$program" != ftpd ] || proto=ftp
	requests $name || continue
	apply "$patch" "$(with_port "$S4" "$port")" || continue
	server_start $proto "$port" srv || { fail "$name: server"; continue; }
	client "$T4" "$port" send:"$TMP/request" shut eof > /dev/null || fail "$name: whole"
	all_same "$name: in one piece"
	check "$name: every two-way split is answered" client "$T4" "$port" every:"$TMP/request"
	all_same "$name: split in two"
	for size in 1 2 3 16 100; do
		check "$name: $size bytes a segment" client "$T4" "$port" \
			size:$size:"$TMP/request" shut eof
	done
	all_same "$name: small segments"
	check_closed "$name: " "$port"
	check "$name: conntrack saw nothing INVALID" no_invalid

	in_c tc qdisc add dev eth0 root netem delay 2ms 1ms loss 5% duplicate 5% reorder 30% 50%
	for size in 1 7 100; do
		check "$name: $size bytes a segment, lossy network" client "$T4" "$port" \
			size:$size:"$TMP/request" acked shut eof
	done
	all_same "$name: lossy network"
	in_c tc qdisc del dev eth0 root
	server_stop
	unapply "$patch" "$(with_port "$S4" "$port")"
done
finish
