// SPDX-License-Identifier: GPL-2.0
/*
 * The table of connections.
 *
 * DOC: Life of a connection
 *
 * Lookups are under RCU. A connection is created by a SYN that every firewall rule
 * has let pass, or where a server wants it by a later segment, and ends in
 * flow_die(), which one caller wins by setting &pp_flow.dead under the connection's
 * lock. It is freed a grace period later, so a packet that found it before may still
 * lock it, and then sees that it is dead: as good as not found.
 *
 * A connection whose numbering differs at its two ends cannot go on without this
 * module and holds a reference to it. All others are forgotten at unload: their
 * packets need nothing from us.
 */
#include <linux/module.h>
#include <linux/siphash.h>
#include <linux/slab.h>

#include "budget.h"
#include "flow.h"
#include "pair.h"

#define PP_GC_INTERVAL	(2 * HZ)
#define PP_SYN_PATIENCE	300	/* seconds; no usual server waits so long for the end of a
				 * handshake, nor takes a SYN cookie that is so old */
#define PP_SYN_PATIENCE_MIN 130	/* likewise Linux: 63 seconds, and 128 for a cookie */

static unsigned int flows_max __read_mostly = 262144;
module_param(flows_max, uint, 0644);
MODULE_PARM_DESC(flows_max, "connections to protected servers per network namespace");

static unsigned int timeout_syn __read_mostly = 30;
module_param(timeout_syn, uint, 0644);
MODULE_PARM_DESC(timeout_syn,
		 "seconds until a connection that was not answered is forgotten, if half of flows_max are in use (else 300)");

/*
 * As long as conntrack's: a connection that is forgotten while it lives is not
 * protected any more, and waiting must not be a way past a patch.
 */
static unsigned int timeout_open __read_mostly = 5 * 24 * 3600;
module_param(timeout_open, uint, 0644);
MODULE_PARM_DESC(timeout_open, "seconds until an idle connection is forgotten");

static unsigned int timeout_closing __read_mostly = 10;
module_param(timeout_closing, uint, 0644);
MODULE_PARM_DESC(timeout_closing, "seconds until a closed connection is forgotten");

/* The last packets of a closed connection need translation as much as the first ones. */
static unsigned int timeout_closing_edited __read_mostly = 120;
module_param(timeout_closing_edited, uint, 0644);
MODULE_PARM_DESC(timeout_closing_edited,
		 "seconds until a closed connection that was edited is forgotten");

static struct kmem_cache *flow_cache __read_mostly;
static siphash_aligned_key_t flow_key __read_mostly;

/* Clients choose what goes in, so the hash has to be one that they cannot steer. */
static u32 tuple_hash(const void *data, u32 len, u32 seed)
{
	return siphash(data, len, &flow_key) ^ seed;
}

static const struct rhashtable_params flow_params = {
	.key_len = sizeof(struct pp_tuple),
	.key_offset = offsetof(struct pp_flow, tuple),
	.head_offset = offsetof(struct pp_flow, node),
	.hashfn = tuple_hash,
	.automatic_shrinking = true,
};

/*
 * @grammar: what the connection is parsed by already, or NULL. Two grammars cannot add
 * up. The server after DNAT names the program that is to be protected, so its patches
 * count; but a connection that began with the other grammar can have the others alone.
 */
static const struct pp_target *target_find(struct pp_net *pn, const struct pp_config *cfg,
					   const struct pp_tuple *t,
					   const union nf_inet_addr *real_addr, u16 real_port,
					   const struct pp_kimage *grammar, bool *conflict)
{
	const struct pp_target *before, *after;

	*conflict = false;
	after = pp_config_lookup(cfg, t->family, real_addr, t->transport, real_port);
	if (ntohs(t->server_port) == real_port &&
	    !memcmp(&t->server, real_addr, sizeof(*real_addr)))
		return after;
	before = pp_config_lookup(cfg, t->family, &t->server, t->transport,
				  ntohs(t->server_port));
	if (!before || before == after)
		return after;
	if (!after)
		return before;
	if (before->grammar == after->grammar)
		return pp_pair_find(pn, cfg, before, after);
	*conflict = true;
	return before->grammar == grammar ? before : after;
}

