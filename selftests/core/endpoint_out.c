// SPDX-License-Identifier: GPL-2.0
/* What an endpoint sends. */
#include "oracle.h"

/**
 * ep_seq - the sequence number of a byte that an endpoint sends
 * @e: the endpoint
 * @off: place of the byte; the FIN is behind the last one
 *
 * Return: the number.
 */
u32 ep_seq(const struct ep *e, u32 off)
{
	return e->conf.iss + 1 + off;
}

static u32 end_seq(const struct ep *e)
{
	return ep_seq(e, e->written);
}

/**
 * ep_window_edge - how far an endpoint can take data now
 * @e: the endpoint
 *
 * Return: the sequence number at the end of its buffer.
 */
u32 ep_window_edge(const struct ep *e)
{
	u32 used = ep_have(e) - e->read;

	return e->rcv_nxt + (e->conf.rcvbuf > used ? e->conf.rcvbuf - used : 0);
}

static u16 window(struct ep *e)
{
	u32 edge = ep_window_edge(e), least = min_t(u32, e->conf.mss, e->conf.rcvbuf / 2), field;

	if (!e->conf.shrink && (s32)(edge - e->rcv_adv) < (s32)least)
		edge = e->rcv_adv;
	if (pp_before(edge, e->rcv_nxt))
		edge = e->rcv_nxt;
	field = (edge - e->rcv_nxt) >> e->rcv_ws;
	if (!e->conf.shrink && pp_before(e->rcv_nxt + (field << e->rcv_ws), e->rcv_adv))
		field++;
	field = min(field, 65535u);
	e->rcv_adv = e->rcv_nxt + (field << e->rcv_ws);
	return field;
}

/* The block that came last goes first, then others from the left. */
static void add_sack(struct ep *e, struct pkt *p)
{
	u32 most = p->has_ts ? 3 : 4, base = e->irs + 1, pass, i, start;

	if (e->conf.dsack && e->dsack_start != e->dsack_end) {
		p->sack[p->nsack].start = e->dsack_start;
		p->sack[p->nsack++].end = e->dsack_end;
	}
	e->dsack_start = 0;
	e->dsack_end = 0;
	for (pass = 0; pass < 2; pass++) {
		i = ep_have(e);
		while (i < e->in_end && p->nsack < most) {
			while (i < e->in_end && !e->have[i])
				i++;
			start = i;
			while (i < e->in_end && e->have[i])
				i++;
			if (i == start)
				break;
			if ((e->ooo_seq - base >= start && e->ooo_seq - base < i) == pass)
				continue;
			p->sack[p->nsack].start = base + start;
			p->sack[p->nsack++].end = base + i;
		}
	}
}

/* Of marks: what it has seen, and that it has slowed down. Bytes sent again may be lost. */
static void congestion(struct ep *e, struct pkt *p)
{
	bool fresh = p->len && p->seq == e->nxt;

	p->ect = fresh && e->use_ecn != EP_ECN_NONE;
	switch (e->use_ecn) {
	case EP_ECN_ECHO:
		p->flags |= (e->echo ? PP_TCP_ECE : 0) | (fresh && e->answer ? PP_TCP_CWR : 0);
		e->answer &= !fresh;
		break;
	case EP_ECN_COUNT:
		p->flags |= (e->count & 4 ? PP_TCP_AE : 0) | (e->count & 2 ? PP_TCP_CWR : 0) |
			    (e->count & 1 ? PP_TCP_ECE : 0);
		break;
	}
}

static struct pkt *segment(struct world *w, struct ep *e, u32 seq, u32 len, u16 flags)
{
	struct pkt *p = pkt_new(len);

	p->seq = seq;
	p->ack = e->rcv_nxt;
	p->flags = flags | PP_TCP_ACK;
	p->win = window(e);
	p->has_ts = e->use_ts;
	if (p->has_ts) {
		p->tsval = e->conf.clock + (u32)w->now;
		p->tsecr = e->ts_recent;
	}
	congestion(e, p);
	if (e->use_sack && (e->in_end > ep_have(e) || e->dsack_start != e->dsack_end))
		add_sack(e, p);
	return p;
}

static void transmit(struct world *w, struct ep *e, struct pkt *p)
{
	e->t_delack = NEVER;
	e->unacked = 0;
	e->rcv_wup = e->rcv_nxt;
	if (e->conf.keepalive)
		e->t_keep = w->now + e->conf.keepalive;
	net_send(w, e->me == PP_C2S ? LINK_C_BOX : LINK_S_BOX, p);
}

/**
 * ep_syn - send SYN or SYN/ACK
 * @w: the run
 * @e: the endpoint
 */
