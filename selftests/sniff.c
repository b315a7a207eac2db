// SPDX-License-Identifier: GPL-2.0
/*
 * Record the TCP and UDP packets of one interface as text, one line each.
 *
 * sniff [-m MTU] IFACE PORT OUT
 *
 * Only packets from or to PORT are recorded, with -m only those that are longer than
 * MTU, or of which a segment is.  OUT.ready appears when recording has
 * begun.  A line is
 *
 *   in|out PROTO SRC > DST seq SEQ ack ACK flags FLAGS len LEN gso SIZE : HEX
 *
 * where HEX is the IP packet with its TTL (hop limit) and IPv4 header checksum
 * zeroed, which is what a router must change.  GSO packets are seen whole, as the
 * kernel carries them.
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "inet.h"
#include "net.h"

/* Enough for a session, should the recorder not get to run meanwhile. */
#define RCVBUF	(256 << 20)

/**
 * struct packet - an IP packet
 * @p: its first byte
 * @len: its length
 * @head: length of the IP header
 * @proto: IPPROTO_TCP or IPPROTO_UDP
 * @src: sender
 * @dst: receiver
 * @sport: sender's port
 * @dport: receiver's port
 */
struct packet {
	uint8_t *p;
	size_t len;
	size_t head;
	uint8_t proto;
	char src[INET6_ADDRSTRLEN];
	char dst[INET6_ADDRSTRLEN];
	uint16_t sport;
	uint16_t dport;
};

/* Read the IP header and clear what a router changes. Return: false if it is no IP. */
static bool parse_ip(struct packet *k)
{
	const bool v4 = k->p[0] >> 4 == 4;
	size_t size;

	if (k->len < (v4 ? 20 : 40) || (!v4 && k->p[0] >> 4 != 6))
		return false;
	if (v4) {
		k->head = (k->p[0] & 15) * 4;
		k->proto = k->p[9];
		size = get16(k->p + 2);
		inet_ntop(AF_INET, k->p + 12, k->src, sizeof(k->src));
		inet_ntop(AF_INET, k->p + 16, k->dst, sizeof(k->dst));
		k->p[8] = 0;
		k->p[10] = 0;
		k->p[11] = 0;
	} else {
		k->head = 40;
		k->proto = k->p[6];
		size = get16(k->p + 4) + 40;
		inet_ntop(AF_INET6, k->p + 8, k->src, sizeof(k->src));
		inet_ntop(AF_INET6, k->p + 24, k->dst, sizeof(k->dst));
		k->p[7] = 0;
	}
	/* more: a padded short frame; less: too big for the length field */
	if (size && size < k->len)
		k->len = size;
	return true;
}

static bool parse_ports(struct packet *k)
{
	size_t least = k->proto == IPPROTO_TCP ? 20 : 8;

	if ((k->proto != IPPROTO_TCP && k->proto != IPPROTO_UDP) || k->len < k->head + least)
		return false;
	k->sport = get16(k->p + k->head);
	k->dport = get16(k->p + k->head + 2);
	return true;
}

/* Is the packet, or the largest segment it stands for, longer than @mtu? */
static bool above(const struct packet *k, unsigned int gso, size_t mtu)
{
	const size_t head = k->proto == IPPROTO_TCP ? (k->p[k->head + 12] >> 4) * 4 : 8;

	return (gso ? k->head + head + gso : k->len) > mtu;
}

static void print_packet(FILE *f, const struct packet *k, unsigned int gso)
{
	static const char names[] = "FSRPAUEC";
	const uint8_t *t = k->p + k->head;
	size_t head = 8, i;

	fprintf(f, "%s %s:%u > %s:%u ", k->proto == IPPROTO_TCP ? "tcp" : "udp",
		k->src, k->sport, k->dst, k->dport);
	if (k->proto == IPPROTO_TCP) {
		head = (t[12] >> 4) * 4;
		fprintf(f, "seq %u ack %u flags ", get32(t + 4), get32(t + 8));
		for (i = 0; i < 8; i++)
			if (t[13] & 1 << i)
				putc(names[i], f);
	} else {
		fprintf(f, "seq 0 ack 0 flags -");
	}
	fprintf(f, " len %zd gso %u : ", (ssize_t)(k->len - k->head - head), gso);
	for (i = 0; i < k->len; i++)
		fprintf(f, "%02x", k->p[i]);
	putc('\n', f);
}

static void record(FILE *f, uint8_t *frame, size_t len, bool outgoing, unsigned int port,
		   size_t mtu)
{
	const struct virtio_net_hdr *vnet = (const void *)frame;
	const unsigned int gso = vnet->gso_type ? vnet->gso_size : 0;
	size_t start = sizeof(*vnet) + ETH_HLEN;
	struct packet k = { 0 };
	uint16_t kind;

	if (len < start + 4)
		return;
	kind = get16(frame + start - 2);
	if (kind == ETH_P_8021Q) {
		kind = get16(frame + start + 2);
		start += 4;
	}
	if (kind != ETH_P_IP && kind != ETH_P_IPV6)
		return;
	k.p = frame + start;
	k.len = len - start;
	if (!parse_ip(&k) || !parse_ports(&k) || (k.sport != port && k.dport != port))
		return;
	if (mtu && !above(&k, gso, mtu))
		return;
	fputs(outgoing ? "out " : "in ", f);
	print_packet(f, &k, gso);
	/* the reader waits for this line */
	if (fflush(f))
		die("sniff: write");
}

int main(int argc, char **argv)
{
	static uint8_t frame[1 << 18] __attribute__((aligned(8)));
	struct sockaddr_ll addr = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	socklen_t addrlen;
	int c, sock, size = RCVBUF, one = 1;
	char ready[4096];
	size_t mtu = 0;
	ssize_t n;
	FILE *f;

	while ((c = getopt(argc, argv, "+m:")) == 'm')
		mtu = strtoul(optarg, NULL, 10);
	argv += optind - 1;
	if (c != -1 || argc - optind != 3) {
		fprintf(stderr, "usage: sniff [-m MTU] IFACE PORT OUT\n");
		return 2;
	}
	/* protocol 0: nothing arrives before it is bound to the interface */
	sock = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (sock < 0)
		die("sniff: socket");
	addr.sll_ifindex = if_nametoindex(argv[1]);
	if (!addr.sll_ifindex)
		die("sniff: %s", argv[1]);
	if (setsockopt(sock, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) ||
	    setsockopt(sock, SOL_PACKET, PACKET_VNET_HDR, &one, sizeof(one)) ||
	    bind(sock, (struct sockaddr *)&addr, sizeof(addr)))
		die("sniff: %s", argv[1]);
	f = fopen(argv[3], "w");
	snprintf(ready, sizeof(ready), "%s.ready", argv[3]);
	if (!f || file_create(ready) < 0)
		die("sniff: %s", argv[3]);
	for (;;) {
		addrlen = sizeof(addr);
		n = recvfrom(sock, frame, sizeof(frame), 0, (struct sockaddr *)&addr, &addrlen);
		if (n < 0)
			die("sniff: recvfrom");
		record(f, frame, n, addr.sll_pkttype == PACKET_OUTGOING, atoi(argv[2]), mtu);
	}
}
