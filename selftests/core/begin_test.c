// SPDX-License-Identifier: GPL-2.0
/*
 * How connections begin and end, with a client that lies: several SYNs, a SYN/ACK
 * that comes late, a RST that the server does not heed, bytes behind a FIN. The
 * engine and the server must mean the same connection, or nothing may pass.
 */
#include "play.h"

static void syn(struct play *p, u32 seq)
{
	play_go(p, PP_C2S, seq, 0, SYN, "");
}

static int synack(struct play *p, u32 seq, u32 ack)
{
	return play_go(p, PP_S2C, seq, ack, SYNACK, "");
}

static bool cut(struct play *p, u32 seq, u32 ack)
{
	return play_go(p, PP_C2S, seq, ack, ACK, LONG_KEY) == PP_REWRITE && p->out.len == 10;
}

static void open_one(struct play *p)
{
	play_begin(p);
	syn(p, 1000);
	synack(p, 5000, 1001);
	play_go(p, PP_C2S, 1001, 5001, ACK, "");
}

static void several_syns(struct play *p)
{
	play_begin(p);
	syn(p, 1000);
	tap_ok(play_go(p, PP_C2S, 1001, 0, ACK, LONG_KEY) == PP_DROP &&
	       play_go(p, PP_C2S, 500, 0, ACK, LONG_KEY) == PP_DROP, "no data before the SYN/ACK");
	syn(p, 100000);
	synack(p, 5000, 1001);
	tap_ok(cut(p, 1001, 5001), "two SYNs, the first is taken");

	play_begin(p);
	syn(p, 1000);
	syn(p, 100000);
	synack(p, 5000, 1001);
	synack(p, 7000, 100001);
	tap_ok(play_go(p, PP_C2S, 1001, 5001, ACK, LONG_KEY) == PP_DROP && cut(p, 100001, 7001),
	       "two SYNs, two SYN/ACKs: the last one counts");
	tap_ok(synack(p, 8000, 1001) == PP_DROP, "no other SYN/ACK once the client has gone on");
	play_begin(p);
	syn(p, 1000);
	play_go(p, PP_C2S, 1001, 0, PP_TCP_RST, "");
	syn(p, 100000);
	synack(p, 5000, 1001);
	tap_ok(cut(p, 1001, 5001), "a RST between two SYNs");
}

/* The server's answer takes another way, or the client does not wait for it. */
static void one_way(struct play *p)
{
	play_begin(p);
	syn(p, 1000);
	tap_ok(play_go(p, PP_C2S, 1001, 5001, ACK, "") == PP_DROP, "nothing is acknowledged unseen");
	tap_ok(play_go(p, PP_C2S, 1001, 5001, ACK, "mm\n") == PP_DROP &&
	       play_go(p, PP_C2S, 1001, 5001, ACK | PP_TCP_FIN, "") == PP_DROP &&
	       p->conn.inspected == 0, "no byte passes, nor is read, nor the end of all");
	tap_ok(play_counted(p, PATCHPROXY_CNT_one_way) == 1 &&
	       play_counted(p, PATCHPROXY_CNT_drop_window) == 3, "the connection counts once");
	tap_ok(play_go(p, PP_C2S, 1000, 0, SYN, "") == PP_PASS &&
	       play_go(p, PP_C2S, 1001, 0, PP_TCP_RST, "") == PP_PASS && p->conn.state == PP_CONN_SYN,
	       "the client may ask again, and give up");
	synack(p, 5000, 1001);
	tap_ok(play_go(p, PP_C2S, 1001, 5001, ACK, "") == PP_PASS && cut(p, 1001, 5001),
	       "an answer that comes late after all begins the connection");
}

static void late_synack(struct play *p)
{
	open_one(p);
	syn(p, 1000);
	play_go(p, PP_C2S, 1001, 5001, ACK, ":aa");
	synack(p, 5000, 1001);
	tap_ok(play_go(p, PP_C2S, 1001, 5001, ACK, "mm aaaaaaaaaaaaaaaa\n") == PP_REWRITE &&
	       p->conn.half[PP_C2S].edited, "the same SYN/ACK again changes nothing");
	open_one(p);
	syn(p, 1000);
	play_go(p, PP_C2S, 1001, 5001, ACK, ":aa");
	tap_ok(synack(p, 9000, 1001) == PP_DROP, "nor does another one behind data");
	open_one(p);
	play_go(p, PP_C2S, 1001, 5001, ACK, "#30");
	syn(p, 1000);
	synack(p, 9000, 1001);
	tap_ok(cut(p, 1001, 9001) && p->conn.half[PP_C2S].wscale == 2,
	       "the server has begun anew with the client's old number");
}

