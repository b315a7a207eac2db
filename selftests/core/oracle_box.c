// SPDX-License-Identifier: GPL-2.0
/* Everything of the oracle that calls the engine or looks inside it. */
#include "oracle.h"

/**
 * box_open - a connection begins
 * @w: the run
 */
void box_open(struct world *w)
{
	memset(w->box.watch.counters, 0, sizeof(w->box.watch.counters));
	pp_conn_init(&w->box.conn, &w->talk->gimg);
}

/**
 * box_close - it is forgotten
 * @w: the run
 */
void box_close(struct world *w)
{
	pp_conn_clear(&w->box.conn);
}

/**
 * box_decided_x - how much of a direction is decided
 * @w: the run
 * @dir: direction
 *
 * Return: place in the sender's numbering; FIN counts.
 */
u32 box_decided_x(const struct world *w, int dir)
{
	const struct pp_half *h = &w->box.conn.half[dir];

	return h->init ? h->pos.dec_x - h->base_x : 0;
}

/**
 * box_decided_y - the same in the receiver's numbering
 * @w: the run
 * @dir: direction
 *
 * Return: place.
 */
u32 box_decided_y(const struct world *w, int dir)
{
	const struct pp_half *h = &w->box.conn.half[dir];

	return h->init ? h->pos.dec_y - h->base_x : 0;
}

/**
 * box_unacked_y - how much of a direction its receiver has acknowledged, to the box
 * @w: the run
 * @dir: direction
 *
 * Return: place in the receiver's numbering; in front of an edit that is not
 * acknowledged as a whole.
 */
u32 box_unacked_y(const struct world *w, int dir)
{
	const struct pp_half *h = &w->box.conn.half[dir];

	return h->init ? h->una_y - h->base_x : 0;
}

/**
 * box_unacked_x - the same in the sender's numbering
 * @w: the run
 * @dir: direction
 *
 * Return: place.
 */
u32 box_unacked_x(const struct world *w, int dir)
{
	const struct pp_half *h = &w->box.conn.half[dir];

	return h->init ? h->una_x - h->base_x : 0;
}

/**
 * box_in_hand - how much of a direction the box has without a gap
 * @w: the run
 * @dir: direction
 *
 * Return: bytes.
 */
u32 box_in_hand(const struct world *w, int dir)
{
	const struct pp_half *h = &w->box.conn.half[dir];

	return h->init ? h->pos.rcv_x - h->base_x - h->fin : 0;
}

/**
 * box_custody - how far the box has acknowledged bytes on its own account
 * @w: the run
 * @dir: direction
 *
 * Bytes that are held go with the segment behind them, however often that is sent.
 *
 * Return: place in the sender's numbering; 0: it has not.
 */
u32 box_custody(const struct world *w, int dir)
{
	const struct pp_half *h = &w->box.conn.half[dir];
	u32 got = pp_map_consumed(h);

	if (!h->init || !pp_after(h->acked_x, h->pos.dec_x))
		return 0;
	return (pp_after(h->acked_x, got) ? got : h->acked_x) - h->base_x;
}

/* Does the box have the byte, sent on or early, held or waiting? */
static bool stored(const struct pp_half *h, u32 x)
{
	const struct pp_rec *r;
	const struct pp_ooo *o;

	for (r = h->head; r; r = r->next)
		if (!pp_before(x, r->x) && pp_before(x, r->x + r->xlen))
			return true;
	for (o = h->ooo; o; o = o->next)
		if (!pp_before(x, o->x) && pp_before(x, o->x + o->len))
			return true;
	if (h->pend && !pp_before(x, pp_map_consumed(h)) && pp_before(x, h->pos.rcv_x))
		return true;
	return h->vm.scope && h->vm.scope->h.hold && !pp_before(x, h->pos.dec_x) &&
	       pp_before(x, pp_map_consumed(h));
}

/**
 * box_keeps - has the box a byte that it has reported by SACK
 * @w: the run
 * @dir: direction
 * @at: place in the sender's numbering
 *
 * Return: it has the byte, and what it has yet to let the sender send again to make it
 * go on.
 */
bool box_keeps(const struct world *w, int dir, u32 at)
{
	const struct pp_half *h = &w->box.conn.half[dir];
	u32 x = h->base_x + at;

	return h->init && pp_owed_in(h, x, x + 1) && stored(h, x);
}

