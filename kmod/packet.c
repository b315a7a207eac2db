// SPDX-License-Identifier: GPL-2.0
/* Reading IP headers. Nothing here changes the packet. */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netfilter_bridge.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/netfilter/nf_conntrack.h>

#include "packet.h"

static enum pp_parse parse_ipv4(struct pp_packet *p)
{
	const struct iphdr *iph;
	struct iphdr buf;
	u32 len;

	iph = skb_header_pointer(p->skb, p->l3, sizeof(buf), &buf);
	if (!iph || iph->version != 4 || iph->ihl < 5)
		return PP_PARSE_BAD;
	/* A zero length is how a super-packet of more than 64 KB is written. */
	len = ntohs(iph->tot_len);
	if (!len && skb_is_gso(p->skb))
		len = p->skb->len - p->l3;
	p->end = p->l3 + len;
	p->l4 = p->l3 + iph->ihl * 4;
	p->saddr.ip = iph->saddr;
	p->daddr.ip = iph->daddr;
	p->proto = iph->protocol;
	p->frag = (iph->frag_off & htons(IP_MF | IP_OFFSET)) == htons(IP_MF);
	return iph->frag_off & htons(IP_OFFSET) ? PP_PARSE_EMPTY : PP_PARSE_OK;
}

/* From @p->l4 on to the transport header. The shortest extension has 8 bytes. */
static enum pp_parse skip_extensions(struct pp_packet *p)
{
	const struct ipv6_opt_hdr *opt;
	const struct frag_hdr *frag;
	struct frag_hdr buf;

	while (ipv6_ext_hdr(p->proto)) {
		if (p->proto == NEXTHDR_NONE)
			return PP_PARSE_EMPTY;
		frag = skb_header_pointer(p->skb, p->l4, sizeof(buf), &buf);
		if (!frag)
			return PP_PARSE_BAD;
		opt = (const struct ipv6_opt_hdr *)frag;
		switch (p->proto) {
		case NEXTHDR_FRAGMENT:
			if (frag->frag_off & htons(IP6_OFFSET))
				return PP_PARSE_EMPTY;
			/* One of a whole packet behind it changes nothing. */
			p->frag |= !!(frag->frag_off & htons(IP6_MF));
			p->l4 += sizeof(*frag);
			break;
		case NEXTHDR_AUTH:
			p->l4 += ipv6_authlen(opt);
			break;
		default:
			p->l4 += ipv6_optlen(opt);
			break;
		}
		p->proto = opt->nexthdr;
	}
	return PP_PARSE_OK;
}

static enum pp_parse parse_ipv6(struct pp_packet *p)
{
	const struct ipv6hdr *ip6h;
	struct ipv6hdr buf;
	u32 len;

	ip6h = skb_header_pointer(p->skb, p->l3, sizeof(buf), &buf);
	if (!ip6h || ip6h->version != 6)
		return PP_PARSE_BAD;
	/* Behind hop-by-hop options Linux takes all there is, be it a jumbogram or not. */
	len = ntohs(ip6h->payload_len);
	if (!len && (skb_is_gso(p->skb) || ip6h->nexthdr == NEXTHDR_HOP))
		len = p->skb->len - p->l3 - sizeof(*ip6h);
	p->l4 = p->l3 + sizeof(*ip6h);
	p->end = p->l4 + len;
	p->saddr.in6 = ip6h->saddr;
	p->daddr.in6 = ip6h->daddr;
	p->proto = ip6h->nexthdr;
	p->frag = false;
	return skip_extensions(p);
}

static enum pp_parse parse_headers(struct pp_packet *p)
{
	return p->family == AF_INET ? parse_ipv4(p) : parse_ipv6(p);
}

/* Is it all there, as far as its lengths say? */
static bool fits(const struct pp_packet *p)
{
	u32 ports = p->proto == IPPROTO_TCP || p->proto == IPPROTO_UDP ? 2 * sizeof(__be16) : 0;

	return p->l4 + ports <= p->end && p->end <= p->skb->len;
}

static bool parse_ports(struct pp_packet *p)
{
	const __be16 *ports;
	__be16 buf[2];

	ports = skb_header_pointer(p->skb, p->l4, sizeof(buf), buf);
	if (!ports)
		return false;
	p->sport = ports[0];
	p->dport = ports[1];
	return true;
}

