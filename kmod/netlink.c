// SPDX-License-Identifier: GPL-2.0
/*
 * The generic netlink family. Here messages become calls and results become
 * messages; what is legal is decided by the functions that are called.
 */
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/netlink.h>
#include <net/sock.h>

#include "compat/extack.h"
#include "config.h"
#include "flow.h"
#include "image.h"
#include "net.h"
#include "netlink.h"
#include "version.h"

/**
 * struct hold - a socket keeps an image that it loaded
 * @list: in @holds
 * @net: namespace of the socket; compared, never followed
 * @portid: its address
 * @ki: a reference
 *
 * An image must last from its load to the commit that binds it, and not longer
 * if no commit comes.
 */
struct hold {
	struct list_head list;
	const struct net *net;
	u32 portid;
	struct pp_kimage *ki;
};

static DEFINE_MUTEX(holds_lock);	/* protects @holds */
static LIST_HEAD(holds);

/**
 * struct bindings_cursor - where a dump of bindings goes on
 * @next: index of a binding
 */
struct bindings_cursor {
	u32 next;
};

/**
 * struct flows_cursor - where a dump of flows goes on
 * @iter: walks the table; too large for the callback's own memory
 * @seq: changes when the table was resized under the walk
 */
struct flows_cursor {
	struct rhashtable_iter *iter;
	u32 seq;
};

static const struct nla_policy load_policy[] = {
	[PATCHPROXY_A_IMAGE] = { .type = NLA_BINARY },
};

static const struct nla_policy server_policy[] = {
	[PATCHPROXY_SERVER_A_ADDR] = NLA_POLICY_RANGE(NLA_BINARY, 4, 16),
	[PATCHPROXY_SERVER_A_PREFIXLEN] = { .type = NLA_U8 },
	[PATCHPROXY_SERVER_A_TRANSPORT] = { .type = NLA_U8 },
	[PATCHPROXY_SERVER_A_PORT] = { .type = NLA_U16 },
};

static const struct nla_policy op_policy[] = {
	[PATCHPROXY_A_OP_KIND] = NLA_POLICY_RANGE(NLA_U8, PATCHPROXY_OP_BIND, PATCHPROXY_OP_UNBIND),
	[PATCHPROXY_A_SERVER] = NLA_POLICY_NESTED(server_policy),
	[PATCHPROXY_A_PATCH] = { .type = NLA_U64 },
	[PATCHPROXY_A_MIDSTREAM] = NLA_POLICY_MAX(NLA_U8, PATCHPROXY_MIDSTREAM_RESET),
};

static const struct nla_policy commit_policy[] = {
	[PATCHPROXY_A_OP] = NLA_POLICY_NESTED(op_policy),
	[PATCHPROXY_A_DRY_RUN] = { .type = NLA_FLAG },
};

/**
 * pp_netlink_put_text() - add a string attribute
 * @skb: message
 * @type: attribute
 * @text: string; cut at PP_NETLINK_TEXT - 1 bytes, since strings of an image may
 *	be of any length and a message may not
 *
 * Context: any.
 *
 * Return: 0 or -EMSGSIZE.
 */
int pp_netlink_put_text(struct sk_buff *skb, int type, const char *text)
{
	size_t len = min_t(size_t, strlen(text), PP_NETLINK_TEXT - 1);
	struct nlattr *attr = nla_reserve(skb, type, len + 1);
	char *to;

	if (!attr)
		return -EMSGSIZE;
	to = nla_data(attr);
	memcpy(to, text, len);
	to[len] = 0;
	return 0;
}

static int put_addr(struct sk_buff *skb, int type, u8 family, const union nf_inet_addr *addr)
{
	return nla_put(skb, type, family == AF_INET6 ? 16 : 4, addr);
}

/**
 * pp_netlink_tuple_size() - bytes that pp_netlink_put_tuple() adds at most
 *
 * Context: any.
 */
