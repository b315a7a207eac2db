// SPDX-License-Identifier: GPL-2.0
/*
 * A TCP or UDP client that sends given bytes in a given segmentation.
 *
 * client [-fmu] [-b PORT] [-g SIZE] [-i IFACE] [-k KEY] [-o OUT] [-t SECONDS] HOST PORT STEP...
 *
 * -u: UDP; -g: what is sent at once goes in one packet for datagrams of that size; -f: the first thing sent goes with the SYN (Fast Open); -m: Multipath
 * TCP; -b: from that port; -i: by that interface only; -k: signed with that key (TCP-MD5).
 *
 * Steps, done in order on one connection:
 *   send:FILE        the whole file in one send()
 *   one:FILE         one byte per segment
 *   size:N:FILE      N bytes per segment
 *   split:N:FILE     two segments: the first N bytes and the rest
 *   mixed:SEED:FILE  segments of 1 to 5000 bytes, the same ones for the same seed
 *   expect:REGEX     wait until what was received since the last expect matches
 *   urgent:FILE      the whole file, its last byte as urgent data
 *   alive            probe an idle connection every second from now on
 *   total:N          wait until N bytes were received in all
 *   silence:MS       nothing may arrive for so long
 *   acked            wait until the peer acknowledged every byte
 *   took:FILE        write how many microseconds ago it began to connect
 *   touch:FILE       create a file, to tell the caller
 *   wait:FILE        wait for a file, to be told by the caller
 *   shut             no more to send
 *   eof              wait for the peer's end of stream
 *   reset            wait until the peer or somebody between resets the connection
 *
 * or instead of steps:
 *   every:FILE       one connection for each two-way split of the file: send the
 *                    first part, then the rest, half-close, read to the end
 *
 * REGEX is a POSIX extended one in which \r and \n stand for these bytes; "^" is
 * where the last expect ended, and "." matches them too.
 *
 * Each segment goes out by itself: Nagle is off and the next send() waits until
 * the kernel has transmitted (not: has had acknowledged) the last.  What was
 * received is written to OUT.  Every wait is bounded by -t (default 120 seconds);
 * the exit status is 1, with the step that failed on standard error, if one was
 * not met.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "net.h"

/* As much as an expect looks back. */
#define FRESH_MAX	65536

static struct {
	const char *host;
	const char *port;
	const char *step;
	const char *iface;
	const char *from;
	const char *key;
	int datagram;
	bool udp;
	bool fast;
	bool multipath;
	int out;
	long limit_ms;
} opt = { .out = -1, .limit_ms = 120000 };

static int sock;
static struct bytes fresh;
static size_t total;
static bool ended;
static long began_us;

/* A system call failed. */
static void failed(const char *why)
{
	die("client: %s: %s", opt.step, why);
}

static void unmet(const char *why)
{
	errno = 0;
	failed(why);
}

static long now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000L + ts.tv_nsec / 1000;
}

static long now_ms(void)
{
	return now_us() / 1000;
}

/* A connection of the same name may be in TIME-WAIT. */
static void bind_port(int family, in_port_t port)
{
	const struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = port };
	const struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = port };
	int one = 1;

	if (setsockopt(sock, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    (family == AF_INET ? bind(sock, (const struct sockaddr *)&v4, sizeof(v4)) :
				 bind(sock, (const struct sockaddr *)&v6, sizeof(v6))))
		failed(opt.from);
}

/* What has to be said to a socket before it connects. */
static void prepare(const struct sockaddr *addr, socklen_t len)
{
	int one = 1;

	if (opt.iface &&
	    setsockopt(sock, SOL_SOCKET, SO_BINDTODEVICE, opt.iface, strlen(opt.iface)))
		failed(opt.iface);
	if (opt.key && sign(sock, addr, len, opt.key))
		failed("TCP_MD5SIG");
	if (opt.datagram && setsockopt(sock, IPPROTO_UDP, UDP_SEGMENT, &opt.datagram,
				       sizeof(opt.datagram)))
		failed("UDP_SEGMENT");
	if (opt.fast && setsockopt(sock, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &one, sizeof(one)))
		failed("TCP_FASTOPEN_CONNECT");
}

static void dial(void)
{
	struct timeval limit = {
		.tv_sec = opt.limit_ms / 1000,
		.tv_usec = opt.limit_ms % 1000 * 1000,
	};
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(atoi(opt.port)) };
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = v6.sin6_port };
	struct sockaddr *addr = (struct sockaddr *)&v4;
	socklen_t len = sizeof(v4);
	int one = 1;

	if (inet_pton(AF_INET6, opt.host, &v6.sin6_addr) == 1) {
		addr = (struct sockaddr *)&v6;
	} else if (inet_pton(AF_INET, opt.host, &v4.sin_addr) != 1) {
		unmet("no address");
	}
	if (addr != (struct sockaddr *)&v4)
		len = sizeof(v6);
	sock = socket(addr->sa_family, (opt.udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC,
		      opt.multipath ? IPPROTO_MPTCP : 0);
	if (sock < 0)
		failed("socket");
	prepare(addr, len);
	if (opt.from)
		bind_port(addr->sa_family, htons(atoi(opt.from)));
	began_us = now_us();
	/* connect() obeys this as well */
	setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(sock, addr, len))
		failed("connect");
	if (!opt.udp)
		setsockopt(sock, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	fresh.len = 0;
	total = 0;
	ended = false;
}

