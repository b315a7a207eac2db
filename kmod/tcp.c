// SPDX-License-Identifier: GPL-2.0
/*
 * Between packets and segments: what the engine is told of a TCP packet, and what is
 * done with its answer.
 */
#include <linux/tcp.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/tcp.h>

#include "budget.h"
#include "flow.h"
#include "hook.h"
#include "midstream.h"
#include "offload.h"
#include "pair.h"
#include "port.h"
#include "reply.h"
#include "skb.h"
#include "tcp.h"

#define PP_TCP_MAX_HEADER	60
#define PP_TCP_FLAGS		0x1ff
#define PP_TTL_FAR		16	/* reaches any server behind us */
#define PP_TCPOPT_AO		29	/* RFC 5925 */
#define PP_TCPOPT_MPTCP		30	/* RFC 8684 */

static void strip_option(const struct pp_seg *seg, struct pp_tcp_opts *o, u32 off)
{
	BUILD_BUG_ON(PP_TCP_MAX_HEADER > 8 * sizeof(o->strip));
	if (seg->flags & PP_TCP_SYN)
		o->strip |= BIT_ULL(off);
}

static void parse_option(struct pp_seg *seg, struct pp_tcp_opts *o, const u8 *opt, u32 off)
{
	u32 len = opt[1], i;

	switch (opt[0]) {
	case TCPOPT_MSS:
		if (len == TCPOLEN_MSS)
			seg->mss = get_unaligned_be16(opt + 2);
		break;
	case TCPOPT_WINDOW:
		if (len == TCPOLEN_WINDOW)
			seg->wscale = min_t(u8, opt[2], TCP_MAX_WSCALE);
		break;
	case TCPOPT_TIMESTAMP:
		if (len != TCPOLEN_TIMESTAMP)
			break;
		o->ts = off;
		seg->has_ts = true;
		seg->tsval = get_unaligned_be32(opt + 2);
		seg->tsecr = get_unaligned_be32(opt + 6);
		break;
	case TCPOPT_SACK_PERM:
		if (len == TCPOLEN_SACK_PERM)
			seg->sack_ok = true;
		break;
	case TCPOPT_SACK:
		if (o->sack || len < 10 || (len - 2) % 8)
			break;
		o->sack = off;
		o->nsack = min_t(u32, (len - 2) / 8, PP_MAX_SACK);
		seg->nsack = o->nsack;
		for (i = 0; i < o->nsack; i++) {
			seg->sack[i].start = get_unaligned_be32(opt + 2 + 8 * i);
			seg->sack[i].end = get_unaligned_be32(opt + 6 + 8 * i);
		}
		break;
	case TCPOPT_EXP:
		/* Linux asks so for Fast Open where it got no answer to the real option. */
		if (len >= TCPOLEN_EXP_FASTOPEN_BASE &&
		    get_unaligned_be16(opt + 2) == TCPOPT_FASTOPEN_MAGIC)
			strip_option(seg, o, off);
		break;
	case TCPOPT_FASTOPEN:
	case PP_TCPOPT_MPTCP:
		strip_option(seg, o, off);
		break;
	case TCPOPT_MD5SIG:
	case PP_TCPOPT_AO:
		o->sealed = true;
		break;
	}
}

/**
 * pp_tcp_parse() - read a TCP header
 * @p: TCP packet; @p->data is set
 * @seg: result, but for the engine's handles
 * @o: where options are
 *
 * Context: any. Does not change the packet.
 *
 * Return: 0, or -EINVAL if the header is not all there.
 */
int pp_tcp_parse(struct pp_packet *p, struct pp_seg *seg, struct pp_tcp_opts *o)
{
	u8 buf[PP_TCP_MAX_HEADER];
	const struct tcphdr *th;
	const u8 *hdr;
	u32 off;

	memset(seg, 0, sizeof(*seg));
	memset(o, 0, sizeof(*o));
	seg->wscale = 0xff;
	th = skb_header_pointer(p->skb, p->l4, sizeof(*th), buf);
	if (!th || th->doff < 5)
		return -EINVAL;
	o->thl = th->doff * 4;
	if (p->l4 + o->thl > p->end)
		return -EINVAL;
	hdr = skb_header_pointer(p->skb, p->l4, o->thl, buf);
	if (!hdr)
		return -EINVAL;
	th = (const struct tcphdr *)hdr;
	p->data = p->l4 + o->thl;
	seg->pkt = p;
	seg->seq = ntohl(th->seq);
	seg->ack = ntohl(th->ack_seq);
	seg->win = ntohs(th->window);
	seg->len = p->end - p->data;
	seg->flags = get_unaligned_be16(hdr + 12) & PP_TCP_FLAGS;
	seg->ce = INET_ECN_is_ce(pp_packet_dsfield(p));
	for (off = sizeof(*th); off < o->thl;) {
		if (hdr[off] == TCPOPT_EOL)
			break;
		if (hdr[off] == TCPOPT_NOP) {
			off++;
			continue;
		}
		if (off + 2 > o->thl || hdr[off + 1] < 2 || off + hdr[off + 1] > o->thl) {
			o->odd = true;
			break;
		}
		parse_option(seg, o, hdr + off, off);
		o->odd |= o->ts != off;
		off += hdr[off + 1];
	}
	return 0;
}