/**
 * pp_target_find() - what is in force for a new connection or a datagram
 * @pn: namespace
 * @t: as the client sees it
 * @real_addr: server address after DNAT
 * @real_port: server port after DNAT, host byte order
 * @conflict: set to whether servers before and after DNAT name different grammars:
 *	then those before it do not count. May be NULL
 *
 * The patches of servers before and after DNAT add up.
 *
 * Context: RCU read side; the result is valid there.
 *
 * Return: the target; NULL: nothing is in force; an error: nothing may pass, see
 * pp_pair_drop().
 */
const struct pp_target *pp_target_find(struct pp_net *pn, const struct pp_tuple *t,
				       const union nf_inet_addr *real_addr, u16 real_port,
				       bool *conflict)
{
	const struct pp_config *cfg = rcu_dereference(pn->config);
	bool unused;

	if (!cfg)
		return NULL;
	return target_find(pn, cfg, t, real_addr, real_port, NULL,
			   conflict ? conflict : &unused);
}

/**
 * pp_flow_idle_max() - how long a connection may be idle
 *
 * Context: any.
 *
 * Return: jiffies after which it is forgotten.
 */
unsigned long pp_flow_idle_max(void)
{
	return (unsigned long)READ_ONCE(timeout_open) * HZ;
}

/**
 * pp_flow_find() - look up a connection
 * @pn: namespace
 * @t: the connection
 *
 * Context: RCU read side; the result is valid there.
 *
 * Return: the connection, or NULL.
 */
struct pp_flow *pp_flow_find(struct pp_net *pn, const struct pp_tuple *t)
{
	struct pp_flow *flow = rhashtable_lookup(&pn->flows, t, flow_params);

	return flow && likely(!READ_ONCE(flow->dead)) ? flow : NULL;
}

static void flow_free_rcu(struct rcu_head *rcu)
{
	struct pp_flow *flow = container_of(rcu, struct pp_flow, rcu);

	pp_conn_clear(&flow->conn);
	pp_image_put(flow->grammar);
	kmem_cache_free(flow_cache, flow);
}

/*
 * Into the table, unless it is there already. One that has ended and still has its place
 * gives it up: whoever ended it finds it gone.
 */
static struct pp_flow *insert(struct pp_net *pn, struct pp_flow *flow)
{
	struct pp_flow *old;

	for (;;) {
		old = rhashtable_lookup_get_insert_fast(&pn->flows, &flow->node, flow_params);
		if (IS_ERR_OR_NULL(old) || !READ_ONCE(old->dead))
			return old;
		rhashtable_remove_fast(&pn->flows, &old->node, flow_params);
	}
}

/**
 * pp_flow_begin() - begin to follow a connection, if it is not followed already
 * @pn: namespace
 * @t: the connection
 * @target: what is in force for it; it says by what grammar it is parsed. Its rules are
 *	looked up with the first packet: the configuration may change until then
 * @real_addr: server address after DNAT
 * @real_port: server port after DNAT, host byte order
 * @old: NULL, or for a connection whose start was not seen what is known of it, see
 *	pp_conn_init_old()
 * @server_wscale: with @old, likewise
 * @known: set to whether it was there already
 *
 * Context: RCU read side, bottom halves off.
 *
 * Return: the connection, valid in the RCU read side; NULL if the table is full or there
 * is no memory, which is counted: the packet is to be dropped.
 */