size_t pp_netlink_tuple_size(void)
{
	return nla_total_size(16) * 2 + nla_total_size(sizeof(u16)) * 2 +
	       nla_total_size(sizeof(u8)) + nla_total_size(PP_NETLINK_TEXT);
}

/**
 * pp_netlink_put_tuple() - add the attributes that name a connection
 * @skb: message, in a nest of enum patchproxy_flow_attr
 * @t: connection
 * @protocol: name of its grammar
 *
 * Context: any.
 *
 * Return: 0 or -EMSGSIZE.
 */
int pp_netlink_put_tuple(struct sk_buff *skb, const struct pp_tuple *t, const char *protocol)
{
	if (put_addr(skb, PATCHPROXY_FLOW_A_CLIENT, t->family, &t->client) ||
	    nla_put_u16(skb, PATCHPROXY_FLOW_A_CLIENT_PORT, ntohs(t->client_port)) ||
	    put_addr(skb, PATCHPROXY_FLOW_A_SERVER, t->family, &t->server) ||
	    nla_put_u16(skb, PATCHPROXY_FLOW_A_SERVER_PORT, ntohs(t->server_port)) ||
	    nla_put_u8(skb, PATCHPROXY_FLOW_A_TRANSPORT, t->transport) ||
	    pp_netlink_put_text(skb, PATCHPROXY_FLOW_A_PROTOCOL, protocol))
		return -EMSGSIZE;
	return 0;
}

static int put_u64(struct sk_buff *skb, int type, u64 value)
{
	return nla_put_u64_64bit(skb, type, value, PATCHPROXY_A_PAD);
}

static struct sk_buff *reply_new(struct genl_info *info, u8 cmd, void **hdr)
{
	struct sk_buff *skb = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);

	if (!skb)
		return NULL;
	*hdr = genlmsg_put_reply(skb, info, &pp_netlink_family, 0, cmd);
	if (*hdr)
		return skb;
	nlmsg_free(skb);
	return NULL;
}

static int reply_send(struct genl_info *info, struct sk_buff *skb, void *hdr)
{
	genlmsg_end(skb, hdr);
	return genlmsg_reply(skb, info);
}

static u64 current_gen(struct pp_net *pn)
{
	u64 gen;

	rcu_read_lock();
	gen = pp_config_gen(rcu_dereference(pn->config));
	rcu_read_unlock();
	return gen;
}

/* GET_INFO */

static int get_info_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *reply;
	void *hdr;

	reply = reply_new(info, PATCHPROXY_CMD_GET_INFO, &hdr);
	if (!reply)
		return -ENOMEM;
	if (nla_put_u32(reply, PATCHPROXY_A_ABI, PATCHPROXY_VERSION) ||
	    pp_netlink_put_text(reply, PATCHPROXY_A_MODVERSION, PP_MODULE_VERSION) ||
	    put_u64(reply, PATCHPROXY_A_GENERATION, current_gen(pp_net(genl_info_net(info))))) {
		nlmsg_free(reply);
		return -EMSGSIZE;
	}
	return reply_send(info, reply, hdr);
}

/* LOAD */

/* Takes over the caller's reference. */
static int hold_image(struct genl_info *info, struct pp_kimage *ki)
{
	const struct net *net = genl_info_net(info);
	struct hold *h, *new;

	new = kmalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
	if (!new) {
		pp_image_put(ki);
		return -ENOMEM;
	}
	new->net = net;
	new->portid = info->snd_portid;
	new->ki = ki;
	mutex_lock(&holds_lock);
	list_for_each_entry(h, &holds, list) {
		if (h->ki != ki || h->portid != new->portid || h->net != net)
			continue;
		pp_image_put(ki);
		kfree(new);
		new = NULL;
		break;
	}
	if (new)
		list_add(&new->list, &holds);
	mutex_unlock(&holds_lock);
	return 0;
}

