// SPDX-License-Identifier: GPL-2.0
/*
 * A TCP client that writes its own frames, for what no real client sends.
 *
 * rawtcp IFACE MAC SRC SPORT DST DPORT STEP...
 *
 * Frames go out by IFACE to the station MAC.  SRC must not be an address of this
 * machine, or the kernel would answer too.  Steps, in order:
 *
 *   options:HEX    the TCP options of what follows; a multiple of 4 bytes
 *   fragment:N     what follows goes out in fragments of N bytes (a multiple of 8)
 *   atomic:outer   IPv6: before the header of each fragment stands that of a whole packet
 *   atomic:inner   IPv6: likewise, but once, and behind it
 *   overlap        each later fragment begins 8 bytes early, with other bytes there
 *   backwards      fragments go out last one first
 *   chain:N        IPv6: N bytes of destination options in front of TCP
 *   lengthless     IPv6: hop-by-hop options in front, and a payload length of 0
 *   whole          none of these any more
 *   spoil          the next segment has a wrong checksum
 *   tos:N          type of service or traffic class of what follows
 *   flags:N        flags that what follows has besides its own
 *   without:N      flags that it does not have
 *   syn            a SYN, and nothing is waited for
 *   offer          a SYN and the answer, which is not acknowledged
 *   connect        a SYN, the answer, and the acknowledgement
 *   send:FILE      the file in one segment
 *   lost:FILE      likewise, but the peer is not to take it: what follows has the
 *                  same number
 *   ahead:FILE     the file in segments of 40 bytes, 1000 bytes too early; what
 *                  follows has the number it would have had
 *   over:FILE      what follows comes behind the file, which was sent ahead
 *   stub           a segment that is shorter than its header says
 *   crumb          a segment of 2 bytes
 *   overlong       a segment whose chain says that it is longer than the packet
 *   acked          wait until the peer has acknowledged every byte
 *   replied:N      wait until N bytes of the peer's have come, and acknowledge them
 *   warned         wait for an acknowledgement that speaks of congestion (ECE)
 *   echoed         wait for one of every byte that does
 *   calm           wait for one of every byte that does not
 *   challenged     wait for a bare acknowledgement of what was acknowledged before
 *   reset          send a RST
 *   touch:FILE     create a file
 *   wait:FILE      wait for a file
 *
 * What is waited for comes within two minutes or the exit status is 1.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "inet.h"
#include "net.h"

#define SYN	2
#define RST	4
#define PSH	8
#define ACK	16
#define ECE	64

#define PATIENCE	120	/* seconds */
#define TCP_HEADER	20
#define SEGMENT_MAX	65000

static struct {
	bool v6;
	uint8_t src[16];
	uint8_t dst[16];
	size_t addr_len;
	uint16_t sport;
	uint16_t dport;
	uint8_t mac[2 * ETH_ALEN];
} end;

static struct {
	uint8_t options[40];
	size_t options_len;
	size_t fragment;
	size_t chain;
	uint8_t chained;
	uint8_t tos;
	uint8_t flags;
	uint8_t without;
	bool atomic;
	bool overlap;
	bool backwards;
	bool lengthless;
	bool spoil;
	bool stub;
	bool crumb;
	bool overlong;
} how;

static const char *step;
static int sock;
static uint32_t seq, ack, acked, replies;
static uint16_t ident;

static void unmet(const char *why)
{
	errno = 0;
	die("rawtcp: %s: %s", step, why);
}

static size_t hex(const char *text, uint8_t *to, size_t room)
{
	unsigned int byte;
	size_t n;

	for (n = 0; text[2 * n]; n++)
		if (n == room || sscanf(text + 2 * n, "%2x", &byte) != 1)
			unmet("no hexadecimal bytes");
		else
			to[n] = byte;
	return n;
}

/* An extension header of 8 bytes at @at; @next is where its number belongs. */
static uint8_t *extend(uint8_t **next, uint8_t *at, uint8_t number)
{
	**next = number;
	*next = memset(at, 0, 8);
	return at + 8;
}

