// SPDX-License-Identifier: GPL-2.0
/*
 * The hooks of the IP layer.
 *
 * DOC: Placement
 *
 * The module stands outside conntrack, on the client's side of it. What a client
 * sends is translated when it comes in, before conntrack sees it; what a server sends
 * is translated when it leaves, after conntrack has confirmed it. Everything in
 * between, conntrack's window tracking, helpers, NAT, local sockets, sees one
 * numbering: the corrected one.
 *
 * A packet is a client's if its addresses, as it comes in, name a connection; it is a
 * server's if they do so the other way round as it leaves. So each packet is
 * translated once, whatever way it takes:
 *
 *	          comes in                   leaves
 *	routed    PRE_ROUTING                POST_ROUTING
 *	local     PRE_ROUTING or LOCAL_OUT   LOCAL_IN or POST_ROUTING
 *	loopback  LOCAL_OUT                  LOCAL_IN
 *
 * Over loopback a packet passes all four; the two in the middle are skipped. A VRF
 * device makes packets pass most hooks twice; the pass that has the VRF device is
 * skipped. It alone is what they pass LOCAL_IN with, and LOCAL_OUT on their way to a
 * socket in the VRF.
 *
 * The hooks are registered when a namespace gets its first patch and stay: taking
 * hooks out drops every packet that waits in a user-space queue.
 */
#include <linux/netdevice.h>
#include <linux/netfilter_bridge.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <net/gso.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/ipv4/nf_defrag_ipv4.h>
#include <net/netfilter/ipv6/nf_defrag_ipv6.h>

#include "budget.h"
#include "compat/copy.h"
#include "hook.h"
#include "reply.h"
#include "tcp.h"

/*
 * Behind reassembly (-400): a fragment is no segment. What is one still, because another
 * header of that kind stood before its own or a rule has kept it from reassembly, is
 * dropped. Before raw and conntrack.
 */
#define PP_PRI_ENTRY	(NF_IP_PRI_CONNTRACK_DEFRAG + 1)

static const struct nf_hook_entries *hook_entries(const struct nf_hook_state *state)
{
	switch (state->pf) {
	case NFPROTO_IPV4:
		return rcu_dereference(state->net->nf.hooks_ipv4[state->hook]);
	case NFPROTO_IPV6:
		return rcu_dereference(state->net->nf.hooks_ipv6[state->hook]);
#ifdef CONFIG_NETFILTER_FAMILY_BRIDGE
	case NFPROTO_BRIDGE:
		return rcu_dereference(state->net->nf.hooks_bridge[state->hook]);
#endif
	}
	return NULL;
}

/*
 * Index of the hook behind @self; 0 if @self is not there: whoever takes a hook out
 * first writes another function over it, in the array that packets still go through.
 */
static unsigned int hook_next(const struct nf_hook_entries *e, nf_hookfn *self)
{
	unsigned int i;

	for (i = 0; e && i < e->num_hook_entries; i++)
		if (READ_ONCE(e->hooks[i].hook) == self)
			return i + 1;
	return 0;
}

/**
 * pp_hook_follows() - is there a hook behind ours
 * @state: the hook we are in
 * @self: our function
 *
 * Context: hook.
 *
 * Return: true if one is.
 */
bool pp_hook_follows(const struct nf_hook_state *state, nf_hookfn *self)
{
	const struct nf_hook_entries *e = hook_entries(state);
	unsigned int i = hook_next(e, self);

	return i && i < e->num_hook_entries;
}

/**
 * pp_hook_rest() - run the hooks behind ours now
 * @skb: packet; consumed unless 1 is returned
 * @state: the hook we are in
 * @self: our function
 *
 * conntrack's last hook and ours have nearly the same priority, and which comes first
 * among equals depends on what was loaded first. So ours is placed before, and calls
 * those behind it itself where it has to act last. The caller then continues with
 * @state->okfn and returns NF_STOLEN.
 *
 * Context: hook, RCU read side, no locks.
 *
 * Return: 1 if all accept; else the packet is not the caller's any more.
 */
int pp_hook_rest(struct sk_buff *skb, const struct nf_hook_state *state, nf_hookfn *self)
{
	const struct nf_hook_entries *e = hook_entries(state);
	unsigned int i = hook_next(e, self);
	struct nf_hook_state st = *state;

	if (!i || i >= e->num_hook_entries)
		return 1;
	return nf_hook_slow(skb, &st, e, i);
}

/**
 * pp_hook_go_on() - a packet made from one in a hook goes on as that one will
 * @p: the packet in the hook
 * @skb: the other one, consumed
 *
 * Context: hook, RCU read side, no locks.
 */
