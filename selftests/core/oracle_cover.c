// SPDX-License-Identifier: GPL-2.0
/*
 * Which cases of the map's rules a run has met. They are told apart by the state of
 * the engine and the segment, not by places in the code.
 */
#include "oracle.h"

static const struct pp_rec *rec_at(const struct pp_half *h, u32 x)
{
	const struct pp_rec *r;

	for (r = h->head; r; r = r->next)
		if (!pp_before(x, r->x) && pp_before(x, r->x + r->xlen))
			return r;
	return NULL;
}

static void numbers(struct world *w, const struct pp_half *h, u32 x)
{
	const struct pp_rec *r = rec_at(h, x);

	if (!pp_after(x, h->una_x))
		w->cover[COV_a2_old]++;
	else if (r && r->edit && x != r->x)
		w->cover[COV_a2_in_edit]++;
	else if (r)
		w->cover[COV_a2_in_copy]++;
	else
		w->cover[COV_a2_behind]++;
}

static bool changed(const struct world *w, int dir, u32 x)
{
	u32 off = x - w->box.conn.half[dir].base_x;

	return off < w->model[dir].nin && w->model[dir].edited[off];
}

static void resend(struct world *w, int dir, const struct pkt *p)
{
	const struct pp_half *h = &w->box.conn.half[dir];
	const struct model *m = &w->model[dir];
	u32 from = p->seq, to = p->seq + p->len, off = from - h->base_x, i;
	const struct pp_rec *r;

	if (!p->len || !pp_before(from, h->pos.dec_x))
		return;
	if (!pp_after(to, h->una_x)) {
		w->cover[COV_a3_wholly_old]++;
		return;
	}
	if (pp_after(to, h->pos.rcv_x))
		w->cover[COV_a3_partly_new]++;
	for (i = 0; i < p->len && off + i < m->nin; i++) {
		if (p->data[i] == m->in[off + i])
			continue;
		w->cover[COV_a3_other_bytes]++;
		break;
	}
	for (r = h->head; r; r = r->next) {
		if (!pp_before(r->x, to) || !pp_after(r->x + r->xlen, from))
			continue;
		if (!r->edit && !r->changed)
			continue;
		w->resent = true;
		if (r->changed && !r->edit)
			w->cover[COV_a3_overwritten]++;
		else if (pp_before(r->x, from) && pp_after(r->x + r->xlen, to))
			w->cover[COV_a3_wholly_inside]++;
		else if (pp_before(r->x, from))
			w->cover[COV_a3_begins_inside]++;
		else if (pp_after(r->x + r->xlen, to))
			w->cover[COV_a3_ends_inside]++;
		else
			w->cover[COV_a3_whole_edit]++;
	}
}

static bool held(const struct pp_half *h)
{
	return h->vm.scope && h->vm.scope->h.hold;
}

static void acked(struct world *w, const struct pp_half *r, const struct pkt *p)
{
	const struct pp_rec *rec;
	u32 y = p->ack;

	if (pp_after(y, r->pos.dec_y)) {
		w->cover[COV_a4_beyond]++;
		return;
	}
	if (pp_before(y, r->una_y)) {
		w->cover[COV_a4_old]++;
		return;
	}
	for (rec = r->head; rec; rec = rec->next) {
		if (rec->edit && pp_after(y, rec->y) && pp_before(y, rec->y + rec->ylen)) {
			w->cover[COV_a4_in_edit]++;
			if (y == rec->y + rec->ylen - 1 && rec->ylen > rec->xlen)
				w->cover[COV_a1_ack_but_insertion]++;
		}
		if (rec->edit && !rec->ylen && y == rec->y)
			w->cover[COV_a4_at_cut]++;
		if (!rec->edit && pp_after(y, rec->y) && pp_before(y, rec->y + rec->ylen))
			w->cover[COV_a4_in_copy]++;
	}
	if (y == r->pos.dec_y)
		w->cover[held(r) ? COV_a4_held : COV_a4_all]++;
}

