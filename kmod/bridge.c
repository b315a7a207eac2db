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
 * There is no reassembly on a plain bridge, but for that of its conntrack, which comes
 * behind us. A first fragment to or from a protected server is dropped, and later ones
 * are of no use without it.
 *
 * IP is read behind VLAN tags and in PPPoE sessions. What else there may be around a
 * packet cannot be listed, so all that is neither IP nor ARP is counted.
 */
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/netfilter_bridge.h>

#include "hook.h"
#include "tcp.h"

/* Before ebtables' destination NAT and the bridge's conntrack (-200). */
#define PP_PRI_BRIDGE_ENTRY	(NF_BR_PRI_NAT_DST_BRIDGED - 1)

#define PP_MAX_TAGS	4	/* as many as &pp_tuple.vlan has room for */

/* PPPoE header (RFC 2516) and the protocol of PPP behind it. */
struct pppoe_head {
	u8 version_type;
	u8 code;
	__be16 session;
	__be16 length;
	__be16 protocol;
};

#define PP_PPP_IP	0x0021
#define PP_PPP_IPV6	0x0057

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
	u64 vlan;
	u32 tag;
};

static DEFINE_PER_CPU(struct bridge_seen, bridge_seen);

static void add_tag(struct pp_packet *p, u16 tci)
{
	/* Without an id the tag bears a priority only. */
	if (tci & VLAN_VID_MASK)
		p->vlan = p->vlan << 16 | (tci & VLAN_VID_MASK);
}

/* Reads the tags. Returns what is behind them, and its offset. */
static __be16 skip_tags(struct pp_packet *p, struct sk_buff *skb, u32 *off)
{
	__be16 proto = skb->protocol;
	const struct vlan_hdr *vh;
	struct vlan_hdr buf;
	u32 n = 0;

	if (skb_vlan_tag_present(skb)) {
		p->tag = (u32)ntohs(skb->vlan_proto) << 16 | skb_vlan_tag_get(skb);
		add_tag(p, skb_vlan_tag_get(skb));
		n++;
	}
	for (; n < PP_MAX_TAGS && eth_type_vlan(proto); n++) {
		vh = skb_header_pointer(skb, *off, sizeof(buf), &buf);
		if (!vh)
			break;
		add_tag(p, ntohs(vh->h_vlan_TCI));
		proto = vh->h_vlan_encapsulated_proto;
		*off += VLAN_HLEN;
	}
	return proto;
}

/*
 * Likewise for a PPPoE session; what carries no IP stays what it is. Version, type and
 * code are not asked: a concentrator may go by the session alone, as Linux does.
 */
static __be16 skip_pppoe(struct pp_packet *p, struct sk_buff *skb, u32 *off)
{
	const struct pppoe_head *head;
	struct pppoe_head buf;

	head = skb_header_pointer(skb, *off, sizeof(buf), &buf);
	if (!head ||
	    (head->protocol != htons(PP_PPP_IP) && head->protocol != htons(PP_PPP_IPV6)))
		return htons(ETH_P_PPP_SES);
	p->pppoe = true;
	p->session = head->session;
	*off += sizeof(*head);
	return htons(head->protocol == htons(PP_PPP_IP) ? ETH_P_IP : ETH_P_IPV6);
}

/**
 * enum frame - what a frame carries
 * @FRAME_PACKET: a packet that was read
 * @FRAME_OTHER: nothing that concerns us
 * @FRAME_BAD: a packet that cannot be read
 * @FRAME_UNREAD: nobody knows
 */
enum frame {
	FRAME_PACKET,
	FRAME_OTHER,
	FRAME_BAD,
	FRAME_UNREAD,
};

static enum frame bridge_parse(struct pp_packet *p, struct sk_buff *skb,
			       const struct nf_hook_state *state)
{
	struct net_device *br;
	__be16 proto;
	u32 l3 = 0;

	br = netdev_master_upper_dev_get_rcu((struct net_device *)state->in);
	if (!br)
		return FRAME_OTHER;
	memset(p, 0, sizeof(*p));
	p->pn = pp_net(state->net);
	p->state = state;
	p->domain = br->ifindex;
	proto = skip_tags(p, skb, &l3);
	if (proto == htons(ETH_P_PPP_SES))
		proto = skip_pppoe(p, skb, &l3);
	switch (ntohs(proto)) {
	case ETH_P_IP:
	case ETH_P_IPV6:
		switch (pp_packet_parse(p, skb, l3,
					proto == htons(ETH_P_IP) ? AF_INET : AF_INET6)) {
		case PP_PARSE_OK:
			return FRAME_PACKET;
		case PP_PARSE_EMPTY:
			return FRAME_OTHER;
		case PP_PARSE_BAD:
			break;
		}
		return FRAME_BAD;
	case ETH_P_ARP:
		return FRAME_OTHER;
	default:
		return FRAME_UNREAD;
	}
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
	if (flow)
		ret = pp_tcp_client(p, flow);
	seen->head = p->skb->head;
	return ret;
}

static unsigned int bridge_entry(void *priv, struct sk_buff *skb,
				 const struct nf_hook_state *state)
{
	unsigned int ret = NF_ACCEPT;
	struct pp_packet p;

	switch (bridge_parse(&p, skb, state)) {
	case FRAME_PACKET:
		break;
	case FRAME_BAD:
		return pp_hook_unread(&p, PP_PARSE_BAD);
	default:
		return NF_ACCEPT;
	}
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
	u64 vlan = known ? seen->vlan : p->vlan;
	struct pp_flow *flow;
	struct pp_tuple t;

	pp_packet_tuple(p, PP_S2C, &t);
	/* An answer to it goes back with the tags it came with. */
	if (known)
		p->tag = seen->tag;
	flow = pp_flow_find(p->pn, &t);
	if (flow)
		return pp_tcp_server(p, flow);
	p->vlan = vlan;
	return pp_tcp_leave(p);
}

static unsigned int bridge_forward(void *priv, struct sk_buff *skb,
				   const struct nf_hook_state *state)
{
	unsigned int ret = NF_ACCEPT;
	struct pp_packet p;

#if IS_ENABLED(CONFIG_BRIDGE_NETFILTER)
	if (nf_bridge_info_exists(skb))
		return NF_ACCEPT;
#endif
	switch (bridge_parse(&p, skb, state)) {
	case FRAME_PACKET:
		break;
	case FRAME_BAD:
		return pp_hook_unread(&p, PP_PARSE_BAD);
	case FRAME_UNREAD:
		local_bh_disable();
		pp_count(p.pn, PATCHPROXY_CNT_frames_unread, 1);
		local_bh_enable();
		return NF_ACCEPT;
	default:
		return NF_ACCEPT;
	}
	p.self = bridge_forward;
	local_bh_disable();
	switch (p.proto) {
	case IPPROTO_TCP:
		if (pp_packet_wanted(&p))
			ret = forward_tcp(&p);
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		ret = pp_icmp_leave(&p);
		break;
	}
	local_bh_enable();
	/* This one may send packets on: outside of the section above. */
	if (p.proto == IPPROTO_UDP)
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
