// SPDX-License-Identifier: GPL-2.0
/*
 * TCP segments of a capture through the engine.
 *
 * The capture was taken where nothing was changed: either end acknowledged the
 * other's own numbering. With edits an end acknowledges what it received instead,
 * so acknowledgements are brought to the receiver's numbering before the engine
 * sees them, as if that end had sent them. What is written is one side of the
 * box: the server's, or the client's where the patches protect the client.
 */
#include "replay.h"

#include <sys/socket.h>

static int protected_side(const struct flow *f)
{
	return f->svc->client_side ? PP_S2C : PP_C2S;
}

static u32 next_random(struct replay *r)
{
	r->random = r->random * 6364136223846793005ull + 1442695040888963407ull;
	return r->random >> 33;
}

/* As the end that sends it would have written it, had there been edits. */
static void as_received(const struct flow *f, int dir, struct pp_seg *seg)
{
	int i;

	if (seg->flags & PP_TCP_SYN)
		return;
	if (seg->flags & PP_TCP_ACK)
		seg->ack = pp_conn_map(&f->conn, !dir, seg->ack);
	for (i = 0; i < seg->nsack; i++) {
		seg->sack[i].start = pp_conn_map(&f->conn, !dir, seg->sack[i].start);
		seg->sack[i].end = pp_conn_map(&f->conn, !dir, seg->sack[i].end);
	}
	/* A block whose bytes were all removed says nothing. */
	for (i = 0; i < seg->nsack;) {
		if (seg->sack[i].start != seg->sack[i].end) {
			i++;
			continue;
		}
		seg->nsack--;
		memmove(&seg->sack[i], &seg->sack[i + 1],
			(seg->nsack - i) * sizeof(seg->sack[0]));
	}
}

static void write_frame(struct replay *r, const struct packet *p, const struct packet_fix *fix)
{
	u32 n = packet_build(p, PACKET_TCP, fix, r->frame);

	if (n)
		capture_write(&r->cap, r->frame, n);
}

/* Write payload in as many packets as it takes. */
static void write_split(struct replay *r, const struct packet *p, struct packet_fix fix,
			u32 orig, u16 mss)
{
	u32 limit = mss ? mss : (p->family == AF_INET ? 536 : 1220), left = fix.len, seq = fix.seq;
	u8 last = fix.flags & (PP_TCP_FIN | PP_TCP_PSH);
	const u8 *data = fix.data;

	if (left <= max(limit, orig)) {
		write_frame(r, p, &fix);
		return;
	}
	while (left) {
		fix.len = min(left, limit);
		fix.data = data;
		fix.seq = seq;
		fix.flags = left > limit ? fix.flags & ~last : fix.flags | last;
		write_frame(r, p, &fix);
		data += fix.len;
		seq += fix.len;
		left -= fix.len;
		fix.id++;
	}
}

static void write_sent(struct replay *r, const struct packet *p, const struct pp_seg *seg,
		       const u8 *data)
{
	struct packet_fix fix;

	packet_fix_init(&fix, p);
	fix.seq = seg->seq;
	fix.ack = seg->ack;
	fix.flags = seg->flags;
	fix.nsack = seg->nsack;
	memcpy(fix.sack, seg->sack, sizeof(fix.sack));
	fix.data = data;
	fix.len = seg->len;
	write_frame(r, p, &fix);
}

static u32 gather(struct replay *r, const struct pp_seg *seg, const struct pp_out *out,
		  const u8 *data)
{
	u32 i, n = 0;

	if (out->verdict == PP_SHIFT) {
		memcpy(r->bytes, data, seg->len);
		return seg->len;
	}
	for (i = 0; i < out->npieces; i++) {
		const struct pp_piece *pc = &out->pieces[i];

		if (pc->len > sizeof(r->bytes) - n)
			break;
		memcpy(r->bytes + n, pc->data ? pc->data : data + pc->off, pc->len);
		n += pc->len;
	}
	return n;
}

/* Write what left the engine; returns its payload bytes. */
static u32 write_out(struct replay *r, const struct packet *p, const struct pp_seg *seg,
		     const struct pp_out *out, const u8 *data)
{
	struct packet_fix fix;

	packet_fix_init(&fix, p);
	fix.seq = out->seq;
	fix.ack = out->ack;
	fix.win = out->win;
	fix.flags = out->flags;
	fix.nsack = out->nsack;
	memcpy(fix.sack, out->sack, sizeof(fix.sack));
	fix.data = r->bytes;
	fix.len = gather(r, seg, out, data);
	write_split(r, p, fix, seg->len, out->mss);
	return fix.len;
}

/*
 * An acknowledgement that the box makes goes to the sender in the sender's
 * numbering. Seen from the other side it acknowledges no more than was received.
 */
static void write_reply(struct replay *r, struct flow *f, int dir, const struct packet *p,
			const struct pp_out *out)
{
	struct packet_fix fix = {
		.seq = out->reply_seq,
		.ack = out->reply_ack,
		.win = out->reply_win,
		.flags = PP_TCP_ACK,
	};
	u32 n;

	f->made++;
	if (dir == protected_side(f)) {
		fix.seq = pp_conn_unmap(&f->conn, !dir, fix.seq);
		fix.ack = pp_conn_map(&f->conn, dir, fix.ack);
	}
	n = packet_bare(p, true, &fix, out->reply_tsval, r->frame);
	capture_write(&r->cap, r->frame, n);
}