static void acknowledgements(struct play *p)
{
	open_one(p);
	tap_ok(play_go(p, PP_C2S, 1001, 5002, ACK, LONG_KEY) == PP_DROP &&
	       play_go(p, PP_C2S, 1001, 5000, ACK, LONG_KEY) == PP_DROP &&
	       play_go(p, PP_C2S, 1001, 0, 0, LONG_KEY) == PP_DROP && cut(p, 1001, 5001),
	       "data with an acknowledgement of something else");
}

static void resets(struct play *p)
{
	open_one(p);
	play_go(p, PP_C2S, 1001, 5001, ACK, "mm ");
	play_go(p, PP_C2S, 1004, 0, PP_TCP_RST, "");
	tap_ok(p->conn.state == PP_CONN_OPEN, "a RST behind what the server may lack");
	play_go(p, PP_S2C, 5001, 1004, ACK, "");
	tap_ok(p->conn.state == PP_CONN_CLOSING, "the server did not lack it");

	open_one(p);
	play_go(p, PP_C2S, 1001, 5001, ACK, "mm ");
	play_go(p, PP_C2S, 1001, 0, PP_TCP_RST, "");
	tap_ok(p->conn.state == PP_CONN_OPEN, "a RST before what the server may have");
	play_go(p, PP_S2C, 5001, 1004, ACK, "");
	tap_ok(p->conn.state == PP_CONN_OPEN, "the server had it");

	open_one(p);
	play_go(p, PP_C2S, 1001, 0, PP_TCP_RST, "");
	tap_ok(p->conn.state == PP_CONN_CLOSING, "a RST where the server is");
	tap_ok(cut(p, 1001, 5001), "what comes behind it is looked at");
	play_go(p, PP_S2C, 5001, 1011, ACK, "");
	tap_ok(p->conn.state == PP_CONN_OPEN, "the RST was lost");

	open_one(p);
	play_go(p, PP_C2S, 1004, 0, PP_TCP_RST, "");
	play_go(p, PP_C2S, 1001, 5001, ACK, "mm ");
	play_go(p, PP_S2C, 5001, 1004, ACK, "");
	tap_ok(p->conn.state == PP_CONN_OPEN, "a RST behind all that was sent, which comes later");

	open_one(p);
	play_go(p, PP_C2S, 1001, 5001, ACK, "mm ");
	play_go(p, PP_C2S, 1004, 0, PP_TCP_RST, "");
	play_go(p, PP_C2S, 1001, 5001, ACK, "mm ");
	play_go(p, PP_S2C, 5001, 1004, ACK, "");
	tap_ok(p->conn.state == PP_CONN_OPEN, "what lay in front of a RST is sent again: it was lost");
}

static bool unsure(const struct play *p)
{
	struct pp_conn_info info;

	pp_conn_info(&p->conn, &info);
	return info.state == PP_CONN_CLOSING && info.unsure;
}

/* Of what seems to have ended, the server may still hold something open. */
static void ended_for_whom(struct play *p)
{
	open_one(p);
	play_go(p, PP_C2S, 1001, 0, PP_TCP_RST, "");
	tap_ok(unsure(p), "a RST before the server is open");

	open_one(p);
	play_go(p, PP_C2S, 1001, 5001, ACK, "mm\n");
	play_go(p, PP_S2C, 5001, 1004, ACK, "");
	play_go(p, PP_C2S, 1004, 0, PP_TCP_RST, "");
	tap_ok(p->conn.state == PP_CONN_CLOSING && !unsure(p), "a RST that the server takes");

	open_one(p);
	play_go(p, PP_C2S, 1001, 5001, ACK, "mm\n");
	play_go(p, PP_C2S, 1004, 0, PP_TCP_RST, "");
	play_go(p, PP_S2C, 5001, 1004, ACK, "");
	tap_ok(unsure(p), "a RST behind what was under way");

	open_one(p);
	play_go(p, PP_C2S, 1001, 5001, ACK, "mm\n");
	play_go(p, PP_S2C, 5001, 1004, ACK, "");
	play_go(p, PP_C2S, 1004, 0, PP_TCP_RST, "");
	syn(p, 3000);
	tap_ok(unsure(p), "a SYN behind the end");
}