/* A closed socket lets go of the images that it loaded. */
static int socket_event(struct notifier_block *nb, unsigned long event, void *ptr)
{
	const struct netlink_notify *n = ptr;
	struct hold *h, *next;

	if (event != NETLINK_URELEASE || n->protocol != NETLINK_GENERIC)
		return NOTIFY_DONE;
	mutex_lock(&holds_lock);
	list_for_each_entry_safe(h, next, &holds, list) {
		if (h->portid != n->portid || h->net != n->net)
			continue;
		list_del(&h->list);
		pp_image_put(h->ki);
		kfree(h);
	}
	mutex_unlock(&holds_lock);
	return NOTIFY_DONE;
}

static struct notifier_block socket_notifier = {
	.notifier_call = socket_event,
};

/* The policy lets nothing but parts of the image into the message. */
static struct pp_kimage *load_parts(struct genl_info *info, struct pp_error *err)
{
	struct pp_kimage *ki;
	struct nlattr *attr;
	size_t size = 0;
	int rem;
	u8 *buf;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem)
		size += nla_len(attr);
	attr = info->attrs[PATCHPROXY_A_IMAGE];
	if (size == nla_len(attr))
		return pp_image_load(nla_data(attr), size, err);

	buf = kvmalloc(size, GFP_KERNEL_ACCOUNT);
	if (!buf)
		return ERR_PTR(-ENOMEM);
	size = 0;
	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem) {
		memcpy(buf + size, nla_data(attr), nla_len(attr));
		size += nla_len(attr);
	}
	ki = pp_image_load(buf, size, err);
	kvfree(buf);
	return ki;
}

static int load_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *reply;
	struct pp_error err = {};
	struct pp_kimage *ki;
	void *hdr;
	int ret;

	if (GENL_REQ_ATTR_CHECK(info, PATCHPROXY_A_IMAGE)) {
		GENL_SET_ERR_MSG(info, "an image is missing");
		return -EINVAL;
	}
	reply = reply_new(info, PATCHPROXY_CMD_LOAD, &hdr);
	if (!reply)
		return -ENOMEM;
	ki = load_parts(info, &err);
	if (IS_ERR(ki)) {
		ret = PTR_ERR(ki);
		if (err.msg) {
			const struct patchproxy_reject where = {
				.section = err.section,
				.index = err.index,
			};

			NL_SET_ERR_MSG_FMT(info->extack, "%s", err.msg);
			BUILD_BUG_ON(sizeof(where) > NETLINK_MAX_COOKIE_LEN);
			memcpy(info->extack->cookie, &where, sizeof(where));
			info->extack->cookie_len = sizeof(where);
			NL_SET_BAD_ATTR(info->extack, info->attrs[PATCHPROXY_A_IMAGE]);
		}
		goto err_free;
	}
	ret = -EMSGSIZE;
	if (put_u64(reply, PATCHPROXY_A_ID, ki->img.hdr->id)) {
		pp_image_put(ki);
		goto err_free;
	}
	ret = hold_image(info, ki);
	if (ret)
		goto err_free;
	return reply_send(info, reply, hdr);

err_free:
	nlmsg_free(reply);
	return ret;
}

/* COMMIT */

static int need(struct netlink_ext_ack *extack, struct nlattr *nest, struct nlattr **tb, int type,
		const char *what)
{
	if (!NL_REQ_ATTR_CHECK(extack, nest, tb, type))
		return 0;
	NL_SET_ERR_MSG_FMT(extack, "%s is missing", what);
	return -EINVAL;
}

