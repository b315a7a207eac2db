// SPDX-License-Identifier: GPL-2.0
/*
 * The only file that changes packets, and the one that makes them.
 *
 * Every function that changes an skb may reallocate its head: pointers into the
 * packet are fetched behind the call that makes it writable and not kept. No skb
 * that is handed in is freed here; on failure the caller drops it, whatever state it is in.
 *
 * On the way out of a local socket an skb is a clone that shares its data with
 * the socket's retransmit queue. Headers are made private before they are
 * written; payload is never written, it is replaced by new pages.
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/netfilter_bridge.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>
#include <net/tcp.h>

#include "skb.h"
#include "tcp.h"

#define PP_LEAST_MSS	536	/* every IPv4 receiver takes that (RFC 9293, 3.7.1) */

static struct tcphdr *tcp_header(const struct pp_packet *p)
{
	return (struct tcphdr *)(p->skb->data + p->l4);
}

static __sum16 pseudo_sum(const struct pp_packet *p, u32 len, __wsum sum)
{
	if (p->family == AF_INET)
		return csum_tcpudp_magic(p->saddr.ip, p->daddr.ip, len, p->proto, sum);
	return csum_ipv6_magic(&p->saddr.in6, &p->daddr.in6, len, p->proto, sum);
}

/*
 * Payload of a segment. @was: that of the super-packet it was in, or 0; @mss: what the
 * receiver has announced, or 0.
 */
static u32 segment_size(const struct pp_packet *p, u32 was, u32 old_len, u32 mss)
{
	u32 options = p->data - p->l4 - sizeof(struct tcphdr);

	/* What a receiver announces does not count options (RFC 6691). */
	mss -= min(mss, options);
	if (!was && !mss)
		was = max_t(u32, old_len, PP_LEAST_MSS);
	return min_not_zero(was, mss);
}

/**
 * pp_skb_most() - how much payload a packet can be given
 * @p: packet; @p->data is set
 *
 * Nothing in the kernel cuts a super-packet in a PPPoE frame: there it is a segment.
 *
 * Context: any.
 *
 * Return: bytes that the length field of its IP header can still express.
 */
u32 pp_skb_most(const struct pp_packet *p)
{
	u32 headers = p->data - p->l3 - (p->family == AF_INET ? 0 : sizeof(struct ipv6hdr));

	if (p->pppoe)
		return segment_size(p, skb_shinfo(p->skb)->gso_size, p->end - p->data, 0);
	return min_t(u32, IP_MAX_MTU - headers, MAX_SKB_FRAGS * PAGE_SIZE);
}

/**
 * pp_skb_trim() - cut off what follows the IP packet
 * @p: packet
 *
 * Short Ethernet frames are padded; padding is not payload. The IP layer has cut it
 * off already, a bridge has not.
 *
 * Context: hook. May reallocate the head.
 *
 * Return: 0, or -ENOMEM.
 */
int pp_skb_trim(struct pp_packet *p)
{
	if (likely(p->skb->len == p->end))
		return 0;
	return pskb_trim_rcsum(p->skb, p->end);
}

/**
 * pp_skb_own() - make sure that nobody can change the payload any more
 * @p: packet of a client
 *
 * Pages that a process or a guest still maps (MSG_ZEROCOPY, sendfile(), vhost) could
 * say one thing when they are inspected and another when they are sent.
 *
 * Context: hook. May reallocate the head and copies the payload where it has to.
 *
 * Return: 0, or a negative error.
 */
int pp_skb_own(struct pp_packet *p)
{
	struct sk_buff *part;

	if (likely(!skb_is_nonlinear(p->skb)))
		return 0;
	if (unlikely(skb_zcopy(p->skb)) && skb_orphan_frags_rx(p->skb, GFP_ATOMIC))
		return -ENOMEM;
	if (unlikely(skb_has_shared_frag(p->skb)))
		return skb_linearize(p->skb);
	skb_walk_frags(p->skb, part)
		if (unlikely(skb_zcopy(part) || skb_has_shared_frag(part)))
			return skb_linearize(p->skb);
	return 0;
}

