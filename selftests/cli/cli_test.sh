#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# cli_test.sh TOOL JSON_CHECK: what patchctl says and returns where no module is
# needed. Output: TAP. With GOLDEN=write the golden files are written.

set -u
tool=$1
json_check=$(realpath "$2")
cd "$(dirname "$0")" || exit 1
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
export NO_COLOR=1 LC_ALL=C
unset GREP_OPTIONS
n=0

result() # STATUS NAME
{
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		{ echo "status $status"; cat "$tmp/out" "$tmp/err"; } | head -n 30 | sed 's/^/# /'
	fi
}

run() # ARGUMENT...
{
	"$tool" "$@" > "$tmp/out" 2> "$tmp/err" < /dev/null
	status=$?
}

# The status is as expected, and the standard error output has a line like the
# pattern ("" for no line at all).
expect() # NAME STATUS PATTERN ARGUMENT...
{
	local name=$1 want=$2 pattern=$3 bad=0

	shift 3
	run "$@"
	[ "$status" -eq "$want" ] || bad=1
	if [ -n "$pattern" ]; then
		grep -qE -- "$pattern" "$tmp/err" || bad=1
	else
		[ -s "$tmp/err" ] && bad=1
	fi
	if [ "$want" -eq 2 ] && [ "$(grep -c '^usage: patchctl ' "$tmp/err")" -ne 1 ]; then
		bad=1
	fi
	result $bad "$name"
}

# Output, messages and status are as in golden/NAME. What depends on how
# the compiler lays out an image is left out.
golden() # NAME ARGUMENT...
{
	local name=$1

	shift
	run "$@"
	{
		echo "patchctl $*"
		cat "$tmp/out"
		[ -s "$tmp/err" ] && { echo "--- standard error"; cat "$tmp/err"; }
		echo "--- status $status"
	} | sed -E 's/\b[0-9a-f]{16}\b/ID/; s/: ok, [0-9]+ bytes$/: ok, N bytes/
		    s/"size": [0-9]+/"size": N/' > "$tmp/golden"
	if [ "${GOLDEN-}" = write ]; then
		cp "$tmp/golden" "golden/$name"
	fi
	diff -u "golden/$name" "$tmp/golden" > "$tmp/out"
	result $? "output of: patchctl $*"
}

json() # ARGUMENT...
{
	local bad=0

	run "$@"
	[ "$status" -eq 0 ] || bad=1
	"$json_check" < "$tmp/out" 2>> "$tmp/err" || bad=1
	result $bad "JSON of: patchctl $*"
}

lib="--library=library"

# Usage: status 2, what is wrong, and the usage line of the verb.
expect "no verb" 2 '^usage: patchctl VERB'
expect "no verb after --" 2 '^usage: patchctl VERB' -- list
expect "a dash is no verb" 2 'unknown verb "-"' -
expect "unknown verb" 2 'unknown verb "frobnicate"' frobnicate
expect "misspelt verb" 2 'unknown verb "aply"; did you mean "apply"' aply
expect "unknown option before the verb" 2 'unknown option --server' --server 192.0.2.1 apply
expect "help" 0 '' --help
expect "help as a verb" 0 '' help
verbs=$("$tool" --help | sed -n 's/^  \([a-z]*\)  *[a-z].*/\1/p')
for verb in $verbs; do
	expect "$verb: help" 0 '' "$verb" --help
	expect "$verb: unknown long option" 2 "patchctl $verb: unknown option --frobnicate" \
	       "$verb" --frobnicate
	expect "$verb: unknown short option" 2 "patchctl $verb: unknown option -Z" "$verb" -Z
	expect "$verb: option without its value" 2 "option --library needs a value" "$verb" --library
	expect "$verb: value for a flag" 2 'option --json takes no value' "$verb" --json=yes
done
for verb in list status flows monitor version; do
	expect "$verb: an argument too many" 2 'too many arguments: "x"' $verb x
done
for verb in apply unapply; do
	expect "$verb: no patch" 2 'too few arguments' $verb --server=192.0.2.1
