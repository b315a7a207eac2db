/* SPDX-License-Identifier: GPL-2.0 */
/* TCP segments written to and read from an interface, as wrong as they are to be. */
#ifndef SELFTEST_EVADE_WIRE_H
#define SELFTEST_EVADE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FIN	0x01
#define SYN	0x02
#define RST	0x04
#define PSH	0x08
#define ACK	0x10
#define URG	0x20

#define MAX_PAYLOAD	1024
#define MAX_OPTIONS	40

/**
 * struct ends - who talks to whom
 * @v6: by IPv6
 * @src: address of the sender, 4 or 16 bytes
 * @dst: address of the receiver
 * @sport: port of the sender
 * @dport: port of the receiver
 */
struct ends {
	bool v6;
	uint8_t src[16];
	uint8_t dst[16];
	uint16_t sport;
	uint16_t dport;
};

/**
 * struct segment - a segment, and what is wrong with it
 * @ends: who talks to whom
 * @seq: sequence number
 * @ack: acknowledgement number
 * @flags: flags
 * @reserved: the reserved bits, the low four bits
 * @win: window
 * @urg: urgent pointer
 * @opt: options, padded to a multiple of 4
 * @optlen: bytes of @opt
 * @data: payload
 * @len: bytes of @data
 * @ttl: TTL or hop limit; 0: 64
 * @doff: data offset in place of the right one, or 0
 * @csum_add: added to the right checksum
 * @csum_zero: the checksum is 0
 * @behind: the last so many bytes of @data lie behind the end of the IP packet
 * @ipopts: with no-operation options in the IPv4 header
 */
struct segment {
	struct ends ends;
	uint32_t seq;
	uint32_t ack;
	uint8_t flags;
	uint8_t reserved;
	uint16_t win;
	uint16_t urg;
	uint8_t opt[MAX_OPTIONS];
	size_t optlen;
	uint8_t data[MAX_PAYLOAD];
	size_t len;
	uint8_t ttl;
	uint8_t doff;
	uint16_t csum_add;
	bool csum_zero;
	size_t behind;
	bool ipopts;
};

/**
 * struct wire - an interface
 * @sock: packet socket
 * @src: its own link layer address
 * @dst: that of the neighbour
 */
struct wire {
	int sock;
	uint8_t src[6];
	uint8_t dst[6];
};

void wire_open(struct wire *w, const char *iface, const char *neighbour, uint16_t protocol);
void wire_send(const struct wire *w, const struct segment *s);
bool wire_recv(const struct wire *w, struct segment *s);
void wire_wait(const struct wire *w, int ms);

void segment_option(struct segment *s, const void *opt, size_t len);
void segment_stamp(struct segment *s, uint32_t tsval, uint32_t tsecr);
bool segment_stamped(const struct segment *s, uint32_t *tsval, uint32_t *tsecr);
void ends_parse(struct ends *e, const char *src, const char *dst);
void ends_reverse(const struct ends *e, struct ends *back);

#endif
