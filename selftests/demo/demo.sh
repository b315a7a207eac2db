#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The demonstration, inside the guest that "make demo" boots: for HTTP, FTP and
# UDP a vulnerable server dies from an exploit, lives once the patch is applied
# and dies again once it is un-applied; then real servers and clients work
# through the same box with every patch applied.  Ends with "demo: ok" or with
# what failed.

. "$(dirname "$0")/../lib.sh"
. "$here/flaws.sh"

cache=${PP_CACHE:?is set by the guest}
megabyte=$((1 << 20))

die()
{
	printf '\ndemo: FAILED: %s\n' "$*"
	for log in "$TMP"/*.log; do
		[ ! -s "$log" ] || { echo "--- $(basename "$log")"; tail -n 15 "$log"; }
	done
	dmesg | tail -n 5
	exit 1
}

title()
{
	printf '\n=== %s\n' "$*"
}

say()
{
	printf '  * %s\n' "$*"
}

# command line shown as a user would type it, then done
shown()
{
	printf '  $ patchctl %s\n' "$*"
	pctl "$@" > "$TMP/patchctl.log" 2>&1 || die "patchctl $*"
	sed 's/^/    /' "$TMP/patchctl.log"
}

# dies_from NAME
dies_from()
{
	vuln_start "$1" || die "the vulnerable $program does not start"
	exploit "$1" "$T4" --quiet > "$TMP/exploit.log" 2>&1
	[ $? -eq 3 ] || die "$1: the exploit was answered"
	vuln_died || die "$1: the server survived"
	say "the server is dead: $(grep -m 1 -E 'ERROR|pwned' "$TMP/vuln.err" | sed 's/^=*[0-9]*=*//' | cut -c1-100)"
	vuln_stop
}

# lives_through NAME
lives_through()
{
	vuln_start "$1" || die "the vulnerable $program does not start"
	exploit "$1" "$T4" --quiet --timeout $((patience * 1000)) > "$TMP/exploit.log" 2>&1 ||
		die "$1: the session was not answered"
	vuln_alive > /dev/null || die "$1: the server died although it is protected"
	arrived
	say "the server lives, and the next request on the session was answered; what went over the wire:"
	(cd "$TMP" && "$servers/exploit" show sent arrived) | sed 's/^/    /'
	! cmp -s "$TMP/sent" "$TMP/arrived" || die "$1: the exploit arrived as it was sent"
	vuln_stop
}

exploits()
{
	local name
	for name in log4j ida vsftpd warftpd slammer; do
		flaw "$name"
		title "$patch: $program on $T4 port $port"
		say "no patch applied"
		dies_from "$name"
		shown apply "$patch" --server "$(with_port "$T4" "$port")"
		lives_through "$name"
		shown unapply "$patch" --server "$(with_port "$T4" "$port")"
		dies_from "$name"
	done
}

# sha FILE... - of all their bytes in order
sha()
{
	cat "$@" | sha256sum | cut -d ' ' -f 1
}

# equal DESCRIPTION FILE FILE
equal()
{
	[ -s "$2" ] || die "$1: $2 is not there"
	[ "$(sha "$2")" = "$(sha "$3")" ] || die "$1: the sha256 differ"
	say "$1: $(stat -c %s "$2") bytes, sha256 $(sha "$2" | cut -c1-16)... at both ends"
}

# in_root NAMESPACE ROOT COMMAND...
in_root()
{
	ip netns exec "$1" chroot "$cache/root/$2" "${@:3}"
}

prepare_root()
{
	mount -t proc proc "$cache/root/$1/proc" && mount --bind /dev "$cache/root/$1/dev" ||
		die "cannot prepare the root $1"
}

random_file()
{
	head -c "$2" /dev/urandom > "$1"
}

listens()
{
	in_s ss -Hltn "sport = :$1" | grep -q .
}

