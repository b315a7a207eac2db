// SPDX-License-Identifier: GPL-2.0
/*
 * Rules that change no byte: what a policy's reset ends, and whether each hit is counted.
 */
#include "play.h"

static const char grammar[] =
	"protocol mini \"lines\" {\n"
	"	transport tcp 7777;\n"
	"	set eol = [\\n];\n"
	"	client { loop { unit line { text: until eol max 1000; lit \"\\n\"; } } }\n"
	"	server { loop { unit reply { text: until eol max 1000; lit \"\\n\"; } } }\n"
	"}\n";

static const char patch[] =
	"patch mini-all \"end it\" {\n"
	"	for mini;\n"
	"	on reply.text when reply.text contains \"bad\" reset;\n"
	"	on line.text count;\n"
	"}\n";

static void open_one(struct play *p)
{
	play_begin(p);
	play_go(p, PP_C2S, 1000, 0, SYN, "");
	play_go(p, PP_S2C, 5000, 1001, SYNACK, "");
	play_go(p, PP_C2S, 1001, 5001, ACK, "");
}

/* The server only challenges a RST that is not where it is: then nothing has ended. */
static void refused_reply(struct play *p)
{
	open_one(p);
	play_go(p, PP_C2S, 1001, 5001, ACK, "mm\n");
	play_go(p, PP_C2S, 1004, 5001, ACK, "half");
	tap_ok(play_go(p, PP_S2C, 5001, 1004, ACK, "bad\n") == PP_RESET &&
	       p->out.rst_reply_seq == 1004 && !pp_conn_closing(&p->conn),
	       "a reply is refused while more is under way: the server may go on");
	play_go(p, PP_S2C, 5001, 1008, ACK, "");
	tap_ok(!pp_conn_closing(&p->conn), "it does");
	tap_ok(play_go(p, PP_S2C, 5001, 1008, ACK, "bad\n") == PP_RESET && pp_conn_closing(&p->conn),
	       "nothing is under way: it takes the RST");
}

/* Each of them, though they come at once. */
static void many_hits(struct play *p)
{
	char lines[2 * 400 + 1] = "";
	u32 i;

	for (i = 0; i < 400; i++)
		memcpy(lines + 2 * i, "x\n", 2);
	open_one(p);
	play_go(p, PP_C2S, 1001, 5001, ACK, lines);
	tap_ok(play_counted(p, PATCHPROXY_CNT_edits) == 400 && p->out.verdict == PP_PASS,
	       "400 hits in one segment, %llu counted",
	       (unsigned long long)play_counted(p, PATCHPROXY_CNT_edits));
}

int main(void)
{
	struct play *p = calloc(1, sizeof(*p));
	struct mini m;

	if (tap_ok(p && mini_open_text(&m, grammar, patch), "the protocol compiles")) {
		p->m = &m;
		refused_reply(p);
		many_hits(p);
		pp_conn_clear(&p->conn);
		mini_close(&m);
	}
	free(p);
	return tap_done();
}
