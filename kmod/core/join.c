// SPDX-License-Identifier: GPL-2.0
/*
 * Connections that are older than the box: their start was not seen.
 *
 * Nothing is known of such a connection, and a parser that begins anywhere takes
 * the middle of a request for its start. So it is let alone until a safe point: the
 * server has spoken since the client did, each has acknowledged all that the other
 * has sent, and the client speaks. There a protocol of requests and replies begins
 * a request, and there both numberings are known from the ends themselves.
 *
 * The server's packets say where the connection is. A third party's segments, or
 * old ones of the client, do not stand exactly there.
 */
#include "conn.h"

/**
 * pp_conn_init_old() - a connection whose start was not seen
 * @c: the connection
 * @grammar: how it is parsed; must outlive it
 * @syn: what is known of the client's offer: @syn->wscale, and in @syn->sack whether
 *	both have offered SACK
 * @server_wscale: window scale of the server, 0xff: not known
 */
void pp_conn_init_old(struct pp_conn *c, const struct pp_image *grammar, const struct pp_syn *syn,
		      u8 server_wscale)
{
	pp_conn_init(c, grammar);
	c->syn = *syn;
	c->join.wanted = true;
	c->join.wscale = server_wscale;
}

static void heard(struct pp_conn *c, const struct pp_seg *seg)
{
	struct pp_join *j = &c->join;
	u32 end = seg->seq + seg->len + !!(seg->flags & PP_TCP_FIN);

	if (!(seg->flags & PP_TCP_ACK))
		return;
	/* One that was overtaken says how it was. */
	j->ack = j->heard ? pp_later(j->ack, seg->ack) : seg->ack;
	j->end = j->heard ? pp_later(j->end, end) : end;
	j->win = seg->win;
	j->spoke |= seg->len != 0;
	j->heard = true;
	if (c->state == PP_CONN_SYN)
		c->state = PP_CONN_OPEN;
}

static void begin(struct pp_conn *c, const struct pp_seg *seg)
{
	struct pp_half *h = &c->half[PP_C2S], *r = &c->half[PP_S2C];

	h->wscale = c->join.wscale;
	r->wscale = c->syn.wscale;
	h->sack = c->syn.sack;
	r->sack = c->syn.sack;
	h->ts = seg->has_ts;
	r->ts = seg->has_ts;
	pp_half_begin(h, seg->seq);
	pp_half_begin(r, seg->ack);
	h->edge_y = c->join.ack + ((u32)c->join.win << pp_scale(h));
	h->given_x = h->edge_y;
	h->win = c->join.win;
	h->edge = true;
	c->join.wanted = false;
	c->spoke = true;
	c->state = PP_CONN_OPEN;
	pp_port_count(seg->ctx, PATCHPROXY_CNT_joined, 1);
}

/**
 * pp_join() - a segment of a connection that waits for a safe point
 * @c: the connection; &pp_join.wanted
 * @dir: direction
 * @seg: the segment; no SYN
 *
 * Return: true if the connection begins with it; else it passes as it is.
 */
bool pp_join(struct pp_conn *c, int dir, const struct pp_seg *seg)
{
	struct pp_join *j = &c->join;

	if (seg->flags & (PP_TCP_RST | PP_TCP_FIN))
		c->state = PP_CONN_CLOSING;
	if (seg->flags & PP_TCP_RST)
		return false;
	if (dir == PP_S2C) {
		heard(c, seg);
		return false;
	}
	if (!seg->len)
		return false;
	if (j->heard && j->spoke && seg->flags & PP_TCP_ACK && seg->seq == j->ack &&
	    seg->ack == j->end) {
		begin(c, seg);
		return true;
	}
	j->spoke = false;
	return false;
}
