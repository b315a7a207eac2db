// SPDX-License-Identifier: GPL-2.0
/*
 * Marks of congestion on segments that are kept: who agreed on what, who is told of a
 * mark and for how long, and that what is said of it is said once.
 */
#include "play.h"

#define ECE	PP_TCP_ECE
#define CWR	PP_TCP_CWR
#define AE	PP_TCP_AE

static int say(struct play *p, u32 seq, u16 flags, bool ce, const char *text)
{
	return play_segment(p, PP_C2S, (struct pp_seg){ .seq = seq, .ack = 5001, .win = 1000,
							.flags = ACK | flags, .ce = ce }, text);
}

static int hear(struct play *p, u32 ack, u16 flags)
{
	return play_segment(p, PP_S2C, (struct pp_seg){ .seq = 5001, .ack = ack, .win = 1000,
							.flags = ACK | flags }, "");
}

static void open_one(struct play *p, u16 syn, u16 synack)
{
	play_begin(p);
	play_segment(p, PP_C2S, (struct pp_seg){ .seq = 1000, .flags = SYN | syn, .wscale = 2,
						 .sack_ok = true }, "");
	play_segment(p, PP_S2C, (struct pp_seg){ .seq = 5000, .ack = 1001, .win = 60000,
						 .flags = SYNACK | synack, .wscale = 2,
						 .sack_ok = true }, "");
	say(p, 1001, 0, false, "");
}

/* A marked segment that comes early. Return: flags of the acknowledgement made for it. */
static u16 early(struct play *p)
{
	if (say(p, 1004, 0, true, LINE) != PP_DROP || !p->out.reply)
		return 0;
	return p->out.reply_flags;
}

static void agreed(struct play *p)
{
	open_one(p, ECE | CWR, ECE);
	tap_ok(early(p) == (ACK | ECE), "both agreed: the mark is echoed");
	open_one(p, ECE | CWR | AE, ECE);
	tap_ok(early(p) == (ACK | ECE), "the client could do more, the server cannot");
	open_one(p, 0, 0);
	tap_ok(early(p) == ACK, "neither has asked");
	open_one(p, ECE | CWR, 0);
	tap_ok(early(p) == ACK, "the server has not agreed");
	open_one(p, ECE | CWR, ECE | CWR);
	tap_ok(early(p) == ACK, "the server has only sent back what it got");
	open_one(p, 0, ECE);
	tap_ok(early(p) == ACK, "the client has not asked");
}

static void until_heeded(struct play *p)
{
	open_one(p, ECE | CWR, ECE);
	early(p);
	say(p, 1007, 0, false, LINE);
	tap_ok(p->out.reply_flags == (ACK | ECE), "again with the next acknowledgement");
	tap_ok(hear(p, 1001, 0) == PP_SHIFT && p->out.flags == (ACK | ECE),
	       "and with the server's own");
	say(p, 1001, 0, false, LINE);
	hear(p, 1010, 0);
	tap_ok(p->out.flags & ECE, "though nothing is missing any more");
	tap_ok(say(p, 1010, CWR, false, LINE) == PP_PASS && p->out.flags & CWR,
	       "that the client has slowed down is passed on");
	tap_ok(hear(p, 1013, 0) == PP_PASS, "and ends it");
	say(p, 1016, CWR, true, LINE);
	tap_ok(p->out.reply_flags == (ACK | ECE), "a mark on that very segment begins anew");
}

static void answers_kept(struct play *p)
{
	open_one(p, ECE | CWR, ECE);
	say(p, 1004, CWR, false, LINE);
	tap_ok(p->out.verdict == PP_DROP && p->out.reply_flags == ACK, "no mark, no echo");
	say(p, 1007, 0, false, "");
	tap_ok(!(p->out.flags & CWR), "what the client said of it waits for bytes");
	tap_ok(say(p, 1001, 0, false, LINE) == PP_REWRITE && p->out.flags & CWR,
	       "and leaves with them");
	tap_ok(say(p, 1007, 0, false, LINE) == PP_PASS && !(p->out.flags & CWR), "once");
}

