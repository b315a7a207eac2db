// SPDX-License-Identifier: GPL-2.0
/*
 * Sending acknowledgements and resets of our own.
 *
 * Nothing that transmits may be called under a connection's lock: a reply is made under
 * it and sent behind it.
 */
#include <linux/etherdevice.h>
#include <linux/netdevice.h>
#include <linux/netfilter_bridge.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/l3mdev.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/route.h>

#include "reply.h"

/* Enough for a burst. What does not fit is made again when the sender repeats itself. */
#define PP_REPLY_QUEUE	1024

/**
 * struct reply_cb - where a packet made here goes
 * @port: interface to send a frame by; 0: it is an IP packet, to be routed
 * @oif: routing domain of an IP packet
 */
struct reply_cb {
	int port;
	int oif;
};

static DEFINE_PER_CPU(const struct sk_buff *, reply_mine);

static struct reply_cb *reply_cb(struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct reply_cb) > sizeof(skb->cb));
	return (struct reply_cb *)skb->cb;
}

/**
 * pp_reply_mine() - was this packet made here
 * @skb: packet in a hook
 *
 * Such a packet is already in the numbering of the one it is for. It is recognised
 * by its address on the CPU that sends it: it passes all hooks before its sending
 * returns. A user-space queue in between makes it an ordinary packet. Behind its last
 * hook it may be freed, and its memory become another packet, a local socket's answer,
 * before its sending returns; so that hook forgets it, pp_reply_passed().
 *
 * Context: hook.
 *
 * Return: true if the hooks must let it pass.
 */
bool pp_reply_mine(const struct sk_buff *skb)
{
	return unlikely(raw_cpu_read(reply_mine) == skb);
}

/**
 * pp_reply_passed() - a packet made here is in the last of our hooks
 *
 * Context: hook; the packet is one that pp_reply_mine() knows.
 */
void pp_reply_passed(void)
{
	raw_cpu_write(reply_mine, NULL);
}

/* The interface that a packet came in by; 0 for one that was made on this machine. */
static int port_in(const struct pp_packet *p)
{
	if (p->state->pf == NFPROTO_BRIDGE)
		return p->state->in ? p->state->in->ifindex : 0;
#if IS_ENABLED(CONFIG_BRIDGE_NETFILTER)
	if (nf_bridge_info_exists(p->skb))
		return nf_bridge_get_physinif(p->skb);
#endif
	return 0;
}

static int domain_in(const struct pp_packet *p)
{
	struct net_device *dev = NULL;

	if (p->state->in)
		dev = dev_get_by_index_rcu(p->pn->net, p->state->in->ifindex);
	else if (p->skb->skb_iif)
		dev = dev_get_by_index_rcu(p->pn->net, p->skb->skb_iif);
	return dev ? l3mdev_master_ifindex_rcu(dev) : 0;
}

/* Its receiver will repeat what it would have answered. */
static void lose(struct pp_net *pn, struct sk_buff *skb)
{
	kfree_skb(skb);
	pp_count(pn, PATCHPROXY_CNT_replies_lost, 1);
}

/**
 * pp_reply_make() - make a segment that goes back to where a packet came from
 * @p: packet in a hook
 * @b: the segment
 *
 * Context: hook, RCU read side; the connection's lock may be held.
 *
 * Return: the packet, for pp_reply_send(); NULL without memory: the sender of @p will
 * repeat itself.
 */
struct sk_buff *pp_reply_make(const struct pp_packet *p, const struct pp_bare *b)
{
	struct sk_buff *skb;
	int port;

	skb = pp_skb_bare(b);
	port = port_in(p);
	if (!skb || (port && pp_skb_frame(skb, p))) {
		lose(p->pn, skb);
		return NULL;
	}
	skb->mark = p->skb->mark;
	reply_cb(skb)->port = port;
	reply_cb(skb)->oif = port ? 0 : domain_in(p);
	return skb;
}

static struct dst_entry *route_ipv4(struct net *net, const struct sk_buff *skb, int oif)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct flowi4 fl4 = {
		.daddr = iph->daddr,
		.saddr = iph->saddr,
		.flowi4_proto = IPPROTO_TCP,
		.flowi4_mark = skb->mark,
		.flowi4_oif = oif,
		.flowi4_flags = FLOWI_FLAG_ANYSRC,
	};
	struct rtable *rt = ip_route_output_key(net, &fl4);

	return IS_ERR(rt) ? NULL : &rt->dst;
}

