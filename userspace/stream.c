// SPDX-License-Identifier: GPL-2.0
/* A TCP connection through the stream engine, with both endpoints played here. */
#include "stream.h"

#include <stdarg.h>
#include <stdio.h>

static void *grow(void *p, size_t old, size_t size)
{
	u8 *q = realloc(p, size);

	if (!q) {
		fputs("out of memory\n", stderr);
		exit(1);
	}
	memset(q + old, 0, size - old);
	return q;
}

/**
 * stream_fault - note a contradiction; the first one is kept
 * @s: the connection
 * @fmt: as printf()
 */
void stream_fault(struct stream *s, const char *fmt, ...)
{
	va_list ap;

	if (s->error[0])
		return;
	va_start(ap, fmt);
	vsnprintf(s->error, sizeof(s->error), fmt, ap);
	va_end(ap);
}

static const char *dir_name(int dir)
{
	return dir == PP_C2S ? "client to server" : "server to client";
}

/* Sequence number of the byte at @off, in either end's numbering. */
static u32 seq_at(const struct stream_half *h, size_t off)
{
	return h->isn + 1 + (u32)off;
}

/* The offset a sequence number means, near @near; can be negative. */
static s64 off_of(const struct stream_half *h, u32 seq, size_t near)
{
	return (s64)near + (s32)(seq - seq_at(h, near));
}

/* What the receiver of a direction acknowledges: FIN counts once it is reached. */
static u32 ack_of(const struct stream_half *h)
{
	bool fin = h->fin_known && h->rcv_nxt == h->fin_at;

	return seq_at(h, h->rcv_nxt) + fin;
}

static void receive_fin(struct stream *s, int dir, s64 at)
{
	struct stream_half *h = &s->half[dir];

	if (h->fin_known && (size_t)at != h->fin_at)
		stream_fault(s, "%s: FIN at %lld, before at %zu", dir_name(dir),
			     (long long)at, h->fin_at);
	else if (at < (s64)h->got_end)
		stream_fault(s, "%s: FIN at %lld, before the end of data at %zu",
			     dir_name(dir), (long long)at, h->got_end);
	h->fin_known = true;
	h->fin_at = at;
}

static void receive(struct stream *s, const struct stream_packet *p)
{
	struct stream_half *h = &s->half[p->dir];
	s64 off = off_of(h, p->seq, h->rcv_nxt);
	size_t end, i;
	u32 n;

	if (off + (s64)p->len > (s64)h->rcv_nxt + STREAM_WINDOW) {
		stream_fault(s, "%s: data up to %lld, beyond the window at %zu",
			     dir_name(p->dir), (long long)(off + p->len), h->rcv_nxt);
		return;
	}
	if (off > (s64)h->rcv_nxt && !s->lossy && p->len)
		stream_fault(s, "%s: gap from %zu to %lld", dir_name(p->dir), h->rcv_nxt,
			     (long long)off);
	end = off + p->len > 0 ? off + p->len : 0;
	if (end > h->got_room) {
		h->got = grow(h->got, h->got_room, end * 2);
		h->have = grow(h->have, h->got_room, end * 2);
		h->got_room = end * 2;
	}
	for (n = 0; n < p->len; n++) {
		if (off + (s64)n < (s64)h->acked)
			continue;
		i = off + n;
		if (h->have[i] && h->got[i] != p->data[n]) {
			stream_fault(s, "%s: byte %zu was 0x%02x, is now 0x%02x",
				     dir_name(p->dir), i, h->got[i], p->data[n]);
			return;
		}
		if (h->fin_known && i >= h->fin_at)
			stream_fault(s, "%s: data at %zu, behind FIN at %zu",
				     dir_name(p->dir), i, h->fin_at);
		h->got[i] = p->data[n];
		h->have[i] = 1;
	}
	if (p->len && end > h->got_end)
		h->got_end = end;
	while (h->rcv_nxt < h->got_end && h->have[h->rcv_nxt])
		h->rcv_nxt++;
	if (p->flags & PP_TCP_FIN)
		receive_fin(s, p->dir, off + p->len);
}