/**
 * pp_packet_parse() - find the transport header and read addresses and ports
 * @p: result; @p->pn, @p->state, @p->domain, @p->vlan, @p->session and @p->pppoe are
 *	the caller's
 * @skb: packet
 * @l3: offset of its IP header
 * @family: AF_INET or AF_INET6
 *
 * Context: any. Does not change the packet.
 *
 * Return: PP_PARSE_OK if it is the whole or the first fragment of an IP packet and, for
 * TCP and UDP, has ports. If PP_PARSE_BAD, @p->frag says whether it is a first fragment:
 * one that ends before its transport header.
 */
enum pp_parse pp_packet_parse(struct pp_packet *p, struct sk_buff *skb, u32 l3, u8 family)
{
	enum pp_parse ret;

	p->skb = skb;
	p->l3 = l3;
	p->family = family;
	p->frag = false;
	ret = parse_headers(p);
	if (ret != PP_PARSE_OK)
		return ret;
	if (!fits(p))
		return PP_PARSE_BAD;
	p->data = p->l4;
	if (p->proto != IPPROTO_TCP && p->proto != IPPROTO_UDP)
		return PP_PARSE_OK;
	return parse_ports(p) ? PP_PARSE_OK : PP_PARSE_BAD;
}

/**
 * pp_packet_parse_inner() - read the packet that an ICMP error is about
 * @p: result; @p->pn, @p->domain and @p->vlan are set from @outer
 * @outer: the ICMP packet
 * @l3: offset of the IP header inside it
 *
 * Only its beginning is there, so its lengths mean nothing.
 *
 * Context: any. Does not change the packet.
 *
 * Return: true if it is TCP and its ports are there.
 */
bool pp_packet_parse_inner(struct pp_packet *p, const struct pp_packet *outer, u32 l3)
{
	*p = *outer;
	p->l3 = l3;
	return parse_headers(p) == PP_PARSE_OK && p->proto == IPPROTO_TCP && parse_ports(p);
}

/**
 * struct came - the packet that came in last on this CPU
 * @skb: the packet; followed by nobody, for it may be gone
 * @tuple: what it was sent to, by whom
 * @by: pp_packet_came_by() of it
 *
 * IPVS and NAT without conntrack rename a server between our hooks, a VRF renames the
 * interface, and neither leaves a trace in the packet. But all hooks run in one go.
 */
struct came {
	const struct sk_buff *skb;
	struct pp_tuple tuple;
	int by;
};

static DEFINE_PER_CPU(struct came, came);

/**
 * pp_packet_came() - remember what a packet was sent to
 * @skb: packet that comes in
 * @p: what was read of it; NULL: it is no client's, and the one before is forgotten
 *
 * Context: entry hook.
 */
void pp_packet_came(const struct sk_buff *skb, const struct pp_packet *p)
{
	struct came *c;

	local_bh_disable();
	c = this_cpu_ptr(&came);
	c->skb = NULL;
	if (p && (p->proto == IPPROTO_TCP || p->proto == IPPROTO_UDP) &&
	    test_bit(ntohs(p->dport), p->pn->ports)) {
		c->by = pp_packet_came_by(p);
		c->skb = skb;
		pp_packet_tuple(p, PP_C2S, &c->tuple);
	}
	local_bh_enable();
}

/**
 * pp_packet_came_by() - the interface that a packet came in by
 * @p: packet
 *
 * A packet that leaves knows it no more from its hook.
 *
 * Context: hook, bottom halves off.
 *
 * Return: interface index, on a bridge of the port, or PP_BY_NONE.
 */
int pp_packet_came_by(const struct pp_packet *p)
{
	const struct net_device *in = p->state->in;
	const struct came *c = this_cpu_ptr(&came);

#if IS_ENABLED(CONFIG_BRIDGE_NETFILTER)
	if (p->state->pf != NFPROTO_BRIDGE && nf_bridge_info_exists(p->skb))
		return nf_bridge_get_physinif(p->skb);
#endif
	if (p->state->pf != NFPROTO_BRIDGE && c->skb == p->skb)
		return c->by;
	if (in)
		return in->flags & IFF_LOOPBACK ? PP_BY_NONE : in->ifindex;
	return p->state->hook == NF_INET_POST_ROUTING && p->skb->skb_iif ? p->skb->skb_iif :
									   PP_BY_NONE;
}

