/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The oracle of the stream engine: two TCP endpoints, a bad network and the engine
 * between them, all in simulated time. One seed is one run. What is judged is in
 * oracle_judge.c.
 */
#ifndef SELFTEST_ORACLE_H
#define SELFTEST_ORACLE_H

#include "../../kmod/core/conn.h"
#include "../../userspace/watch.h"

#include <stdio.h>

#define NEVER	U64_MAX

/**
 * enum choice_stream - whose decision is drawn
 * @CH_SETUP: shape of the run
 * @CH_DATA: content, by direction
 * @CH_APP: when an application writes, reads and closes, by endpoint
 * @CH_EP: how an endpoint cuts its segments, by endpoint
 * @CH_NET: fate of a packet, by link
 * @CH_FORGE: segments from a third party
 * @CH_BOX: when the box has no memory
 * @NR_CHOICES: their number
 *
 * Each counts its draws for itself, so that leaving one out changes little else.
 */
enum choice_stream {
	CH_SETUP,
	CH_DATA,
	CH_APP = CH_DATA + 2,
	CH_EP = CH_APP + 2,
	CH_NET = CH_EP + 2,
	CH_FORGE = CH_NET + 4,
	CH_BOX,
	NR_CHOICES
};

/**
 * struct choices - decisions of a run
 * @seed: they follow from it
 * @n: draws made, by stream
 * @live: by stream: which draws count, one byte each; NULL: all
 * @nlive: elements of @live; draws behind them do not count
 *
 * A draw that does not count is 0, and 0 always means that nothing happens.
 */
struct choices {
	u64 seed;
	u32 n[NR_CHOICES];
	u8 *live[NR_CHOICES];
	u32 nlive[NR_CHOICES];
};

u64 choice_draw(struct choices *c, int stream);
u32 choice_take(u64 *v, u32 n);
bool choice_chance(u64 *v, u32 percent);
char *choice_text(const struct choices *c);
bool choice_parse(struct choices *c, const char *text);
void choice_free(struct choices *c);

/* oracle_model.c */
#define TALK_RULES	12
#define TALK_MAX_ASKS	64

/**
 * struct talk - the protocol and its patches, one for each rule
 * @grammar: as compiled
 * @patch: as compiled
 * @gimg: image of the grammar
 * @pimg: images of the patches
 * @rs: rulesets by set of rules, built when they are first needed
 */
struct talk {
	struct lang_grammar *grammar;
	struct lang_patch *patch[TALK_RULES];
	struct pp_image gimg;
	struct pp_image pimg[TALK_RULES];
	struct pp_ruleset *rs[1 << TALK_RULES];
};

/**
 * struct model - what a direction's stream becomes
 * @dir: direction
 * @rules: set of rules
 * @in: what is sent
 * @nin: bytes of it
 * @out: what must arrive
 * @nout: bytes of it
 * @y: by byte of @in: where in @out what it became begins; @nin + 1 elements
 * @yend: by byte of @in: where it ends
 * @edited: by byte of @in: it does not stay as it is
 * @opaque: by byte of @in: nobody looks at it
 * @origin: by byte of @out: place in @in of a byte that nobody looks at, or U32_MAX
 * @room: bytes allocated at @in
 * @out_room: bytes allocated at @out
 * @at: bytes of @in already done
 * @nasks: questions of the client
 * @ask_end: by question: end of it in @in
 */
struct model {
	int dir;
	u32 rules;
	u8 *in;
	u32 nin;
	u8 *out;
	u32 nout;
	u32 *y;
	u32 *yend;
	u8 *edited;
	u8 *opaque;
	u32 *origin;
	u32 room;
	u32 out_room;
	u32 at;
	u32 nasks;
	u32 ask_end[TALK_MAX_ASKS];
};

bool talk_open(struct talk *t);
void talk_close(struct talk *t);
const struct pp_ruleset *talk_rules(struct talk *t, u32 rules);
void model_clear(struct model *m);
void model_add(struct model *m, const void *p, u32 n);
void model_unit(struct model *m, u64 v, bool opaque);
void model_answer(struct model *m);
void model_run(struct model *m);
u8 model_other(u8 byte, u64 *v);

