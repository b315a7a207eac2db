# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# The deliberately vulnerable servers and their exploits (vulnerable/), and what
# each patch must make of the exploit.  To be sourced after lib.sh.

# AddressSanitizer does not fit into a process of User Mode Linux
servers=$VULNERABLE/build
! grep -q 'User Mode Linux' /proc/cpuinfo || servers=$VULNERABLE/build/guard

# name of the flaw, its patch, its server, its port
flaw_table='
ida		CVE-2001-0500	httpd	80
shellshock	CVE-2014-6271	httpd	80
log4j		CVE-2021-44228	httpd	80
phpcgi		CVE-2012-1823	httpd	80
range		CVE-2011-3192	httpd	80
vsftpd		CVE-2011-2523	ftpd	21
wuftpd		CVE-2000-0573	ftpd	21
warftpd		CVE-1999-0256	ftpd	21
slammer		CVE-2002-0649	ssrpd	1434
'

# flaw NAME - sets $patch, $program and $port
flaw()
{
	local name
	while read -r name patch program port; do
		[ "$name" != "$1" ] || return 0
	done <<< "$flaw_table"
	return 1
}

# flaw_transform NAME SENT ARRIVED - what must arrive when the default exploit
# SENT passes
flaw_transform()
{
	case $1 in
	ida)		perl -0777 -pe 's/(\.id[aq]\?[^ ]{239})[^ ]*/$1/' ;;
	shellshock)	perl -0777 -pe 's/: \(\) \{/: () _/' ;;
	log4j)		perl -0777 -pe 's/\$\{/\$_/g' ;;
	phpcgi)		perl -0777 -pe 's/^(\S+ [^ ?]*\?-[^ =]*)(?= )/$1=/m' ;;
	range)		perl -0777 -pe 's/^((?:request-)?range:)([^\r\n]*)/$1 . first_200($2)/mige;
				sub first_200 {
					my @r = split(/(?=,)/, $_[0]);
					return join("", map { $_ < 200 ? $r[$_] : " " x length $r[$_] } 0..$#r);
				}' ;;
	wuftpd)		perl -0777 -pe 's/^(SITE [^\r\n]*)/$1 =~ tr,%,_,r/mge' ;;
	vsftpd)		perl -0777 -pe 's/^(USER [^\r\n]*):\)/$1:_/m' ;;
	warftpd)	perl -0777 -pe 's/^((?:USER|PASS) [^\r\n]{100})[^\r\n]*/$1/mg' ;;
	slammer)	head -c 33 ;;
	esac < "$2" > "$3"
}

vuln_pid=''

# vuln_start NAME|none:PROGRAM:PORT - the server with that flaw, recording to $TMP/rec.*
vuln_start()
{
	local flaw=$1
	case $1 in
	none:*)	IFS=: read -r flaw program port <<< "$1" ;;
	*)	flaw "$1" ;;
	esac
	rm -f "$TMP"/rec.*
	: > "$TMP/vuln.out"
	set -- --port "$port" --record "$TMP/rec"
	[ "$program" = ssrpd ] || set -- "$@" --flaw "$flaw"
	"$here/enter" "$SRV" "$servers/$program" "$@" > "$TMP/vuln.out" 2> "$TMP/vuln.err" &
	vuln_pid=$!
	# or the shell would report that it died
	disown
	pids+=("$vuln_pid")
	busywait vuln_listens || {
		note "$program does not start: $(head -n 3 "$TMP/vuln.err")"
		return 1
	}
}

vuln_listens()
{
	local line
	while read -r line; do
		[ "$line" != listening ] || return 0
	done < "$TMP/vuln.out"
	return 1
}

vuln_alive()
{
	! gone "$vuln_pid" || { head -n 5 "$TMP/vuln.err"; return 1; }
}

# Saying why takes its time.
vuln_died()
{
	busywait gone "$vuln_pid"
}

vuln_stop()
{
	kill -9 "$vuln_pid" 2> /dev/null
	busywait gone "$vuln_pid" || fail "$program does not end"
}

# exploit NAME ADDRESS OPTION... - status 0: answered, the next request too
exploit()
{
	local name=$1 addr=$2
	shift 2
	flaw "$name"
	in_c "$servers/exploit" "$name" --to "$addr" --port "$port" \
		--dump "$TMP/sent" --then-next "$@"
}

# arrived - what the server's recv() returned, all connections in order
arrived()
{
	cat "$TMP"/rec.* > "$TMP/arrived" 2> /dev/null
}

# flaw_kills NAME ADDRESS DESCRIPTION - without the patch the exploit works
flaw_kills()
{
	vuln_start "$1" || { fail "$3: server"; return; }
	exploit "$1" "$2" > "$TMP/exploit.log" 2>&1
	if [ $? -eq 3 ] && vuln_died; then
		pass "$3: the exploit kills the server"
	else
		fail "$3: the exploit does not kill the server"
		sed 's/^/# /' "$TMP/exploit.log" | tail -n 10
	fi
	vuln_stop
}

# flaw_stopped NAME ADDRESS DESCRIPTION [OPTION...] - with the patch applied the
# server lives, answers the next request and got exactly the transform
flaw_stopped()
{
	local name=$1 addr=$2 what=$3
	shift 3
	vuln_start "$name" || { fail "$what: server"; return; }
	check "$what: the exploit and the next request are answered" exploit "$name" "$addr" \
		--timeout $((patience * 1000)) "$@"
	check "$what: the server lives" vuln_alive
	arrived
	# the transform is of the first datagram; the next request has its own
	[ "$program" != ssrpd ] || cp "$TMP/rec.1" "$TMP/arrived"
	flaw_transform "$name" "$TMP/sent" "$TMP/expected"
	same "$what: what arrived is the transform" "$TMP/expected" "$TMP/arrived"
	vuln_stop
}

# flaw_untouched NAME ADDRESS DESCRIPTION OPTION... - harmless input arrives as it was sent
flaw_untouched()
{
	local name=$1 addr=$2 what=$3
	shift 3
	vuln_start "$name" || { fail "$what: server"; return; }
	check "$what: answered" exploit "$name" "$addr" --timeout $((patience * 1000)) "$@"
	arrived
	same "$what: arrives as it was sent" "$TMP/sent" "$TMP/arrived"
	vuln_stop
}

# flaw_variants NAME - other forms of the same exploit
flaw_variants()
{
	"$servers/exploit" list | sed -n "s/^$1 //p"
}

# flaw_test NAME - all of it, where client and server are set up
flaw_test()
{
	local name=$1 variant

	flaw "$name"
	flaw_kills "$name" "$T4" "$name unprotected"
	apply "$patch" "$(with_port "$S4" "$port")" || return
	flaw_stopped "$name" "$T4" "$name"
	for variant in $(flaw_variants "$name"); do
		vuln_start "$name" || { fail "$name, $variant: server"; continue; }
		exploit "$name" "$T4" --variant "$variant" > "$TMP/exploit.log" 2>&1
		# some variants are nonsense that the protected server refuses; it must live
		check "$name, $variant: the server lives" vuln_alive
		vuln_stop
	done
	flaw_untouched "$name" "$T4" "$name, ordinary" --ordinary
	flaw_untouched "$name" "$T4" "$name, near miss" --near
	check_closed "$name: " "$port"
	unapply "$patch" "$(with_port "$S4" "$port")" || return
	flaw_kills "$name" "$T4" "$name unprotected again"
}
