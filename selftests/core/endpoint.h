/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One end of a TCP connection, written for the oracle: it does what Linux does
 * where that matters to a box in the middle, and is as odd as a peer may be.
 */
#ifndef SELFTEST_ENDPOINT_H
#define SELFTEST_ENDPOINT_H

/**
 * enum ep_ecn - explicit congestion notification
 * @EP_ECN_NONE: none
 * @EP_ECN_ECHO: a mark is echoed until its sender has answered (RFC 3168)
 * @EP_ECN_COUNT: marks are counted (RFC 9768)
 */
enum ep_ecn { EP_ECN_NONE, EP_ECN_ECHO, EP_ECN_COUNT };

/**
 * struct ep_conf - what kind of endpoint it is
 * @sack: offers SACK
 * @ts: offers timestamps
 * @nagle: holds small segments back while others are under way
 * @delack: acknowledges every second segment
 * @strict: never sends again what a SACK block has reported
 * @dsack: reports what arrived twice
 * @byte_probe: probes a closed window with a byte of data, and an idle peer with one
 * @shrink: its window may move back
 * @hostile: sends other bytes again, and any part of them
 * @odd: cuts segments anywhere
 * @urgent: sets URG at times
 * @syn_data: its SYN has data
 * @late: closes only after its peer has
 * @slow: reads its stream in small parts
 * @ecn: what it can do with marks of congestion, enum ep_ecn
 * @wscale: window scale it offers, 0xff for none
 * @mss: largest segment it takes
 * @rcvbuf: bytes it keeps for its application
 * @rto: first retransmission timeout, milliseconds
 * @keepalive: probes when idle for so long, or 0
 * @abort_at: ends the connection by RST at this time, or NEVER
 * @pause: most milliseconds its application waits between writing
 * @iss: initial sequence number
 * @clock: its timestamp clock is ahead by so much
 */
struct ep_conf {
	bool sack;
	bool ts;
	bool nagle;
	bool delack;
	bool strict;
	bool dsack;
	bool byte_probe;
	bool shrink;
	bool hostile;
	bool odd;
	bool urgent;
	bool syn_data;
	bool late;
	bool slow;
	u8 ecn;
	u8 wscale;
	u16 mss;
	u32 rcvbuf;
	u32 rto;
	u32 keepalive;
	u64 abort_at;
	u32 pause;
	u32 iss;
	u32 clock;
};

/**
 * enum ep_state - life of an endpoint
 * @EP_LISTEN: waits for a SYN
 * @EP_SYN_SENT: waits for its answer
 * @EP_SYN_RCVD: has answered one
 * @EP_OPEN: data goes both ways, or no more
 * @EP_GONE: reset
 */
enum ep_state { EP_LISTEN, EP_SYN_SENT, EP_SYN_RCVD, EP_OPEN, EP_GONE };

/**
 * struct ep - an endpoint
 * @me: direction it sends in
 * @state: enum ep_state
 * @conf: what kind it is
 * @model: what it sends
 * @written: bytes its application has written
 * @closed: and there will be no more
 * @fin_sent: FIN was sent
 * @una: oldest number not acknowledged
 * @nxt: next number to be sent
 * @wnd: window of the peer
 * @wl1: sequence number of the segment it came with
 * @max_wnd: largest it has been
 * @snd_ws: scale of the peer's window
 * @snd_mss: largest segment
 * @cwnd: congestion window
 * @ssthresh: where it stops to double
 * @sacked: by byte: reported by SACK
 * @high_sack: end of the last byte reported
 * @dupacks: acknowledgements that came again
 * @backoff: timeouts in a row
 * @in_rec: it repairs a loss
 * @by_rto: noticed by timeout
 * @recover: the repair ends here
 * @rtx_nxt: next number to be sent again
 * @irs: peer's initial sequence number
 * @rcv_nxt: next number expected
 * @rcv_wup: the same when it last sent anything
 * @rcv_adv: end of the window it has offered
 * @rcv_ws: scale of its own window
 * @use_sack: negotiated
 * @use_ts: negotiated
 * @use_ecn: negotiated, enum ep_ecn
 * @echo: it has seen a mark, and its peer has not answered
 * @count: of the marks that it has seen, modulo 8
 * @answer: its next bytes say that it has slowed down
 * @slow_until: it does so once until this number is acknowledged
 * @in: what it has received
 * @have: by byte: it is there
 * @in_room: elements of @in and @have
 * @in_end: end of the last byte that is there
 * @read: bytes its application has read
 * @fin_known: a FIN has come, maybe early
 * @fin_rcvd: and everything before it
 * @fin_off: its place
 * @unacked: segments since the last acknowledgement
 * @ts_recent: timestamp to be echoed
 * @ooo_seq: segment that came last in front of a gap
 * @dsack_start: what came twice
 * @dsack_end: the end of it
 * @t_rtx: next retransmission
 * @t_probe: next window probe
 * @t_delack: acknowledgement is due
 * @t_write: its application writes
 * @t_read: its application reads
 * @t_keep: keepalive
 */
struct ep {
	int me;
	int state;
	struct ep_conf conf;
	const struct model *model;
	u32 written;
	bool closed;
	bool fin_sent;
	u32 una;
	u32 nxt;
	u32 wnd;
	u32 wl1;
	u32 max_wnd;
	u8 snd_ws;
	u16 snd_mss;
	u32 cwnd;
	u32 ssthresh;
	u8 *sacked;
	u32 high_sack;
	u32 dupacks;
	u32 backoff;
	bool in_rec;
	bool by_rto;
	u32 recover;
	u32 rtx_nxt;
	u32 irs;
	u32 rcv_nxt;
	u32 rcv_wup;
	u32 rcv_adv;
	u8 rcv_ws;
	bool use_sack;
	bool use_ts;
	u8 use_ecn;
	bool echo;
	u8 count;
	bool answer;
	u32 slow_until;
	u8 *in;
	u8 *have;
	u32 in_room;
	u32 in_end;
	u32 read;
	bool fin_known;
	bool fin_rcvd;
	u32 fin_off;
	u32 unacked;
	u32 ts_recent;
	u32 ooo_seq;
	u32 dsack_start;
	u32 dsack_end;
	u64 t_rtx;
	u64 t_probe;
	u64 t_delack;
	u64 t_write;
	u64 t_read;
	u64 t_keep;
};

/* endpoint.c */
void ep_begin(struct world *w, int me);
void ep_end(struct ep *e);
u64 ep_next(const struct world *w, int me);
void ep_timer(struct world *w, int me);
bool ep_done(const struct world *w, int me);
u32 ep_have(const struct ep *e);
u8 ep_count(u16 flags);

/* endpoint_in.c */
void ep_in(struct world *w, int me, struct pkt *p);

/* endpoint_out.c */
u32 ep_seq(const struct ep *e, u32 off);
void ep_syn(struct world *w, struct ep *e);
void ep_ack(struct world *w, struct ep *e);
void ep_rst(struct world *w, struct ep *e, u32 seq);
void ep_probe(struct world *w, struct ep *e);
void ep_push(struct world *w, struct ep *e);
bool ep_recover(struct world *w, struct ep *e, u32 budget);
u32 ep_window_edge(const struct ep *e);
u64 ep_rto(const struct world *w, const struct ep *e);

#endif /* SELFTEST_ENDPOINT_H */