/* The sender of direction @dir sees an acknowledgement. */
static void acked(struct stream *s, int dir, u32 ack, const struct stream_packet *p)
{
	struct stream_half *h = &s->half[dir];
	s64 off = off_of(h, ack, h->una), start, end;
	int i;

	if (off > (s64)h->snd_nxt) {
		stream_fault(s, "%s: %lld bytes acknowledged, %zu sent", dir_name(dir),
			     (long long)off, h->snd_nxt);
		return;
	}
	if (off < (s64)h->una && !s->lossy)
		stream_fault(s, "%s: acknowledgement went back from %zu to %lld",
			     dir_name(dir), h->una, (long long)off);
	if (off > (s64)h->una)
		h->una = off;
	for (i = 0; p && i < p->nsack; i++) {
		start = off_of(h, p->sack[i].start, h->una);
		end = off_of(h, p->sack[i].end, h->una);
		if (start >= end || end > (s64)h->snd_nxt)
			stream_fault(s, "%s: SACK block %lld to %lld, %zu sent",
				     dir_name(dir), (long long)start, (long long)end,
				     h->snd_nxt);
		else if (start > (s64)h->una)
			memset(h->sacked + start, 1, min(end, (s64)h->nsent) - min(start, (s64)h->nsent));
	}
}

/**
 * stream_deliver - a packet that left the engine arrives
 * @s: the connection
 * @p: the packet; stays the caller's
 */
void stream_deliver(struct stream *s, const struct stream_packet *p)
{
	receive(s, p);
	if (p->flags & PP_TCP_ACK)
		acked(s, !p->dir, p->ack, p);
}

static void check_reset(struct stream *s, int dir)
{
	struct stream_half *to = &s->half[dir], *back = &s->half[!dir];

	s->reset = true;
	if (s->lossy)
		return;
	if (s->out.rst_seq != ack_of(to))
		stream_fault(s, "%s: RST at %lld, receiver expects %zu", dir_name(dir),
			     (long long)off_of(to, s->out.rst_seq, to->rcv_nxt), to->rcv_nxt);
	if (s->out.rst_reply_seq != ack_of(back))
		stream_fault(s, "%s: RST back at %lld, sender expects %zu", dir_name(dir),
			     (long long)off_of(back, s->out.rst_reply_seq, back->rcv_nxt),
			     back->rcv_nxt);
}

static u8 *flatten(struct stream *s, const struct pp_seg *seg, const u8 *data, u32 *len)
{
	const struct pp_out *out = &s->out;
	u32 i, n = 0;
	u8 *flat;

	if (out->verdict == PP_REWRITE) {
		for (i = 0; i < out->npieces; i++) {
			const struct pp_piece *pc = &out->pieces[i];

			if (!pc->data && (pc->off > seg->len || pc->len > seg->len - pc->off)) {
				stream_fault(s, "piece %u is outside the packet", i);
				*len = 0;
				return NULL;
			}
			n += pc->len;
		}
		if (n != out->len)
			stream_fault(s, "pieces have %u bytes, the packet %u", n, out->len);
	} else {
		n = seg->len;
	}
	*len = n;
	flat = grow(NULL, 0, n + 1);
	if (out->verdict != PP_REWRITE) {
		if (n)
			memcpy(flat, data, n);
		return flat;
	}
	for (i = 0, n = 0; i < out->npieces; i++) {
		const struct pp_piece *pc = &out->pieces[i];

		memcpy(flat + n, pc->data ? pc->data : data + pc->off, pc->len);
		n += pc->len;
	}
	return flat;
}