static void to_seg(struct world *w, struct pkt *p, struct payload *payload, struct pp_seg *seg)
{
	u32 i;

	payload->data = p->data;
	payload->len = p->len;
	memset(seg, 0, sizeof(*seg));
	seg->pkt = payload;
	seg->ctx = &w->box.watch;
	seg->seq = p->seq;
	seg->ack = p->ack;
	seg->len = p->len;
	seg->win = p->win;
	seg->flags = p->flags;
	seg->nsack = p->nsack;
	for (i = 0; i < p->nsack; i++) {
		seg->sack[i].start = p->sack[i].start;
		seg->sack[i].end = p->sack[i].end;
	}
	seg->has_ts = p->has_ts;
	seg->tsval = p->tsval;
	seg->tsecr = p->tsecr;
	seg->sack_ok = p->sack_ok;
	seg->mss = p->mss;
	seg->wscale = p->wscale;
	seg->most = w->box.most;
	seg->ce = p->ce;
	seg->strange = p->strange;
}

static struct pkt *from_out(struct world *w, const struct pkt *p)
{
	const struct pp_out *out = &w->box.out;
	struct pkt *q;
	u32 i, n = 0;

	if (out->verdict == PP_PASS) {
		q = pkt_new(p->len);
		memcpy(q, p, sizeof(*q) + p->len);
		return q;
	}
	q = pkt_new(out->verdict == PP_REWRITE ? out->len : p->len);
	memcpy(q, p, sizeof(*q));
	q->seq = out->seq;
	q->ack = out->ack;
	q->win = out->win;
	q->flags = out->flags;
	q->tsval = out->tsval;
	q->nsack = out->nsack;
	for (i = 0; i < out->nsack; i++) {
		q->sack[i].start = out->sack[i].start;
		q->sack[i].end = out->sack[i].end;
	}
	if (out->verdict == PP_SHIFT) {
		memcpy(q->data, p->data, p->len);
		return q;
	}
	q->len = out->len;
	for (i = 0; i < out->npieces; i++) {
		const struct pp_piece *pc = &out->pieces[i];

		if (pc->len > out->len - n ||
		    (!pc->data && (pc->off > p->len || pc->len > p->len - pc->off))) {
			world_fault(w, "piece %u is outside the packet", i);
			q->len = n;
			return q;
		}
		memcpy(q->data + n, pc->data ? pc->data : p->data + pc->off, pc->len);
		n += pc->len;
	}
	if (n != out->len)
		world_fault(w, "pieces have %u bytes, the packet %u", n, out->len);
	q->len = n;
	return q;
}

static void reply(struct world *w, int dir, const struct pkt *p)
{
	const struct pp_out *out = &w->box.out;
	struct pkt *q = pkt_new(0);
	u32 i;

	q->made = true;
	q->forged = p->forged;
	q->flags = out->reply_flags;
	q->seq = out->reply_seq;
	q->ack = out->reply_ack;
	q->win = out->reply_win;
	q->has_ts = p->has_ts;
	q->tsval = out->reply_tsval;
	q->tsecr = out->reply_tsecr;
	q->nsack = min(out->reply_nsack, p->has_ts ? 3 : 4);
	for (i = 0; i < q->nsack; i++) {
		q->sack[i].start = out->reply_sack[i].start;
		q->sack[i].end = out->reply_sack[i].end;
	}
	judge_left(w, !dir, q, NULL);
	net_send(w, dir == PP_C2S ? LINK_BOX_C : LINK_BOX_S, q);
}

/**
 * struct early - a byte that came too early
 * @there: it did
 * @in_front: in a piece that begins in front of the segment at hand
 * @byte: the byte
 */
struct early {
	bool there;
	bool in_front;
	u8 byte;
};

/*
 * Where bytes differ from what the model knows, the first copy that the engine took
 * in is the stream: what came too early in pieces that begin in front of the segment at
 * hand, then what is in the segment, then what came too early behind it. Pieces in
 * front are left only where both begin among bytes that nobody looks at.
 */