/*
 * The ends of a packet back to the sender of @p. What a server sent has been through
 * NAT when it leaves; an answer to it has to look as if it had not.
 */
static void ends_back(const struct pp_packet *p, int dir, struct pp_ends *e)
{
#if IS_ENABLED(CONFIG_NF_CONNTRACK)
	enum ip_conntrack_info ctinfo;
	const struct nf_conn *ct = nf_ct_get(p->skb, &ctinfo);
	const struct nf_conntrack_tuple *reply;

	if (dir == PP_S2C && ct && !nf_ct_is_template(ct) &&
	    CTINFO2DIR(ctinfo) == IP_CT_DIR_REPLY) {
		reply = &ct->tuplehash[IP_CT_DIR_REPLY].tuple;
		e->family = p->family;
		e->saddr = reply->dst.u3;
		e->daddr = reply->src.u3;
		e->sport = reply->dst.u.tcp.port;
		e->dport = reply->src.u.tcp.port;
		return;
	}
#endif
	e->family = p->family;
	e->saddr = p->daddr;
	e->daddr = p->saddr;
	e->sport = p->dport;
	e->dport = p->sport;
}

static struct sk_buff *reply_ack(const struct pp_packet *p, int dir,
				 const struct pp_seg *seg, const struct pp_out *out)
{
	struct pp_bare b = {
		.seq = out->reply_seq,
		.ack = out->reply_ack,
		.win = out->reply_win,
		.flags = out->reply_flags,
		.dsfield = pp_packet_dsfield(p) & ~INET_ECN_MASK,
		.has_ts = seg->has_ts,
		.tsval = out->reply_tsval,
		.tsecr = out->reply_tsecr,
		.nsack = out->reply_nsack,
	};

	BUILD_BUG_ON(sizeof(b.sack) != sizeof(out->reply_sack));
	memcpy(b.sack, out->reply_sack, sizeof(b.sack));
	ends_back(p, dir, &b.ends);
	return pp_reply_make(p, &b);
}

static struct sk_buff *reply_rst(const struct pp_packet *p, int dir, const struct pp_out *out)
{
	struct pp_bare b = {
		.seq = out->rst_reply_seq,
		.flags = PP_TCP_RST,
		.dsfield = pp_packet_dsfield(p) & ~INET_ECN_MASK,
	};

	ends_back(p, dir, &b.ends);
	return pp_reply_make(p, &b);
}

static int strip(struct pp_packet *p, const struct pp_tcp_opts *o)
{
	if (likely(!o->strip))
		return 0;
	pp_count(p->pn, PATCHPROXY_CNT_options_stripped, hweight64(o->strip));
	return pp_skb_strip(p, o);
}

/* Carries out a verdict. Returns 0 if the packet goes on, 1 if not, or an error. */
static int carry_out(struct pp_packet *p, int dir, const struct pp_seg *seg,
		     const struct pp_tcp_opts *o, struct pp_out *out)
{
	if (out->verdict != PP_PASS && seg->flags & ~out->flags & PP_TCP_URG)
		pp_count(p->pn, PATCHPROXY_CNT_urgent_cleared, 1);
	switch (out->verdict) {
	case PP_PASS:
		pp_count(p->pn, PATCHPROXY_CNT_pkts_pass, 1);
		return strip(p, o);
	case PP_SHIFT:
		pp_count(p->pn, PATCHPROXY_CNT_pkts_shift, 1);
		if (likely(!pp_skb_needs_rebuild(p->skb)))
			return pp_skb_shift(p, o, out);
		out->pieces[0].data = NULL;
		out->pieces[0].off = 0;
		out->pieces[0].len = seg->len;
		out->npieces = 1;
		out->len = seg->len;
		return pp_skb_rewrite_tcp(p, o, out);
	case PP_REWRITE:
		pp_count(p->pn, PATCHPROXY_CNT_pkts_rewrite, 1);
		return pp_skb_rewrite_tcp(p, o, out);
	case PP_RESET:
		/*
		 * The packet becomes the reset toward its receiver: so it goes through NAT
		 * and conntrack like any packet of the connection.
		 */
		out->seq = out->rst_seq;
		out->flags = PP_TCP_RST | (seg->flags & PP_TCP_ACK);
		out->nsack = 0;
		out->npieces = 0;
		out->len = 0;
		return pp_skb_rewrite_tcp(p, o, out);
	default:
		return 1;
	}
}