static void sacks(struct world *w, const struct pp_half *r, const struct pkt *p)
{
	const struct pp_rec *rec;
	bool narrow;
	u32 i, s, e;

	for (i = 0; i < p->nsack; i++) {
		u32 start = p->sack[i].start, end = p->sack[i].end;

		if (!pp_map_sack(r, start, end, &s, &e)) {
			w->cover[COV_a5_emptied]++;
			continue;
		}
		if (!pp_after(end, r->una_y)) {
			w->cover[COV_a5_dsack]++;
			continue;
		}
		w->cover[COV_a5_passed]++;
		narrow = false;
		for (rec = r->head; rec; rec = rec->next)
			narrow |= rec->edit &&
				  ((pp_after(start, rec->y) && pp_before(start, rec->y + rec->ylen)) ||
				   (pp_after(end, rec->y) && pp_before(end, rec->y + rec->ylen)));
		w->cover[COV_a5_narrowed] += narrow;
	}
}

/**
 * cover_before - what a segment is to the engine
 * @w: the run
 * @dir: direction
 * @p: the segment
 * @b: filled in, for cover_after()
 */
void cover_before(struct world *w, int dir, const struct pkt *p, struct cover_before *b)
{
	const struct pp_half *h = &w->box.conn.half[dir], *r = &w->box.conn.half[!dir];
	int d;

	for (d = PP_C2S; d <= PP_S2C; d++) {
		b->pos[d] = w->box.conn.half[d].pos;
		b->una_x[d] = w->box.conn.half[d].una_x;
	}
	b->ooo_bytes = h->ooo_bytes;
	b->fin = h->fin;
	b->pend = h->pend;
	b->hold = held(h);
	b->marked = h->marked;
	memcpy(b->counters, w->box.watch.counters, sizeof(b->counters));
	if (p->flags & PP_TCP_SYN) {
		if (h->init && r->init)
			w->cover[p->flags & PP_TCP_ACK ? COV_a11_synack_again : COV_a11_syn_live]++;
		w->cover[COV_a12_syn_data] += p->len != 0;
		return;
	}
	if (!h->init)
		return;
	if (p->flags & PP_TCP_RST) {
		if (held(h))
			w->cover[COV_a9_rst_held]++;
		else if (p->seq == h->pos.dec_x)
			w->cover[COV_a9_rst_at]++;
		else
			w->cover[COV_a9_rst_elsewhere]++;
		return;
	}
	numbers(w, h, p->seq);
	resend(w, dir, p);
	if (p->flags & PP_TCP_FIN) {
		w->cover[p->len ? COV_a10_fin_data : COV_a10_fin_alone]++;
		w->cover[COV_a10_fin_again] += h->fin;
	}
	if (p->flags & PP_TCP_ACK && r->init) {
		acked(w, r, p);
		sacks(w, r, p);
	}
}

static bool counted(const struct world *w, const struct cover_before *b, int counter)
{
	return w->box.watch.counters[counter] != b->counters[counter];
}

static void decided(struct world *w, int dir, const struct pkt *p, const struct cover_before *b)
{
	const struct pp_half *h = &w->box.conn.half[dir];
	const struct model *m = &w->model[dir];
	u32 x = b->pos[dir].dec_x, off;

	for (; pp_before(x, h->pos.dec_x); x++) {
		off = x - h->base_x;
		if (!changed(w, dir, x))
			continue;
		w->edits = true;
		if (m->yend[off] - m->y[off] == 2 && m->out[m->y[off] + 1] == '\n')
			w->cover[COV_a1_insertion_decided]++;
	}
	if (p->has_ts && h->ts && w->box.out.verdict == PP_SHIFT && w->box.out.tsval != p->tsval)
		w->cover[COV_a8_held_back]++;
	if (h->ooo_bytes > b->ooo_bytes)
		w->cover[COV_ooo_kept]++;
	if (h->ooo_bytes < b->ooo_bytes)
		w->cover[COV_ooo_joined]++;
	if (p->len && b->pos[dir].opaque && pp_after(p->seq, b->pos[dir].rcv_x) &&
	    pp_after(h->pos.rcv_x, p->seq))
		w->cover[COV_ooo_opaque]++;
	if (h->pend && !b->pend)
		w->cover[COV_waits]++;
	if (!h->pend && b->pend)
		w->cover[COV_released]++;
}