/**
 * pp_skb_csum_ok() - is the transport checksum right
 * @p: TCP or UDP packet, trimmed
 *
 * A receiver ignores a segment with a bad checksum; so must the engine, or a segment
 * that only the engine takes would desynchronise it from the server.
 *
 * Context: hook. Does not change the packet.
 *
 * Return: true if it is, or will be filled in.
 */
bool pp_skb_csum_ok(struct pp_packet *p)
{
	struct sk_buff *skb = p->skb;
	u32 len = p->end - p->l4;
	const struct udphdr *uh;
	struct udphdr buf;
	__wsum sum;

	switch (skb->ip_summed) {
	case CHECKSUM_PARTIAL:
		/*
		 * A guest names the place itself. Anywhere but in the transport header
		 * the sum would be written over bytes that have been inspected.
		 */
		return skb_checksum_start_offset(skb) == p->l4 &&
		       skb->csum_offset == (p->proto == IPPROTO_TCP ?
					    offsetof(struct tcphdr, check) :
					    offsetof(struct udphdr, check));
	case CHECKSUM_UNNECESSARY:
		return true;
	case CHECKSUM_COMPLETE:
		sum = csum_sub(skb->csum, skb_checksum(skb, 0, p->l4, 0));
		if (!pseudo_sum(p, len, sum))
			return true;
		break;
	}
	if (p->proto == IPPROTO_UDP && p->family == AF_INET) {
		uh = skb_header_pointer(skb, p->l4, sizeof(buf), &buf);
		if (uh && !uh->check)
			return true;
	}
	return !pseudo_sum(p, len, skb_checksum(skb, p->l4, len, 0));
}

/**
 * pp_skb_needs_rebuild() - may headers not be changed alone
 * @skb: TCP packet
 *
 * In a list that GRO made to be taken apart again (GRO_FRAGLIST) every member has
 * a TCP header of its own, which a change of the first one does not reach.
 *
 * Return: true if it has to go through pp_skb_rewrite_tcp().
 */
bool pp_skb_needs_rebuild(const struct sk_buff *skb)
{
	return skb_is_gso(skb) && skb_shinfo(skb)->gso_type & SKB_GSO_FRAGLIST;
}

static void put_sack(u8 *opt, u32 old, const struct pp_out *out)
{
	u32 n = min_t(u32, out->nsack, old), i;

	if (n) {
		opt[1] = 2 + 8 * n;
		for (i = 0; i < n; i++) {
			put_unaligned_be32(out->sack[i].start, opt + 2 + 8 * i);
			put_unaligned_be32(out->sack[i].end, opt + 6 + 8 * i);
		}
		memset(opt + 2 + 8 * n, TCPOPT_NOP, 8 * (old - n));
	} else {
		memset(opt, TCPOPT_NOP, 2 + 8 * old);
	}
}

static void put_strip(u8 *th, u64 strip)
{
	u32 off;

	for (; strip; strip &= strip - 1) {
		off = __ffs64(strip);
		memset(th + off, TCPOPT_NOP, th[off + 1]);
	}
}

/* Padding for all but the timestamp: a receiver may drop what bears more. */
static void put_plain(u8 *th, const struct pp_tcp_opts *o)
{
	u32 end = o->ts ? o->ts : o->thl;

	memset(th + sizeof(struct tcphdr), TCPOPT_NOP, end - sizeof(struct tcphdr));
	if (o->ts)
		memset(th + o->ts + TCPOLEN_TIMESTAMP, TCPOPT_NOP,
		       o->thl - o->ts - TCPOLEN_TIMESTAMP);
}

static void put_header(struct tcphdr *th, const struct pp_tcp_opts *o, const struct pp_out *out)
{
	u8 *b = (u8 *)th;

	th->seq = htonl(out->seq);
	if (out->flags & PP_TCP_ACK)
		th->ack_seq = htonl(out->ack);
	th->window = htons(out->win);
	b[13] = out->flags;
	if (!(out->flags & PP_TCP_URG))
		th->urg_ptr = 0;
	if (o->sack)
		put_sack(b + o->sack, o->nsack, out);
	if (o->ts)
		put_unaligned_be32(out->tsval, b + o->ts + 2);
	put_strip(b, o->strip);
	if (out->verdict == PP_RESET)
		put_plain(b, o);
}