/**
 * struct pkt - a segment on the wire
 * @seq: sequence number
 * @ack: acknowledgement number
 * @len: bytes of @data
 * @tsval: timestamp, with @has_ts
 * @tsecr: its echo
 * @win: window field
 * @flags: PP_TCP_*
 * @mss: MSS option of a SYN
 * @wscale: window scale option of a SYN, or 0xff
 * @nsack: SACK blocks
 * @has_ts: there is a timestamp option
 * @sack_ok: SACK-permitted option of a SYN
 * @ect: the network may mark it instead of losing it
 * @ce: and has
 * @forged: neither endpoint has sent it
 * @strange: it comes from where its sender is not
 * @made: the box has made it
 * @sack: the blocks
 * @data: payload
 */
struct pkt {
	u32 seq;
	u32 ack;
	u32 len;
	u32 tsval;
	u32 tsecr;
	u16 win;
	u16 flags;
	u16 mss;
	u8 wscale;
	u8 nsack;
	bool has_ts;
	bool sack_ok;
	bool ect;
	bool ce;
	bool forged;
	bool strange;
	bool made;
	struct { u32 start, end; } sack[PP_MAX_SACK];
	u8 data[];
};

/**
 * enum link - where a packet is under way
 * @LINK_C_BOX: from the client to the box
 * @LINK_BOX_S: from the box to the server
 * @LINK_S_BOX: from the server to the box
 * @LINK_BOX_C: from the box to the client
 * @NR_LINKS: their number
 */
enum link { LINK_C_BOX, LINK_BOX_S, LINK_S_BOX, LINK_BOX_C, NR_LINKS };

/**
 * struct event - a packet arrives
 * @at: when
 * @serial: events of the same time come in the order they were made
 * @link: on which link
 * @p: the packet
 */
struct event {
	u64 at;
	u32 serial;
	int link;
	struct pkt *p;
};

/**
 * struct net - the network
 * @heap: packets under way, the next one first
 * @n: their number
 * @room: elements allocated
 * @serial: of the next event
 * @loss: of 100 packets so many are lost, by link
 * @dup: likewise doubled
 * @mark: likewise marked, of those that may be
 * @aside: of 100 SYN/ACKs, so many take a way that has no box
 * @jitter: most milliseconds a packet is late, by link
 * @cut: of 100 packets behind the box so many leave in parts, cut anywhere
 * @next_forge: when a third party sends again
 * @forge: set of kinds of forged segments
 */
struct net {
	struct event *heap;
	u32 n;
	u32 room;
	u32 serial;
	u8 loss[NR_LINKS];
	u8 dup[NR_LINKS];
	u8 mark[NR_LINKS];
	u8 aside;
	u32 jitter[NR_LINKS];
	u8 cut;
	u64 next_forge;
	u32 forge;
};

/**
 * struct box - the engine, between the links
 * @conn: its connection
 * @rs: rules in force, or NULL
 * @watch: what it counts
 * @out: its last answer
 * @through: leave it out: packets pass as they are
 * @starved: of 100 segments, so many meet an allocation that fails
 * @most: payload bytes of one packet that leaves, 0: any number
 */
struct box {
	struct pp_conn conn;
	const struct pp_ruleset *rs;
	struct watch watch;
	struct pp_out out;
	bool through;
	u8 starved;
	u32 most;
};