void pp_hook_go_on(const struct pp_packet *p, struct sk_buff *skb)
{
	const struct nf_hook_state *state = p->state;

	if (!p->self || pp_hook_rest(skb, state, p->self) == 1)
		state->okfn(state->net, state->sk, skb);
}

/**
 * pp_hook_unread() - what becomes of a packet that cannot be read
 * @p: packet
 * @what: PP_PARSE_EMPTY or PP_PARSE_BAD
 *
 * Whom it is for cannot be told of a bad one, so it is dropped whoever that is. No
 * receiver takes it: lengths are checked before anything else, every extension of IPv6 is
 * read on the way to its protocol, and TCP and UDP have more than their ports. Should one
 * take it all the same, it would get what nobody has read. First fragments that end before
 * their transport header may be dropped by RFC 7112.
 *
 * Context: hook.
 *
 * Return: netfilter verdict.
 */
unsigned int pp_hook_unread(const struct pp_packet *p, enum pp_parse what)
{
	if (what == PP_PARSE_EMPTY)
		return NF_ACCEPT;
	local_bh_disable();
	pp_count(p->pn, p->frag ? PATCHPROXY_CNT_drop_frag : PATCHPROXY_CNT_drop_short, 1);
	local_bh_enable();
	return NF_DROP;
}

static bool hook_skips(const struct net_device *dev)
{
	return dev && (dev->flags & IFF_LOOPBACK || netif_is_l3_master(dev));
}

/*
 * What a socket in a VRF sends passes LOCAL_OUT with the VRF device first, untracked,
 * and then with the device it leaves by; which is the VRF device again if the receiver
 * is in the VRF too.
 */
static bool first_of_vrf(const struct sk_buff *skb, const struct net_device *out)
{
#if IS_ENABLED(CONFIG_NF_CONNTRACK)
	enum ip_conntrack_info ctinfo;

	return out && netif_is_l3_master(out) && !nf_ct_get(skb, &ctinfo) &&
	       ctinfo == IP_CT_UNTRACKED;
#else
	return out && netif_is_l3_master(out);
#endif
}

/*
 * A copy for somebody who listens (xt_TEE, dup of nftables) is sent as if this machine had
 * made it, with the server's numbers if it was made behind our entry hook. It is nobody's
 * segment. Conntrack is kept from it.
 */
static bool copied(const struct sk_buff *skb)
{
#if IS_ENABLED(CONFIG_NF_CONNTRACK)
	enum ip_conntrack_info ctinfo;

	if (nf_ct_get(skb, &ctinfo) || ctinfo != IP_CT_UNTRACKED)
		return false;
#endif
	return pp_compat_copying();
}

static bool sent_on(const struct sk_buff *skb, const struct nf_hook_state *state)
{
#if IS_ENABLED(CONFIG_IP_VS)
	return state->hook == NF_INET_LOCAL_OUT && skb->ipvs_property;
#else
	return false;
#endif
}

static enum pp_parse hook_parse(struct pp_packet *p, struct sk_buff *skb,
		       const struct nf_hook_state *state)
{
	memset(p, 0, sizeof(*p));
	p->pn = pp_net(state->net);
	p->state = state;
#if IS_ENABLED(CONFIG_BRIDGE_NETFILTER)
	p->pppoe = nf_bridge_info_exists(skb) &&
		   nf_bridge_info_get(skb)->orig_proto == BRNF_PROTO_PPPOE;
#endif
	return pp_packet_parse(p, skb, skb_network_offset(skb), state->pf);
}

/*
 * A socket of this machine takes NF_DROP for a failure to send: it would not count the
 * segment as sent, and not take the acknowledgement that we make for it. So what the
 * engine keeps back is lost on the way instead.
 */
static unsigned int lose(struct sk_buff *skb, unsigned int ret)
{
	if (ret != NF_DROP)
		return ret;
	kfree_skb(skb);
	return NF_STOLEN;
}

static unsigned int hook_entry(void *priv, struct sk_buff *skb,
			       const struct nf_hook_state *state)
{
	unsigned int ret = NF_ACCEPT;
	enum pp_parse what;
	struct pp_packet p;

	if (state->hook == NF_INET_PRE_ROUTING && hook_skips(state->in)) {
		if (state->in->flags & IFF_LOOPBACK)
			pp_packet_came(skb, NULL);
		return NF_ACCEPT;
	}
	/* IPVS sends on what we have seen coming in. */
	if (sent_on(skb, state))
		return NF_ACCEPT;
	if (state->hook == NF_INET_LOCAL_OUT && copied(skb))
		return NF_ACCEPT;
	if (state->hook == NF_INET_LOCAL_OUT && first_of_vrf(skb, state->out))
		return NF_ACCEPT;
	if (pp_reply_mine(skb))
		return NF_ACCEPT;
	what = hook_parse(&p, skb, state);
	if (what != PP_PARSE_OK) {
		pp_packet_came(skb, NULL);
		return pp_hook_unread(&p, what);
	}
	pp_packet_came(skb, &p);
	p.self = hook_entry;
	local_bh_disable();
	switch (p.proto) {
	case IPPROTO_TCP:
		if (pp_packet_wanted(&p) && !pp_synproxy_mine(&p))
			ret = pp_tcp_entry(&p);
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		/* An error that this machine makes is about a packet not yet translated. */
		if (state->hook == NF_INET_PRE_ROUTING)
			ret = pp_icmp_entry(&p);
		break;
	}
	local_bh_enable();
	return lose(skb, ret);
}

