// SPDX-License-Identifier: GPL-2.0
/* A TCP client that sends what its schedules say, and then repairs it. */
#include <string.h>
#include <time.h>

#include "evade.h"

#define FIRST_WAIT	200	/* ms before what is not acknowledged is sent again */
#define LONGEST_WAIT	3000
#define MAX_TRIES	15
#define PAUSE		5000	/* ms in which the box forgets what has ended */
#define TRIES_AT_END	3	/* where the connection may be over */

static bool after(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}

static void arrived(struct conn *c, const struct segment *s)
{
	const uint32_t end = s->seq + s->len + !!(s->flags & FIN);
	uint32_t stamp, echo;

	if (s->ttl > FORGED_TTL / 2)
		return;
	if (s->flags & RST) {
		if (c->state < CONN_DONE)
			c->state = CONN_RESET;
		return;
	}
	if (!(s->flags & ACK) || (s->flags & SYN && c->state != CONN_SYN))
		return;
	if (s->flags & SYN) {
		c->rcv = s->seq + 1;
		c->una = s->ack;
		c->line = c->iss;
		c->state = CONN_LINE;
		c->owes = true;
	}
	if (segment_stamped(s, &stamp, &echo))
		c->echo = stamp;
	if (c->state == CONN_SYN)
		return;
	if (after(s->ack, c->una))
		c->una = s->ack;
	if (s->flags & SYN || end == s->seq)
		return;
	c->owes = true;
	if (after(s->seq, c->rcv) || !after(end, c->rcv))
		return;
	c->rcv = end;
	c->server_fin |= s->flags & FIN;
}

/**
 * conn_receive() - take in all that has arrived
 * @r: the run
 */
void conn_receive(const struct run *r)
{
	struct segment s;
	size_t i;

	while (wire_recv(&r->wire, &s)) {
		i = s.ends.dport - r->first_port;
		if (s.ends.sport == r->ends.dport && i < r->nconns &&
		    !memcmp(s.ends.dst, r->ends.src, r->ends.v6 ? 16 : 4))
			arrived(&r->conns[i], &s);
	}
}

/**
 * conn_stamp() - the client's clock
 * @c: the connection
 *
 * Return: timestamp value.
 */
uint32_t conn_stamp(const struct conn *c)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return 0x7fff0000 + c->port * 7919u + ts.tv_sec * 1000u + ts.tv_nsec / 1000000;
}

/**
 * conn_segment() - an ordinary segment without payload
 * @c: the connection
 * @s: the segment
 */
void conn_segment(const struct conn *c, struct segment *s)
{
	memset(s, 0, offsetof(struct segment, data));
	s->len = 0;
	s->ttl = 0;
	s->doff = 0;
	s->csum_add = 0;
	s->csum_zero = false;
	s->behind = 0;
	s->ipopts = false;
	s->ends = c->run->ends;
	s->ends.sport = c->port;
	s->ack = c->rcv;
	s->flags = ACK;
	s->win = 65535;
	if (c->run->stamps)
		segment_stamp(s, conn_stamp(c), c->echo);
}

static const struct schedule *current(const struct conn *c)
{
	return &c->run->plan.s[c->todo[c->at]];
}

/* Bytes of the line under way, as one writer writes them. */
static void write_text(const struct conn *c, struct segment *s, int writer, bool exploit,
		       size_t from, size_t to)
{
	char line[LINE_LEN];

	conn_segment(c, s);
	line_text(line, c->todo[c->at], writer, exploit);
	s->seq = c->line + from;
	s->flags |= PSH;
	s->len = to - from;
	memcpy(s->data, line + from, s->len);
}

static void send_text(const struct conn *c, int writer, bool exploit, size_t from, size_t to,
		      bool dies)
{
	struct segment s;

	write_text(c, &s, writer, exploit, from, to);
	s.ttl = dies;
	wire_send(&c->run->wire, &s);
}

static void send_trick(const struct conn *c, const struct trick *trick)
{
	struct segment s;

	write_text(c, &s, TRICK, true, ID_LEN + CHUNK, ID_LEN + TEXT_LEN);
	trick->spoil(c, &s);
	wire_send(&c->run->wire, &s);
}

static void wait_first(struct conn *c, long now)
{
	c->tries = 1;
	c->deadline = now + FIRST_WAIT;
}

static void send_front(const struct conn *c)
{
	const struct schedule *s = current(c);
	const size_t chunk0 = ID_LEN + CHUNK;

	if (s->start == START_WHOLE || s->start == START_NO_LEAD)
		send_text(c, REPAIR, s->repair_exploit, 0,
			  s->start == START_WHOLE ? chunk0 : ID_LEN, false);
	if (s->start == START_NO_ID)
		send_text(c, REPAIR, s->repair_exploit, ID_LEN, chunk0, false);
}

