#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Patches of a server's address before DNAT and of the one after it add up, on one
# connection or datagram, and changes of either reach live connections.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flaws.sh"

# hits ADDRESS PORT PATCH - how often it acted, as counted for that server
hits()
{
	pctl status | awk -v server=" $(with_port "$1" "$2")," -v patch="$3" '
		$1 == "server" { here = index($0, server) }
		here && $1 == patch { print $2 }'
}

counted() { [ "$(counter "$1")" -ge "$2" ]; }

# equal EXPECTED ACTUAL
equal() { [ "$1" = "$2" ] || { echo "$2 instead of $1"; return 1; }; }

# told N - the client is behind its step N; go N - it may go on
told() { busywait test -e "$TMP/told.$1"; }
go() { touch "$TMP/go.$1"; }
pause() { echo "touch:$TMP/told.$1" "wait:$TMP/go.$1"; }

# live NAME ADDRESS PORT STEP... - a connection in the background that waits at each pause
live()
{
	rm -f "$TMP"/told.* "$TMP"/go.*
	client_start "$1" -t 600 "${@:2}"
}

# made FLAW... - what the patches of these flaws make of the two requests
made()
{
	local name
	cp "$TMP/two" "$TMP/made"
	for name; do
		flaw_transform "$name" "$TMP/made" "$TMP/made.next"
		mv "$TMP/made.next" "$TMP/made"
	done
	cat "$TMP/made"
}

A=CVE-2001-0500 B=CVE-2014-6271 C=CVE-2021-44228
printf 'GET /x.ida?%0300d=X HTTP/1.1\r\nHost: a\r\n\r\n' 0 > "$TMP/ida"
printf 'GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: () { :;}; x\r\n\r\n' > "$TMP/shellshock"
cat "$TMP/ida" "$TMP/shellshock" > "$TMP/two"

# both NAME BEFORE AFTER - two patches on one connection, and changes while it lives
both()
{
	local what=$1 before=$2 after=$3 wait

	server_start http 80 srv || { fail "$what: server"; return; }
	apply $A "$(with_port "$before" 80)"
	apply $B "$(with_port "$after" 80)"
	# shellcheck disable=SC2046 # a pause is two steps
	live both "$before" 80 send:"$TMP/two" expect:'reply 2\n' $(pause 1) \
		send:"$TMP/two" expect:'reply 4\n' $(pause 2) \
		send:"$TMP/two" expect:'reply 6\n' $(pause 3) \
		send:"$TMP/two" expect:'reply 8\n' $(pause 4) \
		send:"$TMP/two" expect:'reply 10\n' acked shut eof
	check "$what: two exploits are answered" told 1
	made ida shellshock > "$TMP/wanted"
	same "$what: both patches acted" "$TMP/wanted" "$TMP/srv.0"
	check "$what: a hit of the one before DNAT" equal 1 "$(hits "$before" 80 $A)"
	check "$what: a hit of the one after DNAT" equal 1 "$(hits "$after" 80 $B)"
	check "$what: the first packet waited for the pair" counted pair_wait 1

	# From here on the pair is in use, and no packet waits because of a change.
	wait=$(counter pair_wait)
	apply $C "$(with_port "$before" 80)"
	unapply $A "$(with_port "$before" 80)"
	go 1
	check "$what: un-apply before DNAT: answered" told 2
	made shellshock >> "$TMP/wanted"
	same "$what: the patch after DNAT stays" "$TMP/wanted" "$TMP/srv.0"
	apply $A "$(with_port "$before" 80)"
	go 2
	check "$what: apply again: answered" told 3
	made ida shellshock >> "$TMP/wanted"
	same "$what: both act again" "$TMP/wanted" "$TMP/srv.0"
	check "$what: no packet waited for the changes" equal "$wait" "$(counter pair_wait)"
	check "$what: the hits after DNAT went on" equal 3 "$(hits "$after" 80 $B)"

	unapply $B "$(with_port "$after" 80)"
	go 3
	check "$what: un-apply after DNAT: answered" told 4
	made ida >> "$TMP/wanted"
	same "$what: the patch before DNAT stays" "$TMP/wanted" "$TMP/srv.0"
	apply $B "$(with_port "$after" 80)"
	go 4
	client_end both "$what: the connection ends cleanly"
	made ida shellshock >> "$TMP/wanted"
	same "$what: to its last byte" "$TMP/wanted" "$TMP/srv.0"
	check "$what: all hits before DNAT" equal 3 "$(hits "$before" 80 $A)"
	check "$what: all hits after DNAT" equal 1 "$(hits "$after" 80 $B)"
	check_closed "$what: " 80
	server_stop
	unapply all "$(with_port "$before" 80)"
	unapply all "$(with_port "$after" 80)"
}