static void emit(struct stream *s, int dir, const struct pp_seg *seg, const u8 *data)
{
	const struct pp_out *out = &s->out;
	struct stream_packet p = { .dir = dir };
	int i;

	if (out->verdict == PP_PASS) {
		p.seq = seg->seq;
		p.ack = seg->ack;
		p.flags = seg->flags;
		p.nsack = seg->nsack;
		for (i = 0; i < p.nsack; i++) {
			p.sack[i].start = seg->sack[i].start;
			p.sack[i].end = seg->sack[i].end;
		}
	} else {
		p.seq = out->seq;
		p.ack = out->ack;
		p.flags = out->flags;
		p.nsack = out->nsack;
		for (i = 0; i < p.nsack; i++) {
			p.sack[i].start = out->sack[i].start;
			p.sack[i].end = out->sack[i].end;
		}
	}
	p.data = flatten(s, seg, data, &p.len);
	if (s->carry) {
		s->carry(s, s->carry_priv, &p);
		return;
	}
	stream_deliver(s, &p);
	free(p.data);
}

static int input(struct stream *s, int dir, struct pp_seg *seg, const u8 *data)
{
	struct payload payload = { .data = data, .len = seg->len, .scattered = s->scattered };
	int verdict, i;

	seg->pkt = &payload;
	seg->ctx = &s->watch;
	seg->win = STREAM_WINDOW;
	seg->has_ts = s->use_ts;
	seg->tsval = ++s->clock;
	memset(&s->out, 0xa5, sizeof(s->out));
	pp_conn_in(&s->conn, s->rs, dir, seg, &s->out);
	verdict = s->out.verdict;
	if (verdict == PP_RESET) {
		check_reset(s, dir);
		return verdict;
	}
	if (s->out.reply) {
		struct stream_packet back = {
			.dir = !dir,
			.seq = s->out.reply_seq,
			.ack = s->out.reply_ack,
			.flags = PP_TCP_ACK,
			.nsack = s->out.reply_nsack,
		};
		s64 at = off_of(&s->half[!dir], back.seq, s->half[!dir].rcv_nxt);

		if (!s->lossy && at != (s64)s->half[!dir].rcv_nxt &&
		    back.seq != ack_of(&s->half[!dir]))
			stream_fault(s, "%s: acknowledgement made at %lld, its receiver expects %zu",
				     dir_name(!dir), (long long)at, s->half[!dir].rcv_nxt);
		for (i = 0; i < back.nsack; i++) {
			back.sack[i].start = s->out.reply_sack[i].start;
			back.sack[i].end = s->out.reply_sack[i].end;
		}
		acked(s, dir, back.ack, &back);
	}
	if (verdict != PP_DROP)
		emit(s, dir, seg, data);
	while (s->out.more) {
		pp_conn_more(&s->conn, dir, &s->out);
		emit(s, dir, seg, data);
	}
	return verdict;
}

/* What the engine saw and what left it may differ only after it was opened. */
static void handshake(struct stream *s)
{
	struct pp_seg syn = { .seq = s->half[PP_C2S].isn, .flags = PP_TCP_SYN,
			      .mss = STREAM_MSS, .wscale = 0 };
	struct pp_seg synack = { .seq = s->half[PP_S2C].isn, .ack = s->half[PP_C2S].isn + 1,
				 .flags = PP_TCP_SYN | PP_TCP_ACK, .mss = STREAM_MSS,
				 .wscale = 0 };
	struct pp_seg *seg[] = { &syn, &synack };
	struct payload none = { .data = NULL };
	int dir;

	for (dir = PP_C2S; dir <= PP_S2C; dir++) {
		seg[dir]->pkt = &none;
		seg[dir]->ctx = &s->watch;
		seg[dir]->win = STREAM_WINDOW;
		seg[dir]->has_ts = s->use_ts;
		seg[dir]->tsval = ++s->clock;
		seg[dir]->sack_ok = s->use_sack;
		memset(&s->out, 0xa5, sizeof(s->out));
		pp_conn_in(&s->conn, s->rs, dir, seg[dir], &s->out);
		if (s->out.verdict != PP_PASS)
			stream_fault(s, "%s: SYN did not pass", dir_name(dir));
	}
	stream_ack(s, PP_S2C);
}

/**
 * stream_open - begin a connection: SYN, SYN/ACK, ACK
 * @s: filled in; @watch, @use_ts, @use_sack and @scattered may be set before, the
 *	rest must be zero
 * @grammar: protocol spoken
 * @rs: rules in force, or NULL
 * @client_isn: the client's initial sequence number
 * @server_isn: the server's
 */
