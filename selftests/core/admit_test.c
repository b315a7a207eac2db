// SPDX-License-Identifier: GPL-2.0
/*
 * What the engine takes for a segment of the connection: timestamps, where a client's
 * packets come from, acknowledgements of RST; what it keeps when memory is short, and how
 * much it lets a sender send; what a sender is told of segments that arrived, and whose
 * duplicates.
 */
#include "play.h"

/* A segment with all that has defaults: its timestamp, SACK, where it comes from. */
static int go(struct play *p, int dir, struct pp_seg seg, const char *text)
{
	if (!seg.flags)
		seg.flags = ACK;
	seg.win = 60000;
	seg.mss = 1460;
	seg.sack_ok = true;
	return play_segment(p, dir, seg, text);
}

#define SEG(...)	((struct pp_seg){ __VA_ARGS__ })

static void open_one(struct play *p, u32 tsval)
{
	play_begin(p);
	go(p, PP_C2S, SEG(.seq = 1000, .flags = SYN, .has_ts = true, .tsval = tsval), "");
	go(p, PP_S2C, SEG(.seq = 5000, .ack = 1001, .flags = SYNACK, .has_ts = true, .tsval = 77,
			  .tsecr = tsval), "");
	go(p, PP_C2S, SEG(.seq = 1001, .ack = 5001, .has_ts = true, .tsval = tsval), "");
}

static int stamped(struct play *p, u32 seq, u32 tsval, u32 now)
{
	return go(p, PP_C2S, SEG(.seq = seq, .ack = 5001, .has_ts = true, .tsval = tsval,
				 .now = now), LINE);
}

static void timestamps(struct play *p)
{
	open_one(p, 1000);
	tap_ok(stamped(p, 1001, 998, 0) == PP_DROP && stamped(p, 1001, 1000 - (1u << 30), 0) == PP_DROP &&
	       play_counted(p, PATCHPROXY_CNT_drop_paws) == 2 && p->conn.inspected == 0,
	       "data older than the SYN is none of the connection");
	tap_ok(stamped(p, 1001, 999, 0) == PP_PASS, "a tick less is taken");
	tap_ok(go(p, PP_C2S, SEG(.seq = 1004, .ack = 5001, .has_ts = true, .tsval = 900), "") != PP_DROP,
	       "an acknowledgement alone may be old");
	open_one(p, 1000);
	tap_ok(stamped(p, 1001, 900, 2146) == PP_DROP && stamped(p, 1001, 900, 2147) == PP_PASS,
	       "after a long silence the last one is forgotten");
	tap_ok(stamped(p, 1004, 800, 2148) == PP_DROP, "and the new one counts");
	open_one(p, 0);
	tap_ok(stamped(p, 1001, 1u << 31, 0) == PP_PASS, "anything follows 0");
}

static int strange(struct play *p, u32 seq, u32 ack, const char *text)
{
	return go(p, PP_C2S, SEG(.seq = seq, .ack = ack, .strange = true), text);
}

static void elsewhere(struct play *p)
{
	u64 before;

	open_one(p, 1);
	go(p, PP_S2C, SEG(.seq = 5001, .ack = 1001), LINE);
	go(p, PP_C2S, SEG(.seq = 1001, .ack = 5004), LINE);
	before = p->conn.inspected;
	tap_ok(strange(p, 1010, 5004, LINE) == PP_DROP && strange(p, 1004, 5001, LINE) == PP_DROP &&
	       strange(p, 900, 5004, LINE) == PP_REWRITE && p->conn.inspected == before &&
	       play_counted(p, PATCHPROXY_CNT_drop_strange) == 3,
	       "from elsewhere, and not where both are");
	tap_ok(p->out.seq == 999 && p->out.len == 1 && !p->out.admitted,
	       "what repeats only asks the server where it is");
	tap_ok(go(p, PP_C2S, SEG(.seq = 1004, .flags = PP_TCP_RST, .strange = true), "") == PP_DROP,
	       "a RST from elsewhere");
	tap_ok(go(p, PP_C2S, SEG(.seq = 9000, .flags = SYN, .strange = true), "") == PP_DROP &&
	       go(p, PP_S2C, SEG(.seq = 70000, .ack = 9001, .flags = SYNACK), "") == PP_DROP,
	       "a SYN from elsewhere, after which the server would begin anew");
	tap_ok(strange(p, 1004, 5004, LINE) == PP_PASS && p->out.admitted &&
	       p->conn.inspected > before, "exactly where both are it is the client");
}