real_web()
{
	local root=$cache/root/nginx client=$cache/root/client/tmp
	local url=http://$T4 before

	title "nginx and curl through the box, all patches applied"
	prepare_root nginx
	mkdir -p "$root/srv/www" "$root/var/log/nginx" "$root/var/lib/nginx/bodies"
	random_file "$root/srv/www/page" 20000
	random_file "$root/srv/www/big" $((100 * megabyte))
	random_file "$client/upload" $((8 * megabyte))
	chmod 777 "$root/var/lib/nginx" "$root/var/lib/nginx/bodies"
	cat > "$root/etc/nginx/demo.conf" <<-'CONF'
		user root;
		worker_processes 1;
		daemon off;
		pid /run/nginx.pid;
		error_log /var/log/nginx/error.log;
		events { }
		http {
			access_log off;
			client_max_body_size 200m;
			client_body_temp_path /var/lib/nginx/bodies;
			server {
				listen 80;
				listen [::]:80;
				root /srv/www;
				location /upload {
					client_body_in_file_only on;
					proxy_pass http://127.0.0.1:8080;
					proxy_pass_request_body off;
					proxy_set_header Content-Length "";
				}
			}
			server {
				listen 127.0.0.1:8080;
				return 200 "stored\n";
			}
		}
	CONF
	in_root "$SRV" nginx nginx -c /etc/nginx/demo.conf > "$TMP/nginx.log" 2>&1 &
	pids+=($!)
	curl=(in_root "$CLI" client curl -sS --max-time 300)
	busywait "${curl[@]}" -o /dev/null "$url/page" || die "nginx does not answer"

	"${curl[@]}" -o /tmp/page "$url/page" 2> "$TMP/curl.log" || die "curl GET"
	equal "GET" "$root/srv/www/page" "$client/page"
	"${curl[@]}" -w '%{num_connects}\n' -o /tmp/page1 "$url/page" -o /tmp/page2 "$url/page" \
		> "$TMP/connects" 2> "$TMP/curl.log" || die "curl keep-alive"
	[ "$(paste -sd ' ' "$TMP/connects")" = "1 0" ] || die "the connection was not kept alive"
	equal "GET twice on one connection" "$root/srv/www/page" "$client/page2"
	"${curl[@]}" -r 1000-4999 -o /tmp/range "$url/big" 2> "$TMP/curl.log" || die "curl range"
	tail -c +1001 "$root/srv/www/big" | head -c 4000 > "$TMP/range"
	equal "GET of a range" "$TMP/range" "$client/range"
	"${curl[@]}" -o /tmp/big "$url/big" 2> "$TMP/curl.log" || die "curl GET of 100 MB"
	equal "GET of 100 MB" "$root/srv/www/big" "$client/big"
	for how in plain chunked; do
		before=$(ls "$root/var/lib/nginx/bodies")
		set -- -H Expect: -H 'Content-Type: application/octet-stream'
		[ $how = plain ] || set -- "$@" -H 'Transfer-Encoding: chunked'
		"${curl[@]}" "$@" --data-binary @/tmp/upload "$url/upload" > "$TMP/stored" 2> "$TMP/curl.log" ||
			die "curl POST, $how"
		grep -q stored "$TMP/stored" || die "nginx refused the POST, $how"
		equal "POST, $how" "$client/upload" "$root/var/lib/nginx/bodies/$(
			comm -13 <(echo "$before") <(ls "$root/var/lib/nginx/bodies") | tail -n 1)"
	done
}

real_ftp()
{
	local root=$cache/root/vsftpd client=$cache/root/client/tmp mode

	title "vsftpd and lftp through the box, all patches applied"
	prepare_root vsftpd
	mkdir -p "$root/srv/alice" "$root/var/run/vsftpd/empty" "$root/etc/pam.d"
	chown 1000:1000 "$root/srv/alice"
	# any password is right: the account exists in this guest only
	printf '%s sufficient pam_permit.so\n' auth account session > "$root/etc/pam.d/vsftpd"
	printf '%s\n' listen=YES background=NO anonymous_enable=NO local_enable=YES \
		write_enable=YES pam_service_name=vsftpd secure_chroot_dir=/var/run/vsftpd/empty \
		seccomp_sandbox=NO connect_from_port_20=YES > "$root/etc/vsftpd.conf"
	echo /bin/sh > "$root/etc/shells"
	in_root "$SRV" vsftpd vsftpd /etc/vsftpd.conf > "$TMP/vsftpd.log" 2>&1 &
	pids+=($!)
	busywait listens 21 || die "vsftpd does not listen"
	random_file "$root/srv/alice/download" $((8 * megabyte))
	chmod 644 "$root/srv/alice/download"
	for mode in on off; do
		rm -f "$client/download" "$root/srv/alice/renamed"
		in_root "$CLI" client lftp -c "
			set net:timeout 20; set net:max-retries 3; set net:reconnect-interval-base 1;
			set cmd:fail-exit yes; set ftp:ssl-allow no; set ftp:passive-mode $mode;
			open -u alice,secret $T4;
			get download -o /tmp/download;
			put /tmp/upload -o stored; mv stored renamed; put /tmp/page -o scrap; rm scrap;
			cls; bye" > "$TMP/lftp.log" 2>&1 || die "lftp, passive mode $mode"
		equal "FTP get, passive mode $mode" "$root/srv/alice/download" "$client/download"
		equal "FTP put and rename, passive mode $mode" "$client/upload" "$root/srv/alice/renamed"
		[ ! -e "$root/srv/alice/scrap" ] || die "the file was not deleted"
		say "FTP delete, passive mode $mode: gone"
	done
}

title "Linux $(uname -r): client, gateway and server in network namespaces of their own"
topo_bridge ct || die "the network does not come up"
ko=$(find_module) || die "no patchproxy.ko"
[ -x "$PATCHCTL" ] || die "no patchctl"
say "client $C4 -- gateway (bridge) -- server $S4"
say "insmod $(basename "$ko")"
module_load || die "insmod $ko"

exploits
title "all patches of the library, policies left out"
shown apply all --server "$T4"
real_web
real_ftp
title "what the box did"
shown status
invalid=$(conntrack_invalid)
[ "$invalid" -eq 0 ] || die "conntrack called $invalid packets INVALID"
teardown
module_unload || die "rmmod"
printf '\ndemo: ok\n'
ktap_finished=$KSFT_PASS