static void windows(struct world *w, int dir, const struct pkt *p, const struct cover_before *b)
{
	const struct pp_half *h = &w->box.conn.half[dir];
	const struct pp_out *out = &w->box.out;

	if (p->flags & PP_TCP_ACK && out->verdict != PP_DROP && !(p->flags & PP_TCP_RST)) {
		if (!p->win)
			w->cover[COV_a6_zero]++;
		else
			w->cover[out->win == p->win ? COV_a6_raw : COV_a6_grown]++;
	}
	if (!counted(w, b, PATCHPROXY_CNT_drop_window))
		return;
	if (out->verdict == PP_DROP)
		w->cover[COV_a16_wrong_ack]++;
	else if (h->fin && pp_after(p->seq + p->len, h->fin_x))
		w->cover[COV_a16_behind_fin]++;
	else
		w->cover[out->len == 1 && p->len != 1 ? COV_a6_beyond : COV_a6_part]++;
}

static void congestion(struct world *w, int dir, const struct pkt *p, const struct cover_before *b)
{
	const struct pp_conn *c = &w->box.conn;
	const struct pp_out *out = &w->box.out;

	if (c->ecn == PP_ECN_COUNT)
		w->cover[COV_a14_count] += out->reply;
	if (c->ecn != PP_ECN_ECHO)
		return;
	w->cover[COV_a14_mark_kept] += c->half[dir].marked && !b->marked;
	w->cover[COV_a14_reply_echo] += out->reply && out->reply_flags & PP_TCP_ECE;
	if (out->verdict == PP_DROP)
		return;
	w->cover[COV_a14_echo_added] += !!(out->flags & ~p->flags & PP_TCP_ECE);
	w->cover[COV_a14_answer_late] += !!(out->flags & ~p->flags & PP_TCP_CWR);
}

/**
 * cover_after - what the engine has made of the segment
 * @w: the run
 * @dir: direction
 * @p: the segment
 * @b: the state before
 */
void cover_after(struct world *w, int dir, const struct pkt *p, const struct cover_before *b)
{
	const struct pp_half *h = &w->box.conn.half[dir];
	const struct pp_out *out = &w->box.out;

	if (!w->box.conn.half[!dir].init && counted(w, b, PATCHPROXY_CNT_drop_window))
		w->cover[COV_a15_unanswered]++;
	if (!h->init || p->flags & PP_TCP_SYN)
		return;
	w->cover[COV_a16_old_stamp] += counted(w, b, PATCHPROXY_CNT_drop_paws);
	w->cover[COV_a16_elsewhere] += counted(w, b, PATCHPROXY_CNT_drop_strange);
	congestion(w, dir, p, b);
	if (p->flags & PP_TCP_URG && out->verdict != PP_DROP)
		w->cover[out->flags & PP_TCP_URG ? COV_a13_urgent_kept : COV_a13_urgent_cleared]++;
	if (p->flags & PP_TCP_RST)
		return;
	decided(w, dir, p, b);
	windows(w, dir, p, b);
	if (out->reply)
		w->cover[COV_a8_reply_ts] += p->has_ts;
	if (counted(w, b, PATCHPROXY_CNT_drop_old)) {
		if (out->verdict != PP_DROP)
			w->cover[COV_a7_carries_ack]++;
		w->cover[out->reply ? COV_a7_answered : COV_a7_silent]++;
	}
	w->cover[COV_hold_begins] += counted(w, b, PATCHPROXY_CNT_holds);
	w->cover[COV_custody_resent] += counted(w, b, PATCHPROXY_CNT_custody_resent);
	if (p->flags & PP_TCP_FIN && out->verdict != PP_DROP && !(out->flags & PP_TCP_FIN))
		w->cover[COV_a10_fin_kept]++;
	if (h->fin && !b->fin && b->hold)
		w->cover[COV_a10_fin_decides]++;
}

static const struct {
	const char *name;
	const char *rule;
	const char *doc;
} cases[] = {
#define C(name, rule, doc) { #name, rule, doc },
	COVERED
#undef C
};

/**
 * cover_print - how often each case was met
 * @cover: by enum covered
 */
void cover_print(const u64 *cover)
{
	u32 i;

	for (i = 0; i < NR_COVERED; i++)
		printf("# %-5s %-54s %12llu\n", cases[i].rule, cases[i].doc,
		       (unsigned long long)cover[i]);
}

/**
 * cover_least - the case that was met least often
 * @cover: by enum covered
 * @name: set to its name
 *
 * Return: how often.
 */
u64 cover_least(const u64 *cover, const char **name)
{
	u32 i, least = 0;

	for (i = 1; i < NR_COVERED; i++)
		if (cover[i] < cover[least])
			least = i;
	*name = cases[least].name;
	return cover[least];
}
