// SPDX-License-Identifier: GPL-2.0
/*
 * The map between the two numberings of one direction.
 *
 * Up to una it is a constant shift; behind it the records are its steps, with a
 * constant shift between and behind them. Every edit replaces at least one byte of
 * X, so whatever B lacks, A still holds or the box does, and somebody sends again.
 */
#include "conn.h"

/**
 * pp_map_y() - where a byte of A is in B's numbering
 * @h: the direction
 * @x: X
 *
 * Return: Y; inside an edit, the start of what it became.
 */
u32 pp_map_y(const struct pp_half *h, u32 x)
{
	u32 shift = h->una_y - h->una_x;
	const struct pp_rec *r;

	/* Most segments are there, however much is kept in front of them. */
	if (!pp_before(x, h->pos.dec_x))
		return x + (h->pos.dec_y - h->pos.dec_x);
	for (r = h->head; r && !pp_before(x, r->x); r = r->next) {
		if (pp_before(x, r->x + r->xlen))
			return r->edit ? r->y : r->y + (x - r->x);
		shift = r->y + r->ylen - (r->x + r->xlen);
	}
	return x + shift;
}

/**
 * pp_map_consumed() - where the parser is
 * @h: the direction
 *
 * Return: X of the next byte it will read. Bytes between @h->pos.dec_x and there are
 * held: it has read them, and what becomes of them is not decided.
 */
u32 pp_map_consumed(const struct pp_half *h)
{
	return h->base_x + (u32)h->vm.off;
}

/**
 * pp_map_x() - how far A is acknowledged when B acknowledges
 * @h: the direction
 * @y: B's acknowledgement, Y
 *
 * The floor: no byte counts before all it became is acknowledged. Bytes that
 * became nothing count with the ones before them. Once B has everything that was
 * sent, held bytes count too: the box keeps them and A need not.
 *
 * Return: X.
 */
u32 pp_map_x(const struct pp_half *h, u32 y)
{
	u32 shift = h->una_x - h->una_y, at = h->una_y;
	const struct pp_rec *r = h->head;

	if (pp_before(y, h->una_y))
		return y + shift;
	if (!pp_before(y, h->pos.dec_y)) {
		shift = h->pos.dec_x - h->pos.dec_y;
		r = NULL;
	}
	for (; r; r = r->next) {
		if (pp_before(y, r->y))
			return y + shift;
		if (pp_before(y, r->y + r->ylen))
			return r->edit ? r->x : r->x + (y - r->y);
		at = r->y + r->ylen;
		shift = r->x + r->xlen - at;
	}
	if (y == h->pos.dec_y && h->vm.scope && h->vm.scope->h.hold && !h->fin)
		return pp_map_consumed(h);
	return y + shift;
}

/**
 * pp_map_ack() - B has acknowledged
 * @h: the direction
 * @y: the acknowledgement, Y; one beyond what was sent is ignored
 *
 * Frees the records that are done with. Inside an edit una stays before it.
 */
void pp_map_ack(struct pp_half *h, u32 y)
{
	struct pp_rec *r;

	if (pp_before(y, h->una_y) || pp_after(y, h->pos.dec_y))
		return;
	while ((r = h->head) && !pp_before(y, r->y + r->ylen)) {
		h->una_x = r->x + r->xlen;
		h->una_y = r->y + r->ylen;
		h->head = r->next;
		h->stored -= sizeof(*r) + r->cap;
		h->kept -= r->cap;
		pp_free(r);
	}
	if (!h->head)
		h->tail = NULL;
	r = h->head;
	if (!r || pp_before(y, r->y)) {
		h->una_x += y - h->una_y;
		h->una_y = y;
		return;
	}
	if (!r->edit && pp_after(y, r->y)) {
		/* Part of a record: una moves into it, which keeps its bytes. */
		h->una_x = r->x + (y - r->y);
		h->una_y = y;
	} else {
		h->una_x = r->x;
		h->una_y = r->y;
	}
}

/**
 * pp_map_sack() - a SACK block of B in A's numbering
 * @h: the direction
 * @start_y: left edge, Y
 * @end_y: right edge, Y
 * @start_x: filled in
 * @end_x: filled in
 *
 * Covers only bytes of A whose whole image is in the block, and those in front of them
 * that became nothing: A may have sent these in one segment with the first, and takes
 * a segment for arrived only if all of it is covered.
 *
 * Return: false if nothing is left of the block.
 */
bool pp_map_sack(const struct pp_half *h, u32 start_y, u32 end_y, u32 *start_x, u32 *end_x)
{
	const struct pp_rec *r;
	u32 s, e;

	if (!pp_before(start_y, end_y) || pp_after(end_y, h->pos.dec_y))
		return false;
	if (!pp_after(end_y, h->una_y)) {
		/* D-SACK below una: a constant shift. */
		*start_x = start_y + (h->una_x - h->una_y);
		*end_x = end_y + (h->una_x - h->una_y);
		return true;
	}
	if (pp_before(start_y, h->una_y))
		start_y = h->una_y;
	s = pp_map_x(h, start_y);
	for (r = h->head; r; r = r->next) {
		if (!r->edit)
			continue;
		if (r->x == s && pp_after(start_y, r->y))
			s = r->x + r->xlen;
		if (!r->ylen && r->y == start_y && pp_before(r->x, s))
			s = r->x;
	}
	e = pp_map_x(h, end_y);
	if (pp_after(e, h->pos.dec_x))
		e = h->pos.dec_x;
	*start_x = s;
	*end_x = e;
	return pp_before(s, e);
}

/**
 * pp_map_free() - forget a direction's bytes
 * @h: the direction
 */
void pp_map_free(struct pp_half *h)
{
	struct pp_rec *r;
	struct pp_ooo *o;

	while ((r = h->head)) {
		h->head = r->next;
		pp_free(r);
	}
	while ((o = h->ooo)) {
		h->ooo = o->next;
		pp_free(o);
	}
	pp_free(h->owed);
	pp_free(h->pend);
	pp_free(h->vm.scope);
	h->tail = NULL;
	h->owed = NULL;
	h->pend = NULL;
	h->vm.scope = NULL;
	h->stored = 0;
	h->kept = 0;
	h->ooo_bytes = 0;
}
