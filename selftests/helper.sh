#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The FTP helper of conntrack changes addresses in commands and replies, and so
# lengths, on connections whose commands a patch cuts; both keep their own account
# of it.  Active and passive, IPv4 and IPv6.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flaws.sh"
. "$(dirname "$0")/session.sh"

# nat_with_helper - the server is reached by the gateway's address, the client
# appears as the gateway
nat_with_helper()
{
	in_g nft -f - <<-NFT
		table inet help {
			ct helper ftp { type "ftp" protocol tcp; }
			chain pre {
				type filter hook prerouting priority 0;
				tcp dport 21 ct helper set "ftp"
			}
		}
		table ip masq {
			chain post {
				type nat hook postrouting priority srcnat;
				oifname "to_s" masquerade
			}
		}
		table ip6 masq {
			chain post {
				type nat hook postrouting priority srcnat;
				oifname "to_s" masquerade
			}
		}
	NFT
}

# Where the server may be found for data, as bytes "h,h,h,h,p,p"
commas() { echo "${1//./,},$(($2 / 256)),$(($2 % 256))"; }

# control NAME ADDRESS COMMAND REPLY - an over-long user name, which is cut, a
# command that the helper changes, another over-long name, and the connection
# stays until $TMP/go appears
control()
{
	printf '%s\r\n' "$3" > "$TMP/command"
	rm -f "$TMP/told" "$TMP/go"
	client_start "$1" -t 600 -o "$TMP/said" "$2" 21 expect:'220 ready\r\n' send:"$TMP/user" \
		expect:'331 [^\n]*\n' send:"$TMP/command" expect:"$4" touch:"$TMP/told" wait:"$TMP/go" \
		send:"$TMP/user" expect:'331 [^\n]*\n' acked shut eof
	busywait test -e "$TMP/told"
}

# record N WANTED - what the server got, the changed command between two cut names
record()
{
	cat "$TMP/name" <(printf '%s\r\n' "$2") "$TMP/name" > "$TMP/wanted.ftp"
	same "$1: what arrives" "$TMP/wanted.ftp" "$TMP/ftp.0"
}

# active DESCRIPTION CONTROL CLIENT COMMAND CHANGED PORT - the server connects to CLIENT, as it knows it
active()
{
	local what=$1
	server_start ftp 21 ftp || { fail "$what: server"; return; }
	check "$what: the control connection" control active "$2" "$4" '500 [^\n]*\n'
	"$here/enter" "$CLI" "$here/server" sink "$6" "$TMP/data" &
	pids+=($!)
	disown
	busywait test -e "$TMP/data.ready"
	check "$what: the server's data connection comes through" in_s "$here/client" "$3" "$6" \
		send:"$TMP/user" shut eof
	same "$what: to the client" "$TMP/user" "$TMP/data.0"
	touch "$TMP/go"
	client_end active "$what: the control connection goes on"
	record "$what" "$5"
	kill -9 "${pids[@]: -1}"
	rm -f "$TMP"/data.*
	check_closed "$what: " 21
	kill -9 "$server_pid"
	busywait gone "$server_pid"
	rm -f "$TMP"/ftp.*
}

# passive DESCRIPTION CONTROL COMMAND REPLY CHANGED PORT - the client connects
passive()
{
	local what=$1
	printf '%s\r\n' "$4" > "$TMP/reply"
	server_start ftp 21 ftp "$TMP/reply" || { fail "$what: server"; return; }
	check "$what: the control connection" control passive "$2" "$3" '22[79] [^\n]*\n'
	check "$what: the reply names the gateway" grep -F "$5" "$TMP/said"
	"$here/enter" "$SRV" "$here/server" sink "$6" "$TMP/data" &
	pids+=($!)
	disown
	busywait test -e "$TMP/data.ready"
	check "$what: the client's data connection comes through" client "$2" "$6" \
		send:"$TMP/user" shut eof
	same "$what: to the server" "$TMP/user" "$TMP/data.0"
	touch "$TMP/go"
	client_end passive "$what: the control connection goes on"
	record "$what" "$3"
	kill -9 "${pids[@]: -1}"
	rm -f "$TMP"/data.*
	check_closed "$what: " 21
	kill -9 "$server_pid"
	busywait gone "$server_pid"
	rm -f "$TMP"/ftp.*
}

need_module
modprobe nf_nat_ftp 2> /dev/null || skip_all "no FTP helper in this kernel"
printf 'USER %0200d\r\n' 7 > "$TMP/user"
flaw_transform warftpd "$TMP/user" "$TMP/name"
topo_routed ct nat || { fail "topology"; finish; }
nat_with_helper || { fail "helper"; finish; }
apply CVE-1999-0256 "$S4:21"
apply CVE-1999-0256 "[$S6]:21"

active "active, IPv4" "$T4" 10.0.2.1 "PORT $(commas $C4 5001)" "PORT $(commas 10.0.2.1 5001)" 5001
active "active, extended, IPv4" "$T4" 10.0.2.1 "EPRT |1|$C4|5002|" "EPRT |1|10.0.2.1|5002|" 5002
active "active, extended, IPv6" "$T6" 2001:db8:2::1 "EPRT |2|$C6|5003|" \
	"EPRT |2|2001:0db8:0002:0000:0000:0000:0000:0001|5003|" 5003
passive "passive, IPv4" "$T4" PASV "227 Entering Passive Mode ($(commas $S4 5004))" \
	"$(commas "$T4" 5004)" 5004
passive "passive, extended, IPv4" "$T4" EPSV "229 Extended Passive Mode (|||5005|)" '|||5005|' 5005
passive "passive, extended, IPv6" "$T6" EPSV "229 Extended Passive Mode (|||5006|)" '|||5006|' 5006
check "conntrack saw nothing INVALID" no_invalid
finish
