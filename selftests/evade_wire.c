// SPDX-License-Identifier: GPL-2.0
/* TCP segments written to and read from an interface, as wrong as they are to be. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "evade_wire.h"
#include "inet.h"
#include "net.h"

#define RCVBUF		(64 << 20)
#define MAX_FRAME	(ETH_HLEN + 60 + 60 + MAX_PAYLOAD)

/* Frames sent on two processors may overtake each other: each has a queue of its own. */
static void stay_here(void)
{
	const int cpu = sched_getcpu();
	cpu_set_t set;

	CPU_ZERO(&set);
	if (cpu >= 0)
		CPU_SET(cpu, &set);
	if (cpu < 0 || sched_setaffinity(0, sizeof(set), &set))
		die("one processor");
}

/**
 * wire_open() - open an interface of this namespace, and stay on one processor
 * @w: result
 * @iface: its name
 * @neighbour: link layer address of whoever takes the frames
 * @protocol: Ethernet protocol to be received, or ETH_P_ALL: also what this machine sends
 */
void wire_open(struct wire *w, const char *iface, const char *neighbour, uint16_t protocol)
{
	struct sockaddr_ll addr = { .sll_family = AF_PACKET, .sll_protocol = htons(protocol) };
	struct ifreq ifr = { 0 };
	int size = RCVBUF;

	stay_here();
	errno = 0;
	if (sscanf(neighbour, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &w->dst[0], &w->dst[1], &w->dst[2],
		   &w->dst[3], &w->dst[4], &w->dst[5]) != 6)
		die("%s: not a link layer address", neighbour);
	/* protocol 0: nothing arrives before it is bound to the interface */
	w->sock = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", iface);
	addr.sll_ifindex = if_nametoindex(iface);
	if (w->sock < 0 || !addr.sll_ifindex || ioctl(w->sock, SIOCGIFHWADDR, &ifr) ||
	    setsockopt(w->sock, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) ||
	    bind(w->sock, (struct sockaddr *)&addr, sizeof(addr)))
		die("%s", iface);
	memcpy(w->src, ifr.ifr_hwaddr.sa_data, 6);
}

static size_t put_tcp(uint8_t *t, const struct segment *s, uint32_t pseudo)
{
	const size_t head = 20 + s->optlen, len = head + s->len - s->behind;
	uint16_t check;

	put16(t, s->ends.sport);
	put16(t + 2, s->ends.dport);
	put32(t + 4, s->seq);
	put32(t + 8, s->ack);
	t[12] = (s->doff ? s->doff : head / 4) << 4 | (s->reserved & 15);
	t[13] = s->flags;
	put16(t + 14, s->win);
	put16(t + 16, 0);
	put16(t + 18, s->urg);
	memcpy(t + 20, s->opt, s->optlen);
	memcpy(t + head, s->data, s->len);
	check = fold16(sum16(t, len, pseudo + IPPROTO_TCP + len)) + s->csum_add;
	put16(t + 16, s->csum_zero ? 0 : check);
	return len;
}

static size_t put_ip4(uint8_t *p, const struct segment *s)
{
	const size_t head = s->ipopts ? 24 : 20;
	uint32_t pseudo = sum16(s->ends.dst, 4, sum16(s->ends.src, 4, 0));
	size_t len;

	memset(p, 0, head);
	p[0] = 0x40 | head / 4;
	put16(p + 6, 0x4000);
	p[8] = s->ttl ? s->ttl : 64;
	p[9] = IPPROTO_TCP;
	memcpy(p + 12, s->ends.src, 4);
	memcpy(p + 16, s->ends.dst, 4);
	if (s->ipopts)
		memset(p + 20, 1, 4);
	len = head + put_tcp(p + head, s, pseudo);
	put16(p + 2, len);
	put16(p + 10, fold16(sum16(p, head, 0)));
	return len;
}

static size_t put_ip6(uint8_t *p, const struct segment *s)
{
	uint32_t pseudo = sum16(s->ends.dst, 16, sum16(s->ends.src, 16, 0));
	size_t len;

	memset(p, 0, 40);
	p[0] = 0x60;
	p[6] = IPPROTO_TCP;
	p[7] = s->ttl ? s->ttl : 64;
	memcpy(p + 8, s->ends.src, 16);
	memcpy(p + 24, s->ends.dst, 16);
	len = put_tcp(p + 40, s, pseudo);
	put16(p + 4, len);
	return 40 + len;
}

/**
 * wire_send() - write a segment to the interface, as soon as it takes more
 * @w: the interface
 * @s: the segment
 */
void wire_send(const struct wire *w, const struct segment *s)
{
	struct pollfd room = { .fd = w->sock, .events = POLLOUT };
	uint8_t frame[MAX_FRAME];
	size_t len;

	memcpy(frame, w->dst, 6);
	memcpy(frame + 6, w->src, 6);
	put16(frame + 12, s->ends.v6 ? ETH_P_IPV6 : ETH_P_IP);
	len = s->ends.v6 ? put_ip6(frame + ETH_HLEN, s) : put_ip4(frame + ETH_HLEN, s);
	len += ETH_HLEN + s->behind;
	while (send(w->sock, frame, len, 0) < 0) {
		if (errno == EAGAIN)
			poll(&room, 1, -1);
		else if (errno != ENOBUFS && errno != EINTR)
			die("send");
	}
}

