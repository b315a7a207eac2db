// SPDX-License-Identifier: GPL-2.0
/* What an endpoint does with a segment that arrives. */
#include "oracle.h"

/* What both can do, by the peer's SYN or SYN/ACK. */
static u8 agree(const struct ep *e, u16 flags)
{
	const u8 said = ep_count(flags);

	if (e->me == PP_S2C)
		return said == 7 ? e->conf.ecn : min_t(u8, e->conf.ecn, said == 3);
	if (e->conf.ecn && said == 1)
		return EP_ECN_ECHO;
	return e->conf.ecn == EP_ECN_COUNT && said == 2 ? EP_ECN_COUNT : EP_ECN_NONE;
}

static void learn(struct ep *e, const struct pkt *p)
{
	bool scaled = p->wscale != 0xff && e->conf.wscale != 0xff;

	e->irs = p->seq;
	e->rcv_nxt = p->seq + 1;
	e->rcv_wup = e->rcv_nxt;
	e->rcv_adv = e->rcv_nxt + min(e->conf.rcvbuf, 65535u);
	e->snd_ws = scaled ? p->wscale : e->me == PP_S2C ? 0xff : 0;
	e->rcv_ws = scaled ? e->conf.wscale : 0;
	e->use_sack = p->sack_ok && e->conf.sack;
	e->use_ts = p->has_ts && e->conf.ts;
	e->use_ecn = agree(e, p->flags);
	e->count = 5;
	e->ts_recent = p->has_ts ? p->tsval : 0;
	e->snd_mss = min(p->mss, e->conf.mss);
	e->wnd = p->win;
	e->max_wnd = p->win;
	e->wl1 = p->seq;
}

static void opened(struct world *w, struct ep *e)
{
	if (e->snd_ws == 0xff)
		e->snd_ws = 0;
	e->state = EP_OPEN;
	e->una = e->nxt;
	e->backoff = 0;
	e->t_rtx = NEVER;
	e->cwnd = 4 * e->snd_mss;
	e->ssthresh = 0x7fffffff;
	e->high_sack = e->una;
	e->slow_until = e->una;
	e->rtx_nxt = e->una;
	e->t_write = w->now;
	if (e->conf.keepalive)
		e->t_keep = w->now + e->conf.keepalive;
}

/*
 * RFC 7323, with the exceptions that Linux makes: for a bare acknowledgement out of order,
 * and, as all descendants of BSD do, where it remembers 0.
 */
static bool too_old(const struct ep *e, const struct pkt *p)
{
	if (!e->use_ts || !p->has_ts || !e->ts_recent ||
	    (s32)(e->ts_recent - p->tsval) <= 0)
		return false;
	return !(p->seq == e->rcv_nxt && !p->len && p->ack == e->una &&
		 (s32)(e->ts_recent - p->tsval) <= 1000);
}

/* RFC 793, 5961, 7323: is it a segment of this connection. */
static bool acceptable(struct world *w, struct ep *e, const struct pkt *p)
{
	u32 end = p->seq + p->len + !!(p->flags & PP_TCP_FIN) + !!(p->flags & PP_TCP_SYN);
	bool rst = p->flags & PP_TCP_RST;

	if (!rst && too_old(e, p)) {
		ep_ack(w, e);
		return false;
	}
	if (pp_before(end, e->rcv_wup) || pp_after(p->seq, pp_later(e->rcv_adv, e->rcv_nxt))) {
		if (!rst)
			ep_ack(w, e);
		return false;
	}
	if (rst) {
		if (p->seq == e->rcv_nxt) {
			e->state = EP_GONE;
			if (!w->aborts)
				world_fault(w, "%s was reset",
					    e->me == PP_C2S ? "the client" : "the server");
		} else {
			ep_ack(w, e);
		}
		return false;
	}
	if (p->flags & PP_TCP_SYN) {
		ep_ack(w, e);
		return false;
	}
	return p->flags & PP_TCP_ACK;
}

static void mark_sacked(struct world *w, struct ep *e, const struct pkt *p)
{
	u32 base = ep_seq(e, 0), data = e->written, i, s, t;

	for (i = 0; i < p->nsack; i++) {
		s = p->sack[i].start;
		t = p->sack[i].end;
		if (!pp_before(s, t) || pp_after(t, e->nxt)) {
			if (!p->forged)
				world_fault(w, "I3: block %d to %d, %d sent", (s32)(s - base),
					    (s32)(t - base), (s32)(e->nxt - base));
			continue;
		}
		if (!pp_after(s, e->una))
			continue;
		e->high_sack = pp_later(e->high_sack, t);
		for (s -= base, t -= base; s < t && s < data; s++)
			e->sacked[s] = 1;
	}
}

