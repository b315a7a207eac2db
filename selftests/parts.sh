#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A segment that fills a hole and leaves as several packets, with what was kept behind
# it: each has an IP identification of its own, as many as its segments will take, and
# only the last one says that there is no more.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flaws.sh"
. "$(dirname "$0")/session.sh"

# arrived - segments with data that the server got from the client: identification, how
# many it stands for, flags
arrived()
{
	grep -E "^in tcp [^ ]+:$forged_port > " "$TMP/at_server" | awk '{
		for (i = 1; i < NF; i++) {
			if ($i == "len") len = $(i + 1)
			if ($i == "gso") gso = $(i + 1)
			if ($i == "flags") flags = $(i + 1)
		}
		segments = gso && len > gso ? int((len + gso - 1) / gso) : 1
		if (len)
			print substr($NF, 9, 4), segments, flags
	}'
}

# distinct - no identification is used twice
distinct()
{
	arrived | perl -ane '
		for my $n (0 .. $F[1] - 1) {
			my $id = (hex($F[0]) + $n) & 0xffff;
			print "$id twice\n" if $seen{$id}++;
			$bad |= $seen{$id} > 1;
		}
		END { print scalar(keys %seen), " identifications\n"; exit !!($bad || keys %seen < 3) }'
}

# pushed - the last one alone is pushed
pushed()
{
	arrived | awk '{ print; n += $3 ~ /P/; last = $3 ~ /P/ } END { exit !(n == 1 && last) }'
}

printf 'GET / HTTP/1.1\r\nHost: a\r\n\r\n' > "$TMP/one"
times 550 "$TMP/one" > "$TMP/many"
head -c 1000 "$TMP/many" > "$TMP/front"
tail -c +1001 "$TMP/many" > "$TMP/behind"

need_module
topo_routed ct || { fail "topology"; finish; }
session_server
protect "$S4"
sniff_start "$SRV" eth0 80 at_server || fail "sniff"
before=$(counter parts_made)
forger "a hole is filled" "$T4" 10.0.1.9 connect ahead:"$TMP/behind" send:"$TMP/front" \
	over:"$TMP/behind" acked reset
same "what arrives is what was sent" "$TMP/many" "$TMP/srv.$sessions"
check "it left as several packets" grew parts_made "$before"
check "each with identifications of its own" distinct
check "of which the last one is pushed" pushed
check "conntrack saw nothing INVALID" no_invalid
finish
