// SPDX-License-Identifier: GPL-2.0
/*
 * Errors about a connection's packets. They quote the packet's sequence number, and a
 * sender ignores an error about a number it has not sent: path MTU discovery would
 * stop working. The number is translated back to the one the sender used.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/tcp.h>

#include "flow.h"
#include "hook.h"
#include "skb.h"

/* Both ICMP headers have 8 bytes before the packet they quote. */
#define PP_ICMP_HLEN	8

static bool icmp_error(const struct pp_packet *p)
{
	const u8 *type;
	u8 buf;

	type = skb_header_pointer(p->skb, p->l4, 1, &buf);
	if (!type)
		return false;
	if (p->family == AF_INET6)
		return p->proto == IPPROTO_ICMPV6 && *type < ICMPV6_INFOMSG_MASK;
	if (p->proto != IPPROTO_ICMP)
		return false;
	return *type == ICMP_DEST_UNREACH || *type == ICMP_SOURCE_QUENCH ||
	       *type == ICMP_TIME_EXCEEDED || *type == ICMP_PARAMETERPROB;
}

/* @dir: direction of the packets that the error may be about. */
static unsigned int translate(struct pp_packet *p, int dir)
{
	struct pp_packet inner;
	struct pp_flow *flow;
	struct pp_tuple t;
	const __be32 *seq;
	u32 y, x, off;
	__be32 buf;

	if (!icmp_error(p) || !pp_packet_parse_inner(&inner, p, p->l4 + PP_ICMP_HLEN) ||
	    !pp_packet_wanted(&inner))
		return NF_ACCEPT;
	pp_packet_tuple(&inner, dir, &t);
	flow = pp_flow_find(p->pn, &t);
	off = inner.l4 + offsetof(struct tcphdr, seq);
	seq = skb_header_pointer(p->skb, off, sizeof(buf), &buf);
	if (!flow || !seq)
		return NF_ACCEPT;
	y = ntohl(*seq);
	spin_lock(&flow->lock);
	x = pp_conn_unmap(&flow->conn, dir, y);
	spin_unlock(&flow->lock);
	if (x == y)
		return NF_ACCEPT;
	if (pp_skb_put_icmp32(p, off, htonl(x))) {
		pp_count(p->pn, PATCHPROXY_CNT_drop_nomem, 1);
		return NF_DROP;
	}
	pp_count(p->pn, PATCHPROXY_CNT_icmp_translated, 1);
	return NF_ACCEPT;
}

/**
 * pp_icmp_entry() - an ICMP packet comes in
 * @p: packet
 *
 * An error on its way to a server is about a packet that was translated for the client
 * when it left.
 *
 * Context: entry hook, bottom halves off. May reallocate the head.
 *
 * Return: netfilter verdict.
 */
unsigned int pp_icmp_entry(struct pp_packet *p)
{
	return translate(p, PP_S2C);
}

/**
 * pp_icmp_leave() - an ICMP packet leaves
 * @p: packet
 *
 * An error on its way to a client is about a packet that was translated for the server
 * when it came in.
 *
 * Context: exit hook, bottom halves off. May reallocate the head.
 *
 * Return: netfilter verdict.
 */
unsigned int pp_icmp_leave(struct pp_packet *p)
{
	return translate(p, PP_C2S);
}