static int parse_server(struct nlattr *nest, struct pp_server *s, struct netlink_ext_ack *extack)
{
	struct nlattr *tb[PATCHPROXY_SERVER_A_MAX + 1], *addr;
	int ret;

	ret = nla_parse_nested(tb, PATCHPROXY_SERVER_A_MAX, nest, server_policy, extack);
	if (ret)
		return ret;
	if (need(extack, nest, tb, PATCHPROXY_SERVER_A_ADDR, "the address of a server") ||
	    need(extack, nest, tb, PATCHPROXY_SERVER_A_PREFIXLEN,
		 "the prefix length of a server") ||
	    need(extack, nest, tb, PATCHPROXY_SERVER_A_TRANSPORT, "the transport of a server") ||
	    need(extack, nest, tb, PATCHPROXY_SERVER_A_PORT, "the port of a server"))
		return -EINVAL;
	addr = tb[PATCHPROXY_SERVER_A_ADDR];
	if (nla_len(addr) != 4 && nla_len(addr) != 16) {
		NL_SET_ERR_MSG_ATTR(extack, addr, "an address has 4 or 16 bytes");
		return -EINVAL;
	}
	s->family = nla_len(addr) == 4 ? AF_INET : AF_INET6;
	memcpy(&s->addr, nla_data(addr), nla_len(addr));
	s->plen = nla_get_u8(tb[PATCHPROXY_SERVER_A_PREFIXLEN]);
	s->transport = nla_get_u8(tb[PATCHPROXY_SERVER_A_TRANSPORT]);
	s->port = nla_get_u16(tb[PATCHPROXY_SERVER_A_PORT]);
	return 0;
}

static int parse_op(struct nlattr *nest, struct pp_change *c, struct netlink_ext_ack *extack)
{
	struct nlattr *tb[PATCHPROXY_A_MIDSTREAM + 1];
	u64 id;
	int ret;

	ret = nla_parse_nested(tb, PATCHPROXY_A_MIDSTREAM, nest, op_policy, extack);
	if (ret)
		return ret;
	if (need(extack, nest, tb, PATCHPROXY_A_OP_KIND, "the kind of a change") ||
	    need(extack, nest, tb, PATCHPROXY_A_SERVER, "the server of a change"))
		return -EINVAL;
	c->unbind = nla_get_u8(tb[PATCHPROXY_A_OP_KIND]) == PATCHPROXY_OP_UNBIND;
	if (!c->unbind && need(extack, nest, tb, PATCHPROXY_A_PATCH, "the patch to bind"))
		return -EINVAL;
	if (tb[PATCHPROXY_A_MIDSTREAM])
		c->midstream = nla_get_u8(tb[PATCHPROXY_A_MIDSTREAM]);
	ret = parse_server(tb[PATCHPROXY_A_SERVER], &c->server, extack);
	if (ret || !tb[PATCHPROXY_A_PATCH])
		return ret;
	id = nla_get_u64(tb[PATCHPROXY_A_PATCH]);
	c->patch = pp_image_find_get(id);
	if (c->patch)
		return 0;
	NL_SET_ERR_MSG_FMT(extack, "no image with id %016llx is loaded", id);
	NL_SET_BAD_ATTR(extack, tb[PATCHPROXY_A_PATCH]);
	return -ENOENT;
}

/* Returns the change that is number @index, or with @count: how many there are. */
static struct nlattr *find_op(struct genl_info *info, u32 index, u32 *count)
{
	struct nlattr *attr;
	u32 n = 0;
	int rem;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem)
		if (nla_type(attr) == PATCHPROXY_A_OP && n++ == index)
			return attr;
	if (count)
		*count = n;
	return NULL;
}

static int parse_ops(struct genl_info *info, struct pp_change *changes)
{
	struct nlattr *attr;
	u32 n = 0;
	int rem, ret;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem) {
		if (nla_type(attr) != PATCHPROXY_A_OP)
			continue;
		ret = parse_op(attr, &changes[n++], info->extack);
		if (ret)
			return ret;
	}
	return 0;
}

static int commit(struct genl_info *info, const struct pp_change *changes, u32 n,
		  struct sk_buff *reply, void *hdr)
{
	struct pp_net *pn = pp_net(genl_info_net(info));
	struct pp_refusal why;
	u64 gen;
	int ret;

	ret = pp_config_commit(pn, changes, n, info->attrs[PATCHPROXY_A_DRY_RUN], &gen, &why);
	if (!ret)
		return put_u64(reply, PATCHPROXY_A_GENERATION, gen);
	if (why.msg[0]) {
		NL_SET_ERR_MSG_FMT(info->extack, "%s", why.msg);
		NL_SET_BAD_ATTR(info->extack, find_op(info, why.change, NULL));
	}
	return ret;
}

