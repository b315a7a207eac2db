// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "options.h"

struct options options = { .flaw = "none" };

static void usage(const char *prog, const char *const *flaws)
{
	fprintf(stderr, "usage: %s [--port N] [--bind ADDR] [--record FILE]",
		prog);
	if (flaws) {
		fprintf(stderr, " [--flaw none");
		for (; *flaws; flaws++)
			fprintf(stderr, "|%s", *flaws);
		fprintf(stderr, "]");
	}
	fprintf(stderr, "\n");
	exit(2);
}

/**
 * options_parse() - read the command line into &options; exits 2 if it is wrong
 * @argc: main's
 * @argv: main's
 * @flaws: the names --flaw takes besides "none", NULL-terminated; NULL for no --flaw
 * @port: the port without --port
 */
void options_parse(int argc, char **argv, const char *const *flaws,
		   unsigned short port)
{
	static const struct option longs[] = {
		{ "port", required_argument, NULL, 'p' },
		{ "bind", required_argument, NULL, 'b' },
		{ "record", required_argument, NULL, 'r' },
		{ "flaw", required_argument, NULL, 'f' },
		{ 0 }
	};
	unsigned long n;
	char *end;
	int i, c;

	options.port = port;
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (c) {
		case 'p':
			n = strtoul(optarg, &end, 10);
			if (*end || end == optarg || n > 65535)
				usage(argv[0], flaws);
			options.port = n;
			break;
		case 'b':
			options.bind = optarg;
			break;
		case 'r':
			options.record = optarg;
			break;
		case 'f':
			options.flaw = optarg;
			if (!strcmp(optarg, "none"))
				break;
			for (i = 0; flaws && flaws[i]; i++)
				if (!strcmp(optarg, flaws[i]))
					break;
			if (!flaws || !flaws[i])
				usage(argv[0], flaws);
			break;
		default:
			usage(argv[0], flaws);
		}
	}
	if (optind != argc)
		usage(argv[0], flaws);
}

static int try_bind(int type, const struct sockaddr *sa, socklen_t len)
{
	int one = 1, zero = 0;
	int fd = socket(sa->sa_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (sa->sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero));
	if (bind(fd, sa, len) || (type == SOCK_STREAM && listen(fd, 512))) {
		close(fd);
		return -1;
	}
	return fd;
}

/**
 * options_socket() - the server's socket, bound and, for a stream, listening
 * @type: SOCK_STREAM or SOCK_DGRAM
 *
 * Without --bind one IPv6 socket takes both families; on a machine without
 * IPv6 it is an IPv4 socket.
 *
 * Return: the descriptor; exits 1 if there cannot be one.
 */
int options_socket(int type)
{
	struct sockaddr_in6 in6 = {
		.sin6_family = AF_INET6, .sin6_port = htons(options.port),
	};
	struct sockaddr_in in = {
		.sin_family = AF_INET, .sin_port = htons(options.port),
	};
	const char *addr = options.bind;
	int fd = -1;

	errno = EINVAL;
	if (!addr || inet_pton(AF_INET6, addr, &in6.sin6_addr) == 1)
		fd = try_bind(type, (struct sockaddr *)&in6, sizeof(in6));
	if (fd < 0 && (!addr || inet_pton(AF_INET, addr, &in.sin_addr) == 1))
		fd = try_bind(type, (struct sockaddr *)&in, sizeof(in));
	if (fd < 0) {
		fprintf(stderr, "%s port %u: %s\n", addr ? addr : "any address",
			options.port, strerror(errno));
		exit(1);
	}
	return fd;
}

/**
 * options_ready() - say on stdout that the server takes requests
 * @fd: from options_socket()
 */
void options_ready(int fd)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);

	/* sin_port and sin6_port are at the same place. */
	if (!options.port && !getsockname(fd, (struct sockaddr *)&ss, &len))
		printf("port %u\n",
		       ntohs(((struct sockaddr_in *)&ss)->sin_port));
	printf("listening\n");
	fflush(stdout);
}