/*
 * A header was changed in place. The sum over header and its checksum field
 * together stays what it was, so a CHECKSUM_COMPLETE value stays true; a partial
 * checksum covers the pseudo header only.
 */
static void fix_check(struct sk_buff *skb, struct tcphdr *th, u32 thl, __wsum before)
{
	if (skb->ip_summed != CHECKSUM_PARTIAL)
		csum_replace_by_diff(&th->check, csum_sub(csum_partial(th, thl, 0), before));
}

/**
 * pp_skb_strip() - take options out of a SYN
 * @p: packet
 * @o: its options
 *
 * They become padding. Fast Open would put data where no acknowledged sequence
 * number covers it yet, Multipath TCP would carry data past the gateway.
 *
 * Context: hook. May reallocate the head.
 *
 * Return: 0, or -ENOMEM.
 */
int pp_skb_strip(struct pp_packet *p, const struct pp_tcp_opts *o)
{
	struct tcphdr *th;
	__wsum before;

	if (skb_shared(p->skb) || skb_ensure_writable(p->skb, p->l4 + o->thl))
		return -ENOMEM;
	th = tcp_header(p);
	before = csum_partial(th, o->thl, 0);
	put_strip((u8 *)th, o->strip);
	fix_check(p->skb, th, o->thl, before);
	return 0;
}

/**
 * pp_skb_shift() - change header fields only
 * @p: packet
 * @o: its options
 * @out: what they become
 *
 * The cost does not depend on the payload: nothing is copied but a shared header,
 * and a super-packet stays one.
 *
 * Context: hook. May reallocate the head.
 *
 * Return: 0, or -ENOMEM.
 */
int pp_skb_shift(struct pp_packet *p, const struct pp_tcp_opts *o, const struct pp_out *out)
{
	struct tcphdr *th;
	__wsum before;

	if (skb_shared(p->skb) || skb_ensure_writable(p->skb, p->l4 + o->thl))
		return -ENOMEM;
	th = tcp_header(p);
	before = csum_partial(th, o->thl, 0);
	put_header(th, o, out);
	fix_check(p->skb, th, o->thl, before);
	if (th->cwr && skb_is_gso(p->skb))
		skb_shinfo(p->skb)->gso_type |= SKB_GSO_TCP_ECN;
	return 0;
}

static int copy_piece(const struct pp_packet *p, const struct pp_piece *piece, u32 off, u8 *to,
		      u32 len)
{
	if (!piece->data)
		return skb_copy_bits(p->skb, p->data + piece->off + off, to, len);
	memcpy(to, piece->data + off, len);
	return 0;
}

/* Writes the first @n bytes of the pieces of @out into @pages. */
static int gather(const struct pp_packet *p, const struct pp_out *out, u32 n, struct page **pages)
{
	u32 i, done = 0;

	for (i = 0; i < out->npieces && done < n; i++) {
		const struct pp_piece *piece = &out->pieces[i];
		u32 off = 0;

		while (off < piece->len && done < n) {
			u32 at = offset_in_page(done);
			u32 len = min3((u32)PAGE_SIZE - at, piece->len - off, n - done);
			u8 *to = page_address(pages[done >> PAGE_SHIFT]);

			if (copy_piece(p, piece, off, to + at, len))
				return -EFAULT;
			off += len;
			done += len;
		}
	}
	return done == n ? 0 : -EFAULT;
}

/*
 * Puts the first @n bytes of the pieces of @out in place of the payload, in pages
 * of order 0: an allocation of 64 KB in one piece fails first when memory is short.
 * Everything that can fail is done before the packet is taken apart.
 */