/*
 * Where the client's packets come in, as far as anybody knows: before one of them has
 * counted, where the SYN did. 0: nothing is known.
 */
static int client_at(const struct pp_flow *flow)
{
	return flow->ifindex ? flow->ifindex : flow->syn_ifindex;
}

/*
 * Who speaks in the client's name from elsewhere is strange; but not this machine, where a
 * SYN proxy does. Nor is a SYN where no client has agreed to a connection, or it has ended:
 * it may be the client's, and the one before it somebody else's.
 */
static void note_client(struct pp_flow *flow, struct pp_seg *seg, int by)
{
	bool begins = seg->flags & PP_TCP_SYN &&
		      (!pp_conn_agreed(&flow->conn) || pp_conn_closing(&flow->conn));

	if (!flow->proxy.isn && (begins || !flow->syn_ifindex))
		flow->syn_ifindex = by;
	seg->strange = !begins && client_at(flow) && by != client_at(flow) && by != PP_BY_NONE;
}

/*
 * Whether a server's packet is one that its client may have made. The client knows
 * every number, so it could acknowledge what the server lacks, or have us take the
 * connection for ended or begun anew and go on unread. What gives it away is that it
 * comes in where the client does, though the server has spoken from elsewhere. Nor does
 * a connection begin anew elsewhere.
 */
static bool pretends(struct pp_flow *flow, const struct pp_seg *seg, int by)
{
	const int client = client_at(flow);
	int *server = &flow->server_ifindex;

	if (!*server || *server == client)
		*server = by;
	/* The next connection may be with another server; a proxy's first words are its own. */
	else if (by != client && (pp_conn_closing(&flow->conn) ? seg->flags & PP_TCP_SYN :
				  flow->proxy.isn && *server == PP_BY_NONE))
		*server = by;
	return by != *server && (by == client || seg->flags & PP_TCP_SYN);
}

/*
 * A SYN proxy answers whoever sends a SYN, in the server's name, and the connection begins
 * later (synproxy.c). That is news to one only that has ended.
 */
static bool proxy_answer(const struct pp_flow *flow, const struct pp_seg *seg, int by)
{
	return flow->proxy.isn && by == PP_BY_NONE && seg->flags & PP_TCP_SYN &&
	       !pp_conn_closing(&flow->conn);
}

/**
 * struct made - packets that were made for one at hand
 * @back: goes back to its sender, or NULL
 * @parts: go where it goes, before it
 */
struct made {
	struct sk_buff *back;
	struct sk_buff_head parts;
};

/*
 * What does not fit into one packet leaves in several, of which the packet at hand is
 * the last. One that cannot be made is lost on the way.
 */
static void make_parts(struct pp_packet *p, struct pp_flow *flow, int dir,
		       const struct pp_tcp_opts *o, struct pp_out *out,
		       struct sk_buff_head *parts)
{
	struct sk_buff *skb;

	while (unlikely(out->more)) {
		skb = pp_skb_part(p, o, out);
		if (skb)
			__skb_queue_tail(parts, skb);
		pp_count(p->pn, skb ? PATCHPROXY_CNT_parts_made : PATCHPROXY_CNT_drop_nomem, 1);
		pp_conn_more(&flow->conn, dir, out);
	}
}

/*
 * Whether a connection is signed (TCP-MD5, TCP-AO), so that nothing of it may be changed:
 * if its server signs. What a client's options say, a server may never have heard of.
 */