static unsigned int hook_exit(void *priv, struct sk_buff *skb, const struct nf_hook_state *state);

/*
 * A server's packet. Translated behind everything that works in its numbering; helpers
 * and SYN proxies with their own adjustments come behind us in the list.
 */
static unsigned int server_segment(struct pp_packet *p, struct pp_flow *flow)
{
	const struct nf_hook_state *state = p->state;
	struct sk_buff *skb = p->skb;
	unsigned int ret;
	bool follows = pp_hook_follows(state, hook_exit);

	if (follows) {
		if (pp_synproxy_rest(p, flow, hook_exit) != 1)
			return NF_STOLEN;
		/* They may have changed it. */
		if (hook_parse(p, skb, state) != PP_PARSE_OK) {
			local_bh_disable();
			pp_count(p->pn, PATCHPROXY_CNT_drop_short, 1);
			local_bh_enable();
			kfree_skb(skb);
			return NF_STOLEN;
		}
	}
	local_bh_disable();
	ret = pp_tcp_server(p, flow);
	local_bh_enable();
	if (!follows)
		return lose(skb, ret);
	if (ret == NF_ACCEPT)
		state->okfn(state->net, state->sk, skb);
	else
		kfree_skb(skb);
	return NF_STOLEN;
}

static unsigned int exit_tcp(struct pp_packet *p)
{
	struct pp_flow *flow;
	struct pp_tuple t;
	unsigned int ret;

	if (!pp_packet_wanted(p) && !pp_packet_renamed(p))
		return NF_ACCEPT;
	pp_packet_tuple(p, PP_S2C, &t);
	flow = pp_flow_find(p->pn, &t);
	if (flow)
		return server_segment(p, flow);
	local_bh_disable();
	ret = pp_tcp_leave(p);
	local_bh_enable();
	return ret;
}

/*
 * Bytes of the link header in front of a packet that goes on with it: each segment has
 * to get one. A bridged packet has it in the hooks of IP too.
 */
static u32 link_header(const struct pp_packet *p)
{
	if (p->state->pf == NFPROTO_BRIDGE)
		return ETH_HLEN;
#if IS_ENABLED(CONFIG_BRIDGE_NETFILTER)
	if (nf_bridge_info_exists(p->skb))
		return skb_network_header(p->skb) - skb_mac_header(p->skb);
#endif
	return 0;
}

/* Each datagram of a super-packet by itself. Consumes the packet. */
static void udp_segments(struct pp_packet *p)
{
	struct sk_buff *segs, *seg, *next;
	struct pp_tuple t;
	u32 link = link_header(p);

	pp_packet_original(p, PP_C2S, &t);
	/* On a bridge, segmentation has to see the link header. */
	__skb_push(p->skb, link);
	segs = skb_gso_segment(p->skb, 0);
	if (IS_ERR_OR_NULL(segs)) {
		local_bh_disable();
		pp_count(p->pn, PTR_ERR(segs) == -ENOMEM ? PATCHPROXY_CNT_drop_nomem :
							   PATCHPROXY_CNT_drop_short, 1);
		local_bh_enable();
		kfree_skb(p->skb);
		return;
	}
	consume_skb(p->skb);
	skb_list_walk_safe(segs, seg, next) {
		struct pp_packet sp = *p;
		unsigned int ret = NF_DROP;

		sp.original = &t;
		skb_mark_not_on_list(seg);
		__skb_pull(seg, link);
		local_bh_disable();
		if (pp_packet_parse(&sp, seg, p->l3, p->family) == PP_PARSE_OK)
			ret = pp_udp_run(&sp);
		else
			pp_count(p->pn, PATCHPROXY_CNT_drop_short, 1);
		local_bh_enable();
		if (ret != NF_ACCEPT)
			kfree_skb(seg);
		else
			pp_hook_go_on(&sp, seg);
	}
}