static void taken_in(struct world *w, int dir, const struct pkt *p, u32 was,
		     const struct early *early)
{
	u32 base = w->box.conn.half[dir].base_x, now = box_in_hand(w, dir), i;
	bool changed = false, in_front = false;
	struct model *m = &w->model[dir];

	for (i = was; i < now && i < m->nin; i++) {
		const struct early *e = &early[i - was];
		bool here = base + i - p->seq < p->len;
		u8 c = m->in[i];

		if (here && !(e->there && e->in_front))
			c = p->data[base + i - p->seq];
		else if (e->there)
			c = e->byte;
		in_front |= here && c != p->data[base + i - p->seq] && !m->opaque[i];
		changed |= c != m->in[i];
		m->in[i] = c;
	}
	w->cover[COV_ooo_in_front] += in_front;
	if (changed)
		model_run(m);
}

/* The early bytes from @was on, as they are taken in: those of the first piece win. */
static struct early *early_bytes(struct world *w, int dir, const struct pkt *p, u32 was)
{
	const struct pp_half *h = &w->box.conn.half[dir];
	u32 n = w->model[dir].nin - min(w->model[dir].nin, was), at, i;
	struct early *b = world_grow(NULL, (n + 1) * sizeof(*b));
	const struct pp_ooo *o;

	memset(b, 0, (n + 1) * sizeof(*b));
	for (o = h->ooo; o; o = o->next) {
		for (i = 0; i < o->len; i++) {
			at = o->x + i - h->base_x - was;
			if (at >= n || b[at].there)
				continue;
			b[at].there = true;
			b[at].in_front = pp_before(o->x, p->seq);
			b[at].byte = o->data[i];
		}
	}
	return b;
}

static void leave(struct world *w, int dir, const struct pkt *p)
{
	struct pkt *q = from_out(w, p);

	if (dir == PP_C2S && q->flags & PP_TCP_RST)
		pp_conn_rst_left(&w->box.conn, q->seq);
	judge_left(w, dir, q, p);
	net_send(w, dir == PP_C2S ? LINK_BOX_S : LINK_BOX_C, q);
}

static void engine(struct world *w, int dir, struct pkt *p)
{
	struct box *b = &w->box;
	struct cover_before before;
	struct payload payload = { .scattered = w->ch->seed & 1 };
	u32 was = box_in_hand(w, dir);
	struct pp_seg seg;
	struct early *early = NULL;
	u64 v;

	judge_seen(w, dir, p);
	cover_before(w, dir, p, &before);
	if (w->hostile)
		early = early_bytes(w, dir, p, was);
	to_seg(w, p, &payload, &seg);
	b->out.verdict = -1;
	if (b->starved) {
		v = choice_draw(w->ch, CH_BOX);
		if (choice_chance(&v, b->starved))
			pp_alloc_fail_nth = 1 + choice_take(&v, 4);
	}
	pp_conn_in(&b->conn, b->rs, dir, &seg, &b->out);
	pp_alloc_fail_nth = 0;
	if (w->hostile)
		taken_in(w, dir, p, was, early);
	free(early);
	cover_after(w, dir, p, &before);
	if (p->flags & PP_TCP_CWR && b->out.admitted)
		judge_answered(w, dir);
	if (b->conn.half[dir].marked && p->ce && (!before.marked || p->flags & PP_TCP_CWR))
		judge_marked(w, dir, true);
	judge_state(w);
	if (b->out.verdict == PP_RESET) {
		world_fault(w, "the engine ended the connection");
		return;
	}
	if (b->out.reply)
		reply(w, dir, p);
	if (b->out.verdict == PP_DROP)
		return;
	leave(w, dir, p);
	while (b->out.more) {
		w->cover[COV_parts]++;
		pp_conn_more(&b->conn, dir, &b->out);
		leave(w, dir, p);
	}
}

/**
 * box_in - a segment arrives at the box
 * @w: the run
 * @dir: direction
 * @p: the segment; stays the caller's
 */
void box_in(struct world *w, int dir, struct pkt *p)
{
	struct pkt *q;

	if (!w->box.through) {
		engine(w, dir, p);
		return;
	}
	q = pkt_new(p->len);
	memcpy(q, p, sizeof(*q) + p->len);
	net_send(w, dir == PP_C2S ? LINK_BOX_S : LINK_BOX_C, q);
}

/**
 * box_next - when the engine wants to do something of its own accord
 * @w: the run
 *
 * Return: the time, or NEVER: it has no clock.
 */
u64 box_next(const struct world *w)
{
	(void)w;
	return NEVER;
}

/**
 * box_timer - that time has come
 * @w: the run
 */
void box_timer(struct world *w)
{
	(void)w;
}
