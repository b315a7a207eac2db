// SPDX-License-Identifier: GPL-2.0
/*
 * Bytes of a segment become part of the stream: parsed, edited, recorded.
 *
 * A segment is one transaction. The parser works on copies in the scratch, new
 * records hang on a list of their own, and only when nothing can fail any more do
 * they become the connection's. A failure leaves the connection as it was, and the
 * sender sends again.
 */
#include "conn.h"

#define PP_OOO_AGE	120	/* seconds; the longest retransmission timer (RFC 6298 allows
				 * it to be no less than 60; Linux takes 120) */

/**
 * struct txn - a segment on its way
 * @c: the connection
 * @h: the direction
 * @sc: scratch
 * @seg: the segment
 * @pos: how far the direction will have come
 * @head: new records
 * @tail: last of them
 * @stored: bytes they occupy
 * @kept: bytes of @stored that are of the stream
 * @wait: bytes behind the parser that wait for the other direction, or NULL; those of
 *	the direction itself while they wait as a whole
 * @wait_len: their number
 * @edits: edits made
 * @told: stream offset up to which they were reported
 * @fresh: see pp_ingest()
 * @inspected: bytes parsed
 * @fin: the FIN is decided
 * @full: the store has no room for what it became
 */
struct txn {
	struct pp_conn *c;
	struct pp_half *h;
	struct pp_scratch *sc;
	const struct pp_seg *seg;
	struct pp_pos pos;
	struct pp_rec *head;
	struct pp_rec *tail;
	u32 stored;
	u32 kept;
	u8 *wait;
	u32 wait_len;
	u32 edits;
	u64 told;
	u64 inspected;
	u32 fresh;
	bool fin;
	bool full;
};

static struct pp_rec *new_rec(struct txn *t, u32 cap)
{
	struct pp_rec *r;

	if (t->seg->tight == PP_TIGHT_ALL) {
		pp_port_count(t->seg->ctx, PATCHPROXY_CNT_drop_budget, 1);
		return NULL;
	}
	if (cap > PP_STORE_MAX || t->h->stored + t->stored + cap > PP_STORE_MAX) {
		pp_port_count(t->seg->ctx, PATCHPROXY_CNT_store_limit, 1);
		t->full = true;
		return NULL;
	}
	r = pp_alloc(sizeof(*r) + cap);
	if (!r) {
		pp_port_count(t->seg->ctx, PATCHPROXY_CNT_drop_nomem, 1);
		return NULL;
	}
	r->next = NULL;
	r->x = t->pos.dec_x;
	r->y = t->pos.dec_y;
	r->xlen = 0;
	r->ylen = 0;
	r->cap = cap;
	r->edit = false;
	r->changed = false;
	if (t->tail)
		t->tail->next = r;
	else
		t->head = r;
	t->tail = r;
	t->stored += sizeof(*r) + cap;
	t->kept += cap;
	return r;
}

static const u8 *pull(struct txn *t, void *pkt, u32 off, u32 n)
{
	const u8 *p = pp_port_pull(pkt, off, n, t->sc->buf);

	if (!p)
		pp_port_count(t->seg->ctx, PATCHPROXY_CNT_drop_nomem, 1);
	return p;
}

static void grow(struct txn *t, struct pp_rec *r, u32 xlen, u32 ylen)
{
	r->xlen += xlen;
	r->ylen += ylen;
	t->pos.dec_x += xlen;
	t->pos.dec_y += ylen;
}

/* A record of @n bytes that stay as they are; @more may follow in the same record. */
static int copy_rec(struct txn *t, const u8 *p, u32 n, u32 more)
{
	struct pp_rec *r = t->tail;

	if (!n)
		return 0;
	if (!r || r->edit || r->x + r->xlen != t->pos.dec_x || r->cap - r->xlen < n)
		r = new_rec(t, n + more);
	if (!r)
		return -ENOMEM;
	memcpy(r->data + r->xlen, p, n);
	grow(t, r, n, n);
	return 0;
}

/*
 * Bytes written over as many others map one by one, like a copy; what follows on, also
 * as it came, shares the record: many single ones would cost far more than their bytes.
 */
