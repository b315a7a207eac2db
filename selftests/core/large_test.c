// SPDX-License-Identifier: GPL-2.0
/* A segment as the loopback device carries it, of which every tenth byte is edited. */
#include "play.h"

#define SEGMENT	65483u

static int go(struct play *p, int dir, struct pp_seg seg, const char *text)
{
	if (!seg.flags)
		seg.flags = ACK;
	seg.win = 60000;
	seg.wscale = 7;
	return play_segment(p, dir, seg, text);
}

#define SEG(...)	((struct pp_seg){ __VA_ARGS__ })

/* Its sender knows no shorter one: it sends from where it was acknowledged, as much. */
static bool arrives(struct play *p, const char *text)
{
	u32 at = 0, n;

	play_begin(p);
	go(p, PP_C2S, SEG(.seq = 1000, .flags = SYN), "");
	go(p, PP_S2C, SEG(.seq = 5000, .ack = 1001, .flags = SYNACK), "");
	go(p, PP_C2S, SEG(.seq = 1001, .ack = 5001), "");
	go(p, PP_S2C, SEG(.seq = 5001, .ack = 1001), "");
	for (n = 0; n < 16 && at < SEGMENT; n++) {
		go(p, PP_C2S, SEG(.seq = 1001 + at, .ack = 5001), text + at);
		while (p->out.verdict == PP_REWRITE && p->out.more)
			pp_conn_more(&p->conn, PP_C2S, &p->out);
		/* The server has all that left. */
		go(p, PP_S2C, SEG(.seq = 5001, .ack = p->conn.half[PP_C2S].pos.dec_y), "");
		at = p->out.ack - 1001;
	}
	return at >= SEGMENT;
}

static void fill(char *text, const char *word)
{
	u32 i;

	for (i = 0; i < SEGMENT; i++)
		text[i] = "xxxxxxxxxx"[i % 10];
	for (i = 10; i + 10 < SEGMENT; i += 10)
		memcpy(text + i, word, strlen(word));
	memcpy(text, ":k=", 3);
	text[SEGMENT] = 0;
}

static void overwritten(struct play *p)
{
	static char text[SEGMENT + 1];

	fill(text, "-");
	tap_ok(arrives(p, text) && !play_counted(p, PATCHPROXY_CNT_store_limit),
	       "as many bytes of other values: at once");
}

static void grown(struct play *p)
{
	static char text[SEGMENT + 1];

	fill(text, "ab");
	tap_ok(arrives(p, text), "many more bytes: in the end");
}

int main(void)
{
	static void (*const acts[])(struct play *p) = { overwritten, grown };

	return play_all(acts, ARRAY_SIZE(acts));
}
