// SPDX-License-Identifier: GPL-2.0
/*
 * A server that records exactly what recv() returned and answers just enough.
 *
 * server [-fm] [-k ADDR=KEY] PROTO PORT OUT [FILE]
 *
 * -f: takes data with a SYN (Fast Open); -m: Multipath TCP; -k: the client at that
 * address signs with that key (TCP-MD5).
 *
 * Connection (or datagram) number n, counted from 0, goes to the file OUT.n as it
 * arrives.  OUT.ready appears when the server listens.  Listens on IPv4 and IPv6.
 *
 *   http    one small reply for every complete request, with FILE in its body
 *   ftp     a greeting, then one reply for every line, those to PASV and EPSV from
 *           FILE; understands no transfers
 *   echo    everything back
 *   sink    nothing until the end of the stream, then its length
 *   source  the bytes of FILE, then the end
 *   lazy    like sink, but nothing is read before FILE exists
 *   ssrp    UDP: a reply that names the datagram's length
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "net.h"

/**
 * struct conn - a connection
 * @fd: its socket
 * @record: what arrived
 * @in: what arrived and was not answered yet
 * @count: requests answered, or bytes that arrived at a sink
 */
struct conn {
	int fd;
	int record;
	struct bytes in;
	unsigned long count;
};

/**
 * struct proto - what is answered
 * @name: its name
 * @begin: called once, or NULL
 * @arrived: called when @in has grown
 * @end: called at the end of the stream, or NULL
 *
 * Each returns 0, or -1 if the connection is broken.
 */
struct proto {
	const char *name;
	int (*begin)(struct conn *c);
	int (*arrived)(struct conn *c);
	int (*end)(struct conn *c);
};

static const struct proto *proto;
static const char *out;
static struct bytes source;
static const char *wake;

static int reply(struct conn *c, const char *text)
{
	return send_all(c->fd, text, strlen(text));
}

/* The value of a header, or NULL. */
static const char *header(const char *head, size_t len, const char *name)
{
	const size_t n = strlen(name);
	const char *p;

	for (p = head; p + n < head + len; p++)
		if (*p == '\n' && !strncasecmp(p + 1, name, n))
			return p + 1 + n + strspn(p + 1 + n, " ");
	return NULL;
}

/* Where the chunked body at @pos ends, 0 if it is incomplete. */
static size_t chunked_end(const struct bytes *b, size_t pos)
{
	size_t size;
	char *eol;

	for (;;) {
		eol = memmem(b->p + pos, b->len - pos, "\r\n", 2);
		if (!eol)
			return 0;
		size = strtoul(b->p + pos, NULL, 16);
		pos = eol + 2 - b->p;
		if (size > b->len || pos + size + 2 > b->len)
			return 0;
		pos += size + 2;
		if (!size)
			return memcmp(b->p + pos - 2, "\r\n", 2) ? 0 : pos;
	}
}

/* Where the request at the front ends, 0 if it is incomplete. */
static size_t request_end(const struct bytes *b)
{
	const char *value;
	size_t end;
	char *p;

	p = b->len ? memmem(b->p, b->len, "\r\n\r\n", 4) : NULL;
	if (!p)
		return 0;
	end = p + 4 - b->p;
	value = header(b->p, end, "transfer-encoding:");
	if (value && !strncasecmp(value, "chunked", 7))
		return chunked_end(b, end);
	value = header(b->p, end, "content-length:");
	if (value)
		end += strtoul(value, NULL, 10);
	return end <= b->len ? end : 0;
}

static int http_arrived(struct conn *c)
{
	struct bytes answer = { 0 };
	char body[32], text[96];
	size_t end;
	int ret = 0;

	while (!ret && (end = request_end(&c->in))) {
		bytes_drop(&c->in, end);
		snprintf(body, sizeof(body), "reply %lu\n", ++c->count);
		snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s",
			 strlen(body) + source.len, body);
		answer.len = 0;
		bytes_add(&answer, text, strlen(text));
		bytes_add(&answer, source.p, source.len);
		ret = send_all(c->fd, answer.p, answer.len);
	}
	free(answer.p);
	return ret;
}

static int ftp_begin(struct conn *c)
{
	return reply(c, "220 ready\r\n");
}

