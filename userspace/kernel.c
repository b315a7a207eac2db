// SPDX-License-Identifier: GPL-2.0
/*
 * The requests of the netlink family as functions.
 */
#include "kernel.h"
#include "patchctl.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define IMAGE_PART	32768	/* bytes of an image in one attribute */

static void info_cb(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[PATCHPROXY_A_MAX + 1];
	struct kernel_info *info = data;
	char *version;

	nl_parse(nlh, tb, PATCHPROXY_A_MAX);
	info->abi = nl_uint(tb[PATCHPROXY_A_ABI]);
	info->generation = nl_uint(tb[PATCHPROXY_A_GENERATION]);
	version = nl_string(tb[PATCHPROXY_A_MODVERSION]);
	snprintf(info->version, sizeof(info->version), "%s", version);
	free(version);
}

/**
 * kernel_open_maybe() - connect to the module if it is there
 * @nl: the connection, to be closed with nl_close() whatever the result
 * @info: what the module says of itself
 *
 * Return: 0, or -1 with nl->err set; ENOENT: not loaded, EPROTO: the versions of
 * the interface differ, the module's is in @info
 */
int kernel_open_maybe(struct nl *nl, struct kernel_info *info)
{
	memset(info, 0, sizeof(*info));
	if (nl_open(nl))
		return -1;
	if (nl_do(nl, nl_msg(nl, PATCHPROXY_CMD_GET_INFO, 0), info_cb, info))
		return -1;
	if (info->abi == PATCHPROXY_VERSION)
		return 0;
	nl->err.code = EPROTO;
	snprintf(nl->err.text, sizeof(nl->err.text),
		 "this patchctl speaks version %u of the interface, the module (%s) version %u; install matching ones",
		 PATCHPROXY_VERSION, info->version, info->abi);
	return -1;
}

/**
 * kernel_open() - connect to the module, or say why not
 * @ctl: this run
 * @nl: the connection, to be closed with nl_close() whatever the result
 * @info: what the module says of itself
 *
 * Return: 0, or -1 (message printed)
 */
int kernel_open(const struct ctl *ctl, struct nl *nl, struct kernel_info *info)
{
	if (!kernel_open_maybe(nl, info))
		return 0;
	if (nl->err.code == ENOENT)
		fputs("patchproxy: module not loaded (modprobe patchproxy)\n", stderr);
	else
		kernel_error(ctl, nl, "cannot talk to the module");
	return -1;
}

/**
 * kernel_error() - say why the last request failed
 * @ctl: this run
 * @nl: the connection
 * @doing: what could not be done
 */
void kernel_error(const struct ctl *ctl, const struct nl *nl, const char *doing)
{
	if (nl->err.code == EPERM && !nl->err.text[0])
		msg_error(ctl, "%s: needs the capability CAP_NET_ADMIN in this network namespace",
			  doing);
	else if (nl->err.code == EPERM && !strstr(nl->err.text, "CAP_NET_ADMIN"))
		msg_error(ctl, "%s: %s (needs the capability CAP_NET_ADMIN)", doing, nl->err.text);
	else
		msg_error(ctl, "%s: %s", doing,
			  nl->err.text[0] ? nl->err.text : strerror(nl->err.code));
}

static bool parse_addr(const struct nlattr *attr, struct server *srv)
{
	size_t len = attr ? mnl_attr_get_payload_len(attr) : 0;

	if (len != 4 && len != 16)
		return false;
	srv->family = len == 4 ? AF_INET : AF_INET6;
	memcpy(srv->addr, mnl_attr_get_payload(attr), len);
	srv->prefixlen = len * 8;
	return true;
}

static void parse_server(const struct nlattr *nest, struct server *srv)
{
	const struct nlattr *tb[PATCHPROXY_SERVER_A_MAX + 1];

	memset(srv, 0, sizeof(*srv));
	srv->family = AF_INET;
	nl_parse_nested(nest, tb, PATCHPROXY_SERVER_A_MAX);
	if (!parse_addr(tb[PATCHPROXY_SERVER_A_ADDR], srv))
		return;
	if (tb[PATCHPROXY_SERVER_A_PREFIXLEN])
		srv->prefixlen = nl_uint(tb[PATCHPROXY_SERVER_A_PREFIXLEN]);
	srv->transport = nl_uint(tb[PATCHPROXY_SERVER_A_TRANSPORT]);
	srv->port = nl_uint(tb[PATCHPROXY_SERVER_A_PORT]);
}

