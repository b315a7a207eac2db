/* SPDX-License-Identifier: GPL-2.0 */
/* Where packets are taken from. */
#ifndef _PP_HOOK_H
#define _PP_HOOK_H

#include <linux/netfilter.h>

#include "packet.h"

/* Behind everything but what only looks at or confirms a packet. */
#define PP_PRI_EXIT	(INT_MAX - 2)

int pp_hook_rest(struct sk_buff *skb, const struct nf_hook_state *state, nf_hookfn *self);
void pp_hook_go_on(const struct pp_packet *p, struct sk_buff *skb);
bool pp_hook_follows(const struct nf_hook_state *state, nf_hookfn *self);
unsigned int pp_hook_unread(const struct pp_packet *p, enum pp_parse what);
unsigned int pp_hook_udp(struct pp_packet *p, nf_hookfn *self);
int pp_hook_enable(struct pp_net *pn);
void pp_hook_disable(struct pp_net *pn);

/* bridge.c */
int pp_bridge_enable(struct net *net);
void pp_bridge_disable(struct net *net);

/* udp.c */
bool pp_udp_target(const struct pp_packet *p, struct pp_tuple *t, int *dir);
unsigned int pp_udp_run(struct pp_packet *p);

/* synproxy.c */
int pp_synproxy_rest(const struct pp_packet *p, struct pp_flow *flow, nf_hookfn *self);
bool pp_synproxy_mine(const struct pp_packet *p);

/* icmp.c */
unsigned int pp_icmp_entry(struct pp_packet *p);
unsigned int pp_icmp_leave(struct pp_packet *p);

#endif /* _PP_HOOK_H */
