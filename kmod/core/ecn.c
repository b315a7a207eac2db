// SPDX-License-Identifier: GPL-2.0
/*
 * Marks of congestion on segments that the receiver never sees (RFC 3168).
 *
 * The network marks a segment of A (CE), and B says so to A (ECE) until A answers that
 * it has slowed down (CWR). Where the box keeps all of a segment, B sees neither the mark
 * nor A's answer. So the box echoes the mark, in acknowledgements of its own and in those
 * of B, and A's answer leaves with A's next bytes.
 *
 * With accurate ECN (RFC 9768) the same flags are a count of marks that B has seen. Nobody
 * but B knows it: its flags are not touched, and what is made here repeats its last ones.
 */
#include "conn.h"

#define ECN_FLAGS	(PP_TCP_AE | PP_TCP_CWR | PP_TCP_ECE)
#define COUNT_START	(PP_TCP_AE | PP_TCP_ECE)	/* 5 */

/**
 * pp_ecn_begin() - what the ends have agreed on
 * @c: the connection
 * @offered: flags of the client's SYN
 * @flags: of the SYN/ACK
 */
void pp_ecn_begin(struct pp_conn *c, u16 offered, u16 flags)
{
	c->ecn = PP_ECN_NONE;
	if (~offered & (PP_TCP_CWR | PP_TCP_ECE))
		return;
	flags &= ECN_FLAGS;
	switch (flags) {
	case PP_TCP_ECE:
		c->ecn = PP_ECN_ECHO;
		break;
	case PP_TCP_CWR:
	case PP_TCP_CWR | PP_TCP_ECE:
	case PP_TCP_AE:
	case PP_TCP_AE | PP_TCP_CWR:
		if (!(offered & PP_TCP_AE))
			break;
		c->ecn = PP_ECN_COUNT;
		c->half[PP_C2S].echo = COUNT_START;
		c->half[PP_S2C].echo = COUNT_START;
		break;
	}
}

/**
 * pp_ecn_in() - a segment counts
 * @c: the connection
 * @dir: direction
 * @seg: the segment
 * @out: its flags are as they came; they become what B is to see if any byte leaves
 */
void pp_ecn_in(struct pp_conn *c, int dir, const struct pp_seg *seg, struct pp_out *out)
{
	struct pp_half *h = &c->half[dir], *r = &c->half[!dir];

	if (c->ecn == PP_ECN_NONE || !out->admitted)
		return;
	if (c->ecn == PP_ECN_COUNT) {
		/* The acknowledgement of a SYN/ACK does not carry the count. */
		if (dir == PP_S2C || seg->len || pp_after(seg->ack, r->base_x))
			r->echo = seg->flags & ECN_FLAGS;
		return;
	}
	r->echo = seg->flags & PP_TCP_ECE;
	if (r->marked)
		out->flags |= PP_TCP_ECE;
	if (seg->flags & PP_TCP_CWR) {
		h->marked = false;
		h->echo = 0;
	}
	if (h->slowed && seg->len)
		out->flags |= PP_TCP_CWR;
}

/**
 * pp_ecn_keep() - B never sees a segment
 * @c: the connection
 * @dir: direction
 * @seg: the segment, taken in
 */
void pp_ecn_keep(struct pp_conn *c, int dir, const struct pp_seg *seg)
{
	if (seg->ce && c->ecn == PP_ECN_ECHO)
		c->half[dir].marked = true;
}

/**
 * pp_ecn_leave() - it is known what leaves
 * @c: the connection
 * @dir: direction
 * @seg: the segment
 * @out: what leaves
 */
void pp_ecn_leave(struct pp_conn *c, int dir, const struct pp_seg *seg, struct pp_out *out)
{
	struct pp_half *h = &c->half[dir];

	if (c->ecn != PP_ECN_ECHO || !out->admitted || !seg->len)
		return;
	/* Of what stands before its place, a probe for one, B heeds no flag. */
	h->slowed = out->flags & PP_TCP_CWR && (out->verdict == PP_DROP || !out->len ||
						pp_before(out->seq, h->una_y));
	if (h->slowed)
		out->flags &= ~PP_TCP_CWR;
	/* Of several packets the first one says it. */
	if (out->more)
		out->rest.flags &= ~PP_TCP_CWR;
}

/**
 * pp_ecn_reply() - flags of an acknowledgement that is made here
 * @c: the connection
 * @dir: direction of the bytes that are acknowledged
 *
 * Return: those about congestion.
 */
u16 pp_ecn_reply(const struct pp_conn *c, int dir)
{
	const struct pp_half *h = &c->half[dir];

	return h->echo | (h->marked ? PP_TCP_ECE : 0);
}
