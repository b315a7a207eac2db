// SPDX-License-Identifier: GPL-2.0
/*
 * Overlapping segments that disagree, and packets for insertion and desynchronisation,
 * raw at a server.
 *
 * evade grammar OPTION...  print the grammar
 * evade patch OPTION...    print the patch
 * evade tricks OPTION...   print the tricks that can be played, and their counters
 * evade run OPTION... SET...
 *
 * SET is "pairs", "triplets" (all orders, places and contents of two or three
 * segments), "triplets-lost" (also with each combination of them dying behind the box)
 * or "trick:NAME" (one trick before, between and behind all pairs). Each schedule is
 * one line of a connection (evade.h). The server records what it read.
 *
 *   -i IFACE     where frames go
 *   -m ADDRESS   link layer address of who takes them
 *   -c ADDRESS   the client's, which belongs to no machine
 *   -s ADDRESS   the server's
 *   -p PORT      the server's
 *   -b PORT      the client's first
 *   -r PREFIX    the server's records, which are removed
 *   -o OPTION    no-stamps, no-sack, syn-data: of the connections;
 *                routed: the box lowers the TTL; bridged: it is a bridge;
 *                control: there is no box, and at least one exploit has to arrive;
 *                opaque: lines with opaque chunks, also for grammar and patch
 *   -k N         every Nth schedule only
 *   -f N         beginning with this one, modulo that
 *   -n ID        this schedule only
 */
#include <linux/if_ether.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "evade.h"

#define PARALLEL	60	/* less than what the server lets wait */
#define LINES		16	/* of one connection */

static struct run run = { .stamps = true, .sack = true, .stride = 1, .only = -1 };

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000L + ts.tv_nsec / 1000000;
}

static void usage(void)
{
	fprintf(stderr, "usage: evade grammar|patch|tricks|run OPTION... SET...\n");
	exit(2);
}

static void option(const char *name)
{
	if (!strcmp(name, "no-stamps"))
		run.stamps = false;
	else if (!strcmp(name, "no-sack"))
		run.sack = false;
	else if (!strcmp(name, "syn-data"))
		run.syn_data = true;
	else if (!strcmp(name, "routed"))
		run.routed = true;
	else if (!strcmp(name, "bridged"))
		run.bridged = true;
	else if (!strcmp(name, "control"))
		run.control = true;
	else if (!strcmp(name, "opaque"))
		run.plan.opaque = true;
	else
		usage();
}

/* It may be the last one of a connection, or has to wait. */
static bool goes_alone(size_t id)
{
	const struct trick *trick = run.plan.s[id].trick;

	return trick && trick->flags & (TRICK_ENDS | TRICK_WAITS);
}

/* How many schedules go by one connection. */
static size_t share(const size_t *todo, size_t left)
{
	size_t n = 1;

	if (goes_alone(*todo))
		return 1;
	while (n < left && n < LINES && !goes_alone(todo[n]))
		n++;
	return n;
}

static void connections(const size_t *todo, size_t count)
{
	struct conn *c;
	size_t at;

	run.conns = calloc(count, sizeof(*run.conns));
	if (!run.conns)
		die("no memory");
	for (at = 0; at < count; at += c->count) {
		c = &run.conns[run.nconns];
		c->run = &run;
		c->port = run.first_port + run.nconns;
		c->todo = todo + at;
		c->count = share(todo + at, count - at);
		/* every other one passes the end of the numbers */
		c->iss = run.nconns % 2 ? -(uint32_t)(LINE_LEN + 5) : run.nconns * 64021u;
		run.nconns++;
	}
}

/* Returns connections that did not end as they should. */
static size_t play(void)
{
	size_t first = 0, i, active, bad = 0;
	long now;

	while (first < run.nconns) {
		wire_wait(&run.wire, 5);
		conn_receive(&run);
		now = now_ms();
		for (i = first, active = 0; i < run.nconns && active < PARALLEL; i++) {
			active += !conn_run(&run.conns[i], now);
			conn_receive(&run);
		}
		while (first < run.nconns && run.conns[first].state >= CONN_DONE)
			first++;
	}
	for (i = 0; i < run.nconns; i++)
		bad += run.conns[i].state != CONN_DONE;
	return bad;
}

