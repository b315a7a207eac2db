// SPDX-License-Identifier: GPL-2.0
/*
 * Connections whose start was not seen: they pass untouched up to the first point at
 * which both ends have acknowledged everything and the client speaks behind the server,
 * and from there on they are inspected like any other.
 */
#include "../../kmod/core/conn.h"
#include "../../userspace/stream.h"
#include "mini.h"
#include "tap.h"

#define LONG_KEY	":aaaaaaaaaaaaaaaa\n"	/* 18 bytes; arrives as 8 bytes of key */
#define REPLY		"+yes\n"
#define ACK		PP_TCP_ACK

struct play {
	const struct mini *m;
	struct pp_conn conn;
	struct pp_out out;
	struct watch watch;
};

static int go(struct play *p, int dir, u32 seq, u32 ack, u8 flags, const char *text)
{
	struct payload data = { .data = (const u8 *)text, .len = strlen(text) };
	struct pp_seg seg = {
		.pkt = &data, .ctx = &p->watch, .seq = seq, .ack = ack, .len = data.len,
		.win = 1000, .flags = flags, .wscale = flags & PP_TCP_SYN ? 2 : 0xff,
	};

	memset(&p->out, 0xa5, sizeof(p->out));
	return pp_conn_in(&p->conn, p->m->rs, dir, &seg, &p->out);
}

static void old(struct play *p, u8 wscale)
{
	const struct pp_syn syn = { .wscale = wscale };

	pp_conn_clear(&p->conn);
	memset(&p->watch, 0, sizeof(p->watch));
	pp_conn_init_old(&p->conn, &p->m->gimg, &syn, wscale);
}

/* The client is at 1000, the server at 5000; the server replies to 18 bytes. */
static void talk(struct play *p)
{
	go(p, PP_C2S, 1000, 5000, ACK, LONG_KEY);
	go(p, PP_S2C, 5000, 1018, ACK, REPLY);
	go(p, PP_C2S, 1018, 5005, ACK, "");
}

static bool passes(struct play *p, int dir, u32 seq, u32 ack, const char *text)
{
	return go(p, dir, seq, ack, ACK, text) == PP_PASS && p->conn.join.wanted;
}

static bool cut(struct play *p, u32 seq, u32 ack)
{
	return go(p, PP_C2S, seq, ack, ACK, LONG_KEY) == PP_REWRITE && p->out.len == 10 &&
	       p->out.seq == seq && p->watch.counters[PATCHPROXY_CNT_joined] == 1;
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
	tap_ok(go(p, PP_S2C, 5005, 1046, ACK, REPLY) == PP_SHIFT && p->out.ack == 1054 &&
	       p->out.win == 1000, "the server's acknowledgement is translated");
	tap_ok(go(p, PP_C2S, 1036, 5005, ACK, LONG_KEY) == PP_REWRITE && p->out.len == 1,
	       "what it has acknowledged is answered by a probe");
	tap_ok(go(p, PP_C2S, 1054, 5010, ACK, "mm a\n") != PP_DROP && p->out.seq == 1046,
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
	tap_ok(go(p, PP_C2S, 1018, 5005, 0, LONG_KEY) == PP_PASS && p->conn.join.wanted,
	       "no acknowledgement at all");
	old(p, 2);
	go(p, PP_C2S, 1000, 5000, ACK, LONG_KEY);
	go(p, PP_S2C, 5000, 1010, ACK, REPLY);
	tap_ok(passes(p, PP_C2S, 1018, 5005, LONG_KEY), "the server has not all of the request");
	old(p, 2);
	go(p, PP_C2S, 1000, 5000, ACK, LONG_KEY);
	go(p, PP_S2C, 5000, 1018, ACK, "");
	tap_ok(passes(p, PP_C2S, 1018, 5000, LONG_KEY), "the server has only acknowledged");
	old(p, 2);
	talk(p);
	go(p, PP_S2C, 4990, 1000, ACK, REPLY);
	tap_ok(cut(p, 1018, 5005), "a packet of the server that was overtaken says nothing");
}

static void unknown_scale(struct play *p)
{
	old(p, 0xff);
	talk(p);
	tap_ok(cut(p, 1018, 5005) && p->out.win == 1000, "window scale not known: joined");
	tap_ok(go(p, PP_S2C, 5005, 1028, ACK, "") == PP_SHIFT && p->out.win == 1000,
	       "its field is left as it is");
	go(p, PP_C2S, 1036, 5005, ACK, LONG_KEY);
	go(p, PP_C2S, 1036 + 3 * 18, 5005, ACK, LONG_KEY);
	tap_ok(p->out.verdict == PP_DROP && p->out.reply && p->out.reply_win == 1000,
	       "in acknowledgements made here too");
	tap_ok(go(p, PP_C2S, 1054 + 100000, 5005, ACK, LONG_KEY) == PP_DROP &&
	       p->conn.half[PP_C2S].ooo && !p->watch.counters[PATCHPROXY_CNT_drop_window],
	       "and nothing is outside the window");
}

static void ends(struct play *p)
{
	old(p, 2);
	talk(p);
	go(p, PP_C2S, 1018, 5005, ACK | PP_TCP_FIN, "");
	tap_ok(p->conn.state == PP_CONN_CLOSING && p->out.verdict == PP_PASS, "FIN: soon forgotten");
	old(p, 2);
	talk(p);
	go(p, PP_C2S, 1018, 0, PP_TCP_RST, "");
	tap_ok(p->conn.state == PP_CONN_CLOSING && p->out.verdict == PP_PASS, "RST: soon forgotten");
	tap_ok(cut(p, 1018, 5005) && p->conn.state == PP_CONN_OPEN, "it was nobody's RST");
}

static void begins_anew(struct play *p)
{
	old(p, 2);
	talk(p);
	go(p, PP_S2C, 4999, 1000, ACK | PP_TCP_SYN, "");
	tap_ok(p->out.verdict == PP_PASS && cut(p, 1018, 5005), "a SYN/ACK out of the blue");
	old(p, 2);
	talk(p);
	go(p, PP_C2S, 77000, 0, PP_TCP_SYN, "");
	tap_ok(p->out.verdict == PP_PASS && passes(p, PP_S2C, 5005, 1018, ""),
	       "a SYN, and the server says that it has a connection");
	go(p, PP_S2C, 88000, 77001, ACK | PP_TCP_SYN, "");
	tap_ok(p->out.verdict == PP_PASS && !p->conn.join.wanted &&
	       go(p, PP_C2S, 77001, 88001, ACK, LONG_KEY) == PP_REWRITE,
	       "a SYN that is answered begins a connection");
}

int main(void)
{
	struct play *p = calloc(1, sizeof(*p));
	struct mini m;

	if (tap_ok(p && mini_open(&m), "the small protocol compiles")) {
		p->m = &m;
		safe_point(p);
		no_safe_point(p);
		unknown_scale(p);
		ends(p);
		begins_anew(p);
		pp_conn_clear(&p->conn);
		mini_close(&m);
	}
	free(p);
	return tap_done();
}
