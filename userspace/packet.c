// SPDX-License-Identifier: GPL-2.0
/* Frames taken apart: link, VLAN, IP with its extensions, TCP with its options, UDP. */
#include "packet.h"

#include <pcap/dlt.h>
#include <sys/socket.h>

#define ETH_8021Q	0x8100
#define ETH_8021AD	0x88a8
#define ETH_QINQ	0x9100
#define ETH_IPV4	0x0800
#define ETH_IPV6	0x86dd

static u16 get16(const u8 *p)
{
	return p[0] << 8 | p[1];
}

static u32 get32(const u8 *p)
{
	return (u32)get16(p) << 16 | get16(p + 2);
}

/**
 * packet_hash - hash of one end of a packet's way
 * @addr: 16 bytes, an IPv4 address and zeroes or an IPv6 address
 * @port: port
 *
 * Return: the hash.
 */
u32 packet_hash(const u8 *addr, u16 port)
{
	u32 h = 2166136261u, i;

	for (i = 0; i < 16; i++)
		h = (h ^ addr[i]) * 16777619u;
	h = (h ^ (port & 255)) * 16777619u;
	return (h ^ port >> 8) * 16777619u;
}

/**
 * packet_link_known - can frames of a link type be taken apart
 * @link: DLT_*
 *
 * Return: they can.
 */
bool packet_link_known(int link)
{
	switch (link) {
	case DLT_EN10MB:
	case DLT_LINUX_SLL:
	case DLT_LINUX_SLL2:
	case DLT_RAW:
	case DLT_IPV4:
	case DLT_IPV6:
	case DLT_NULL:
	case DLT_LOOP:
		return true;
	}
	return false;
}

/* Find the IP header; false: there is none, or too little of it. */
static bool parse_link(struct packet *p, int link)
{
	const u8 *d = p->data;
	u32 off, type = 0;
	bool bare = false;

	switch (link) {
	case DLT_EN10MB:
		off = 14;
		type = p->caplen >= off ? get16(d + 12) : 0;
		p->ether = true;
		break;
	case DLT_LINUX_SLL:
		off = 16;
		type = p->caplen >= off ? get16(d + 14) : 0;
		break;
	case DLT_LINUX_SLL2:
		off = 20;
		type = p->caplen >= off ? get16(d) : 0;
		break;
	case DLT_NULL:
	case DLT_LOOP:
		off = 4;
		bare = true;
		break;
	default:
		off = 0;
		bare = true;
		break;
	}
	while (type == ETH_8021Q || type == ETH_8021AD || type == ETH_QINQ) {
		if (p->caplen < off + 4)
			return false;
		p->vlan = p->vlan << 16 | (get16(d + off) & 0xfff);
		type = get16(d + off + 2);
		off += 4;
	}
	p->l3 = off;
	if (p->caplen <= off)
		return false;
	if (type == ETH_IPV4 || (bare && d[off] >> 4 == 4))
		p->family = AF_INET;
	else if (type == ETH_IPV6 || (bare && d[off] >> 4 == 6))
		p->family = AF_INET6;
	else
		return false;
	return true;
}

/* Find the transport header; @end is where the IP packet ends by its own account. */
static enum packet_kind parse_ip4(struct packet *p, u32 len, u32 *end)
{
	const u8 *ip = p->data + p->l3;
	u32 left = p->caplen - p->l3, ihl, total;

	if (left < 20)
		return PACKET_SHORT;
	ihl = (ip[0] & 15) * 4;
	total = get16(ip + 2);
	if (!total)	/* captured before segmentation */
		total = len - p->l3;
	if (ip[0] >> 4 != 4 || ihl < 20 || total < ihl || left < ihl)
		return PACKET_SHORT;
	memcpy(p->src, ip + 12, 4);
	memcpy(p->dst, ip + 16, 4);
	p->l4 = p->l3 + ihl;
	*end = p->l3 + total;
	if (get16(ip + 6) & 0x3fff)
		return PACKET_FRAGMENT;
	return ip[9] == IPPROTO_TCP ? PACKET_TCP : ip[9] == IPPROTO_UDP ? PACKET_UDP : PACKET_OTHER;
}

static enum packet_kind parse_ip6(struct packet *p, u32 len, u32 *end)
{
	const u8 *ip = p->data + p->l3, *ext;
	u32 left = p->caplen - p->l3, off = 40;
	u8 next;

