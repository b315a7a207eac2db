/* SPDX-License-Identifier: GPL-2.0 */
/* A capture through the core: connections, what was done to them, and the report. */
#ifndef PATCHCTL_REPLAY_H
#define PATCHCTL_REPLAY_H

#include "../kmod/core/conn.h"
#include "answers.h"
#include "capture.h"
#include "packet.h"
#include "prog.h"
#include "server.h"
#include "watch.h"

struct ctl;

/**
 * enum replay_cut - how the client's payload is cut before the engine sees it
 * @REPLAY_AS_IS: as captured
 * @REPLAY_BYTES: one byte a segment
 * @REPLAY_RANDOM: at random
 */
enum replay_cut { REPLAY_AS_IS, REPLAY_BYTES, REPLAY_RANDOM };

/**
 * struct service - servers of one protocol
 * @any: every address that answers
 * @addr: with @any false: which
 * @transport: IPPROTO_TCP or IPPROTO_UDP
 * @port: host byte order
 * @grammar: what is spoken there
 * @rs: patches in force
 * @client_side: all of them protect the side that connects
 */
struct service {
	bool any;
	struct server addr;
	u8 transport;
	u16 port;
	const struct prog_grammar *grammar;
	const struct pp_ruleset *rs;
	bool client_side;
};

#define FLOW_SHOWN	64	/* bytes of an edit that are kept for the report */

/**
 * struct flow_event - an edit, or something else worth telling
 * @dir: direction
 * @kind: enum patchproxy_event
 * @reason: for other than an edit; static storage
 * @patch: for an edit: the patch
 * @field: for an edit: name of the field
 * @secret: its bytes are not to be shown
 * @off: where
 * @old_len: bytes removed
 * @new_len: bytes written
 * @old: first bytes removed
 * @new: first bytes written
 * @old_shown: valid bytes of @old
 * @new_shown: valid bytes of @new
 */
struct flow_event {
	int dir;
	int kind;
	const char *reason;
	const struct prog_patch *patch;
	const char *field;
	bool secret;
	u64 off;
	u32 old_len;
	u32 new_len;
	u8 old[FLOW_SHOWN];
	u8 new[FLOW_SHOWN];
	u16 old_shown;
	u16 new_shown;
};

/**
 * enum flow_state - how much of a connection could be followed
 * @FLOW_FOLLOWED: all of it
 * @FLOW_MIDSTREAM: its start is not in the capture: passed unchanged
 * @FLOW_CUT: a packet of it was captured in part: followed up to there
 * @FLOW_RESET: a patch or the grammar ended it
 * @FLOW_SKIPPED: nothing answers it and no server was named: passed unchanged, not reported
 */
enum flow_state { FLOW_FOLLOWED, FLOW_MIDSTREAM, FLOW_CUT, FLOW_RESET, FLOW_SKIPPED };

/**
 * struct flow_count - bytes of a direction, each counted once
 * @known: @next is valid
 * @next: sequence number behind the last byte seen
 * @bytes: bytes up to there
 */
struct flow_count {
	bool known;
	u32 next;
	u64 bytes;
};

/**
 * struct flow - a TCP connection, or the datagrams between two ports
 * @next: in the hash table
 * @older: flow that was seen first before this one
 * @family: AF_INET or AF_INET6
 * @transport: IPPROTO_TCP or IPPROTO_UDP
 * @vlan: VLAN tags
 * @client: address
 * @server: address
 * @client_port: host byte order
 * @server_port: host byte order
 * @svc: what it is taken for
 * @state: enum flow_state
 * @conn: for TCP followed: the engine's part
 * @open: @conn is in use
 * @begun: its SYN was seen
 * @isn: with @begun: the client's initial sequence number
 * @watch: told of edits
 * @in: as sent, by direction
 * @out: as received
 * @packets: seen
 * @dropped: of those, not sent on
 * @made: acknowledgements made
 * @events: edits and notes, in order
 * @nr_events: elements of @events
 */
struct flow {
	struct flow *next;
	struct flow *older;
	int family;
	u8 transport;
	u32 vlan;
	u8 client[16];
	u8 server[16];
	u16 client_port;
	u16 server_port;
	const struct service *svc;
	enum flow_state state;
	struct pp_conn conn;
	bool open;
	bool begun;
	u32 isn;
	struct watch watch;
	struct flow_count in[2];
	struct flow_count out[2];
	u64 packets;
	u64 dropped;
	u64 made;
	struct flow_event *events;
	size_t nr_events;
};

#define REPLAY_BUCKETS	4096

/**
 * struct replay - one run over a capture
 * @ctl: this run of the tool
 * @cap: the captures
 * @services: what is looked for
 * @nr_services: elements of @services
 * @answers: where no server was named: who is one
 * @cut: enum replay_cut
 * @random: state of the generator for REPLAY_RANDOM
 * @buckets: flows by hash
 * @newest: flow that was seen first last
 * @packets: frames read
 * @fragments: of those, IP fragments
 * @shortened: of those, with headers that are cut off or wrong
 * @frame: a frame under construction
 * @bytes: payload of it
 */
struct replay {
	struct ctl *ctl;
	struct capture cap;
	struct service *services;
	size_t nr_services;
	struct answers answers;
	enum replay_cut cut;
	u64 random;
	struct flow *buckets[REPLAY_BUCKETS];
	struct flow *newest;
	u64 packets;
	u64 fragments;
	u64 shortened;
	u8 frame[PACKET_MAX];
	u8 bytes[2 * 65536];
};

/* flow.c */
const struct service *service_of_port(const struct replay *r, u8 transport, u16 port);
struct flow *flow_find(struct replay *r, const struct packet *p, enum packet_kind kind, int *dir);
void flow_free_all(struct replay *r);
void flow_seen(struct flow_count *count, u32 seq, u32 len);

/* replay_tcp.c */
void replay_tcp(struct replay *r, struct flow *f, int dir, struct packet *p);

/* replay_print.c */
void replay_print(const struct replay *r);
void replay_print_json(const struct replay *r);

#endif /* PATCHCTL_REPLAY_H */