static void forged_acks(struct play *p)
{
	const struct pp_half *h = &p->conn.half[PP_C2S];

	open_one(p, 1);
	go(p, PP_C2S, SEG(.seq = 1001, .ack = 5001), LINE);
	go(p, PP_S2C, SEG(.seq = 5001 + 100000, .ack = 1004), "");
	tap_ok(h->una_y == 1001 && h->head, "an acknowledgement far outside the window");
	go(p, PP_S2C, SEG(.seq = 5010, .ack = 1004, .flags = ACK | PP_TCP_RST), "");
	tap_ok(h->una_y == 1001 && h->head, "the acknowledgement of a RST");
	go(p, PP_S2C, SEG(.seq = 5001, .ack = 1004), "");
	tap_ok(h->una_y == 1004 && !h->head, "the server's own");
	tap_ok(go(p, PP_C2S, SEG(.seq = 1001, .ack = 5001), LINE) == PP_REWRITE &&
	       p->out.len == 1 && p->out.seq + 1 == 1003,
	       "what is repeated then ends before where the server is");
}

static void scarce(struct play *p)
{
	const struct pp_half *h = &p->conn.half[PP_C2S];

	open_one(p, 1);
	tap_ok(go(p, PP_C2S, SEG(.seq = 1004, .ack = 5001, .tight = PP_TIGHT_ORDER), LINE) == PP_DROP &&
	       !h->ooo && play_counted(p, PATCHPROXY_CNT_drop_budget) == 1,
	       "scarce: nothing out of order");
	tap_ok(go(p, PP_C2S, SEG(.seq = 1001, .ack = 5001, .tight = PP_TIGHT_ORDER), LINE) == PP_PASS,
	       "scarce: what is in order goes on");
	tap_ok(go(p, PP_C2S, SEG(.seq = 1004, .ack = 5001, .tight = PP_TIGHT_ALL), LINE) == PP_DROP &&
	       play_counted(p, PATCHPROXY_CNT_drop_budget) == 2 &&
	       pp_conn_kept(&p->conn) == h->stored,
	       "none left: nothing is taken in");
}

/* What was kept early does not fit into the store when its turn comes. */
static void too_much(struct play *p)
{
	static char text[666 * 3 + 1];
	struct pp_half *h = &p->conn.half[PP_C2S];
	u32 last, i;

	open_one(p, 1);
	for (i = 0; i < 666; i++)
		memcpy(text + 3 * i, LINE, 3);
	for (last = 1004; last < 1004 + 5 * 1998; last += 1998)
		go(p, PP_C2S, SEG(.seq = last, .ack = 5001), text);
	tap_ok(h->owed && h->ooo && p->out.reply_nsack == 1 &&
	       p->out.reply_sack[0].start == 1004 && p->out.reply_sack[0].end == last,
	       "kept out of order and reported");
	/* What stands in the store is not the point; that there is no room is. */
	h->stored = PP_STORE_MAX - 512;
	tap_ok(go(p, PP_C2S, SEG(.seq = 1001, .ack = 5001), LINE) == PP_DROP && !h->ooo && !h->owed &&
	       !h->ooo_bytes, "what would never fit is given up");
	h->stored = 0;
	tap_ok(go(p, PP_C2S, SEG(.seq = 1001, .ack = 5001), LINE) == PP_PASS, "and the stream goes on");
}

/* The hole in front of them is never filled. */
static void forgotten(struct play *p)
{
	const struct pp_half *h = &p->conn.half[PP_C2S];

	open_one(p, 1);
	go(p, PP_C2S, SEG(.seq = 1004, .ack = 5001, .now = 50), LINE);
	go(p, PP_C2S, SEG(.seq = 1010, .ack = 5001, .now = 100), LINE);
	pp_conn_tidy(&p->conn, 169, &p->watch);
	tap_ok(h->ooo && h->owed, "what waits for its turn is kept");
	go(p, PP_C2S, SEG(.seq = 1001, .ack = 5001, .now = 169), LINE);
	pp_conn_tidy(&p->conn, 288, &p->watch);
	tap_ok(h->ooo && h->owed, "and longer if anything has come to be in order");
	pp_conn_tidy(&p->conn, 289, &p->watch);
	tap_ok(!h->ooo && !h->ooo_bytes && !h->owed && play_counted(p, PATCHPROXY_CNT_drop_ooo) == 1,
	       "not for ever");
	tap_ok(go(p, PP_C2S, SEG(.seq = 1007, .ack = 5001, .now = 290), LINE LINE) == PP_PASS &&
	       go(p, PP_S2C, SEG(.seq = 5001, .ack = 1013), "") == PP_PASS && p->out.ack == 1013,
	       "its sender sends it again, and the stream goes on");
}

