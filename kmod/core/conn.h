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

#define PP_STORE_MAX	(256u * 1024)	/* inspected bytes kept unacknowledged, one direction */
#define PP_OOO_MAX	(64u * 1024)	/* out-of-order bytes kept, one direction */
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
 * @fin_x: X of the FIN, with @fin
 * @rst_y: Y of a RST of A, with @rst
 * @head: first record
 * @tail: last record
 * @stored: bytes the records occupy
 * @ooo: out-of-order bytes, by X
 * @ooo_bytes: what they count for, at least their number
 * @pend: bytes from pp_map_consumed() to @pos.rcv_x, which wait for the other direction
 * @told: stream offset up to which edits were reported by a segment that was then not
 *	taken in for want of memory; they are not reported again
 * @tsval: highest timestamp value A has sent, with @stamped
 * @win: last window field B has sent, as A was given it
 * @mss: MSS option of B, 0 if none
 * @wscale: window scale of B; 0xff: not known
 * @init: the numbers are known
 * @edge: @edge_y is known
 * @fin: A has sent FIN, and it is decided
 * @rst: A has sent RST and no data behind it; whether B heeds it is not known
 * @edited: some edit was made
 * @stamped: @tsval is known
 */
struct pp_half {
	struct pp_vm vm;
	struct pp_pos pos;
	u32 base_x;
	u32 una_x;
	u32 una_y;
	u32 acked_x;
	u32 edge_y;
	u32 fin_x;
	u32 rst_y;
	struct pp_rec *head;
	struct pp_rec *tail;
	u32 stored;
	u32 ooo_bytes;
	struct pp_ooo *ooo;
	u8 *pend;
	u64 told;
	u32 tsval;
	u16 win;
	u16 mss;
	u8 wscale;
	bool init;
	bool edge;
	bool fin;
	bool rst;
	bool edited;
	bool stamped;
};

/**
 * struct pp_conn - a connection
 * @img: its grammar
 * @session: what the directions share
 * @half: by direction
 * @inspected: bytes parsed
 * @edits: edits made
 * @state: enum pp_conn_state
 * @resyn: a SYN came on the open connection
 * @spoke: the client has sent something behind that SYN, or behind its first one
 * @syn_wscale: window scale of its last SYN
 * @syn_mss: MSS option of that SYN
 */
struct pp_conn {
	const struct pp_image *img;
	struct pp_session session;
	struct pp_half half[2];
	u64 inspected;
	u32 edits;
	u8 state;
	bool resyn;
	bool spoke;
	u8 syn_wscale;
	u16 syn_mss;
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

/* map.c */
u32 pp_map_y(const struct pp_half *h, u32 x);
u32 pp_map_x(const struct pp_half *h, u32 y);
u32 pp_map_edge(const struct pp_half *h, u32 y);
u32 pp_map_consumed(const struct pp_half *h);
void pp_map_ack(struct pp_half *h, u32 y);
bool pp_map_sack(const struct pp_half *h, u32 start_y, u32 end_y, u32 *start_x, u32 *end_x);
void pp_map_free(struct pp_half *h);

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
	      u32 len, bool fin);

/* render.c */
bool pp_render(const struct pp_half *h, u32 from, u32 to, u32 seq, u32 fresh, u32 fresh_end,
	       struct pp_out *out, u32 *done);

#endif /* _PP_CONN_H */