/* One IP packet of @len bytes from offset @off of what is behind the headers. */
static void emit(const uint8_t *p, size_t off, size_t len, bool more, bool parts)
{
	static uint8_t frame[70000];
	static uint32_t whole;
	uint8_t *ip = frame + ETH_HLEN, *at = ip, *next;

	memcpy(frame, end.mac, sizeof(end.mac));
	put16(frame + 12, end.v6 ? ETH_P_IPV6 : ETH_P_IP);
	if (end.v6) {
		memset(ip, 0, 40);
		put16(ip, 0x6000 | how.tos << 4);
		next = ip + 6;
		ip[7] = 64;
		memcpy(ip + 8, end.src, 16);
		memcpy(ip + 24, end.dst, 16);
		at += 40;
		if (how.lengthless) {
			at = extend(&next, at, IPPROTO_HOPOPTS);
			/* padding that fills it */
			put16(at - 6, 1 << 8 | 4);
		}
		if (parts && how.atomic) {
			at = extend(&next, at, IPPROTO_FRAGMENT);
			put32(at - 4, ++whole);
		}
		if (parts) {
			at = extend(&next, at, IPPROTO_FRAGMENT);
			put16(at - 6, off | more);
			put32(at - 4, ident);
		}
		*next = how.chain ? how.chained : IPPROTO_TCP;
		put16(ip + 4, how.lengthless ? 0 : at - ip - 40 + len);
	} else {
		memset(ip, 0, 20);
		put16(ip, 0x4500 | how.tos);
		put16(ip + 2, 20 + len);
		put16(ip + 4, ident);
		put16(ip + 6, off / 8 | (more ? 0x2000 : 0));
		ip[8] = 64;
		ip[9] = IPPROTO_TCP;
		memcpy(ip + 12, end.src, 4);
		memcpy(ip + 16, end.dst, 4);
		put16(ip + 10, fold16(sum16(ip, 20, 0)));
		at += 20;
	}
	memcpy(at, p, len);
	if (send(sock, frame, at + len - frame, 0) < 0)
		die("rawtcp: %s: send", step);
}

static void emit_fragment(const uint8_t *p, size_t len, size_t off)
{
	static uint8_t other[SEGMENT_MAX];
	size_t n = len - off < how.fragment ? len - off : how.fragment;

	if (!off || !how.overlap) {
		emit(p + off, off, n, off + n < len, true);
		return;
	}
	memset(other, 'O', 8);
	memcpy(other + 8, p + off, n);
	emit(other, off - 8, n + 8, off + n < len, true);
}

/* @p: what is behind the IP header */
static void emit_all(const uint8_t *p, size_t len)
{
	size_t off;

	ident++;
	if (!how.fragment || len <= how.fragment) {
		emit(p, 0, len, false, false);
	} else if (how.backwards) {
		for (off = (len - 1) / how.fragment * how.fragment; off; off -= how.fragment)
			emit_fragment(p, len, off);
		emit_fragment(p, len, 0);
	} else {
		for (off = 0; off < len; off += how.fragment)
			emit_fragment(p, len, off);
	}
}

static void segment(uint8_t flags, const void *data, size_t len)
{
	static uint8_t chain[SEGMENT_MAX];
	uint8_t *t = chain + how.chain;
	size_t head = TCP_HEADER + how.options_len;
	uint32_t s;

	if (how.chain + head + len > sizeof(chain))
		unmet("too long");
	if (how.chain) {
		memset(chain, 0, how.chain);
		chain[0] = IPPROTO_TCP;
	}
	if (how.chain && how.chained == IPPROTO_DSTOPTS) {
		chain[1] = how.overlong ? 255 : how.chain / 8 - 1;
		/* one option for experiments that fills it; a receiver skips it (RFC 4727) */
		chain[2] = 0x1e;
		chain[3] = how.chain - 4;
	}
	memset(t, 0, TCP_HEADER);
	put16(t, end.sport);
	put16(t + 2, end.dport);
	put32(t + 4, seq);
	put32(t + 8, flags & ACK ? ack : 0);
	t[12] = how.stub ? 15 << 4 : head / 4 << 4;
	t[13] = (flags | how.flags) & ~how.without;
	put16(t + 14, 65535);
	memcpy(t + TCP_HEADER, how.options, how.options_len);
	if (len)
		memcpy(t + head, data, len);
	s = sum16(end.src, end.addr_len, sum16(end.dst, end.addr_len, 0));
	s = sum16(t, head + len, s + IPPROTO_TCP + head + len);
	put16(t + 16, fold16(s) ^ (how.spoil ? 0x0101 : 0));
	how.spoil = false;
	emit_all(chain, how.chain + (how.crumb ? 2 : head + len));
}

