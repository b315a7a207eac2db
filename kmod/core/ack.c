// SPDX-License-Identifier: GPL-2.0
/*
 * What B says of A's bytes, told to A: how far they have arrived, and for how many more
 * there is room.
 */
#include "conn.h"

/*
 * Held bytes that are acknowledged will take room in the window as well. They are few,
 * and one that they closed could stay closed: no news of it would come.
 */
static u32 not_held(const struct pp_half *h, u32 ack)
{
	return pp_after(ack, h->pos.dec_x) ? h->pos.dec_x : ack;
}

/*
 * The window field for a window of @win bytes. Its end never moves back, unless B moves
 * it back or what edits add does.
 */
static u16 give(struct pp_half *h, u32 ack, u32 win)
{
	u32 all = ack + win, edge = all, room, field;

	/*
	 * No more that is inspected may be in flight than can be kept, and half as much
	 * again for what edits make of it. What is in flight will be acknowledged, so a
	 * window that this closes is opened again.
	 */
	if (h->pos.opaque < PP_OPAQUE_STEP) {
		room = min(PP_KEEP_MAX - min(PP_KEEP_MAX, h->kept),
			   (PP_STORE_MAX - min(PP_STORE_MAX, h->stored)) / 3 * 2);
		room += (u32)h->pos.opaque;
		edge = ack + min(win, h->pos.rcv_x - ack + room);
	}
	/* The place may fall between two values of the field. */
	if (h->edge && pp_before(edge, h->given_x))
		edge = h->given_x + (1u << h->wscale) - 1;
	if (pp_after(edge, all))
		edge = all;
	field = min_t(u32, (edge - ack) >> h->wscale, U16_MAX);
	edge = ack + (field << h->wscale);
	if (!h->edge || pp_after(edge, h->given_x))
		h->given_x = edge;
	return field;
}

/* @x: how far A could be acknowledged; it may be told of less (owed.c) */
static void translate_window(struct pp_half *r, const struct pp_seg *seg, u32 x,
			     struct pp_out *out)
{
	u32 win = (u32)seg->win << pp_scale(r), edge = seg->ack + win, grown;

	if (!r->edge || pp_after(edge, r->edge_y))
		r->edge_y = edge;
	/* What edits in flight have added takes room the sender does not see. */
	grown = (r->pos.dec_y - seg->ack) - (r->pos.dec_x - not_held(r, x));
	if (r->wscale == 0xff) {
		/* Of a field whose unit is not known only itself is right, or less. */
		out->win = (s32)grown > 0 ? seg->win - min_t(u32, grown, seg->win) : seg->win;
		r->given_x = r->edge ? pp_later(r->given_x, out->ack + win) : out->ack + win;
	} else {
		if ((s32)grown > 0)
			win -= min(grown, win);
		win += x - out->ack;
		out->win = give(r, out->ack, win);
	}
	r->widest = max(r->widest, (u32)out->win << pp_scale(r));
	/* One that was overtaken says how it was. */
	if (!pp_before(seg->ack, r->una_y))
		r->win = out->win;
	r->edge = true;
}

/**
 * pp_ack_for() - how far A is acknowledged
 * @h: the direction
 * @y: how far B has acknowledged, Y
 *
 * Return: X.
 */
u32 pp_ack_for(const struct pp_half *h, u32 y)
{
	return pp_owed_floor(h, pp_map_x(h, y));
}

static void translate_sack(struct pp_half *r, const struct pp_seg *seg, struct pp_out *out)
{
	u32 i, n = 0, s, e, end;

	r->hole = false;
	for (i = 0; i < seg->nsack; i++) {
		end = seg->sack[i].end;
		if (pp_after(seg->sack[i].start, seg->ack) &&
		    (!r->hole || pp_before(seg->sack[i].start, r->hole_y))) {
			r->hole_y = seg->sack[i].start;
			r->hole = true;
		}
		if (!i && pp_owed_echo(r, seg, &end))
			continue;
		if (!pp_map_sack(r, seg->sack[i].start, end, &s, &e) ||
		    !pp_owed_clip(r, s, &e))
			continue;
		if (pp_after(e, out->ack) && !pp_after(s, out->ack))
			continue;
		out->sack[n].start = s;
		out->sack[n].end = e;
		n++;
	}
	out->nsack = n;
}

/**
 * pp_ack_window() - the window field of an acknowledgement made here
 * @h: the direction
 *
 * Return: the field that A was given last, less what edits have added since.
 */
u16 pp_ack_window(struct pp_half *h)
{
	u32 edge = h->pos.dec_x + (h->edge_y - h->pos.dec_y), ack = not_held(h, h->acked_x);
	u16 field;

	if (h->wscale == 0xff)
		return h->win;
	if (!pp_after(edge, ack))
		return 0;
	field = give(h, ack, min(edge - ack, (u32)h->win << h->wscale));
	/* A counts it from what is acknowledged, held bytes and all, and may stand there. */
	h->given_x = pp_later(h->given_x, h->acked_x + ((u32)field << h->wscale));
	return field;
}

/**
 * pp_ack_translate() - the acknowledgement, the SACK blocks and the window of a segment
 * @r: the direction whose bytes are acknowledged
 * @seg: B's segment
 * @out: gets them as A is to see them; &pp_out.admitted says whether to learn from them
 */
void pp_ack_translate(struct pp_half *r, const struct pp_seg *seg, struct pp_out *out)
{
	u32 ack = seg->ack, x;

	if (!(seg->flags & PP_TCP_ACK) || !r->init)
		return;
	if (pp_after(ack, r->pos.dec_y)) {
		/* Beyond all that was sent: not for us to judge, but never believed. */
		out->ack = r->pos.dec_x + (ack - r->pos.dec_y);
		return;
	}
	x = pp_map_x(r, ack);
	if (!out->admitted) {
		/* It may leave as a probe, in the window, and must say nothing new there. */
		out->ack = pp_before(ack, r->una_y) && pp_before(x, r->acked_x) ? x : r->acked_x;
		out->win = min_t(u32, pp_ack_window(r) + ((r->acked_x - out->ack) >> pp_scale(r)),
				 U16_MAX);
		out->nsack = 0;
		return;
	}
	if (!pp_before(ack, r->una_y)) {
		out->ack = pp_later(pp_owed_floor(r, x), r->acked_x);
		if (r->acked_x != out->ack && out->ack == pp_map_consumed(r) &&
		    pp_after(out->ack, r->pos.dec_x))
			pp_port_count(seg->ctx, PATCHPROXY_CNT_custody, 1);
		r->acked_x = out->ack;
		if (ack != r->una_y)
			r->resent = 0;
		pp_map_ack(r, ack);
		pp_owed_settle(r);
	} else {
		out->ack = pp_before(x, r->acked_x) ? x : r->acked_x;
	}
	translate_sack(r, seg, out);
	translate_window(r, seg, pp_later(x, out->ack), out);
}
