/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The core: verified images, the stream VM, rules, and the per-connection stream
 * engine. Freestanding; compiled into the module and into user space from the
 * same sources. Nothing here locks: the caller serialises all calls that name
 * the same connection, and calls never sleep unless their text says so.
 */
#ifndef _PP_CORE_H
#define _PP_CORE_H

#include "port.h"
#include "../uapi/patchproxy.h"
#include "../uapi/patchproxy_image.h"

/**
 * struct pp_error - why something was refused
 * @msg: a sentence without a full stop; static storage
 * @section: enum pp_section of the fault
 * @index: element in that section
 */
struct pp_error {
	const char *msg;
	u32 section;
	u32 index;
};

/**
 * struct pp_image - an image whose structure has been checked
 * @hdr: the blob itself
 * @strings: PP_SEC_STRINGS
 * @bytes: PP_SEC_BYTES
 * @lits: PP_SEC_LITS
 * @sets: PP_SEC_SETS
 * @fields: PP_SEC_FIELDS
 * @code: PP_SEC_CODE
 * @reasons: PP_SEC_REASONS
 * @atoms: PP_SEC_ATOMS
 * @conds: PP_SEC_CONDS
 * @rules: PP_SEC_RULES
 * @n: elements by section
 *
 * All pointers are into the blob, which the owner keeps unchanged and alive.
 */
struct pp_image {
	const struct pp_image_header *hdr;
	const char *strings;
	const u8 *bytes;
	const struct pp_lit *lits;
	const struct pp_set *sets;
	const struct pp_field *fields;
	const struct pp_insn *code;
	const u32 *reasons;
	const struct pp_atom *atoms;
	const u16 *conds;
	const struct pp_rule *rules;
	u32 n[PP_NR_SECTIONS];
};

u64 pp_image_hash(const void *blob, size_t size);
int pp_image_open(struct pp_image *img, const void *blob, size_t size, struct pp_error *err);
const char *pp_image_string(const struct pp_image *img, u32 off);
int pp_verify_grammar(const struct pp_image *img, struct pp_error *err);
int pp_verify_patch(const struct pp_image *img, const struct pp_image *grammar,
		    struct pp_error *err);

/**
 * struct pp_rs_patch - one patch in a ruleset
 * @img: its image; the ruleset's owner keeps it alive
 * @since: generation from which it has been in force without a break
 * @cookie: the owner's own (where it counts hits)
 */
struct pp_rs_patch {
	const struct pp_image *img;
	u64 since;
	void *cookie;
};

struct pp_ruleset;

struct pp_ruleset *pp_ruleset_build(const struct pp_image *grammar,
				    const struct pp_rs_patch *patches, u32 n, u64 gen,
				    struct pp_error *err);
void pp_ruleset_free(struct pp_ruleset *rs);

/**
 * struct pp_edit_info - one edit, for events and reports
 * @patch: the patch, as given to pp_ruleset_build()
 * @rule: index of the rule in the patch
 * @field: name of the field
 * @secret: its bytes must not be shown
 * @first: the rule's action began here (one cut in several pieces begins once)
 * @off: offset in the stream (from the first byte after SYN) or datagram
 * @old_len: bytes removed
 * @new_len: bytes written
 * @old: first bytes removed
 * @new: first bytes written
 * @old_shown: valid bytes of @old
 * @new_shown: valid bytes of @new
 */
struct pp_edit_info {
	const struct pp_rs_patch *patch;
	u32 rule;
	const char *field;
	bool secret;
	bool first;
	u64 off;
	u32 old_len;
	u32 new_len;
	const u8 *old;
	const u8 *new;
	u16 old_shown;
	u16 new_shown;
};

/* Provided by each world; called while a packet is processed, under the caller's lock. */
/**
 * pp_port_edit() - an edit was made for the first time (not on a retransmission)
 * @ctx: &pp_seg.ctx or the @ctx of pp_dgram_run()
 * @dir: direction
 * @info: the edit; valid during the call
 */
void pp_port_edit(void *ctx, int dir, const struct pp_edit_info *info);

/**
 * pp_port_count() - add to a counter
 * @ctx: as for pp_port_edit()
 * @counter: enum patchproxy_counter
 * @n: how much
 */
void pp_port_count(void *ctx, int counter, u64 n);

/**
 * pp_port_note() - something else happened that an operator wants to know
 * @ctx: as for pp_port_edit()
 * @dir: direction
 * @event: PATCHPROXY_EVENT_MALFORMED or PATCHPROXY_EVENT_BLIND
 * @reason: text
 */
void pp_port_note(void *ctx, int dir, int event, const char *reason);

