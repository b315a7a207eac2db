#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Un-applying under a live connection that was edited leaves the connection
# working; rmmod is refused while it lives and succeeds after.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flaws.sh"

need_module
topo_routed ct || { fail "topology"; finish; }
flaw ida
vuln_start none:httpd:80 || { fail "server"; finish; }
exploit ida "$T4" --quiet > "$TMP/exploit.log" 2>&1
vuln_stop
cp "$TMP/sent" "$TMP/request"
flaw_transform ida "$TMP/request" "$TMP/wanted"
server_start http 80 srv || { fail "server"; finish; }
apply "$patch" "$(with_port "$S4" 80)"

client_start edited "$T4" 80 send:"$TMP/request" expect:'reply 2\n' touch:"$TMP/was-edited" \
	wait:"$TMP/unapplied" send:"$TMP/request" expect:'reply 4\n' acked touch:"$TMP/went-on" \
	wait:"$TMP/refused" send:"$TMP/request" expect:'reply 6\n' acked shut eof
check "the exploit is answered" busywait test -e "$TMP/was-edited"
same "what arrived is the transform" "$TMP/wanted" "$TMP/srv.0"
unapply "$patch" "$(with_port "$S4" 80)"
: > "$TMP/unapplied"
check "the edited connection goes on after un-apply" busywait test -e "$TMP/went-on"
same "its next bytes are not edited" <(cat "$TMP/wanted" "$TMP/request") "$TMP/srv.0"

check_status "rmmod is refused while the edited connection lives" 1 rmmod patchproxy
: > "$TMP/refused"
client_end edited "the connection goes on and ends cleanly"
same "to its last byte" <(cat "$TMP/wanted" "$TMP/request" "$TMP/request") "$TMP/srv.0"
check_closed "" 80
check "conntrack saw nothing INVALID" no_invalid

# Without an edit nothing holds the module, and the connection outlives it.
printf 'GET / HTTP/1.1\r\nHost: a\r\n\r\n' > "$TMP/plain"
apply "$patch" "$(with_port "$S4" 80)"
rm -f "$TMP/unloaded"
client_start plain "$T4" 80 send:"$TMP/plain" expect:'reply 1\n' touch:"$TMP/answered" \
	wait:"$TMP/unloaded" send:"$TMP/plain" expect:'reply 2\n' acked shut eof
check "an ordinary request is answered" busywait test -e "$TMP/answered"
check "rmmod under an unedited connection" module_unload
: > "$TMP/unloaded"
client_end plain "the unedited connection goes on without the module"
finish