static int replace_payload(struct pp_packet *p, const struct pp_out *out, u32 n)
{
	u32 npages = DIV_ROUND_UP(n, PAGE_SIZE), i;
	struct page *pages[MAX_SKB_FRAGS];
	struct sk_buff *skb = p->skb;
	int err = -ENOMEM;

	/* A clone that has no payload to trim would keep its page list shared. */
	if (skb_shared(skb) || skb_ensure_writable(skb, p->data) || skb_unclone(skb, GFP_ATOMIC))
		return -ENOMEM;
	/* Pages that its sender counts for the packet (io_uring): ours are not among them. */
	skb_zcopy_downgrade_managed(skb);
	for (i = 0; i < npages; i++) {
		pages[i] = alloc_page(GFP_ATOMIC | __GFP_NOWARN);
		if (!pages[i])
			goto err_free;
	}
	err = gather(p, out, n, pages);
	if (err)
		goto err_free;
	/* The socket was charged for the old size and would be paid back the new one. */
	skb_orphan(skb);
	err = pskb_trim(skb, p->data);
	if (err)
		goto err_free;
	for (i = 0; i < npages; i++) {
		u32 len = min_t(u32, n - i * PAGE_SIZE, PAGE_SIZE);

		skb_fill_page_desc(skb, i, pages[i], 0, len);
		skb->len += len;
		skb->data_len += len;
	}
	skb_shinfo(skb)->flags &= ~SKBFL_SHARED_FRAG;
	skb->truesize = SKB_TRUESIZE(skb_end_offset(skb)) + npages * PAGE_SIZE;
	p->end = skb->len;
	return 0;

err_free:
	while (i--)
		put_page(pages[i]);
	return err;
}

/*
 * An IPv6 super-packet above 64 KB has a hop-by-hop header with its length that no
 * packet on a wire has. The new payload is smaller than that: the header goes.
 */
static void drop_jumbo(struct pp_packet *p)
{
	struct sk_buff *skb = p->skb;
	struct ipv6hdr *ip6h = (struct ipv6hdr *)(skb->data + p->l3);
	struct hop_jumbo_hdr *jumbo = (struct hop_jumbo_hdr *)(ip6h + 1);
	u32 front = p->l3 + sizeof(*ip6h);
	u32 mac = skb_mac_header_was_set(skb) ? skb->data - skb_mac_header(skb) : 0;

	if (ip6h->payload_len || ip6h->nexthdr != NEXTHDR_HOP ||
	    p->l4 < front + sizeof(*jumbo) || jumbo->hdrlen || jumbo->tlv_type != IPV6_TLV_JUMBO)
		return;
	ip6h->nexthdr = jumbo->nexthdr;
	memmove(skb->data - mac + sizeof(*jumbo), skb->data - mac, mac + front);
	__skb_pull(skb, sizeof(*jumbo));
	if (mac)
		skb_set_mac_header(skb, -(int)mac);
	skb_set_network_header(skb, p->l3);
	p->l4 -= sizeof(*jumbo);
	p->data -= sizeof(*jumbo);
	p->end -= sizeof(*jumbo);
}

/* @ip: an IP header behind a PPPoE header; @len: length of the packet */
static void put_pppoe_length(u8 *ip, u32 len)
{
	/* Between them stands the protocol of PPP, which counts. */
	put_unaligned_be16(len + 2, ip - 4);
}

static void put_lengths(struct pp_packet *p)
{
	if (p->pppoe)
		put_pppoe_length(p->skb->data + p->l3, p->end - p->l3);
	if (p->family == AF_INET) {
		struct iphdr *iph = (struct iphdr *)(p->skb->data + p->l3);

		iph->tot_len = htons(p->end - p->l3);
		iph->id = htons(ntohs(iph->id) + p->ids);
		ip_send_check(iph);
	} else {
		struct ipv6hdr *ip6h = (struct ipv6hdr *)(p->skb->data + p->l3);

		ip6h->payload_len = htons(p->end - p->l3 - sizeof(*ip6h));
	}
}

/*
 * Whatever is longer than a segment may be is described as a super-packet: the
 * device or the stack cuts it, and neither router nor bridge compares it with the
 * MTU as a whole. What fits into one segment must not claim to be more.
 */