static bool untouched(struct pp_packet *p, struct pp_flow *flow, int dir,
		      const struct pp_seg *seg, const struct pp_tcp_opts *o, int by)
{
	const struct pp_conn *c = &flow->conn;
	bool begins = seg->flags & PP_TCP_SYN;

	if (dir == PP_S2C && by != client_at(flow) &&
	    (begins || (o->sealed && c->join.wanted))) {
		if (o->sealed && !flow->untouched &&
		    (c->state == PP_CONN_SYN || c->join.wanted || pp_conn_anew(c, seg))) {
			flow->untouched = true;
			flow->over = false;
			pp_count(p->pn, PATCHPROXY_CNT_flow_untouched, 1);
		} else if (!o->sealed) {
			flow->untouched = false;
		}
	}
	if (!flow->untouched || (begins && dir == PP_C2S))
		return false;
	flow->over |= seg->flags & (PP_TCP_FIN | PP_TCP_RST);
	flow->seen = jiffies;
	return true;
}

static unsigned int run_locked(struct pp_packet *p, struct pp_flow *flow, int dir,
			       struct pp_seg *seg, const struct pp_tcp_opts *o,
			       struct made *made)
{
	struct pp_ctx ctx = {
		.pn = p->pn,
		.tuple = &flow->tuple,
	};
	struct pp_out *out = pp_port_out();
	const int by = pp_packet_came_by(p);
	const struct pp_ruleset *rs;
	u32 kept;
	int err;

	seg->ctx = &ctx;
	seg->tight = pp_budget_tight(p->pn);
	seg->most = pp_skb_most(p);
	seg->now = ktime_get_seconds();
	if (unlikely(pp_offload_seen(p)) && !flow->offloaded) {
		flow->offloaded = true;
		pp_count(p->pn, PATCHPROXY_CNT_offload_seen, 1);
	}
	if (dir == PP_C2S)
		note_client(flow, seg, by);
	else
		pp_offload_refuse(p);
	if (dir == PP_S2C && proxy_answer(flow, seg, by))
		return NF_ACCEPT;
	seg->hearsay = dir == PP_S2C && by == PP_BY_NONE && flow->server_ifindex > 0;
	if (dir == PP_S2C && pretends(flow, seg, by)) {
		pp_count(p->pn, PATCHPROXY_CNT_drop_strange, 1);
		return NF_DROP;
	}
	if (unlikely(o->sealed || flow->untouched) && untouched(p, flow, dir, seg, o, by))
		return NF_ACCEPT;
	if (dir == PP_S2C && pp_conn_anew(&flow->conn, seg)) {
		err = pp_flow_anew(p->pn, flow);
		if (err)
			return pp_pair_drop(p->pn, ERR_PTR(err));
	}
	ctx.grammar = &flow->grammar->img;
	/* What anybody may send keeps nothing alive. */
	if (!seg->strange)
		flow->seen = jiffies;
	rs = pp_flow_rules(p->pn, flow);
	if (IS_ERR(rs))
		return pp_pair_drop(p->pn, rs);
	ctx.target = flow->target;
	pp_conn_in(&flow->conn, rs, dir, seg, out);
	kept = pp_conn_kept(&flow->conn);
	pp_budget_charge(p->pn, (long)kept - flow->kept);
	flow->kept = kept;
	if (dir == PP_C2S && out->admitted && flow->ifindex != by) {
		if (seg->strange)
			pp_count(p->pn, PATCHPROXY_CNT_rebound, 1);
		flow->ifindex = by;
	}
	if ((flow->edited || out->verdict != PP_PASS) && !pp_flow_hold_module(p->pn, flow))
		return NF_DROP;
	if (out->reply)
		made->back = reply_ack(p, dir, seg, out);
	else if (out->verdict == PP_RESET)
		made->back = reply_rst(p, dir, out);
	make_parts(p, flow, dir, o, out, &made->parts);
	err = carry_out(p, dir, seg, o, out);
	if (!err)
		return NF_ACCEPT;
	if (err < 0)
		pp_count(p->pn, PATCHPROXY_CNT_drop_nomem, 1);
	return NF_DROP;
}

/* Only a part of the segment is there, and whoever reassembles it is behind us. */
static unsigned int drop_fragment(struct pp_packet *p)
{
	pp_count(p->pn, PATCHPROXY_CNT_drop_frag, 1);
	return NF_DROP;
}

