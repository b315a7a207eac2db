#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A long transfer through the box with patches applied arrives whole, and the
# large (GSO) packets that opaque spans travel in are not taken apart.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flaws.sh"

# the emulator takes seconds for a sum of so much already
size=$((64 << 20))
want=$(python3 -IS -c '
import hashlib
block, left, digest = hashlib.shake_128(b"patchproxy").digest(1 << 20), '$size', hashlib.sha256()
while left > 0:
	digest.update(block[:left])
	left -= len(block)
print(digest.hexdigest())')

# received_packets NS IFACE - how many packets the interface has received
received_packets()
{
	ip -n "$1" -s -j link show dev "$2" | python3 -IS -c 'import json, sys
print(json.load(sys.stdin)[0]["stats64"]["rx"]["packets"])'
}

# upload DESCRIPTION - to a server that returns the sum; sets $packets
upload()
{
	local before
	before=$(received_packets "$SRV" eth0)
	check "$1: upload of $size bytes arrives whole" client "$T4" 80 \
		send:"$TMP/head" stream:$size shut expect:"^$total $sum"
	packets=$(($(received_packets "$SRV" eth0) - before))
	note "$1: $packets packets"
}

# As one request with a body, which is opaque to the patches on its head.
printf 'PUT /big HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n' $size > "$TMP/head"
total=$((size + $(stat -c %s "$TMP/head")))
sum=$(python3 -IS -c '
import hashlib, sys
digest = hashlib.sha256(open(sys.argv[1], "rb").read())
block, left = hashlib.shake_128(b"patchproxy").digest(1 << 20), '$size'
while left > 0:
	digest.update(block[:left])
	left -= len(block)
print(digest.hexdigest())' "$TMP/head")

need_module
topo_bridge ct || { fail "topology"; finish; }
server_start sink 80 sink || fail "server"
upload "no patch"
bare=$packets
for name in ida shellshock phpcgi range; do
	flaw $name
	apply "$patch" "$(with_port "$S4" 80)"
done
upload "patches applied"
check "large packets stay whole: $packets packets, $bare without patches" \
	test "$packets" -lt $((bare * 2))

flaw ida
server_start source 8080 source --bytes $size || fail "server"
apply "$patch" "$(with_port "$S4" 8080)"
check "download of $size bytes" client -o "$TMP/download" "$T4" 8080 eof
check "download arrives whole" grep -q "$want" <(sha256sum "$TMP/download")
check_closed "" 80
check "conntrack saw nothing INVALID" no_invalid
finish