void stream_open(struct stream *s, const struct pp_image *grammar,
		 const struct pp_ruleset *rs, u32 client_isn, u32 server_isn)
{
	s->rs = rs;
	s->half[PP_C2S].isn = client_isn;
	s->half[PP_S2C].isn = server_isn;
	pp_conn_init(&s->conn, grammar);
	handshake(s);
}

/**
 * stream_close - free what a connection holds
 * @s: the connection
 */
void stream_close(struct stream *s)
{
	int dir;

	pp_conn_clear(&s->conn);
	for (dir = 0; dir < 2; dir++) {
		free(s->half[dir].sent);
		free(s->half[dir].sacked);
		free(s->half[dir].got);
		free(s->half[dir].have);
	}
}

/**
 * stream_write - the sender's application writes; nothing is sent yet
 * @s: the connection
 * @dir: direction
 * @data: bytes
 * @len: how many
 */
void stream_write(struct stream *s, int dir, const void *data, size_t len)
{
	struct stream_half *h = &s->half[dir];

	if (h->nsent + len + 1 > h->room) {
		size_t room = (h->nsent + len) * 2 + 64;

		h->sent = grow(h->sent, h->room, room);
		h->sacked = grow(h->sacked, h->room, room);
		h->room = room;
	}
	if (len)
		memcpy(h->sent + h->nsent, data, len);
	h->nsent += len;
}

/**
 * stream_end - the sender's application closes; FIN goes with the last segment
 * @s: the connection
 * @dir: direction
 */
void stream_end(struct stream *s, int dir)
{
	s->half[dir].fin = true;
}

/**
 * stream_forged - send a segment with bytes of one's own choice
 * @s: the connection
 * @dir: direction
 * @off: place of its first byte in what was written
 * @data: payload
 * @len: bytes of it; the sender must have written as many at @off
 *
 * Return: enum pp_verdict
 */
int stream_forged(struct stream *s, int dir, size_t off, const void *data, size_t len)
{
	struct stream_half *h = &s->half[dir];
	struct pp_seg seg = {
		.seq = seq_at(h, off),
		.ack = ack_of(&s->half[!dir]),
		.len = len,
		.flags = PP_TCP_ACK,
	};
	size_t end = off + len;

	s->half[!dir].acked = s->half[!dir].rcv_nxt;
	if (len)
		seg.flags |= PP_TCP_PSH;
	if (h->fin && end == h->nsent) {
		seg.flags |= PP_TCP_FIN;
		end++;
	}
	if (end > h->snd_nxt)
		h->snd_nxt = end;
	return input(s, dir, &seg, data);
}

/**
 * stream_segment - send part of what was written, for the first time or again
 * @s: the connection
 * @dir: direction
 * @off: place of the first byte
 * @len: how many; FIN is added if the sender has ended and this reaches the end
 *
 * Return: enum pp_verdict
 */
int stream_segment(struct stream *s, int dir, size_t off, size_t len)
{
	/* Memory of its own, so that a sanitizer sees reads beyond it. */
	u8 *copy = grow(NULL, 0, len ? len : 1);
	int verdict;

	if (len)
		memcpy(copy, s->half[dir].sent + off, len);
	verdict = stream_forged(s, dir, off, copy, len);
	free(copy);
	return verdict;
}

static void add_sack(const struct stream_half *h, struct pp_seg *seg)
{
	size_t i = h->rcv_nxt, start;

	while (i < h->got_end && seg->nsack < 3) {
		while (i < h->got_end && !h->have[i])
			i++;
		start = i;
		while (i < h->got_end && h->have[i])
			i++;
		if (i > start) {
			seg->sack[seg->nsack].start = seq_at(h, start);
			seg->sack[seg->nsack].end = seq_at(h, i);
			seg->nsack++;
		}
	}
}

/**
 * stream_ack - the receiver of a direction acknowledges what it has
 * @s: the connection
 * @dir: direction of the data
 *
 * Return: enum pp_verdict
 */