static bool get_ends(const uint8_t *p, size_t len, struct ends *e, size_t *head, size_t *end)
{
	if (len < 40)
		return false;
	e->v6 = p[0] >> 4 == 6;
	if (e->v6) {
		*head = 40;
		*end = 40 + get16(p + 4);
		memcpy(e->src, p + 8, 16);
		memcpy(e->dst, p + 24, 16);
	} else {
		*head = (p[0] & 15) * 4;
		*end = get16(p + 2);
		memcpy(e->src, p + 12, 4);
		memcpy(e->dst, p + 16, 4);
	}
	return p[e->v6 ? 6 : 9] == IPPROTO_TCP && *end <= len && *end >= *head + 20;
}

/**
 * wire_recv() - take a segment from the interface if there is one
 * @w: the interface
 * @s: result; of a long payload as much as it holds, and the whole length
 *
 * Return: false if there is none.
 */
bool wire_recv(const struct wire *w, struct segment *s)
{
	static uint8_t frame[1 << 17];
	uint8_t *p = frame + ETH_HLEN, *t;
	size_t head, end;
	ssize_t n;

	while ((n = recv(w->sock, frame, sizeof(frame), 0)) >= 0) {
		memset(s, 0, offsetof(struct segment, data));
		if (n < ETH_HLEN || !get_ends(p, n - ETH_HLEN, &s->ends, &head, &end))
			continue;
		t = p + head;
		head = (t[12] >> 4) * 4;
		if (head < 20 || t + head > p + end)
			continue;
		s->ttl = p[s->ends.v6 ? 7 : 8];
		s->ends.sport = get16(t);
		s->ends.dport = get16(t + 2);
		s->seq = get32(t + 4);
		s->ack = get32(t + 8);
		s->flags = t[13] & 63;
		s->optlen = head - 20;
		memcpy(s->opt, t + 20, s->optlen);
		s->len = p + end - (t + head);
		memcpy(s->data, t + head, s->len < MAX_PAYLOAD ? s->len : MAX_PAYLOAD);
		return true;
	}
	if (errno != EAGAIN && errno != EINTR && errno != ENETDOWN)
		die("recv");
	return false;
}

/**
 * wire_wait() - wait until there is something to receive
 * @w: the interface
 * @ms: at most so long
 */
void wire_wait(const struct wire *w, int ms)
{
	struct pollfd p = { .fd = w->sock, .events = POLLIN };

	poll(&p, 1, ms);
}

/**
 * segment_option() - append an option
 * @s: the segment
 * @opt: kind, length and content
 * @len: bytes of it; those missing to a multiple of 4 become no-operations in front
 */
void segment_option(struct segment *s, const void *opt, size_t len)
{
	while ((s->optlen + len) % 4)
		s->opt[s->optlen++] = 1;
	memcpy(s->opt + s->optlen, opt, len);
	s->optlen += len;
}

/**
 * segment_stamp() - append a timestamp
 * @s: the segment
 * @tsval: its value
 * @tsecr: its echo
 */
void segment_stamp(struct segment *s, uint32_t tsval, uint32_t tsecr)
{
	uint8_t opt[10] = { 8, 10 };

	put32(opt + 2, tsval);
	put32(opt + 6, tsecr);
	segment_option(s, opt, sizeof(opt));
}

/**
 * segment_stamped() - read the timestamp
 * @s: the segment
 * @tsval: its value
 * @tsecr: its echo
 *
 * Return: false if there is none.
 */
bool segment_stamped(const struct segment *s, uint32_t *tsval, uint32_t *tsecr)
{
	size_t i, n;

	for (i = 0; i < s->optlen && s->opt[i]; i += n) {
		n = s->opt[i] == 1 ? 1 : s->opt[i + 1];
		if (!n || i + n > s->optlen)
			return false;
		if (s->opt[i] == 8 && n == 10) {
			*tsval = get32(s->opt + i + 2);
			*tsecr = get32(s->opt + i + 6);
			return true;
		}
	}
	return false;
}

/**
 * ends_parse() - addresses from text
 * @e: result; ports stay as they are
 * @src: the sender's
 * @dst: the receiver's
 */
void ends_parse(struct ends *e, const char *src, const char *dst)
{
	const int family = strchr(src, ':') ? AF_INET6 : AF_INET;

	e->v6 = family == AF_INET6;
	errno = 0;
	if (inet_pton(family, src, e->src) != 1 || inet_pton(family, dst, e->dst) != 1)
		die("%s, %s: not two addresses", src, dst);
}

/**
 * ends_reverse() - the way back
 * @e: the way there
 * @back: result; may be the same
 */
void ends_reverse(const struct ends *e, struct ends *back)
{
	const struct ends there = *e;

	back->v6 = there.v6;
	memcpy(back->src, there.dst, sizeof(back->src));
	memcpy(back->dst, there.src, sizeof(back->dst));
	back->sport = there.dport;
	back->dport = there.sport;
}
