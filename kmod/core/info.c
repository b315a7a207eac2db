// SPDX-License-Identifier: GPL-2.0
/* What others may know of a connection: its state, what it keeps, its numbers. */
#include "conn.h"

/* The server has shown that its side is open: before that it may still wait for the client. */
static bool shown_open(const struct pp_conn *c)
{
	const struct pp_half *h = &c->half[PP_C2S], *r = &c->half[PP_S2C];

	return h->una_x != h->base_x || r->pos.dec_x != r->base_x;
}

/**
 * pp_conn_info() - what is shown of a connection
 * @c: the connection
 * @info: filled in
 */
void pp_conn_info(const struct pp_conn *c, struct pp_conn_info *info)
{
	bool closed = true;
	int d;

	memset(info, 0, sizeof(*info));
	info->state = c->state;
	info->joining = c->join.wanted;
	info->agreed = pp_conn_agreed(c);
	info->edits = c->edits;
	info->inspected = c->inspected;
	info->opaque = true;
	for (d = 0; d < 2; d++) {
		const struct pp_half *h = &c->half[d];

		info->delta[d] = h->pos.dec_y - h->pos.dec_x;
		info->held += h->pos.rcv_x - h->pos.dec_x;
		info->opaque &= h->vm.mode == PP_VM_OPAQUE;
		/* Numbering that is shifted, or bytes the box alone still has. */
		info->edited |= h->pos.dec_y != h->pos.dec_x || h->una_y != h->una_x ||
				h->acked_x != h->una_x || h->owed;
		closed &= h->fin && pp_after(h->una_x, h->fin_x);
	}
	if (closed)
		info->edited = false;
	info->reset = c->half[PP_C2S].rst && !closed;
	info->unsure = c->resyn || !shown_open(c) ||
		       (c->half[PP_C2S].rst && c->half[PP_C2S].rst_late);
}

/**
 * pp_conn_kept() - memory that a connection's bytes occupy
 * @c: the connection
 *
 * Return: bytes, without what every connection has.
 */
u32 pp_conn_kept(const struct pp_conn *c)
{
	u32 n = 0;
	int d;

	for (d = 0; d < 2; d++) {
		const struct pp_half *h = &c->half[d];

		n += h->stored + h->ooo_bytes;
		if (h->pend)
			n += h->pos.rcv_x - pp_map_consumed(h);
	}
	return n;
}

/**
 * pp_conn_map() - a number of the sender in the receiver's numbering
 * @c: the connection
 * @dir: direction
 * @x: X
 *
 * Return: Y.
 */
u32 pp_conn_map(const struct pp_conn *c, int dir, u32 x)
{
	return c->half[dir].init ? pp_map_y(&c->half[dir], x) : x;
}

/**
 * pp_conn_unmap() - a number of the receiver in the sender's numbering
 * @c: the connection
 * @dir: direction
 * @y: Y
 *
 * Return: X.
 */
u32 pp_conn_unmap(const struct pp_conn *c, int dir, u32 y)
{
	return c->half[dir].init ? pp_map_x(&c->half[dir], y) : y;
}
