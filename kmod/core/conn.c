// SPDX-License-Identifier: GPL-2.0
/*
 * A TCP connection: what becomes of each segment.
 *
 * A segment of direction A to B carries bytes of A (its own direction's map) and
 * acknowledges bytes of B (the other direction's map, read backwards).
 */
#include "conn.h"

#define PP_LEAST_RESENT	1460	/* bytes: a segment of Ethernet */
#define PP_RESENT_MAX	(48u * 1024)	/* bytes that are sent again in one go without progress */

/**
 * pp_conn_init() - a connection begins
 * @c: the connection
 * @grammar: how it is parsed; must outlive it
 */
void pp_conn_init(struct pp_conn *c, const struct pp_image *grammar)
{
	memset(c, 0, sizeof(*c));
	c->img = grammar;
	c->half[PP_C2S].wscale = 0xff;
	c->half[PP_S2C].wscale = 0xff;
	pp_vm_init(&c->half[PP_C2S].vm, grammar, PP_C2S);
	pp_vm_init(&c->half[PP_S2C].vm, grammar, PP_S2C);
}

/**
 * pp_conn_clear() - free what a connection has allocated
 * @c: the connection
 */
void pp_conn_clear(struct pp_conn *c)
{
	pp_map_free(&c->half[PP_C2S]);
	pp_map_free(&c->half[PP_S2C]);
}

/**
 * pp_half_begin() - the numbers of a direction are known
 * @h: the direction
 * @base: of its first byte, at both ends
 */
void pp_half_begin(struct pp_half *h, u32 base)
{
	h->base_x = base;
	h->una_x = base;
	h->una_y = base;
	h->acked_x = base;
	h->pos.dec_x = base;
	h->pos.dec_y = base;
	h->pos.rcv_x = base;
	h->init = true;
}

static void pass(const struct pp_seg *seg, struct pp_out *out)
{
	out->verdict = PP_PASS;
	out->seq = seg->seq;
	out->ack = seg->ack;
	out->win = seg->win;
	out->flags = seg->flags;
	out->nsack = seg->nsack;
	memcpy(out->sack, seg->sack, sizeof(out->sack));
	out->admitted = false;
	out->npieces = 0;
	out->len = seg->len;
	out->tsval = seg->tsval;
	out->mss = 0;
	out->reply = false;
	out->more = false;
}

/*
 * A client's SYN. Which of several the server has taken, its SYN/ACK will say. One that
 * is not the client's must not make us forget anything until then.
 */
static void client_syn(struct pp_conn *c, const struct pp_seg *seg)
{
	c->syn.seq = seg->seq;
	c->syn.mss = seg->mss;
	c->syn.ecn = seg->flags;
	c->syn.wscale = seg->wscale;
	c->syn.sack = seg->sack_ok;
	c->syn.ts = seg->has_ts;
	if (!c->half[PP_S2C].init) {
		pp_half_begin(&c->half[PP_C2S], seg->seq + 1);
		c->state = PP_CONN_SYN;
	} else if (!c->resyn || c->state == PP_CONN_CLOSING) {
		c->resyn = true;
		c->resyn_y = c->half[PP_C2S].pos.dec_y;
		c->spoke = false;
	}
}

/**
 * pp_conn_closing() - has a connection ended
 * @c: the connection
 *
 * Return: true if a SYN may begin another one of the same name.
 */
bool pp_conn_closing(const struct pp_conn *c)
{
	return c->state == PP_CONN_CLOSING;
}

/* The SYN/ACK that the connection has begun with. */
static bool same_numbers(const struct pp_conn *c, const struct pp_seg *seg)
{
	return seg->ack == c->half[PP_C2S].base_x && seg->seq + 1 == c->half[PP_S2C].base_x;
}

/**
 * pp_conn_agreed() - has the client acknowledged what the server has answered its SYN
 * @c: the connection
 *
 * Until then anybody may have sent that SYN.
 *
 * Return: true if a segment of it has counted.
 */
bool pp_conn_agreed(const struct pp_conn *c)
{
	return c->half[PP_S2C].edge;
}