static void binding_cb(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[PATCHPROXY_A_MAX + 1];
	struct bindings *all = data;
	struct binding *b;

	nl_parse(nlh, tb, PATCHPROXY_A_MAX);
	all->list = xrealloc(all->list, all->nr + 1, sizeof(*all->list));
	b = &all->list[all->nr++];
	parse_server(tb[PATCHPROXY_A_SERVER], &b->srv);
	b->id = nl_uint(tb[PATCHPROXY_A_PATCH]);
	b->name = nl_string(tb[PATCHPROXY_A_NAME]);
	b->title = nl_string(tb[PATCHPROXY_A_TITLE]);
	b->protocol = nl_string(tb[PATCHPROXY_A_PROTOCOL]);
	b->flags = nl_uint(tb[PATCHPROXY_A_IMAGE_FLAGS]);
	b->since = nl_uint(tb[PATCHPROXY_A_SINCE]);
	b->midstream = nl_uint(tb[PATCHPROXY_A_MIDSTREAM]);
	b->hits = nl_uint(tb[PATCHPROXY_A_HITS]);
}

static void bindings_again(void *data)
{
	bindings_free(data);
}

static int binding_order(const void *pa, const void *pb)
{
	const struct binding *a = pa, *b = pb;
	int ret;

	if (a->srv.family != b->srv.family)
		return a->srv.family == AF_INET ? -1 : 1;
	ret = memcmp(a->srv.addr, b->srv.addr, sizeof(a->srv.addr));
	if (!ret)
		ret = a->srv.prefixlen - b->srv.prefixlen;
	if (!ret)
		ret = a->srv.transport - b->srv.transport;
	if (!ret)
		ret = a->srv.port - b->srv.port;
	return ret ? ret : strcmp(a->name, b->name);
}

/**
 * kernel_bindings() - what is applied where
 * @nl: the connection
 * @all: the answer, to be freed with bindings_free() whatever the result
 *
 * Return: 0, or -1 with nl->err set
 */
int kernel_bindings(struct nl *nl, struct bindings *all)
{
	memset(all, 0, sizeof(*all));
	if (nl_dump(nl, PATCHPROXY_CMD_GET_BINDINGS, binding_cb, bindings_again, all))
		return -1;
	if (all->nr)
		qsort(all->list, all->nr, sizeof(*all->list), binding_order);
	return 0;
}

/**
 * bindings_find() - find a patch on a server
 * @all: answer of kernel_bindings()
 * @srv: the server, complete
 * @name: name of the patch
 *
 * Return: the first of its bindings there, others of that name follow it; or NULL
 */
