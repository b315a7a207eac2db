// SPDX-License-Identifier: GPL-2.0
/*
 * An SQL Server Resolution Service with the flaws of MS02-039 (CVE-2002-0649,
 * CVE-2002-0650). README says where the sizes come from.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "buf.h"
#include "loop.h"
#include "options.h"
#include "record.h"

/* Requests, then the one response. */
enum {
	CLNT_BCAST_EX = 0x02,
	CLNT_UCAST_EX = 0x03,
	CLNT_UCAST_INST = 0x04,
	SVR_RESP = 0x05,
	SVR_REGISTER = 0x08,
	SVR_KEEPALIVE = 0x0a,
};

#define KEY_PREFIX "SOFTWARE\\Microsoft\\Microsoft SQL Server\\"
#define KEY_SUFFIX "\\MSSQLServer\\CurrentVersion"

/* The bytes of a name that fit, see README. */
#define NAME_MAX_STACK 96
#define NAME_MAX_HEAP 128

static const char instance[] = "MSSQLSERVER";
static const char about[] =
	"ServerName;TOYSQL;InstanceName;MSSQLSERVER;IsClustered;No;"
	"Version;8.00.194;tcp;1433;;";

/* The registry of this toy holds one key. */
static int __attribute__((noinline)) registry_has(const char *key)
{
	size_t prefix = strlen(KEY_PREFIX), n = strlen(instance);

	return !strncasecmp(key + prefix, instance, n) &&
	       !strcmp(key + prefix + n, KEY_SUFFIX);
}

static char *append(char *to, const char *from)
{
	while ((*to = *from++))
		to++;
	return to;
}

/*
 * The flaw of CVE-2002-0649 that Slammer used: no bound on the name. The
 * original uses sprintf; the sanitizer sees that one only after it has written,
 * and a long name then takes the sanitizer's own frame with it.
 */
static int __attribute__((noinline)) lookup(const char *name)
{
	char key[sizeof(KEY_PREFIX) - 1 + NAME_MAX_STACK + sizeof(KEY_SUFFIX)];

	append(append(append(key, KEY_PREFIX), name), KEY_SUFFIX);
	return registry_has(key);
}

/*
 * The other flaws of CVE-2002-0649: "name:number", where the name is copied
 * into a heap block of fixed size, and the number is taken for granted.
 */
static void register_server(char *text)
{
	char *name = strtok(text, ":");
	char *number = strtok(NULL, ":");
	char *copy = malloc(NAME_MAX_HEAP + 1);

	if (!copy)
		return;
	if (atoi(number) >= 0)
		strcpy(copy, name);
	free(copy);
}

static void respond(struct buf *reply)
{
	size_t n = strlen(about);
	char head[3] = { SVR_RESP, n & 0xff, n >> 8 };

	buf_add(reply, head, sizeof(head));
	buf_add(reply, about, n);
}

/* @p has a NUL behind its @len bytes. */
static void answer(char *p, size_t len, struct buf *reply)
{
	if (!len)
		return;
	switch (p[0]) {
	case CLNT_BCAST_EX:
	case CLNT_UCAST_EX:
		respond(reply);
		break;
	case CLNT_UCAST_INST:
		if (lookup(p + 1))
			respond(reply);
		break;
	case SVR_REGISTER:
		register_server(p + 1);
		break;
	case SVR_KEEPALIVE:
		/* CVE-2002-0650: two servers can be made to do this forever. */
		buf_add(reply, p, 1);
		break;
	}
}

static void ready(struct io *io, short revents)
{
	static unsigned int number;
	struct sockaddr_storage from;
	socklen_t from_len;
	char packet[65536];
	ssize_t n;

	(void)revents;
	for (;;) {
		struct buf reply = { 0 };
		int rec;

		from_len = sizeof(from);
		n = recvfrom(io->fd, packet, sizeof(packet) - 1, 0,
			     (struct sockaddr *)&from, &from_len);
		if (n < 0)
			return;
		rec = record_open(++number, 0);
		record_add(rec, packet, n);
		if (rec >= 0)
			close(rec);
		packet[n] = '\0';
		answer(packet, n, &reply);
		if (reply.len)
			sendto(io->fd, reply.p, reply.len, 0,
			       (struct sockaddr *)&from, from_len);
		buf_free(&reply);
	}
}

/**
 * main() - see README
 * @argc: number of arguments
 * @argv: the arguments
 *
 * Return: 0 after SIGTERM.
 */
int main(int argc, char **argv)
{
	static struct io io = { .events = POLLIN, .ready = ready };

	options_parse(argc, argv, NULL, 1434);
	io.fd = options_socket(SOCK_DGRAM);
	loop_add(&io);
	options_ready(io.fd);
	return loop_run();
}
