// SPDX-License-Identifier: GPL-2.0
/*
 * Connections whose start was not seen: they pass untouched up to the first point at
 * which both ends have acknowledged everything and the client speaks behind the server,
 * and from there on they are inspected like any other.
 */
#include "play.h"

#define REPLY	"+yes\n"

static void old(struct play *p, u8 wscale)
{
	const struct pp_syn syn = { .wscale = wscale };

	play_begin(p);
	pp_conn_init_old(&p->conn, &p->m->gimg, &syn, wscale);
}

/* The client is at 1000, the server at 5000; the server replies to 18 bytes. */
static void talk(struct play *p)
{
	play_go(p, PP_C2S, 1000, 5000, ACK, LONG_KEY);
	play_go(p, PP_S2C, 5000, 1018, ACK, REPLY);
	play_go(p, PP_C2S, 1018, 5005, ACK, "");
}

static bool passes(struct play *p, int dir, u32 seq, u32 ack, const char *text)
{
	return play_go(p, dir, seq, ack, ACK, text) == PP_PASS && p->conn.join.wanted;
}

static bool cut(struct play *p, u32 seq, u32 ack)
{
	return play_go(p, PP_C2S, seq, ack, ACK, LONG_KEY) == PP_REWRITE && p->out.len == 10 &&
	       p->out.seq == seq && play_counted(p, PATCHPROXY_CNT_joined) == 1;
}

static void safe_point(struct play *p)
{
	struct pp_conn_info info;

	old(p, 2);
	tap_ok(passes(p, PP_C2S, 1000, 5000, LONG_KEY) && passes(p, PP_C2S, 1018, 5000, LONG_KEY),
	       "nothing is known: it passes");
	pp_conn_info(&p->conn, &info);
	tap_ok(info.state == PP_CONN_SYN && info.joining, "no server was heard");
	tap_ok(passes(p, PP_S2C, 5000, 1036, REPLY) && passes(p, PP_C2S, 1036, 5005, ""),
	       "the server's reply passes");
	pp_conn_info(&p->conn, &info);
	tap_ok(info.state == PP_CONN_OPEN && info.joining, "it is open");
	tap_ok(cut(p, 1036, 5005), "the request behind the reply is inspected");
	pp_conn_info(&p->conn, &info);
	tap_ok(!info.joining && info.delta[PP_C2S] == -8, "and has changed the numbers");
	tap_ok(play_go(p, PP_S2C, 5005, 1046, ACK, REPLY) == PP_SHIFT && p->out.ack == 1054 &&
	       p->out.win == 1000, "the server's acknowledgement is translated");
	tap_ok(play_go(p, PP_C2S, 1036, 5005, ACK, LONG_KEY) == PP_REWRITE && p->out.len == 1,
	       "what it has acknowledged is answered by a probe");
	tap_ok(play_go(p, PP_C2S, 1054, 5010, ACK, "mm a\n") != PP_DROP && p->out.seq == 1046,
	       "the next request is shifted");
}

static void no_safe_point(struct play *p)
{
	old(p, 2);
	talk(p);
	tap_ok(passes(p, PP_C2S, 1000, 5005, LONG_KEY), "old bytes again");
	tap_ok(passes(p, PP_C2S, 1018, 5005, LONG_KEY), "the client has spoken since the server");
	old(p, 2);
	talk(p);
	tap_ok(passes(p, PP_C2S, 1019, 5005, LONG_KEY), "a gap in front");
	old(p, 2);
	talk(p);
	tap_ok(passes(p, PP_C2S, 1018, 5000, LONG_KEY), "the reply is not acknowledged");
	old(p, 2);
	talk(p);
	tap_ok(play_go(p, PP_C2S, 1018, 5005, 0, LONG_KEY) == PP_PASS && p->conn.join.wanted,
	       "no acknowledgement at all");
	old(p, 2);
	play_go(p, PP_C2S, 1000, 5000, ACK, LONG_KEY);
	play_go(p, PP_S2C, 5000, 1010, ACK, REPLY);
	tap_ok(passes(p, PP_C2S, 1018, 5005, LONG_KEY), "the server has not all of the request");
	old(p, 2);
	play_go(p, PP_C2S, 1000, 5000, ACK, LONG_KEY);
	play_go(p, PP_S2C, 5000, 1018, ACK, "");
	tap_ok(passes(p, PP_C2S, 1018, 5000, LONG_KEY), "the server has only acknowledged");
	old(p, 2);
	talk(p);
	play_go(p, PP_S2C, 4990, 1000, ACK, REPLY);
	tap_ok(cut(p, 1018, 5005), "a packet of the server that was overtaken says nothing");
}

static void unknown_scale(struct play *p)
{
	old(p, 0xff);
	talk(p);
	tap_ok(cut(p, 1018, 5005) && p->out.win == 1000, "window scale not known: joined");
	tap_ok(play_go(p, PP_S2C, 5005, 1028, ACK, "") == PP_SHIFT && p->out.win == 1000,
	       "its field is left as it is");
	play_go(p, PP_C2S, 1036, 5005, ACK, LONG_KEY);
	play_go(p, PP_C2S, 1036 + 3 * 18, 5005, ACK, LONG_KEY);
	tap_ok(p->out.verdict == PP_DROP && p->out.reply && p->out.reply_win == 1000,
	       "in acknowledgements made here too");
	tap_ok(play_go(p, PP_C2S, 1054 + 100000, 5005, ACK, LONG_KEY) == PP_DROP &&
	       p->conn.half[PP_C2S].ooo && !play_counted(p, PATCHPROXY_CNT_drop_window),
	       "and nothing is outside the window");
}

static void ends(struct play *p)
{
	old(p, 2);
	talk(p);
	play_go(p, PP_C2S, 1018, 5005, ACK | PP_TCP_FIN, "");
	tap_ok(p->conn.state == PP_CONN_CLOSING && p->out.verdict == PP_PASS, "FIN: soon forgotten");
	old(p, 2);
	talk(p);
	play_go(p, PP_C2S, 1018, 0, PP_TCP_RST, "");
	tap_ok(p->conn.state == PP_CONN_CLOSING && p->out.verdict == PP_PASS, "RST: soon forgotten");
	tap_ok(cut(p, 1018, 5005) && p->conn.state == PP_CONN_OPEN, "it was nobody's RST");
}

static void begins_anew(struct play *p)
{
	old(p, 2);
	talk(p);
	play_go(p, PP_S2C, 4999, 1000, ACK | PP_TCP_SYN, "");
	tap_ok(p->out.verdict == PP_PASS && cut(p, 1018, 5005), "a SYN/ACK out of the blue");
	old(p, 2);
	talk(p);
	play_go(p, PP_C2S, 77000, 0, PP_TCP_SYN, "");
	tap_ok(p->out.verdict == PP_PASS && passes(p, PP_S2C, 5005, 1018, ""),
	       "a SYN, and the server says that it has a connection");
	play_go(p, PP_S2C, 88000, 77001, ACK | PP_TCP_SYN, "");
	tap_ok(p->out.verdict == PP_PASS && !p->conn.join.wanted &&
	       play_go(p, PP_C2S, 77001, 88001, ACK, LONG_KEY) == PP_REWRITE,
	       "a SYN that is answered begins a connection");
}

int main(void)
{
	static void (*const acts[])(struct play *p) = {
		safe_point, no_safe_point, unknown_scale, ends, begins_anew,
	};

	return play_all(acts, ARRAY_SIZE(acts));
}