	if (left < 40 || ip[0] >> 4 != 6)
		return PACKET_SHORT;
	memcpy(p->src, ip + 8, 16);
	memcpy(p->dst, ip + 24, 16);
	*end = get16(ip + 4) ? p->l3 + 40 + get16(ip + 4) : len;
	for (next = ip[6];; next = ext[0]) {
		p->l4 = p->l3 + off;
		if (next == IPPROTO_TCP)
			return PACKET_TCP;
		if (next == IPPROTO_UDP)
			return PACKET_UDP;
		if (next != IPPROTO_HOPOPTS && next != IPPROTO_ROUTING &&
		    next != IPPROTO_DSTOPTS && next != IPPROTO_FRAGMENT)
			return PACKET_OTHER;
		if (left < off + 8)
			return PACKET_SHORT;
		ext = ip + off;
		if (next == IPPROTO_FRAGMENT) {
			if (get16(ext + 2) & 0xfff9)
				return PACKET_FRAGMENT;
			off += 8;
			continue;
		}
		/* On a source route the checksum is over another address. */
		if (next == IPPROTO_ROUTING && ext[3])
			return PACKET_OTHER;
		off += (ext[1] + 1) * 8;
	}
}

static void parse_sack(struct packet *p, const u8 *opt, u32 off)
{
	int i, n = min((opt[1] - 2) / 8, PP_MAX_SACK);

	p->opt_sack = off + 2;
	p->seg.nsack = n;
	for (i = 0; i < n; i++) {
		p->seg.sack[i].start = get32(opt + 2 + 8 * i);
		p->seg.sack[i].end = get32(opt + 6 + 8 * i);
	}
}

static void parse_options(struct packet *p)
{
	u32 off = p->l4 + 20;
	const u8 *opt;
	u32 len;

	p->seg.wscale = 0xff;
	while (off < p->pay) {
		opt = p->data + off;
		if (opt[0] == 0)
			break;
		if (opt[0] == 1) {
			off++;
			continue;
		}
		if (p->pay - off < 2 || opt[1] < 2 || opt[1] > p->pay - off)
			break;
		len = opt[1];
		if (opt[0] == 2 && len == 4)
			p->seg.mss = get16(opt + 2);
		else if (opt[0] == 3 && len == 3)
			p->seg.wscale = min(opt[2], 14);
		else if (opt[0] == 5 && len >= 10 && len % 8 == 2)
			parse_sack(p, opt, off);
		else if (opt[0] == 8 && len == 10) {
			p->seg.has_ts = true;
			p->seg.tsval = get32(opt + 2);
			p->seg.tsecr = get32(opt + 6);
		}
		off += len;
	}
}

static enum packet_kind parse_tcp(struct packet *p, u32 end)
{
	const u8 *t = p->data + p->l4;
	u32 doff;

	if (p->caplen < p->l4 + 20 || end < p->l4 + 20)
		return PACKET_SHORT;
	doff = (t[12] >> 4) * 4;
	p->pay = p->l4 + doff;
	if (doff < 20 || p->caplen < p->pay || end < p->pay)
		return PACKET_SHORT;
	p->sport = get16(t);
	p->dport = get16(t + 2);
	p->len = end - p->pay;
	p->seg.seq = get32(t + 4);
	p->seg.ack = get32(t + 8);
	p->seg.flags = t[13] & 0x3f;
	p->seg.win = get16(t + 14);
	p->seg.len = p->len;
	parse_options(p);
	return PACKET_TCP;
}

static enum packet_kind parse_udp(struct packet *p, u32 end)
{
	const u8 *u = p->data + p->l4;
	u32 len;

	if (p->caplen < p->l4 + 8 || end < p->l4 + 8)
		return PACKET_SHORT;
	len = get16(u + 4);
	p->pay = p->l4 + 8;
	if (len < 8 || len > end - p->l4)
		return PACKET_SHORT;
	p->sport = get16(u);
	p->dport = get16(u + 2);
	p->len = len - 8;
	return PACKET_UDP;
}

/**
 * packet_parse - take a frame apart
 * @p: filled in
 * @link: DLT_*
 * @data: the frame; @p points into it
 * @caplen: bytes of it that were captured
 * @len: bytes it had
 *
 * Return: enum packet_kind; the addresses are valid but for PACKET_OTHER and
 * PACKET_SHORT, ports and payload for PACKET_TCP and PACKET_UDP.
 */
enum packet_kind packet_parse(struct packet *p, int link, const u8 *data, u32 caplen, u32 len)
{
	enum packet_kind kind;
	u32 end;

	memset(p, 0, sizeof(*p));
	p->data = data;
	p->caplen = caplen;
	if (!parse_link(p, link))
		return PACKET_OTHER;
	kind = p->family == AF_INET ? parse_ip4(p, len, &end) : parse_ip6(p, len, &end);
	if (kind == PACKET_TCP)
		kind = parse_tcp(p, end);
	else if (kind == PACKET_UDP)
		kind = parse_udp(p, end);
	if (kind == PACKET_TCP || kind == PACKET_UDP)
		p->have = min(p->len, p->caplen - p->pay);
	return kind;
}
