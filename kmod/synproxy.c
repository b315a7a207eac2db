// SPDX-License-Identifier: GPL-2.0
/*
 * Behind a SYN proxy (nf_synproxy_core.c in the kernel).
 *
 * The proxy answers a client in the server's place, and when the client has proved
 * itself it makes the SYN that we see. The server's SYN/ACK it keeps for itself, in a
 * hook behind ours: it answers that too, and from then on it shifts the server's
 * numbers to those the client has got. So on our side of it there is one numbering,
 * the client's, but no SYN/ACK that says where it begins. The proxy writes that into
 * the SYN it makes, where the acknowledgement of a segment stands, to find it again
 * itself.
 */
#include "flow.h"
#include "hook.h"
#include "pair.h"
#include "port.h"
#include "tcp.h"

/* The connection whose SYN/ACK the hooks behind ours have on this CPU. */
static DEFINE_PER_CPU(const struct pp_flow *, answered);

/* The engine gets the SYN/ACK as the proxy has made it for the client. */
static void begin(struct pp_net *pn, struct pp_flow *flow, struct pp_seg *seg)
{
	struct pp_ctx ctx = {
		.pn = pn,
		.tuple = &flow->tuple,
	};
	const struct pp_ruleset *rs;
	struct pp_conn_info info;

	seg->ctx = &ctx;
	seg->len = 0;
	seg->now = ktime_get_seconds();
	spin_lock(&flow->lock);
	ctx.grammar = &flow->grammar->img;
	seg->seq = flow->proxy.isn;
	seg->tsval = flow->proxy.tsval;
	pp_conn_info(&flow->conn, &info);
	if (!flow->dead && info.state == PP_CONN_SYN) {
		rs = pp_flow_rules(pn, flow);
		if (IS_ERR(rs))
			pp_pair_drop(pn, rs);
		else
			pp_conn_in(&flow->conn, rs, PP_S2C, seg, pp_port_out());
	}
	spin_unlock(&flow->lock);
}

/**
 * pp_synproxy_rest() - run the hooks behind ours on a server's segment
 * @p: the segment
 * @flow: its connection
 * @self: our function
 *
 * As pp_hook_rest(); if it is a SYN/ACK that they keep, the connection begins.
 *
 * Context: exit hook, RCU read side, no locks.
 *
 * Return: 1 if all accept; else the packet is not the caller's any more.
 */
int pp_synproxy_rest(const struct pp_packet *p, struct pp_flow *flow, nf_hookfn *self)
{
	const u8 synack = PP_TCP_SYN | PP_TCP_ACK;
	struct pp_packet head = *p;
	struct pp_tcp_opts o;
	struct pp_seg seg;
	int ret;

	if (likely(!READ_ONCE(flow->proxy.isn)) || pp_tcp_parse(&head, &seg, &o) ||
	    (seg.flags & synack) != synack)
		return pp_hook_rest(p->skb, p->state, self);
	local_bh_disable();
	__this_cpu_write(answered, flow);
	ret = pp_hook_rest(p->skb, p->state, self);
	__this_cpu_write(answered, NULL);
	if (ret != 1)
		begin(p->pn, flow, &seg);
	local_bh_enable();
	return ret;
}

/**
 * pp_synproxy_mine() - is this the proxy's answer to a SYN/ACK
 * @p: packet that comes in
 *
 * It has the server's numbers and no data, and is none of the client's segments.
 *
 * Context: entry hook, bottom halves off.
 *
 * Return: true if it must pass as it is.
 */
bool pp_synproxy_mine(const struct pp_packet *p)
{
	const struct pp_flow *flow = __this_cpu_read(answered);
	struct pp_packet head = *p;
	struct pp_tcp_opts o;
	struct pp_tuple t;
	struct pp_seg seg;

	if (likely(!flow) || p->state->hook != NF_INET_LOCAL_OUT)
		return false;
	pp_packet_tuple(p, PP_C2S, &t);
	return !memcmp(&t, &flow->tuple, sizeof(t)) && !pp_tcp_parse(&head, &seg, &o) &&
	       !seg.len && seg.flags == PP_TCP_ACK;
}
