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
 * pp_render() - pieces for bytes that leave
 * @h: the direction
 * @rest: which; &pp_rest.x is moved up to where the pieces reach: to &pp_rest.to, or the
 *	end of an edit that it is inside of, or less where they do not all fit
 * @most: bytes that fit
 * @out: gets the pieces and their length
 *
 * Bytes outside all records are opaque and come from the packet. Bytes of a record
 * come from it, except where they were copied from this packet a moment ago.
 *
 * Return: false if a byte is neither in a record nor in the packet.
 */
bool pp_render(const struct pp_half *h, struct pp_rest *rest, u32 most, struct pp_out *out)
{
	const struct pp_rec *r = h->head;
	const u32 to = rest->to;
	u32 x = rest->x, n;

	out->npieces = 0;
	out->len = 0;
	while (pp_before(x, to) && out->len < most) {
		while (r && !pp_before(x, r->x + r->xlen))
			r = r->next;
		if (!r || pp_before(x, r->x)) {
			n = to - x;
			if (r && pp_before(r->x, to))
				n = r->x - x;
			if (pp_before(x, rest->seq) || pp_after(x + n, rest->fresh_end))
				return false;
			n = min(n, most - out->len);
			if (!put(out, NULL, x - rest->seq, n))
				break;
			x += n;
			continue;
		}
		if (r->edit) {
			/* Not divided: none is larger than a packet may be (PP_ARENA). */
			if ((r->ylen > most - out->len && out->len) || !put(out, r->data, 0, r->ylen))
				break;
			x = r->x + r->xlen;
			continue;
		}
		n = min(min(r->x + r->xlen - x, to - x), most - out->len);
		if (!r->changed && !pp_before(x, rest->fresh) && pp_before(x, rest->fresh_end)) {
			n = min(n, rest->fresh_end - x);
			if (!put(out, NULL, x - rest->seq, n))
				break;
		} else {
			if (!r->changed && pp_before(x, rest->fresh) && pp_before(rest->fresh, x + n))
				n = rest->fresh - x;
			if (!put(out, r->data + (x - r->x), 0, n))
				break;
		}
		x += n;
	}
	rest->x = x;
	return true;
}