void ep_syn(struct world *w, struct ep *e)
{
	bool first = e->state == EP_SYN_SENT;
	u32 len = first && e->conf.syn_data ? min(e->model->nin, 20u) : 0;
	struct pkt *p = pkt_new(len);

	if (len)
		memcpy(p->data, e->model->in, len);
	p->seq = e->conf.iss;
	p->flags = PP_TCP_SYN | (first ? 0 : PP_TCP_ACK);
	p->ack = first ? 0 : e->rcv_nxt;
	p->win = min(e->conf.rcvbuf, 65535u);
	p->mss = e->conf.mss;
	p->wscale = first || e->snd_ws != 0xff ? e->conf.wscale : 0xff;
	p->sack_ok = first ? e->conf.sack : e->use_sack;
	p->has_ts = first ? e->conf.ts : e->use_ts;
	p->tsval = e->conf.clock + (u32)w->now;
	p->tsecr = first ? 0 : e->ts_recent;
	if (first && e->conf.ecn)
		p->flags |= PP_TCP_ECE | PP_TCP_CWR | (e->conf.ecn == EP_ECN_COUNT ? PP_TCP_AE : 0);
	else if (!first && e->use_ecn)
		p->flags |= e->use_ecn == EP_ECN_COUNT ? PP_TCP_CWR : PP_TCP_ECE;
	e->t_rtx = w->now + ep_rto(w, e) + 300;
	transmit(w, e, p);
}

/**
 * ep_ack - acknowledge
 * @w: the run
 * @e: the endpoint
 */
void ep_ack(struct world *w, struct ep *e)
{
	transmit(w, e, segment(w, e, e->nxt, 0, 0));
}

/**
 * ep_rst - send RST
 * @w: the run
 * @e: the endpoint
 * @seq: its sequence number
 */
void ep_rst(struct world *w, struct ep *e, u32 seq)
{
	transmit(w, e, segment(w, e, seq, 0, PP_TCP_RST));
}

/**
 * ep_rto - how long to wait before sending again
 * @w: the run
 * @e: the endpoint
 *
 * Return: milliseconds.
 */
u64 ep_rto(const struct world *w, const struct ep *e)
{
	u64 rto = (u64)e->conf.rto << min(e->backoff, 6u);

	return min(rto, w->now < w->heal ? 8000ull : 2000ull);
}

/* A hostile endpoint does not say the same thing twice. */
static void alter(struct world *w, const struct ep *e, u32 off, struct pkt *p)
{
	u32 known = box_in_hand(w, e->me), i;
	u64 v = choice_draw(w->ch, CH_EP + e->me);

	if (!choice_chance(&v, 60))
		return;
	for (i = 0; i < p->len; i++) {
		if (off + i < known)
			p->data[i] = '\n' + i % 3;
		else
			p->data[i] = model_other(p->data[i], &v);
	}
}

/*
 * A place from @from to @end: anywhere, or near to where bytes begin or end that nobody
 * looks at.
 */
static u32 somewhere(const struct model *m, u32 from, u32 end, u64 *v)
{
	u32 at = from + choice_take(v, end - from), border = at, back;

	if (!choice_take(v, 4))
		return at;
	while (border < end && m->opaque[border] == m->opaque[at])
		border++;
	back = choice_take(v, 24);
	if (border == end || border + 8 - from < back || border + 8 - back >= end)
		return at;
	return border + 8 - back;
}

static void part(struct world *w, struct ep *e, u32 from, u32 to)
{
	struct pkt *p = segment(w, e, ep_seq(e, from), to - from, PP_TCP_PSH);

	memcpy(p->data, e->model->in + from, to - from);
	alter(w, e, from, p);
	e->nxt = pp_later(e->nxt, ep_seq(e, to));
	transmit(w, e, p);
}

/*
 * In front of the segment from @from on, a hostile endpoint sends parts of it and of what
 * is around it: the first bytes up to some place, and others from near to that one. They
 * overlap, and come in any order. What it has left out it sends when it is missed.
 */
static void parts(struct world *w, struct ep *e, u32 from, u32 len)
{
	u64 v = choice_draw(w->ch, CH_EP + e->me);
	u32 edge = e->una + e->wnd - ep_seq(e, 0), end = min(edge, e->written);
	u32 start[4], stop[4], i, n = ARRAY_SIZE(start);

	if (!choice_chance(&v, 50))
		return;
	end = max(min(end, from + 500), from + len);
	if (!choice_take(&v, 4))
		from -= min(from, 100u);
	start[0] = from;
	stop[0] = somewhere(e->model, from, end, &v);
	for (i = 1; i < n; i++) {
		start[i] = (i == 1 ? stop[0] : start[i - 1]) + choice_take(&v, 8);
		start[i] = min(start[i], end - 1);
		stop[i] = start[i] + 1 + choice_take(&v, end - start[i]);
	}
	while (n) {
		i = choice_take(&v, n--);
		if (start[i] < stop[i])
			part(w, e, start[i], stop[i]);
		start[i] = start[n];
		stop[i] = stop[n];
	}
}

/* Some part of what is under way or was, cut anywhere. */
static void late(struct world *w, struct ep *e)
{
	u32 from = e->una - ep_seq(e, 0), end = min(e->nxt - ep_seq(e, 0), e->written);
	u64 v = choice_draw(w->ch, CH_EP + e->me);

	if (!choice_chance(&v, 20))
		return;
	from -= min(from, 100u);
	from = somewhere(e->model, from, end, &v);
	part(w, e, from, from + 1 + choice_take(&v, end - from));
}

