// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "buf.h"
#include "options.h"
#include "record.h"

/**
 * record_open() - start one record file
 * @a: the connection's number, from 1
 * @b: the number of a data connection of @a, 0 for @a itself
 *
 * Return: a descriptor, or -1 if nothing is to be recorded.
 */
int record_open(unsigned int a, unsigned int b)
{
	char suffix[32];
	struct buf name = { 0 };
	int fd;

	if (!options.record)
		return -1;
	if (b)
		snprintf(suffix, sizeof(suffix), ".%u.%u", a, b);
	else
		snprintf(suffix, sizeof(suffix), ".%u", a);
	buf_str(&name, options.record);
	buf_str(&name, suffix);
	fd = open(name.p, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (fd < 0) {
		perror(name.p);
		exit(1);
	}
	buf_free(&name);
	return fd;
}

/**
 * record_add() - append what was received
 * @fd: from record_open(); -1 does nothing
 * @p: the bytes
 * @n: how many
 *
 * Written straight to the file: the caller may abort on these very bytes.
 */
void record_add(int fd, const void *p, size_t n)
{
	const char *s = p;
	ssize_t done;

	while (fd >= 0 && n) {
		done = write(fd, s, n);
		if (done < 0) {
			if (errno == EINTR)
				continue;
			perror("record");
			exit(1);
		}
		s += done;
		n -= done;
	}
}