static int commit_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct pp_change *changes;
	struct sk_buff *reply;
	u32 i, n;
	void *hdr;
	int ret;

	find_op(info, U32_MAX, &n);
	/* The answer first: once the change is made it must not fail any more. */
	reply = reply_new(info, PATCHPROXY_CMD_COMMIT, &hdr);
	changes = kvcalloc(n, sizeof(*changes), GFP_KERNEL_ACCOUNT);
	ret = reply && changes ? 0 : -ENOMEM;
	if (!ret)
		ret = parse_ops(info, changes);
	if (!ret)
		ret = commit(info, changes, n, reply, hdr);
	for (i = 0; changes && i < n; i++)
		if (changes[i].patch)
			pp_image_put(changes[i].patch);
	kvfree(changes);
	if (!ret)
		return reply_send(info, reply, hdr);
	nlmsg_free(reply);
	return ret;
}

/* GET_BINDINGS */

static int put_server(struct sk_buff *skb, const struct pp_server *s)
{
	struct nlattr *nest = nla_nest_start(skb, PATCHPROXY_A_SERVER);

	if (!nest || put_addr(skb, PATCHPROXY_SERVER_A_ADDR, s->family, &s->addr) ||
	    nla_put_u8(skb, PATCHPROXY_SERVER_A_PREFIXLEN, s->plen) ||
	    nla_put_u8(skb, PATCHPROXY_SERVER_A_TRANSPORT, s->transport) ||
	    nla_put_u16(skb, PATCHPROXY_SERVER_A_PORT, s->port))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_binding(struct sk_buff *skb, struct netlink_callback *cb,
		       const struct pp_binding *b)
{
	const struct pp_image *img = &b->patch->img;
	void *hdr;

	hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &pp_netlink_family,
			  NLM_F_MULTI, PATCHPROXY_CMD_GET_BINDINGS);
	if (!hdr)
		return -EMSGSIZE;
	genl_dump_check_consistent(cb, hdr);
	if (put_server(skb, &b->server) ||
	    put_u64(skb, PATCHPROXY_A_PATCH, img->hdr->id) ||
	    pp_netlink_put_text(skb, PATCHPROXY_A_NAME, pp_image_name(b->patch)) ||
	    pp_netlink_put_text(skb, PATCHPROXY_A_TITLE, pp_image_string(img, img->hdr->title)) ||
	    pp_netlink_put_text(skb, PATCHPROXY_A_PROTOCOL, pp_image_name(b->patch->grammar)) ||
	    nla_put_u32(skb, PATCHPROXY_A_IMAGE_FLAGS, img->hdr->flags) ||
	    put_u64(skb, PATCHPROXY_A_SINCE, b->since) ||
	    nla_put_u8(skb, PATCHPROXY_A_MIDSTREAM, b->midstream) ||
	    put_u64(skb, PATCHPROXY_A_HITS, atomic64_read(&b->hits->n))) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

/*
 * The order of bindings is fixed, so an index is enough to go on from; if they
 * were changed in between, the generation differs and the dump is marked.
 */
static int get_bindings_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct bindings_cursor *cur = (struct bindings_cursor *)cb->ctx;
	struct pp_net *pn = pp_net(sock_net(skb->sk));
	const struct pp_binding *b;
	const struct pp_config *cfg;
	u32 n;

	BUILD_BUG_ON(sizeof(*cur) > sizeof(cb->ctx));
	rcu_read_lock();
	cfg = rcu_dereference(pn->config);
	cb->seq = lower_32_bits(pp_config_gen(cfg));
	b = pp_config_bindings(cfg, &n);
	for (; cur->next < n; cur->next++)
		if (put_binding(skb, cb, &b[cur->next]))
			break;
	rcu_read_unlock();
	return skb->len;
}

/* GET_STATS */

