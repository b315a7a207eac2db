// SPDX-License-Identifier: GPL-2.0
/*
 * Flow tables, of nftables and of tc's act_ct, in software and in hardware: their fast
 * path would carry what is protected past our hooks.
 *
 * Neither conntrack nor flow tables need to be loaded for this module, so their functions
 * are looked up where they are needed.
 */
#include <linux/module.h>
#include <linux/rtnetlink.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_flow_table.h>

#include "config.h"
#include "net.h"
#include "offload.h"

#if IS_ENABLED(CONFIG_NF_CONNTRACK)

#define PP_OFFLOADED	(IPS_OFFLOAD | IPS_HW_OFFLOAD)

/*
 * Flow tables of nftables do not take what has this mark. To conntrack it says nothing
 * else about TCP, and about datagrams that they are the first to be forgotten when its
 * table is full. act_ct does not heed it.
 */
static void mark(struct nf_conn *ct)
{
	if (!test_bit(IPS_NAT_CLASH_BIT, &ct->status))
		set_bit(IPS_NAT_CLASH_BIT, &ct->status);
}

static struct nf_conn *tracked(const struct pp_packet *p, enum ip_conntrack_info *ctinfo)
{
	struct nf_conn *ct = nf_ct_get(p->skb, ctinfo);

	return ct && !nf_ct_is_template(ct) ? ct : NULL;
}

/**
 * pp_offload_refuse() - keep a connection out of flow tables
 * @p: packet of it that leaves
 *
 * Context: exit hook.
 */
void pp_offload_refuse(const struct pp_packet *p)
{
	enum ip_conntrack_info ctinfo;
	struct nf_conn *ct = tracked(p, &ctinfo);

	if (ct)
		mark(ct);
}

/**
 * pp_offload_unsettled() - has conntrack seen no answer to a packet's connection
 * @p: packet that leaves
 *
 * Flow tables take a connection no sooner than with the first answer. One that is old
 * begins so as well when conntrack has been made to forget it.
 *
 * Context: exit hook.
 *
 * Return: true if this may be the last packet in time to be refused, see
 * pp_offload_refuse().
 */
bool pp_offload_unsettled(const struct pp_packet *p)
{
	enum ip_conntrack_info ctinfo;

	return tracked(p, &ctinfo) && ctinfo == IP_CT_NEW;
}

/**
 * pp_offload_seen() - has a flow table taken a packet's connection all the same
 * @p: packet
 *
 * Context: hook.
 *
 * Return: true if what comes after it may pass elsewhere.
 */
bool pp_offload_seen(const struct pp_packet *p)
{
	enum ip_conntrack_info ctinfo;
	const struct nf_conn *ct = tracked(p, &ctinfo);

	return ct && READ_ONCE(ct->status) & PP_OFFLOADED;
}

#if IS_ENABLED(CONFIG_NF_FLOW_TABLE)

/**
 * struct search - what conntrack knows of protected servers
 * @pn: namespace
 * @known: connections to them
 * @taken: of those, the ones that flow tables have
 */
struct search {
	struct pp_net *pn;
	u32 known;
	u32 taken;
};

/* Under a lock of conntrack's. Returns that it stays. */
static int look(struct nf_conn *ct, void *data)
{
	const struct nf_conntrack_tuple *sent = &ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple;
	const struct nf_conntrack_tuple *back = &ct->tuplehash[IP_CT_DIR_REPLY].tuple;
	const struct pp_config *cfg;
	struct search *s = data;
	u8 family = nf_ct_l3num(ct), proto = nf_ct_protonum(ct);
	bool ours;

	if (proto != IPPROTO_TCP && proto != IPPROTO_UDP)
		return 0;
	rcu_read_lock();
	cfg = rcu_dereference(s->pn->config);
	ours = pp_config_lookup(cfg, family, &sent->dst.u3, proto, ntohs(sent->dst.u.all)) ||
	       pp_config_lookup(cfg, family, &back->src.u3, proto, ntohs(back->src.u.all));
	rcu_read_unlock();
	if (!ours)
		return 0;
	s->known++;
	s->taken += !!(READ_ONCE(ct->status) & PP_OFFLOADED);
	mark(ct);
	return 0;
}

static void end_all(struct net *net)
{
	void (*end)(struct net_device *dev) = symbol_get(nf_flow_table_cleanup);
	struct net_device *dev, *last = NULL;

	if (!end)
		return;
	rtnl_lock();
	for_each_netdev(net, dev) {
		if (dev->flags & IFF_LOOPBACK || !(dev->flags & IFF_UP))
			continue;
		end(dev);
		last = dev;
	}
	/* What hardware was just taking in goes with the run behind. */
	if (last)
		end(last);
	rtnl_unlock();
	symbol_put(nf_flow_table_cleanup);
	/* And packets that have found it there already. */
	synchronize_rcu_expedited();
}

/**
 * pp_offload_end() - take connections to protected servers out of flow tables
 * @pn: namespace, which has more servers than before
 *
 * Those of others are taken out as well, and go in again with their next packet.
 *
 * Context: process, sleeps; takes the RTNL.
 */
void pp_offload_end(struct pp_net *pn)
{
	void (*iterate)(int (*iter)(struct nf_conn *ct, void *data),
			const struct nf_ct_iter_data *data) = symbol_get(nf_ct_iterate_cleanup_net);
	struct search s = { .pn = pn };
	struct nf_ct_iter_data data = {
		.net = pn->net,
		.data = &s,
	};
	u32 taken;

	if (!iterate)
		return;
	iterate(look, &data);
	if (s.known) {
		/* One may have been on its way in when it was marked. */
		synchronize_rcu_expedited();
		s.taken = 0;
		iterate(look, &data);
	}
	if (s.taken) {
		taken = s.taken;
		end_all(pn->net);
		/* act_ct's stay, but for those of the first namespace. */
		s.taken = 0;
		iterate(look, &data);
		local_bh_disable();
		pp_count(pn, PATCHPROXY_CNT_offload_ended, taken - min(taken, s.taken));
		local_bh_enable();
	}
	symbol_put(nf_ct_iterate_cleanup_net);
}

#else

void pp_offload_end(struct pp_net *pn)
{
}

#endif

#else

void pp_offload_refuse(const struct pp_packet *p)
{
}

bool pp_offload_unsettled(const struct pp_packet *p)
{
	return false;
}

bool pp_offload_seen(const struct pp_packet *p)
{
	return false;
}

void pp_offload_end(struct pp_net *pn)
{
}

#endif