static void put_gso(struct pp_packet *p, u32 type, u32 mss, u32 n)
{
	struct skb_shared_info *si = skb_shinfo(p->skb);

	if (n <= mss) {
		si->gso_size = 0;
		si->gso_segs = 0;
		si->gso_type = 0;
		return;
	}
	type &= SKB_GSO_TCP_ECN | SKB_GSO_TCP_FIXEDID;
	if (tcp_header(p)->cwr)
		type |= SKB_GSO_TCP_ECN;
	si->gso_size = mss;
	si->gso_segs = DIV_ROUND_UP(n, mss);
	si->gso_type = type | (p->family == AF_INET ? SKB_GSO_TCPV4 : SKB_GSO_TCPV6);
}

static int put_partial(struct pp_packet *p, u32 off)
{
	__sum16 *check = (__sum16 *)(p->skb->data + p->l4 + off);
	u16 next = p->skb->transport_header;

	*check = ~pseudo_sum(p, p->end - p->l4, 0);
	p->skb->csum_level = 0;
	p->skb->csum_valid = 0;
	p->skb->csum_complete_sw = 0;
	if (!skb_partial_csum_set(p->skb, p->l4, off))
		return -EINVAL;
	/* IPv6 goes through extension headers from where it has put this. */
	if (p->state->pf == NFPROTO_IPV6 && p->l4 != p->l3 + sizeof(struct ipv6hdr))
		p->skb->transport_header = next;
	return 0;
}

/**
 * pp_skb_rewrite_tcp() - change payload and header fields
 * @p: packet; @p->end is what it becomes
 * @o: its options
 * @out: what payload and fields become; no more payload than pp_skb_most()
 *
 * Context: hook, with the connection's lock: the pieces must not change. May
 * reallocate the head. The socket that sent the packet is detached from it.
 *
 * Return: 0, or a negative error; the packet is then in no state to be sent.
 */
int pp_skb_rewrite_tcp(struct pp_packet *p, const struct pp_tcp_opts *o,
		       const struct pp_out *out)
{
	struct skb_shared_info *si = skb_shinfo(p->skb);
	u32 size = segment_size(p, si->gso_size, p->end - p->data, out->mss);
	u32 type = si->gso_type;
	int err;

	err = replace_payload(p, out, out->len);
	if (err)
		return err;
	if (p->family == AF_INET6)
		drop_jumbo(p);
	put_header(tcp_header(p), o, out);
	put_lengths(p);
	put_gso(p, type, size, out->len);
	return put_partial(p, offsetof(struct tcphdr, check));
}

/**
 * pp_skb_part() - make another packet of a segment that leaves as several
 * @p: the packet at hand; it stays as it is, but what is made of it later gets another
 *	IPv4 identification: fragments of two packets must not be taken for those of one
 * @o: its options
 * @out: payload and fields of the new one
 *
 * Context: as for pp_skb_rewrite_tcp().
 *
 * Return: the packet, the caller's, which may go wherever @p may; NULL without memory.
 */
struct sk_buff *pp_skb_part(struct pp_packet *p, const struct pp_tcp_opts *o,
			    const struct pp_out *out)
{
	struct sk_buff *skb = pskb_copy(p->skb, GFP_ATOMIC);
	struct pp_packet part = *p;

	if (!skb)
		return NULL;
	part.skb = skb;
#if IS_ENABLED(CONFIG_BRIDGE_NETFILTER)
	/* What br_netfilter notes of a packet on its way must not be shared by two. */
	if (nf_bridge_info_exists(skb) && !skb_ext_add(skb, SKB_EXT_BRIDGE_NF))
		goto err;
#endif
	if (!pp_skb_rewrite_tcp(&part, o, out)) {
		p->ids += max_t(u16, skb_shinfo(skb)->gso_segs, 1);
		return skb;
	}
#if IS_ENABLED(CONFIG_BRIDGE_NETFILTER)
err:
#endif
	kfree_skb(skb);
	return NULL;
}

/**
 * pp_skb_rewrite_udp() - change the payload of a datagram
 * @p: packet of one datagram; @p->end is what it becomes
 * @out: the new payload
 *
 * Context: hook. May reallocate the head. The socket that sent the packet is
 * detached from it.
 *
 * Return: 0, or a negative error; the packet is then in no state to be sent.
 */
