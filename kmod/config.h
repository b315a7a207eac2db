/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The servers of a network namespace and the patches bound to them: an immutable
 * object, built aside and swapped in by one pointer, so that a packet sees either
 * all of a change or nothing of it. Only pairs are added to it later (pair.c).
 */
#ifndef _PP_CONFIG_H
#define _PP_CONFIG_H

#include <linux/netfilter.h>

#include "core/core.h"
#include "image.h"
#include "net.h"

struct pp_config;

/**
 * struct pp_server - whom a patch protects
 * @family: AF_INET or AF_INET6
 * @transport: IPPROTO_TCP or IPPROTO_UDP
 * @plen: prefix length
 * @port: host byte order, not 0
 * @addr: address; bits beyond @plen are 0; IPv4 in the first word
 */
struct pp_server {
	u8 family;
	u8 transport;
	u8 plen;
	u16 port;
	union nf_inet_addr addr;
};

/**
 * struct pp_hits - a count that outlives a change of configuration
 * @n: times a rule's action was done
 * @ref: bindings that share it: one binding in successive configurations
 */
struct pp_hits {
	atomic64_t n;
	struct kref ref;
};

/**
 * struct pp_binding - a patch applied to a server
 * @server: the server
 * @patch: a reference
 * @since: generation of the change that made it
 * @hits: a reference
 * @midstream: enum patchproxy_midstream
 */
struct pp_binding {
	struct pp_server server;
	struct pp_kimage *patch;
	u64 since;
	struct pp_hits *hits;
	u8 midstream;
};

/**
 * struct pp_target - what is in force for a (prefix, transport, port)
 * @server: the longest prefix it is for
 * @grammar: protocol spoken there; lives as long as the configuration
 * @rs: rules of all bindings that cover it; each &pp_rs_patch.cookie is the index
 *	of the patch in @by, see pp_target_hit(). Targets whose patches and
 *	generations are the same share it, hence the bindings are not in it
 * @by: by patch of @rs: the binding that brings it
 * @rules: what holds @rs, a reference (config.c)
 * @youngest: generation of the last bind among those that cover it
 * @midstream: the strictest of their policies, enum patchproxy_midstream
 * @first: its own bindings (of exactly this prefix): index of the first
 * @n: and their number
 * @node: in the configuration's table
 */
struct pp_target {
	struct pp_server server;
	struct pp_kimage *grammar;
	struct pp_ruleset *rs;
	const struct pp_binding **by;
	struct pp_rules *rules;
	u64 youngest;
	u8 midstream;
	u32 first;
	u32 n;
	struct hlist_node node;
};

/**
 * pp_target_hit() - count that a rule's action was done
 * @t: what is in force
 * @p: the patch the rule is from, a member of @t->rs (&pp_edit_info.patch)
 *
 * Context: any, under RCU.
 */
static inline void pp_target_hit(const struct pp_target *t, const struct pp_rs_patch *p)
{
	atomic64_inc(&t->by[(unsigned long)p->cookie]->hits->n);
}

u64 pp_config_gen(const struct pp_config *cfg);
const struct pp_target *pp_config_lookup(const struct pp_config *cfg, u8 family,
					 const union nf_inet_addr *addr, u8 transport, u16 port);

/**
 * struct pp_change - one bind or unbind
 * @unbind: false: bind
 * @midstream: of a bind: enum patchproxy_midstream
 * @server: whom
 * @patch: which, or NULL in an unbind: all of the server's. Borrowed
 */
struct pp_change {
	bool unbind;
	u8 midstream;
	struct pp_server server;
	struct pp_kimage *patch;
};

#define PP_REFUSAL_LEN	80	/* what an extack message of any kernel can hold */

/**
 * struct pp_refusal - why a commit was refused
 * @msg: one sentence, without a full stop; empty where memory ran out
 * @change: index of the change that is at fault
 */
struct pp_refusal {
	char msg[PP_REFUSAL_LEN];
	u32 change;
};

int pp_config_commit(struct pp_net *pn, const struct pp_change *changes, u32 n, bool dry_run,
		     u64 *gen, struct pp_refusal *why);
const struct pp_binding *pp_config_bindings(const struct pp_config *cfg, u32 *n);
int pp_config_init(struct pp_net *pn);
void pp_config_exit(struct pp_net *pn);

#endif /* _PP_CONFIG_H */
