// SPDX-License-Identifier: GPL-2.0
/* An endpoint's life, its timers and its application. */
#include "oracle.h"

/**
 * ep_begin - a new endpoint
 * @w: the run; the endpoint's @conf is set
 * @me: direction it sends in; the client begins at once
 */
void ep_begin(struct world *w, int me)
{
	struct ep *e = &w->ep[me], old = *e;
	const struct model *m = &w->model[me];
	u32 room = world_most(w, !me) + 256;

	memset(e, 0, sizeof(*e));
	e->conf = old.conf;
	e->me = me;
	e->model = m;
	e->sacked = world_grow(old.sacked, m->nin + 2);
	memset(e->sacked, 0, m->nin + 2);
	e->in_room = room;
	e->in = world_grow(old.in, room);
	e->have = world_grow(old.have, room);
	memset(e->have, 0, room);
	e->una = e->conf.iss;
	e->nxt = e->conf.iss + 1;
	e->snd_mss = 536;
	e->t_rtx = NEVER;
	e->t_probe = NEVER;
	e->t_delack = NEVER;
	e->t_write = NEVER;
	e->t_read = NEVER;
	e->t_keep = NEVER;
	e->state = me == PP_C2S ? EP_SYN_SENT : EP_LISTEN;
	if (me == PP_C2S)
		ep_syn(w, e);
}

/**
 * ep_end - free an endpoint
 * @e: the endpoint
 */
void ep_end(struct ep *e)
{
	free(e->sacked);
	free(e->in);
	free(e->have);
}

/**
 * ep_have - how much an endpoint has received without a gap
 * @e: the endpoint
 *
 * Return: bytes, without FIN.
 */
u32 ep_have(const struct ep *e)
{
	return e->rcv_nxt - (e->irs + 1) - e->fin_rcvd;
}

/**
 * ep_count - the flags that count marks of congestion
 * @flags: of a segment
 *
 * Return: them, as a number.
 */
u8 ep_count(u16 flags)
{
	return (flags & PP_TCP_AE ? 4 : 0) | (flags & PP_TCP_CWR ? 2 : 0) |
	       (flags & PP_TCP_ECE ? 1 : 0);
}

/**
 * ep_next - when an endpoint has something to do
 * @w: the run
 * @me: the endpoint
 *
 * Return: the time, or NEVER.
 */
u64 ep_next(const struct world *w, int me)
{
	const struct ep *e = &w->ep[me];
	u64 t = e->conf.abort_at;

	if (e->state == EP_GONE)
		return NEVER;
	t = min(t, e->t_rtx);
	t = min(t, e->t_probe);
	t = min(t, e->t_delack);
	t = min(t, e->t_write);
	t = min(t, e->t_read);
	return min(t, e->t_keep);
}

/* How far the server may write before it has read the next question. */
static u32 gate(struct world *w, struct ep *e)
{
	const struct model *asks = &w->model[PP_C2S];
	u32 i;

	if (e->me == PP_C2S)
		return e->model->nin;
	for (i = 0; i < asks->nasks; i++)
		if (e->read < asks->y[asks->ask_end[i]])
			return e->model->ask_end[i];
	return e->model->nin;
}

static void app_write(struct world *w, struct ep *e)
{
	u32 most = gate(w, e), avail = most - min(most, e->written), n = avail;
	u64 v = choice_draw(w->ch, CH_APP + e->me);
	u32 pause = e->conf.pause ? choice_take(&v, e->conf.pause) : 0;

	e->t_write = NEVER;
	if (avail && choice_chance(&v, 70))
		n = 1 + choice_take(&v, avail);
	e->written += n;
	if (e->written == e->model->nin && (!e->conf.late || e->fin_rcvd))
		e->closed = true;
	else if (e->written < most)
		e->t_write = w->now + 1 + pause;
	ep_push(w, e);
}

/*
 * Reading goes on, and what was read may open the gate for an answer or the end for
 * one who closes late.
 */
static void app_read(struct world *w, struct ep *e)
{
	u32 avail = ep_have(e) - e->read, n = avail, edge;
	u64 v = 0;

	e->t_read = NEVER;
	if (e->conf.slow && w->now < w->heal) {
		v = choice_draw(w->ch, CH_APP + e->me);
		if (avail && choice_chance(&v, 80))
			n = 1 + choice_take(&v, avail);
		if (n < avail)
			e->t_read = w->now + 20 + choice_take(&v, 400);
	}
	e->read += n;
	edge = ep_window_edge(e);
	if (e->state == EP_OPEN && (s32)(edge - e->rcv_adv) >=
	    (s32)min_t(u32, e->conf.mss, e->conf.rcvbuf / 2))
		ep_ack(w, e);
	if (!e->closed && e->t_write == NEVER)
		e->t_write = w->now;
}

static void rtx(struct world *w, struct ep *e)
{
	e->t_rtx = NEVER;
	e->backoff++;
	if (e->state == EP_SYN_SENT || e->state == EP_SYN_RCVD) {
		ep_syn(w, e);
		return;
	}
	if (e->una == e->nxt)
		return;
	e->ssthresh = max((e->nxt - e->una) / 2, 2u * e->snd_mss);
	e->cwnd = e->snd_mss;
	e->in_rec = true;
	e->by_rto = true;
	e->recover = e->nxt;
	e->rtx_nxt = e->una;
	e->dupacks = 0;
	if (!e->conf.strict)
		memset(e->sacked, 0, e->model->nin + 1);
	/* All of it may have been reported, and the acknowledgement was lost. */
	if (!ep_recover(w, e, 1))
		ep_probe(w, e);
	if (e->t_rtx == NEVER)
		e->t_rtx = w->now + ep_rto(w, e);
}

static void probe(struct world *w, struct ep *e)
{
	e->t_probe = NEVER;
	if (e->una != e->nxt || e->fin_sent)
		return;
	e->backoff++;
	ep_probe(w, e);
	ep_push(w, e);
}

/**
 * ep_timer - do what is due
 * @w: the run
 * @me: the endpoint
 */
void ep_timer(struct world *w, int me)
{
	struct ep *e = &w->ep[me];

	if (e->conf.abort_at <= w->now) {
		e->conf.abort_at = NEVER;
		if (e->state == EP_OPEN) {
			ep_rst(w, e, e->nxt);
			e->state = EP_GONE;
			return;
		}
	}
	if (e->t_rtx <= w->now)
		rtx(w, e);
	if (e->t_probe <= w->now)
		probe(w, e);
	if (e->t_write <= w->now)
		app_write(w, e);
	if (e->t_read <= w->now)
		app_read(w, e);
	if (e->t_delack <= w->now)
		ep_ack(w, e);
	if (e->t_keep <= w->now) {
		e->t_keep = w->now + e->conf.keepalive;
		if (e->state == EP_OPEN && e->una == e->nxt && w->now < w->heal)
			ep_probe(w, e);
	}
}

/**
 * ep_done - has an endpoint nothing more to do
 * @w: the run
 * @me: the endpoint
 *
 * Return: all it sent was acknowledged and all it is sent has come; or it is gone.
 */
bool ep_done(const struct world *w, int me)
{
	const struct ep *e = &w->ep[me];

	if (e->state == EP_GONE)
		return true;
	return e->state == EP_OPEN && e->fin_sent && e->una == e->nxt && e->fin_rcvd &&
	       e->read == ep_have(e);
}
