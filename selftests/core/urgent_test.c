// SPDX-License-Identifier: GPL-2.0
/*
 * Urgent pointers: a receiver takes the byte that one points at out of its stream, also if
 * the pointer comes before the byte does. So none may point at bytes that are parsed.
 */
#include "play.h"

static const char grammar[] =
	"protocol mini \"lines, and then something else\" {\n"
	"	transport tcp 7777;\n"
	"	set eol = [\\n];\n"
	"	client {\n"
	"		loop {\n"
	"			unit line {\n"
	"				if peek [!] {\n"
	"					opaque;\n"
	"				}\n"
	"				text: until eol max 1000;\n"
	"				lit \"\\n\";\n"
	"			}\n"
	"		}\n"
	"	}\n"
	"	server {\n"
	"		loop {\n"
	"			unit reply {\n"
	"				text: until eol max 1000;\n"
	"				lit \"\\n\";\n"
	"			}\n"
	"		}\n"
	"	}\n"
	"}\n";

static const char patch[] =
	"patch mini-all \"spoil a word\" { for mini; on line.text replace \"evil\" with \"evi_\"; }\n";

static void ahead_of_its_byte(struct play *p)
{
	play_begin(p);
	play_go(p, PP_C2S, 1000, 0, SYN, "");
	play_go(p, PP_S2C, 5000, 1001, SYNACK, "");
	play_go(p, PP_C2S, 1001, 5001, ACK, "");
	/* It dies on the way to the server (few hops to live). */
	play_go(p, PP_C2S, 1001, 5001, ACK, "eXvil\n!");
	tap_ok(p->conn.half[PP_C2S].vm.mode == PP_VM_OPAQUE && p->conn.half[PP_C2S].head,
	       "the parser has given up behind a line that the server lacks");
	/* The pointer, in the packet, says 2: the second byte, "X". */
	play_go(p, PP_C2S, 1001, 5001, ACK | PP_TCP_URG, "");
	tap_ok(p->out.verdict == PP_SHIFT && !(p->out.flags & PP_TCP_URG),
	       "no urgent pointer at it, alone");
	play_go(p, PP_S2C, 5001, 1008, ACK, "");
	play_go(p, PP_C2S, 1008, 5001, ACK | PP_TCP_URG, "any");
	tap_ok(p->out.verdict == PP_PASS && p->out.flags & PP_TCP_URG,
	       "what nobody has to read may be urgent");
}

static void before_a_join(struct play *p)
{
	const struct pp_syn syn = { .wscale = 2 };

	pp_conn_clear(&p->conn);
	pp_conn_init_old(&p->conn, &p->m->gimg, &syn, 2);
	play_go(p, PP_C2S, 1000, 5000, ACK, "mm\n");
	play_go(p, PP_S2C, 5000, 1003, ACK, "+yes\n");
	/* It points at 1005, which comes after the point where parsing begins. */
	play_go(p, PP_C2S, 1003, 5005, ACK | PP_TCP_URG, "");
	tap_ok(p->conn.join.wanted && p->out.verdict == PP_SHIFT && !(p->out.flags & PP_TCP_URG),
	       "nor one that is sent before parsing begins, and points behind");
}

int main(void)
{
	struct play *p = calloc(1, sizeof(*p));
	struct mini m;

	if (tap_ok(p && mini_open_text(&m, grammar, patch), "the protocol compiles")) {
		p->m = &m;
		ahead_of_its_byte(p);
		before_a_join(p);
		pp_conn_clear(&p->conn);
		mini_close(&m);
	}
	free(p);
	return tap_done();
}