static void full(struct play *p)
{
	struct pp_half *h = &p->conn.half[PP_C2S];

	open_one(p, 1);
	h->stored = PP_STORE_MAX - 2;
	tap_ok(go(p, PP_C2S, SEG(.seq = 1001, .ack = 5001), LINE) == PP_DROP &&
	       play_counted(p, PATCHPROXY_CNT_store_limit) == 1 && !h->head,
	       "more than the store holds");
	h->stored = 0;
	tap_ok(go(p, PP_C2S, SEG(.seq = 1001, .ack = 5001), LINE) == PP_PASS, "with room it is taken");
}

/* What may be sent depends on what is kept, and on what that takes, with what edits add. */
static void room(struct play *p)
{
	struct pp_half *h = &p->conn.half[PP_C2S];

	open_one(p, 1);
	go(p, PP_S2C, SEG(.seq = 5001, .ack = 1001), "");
	tap_ok(p->out.win == 60000, "nothing kept: the window is the server's");
	open_one(p, 1);
	h->kept = PP_KEEP_MAX - 10000;
	go(p, PP_S2C, SEG(.seq = 5001, .ack = 1001), "");
	tap_ok(p->out.win == 60000, "what was offered is not taken back");
	h->given_x = 1001;
	go(p, PP_S2C, SEG(.seq = 5001, .ack = 1001), "");
	tap_ok(p->out.win == 10000, "no more than can be kept");
	h->kept = 0;
	h->given_x = 1001;
	h->stored = PP_STORE_MAX - 30000;
	go(p, PP_S2C, SEG(.seq = 5001, .ack = 1001), "");
	tap_ok(p->out.win == 20000, "with room for what edits add");
	h->stored = 0;
}

/* Two segments whose border lies in what is cut; the second alone arrives. */
static void border(struct play *p)
{
	open_one(p, 1);
	go(p, PP_C2S, SEG(.seq = 1001, .ack = 5001), ":01234567ZZ");
	go(p, PP_C2S, SEG(.seq = 1012, .ack = 5001), "ZZ=v\n");
	tap_ok(p->out.seq == 1010 && p->out.len == 3, "the second begins with what is cut");
	go(p, PP_S2C, SEG(.seq = 5001, .ack = 1001, .nsack = 1,
			  .sack[0] = { .start = 1010, .end = 1013 }), "");
	tap_ok(p->out.nsack == 1 && p->out.sack[0].start == 1010 && p->out.sack[0].end == 1017,
	       "it is reported whole, with what is cut in front of it");
}

/* The server's answer to a second copy: all has arrived, and this twice. */
static int twice(struct play *p, u32 start, u32 end)
{
	return go(p, PP_S2C, SEG(.seq = 5001, .ack = 1010, .nsack = 1,
				 .sack[0] = { .start = start, .end = end }), "");
}

static void duplicates(struct play *p)
{
	open_one(p, 1);
	go(p, PP_C2S, SEG(.seq = 1004, .ack = 5001), LINE LINE);
	go(p, PP_C2S, SEG(.seq = 1001, .ack = 5001), LINE);
	tap_ok(p->out.len == 9 && play_counted(p, PATCHPROXY_CNT_owed_resent) == 0,
	       "what was kept leaves behind what was missing");
	go(p, PP_C2S, SEG(.seq = 1001, .ack = 5001), LINE);
	tap_ok(p->out.len == 9 && play_counted(p, PATCHPROXY_CNT_owed_resent) == 1,
	       "and again when that is repeated");
	tap_ok(twice(p, 1001, 1004) != PP_DROP && p->out.nsack == 1 &&
	       p->out.sack[0].start == 1001 && p->out.sack[0].end == 1004,
	       "the client is told that its own repetition was one too many");
	twice(p, 1004, 1010);
	tap_ok(p->out.nsack == 0 && p->out.ack == 1010, "not that the box's was");
	twice(p, 1001, 1010);
	tap_ok(p->out.nsack == 1 && p->out.sack[0].start == 1001 && p->out.sack[0].end == 1004,
	       "of both in one segment, its own part");
	go(p, PP_C2S, SEG(.seq = 1010, .ack = 5001), LINE);
	go(p, PP_S2C, SEG(.seq = 5001, .ack = 1010, .nsack = 1,
			  .sack[0] = { .start = 1011, .end = 1013 }), "");
	tap_ok(p->out.nsack == 1, "what is no duplicate is told");
}

