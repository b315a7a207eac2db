#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Each packet of the client is copied to a listener (dup of nftables), before it is
# translated, behind that, and as it leaves: a copy is not another segment.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flaws.sh"
. "$(dirname "$0")/session.sh"

# mirror HOOK PRIORITY - to stations behind to_s that nobody has
mirror()
{
	in_g nft -f - <<-NFT
		table ip mirror {
			chain copy {
				type filter hook $1 priority $2;
				tcp dport 80 counter dup to 10.0.2.77 device "to_s"
			}
		}
		table ip6 mirror {
			chain copy {
				type filter hook $1 priority $2;
				tcp dport 80 counter dup to 2001:db8:2::77 device "to_s"
			}
		}
	NFT
}

# copies FAMILY - some were made
copies() { in_g nft list table "$1" mirror | grep 'counter packets [1-9]'; }

# longer DESCRIPTION ADDRESS - an edit makes the stream longer; much is sent behind it
longer()
{
	check "$1: the session passes" client "$2" 80 send:"$TMP/php" expect:'reply 1\n' \
		size:50:"$TMP/many" expect:'reply 41\n' acked shut eof
	same "$1: what arrives is the transform" "$TMP/wanted" "$TMP/srv.$sessions"
	sessions=$((sessions + 1))
}

modprobe nft_dup_ipv4 2> /dev/null && modprobe nft_dup_ipv6 2> /dev/null ||
	skip_all "no dup in this kernel"
printf 'GET /a.php?-s HTTP/1.1\r\nHost: a\r\n\r\n' > "$TMP/php"
flaw_transform phpcgi "$TMP/php" "$TMP/cut"
printf 'GET /%s HTTP/1.1\r\nHost: a\r\nAccept: %s\r\n\r\n' {1..80} > "$TMP/many"
cat "$TMP/cut" "$TMP/many" > "$TMP/wanted"
need_module
for place in "prerouting -450" "prerouting -150" "postrouting 0"; do
	what="copied at $place"
	topo_routed ct || { fail "$what: topology"; continue; }
	printf 'neigh replace %s lladdr 02:00:00:00:00:77 dev to_s\n' 10.0.2.77 2001:db8:2::77 |
		ip -n "$GW" -b -
	session_server
	for addr in "$S4" "$S6"; do
		apply CVE-2012-1823 "$(with_port "$addr" 80)"
	done
	# shellcheck disable=SC2086 # hook and priority
	mirror $place || fail "$what: rule"
	longer "$what, IPv4" "$T4"
	longer "$what, IPv6" "$T6"
	check "$what, IPv4: it was copied" copies ip
	check "$what, IPv6: it was copied" copies ip6
	check "$what: no client goes on from elsewhere" test "$(counter rebound)" -eq 0
	check "$what: conntrack saw nothing INVALID" no_invalid
	teardown
done
finish
