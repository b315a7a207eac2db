#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A long transfer through the box with patches applied arrives whole, and the
# large (GSO) packets that opaque spans travel in are not taken apart.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flaws.sh"

# random enough, and soon made
size=$((64 << 20))
head -c $((size / 64)) /dev/urandom > "$TMP/block"
cat "$TMP"/{block,block,block,block,block,block,block,block} > "$TMP/blocks"
cat "$TMP"/{blocks,blocks,blocks,blocks,blocks,blocks,blocks,blocks} > "$TMP/big"

# received_packets NS IFACE - how many packets the interface has received
received_packets()
{
	"$here/enter" "$1" awk -v "dev=$2:" '$1 == dev { print $3 }' /proc/net/dev
}

# upload DESCRIPTION NUMBER - to the server's connection of that number; sets $packets
upload()
{
	local before
	before=$(received_packets "$SRV" eth0)
	check "$1: upload of $size bytes" client "$T4" 80 \
		send:"$TMP/head" send:"$TMP/big" shut expect:"^$total"$'\n' eof
	packets=$(($(received_packets "$SRV" eth0) - before))
	note "$1: $packets packets"
	check "$1: its head arrives" cmp -n $head_size "$TMP/sink.$2" "$TMP/head"
	check "$1: its body arrives whole" cmp -i $head_size:0 "$TMP/sink.$2" "$TMP/big"
	rm "$TMP/sink.$2"
}

# As one request with a body, which is opaque to the patches on its head.
printf 'PUT /big HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n' $size > "$TMP/head"
head_size=$(stat -c %s "$TMP/head")
total=$((size + head_size))

need_module
topo_bridge ct || { fail "topology"; finish; }
server_start sink 80 sink || fail "server"
upload "no patch" 0
bare=$packets
patches=()
for name in ida shellshock phpcgi range; do
	flaw $name
	patches+=("$patch")
done
apply "${patches[@]}" "$(with_port "$S4" 80)"
upload "patches applied" 1
check "large packets stay whole: $packets packets, $bare without patches" \
	test "$packets" -lt $((bare * 2))

flaw ida
server_start source 8080 source "$TMP/big" || fail "server"
apply "$patch" "$(with_port "$S4" 8080)"
check "download of $size bytes" client -o "$TMP/download" "$T4" 8080 eof
check "download arrives whole" cmp "$TMP/download" "$TMP/big"
check_closed "" 80
check "conntrack saw nothing INVALID" no_invalid
finish
