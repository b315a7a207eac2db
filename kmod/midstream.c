// SPDX-License-Identifier: GPL-2.0
/*
 * Connections whose start was not seen: older than the module, or than their server's
 * first patch. What becomes of them is their server's policy.
 *
 * A client's packets come here as they leave, when every firewall rule has let them
 * pass, and if no connection is known for them.
 */
#include <linux/jhash.h>
#include <linux/tcp.h>
#include <net/inet_ecn.h>
#include <net/netfilter/nf_conntrack.h>

#include "flow.h"
#include "midstream.h"
#include "offload.h"
#include "pair.h"
#include "port.h"
#include "reply.h"
#include "skb.h"

/*
 * It is counted once, as far as a small table of hashes remembers. Returns its place
 * there, and what is there then.
 */
static u32 *noted(const struct pp_packet *p, const struct pp_tuple *t, u32 *hash)
{
	*hash = jhash(t, sizeof(*t), 0) | 1;
	return &p->pn->midstream[(*hash >> 8) % PP_MIDSTREAM_SLOTS];
}

static void note(struct pp_packet *p, const struct pp_tuple *t)
{
	u32 hash, *slot = noted(p, t, &hash);

	if (READ_ONCE(*slot) == hash)
		return;
	WRITE_ONCE(*slot, hash);
	pp_count(p->pn, PATCHPROXY_CNT_midstream, 1);
}

/*
 * What conntrack knows of the SYNs that we have not seen. It says nothing true of a
 * connection that it has picked up itself.
 *
 * Return: false if conntrack has never seen the server answer.
 */
static bool ask_conntrack(const struct pp_packet *p, struct pp_syn *syn, u8 *server_wscale)
{
#if IS_ENABLED(CONFIG_NF_CONNTRACK)
	enum ip_conntrack_info ctinfo;
	struct nf_conn *ct = nf_ct_get(p->skb, &ctinfo);
	struct ip_ct_tcp_state seen[IP_CT_DIR_MAX];
	u8 both;

	if (!ct || nf_ct_is_template(ct))
		return true;
	if (!test_bit(IPS_SEEN_REPLY_BIT, &ct->status))
		return false;
	/* The other direction may be in conntrack now. */
	spin_lock(&ct->lock);
	memcpy(seen, ct->proto.tcp.seen, sizeof(seen));
	spin_unlock(&ct->lock);
	if ((seen[0].flags | seen[1].flags) & IP_CT_TCP_FLAG_BE_LIBERAL)
		return true;
	both = seen[0].flags & seen[1].flags;
	syn->wscale = both & IP_CT_TCP_FLAG_WINDOW_SCALE ? seen[IP_CT_DIR_ORIGINAL].td_scale : 0;
	*server_wscale = both & IP_CT_TCP_FLAG_WINDOW_SCALE ? seen[IP_CT_DIR_REPLY].td_scale : 0;
	syn->sack = both & IP_CT_TCP_FLAG_SACK_PERM;
#endif
	return true;
}

/* From now on the connection is looked at, and parsed from the next safe point. */
static unsigned int follow(struct pp_packet *p, const struct pp_tuple *t,
			   const struct pp_target *target)
{
	struct pp_syn syn = { .wscale = 0xff };
	u8 server_wscale = 0xff;
	bool known;

	if (!ask_conntrack(p, &syn, &server_wscale)) {
		note(p, t);
		return NF_ACCEPT;
	}
	pp_offload_refuse(p);
	return pp_flow_begin(p->pn, t, target, &p->daddr, ntohs(p->dport), &syn, server_wscale,
			     &known) ? NF_ACCEPT : NF_DROP;
}

/*
 * The packet becomes a RST to the server, and another one goes to the client, each
 * where its receiver is if the packet continues both streams.
 */
static unsigned int end(struct pp_packet *p, const struct pp_tuple *t, const struct pp_seg *seg,
			const struct pp_tcp_opts *o)
{
	const struct pp_bare b = {
		.ends = {
			.saddr = t->server,
			.daddr = t->client,
			.sport = t->server_port,
			.dport = t->client_port,
			.family = t->family,
		},
		.seq = seg->ack,
		.flags = PP_TCP_RST,
		.dsfield = pp_packet_dsfield(p) & ~INET_ECN_MASK,
	};
	struct pp_out *out = pp_port_out();

	/* Without an acknowledgement nobody knows where the client is. */
	if (!(seg->flags & PP_TCP_ACK)) {
		pp_count(p->pn, PATCHPROXY_CNT_drop_window, 1);
		return NF_DROP;
	}
	if (pp_skb_trim(p)) {
		pp_count(p->pn, PATCHPROXY_CNT_drop_nomem, 1);
		return NF_DROP;
	}
	if (!pp_skb_csum_ok(p)) {
		pp_count(p->pn, PATCHPROXY_CNT_drop_csum, 1);
		return NF_DROP;
	}
	memset(out, 0, offsetof(struct pp_out, pieces));
	out->verdict = PP_RESET;
	out->seq = seg->seq;
	out->ack = seg->ack;
	out->tsval = seg->tsval;
	out->flags = PP_TCP_RST | PP_TCP_ACK;
	if (pp_skb_rewrite_tcp(p, o, out)) {
		pp_count(p->pn, PATCHPROXY_CNT_drop_nomem, 1);
		return NF_DROP;
	}
	pp_count(p->pn, PATCHPROXY_CNT_midstream_reset, 1);
	pp_reply_send(p, pp_reply_make(p, &b));
	return NF_ACCEPT;
}

/**
 * pp_midstream() - a client's packet leaves that may be of a connection not known
 * @p: packet, no SYN and no RST
 * @t: its connection
 * @seg: its segment
 * @o: its options
 *
 * Context: exit hook, bottom halves off. May reallocate the head.
 *
 * Return: netfilter verdict.
 */
unsigned int pp_midstream(struct pp_packet *p, const struct pp_tuple *t, const struct pp_seg *seg,
			  const struct pp_tcp_opts *o)
{
	const struct pp_target *target;
	u32 hash, *slot = noted(p, t, &hash);

	/* Nothing but counting happens in this namespace, and that has been done. */
	if (READ_ONCE(*slot) == hash && !READ_ONCE(p->pn->strict))
		return NF_ACCEPT;
	if (pp_flow_find(p->pn, t))
		return NF_ACCEPT;
	target = pp_target_find(p->pn, t, &p->daddr, ntohs(p->dport), NULL);
	if (!target)
		return NF_ACCEPT;
	if (IS_ERR(target))
		return pp_pair_drop(p->pn, target);
	if (target->midstream == PATCHPROXY_MIDSTREAM_OBSERVE) {
		note(p, t);
		return NF_ACCEPT;
	}
	/* Whether one that seems to be signed is, its server's next segment will tell. */
	if (target->midstream == PATCHPROXY_MIDSTREAM_RESET && !o->sealed)
		return end(p, t, seg, o);
	return follow(p, t, target);
}