/**
 * pp_conn_anew() - does a segment of the server begin the connection, or begin it anew
 * @c: the connection
 * @seg: the segment
 *
 * A SYN/ACK with the same numbers comes again; with others the server has begun anew.
 * Where the client has already gone on, nobody can say with which of the two
 * connections, unless the old one has ended.
 *
 * Return: true if pp_conn_in() will forget what was, or the caller may,
 * pp_conn_again().
 */
bool pp_conn_anew(const struct pp_conn *c, const struct pp_seg *seg)
{
	const u8 synack = PP_TCP_SYN | PP_TCP_ACK;

	if ((seg->flags & synack) != synack || c->join.wanted)
		return false;
	if (!c->half[PP_S2C].init)
		return true;
	return !same_numbers(c, seg) && (!c->spoke || c->state == PP_CONN_CLOSING);
}

/**
 * pp_conn_again() - a connection begins anew
 * @c: the connection
 * @grammar: how it is parsed now; must outlive it
 *
 * What the client has offered in its SYN is still known.
 */
void pp_conn_again(struct pp_conn *c, const struct pp_image *grammar)
{
	const struct pp_syn syn = c->syn;

	pp_conn_clear(c);
	pp_conn_init(c, grammar);
	c->syn = syn;
}

/*
 * The server's SYN/ACK: its numbers are the connection's, whatever the client sent. If
 * it answers another SYN than the last one, what that offered was what is granted here,
 * and nobody knows the rest.
 */
static void server_synack(struct pp_conn *c, const struct pp_seg *seg)
{
	struct pp_half *h = &c->half[PP_S2C], *r = &c->half[PP_C2S];
	/* One that offered no scaling is not answered with it, but the one before it may be. */
	const bool last = seg->ack == c->syn.seq + 1 &&
			  (seg->wscale == 0xff || c->syn.wscale != 0xff);

	pp_half_begin(r, seg->ack);
	pp_half_begin(h, seg->seq + 1);
	h->mss = last ? c->syn.mss : 0;
	r->mss = seg->mss;
	h->wscale = last ? c->syn.wscale : 0xff;
	r->wscale = seg->wscale;
	h->sack = (!last || c->syn.sack) && seg->sack_ok;
	r->sack = h->sack;
	h->ts = (!last || c->syn.ts) && seg->has_ts;
	r->ts = h->ts;
	r->edge_y = seg->ack + seg->win;
	r->given_x = r->edge_y;
	r->widest = seg->win;
	r->edge = true;
	if (h->ts) {
		h->passed = seg->tsval;
		h->recent = seg->tsval;
		h->recent_at = seg->now;
		h->recent_ok = true;
		h->stamped = true;
		r->passed = seg->tsecr;
		r->recent = seg->tsecr;
		r->recent_at = seg->now;
		r->recent_ok = true;
		r->stamped = true;
	}
	/* Window scaling is in force only if both sides offered it. */
	if (seg->wscale == 0xff || (last && h->wscale == 0xff)) {
		h->wscale = 0;
		r->wscale = 0;
	}
	r->win = seg->win >> r->wscale;
	pp_ecn_begin(c, last ? c->syn.ecn : PP_TCP_ECE | PP_TCP_CWR, seg->flags);
	c->state = PP_CONN_OPEN;
}

static int refuse(const struct pp_seg *seg, struct pp_out *out)
{
	pp_port_count(seg->ctx, PATCHPROXY_CNT_drop_window, 1);
	out->verdict = PP_DROP;
	return out->verdict;
}

/*
 * A SYN or SYN/ACK. Its payload never reaches the server: it was not parsed. With a FIN
 * it would reach behind the SYN, and a server could take it for the rest of a handshake.
 */