static bool queue_empty(unsigned long request)
{
	int n;

	if (ioctl(sock, request, &n))
		failed("ioctl");
	return !n;
}

static bool transmitted(const char *unused)
{
	(void)unused;
	return queue_empty(SIOCOUTQNSD);
}

static bool acked(const char *unused)
{
	(void)unused;
	return queue_empty(SIOCOUTQ);
}

static bool exists(const char *path)
{
	return !access(path, F_OK);
}

static void until(bool (*condition)(const char *), const char *arg, const char *why)
{
	struct timespec tick = { .tv_nsec = 500000 };
	long end = now_ms() + opt.limit_ms;

	while (!condition(arg)) {
		if (now_ms() > end)
			unmet(why);
		nanosleep(&tick, NULL);
		if (tick.tv_nsec < 50000000)
			tick.tv_nsec += tick.tv_nsec / 16;
	}
}

static void segment(const char *p, size_t len)
{
	if (send_all(sock, p, len))
		failed("send");
	if (!opt.udp)
		until(transmitted, NULL, "segment not transmitted");
}

enum arrival { SOMETHING, END, NOTHING, RESET };

/* Take in what there is, or comes within the time. */
static enum arrival receive(long limit_ms)
{
	static char chunk[1 << 18];
	struct pollfd p = { .fd = sock, .events = POLLIN };
	ssize_t n;

	if (poll(&p, 1, limit_ms > 0 ? limit_ms : 1) <= 0)
		return NOTHING;
	n = recv(sock, chunk, sizeof(chunk), 0);
	if (n < 0 && errno == ECONNRESET)
		return RESET;
	if (n < 0)
		failed("recv");
	if (!n && !opt.udp) {
		ended = true;
		return END;
	}
	total += n;
	bytes_add(&fresh, chunk, n);
	if (fresh.len > FRESH_MAX)
		bytes_drop(&fresh, fresh.len - FRESH_MAX);
	if (opt.out >= 0 && write_all(opt.out, chunk, n))
		failed("write");
	return SOMETHING;
}

static void receive_more(long end)
{
	enum arrival arrival = ended ? END : receive(end - now_ms());

	if (arrival == SOMETHING)
		return;
	unmet(arrival == END ? "end of stream" : arrival == RESET ? "reset" : "nothing came");
}

/* \r and \n, which a POSIX expression has no other way to write in a shell. */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (*s == '\\' && (s[1] == 'r' || s[1] == 'n'))
			*to++ = *++s == 'r' ? '\r' : '\n';
		else if (*s == '\\' && s[1])
			*to++ = *s++, *to++ = *s;
		else
			*to++ = *s;
	}
	*to = 0;
}

static void expect(const char *arg)
{
	long end = now_ms() + opt.limit_ms;
	char *pattern = strdup(arg);
	regmatch_t m;
	regex_t re;

	unescape(pattern);
	if (regcomp(&re, pattern, REG_EXTENDED))
		unmet("not a regular expression");
	for (;;) {
		/* not a string: there may be a NUL in it */
		m.rm_so = 0;
		m.rm_eo = fresh.len;
		if (fresh.p && !regexec(&re, fresh.p, 1, &m, REG_STARTEND))
			break;
		receive_more(end);
	}
	bytes_drop(&fresh, m.rm_eo);
	regfree(&re);
	free(pattern);
}

/* Sizes around those of segments, and now and then a few bytes alone. */
static size_t any_size(unsigned int *seed)
{
	*seed = *seed * 1103515245 + 12345;
	if (*seed >> 29 == 0)
		return 1 + (*seed >> 16) % 8;
	return 1 + (*seed >> 16) % 5000;
}

static void send_file(const char *verb, const char *arg)
{
	const bool mixed = !strcmp(verb, "mixed");
	struct bytes data = { 0 };
	size_t size, n, at;
	unsigned int seed;
	char *end;

	size = strtoul(arg, &end, 10);
	if (!strcmp(verb, "send") || !strcmp(verb, "one")) {
		size = 1;
	} else {
		if (end == arg || *end != ':' || !size)
			unmet("no number");
		arg = end + 1;
	}
	if (bytes_read(&data, arg))
		failed(arg);
	if (!strcmp(verb, "send"))
		size = data.len;
	seed = size;
	for (at = 0; at < data.len; at += n) {
		if (mixed)
			size = any_size(&seed);
		n = data.len - at < size ? data.len - at : size;
		segment(data.p + at, n);
		if (!strcmp(verb, "split"))
			size = data.len;
	}
	free(data.p);
}

