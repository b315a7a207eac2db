// SPDX-License-Identifier: GPL-2.0
/* A connection in the engine that is given one segment after another. */
#include "play.h"

/**
 * play_begin() - another connection, of which nothing was seen yet
 * @p: the play
 */
void play_begin(struct play *p)
{
	pp_conn_clear(&p->conn);
	memset(&p->watch, 0, sizeof(p->watch));
	pp_conn_init(&p->conn, &p->m->gimg);
}

/**
 * play_segment() - a segment
 * @p: the play
 * @dir: direction
 * @seg: its header
 * @text: its payload
 *
 * A RST of the client that the engine lets pass leaves at once.
 *
 * Return: the verdict.
 */
int play_segment(struct play *p, int dir, struct pp_seg seg, const char *text)
{
	struct payload data = { .data = (const u8 *)text, .len = strlen(text) };

	seg.pkt = &data;
	seg.ctx = &p->watch;
	seg.len = data.len;
	memset(&p->out, 0xa5, sizeof(p->out));
	pp_conn_in(&p->conn, p->m->rs, dir, &seg, &p->out);
	if (dir == PP_C2S && seg.flags & PP_TCP_RST && p->out.verdict != PP_DROP)
		pp_conn_rst_left(&p->conn, p->out.seq);
	return p->out.verdict;
}

/**
 * play_go() - a segment with nothing special about it
 * @p: the play
 * @dir: direction
 * @seq: sequence number
 * @ack: acknowledgement number
 * @flags: PP_TCP_*
 * @text: payload
 *
 * Return: the verdict.
 */
int play_go(struct play *p, int dir, u32 seq, u32 ack, u8 flags, const char *text)
{
	const struct pp_seg seg = {
		.seq = seq, .ack = ack, .win = 1000, .flags = flags, .mss = 1460, .wscale = 2,
	};

	return play_segment(p, dir, seg, text);
}

/**
 * play_counted() - what was counted
 * @p: the play
 * @counter: enum patchproxy_counter
 *
 * Return: since the connection began.
 */
u64 play_counted(const struct play *p, int counter)
{
	return p->watch.counters[counter];
}

/**
 * play_all() - the whole test
 * @acts: its parts, in order
 * @n: how many
 *
 * Return: exit status.
 */
int play_all(void (*const *acts)(struct play *p), size_t n)
{
	struct play *p = calloc(1, sizeof(*p));
	struct mini m;
	size_t i;

	if (tap_ok(p && mini_open(&m), "the small protocol compiles")) {
		p->m = &m;
		for (i = 0; i < n; i++)
			acts[i](p);
		pp_conn_clear(&p->conn);
		mini_close(&m);
	}
	free(p);
	return tap_done();
}