#define COVERED \
	C(a1_insertion_decided, "A1", "an insertion hangs on the byte behind it") \
	C(a1_ack_but_insertion, "A1", "acknowledged up to an insertion, and no farther") \
	C(a2_old, "A2", "number at or below una") \
	C(a2_in_edit, "A2", "number inside an edit") \
	C(a2_in_copy, "A2", "number inside a record of bytes that stay") \
	C(a2_behind, "A2", "number behind all records") \
	C(a3_whole_edit, "A3", "re-send around an edit") \
	C(a3_begins_inside, "A3", "re-send that begins inside an edit") \
	C(a3_ends_inside, "A3", "re-send that ends inside an edit") \
	C(a3_wholly_inside, "A3", "re-send that lies inside an edit") \
	C(a3_overwritten, "A3", "re-send of bytes that were overwritten") \
	C(a3_wholly_old, "A3", "re-send of acknowledged bytes") \
	C(a3_partly_new, "A3", "re-send with new bytes behind") \
	C(a3_other_bytes, "A3", "re-send with other bytes") \
	C(a4_old, "A4", "acknowledgement below una") \
	C(a4_in_edit, "A4", "acknowledgement inside an edit") \
	C(a4_at_cut, "A4", "acknowledgement where bytes were cut") \
	C(a4_in_copy, "A4", "acknowledgement inside a record that stays") \
	C(a4_all, "A4", "acknowledgement of everything decided") \
	C(a4_held, "A4", "acknowledgement that takes held bytes along") \
	C(a4_beyond, "A4", "acknowledgement of what was not sent") \
	C(a5_passed, "A5", "SACK block translated") \
	C(a5_narrowed, "A5", "SACK block without part of an edit") \
	C(a5_emptied, "A5", "SACK block of which nothing is left") \
	C(a5_dsack, "A5", "SACK block below una") \
	C(a6_raw, "A6", "window as it was") \
	C(a6_grown, "A6", "window less by what edits added") \
	C(a6_zero, "A6", "window of nothing") \
	C(a6_beyond, "A6", "data wholly outside the window") \
	C(a6_part, "A6", "data partly outside the window") \
	C(a7_answered, "A7", "nothing is left, an acknowledgement goes back") \
	C(a7_silent, "A7", "nothing is left, and bytes in front are under way") \
	C(a7_carries_ack, "A7", "nothing is left but a new acknowledgement") \
	C(a8_reply_ts, "A8", "made acknowledgement with a timestamp") \
	C(a8_held_back, "A8", "timestamp behind a gap held back") \
	C(a9_rst_at, "A9", "RST where its receiver is") \
	C(a9_rst_held, "A9", "RST with bytes held") \
	C(a9_rst_elsewhere, "A9", "RST elsewhere") \
	C(a10_fin_alone, "A10", "FIN without data") \
	C(a10_fin_data, "A10", "FIN with data") \
	C(a10_fin_kept, "A10", "FIN taken away: bytes in front are undecided") \
	C(a10_fin_again, "A10", "FIN sent again") \
	C(a10_fin_decides, "A10", "FIN decides held bytes") \
	C(a11_syn_live, "A11", "SYN on an open connection") \
	C(a11_synack_again, "A11", "SYN/ACK again") \
	C(a12_syn_data, "A12", "SYN with data") \
	C(a13_urgent_cleared, "A13", "urgent flag cleared") \
	C(a13_urgent_kept, "A13", "urgent flag of bytes nobody reads") \
	C(a14_mark_kept, "A14", "mark on a segment of which nothing leaves") \
	C(a14_reply_echo, "A14", "made acknowledgement that echoes a mark") \
	C(a14_echo_added, "A14", "the receiver's acknowledgement echoes it too") \
	C(a14_answer_late, "A14", "the answer to an echo leaves with later bytes") \
	C(a14_count, "A14", "made acknowledgement with the receiver's count of marks") \
	C(a15_unanswered, "A15", "a client goes on whose server was not heard") \
	C(a16_old_stamp, "A16", "data with an old timestamp") \
	C(a16_elsewhere, "A16", "a segment from elsewhere that proves nothing") \
	C(a16_wrong_ack, "A16", "data with an acknowledgement of something else") \
	C(a16_behind_fin, "A16", "data behind FIN") \
	C(hold_begins, "hold", "bytes held") \
	C(custody_resent, "hold", "bytes in custody carried again") \
	C(waits, "hold", "bytes wait for the other direction") \
	C(released, "hold", "bytes released by the other direction's reply") \
	C(ooo_kept, "order", "early bytes kept") \
	C(ooo_joined, "order", "early bytes joined by those in front") \
	C(ooo_opaque, "order", "early bytes of an opaque span pass") \
	C(ooo_in_front, "order", "early bytes go before others of a segment behind them") \
	C(parts, "order", "a segment leaves as several packets")

/**
 * enum covered - what was met, by rule of the map
 */
enum covered {
#define C(name, rule, doc) COV_##name,
	COVERED
#undef C
	NR_COVERED
};

/**
 * struct judge_dir - what is known of a direction
 * @first: bytes that left toward the receiver, by place
 * @set: by place: it has left
 * @room: elements of both
 * @said: by place in its sender's numbering: set of the bytes that the sender has put
 *	there; of a hostile one only
 * @said_room: elements of @said
 * @acked: highest acknowledgement that its receiver has sent, as a place
 * @edge_y: farthest end of window that its receiver has sent, as a place
 * @said_y: the same, in segments that its sender has reason to believe
 * @edge_x: farthest end of window that its sender was given, as a place
 * @most_x: farthest end of window that its sender could have been given
 * @last_x: end of window that its sender was given last
 * @kept: up to here the box may have acknowledged bytes on its own account
 * @lied: a third party has spoken for its receiver
 * @marks: segments of it that the network has marked
 * @untold: the box has kept a mark that its sender has not been told of
 * @unanswered: nor has its sender answered it
 * @answered: its sender has answered an echo
 * @counts: set of the counts of marks that its receiver has sent
 * @stamp: highest timestamp that its sender has sent
 * @ack_x: acknowledgement up to which its sender's has been checked
 */
