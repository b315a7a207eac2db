#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What cannot be done is refused with a reason and the right exit status, and
# changes nothing.

. "$(dirname "$0")/lib.sh"

# state - what is applied, without what moves by itself
state()
{
	pctl status -j | sed 's/"\(flows\|edited_flows\|hits\)": *[0-9]*//g'
}

# refused DESCRIPTION STATUS PATTERN ARGUMENT... - patchctl ends with the status,
# says something like the pattern on standard error, and nothing has changed since
# $TMP/before
refused()
{
	local what=$1 want=$2 pattern=$3 status
	shift 3
	pctl "$@" > "$TMP/out" 2> "$TMP/err"
	status=$?
	state > "$TMP/after"
	if ! [[ $status =~ ^($want)$ ]]; then
		fail "$what: exit status $status instead of $want"
	elif ! grep -qiE "$pattern" "$TMP/err"; then
		fail "$what: the message does not say why"
	elif ! cmp -s "$TMP/before" "$TMP/after"; then
		fail "$what: something changed"
		diff "$TMP/before" "$TMP/after" | sed 's/^/# /'
		cp "$TMP/after" "$TMP/before"
	else
		pass "$what"
		return
	fi
	head -n 5 "$TMP/err" | sed 's/^/# /'
}

# said PATTERN - what the last check's command printed
said()
{
	grep -qiE "$1" <<< "$said" || { echo "$said"; return 1; }
}

need_module
topo_bridge || { fail "topology"; finish; }
good=CVE-2021-44228
check "an apply that is right" pctl apply $good --server 10.0.2.2:80
state > "$TMP/before"

refused "unknown patch" 1 'CVE-1900-0001' apply CVE-1900-0001 --server 10.0.2.2:80
refused "unknown patch beside a known one" 1 'CVE-1900-0001' \
	apply CVE-2001-0500 CVE-1900-0001 --server 10.0.2.2:80
refused "address that is none" '1|2' '10\.0\.2' apply $good --server 10.0.2.256:80
refused "bits beyond the prefix" '1|2' '10\.0\.2\.2/24' apply $good --server 10.0.2.2/24:80
refused "prefix too long" '1|2' '33' apply $good --server 10.0.2.2/33:80
refused "port that is none" '1|2' '65536|port' apply $good --server 10.0.2.2:65536
refused "port 0" '1|2' 'port' apply $good --server 10.0.2.2:0
refused "IPv6 without brackets and a port" '1|2' '2001|address|server' apply $good --server 2001:db8::zz
refused "no server" 2 'server' apply $good
refused "no patch" 2 'patch|usage' apply --server 10.0.2.2:80
refused "unknown verb" 2 'frobnicate' frobnicate
refused "unknown option" 2 'frobnicate' status --frobnicate
refused "un-apply of what is not applied" 1 'not applied' unapply CVE-2001-0500 --server 10.0.2.2:80
refused "another protocol on the same port" 1 'protocol|http|ftp' apply CVE-2011-2523 --server 10.0.2.2:80

printf 'patch "broken\n' > "$TMP/broken.pdef"
refused "malformed patch" 1 'broken\.pdef:1:' apply "$TMP/broken.pdef" --server 10.0.2.2:80
head -c 4096 /dev/urandom > "$TMP/noise.pdef"
refused "a patch of noise" 1 'noise\.pdef' apply "$TMP/noise.pdef" --server 10.0.2.2:80

# Root without the capability; an ordinary user might not even reach the files.
check_status "no privilege: status 1" 1 in_g setpriv --bounding-set -net_admin --inh-caps -net_admin \
	"$PATCHCTL" apply CVE-2001-0500 --server 10.0.2.2:80
said=$(< "$TMP/check")
check "no privilege: the message says so" said 'privilege|permi|CAP_NET_ADMIN|root'
state > "$TMP/after"
same "no privilege: nothing changed" "$TMP/before" "$TMP/after"

check "the patch is still there to be un-applied" pctl unapply $good --server 10.0.2.2:80
check "module unloads" module_unload
check_status "no module: status 1" 1 pctl apply $good --server 10.0.2.2:80
said=$(< "$TMP/check")
check "no module: the message says so" said module
finish
