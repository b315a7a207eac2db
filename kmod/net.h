/* SPDX-License-Identifier: GPL-2.0 */
/* What patchproxy keeps for each network namespace. */
#ifndef _PP_NET_H
#define _PP_NET_H

#include <linux/rhashtable.h>
#include <linux/mutex.h>
#include <linux/skbuff.h>
#include <linux/u64_stats_sync.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>

#include "uapi/patchproxy.h"

#define PP_MIDSTREAM_SLOTS	256
#define PP_PAIRS_ASKED		16

struct pp_config;
struct pp_net;
struct pp_target;

/**
 * struct pp_stats - counters of one CPU
 * @n: by enum patchproxy_counter
 * @syncp: for readers on 32-bit machines
 *
 * Written with bottom halves off by this CPU alone, read by any.
 */
struct pp_stats {
	u64_stats_t n[PATCHPROXY_NR_COUNTERS];
	struct u64_stats_sync syncp;
};

/**
 * struct pp_pair_asked - two targets that a packet needs together
 * @before: target before DNAT
 * @after: target after DNAT
 */
struct pp_pair_asked {
	const struct pp_target *before;
	const struct pp_target *after;
};

/**
 * struct pp_pairs - pairs that packets wait for (pair.c)
 * @work: builds them
 * @lock: protects what follows; bottom halves off
 * @gen: generation of the configuration that the targets in @asked are of: they are
 *	followed only while it is in force
 * @n: valid elements of @asked
 * @asked: the pairs; a packet that finds no room is sent again and asks again
 */
struct pp_pairs {
	struct work_struct work;
	spinlock_t lock;
	u64 gen;
	u32 n;
	struct pp_pair_asked asked[PP_PAIRS_ASKED];
};

/**
 * struct pp_net - one network namespace
 * @net: the namespace; no reference is held, the object dies with it
 * @config: servers and their patches in force; read under RCU, replaced under
 *	@lock (config.c)
 * @lock: serialises changes of @config and what is added to it; process context
 * @pairs: what is to be added
 * @flows: connections, keyed by struct pp_tuple (flow.c)
 * @nr_flows: connections in @flows
 * @nr_edited: of those, the ones that cannot go on without translation; while
 *	it is not zero each of them holds a reference to the module
 * @kept: bytes that its connections keep (budget.c)
 * @gc: ends what has timed out (flow.c)
 * @ports: bit p is set if a server uses port p (host order) or a connection to a
 *	server was made to p, before or after DNAT; never cleared while the namespace
 *	lives. Packets with neither port in it are passed after one bit test, and
 *	another where DNAT changed them
 * @hooked: the hooks are registered; under @lock
 * @replies: packets made here that wait to be sent (reply.c)
 * @reply_work: sends them
 * @strict: some server wants more of connections whose start was not seen than to be
 *	told of them
 * @midstream: hashes of connections counted as midstream lately (midstream.c)
 * @stats: counters
 * @event_tokens: events that may still be sent in the current second
 * @event_second: the second @event_tokens belongs to
 * @event_suppressed: events left out since the last one sent
 */
struct pp_net {
	struct net *net;
	struct pp_config __rcu *config;
	struct mutex lock;
	struct pp_pairs pairs;
	struct rhashtable flows;
	atomic_t nr_flows;
	atomic_t nr_edited;
	atomic_long_t kept;
	struct delayed_work gc;
	DECLARE_BITMAP(ports, 65536);
	bool hooked;
	bool strict;
	struct sk_buff_head replies;
	struct work_struct reply_work;
	u32 midstream[PP_MIDSTREAM_SLOTS];
	struct pp_stats __percpu *stats;
	atomic_t event_tokens;
	unsigned long event_second;
	atomic_t event_suppressed;
};

struct pp_net *pp_net(const struct net *net);
int pp_net_init(void);
void pp_net_exit(void);

/**
 * pp_count() - add to a counter
 * @pn: namespace
 * @counter: enum patchproxy_counter
 * @n: how much
 *
 * Context: bottom halves off.
 */
static inline void pp_count(struct pp_net *pn, int counter, u64 n)
{
	struct pp_stats *s = this_cpu_ptr(pn->stats);

	u64_stats_update_begin(&s->syncp);
	u64_stats_add(&s->n[counter], n);
	u64_stats_update_end(&s->syncp);
}

u64 pp_count_sum(const struct pp_net *pn, int counter);

#endif /* _PP_NET_H */
