// SPDX-License-Identifier: GPL-2.0
/*
 * A third party that knows the addresses and ports of a connection, but not its
 * numbers: segments in the names of both ends, each of which no end may take.
 *
 * forge -L NETNS -l IFACE -i IFACE -m ADDRESS -p PORT [-e] [-k KIND]
 *
 *   -L NETNS     namespace of the client, where the connection is watched
 *   -l IFACE     its interface there
 *   -i IFACE     where the forged segments go out, in this namespace
 *   -m ADDRESS   link layer address of who takes them
 *   -p PORT      port of the server
 *   -e           they come in elsewhere than the client's: also those that have one of
 *                the client's two numbers right
 *   -k KIND      only this kind: a place in the list below, from 0; those in the name of
 *                the server follow those of the client
 *
 * Behind each answer of the server, every kind of forged segment is sent once: what it
 * answers has passed the box then, and what is behind that is old. Ends at SIGTERM and says how many those were.
 */
#include <fcntl.h>
#include <linux/if_ether.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "evade_wire.h"
#include "net.h"

#define FAR	(1u << 28)
#define AHEAD	100000		/* acknowledges what was never sent */
#define TICKS	100000
#define TEXT	"GET /forged HTTP/1.1\r\nHost: forged\r\n\r\n"

/**
 * struct kind - a forged segment
 * @flags: its flags
 * @seq: added to the right sequence number
 * @ack: added to the right acknowledgement
 * @old_ack: acknowledges nothing yet
 * @csum: its checksum is wrong
 * @stamp: its timestamp is too old
 * @bare: it has no payload
 * @elsewhere: for another interface than the client's only
 */
struct kind {
	uint8_t flags;
	uint32_t seq;
	uint32_t ack;
	bool old_ack;
	bool csum;
	bool stamp;
	bool bare;
	bool elsewhere;
};

/* In the name of either end. */
static const struct kind kinds[] = {
	{ .flags = ACK | PSH, .csum = true },
	{ .flags = ACK | PSH, .stamp = true },
	{ .flags = ACK | PSH, .seq = FAR },
	{ .flags = ACK | PSH, .seq = -FAR },
	{ .flags = ACK | PSH, .ack = AHEAD },
	{ .flags = ACK, .seq = FAR, .bare = true },
	{ .flags = ACK, .ack = AHEAD, .bare = true },
	{ .flags = PSH },
	{ .flags = FIN | ACK, .seq = FAR, .bare = true },
	{ .flags = FIN | ACK, .ack = AHEAD, .bare = true },
	{ .flags = FIN | ACK, .csum = true, .bare = true },
	{ .flags = RST, .seq = FAR, .bare = true },
	{ .flags = RST, .seq = -1, .bare = true },
	{ .flags = RST | ACK, .seq = 5000, .bare = true },
	{ .flags = RST, .csum = true, .bare = true },
	{ .flags = SYN, .seq = FAR },
	{ .flags = SYN | ACK, .seq = FAR, .ack = AHEAD },
	{ .flags = ACK | PSH | URG, .seq = FAR },
	{ .flags = ACK | PSH, .old_ack = true, .elsewhere = true },
	{ .flags = ACK | PSH, .seq = 5000, .elsewhere = true },
	{ .flags = FIN | ACK, .old_ack = true, .bare = true, .elsewhere = true },
	{ .flags = RST, .bare = true, .elsewhere = true },
	{ .flags = RST | ACK, .old_ack = true, .bare = true, .elsewhere = true },
};

#define NKIND	((int)(sizeof(kinds) / sizeof(kinds[0])))

static volatile sig_atomic_t stop;

static void on_term(int sig)
{
	stop = sig;
}

/**
 * struct seen - what a segment says of its connection
 * @ends: whose it is
 * @next: sequence number behind it
 * @ack: its acknowledgement
 * @first_ack: the first acknowledgement of that end
 * @stamps: it has a timestamp
 * @tsval: that
 * @tsecr: its echo
 */
