// SPDX-License-Identifier: GPL-2.0
/*
 * Who is a server: the hosts of a capture that answer on a port that is looked for.
 * The first pass over the capture gathers them; that a packet is addressed to a
 * port says nothing, for whole networks are addressed by those who scan them.
 */
#include "answers.h"
#include "patchctl.h"

#include <stdlib.h>

static u32 bucket(const u8 *addr, u16 port)
{
	return packet_hash(addr, port) % ANSWERS_BUCKETS;
}

static struct endpoint *get(struct answers *answers, int family, u8 transport, const u8 *addr,
			    u16 port)
{
	struct endpoint *ep = answers_find(answers, family, transport, addr, port);
	u32 b = bucket(addr, port);

	if (ep)
		return ep;
	ep = xalloc(sizeof(*ep));
	ep->family = family;
	ep->transport = transport;
	ep->port = port;
	memcpy(ep->addr, addr, sizeof(ep->addr));
	ep->chain = answers->buckets[b];
	answers->buckets[b] = ep;
	if (answers->last)
		answers->last->next = ep;
	else
		answers->first = ep;
	answers->last = ep;
	return ep;
}

/**
 * answers_see - learn from a packet who is a server
 * @answers: the endpoints so far
 * @p: the packet
 * @kind: PACKET_TCP or PACKET_UDP
 * @from: its source port is one that is looked for
 * @to: its destination port is
 *
 * A RST is what a host without a server answers. Between two ports that are both
 * looked for, whoever was not asked before is the one who asks.
 */
void answers_see(struct answers *answers, const struct packet *p, enum packet_kind kind,
		 bool from, bool to)
{
	u8 transport = kind == PACKET_TCP ? IPPROTO_TCP : IPPROTO_UDP, flags = p->seg.flags;
	bool accepts = (flags & PP_TCP_SYN) && (flags & PP_TCP_ACK);
	struct endpoint *ep;

	if (to)
		get(answers, p->family, transport, p->dst, p->dport)->asked = true;
	if (!from || flags & PP_TCP_RST || (flags & PP_TCP_SYN && !accepts))
		return;
	ep = get(answers, p->family, transport, p->src, p->sport);
	if (accepts || !to || ep->asked)
		ep->answered = true;
}

/**
 * answers_find - look up an endpoint
 * @answers: the endpoints
 * @family: AF_INET or AF_INET6
 * @transport: IPPROTO_TCP or IPPROTO_UDP
 * @addr: 16 bytes, an IPv4 address and zeroes or an IPv6 address
 * @port: host byte order
 *
 * Return: the endpoint, or NULL.
 */
struct endpoint *answers_find(const struct answers *answers, int family, u8 transport,
			      const u8 *addr, u16 port)
{
	struct endpoint *ep = answers->buckets[bucket(addr, port)];

	while (ep && (ep->port != port || ep->transport != transport || ep->family != family ||
		      memcmp(ep->addr, addr, sizeof(ep->addr))))
		ep = ep->chain;
	return ep;
}

/**
 * answers_free - free all endpoints
 * @answers: the endpoints
 */
void answers_free(struct answers *answers)
{
	struct endpoint *ep, *next;

	for (ep = answers->first; ep; ep = next) {
		next = ep->next;
		free(ep);
	}
}