int pp_skb_rewrite_udp(struct pp_packet *p, const struct pp_out *out)
{
	u32 old_len = p->end - p->data;
	struct udphdr *uh;
	int err;

	if (out->len > pp_skb_most(p))
		return -EMSGSIZE;
	err = replace_payload(p, out, out->len);
	if (err)
		return err;
	uh = (struct udphdr *)(p->skb->data + p->l4);
	uh->len = htons(p->end - p->l4);
	put_lengths(p);
	/* Fragmented rather than refused: its sender could not act on the refusal. */
	if (out->len > old_len)
		p->skb->ignore_df = 1;
	/* A sender that uses no checksum gets none. */
	if (!uh->check && p->family == AF_INET) {
		p->skb->ip_summed = CHECKSUM_NONE;
		return 0;
	}
	return put_partial(p, offsetof(struct udphdr, check));
}

/**
 * pp_skb_put_icmp32() - change 32 bits inside an ICMP message
 * @p: ICMP or ICMPv6 packet
 * @off: their offset, even
 * @value: what they become
 *
 * Context: hook. May reallocate the head.
 *
 * Return: 0, or -ENOMEM.
 */
int pp_skb_put_icmp32(struct pp_packet *p, u32 off, __be32 value)
{
	__sum16 *check;
	__be32 old;
	u8 *at;

	if (skb_shared(p->skb) || skb_ensure_writable(p->skb, off + sizeof(value)))
		return -ENOMEM;
	at = p->skb->data + off;
	memcpy(&old, at, sizeof(old));
	memcpy(at, &value, sizeof(value));
	/* Both ICMP headers have it there. */
	check = (__sum16 *)(p->skb->data + p->l4 + 2);
	inet_proto_csum_replace4(check, p->skb, old, value, false);
	return 0;
}

static void put_ipv4(struct sk_buff *skb, const struct pp_ends *e, u8 dsfield, u32 len)
{
	struct iphdr *iph = skb_put_zero(skb, sizeof(*iph));

	iph->version = 4;
	iph->ihl = sizeof(*iph) / 4;
	iph->tos = dsfield;
	iph->tot_len = htons(sizeof(*iph) + len);
	iph->frag_off = htons(IP_DF);
	iph->ttl = IPDEFTTL;
	iph->protocol = IPPROTO_TCP;
	iph->saddr = e->saddr.ip;
	iph->daddr = e->daddr.ip;
	ip_send_check(iph);
	skb->protocol = htons(ETH_P_IP);
}

static void put_ipv6(struct sk_buff *skb, const struct pp_ends *e, u8 dsfield, u32 len)
{
	struct ipv6hdr *ip6h = skb_put_zero(skb, sizeof(*ip6h));

	ip6_flow_hdr(ip6h, dsfield, 0);
	ip6h->payload_len = htons(len);
	ip6h->nexthdr = IPPROTO_TCP;
	ip6h->hop_limit = IPV6_DEFAULT_HOPLIMIT;
	ip6h->saddr = e->saddr.in6;
	ip6h->daddr = e->daddr.in6;
	skb->protocol = htons(ETH_P_IPV6);
}

/**
 * pp_skb_bare() - make a TCP segment without payload
 * @b: what it says
 *
 * Its checksum is complete, so that it can go anywhere.
 *
 * Context: any.
 *
 * Return: a packet from its IP header on, the caller's; NULL without memory.
 */
struct sk_buff *pp_skb_bare(const struct pp_bare *b)
{
	u32 room = MAX_TCP_OPTION_SPACE - (b->has_ts ? TCPOLEN_TSTAMP_ALIGNED : 0);
	u32 nsack = min_t(u32, b->nsack, (room - TCPOLEN_SACK_BASE_ALIGNED) / TCPOLEN_SACK_PERBLOCK);
	u32 thl = sizeof(struct tcphdr) + (b->has_ts ? TCPOLEN_TSTAMP_ALIGNED : 0) +
		  (nsack ? TCPOLEN_SACK_BASE_ALIGNED + nsack * TCPOLEN_SACK_PERBLOCK : 0);
	const struct pp_ends *e = &b->ends;
	struct sk_buff *skb;
	struct tcphdr *th;
	__wsum sum;
	u8 *opt;
	u32 i;