# One patch at both names acts once, and on a request that began while both had it it
# acts whichever of them is taken back.
twice()
{
	local first keep at=0

	server_start http 80 srv || { fail "twice: server"; return; }
	head -c 20 "$TMP/ida" > "$TMP/begin"
	tail -c +21 "$TMP/ida" > "$TMP/rest"
	flaw_transform ida "$TMP/ida" "$TMP/once"
	for first in "$T4" "$S4"; do
		keep=$T4
		[ "$first" != "$T4" ] || keep=$S4
		apply $A "$(with_port "$T4" 80)"
		apply $A "$(with_port "$S4" 80)"
		# shellcheck disable=SC2046 # a pause is two steps
		live twice "$T4" 80 send:"$TMP/ida" expect:'reply 1\n' send:"$TMP/begin" acked $(pause 1) \
			send:"$TMP/rest" expect:'reply 2\n' send:"$TMP/ida" expect:'reply 3\n' acked shut eof
		check "one patch at both: half a request has left" told 1
		check "one patch at both: the older counts" equal 1 "$(hits "$T4" 80 $A)"
		check "one patch at both: the younger does not" equal 0 "$(hits "$S4" 80 $A)"
		unapply $A "$(with_port "$first" 80)"
		go 1
		client_end twice "one patch at both: taken back from $first in mid-request: answered"
		same "one patch at both: the transform, once" \
			<(cat "$TMP/once" "$TMP/once" "$TMP/once") "$TMP/srv.$at"
		at=$((at + 1))
		unapply $A "$(with_port "$keep" 80)"
	done
	check_closed "one patch at both: " 80
	server_stop
}

# A protocol of our own over UDP, with a patch for requests and one for replies.
datagrams()
{
	mkdir -p "$TMP/lib/grammars"
	cat > "$TMP/lib/grammars/probe.ppg" <<-'PPG'
		protocol probe "one datagram asks, one answers" {
			transport udp 1434;
			client { unit request { ask: rest doc "what is asked"; } }
			server { unit reply { answer: rest doc "what is answered"; } }
		}
	PPG
	echo 'patch ASK "a long question" { for probe; on request.ask truncate 8; }' > "$TMP/lib/ASK.pdef"
	echo 'patch MASK "a letter" { for probe; on request.ask class [x] with "_"; }' > "$TMP/lib/MASK.pdef"
	echo 'patch ANSWER "a long answer" { for probe; on reply.answer truncate 2; }' > "$TMP/lib/ANSWER.pdef"
	server_start ssrp 1434 srv || { fail "UDP: server"; return; }
	check "UDP: patches before DNAT" pctl apply ASK --library "$TMP/lib" \
		--server "$(with_port "$T4" 1434)"
	check "UDP: patches after DNAT" pctl apply MASK ANSWER --library "$TMP/lib" \
		--server "$(with_port "$S4" 1434)"
	printf 'axbxcxdxexfx' > "$TMP/ask"
	# The first datagrams wait for the pair, and nobody but the client sends them again.
	check "UDP: a datagram is answered" busywait \
		client -u -t 1 -o "$TMP/answer" "$T4" 1434 send:"$TMP/ask" total:2
	same "UDP: both patches acted on the request" <(printf 'a_b_c_d_') "$TMP/srv.0"
	check "UDP: and on the reply" equal 2 "$(stat -c %s "$TMP/answer")"
	check "UDP: a hit before DNAT" equal 1 "$(hits "$T4" 1434 ASK)"
	check "UDP: a hit after DNAT, of the reply" equal 1 "$(hits "$S4" 1434 ANSWER)"
	server_stop
	unapply all "$(with_port "$T4" 1434)"
	unapply all "$(with_port "$S4" 1434)"
}