static int syn(struct pp_conn *c, int dir, const struct pp_seg *seg, struct pp_out *out)
{
	if (dir == PP_C2S && seg->flags & (PP_TCP_FIN | PP_TCP_RST))
		return refuse(seg, out);
	if (dir == PP_C2S && !(seg->flags & PP_TCP_ACK)) {
		client_syn(c, seg);
	} else if (c->join.wanted && !c->half[PP_C2S].init) {
		/* One that comes late says nothing of where an old connection is. */
		return out->verdict;
	} else if (dir == PP_S2C && seg->flags & PP_TCP_ACK) {
		if (pp_conn_anew(c, seg))
			pp_conn_again(c, c->img);
		if (!c->half[PP_S2C].init) {
			server_synack(c, seg);
		} else if (!same_numbers(c, seg)) {
			/* The answer to something that nobody can name must not arrive. */
			return refuse(seg, out);
		}
		c->join.wanted = false;
	}
	if (seg->len) {
		pp_port_count(seg->ctx, PATCHPROXY_CNT_payload_cut, 1);
		out->verdict = PP_REWRITE;
		out->len = 0;
	}
	return out->verdict;
}

/*
 * A segment that only makes the receiver say where it is. It ends before the receiver's
 * place: one that reached it would count, and its timestamp would make those too old that
 * it has overtaken.
 */
static void probe(const struct pp_half *h, const struct pp_seg *seg, struct pp_out *out)
{
	static const u8 nothing[1];

	pp_port_count(seg->ctx, PATCHPROXY_CNT_probes_made, 1);
	out->verdict = PP_REWRITE;
	out->seq = h->una_y - 2;
	out->flags &= ~PP_TCP_FIN;
	out->npieces = 1;
	out->pieces[0].data = nothing;
	out->pieces[0].off = 0;
	out->pieces[0].len = 1;
	out->len = 1;
}

static int answer(struct pp_conn *c, int dir, const struct pp_seg *seg, struct pp_out *out)
{
	struct pp_half *h = &c->half[dir], *r = &c->half[!dir];

	/* What became nothing behind una is done with, and B will never say so. */
	pp_map_ack(h, h->una_y);
	h->acked_x = pp_later(h->acked_x, pp_ack_for(h, h->una_y));
	pp_owed_settle(h);
	out->reply = r->init && h->edge;
	if (!out->reply)
		return out->verdict;
	out->reply_seq = r->pos.dec_y;
	out->reply_ack = h->acked_x;
	out->reply_win = pp_ack_window(h);
	out->reply_flags = PP_TCP_ACK | pp_ecn_reply(c, dir);
	out->reply_tsval = r->stamped ? r->passed : 0;
	out->reply_tsecr = h->recent_ok ? h->recent : seg->tsval;
	pp_owed_blocks(h, seg->seq, out);
	if (out->reply_nsack)
		pp_port_count(seg->ctx, PATCHPROXY_CNT_sacks_made, 1);
	pp_port_count(seg->ctx, PATCHPROXY_CNT_acks_made, 1);
	return out->verdict;
}

static int reset(struct pp_conn *c, int dir, const struct pp_seg *seg, struct pp_out *out)
{
	struct pp_half *h = &c->half[dir];

	out->verdict = PP_RESET;
	out->rst_seq = h->pos.dec_y;
	out->rst_reply_seq = seg->ack;
	out->npieces = 0;
	out->len = 0;
	/* The server gets one where it was when it spoke, and may have gone on since. */
	if (dir == PP_S2C)
		pp_conn_rst_left(c, seg->ack);
	pp_port_count(seg->ctx, PATCHPROXY_CNT_resets, 1);
	return PP_RESET;
}

static bool header_changed(const struct pp_seg *seg, const struct pp_out *out)
{
	return out->seq != seg->seq || out->ack != seg->ack || out->win != seg->win ||
	       out->flags != seg->flags || out->nsack != seg->nsack ||
	       out->tsval != seg->tsval ||
	       memcmp(out->sack, seg->sack, seg->nsack * sizeof(seg->sack[0]));
}

/* The payload leaves as it came. */
static int shift(const struct pp_seg *seg, struct pp_out *out)
{
	out->verdict = header_changed(seg, out) ? PP_SHIFT : PP_PASS;
	return out->verdict;
}

/* The payload is the packet's own, all of it. */
static bool whole(const struct pp_seg *seg, const struct pp_out *out)
{
	return out->npieces == 1 && !out->pieces[0].data && !out->pieces[0].off &&
	       out->len == seg->len;
}

