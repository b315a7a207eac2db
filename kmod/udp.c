// SPDX-License-Identifier: GPL-2.0
/*
 * Datagrams. There is no state: each is judged as it leaves, when both what it was
 * sent to and where NAT sends it are known.
 */
#include <linux/udp.h>
#include <net/netfilter/nf_conntrack.h>

#include "flow.h"
#include "hook.h"
#include "offload.h"
#include "pair.h"
#include "port.h"
#include "skb.h"

/*
 * The same two ends as the client and as the server name them: @t before NAT, and the
 * server's real address. A server's packet has it no more when it leaves; conntrack
 * knows it, without it the two are equal.
 */
static void both_ends(const struct pp_packet *p, int dir, struct pp_tuple *t,
		      union nf_inet_addr *real_addr, u16 *real_port)
{
	pp_packet_tuple(p, dir, t);
	*real_addr = t->server;
	*real_port = ntohs(t->server_port);
	pp_packet_original(p, dir, t);
#if IS_ENABLED(CONFIG_NF_CONNTRACK)
	if (!p->domain) {
		enum ip_conntrack_info ctinfo;
		const struct nf_conn *ct = nf_ct_get(p->skb, &ctinfo);
		const struct nf_conntrack_tuple *reply;

		if (!ct || nf_ct_is_template(ct) ||
		    CTINFO2DIR(ctinfo) !=
		    (dir == PP_C2S ? IP_CT_DIR_ORIGINAL : IP_CT_DIR_REPLY))
			return;
		reply = &ct->tuplehash[IP_CT_DIR_REPLY].tuple;
		*real_addr = reply->src.u3;
		*real_port = ntohs(reply->src.u.udp.port);
	}
#endif
}

static const struct pp_target *target_find(const struct pp_packet *p, struct pp_tuple *t,
					   int *dir, bool *conflict)
{
	const struct pp_target *target;
	union nf_inet_addr real_addr;
	u16 real_port;

	for (*dir = PP_C2S; *dir <= PP_S2C; ++*dir) {
		both_ends(p, *dir, t, &real_addr, &real_port);
		target = pp_target_find(p->pn, t, &real_addr, real_port, conflict);
		if (target)
			return target;
	}
	return NULL;
}

/**
 * pp_udp_target() - is anything in force for a datagram
 * @p: UDP packet
 * @t: set to its two ends as the client names them
 * @dir: set to its direction
 *
 * Context: RCU read side.
 *
 * Return: true if a server is one of its ends.
 */
bool pp_udp_target(const struct pp_packet *p, struct pp_tuple *t, int *dir)
{
	return target_find(p, t, dir, NULL);
}

/*
 * Where the datagram ends: its own length may say less than the IP header. A receiver
 * drops one that says more.
 */
static int udp_end(struct pp_packet *p)
{
	const struct udphdr *uh;
	struct udphdr buf;
	u32 len;

	uh = skb_header_pointer(p->skb, p->l4, sizeof(buf), &buf);
	if (!uh)
		return -EINVAL;
	len = ntohs(uh->len);
	if (!len && p->family == AF_INET6)
		len = p->end - p->l4;
	if (len < sizeof(*uh) || p->l4 + len > p->end)
		return -EINVAL;
	p->data = p->l4 + sizeof(*uh);
	p->end = p->l4 + len;
	return 0;
}

/**
 * pp_udp_run() - judge a datagram, and change it
 * @p: packet with one datagram
 *
 * Context: exit hook, bottom halves off. May reallocate the head.
 *
 * Return: netfilter verdict; the hook's caller frees the packet on NF_DROP.
 */
unsigned int pp_udp_run(struct pp_packet *p)
{
	const struct pp_target *target;
	struct pp_ctx ctx = { .pn = p->pn };
	struct pp_out *out = pp_port_out();
	struct pp_tuple t;
	bool conflict;
	int dir;

	target = target_find(p, &t, &dir, &conflict);
	if (!target)
		return NF_ACCEPT;
	if (pp_offload_seen(p))
		pp_count(p->pn, PATCHPROXY_CNT_offload_seen, 1);
	pp_offload_refuse(p);
	if (IS_ERR(target))
		return pp_pair_drop(p->pn, target);
	if (conflict)
		pp_count(p->pn, PATCHPROXY_CNT_pair_conflict, 1);
	if (pp_skb_trim(p) || (dir == PP_C2S && pp_skb_own(p))) {
		pp_count(p->pn, PATCHPROXY_CNT_drop_nomem, 1);
		return NF_DROP;
	}
	if (udp_end(p)) {
		pp_count(p->pn, PATCHPROXY_CNT_drop_short, 1);
		return NF_DROP;
	}
	if (!pp_skb_csum_ok(p)) {
		pp_count(p->pn, PATCHPROXY_CNT_drop_csum, 1);
		return NF_DROP;
	}
	ctx.tuple = &t;
	ctx.grammar = &target->grammar->img;
	ctx.target = target;
	pp_dgram_run(target->rs, dir, p, &ctx, p->end - p->data, out);
	switch (out->verdict) {
	case PP_PASS:
		pp_count(p->pn, PATCHPROXY_CNT_pkts_pass, 1);
		return NF_ACCEPT;
	case PP_REWRITE:
		pp_count(p->pn, PATCHPROXY_CNT_pkts_rewrite, 1);
		if (!pp_skb_rewrite_udp(p, out))
			return NF_ACCEPT;
		pp_count(p->pn, PATCHPROXY_CNT_drop_nomem, 1);
		return NF_DROP;
	default:
		return NF_DROP;
	}
}