static void repair(struct world *w, struct ep *e, bool advanced, bool again)
{
	if (e->in_rec && !pp_before(e->una, e->recover)) {
		e->in_rec = false;
		e->by_rto = false;
		e->dupacks = 0;
	}
	if (!e->in_rec && again && ++e->dupacks >= 3) {
		e->in_rec = true;
		e->by_rto = false;
		e->recover = e->nxt;
		e->rtx_nxt = e->una;
		e->ssthresh = max((e->nxt - e->una) / 2, 2u * e->snd_mss);
		e->cwnd = e->ssthresh;
		ep_recover(w, e, 1);
	} else if (e->in_rec && (advanced || (again && e->use_sack))) {
		if (advanced && !e->use_sack && !e->by_rto)
			e->rtx_nxt = e->una;
		ep_recover(w, e, 1 + e->by_rto);
	}
}

/* The peer has seen a mark: slow down once for what is under way. */
static void slow_down(struct ep *e)
{
	if (pp_before(e->una, e->slow_until))
		return;
	e->slow_until = e->nxt;
	e->ssthresh = max(e->cwnd / 2, 2u * e->snd_mss);
	e->cwnd = e->ssthresh;
	e->answer = e->use_ecn == EP_ECN_ECHO;
}

static bool take_ack(struct world *w, struct ep *e, const struct pkt *p)
{
	u32 win = (u32)p->win << e->snd_ws;
	bool advanced = pp_after(p->ack, e->una), again;

	if (pp_after(p->ack, e->nxt)) {
		if (!p->forged)
			world_fault(w, "I2: %d acknowledged, %d sent",
				    (s32)(p->ack - ep_seq(e, 0)), (s32)(e->nxt - ep_seq(e, 0)));
		ep_ack(w, e);
		return false;
	}
	if (pp_before(p->ack, e->una - max(e->max_wnd, 65536u))) {
		ep_ack(w, e);
		return false;
	}
	if (pp_before(p->ack, e->una))
		return true;
	again = !advanced && !p->len && !(p->flags & PP_TCP_FIN) && win == e->wnd &&
		e->una != e->nxt;
	if (advanced) {
		e->una = p->ack;
		e->dupacks = 0;
		e->backoff = 0;
		e->cwnd += e->cwnd < e->ssthresh ? e->snd_mss :
			   max(1u, (u32)e->snd_mss * e->snd_mss / e->cwnd);
		e->t_rtx = e->una == e->nxt ? NEVER : w->now + ep_rto(w, e);
		e->t_probe = NEVER;
	}
	if (advanced || pp_after(p->seq, e->wl1) || (p->seq == e->wl1 && win > e->wnd)) {
		e->wl1 = p->seq;
		if (win && !e->wnd)
			e->backoff = 0;
		e->wnd = win;
		e->max_wnd = max(e->max_wnd, win);
	}
	judge_congestion(w, e->me, p);
	if (e->use_ecn == EP_ECN_ECHO && p->flags & PP_TCP_ECE)
		slow_down(e);
	if (e->use_sack)
		mark_sacked(w, e, p);
	repair(w, e, advanced, again);
	return true;
}

static void store(struct world *w, struct ep *e, u32 off, const u8 *data, u32 len)
{
	u32 i;

	for (i = 0; i < len; i++) {
		if (off + i >= e->in_room) {
			world_fault(w, "byte %u for %s, which is sent %u", off + i,
				    e->me == PP_C2S ? "the client" : "the server",
				    w->model[!e->me].nout);
			return;
		}
		if (!e->have[off + i])
			e->in[off + i] = data[i];
		e->have[off + i] = 1;
	}
	if (off + len > e->in_end)
		e->in_end = off + len;
}

static void advance(struct world *w, struct ep *e)
{
	u32 from = ep_have(e), at = from;

	while (at < e->in_end && e->have[at])
		at++;
	e->rcv_nxt += at - from;
	if (at > from)
		judge_arrived(w, !e->me, from, at);
	if (e->fin_known && !e->fin_rcvd && at == e->fin_off) {
		e->fin_rcvd = true;
		e->rcv_nxt++;
		judge_fin(w, !e->me, at);
	}
	if ((at > from || e->fin_rcvd) && e->t_read == NEVER)
		e->t_read = w->now;
}

