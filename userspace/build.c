// SPDX-License-Identifier: GPL-2.0
/* Frames put together: copies with other content, and bare segments made anew. */
#include "packet.h"

#include <sys/socket.h>

static void put16(u8 *p, u16 v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static void put32(u8 *p, u32 v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

static u32 sum(u32 acc, const u8 *p, u32 n)
{
	u32 i;

	for (i = 0; i + 1 < n; i += 2) {
		acc += p[i] << 8 | p[i + 1];
		acc = (acc & 0xffff) + (acc >> 16);
	}
	if (n & 1)
		acc += p[n - 1] << 8;
	return acc;
}

static u16 fold(u32 acc)
{
	while (acc >> 16)
		acc = (acc & 0xffff) + (acc >> 16);
	return ~acc;
}

static u16 transport_sum(int family, const u8 *ip, const u8 *l4, u32 len, u8 proto)
{
	u32 acc = proto + (len >> 16) + (len & 0xffff);

	if (family == AF_INET)
		acc = sum(acc, ip + 12, 8);
	else
		acc = sum(acc, ip + 8, 32);
	return fold(sum(acc, l4, len));
}

/* Lengths and checksums of a frame whose IP packet ends at @end. */
static void seal(u8 *to, const struct packet *p, u32 l4, u32 end, int kind)
{
	u8 *ip = to + p->l3, *t = to + l4;
	u16 csum;

	if (p->family == AF_INET) {
		put16(ip + 2, end - p->l3);
		put16(ip + 10, 0);
		put16(ip + 10, fold(sum(0, ip, (ip[0] & 15) * 4)));
	} else {
		put16(ip + 4, end - p->l3 - 40);
	}
	if (kind == PACKET_TCP) {
		put16(t + 16, 0);
		put16(t + 16, transport_sum(p->family, ip, t, end - l4, IPPROTO_TCP));
		return;
	}
	put16(t + 4, end - l4);
	/* Over IPv4 a zero says that there is none. */
	if (p->family == AF_INET && !t[6] && !t[7])
		return;
	put16(t + 6, 0);
	csum = transport_sum(p->family, ip, t, end - l4, IPPROTO_UDP);
	put16(t + 6, csum ? csum : 0xffff);
}

/**
 * packet_fix_init - what a frame says now
 * @fix: filled in
 * @p: the frame
 */
void packet_fix_init(struct packet_fix *fix, const struct packet *p)
{
	int i;

	memset(fix, 0, sizeof(*fix));
	fix->seq = p->seg.seq;
	fix->ack = p->seg.ack;
	fix->win = p->seg.win;
	fix->flags = p->seg.flags;
	fix->nsack = p->seg.nsack;
	for (i = 0; i < fix->nsack; i++) {
		fix->sack[i].start = p->seg.sack[i].start;
		fix->sack[i].end = p->seg.sack[i].end;
	}
	fix->data = p->data + p->pay;
	fix->len = p->have;
}

static void put_sack(u8 *opt, const struct packet *p, const struct packet_fix *fix)
{
	int i;

	for (i = 0; i < fix->nsack; i++) {
		put32(opt + 8 * i, fix->sack[i].start);
		put32(opt + 8 * i + 4, fix->sack[i].end);
	}
	opt[-1] = 2 + 8 * fix->nsack;
	/* Blocks that are gone, and the option itself with the last of them. */
	memset(opt + 8 * fix->nsack, 1, 8 * (p->seg.nsack - fix->nsack));
	if (!fix->nsack)
		opt[-1] = opt[-2] = 1;
}

/**
 * packet_build - a frame like another one, with other content
 * @p: the other one
 * @kind: PACKET_TCP or PACKET_UDP
 * @fix: what it is to say; for PACKET_UDP only the payload counts
 * @to: room for PACKET_MAX bytes
 *
 * Return: bytes written; 0 if the payload does not fit an IP packet.
 */
u32 packet_build(const struct packet *p, int kind, const struct packet_fix *fix, u8 *to)
{
	u8 *t = to + p->l4;
	u16 id;

	if (p->pay - p->l3 + fix->len > 65535)
		return 0;
	memcpy(to, p->data, p->pay);
	memcpy(to + p->pay, fix->data, fix->len);
	if (p->family == AF_INET) {
		id = (to[p->l3 + 4] << 8 | to[p->l3 + 5]) + fix->id;
		put16(to + p->l3 + 4, id);
	}
	if (kind == PACKET_TCP) {
		put32(t + 4, fix->seq);
		put32(t + 8, fix->ack);
		t[13] = (t[13] & ~0x3f) | fix->flags;
		put16(t + 14, fix->win);
		if (!(fix->flags & PP_TCP_URG))
			put16(t + 18, 0);
		if (p->opt_sack)
			put_sack(to + p->opt_sack, p, fix);
	}
	seal(to, p, p->l4, p->pay + fix->len, kind);
	return p->pay + fix->len;
}

static void swap_bytes(u8 *a, u8 *b, u32 n)
{
	u8 c;

	while (n--) {
		c = *a;
		*a++ = *b;
		*b++ = c;
	}
}

/**
 * packet_bare - a segment without payload, made for the connection of a frame
 * @p: the frame
 * @back: it travels the other way
 * @fix: sequence and acknowledgement number, window and flags
 * @tsval: timestamp value, where the frame has a timestamp
 * @to: room for PACKET_MAX bytes
 *
 * Return: bytes written.
 */
u32 packet_bare(const struct packet *p, bool back, const struct packet_fix *fix, u32 tsval,
		u8 *to)
{
	u32 addr = p->family == AF_INET ? 4 : 16, l4 = p->l3 + (p->family == AF_INET ? 20 : 40);
	bool ts = p->seg.has_ts && !(fix->flags & PP_TCP_RST);
	u8 *ip = to + p->l3, *t = to + l4;

	memcpy(to, p->data, p->l3);
	memset(ip, 0, l4 - p->l3);
	if (p->family == AF_INET) {
		ip[0] = 0x45;
		ip[6] = 0x40;
		ip[8] = 64;
		ip[9] = IPPROTO_TCP;
		memcpy(ip + 12, p->src, 4);
		memcpy(ip + 16, p->dst, 4);
	} else {
		ip[0] = 0x60;
		ip[6] = IPPROTO_TCP;
		ip[7] = 64;
		memcpy(ip + 8, p->src, 16);
		memcpy(ip + 24, p->dst, 16);
	}
	memset(t, 0, 32);
	put16(t, p->sport);
	put16(t + 2, p->dport);
	put32(t + 4, fix->seq);
	put32(t + 8, fix->ack);
	t[12] = ts ? 0x80 : 0x50;
	t[13] = fix->flags;
	put16(t + 14, fix->win);
	if (ts) {
		t[20] = t[21] = 1;
		t[22] = 8;
		t[23] = 10;
		put32(t + 24, tsval);
		put32(t + 28, back ? p->seg.tsval : p->seg.tsecr);
	}
	if (back) {
		if (p->ether)
			swap_bytes(to, to + 6, 6);
		swap_bytes(ip + (addr == 4 ? 12 : 8), ip + (addr == 4 ? 16 : 24), addr);
		swap_bytes(t, t + 2, 2);
	}
	seal(to, p, l4, l4 + (ts ? 32 : 20), PACKET_TCP);
	return l4 + (ts ? 32 : 20);
}