/**
 * struct pp_piece - a run of outgoing payload
 * @data: the bytes, or NULL: bytes of the packet that came in
 * @off: with @data NULL, offset in that packet's payload
 * @len: bytes
 *
 * @data stays valid until the next pp_conn_in() for the same connection.
 */
struct pp_piece {
	const u8 *data;
	u32 off;
	u32 len;
};

#define PP_MAX_PIECES	256
#define PP_MAX_SACK	4

#define PP_TCP_FIN	0x01
#define PP_TCP_SYN	0x02
#define PP_TCP_RST	0x04
#define PP_TCP_PSH	0x08
#define PP_TCP_ACK	0x10
#define PP_TCP_URG	0x20
#define PP_TCP_ECE	0x40
#define PP_TCP_CWR	0x80
#define PP_TCP_AE	0x100

enum pp_dir { PP_C2S, PP_S2C };

/**
 * enum pp_tight - state of the memory that all connections share
 * @PP_TIGHT_NO: there is enough
 * @PP_TIGHT_ORDER: nothing more may be kept out of order. What is kept so already is
 *	given up by bytes in order, which must not be refused for its sake
 * @PP_TIGHT_ALL: nothing more may be kept
 */
enum pp_tight { PP_TIGHT_NO, PP_TIGHT_ORDER, PP_TIGHT_ALL };

/**
 * struct pp_seg - a TCP segment as the engine sees it
 * @pkt: handed to pp_port_pull()
 * @ctx: handed to pp_port_edit() and friends
 * @seq: sequence number of the first payload byte (of SYN where it is set)
 * @ack: acknowledgement number, with PP_TCP_ACK
 * @len: payload bytes
 * @win: window field as sent
 * @flags: PP_TCP_*
 * @nsack: SACK blocks
 * @sack: SACK blocks, edges in host order, as sent
 * @ce: the network has marked it (IP's ECN field says "congestion experienced")
 * @has_ts: a timestamp option is there
 * @tsval: its value
 * @tsecr: its echo
 * @strange: it comes from elsewhere than the connection's packets before it
 * @hearsay: who has made it is not its sender, but this machine: a packet filter's RST
 * @most: payload bytes that can leave in one packet, 0: any number; what one edit wrote
 *	(PP_ARENA at most) is not divided
 * @now: seconds, of any steady clock
 * @tight: how much all connections keep already, enum pp_tight
 * @sack_ok: on SYN: SACK-permitted option
 * @mss: on SYN: MSS option or 0
 * @wscale: on SYN: window scale option, or 0xff
 */
struct pp_seg {
	void *pkt;
	void *ctx;
	u32 seq;
	u32 ack;
	u32 len;
	u16 win;
	u16 flags;
	u8  nsack;
	struct { u32 start, end; } sack[PP_MAX_SACK];
	bool ce;
	bool has_ts;
	bool strange;
	bool hearsay;
	bool sack_ok;
	u8  tight;
	u32 tsval;
	u32 tsecr;
	u32 most;
	u32 now;
	u16 mss;
	u8  wscale;
};

/**
 * enum pp_verdict - what becomes of a segment or datagram
 * @PP_PASS: leaves exactly as it came
 * @PP_SHIFT: payload untouched; header fields as in &struct pp_out
 * @PP_REWRITE: payload is the pieces of &struct pp_out; header fields likewise
 * @PP_DROP: does not leave
 * @PP_RESET: does not leave; both ends get a RST as in &struct pp_out
 */
enum pp_verdict { PP_PASS, PP_SHIFT, PP_REWRITE, PP_DROP, PP_RESET };

/**
 * struct pp_rest - what of a segment has not left yet
 * @x: from here, X
 * @to: to here, X
 * @seq: X of the first payload byte of the packet at hand
 * @fresh: bytes of that packet from here on are the ones that were parsed, X
 * @fresh_end: end of them, X
 * @most: as &pp_seg.most
 * @flags: of the last packet that leaves for it
 */
struct pp_rest {
	u32 x;
	u32 to;
	u32 seq;
	u32 fresh;
	u32 fresh_end;
	u32 most;
	u16 flags;
};

