/* SPDX-License-Identifier: GPL-2.0 */
/* Packets of a capture: taken apart, and put together again with other content. */
#ifndef PATCHCTL_PACKET_H
#define PATCHCTL_PACKET_H

#include "../kmod/core/core.h"

#define PACKET_MAX	(65535 + 256)	/* bytes packet_build() may write */

/**
 * enum packet_kind - what a frame turned out to be
 * @PACKET_OTHER: nothing that has a TCP or UDP header in it
 * @PACKET_FRAGMENT: part of a fragmented IP packet
 * @PACKET_SHORT: its headers are cut off or contradict each other
 * @PACKET_TCP: a TCP segment
 * @PACKET_UDP: a UDP datagram
 */
enum packet_kind { PACKET_OTHER, PACKET_FRAGMENT, PACKET_SHORT, PACKET_TCP, PACKET_UDP };

/**
 * struct packet - a frame and where things are in it
 * @data: the frame
 * @caplen: bytes of it in the capture
 * @l3: offset of the IP header
 * @l4: offset of the TCP or UDP header
 * @pay: offset of the payload
 * @len: bytes of payload by the headers
 * @have: bytes of payload in the capture; less than @len: the rest was cut off
 * @ether: the link header is Ethernet
 * @family: AF_INET or AF_INET6
 * @vlan: VLAN tags, outer << 16 | inner
 * @src: source address
 * @dst: destination address
 * @sport: source port, host byte order
 * @dport: destination port, host byte order
 * @seg: TCP header fields; @pkt and @ctx are not set
 * @opt_sack: offset of the SACK option's first block, or 0
 */
struct packet {
	const u8 *data;
	u32 caplen;
	u32 l3;
	u32 l4;
	u32 pay;
	u32 len;
	u32 have;
	bool ether;
	int family;
	u32 vlan;
	u8 src[16];
	u8 dst[16];
	u16 sport;
	u16 dport;
	struct pp_seg seg;
	u32 opt_sack;
};

/**
 * struct packet_fix - what a frame is to say instead
 * @seq: sequence number
 * @ack: acknowledgement number
 * @win: window field
 * @flags: PP_TCP_*; other flags stay
 * @nsack: SACK blocks, at most as many as the frame has
 * @sack: the blocks
 * @id: added to the IPv4 identification
 * @data: payload
 * @len: bytes of it
 */
struct packet_fix {
	u32 seq;
	u32 ack;
	u16 win;
	u8 flags;
	u8 nsack;
	struct { u32 start, end; } sack[PP_MAX_SACK];
	u16 id;
	const u8 *data;
	u32 len;
};

u32 packet_hash(const u8 *addr, u16 port);
bool packet_link_known(int link);
enum packet_kind packet_parse(struct packet *p, int link, const u8 *data, u32 caplen, u32 len);
void packet_fix_init(struct packet_fix *fix, const struct packet *p);
u32 packet_build(const struct packet *p, int kind, const struct packet_fix *fix, u8 *to);
u32 packet_bare(const struct packet *p, bool back, const struct packet_fix *fix, u32 tsval,
		u8 *to);

#endif /* PATCHCTL_PACKET_H */
