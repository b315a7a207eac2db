// SPDX-License-Identifier: GPL-2.0
/*
 * The hooks of the bridge, for connections that only pass through it.
 *
 * A connection belongs to these hooks if its SYN was forwarded by a bridge without
 * br_netfilter; with it the IP hooks see the packets and own the connection. It bears
 * the bridge and the client's VLAN tags in its name, so neither side takes a packet of
 * the other's.
 *
 * Client's packets are translated when they come in, before the bridge's conntrack,
 * which would otherwise see two numberings; a server's when they are forwarded, behind
 * all rules. Forwarding is the hook that knows both ports and that only packets pass
 * which no one on this machine sends or receives.
 *
 * There is no reassembly on a plain bridge: a first fragment to or from a protected
 * server is dropped, and later ones are of no use without it.
 */
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/netfilter_bridge.h>

#include "hook.h"
#include "tcp.h"

/* Before ebtables' destination NAT and the bridge's conntrack (-200). */
#define PP_PRI_BRIDGE_ENTRY	(NF_BR_PRI_NAT_DST_BRIDGED - 1)

#define PP_MAX_TAGS	2

/**
 * struct bridge_seen - the packet that came in last on this CPU
 * @head: its buffer; clones that go to several ports share it
 * @vlan: its VLAN tags, as in &pp_tuple.vlan
 * @tag: as &pp_packet.tag
 *
 * A bridge with VLAN filtering takes tags off or puts them on between its two hooks.
 * What the tags were on the other side is remembered here: both hooks run in one go.
 */
struct bridge_seen {
	const void *head;
	u32 vlan;
	u32 tag;
};

static DEFINE_PER_CPU(struct bridge_seen, bridge_seen);

static void add_tag(struct pp_packet *p, u16 tci)
{
	/* Without an id the tag bears a priority only. */
	if (tci & VLAN_VID_MASK)
		p->vlan = p->vlan << 16 | (tci & VLAN_VID_MASK);
}

static bool bridge_parse(struct pp_packet *p, struct sk_buff *skb,
			 const struct nf_hook_state *state)
{
	__be16 proto = skb->protocol;
	const struct vlan_hdr *vh;
	struct net_device *br;
	struct vlan_hdr buf;
	u32 l3 = 0, n;

	br = netdev_master_upper_dev_get_rcu((struct net_device *)state->in);
	if (!br)
		return false;
	memset(p, 0, sizeof(*p));
	p->pn = pp_net(state->net);
	p->state = state;
	p->domain = br->ifindex;
	if (skb_vlan_tag_present(skb)) {
		p->tag = (u32)ntohs(skb->vlan_proto) << 16 | skb_vlan_tag_get(skb);
		add_tag(p, skb_vlan_tag_get(skb));
	}
	for (n = 0; n < PP_MAX_TAGS && eth_type_vlan(proto); n++) {
		vh = skb_header_pointer(skb, l3, sizeof(buf), &buf);
		if (!vh)
			return false;
		add_tag(p, ntohs(vh->h_vlan_TCI));
		proto = vh->h_vlan_encapsulated_proto;
		l3 += VLAN_HLEN;
	}
	if (proto == htons(ETH_P_IP))
		return pp_packet_parse(p, skb, l3, AF_INET);
	if (proto == htons(ETH_P_IPV6))
		return pp_packet_parse(p, skb, l3, AF_INET6);
	return false;
}

static unsigned int drop_fragment(struct pp_packet *p)
{
	pp_count(p->pn, PATCHPROXY_CNT_drop_frag, 1);
	return NF_DROP;
}

static unsigned int entry_tcp(struct pp_packet *p)
{
	struct bridge_seen *seen = this_cpu_ptr(&bridge_seen);
	struct pp_flow *flow;
	unsigned int ret = NF_ACCEPT;
	struct pp_tuple t;

	seen->vlan = p->vlan;
	seen->tag = p->tag;
	pp_packet_tuple(p, PP_C2S, &t);
	flow = pp_flow_find(p->pn, &t);
	/*
	 * The bridge's conntrack reassembles behind us: a segment in fragments would get
	 * past translation.
	 */
	if (flow)
		ret = p->frag ? drop_fragment(p) : pp_tcp_client(p, flow);
	seen->head = p->skb->head;
	return ret;
}

