// SPDX-License-Identifier: GPL-2.0
/*
 * Servers that match before DNAT, together with those that match after it.
 *
 * DOC: Pairs
 *
 * Where the destination before DNAT has patches and the one after it too, both are in
 * force. Which two servers NAT joins is known from packets alone, and a ruleset cannot
 * be built in a hook. So the packet that needs a pair first asks for it and is dropped;
 * its sender repeats it. A work item builds the pair and adds it to the configuration
 * in force. A change builds, together with everything else, the pairs that are in use
 * (config_build.c): it drops no packet of theirs, and they see all of it or nothing.
 *
 * Clients cannot make pairs: each is of two servers that have patches, and that a NAT
 * rule joins. Still there is a bound, and what is beyond it does not pass. A pair goes
 * with the configuration that it is in; into the next one it is taken unless nothing
 * used it for as long as a connection may be idle.
 *
 * Pairs are added under &pp_net.lock, which a commit holds from reading the old
 * configuration to publishing the new one, and are found under RCU; none is taken out.
 * What is asked for is under &pp_pairs.lock, which is taken last and by packets with a
 * connection's lock held. The work item takes it inside &pp_net.lock.
 */
#include <linux/err.h>
#include <linux/module.h>

#include "config_build.h"
#include "pair.h"

static unsigned int pairs_max __read_mostly = 4096;
module_param(pairs_max, uint, 0644);
MODULE_PARM_DESC(pairs_max, "pairs of servers before and after DNAT per network namespace");

static void ask(struct pp_net *pn, u64 gen, const struct pp_target *before,
		const struct pp_target *after)
{
	struct pp_pairs *pairs = &pn->pairs;
	u32 i;

	spin_lock_bh(&pairs->lock);
	if (pairs->gen < gen) {
		pairs->gen = gen;
		pairs->n = 0;
	}
	for (i = 0; i < pairs->n; i++)
		if (pairs->asked[i].before == before && pairs->asked[i].after == after)
			break;
	if (pairs->gen == gen && i == pairs->n && i < PP_PAIRS_ASKED) {
		pairs->asked[i].before = before;
		pairs->asked[i].after = after;
		pairs->n++;
	}
	spin_unlock_bh(&pairs->lock);
	schedule_work(&pairs->work);
}

/**
 * pp_pair_find() - what is in force where two servers match
 * @pn: namespace
 * @cfg: its configuration
 * @before: target before DNAT
 * @after: target after DNAT, another one of the same grammar
 *
 * Context: RCU read side; the result is valid there.
 *
 * Return: the target with the patches of both; -EAGAIN: it is not there yet, -ENOSPC:
 * and will not be.
 */
const struct pp_target *pp_pair_find(struct pp_net *pn, const struct pp_config *cfg,
				     const struct pp_target *before,
				     const struct pp_target *after)
{
	struct pp_pair *pair = pp_config_pair(cfg, before, after);

	if (unlikely(!pair)) {
		if (READ_ONCE(cfg->nr_pairs) >= READ_ONCE(pairs_max))
			return ERR_PTR(-ENOSPC);
		ask(pn, cfg->gen, before, after);
		return ERR_PTR(-EAGAIN);
	}
	if (unlikely(!pair->target.rs))
		return ERR_PTR(-ENOSPC);
	/* Written once, so that the line stays in all caches. */
	if (!READ_ONCE(pair->used))
		WRITE_ONCE(pair->used, true);
	return &pair->target;
}

/**
 * pp_pair_drop() - count a packet for which pp_pair_find() found nothing
 * @pn: namespace
 * @err: what it returned
 *
 * Context: bottom halves off.
 *
 * Return: NF_DROP.
 */
unsigned int pp_pair_drop(struct pp_net *pn, const void *err)
{
	pp_count(pn, PTR_ERR(err) == -ENOSPC ? PATCHPROXY_CNT_pair_limit :
					       PATCHPROXY_CNT_pair_wait, 1);
	return NF_DROP;
}

/*
 * What packets asked for in an older configuration is forgotten, and so is what memory
 * did not suffice for: they are sent again and ask again.
 */
static void pair_work(struct work_struct *work)
{
	struct pp_pairs *pairs = container_of(work, struct pp_pairs, work);
	struct pp_net *pn = container_of(pairs, struct pp_net, pairs);
	struct pp_pair_asked asked[PP_PAIRS_ASKED];
	struct pp_config *cfg;
	u32 n;

	mutex_lock(&pn->lock);
	cfg = rcu_dereference_protected(pn->config, lockdep_is_held(&pn->lock));
	spin_lock_bh(&pairs->lock);
	n = pairs->gen == cfg->gen ? pairs->n : 0;
	memcpy(asked, pairs->asked, n * sizeof(asked[0]));
	pairs->n = 0;
	spin_unlock_bh(&pairs->lock);
	if (n)
		pp_config_build_pairs(cfg, asked, n, READ_ONCE(pairs_max));
	mutex_unlock(&pn->lock);
}

/**
 * pp_pair_net_init() - prepare a namespace
 * @pn: namespace
 *
 * Context: process.
 */
void pp_pair_net_init(struct pp_net *pn)
{
	spin_lock_init(&pn->pairs.lock);
	INIT_WORK(&pn->pairs.work, pair_work);
}

/**
 * pp_pair_net_exit() - build no more pairs
 * @pn: namespace whose hooks are gone, a grace period ago; its configuration is there
 *
 * Context: process.
 */
void pp_pair_net_exit(struct pp_net *pn)
{
	cancel_work_sync(&pn->pairs.work);
}
