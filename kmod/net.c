// SPDX-License-Identifier: GPL-2.0
/* Network namespaces: what each has, and the order in which it comes and goes. */
#include <net/netns/generic.h>

#include "config.h"
#include "flow.h"
#include "hook.h"
#include "net.h"
#include "pair.h"
#include "reply.h"

static unsigned int pp_net_id __read_mostly;

/**
 * pp_net() - what patchproxy keeps for a namespace
 * @net: the namespace
 *
 * Context: any, while the namespace lives and the module is loaded.
 *
 * Return: the object; never NULL.
 */
struct pp_net *pp_net(const struct net *net)
{
	return net_generic(net, pp_net_id);
}

/**
 * pp_count_sum() - value of a counter
 * @pn: namespace
 * @counter: enum patchproxy_counter
 *
 * Context: process.
 *
 * Return: the sum over all CPUs.
 */
u64 pp_count_sum(const struct pp_net *pn, int counter)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct pp_stats *s = per_cpu_ptr(pn->stats, cpu);
		unsigned int start;
		u64 n;

		do {
			start = u64_stats_fetch_begin(&s->syncp);
			n = u64_stats_read(&s->n[counter]);
		} while (u64_stats_fetch_retry(&s->syncp, start));
		sum += n;
	}
	return sum;
}

static int __net_init net_enter(struct net *net)
{
	struct pp_net *pn = pp_net(net);
	int err;

	pn->net = net;
	pp_reply_net_init(pn);
	pp_pair_net_init(pn);
	pn->stats = netdev_alloc_pcpu_stats(struct pp_stats);
	if (!pn->stats)
		return -ENOMEM;
	err = pp_flow_table_init(pn);
	if (err)
		goto err_stats;
	err = pp_config_init(pn);
	if (err)
		goto err_flows;
	return 0;

err_flows:
	pp_flow_table_exit(pn);
err_stats:
	free_percpu(pn->stats);
	return err;
}

/* A grace period passes between this and net_exit(): no hook runs there any more. */
static void __net_exit net_pre_exit(struct net *net)
{
	pp_hook_disable(pp_net(net));
}

static void __net_exit net_exit(struct net *net)
{
	struct pp_net *pn = pp_net(net);

	pp_reply_net_exit(pn);
	pp_flow_table_exit(pn);
	pp_pair_net_exit(pn);
	pp_config_exit(pn);
	free_percpu(pn->stats);
}

static struct pernet_operations net_ops = {
	.init = net_enter,
	.pre_exit = net_pre_exit,
	.exit = net_exit,
	.id = &pp_net_id,
	.size = sizeof(struct pp_net),
};

/**
 * pp_net_init() - set up all namespaces, now and to come
 *
 * Context: process.
 *
 * Return: 0, or a negative error.
 */
int pp_net_init(void)
{
	return register_pernet_subsys(&net_ops);
}

/**
 * pp_net_exit() - take everything down in all namespaces
 *
 * Context: process.
 */
void pp_net_exit(void)
{
	unregister_pernet_subsys(&net_ops);
}
