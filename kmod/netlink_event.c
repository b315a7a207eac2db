// SPDX-License-Identifier: GPL-2.0
/* Events: messages to the multicast group, made only if somebody listens. */
#include <linux/moduleparam.h>
#include <linux/ktime.h>

#include "event.h"
#include "flow.h"
#include "netlink.h"

static unsigned int events_per_second = 1000;
module_param(events_per_second, uint, 0644);
MODULE_PARM_DESC(events_per_second, "events sent per second and network namespace (1000)");

/* The CPU that sees a new second first fills the bucket; the others find it full. */
static bool take_token(struct pp_net *pn)
{
	unsigned long now = (unsigned long)ktime_get_seconds();
	unsigned long was = READ_ONCE(pn->event_second);
	unsigned int most = READ_ONCE(events_per_second);

	if (was != now && cmpxchg(&pn->event_second, was, now) == was)
		atomic_set(&pn->event_tokens, min_t(unsigned int, most, INT_MAX));
	return atomic_dec_if_positive(&pn->event_tokens) >= 0;
}

/* The part that all events have; sized for the attributes of any of them. */
static struct sk_buff *event_begin(int event, void **hdr)
{
	struct sk_buff *skb;
	size_t size;

	size = nla_total_size(sizeof(u8)) * 2 +			/* event, direction */
	       nla_total_size_64bit(sizeof(u64)) * 3 +		/* time, offset, generation */
	       nla_total_size(sizeof(u32)) * 3 +		/* lengths, suppressed */
	       nla_total_size(PATCHPROXY_EVENT_BYTES) * 2 +	/* old, new */
	       nla_total_size(PP_NETLINK_TEXT) * 2 +		/* name and field, or reason */
	       nla_total_size(pp_netlink_tuple_size());
	skb = genlmsg_new(size, GFP_ATOMIC | __GFP_NOWARN);
	if (!skb)
		return NULL;
	*hdr = genlmsg_put(skb, 0, 0, &pp_netlink_family, 0, PATCHPROXY_CMD_EVENT);
	if (!*hdr || nla_put_u8(skb, PATCHPROXY_A_EVENT, event) ||
	    nla_put_u64_64bit(skb, PATCHPROXY_A_TIME, ktime_get_real_ns(), PATCHPROXY_A_PAD)) {
		nlmsg_free(skb);
		return NULL;
	}
	return skb;
}

static void event_send(struct pp_net *pn, struct sk_buff *skb, void *hdr)
{
	int left_out = atomic_xchg(&pn->event_suppressed, 0);

	if (left_out && nla_put_u32(skb, PATCHPROXY_A_SUPPRESSED, left_out))
		atomic_add(left_out, &pn->event_suppressed);
	genlmsg_end(skb, hdr);
	/* A listener without room is told so by the core: its socket gets ENOBUFS. */
	genlmsg_multicast_netns(&pp_netlink_family, pn->net, skb, 0, PP_NETLINK_EVENTS,
				GFP_ATOMIC);
}

static bool has_listeners(const struct pp_net *pn)
{
	return genl_has_listeners(&pp_netlink_family, pn->net, PP_NETLINK_EVENTS);
}

static void suppress(struct pp_net *pn)
{
	atomic_inc(&pn->event_suppressed);
	pp_count(pn, PATCHPROXY_CNT_events_suppressed, 1);
}

static int put_flow(struct sk_buff *skb, const struct pp_tuple *t, const char *protocol, int dir)
{
	struct nlattr *nest = nla_nest_start(skb, PATCHPROXY_A_FLOW);

	if (!nest || pp_netlink_put_tuple(skb, t, protocol))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return nla_put_u8(skb, PATCHPROXY_A_DIRECTION, dir);
}

static int put_edit(struct sk_buff *skb, const struct pp_edit_info *info)
{
	const struct pp_image *patch = info->patch->img;

	if (pp_netlink_put_text(skb, PATCHPROXY_A_NAME,
				pp_image_string(patch, patch->hdr->name)) ||
	    pp_netlink_put_text(skb, PATCHPROXY_A_FIELD, info->field) ||
	    nla_put_u64_64bit(skb, PATCHPROXY_A_OFFSET, info->off, PATCHPROXY_A_PAD) ||
	    nla_put_u32(skb, PATCHPROXY_A_OLD_LEN, info->old_len) ||
	    nla_put_u32(skb, PATCHPROXY_A_NEW_LEN, info->new_len))
		return -EMSGSIZE;
	/* What is written may repeat what was there: neither leaves the kernel. */
	if (info->secret)
		return 0;
	if (nla_put(skb, PATCHPROXY_A_OLD, min_t(int, info->old_shown, PATCHPROXY_EVENT_BYTES),
		    info->old) ||
	    nla_put(skb, PATCHPROXY_A_NEW, min_t(int, info->new_shown, PATCHPROXY_EVENT_BYTES),
		    info->new))
		return -EMSGSIZE;
	return 0;
}

/**
 * pp_event_edit() - tell listeners of an edit
 * @pn: namespace
 * @t: connection
 * @protocol: name of its grammar
 * @dir: enum pp_dir
 * @info: the edit; bytes of a secret field are left out, their number is told
 *
 * Context: bottom halves off, under RCU.
 */
void pp_event_edit(struct pp_net *pn, const struct pp_tuple *t, const char *protocol, int dir,
		   const struct pp_edit_info *info)
{
	struct sk_buff *skb;
	void *hdr;

	if (!has_listeners(pn))
		return;
	if (!take_token(pn)) {
		suppress(pn);
		return;
	}
	skb = event_begin(PATCHPROXY_EVENT_EDIT, &hdr);
	if (skb && !put_flow(skb, t, protocol, dir) && !put_edit(skb, info)) {
		event_send(pn, skb, hdr);
		return;
	}
	nlmsg_free(skb);
	suppress(pn);
}

/**
 * pp_event_note() - tell listeners of something else about a connection
 * @pn: namespace
 * @t: connection
 * @protocol: name of its grammar
 * @dir: enum pp_dir
 * @event: PATCHPROXY_EVENT_MALFORMED or PATCHPROXY_EVENT_BLIND
 * @reason: text
 *
 * Context: bottom halves off, under RCU.
 */
void pp_event_note(struct pp_net *pn, const struct pp_tuple *t, const char *protocol, int dir,
		   int event, const char *reason)
{
	struct sk_buff *skb;
	void *hdr;

	if (!has_listeners(pn))
		return;
	if (!take_token(pn)) {
		suppress(pn);
		return;
	}
	skb = event_begin(event, &hdr);
	if (skb && !put_flow(skb, t, protocol, dir) &&
	    !pp_netlink_put_text(skb, PATCHPROXY_A_REASON, reason)) {
		event_send(pn, skb, hdr);
		return;
	}
	nlmsg_free(skb);
	suppress(pn);
}

/**
 * pp_event_change() - tell listeners that bindings were changed
 * @pn: namespace
 * @gen: the generation now in force
 *
 * Not rate-limited: a listener that misses one would show old bindings.
 *
 * Context: process context.
 */
void pp_event_change(struct pp_net *pn, u64 gen)
{
	struct sk_buff *skb;
	void *hdr;

	if (!has_listeners(pn))
		return;
	skb = event_begin(PATCHPROXY_EVENT_CHANGE, &hdr);
	if (skb && !nla_put_u64_64bit(skb, PATCHPROXY_A_GENERATION, gen, PATCHPROXY_A_PAD)) {
		event_send(pn, skb, hdr);
		return;
	}
	nlmsg_free(skb);
	local_bh_disable();
	suppress(pn);
	local_bh_enable();
}