static void take_data(struct world *w, struct ep *e, const struct pkt *p)
{
	u32 base = e->irs + 1, seq = p->seq, len = p->len, was = e->rcv_nxt;
	bool fin = p->flags & PP_TCP_FIN, now = false;
	const u8 *data = p->data;

	if (!len && !fin)
		return;
	if (!pp_after(seq + len + fin, e->rcv_nxt)) {
		e->dsack_start = seq;
		e->dsack_end = seq + len;
		ep_ack(w, e);
		return;
	}
	if (e->use_ecn == EP_ECN_ECHO && p->flags & PP_TCP_CWR)
		e->echo = false;
	e->echo |= p->ce;
	e->count += p->ce;
	if (pp_before(seq, e->rcv_nxt)) {
		u32 skip = min(e->rcv_nxt - seq, len);

		e->dsack_start = seq;
		e->dsack_end = seq + skip;
		data += skip;
		seq += skip;
		len -= skip;
	}
	if (pp_after(seq + len, e->rcv_adv)) {
		len = pp_after(e->rcv_adv, seq) ? e->rcv_adv - seq : 0;
		fin = false;
		now = true;
	}
	if (e->fin_known && pp_after(seq + len, base + e->fin_off)) {
		world_fault(w, "data at %u, behind FIN at %u", seq + len - base, e->fin_off);
		return;
	}
	if (len)
		store(w, e, seq - base, data, len);
	if (seq != e->rcv_nxt)
		e->ooo_seq = seq;
	if (fin && !e->fin_known) {
		e->fin_known = true;
		e->fin_off = seq + len - base;
		if (e->fin_off < e->in_end)
			world_fault(w, "FIN at %u, data up to %u", e->fin_off, e->in_end);
	}
	advance(w, e);
	if (now || e->rcv_nxt == was || e->in_end > ep_have(e) || e->fin_rcvd ||
	    !e->conf.delack || ++e->unacked >= 2)
		ep_ack(w, e);
	else if (e->t_delack == NEVER)
		e->t_delack = w->now + 40;
}

static void listening(struct world *w, struct ep *e, const struct pkt *p)
{
	if (!(p->flags & PP_TCP_SYN) || p->flags & (PP_TCP_ACK | PP_TCP_RST))
		return;
	if (e->state == EP_SYN_RCVD && p->seq != e->irs)
		return;
	if (e->state == EP_LISTEN)
		learn(e, p);
	e->state = EP_SYN_RCVD;
	ep_syn(w, e);
}

static void answered(struct world *w, struct ep *e, const struct pkt *p)
{
	if ((p->flags & (PP_TCP_SYN | PP_TCP_ACK | PP_TCP_RST)) != (PP_TCP_SYN | PP_TCP_ACK) ||
	    p->ack != e->nxt)
		return;
	learn(e, p);
	opened(w, e);
	ep_ack(w, e);
}

/**
 * ep_in - a segment arrives
 * @w: the run
 * @me: the endpoint
 * @p: the segment
 */
void ep_in(struct world *w, int me, struct pkt *p)
{
	struct ep *e = &w->ep[me];

	if (e->state == EP_GONE) {
		if (!(p->flags & PP_TCP_RST) && p->flags & PP_TCP_ACK)
			ep_rst(w, e, p->ack);
		return;
	}
	if (e->state == EP_SYN_SENT) {
		answered(w, e, p);
		return;
	}
	if (e->state == EP_LISTEN || (e->state == EP_SYN_RCVD && p->flags & PP_TCP_SYN)) {
		listening(w, e, p);
		return;
	}
	if (!acceptable(w, e, p))
		return;
	if (e->state == EP_SYN_RCVD) {
		if (p->ack != e->nxt)
			return;
		opened(w, e);
		e->wnd = (u32)p->win << e->snd_ws;
		e->max_wnd = e->wnd;
		e->wl1 = p->seq;
	}
	if (e->use_ts && p->has_ts && !pp_after(p->seq, e->rcv_wup) &&
	    (s32)(p->tsval - e->ts_recent) >= 0)
		e->ts_recent = p->tsval;
	if (e->conf.keepalive)
		e->t_keep = w->now + e->conf.keepalive;
	if (!take_ack(w, e, p))
		return;
	take_data(w, e, p);
	ep_push(w, e);
}
