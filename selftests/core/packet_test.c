// SPDX-License-Identifier: GPL-2.0
/*
 * Frames of any length and content are taken apart without reading beyond them, and
 * what is put together from one of them can be taken apart again.
 */
#include "../../userspace/packet.h"
#include "mini.h"
#include "tap.h"

#include <pcap/dlt.h>
#include <stdio.h>
#include <sys/socket.h>

#define ROUNDS	200000

static const u8 tcp4[] = {
	2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x81, 0, 0, 7, 0x08, 0,
	0x45, 0, 0, 68, 0, 1, 0x40, 0, 64, 6, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2,
	0x9c, 0x40, 0, 80, 0, 0, 0, 9, 0, 0, 0, 8, 0xb0, 0x18, 0xff, 0xff, 0, 0, 0, 0,
	1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 1, 5, 10, 0, 0, 0, 20, 0, 0, 0, 30,
	'a', 'b', 'c', 'd',
};

static const u8 udp6[] = {
	2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x86, 0xdd,
	0x60, 0, 0, 0, 0, 20, 60, 64,
	0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
	0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2,
	17, 0, 1, 4, 0, 0, 0, 0,
	0x05, 0xdc, 0x05, 0x9a, 0, 12, 0, 0, 'w', 'x', 'y', 'z',
};

static void fields(void)
{
	struct packet p;

	tap_ok(packet_parse(&p, DLT_EN10MB, tcp4, sizeof(tcp4), sizeof(tcp4)) == PACKET_TCP &&
	       p.family == AF_INET && p.vlan == 7 && p.sport == 40000 && p.dport == 80 &&
	       p.len == 4 && p.have == 4 && p.seg.seq == 9 && p.seg.ack == 8 &&
	       p.seg.flags == (PP_TCP_PSH | PP_TCP_ACK) && p.seg.has_ts && p.seg.tsval == 1 &&
	       p.seg.nsack == 1 && p.seg.sack[0].start == 20 && p.seg.sack[0].end == 30 &&
	       !memcmp(p.data + p.pay, "abcd", 4), "TCP over IPv4 in a VLAN");
	tap_ok(packet_parse(&p, DLT_EN10MB, udp6, sizeof(udp6), sizeof(udp6)) == PACKET_UDP &&
	       p.family == AF_INET6 && p.sport == 1500 && p.dport == 1434 && p.len == 4 &&
	       !memcmp(p.data + p.pay, "wxyz", 4), "UDP over IPv6 with an extension header");
	tap_ok(packet_parse(&p, DLT_EN10MB, tcp4, sizeof(tcp4) - 3, sizeof(tcp4)) == PACKET_TCP &&
	       p.len == 4 && p.have == 1, "payload that was not captured");
}

static bool rebuild(const struct packet *p, enum packet_kind kind, int link, u8 *frame)
{
	struct packet_fix fix;
	struct packet again;
	u32 n;

	packet_fix_init(&fix, p);
	fix.seq += 5;
	fix.nsack = min(fix.nsack, (u8)1);
	n = packet_build(p, kind, &fix, frame);
	if (!n)
		return p->pay - p->l3 + fix.len > 65535;
	if (packet_parse(&again, link, frame, n, n) != kind || again.len != fix.len ||
	    again.sport != p->sport || memcmp(again.dst, p->dst, 16))
		return false;
	if (kind == PACKET_UDP)
		return true;
	if (again.seg.seq != fix.seq || again.seg.nsack != fix.nsack)
		return false;
	n = packet_bare(p, true, &fix, 7, frame);
	return packet_parse(&again, link, frame, n, n) == PACKET_TCP && again.sport == p->dport &&
	       !again.len;
}

static void damaged(const char *name, const u8 *good, u32 size)
{
	static const int links[] = { DLT_EN10MB, DLT_EN10MB, DLT_LINUX_SLL, DLT_RAW,
				     DLT_LINUX_SLL2, DLT_NULL };
	u8 *frame = malloc(PACKET_MAX), *copy;
	u32 i, k, n, bad = 0, kinds[5] = { 0 };
	enum packet_kind kind;
	u64 random = 7;
	struct packet p;
	int link;

	for (i = 0; i < ROUNDS; i++) {
		n = test_random(&random) % (size + 1);
		if (i & 1)
			n = size;
		copy = malloc(n ? n : 1);
		memcpy(copy, good, n);
		for (k = test_random(&random) % 4; k && n; k--)
			copy[test_random(&random) % n] = test_random(&random);
		link = links[test_random(&random) % ARRAY_SIZE(links)];
		kind = packet_parse(&p, link, copy, n, n + test_random(&random) % 3);
		kinds[kind]++;
		if ((kind == PACKET_TCP || kind == PACKET_UDP) &&
		    (p.pay + p.have > n || !rebuild(&p, kind, link, frame)))
			bad++;
		free(copy);
	}
	free(frame);
	tap_ok(!bad, "%s, %u frames damaged: %u other, %u fragments, %u short, %u TCP, %u UDP", name,
	       ROUNDS, kinds[0], kinds[1], kinds[2], kinds[3], kinds[4]);
}

int main(void)
{
	fields();
	damaged("IPv4", tcp4, sizeof(tcp4));
	damaged("IPv6", udp6, sizeof(udp6));
	return tap_done();
}