static void send_range(struct world *w, struct ep *e, u32 seq, u32 len)
{
	u32 off = seq - ep_seq(e, 0);
	bool fin = e->closed && seq + len == end_seq(e);
	struct pkt *p = segment(w, e, seq, len, fin ? PP_TCP_FIN : 0);
	bool again = pp_before(seq, e->nxt);
	u64 v;

	if (len) {
		p->flags |= PP_TCP_PSH;
		memcpy(p->data, e->model->in + off, len);
		if (again && e->conf.hostile)
			alter(w, e, off, p);
	}
	if (e->conf.urgent) {
		v = choice_draw(w->ch, CH_EP + e->me);
		if (choice_chance(&v, 20))
			p->flags |= PP_TCP_URG;
	}
	e->fin_sent |= fin;
	e->nxt = pp_later(e->nxt, seq + len + fin);
	if (e->t_rtx == NEVER)
		e->t_rtx = w->now + ep_rto(w, e);
	e->t_probe = NEVER;
	if (len && e->conf.hostile && again)
		late(w, e);
	else if (len && e->conf.hostile)
		parts(w, e, off, len);
	transmit(w, e, p);
}

/* A segment may be shorter than it could be, or several in one as offloading leaves them. */
static u32 some_len(struct world *w, struct ep *e, u32 most)
{
	u32 mss = e->snd_mss, n;
	u64 v;

	if (!e->conf.odd)
		return min(most, mss);
	v = choice_draw(w->ch, CH_EP + e->me);
	switch (choice_take(&v, 4)) {
	case 0:
		return min(most, mss);
	case 1:
		n = mss * (1 + choice_take(&v, 4));
		return min(most, n);
	default:
		n = 2u << choice_take(&v, 10);
		n = 1 + choice_take(&v, min(mss, n));
		return min(most, n);
	}
}

/**
 * ep_push - send what may be sent for the first time
 * @w: the run
 * @e: the endpoint
 */
void ep_push(struct world *w, struct ep *e)
{
	if (e->state != EP_OPEN)
		return;
	while (!e->fin_sent) {
		u32 avail = end_seq(e) - e->nxt, edge = e->una + min(e->wnd, e->cwnd), len = 0;
		u32 room = pp_after(edge, e->nxt) ? edge - e->nxt : 0;

		if (avail && room)
			len = some_len(w, e, min(avail, room));
		if (!len) {
			if (avail || !e->closed)
				break;
			send_range(w, e, e->nxt, 0);
			break;
		}
		if (len < e->snd_mss && e->conf.nagle && e->una != e->nxt &&
		    !(e->closed && len == avail))
			break;
		if (len < avail && len < e->snd_mss && len == room && len < e->max_wnd / 2)
			break;
		send_range(w, e, e->nxt, len);
	}
	if (e->una == e->nxt && e->t_probe == NEVER && (end_seq(e) != e->nxt) && !e->fin_sent)
		e->t_probe = w->now + ep_rto(w, e);
}

/**
 * ep_probe - the peer's window is closed, or it has been silent: ask
 * @w: the run
 * @e: the endpoint
 */
void ep_probe(struct world *w, struct ep *e)
{
	u32 avail = e->fin_sent || e->una != e->nxt ? 0 : end_seq(e) - e->nxt;
	u32 edge = e->una + e->wnd;
	struct pkt *p;

	if (avail && pp_after(edge, e->nxt)) {
		send_range(w, e, e->nxt, min(avail, edge - e->nxt));
		return;
	}
	if (avail && e->conf.byte_probe) {
		send_range(w, e, e->nxt, 1);
		return;
	}
	p = segment(w, e, e->una - 1, e->conf.byte_probe, 0);
	if (p->len)
		p->data[0] = 0;
	transmit(w, e, p);
}

/* The next range to be sent again; false if there is none. */
static bool hole(const struct ep *e, u32 *seq, u32 *len)
{
	u32 base = ep_seq(e, 0), end = e->recover, at = pp_later(e->rtx_nxt, e->una);
	u32 data_end = end_seq(e);

	if (e->use_sack && !e->by_rto && at != e->una && pp_after(end, e->high_sack))
		end = e->high_sack;
	while (pp_before(at, end) && pp_before(at, data_end) && e->sacked[at - base])
		at++;
	if (!pp_before(at, end))
		return false;
	*seq = at;
	for (*len = 0; pp_before(at, end) && pp_before(at, data_end); at++, ++*len)
		if (e->sacked[at - base] && e->conf.strict)
			break;
	return true;
}

/**
 * ep_recover - send again what seems to be lost
 * @w: the run
 * @e: the endpoint
 * @budget: most segments
 *
 * Return: there was something.
 */
bool ep_recover(struct world *w, struct ep *e, u32 budget)
{
	u32 seq, len, room, n;

	for (n = 0; n < budget && hole(e, &seq, &len); n++) {
		len = len ? some_len(w, e, len) : 0;
		room = e->una + e->wnd - seq;
		if ((s32)room <= 0 && seq != e->una)
			break;
		if ((s32)room > 0)
			len = min(len, room);
		e->rtx_nxt = seq + len + !len;
		send_range(w, e, seq, len);
	}
	return n;
}
