/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A TCP connection in the stream engine. For each direction A to B, X is A's
 * numbering of the stream and Y is B's; comparisons are serial (modulo 2^32).
 * Embedded in the flow; only the core looks inside.
 */
#ifndef _PP_CONN_H
#define _PP_CONN_H

#include "core.h"
#include "run.h"

#define PP_KEEP_MAX	(256u * 1024)	/* bytes kept, one direction, out of order or not
					 * acknowledged; no more is offered to their sender */
#define PP_STORE_MAX	(384u * 1024)	/* the same with what edits add to them, and what it
					 * takes to keep many small ones */
#define PP_PEND_MAX	(64u * 1024)	/* bytes that wait for the other direction */
#define PP_MAX_OWED	16		/* ranges of them that are reported by SACK */
#define PP_OPAQUE_STEP	(1u << 30)	/* bytes an opaque span is granted at once: the
					 * numbering must stay unambiguous */

/**
 * struct pp_rec - inspected bytes that B has not acknowledged
 * @next: the record behind it; opaque bytes may lie between
 * @x: first byte, X
 * @xlen: bytes, X; at least 1
 * @y: first byte, Y
 * @ylen: bytes, Y
 * @cap: room in @data
 * @edit: the bytes at @x became @data as a whole; else byte by byte
 * @changed: @data is not what A sent, though it may be as long
 * @data: what B is sent, also if A sends the bytes again and others
 */
struct pp_rec {
	struct pp_rec *next;
	u32 x;
	u32 xlen;
	u32 y;
	u32 ylen;
	u32 cap;
	bool edit;
	bool changed;
	u8 data[];
};

/**
 * struct pp_ooo - bytes that came before the ones in front of them
 * @next: later bytes
 * @x: first byte, X
 * @len: bytes
 * @data: the bytes
 */
struct pp_ooo {
	struct pp_ooo *next;
	u32 x;
	u32 len;
	u8 data[];
};

/**
 * struct pp_owed - ranges that A was told by SACK the box has, and B lacks (owed.c)
 * @n: valid elements of @r
 * @r: ranges, X, by place; neither overlapping nor adjacent
 */
struct pp_owed {
	u32 n;
	struct { u32 x, end; } r[PP_MAX_OWED];
};

/**
 * struct pp_pos - how far a direction has come
 * @dec_x: everything before it is decided, X
 * @dec_y: the same place, Y
 * @rcv_x: everything before it is in hand, X. What is not decided of it is held by
 *	the parser (struct pp_scope_head) or waits in &pp_half.pend
 * @opaque: bytes from @dec_x on that concern nobody; U64_MAX: all. While not 0
 *	@rcv_x equals @dec_x
 */
struct pp_pos {
	u32 dec_x;
	u32 dec_y;
	u32 rcv_x;
	u64 opaque;
};

/**
 * struct pp_half - one direction, A to B
 * @vm: its parser
 * @pos: how far it has come
 * @base_x: X of the first byte behind the SYN
 * @una_x: B has acknowledged everything before it, X
 * @una_y: the same place, Y
 * @acked_x: highest acknowledgement A was given
 * @edge_y: end of the window B has offered, Y
 * @given_x: end of the window A was given, X
 * @echo: ECN flags that B's last segment had
 * @hole_y: with @hole, start of the first SACK block in B's last acknowledgement, Y
 * @fin_x: X of the FIN, with @fin
 * @rst_y: Y of a RST of A, with @rst
 * @widest: largest window that A was given, bytes
 * @head: first record
 * @tail: last record
 * @stored: bytes the records occupy
 * @kept: bytes of @stored that are of the stream
 * @ooo: out-of-order bytes, by X
 * @ooo_bytes: what they count for, at least their number
 * @ooo_at: when bytes last came to be in order, or the first of @ooo was kept, &pp_seg.now
 * @pend: bytes from pp_map_consumed() to @pos.rcv_x, which wait for the other direction
 * @told: stream offset up to which edits were reported by a segment that was then not
 *	taken in for want of memory; they are not reported again
 * @owed: ranges reported to A by SACK, or NULL
 * @resent: bytes of @owed sent again since B acknowledged anything
 * @again_y: with @again, first of the bytes that B was sent again on behalf of A, Y
 * @again_end: with @again, their end, Y
 * @passed: with @stamped, highest timestamp value that has left with a number B has
 *	reached: B takes what carries it, and remembers none that is higher
 * @recent: with @recent_ok, timestamp below which B takes no segment of A (RFC 7323,
 *	section 5.3)
 * @recent_at: when it was last confirmed, &pp_seg.now
 * @win: window field A was given last
 * @mss: MSS option of B, 0 if none
 * @wscale: window scale of B; 0xff: not known
 * @init: the numbers are known
 * @edge: @edge_y and @given_x are known
 * @rst_late: with @rst, something in front of it was on its way
 * @hole: @hole_y is valid
 * @again: @again_y and @again_end are valid
 * @stamped: @passed is valid
 * @recent_ok: @recent is valid
 * @sack: both ends have offered SACK
 * @ts: both ends have offered timestamps
 * @fin: A has sent FIN, and it is decided
 * @rst: A has sent RST; whether B heeds it is not known
 * @marked: the network has marked bytes of A in a segment that B has not seen, and A
 *	does not know yet (ecn.c)
 * @slowed: A has said that it knows in such a segment
 * @edited: some edit was made
 */