# Patches that each server takes by itself, but that do not go together. Needs datagrams().
apart()
{
	local was said

	cat > "$TMP/lib/VIEWS-3.pdef" <<-'PDEF'
		patch VIEWS-3 "three views of one field" {
			for probe;
			on request.ask replace "aaa" with "aab";
			on request.ask as percent replace "bbb" with "bbc";
			on request.ask as plus replace "ccc" with "ccd";
		}
	PDEF
	cat > "$TMP/lib/VIEWS-2.pdef" <<-'PDEF'
		patch VIEWS-2 "two more" {
			for probe;
			on request.ask as blanks replace "ddd" with "dde";
			on request.ask as json replace "eee" with "eef";
		}
	PDEF
	printf 'aaa ddd' > "$TMP/ask"
	server_start ssrp 1434 srv || { fail "apart: server"; return; }
	check "apart: before DNAT" pctl apply VIEWS-3 --library "$TMP/lib" \
		--server "$(with_port "$T4" 1434)"
	check "apart: after DNAT" pctl apply VIEWS-2 --library "$TMP/lib" \
		--server "$(with_port "$S4" 1434)"
	was=$(counter pair_limit)
	check "apart: what needs both does not pass, and is counted" busywait \
		ask_counted pair_limit $((was + 1))
	check "apart: nothing reached the server" test ! -e "$TMP/srv.0"
	check "apart: an unrelated change is taken" pctl apply $A --server "$(with_port "$T4" 80)"
	check "apart: and the way out of it" pctl unapply VIEWS-2 --library "$TMP/lib" \
		--server "$(with_port "$S4" 1434)"
	check "apart: then it passes" client -u "$T4" 1434 send:"$TMP/ask" total:3
	same "apart: with the patch that is left" <(printf 'aab ddd') "$TMP/srv.0"

	# The other way round: what is in use is not broken by a change.
	check "apart: a pair that goes together" pctl apply ANSWER --library "$TMP/lib" \
		--server "$(with_port "$S4" 1434)"
	check "apart: in use" busywait client -u -t 1 "$T4" 1434 send:"$TMP/ask" total:2
	check_status "apart: a patch that does not go with it is refused" 1 pctl apply VIEWS-2 \
		--library "$TMP/lib" --server "$(with_port "$S4" 1434)"
	said=$(< "$TMP/check")
	check "apart: with the reason" sh -c 'grep "more than 4 views"' <<< "$said"
	check "apart: the pair is as it was" client -u "$T4" 1434 send:"$TMP/ask" total:2
	server_stop
	unapply all "$(with_port "$T4" 80)"
	unapply all "$(with_port "$T4" 1434)"
	unapply all "$(with_port "$S4" 1434)"
}

# ask_counted COUNTER N - send a datagram and see
ask_counted()
{
	client -u -t 1 "$T4" 1434 send:"$TMP/ask"
	counted "$1" "$2"
}