static int overwrite_rec(struct txn *t, const u8 *p, u32 n)
{
	struct pp_rec *r = t->tail;

	if (!r || !r->changed || r->x + r->xlen != t->pos.dec_x || r->cap - r->xlen < n) {
		r = new_rec(t, n < PP_SHOWN ? PP_SHOWN : 16 * PP_SHOWN);
		if (!r)
			return -ENOMEM;
		r->changed = true;
	}
	memcpy(r->data + r->xlen, p, n);
	grow(t, r, n, n);
	return 0;
}

static int edit_rec(struct txn *t, const struct pp_edit *e)
{
	struct pp_rec *r = t->tail;

	if (e->xlen == e->putlen)
		return overwrite_rec(t, t->sc->script.arena + e->put, e->putlen);
	/* One long cut is one record. */
	if (!e->putlen && r && r->edit && !r->ylen && r->x + r->xlen == t->pos.dec_x) {
		grow(t, r, e->xlen, 0);
		return 0;
	}
	r = new_rec(t, e->putlen);
	if (!r)
		return -ENOMEM;
	r->edit = true;
	memcpy(r->data, t->sc->script.arena + e->put, e->putlen);
	grow(t, r, e->xlen, e->putlen);
	return 0;
}

/**
 * struct span - the bytes a run has just consumed, and those held before it
 * @off: stream offset of @p
 * @p: what it consumed
 * @held_off: stream offset of @held
 * @held: what was held before it
 */
struct span {
	u64 off;
	const u8 *p;
	u64 held_off;
	u8 held[PP_MAX_DIGITS];
};

static int keep(struct txn *t, const struct span *sp, u64 from, u64 to)
{
	int ret;

	if (from < sp->off) {
		u64 end = min(to, sp->off);

		ret = copy_rec(t, sp->held + (from - sp->held_off), end - from, to - end);
		if (ret)
			return ret;
		if (end == to)
			return 0;
		from = end;
	}
	return copy_rec(t, sp->p + (from - sp->off), to - from, 0);
}

static void report(struct txn *t, const struct pp_edit *e, int dir)
{
	const struct pp_script *s = &t->sc->script;
	const struct pp_rule *rule;
	const struct pp_field *f;
	struct pp_edit_info info;

	/* The segment comes a second time: there was no memory for it the first time. */
	if (e->off < t->h->told)
		return;
	pp_port_count(t->seg->ctx, PATCHPROXY_CNT_edits, 1);
	pp_port_count(t->seg->ctx, PATCHPROXY_CNT_edit_bytes_cut, e->xlen);
	pp_port_count(t->seg->ctx, PATCHPROXY_CNT_edit_bytes_put, e->putlen);
	if (!e->rule)
		return;
	rule = e->rule->rule;
	f = &t->c->img->fields[rule->field];
	info.patch = e->rule->patch;
	info.rule = rule - info.patch->img->rules;
	info.field = pp_image_string(t->c->img, f->name);
	info.secret = f->flags & PP_FIELD_SECRET;
	info.first = e->first;
	info.off = e->off;
	info.old_len = e->xlen;
	info.new_len = e->putlen;
	info.old = s->arena + e->old;
	info.old_shown = e->oldlen;
	info.new = s->arena + e->put;
	info.new_shown = min_t(u16, e->putlen, PP_SHOWN);
	pp_port_edit(t->seg->ctx, dir, &info);
}

/* Rules that fired without changing a byte. */
static void report_notes(struct txn *t, int dir)
{
	struct pp_script *s = &t->sc->script;
	struct pp_edit note;
	u32 i;

	for (i = 0; i < s->nnotes; i++) {
		memset(&note, 0, sizeof(note));
		note.off = t->sc->vm.off;
		note.rule = s->notes[i];
		note.first = true;
		report(t, &note, dir);
	}
}