/**
 * pp_hook_udp() - a UDP packet leaves
 * @p: packet
 * @self: the hook's function
 *
 * Context: exit hook, no locks. May reallocate the head.
 *
 * Return: netfilter verdict.
 */
unsigned int pp_hook_udp(struct pp_packet *p, nf_hookfn *self)
{
	struct pp_tuple t;
	unsigned int ret;
	int dir;

	if (!pp_packet_wanted(p) && !pp_packet_renamed(p))
		return NF_ACCEPT;
	if (!pp_udp_target(p, &t, &dir))
		return NF_ACCEPT;
	if (unlikely(p->frag)) {
		local_bh_disable();
		pp_count(p->pn, PATCHPROXY_CNT_drop_frag, 1);
		local_bh_enable();
		return NF_DROP;
	}
	if (skb_is_gso(p->skb)) {
		p->self = self;
		udp_segments(p);
		return NF_STOLEN;
	}
	local_bh_disable();
	ret = pp_udp_run(p);
	local_bh_enable();
	return ret;
}

static unsigned int hook_exit(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	unsigned int ret = NF_ACCEPT;
	enum pp_parse what;
	struct pp_packet p;

	if (state->hook == NF_INET_POST_ROUTING && (hook_skips(state->out) || copied(skb)))
		return NF_ACCEPT;
	if (pp_reply_mine(skb)) {
		pp_reply_passed();
		return NF_ACCEPT;
	}
	what = hook_parse(&p, skb, state);
	if (what != PP_PARSE_OK)
		return pp_hook_unread(&p, what);
	switch (p.proto) {
	case IPPROTO_TCP:
		return exit_tcp(&p);
	case IPPROTO_UDP:
		return pp_hook_udp(&p, hook_exit);
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		local_bh_disable();
		ret = pp_icmp_leave(&p);
		local_bh_enable();
		break;
	}
	return ret;
}

#define PP_INET_HOOKS(family)							\
	{									\
		.hook = hook_entry,						\
		.pf = family,							\
		.hooknum = NF_INET_PRE_ROUTING,					\
		.priority = PP_PRI_ENTRY,					\
	}, {									\
		.hook = hook_entry,						\
		.pf = family,							\
		.hooknum = NF_INET_LOCAL_OUT,					\
		.priority = PP_PRI_ENTRY,					\
	}, {									\
		.hook = hook_exit,						\
		.pf = family,							\
		.hooknum = NF_INET_LOCAL_IN,					\
		.priority = PP_PRI_EXIT,					\
	}, {									\
		.hook = hook_exit,						\
		.pf = family,							\
		.hooknum = NF_INET_POST_ROUTING,				\
		.priority = PP_PRI_EXIT,					\
	}

static const struct nf_hook_ops hook_ops[] = {
	PP_INET_HOOKS(NFPROTO_IPV4),
	PP_INET_HOOKS(NFPROTO_IPV6),
};

/**
 * pp_hook_enable() - begin to see the packets of a namespace
 * @pn: namespace, @pn->lock held
 *
 * Called before the first patch comes into force; later calls do nothing.
 *
 * Context: process.
 *
 * Return: 0, or a negative error.
 */
int pp_hook_enable(struct pp_net *pn)
{
	struct net *net = pn->net;
	int err;

	lockdep_assert_held(&pn->lock);
	if (pn->hooked)
		return 0;
	err = nf_defrag_ipv4_enable(net);
	if (err)
		return err;
	err = nf_defrag_ipv6_enable(net);
	if (err)
		goto err_defrag4;
	err = nf_register_net_hooks(net, hook_ops, ARRAY_SIZE(hook_ops));
	if (err)
		goto err_defrag6;
	err = pp_bridge_enable(net);
	if (err)
		goto err_hooks;
	pn->hooked = true;
	pp_budget_join();
	return 0;

err_hooks:
	nf_unregister_net_hooks(net, hook_ops, ARRAY_SIZE(hook_ops));
err_defrag6:
	nf_defrag_ipv6_disable(net);
err_defrag4:
	nf_defrag_ipv4_disable(net);
	return err;
}

/**
 * pp_hook_disable() - see no more packets of a namespace
 * @pn: namespace
 *
 * A hook may still run until a grace period has passed.
 *
 * Context: process; nothing changes the namespace any more.
 */
void pp_hook_disable(struct pp_net *pn)
{
	struct net *net = pn->net;

	if (!pn->hooked)
		return;
	pn->hooked = false;
	pp_budget_leave();
	pp_bridge_disable(net);
	nf_unregister_net_hooks(net, hook_ops, ARRAY_SIZE(hook_ops));
	nf_defrag_ipv6_disable(net);
	nf_defrag_ipv4_disable(net);
}