struct seen {
	struct ends ends;
	uint32_t next;
	uint32_t ack;
	uint32_t first_ack;
	bool stamps;
	uint32_t tsval;
	uint32_t tsecr;
};

static bool forge(const struct wire *w, const struct seen *v, const struct kind *k)
{
	static struct segment s;

	if ((k->stamp && !v->stamps) || (k->old_ack && v->ack == v->first_ack))
		return false;
	memset(&s, 0, sizeof(s));
	s.ends = v->ends;
	s.seq = v->next + k->seq;
	s.ack = k->old_ack ? v->first_ack : v->ack + k->ack;
	s.flags = k->flags;
	s.win = 1000;
	s.csum_add = k->csum;
	if (v->stamps)
		segment_stamp(&s, v->tsval - (k->stamp ? TICKS : 0), v->tsecr);
	s.len = k->bare ? 0 : strlen(TEXT);
	memcpy(s.data, TEXT, s.len);
	wire_send(w, &s);
	return true;
}

static void see(struct seen *v, const struct segment *s)
{
	v->ends = s->ends;
	v->next = s->seq + s->len;
	v->ack = s->ack;
	v->stamps = segment_stamped(s, &v->tsval, &v->tsecr);
}

/* Forge every kind, or number @only, behind a segment. Returns how many were sent. */
static unsigned long forge_all(const struct wire *w, const struct seen *v, bool elsewhere, int only)
{
	unsigned long n = 0;
	int i;

	for (i = 0; i < NKIND; i++)
		if ((elsewhere || !kinds[i].elsewhere) && (only < 0 || only == i))
			n += forge(w, v, &kinds[i]);
	return n;
}

static void enter(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die("forge: %s", path);
	close(fd);
}

int main(int argc, char **argv)
{
	const char *netns = NULL, *watched = NULL, *iface = NULL, *neighbour = NULL;
	const struct sigaction term = { .sa_handler = on_term };
	struct seen client = { 0 }, server = { 0 };
	struct wire out, in;
	struct segment s;
	unsigned long n = 0;
	bool elsewhere = false;
	uint16_t port = 0;
	int only = -1, c;

	while ((c = getopt(argc, argv, "L:l:i:m:p:ek:")) != -1) {
		switch (c) {
		case 'L':
			netns = optarg;
			break;
		case 'l':
			watched = optarg;
			break;
		case 'i':
			iface = optarg;
			break;
		case 'm':
			neighbour = optarg;
			break;
		case 'p':
			port = atoi(optarg);
			break;
		case 'k':
			only = atoi(optarg);
			break;
		case 'e':
			elsewhere = true;
			break;
		default:
			return 2;
		}
	}
	if (!netns || !watched || !iface || !neighbour || !port) {
		fprintf(stderr, "usage: forge -L NETNS -l IFACE -i IFACE -m ADDRESS -p PORT [-e] [-k KIND]\n");
		return 2;
	}
	sigaction(SIGTERM, &term, NULL);
	/* what it sends is not to be seen again */
	wire_open(&out, iface, neighbour, 0);
	enter(netns);
	wire_open(&in, watched, neighbour, ETH_P_ALL);
	puts("ready");
	fflush(stdout);
	while (!stop) {
		wire_wait(&in, 100);
		while (!stop && wire_recv(&in, &s)) {
			if (s.len > MAX_PAYLOAD || s.flags & (SYN | RST | FIN) ||
			    strstr((char *)s.data, "forged"))
				continue;
			if (s.ends.dport == port) {
				see(&client, &s);
				if (!client.first_ack)
					client.first_ack = s.ack;
			} else if (s.ends.sport == port) {
				see(&server, &s);
				if (!server.first_ack)
					server.first_ack = s.ack;
			}
			if (s.len && s.ends.sport == port && s.ack == client.next) {
				if (only < NKIND)
					n += forge_all(&out, &client, elsewhere, only);
				if (only < 0 || only >= NKIND)
					n += forge_all(&out, &server, false,
						       only < 0 ? only : only - NKIND);
			}
		}
	}
	printf("forged: %lu\n", n);
	return 0;
}