static void server_echoes(struct play *p)
{
	open_one(p, ECE | CWR, ECE);
	hear(p, 1001, ECE);
	say(p, 1004, 0, false, LINE);
	tap_ok(p->out.reply_flags == (ACK | ECE), "the server echoes: so does what is made here");
	say(p, 1001, CWR, false, LINE);
	say(p, 1010, 0, false, LINE);
	tap_ok(p->out.reply_flags == ACK, "not once the client has heeded it");
}

/* A cut that takes all of a segment, and one that is held. */
static void nothing_left(struct play *p)
{
	open_one(p, ECE | CWR, ECE);
	say(p, 1001, 0, false, ":aaaaaaaa");
	say(p, 1010, 0, true, "aaaa");
	tap_ok(p->out.verdict == PP_DROP && hear(p, 1010, 0) == PP_SHIFT && p->out.flags & ECE,
	       "all of it was cut: the server's next acknowledgement echoes the mark");
	open_one(p, ECE | CWR, ECE);
	say(p, 1001, 0, false, "#");
	say(p, 1002, 0, true, "1");
	hear(p, 1002, 0);
	tap_ok(p->out.flags & ECE, "all of it is held: likewise");
	open_one(p, ECE | CWR, ECE);
	say(p, 1001, 0, true, LONG_KEY);
	hear(p, 1011, 0);
	tap_ok(!(p->out.flags & ECE), "a byte has left: the server sees the mark itself");
}

static void several(struct play *p)
{
	struct pp_seg seg = { .seq = 1001, .ack = 5001, .win = 1000, .most = 4,
			      .flags = ACK | CWR | PP_TCP_PSH | PP_TCP_FIN };
	u32 n = 0, cwr = 0, end = 0;

	open_one(p, ECE | CWR, ECE);
	play_segment(p, PP_C2S, seg, ":-a-a-a-a=-b-b-b-b-b\n");
	for (;; pp_conn_more(&p->conn, PP_C2S, &p->out)) {
		n++;
		cwr += p->out.flags & CWR ? n : 0;
		end += p->out.flags & (PP_TCP_PSH | PP_TCP_FIN) ? n : 0;
		if (!p->out.more)
			break;
	}
	tap_ok(n > 2 && cwr == 1, "of several packets the first one says that the client slowed down");
	tap_ok(end == n, "and the last one that there is no more");
}

static void counts(struct play *p)
{
	open_one(p, ECE | CWR | AE, CWR);
	say(p, 1004, CWR, true, LINE);
	tap_ok(p->out.reply_flags == (ACK | AE | ECE), "accurate: the count begins with 5");
	hear(p, 1001, CWR | ECE);
	say(p, 1007, ECE, true, LINE);
	tap_ok(p->out.reply_flags == (ACK | CWR | ECE), "accurate: the server's last one is repeated");
	hear(p, 1001, CWR);
	tap_ok(p->out.flags == (ACK | CWR), "accurate: its own are not touched");
	say(p, 1001, AE | CWR, false, LINE);
	tap_ok(p->out.flags == (ACK | AE | CWR), "nor the client's");
	open_one(p, ECE | CWR | AE, ECE | CWR | AE);
	tap_ok(early(p) == ACK, "accurate: flags that were only sent back agree to nothing");
}

static void urgent(struct play *p)
{
	open_one(p, 0, 0);
	p->conn.half[PP_C2S].vm.mode = PP_VM_OPAQUE;
	p->conn.half[PP_C2S].pos.opaque = U64_MAX;
	tap_ok(say(p, 1001, PP_TCP_URG, false, LINE) == PP_PASS && p->out.flags & PP_TCP_URG,
	       "urgent data that nobody reads stays urgent");
	p->conn.half[PP_C2S].fin = true;
	p->conn.half[PP_C2S].fin_x = 1005;
	tap_ok(say(p, 1004, PP_TCP_URG, false, LINE) == PP_REWRITE && !(p->out.flags & PP_TCP_URG),
	       "not where its place is not what it was");
}

int main(void)
{
	static void (*const acts[])(struct play *p) = {
		agreed, until_heeded, answers_kept, server_echoes, nothing_left, several, counts,
		urgent,
	};

	return play_all(acts, ARRAY_SIZE(acts));
}
