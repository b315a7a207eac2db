/* SPDX-License-Identifier: GPL-2.0 */
/* Changing packets and making packets. */
#ifndef _PP_SKB_H
#define _PP_SKB_H

#include "packet.h"

struct pp_tcp_opts;

/**
 * struct pp_ends - addresses of a packet that is made here
 * @saddr: source
 * @daddr: destination
 * @sport: source port
 * @dport: destination port
 * @family: AF_INET or AF_INET6
 */
struct pp_ends {
	union nf_inet_addr saddr;
	union nf_inet_addr daddr;
	__be16 sport;
	__be16 dport;
	u8 family;
};

/**
 * struct pp_bare - a TCP segment without payload that is made here
 * @ends: between whom
 * @seq: sequence number
 * @ack: acknowledgement number
 * @tsval: timestamp value
 * @tsecr: timestamp echo
 * @win: window field
 * @flags: PP_TCP_*
 * @dsfield: DSCP and ECN field of the IP header
 * @has_ts: it carries a timestamp option
 * @nsack: SACK blocks that it carries, as far as they fit
 * @sack: the blocks
 */
struct pp_bare {
	struct pp_ends ends;
	u32 seq;
	u32 ack;
	u32 tsval;
	u32 tsecr;
	u16 win;
	u16 flags;
	u8 dsfield;
	bool has_ts;
	u8 nsack;
	struct { u32 start, end; } sack[PP_MAX_SACK];
};

u32 pp_skb_most(const struct pp_packet *p);
int pp_skb_trim(struct pp_packet *p);
int pp_skb_own(struct pp_packet *p);
bool pp_skb_csum_ok(struct pp_packet *p);
bool pp_skb_needs_rebuild(const struct sk_buff *skb);
int pp_skb_strip(struct pp_packet *p, const struct pp_tcp_opts *o);
int pp_skb_shift(struct pp_packet *p, const struct pp_tcp_opts *o, const struct pp_out *out);
int pp_skb_rewrite_tcp(struct pp_packet *p, const struct pp_tcp_opts *o,
		       const struct pp_out *out);
struct sk_buff *pp_skb_part(struct pp_packet *p, const struct pp_tcp_opts *o,
			    const struct pp_out *out);
int pp_skb_rewrite_udp(struct pp_packet *p, const struct pp_out *out);
int pp_skb_put_icmp32(struct pp_packet *p, u32 off, __be32 value);
struct sk_buff *pp_skb_bare(const struct pp_bare *b);
int pp_skb_frame(struct sk_buff *skb, const struct pp_packet *to);

#endif /* _PP_SKB_H */
