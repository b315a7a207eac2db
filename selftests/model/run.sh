#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The map of one direction, checked by SPIN in every state it can reach; "make
# model" calls it.  Documentation/model.rst says what is modelled.
#
# Usage: run.sh [NAME...]
#
#   NAME   only these configurations
#
# A line for each configuration, with what was found; the last line is "N
# passed, N failed, N skipped".  A configuration with a fault put in on purpose
# passes if SPIN finds what is expected.

set -u
here=$(cd "$(dirname "$0")" && pwd)
out=$here/../../build/model

# Name, what becomes of each byte of the stream, window, bits of a number,
# expected result, and further definitions for the model.
#
#   =  kept       -  cut          +  becomes two    ~  becomes another
#   .  opaque     #  a run of them is held, and becomes HELD_OUT others
#   F  A ends with a FIN
#
# Results: "holds", or what SPIN is to find: "assertion" (safety) or "cycle" (no
# progress).  BITS is 3 wherever half of so few numbers is more than lies between
# any two that are compared.
configurations()
{
	cat <<-'end'
	identity            ===F    2  3  holds      VERSIONS=2
	delete              =-=F    2  3  holds      VERSIONS=2
	delete-two          =--=F   3  4  holds
	delete-end          ==--F   3  4  holds
	delete-open         ==--    3  4  holds
	shorten             =##=F   3  4  holds
	shorten-end         =##F    3  4  holds      VERSIONS=2
	lengthen            =#=F    3  4  holds      HELD_OUT=2
	nagle               =##==   3  4  holds      NAGLE
	grow                =+=F    2  3  holds      VERSIONS=2
	same                =~=F    2  3  holds      VERSIONS=2
	adjacent            =-+=F   3  4  holds
	adjacent-back       =+-=F   3  4  holds
	opaque              =..-=F  3  4  holds
	anchor-identity     ===F    3  4  holds      OWED
	anchor-delete       =--=F   3  4  holds      OWED
	anchor-delete-end   ==--F   3  4  holds      OWED
	anchor-shorten      =##=F   3  4  holds      OWED
	anchor-grow         =+=F    3  4  holds      OWED
	anchor-same         =~=F    3  4  holds      OWED
	anchor-adjacent     =-+=F   3  4  holds      OWED
	anchor-opaque       =..-=F  3  4  holds      OWED
	timer-delete        =--=F   3  4  holds      CUSTODY
	timer-shorten       =##=F   3  4  holds      CUSTODY
	timer-grow          =+=F    3  4  holds      CUSTODY
	timer-opaque        =..-=F  3  4  holds      CUSTODY
	small-window        =+=     1  4  holds
	small-window-held   =#=F    2  4  holds      HELD_OUT=2
	bug-edge            =+=     1  4  cycle      BUG_EDGE
	bug-ceiling         =+==    2  4  assertion  BUG_CEIL
	bug-loose           =+=     2  4  assertion  BUG_LOOSE
	bug-sack-part       =+==    3  4  assertion  BUG_SACK_PART
	bug-sack-unowned    =--=F   3  4  assertion  CUSTODY BUG_SACK_UNOWNED
	bug-raw             =+=F    2  3  assertion  BUG_RAW
	bug-last-copy       =+=F    2  3  assertion  BUG_LAST_COPY VERSIONS=2
	bug-forget          =..-=F  3  4  assertion  CUSTODY BUG_FORGET
	bug-no-timer        =--=F   3  4  cycle      CUSTODY BUG_NO_TIMER
	bug-no-anchor       ===F    3  4  cycle      OWED BUG_NO_ANCHOR
	bug-no-custody      =##==   3  4  cycle      NAGLE BUG_NO_CUSTODY
	bug-no-carry        =##==   3  4  cycle      BUG_NO_CARRY
	end
}

# Definitions for cpp from the bytes of a stream.
stream()
{
	local bytes=${1%F} fin=0 i kind
	[ "$bytes" = "$1" ] || fin=1
	printf -- '-DN=%d -DFIN=%d' ${#bytes} $fin
	for ((i = 0; i < 6; i++)); do
		case ${bytes:i:1} in
		-)	kind=CUT ;;
		+)	kind=GROW ;;
		'~')	kind=SAME ;;
		'#')	kind=HELD ;;
		.)	kind=OPAQUE ;;
		*)	kind=KEEP ;;
		esac
		printf -- ' -DK%d=%s' "$i" $kind
	done
}

# verify NAME STREAM WINDOW BITS EXPECTED DEFINITION... - one configuration
verify()
{
	local name=$1 bytes=$2 window=$3 bits=$4 expected=$5 define found states depth word
	shift 5
	define="-DLIVE -DWIN=$window -DBITS=$bits $(stream "$bytes")"
	case " $* " in *" VERSIONS="*) ;; *) define="$define -DVERSIONS=1" ;; esac
	case " $* " in *" HELD_OUT="*) ;; *) define="$define -DHELD_OUT=1" ;; esac
	for word; do
		define="$define -D$word"
	done
	rm -rf "${out:?}/$name"
	mkdir -p "$out/$name"
	cp "$here"/*.pml "$out/$name"
	# shellcheck disable=SC2086 # words
	if ! (cd "$out/$name" && spin $define -a map.pml && gcc -w -O1 -DNFAIR=3 -DCOLLAPSE \
			-DMEMLIM=4096 -o pan pan.c && ./pan -a -f -m1000000) > "$out/$name/log" 2>&1; then
		found=broken
	elif grep -q 'acceptance cycle' "$out/$name/log"; then
		found=cycle
	elif grep -q 'assertion violated' "$out/$name/log"; then
		found=assertion
	elif grep -q 'errors: 0$' "$out/$name/log" &&
	     ! grep -qE 'not completed|depth too small|out of memory' "$out/$name/log"; then
		found=holds
	else
		found=broken
	fi
	states=$(awk '/states, stored/ { print $1 }' "$out/$name/log")
	depth=$(sed -n 's/.*depth reached \([0-9]*\).*/\1/p' "$out/$name/log")
	case $found in
	holds)	word="every state: holds" ;;
	*)	word=$found ;;
	esac
	printf '%-16s %-7s %s  %8s states, depth %5s: %s' "$name" "$bytes" "$bits" \
		"${states:-?}" "${depth:-?}" "$word"
	if [ "$found" = "$expected" ]; then
		[ "$found" = holds ] || printf ', as it must'
		printf '\n'
		passed=$((passed + 1))
	else
		printf ', EXPECTED: %s\n' "$expected"
		failed=$((failed + 1))
		if [ $found = broken ]; then
			tail -n 5 "$out/$name/log"
		else
			events "$name"
		fi
	fi
}

# events NAME - the packets that lead there
events()
{
	(cd "$out/$1" && ./pan -r | grep -E '^ *(A sends|box|B |<<<)')
}

install_spin()
{
	command -v spin > /dev/null && return
	if ! command -v apt-get > /dev/null; then
		echo "model: this is not Debian; please install the like of: spin" >&2
		return 1
	fi
	local sudo=
	[ "$(id -u)" -eq 0 ] || sudo=sudo
	echo "model: installing spin"
	$sudo apt-get -qq update
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends \
		install spin < /dev/null && return
	echo "model: apt-get could not install spin" >&2
	return 1
}

passed=0
failed=0
install_spin || exit 1
while read -r name bytes window bits expected defines; do
	case " $* " in
	"  "|*" $name "*)
		# shellcheck disable=SC2086 # words
		verify "$name" "$bytes" "$window" "$bits" "$expected" $defines
		;;
	esac
done < <(configurations)
echo "$passed passed, $failed failed, 0 skipped"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