/* As pp_tcp_client(); -ESTALE: the connection was forgotten after it had been found. */
static int run(struct pp_packet *p, struct pp_flow *flow, int dir)
{
	struct made made = { .back = NULL };
	struct pp_tcp_opts o;
	struct sk_buff *skb;
	struct pp_seg seg;
	int ret = -ESTALE;

	if (unlikely(p->frag))
		return drop_fragment(p);
	if (pp_skb_trim(p)) {
		pp_count(p->pn, PATCHPROXY_CNT_drop_nomem, 1);
		return NF_DROP;
	}
	if (pp_tcp_parse(p, &seg, &o)) {
		pp_count(p->pn, PATCHPROXY_CNT_drop_short, 1);
		return NF_DROP;
	}
	if (!pp_skb_csum_ok(p)) {
		pp_count(p->pn, PATCHPROXY_CNT_drop_csum, 1);
		return NF_DROP;
	}
	if (dir == PP_C2S && pp_skb_own(p)) {
		pp_count(p->pn, PATCHPROXY_CNT_drop_nomem, 1);
		return NF_DROP;
	}
	__skb_queue_head_init(&made.parts);
	spin_lock(&flow->lock);
	if (likely(!flow->dead))
		ret = run_locked(p, flow, dir, &seg, &o, &made);
	spin_unlock(&flow->lock);
	pp_reply_send(p, made.back);
	while ((skb = __skb_dequeue(&made.parts)))
		pp_hook_go_on(p, skb);
	return ret;
}

/* If the connection was forgotten just now, another one may have its name. */
static unsigned int run_known(struct pp_packet *p, struct pp_flow *flow, int dir)
{
	int ret = run(p, flow, dir);
	struct pp_tuple t;

	if (unlikely(ret < 0)) {
		pp_packet_tuple(p, dir, &t);
		flow = pp_flow_find(p->pn, &t);
		if (flow)
			ret = run(p, flow, dir);
	}
	return ret < 0 ? NF_ACCEPT : ret;
}

/**
 * pp_tcp_entry() - a TCP packet comes in
 * @p: packet, as its sender addressed it
 *
 * Context: entry hook, bottom halves off. May reallocate the head.
 *
 * Return: netfilter verdict; the hook's caller frees the packet on NF_DROP.
 */
unsigned int pp_tcp_entry(struct pp_packet *p)
{
	struct pp_flow *flow;
	struct pp_tuple t;

	pp_packet_tuple(p, PP_C2S, &t);
	flow = pp_flow_find(p->pn, &t);
	return flow ? pp_tcp_client(p, flow) : NF_ACCEPT;
}

/**
 * pp_tcp_client() - a client's packet of a known connection comes in
 * @p: packet
 * @flow: its connection
 *
 * Context: entry hook, bottom halves off. May reallocate the head.
 *
 * Return: netfilter verdict.
 */
unsigned int pp_tcp_client(struct pp_packet *p, struct pp_flow *flow)
{
	return run_known(p, flow, PP_C2S);
}

/**
 * pp_tcp_server() - a server's packet of a known connection leaves
 * @p: packet, as its receiver knows it
 * @flow: its connection
 *
 * Context: exit hook, bottom halves off. May reallocate the head.
 *
 * Return: netfilter verdict.
 */
unsigned int pp_tcp_server(struct pp_packet *p, struct pp_flow *flow)
{
	return run_known(p, flow, PP_S2C);
}

/* Only a SYN that is made on this machine can be a proxy's. */
static void note_proxy(const struct pp_packet *p, struct pp_flow *flow, const struct pp_seg *seg)
{
	if (pp_packet_came_by(p) != PP_BY_NONE)
		return;
	/* pp_synproxy_rest() looks without the lock. */
	WRITE_ONCE(flow->proxy.isn, seg->ack);
	flow->proxy.tsval = seg->tsecr;
}

/*
 * The SYN of a connection leaves. If that is known already, another one begins if the
 * server answers it: until then the old one has to be translated, whoever sent the SYN.
 * Returns as run().
 */
static int begin(struct pp_packet *p, struct pp_flow *flow, const struct pp_seg *seg,
		 const struct pp_tcp_opts *o, bool known)
{
	int ret = -ESTALE;

	spin_lock(&flow->lock);
	if (likely(!flow->dead)) {
		note_proxy(p, flow, seg);
		if (known) {
			flow->next_addr = p->daddr;
			flow->next_port = ntohs(p->dport);
		}
		ret = NF_ACCEPT;
	}
	spin_unlock(&flow->lock);
	/* A known one's has been seen, but not if it was not known then. */
	if (ret >= 0 && (!known || seg->len || o->strip))
		ret = run(p, flow, PP_C2S);
	return ret;
}

