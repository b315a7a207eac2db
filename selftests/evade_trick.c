// SPDX-License-Identifier: GPL-2.0
/*
 * Segments for insertion and desynchronisation: what one of two readers takes and the
 * other does not, were they not of one mind.
 */
#include <string.h>

#include "evade.h"

#define FAR	(1u << 26)	/* beyond any window */
#define TICKS	5000		/* older than what any segment of the connection bears */

static void bad_checksum(const struct conn *c, struct segment *s)
{
	(void)c;
	s->csum_add = 1;
}

static void no_checksum(const struct conn *c, struct segment *s)
{
	(void)c;
	s->csum_zero = true;
}

static void dies(const struct conn *c, struct segment *s)
{
	(void)c;
	s->ttl = 1;
}

static void stamp_old(const struct conn *c, struct segment *s)
{
	s->optlen = 0;
	segment_stamp(s, conn_stamp(c) - TICKS, c->echo);
}

static void stamp_far(const struct conn *c, struct segment *s)
{
	s->optlen = 0;
	segment_stamp(s, conn_stamp(c) - (1u << 30), c->echo);
}

static void stamp_none(const struct conn *c, struct segment *s)
{
	(void)c;
	s->optlen = 0;
}

static void stamp_long(const struct conn *c, struct segment *s)
{
	static const uint8_t opt[12] = { 8, 12 };

	(void)c;
	s->optlen = 0;
	segment_option(s, opt, sizeof(opt));
}

static void stamp_old_last(const struct conn *c, struct segment *s)
{
	segment_stamp(s, conn_stamp(c) - TICKS, c->echo);
}

static void stamp_old_first(const struct conn *c, struct segment *s)
{
	stamp_old(c, s);
	segment_stamp(s, conn_stamp(c), c->echo);
}

static void stamp_behind_end(const struct conn *c, struct segment *s)
{
	static const uint8_t end[4];

	s->optlen = 0;
	segment_option(s, end, sizeof(end));
	segment_stamp(s, conn_stamp(c) - TICKS, c->echo);
}

static void ack_ahead(const struct conn *c, struct segment *s)
{
	s->ack = c->rcv + 50000;
}

static void ack_old(const struct conn *c, struct segment *s)
{
	s->ack = c->rcv - (1u << 30);
}

static void no_ack(const struct conn *c, struct segment *s)
{
	(void)c;
	s->flags &= ~ACK;
}

static void no_flags(const struct conn *c, struct segment *s)
{
	(void)c;
	s->flags = 0;
}

static void christmas(const struct conn *c, struct segment *s)
{
	(void)c;
	s->flags = FIN | PSH | URG;
	s->urg = 1;
}

static void beyond(const struct conn *c, struct segment *s)
{
	(void)c;
	s->seq += FAR;
}

static void before(const struct conn *c, struct segment *s)
{
	(void)c;
	s->seq -= FAR;
}

/* One byte in front of what the server waits for, as a keep-alive has. */
static void keep_alive(const struct conn *c, struct segment *s)
{
	s->seq = c->una - 1;
	s->len = 1;
}

/* It begins within chunk 0, which mostly has arrived. */
static void overlap(const struct conn *c, struct segment *s)
{
	(void)c;
	memmove(s->data + 2, s->data, s->len);
	s->data[0] = s->data[2 + 2];
	s->data[1] = s->data[2 + 3];
	s->seq -= 2;
	s->len += 2;
}

static void urgent(const struct conn *c, struct segment *s)
{
	(void)c;
	s->flags |= URG;
	s->urg = 6;
}

static void urgent_first(const struct conn *c, struct segment *s)
{
	(void)c;
	s->flags |= URG;
	s->urg = 0;
}

static void urgent_beyond(const struct conn *c, struct segment *s)
{
	(void)c;
	s->flags |= URG;
	s->urg = 60000;
}

static void rst(struct segment *s, uint32_t seq)
{
	s->flags = RST | ACK;
	s->seq = seq;
	s->len = 0;
}

static void rst_window(const struct conn *c, struct segment *s)
{
	rst(s, c->line + LINE_LEN + 7);
}

/* Where the server will be when it has the line. */
static void rst_end(const struct conn *c, struct segment *s)
{
	rst(s, c->line + LINE_LEN);
}

static void rst_far(const struct conn *c, struct segment *s)
{
	rst(s, c->una + FAR);
}

static void rst_old(const struct conn *c, struct segment *s)
{
	rst(s, c->una - 1);
}

static void rst_data(const struct conn *c, struct segment *s)
{
	(void)c;
	s->flags = RST | ACK;
	s->seq += 1;
}

static void rst_checksum(const struct conn *c, struct segment *s)
{
	rst(s, c->una);
	s->csum_add = 1;
}

static void rst_dies(const struct conn *c, struct segment *s)
{
	rst(s, c->una);
	s->ttl = 1;
}

static void fin(struct segment *s, uint32_t seq)
{
	s->flags = FIN | ACK;
	s->seq = seq;
	s->len = 0;
}

