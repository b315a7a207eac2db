/* SPDX-License-Identifier: GPL-2.0 */
/* What the files that speak netlink share. */
#ifndef _PP_NETLINK_H
#define _PP_NETLINK_H

#include <net/genetlink.h>

struct pp_tuple;

/* Longest text of an attribute, with its NUL; longer ones are cut. */
#define PP_NETLINK_TEXT	256

enum pp_netlink_group {
	PP_NETLINK_EVENTS,
};

extern struct genl_family pp_netlink_family;

int pp_netlink_put_text(struct sk_buff *skb, int type, const char *text);
int pp_netlink_put_tuple(struct sk_buff *skb, const struct pp_tuple *t, const char *protocol);
size_t pp_netlink_tuple_size(void);

int pp_netlink_init(void);
void pp_netlink_exit(void);

#endif /* _PP_NETLINK_H */
