// SPDX-License-Identifier: GPL-2.0
/*
 * Bytes the box has told A that it has (by SACK), and that B has not acknowledged.
 *
 * A will not send them again; so the byte in front of each such range, the anchor,
 * is not acknowledged to A before B has acknowledged the range. Whatever of it is
 * lost on the way to B, A still misses the anchor, sends it again, by its own rules
 * of loss recovery, and what is sent on carries the range behind it. So the box
 * needs no timer and sends nothing of its own accord.
 *
 * For that no SACK may cover the anchor either, unless it covers the whole range
 * with it.
 */
#include "conn.h"

/**
 * pp_owed_add() - a range is about to be reported to A
 * @h: the direction
 * @x: first byte, X; behind everything in hand
 * @end: end, X
 *
 * Return: false if the range cannot be remembered, and must not be reported.
 */
bool pp_owed_add(struct pp_half *h, u32 x, u32 end)
{
	struct pp_owed *o = h->owed;
	u32 i, n;

	if (!o) {
		o = pp_alloc(sizeof(*o));
		if (!o)
			return false;
		o->n = 0;
		h->owed = o;
	}
	for (i = 0; i < o->n && pp_before(o->r[i].end, x); i++)
		;
	for (n = i; n < o->n && !pp_after(o->r[n].x, end); n++) {
		if (pp_before(o->r[n].x, x))
			x = o->r[n].x;
		end = pp_later(end, o->r[n].end);
	}
	if (n == i && o->n == PP_MAX_OWED)
		return false;
	/* Elements i to n - 1 become one. */
	memmove(&o->r[i + 1], &o->r[n], (o->n - n) * sizeof(o->r[0]));
	o->n += 1 - (n - i);
	o->r[i].x = x;
	o->r[i].end = end;
	return true;
}

/**
 * pp_owed_in() - are bytes among those that A was told of
 * @h: the direction
 * @x: first byte, X
 * @end: end, X
 *
 * Return: true if one is.
 */
bool pp_owed_in(const struct pp_half *h, u32 x, u32 end)
{
	const struct pp_owed *o = h->owed;
	u32 i;

	for (i = 0; o && i < o->n; i++)
		if (pp_before(x, o->r[i].end) && pp_before(o->r[i].x, end))
			return true;
	return false;
}

/**
 * pp_owed_settle() - forget what is not owed any more
 * @h: the direction
 *
 * A range is settled when B has acknowledged it, or A has been given its
 * acknowledgement (held bytes: they are the parser's then, see pp_map_x()).
 */
void pp_owed_settle(struct pp_half *h)
{
	struct pp_owed *o = h->owed;
	u32 n = 0;

	if (!o)
		return;
	while (n < o->n && (!pp_after(o->r[n].end, h->una_x) ||
			    !pp_after(o->r[n].end, h->acked_x)))
		n++;
	o->n -= n;
	memmove(&o->r[0], &o->r[n], o->n * sizeof(o->r[0]));
	if (o->n)
		return;
	pp_free(o);
	h->owed = NULL;
}

/**
 * pp_owed_floor() - how far A may be acknowledged
 * @h: the direction
 * @x: how far B has acknowledged, X
 *
 * Return: @x, or the anchor of the range that it is in.
 */
u32 pp_owed_floor(const struct pp_half *h, u32 x)
{
	const struct pp_owed *o = h->owed;
	u32 i;

	for (i = 0; o && i < o->n && !pp_before(x, o->r[i].x); i++)
		if (pp_before(x, o->r[i].end))
			return o->r[i].x - 1;
	return x;
}

/**
 * pp_owed_clip() - a SACK block of B, before A is given it
 * @h: the direction
 * @x: first byte, X
 * @end: end, X; made less where the block covers an anchor without its range
 *
 * What is cut off it behind the anchor is of the range, and A knows of that already.
 *
 * Return: false if nothing is left.
 */
bool pp_owed_clip(const struct pp_half *h, u32 x, u32 *end)
{
	const struct pp_owed *o = h->owed;
	u32 i;

	for (i = 0; o && i < o->n; i++)
		if (!pp_after(x, o->r[i].x - 1) && pp_before(o->r[i].x - 1, *end) &&
		    pp_before(*end, o->r[i].end))
			*end = o->r[i].x - 1;
	return pp_before(x, *end);
}