static void write_resets(struct replay *r, struct flow *f, const struct packet *p,
			 const struct pp_seg *seg, const struct pp_out *out)
{
	struct packet_fix fix = { .seq = out->rst_seq, .flags = PP_TCP_RST };
	u32 n;

	f->state = FLOW_RESET;
	n = packet_bare(p, false, &fix, 0, r->frame);
	capture_write(&r->cap, r->frame, n);
	fix.seq = out->rst_reply_seq;
	fix.ack = seg->seq;
	fix.flags = PP_TCP_RST | PP_TCP_ACK;
	n = packet_bare(p, true, &fix, 0, r->frame);
	capture_write(&r->cap, r->frame, n);
}

static void one_segment(struct replay *r, struct flow *f, int dir, const struct packet *p,
			u32 off, u32 len, bool whole)
{
	const u8 *data = p->data + p->pay + off;
	struct payload payload = { .data = data, .len = len };
	bool far = dir != protected_side(f), same;
	struct pp_seg seg = p->seg;
	struct pp_out out;
	u32 n = len;

	seg.pkt = &payload;
	seg.ctx = &f->watch;
	seg.seq += off;
	seg.len = len;
	if (off + len < p->len)
		seg.flags &= ~(PP_TCP_FIN | PP_TCP_PSH);
	as_received(f, dir, &seg);
	same = whole && seg.ack == p->seg.ack && seg.nsack == p->seg.nsack &&
	       !memcmp(seg.sack, p->seg.sack, seg.nsack * sizeof(seg.sack[0]));
	flow_seen(&f->in[dir], seg.seq + !!(seg.flags & PP_TCP_SYN), len);

	memset(&out, 0, sizeof(out));
	pp_conn_in(&f->conn, f->svc->rs, dir, &seg, &out);
	if (dir == PP_C2S && seg.flags & PP_TCP_RST && out.verdict != PP_DROP)
		pp_conn_rst_left(&f->conn, out.seq);
	/* On the side that is written this end's packets are as it sent them. */
	if (far && same)
		capture_copy(&r->cap, p->data);
	else if (far)
		write_sent(r, p, &seg, data);
	switch (out.verdict) {
	case PP_PASS:
		if (!far && same)
			capture_copy(&r->cap, p->data);
		else if (!far)
			write_sent(r, p, &seg, data);
		flow_seen(&f->out[dir], seg.seq + !!(seg.flags & PP_TCP_SYN), len);
		break;
	case PP_SHIFT:
	case PP_REWRITE:
		for (;;) {
			if (!far)
				n = write_out(r, p, &seg, &out, data);
			else if (out.verdict == PP_REWRITE)
				n = out.len;
			flow_seen(&f->out[dir], out.seq + !!(out.flags & PP_TCP_SYN), n);
			if (!out.more)
				break;
			pp_conn_more(&f->conn, dir, &out);
		}
		break;
	case PP_RESET:
		write_resets(r, f, p, &seg, &out);
		f->dropped++;
		return;
	default:
		f->dropped++;
		break;
	}
	if (out.reply)
		write_reply(r, f, dir, p, &out);
}

/* The rest of a connection of which a packet was captured in part: numbers only. */
static void shift_only(struct replay *r, struct flow *f, int dir, const struct packet *p)
{
	struct pp_seg seg = p->seg;
	struct packet_fix fix;

	packet_fix_init(&fix, p);
	if (dir == protected_side(f)) {
		fix.seq = pp_conn_map(&f->conn, dir, seg.seq);
	} else {
		as_received(f, dir, &seg);
		fix.ack = seg.ack;
		fix.nsack = seg.nsack;
		memcpy(fix.sack, seg.sack, sizeof(fix.sack));
	}
	if (fix.seq == p->seg.seq && fix.ack == p->seg.ack && fix.nsack == p->seg.nsack)
		capture_copy(&r->cap, p->data);
	else
		write_frame(r, p, &fix);
}

/**
 * replay_tcp - a segment of a connection
 * @r: the run
 * @f: the connection
 * @dir: direction
 * @p: the segment
 */
void replay_tcp(struct replay *r, struct flow *f, int dir, struct packet *p)
{
	u32 off = 0, len;
	int cut = r->cut;

	f->packets++;
	if (f->state == FLOW_RESET) {
		f->dropped++;
		return;
	}
	if (f->state == FLOW_FOLLOWED && p->have < p->len)
		f->state = FLOW_CUT;
	if (f->state != FLOW_FOLLOWED) {
		flow_seen(&f->in[dir], p->seg.seq, p->len);
		flow_seen(&f->out[dir], p->seg.seq, p->len);
		if (f->state == FLOW_CUT)
			shift_only(r, f, dir, p);
		else
			capture_copy(&r->cap, p->data);
		return;
	}
	if (dir != PP_C2S || p->len < 2 || (p->seg.flags & PP_TCP_SYN))
		cut = REPLAY_AS_IS;
	if (cut == REPLAY_AS_IS) {
		one_segment(r, f, dir, p, 0, p->len, true);
		return;
	}
	while (off < p->len && f->state == FLOW_FOLLOWED) {
		len = cut == REPLAY_BYTES ? 1 : 1 + next_random(r) % min(p->len - off, 64u);
		one_segment(r, f, dir, p, off, len, !off && len == p->len);
		off += len;
	}
}