/* Turn what a run decided into records, in stream order. */
static int take(struct txn *t, const struct span *sp, int dir)
{
	const struct pp_scope_head *sh = &t->sc->scope.h;
	struct pp_script *s = &t->sc->script;
	u64 at, end = sh->hold ? sh->hold_off : t->sc->vm.off;
	u32 i;
	int ret;

	at = sp->held_off;
	for (i = 0; i < s->n; i++) {
		ret = keep(t, sp, at, s->edits[i].off);
		if (!ret)
			ret = edit_rec(t, &s->edits[i]);
		if (ret)
			return ret;
		at = s->edits[i].off + s->edits[i].xlen;
		report(t, &s->edits[i], dir);
		t->edits++;
		t->told = at;
	}
	report_notes(t, dir);
	t->told = end;
	/* A second wall: no edit reaches behind what is decided. */
	if (at > end)
		return -ECONNRESET;
	ret = keep(t, sp, at, end);
	pp_script_reset(s);
	t->pos.rcv_x = t->h->base_x + (u32)t->sc->vm.off;
	return ret;
}

static void mark(struct txn *t, struct span *sp)
{
	const struct pp_scope_head *sh = &t->sc->scope.h;

	sp->off = t->sc->vm.off;
	sp->p = t->sc->run.p;
	sp->held_off = sh->hold ? sh->hold_off : sp->off;
	memcpy(sp->held, sh->held, sizeof(sp->held));
}

/* Bytes of a direction that wait for the other one. */
static u32 waiting(const struct pp_half *h)
{
	return h->pend ? h->pos.rcv_x - pp_map_consumed(h) : 0;
}

static int wait_more(struct txn *t, const u8 *p, u32 n)
{
	const struct pp_half *h = t->h;
	u8 *w;

	if (!n)
		return 0;
	/* What goes on waiting as a whole stays where it is. */
	if (t->wait_len + n <= waiting(h) && p == h->pend + t->wait_len) {
		t->wait = h->pend;
		t->wait_len += n;
		t->pos.rcv_x += n;
		return 0;
	}
	if (t->wait_len + n > PP_PEND_MAX) {
		pp_port_count(t->seg->ctx, PATCHPROXY_CNT_store_limit, 1);
		return -ENOMEM;
	}
	w = pp_alloc(t->wait_len + n);
	if (!w) {
		pp_port_count(t->seg->ctx, PATCHPROXY_CNT_drop_nomem, 1);
		return -ENOMEM;
	}
	if (t->wait_len)
		memcpy(w, t->wait, t->wait_len);
	memcpy(w + t->wait_len, p, n);
	if (t->wait != h->pend)
		pp_free(t->wait);
	t->wait = w;
	t->wait_len += n;
	t->pos.rcv_x += n;
	return 0;
}

/* Parse @n bytes that follow what is in hand. */
static int parse(struct txn *t, const u8 *p, u32 n, bool eof, int dir)
{
	struct pp_run *r = &t->sc->run;
	struct span sp;
	int why, ret;

	r->p = p;
	r->end = p + n;
	r->eof = eof;
	do {
		u64 before = t->sc->vm.off;
		bool held = t->sc->scope.h.hold;

		mark(t, &sp);
		why = pp_vm_run(r);
		if (why == PP_STOP_RESET || why == PP_STOP_DROP) {
			report_notes(t, dir);
			return -ECONNRESET;
		}
		if (t->sc->scope.h.hold && !held)
			pp_port_count(t->seg->ctx, PATCHPROXY_CNT_holds, 1);
		t->inspected += t->sc->vm.off - before;
		ret = take(t, &sp, dir);
		if (ret)
			return ret;
	} while (why == PP_STOP_ROOM);
	t->pos.opaque = pp_vm_opaque(r);
	return why == PP_STOP_WAIT ? wait_more(t, r->p, r->end - r->p) : 0;
}

/*
 * Pass over opaque bytes. Those that the sender will not send again are recorded:
 * what comes from the box's own store, and what the box has reported as held.
 */
