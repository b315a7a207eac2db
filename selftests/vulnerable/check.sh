#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Shows on loopback, with nothing in between, that every server survives what is
# within its limit and dies from what is not. Prints TAP, and the totals at the end.
#
# usage: check.sh [build] [build/guard]

tmp=$(mktemp -d) || exit 2
passed=0 failed=0
server=

trap '[ -n "$server" ] && kill -KILL "$server" 2>/dev/null; rm -rf "$tmp"' EXIT

# report STATUS NAME
report()
{
	if [ "$1" -eq 0 ]; then
		passed=$((passed + 1))
		echo "ok $((passed + failed)) - $2"
	else
		failed=$((failed + 1))
		echo "not ok $((passed + failed)) - $2"
		sed 's/^/# /' "$tmp/out" "$tmp/server.err" 2>/dev/null |
			cut -c1-120 | head -n 20
	fi
}

# start PROGRAM [ARGUMENT...]: sets $server and $port
start()
{
	local program=$1 i
	shift

	rm -f "$tmp"/rec.* "$tmp"/out
	: > "$tmp/server.out"
	"$build/$program" --port 0 --record "$tmp/rec" "$@" \
		> "$tmp/server.out" 2> "$tmp/server.err" &
	server=$!
	for ((i = 0; i < 500; i++)); do
		grep -qx listening "$tmp/server.out" && break
		kill -0 "$server" 2>/dev/null || break
		sleep 0.01
	done
	port=$(sed -n 's/^port //p' "$tmp/server.out")
	[ -n "$port" ]
}

# The server must still be there, and end with status 0 on SIGTERM.
ended_well()
{
	local status

	kill -TERM "$server" 2>/dev/null
	wait "$server"
	status=$?
	server=
	[ $status -eq 0 ] || { echo "server's status: $status" >> "$tmp/out"; false; }
}

# The server must have aborted, and have said why.
ended_badly()
{
	local status i

	for ((i = 0; i < 300; i++)); do
		kill -0 "$server" 2>/dev/null || break
		sleep 0.01
	done
	kill -TERM "$server" 2>/dev/null
	wait "$server" 2>/dev/null
	status=$?
	server=
	[ $status -eq 134 ] ||
		{ echo "server's status: $status" >> "$tmp/out"; return 1; }
	grep -qE "$1" "$tmp/server.err"
}

# What the server received must be what was sent, byte for byte.
recorded()
{
	local files=("$tmp"/rec.*)

	cat "${files[@]}" | cmp - "$tmp/dump" >> "$tmp/out" 2>&1
}

# lives NAME PROGRAM-AND-ARGUMENTS EXPLOIT-ARGUMENTS...
lives()
{
	local name=$1 program=$2 ok=0
	shift 2

	# shellcheck disable=SC2086
	start $program || ok=1
	"$build/exploit" "$@" --port "$port" --to "${host:-127.0.0.1}" \
		--dump "$tmp/dump" --then-next > "$tmp/out" 2>&1 || ok=1
	ended_well || ok=1
	recorded || ok=1
	report $ok "$name"
}

# dies NAME REASON PROGRAM-AND-ARGUMENTS EXPLOIT-ARGUMENTS...
dies()
{
	local name=$1 reason=$2 program=$3 ok=0
	shift 3

	# The shell would report every abort on its own.
	{
		# shellcheck disable=SC2086
		start $program || ok=1
		"$build/exploit" "$@" --port "$port" \
			--to "${host:-127.0.0.1}" --then-next > "$tmp/out" 2>&1
		[ $? -eq 3 ] || ok=1
		ended_badly "$reason" || ok=1
	} 2> /dev/null
	report $ok "$name"
}