struct pp_flow *pp_flow_begin(struct pp_net *pn, const struct pp_tuple *t,
			      const struct pp_target *target,
			      const union nf_inet_addr *real_addr, u16 real_port,
			      const struct pp_syn *old, u8 server_wscale, bool *known)
{
	struct pp_flow *flow, *there = pp_flow_find(pn, t);
	int why = PATCHPROXY_CNT_flows_limit;

	*known = there;
	if (there)
		return there;
	if ((unsigned int)atomic_inc_return(&pn->nr_flows) > READ_ONCE(flows_max))
		goto err_dec;
	why = PATCHPROXY_CNT_flows_nomem;
	flow = kmem_cache_zalloc(flow_cache, GFP_ATOMIC | __GFP_NOWARN);
	if (!flow)
		goto err_dec;
	spin_lock_init(&flow->lock);
	flow->tuple = *t;
	flow->real_addr = *real_addr;
	flow->real_port = real_port;
	flow->seen = jiffies;
	flow->grammar = target->grammar;
	pp_image_get(flow->grammar);
	if (old)
		pp_conn_init_old(&flow->conn, &flow->grammar->img, old, server_wscale);
	else
		pp_conn_init(&flow->conn, &flow->grammar->img);
	there = insert(pn, flow);
	if (there)
		goto err_free;
	set_bit(ntohs(t->server_port), pn->ports);
	set_bit(real_port, pn->ports);
	pp_count(pn, PATCHPROXY_CNT_flows_created, 1);
	queue_delayed_work(system_unbound_wq, &pn->gc, PP_GC_INTERVAL);
	return flow;

err_free:
	flow_free_rcu(&flow->rcu);
	*known = !IS_ERR(there);
err_dec:
	atomic_dec(&pn->nr_flows);
	if (*known)
		return there;
	/* A table that cannot grow right now is a lack of memory, not of room. */
	pp_count(pn, why, 1);
	return NULL;
}

/**
 * pp_flow_anew() - the server has answered a client's SYN, and the connection begins
 * @pn: namespace
 * @flow: the connection, locked
 *
 * It may be with another server behind the same address, which is protected against
 * other things.
 *
 * Context: RCU read side, bottom halves off.
 *
 * Return: 0, or an error: the answer must not pass, see pp_pair_drop().
 */
int pp_flow_anew(struct pp_net *pn, struct pp_flow *flow)
{
	const struct pp_target *target;

	lockdep_assert_held(&flow->lock);
	if (!flow->next_port)
		return 0;
	flow->real_addr = flow->next_addr;
	flow->real_port = flow->next_port;
	flow->cfg_gen = 0;
	target = pp_target_find(pn, &flow->tuple, &flow->real_addr, flow->real_port, NULL);
	if (IS_ERR(target))
		return PTR_ERR(target);
	if (target && target->grammar != flow->grammar) {
		pp_image_get(target->grammar);
		pp_conn_again(&flow->conn, &target->grammar->img);
		pp_image_put(flow->grammar);
		flow->grammar = target->grammar;
		flow->cfg_gen = 0;
	}
	/* The client may have come back another way. */
	flow->ifindex = 0;
	flow->next_port = 0;
	return 0;
}

/**
 * pp_flow_rules() - the rules in force for a connection
 * @pn: namespace
 * @flow: the connection, locked
 *
 * A connection is parsed by the grammar it began with: its saved state belongs to that
 * program. Patches for another grammar cannot be applied to it.
 *
 * Context: RCU read side, bottom halves off.
 *
 * Return: the rules, valid in the RCU read side; NULL: none; an error: the packet must
 * not pass, see pp_pair_drop().
 */
const struct pp_ruleset *pp_flow_rules(struct pp_net *pn, struct pp_flow *flow)
{
	const struct pp_config *cfg = rcu_dereference(pn->config);
	const struct pp_target *target;
	bool stale, conflict;
	u64 gen;

	lockdep_assert_held(&flow->lock);
	if (!cfg)
		return NULL;
	gen = pp_config_gen(cfg);
	if (unlikely(flow->cfg_gen != gen)) {
		target = target_find(pn, cfg, &flow->tuple, &flow->real_addr, flow->real_port,
				     flow->grammar, &conflict);
		if (IS_ERR(target))
			return ERR_CAST(target);
		flow->target = target;
		flow->cfg_gen = gen;
		stale = target && target->grammar != flow->grammar;
		if (stale && !flow->stale)
			pp_count(pn, PATCHPROXY_CNT_stale_grammar, 1);
		flow->stale = stale;
		if (conflict && !flow->conflict)
			pp_count(pn, PATCHPROXY_CNT_pair_conflict, 1);
		flow->conflict = conflict;
	}
	return flow->target && !flow->stale ? flow->target->rs : NULL;
}

static void let_module_go(struct pp_net *pn, struct pp_flow *flow)
{
	flow->edited = false;
	atomic_dec(&pn->nr_edited);
	module_put(THIS_MODULE);
}