static int settle(const struct pp_seg *seg, struct pp_out *out)
{
	if (!out->more && (whole(seg, out) || (!seg->len && !out->len)))
		return shift(seg, out);
	/* The urgent pointer counts from a number, and over bytes, that are others now. */
	out->flags &= ~PP_TCP_URG;
	out->verdict = PP_REWRITE;
	return PP_REWRITE;
}

/*
 * RST: at the place where the receiver is; held bytes are not worth waiting for. Its
 * payload, if it has any, was not parsed. A client's ends the connection only once it
 * has left: pp_conn_rst_left().
 */
static int rst(struct pp_conn *c, int dir, const struct pp_seg *seg, struct pp_out *out)
{
	struct pp_half *h = &c->half[dir], *r = &c->half[!dir];

	out->seq = pp_map_y(h, seg->seq);
	if (pp_after(seg->seq, h->pos.dec_x) && !pp_after(seg->seq, h->pos.rcv_x))
		out->seq = h->pos.dec_y;
	/* An end that is gone answers with the number that it was given. */
	if (seg->seq == h->acked_x)
		out->seq = h->una_y;
	if (dir == PP_S2C && seg->seq == h->pos.rcv_x) {
		c->state = PP_CONN_CLOSING;
		/* What the server has not said itself is worth as much as what its client says. */
		r->rst = seg->hearsay;
		r->rst_y = r->una_y;
		r->rst_late = false;
	}
	out->len = 0;
	if (seg->len)
		pp_port_count(seg->ctx, PATCHPROXY_CNT_payload_cut, 1);
	return settle(seg, out);
}

/*
 * Where a segment stands that carries nothing. Behind a gap nobody knows the number
 * yet, and one that is too high would make B pass over A's windows later on (SND.WL1):
 * so it is the highest that is sure. B must not take its timestamp for one of data in
 * order, or it would refuse the data that fills the gap. What B does not believe must not
 * become what it does, such as the end of a handshake.
 */
static void put_bare(const struct pp_half *h, u32 x, struct pp_out *out)
{
	if (!pp_after(x, h->pos.dec_x) || x - h->pos.dec_x <= h->pos.opaque) {
		out->seq = pp_map_y(h, x);
		return;
	}
	out->seq = out->admitted ? h->pos.dec_y : h->una_y - 1;
	if (h->stamped && pp_after(out->tsval, h->passed))
		out->tsval = h->passed;
}

/*
 * An acknowledgement alone: its sequence number is where its sender is. A probe is one
 * in front of that, and its receiver answers only what it has already; where A was
 * acknowledged bytes that became nothing, or are held, the map would say otherwise.
 */
static int bare(const struct pp_half *h, const struct pp_seg *seg, struct pp_out *out)
{
	if (pp_before(seg->seq, h->acked_x) && !pp_before(seg->seq, h->una_x))
		out->seq = h->una_y - 1;
	else
		put_bare(h, seg->seq, out);
	return settle(seg, out);
}

/* What of &pp_out.rest fits into one packet; as it came, the segment always does. */
static void part(const struct pp_half *h, const struct pp_seg *seg, struct pp_out *out)
{
	struct pp_rest rest = out->rest;
	bool there = pp_render(h, &rest, U32_MAX, out);

	if (there && rest.most && out->len > rest.most && !(seg && whole(seg, out))) {
		rest = out->rest;
		there = pp_render(h, &rest, rest.most, out);
	}
	if (!there) {
		/* Bytes between are lost on the way here; the sender has them. */
		out->npieces = 0;
		out->len = 0;
		out->flags &= ~PP_TCP_FIN;
	}
	out->rest = rest;
	out->more = there && pp_before(rest.x, rest.to);
	if (out->more)
		out->flags &= ~(PP_TCP_FIN | PP_TCP_PSH);
}

/**
 * pp_conn_more() - the next packet for a segment that leaves as several
 * @c: the connection, as pp_conn_in() left it
 * @dir: direction of the segment
 * @out: what pp_conn_in() or this function filled in before, with &pp_out.more; the
 *	verdict stays PP_REWRITE
 *
 * All of them carry the same acknowledgement. One that is not sent is lost on the way.
 */
