// SPDX-License-Identifier: GPL-2.0
/*
 * Whether a segment counts: what its receiver would not take must not be the first
 * copy of any byte, nor be believed.
 *
 * The receiver cannot be asked. What it would say is known from what it has said:
 * acknowledgements, the window, timestamps.
 */
#include "conn.h"

#define PP_PAWS_AGE	2147	/* seconds; a clock of microseconds has turned by half then.
				 * Linux forgets as early since 6.7 (TCP_PAWS_WRAP) */

/**
 * pp_admit_window() - how much of the payload lies in the window that B has offered
 * @h: the direction
 * @seg: A's segment
 *
 * And before the FIN: data in its place would reach a receiver that the FIN has not
 * reached. What was taken in once stays so, also where edits in front of it have grown
 * since: its sender was told a window with room for it.
 *
 * Return: bytes.
 */
u32 pp_admit_window(const struct pp_half *h, const struct pp_seg *seg)
{
	u32 edge;

	if (h->fin && pp_after(seg->seq + seg->len, h->fin_x))
		return pp_before(seg->seq, h->fin_x) ? h->fin_x - seg->seq : 0;
	if (!h->edge || h->wscale == 0xff)
		return seg->len;
	edge = h->pos.dec_x + (h->edge_y - h->pos.dec_y);
	if (pp_before(edge, h->pos.dec_x))
		edge = h->pos.dec_x;
	if (!pp_after(seg->seq + seg->len, edge))
		return seg->len;
	return pp_before(seg->seq, edge) ? edge - seg->seq : 0;
}

/*
 * Whether the acknowledgement is one of this connection: the receiver takes nothing
 * from a segment with another. A server may have offered the client several
 * connections at once (SYN cookies), and this number says which one is meant. Nor from one
 * that is older than the largest window that it was offered (RFC 5961, section 5.2).
 */
static bool acceptable(const struct pp_half *r, const struct pp_seg *seg)
{
	u32 back = min_t(u64, r->vm.off, r->wscale == 0xff ? PP_OPAQUE_STEP : r->widest);

	return seg->flags & PP_TCP_ACK && !pp_after(seg->ack, r->pos.dec_y) &&
	       !pp_before(seg->ack, r->vm.off == back ? r->base_x : r->una_y - back);
}

/*
 * Whether a segment from elsewhere is the client's beyond doubt: it continues both
 * streams where they are, so whoever sent it has seen what the server sent last.
 */
static bool proves(const struct pp_half *h, const struct pp_half *r, const struct pp_seg *seg)
{
	return seg->flags & PP_TCP_ACK && !pp_before(seg->seq, h->una_x - 1) &&
	       !pp_after(seg->seq, h->pos.rcv_x) && !pp_before(seg->ack, r->una_y);
}

/*
 * Before the client has agreed, the SYN may have been somebody else's, and the client says
 * that it is not its own, from where it really is: it has seen the SYN/ACK.
 */
static bool denies(const struct pp_half *h, const struct pp_half *r, const struct pp_seg *seg)
{
	return seg->flags & PP_TCP_RST && r->init && !r->edge && seg->seq == h->base_x;
}

/**
 * pp_admit_believed() - does B believe what the segment acknowledges
 * @h: the direction
 * @seg: A's segment
 *
 * It does where the segment stands in the window, as far as can be known here. What
 * stands elsewhere is answered, and no more (RFC 9293, section 3.10.7.4).
 *
 * Return: true if it does.
 */
bool pp_admit_believed(const struct pp_half *h, const struct pp_seg *seg)
{
	u32 edge = pp_later(h->given_x, h->pos.dec_x + (h->edge_y - h->pos.dec_y));

	if (pp_before(seg->seq + seg->len, h->una_x) && pp_before(seg->seq + seg->len, h->acked_x))
		return false;
	edge = pp_later(edge, h->pos.rcv_x);
	/* A FIN takes no room in a window, and what stands behind a gap leaves at its front. */
	if (!seg->len && seg->seq - h->pos.dec_x > h->pos.opaque)
		edge++;
	return !h->edge || !pp_after(seg->seq, edge);
}

/* A timestamp that was not confirmed for so long is forgotten. */
static bool aged(const struct pp_half *h, const struct pp_seg *seg)
{
	return seg->now - h->recent_at >= PP_PAWS_AGE;
}