struct pp_half {
	struct pp_vm vm;
	struct pp_pos pos;
	u32 base_x;
	u32 una_x;
	u32 una_y;
	u32 acked_x;
	u32 edge_y;
	u32 given_x;
	u32 hole_y;
	u32 fin_x;
	u32 rst_y;
	u32 widest;
	struct pp_rec *head;
	struct pp_rec *tail;
	u32 stored;
	u32 kept;
	u32 ooo_bytes;
	u32 ooo_at;
	struct pp_ooo *ooo;
	u8 *pend;
	u64 told;
	struct pp_owed *owed;
	u32 resent;
	u32 again_y;
	u32 again_end;
	u32 passed;
	u32 recent;
	u32 recent_at;
	u16 win;
	u16 mss;
	u16 echo;
	u8 wscale;
	bool init;
	bool edge;
	bool hole;
	bool again;
	bool stamped;
	bool recent_ok;
	bool sack;
	bool ts;
	bool fin;
	bool rst;
	bool rst_late;
	bool marked;
	bool slowed;
	bool edited;
};

/**
 * enum pp_ecn - how the ends tell each other of congestion (ecn.c)
 * @PP_ECN_NONE: not at all, or not known
 * @PP_ECN_ECHO: as in RFC 3168
 * @PP_ECN_COUNT: as in RFC 9768
 */
enum pp_ecn { PP_ECN_NONE, PP_ECN_ECHO, PP_ECN_COUNT };

/**
 * struct pp_syn - what a client's SYN offers
 * @seq: its sequence number
 * @mss: MSS option, 0 if none
 * @ecn: its flags, for what they say of ECN
 * @wscale: window scale, 0xff if none
 * @sack: SACK
 * @ts: timestamps
 */
struct pp_syn {
	u32 seq;
	u16 mss;
	u16 ecn;
	u8 wscale;
	bool sack;
	bool ts;
};

/**
 * struct pp_join - a connection whose start was not seen (join.c)
 * @wanted: it waits for a point where parsing may begin; nothing else of it is known
 * @heard: the server has been heard: @ack, @end and @win are valid
 * @spoke: the server has sent data since the client has
 * @wscale: window scale of the server, 0xff: not known
 * @win: the server's last window field
 * @ack: the server's highest acknowledgement
 * @end: end of what the server has sent
 */
struct pp_join {
	bool wanted;
	bool heard;
	bool spoke;
	u8 wscale;
	u16 win;
	u32 ack;
	u32 end;
};

/**
 * struct pp_conn - a connection
 * @img: its grammar
 * @session: what the directions share
 * @half: by direction
 * @inspected: bytes parsed
 * @edits: edits made
 * @resyn_y: with @resyn, how far the client's direction had come then, Y
 * @state: enum pp_conn_state
 * @ecn: enum pp_ecn
 * @resyn: a SYN came on the connection that was open or had ended, and the server has
 *	acknowledged nothing yet that came behind it
 * @spoke: the client has sent something behind that SYN, or behind its first one
 * @one_way: the client has gone on though no answer of the server was seen
 * @syn: the last SYN
 * @join: where its start was not seen
 */