done
for verb in show explain check; do
	expect "$verb: no argument" 2 'too few arguments' $verb
done
for verb in show explain; do
	expect "$verb: two arguments" 2 'too many arguments: "b"' $verb a b
done
expect "fields: two arguments" 2 'too many arguments: "b"' fields a b
expect "apply: no server" 2 'no --server is named' apply TOY-2001-0001
expect "apply: bad --set" 2 'not of the form PARAM=VALUE' apply x --server 192.0.2.1 --set verbs
expect "apply: empty --set" 2 'not of the form PARAM=VALUE' apply x --server 192.0.2.1 --set verbs=
expect "apply: hole in --set" 2 'not of the form PARAM=VALUE' apply x --server 192.0.2.1 --set v=a,,b
expect "apply: --set twice" 2 'is set twice' apply x --server 192.0.2.1 --set v=a --set v=b
for verb in apply unapply replay; do
	expect "$verb: bad address" 2 'not an IPv4 or IPv6 address$' $verb x --server 192.0.2.256
	expect "$verb: a name" 2 'names are not looked up' $verb x --server host
	expect "$verb: bits beyond the prefix" 2 'the network is 192.0.2.0/24$' \
	       $verb x --server 192.0.2.1/24
	expect "$verb: port 0" 2 'port 0' $verb x --server 192.0.2.2 --server 192.0.2.1:0
done
expect "monitor: no number" 2 'is not a number' monitor -n x
expect "monitor: zero" 2 'is not a number' monitor --count=0
expect "monitor: negative" 2 'is not a number' monitor -n -1
expect "monitor: huge" 2 'is not a number' monitor -n 99999999999999999999

# Options before and after; "--".
for args in "$lib fields toy" "fields $lib toy" "fields toy $lib" "fields toy --library library" \
	    "--library library fields toy" "fields $lib -- toy"; do
	# shellcheck disable=SC2086
	expect "options anywhere: $args" 0 '' $args
done
expect "an option after -- is an argument" 1 'no protocol "-j"' fields $lib -- -j
json -j $lib fields toy
json $lib -j fields toy
json fields toy -j $lib

# What is printed.
golden fields fields $lib
golden fields-json fields toy -j $lib
golden list list $lib
golden list-product list --product "server 2" $lib
golden list-json list -j $lib
golden show-truncate show TOY-2001-0001 $lib
golden show-many show TOY-2001-0002 $lib
golden show-policy show TOY-POLICY $lib
golden show-json show TOY-POLICY -j $lib
golden explain-truncate explain TOY-2001-0001 $lib
golden explain-many explain TOY-2001-0002 $lib
golden explain-policy explain TOY-POLICY $lib
golden explain-drop explain DGRAM-2002-0001 $lib
golden explain-json explain TOY-2001-0001 -j $lib
golden check check $lib library/toys/TOY-2001-0001.pdef library/grammars/toy.ppg
golden check-json check -j $lib library/toys/TOY-2001-0001.pdef
golden list-none list --product nobody $lib