/*
 * A receiver takes no data with a timestamp before the last one in order (RFC 7323).
 * Linux takes one tick less, and anything where the last one was 0.
 */
static bool outdated(const struct pp_half *h, const struct pp_seg *seg)
{
	return (seg->len || seg->flags & PP_TCP_FIN) && seg->has_ts && h->recent_ok &&
	       h->recent && !aged(h, seg) && pp_before(seg->tsval, h->recent - 1);
}

/*
 * A client goes on that the server has not answered, as far as is known here: the answer
 * takes another way, or the client makes it up. Without it nobody can say which of several
 * SYNs the server has taken, nor what of the client's bytes arrives. Not even the
 * acknowledgement alone may pass, or the server would take the connection for open.
 */
static int unanswered(struct pp_conn *c, const struct pp_seg *seg)
{
	if (!c->one_way)
		pp_port_count(seg->ctx, PATCHPROXY_CNT_one_way, 1);
	c->one_way = true;
	return PATCHPROXY_CNT_drop_window;
}

/**
 * pp_admit() - may a segment count at all
 * @c: the connection
 * @dir: direction
 * @seg: the segment; no SYN
 *
 * Return: false if not, which is counted.
 */
bool pp_admit(struct pp_conn *c, int dir, const struct pp_seg *seg)
{
	const struct pp_half *h = &c->half[dir], *r = &c->half[!dir];
	int why;

	if (seg->strange && !(r->init && proves(h, r, seg)) && !denies(h, r, seg))
		why = PATCHPROXY_CNT_drop_strange;
	else if (seg->flags & PP_TCP_RST)
		return true;
	else if (!r->init)
		why = unanswered(c, seg);
	else if (!acceptable(r, seg))
		why = PATCHPROXY_CNT_drop_window;
	else if (outdated(h, seg))
		why = PATCHPROXY_CNT_drop_paws;
	else
		return true;
	pp_port_count(seg->ctx, why, 1);
	return false;
}

/**
 * pp_admit_repeats() - does a segment from elsewhere carry only what the receiver has
 * @h: the direction
 * @r: the other direction
 * @seg: the segment
 *
 * A client that has moved may have missed the acknowledgement, and could then never prove
 * itself: the receiver is made to say again where it is.
 *
 * Return: true if it does.
 */
bool pp_admit_repeats(const struct pp_half *h, const struct pp_half *r, const struct pp_seg *seg)
{
	return r->init && seg->len && !(seg->flags & PP_TCP_RST) && acceptable(r, seg) &&
	       !pp_after(seg->seq + seg->len, h->una_x);
}

/**
 * pp_admit_stamp() - remember a timestamp, as the receiver does
 * @h: the direction
 * @seg: the segment
 *
 * With the acknowledgement that the receiver is known to have sent.
 */
void pp_admit_stamp(struct pp_half *h, const struct pp_seg *seg)
{
	if (!seg->has_ts || !h->ts)
		return;
	if (pp_after(seg->seq, h->una_x) || pp_before(seg->seq + seg->len, h->una_x) ||
	    seg->flags & PP_TCP_RST)
		return;
	if (pp_before(seg->tsval, h->recent) && h->recent_ok && h->recent && !aged(h, seg))
		return;
	/* After a long silence the highest that has left means nothing either. */
	if (aged(h, seg) || !h->recent)
		h->stamped = false;
	h->recent = seg->tsval;
	h->recent_at = seg->now;
	h->recent_ok = true;
}

/**
 * pp_admit_passed() - a timestamp leaves
 * @h: the direction
 * @seg: the segment it came with
 * @out: what leaves
 *
 * B remembers it only if it has reached the number it stands at, and nothing of a segment
 * that stands outside its window: whoever sent that must not have everything that is made
 * here bear a clock that is ahead of A's. So where bytes that B waits for leave with such
 * a one, they bear what B knows already.
 */
void pp_admit_passed(struct pp_half *h, const struct pp_seg *seg, struct pp_out *out)
{
	if (!seg->has_ts || !h->ts || out->verdict == PP_DROP)
		return;
	if (!out->admitted) {
		if (h->stamped && pp_after(out->tsval, h->passed))
			out->tsval = h->passed;
		return;
	}
	if (pp_after(out->seq, h->pos.dec_y))
		return;
	if (!h->stamped || pp_after(out->tsval, h->passed))
		h->passed = out->tsval;
	h->stamped = true;
}