struct judge_dir {
	u8 *first;
	u8 *set;
	u32 room;
	struct { u64 set[4]; } *said;
	u32 said_room;
	u32 acked;
	s64 edge_y;
	s64 said_y;
	s64 edge_x;
	s64 most_x;
	s64 last_x;
	u32 kept;
	bool lied;
	u32 marks;
	bool untold;
	bool unanswered;
	bool answered;
	u8 counts;
	u32 stamp;
	u32 ack_x;
};

struct world;

#include "endpoint.h"

/**
 * struct world - a run
 * @ch: its decisions
 * @talk: the protocol
 * @now: milliseconds
 * @heal: from then on nothing is lost
 * @net: the network
 * @ep: the endpoints, by direction they send in
 * @box: the engine
 * @model: the streams, by direction
 * @judge: what is known, by direction
 * @hostile: an endpoint sends other bytes again
 * @opaque: there are spans that nobody looks at
 * @aborts: an endpoint may end the connection by RST
 * @attack: kinds of forged segments allowed
 * @trace: where every packet is printed, or NULL
 * @edits: an edit was decided
 * @resent: a segment overlapped an edit that had left
 * @cover: what was met, sum over all runs
 * @error: first contradiction, "" for none
 */
struct world {
	struct choices *ch;
	struct talk *talk;
	u64 now;
	u64 heal;
	struct net net;
	struct ep ep[2];
	struct box box;
	struct model model[2];
	struct judge_dir judge[2];
	bool hostile;
	bool opaque;
	bool aborts;
	u32 attack;
	FILE *trace;
	bool edits;
	bool resent;
	u64 cover[NR_COVERED];
	char error[256];
};

void world_fault(struct world *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void *world_grow(void *p, size_t size);

/* oracle_net.c */
struct pkt *pkt_new(u32 len);
void net_send(struct world *w, int link, struct pkt *p);
bool net_next(const struct net *n, u64 *at);
void net_arrive(struct world *w);
void net_forge(struct world *w);
void net_clear(struct world *w);
void net_trace(const struct world *w, int link, const struct pkt *p, const char *what);

/* oracle_box.c */
void box_open(struct world *w);
void box_close(struct world *w);
void box_in(struct world *w, int dir, struct pkt *p);
u64 box_next(const struct world *w);
void box_timer(struct world *w);
u32 box_decided_x(const struct world *w, int dir);
u32 box_decided_y(const struct world *w, int dir);
u32 box_unacked_y(const struct world *w, int dir);
u32 box_unacked_x(const struct world *w, int dir);
u32 box_in_hand(const struct world *w, int dir);
u32 box_custody(const struct world *w, int dir);
bool box_keeps(const struct world *w, int dir, u32 at);

/* oracle_judge.c */
u32 world_most(const struct world *w, int dir);
void judge_begin(struct world *w);
void judge_seen(struct world *w, int dir, const struct pkt *p);
void judge_left(struct world *w, int dir, const struct pkt *p, const struct pkt *from);
void judge_state(struct world *w);
void judge_arrived(struct world *w, int dir, u32 from, u32 to);
void judge_fin(struct world *w, int dir, u32 at);
void judge_marked(struct world *w, int dir, bool kept);
void judge_answered(struct world *w, int dir);
void judge_congestion(struct world *w, int dir, const struct pkt *p);
void judge_end(struct world *w);

/* oracle_cover.c */
/**
 * struct cover_before - state of the engine before a segment
 * @pos: by direction
 * @una_x: by direction
 * @ooo_bytes: of the segment's direction
 * @fin: likewise
 * @pend: likewise
 * @hold: likewise
 * @marked: likewise
 * @counters: what the engine had counted
 */
struct cover_before {
	struct pp_pos pos[2];
	u32 una_x[2];
	u32 ooo_bytes;
	bool fin;
	bool pend;
	bool hold;
	bool marked;
	u64 counters[PATCHPROXY_NR_COUNTERS];
};

void cover_before(struct world *w, int dir, const struct pkt *p, struct cover_before *b);
void cover_after(struct world *w, int dir, const struct pkt *p, const struct cover_before *b);
void cover_print(const u64 *cover);
u64 cover_least(const u64 *cover, const char **name);

/* oracle_run.c */
bool run_once(struct world *w);
void run_free(struct world *w);

/* oracle_shrink.c */
u32 shrink(struct world *w);

#endif /* SELFTEST_ORACLE_H */