void pp_conn_more(const struct pp_conn *c, int dir, struct pp_out *out)
{
	const struct pp_half *h = &c->half[dir];

	out->reply = false;
	out->flags = out->rest.flags & ~PP_TCP_URG;
	out->seq = pp_map_y(h, out->rest.x);
	part(h, NULL, out);
}

/**
 * emit() - what the receiver gets for a segment that was taken in
 * @c: the connection
 * @dir: direction
 * @seg: the segment
 * @len: bytes of it that count
 * @news: it acknowledges more than was acknowledged before
 * @old: where the direction was before
 * @out: filled in
 *
 * From the first byte of the segment to its last, plus what was undecided in front
 * of it, plus what it completed behind; never what is undecided still. Where the
 * box has acknowledged bytes that the receiver lacks, the segment right behind them
 * carries them again: its sender cannot.
 */
static int emit(struct pp_conn *c, int dir, const struct pp_seg *seg, u32 len, bool news,
		const struct pp_pos *old, struct pp_out *out)
{
	struct pp_half *h = &c->half[dir];
	u32 from = seg->seq, to = seg->seq + len, end = to, owed;
	bool fin = seg->flags & PP_TCP_FIN && h->fin && seg->seq + len == h->fin_x;
	u32 dec = h->fin ? h->fin_x : h->pos.dec_x;

	if (!pp_before(to, old->dec_x) || pp_after(to, dec))
		to = dec;
	if (pp_after(from, old->dec_x) && old->dec_x != old->rcv_x)
		from = old->dec_x;
	if (!pp_after(from, h->acked_x) && pp_before(h->una_x, from)) {
		if (pp_map_y(h, from) != h->una_y)
			pp_port_count(seg->ctx, PATCHPROXY_CNT_custody_resent, 1);
		pp_owed_again(h, h->una_y, pp_map_y(h, from));
		from = h->una_x;
	}
	if (pp_before(from, h->una_x))
		from = h->una_x;
	if (pp_before(to, from))
		to = from;
	owed = pp_owed_extend(h, end);
	if (pp_after(owed, end) && pp_after(owed, to)) {
		/* Small segments in quick succession must not make many large ones. */
		if (h->resent >= PP_RESENT_MAX && owed - from > PP_LEAST_RESENT)
			owed = pp_later(to, from + PP_LEAST_RESENT);
		h->resent += owed - from;
		pp_owed_again(h, pp_map_y(h, end), pp_map_y(h, owed));
		pp_port_count(seg->ctx, PATCHPROXY_CNT_owed_resent, 1);
		to = owed;
	}
	out->seq = pp_map_y(h, from);
	if (!fin) {
		if (seg->flags & PP_TCP_FIN)
			pp_port_count(seg->ctx, PATCHPROXY_CNT_fins_kept, 1);
		out->flags &= ~PP_TCP_FIN;
	} else if (!pp_before(from, h->fin_x)) {
		out->seq = pp_map_y(h, h->fin_x);
	}
	out->rest.x = from;
	out->rest.to = to;
	out->rest.seq = seg->seq;
	out->rest.fresh_end = end;
	out->rest.most = seg->most;
	out->rest.flags = out->flags;
	part(h, seg, out);
	if (!out->len && !(out->flags & PP_TCP_FIN))
		put_bare(h, from, out);
	if (!out->len && len)
		pp_ecn_keep(c, dir, seg);
	if (pp_after(old->dec_x, from) && out->len)
		pp_port_count(seg->ctx, PATCHPROXY_CNT_edits_replayed, h->edited);
	if (!out->len && !(out->flags & PP_TCP_FIN) && len) {
		/*
		 * Nothing is left of it. Where it came in order behind bytes that are
		 * still under way, B's acknowledgement of those will count for it, and
		 * one made here would only repeat what A knows, as if of a loss.
		 */
		bool behind = pp_after(end, old->rcv_x) && !pp_after(seg->seq, old->rcv_x) &&
			      !pp_after(pp_ack_for(h, h->una_y), h->acked_x);

		pp_port_count(seg->ctx, PATCHPROXY_CNT_drop_old, 1);
		if (!behind)
			answer(c, dir, seg, out);
		if (!news)
			out->verdict = PP_DROP;
		else
			settle(seg, out);
		return out->verdict;
	}
	return settle(seg, out);
}