/**
 * pp_owed_extend() - what a segment must carry besides its own bytes
 * @h: the direction
 * @end: end of the segment, X
 *
 * Return: end of the range that begins at @end or that @end is in, as far as it is
 * decided and B lacks it; @end if there is none.
 */
u32 pp_owed_extend(const struct pp_half *h, u32 end)
{
	const struct pp_owed *o = h->owed;
	u32 i, to, x;

	for (i = 0; o && i < o->n; i++) {
		if (pp_before(end, o->r[i].x) || !pp_before(end, o->r[i].end))
			continue;
		to = o->r[i].end;
		if (pp_after(to, h->pos.dec_x))
			to = h->pos.dec_x;
		/* B says what it has behind the first gap. */
		if (h->hole && pp_after(h->hole_y, h->una_y) &&
		    pp_after(h->hole_y, pp_map_y(h, end))) {
			x = pp_map_x(h, h->hole_y);
			if (pp_map_y(h, x) != h->hole_y)
				x++;
			if (pp_before(x, to))
				to = x;
		}
		return pp_later(to, end);
	}
	return end;
}

/**
 * pp_owed_again() - B is sent bytes again that A has sent once
 * @h: the direction
 * @y: first byte, Y
 * @end: end, Y
 *
 * Should B have the first copy it will report the second one as a duplicate (RFC 2883).
 * One stretch is remembered, with what lies between: all that is lost is news for A
 * of duplicates that were its own.
 */
void pp_owed_again(struct pp_half *h, u32 y, u32 end)
{
	if (!h->again || pp_after(y, h->again_end + PP_KEEP_MAX)) {
		h->again_y = y;
		h->again_end = end;
		h->again = true;
		return;
	}
	if (pp_before(y, h->again_y))
		h->again_y = y;
	h->again_end = pp_later(h->again_end, end);
}

/**
 * pp_owed_echo() - does B's first SACK block report a duplicate that A has not made
 * @h: the direction
 * @seg: B's segment, with a SACK block
 * @end: end of the block, Y; made less where only its end is such a duplicate
 *
 * A would take it for a sign that it sends too much again, or that somebody deceives
 * it: it counts them against its own.
 *
 * Return: true if all of the block is.
 */
bool pp_owed_echo(const struct pp_half *h, const struct pp_seg *seg, u32 *end)
{
	u32 start = seg->sack[0].start;

	if (!h->again || !pp_before(start, h->again_end) || !pp_before(h->again_y, *end))
		return false;
	if (pp_after(*end, seg->ack) &&
	    (seg->nsack < 2 || pp_before(start, seg->sack[1].start) ||
	     pp_after(*end, seg->sack[1].end)))
		return false;
	if (!pp_before(start, h->again_y))
		return true;
	*end = h->again_y;
	return false;
}

/**
 * pp_owed_blocks() - the SACK blocks that A is given
 * @h: the direction
 * @x: a byte of the segment that is answered, X; its range comes first (RFC 2018)
 * @out: &pp_out.reply_sack and &pp_out.reply_nsack are filled in
 */
void pp_owed_blocks(const struct pp_half *h, u32 x, struct pp_out *out)
{
	const struct pp_owed *o = h->owed;
	u32 i, n = 0, first = PP_MAX_OWED;

	out->reply_nsack = 0;
	if (!o)
		return;
	for (i = 0; i < o->n; i++)
		if (!pp_before(x, o->r[i].x) && pp_before(x, o->r[i].end))
			first = i;
	if (first < o->n) {
		out->reply_sack[n].start = o->r[first].x;
		out->reply_sack[n++].end = o->r[first].end;
	}
	for (i = 0; i < o->n && n < PP_MAX_SACK; i++) {
		if (i == first)
			continue;
		out->reply_sack[n].start = o->r[i].x;
		out->reply_sack[n++].end = o->r[i].end;
	}
	out->reply_nsack = n;
}