static int pass(struct txn *t, const struct pp_source *src, u32 end)
{
	u32 n = min_t(u64, t->pos.opaque, PP_OPAQUE_STEP);
	u32 from = t->pos.rcv_x, to = from + n;
	const u8 *p = NULL;
	int ret = 0;

	if (pp_before(end, to))
		to = end;
	if (pp_before(from, src->x)) {
		/* What is missing in front may come later, or never: it concerns nobody. */
		to = pp_before(src->x, to) ? src->x : to;
	} else if (src->mem) {
		p = src->mem + (from - src->x);
	} else if (unlikely(pp_owed_in(t->h, from, to))) {
		to = from + min_t(u32, to - from, PP_PULL_MAX);
		p = pull(t, src->pkt, from - src->x, to - from);
		if (!p)
			return -ENOMEM;
	}
	n = to - from;
	pp_vm_skip(&t->sc->vm, n);
	if (t->pos.opaque != U64_MAX)
		t->pos.opaque -= n;
	if (p)
		ret = copy_rec(t, p, n, 0);
	if (ret)
		return ret;
	t->pos.dec_y += to - t->pos.dec_x;
	t->pos.dec_x = to;
	t->pos.rcv_x = to;
	if (!t->pos.opaque) {
		/* The program is at the end of its SKIP: let it find out. */
		return parse(t, NULL, 0, false, t->sc->run.dir);
	}
	return 0;
}

static int advance(struct txn *t, const struct pp_source *src, int dir)
{
	const u32 end = src->x + src->len;
	const u8 *p;
	u32 off, n;
	int ret;

	while (pp_before(t->pos.rcv_x, end)) {
		if (t->pos.opaque) {
			ret = pass(t, src, end);
			if (ret)
				return ret;
			continue;
		}
		off = t->pos.rcv_x - src->x;
		n = end - t->pos.rcv_x;
		if (!src->mem || !t->wait_len)
			n = min_t(u32, n, PP_PULL_MAX);
		p = src->mem ? src->mem + off : pull(t, src->pkt, off, n);
		if (!p)
			return -ENOMEM;
		ret = t->wait_len ? wait_more(t, p, n) : parse(t, p, n, false, dir);
		if (ret)
			return ret;
	}
	return 0;
}

/* Can the parser go on at @x: nothing in front of it is missing that concerns anybody. */
static bool reaches(const struct txn *t, u32 x)
{
	return !pp_after(x, t->pos.rcv_x + (u32)min_t(u64, t->pos.opaque, PP_OPAQUE_STEP));
}

static int advance_ooo(struct txn *t, const struct pp_ooo *o, int dir)
{
	struct pp_source src = { .mem = o->data, .x = o->x, .len = o->len };

	return pp_after(o->x + o->len, t->pos.rcv_x) ? advance(t, &src, dir) : 0;
}

/* What a piece counts for: many small ones cost more than their bytes. */
static u32 ooo_cost(u32 len)
{
	return max_t(u32, len, 256);
}

/* Keep a piece that came too early, and be ready to tell its sender. */
static int store_ooo(struct txn *t, u32 len)
{
	struct pp_half *h = t->h;
	struct pp_ooo **at = &h->ooo, *o;
	u32 x = t->seg->seq, got, n;
	const u8 *p;

	while (*at && pp_before((*at)->x, x))
		at = &(*at)->next;
	if (*at && (*at)->x == x && (*at)->len >= len)
		return 0;
	if (t->seg->tight) {
		pp_port_count(t->seg->ctx, PATCHPROXY_CNT_drop_budget, 1);
		return -ENOMEM;
	}
	if (h->kept + h->ooo_bytes + ooo_cost(len) > PP_KEEP_MAX ||
	    h->stored + h->ooo_bytes + ooo_cost(len) > PP_STORE_MAX ||
	    pp_after(x, t->pos.rcv_x + PP_OPAQUE_STEP)) {
		pp_port_count(t->seg->ctx, PATCHPROXY_CNT_drop_ooo, 1);
		return -ENOMEM;
	}
	if (!h->ooo)
		h->ooo_at = t->seg->now;
	o = pp_alloc(sizeof(*o) + len);
	if (!o) {
		pp_port_count(t->seg->ctx, PATCHPROXY_CNT_drop_nomem, 1);
		return -ENOMEM;
	}
	for (got = 0; got < len; got += n) {
		n = min_t(u32, len - got, PP_PULL_MAX);
		p = pull(t, t->seg->pkt, got, n);
		if (!p) {
			pp_free(o);
			return -ENOMEM;
		}
		memcpy(o->data + got, p, n);
	}
	o->x = x;
	o->len = len;
	o->next = *at;
	*at = o;
	h->ooo_bytes += ooo_cost(len);
	if (h->sack && !pp_owed_add(h, x, x + len))
		pp_port_count(t->seg->ctx, PATCHPROXY_CNT_sack_limit, 1);
	pp_port_count(t->seg->ctx, PATCHPROXY_CNT_ooo_held, 1);
	return 0;
}