static unsigned int create(struct pp_packet *p, const struct pp_tuple *t,
			   const struct pp_seg *seg, const struct pp_tcp_opts *o)
{
	const struct pp_target *target;
	struct pp_flow *flow;
	bool known;
	int ret;

	target = pp_target_find(p->pn, t, &p->daddr, ntohs(p->dport), NULL);
	if (!target)
		return NF_ACCEPT;
	if (IS_ERR(target))
		return pp_pair_drop(p->pn, target);
	/* What no server takes must not take room here. */
	if (pp_skb_trim(p)) {
		pp_count(p->pn, PATCHPROXY_CNT_drop_nomem, 1);
		return NF_DROP;
	}
	if (!pp_skb_csum_ok(p)) {
		pp_count(p->pn, PATCHPROXY_CNT_drop_csum, 1);
		return NF_DROP;
	}
	/* A known one's may be new to conntrack. */
	pp_offload_refuse(p);
	/* Again only if one that was known is forgotten just now. */
	do {
		flow = pp_flow_begin(p->pn, t, target, &p->daddr, ntohs(p->dport), NULL, 0,
				     &known);
		if (!flow)
			return NF_DROP;
		ret = begin(p, flow, seg, o, known);
	} while (ret < 0);
	return ret;
}

/*
 * A client's RST, or one in place of what it sent. Told where it leaves: one that the
 * firewall refuses, or that is to die on the way, must not make us forget the connection.
 */
static void rst_left(const struct pp_packet *p, const struct pp_tuple *t,
		     const struct pp_seg *seg, const struct pp_tcp_opts *o)
{
	struct pp_flow *flow = pp_flow_find(p->pn, t);

	/*
	 * Nor one that the server may drop for what its headers have besides: for a
	 * signature (TCP-MD5) that it has no key for, or options that it cannot read.
	 */
	if (!flow || (p->state->hook != NF_INET_LOCAL_IN && pp_packet_ttl(p) < PP_TTL_FAR) ||
	    o->odd || seg->flags & ~(PP_TCP_RST | PP_TCP_ACK) || seg->len ||
	    p->l4 - p->l3 != (p->family == AF_INET ? sizeof(struct iphdr) : sizeof(struct ipv6hdr)))
		return;
	spin_lock(&flow->lock);
	if (!flow->dead)
		pp_conn_rst_left(&flow->conn, seg->seq);
	spin_unlock(&flow->lock);
}

/* A first fragment of no known server's leaves. */
static unsigned int fragment_left(struct pp_packet *p)
{
	struct pp_tuple t;

	pp_packet_original(p, PP_C2S, &t);
	return pp_target_find(p->pn, &t, &p->daddr, ntohs(p->dport), NULL) ? drop_fragment(p) :
									     NF_ACCEPT;
}

/**
 * pp_tcp_leave() - a TCP packet that is no known server's leaves
 * @p: packet that every firewall rule has let pass
 *
 * Connections are created here and not where packets come in: what the firewall
 * refuses must not take room.
 *
 * Context: exit hook, bottom halves off. May reallocate the head.
 *
 * Return: netfilter verdict.
 */
unsigned int pp_tcp_leave(struct pp_packet *p)
{
	struct pp_tcp_opts o;
	struct pp_tuple t;
	struct pp_seg seg;

	if (!test_bit(ntohs(p->dport), p->pn->ports) && !pp_packet_renamed(p))
		return NF_ACCEPT;
	if (unlikely(p->frag))
		return fragment_left(p);
	if (pp_tcp_parse(p, &seg, &o)) {
		pp_count(p->pn, PATCHPROXY_CNT_drop_short, 1);
		return NF_DROP;
	}
	if ((seg.flags & (PP_TCP_SYN | PP_TCP_ACK)) == PP_TCP_SYN) {
		pp_packet_original(p, PP_C2S, &t);
		return create(p, &t, &seg, &o);
	}
	if (seg.flags & PP_TCP_RST) {
		pp_packet_original(p, PP_C2S, &t);
		rst_left(p, &t, &seg, &o);
		return NF_ACCEPT;
	}
	if (unlikely(pp_offload_unsettled(p))) {
		pp_packet_original(p, PP_C2S, &t);
		if (pp_flow_find(p->pn, &t) ||
		    pp_target_find(p->pn, &t, &p->daddr, ntohs(p->dport), NULL))
			pp_offload_refuse(p);
	}
	/* Where connections are only counted, an acknowledgement has nothing to say. */
	if (!seg.len && !(seg.flags & PP_TCP_FIN) && !READ_ONCE(p->pn->strict))
		return NF_ACCEPT;
	pp_packet_original(p, PP_C2S, &t);
	return pp_midstream(p, &t, &seg, &o);
}