/*
 * Whoever speaks in the client's name has to know what the server has sent lately: no
 * longer ago than the client's window reaches.
 */
static void old_news(struct play *p)
{
	u32 sent = 0;

	open_one(p, 1);
	while (sent < 200000) {
		go(p, PP_S2C, SEG(.seq = 5001 + sent, .ack = 1001), "+yes\n");
		sent += 5;
		if (sent % 1000 == 0)
			go(p, PP_C2S, SEG(.seq = 1001, .ack = 5001 + sent), "");
	}
	tap_ok(go(p, PP_C2S, SEG(.seq = 1001, .ack = 5001 + sent - 60001), LINE) == PP_DROP &&
	       play_counted(p, PATCHPROXY_CNT_drop_window) == 1, "one byte longer ago");
	tap_ok(go(p, PP_C2S, SEG(.seq = 1001, .ack = 5001 + sent - 60000), LINE) != PP_DROP,
	       "so long ago, and no longer");
}

/* The window is full, a FIN stands behind it, and what was in front is lost. */
static void behind_full(struct play *p)
{
	u32 edge;

	open_one(p, 1);
	go(p, PP_S2C, SEG(.seq = 5001, .ack = 1001), "+yes\n");
	edge = pp_later(p->conn.half[PP_C2S].given_x, p->conn.half[PP_C2S].edge_y);
	go(p, PP_C2S, SEG(.seq = edge + 1, .ack = 5006), "");
	tap_ok(p->out.seq == 1001, "an acknowledgement behind such a FIN is one");
	go(p, PP_C2S, SEG(.seq = edge + 2, .ack = 5006), "");
	tap_ok(p->out.seq == 1000, "none is farther away");
}

/*
 * Held bytes are acknowledged, and the window that goes with it counts from them. The client
 * fills it, and stands where the server has no room: what it acknowledges there counts.
 */
static void told_of_held(struct play *p)
{
	const struct pp_seg say = { .ack = 5001, .win = 500, .flags = ACK };
	struct pp_seg seg = say;
	u32 end;

	play_begin(p);
	play_segment(p, PP_C2S, SEG(.seq = 1000, .flags = SYN, .win = 500, .wscale = 1), "");
	play_segment(p, PP_S2C, SEG(.seq = 5000, .ack = 1001, .win = 10, .flags = SYNACK,
				    .wscale = 1), "");
	seg.seq = 1001;
	play_segment(p, PP_C2S, seg, "#");
	play_segment(p, PP_S2C, SEG(.seq = 5001, .ack = 1002, .win = 5, .flags = ACK), "");
	seg.seq = 1002;
	play_segment(p, PP_C2S, seg, "12");
	tap_ok(p->out.reply && p->out.reply_ack == 1004 && p->out.reply_win == 5,
	       "two digits are held and acknowledged");
	end = p->out.reply_ack + 2 * p->out.reply_win;
	seg.seq = 1004;
	play_segment(p, PP_C2S, seg, ";mm\nmm\nmm");
	play_segment(p, PP_S2C, SEG(.seq = 5001, .ack = 1012, .win = 0, .flags = ACK), LINE);
	seg.seq = end;
	seg.ack = 5004;
	play_segment(p, PP_C2S, seg, "");
	tap_ok(p->out.admitted && p->conn.half[PP_S2C].una_x == 5004,
	       "who has filled the window that it was told of is believed");
}

/* What leaves, of a packet with payload @text. */
static bool leaves(const struct play *p, const char *text, const char *want)
{
	char got[64];
	u32 i, n = 0;

	for (i = 0; i < p->out.npieces && n + p->out.pieces[i].len <= sizeof(got); i++) {
		const struct pp_piece *pc = &p->out.pieces[i];

		memcpy(got + n, (pc->data ? (const char *)pc->data : text) + pc->off, pc->len);
		n += pc->len;
	}
	return n == p->out.len && n == strlen(want) && !memcmp(got, want, n);
}

