#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# While connections live that would break without the module, rmmod is refused,
# the kernel log and patchctl status say why, and when they have ended the
# module goes.

. "$(dirname "$0")/lib.sh"

# log_lines - how often the kernel has said that connections hold the module
log_lines()
{
	dmesg | grep -c 'patchproxy: connections are being translated, the module cannot be removed'
}

# status_says TEXT
status_says()
{
	pctl status > "$TMP/status"
	cat "$TMP/status"
	grep -qF "$1" "$TMP/status"
}

status_silent()
{
	pctl status > "$TMP/status" && ! grep -q 'rmmod' "$TMP/status"
}

# edited NAME - a connection that was edited and stays until $TMP/end exists
edited()
{
	client_start "$1" -t 600 "$T4" 80 send:"$TMP/request" expect:'reply 1\n' \
		touch:"$TMP/$1.edited" wait:"$TMP/end" shut eof
	busywait test -e "$TMP/$1.edited"
}

# log_said N - so many lines since this test began
log_said()
{
	test $(($(log_lines) - log_before)) -eq "$1"
}

need_module
log_before=$(log_lines)
topo_routed || { fail "topology"; finish; }
echo 1 > /sys/module/patchproxy/parameters/timeout_closing_edited
printf 'GET /x.ida?%0300d=x HTTP/1.0\r\n\r\n' 0 > "$TMP/request"
server_start http 80 srv || { fail "server"; finish; }
apply CVE-2001-0500 "$(with_port "$S4" 80)"
check "nothing is said while nothing holds the module" status_silent

check "a connection is edited" edited first
first=$client_pid
check "status says so" status_says '1 of them has shifted numbering or bytes held here'
check "the kernel log says so" log_said 1
check_status "rmmod is refused" 1 rmmod patchproxy
check "another connection is edited" edited second
second=$client_pid
check "status counts both" status_says '2 of them have shifted numbering or bytes held here'
check "the kernel log says it once" log_said 1
touch "$TMP/end"
check "the first ends cleanly" wait "$first"
check "the second ends cleanly" wait "$second"
check "when they have ended status says it no more" busywait status_silent

rm "$TMP/end"
check "a later connection is edited" edited third
check "status says so again" status_says '1 of them has shifted numbering or bytes held here'
check "the kernel log says so again" log_said 2
check_status "rmmod is refused again" 1 rmmod patchproxy
touch "$TMP/end"
client_end third "it ends cleanly"
check "when it has ended status says it no more" busywait status_silent
check "the module goes, patches and all" module_unload
finish