static struct dst_entry *route_ipv6(struct net *net, const struct sk_buff *skb, int oif)
{
	const struct ipv6hdr *ip6h = ipv6_hdr(skb);
	struct flowi6 fl6 = {
		.daddr = ip6h->daddr,
		.saddr = ip6h->saddr,
		.flowi6_proto = IPPROTO_TCP,
		.flowi6_mark = skb->mark,
		.flowi6_oif = oif,
		.flowi6_flags = FLOWI_FLAG_ANYSRC,
	};
	struct dst_entry *dst = ip6_route_output(net, NULL, &fl6);

	if (!dst->error)
		return dst;
	dst_release(dst);
	return NULL;
}

/*
 * For a client on this machine the packet is received, not sent: through the
 * loopback device it would come back later and on any CPU, and not be known for ours.
 */
static void receive(struct sk_buff *skb, struct net_device *dev)
{
	skb->dev = dev;
	skb->pkt_type = PACKET_HOST;
	skb_reset_mac_header(skb);
	skb_reset_mac_len(skb);
	netif_receive_skb_core(skb);
}

static void send_ip(struct pp_net *pn, struct sk_buff *skb, int oif)
{
	struct net *net = pn->net;
	bool ipv4 = skb->protocol == htons(ETH_P_IP);
	struct dst_entry *dst;

	dst = ipv4 ? route_ipv4(net, skb, oif) : route_ipv6(net, skb, oif);
	if (!dst) {
		lose(pn, skb);
		return;
	}
	skb_dst_set(skb, dst);
#if IS_ENABLED(CONFIG_NF_CONNTRACK)
	/* Conntrack sees the corrected numbering only, this packet has the sender's. */
	nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
#endif
	if (dst->dev->flags & IFF_LOOPBACK)
		receive(skb, dst->dev);
	else if (ipv4)
		ip_local_out(net, NULL, skb);
	else
		ip6_local_out(net, NULL, skb);
}

static void send_frame(struct pp_net *pn, struct sk_buff *skb, int port)
{
	struct net_device *dev = dev_get_by_index_rcu(pn->net, port);

	if (!dev) {
		lose(pn, skb);
		return;
	}
	skb->dev = dev;
	dev_queue_xmit(skb);
}

/* Bottom halves off, RCU read side. */
static void transmit(struct pp_net *pn, struct sk_buff *skb)
{
	const struct sk_buff *outer = __this_cpu_read(reply_mine);
	struct reply_cb cb = *reply_cb(skb);

	/* The layers below expect theirs to be empty. */
	memset(skb->cb, 0, sizeof(skb->cb));
	__this_cpu_write(reply_mine, skb);
	if (cb.port)
		send_frame(pn, skb, cb.port);
	else
		send_ip(pn, skb, cb.oif);
	__this_cpu_write(reply_mine, outer);
}

static void reply_work(struct work_struct *work)
{
	struct pp_net *pn = container_of(work, struct pp_net, reply_work);
	struct sk_buff *skb;

	while ((skb = skb_dequeue(&pn->replies))) {
		local_bh_disable();
		rcu_read_lock();
		transmit(pn, skb);
		rcu_read_unlock();
		local_bh_enable();
		cond_resched();
	}
}

/**
 * pp_reply_send() - send what pp_reply_make() made
 * @p: the packet it was made for
 * @skb: the reply, consumed; may be NULL
 *
 * At once where @p came in from elsewhere, so that no packet made later overtakes it. A
 * socket of this machine that has sent @p may be locked below us, by its timer for one,
 * and a reply to it would wait for itself: that one goes by way of a work item.
 *
 * Context: hook, bottom halves off, RCU read side, no locks.
 */
void pp_reply_send(const struct pp_packet *p, struct sk_buff *skb)
{
	struct pp_net *pn = p->pn;

	if (!skb)
		return;
	/* On a bridge the socket may be that of a tap. */
	if (p->skb->skb_iif && (!p->skb->sk || p->state->pf == NFPROTO_BRIDGE)) {
		transmit(pn, skb);
		return;
	}
	if (skb_queue_len_lockless(&pn->replies) >= PP_REPLY_QUEUE) {
		lose(pn, skb);
		return;
	}
	skb_queue_tail(&pn->replies, skb);
	queue_work(system_highpri_wq, &pn->reply_work);
}

/**
 * pp_reply_net_init() - prepare a namespace
 * @pn: namespace
 *
 * Context: process.
 */
void pp_reply_net_init(struct pp_net *pn)
{
	skb_queue_head_init(&pn->replies);
	INIT_WORK(&pn->reply_work, reply_work);
}

/**
 * pp_reply_net_exit() - stop sending
 * @pn: namespace whose hooks are gone
 *
 * Context: process.
 */
void pp_reply_net_exit(struct pp_net *pn)
{
	cancel_work_sync(&pn->reply_work);
	skb_queue_purge(&pn->replies);
}