/* A SYN that the server has not heeded must not stand in the way of a later one. */
static void syn_twice(struct play *p)
{
	play_begin(p);
	syn(p, 1000);
	synack(p, 5000, 1001);
	syn(p, 1000);
	play_go(p, PP_C2S, 1001, 5001, ACK, LINE);
	play_go(p, PP_S2C, 5001, 1001, ACK, "+yes\n");
	syn(p, 3000);
	tap_ok(synack(p, 7000, 3001) == PP_DROP, "a SYN that may have begun another connection");
	play_go(p, PP_S2C, 5006, 1004, ACK, "+yes\n");
	/* Both ends lose all they know, and nobody sees it. */
	syn(p, 3000);
	tap_ok(synack(p, 7000, 3001) != PP_DROP && cut(p, 3001, 7001),
	       "one that the server has gone on behind is forgotten, and another connection begins");
}

/* What the client sends must not end the handshake behind the engine's back. */
static void third_packets(struct play *p)
{
	play_begin(p);
	syn(p, 1000);
	synack(p, 5000, 1001);
	tap_ok(play_go(p, PP_C2S, 1001 + 1000000, 5001, ACK, "") != PP_DROP && p->out.seq == 1000,
	       "an acknowledgement from far away is none");
	tap_ok(play_go(p, PP_C2S, 1001 + 1000000, 5001, ACK | PP_TCP_FIN, "") == PP_DROP ||
	       p->out.seq == 1000, "nor is a FIN");
	tap_ok(play_go(p, PP_C2S, 1000, 5001, SYN | ACK | PP_TCP_FIN, "") == PP_DROP &&
	       play_go(p, PP_C2S, 1000, 0, SYN | PP_TCP_FIN, "") == PP_DROP &&
	       play_go(p, PP_C2S, 1000, 0, SYN | PP_TCP_RST, "") == PP_DROP,
	       "nor is a SYN that reaches behind itself");
}

/* A SYN is repeated without options, and the first one is answered. */
static void options_left_out(struct play *p)
{
	struct pp_seg seg = { .seq = 1000, .flags = SYN, .win = 1000, .mss = 1460, .wscale = 8 };

	play_begin(p);
	play_segment(p, PP_C2S, seg, "");
	seg.wscale = 0xff;
	play_segment(p, PP_C2S, seg, "");
	synack(p, 5000, 1001);
	tap_ok(p->conn.half[PP_C2S].wscale == 2 && p->conn.half[PP_S2C].wscale == 0xff,
	       "an answer with window scaling is to a SYN that offered it");
}

static void behind_fin(struct play *p)
{
	u64 inspected;

	open_one(p);
	play_go(p, PP_C2S, 1001, 5001, ACK | PP_TCP_FIN, "mm\n");
	inspected = p->conn.inspected;
	play_go(p, PP_C2S, 1004, 5001, ACK, LONG_KEY);
	tap_ok(p->out.len == 1 && p->out.seq == 999 && p->conn.inspected == inspected,
	       "data behind a FIN is a probe");

	open_one(p);
	play_go(p, PP_C2S, 1001, 5001, ACK, "mm\n");
	play_go(p, PP_S2C, 5001, 1004, ACK, "");
	play_go(p, PP_C2S, 1001, 5001, ACK | PP_TCP_FIN, "mm\n");
	tap_ok(p->out.flags & PP_TCP_FIN && p->out.seq + p->out.len == 1004 &&
	       p->conn.half[PP_C2S].fin, "a FIN that comes with old bytes");
}

static void close_both(struct play *p)
{
	open_one(p);
	cut(p, 1001, 5001);
	play_go(p, PP_S2C, 5001, 1011, ACK | PP_TCP_FIN, "+ok\n");
	play_go(p, PP_C2S, 1019, 5001, ACK | PP_TCP_FIN, "");
	play_go(p, PP_S2C, 5006, 1012, ACK, "");
}

