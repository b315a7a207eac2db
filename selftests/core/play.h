/* SPDX-License-Identifier: GPL-2.0 */
/* A connection in the engine that is given one segment after another. */
#ifndef SELFTEST_PLAY_H
#define SELFTEST_PLAY_H

#include "../../userspace/stream.h"
#include "mini.h"
#include "tap.h"

#define SYN	PP_TCP_SYN
#define SYNACK	(PP_TCP_SYN | PP_TCP_ACK)
#define ACK	PP_TCP_ACK

#define LONG_KEY	":aaaaaaaaaaaaaaaa\n"	/* 18 bytes; arrives as 8 bytes of key */
#define LINE		"mm\n"			/* stays as it is */

/**
 * struct play - a connection and what the engine said last
 * @m: the protocol
 * @conn: the connection
 * @out: the last answer
 * @watch: told of edits and counts
 */
struct play {
	const struct mini *m;
	struct pp_conn conn;
	struct pp_out out;
	struct watch watch;
};

void play_begin(struct play *p);
int play_segment(struct play *p, int dir, struct pp_seg seg, const char *text);
int play_go(struct play *p, int dir, u32 seq, u32 ack, u8 flags, const char *text);
u64 play_counted(const struct play *p, int counter);
int play_all(void (*const *acts)(struct play *p), size_t n);

#endif /* SELFTEST_PLAY_H */
