// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "loop.h"

static struct io **ios;
static struct pollfd *pfds;
static size_t nr_ios, cap_ios;
static volatile sig_atomic_t stopped;

static void stop(int sig)
{
	(void)sig;
	stopped = 1;
}

/**
 * loop_add() - watch a descriptor
 * @io: stays the caller's; must live until loop_del()
 */
void loop_add(struct io *io)
{
	if (nr_ios == cap_ios) {
		cap_ios = cap_ios ? 2 * cap_ios : 64;
		ios = realloc(ios, cap_ios * sizeof(*ios));
		pfds = realloc(pfds, cap_ios * sizeof(*pfds));
		if (!ios || !pfds) {
			perror("realloc");
			exit(1);
		}
	}
	ios[nr_ios++] = io;
}

/**
 * loop_del() - stop watching a descriptor
 * @io: may be freed afterwards; the descriptor is not closed
 *
 * The slot is only emptied, so that a loop_run() which is walking the array
 * keeps its place; it compacts the array before it polls again.
 */
void loop_del(struct io *io)
{
	size_t i;

	for (i = 0; i < nr_ios; i++)
		if (ios[i] == io)
			ios[i] = NULL;
}

static size_t compact(void)
{
	size_t from, to = 0;

	for (from = 0; from < nr_ios; from++)
		if (ios[from])
			ios[to++] = ios[from];
	nr_ios = to;
	for (to = 0; to < nr_ios; to++) {
		pfds[to].fd = ios[to]->fd;
		pfds[to].events = ios[to]->events;
		pfds[to].revents = 0;
	}
	return nr_ios;
}

/**
 * loop_run() - serve until SIGTERM or SIGINT
 *
 * The signals are blocked except inside ppoll(), so that one which arrives
 * between two rounds is not lost.
 *
 * Return: 0 after a signal, 1 if poll failed.
 */
int loop_run(void)
{
	struct sigaction sa = { .sa_handler = stop };
	struct rlimit no_core = { 0, 0 };
	sigset_t block, unblocked;
	size_t i, n;

	setrlimit(RLIMIT_CORE, &no_core);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&block);
	sigaddset(&block, SIGTERM);
	sigaddset(&block, SIGINT);
	sigprocmask(SIG_BLOCK, &block, &unblocked);
	sigdelset(&unblocked, SIGTERM);
	sigdelset(&unblocked, SIGINT);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);

	while (!stopped) {
		n = compact();
		if (ppoll(pfds, n, NULL, &unblocked) < 0) {
			if (errno == EINTR)
				continue;
			perror("ppoll");
			return 1;
		}
		for (i = 0; i < n; i++)
			if (pfds[i].revents && ios[i])
				ios[i]->ready(ios[i], pfds[i].revents);
	}
	return 0;
}
