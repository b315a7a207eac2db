/* SPDX-License-Identifier: GPL-2.0 */
/* Where the headers of a packet are, and how it is named in the flow table. */
#ifndef _PP_PACKET_H
#define _PP_PACKET_H

#include <linux/netfilter.h>
#include <linux/skbuff.h>

#include "flow.h"
#include "net.h"

/**
 * struct pp_packet - a packet inside a hook
 * @skb: the packet; @skb->data is the network header, or the first VLAN tag that
 *	is still in the data
 * @pn: its namespace
 * @state: the hook it is in
 * @self: our function there, if a packet made from this one has to pass the hooks behind
 *	it first
 * @l3: offset of the IP header
 * @l4: offset of the transport header
 * @data: offset of the payload, once the transport header has been read
 * @end: offset behind the IP packet; Ethernet padding may follow
 * @domain: as &pp_tuple.domain
 * @vlan: as &pp_tuple.vlan
 * @session: as &pp_tuple.session
 * @tag: VLAN tag the packet came in with, protocol << 16 | TCI; 0: none, or in the
 *	data
 * @original: of a part of a packet: what pp_packet_original() has said of the whole, as
 *	a client's; else NULL
 * @saddr: source address
 * @daddr: destination address
 * @sport: source port, TCP and UDP
 * @dport: destination port, TCP and UDP
 * @family: AF_INET or AF_INET6
 * @proto: transport protocol
 * @ids: IPv4 identifications that parts made of it have taken
 * @frag: the first fragment of several; of later ones nothing is known
 * @pppoe: a PPPoE header and the protocol of PPP stand right in front of the IP header
 *
 * All offsets count from @skb->data. They stay right when the head is reallocated,
 * pointers would not; so nothing here points into the packet.
 */
struct pp_packet {
	struct sk_buff *skb;
	struct pp_net *pn;
	const struct nf_hook_state *state;
	nf_hookfn *self;
	u32 l3;
	u32 l4;
	u32 data;
	u32 end;
	u32 domain;
	u64 vlan;
	u32 tag;
	const struct pp_tuple *original;
	union nf_inet_addr saddr;
	union nf_inet_addr daddr;
	__be16 sport;
	__be16 dport;
	__be16 session;
	u8 family;
	u8 proto;
	u16 ids;
	bool frag;
	bool pppoe;
};

#define PP_BY_NONE	-1	/* pp_packet_came_by() of what was made on this machine */

/**
 * enum pp_parse - what can be read of a packet
 * @PP_PARSE_OK: addresses and, of TCP and UDP, ports
 * @PP_PARSE_EMPTY: it is a later fragment, or has nothing behind its headers
 * @PP_PARSE_BAD: its headers contradict each other, or are not all there
 */
enum pp_parse {
	PP_PARSE_OK,
	PP_PARSE_EMPTY,
	PP_PARSE_BAD,
};

enum pp_parse pp_packet_parse(struct pp_packet *p, struct sk_buff *skb, u32 l3, u8 family);
bool pp_packet_parse_inner(struct pp_packet *p, const struct pp_packet *outer, u32 l3);
u8 pp_packet_ttl(const struct pp_packet *p);
u8 pp_packet_dsfield(const struct pp_packet *p);
void pp_packet_tuple(const struct pp_packet *p, int dir, struct pp_tuple *t);
void pp_packet_came(const struct sk_buff *skb, const struct pp_packet *p);
int pp_packet_came_by(const struct pp_packet *p);
void pp_packet_original(const struct pp_packet *p, int dir, struct pp_tuple *t);
bool pp_packet_renamed(const struct pp_packet *p);

/**
 * pp_packet_wanted() - can this packet belong to a protected server at all
 * @p: packet with ports
 *
 * Context: RCU read side or hook.
 *
 * Return: false if neither port is used by a server.
 */
static inline bool pp_packet_wanted(const struct pp_packet *p)
{
	return test_bit(ntohs(p->dport), p->pn->ports) || test_bit(ntohs(p->sport), p->pn->ports);
}

#endif /* _PP_PACKET_H */