/*
 * Of what was on its way in front of a client's RST the server may have lacked something,
 * until it has acknowledged all of it. A client that goes on, and a server that acknowledges
 * what lies behind the RST, show that it was not heeded.
 */
static void judge_rst(struct pp_conn *c, bool goes_on)
{
	struct pp_half *h = &c->half[PP_C2S];

	if (!h->rst)
		return;
	if (!goes_on && !pp_after(h->una_y, h->rst_y)) {
		if (h->una_y == h->rst_y)
			c->state = PP_CONN_CLOSING;
		return;
	}
	h->rst = false;
	if (c->state == PP_CONN_CLOSING && !(h->fin && c->half[PP_S2C].fin))
		c->state = PP_CONN_OPEN;
}

/*
 * Both ends have sent FIN, and the server has said that it has the client's: it reads
 * nothing any more. A FIN that may not have arrived ends nothing.
 */
static void check_closed(struct pp_conn *c, bool goes_on)
{
	const struct pp_half *h = &c->half[PP_C2S];

	/* The server has bytes that came behind a SYN: that has begun nothing. */
	if (c->resyn && pp_after(h->una_y, c->resyn_y))
		c->resyn = false;
	if (h->fin && c->half[PP_S2C].fin && pp_after(h->una_x, h->fin_x))
		c->state = PP_CONN_CLOSING;
	judge_rst(c, goes_on);
}

static int data(struct pp_conn *c, const struct pp_ruleset *rs, int dir,
		const struct pp_seg *seg, bool news, struct pp_out *out)
{
	struct pp_half *h = &c->half[dir];
	struct pp_pos old = h->pos;
	u64 inspected = c->inspected;
	bool fin = seg->flags & PP_TCP_FIN;
	u32 len = seg->len;
	int ret;

	out->mss = h->mss;
	if (len && !pp_after(seg->seq + len, h->una_x) && !(fin && !h->fin) && !h->pend &&
	    !pp_after(pp_owed_extend(h, seg->seq + len), h->una_x)) {
		/*
		 * All of it was acknowledged: the receiver only has to say so again. In
		 * its numbering the old bytes may have been others; and should the
		 * receiver be elsewhere than it is thought to be, bytes that no one has
		 * inspected must not be what it gets.
		 */
		probe(h, seg, out);
		return out->verdict;
	}
	if (len) {
		len = pp_admit_window(h, seg);
		if (len < seg->len) {
			pp_port_count(seg->ctx, PATCHPROXY_CNT_drop_window, 1);
			fin = false;
		}
		if (!len) {
			probe(h, seg, out);
			return out->verdict;
		}
	}
	if (!len && !fin && !h->pend) {
		return bare(h, seg, out);
	}
	ret = pp_ingest(c, rs, dir, seg, len, fin, &out->rest.fresh);
	/* Alone it may need more than there ever is: then its end is lost on the way here. */
	while (ret == -ENOSPC && len > PP_LEAST_RESENT) {
		len /= 2;
		fin = false;
		ret = pp_ingest(c, rs, dir, seg, len, fin, &out->rest.fresh);
	}
	if (ret == -ECONNRESET)
		return reset(c, dir, seg, out);
	if (ret) {
		out->verdict = PP_DROP;
		return PP_DROP;
	}
	if (len && c->inspected == inspected)
		pp_port_count(seg->ctx, PATCHPROXY_CNT_pkts_opaque, 1);
	check_closed(c, false);
	if (!len && !fin && old.dec_x == h->pos.dec_x) {
		return bare(h, seg, out);
	}
	return emit(c, dir, seg, len, news, &old, out);
}

/*
 * The server refuses the client's last SYN, which was not the one that the connection has
 * begun with: what it says is in the client's numbering.
 */