/* @t is set if conntrack knows the packet and, in direction @dir, what it was sent to. */
static bool tracked(const struct pp_packet *p, int dir, struct pp_tuple *t)
{
#if IS_ENABLED(CONFIG_NF_CONNTRACK)
	enum ip_conntrack_info ctinfo;
	const struct nf_conn *ct = nf_ct_get(p->skb, &ctinfo);
	const struct nf_conntrack_tuple *orig;

	if (!ct || nf_ct_is_template(ct) ||
	    CTINFO2DIR(ctinfo) != (dir == PP_C2S ? IP_CT_DIR_ORIGINAL : IP_CT_DIR_REPLY))
		return false;
	orig = &ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple;
	t->client = orig->src.u3;
	t->server = orig->dst.u3;
	t->client_port = orig->src.u.all;
	t->server_port = orig->dst.u.all;
	return true;
#else
	return false;
#endif
}

/**
 * pp_packet_original() - name of a packet's connection as its client sees it
 * @p: packet that leaves
 * @dir: its direction
 * @t: result: the name before NAT, as far as that can be known
 *
 * Context: RCU read side or hook.
 */
void pp_packet_original(const struct pp_packet *p, int dir, struct pp_tuple *t)
{
	const struct came *c;

	if (p->original && dir == PP_C2S) {
		*t = *p->original;
		return;
	}
	pp_packet_tuple(p, dir, t);
	if (p->domain || tracked(p, dir, t) || dir != PP_C2S)
		return;
	local_bh_disable();
	c = this_cpu_ptr(&came);
	if (c->skb == p->skb && c->tuple.family == t->family &&
	    c->tuple.transport == t->transport && c->tuple.client_port == t->client_port)
		*t = c->tuple;
	local_bh_enable();
}

/**
 * pp_packet_renamed() - was a packet sent to a port of a server, before DNAT
 * @p: packet that leaves
 *
 * What pp_packet_wanted() cannot see where DNAT changes the port too.
 *
 * Context: RCU read side or hook.
 *
 * Return: true if it was.
 */
bool pp_packet_renamed(const struct pp_packet *p)
{
	struct pp_tuple t;

	if (p->domain)
		return false;
	pp_packet_original(p, PP_C2S, &t);
	return test_bit(ntohs(t.server_port), p->pn->ports);
}

/**
 * pp_packet_ttl() - hops that a packet may still make
 * @p: packet
 *
 * Context: any.
 *
 * Return: its time to live or hop limit.
 */
u8 pp_packet_ttl(const struct pp_packet *p)
{
	u32 off = p->family == AF_INET ? offsetof(struct iphdr, ttl) :
					 offsetof(struct ipv6hdr, hop_limit);
	const u8 *ttl;
	u8 buf;

	ttl = skb_header_pointer(p->skb, p->l3 + off, sizeof(buf), &buf);
	return ttl ? *ttl : 0;
}

/**
 * pp_packet_dsfield() - DSCP and ECN field
 * @p: packet
 *
 * Context: any.
 *
 * Return: type of service or traffic class.
 */
u8 pp_packet_dsfield(const struct pp_packet *p)
{
	const u8 *ip;
	u8 buf[2];

	ip = skb_header_pointer(p->skb, p->l3, sizeof(buf), buf);
	if (!ip)
		return 0;
	return p->family == AF_INET ? ip[1] : (u8)(ip[0] << 4 | ip[1] >> 4);
}

/**
 * pp_packet_tuple() - name of the connection a packet would belong to
 * @p: packet
 * @dir: the direction it is taken for
 * @t: result
 *
 * Context: any.
 */
void pp_packet_tuple(const struct pp_packet *p, int dir, struct pp_tuple *t)
{
	memset(t, 0, sizeof(*t));
	t->domain = p->domain;
	t->vlan = p->vlan;
	t->session = p->session;
	t->family = p->family;
	t->transport = p->proto;
	if (dir == PP_C2S) {
		t->client_port = p->sport;
		t->server_port = p->dport;
	} else {
		t->client_port = p->dport;
		t->server_port = p->sport;
	}
	/* Copied by family: the rest of an IPv4 address in the union is not set. */
	if (p->family == AF_INET) {
		t->client.ip = dir == PP_C2S ? p->saddr.ip : p->daddr.ip;
		t->server.ip = dir == PP_C2S ? p->daddr.ip : p->saddr.ip;
	} else {
		t->client.in6 = dir == PP_C2S ? p->saddr.in6 : p->daddr.in6;
		t->server.in6 = dir == PP_C2S ? p->daddr.in6 : p->saddr.in6;
	}
}