static void drop_ooo(struct pp_half *h)
{
	struct pp_ooo *o;

	while ((o = h->ooo) && !pp_after(o->x + o->len, h->pos.rcv_x)) {
		h->ooo = o->next;
		h->ooo_bytes -= ooo_cost(o->len);
		pp_free(o);
	}
}

static int commit(struct txn *t)
{
	struct pp_half *h = t->h;
	struct pp_saved *saved;
	int ret = pp_scope_save(&t->sc->scope, &saved);

	if (ret) {
		pp_port_count(t->seg->ctx, PATCHPROXY_CNT_drop_nomem, 1);
		return ret;
	}
	pp_free(h->vm.scope);
	h->vm = t->sc->vm;
	h->vm.scope = saved;
	t->c->session = t->sc->session;
	if (t->pos.rcv_x != h->pos.rcv_x)
		h->ooo_at = t->seg->now;
	h->pos = t->pos;
	if (t->head) {
		if (h->tail)
			h->tail->next = t->head;
		else
			h->head = t->head;
		h->tail = t->tail;
		h->stored += t->stored;
		h->kept += t->kept;
	}
	if (t->wait != h->pend)
		pp_free(h->pend);
	h->pend = t->wait;
	h->edited |= t->edits != 0;
	t->c->edits += t->edits;
	t->c->inspected += t->inspected;
	pp_port_count(t->seg->ctx, PATCHPROXY_CNT_bytes_inspected, t->inspected);
	if (t->fin) {
		h->fin = true;
		h->fin_x = h->pos.dec_x - 1;
	}
	drop_ooo(h);
	return 0;
}

static void abandon(struct txn *t)
{
	struct pp_rec *r;

	t->h->told = max(t->h->told, t->told);
	while ((r = t->head)) {
		t->head = r->next;
		pp_free(r);
	}
	if (t->wait != t->h->pend)
		pp_free(t->wait);
}

/*
 * What is kept out of order would, with what edits add to it, never fit: go back on it.
 * Its sender has to keep it until it is acknowledged (RFC 2018, section 8).
 */
static void renege(struct pp_half *h, void *ctx)
{
	struct pp_ooo *o;

	while ((o = h->ooo)) {
		h->ooo = o->next;
		pp_free(o);
	}
	h->ooo_bytes = 0;
	pp_free(h->owed);
	h->owed = NULL;
	pp_port_count(ctx, PATCHPROXY_CNT_drop_ooo, 1);
}

/**
 * pp_conn_tidy() - give up bytes out of order that have waited for too long
 * @c: the connection
 * @now: as &pp_seg.now
 * @ctx: as &pp_seg.ctx
 *
 * Nothing has come to be in order for longer than a sender waits before it repeats what
 * is missing. It still has them.
 */
void pp_conn_tidy(struct pp_conn *c, u32 now, void *ctx)
{
	int d;

	for (d = 0; d < 2; d++)
		if (c->half[d].ooo && now - c->half[d].ooo_at >= PP_OOO_AGE)
			renege(&c->half[d], ctx);
}

static int end_of_data(struct txn *t, u32 fin_x, int dir)
{
	int ret;

	if (t->fin || t->h->fin || t->pos.rcv_x != fin_x || t->wait_len)
		return 0;
	if (t->pos.opaque != U64_MAX || t->sc->vm.mode == PP_VM_PARSING) {
		ret = parse(t, NULL, 0, true, dir);
		if (ret)
			return ret;
		if (t->wait_len || t->pos.dec_x != fin_x)
			return 0;
	}
	t->fin = true;
	t->pos.dec_x++;
	t->pos.dec_y++;
	t->pos.rcv_x++;
	t->pos.opaque = 0;
	return 0;
}