# Two protocols cannot add up: the address after DNAT counts, and that is said.
conflict()
{
	local was
	was=$(counter pair_conflict)
	server_start http 80 web || { fail "conflict: server"; return; }
	apply $A "$(with_port "$T4" 80)"
	# shellcheck disable=SC2046 # a pause is two steps
	live older "$T4" 80 send:"$TMP/ida" expect:'reply 1\n' $(pause 1) \
		send:"$TMP/ida" expect:'reply 2\n' $(pause 2) acked shut eof
	check "conflict: a connection before it" told 1
	check "conflict: another protocol after DNAT" pctl apply POLICY-FTP-VERBS \
		--server "$(with_port "$S4" 80)"
	go 1
	check "conflict: the connection goes on" told 2
	flaw_transform ida "$TMP/ida" "$TMP/once"
	same "conflict: with its patch" <(cat "$TMP/once" "$TMP/once") "$TMP/web.0"
	check "conflict: it is counted" equal $((was + 1)) "$(counter pair_conflict)"
	go 2
	client_end older "conflict: it ends cleanly"
	check_closed "conflict: " 80
	server_stop

	server_start ftp 80 ftp || { fail "conflict: FTP server"; return; }
	printf 'DELE file\r\n' > "$TMP/dele"
	# shellcheck disable=SC2046 # a pause is two steps
	live newer "$T4" 80 expect:'220 ready\r\n' send:"$TMP/dele" expect:'^5[0-9][0-9] ' \
		$(pause 1) acked shut eof
	check "conflict: a new connection speaks the protocol after DNAT" told 1
	same "conflict: and has its patch" <(printf 'DELE_file\r\n') "$TMP/ftp.0"
	check "conflict: it is shown as such" sh -c 'grep -q ftp' <<< "$(pctl flows)"
	check "conflict: it is counted too" equal $((was + 2)) "$(counter pair_conflict)"
	go 1
	client_end newer "conflict: the new connection ends cleanly"
	check_closed "conflict: " 80
	server_stop
	unapply all "$(with_port "$T4" 80)"
	unapply all "$(with_port "$S4" 80)"
}

# Beyond the bound nothing passes; with room the same SYN, sent again, does.
bound()
{
	local max=/sys/module/patchproxy/parameters/pairs_max was

	was=$(cat $max)
	echo 0 > $max
	server_start http 80 srv || { fail "bound: server"; return; }
	apply $A "$(with_port "$T4" 80)"
	apply $B "$(with_port "$S4" 80)"
	client_start bound -t 600 "$T4" 80 send:"$TMP/two" expect:'reply 2\n' acked shut eof
	check "bound: no pair, packets are dropped and counted" busywait counted pair_limit 1
	check "bound: nothing reached the server" test ! -e "$TMP/srv.0"
	echo "$was" > $max
	client_end bound "bound: with room the connection comes about"
	made ida shellshock > "$TMP/wanted"
	same "bound: with both patches" "$TMP/wanted" "$TMP/srv.0"
	check_closed "bound: " 80
	server_stop
	unapply all "$(with_port "$T4" 80)"
	unapply all "$(with_port "$S4" 80)"
}

# DNAT to another port: neither name of the server has the other's port.
ports()
{
	in_g nft -f - <<-NFT || { fail "ports: rule"; return; }
		flush table ip nat
		table ip nat {
			chain pre {
				type nat hook prerouting priority dstnat;
				ip daddr $T4 tcp dport 80 dnat to $S4:8080
			ip daddr $T4 udp dport 1434 dnat to $S4:8081
			}
		}
	NFT
	server_start http 8080 srv || { fail "ports: server"; return; }
	apply $A "$(with_port "$T4" 80)"
	check "ports: a patch before DNAT" client "$T4" 80 send:"$TMP/two" expect:'reply 2\n' acked shut eof
	made ida > "$TMP/wanted"
	same "ports: it acted" "$TMP/wanted" "$TMP/srv.0"
	apply $B "$(with_port "$S4" 8080)"
	check "ports: and one after it" client "$T4" 80 send:"$TMP/two" expect:'reply 2\n' acked shut eof
	made ida shellshock > "$TMP/wanted"
	same "ports: both acted" "$TMP/wanted" "$TMP/srv.1"
	check_closed "ports: " 8080
	server_stop

	server_start ssrp 8081 udp || { fail "ports: UDP server"; return; }
	printf 'axbxcxdxexfx' > "$TMP/ask"
	check "ports: a UDP patch before DNAT" pctl apply MASK --library "$TMP/lib" \
		--server "$(with_port "$T4" 1434)"
	check "ports: a datagram is answered" client -u "$T4" 1434 send:"$TMP/ask" total:2
	same "ports: the patch acted on it" <(printf 'a_b_c_d_e_f_') "$TMP/udp.0"
	server_stop
}

need_module
topo_routed ct nat || { fail "topology"; finish; }
both IPv4 "$T4" "$S4"
both IPv6 "$T6" "$S6"
twice
datagrams
apart
conflict
bound
ports
check "conntrack saw nothing INVALID" no_invalid
finish