# JSON on every verb that prints data.
json version -j
json list -j $lib
json list -j --product nobody $lib
json show -j TOY-2001-0001 $lib
json show -j library/toys/TOY-2001-0002.pdef $lib
json explain -j TOY-2001-0002 $lib
json explain -j --code TOY-2001-0002 $lib
json fields -j $lib
json check -j $lib library/toys/*.pdef library/grammars/*.ppg

# Errors as JSON: on the standard output, each with its place.
run check -j $lib library/toys/TOY-POLICY.pdef bad/TWO-ERRORS.pdef
bad=0
[ "$status" -eq 1 ] && [ ! -s "$tmp/err" ] && "$json_check" < "$tmp/out" || bad=1
[ "$(grep -c '"line": [0-9]*,$' "$tmp/out")" -eq 2 ] || bad=1
[ "$(grep -c '"column": [0-9]*,$' "$tmp/out")" -eq 2 ] || bad=1
[ "$(grep -c '"ok": false$' "$tmp/out")" -eq 1 ] || bad=1
[ "$(grep -c '"ok": true,$' "$tmp/out")" -eq 1 ] || bad=1
result $bad "check -j lists the errors of each file"

# The listing of the code comes on request.
run explain TOY-2001-0001 $lib
lines=$(wc -l < "$tmp/out")
run explain TOY-2001-0001 --code $lib
[ "$status" -eq 0 ] && [ "$(wc -l < "$tmp/out")" -gt $((lines + 10)) ]
result $? "explain --code prints the code"

# Failures: status 1 and the reason.
expect "unknown patch" 1 'no patch "CVE-1999-0001" in library$' show CVE-1999-0001 $lib
expect "misspelt patch" 1 'no patch "TOY-2001-001" in library; did you mean TOY-2001-0001\?' \
       explain TOY-2001-001 $lib
expect "patch in the wrong case" 1 'did you mean TOY-POLICY\?' show toy-policy $lib
expect "unknown protocol" 1 'no protocol "tow" in library; did you mean toy\?' fields tow $lib
expect "no such library" 1 'library nowhere: No such file or directory' list --library nowhere
expect "library is a file" 1 'library Makefile: not a directory' list --library Makefile
expect "no such file" 1 'nowhere.pdef.*No such file' check $lib nowhere.pdef
expect "check: neither grammar nor patch" 1 'Makefile: neither a grammar' check $lib Makefile
expect "check: errors of several files" 1 'NO-SUCH-PROTOCOL.pdef:[0-9]+:[0-9]+: error' \
       check $lib bad/TWO-ERRORS.pdef bad/NO-SUCH-PROTOCOL.pdef
[ "$(grep -c 'TWO-ERRORS.pdef:[0-9]*:[0-9]*: error' "$tmp/err")" -eq 2 ]
result $? "check: both errors of the first file too"
grep -q '\^~*$' "$tmp/err"
result $? "check: with a caret"
expect "apply: unknown patch" 1 'no patch "x"' apply x --server 192.0.2.1 $lib
expect "apply: every bad patch at once" 1 'no patch "x"' \
       apply x TOY-2001-001 bad/TWO-ERRORS.pdef --server 192.0.2.1 $lib
grep -q 'did you mean TOY-2001-0001' "$tmp/err" &&
	grep -q 'TWO-ERRORS.pdef:' "$tmp/err"
result $? "apply: all of them are named"
expect "apply: --set of a parameter nobody has" 1 'no patch named here has a parameter "verb"' \
       apply TOY-POLICY --server 192.0.2.1 --set verb=a $lib
mkdir "$tmp/lib"
cp -r library/. "$tmp/lib"
sed 's/TOY-POLICY/TOY-OTHER/' library/toys/TOY-POLICY.pdef > "$tmp/lib/TOY-WRONG.pdef"
expect "library: file of another name" 1 'TOY-WRONG.pdef:2:7: error: ' \
       show TOY-WRONG --library "$tmp/lib"
expect "list: goes on after a bad patch" 1 'TOY-WRONG.pdef:2:7: error' list --library "$tmp/lib"
grep -q 'TOY-POLICY' "$tmp/out"
result $? "list: the good ones are listed"
mv "$tmp/lib/TOY-WRONG.pdef" "$tmp/lib/TOY-POLICY.pdef"
expect "library: a name twice" 1 'two files hold "TOY-POLICY"' list --library "$tmp/lib"
rm "$tmp/lib/TOY-POLICY.pdef"
echo 'protocol toy "x" {' > "$tmp/lib/grammars/toy.ppg"
expect "library: bad grammar" 1 'toy.ppg:[0-9]+:[0-9]+: error' list --library "$tmp/lib"
[ "$(grep -c ': error: ' "$tmp/err")" -eq "$(grep -c 'toy.ppg:.*: error: ' "$tmp/err")" ]
result $? "library: its errors are reported once, and no others"
mkdir -p "$tmp/lib3"
cp -r library/. "$tmp/lib3"
ln -s nowhere "$tmp/lib3/TOY-GONE.pdef"
expect "library: a link that leads nowhere" 1 'TOY-GONE.pdef: leads nowhere' list --library "$tmp/lib3"
rm "$tmp/lib3/TOY-GONE.pdef"
mkfifo "$tmp/lib3/TOY-PIPE.pdef"
expect "library: a pipe" 1 'TOY-PIPE.pdef: is no file' list --library "$tmp/lib3"
{ printf 'patch LONG "'; head -c 100000 /dev/zero | tr '\0' x; printf '" { for nothing; }\n'; } > "$tmp/LONG.pdef"
"$tool" check $lib "$tmp/LONG.pdef" > "$tmp/long" 2>&1
[ $? -eq 1 ] && grep -q '^[ ]*^~*$' "$tmp/long" && [ "$(wc -L < "$tmp/long")" -le 600 ]
result $? "of a very long line the place is shown"
sed 's/TOY-2001-0001/TOY-2001-0002/' library/toys/TOY-2001-0001.pdef > "$tmp/TOY-2001-0002.pdef"
expect "apply: two patches of one name" 1 'two different patches of the name TOY-2001-0002' \
       apply "$tmp/TOY-2001-0002.pdef" TOY-2001-0002 --server 192.0.2.1 $lib
cp library/grammars/toy.ppg "$tmp/toy2.ppg"
sed -i 's/protocol toy /protocol toy2 /' "$tmp/toy2.ppg"
mkdir -p "$tmp/lib2/grammars"
sed 's/for toy;/for toy2;/' library/toys/TOY-2001-0001.pdef > "$tmp/lib2/TOY-2001-0001.pdef"
expect "check: a grammar named beside its patch" 0 '' \
       check $lib "$tmp/lib2/TOY-2001-0001.pdef" "$tmp/toy2.ppg"
cp library/grammars/toy.ppg "$tmp/toy2.ppg" "$tmp/lib2/grammars"
cp library/toys/TOY-2001-0002.pdef "$tmp/lib2"
expect "apply: a port cannot have two protocols" 1 \
       '"192.0.2.1:7000" names a port, but TOY-2001-0001 is for toy2 and TOY-2001-0002 for toy' \
       apply all --server 192.0.2.1:7000 --library "$tmp/lib2"
run list $lib > /dev/full
"$tool" list $lib > /dev/full 2> "$tmp/err"
status=$?
[ $status -eq 1 ] && grep -q 'cannot write the output' "$tmp/err"
result $? "output that cannot be written"
dd if=/dev/urandom of="$tmp/random.pdef" bs=4096 count=1 2> /dev/null
expect "check: a file of random bytes" 1 'error: ' check $lib "$tmp/random.pdef"
: > "$tmp/empty.pdef"
expect "check: an empty file" 1 'error: ' check $lib "$tmp/empty.pdef"

# Where the library is found.
mkdir -p "$tmp/tree/userspace" "$tmp/tree/kmod/uapi" "$tmp/usr/sbin" "$tmp/usr/share/patchproxy"
cp -r library "$tmp/tree/patchdefs"
cp -r library "$tmp/usr/share/patchproxy/patchdefs"
cp "$tool" "$tmp/tree/userspace"
cp "$tool" "$tmp/usr/sbin"
(cd / && "$tmp/tree/userspace/patchctl" show TOY-POLICY) 2>&1 |
	grep -q "^file *$tmp/tree/patchdefs/toys/TOY-POLICY.pdef"
result $? "library of the source tree"
(cd / && "$tmp/usr/sbin/patchctl" show TOY-POLICY) 2>&1 |
	grep -q "^file *$tmp/usr/sbin/../share/patchproxy/patchdefs/toys/TOY-POLICY.pdef"
result $? "installed library"
cp "$tool" "$tmp/patchctl"
"$tmp/patchctl" list > "$tmp/out" 2> "$tmp/err"
status=$?
[ $status -eq 1 ] && grep -q 'no library found; name one with --library' "$tmp/err"
result $? "no library"

# The whole way to the kernel, as far as there is none.
if "$tool" version -j | grep -q '"module_loaded": true'; then
	for what in status flows monitor unapply apply check; do
		n=$((n + 1))
		echo "ok $n - $what without the module # SKIP the module is loaded"
	done
else
	no='^patchproxy: module not loaded \(modprobe patchproxy\)$'
	expect "status without the module" 1 "$no" status
	expect "flows without the module" 1 "$no" flows
	expect "monitor without the module" 1 "$no" monitor
	expect "unapply without the module" 1 "$no" unapply all
	expect "apply without the module" 1 "$no" apply all --server 192.0.2.1 $lib
	expect "apply of a parameter without the module" 1 "$no" \
	       apply TOY-POLICY --set verbs=A,B --server 2001:db8::/32 --dry-run $lib
	expect "check --kernel without the module" 1 "$no" \
	       check --kernel library/toys/TOY-POLICY.pdef $lib
	expect "version without the module" 0 '' version
fi

# The manual and the completion know every verb and every long option.
user=../../userspace
# shellcheck source=/dev/null
. $user/completions/patchctl.bash
PATH=$(dirname "$(realpath "$tool")"):$PATH
complete_words() # WORD... the last one is completed; the candidates, sorted
{
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	_patchctl
	printf '%s\n' "${COMPREPLY[@]}" | LC_ALL=C sort -u | paste -sd ' '
}
for verb in $verbs; do
	grep -q "^\.SS $verb" $user/man/patchctl.8
	result $? "manual: $verb"
	case " $(complete_words patchctl "") " in
	*" $verb "*) bad=0 ;;
	*) bad=1 ;;
	esac
	result $bad "completion: $verb"
	while read -r option; do
		grep -q -- "\\\\-\\\\-${option//-/\\\\-}" $user/man/patchctl.8
		result $? "manual: $verb --$option"
		[ "$(complete_words patchctl "$verb" "--$option")" = "--$option" ]
		result $? "completion: $verb --$option"
	done < <(sed -n 's/^\t*{ "\([a-z-]*\)", .* \(true\|false\) },\{0,1\}.*$/\1/p
			 s/.*opts\[\] = { { "\([a-z-]*\)", .*/\1/p' "$user/cmd_$verb.c")