	skb = alloc_skb(LL_MAX_HEADER + sizeof(struct ipv6hdr) + thl, GFP_ATOMIC);
	if (!skb)
		return NULL;
	skb_reserve(skb, LL_MAX_HEADER);
	skb_reset_network_header(skb);
	if (e->family == AF_INET)
		put_ipv4(skb, e, b->dsfield, thl);
	else
		put_ipv6(skb, e, b->dsfield, thl);
	skb_set_transport_header(skb, skb->len);
	th = skb_put_zero(skb, thl);
	th->source = e->sport;
	th->dest = e->dport;
	th->seq = htonl(b->seq);
	th->ack_seq = htonl(b->ack);
	put_unaligned_be16(thl / 4 << 12 | b->flags, (u8 *)th + 12);
	th->window = htons(b->win);
	opt = (u8 *)(th + 1);
	if (b->has_ts) {
		opt[0] = TCPOPT_NOP;
		opt[1] = TCPOPT_NOP;
		opt[2] = TCPOPT_TIMESTAMP;
		opt[3] = TCPOLEN_TIMESTAMP;
		put_unaligned_be32(b->tsval, opt + 4);
		put_unaligned_be32(b->tsecr, opt + 8);
		opt += TCPOLEN_TSTAMP_ALIGNED;
	}
	if (nsack) {
		opt[0] = TCPOPT_NOP;
		opt[1] = TCPOPT_NOP;
		opt[2] = TCPOPT_SACK;
		opt[3] = TCPOLEN_SACK_BASE + nsack * TCPOLEN_SACK_PERBLOCK;
		for (i = 0; i < nsack; i++) {
			put_unaligned_be32(b->sack[i].start, opt + 4 + 8 * i);
			put_unaligned_be32(b->sack[i].end, opt + 8 + 8 * i);
		}
	}
	sum = csum_partial(th, thl, 0);
	if (e->family == AF_INET)
		th->check = csum_tcpudp_magic(e->saddr.ip, e->daddr.ip, thl, IPPROTO_TCP, sum);
	else
		th->check = csum_ipv6_magic(&e->saddr.in6, &e->daddr.in6, thl, IPPROTO_TCP, sum);
	return skb;
}

/**
 * pp_skb_frame() - put a link header before a packet made here
 * @skb: the packet, from its IP header on
 * @to: packet on a bridge that it answers: the frame goes back where that one came
 *	from, with the VLAN tags it has
 *
 * Context: hook.
 *
 * Return: 0, or -EINVAL if @to has no Ethernet header.
 */
int pp_skb_frame(struct sk_buff *skb, const struct pp_packet *to)
{
	const struct sk_buff *in = to->skb;
	u32 len = skb->len, between;
	struct ethhdr *eth;

	/* In a hook of IP a bridged packet has been stripped down to that. */
	if (!skb_mac_header_was_set(in) || to->l3 > skb_headlen(in) ||
	    in->data + to->l3 < skb_mac_header(in) + ETH_HLEN)
		return -EINVAL;
	between = in->data + to->l3 - skb_mac_header(in) - ETH_HLEN;
	if (skb_headroom(skb) < between + ETH_HLEN)
		return -EINVAL;
	memcpy(skb_push(skb, between), skb_mac_header(in) + ETH_HLEN, between);
	if (to->pppoe)
		put_pppoe_length(skb->data + between, len);
	eth = skb_push(skb, ETH_HLEN);
	ether_addr_copy(eth->h_dest, eth_hdr(in)->h_source);
	ether_addr_copy(eth->h_source, eth_hdr(in)->h_dest);
	eth->h_proto = eth_hdr(in)->h_proto;
	skb->protocol = eth->h_proto;
	skb_reset_mac_header(skb);
	skb_reset_mac_len(skb);
	if (to->tag)
		__vlan_hwaccel_put_tag(skb, htons(to->tag >> 16), (u16)to->tag);
	return 0;
}