struct pp_conn {
	const struct pp_image *img;
	struct pp_session session;
	struct pp_half half[2];
	u64 inspected;
	u32 edits;
	u32 resyn_y;
	u8 state;
	u8 ecn;
	bool resyn;
	bool spoke;
	bool one_way;
	struct pp_syn syn;
	struct pp_join join;
};

/* Serial comparison. */
static inline bool pp_before(u32 a, u32 b)
{
	return (s32)(a - b) < 0;
}

static inline bool pp_after(u32 a, u32 b)
{
	return (s32)(a - b) > 0;
}

static inline u32 pp_later(u32 a, u32 b)
{
	return pp_after(a, b) ? a : b;
}

/* Window scale, where one is needed that is not too small (RFC 7323, section 2.3). */
static inline u8 pp_scale(const struct pp_half *h)
{
	return h->wscale == 0xff ? 14 : h->wscale;
}

/* conn.c */
void pp_half_begin(struct pp_half *h, u32 base);

/* admit.c */
bool pp_admit(struct pp_conn *c, int dir, const struct pp_seg *seg);
bool pp_admit_repeats(const struct pp_half *h, const struct pp_half *r, const struct pp_seg *seg);
bool pp_admit_believed(const struct pp_half *h, const struct pp_seg *seg);
u32 pp_admit_window(const struct pp_half *h, const struct pp_seg *seg);
void pp_admit_stamp(struct pp_half *h, const struct pp_seg *seg);
void pp_admit_passed(struct pp_half *h, const struct pp_seg *seg, struct pp_out *out);

/* ecn.c */
void pp_ecn_begin(struct pp_conn *c, u16 offered, u16 flags);
void pp_ecn_in(struct pp_conn *c, int dir, const struct pp_seg *seg, struct pp_out *out);
void pp_ecn_keep(struct pp_conn *c, int dir, const struct pp_seg *seg);
void pp_ecn_leave(struct pp_conn *c, int dir, const struct pp_seg *seg, struct pp_out *out);
u16 pp_ecn_reply(const struct pp_conn *c, int dir);

/* join.c */
bool pp_join(struct pp_conn *c, int dir, const struct pp_seg *seg);

/* map.c */
u32 pp_map_y(const struct pp_half *h, u32 x);
u32 pp_map_x(const struct pp_half *h, u32 y);
u32 pp_map_consumed(const struct pp_half *h);
void pp_map_ack(struct pp_half *h, u32 y);
bool pp_map_sack(const struct pp_half *h, u32 start_y, u32 end_y, u32 *start_x, u32 *end_x);
void pp_map_free(struct pp_half *h);

/* owed.c */
bool pp_owed_add(struct pp_half *h, u32 x, u32 end);
bool pp_owed_in(const struct pp_half *h, u32 x, u32 end);
void pp_owed_settle(struct pp_half *h);
u32 pp_owed_floor(const struct pp_half *h, u32 x);
bool pp_owed_clip(const struct pp_half *h, u32 x, u32 *end);
u32 pp_owed_extend(const struct pp_half *h, u32 end);
void pp_owed_again(struct pp_half *h, u32 y, u32 end);
bool pp_owed_echo(const struct pp_half *h, const struct pp_seg *seg, u32 *end);
void pp_owed_blocks(const struct pp_half *h, u32 x, struct pp_out *out);

/* ack.c */
u32 pp_ack_for(const struct pp_half *h, u32 y);
u16 pp_ack_window(struct pp_half *h);
void pp_ack_translate(struct pp_half *r, const struct pp_seg *seg, struct pp_out *out);

/* ingest.c */
/**
 * struct pp_source - bytes on their way into the engine
 * @pkt: packet they are in, or NULL
 * @mem: with @pkt NULL, the bytes
 * @x: X of the first byte
 * @len: bytes
 */
struct pp_source {
	void *pkt;
	const u8 *mem;
	u32 x;
	u32 len;
};

int pp_ingest(struct pp_conn *c, const struct pp_ruleset *rs, int dir, const struct pp_seg *seg,
	      u32 len, bool fin, u32 *fresh);

/* render.c */
bool pp_render(const struct pp_half *h, struct pp_rest *rest, u32 most, struct pp_out *out);

#endif /* _PP_CONN_H */