static bool refusal(const struct pp_conn *c, int dir, const struct pp_seg *seg)
{
	return dir == PP_S2C && seg->flags & PP_TCP_RST && seg->flags & PP_TCP_ACK &&
	       seg->ack == c->syn.seq + 1 && seg->ack != c->half[PP_C2S].base_x && !seg->len;
}

/**
 * pp_conn_in() - a segment arrives
 * @c: its connection
 * @rs: rules in force, or NULL
 * @dir: direction
 * @seg: the segment
 * @out: filled in
 *
 * Return: &pp_out.verdict.
 */
int pp_conn_in(struct pp_conn *c, const struct pp_ruleset *rs, int dir,
	       const struct pp_seg *seg, struct pp_out *out)
{
	struct pp_half *h = &c->half[dir], *r = &c->half[!dir];
	u32 acked = r->acked_x;

	pass(seg, out);
	if (seg->flags & PP_TCP_SYN && seg->strange && pp_conn_agreed(c) &&
	    c->state != PP_CONN_CLOSING) {
		/* Whoever may begin a connection anew may also end it. */
		pp_port_count(seg->ctx, PATCHPROXY_CNT_drop_strange, 1);
		out->verdict = PP_DROP;
		return out->verdict;
	}
	if (seg->flags & PP_TCP_SYN)
		return syn(c, dir, seg, out);
	if (unlikely(c->resyn) && refusal(c, dir, seg))
		return out->verdict;
	if (unlikely(c->join.wanted) && !pp_join(c, dir, seg)) {
		/* It may point behind the place where parsing will begin. */
		out->flags &= ~PP_TCP_URG;
		return shift(seg, out);
	}
	if (!h->init)
		return out->verdict;
	/*
	 * A receiver may take an urgent byte out of its stream, and the parser could not
	 * know: without the flag it stays where it is (RFC 6093, section 3.4). The pointer
	 * may come before the byte: so also while bytes that were parsed are on their way.
	 */
	if (h->vm.mode == PP_VM_PARSING || h->head)
		out->flags &= ~PP_TCP_URG;
	if (!pp_admit(c, dir, seg)) {
		out->verdict = PP_DROP;
		if (seg->strange && pp_admit_repeats(h, r, seg)) {
			pp_ack_translate(r, seg, out);
			probe(h, seg, out);
		}
		return out->verdict;
	}
	/* Nobody believes what a RST acknowledges (RFC 5961, section 3.2). */
	out->admitted = !(seg->flags & PP_TCP_RST) && pp_admit_believed(h, seg);
	if (dir == PP_C2S && !(seg->flags & PP_TCP_RST))
		c->spoke = true;
	pp_ack_translate(r, seg, out);
	check_closed(c, dir == PP_C2S && !(seg->flags & PP_TCP_RST));
	pp_admit_stamp(h, seg);
	pp_ecn_in(c, dir, seg, out);
	if (seg->flags & PP_TCP_RST)
		rst(c, dir, seg, out);
	else
		data(c, rs, dir, seg, pp_after(r->acked_x, acked), out);
	pp_ecn_leave(c, dir, seg, out);
	pp_admit_passed(h, seg, out);
	return out->verdict;
}

/**
 * pp_conn_rst_left() - a RST has left for the server
 * @c: the connection
 * @y: its sequence number, in the server's numbering
 *
 * A client's, or one that the engine asked for. A connection that is taken for closed
 * is soon forgotten, and what is forgotten is not inspected; so only a RST that the
 * server will take counts. It takes one that stands exactly where it is (RFC 5961): at what
 * it has acknowledged, if nothing is on its way that it may have as well; or will be when
 * it has all that is on its way, if nothing comes after it. Where it was never heard nobody
 * knows what it takes.
 */
void pp_conn_rst_left(struct pp_conn *c, u32 y)
{
	struct pp_half *h = &c->half[PP_C2S];

	if (!h->init || !c->half[PP_S2C].init || y != h->pos.dec_y)
		return;
	h->rst = true;
	h->rst_y = y;
	h->rst_late = pp_before(h->una_y, y);
	judge_rst(c, false);
}