static bool ends_allowed(size_t count, const size_t *todo)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (run.plan.s[todo[i]].trick && run.plan.s[todo[i]].trick->flags & TRICK_ENDS)
			return true;
	return false;
}

static void print_stuck(void)
{
	const struct conn *c;
	size_t i, shown = 0;

	for (i = 0; i < run.nconns && shown < 5; i++) {
		c = &run.conns[i];
		if (c->state == CONN_DONE)
			continue;
		printf("connection from port %u %s at schedule %zu\n", c->port,
		       c->state == CONN_RESET ? "was reset" : "stands still",
		       c->todo[c->at < c->count ? c->at : c->count - 1]);
		shown++;
	}
}

static int run_all(char **sets)
{
	size_t *todo, count = 0, i, nsteps = 0, ntricks = 0;
	size_t unended;
	bool good;

	for (; *sets; sets++)
		if (!plan_add(&run.plan, *sets, &run))
			die("no such set: %s", *sets);
	todo = calloc(run.plan.n + 1, sizeof(*todo));
	if (!todo)
		die("no memory");
	for (i = 0; i < run.plan.n; i++)
		if (run.only < 0 ? i % run.stride == run.first % run.stride : i == (size_t)run.only)
			todo[count++] = i;
	for (i = 0; i < count; i++) {
		nsteps += run.plan.s[todo[i]].nsteps;
		ntricks += !!run.plan.s[todo[i]].trick;
	}
	connections(todo, count);
	if (run.first_port + run.nconns > 65536)
		die("too many connections: %zu", run.nconns);
	unended = play();
	if (run.control || ends_allowed(count, todo))
		unended = 0;
	printf("%zu schedules of %zu, %zu connections, %zu segments that overlap\n", count,
	       run.plan.n, run.nconns, nsteps);
	printf("tricks: %zu\n", ntricks);
	good = judge_all(&run, todo, count) && !unended;
	if (!good)
		print_stuck();
	free(run.conns);
	free(todo);
	return !good;
}

static int print_tricks(void)
{
	const struct trick *t;

	for (t = tricks; t->name; t++)
		if (trick_fits(t, &run))
			printf("%s %s\n", t->name, t->counter);
	return 0;
}

int main(int argc, char **argv)
{
	const char *iface = NULL, *neighbour = NULL, *client = NULL, *server = NULL, *verb;
	int c;

	if (argc < 2)
		usage();
	verb = argv[1];
	while ((c = getopt(argc - 1, argv + 1, "i:m:c:s:p:b:r:o:k:f:n:")) != -1) {
		switch (c) {
		case 'i':
			iface = optarg;
			break;
		case 'm':
			neighbour = optarg;
			break;
		case 'c':
			client = optarg;
			break;
		case 's':
			server = optarg;
			break;
		case 'p':
			run.ends.dport = atoi(optarg);
			break;
		case 'b':
			run.first_port = atoi(optarg);
			break;
		case 'r':
			run.records = optarg;
			break;
		case 'o':
			option(optarg);
			break;
		case 'k':
			run.stride = atoi(optarg);
			break;
		case 'f':
			run.first = atoi(optarg);
			break;
		case 'n':
			run.only = atol(optarg);
			break;
		default:
			usage();
		}
	}
	if (!strcmp(verb, "grammar")) {
		line_grammar(&run.plan);
		return 0;
	}
	if (!strcmp(verb, "patch")) {
		line_patch(&run.plan);
		return 0;
	}
	if (client && server)
		ends_parse(&run.ends, client, server);
	if (!strcmp(verb, "tricks"))
		return print_tricks();
	if (strcmp(verb, "run") || !iface || !neighbour || !client || !server || !run.ends.dport ||
	    !run.records || !run.stride || argc - 1 <= optind)
		usage();
	wire_open(&run.wire, iface, neighbour, run.ends.v6 ? ETH_P_IPV6 : ETH_P_IP);
	return run_all(argv + 1 + optind);
}