const struct binding *bindings_find(const struct bindings *all, const struct server *srv,
				    const char *name)
{
	const struct binding key = { .srv = *srv, .name = (char *)name };
	size_t low = 0, high = all->nr, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (binding_order(&all->list[mid], &key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == all->nr || binding_order(&all->list[low], &key))
		return NULL;
	return &all->list[low];
}

/**
 * bindings_free() - free the answer of kernel_bindings()
 * @all: the answer
 */
void bindings_free(struct bindings *all)
{
	size_t i;

	for (i = 0; i < all->nr; i++) {
		free(all->list[i].name);
		free(all->list[i].title);
		free(all->list[i].protocol);
	}
	free(all->list);
	all->list = NULL;
	all->nr = 0;
}

static void stats_cb(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[PATCHPROXY_A_MAX + 1], *cnt[PATCHPROXY_NR_COUNTERS + 1];
	struct kernel_stats *stats = data;
	int i;

	nl_parse(nlh, tb, PATCHPROXY_A_MAX);
	stats->generation = nl_uint(tb[PATCHPROXY_A_GENERATION]);
	stats->flows = nl_uint(tb[PATCHPROXY_A_FLOWS]);
	stats->edited_flows = nl_uint(tb[PATCHPROXY_A_EDITED_FLOWS]);
	nl_parse_nested(tb[PATCHPROXY_A_COUNTERS], cnt, PATCHPROXY_NR_COUNTERS);
	for (i = 0; i < PATCHPROXY_NR_COUNTERS; i++)
		stats->counters[i] = nl_uint(cnt[1 + i]);
}

/**
 * kernel_stats() - counters
 * @nl: the connection
 * @stats: the answer
 *
 * Return: 0, or -1 with nl->err set
 */
int kernel_stats(struct nl *nl, struct kernel_stats *stats)
{
	memset(stats, 0, sizeof(*stats));
	return nl_do(nl, nl_msg(nl, PATCHPROXY_CMD_GET_STATS, 0), stats_cb, stats);
}

/**
 * flow_parse() - read a connection from a message
 * @nest: PATCHPROXY_A_FLOW, or NULL
 * @flow: the answer, to be freed with flow_free()
 */
void flow_parse(const struct nlattr *nest, struct flow *flow)
{
	const struct nlattr *tb[PATCHPROXY_FLOW_A_MAX + 1];

	memset(flow, 0, sizeof(*flow));
	flow->client.family = AF_INET;
	flow->server.family = AF_INET;
	nl_parse_nested(nest, tb, PATCHPROXY_FLOW_A_MAX);
	parse_addr(tb[PATCHPROXY_FLOW_A_CLIENT], &flow->client);
	parse_addr(tb[PATCHPROXY_FLOW_A_SERVER], &flow->server);
	flow->client.port = nl_uint(tb[PATCHPROXY_FLOW_A_CLIENT_PORT]);
	flow->server.port = nl_uint(tb[PATCHPROXY_FLOW_A_SERVER_PORT]);
	flow->client.transport = nl_uint(tb[PATCHPROXY_FLOW_A_TRANSPORT]);
	flow->server.transport = flow->client.transport;
	flow->protocol = nl_string(tb[PATCHPROXY_FLOW_A_PROTOCOL]);
	flow->state = nl_string(tb[PATCHPROXY_FLOW_A_STATE]);
	flow->delta[0] = nl_uint(tb[PATCHPROXY_FLOW_A_DELTA]);
	flow->delta[1] = nl_uint(tb[PATCHPROXY_FLOW_A_DELTA_REPLY]);
	flow->edits = nl_uint(tb[PATCHPROXY_FLOW_A_EDITS]);
	flow->held = nl_uint(tb[PATCHPROXY_FLOW_A_HELD]);
	flow->bytes = nl_uint(tb[PATCHPROXY_FLOW_A_BYTES]);
}

/**
 * flow_free() - free what flow_parse() made
 * @flow: the connection
 */
void flow_free(struct flow *flow)
{
	free(flow->protocol);
	free(flow->state);
}

struct flow_dump {
	struct flow *flows;
	size_t nr;
};

static void flow_cb(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[PATCHPROXY_A_MAX + 1];
	struct flow_dump *dump = data;

	nl_parse(nlh, tb, PATCHPROXY_A_MAX);
	dump->flows = xrealloc(dump->flows, dump->nr + 1, sizeof(*dump->flows));
	flow_parse(tb[PATCHPROXY_A_FLOW], &dump->flows[dump->nr++]);
}

static void flows_again(void *data)
{
	struct flow_dump *dump = data;

	while (dump->nr)
		flow_free(&dump->flows[--dump->nr]);
}

/**
 * kernel_flows() - live connections
 * @nl: the connection to the module
 * @flows: the answer; each to be freed with flow_free(), the array with free()
 * @nr: number of elements
 *
 * Return: 0, or -1 with nl->err set
 */
int kernel_flows(struct nl *nl, struct flow **flows, size_t *nr)
{
	struct flow_dump dump = { 0 };
	int ret;

	ret = nl_dump(nl, PATCHPROXY_CMD_GET_FLOWS, flow_cb, flows_again, &dump);
	if (ret)
		flows_again(&dump);
	*flows = dump.flows;
	*nr = dump.nr;
	return ret;
}

static void load_cb(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[PATCHPROXY_A_MAX + 1];
	uint64_t *id = data;

	nl_parse(nlh, tb, PATCHPROXY_A_MAX);
	*id = nl_uint(tb[PATCHPROXY_A_ID]);
}

/**
 * kernel_load() - load an image
 * @nl: the connection; the image goes with it unless something is bound to it
 * @image: the image
 * @size: bytes
 * @id: the name the kernel gives it
 *
 * Return: 0, or -1 with nl->err set
 */
int kernel_load(struct nl *nl, const void *image, size_t size, uint64_t *id)
{
	size_t off, len, parts = size / IMAGE_PART + 1;
	struct nlmsghdr *msg;

	/* An attribute has 16 bits for its length, so a large image comes in parts. */
	msg = nl_msg(nl, PATCHPROXY_CMD_LOAD, size + parts * (MNL_ATTR_HDRLEN + MNL_ALIGNTO));
	for (off = 0; off < size; off += len) {
		len = size - off < IMAGE_PART ? size - off : IMAGE_PART;
		mnl_attr_put(msg, PATCHPROXY_A_IMAGE, len, (const char *)image + off);
	}
	if (!nl_do(nl, msg, load_cb, id))
		return 0;
	if (nl->err.code == EPERM && !nl->err.text[0])
		snprintf(nl->err.text, sizeof(nl->err.text),
			 "needs the capability CAP_NET_ADMIN in the initial user namespace");
	return -1;
}

/**
 * midstream_name() - a policy for connections whose start was not seen
 * @midstream: enum patchproxy_midstream
 *
 * Return: its name, static
 */
const char *midstream_name(uint8_t midstream)
{
	static const char *const names[NR_MIDSTREAM] = {
		[PATCHPROXY_MIDSTREAM_OBSERVE] = "observe",
		[PATCHPROXY_MIDSTREAM_PROTECT] = "protect",
		[PATCHPROXY_MIDSTREAM_RESET] = "reset",
	};

	return midstream < NR_MIDSTREAM ? names[midstream] : "unknown";
}

static void put_op(struct nlmsghdr *msg, const struct op *op)
{
	struct nlattr *nest = mnl_attr_nest_start(msg, PATCHPROXY_A_OP);
	struct nlattr *srv;

	mnl_attr_put_u8(msg, PATCHPROXY_A_OP_KIND, op->kind);
	srv = mnl_attr_nest_start(msg, PATCHPROXY_A_SERVER);
	mnl_attr_put(msg, PATCHPROXY_SERVER_A_ADDR, server_addr_len(&op->srv), op->srv.addr);
	mnl_attr_put_u8(msg, PATCHPROXY_SERVER_A_PREFIXLEN, op->srv.prefixlen);
	mnl_attr_put_u8(msg, PATCHPROXY_SERVER_A_TRANSPORT, op->srv.transport);
	mnl_attr_put_u16(msg, PATCHPROXY_SERVER_A_PORT, op->srv.port);
	mnl_attr_nest_end(msg, srv);
	mnl_attr_put_u64(msg, PATCHPROXY_A_PATCH, op->id);
	if (op->midstream)
		mnl_attr_put_u8(msg, PATCHPROXY_A_MIDSTREAM, op->midstream);
	mnl_attr_nest_end(msg, nest);
}

static void commit_cb(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[PATCHPROXY_A_MAX + 1];
	uint64_t *generation = data;

	nl_parse(nlh, tb, PATCHPROXY_A_MAX);
	*generation = nl_uint(tb[PATCHPROXY_A_GENERATION]);
}

/**
 * kernel_commit() - make changes, all or none
 * @nl: the connection
 * @ops: the changes, done in order
 * @nr: number of them
 * @dry_run: check everything, change nothing
 * @generation: the generation that results
 * @bad: on failure, the change that was refused, or @nr when that is not known
 *
 * Return: 0, or -1 with nl->err set
 */
int kernel_commit(struct nl *nl, const struct op *ops, size_t nr, bool dry_run,
		  uint64_t *generation, size_t *bad)
{
	uint32_t *end = xalloc(nr * sizeof(*end));
	struct nlmsghdr *msg;
	size_t i;
	int ret;

	*generation = 0;
	msg = nl_msg(nl, PATCHPROXY_CMD_COMMIT, 16 + nr * 96);
	if (dry_run)
		mnl_attr_put(msg, PATCHPROXY_A_DRY_RUN, 0, NULL);
	for (i = 0; i < nr; i++) {
		put_op(msg, &ops[i]);
		end[i] = msg->nlmsg_len;
	}
	ret = nl_do(nl, msg, commit_cb, generation);
	*bad = nr;
	if (ret && nl->err.attr_off)
		for (*bad = 0; *bad < nr && end[*bad] <= nl->err.attr_off;)
			++*bad;
	free(end);
	return ret;
}