/* What the server has said last is still on its way when somebody sends a SYN. */
static void again(struct play *p)
{
	close_both(p);
	tap_ok(pp_conn_closing(&p->conn), "both FINs: it has ended");
	syn(p, 70000);
	play_go(p, PP_S2C, 5001, 1012, ACK | PP_TCP_FIN, "+ok\n");
	tap_ok(pp_conn_closing(&p->conn) && p->out.ack == 1020 && p->out.len == 4,
	       "a SYN ends no translation");
	play_go(p, PP_C2S, 1020, 5006, ACK, "");
	tap_ok(p->out.seq == 1012, "of neither direction");
	tap_ok(synack(p, 9000, 70001) != PP_DROP && cut(p, 70001, 9001),
	       "the server's answer begins another connection");

	close_both(p);
	syn(p, 70000);
	tap_ok(synack(p, 5000, 1001) != PP_DROP && pp_conn_closing(&p->conn),
	       "its old answer does not");
}

/* Somebody has sent a SYN in the client's name, from elsewhere, and the server answers. */
static void denied(struct play *p)
{
	const struct pp_seg again = { .seq = 70000, .flags = SYN, .mss = 1460, .wscale = 2, .strange = true };
	const struct pp_seg no = { .seq = 1001, .flags = PP_TCP_RST, .strange = true };
	const struct pp_seg guess = { .seq = 1002, .flags = PP_TCP_RST, .strange = true };

	play_begin(p);
	syn(p, 1000);
	synack(p, 5000, 1001);
	tap_ok(!pp_conn_agreed(&p->conn), "no client has agreed");
	tap_ok(play_segment(p, PP_C2S, guess, "") == PP_DROP, "a RST that guesses");
	tap_ok(play_segment(p, PP_C2S, again, "") == PP_PASS, "another SYN passes");
	tap_ok(play_segment(p, PP_C2S, no, "") == PP_PASS && pp_conn_closing(&p->conn),
	       "the client says that it was not its own");
	open_one(p);
	tap_ok(pp_conn_agreed(&p->conn) && play_segment(p, PP_C2S, again, "") == PP_DROP &&
	       play_segment(p, PP_C2S, no, "") == PP_DROP, "neither once it has agreed");
}

/* The port is closed now: that is the new SYN's answer, and not the old connection's. */
static void refused(struct play *p)
{
	close_both(p);
	syn(p, 70000);
	tap_ok(play_go(p, PP_S2C, 0, 70001, PP_TCP_RST | ACK, "") == PP_PASS,
	       "a refusal is in the numbers of the SYN");
	tap_ok(play_go(p, PP_S2C, 5006, 1012, PP_TCP_RST | ACK, "") == PP_SHIFT && p->out.ack == 1020,
	       "another RST is the old connection's");

	open_one(p);
	syn(p, 1000);
	play_go(p, PP_S2C, 5001, 1001, ACK, "bad\n");
	tap_ok(play_go(p, PP_S2C, 5005, 1001, PP_TCP_RST | ACK, "") == PP_SHIFT &&
	       p->out.seq == 5009, "and so is one behind the same SYN again");
}

static void offers(struct play *p)
{
	const struct pp_half *h = p->conn.half;

	play_begin(p);
	syn(p, 1000);
	syn(p, 100000);
	synack(p, 5000, 100001);
	tap_ok(h[PP_S2C].wscale == 2 && h[PP_C2S].wscale == 2 && h[PP_S2C].mss == 1460,
	       "what the last SYN has offered is known");
	play_begin(p);
	syn(p, 1000);
	syn(p, 100000);
	synack(p, 5000, 1001);
	tap_ok(h[PP_S2C].wscale == 0xff && h[PP_C2S].wscale == 2 && !h[PP_S2C].mss,
	       "what another one has is not guessed");
	tap_ok(play_go(p, PP_S2C, 5001, 1001, ACK, "+ok\n") == PP_PASS && cut(p, 1001, 5005),
	       "and both directions go on");
}

int main(void)
{
	static void (*const acts[])(struct play *p) = {
		several_syns, one_way, late_synack, acknowledgements, resets, ended_for_whom, syn_twice,
		third_packets, options_left_out, behind_fin, again,
		denied, refused, offers,
	};

	return play_all(acts, ARRAY_SIZE(acts));
}