done
[ "$(complete_words patchctl --library library show TOY)" = \
  "TOY-2001-0001 TOY-2001-0002 TOY-POLICY" ]
result $? "completion: patches"
[ "$(complete_words patchctl --library library fields "")" = "dgram toy" ]
result $? "completion: protocols"
[ "$(complete_words patchctl check library/toys/TOY-P)" = "library/toys/TOY-POLICY.pdef" ]
result $? "completion: files"

# Installed, it works from there.
make -s -C $user install TOOL="$(realpath "$tool")" BUILD="$(dirname "$(realpath "$tool")")/obj" \
     SANITIZE=1 DESTDIR="$tmp/dest" PREFIX=/usr > "$tmp/out" 2> "$tmp/err"
status=$?
"$tmp/dest/usr/sbin/patchctl" list -j > "$tmp/out" 2>> "$tmp/err" &&
	[ "$(grep -c '^    "name"' "$tmp/out")" -eq "$(find ../../patchdefs -name '*.pdef' | wc -l)" ] &&
	[ -f "$tmp/dest/usr/share/man/man8/patchctl.8" ] &&
	[ -f "$tmp/dest/usr/share/bash-completion/completions/patchctl" ]
result $? "make install"

# Errors are coloured only where somebody looks.
unset NO_COLOR
run check $lib bad/TWO-ERRORS.pdef
! grep -q "$(printf '\033')" "$tmp/err"
result $? "no colour in a file"
if command -v script > /dev/null; then
	TERM=xterm script -qec "$tool check $lib bad/TWO-ERRORS.pdef" /dev/null \
		< /dev/null > "$tmp/err" 2>&1
	grep -q "$(printf '\033')" "$tmp/err"
	result $? "colour on a terminal"
fi
echo "1..$n"