static void fin_far(const struct conn *c, struct segment *s)
{
	fin(s, c->una + FAR);
}

static void fin_ahead(const struct conn *c, struct segment *s)
{
	fin(s, c->line + LINE_LEN + 7);
}

static void fin_old(const struct conn *c, struct segment *s)
{
	fin(s, c->una - 2);
}

static void fin_checksum(const struct conn *c, struct segment *s)
{
	fin(s, c->una);
	s->csum_add = 1;
}

static void fin_ack(const struct conn *c, struct segment *s)
{
	fin(s, c->una);
	s->ack = c->rcv + 50000;
}

static void fin_dies(const struct conn *c, struct segment *s)
{
	fin(s, c->una);
	s->ttl = 1;
}

static void fin_data(const struct conn *c, struct segment *s)
{
	(void)c;
	s->flags |= FIN;
}

static void fin_data_dies(const struct conn *c, struct segment *s)
{
	(void)c;
	s->flags |= FIN;
	s->ttl = 1;
}

static void syn(const struct conn *c, struct segment *s)
{
	s->flags = SYN;
	s->seq = c->una;
}

static void syn_before(const struct conn *c, struct segment *s)
{
	s->flags = SYN;
	s->seq = c->una - 1;
}

static void syn_window(const struct conn *c, struct segment *s)
{
	s->flags = SYN | ACK | PSH;
	s->seq = c->line + LINE_LEN + 7;
}

static void syn_far(const struct conn *c, struct segment *s)
{
	s->flags = SYN;
	s->seq = c->una + FAR;
}

static void syn_ack(const struct conn *c, struct segment *s)
{
	s->flags = SYN | ACK;
	s->seq = c->iss;
}

static void header_short(const struct conn *c, struct segment *s)
{
	(void)c;
	s->doff = 4;
}

static void header_long(const struct conn *c, struct segment *s)
{
	(void)c;
	s->doff = 15;
	s->optlen = 0;
	s->len = CHUNK;
}

/* The header takes in the first chunk. */
static void header_over(const struct conn *c, struct segment *s)
{
	(void)c;
	s->doff = (20 + s->optlen + CHUNK) / 4;
	s->seq += CHUNK;
}

static void trailer(const struct conn *c, struct segment *s)
{
	(void)c;
	s->behind = s->len;
}

static void md5(const struct conn *c, struct segment *s)
{
	static const uint8_t opt[18] = { 19, 18 };

	(void)c;
	segment_option(s, opt, sizeof(opt));
}

static void ao(const struct conn *c, struct segment *s)
{
	static const uint8_t opt[16] = { 29, 16 };

	(void)c;
	segment_option(s, opt, sizeof(opt));
}

static void reserved(const struct conn *c, struct segment *s)
{
	(void)c;
	s->reserved = 15;
	s->flags |= 0xc0;
}

/* What a client may claim in the server's name. */
static void as_server(const struct conn *c, struct segment *s, uint8_t flags)
{
	const uint32_t seq = s->seq;

	ends_reverse(&s->ends, &s->ends);
	s->flags = flags;
	s->seq = c->rcv;
	s->ack = seq;
	s->len = 0;
	s->ttl = FORGED_TTL;
	s->optlen = 0;
	if (c->run->stamps)
		segment_stamp(s, c->echo, conn_stamp(c));
}

static void server_rst(const struct conn *c, struct segment *s)
{
	as_server(c, s, RST | ACK);
	s->ack = c->una;
}

/* All of the line has arrived: nobody need keep it. */
static void server_ack(const struct conn *c, struct segment *s)
{
	as_server(c, s, ACK);
	s->ack = c->line + LINE_LEN;
}

/* Both have ended, says the client, and neither has. */
static void server_fin(const struct conn *c, struct segment *s)
{
	struct segment own = *s;

	fin_dies(c, &own);
	wire_send(&c->run->wire, &own);
	as_server(c, s, FIN | ACK);
	s->ack = c->una + 1;
}

/* The connection begins anew where the exploit comes next. */
static void server_syn(const struct conn *c, struct segment *s)
{
	struct segment own = *s;

	syn_before(c, &own);
	own.len = 0;
	wire_send(&c->run->wire, &own);
	as_server(c, s, SYN | ACK);
	s->seq = c->rcv - 1;
	s->ack = c->una;
}

static void ip_options(const struct conn *c, struct segment *s)
{
	(void)c;
	s->ipopts = true;
}