static unsigned int bridge_entry(void *priv, struct sk_buff *skb,
				 const struct nf_hook_state *state)
{
	unsigned int ret = NF_ACCEPT;
	struct pp_packet p;

	if (!bridge_parse(&p, skb, state))
		return NF_ACCEPT;
	p.self = bridge_entry;
	local_bh_disable();
	switch (p.proto) {
	case IPPROTO_TCP:
		if (pp_packet_wanted(&p))
			ret = entry_tcp(&p);
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		ret = pp_icmp_entry(&p);
		break;
	}
	local_bh_enable();
	return ret;
}

static unsigned int forward_tcp(struct pp_packet *p)
{
	const struct bridge_seen *seen = this_cpu_ptr(&bridge_seen);
	bool known = seen->head == p->skb->head;
	u32 vlan = known ? seen->vlan : p->vlan;
	struct pp_flow *flow;
	struct pp_tuple t;

	pp_packet_tuple(p, PP_S2C, &t);
	/* An answer to it goes back with the tags it came with. */
	if (known)
		p->tag = seen->tag;
	flow = pp_flow_find(p->pn, &t);
	if (flow)
		return p->frag ? drop_fragment(p) : pp_tcp_server(p, flow);
	p->vlan = vlan;
	if (!p->frag)
		return pp_tcp_leave(p);
	pp_packet_tuple(p, PP_C2S, &t);
	return pp_target_find(p->pn, &t, &p->daddr, ntohs(p->dport), NULL) ? drop_fragment(p) :
									     NF_ACCEPT;
}

static unsigned int bridge_forward(void *priv, struct sk_buff *skb,
				   const struct nf_hook_state *state)
{
	unsigned int ret = NF_ACCEPT;
	struct pp_packet p;
	struct pp_tuple t;
	int dir;

#if IS_ENABLED(CONFIG_BRIDGE_NETFILTER)
	if (nf_bridge_info_exists(skb))
		return NF_ACCEPT;
#endif
	if (!bridge_parse(&p, skb, state))
		return NF_ACCEPT;
	p.self = bridge_forward;
	local_bh_disable();
	switch (p.proto) {
	case IPPROTO_TCP:
		if (pp_packet_wanted(&p))
			ret = forward_tcp(&p);
		break;
	case IPPROTO_UDP:
		if (p.frag && pp_packet_wanted(&p) && pp_udp_target(&p, &t, &dir))
			ret = drop_fragment(&p);
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		ret = pp_icmp_leave(&p);
		break;
	}
	local_bh_enable();
	/* This one may send packets on: outside of the section above. */
	if (p.proto == IPPROTO_UDP && ret == NF_ACCEPT)
		ret = pp_hook_udp(&p, bridge_forward);
	return ret;
}

static const struct nf_hook_ops bridge_ops[] = {
	{
		.hook = bridge_entry,
		.pf = NFPROTO_BRIDGE,
		.hooknum = NF_BR_PRE_ROUTING,
		.priority = PP_PRI_BRIDGE_ENTRY,
	}, {
		.hook = bridge_forward,
		.pf = NFPROTO_BRIDGE,
		.hooknum = NF_BR_FORWARD,
		.priority = PP_PRI_EXIT,
	},
};

/**
 * pp_bridge_enable() - register the hooks of the bridge
 * @net: namespace
 *
 * Context: process.
 *
 * Return: 0, or a negative error.
 */
int pp_bridge_enable(struct net *net)
{
	return nf_register_net_hooks(net, bridge_ops, ARRAY_SIZE(bridge_ops));
}

/**
 * pp_bridge_disable() - take them out
 * @net: namespace
 *
 * Context: process.
 */
void pp_bridge_disable(struct net *net)
{
	nf_unregister_net_hooks(net, bridge_ops, ARRAY_SIZE(bridge_ops));
}
