/* SPDX-License-Identifier: GPL-2.0 */
/* Between packets and segments. */
#ifndef _PP_TCP_H
#define _PP_TCP_H

#include "packet.h"

/**
 * struct pp_tcp_opts - what was found among the options of a segment
 * @thl: bytes of the TCP header
 * @sack: offset of the SACK option from the start of the header, 0: none
 * @nsack: blocks in it
 * @ts: offset of the timestamp option, 0: none
 * @strip: options to take out: bit n for the one at offset n. A SYN may bear many
 * @odd: there is one besides padding and a timestamp, or what cannot be read
 * @sealed: the segment is authenticated (MD5 or AO): any change would break it
 */
struct pp_tcp_opts {
	u8 thl;
	u8 sack;
	u8 nsack;
	u8 ts;
	u64 strip;
	bool odd;
	bool sealed;
};

int pp_tcp_parse(struct pp_packet *p, struct pp_seg *seg, struct pp_tcp_opts *o);
unsigned int pp_tcp_entry(struct pp_packet *p);
unsigned int pp_tcp_client(struct pp_packet *p, struct pp_flow *flow);
unsigned int pp_tcp_server(struct pp_packet *p, struct pp_flow *flow);
unsigned int pp_tcp_leave(struct pp_packet *p);

#endif /* _PP_TCP_H */