# flaw NAME limit|none REASON PROGRAM-AND-ARGUMENTS --bytes|"" [VARIANTS-REASON]
flaw()
{
	local name=$1 limit=$2 reason=$3 program=$4 safe v

	lives "$name: ordinary requests" "$program" "$name" --ordinary
	lives "$name: a near miss" "$program" "$name" --near
	if [ "$limit" = limit ]; then
		lives "$name: limit - 1" "$program" "$name" --limit-1
		lives "$name: limit" "$program" "$name" --limit
		lives "$name: limit, byte by byte" "$program" "$name" --limit $5
		dies "$name: limit + 1" "$reason" "$program" "$name" --limit+1
	fi
	dies "$name: exploit" "$reason" "$program" "$name" --exploit
	host=::1 dies "$name: exploit over IPv6" "$reason" "$program" "$name"
	if [ -n "$5" ]; then
		lives "$name: ordinary, byte by byte" "$program" "$name" \
			--ordinary --bytes
		lives "$name: near miss, pipelined" "$program" "$name" \
			--near --pipeline --split 7
		dies "$name: exploit, byte by byte" "$reason" "$program" \
			"$name" --bytes
		dies "$name: exploit, pipelined" "$reason" "$program" \
			"$name" --pipeline --at 3,20,40
		safe="${program% *} none"
		lives "$name: exploit without the flaw" "$safe" "$name"
	fi
	for v in $("$build/exploit" list | sed -n "s/^$name //p"); do
		if [ "$v" = loop ]; then
			lives "$name: exploit, $v" "$program" "$name" --variant "$v"
		else
			dies "$name: exploit, $v" "${6:-$reason}" "$program" \
				"$name" --variant "$v"
		fi
	done
}

# What is said on descriptor 3 until the server closes, without what may vary.
heard()
{
	timeout 10 cat <&3 | tr -d '\r' |
		grep -av '^Server: \|^Content-Type: \|^Connection: ' | grep -av '^$'
}

# same NAME WANTED: compares with what is in the file "heard"
same()
{
	local ok=0

	diff "$tmp/heard" <(printf '%b' "$2") > "$tmp/out" || ok=1
	report $ok "$1"
}

http_works()
{
	local ok=0 i pids=()

	start httpd || ok=1
	exec 3<> "/dev/tcp/127.0.0.1/$port" || ok=1
	# One connection: every kind of body, sloppy heads, all sent at once.
	printf '%b' '\r\n\nGET / HTTP/1.1\nHost: a\n\n' \
		'HEAD /file HTTP/1.1\r\nHost: a\r\n\r\n' \
		'GET /nothing HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n' \
		'POST /echo HTTP/1.1\r\ncontent-length \t:\r\n 7\r\n\r\n1234\r\n\n' \
		'POST /echo HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n' \
		'3;ext=1\r\nabc\r\n00A\n0123456789\n0\r\nTrailer: x\r\n\r\n' \
		'CONNECT a:1 HTTP/1.1\r\nUpgrade: x\r\n\r\n' \
		'PUT http://a/%69ndex.html?x=1 HTTP/1.0\r\n' \
		'Connection: Keep-Alive\r\nContent-Length: 2\r\n\r\nab' \
		'GET / HTTP/1.1\r\nConnection: close\r\n\r\nGET /lost' >&3
	heard > "$tmp/heard"
	same "httpd: pipelined requests" \
'HTTP/1.1 200 OK
Content-Length: 23
GET /, 0 bytes of body
HTTP/1.1 200 OK
Content-Length: 4096
HTTP/1.1 404 Not Found
Content-Length: 14
404 Not Found
HTTP/1.1 200 OK
Content-Length: 7
1234
HTTP/1.1 200 OK
Content-Length: 13
abc0123456789HTTP/1.1 405 Method Not Allowed
Content-Length: 23
405 Method Not Allowed
HTTP/1.1 200 OK
Content-Length: 33
PUT /index.html, 2 bytes of body
HTTP/1.1 200 OK
Content-Length: 23
GET /, 0 bytes of body
'
	exec 3<> "/dev/tcp/127.0.0.1/$port"
	printf 'GET /cgi-bin/status\r\n' >&3
	heard > "$tmp/heard"
	same "httpd: HTTP/0.9" 'GET /cgi-bin/status, 0 bytes of body\n'

	for bad in 'Content-Length: 1\r\nContent-Length: 2' \
		'Transfer-Encoding: gzip' 'Content-Length: -1'; do
		exec 3<> "/dev/tcp/127.0.0.1/$port"
		printf '%b' "GET / HTTP/1.1\r\n$bad\r\n\r\n" >&3
		heard | sed -n 's/^HTTP.1.1 \([0-9]\).*/\1/p' |
			sed 's/[45]/refused/' > "$tmp/heard"
		same "httpd: $bad" 'refused\n'
	done
	exec 3>&-

	for ((i = 0; i < 30; i++)); do
		"$build/exploit" range --ordinary --split 11 --then-next --quiet \
			--to 127.0.0.1 --port "$port" > "$tmp/out" 2>&1 &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i" || ok=1
	done
	ended_well || ok=1
	report $ok "httpd: 30 connections at once"
}

# ask LINE: sends a command and reads its one-line reply into $reply
ask()
{
	printf '%s\r\n' "$1" >&3
	IFS= read -r -t 5 reply <&3
	reply=${reply%$'\r'}
}

