#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# patchctl replay over made captures: the report and the capture that comes out are
# what golden/ says. With "update" as argument golden/ is written instead.

tool=$CORE_OUT/patchctl
work=$CORE_OUT/replay
golden=golden
n=0

rm -rf "$work"
mkdir -p "$work" && python3 pcap.py write "$work" || exit 1
[ "$1" = update ] && mkdir -p $golden

result()
{
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		sed 's/^/# /' "$work/diff"
		failed=1
	fi
}

# check NAME show|streams ARGUMENT...: replay, compare report and capture
check()
{
	name=$1 how=$2
	shift 2
	{
		"$tool" replay -w "$work/out.pcap" "$@" 2>&1
		echo "exit $?"
		python3 pcap.py $how "$work/out.pcap" 2>&1
	} > "$work/$name.txt"
	if [ -n "$update" ]; then
		cp "$work/$name.txt" "$golden/$name.txt"
	fi
	diff -u "$golden/$name.txt" "$work/$name.txt" > "$work/diff" 2>&1
	result $? "$name"
}

# same NAME CAPTURE ARGUMENT...: the capture comes out byte for byte
same()
{
	name=$1 cap=$2
	shift 2
	"$tool" replay -w "$work/out.pcap" "$@" "$work/$cap.pcap" > "$work/diff" 2>&1
	for f in "$work/$cap.pcap" "$work/out.pcap"; do
		python3 pcap.py bytes "$f" > "$f.bytes"
	done
	cmp "$work/$cap.pcap.bytes" "$work/out.pcap.bytes" >> "$work/diff" 2>&1
	result $? "$name"
}

# refused STATUS NAME ARGUMENT...
refused()
{
	want=$1 name=$2
	shift 2
	"$tool" "$@" > "$work/diff" 2>&1
	[ $? -eq "$want" ]
	result $? "$name"
}

failed=0 update=$1
for cap in codered codered-small codered6 codered-vlan codered-sll codered-raw codered-ng \
	   resent grown two midstream fragments cut cut-headers shuffled unanswered; do
	check $cap show "$work/$cap.pcap"
done
for cap in slammer slammer-nosum slammer6; do
	check $cap show --server 192.0.2.2 --server 2001:db8::2 "$work/$cap.pcap"
done
check unanswered-json show -j "$work/unanswered.pcap"
check unanswered-named show --server 192.0.2.4:80 --server 192.0.2.11 "$work/unanswered.pcap"
check bytes streams --segment 1 "$work/codered.pcap"
check random streams --segment random:3 "$work/codered.pcap"
check one-patch show --patch CVE-2001-0500 --server 192.0.2.0/24:80 "$work/codered.pcap"
check json show -j "$work/resent.pcap"
check policy show --patch POLICY-POST-1024 "$work/post.pcap"
check policy-acked show --patch POLICY-POST-1024 "$work/post-acked.pcap"
check log4j-small streams --segment 1 "$work/grown.pcap"

same "another server's packets leave unchanged" codered --server 192.0.2.9
same "another patch leaves packets unchanged" codered --patch CVE-2014-6271
same "a connection without its start leaves unchanged" midstream
same "fragments leave unchanged" fragments

"$tool" replay "$work/unanswered.pcap" > "$work/file.txt" 2>&1
cat "$work/unanswered.pcap" | "$tool" replay - > "$work/pipe.txt" 2>&1
diff -u "$work/file.txt" "$work/pipe.txt" > "$work/diff" 2>&1 && [ -s "$work/pipe.txt" ]
result $? "a capture from a pipe is read as from a file"

refused 1 "a capture that is not there" replay "$work/nothing.pcap"
refused 1 "a file that is no capture" replay pcap.py
refused 1 "a patch that is not there" replay --patch CVE-0000-0000 "$work/codered.pcap"
refused 1 "an output that cannot be written" replay -w /nowhere/x "$work/codered.pcap"
cp "$work/codered.pcap" "$work/itself.pcap"
refused 1 "an output over the input" replay -w "$work/itself.pcap" "$work/itself.pcap"
cmp "$work/codered.pcap" "$work/itself.pcap" > /dev/null 2>&1
result $? "the input is as it was"
refused 1 "a port of no protocol" replay --server 192.0.2.2:4 "$work/codered.pcap"
refused 2 "no capture" replay
refused 2 "a wrong way to cut" replay --segment x "$work/codered.pcap"
refused 2 "a wrong address" replay --server 300.1.1.1 "$work/codered.pcap"
refused 0 "the samples of the library" test
refused 0 "the samples of small protocols" test --library library
refused 0 "as many edits as fit and one more" test many.pdef
refused 1 "a sample that does not hold" test broken.pdef

echo "1..$n"
exit $failed