/* Steps and trick, in order, and the repair. Pauses behind a trick that waits. */
static void send_steps(struct conn *c, long now)
{
	const struct schedule *s = current(c);
	const struct step *t;

	for (;; c->step++) {
		if (s->trick && s->at == c->step && !c->tricked) {
			/* many are made of where the server is now */
			conn_receive(c->run);
			send_trick(c, s->trick);
			c->tricked = true;
			if (s->trick->flags & TRICK_WAITS) {
				c->deadline = now + PAUSE;
				c->state = CONN_PAUSE;
				return;
			}
		}
		if (c->step == s->nsteps)
			break;
		t = &s->steps[c->step];
		send_text(c, c->step, t->exploit, ID_LEN + CHUNK * t->from,
			  ID_LEN + CHUNK * t->to, t->dies);
	}
	/* the server takes all of one segment, and then nothing that it has kept counts */
	if (c->run->plan.opaque)
		send_text(c, REPAIR, s->repair_exploit, 0, ID_LEN + CHUNK * OPAQUE_END, false);
	send_text(c, REPAIR, s->repair_exploit, 0, LINE_LEN, false);
	wait_first(c, now);
}

static void send_syn(const struct conn *c)
{
	static const uint8_t mss[4] = { 2, 4, 5, 0xb4 }, scale[3] = { 3, 3, 0 }, sack[2] = { 4, 2 },
			     fast_open[2] = { 34, 2 };
	struct segment s;

	conn_segment(c, &s);
	s.flags = SYN;
	s.seq = c->iss;
	s.ack = 0;
	segment_option(&s, mss, sizeof(mss));
	segment_option(&s, scale, sizeof(scale));
	if (c->run->sack)
		segment_option(&s, sack, sizeof(sack));
	if (c->run->syn_data) {
		segment_option(&s, fast_open, sizeof(fast_open));
		s.len = LINE_LEN;
		line_text((char *)s.data, c->todo[0], TRICK, true);
	}
	wire_send(&c->run->wire, &s);
}

static void send_bare(const struct conn *c, uint32_t seq, uint8_t flags)
{
	struct segment s;

	conn_segment(c, &s);
	s.seq = seq;
	s.flags |= flags;
	wire_send(&c->run->wire, &s);
}

/* What the server has not acknowledged, as a client that knows nothing of steps does. */
static void send_again(const struct conn *c)
{
	size_t from = after(c->una, c->line) ? c->una - c->line : 0;

	send_text(c, REPAIR, current(c)->repair_exploit, from, LINE_LEN, false);
}

/* Another try is due. Returns false while it is not, and when there are to be no more. */
static bool again(struct conn *c, long now, int most)
{
	if (now < c->deadline)
		return false;
	if (c->tries >= most) {
		c->state = CONN_STUCK;
		return false;
	}
	c->deadline = now + (FIRST_WAIT << c->tries < LONGEST_WAIT ? FIRST_WAIT << c->tries : LONGEST_WAIT);
	c->tries++;
	return true;
}

static void run_line(struct conn *c, long now)
{
	const struct trick *trick = current(c)->trick;

	if (c->line == c->iss || c->una == c->line + LINE_LEN) {
		if (c->line == c->iss) {
			/* what comes before this one meets no connection yet */
			c->line++;
			c->owes = false;
			send_bare(c, c->line, 0);
		} else {
			c->line += LINE_LEN;
			c->at++;
		}
		if (c->at < c->count) {
			c->step = 0;
			c->tricked = false;
			send_front(c);
			send_steps(c, now);
			return;
		}
		wait_first(c, now);
		c->state = CONN_FIN;
		send_bare(c, c->line, FIN);
		return;
	}
	if (again(c, now, trick && trick->flags & TRICK_ENDS ? TRIES_AT_END : MAX_TRIES))
		send_again(c);
}

/**
 * conn_run() - do what is to be done now
 * @c: the connection
 * @now: ms
 *
 * Return: there is nothing left to do, ever.
 */
bool conn_run(struct conn *c, long now)
{
	switch (c->state) {
	case CONN_NEW:
		send_syn(c);
		wait_first(c, now);
		c->state = CONN_SYN;
		break;
	case CONN_SYN:
		if (again(c, now, MAX_TRIES))
			send_syn(c);
		break;
	case CONN_LINE:
		run_line(c, now);
		break;
	case CONN_PAUSE:
		if (now < c->deadline)
			break;
		c->state = CONN_LINE;
		send_steps(c, now);
		break;
	case CONN_FIN:
		if (c->una == c->line + 1 && c->server_fin)
			c->state = CONN_DONE;
		else if (again(c, now, MAX_TRIES))
			send_bare(c, c->line, FIN);
		break;
	default:
		break;
	}
	if (c->owes && c->state != CONN_SYN) {
		c->owes = false;
		send_bare(c, c->una, 0);
	}
	return c->state >= CONN_DONE;
}
