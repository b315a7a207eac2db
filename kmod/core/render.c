// SPDX-License-Identifier: GPL-2.0
/* What B is sent for a range of A's bytes: from records, or from the packet. */
#include "conn.h"

static bool put(struct pp_out *out, const u8 *data, u32 off, u32 len)
{
	struct pp_piece *p;

	if (!len)
		return true;
	if (out->npieces) {
		p = &out->pieces[out->npieces - 1];
		if (data ? p->data && p->data + p->len == data :
			   !p->data && p->off + p->len == off) {
			p->len += len;
			out->len += len;
			return true;
		}
	}
	if (out->npieces == PP_MAX_PIECES)
		return false;
	p = &out->pieces[out->npieces++];
	p->data = data;
	p->off = off;
	p->len = len;
	out->len += len;
	return true;
}

/**
 * pp_render() - pieces for the bytes from @from to @to
 * @h: the direction
 * @from: X
 * @to: X, decided
 * @seq: X of the first payload byte of the packet at hand
 * @fresh: bytes of the packet from here on are the ones that were parsed
 * @fresh_end: end of them
 * @out: gets the pieces and their length
 * @done: set to the X up to which the pieces reach: @to, or the end of an edit that
 *	@to is inside of, or less where they do not all fit
 *
 * Bytes outside all records are opaque and come from the packet. Bytes of a record
 * come from it, except where they were copied from this packet a moment ago.
 *
 * Return: false if a byte is neither in a record nor in the packet.
 */
bool pp_render(const struct pp_half *h, u32 from, u32 to, u32 seq, u32 fresh, u32 fresh_end,
	       struct pp_out *out, u32 *done)
{
	const struct pp_rec *r = h->head;
	u32 x = from, n;

	while (pp_before(x, to)) {
		while (r && !pp_before(x, r->x + r->xlen))
			r = r->next;
		if (!r || pp_before(x, r->x)) {
			n = to - x;
			if (r && pp_before(r->x, to))
				n = r->x - x;
			if (pp_before(x, seq) || pp_after(x + n, fresh_end))
				return false;
			if (!put(out, NULL, x - seq, n))
				break;
			x += n;
			continue;
		}
		if (r->edit) {
			if (!put(out, r->data, 0, r->ylen))
				break;
			x = r->x + r->xlen;
			continue;
		}
		n = min(r->x + r->xlen - x, to - x);
		if (!r->changed && !pp_before(x, fresh) && pp_before(x, fresh_end)) {
			n = min(n, fresh_end - x);
			if (!put(out, NULL, x - seq, n))
				break;
		} else {
			if (!r->changed && pp_before(x, fresh) && pp_before(fresh, x + n))
				n = fresh - x;
			if (!put(out, r->data + (x - r->x), 0, n))
				break;
		}
		x += n;
	}
	*done = x;
	return true;
}