/* Is it answered with what the test wants to be said. */
static bool passive(const struct conn *c, size_t len)
{
	if (len != 4 || !source.len)
		return false;
	return !strncasecmp(c->in.p, "PASV", 4) || !strncasecmp(c->in.p, "EPSV", 4);
}

static int ftp_arrived(struct conn *c)
{
	static const char * const replies[][2] = {
		{ "USER", "331 password please\r\n" },
		{ "PASS", "230 logged in\r\n" },
		{ "QUIT", "221 bye\r\n" },
		{ "NOOP", "200 fine\r\n" },
		{ "PWD", "257 \"/\"\r\n" },
		{ "DELE", "250 deleted\r\n" },
		{ "SITE", "200 done\r\n" },
		{ "MKD", "257 made\r\n" },
		{ NULL, "500 unknown command\r\n" },
	};
	size_t len, i;
	bool said;
	char *eol;

	while (c->in.len && (eol = memchr(c->in.p, '\n', c->in.len))) {
		for (len = 0; !isspace((unsigned char)c->in.p[len]); len++)
			;
		for (i = 0; replies[i][0]; i++)
			if (strlen(replies[i][0]) == len &&
			    !strncasecmp(replies[i][0], c->in.p, len))
				break;
		said = passive(c, len);
		bytes_drop(&c->in, eol + 1 - c->in.p);
		if (said ? send_all(c->fd, source.p, source.len) : reply(c, replies[i][1]))
			return -1;
	}
	return 0;
}

static int echo_arrived(struct conn *c)
{
	int ret = send_all(c->fd, c->in.p, c->in.len);

	c->in.len = 0;
	return ret;
}

static int sink_arrived(struct conn *c)
{
	c->count += c->in.len;
	c->in.len = 0;
	return 0;
}

static int sink_end(struct conn *c)
{
	char text[32];

	snprintf(text, sizeof(text), "%lu\n", c->count);
	return reply(c, text);
}

static int source_begin(struct conn *c)
{
	return send_all(c->fd, source.p, source.len) || shutdown(c->fd, SHUT_WR) ? -1 : 0;
}

static int lazy_begin(struct conn *c)
{
	const struct timespec tick = { .tv_nsec = 500000 };

	(void)c;
	while (access(wake, F_OK))
		nanosleep(&tick, NULL);
	return 0;
}

static const struct proto protos[] = {
	{ .name = "http", .arrived = http_arrived },
	{ .name = "ftp", .begin = ftp_begin, .arrived = ftp_arrived },
	{ .name = "echo", .arrived = echo_arrived },
	{ .name = "sink", .arrived = sink_arrived, .end = sink_end },
	{ .name = "source", .begin = source_begin, .arrived = sink_arrived },
	{ .name = "lazy", .begin = lazy_begin, .arrived = sink_arrived, .end = sink_end },
	{ .name = "ssrp" },
	{ }
};

static void talk(struct conn *c)
{
	char chunk[65536];
	ssize_t n;

	if (proto->begin && proto->begin(c))
		return;
	while ((n = recv(c->fd, chunk, sizeof(chunk), 0)) > 0) {
		if (write_all(c->record, chunk, n))
			die("server: write");
		bytes_add(&c->in, chunk, n);
		if (proto->arrived(c))
			return;
	}
	if (!n && proto->end)
		proto->end(c);
}

static void *serve(void *arg)
{
	struct conn *c = arg;

	talk(c);
	close(c->record);
	close(c->fd);
	free(c->in.p);
	free(c);
	return NULL;
}

static int record_create(unsigned int number)
{
	char name[4096];
	int fd;

	snprintf(name, sizeof(name), "%s.%u", out, number);
	fd = file_create(name);
	if (fd < 0)
		die("server: %s", name);
	return fd;
}

static void accept_all(int sock)
{
	unsigned int number = 0;
	pthread_attr_t detached;
	struct conn *c;
	pthread_t id;
	int one = 1;

	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	for (;;) {
		c = calloc(1, sizeof(*c));
		if (!c)
			die("server: no memory");
		c->fd = accept(sock, NULL, NULL);
		if (c->fd < 0)
			die("server: accept");
		setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		c->record = record_create(number++);
		errno = pthread_create(&id, &detached, serve, c);
		if (errno)
			die("server: thread");
	}
}

