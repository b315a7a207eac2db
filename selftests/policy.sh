#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The policy patches: a POST body is cut to 1024 bytes with its framing put
# right, and FTP verbs are refused while the session goes on.

. "$(dirname "$0")/lib.sh"

need_module
topo_bridge ct || { fail "topology"; finish; }

post=POLICY-POST-1024
apply "$post" "$(with_port "$S4" 80)"
server_start http 80 http || fail "server"
after='GET /after HTTP/1.1\r\nHost: a\r\n\r\n'
body() { head -c "$1" /dev/zero | tr '\0' "$2"; }

# request BYTES - a POST with such a body, and the next request behind it
request()
{
	printf 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n' "$1"
	body "$1" a
	# shellcheck disable=SC2059 # it is a format
	printf "$after"
}

n=0
for size in 0 1 1023 1024 1025 4000 100000; do
	request $size > "$TMP/request"
	request $((size > 1024 ? 1024 : size)) > "$TMP/wanted"
	check "POST of $size bytes, and the next request, are answered" client "$T4" 80 \
		send:"$TMP/request" expect:'reply 1\n' expect:'reply 2\n' acked shut eof
	# A number may be written with the digits it had room for.
	sed 's/^\(Content-Length:\) *0*\([0-9]\)/\1 \2/' "$TMP/http.$n" > "$TMP/arrived"
	same "POST of $size bytes: what arrives" "$TMP/wanted" "$TMP/arrived"
	n=$((n + 1))
done

request 3000 > "$TMP/request"
request 1024 > "$TMP/wanted"
check "POST in segments of 100 bytes" client "$T4" 80 size:100:"$TMP/request" \
	expect:'reply 1\n' expect:'reply 2\n' acked shut eof
sed 's/^\(Content-Length:\) *0*\([0-9]\)/\1 \2/' "$TMP/http.$n" > "$TMP/arrived"
same "POST in segments: what arrives" "$TMP/wanted" "$TMP/arrived"
n=$((n + 1))

# Chunked: the chunk that crosses the limit is cut, later ones go.
{
	printf 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n'
	for letter in a b c d; do
		printf '190\r\n%s\r\n' "$(body 400 $letter)"
	done
	# shellcheck disable=SC2059 # it is a format
	printf "0\r\n\r\n$after"
} > "$TMP/request"
check "chunked POST is answered" client "$T4" 80 send:"$TMP/request" \
	expect:'reply 1\n' expect:'reply 2\n' acked shut eof
# the body, then what follows it: how it is cut into chunks is free
perl -0777 -ne '
	s/.*?\r\n\r\n//s;
	while (s/^([0-9a-fA-F]+)\r\n//) {
		my $size = hex $1;
		$body .= substr($_, 0, $size, "");
		s/^\r\n// or die "a chunk without its end";
		last if !$size;
	}
	print "$body|$_"' "$TMP/http.$n" > "$TMP/arrived"
# shellcheck disable=SC2059 # it is a format
{ body 400 a; body 400 b; body 224 c; printf "|$after"; } > "$TMP/wanted"
same "chunked POST: the body is cut, the next request intact" "$TMP/wanted" "$TMP/arrived"
check_closed "HTTP: " 80

verbs=POLICY-FTP-VERBS
apply "$verbs" "$(with_port "$S4" 21)"
server_start ftp 21 ftp || fail "server"
printf 'DELE file\r\n' > "$TMP/dele"
printf 'NOOP\r\n' > "$TMP/noop"
printf 'USER a\r\nDELE x\r\nNOOP\r\nQUIT\r\n' > "$TMP/pipeline"
check "DELE is refused, the session goes on" client "$T4" 21 expect:'220 ready\r\n' \
	send:"$TMP/dele" expect:'^5[0-9][0-9] [^\r]*\r\n' send:"$TMP/noop" expect:'^200 fine\r\n' acked shut eof
same "DELE did not reach the server" <(printf 'DELE_file\r\nNOOP\r\n') "$TMP/ftp.0"
check "replies of a pipeline stay in order" client "$T4" 21 expect:'220 ready\r\n' \
	send:"$TMP/pipeline" expect:'^331 [^\r]*\r\n5[0-9][0-9] [^\r]*\r\n200 fine\r\n221 ' shut eof
check_closed "FTP: " 21
check "conntrack saw nothing INVALID" no_invalid
finish
