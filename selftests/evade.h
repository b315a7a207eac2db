/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Schedules of segments that overlap and disagree, and the lines that they spell.
 *
 * A line is what the grammar of "evade grammar" calls a unit:
 *
 *   identity (8 digits) | chunk 0 .. chunk 5 (4 bytes each) | 30 dots | line feed
 *
 * Each writer of a chunk has letters of its own. "evade patch" changes those of an
 * exploit to fewer, more or other bytes, and for each chunk and each writer turns
 * one of the dots into "!" if the parser has seen the writer's letters there. So
 * what the server reads says what the parser saw.
 *
 * In lines with opaque chunks the grammar skips those by their length, and nobody
 * changes them: any writer's may arrive there, as they were sent.
 */
#ifndef SELFTEST_EVADE_H
#define SELFTEST_EVADE_H

#include "evade_wire.h"
#include "net.h"

#define ID_LEN		8
#define NCHUNK		6
#define CHUNK		4
#define TEXT_LEN	(NCHUNK * CHUNK)
/*
 * A segment that ends where they begin, one that begins within them, and one that begins
 * behind its start and still within them: that takes three.
 */
#define OPAQUE		2
#define OPAQUE_END	5
#define NWRITER		5
#define SAW_LEN		(NCHUNK * NWRITER)
#define LINE_LEN	(ID_LEN + TEXT_LEN + SAW_LEN + 1)

#define MAX_STEPS	3
/* Who writes: each step, the client that repairs, a trick. */
#define REPAIR		3
#define TRICK		4

/**
 * enum start - what the server lacks in front of the steps
 * @START_WHOLE: nothing
 * @START_NO_LEAD: chunk 0, which the parser looks at
 * @START_NO_ID: the identity, which it does not look at
 * @START_NOTHING: both
 * @NSTART: how many there are
 */
enum start { START_WHOLE, START_NO_LEAD, START_NO_ID, START_NOTHING, NSTART };

/**
 * struct step - a segment with chunks of one writer
 * @from: first chunk
 * @to: chunk behind the last one
 * @exploit: its letters are those of an exploit
 * @dies: it passes the box, and its TTL ends before the server
 */
struct step {
	unsigned char from;
	unsigned char to;
	bool exploit;
	bool dies;
};

/**
 * struct schedule - what is sent for one line
 * @nsteps: valid elements of @steps
 * @start: enum start
 * @at: the trick comes before this step, or behind the last one
 * @repair_exploit: the letters of the repair are those of an exploit
 * @trick: the trick, or NULL
 * @steps: in the order of sending
 */
struct schedule {
	unsigned char nsteps;
	unsigned char start;
	unsigned char at;
	bool repair_exploit;
	const struct trick *trick;
	struct step steps[MAX_STEPS];
};

/**
 * struct plan - the schedules of a run; a schedule's place is its identity
 * @s: schedules
 * @n: how many
 * @opaque: the lines have opaque chunks
 */
struct plan {
	struct schedule *s;
	size_t n;
	bool opaque;
};

/**
 * struct run - how a run is done
 * @wire: where segments go
 * @ends: addresses and the server's port
 * @first_port: of the client
 * @records: what the server received is in the files of this name, a dot and a number
 * @stamps: timestamps are negotiated
 * @sack: SACK is negotiated
 * @syn_data: the SYN carries letters of a trick
 * @routed: the box is a router
 * @bridged: the box is a bridge
 * @control: there is no box; the exploit is meant to arrive
 * @stride: only every so many schedules
 * @first: this one and, by @stride, those behind it
 * @only: only this one, or -1
 * @plan: the schedules
 * @conns: the connections, by their ports
 * @nconns: how many
 */
struct run {
	struct wire wire;
	struct ends ends;
	uint16_t first_port;
	const char *records;
	bool stamps;
	bool sack;
	bool syn_data;
	bool routed;
	bool bridged;
	bool control;
	size_t stride;
	size_t first;
	long only;
	struct plan plan;
	struct conn *conns;
	size_t nconns;
};

/**
 * struct conn - a connection of the client, which no kernel knows of
 * @run: the run
 * @port: its port
 * @todo: identities of its lines
 * @count: how many
 * @at: the line under way
 * @step: its step to be sent next
 * @tricked: its trick has been sent
 * @state: how far it is
 * @tries: how often it has sent what is not acknowledged yet
 * @deadline: when it sends that again, ms
 * @iss: its initial sequence number
 * @line: where the line under way begins
 * @una: the server has acknowledged everything before it
 * @rcv: what it expects from the server next
 * @echo: the server's last timestamp
 * @owes: it has something to acknowledge
 * @server_fin: the server has sent FIN
 */
struct conn {
	const struct run *run;
	uint16_t port;
	const size_t *todo;
	size_t count;
	size_t at;
	int step;
	bool tricked;
	enum { CONN_NEW, CONN_SYN, CONN_LINE, CONN_PAUSE, CONN_FIN, CONN_DONE, CONN_RESET, CONN_STUCK } state;
	int tries;
	long deadline;
	uint32_t iss;
	uint32_t line;
	uint32_t una;
	uint32_t rcv;
	uint32_t echo;
	bool owes;
	bool server_fin;
};

#define FORGED_TTL	200	/* by which a client knows what it has forged itself */

#define TRICK_COUNTS	0x01	/* a receiver may take its payload: then the parser has to */
#define TRICK_ENDS	0x02	/* the connection may be over */
#define TRICK_STAMPS	0x04	/* for connections with timestamps */
#define TRICK_ROUTED	0x08	/* for a box that is a router */
#define TRICK_V4	0x10	/* by IPv4 only */
#define TRICK_BETWEEN	0x20	/* for a box that is not the server itself */
#define TRICK_WAITS	0x40	/* what follows comes when the box may have forgotten */

/**
 * struct trick - an insertion or desynchronisation packet
 * @name: its name
 * @counter: counter of the module that each one raises, or "-"
 * @flags: TRICK_*
 * @spoil: make it of a segment with all chunks but the first
 */
struct trick {
	const char *name;
	const char *counter;
	unsigned int flags;
	void (*spoil)(const struct conn *c, struct segment *s);
};

/* evade_line.c */
void line_text(char *line, size_t id, int writer, bool exploit);
bool line_judge(const struct plan *p, const char *line, size_t len, size_t *id, char why[128]);
bool line_harmless(const struct plan *p, const char *line, size_t len);
void line_grammar(const struct plan *p);
void line_patch(const struct plan *p);

/* evade_plan.c */
bool plan_add(struct plan *p, const char *set, const struct run *r);
void schedule_print(const struct schedule *s, size_t id);

/* evade_trick.c */
extern const struct trick tricks[];
bool trick_fits(const struct trick *t, const struct run *r);
const struct trick *trick_find(const char *name);
uint32_t conn_stamp(const struct conn *c);

/* evade_conn.c */
bool conn_run(struct conn *c, long now);
void conn_receive(const struct run *r);
void conn_segment(const struct conn *c, struct segment *s);

/* evade_judge.c */
bool judge_all(const struct run *r, const size_t *todo, size_t count);

#endif