static int put_counters(struct sk_buff *skb, const struct pp_net *pn)
{
	struct nlattr *nest = nla_nest_start(skb, PATCHPROXY_A_COUNTERS);
	int i;

	if (!nest)
		return -EMSGSIZE;
	/* Numbers from 1 are taken by the counters, so 0 is the padding here. */
	for (i = 0; i < PATCHPROXY_NR_COUNTERS; i++)
		if (nla_put_u64_64bit(skb, 1 + i, pp_count_sum(pn, i), 0))
			return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int get_stats_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct pp_net *pn = pp_net(genl_info_net(info));
	struct sk_buff *reply;
	void *hdr;

	reply = reply_new(info, PATCHPROXY_CMD_GET_STATS, &hdr);
	if (!reply)
		return -ENOMEM;
	if (put_u64(reply, PATCHPROXY_A_GENERATION, current_gen(pn)) ||
	    put_u64(reply, PATCHPROXY_A_FLOWS, atomic_read(&pn->nr_flows)) ||
	    put_u64(reply, PATCHPROXY_A_EDITED_FLOWS, atomic_read(&pn->nr_edited)) ||
	    put_counters(reply, pn)) {
		nlmsg_free(reply);
		return -EMSGSIZE;
	}
	return reply_send(info, reply, hdr);
}

/* GET_FLOWS */

static const char *state_name(const struct pp_conn_info *ci)
{
	switch (ci->state) {
	case PP_CONN_SYN:
		return "syn";
	case PP_CONN_CLOSING:
		return "closing";
	default:
		return ci->joining ? "waiting" : ci->opaque ? "opaque" : "open";
	}
}

static int put_conn(struct sk_buff *skb, const struct pp_conn_info *ci)
{
	if (pp_netlink_put_text(skb, PATCHPROXY_FLOW_A_STATE, state_name(ci)) ||
	    nla_put_s32(skb, PATCHPROXY_FLOW_A_DELTA, ci->delta[PP_C2S]) ||
	    nla_put_s32(skb, PATCHPROXY_FLOW_A_DELTA_REPLY, ci->delta[PP_S2C]) ||
	    nla_put_u32(skb, PATCHPROXY_FLOW_A_EDITS, ci->edits) ||
	    nla_put_u64_64bit(skb, PATCHPROXY_FLOW_A_BYTES, ci->inspected,
			      PATCHPROXY_FLOW_A_PAD) ||
	    nla_put_u32(skb, PATCHPROXY_FLOW_A_HELD, ci->held))
		return -EMSGSIZE;
	return 0;
}

static int put_flow(struct sk_buff *skb, struct netlink_callback *cb, struct pp_flow *f)
{
	const struct pp_kimage *grammar;
	struct pp_conn_info ci;
	struct nlattr *nest;
	void *hdr;
	bool dead;

	spin_lock_bh(&f->lock);
	dead = f->dead;
	/* RCU keeps it where the connection gets another one. */
	grammar = f->grammar;
	if (!dead)
		pp_conn_info(&f->conn, &ci);
	spin_unlock_bh(&f->lock);
	if (dead)
		return 0;

	hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &pp_netlink_family,
			  NLM_F_MULTI, PATCHPROXY_CMD_GET_FLOWS);
	if (!hdr)
		return -EMSGSIZE;
	genl_dump_check_consistent(cb, hdr);
	nest = nla_nest_start(skb, PATCHPROXY_A_FLOW);
	if (!nest || pp_netlink_put_tuple(skb, &f->tuple, pp_image_name(grammar)) ||
	    put_conn(skb, &ci)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	genlmsg_end(skb, hdr);
	return 0;
}

static int get_flows_start(struct netlink_callback *cb)
{
	struct flows_cursor *cur = (struct flows_cursor *)cb->ctx;
	struct pp_net *pn = pp_net(sock_net(cb->skb->sk));

	BUILD_BUG_ON(sizeof(*cur) > sizeof(cb->ctx));
	cur->iter = kmalloc(sizeof(*cur->iter), GFP_KERNEL);
	if (!cur->iter)
		return -ENOMEM;
	cur->seq = 1;
	rhashtable_walk_enter(&pn->flows, cur->iter);
	return 0;
}