/**
 * pp_flow_hold_module() - a connection may have become dependent on translation
 * @pn: namespace
 * @flow: the connection, locked
 *
 * Or it may depend on it no more, and lets the module go.
 *
 * Context: bottom halves off.
 *
 * Return: false if it has, and the module is being unloaded: what made it so must not
 * leave.
 */
bool pp_flow_hold_module(struct pp_net *pn, struct pp_flow *flow)
{
	struct pp_conn_info info;

	lockdep_assert_held(&flow->lock);
	pp_conn_info(&flow->conn, &info);
	if (info.edited == flow->edited)
		return true;
	if (flow->edited) {
		let_module_go(pn, flow);
		return true;
	}
	if (!try_module_get(THIS_MODULE))
		return false;
	flow->edited = true;
	/* rmmod can only say that the module is in use; here is by what. */
	if (atomic_inc_return(&pn->nr_edited) == 1)
		pr_info_ratelimited("patchproxy: connections are being translated, the module cannot be removed before they end (patchctl flows)\n");
	return true;
}

static bool roomy(struct pp_net *pn)
{
	return (unsigned int)atomic_read(&pn->nr_flows) <= READ_ONCE(flows_max) / 2;
}

/*
 * How long a connection is remembered that was not answered, or whose client has not
 * acknowledged the answer. The rest may have taken another way, and what is forgotten
 * would pass as one whose start was not seen: so where there is room, until the server has
 * forgotten it as well. What it has not answered it has most probably forgotten before.
 */
static unsigned int syn_limit(struct pp_net *pn, bool answered)
{
	unsigned int limit = READ_ONCE(timeout_syn);

	if (roomy(pn))
		return max_t(unsigned int, limit, PP_SYN_PATIENCE);
	return answered ? max_t(unsigned int, limit, PP_SYN_PATIENCE_MIN) : limit;
}

static bool idle_for(const struct pp_flow *flow, unsigned int seconds)
{
	return time_after(jiffies, flow->seen + (unsigned long)seconds * HZ);
}

/* How long a connection is remembered that is known to have ended. */
static unsigned int closed_limit(const struct pp_conn_info *info)
{
	return info->edited || info->delta[0] || info->delta[1] ?
	       READ_ONCE(timeout_closing_edited) : READ_ONCE(timeout_closing);
}

/*
 * What a client's RST has ended is not known to have ended: its server may drop the RST for
 * what only the server knows, and what is forgotten would pass unread from then on. So it
 * ends nothing sooner than silence does, where there is room.
 */
static bool flow_expired(struct pp_net *pn, struct pp_flow *flow)
{
	struct pp_conn_info info;
	unsigned int limit;

	pp_conn_info(&flow->conn, &info);
	if (flow->untouched)
		info.state = flow->over ? PP_CONN_CLOSING : PP_CONN_OPEN;
	switch (info.state) {
	case PP_CONN_SYN:
		limit = syn_limit(pn, false);
		break;
	case PP_CONN_CLOSING:
		limit = closed_limit(&info);
		if (info.unsure)
			limit = max(limit, syn_limit(pn, true));
		if (info.reset && roomy(pn))
			limit = max(limit, READ_ONCE(timeout_open));
		break;
	default:
		limit = info.agreed || info.joining || flow->untouched ?
			READ_ONCE(timeout_open) : syn_limit(pn, true);
	}
	return idle_for(flow, limit);
}

/* Everything but leaving the table. True for the one caller that ends it. */
static bool flow_die(struct pp_net *pn, struct pp_flow *flow, bool expired)
{
	bool edited;

	spin_lock_bh(&flow->lock);
	if (flow->dead || (expired && !flow_expired(pn, flow))) {
		spin_unlock_bh(&flow->lock);
		return false;
	}
	WRITE_ONCE(flow->dead, true);
	edited = flow->edited;
	pp_budget_charge(pn, -(long)flow->kept);
	pp_count(pn, PATCHPROXY_CNT_flows_destroyed, 1);
	spin_unlock_bh(&flow->lock);
	atomic_dec(&pn->nr_flows);
	if (edited) {
		atomic_dec(&pn->nr_edited);
		module_put(THIS_MODULE);
	}
	return true;
}

/* Ends a connection that has expired. */
static bool flow_expire(struct pp_net *pn, struct pp_flow *flow)
{
	if (!flow_die(pn, flow, true))
		return false;
	rhashtable_remove_fast(&pn->flows, &flow->node, flow_params);
	call_rcu(&flow->rcu, flow_free_rcu);
	return true;
}

