/* SPDX-License-Identifier: GPL-2.0 */
/* Packets that the gateway sends of its own accord. */
#ifndef _PP_REPLY_H
#define _PP_REPLY_H

#include "packet.h"
#include "skb.h"

struct sk_buff *pp_reply_make(const struct pp_packet *p, const struct pp_bare *b);
void pp_reply_send(const struct pp_packet *p, struct sk_buff *skb);
bool pp_reply_mine(const struct sk_buff *skb);
void pp_reply_passed(void);
void pp_reply_net_init(struct pp_net *pn);
void pp_reply_net_exit(struct pp_net *pn);

#endif /* _PP_REPLY_H */