/**
 * struct pp_out - what leaves
 * @verdict: enum pp_verdict
 * @admitted: the segment is one that its receiver would take for one of the connection
 * @seq: sequence number, in the receiver's numbering
 * @ack: acknowledgement number, in the receiver's numbering
 * @win: window field
 * @flags: PP_TCP_* (FIN may be taken away while bytes before it are undecided); AE is
 *	as it came
 * @nsack: SACK blocks that remain
 * @sack: SACK blocks in the receiver's numbering
 * @npieces: valid elements of @pieces
 * @len: payload bytes, the sum over @pieces
 * @tsval: timestamp value, where &pp_seg.has_ts
 * @mss: MSS option of the receiver, which does not count options (RFC 6691); 0 unknown
 * @reply: send an ACK back to the sender of this segment, made of the following
 *	(in the numbering of the sender)
 * @reply_seq: its sequence number
 * @reply_ack: its acknowledgement number
 * @reply_win: its window field
 * @reply_flags: its PP_TCP_*
 * @reply_tsval: its timestamp value, where &pp_seg.has_ts
 * @reply_tsecr: its timestamp echo, where &pp_seg.has_ts
 * @reply_nsack: its SACK blocks
 * @reply_sack: its SACK blocks
 * @rst_seq: with PP_RESET: sequence number of the RST toward the receiver
 * @rst_reply_seq: with PP_RESET: sequence number of the RST back to the sender
 * @more: this is not all: pp_conn_more() gives the next packet for the same segment
 * @rest: with @more, the engine's own
 * @pieces: the payload
 */
struct pp_out {
	int verdict;
	u32 seq;
	u32 ack;
	u16 win;
	u16 flags;
	u8  nsack;
	struct { u32 start, end; } sack[PP_MAX_SACK];
	bool admitted;
	u16 npieces;
	u32 len;
	u32 tsval;
	u16 mss;
	bool reply;
	u8  reply_nsack;
	u16 reply_win;
	u16 reply_flags;
	u32 reply_seq;
	u32 reply_ack;
	u32 reply_tsval;
	u32 reply_tsecr;
	struct { u32 start, end; } reply_sack[PP_MAX_SACK];
	u32 rst_seq;
	u32 rst_reply_seq;
	bool more;
	struct pp_rest rest;
	struct pp_piece pieces[PP_MAX_PIECES];
};

/* struct pp_conn and what it is made of: conn.h. */
struct pp_conn;
struct pp_syn;

/**
 * enum pp_conn_state - life of a connection
 * @PP_CONN_SYN: only the client's SYN has been seen
 * @PP_CONN_OPEN: SYN/ACK seen
 * @PP_CONN_CLOSING: a FIN was seen in each direction and the server has the client's,
 *	or a RST that it sent, or that stands where the server is with nothing on its way
 */
enum pp_conn_state { PP_CONN_SYN, PP_CONN_OPEN, PP_CONN_CLOSING };

/**
 * struct pp_conn_info - what is shown of a connection
 * @state: enum pp_conn_state
 * @joining: its start was not seen, and it is not parsed yet
 * @agreed: pp_conn_agreed()
 * @unsure: if it is closing, the server may hold one like it open: a SYN has come since it
 *	began; or the server has not shown that its side is open, and may still wait for the
 *	client; or a RST may have met nobody
 * @reset: if it is closing, then by a RST only that its server may not have heeded, or
 *	knows nothing of
 * @opaque: neither direction is parsed any more
 * @delta: receiver's numbering minus sender's, by direction
 * @edits: edits made
 * @held: bytes held now
 * @inspected: bytes parsed
 * @edited: one direction's numbering is shifted, or the box has acknowledged bytes
 *	that the receiver lacks: the connection cannot go on without translation. Not
 *	once each end has acknowledged the other's FIN: nothing has to go on
 */
struct pp_conn_info {
	int state;
	bool joining;
	bool agreed;
	bool unsure;
	bool reset;
	bool opaque;
	s32 delta[2];
	u32 edits;
	u32 held;
	u64 inspected;
	bool edited;
};

void pp_conn_init(struct pp_conn *c, const struct pp_image *grammar);
void pp_conn_init_old(struct pp_conn *c, const struct pp_image *grammar, const struct pp_syn *syn,
		      u8 server_wscale);
void pp_conn_clear(struct pp_conn *c);
bool pp_conn_closing(const struct pp_conn *c);
bool pp_conn_agreed(const struct pp_conn *c);
bool pp_conn_anew(const struct pp_conn *c, const struct pp_seg *seg);
void pp_conn_again(struct pp_conn *c, const struct pp_image *grammar);
int pp_conn_in(struct pp_conn *c, const struct pp_ruleset *rs, int dir,
	       const struct pp_seg *seg, struct pp_out *out);
void pp_conn_more(const struct pp_conn *c, int dir, struct pp_out *out);
void pp_conn_rst_left(struct pp_conn *c, u32 y);
void pp_conn_tidy(struct pp_conn *c, u32 now, void *ctx);
void pp_conn_info(const struct pp_conn *c, struct pp_conn_info *info);
u32 pp_conn_kept(const struct pp_conn *c);
u32 pp_conn_map(const struct pp_conn *c, int dir, u32 x);
u32 pp_conn_unmap(const struct pp_conn *c, int dir, u32 y);

int pp_dgram_run(const struct pp_ruleset *rs, int dir, void *pkt, void *ctx, u32 len,
		 struct pp_out *out);

#endif /* _PP_CORE_H */
