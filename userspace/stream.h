/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A TCP connection through the stream engine, with both endpoints played here:
 * each numbers, sends, receives, reassembles and acknowledges as an endpoint
 * does, and every contradiction the engine shows them is an error.
 */
#ifndef PATCHCTL_STREAM_H
#define PATCHCTL_STREAM_H

#include "../kmod/core/conn.h"
#include "watch.h"

#define STREAM_MSS	1460
#define STREAM_WINDOW	65535

/**
 * struct stream_half - one direction: its sender and its receiver
 * @isn: initial sequence number
 * @sent: all bytes written by the sender's application
 * @nsent: how many
 * @room: bytes allocated at @sent
 * @snd_nxt: bytes sent at least once, FIN included
 * @una: bytes acknowledged to the sender, FIN included
 * @sacked: one byte per byte of @sent: reported by a SACK block
 * @fin: the sender has ended; FIN's place is @nsent
 * @got: bytes as the receiver has them
 * @have: one byte per byte of @got: it is there
 * @got_room: bytes allocated at @got and @have
 * @got_end: end of the last byte that is there
 * @rcv_nxt: bytes the receiver has without a gap
 * @acked: highest acknowledgement the receiver has sent: what comes before it does
 *	not matter any more, whatever it says
 * @fin_known: a FIN was received, maybe beyond a gap
 * @fin_at: place of that FIN
 */
struct stream_half {
	u32 isn;
	u8 *sent;
	u8 *sacked;
	size_t nsent;
	size_t room;
	size_t snd_nxt;
	size_t una;
	bool fin;
	u8 *got;
	u8 *have;
	size_t got_room;
	size_t got_end;
	size_t rcv_nxt;
	size_t acked;
	bool fin_known;
	size_t fin_at;
};

/**
 * struct stream_packet - a segment on the wire, behind the engine
 * @dir: direction it travels
 * @seq: sequence number
 * @ack: acknowledgement number
 * @flags: PP_TCP_*
 * @nsack: SACK blocks
 * @sack: the blocks
 * @data: payload, to be freed
 * @len: bytes of it
 */
struct stream_packet {
	int dir;
	u32 seq;
	u32 ack;
	u8 flags;
	u8 nsack;
	struct { u32 start, end; } sack[PP_MAX_SACK];
	u8 *data;
	u32 len;
};

/**
 * struct stream - a connection
 * @conn: the engine's part
 * @rs: rules in force now; may be changed between calls
 * @watch: told of edits and counts
 * @half: the directions, by enum pp_dir
 * @carry: takes what leaves the engine; NULL: it is delivered at once. Owns the
 *	packet's data
 * @carry_priv: handed to @carry
 * @out: what the engine answered last
 * @clock: timestamp value of the next segment
 * @use_ts: segments carry timestamps
 * @use_sack: receivers report what they have beyond a gap
 * @scattered: payload is handed to the engine in copies
 * @lossy: something may have been lost, so that numbers need not be exact
 * @reset: the engine ended the connection
 * @error: first contradiction found, "" for none
 */
struct stream {
	struct pp_conn conn;
	const struct pp_ruleset *rs;
	struct watch watch;
	struct stream_half half[2];
	void (*carry)(struct stream *s, void *priv, struct stream_packet *p);
	void *carry_priv;
	struct pp_out out;
	u32 clock;
	bool use_ts;
	bool use_sack;
	bool scattered;
	bool lossy;
	bool reset;
	char error[200];
};

void stream_open(struct stream *s, const struct pp_image *grammar,
		 const struct pp_ruleset *rs, u32 client_isn, u32 server_isn);
void stream_close(struct stream *s);
void stream_write(struct stream *s, int dir, const void *data, size_t len);
void stream_end(struct stream *s, int dir);
int stream_segment(struct stream *s, int dir, size_t off, size_t len);
int stream_forged(struct stream *s, int dir, size_t off, const void *data, size_t len);
int stream_ack(struct stream *s, int dir);
void stream_deliver(struct stream *s, const struct stream_packet *p);
void stream_send(struct stream *s, int dir, const void *data, size_t len);
void stream_fin(struct stream *s, int dir);
bool stream_flush(struct stream *s, int dir);
bool stream_settled(struct stream *s);
void stream_fault(struct stream *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* PATCHCTL_STREAM_H */