/* The TCP header in a frame if it is the peer's to us; or NULL. */
static const uint8_t *ours(const uint8_t *frame, ssize_t len, size_t *payload)
{
	const uint8_t *ip = frame + ETH_HLEN, *t;
	size_t size;

	if (len < ETH_HLEN + 40 || get16(frame + 12) != (end.v6 ? ETH_P_IPV6 : ETH_P_IP))
		return NULL;
	if (end.v6) {
		t = ip + 40;
		size = get16(ip + 4);
		if (ip[6] != IPPROTO_TCP || memcmp(ip + 24, end.src, 16))
			return NULL;
	} else {
		t = ip + (ip[0] & 15) * 4;
		size = get16(ip + 2) - (t - ip);
		if (ip[9] != IPPROTO_TCP || memcmp(ip + 16, end.src, 4))
			return NULL;
	}
	if (get16(t) != end.dport || get16(t + 2) != end.sport)
		return NULL;
	*payload = size - (t[12] >> 4) * 4;
	return t;
}

/* Take in what the peer says until it is what is asked for. */
static void await(bool (*enough)(const uint8_t *, size_t))
{
	static uint8_t frame[1 << 17];
	time_t limit = time(NULL) + PATIENCE;
	struct pollfd p = { .fd = sock, .events = POLLIN };
	const uint8_t *t;
	size_t payload;
	ssize_t n;

	for (;;) {
		if (time(NULL) > limit)
			unmet("nothing like it came");
		if (poll(&p, 1, 100) <= 0)
			continue;
		n = recv(sock, frame, sizeof(frame), 0);
		t = ours(frame, n, &payload);
		if (t && enough(t, payload))
			return;
	}
}

static bool is_synack(const uint8_t *t, size_t payload)
{
	(void)payload;
	if ((t[13] & (SYN | ACK)) != (SYN | ACK))
		return false;
	ack = get32(t + 4) + 1;
	replies = ack;
	return true;
}

/* Everything was acknowledged; what comes in order is acknowledged too. */
static bool is_acked(const uint8_t *t, size_t payload)
{
	if (!(t[13] & ACK))
		return false;
	if (get32(t + 4) == ack && payload) {
		ack += payload;
		segment(ACK, NULL, 0);
	}
	acked = get32(t + 8);
	return acked == seq;
}

static bool is_replied(const uint8_t *t, size_t payload)
{
	is_acked(t, payload);
	return (int32_t)(ack - replies) >= 0;
}

static bool is_warning(const uint8_t *t, size_t payload)
{
	(void)payload;
	return (t[13] & (SYN | ACK | ECE)) == (ACK | ECE);
}

static bool is_echo(const uint8_t *t, size_t payload)
{
	return is_acked(t, payload) && t[13] & ECE;
}

static bool is_calm(const uint8_t *t, size_t payload)
{
	return is_acked(t, payload) && !(t[13] & ECE);
}

static bool is_challenge(const uint8_t *t, size_t payload)
{
	return (t[13] & ~PSH) == ACK && !payload && get32(t + 8) == acked;
}

static void send_file(const char *path)
{
	struct bytes data = { 0 };

	if (bytes_read(&data, path))
		die("rawtcp: %s", path);
	segment(PSH | ACK, data.p, data.len);
	seq += data.len;
	free(data.p);
}

static void send_ahead(const char *path)
{
	struct bytes data = { 0 };
	const uint32_t was = seq;
	size_t at, n;

	if (bytes_read(&data, path))
		die("rawtcp: %s", path);
	for (at = 0; at < data.len; at += n) {
		n = data.len - at < 40 ? data.len - at : 40;
		seq = was + 1000 + at;
		segment(ACK, data.p + at, n);
	}
	seq = was;
	free(data.p);
}

static void skip_file(const char *path)
{
	struct bytes data = { 0 };

	if (bytes_read(&data, path))
		die("rawtcp: %s", path);
	seq += data.len;
	free(data.p);
}

static void wait_file(const char *path)
{
	const struct timespec tick = { .tv_nsec = 500000 };
	time_t limit = time(NULL) + PATIENCE;

	while (access(path, F_OK)) {
		if (time(NULL) > limit)
			unmet("not there");
		nanosleep(&tick, NULL);
	}
}

