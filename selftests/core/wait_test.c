// SPDX-License-Identifier: GPL-2.0
/* Bytes that wait for the other direction: what it costs to go on waiting. */
#include "play.h"

static const char grammar[] =
	"protocol mini \"one line, one reply\" {\n"
	"	transport tcp 7777;\n"
	"	set eol = [\\n];\n"
	"	reg tag;\n"
	"	client { loop { unit line { text: until eol max 1000; lit \"\\n\"; push 0; wait; } } }\n"
	"	server { loop { unit reply { text: until eol max 1000; lit \"\\n\"; pop tag; } } }\n"
	"}\n";

static const char patch[] =
	"patch mini-all \"spoil a word\" { for mini; on line.text replace \"evil\" with \"evi_\"; }\n";

#define LINES	12000u			/* of 5 bytes */
#define MANY	1000000ul

/* How often it needs memory for a segment. */
static unsigned long needs(struct play *p, u32 seq, u32 ack, const char *text)
{
	unsigned long n;

	pp_alloc_fail_nth = MANY;
	play_go(p, PP_C2S, seq, ack, ACK, text);
	n = MANY - pp_alloc_fail_nth;
	pp_alloc_fail_nth = 0;
	return n;
}

static void waits(struct play *p)
{
	const struct pp_half *h = &p->conn.half[PP_C2S];
	static char text[5 * LINES + 1];
	u32 i, at, end = 1001 + 5 * LINES;
	char line[5] = "";

	for (i = 0; i < LINES; i++)
		memcpy(text + 5 * i, "evil\n", 5);
	play_begin(p);
	play_segment(p, PP_C2S, (struct pp_seg){ .seq = 1000, .flags = SYN, .wscale = 7 }, "");
	play_segment(p, PP_S2C, (struct pp_seg){ .seq = 5000, .ack = 1001, .flags = SYNACK,
						 .win = 65535, .wscale = 7 }, "");
	play_go(p, PP_C2S, 1001, 5001, ACK, text);
	tap_ok(h->pos.dec_x == 1006 && h->pos.rcv_x == end, "one line leaves, the others wait");
	tap_ok(!needs(p, end, 5001, "") && !needs(p, end, 5001, "") && h->pos.rcv_x == end,
	       "going on waiting needs no memory");
	tap_ok(needs(p, end, 5001, "evil\n") == 1 && h->pos.rcv_x == end + 5,
	       "once where one more comes behind them");
	play_go(p, PP_S2C, 5001, 1006, ACK, "ok\n");
	tap_ok(needs(p, end + 5, 5004, "") <= 4 && h->pos.dec_x == 1011 && h->pos.rcv_x == end + 5,
	       "a few times where one of them may go");
	for (i = 0, at = 0; i < p->out.npieces && p->out.len == 5; at += p->out.pieces[i++].len)
		memcpy(line + at, p->out.pieces[i].data, p->out.pieces[i].len);
	tap_ok(p->out.seq == 1006 && !memcmp(line, "evi_\n", 5), "that one goes as it should");
}

int main(void)
{
	struct play *p = calloc(1, sizeof(*p));
	struct mini m;

	if (tap_ok(p && mini_open_text(&m, grammar, patch), "the protocol compiles")) {
		p->m = &m;
		waits(p);
		pp_conn_clear(&p->conn);
		mini_close(&m);
	}
	free(p);
	return tap_done();
}