static void answer_all(int sock)
{
	char data[65536], control[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	struct sockaddr_in6 peer;
	struct iovec iov = { .iov_base = data };
	struct msghdr msg = { .msg_name = &peer, .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = control };
	unsigned int number = 0;
	ssize_t n;
	int fd;

	for (;;) {
		iov.iov_len = sizeof(data);
		msg.msg_namelen = sizeof(peer);
		msg.msg_controllen = sizeof(control);
		n = recvmsg(sock, &msg, 0);
		if (n < 0)
			die("server: recvmsg");
		fd = record_create(number++);
		if (write_all(fd, data, n))
			die("server: write");
		close(fd);
		/* with the same control data: from the address that was asked */
		data[0] = 5;
		data[1] = n & 0xff;
		data[2] = n >> 8;
		iov.iov_len = 3;
		if (sendmsg(sock, &msg, 0) < 0)
			die("server: sendmsg");
	}
}

/* @arg: ADDR=KEY */
static void expect_signed(int sock, const char *arg)
{
	struct sockaddr_in6 peer = { .sin6_family = AF_INET6 };
	const char *key = strchr(arg, '=');
	char text[INET6_ADDRSTRLEN + 8];

	if (!key)
		die("server: no key");
	/* an IPv4 client of a socket for both */
	snprintf(text, sizeof(text), "%s%.*s", memchr(arg, ':', key - arg) ? "" : "::ffff:",
		 (int)(key - arg), arg);
	if (inet_pton(AF_INET6, text, &peer.sin6_addr) != 1 ||
	    sign(sock, (struct sockaddr *)&peer, sizeof(peer), key + 1))
		die("server: %s", arg);
}

static void usage(void)
{
	fprintf(stderr, "usage: server [-fm] [-k ADDR=KEY] PROTO PORT OUT [FILE]\n");
	exit(2);
}

int main(int argc, char **argv)
{
	struct sockaddr_in6 addr = { .sin6_family = AF_INET6 };
	int sock, zero = 0, one = 1, backlog = 16, c;
	bool fast = false, multipath = false, udp;
	/* Connections that their clients leave alone stay open. */
	const struct rlimit files = { .rlim_cur = 65536, .rlim_max = 65536 };
	const char *key = NULL;
	char ready[4096];

	setrlimit(RLIMIT_NOFILE, &files);
	while ((c = getopt(argc, argv, "+fmk:")) != -1) {
		switch (c) {
		case 'f':
			fast = true;
			break;
		case 'm':
			multipath = true;
			break;
		case 'k':
			key = optarg;
			break;
		default:
			usage();
		}
	}
	argv += optind - 1;
	argc -= optind - 1;
	if (argc < 4)
		usage();
	for (proto = protos; proto->name && strcmp(argv[1], proto->name); proto++)
		;
	if (!proto->name)
		die("server: no protocol %s", argv[1]);
	addr.sin6_port = htons(atoi(argv[2]));
	out = argv[3];
	wake = argv[4];
	if (argc > 4 && proto->begin != lazy_begin && bytes_read(&source, argv[4]))
		die("server: %s", argv[4]);

	udp = !proto->arrived;
	sock = socket(AF_INET6, (udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC,
		      multipath ? IPPROTO_MPTCP : 0);
	if (sock < 0)
		die("server: socket");
	setsockopt(sock, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero));
	setsockopt(sock, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (udp)
		setsockopt(sock, IPPROTO_IPV6, IPV6_RECVPKTINFO, &one, sizeof(one));
	if (fast && setsockopt(sock, IPPROTO_TCP, TCP_FASTOPEN, &backlog, sizeof(backlog)))
		die("server: TCP_FASTOPEN");
	if (key)
		expect_signed(sock, key);
	if (bind(sock, (struct sockaddr *)&addr, sizeof(addr)))
		die("server: bind");
	if (!udp && listen(sock, 64))
		die("server: listen");
	snprintf(ready, sizeof(ready), "%s.ready", out);
	if (file_create(ready) < 0)
		die("server: %s", ready);
	if (udp)
		answer_all(sock);
	else
		accept_all(sock);
	return 0;
}