static void do_step(void)
{
	const char *colon = strchr(step, ':'), *arg = colon ? colon + 1 : "";
	uint32_t was;
	char verb[16];

	snprintf(verb, sizeof(verb), "%.*s", (int)strcspn(step, ":"), step);
	if (!strcmp(verb, "options")) {
		how.options_len = hex(arg, how.options, sizeof(how.options));
	} else if (!strcmp(verb, "fragment")) {
		how.fragment = atoi(arg);
	} else if (!strcmp(verb, "overlap")) {
		how.overlap = true;
	} else if (!strcmp(verb, "backwards")) {
		how.backwards = true;
	} else if (!strcmp(verb, "chain")) {
		how.chain = atoi(arg);
		how.chained = IPPROTO_DSTOPTS;
	} else if (!strcmp(verb, "atomic")) {
		how.atomic = !strcmp(arg, "outer");
		how.chain = how.atomic ? 0 : 8;
		how.chained = IPPROTO_FRAGMENT;
	} else if (!strcmp(verb, "lengthless")) {
		how.lengthless = true;
	} else if (!strcmp(verb, "whole")) {
		how.fragment = 0;
		how.chain = 0;
		how.atomic = false;
		how.lengthless = false;
		how.overlap = false;
		how.backwards = false;
	} else if (!strcmp(verb, "spoil")) {
		how.spoil = true;
	} else if (!strcmp(verb, "tos")) {
		how.tos = strtoul(arg, NULL, 0);
	} else if (!strcmp(verb, "flags")) {
		how.flags = strtoul(arg, NULL, 0);
	} else if (!strcmp(verb, "without")) {
		how.without = strtoul(arg, NULL, 0);
	} else if (!strcmp(verb, "syn")) {
		segment(SYN, NULL, 0);
	} else if (!strcmp(verb, "offer")) {
		segment(SYN, NULL, 0);
		await(is_synack);
		acked = ++seq;
	} else if (!strcmp(verb, "connect")) {
		segment(SYN, NULL, 0);
		await(is_synack);
		acked = ++seq;
		segment(ACK, NULL, 0);
	} else if (!strcmp(verb, "send")) {
		send_file(arg);
	} else if (!strcmp(verb, "lost")) {
		was = seq;
		send_file(arg);
		seq = was;
	} else if (!strcmp(verb, "ahead")) {
		send_ahead(arg);
	} else if (!strcmp(verb, "over")) {
		skip_file(arg);
	} else if (!strcmp(verb, "stub")) {
		how.stub = true;
		segment(ACK, NULL, 0);
		how.stub = false;
	} else if (!strcmp(verb, "crumb")) {
		how.crumb = true;
		segment(ACK, NULL, 0);
		how.crumb = false;
	} else if (!strcmp(verb, "overlong")) {
		how.overlong = true;
		segment(ACK, NULL, 0);
		how.overlong = false;
	} else if (!strcmp(verb, "acked")) {
		await(is_acked);
	} else if (!strcmp(verb, "replied")) {
		replies += atoi(arg);
		if ((int32_t)(ack - replies) < 0)
			await(is_replied);
	} else if (!strcmp(verb, "warned")) {
		await(is_warning);
	} else if (!strcmp(verb, "echoed")) {
		await(is_echo);
	} else if (!strcmp(verb, "calm")) {
		await(is_calm);
	} else if (!strcmp(verb, "challenged")) {
		await(is_challenge);
	} else if (!strcmp(verb, "reset")) {
		segment(RST, NULL, 0);
	} else if (!strcmp(verb, "touch")) {
		close(file_create(arg));
	} else if (!strcmp(verb, "wait")) {
		wait_file(arg);
	} else {
		unmet("no such step");
	}
}

static void address(const char *text, uint8_t *to)
{
	if (inet_pton(end.v6 ? AF_INET6 : AF_INET, text, to) != 1)
		unmet("no address");
}

static void open_iface(const char *iface, const char *mac)
{
	struct sockaddr_ll addr = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	struct ifreq ifr = { 0 };
	unsigned int i, byte;

	sock = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (sock < 0)
		die("rawtcp: socket");
	addr.sll_ifindex = if_nametoindex(iface);
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", iface);
	if (!addr.sll_ifindex || ioctl(sock, SIOCGIFHWADDR, &ifr) ||
	    bind(sock, (struct sockaddr *)&addr, sizeof(addr)))
		die("rawtcp: %s", iface);
	memcpy(end.mac + ETH_ALEN, ifr.ifr_hwaddr.sa_data, ETH_ALEN);
	for (i = 0; i < ETH_ALEN; i++) {
		if (sscanf(mac + 3 * i, "%2x", &byte) != 1)
			unmet("no station");
		end.mac[i] = byte;
	}
}

int main(int argc, char **argv)
{
	if (argc < 8) {
		fprintf(stderr, "usage: rawtcp IFACE MAC SRC SPORT DST DPORT STEP...\n");
		return 2;
	}
	step = argv[5];
	end.v6 = strchr(argv[3], ':');
	end.addr_len = end.v6 ? 16 : 4;
	address(argv[3], end.src);
	end.sport = atoi(argv[4]);
	address(argv[5], end.dst);
	end.dport = atoi(argv[6]);
	step = argv[2];
	open_iface(argv[1], argv[2]);
	seq = time(NULL) * 64000 + end.sport;
	ident = seq;
	for (argv += 7; *argv; argv++) {
		step = *argv;
		do_step();
	}
	return 0;
}