static void urgent(const char *path)
{
	struct bytes data = { 0 };

	if (bytes_read(&data, path))
		failed(path);
	if (send(sock, data.p, data.len, MSG_OOB | MSG_NOSIGNAL) != (ssize_t)data.len)
		failed("send");
	free(data.p);
}

static void alive(void)
{
	int one = 1;

	if (setsockopt(sock, IPPROTO_TCP, TCP_KEEPIDLE, &one, sizeof(one)) ||
	    setsockopt(sock, IPPROTO_TCP, TCP_KEEPINTVL, &one, sizeof(one)) ||
	    setsockopt(sock, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one)))
		failed("keepalive");
}

static void took(const char *path)
{
	char text[32];
	int fd = file_create(path);

	snprintf(text, sizeof(text), "%ld\n", now_us() - began_us);
	if (fd < 0 || write_all(fd, text, strlen(text)))
		failed(path);
	close(fd);
}

static void do_step(const char *step)
{
	const char *colon = strchr(step, ':'), *arg = colon ? colon + 1 : "";
	long end = now_ms() + opt.limit_ms;
	enum arrival arrival;
	char verb[16];
	int fd;

	snprintf(verb, sizeof(verb), "%.*s", (int)strcspn(step, ":"), step);
	if (!strcmp(verb, "send") || !strcmp(verb, "one") || !strcmp(verb, "size") ||
	    !strcmp(verb, "split") || !strcmp(verb, "mixed")) {
		send_file(verb, arg);
	} else if (!strcmp(verb, "expect")) {
		expect(arg);
	} else if (!strcmp(verb, "urgent")) {
		urgent(arg);
	} else if (!strcmp(verb, "alive")) {
		alive();
	} else if (!strcmp(verb, "total")) {
		while (total < strtoul(arg, NULL, 10))
			receive_more(end);
	} else if (!strcmp(verb, "silence")) {
		if (receive(atol(arg)) != NOTHING)
			unmet("something came");
	} else if (!strcmp(verb, "acked")) {
		until(acked, NULL, "not all bytes acknowledged");
	} else if (!strcmp(verb, "touch")) {
		fd = file_create(arg);
		if (fd < 0)
			failed(arg);
		close(fd);
	} else if (!strcmp(verb, "took")) {
		took(arg);
	} else if (!strcmp(verb, "wait")) {
		until(exists, arg, "not there");
	} else if (!strcmp(verb, "shut")) {
		if (shutdown(sock, SHUT_WR))
			failed("shutdown");
	} else if (!strcmp(verb, "eof")) {
		while (!ended) {
			arrival = receive(end - now_ms());
			if (arrival == NOTHING || arrival == RESET)
				unmet(arrival == RESET ? "reset" : "no end of stream");
		}
	} else if (!strcmp(verb, "reset")) {
		do {
			arrival = ended ? END : receive(end - now_ms());
		} while (arrival == SOMETHING);
		if (arrival != RESET)
			unmet("no reset");
	} else {
		unmet("no such step");
	}
}

static void every_split(const char *path)
{
	struct bytes data = { 0 };
	char step[64];
	size_t at;

	if (bytes_read(&data, path))
		failed(path);
	for (at = 1; at < data.len; at++) {
		snprintf(step, sizeof(step), "split at %zu", at);
		opt.step = step;
		dial();
		segment(data.p, at);
		segment(data.p + at, data.len - at);
		do_step("shut");
		do_step("eof");
		close(sock);
	}
}

static void usage(void)
{
	fprintf(stderr, "usage: client [-fmu] [-b PORT] [-g SIZE] [-i IFACE] [-k KEY] [-o OUT] [-t SECONDS] HOST PORT STEP...\n");
	exit(2);
}

int main(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "+b:fmug:i:k:o:t:")) != -1) {
		switch (c) {
		case 'b':
			opt.from = optarg;
			break;
		case 'f':
			opt.fast = true;
			break;
		case 'm':
			opt.multipath = true;
			break;
		case 'u':
			opt.udp = true;
			break;
		case 'g':
			opt.datagram = atoi(optarg);
			break;
		case 'i':
			opt.iface = optarg;
			break;
		case 'k':
			opt.key = optarg;
			break;
		case 'o':
			opt.out = file_create(optarg);
			if (opt.out < 0)
				die("client: %s", optarg);
			break;
		case 't':
			opt.limit_ms = 1000 * strtod(optarg, NULL);
			break;
		default:
			usage();
		}
	}
	argv += optind;
	if (argc - optind < 3)
		usage();
	opt.host = *argv++;
	opt.port = *argv++;
	opt.step = "connect";
	if (!strncmp(*argv, "every:", 6)) {
		every_split(*argv + 6);
		return 0;
	}
	for (dial(); *argv; argv++) {
		opt.step = *argv;
		do_step(*argv);
	}
	return 0;
}
