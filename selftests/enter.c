// SPDX-License-Identifier: GPL-2.0
/*
 * Run a command in a network namespace.
 *
 * enter NAME COMMAND [ARGUMENT...]
 *
 * As "ip netns exec" does, but without a mount namespace of its own, whose end
 * waits for other processors: /sys stays that of the caller.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include "net.h"

int main(int argc, char **argv)
{
	char path[4096];
	int fd;

	if (argc < 3) {
		fprintf(stderr, "usage: enter NAME COMMAND [ARGUMENT...]\n");
		return 2;
	}
	snprintf(path, sizeof(path), "/run/netns/%s", argv[1]);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die("enter: %s", path);
	execvp(argv[2], argv + 2);
	die("enter: %s", argv[2]);
}
