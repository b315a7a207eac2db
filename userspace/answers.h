/* SPDX-License-Identifier: GPL-2.0 */
/* Who is a server: the hosts of a capture that answer on a port that is looked for. */
#ifndef PATCHCTL_ANSWERS_H
#define PATCHCTL_ANSWERS_H

#include "packet.h"

/**
 * struct endpoint - a host's port that something was sent to or came from
 * @family: AF_INET or AF_INET6
 * @transport: IPPROTO_TCP or IPPROTO_UDP
 * @port: host byte order
 * @addr: address
 * @asked: something was sent to it
 * @answered: something came from it as from a server
 * @skipped: flows to it that were left out because nothing did
 * @chain: in the hash table
 * @next: endpoint that was seen first after this one
 */
struct endpoint {
	int family;
	u8 transport;
	u16 port;
	u8 addr[16];
	bool asked;
	bool answered;
	u64 skipped;
	struct endpoint *chain;
	struct endpoint *next;
};

#define ANSWERS_BUCKETS	4096

/**
 * struct answers - the endpoints of a capture
 * @buckets: endpoints by hash
 * @first: endpoint that was seen first
 * @last: endpoint that was seen last
 */
struct answers {
	struct endpoint *buckets[ANSWERS_BUCKETS];
	struct endpoint *first;
	struct endpoint *last;
};

void answers_see(struct answers *answers, const struct packet *p, enum packet_kind kind,
		 bool from, bool to);
struct endpoint *answers_find(const struct answers *answers, int family, u8 transport,
			      const u8 *addr, u16 port);
void answers_free(struct answers *answers);

#endif /* PATCHCTL_ANSWERS_H */