const struct trick tricks[] = {
	{ "checksum",		"drop_csum",	0, bad_checksum },
	{ "checksum-zero",	"drop_csum",	0, no_checksum },
	{ "ttl",		"-",		TRICK_COUNTS | TRICK_ROUTED, dies },
	{ "stamp-old",		"drop_paws",	TRICK_STAMPS, stamp_old },
	{ "stamp-far",		"drop_paws",	TRICK_STAMPS, stamp_far },
	{ "stamp-none",		"-",		TRICK_STAMPS | TRICK_COUNTS, stamp_none },
	{ "stamp-long",		"-",		TRICK_STAMPS | TRICK_COUNTS, stamp_long },
	{ "stamp-old-last",	"drop_paws",	TRICK_STAMPS, stamp_old_last },
	{ "stamp-old-first",	"-",		TRICK_STAMPS | TRICK_COUNTS, stamp_old_first },
	{ "stamp-behind-end",	"-",		TRICK_STAMPS | TRICK_COUNTS, stamp_behind_end },
	{ "ack-ahead",		"drop_window",	0, ack_ahead },
	{ "ack-old",		"drop_window",	0, ack_old },
	{ "no-ack",		"drop_window",	0, no_ack },
	{ "no-flags",		"drop_window",	0, no_flags },
	{ "christmas",		"drop_window",	0, christmas },
	{ "beyond",		"drop_window",	0, beyond },
	{ "before",		"-",		0, before },
	{ "keep-alive",		"-",		0, keep_alive },
	{ "overlap",		"-",		TRICK_COUNTS, overlap },
	{ "urgent",		"urgent_cleared", TRICK_COUNTS, urgent },
	{ "urgent-first",	"urgent_cleared", TRICK_COUNTS, urgent_first },
	{ "urgent-beyond",	"urgent_cleared", TRICK_COUNTS, urgent_beyond },
	{ "rst-window",		"-",		0, rst_window },
	{ "rst-end",		"-",		0, rst_end },
	{ "rst-far",		"-",		0, rst_far },
	{ "rst-old",		"-",		0, rst_old },
	{ "rst-data",		"-",		0, rst_data },
	{ "rst-checksum",	"drop_csum",	0, rst_checksum },
	{ "rst-ttl",		"-",		TRICK_ROUTED, rst_dies },
	{ "fin-far",		"-",		0, fin_far },
	{ "fin-ahead",		"-",		0, fin_ahead },
	{ "fin-old",		"-",		0, fin_old },
	{ "fin-checksum",	"drop_csum",	0, fin_checksum },
	{ "fin-ack-ahead",	"drop_window",	0, fin_ack },
	{ "fin-ttl",		"-",		TRICK_ENDS | TRICK_ROUTED, fin_dies },
	{ "fin-data",		"-",		TRICK_ENDS | TRICK_COUNTS, fin_data },
	{ "fin-data-ttl",	"-",		TRICK_ENDS | TRICK_COUNTS | TRICK_ROUTED, fin_data_dies },
	{ "syn",		"-",		0, syn },
	{ "syn-before",		"-",		0, syn_before },
	{ "syn-window",		"-",		0, syn_window },
	{ "syn-far",		"-",		0, syn_far },
	{ "syn-ack",		"-",		0, syn_ack },
	{ "header-short",	"drop_short",	0, header_short },
	{ "header-long",	"drop_short",	0, header_long },
	{ "header-over",	"-",		TRICK_COUNTS, header_over },
	{ "trailer",		"-",		0, trailer },
	{ "md5",		"-",		TRICK_COUNTS, md5 },
	{ "ao",			"-",		TRICK_COUNTS, ao },
	{ "reserved",		"-",		TRICK_COUNTS, reserved },
	{ "ip-options",		"-",		TRICK_COUNTS | TRICK_V4, ip_options },
	{ "rst-end-later",	"-",		TRICK_WAITS, rst_end },
	{ "rst-ttl-later",	"-",		TRICK_WAITS | TRICK_ROUTED, rst_dies },
	{ "fin-ttl-later",	"-",		TRICK_WAITS | TRICK_ROUTED | TRICK_ENDS, fin_dies },
	{ "server-ack",		"drop_strange",	TRICK_BETWEEN, server_ack },
	{ "server-syn-ack",	"drop_strange",	TRICK_BETWEEN, server_syn },
	{ "server-rst",		"drop_strange",	TRICK_BETWEEN | TRICK_WAITS, server_rst },
	{ "server-fin",		"drop_strange",	TRICK_BETWEEN | TRICK_WAITS | TRICK_ROUTED | TRICK_ENDS,
	  server_fin },
	{ }
};

/**
 * trick_fits() - can the trick be played here?
 * @t: the trick
 * @r: the run
 *
 * Return: it can.
 */
bool trick_fits(const struct trick *t, const struct run *r)
{
	return (!(t->flags & TRICK_STAMPS) || r->stamps) &&
	       (!(t->flags & TRICK_BETWEEN) || r->routed || r->bridged) &&
	       (!(t->flags & TRICK_ROUTED) || r->routed) &&
	       (!(t->flags & TRICK_V4) || !r->ends.v6);
}

/**
 * trick_find() - a trick by its name
 * @name: its name
 *
 * Return: the trick, or NULL.
 */
const struct trick *trick_find(const char *name)
{
	const struct trick *t;

	for (t = tricks; t->name; t++)
		if (!strcmp(t->name, name))
			return t;
	return NULL;
}