# data: opens descriptor 4 to a passive data connection
data()
{
	ask EPSV
	reply=${reply##*|||}
	exec 4<> "/dev/tcp/127.0.0.1/${reply%|)}"
}

ftp_works()
{
	local ok=0 i

	start ftpd || ok=1
	exec 3<> "/dev/tcp/127.0.0.1/$port" || ok=1
	IFS= read -r -t 5 reply <&3
	{
		ask "PWD"; echo "${reply%% *}"
		ask "user toy"; echo "${reply%% *}"
		ask "PASS x"; echo "${reply%% *}"
		ask "NONSENSE"; echo "${reply%% *}"
		ask "CWD pub/../incoming"; echo "${reply%% *}"
		ask "PWD"; echo "$reply"
		# TELNET inside of a verb, a doubled IAC, a request that is refused.
		ask $'NO\377\361OP'; echo "${reply%% *}"
		ask $'\377\375\001NOOP'; echo "$reply" | od -An -tx1 | head -c 12; echo
		ask 'SITE EXEC %n'; echo "${reply%% *}"
	} > "$tmp/heard"
	same "ftpd: commands" \
		'530\n331\n230\n500\n250\n257 "/incoming" is the current directory.\n200\n ff fc 01 32\n500\n'

	for ((i = 0; i < 3000; i++)); do echo "line $i of a file"; done > "$tmp/put"
	ask "USER toy"
	ask "PASS x"
	data
	ask "STOR /incoming/put"
	cat "$tmp/put" >&4
	exec 4>&-
	IFS= read -r -t 5 reply <&3
	data
	ask "RETR /incoming/put"
	timeout 10 cat <&4 > "$tmp/got"
	exec 4>&-
	IFS= read -r -t 5 reply <&3
	cmp "$tmp/put" "$tmp/got" > "$tmp/out" 2>&1 || ok=1
	cmp "$tmp/put" "$tmp/rec.1.1" >> "$tmp/out" 2>&1 || ok=1
	report $ok "ftpd: a file stored and retrieved"

	ok=0
	{
		ask "RNFR /incoming/put"; echo "${reply%% *}"
		ask "RNTO /incoming/x"; echo "${reply%% *}"
		ask "SIZE /incoming/x"; echo "$reply"
		ask "DELE /incoming/x"; echo "${reply%% *}"
		ask "DELE /incoming/x"; echo "${reply%% *}"
	} > "$tmp/heard"
	same "ftpd: rename and delete" \
		"350\n250\n213 $(stat -c %s "$tmp/put")\n250\n550\n"
	{
		data
		# What follows a transfer in the same segment waits for it.
		printf 'NLST /\r\nNOOP\r\nQUIT\r\n' >&3
		timeout 10 cat <&4 | tr -d '\r' | sort
		exec 4>&-
		timeout 10 cat <&3 | sed 's/ .*//'
	} > "$tmp/heard"
	same "ftpd: commands behind a transfer" \
		'incoming\npub\n150\n226\n200\n221\n'
	exec 3>&-
	ended_well || ok=1
	report $ok "ftpd: SIGTERM"
}

flaws()
{
	local guard stack either slammer=limit f

	case $build in
	*/guard)
		guard='guard: |buffer overflow detected|stack smashing detected'
		stack=$guard either=$guard
		# One byte too many is a NUL where the stack's own mark has one.
		slammer=none
		;;
	*)
		stack='ERROR: AddressSanitizer: stack-buffer-overflow'
		either='ERROR: AddressSanitizer: (stack|heap)-buffer-overflow'
		;;
	esac
	for f in ida range; do
		flaw $f limit "$either" "httpd --flaw $f" --bytes
	done
	for f in shellshock log4j phpcgi; do
		flaw $f none "^pwned: $f: " "httpd --flaw $f" --bytes
	done
	flaw slammer $slammer "$stack" ssrpd "" "$either|runtime error"
	flaw vsftpd none '^pwned: vsftpd: ' "ftpd --flaw vsftpd" --bytes
	flaw wuftpd limit "$either|null pointer" "ftpd --flaw wuftpd" --bytes
	flaw warftpd limit "$stack" "ftpd --flaw warftpd" --bytes
}

echo "TAP version 13"
for build; do
	http_works
	ftp_works
	flaws
done
echo "1..$((passed + failed))"
echo "$passed passed, $failed failed, 0 skipped"
[ $failed -eq 0 ]