/* One that is only remembered, in case its client goes on after all, does not hold the module. */
static void flow_rest(struct pp_net *pn, struct pp_flow *flow)
{
	struct pp_conn_info info;

	if (!READ_ONCE(flow->edited))
		return;
	spin_lock_bh(&flow->lock);
	pp_conn_info(&flow->conn, &info);
	if (!flow->dead && flow->edited && info.state == PP_CONN_CLOSING && info.reset &&
	    idle_for(flow, closed_limit(&info)))
		let_module_go(pn, flow);
	spin_unlock_bh(&flow->lock);
}

/*
 * When room is scarce, bytes out of order go that have waited for very long: their
 * sender has them, and may be nobody who wants them to arrive.
 */
static void flow_tidy(struct pp_net *pn, struct pp_flow *flow)
{
	struct pp_ctx ctx = { .pn = pn };
	u32 kept;

	spin_lock_bh(&flow->lock);
	if (!flow->dead) {
		pp_conn_tidy(&flow->conn, ktime_get_seconds(), &ctx);
		kept = pp_conn_kept(&flow->conn);
		pp_budget_charge(pn, (long)kept - flow->kept);
		flow->kept = kept;
	}
	spin_unlock_bh(&flow->lock);
}

/* Unbound: a walk through a full table is nothing to keep a processor's queue waiting with. */
static void flow_gc(struct work_struct *work)
{
	struct pp_net *pn = container_of(to_delayed_work(work), struct pp_net, gc);
	struct rhashtable_iter iter;
	struct pp_flow *flow;
	unsigned int n = 0;

	rhashtable_walk_enter(&pn->flows, &iter);
	rhashtable_walk_start(&iter);
	while ((flow = rhashtable_walk_next(&iter))) {
		/* The table was resized: the walk goes on from its start. */
		if (IS_ERR(flow))
			continue;
		if (!flow_expire(pn, flow)) {
			flow_rest(pn, flow);
			if (pp_budget_tight(pn))
				flow_tidy(pn, flow);
		}
		if (++n % 256)
			continue;
		rhashtable_walk_stop(&iter);
		cond_resched();
		rhashtable_walk_start(&iter);
	}
	rhashtable_walk_stop(&iter);
	rhashtable_walk_exit(&iter);
	if (atomic_read(&pn->nr_flows))
		queue_delayed_work(system_unbound_wq, &pn->gc, PP_GC_INTERVAL);
}

/**
 * pp_flow_table_init() - prepare a namespace
 * @pn: namespace
 *
 * Context: process.
 *
 * Return: 0, or a negative error.
 */
int pp_flow_table_init(struct pp_net *pn)
{
	INIT_DELAYED_WORK(&pn->gc, flow_gc);
	return rhashtable_init(&pn->flows, &flow_params);
}

static void flow_drop(void *ptr, void *arg)
{
	struct pp_flow *flow = ptr;

	if (flow_die(arg, flow, false))
		call_rcu(&flow->rcu, flow_free_rcu);
}

/**
 * pp_flow_table_exit() - forget all connections of a namespace
 * @pn: namespace whose hooks are gone, a grace period ago
 *
 * Context: process.
 */
void pp_flow_table_exit(struct pp_net *pn)
{
	cancel_delayed_work_sync(&pn->gc);
	rhashtable_free_and_destroy(&pn->flows, flow_drop, pn);
}

/**
 * pp_flow_init() - prepare the module
 *
 * Context: process.
 *
 * Return: 0, or -ENOMEM.
 */
int pp_flow_init(void)
{
	get_random_bytes(&flow_key, sizeof(flow_key));
	flow_cache = KMEM_CACHE(pp_flow, SLAB_HWCACHE_ALIGN);
	return flow_cache ? 0 : -ENOMEM;
}

/**
 * pp_flow_exit() - give back what pp_flow_init() took
 *
 * Context: process; all namespaces are done with.
 */
void pp_flow_exit(void)
{
	/* Connections that ended lately are freed by callbacks. */
	rcu_barrier();
	kmem_cache_destroy(flow_cache);
}