/*
 * A piece that came early reaches from bytes that nobody looks at into a line. The
 * segment that makes it count begins among these bytes too, and says something else.
 */
static void two_copies(struct play *p)
{
	const char *second = "456789qq s\nzz\n", *third = "456789rr r\nyy\n";

	open_one(p, 1);
	go(p, PP_C2S, SEG(.seq = 1007, .ack = 5001), "23456789mm f\n");
	tap_ok(play_counted(p, PATCHPROXY_CNT_ooo_held) == 1, "a piece is kept");
	go(p, PP_C2S, SEG(.seq = 1001, .ack = 5001), "*10;");
	tap_ok(p->out.len == 4 && p->conn.half[PP_C2S].ooo, "nothing of it counts yet");
	go(p, PP_C2S, SEG(.seq = 1009, .ack = 5001), second);
	tap_ok(p->out.verdict == PP_REWRITE && leaves(p, second, "456789mm f\nzz\n"),
	       "where another copy makes it count, it is what leaves, and behind it the other");
	go(p, PP_C2S, SEG(.seq = 1009, .ack = 5001), third);
	tap_ok(p->out.verdict == PP_REWRITE && leaves(p, third, "456789mm f\nzz\n"),
	       "and leaves again");
}

/* A segment far outside the window bears a clock that is far ahead. */
static void far_ahead(struct play *p)
{
	open_one(p, 1000);
	go(p, PP_C2S, SEG(.seq = 1001 + (1 << 26), .ack = 5001, .has_ts = true,
			  .tsval = 0x40000000), LINE);
	tap_ok(play_counted(p, PATCHPROXY_CNT_drop_window) == 1 && p->out.verdict == PP_REWRITE,
	       "nothing of it is left but a question");
	tap_ok(pp_before(p->out.seq + p->out.len, 1001) &&
	       play_counted(p, PATCHPROXY_CNT_probes_made) == 1,
	       "in front of what the server has");
	/* Cut altogether, so it is acknowledged here. */
	go(p, PP_S2C, SEG(.seq = 5004, .ack = 1001, .has_ts = true, .tsval = 78,
			  .tsecr = 1000), LINE);
	tap_ok(p->out.reply && p->out.reply_tsval == 1000,
	       "what is made in the client's name bears the client's own");
}

/* What is cut off or left out without anything being wrong. */
static void counted(struct play *p)
{
	u32 i;

	play_begin(p);
	go(p, PP_C2S, SEG(.seq = 1000, .flags = SYN, .wscale = 1), LINE);
	tap_ok(!p->out.len && play_counted(p, PATCHPROXY_CNT_payload_cut) == 1,
	       "data is taken out of a SYN");
	play_segment(p, PP_S2C, SEG(.seq = 5000, .ack = 1001, .win = 10, .flags = SYNACK,
				    .wscale = 1, .sack_ok = true), "");
	go(p, PP_C2S, SEG(.seq = 1001, .ack = 5001), "");
	go(p, PP_C2S, SEG(.seq = 1001, .ack = 5001, .flags = ACK | PP_TCP_FIN), "mm\nmm\nmm\nmm\n");
	tap_ok(p->out.len == 10 && !(p->out.flags & PP_TCP_FIN) &&
	       play_counted(p, PATCHPROXY_CNT_fins_kept) == 1, "a FIN outside the window");
	go(p, PP_C2S, SEG(.seq = 1011, .ack = 5001, .flags = PP_TCP_RST), LINE);
	tap_ok(!p->out.len && play_counted(p, PATCHPROXY_CNT_payload_cut) == 2, "and out of a RST");

	open_one(p, 1);
	for (i = 0; i <= PP_MAX_OWED; i++)
		go(p, PP_C2S, SEG(.seq = 1004 + 6 * i, .ack = 5001), LINE);
	tap_ok(play_counted(p, PATCHPROXY_CNT_ooo_held) == PP_MAX_OWED + 1 &&
	       play_counted(p, PATCHPROXY_CNT_sack_limit) == 1, "so many gaps, and one more");
}

int main(void)
{
	static void (*const acts[])(struct play *p) = {
		timestamps, elsewhere, forged_acks, scarce, too_much, forgotten, full,
		room, border, duplicates, old_news, behind_full, two_copies,
		far_ahead, told_of_held, counted,
	};

	return play_all(acts, ARRAY_SIZE(acts));
}