static int get_flows_done(struct netlink_callback *cb)
{
	struct flows_cursor *cur = (struct flows_cursor *)cb->ctx;

	rhashtable_walk_exit(cur->iter);
	kfree(cur->iter);
	return 0;
}

/*
 * Flows come and go while they are dumped, which is no inconsistency. A resize of
 * the table is: the walk begins again, and flows are shown twice.
 */
static int get_flows_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct flows_cursor *cur = (struct flows_cursor *)cb->ctx;
	struct pp_flow *f;

	rhashtable_walk_start(cur->iter);
	/* What did not fit into the last message was walked to, but not shown. */
	f = rhashtable_walk_peek(cur->iter);
	for (; f; f = rhashtable_walk_next(cur->iter)) {
		if (IS_ERR(f)) {
			cur->seq++;
			continue;
		}
		cb->seq = cur->seq;
		if (put_flow(skb, cb, f))
			break;
	}
	rhashtable_walk_stop(cur->iter);
	return skb->len;
}

static const struct genl_ops ops[] = {
	{
		.cmd = PATCHPROXY_CMD_GET_INFO,
		.doit = get_info_doit,
	}, {
		.cmd = PATCHPROXY_CMD_LOAD,
		.flags = GENL_ADMIN_PERM,
		.policy = load_policy,
		.maxattr = ARRAY_SIZE(load_policy) - 1,
		.doit = load_doit,
	}, {
		.cmd = PATCHPROXY_CMD_COMMIT,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = commit_policy,
		.maxattr = ARRAY_SIZE(commit_policy) - 1,
		.doit = commit_doit,
	}, {
		.cmd = PATCHPROXY_CMD_GET_BINDINGS,
		.flags = GENL_UNS_ADMIN_PERM,
		.dumpit = get_bindings_dumpit,
	}, {
		.cmd = PATCHPROXY_CMD_GET_STATS,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = get_stats_doit,
	}, {
		.cmd = PATCHPROXY_CMD_GET_FLOWS,
		.flags = GENL_UNS_ADMIN_PERM,
		.start = get_flows_start,
		.dumpit = get_flows_dumpit,
		.done = get_flows_done,
	},
};

static const struct genl_multicast_group groups[] = {
	[PP_NETLINK_EVENTS] = {
		.name = PATCHPROXY_GROUP_EVENTS,
		.flags = GENL_MCAST_CAP_NET_ADMIN,
	},
};

/*
 * Requests may run at the same time: what they share is locked where it is kept,
 * and a commit, which waits for a grace period, must not stop other families.
 */
struct genl_family pp_netlink_family __ro_after_init = {
	.name = PATCHPROXY_FAMILY,
	.version = PATCHPROXY_VERSION,
	.netnsok = true,
	.parallel_ops = true,
	.ops = ops,
	.n_ops = ARRAY_SIZE(ops),
	.mcgrps = groups,
	.n_mcgrps = ARRAY_SIZE(groups),
	.module = THIS_MODULE,
};

/**
 * pp_netlink_init() - take requests
 *
 * Context: process context; namespaces are ready (pp_net_init()).
 *
 * Return: 0 or a negative errno.
 */
int __init pp_netlink_init(void)
{
	int ret;

	ret = netlink_register_notifier(&socket_notifier);
	if (ret)
		return ret;
	ret = genl_register_family(&pp_netlink_family);
	if (ret)
		netlink_unregister_notifier(&socket_notifier);
	return ret;
}

/**
 * pp_netlink_exit() - take no more requests
 *
 * Context: process context; before namespaces go (pp_net_exit()).
 */
void pp_netlink_exit(void)
{
	struct hold *h, *next;

	genl_unregister_family(&pp_netlink_family);
	netlink_unregister_notifier(&socket_notifier);
	/* Nobody is left who could add to the list. */
	list_for_each_entry_safe(h, next, &holds, list) {
		pp_image_put(h->ki);
		kfree(h);
	}
}
