/* SPDX-License-Identifier: GPL-2.0 */
/* The one poll() loop of a server process. */
#ifndef VULN_LOOP_H
#define VULN_LOOP_H

/**
 * struct io - a descriptor the loop watches
 * @fd: the descriptor
 * @events: what to wait for; may be changed at any time
 * @ready: called with poll's revents; may loop_del() and free this or any other io
 */
struct io {
	int fd;
	short events;
	void (*ready)(struct io *io, short revents);
};

void loop_add(struct io *io);
void loop_del(struct io *io);
int loop_run(void);

#endif