static int take_in(struct txn *t, u32 len, bool fin, int dir)
{
	const struct pp_seg *seg = t->seg;
	struct pp_half *h = t->h;
	struct pp_source src;
	struct pp_ooo *o;
	int ret;

	/* Nothing follows a FIN. */
	if (h->fin)
		return 0;
	if (waiting(h)) {
		/* Offer what waits to the parser again, as if it came now. */
		src.pkt = NULL;
		src.mem = h->pend;
		src.x = pp_map_consumed(h);
		src.len = waiting(h);
		t->pos.rcv_x = src.x;
		ret = advance(t, &src, dir);
		if (ret)
			return ret;
	}
	/* Pieces that lie where the segment will have gone past would be lost. */
	for (o = h->ooo; len && o && pp_before(o->x, seg->seq) && reaches(t, seg->seq); o = o->next) {
		ret = advance_ooo(t, o, dir);
		if (ret)
			return ret;
	}
	if (len && !reaches(t, seg->seq))
		return store_ooo(t, len);
	if (len) {
		t->fresh = t->pos.rcv_x;
		src.pkt = seg->pkt;
		src.mem = NULL;
		src.x = seg->seq;
		src.len = len;
		ret = advance(t, &src, dir);
		if (ret)
			return ret;
	}
	for (o = h->ooo; o && !pp_after(o->x, t->pos.rcv_x); o = o->next) {
		ret = advance_ooo(t, o, dir);
		if (ret)
			return ret;
	}
	return fin ? end_of_data(t, seg->seq + len, dir) : 0;
}

/**
 * pp_ingest() - take a segment's payload into the stream
 * @c: the connection
 * @rs: rules in force, or NULL
 * @dir: direction
 * @seg: the segment
 * @len: bytes of its payload that count (those in B's window)
 * @fin: its FIN counts
 * @fresh: set to where those of its bytes begin that were taken into the stream; what is
 *	in front was there already, and may have been something else
 *
 * Return: 0; -ENOMEM: the segment must be dropped, the stream is as it was (of what is
 * kept out of order there may be more, or nothing); -ENOSPC: likewise, for the store has no
 * room for what it became;
 * -ECONNRESET: nothing has changed, the connection must end.
 */
int pp_ingest(struct pp_conn *c, const struct pp_ruleset *rs, int dir, const struct pp_seg *seg,
	      u32 len, bool fin, u32 *fresh)
{
	struct pp_scratch *sc = pp_port_scratch();
	struct pp_half *h = &c->half[dir];
	struct txn t;
	int ret;

	memset(&t, 0, sizeof(t));
	t.c = c;
	t.h = h;
	t.sc = sc;
	t.seg = seg;
	t.pos = h->pos;
	t.fresh = seg->seq + len;
	sc->vm = h->vm;
	sc->session = c->session;
	pp_scope_load(&sc->scope, h->vm.scope);
	pp_script_reset(&sc->script);
	sc->run.img = c->img;
	sc->run.rs = rs;
	sc->run.vm = &sc->vm;
	sc->run.scope = &sc->scope;
	sc->run.session = &sc->session;
	sc->run.script = &sc->script;
	sc->run.ctx = seg->ctx;
	sc->run.dir = dir;
	ret = take_in(&t, len, fin, dir);
	if (!ret)
		ret = commit(&t);
	if (ret)
		abandon(&t);
	if (t.full && h->ooo)
		renege(h, seg->ctx);
	if (t.full && ret == -ENOMEM)
		ret = -ENOSPC;
	*fresh = t.fresh;
	return ret;
}

/**
 * pp_scratch_size() - bytes that pp_port_scratch() must provide
 *
 * Return: the size of struct pp_scratch.
 */
size_t pp_scratch_size(void)
{
	return sizeof(struct pp_scratch);
}