int stream_ack(struct stream *s, int dir)
{
	struct pp_seg seg = {
		.seq = seq_at(&s->half[!dir], s->half[!dir].snd_nxt),
		.ack = ack_of(&s->half[dir]),
		.flags = PP_TCP_ACK,
	};

	s->half[dir].acked = s->half[dir].rcv_nxt;
	if (s->use_sack)
		add_sack(&s->half[dir], &seg);
	return input(s, !dir, &seg, NULL);
}

/**
 * stream_send - write, send as one segment, and let the receiver acknowledge
 * @s: the connection
 * @dir: direction
 * @data: bytes
 * @len: how many
 */
void stream_send(struct stream *s, int dir, const void *data, size_t len)
{
	size_t off = s->half[dir].nsent;

	stream_write(s, dir, data, len);
	stream_segment(s, dir, off, len);
	if (!s->reset)
		stream_ack(s, dir);
}

/**
 * stream_fin - close one direction and let the receiver acknowledge
 * @s: the connection
 * @dir: direction
 */
void stream_fin(struct stream *s, int dir)
{
	stream_end(s, dir);
	stream_segment(s, dir, s->half[dir].nsent, 0);
	if (!s->reset)
		stream_ack(s, dir);
}

/* Bytes from @off on, at most @len, that no SACK block has covered: those are not sent again. */
static size_t unsacked(const struct stream_half *h, size_t off, size_t len)
{
	size_t n;

	for (n = 0; n < len; n++)
		if (h->sacked[off + n])
			break;
	return n;
}

/**
 * stream_flush - go on as TCP does until all that was sent is acknowledged
 * @s: the connection
 * @dir: direction
 *
 * The receiver acknowledges and the sender sends again what is missing, for as
 * long as that changes anything.
 *
 * Return: all is acknowledged, or the connection was reset.
 */
bool stream_flush(struct stream *s, int dir)
{
	struct stream_half *h = &s->half[dir];
	size_t una, len;
	int idle;

	for (idle = 0; idle < 8 && !s->reset && !s->error[0]; idle++) {
		una = h->una;
		stream_ack(s, dir);
		if (h->una >= h->snd_nxt)
			return true;
		if (s->reset)
			break;
		len = min((size_t)STREAM_MSS, h->nsent - min(h->una, h->nsent));
		len = unsacked(h, h->una, len);
		stream_segment(s, dir, min(h->una, h->nsent), len);
		if (h->una > una)
			idle = 0;
	}
	return s->reset;
}

/**
 * stream_settled - check that nothing is left in the air
 * @s: the connection; a reset one is always settled
 *
 * Bytes that the engine holds for a decision may be unacknowledged as long as
 * their sender has not ended.
 *
 * Return: no contradiction was found; else &stream.error says which.
 */
bool stream_settled(struct stream *s)
{
	struct pp_conn_info info;
	int dir;

	if (s->error[0])
		return false;
	if (s->reset)
		return true;
	pp_conn_info(&s->conn, &info);
	for (dir = 0; dir < 2; dir++) {
		struct stream_half *h = &s->half[dir];
		size_t want = h->nsent + h->fin;

		if (h->una < want && (h->fin || info.held < want - h->una))
			stream_fault(s, "%s: %zu bytes sent, %zu acknowledged, %u held",
				     dir_name(dir), want, h->una, info.held);
		else if (h->rcv_nxt != h->got_end)
			stream_fault(s, "%s: gap at %zu", dir_name(dir), h->rcv_nxt);
		else if (h->fin && (!h->fin_known || h->fin_at != h->rcv_nxt))
			stream_fault(s, "%s: FIN did not arrive", dir_name(dir));
		else if (!h->fin && h->fin_known)
			stream_fault(s, "%s: FIN arrived but was not sent", dir_name(dir));
		else if (h->fin && info.delta[dir] != (s32)(h->rcv_nxt - h->nsent))
			stream_fault(s, "%s: delta is %d, the bytes differ by %d",
				     dir_name(dir), info.delta[dir],
				     (s32)(h->rcv_nxt - h->nsent));
	}
	return !s->error[0];
}
