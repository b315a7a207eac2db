/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Private to config.c, config_build.c and pair.c: what a configuration is made of,
 * and what it is made from.
 */
#ifndef _PP_CONFIG_BUILD_H
#define _PP_CONFIG_BUILD_H

#include <linux/refcount.h>

#include "config.h"

#define PP_MAX_PLENS	129	/* prefix lengths of IPv6, /0 to /128 */

/**
 * struct pp_rules - a ruleset and what it was built from
 * @ref: targets that share it, also targets of successive configurations
 * @n: elements of @patches
 * @gen: generation that it was built for
 * @rs: the ruleset
 * @grammar: its grammar; kept alive by every target that uses this
 * @patches: what it was built from, ordered by name and id
 */
struct pp_rules {
	refcount_t ref;
	u32 n;
	u64 gen;
	struct pp_ruleset *rs;
	struct pp_kimage *grammar;
	struct pp_rs_patch patches[];
};

/**
 * struct pp_pair - what is in force where one server matches before DNAT and another
 *	one after it
 * @node: in &pp_config.pairs; added under &pp_net.lock, read under RCU
 * @before: target before DNAT
 * @after: target after DNAT, of the same grammar
 * @target: the patches of both. &pp_target.rs is NULL where they do not go together:
 *	then nothing passes
 * @seen: jiffies of the last change up to which it was in use
 * @used: it was in use since then
 */
struct pp_pair {
	struct hlist_node node;
	const struct pp_target *before;
	const struct pp_target *after;
	struct pp_target target;
	unsigned long seen;
	bool used;
};

/**
 * struct pp_config - what is in force in a network namespace
 * @gen: its generation
 * @nr_bindings: valid elements of @bindings
 * @nr_targets: valid elements of @targets
 * @nr_pairs: pairs in @pairs
 * @bits: @table and @pairs have 1 << @bits buckets
 * @nr_plens: by family (0: IPv4, 1: IPv6): valid elements of @plens
 * @plens: by family: prefix lengths that occur, longest first
 * @bindings: ordered as by cmp_draft(); the bindings of a server are neighbours
 * @targets: one per server, in the order of @bindings
 * @table: @targets by pp_config_hash()
 * @pairs: pairs by pp_config_pair_bucket()
 */
struct pp_config {
	u64 gen;
	u32 nr_bindings;
	u32 nr_targets;
	u32 nr_pairs;
	u8 bits;
	u8 nr_plens[2];
	u8 plens[2][PP_MAX_PLENS];
	struct pp_binding *bindings;
	struct pp_target *targets;
	struct hlist_head *table;
	struct hlist_head *pairs;
};

/**
 * struct pp_draft - a binding while a commit is worked on
 * @node: in &struct pp_drafts.table, by server
 * @b: the binding; references of the old configuration's, or borrowed
 * @change: index of the last change that touched it
 * @old: it is in force now
 * @changed: it will be in force with another policy
 * @live: it will be in force
 */
struct pp_draft {
	struct hlist_node node;
	struct pp_binding b;
	u32 change;
	bool old;
	bool changed;
	bool live;
};

/**
 * struct pp_drafts - a commit while it is worked on
 * @old: the configuration in force
 * @gen: generation of the one to come
 * @all: the drafts: old bindings, then new ones
 * @n: valid elements of @all
 * @bits: @table has 1 << @bits buckets
 * @table: @all by pp_config_hash()
 * @order: those that live, ordered as by cmp_draft()
 * @nr_live: elements of @order
 * @why: filled in on refusal
 */
struct pp_drafts {
	const struct pp_config *old;
	u64 gen;
	struct pp_draft *all;
	u32 n;
	u8 bits;
	struct hlist_head *table;
	struct pp_draft **order;
	u32 nr_live;
	struct pp_refusal *why;
};

/**
 * pp_server_equal() - whether two servers are the same
 * @a: one
 * @b: the other
 */
static inline bool pp_server_equal(const struct pp_server *a, const struct pp_server *b)
{
	return a->port == b->port && a->plen == b->plen && a->family == b->family &&
	       a->transport == b->transport && !memcmp(&a->addr, &b->addr, sizeof(a->addr));
}

/**
 * pp_cmp() - order of two numbers
 * @a: one
 * @b: the other
 *
 * Return: -1, 0 or 1.
 */
static inline int pp_cmp(u64 a, u64 b)
{
	return (a > b) - (a < b);
}

u32 pp_config_hash(const struct pp_server *s);
void pp_config_mask(union nf_inet_addr *to, const union nf_inet_addr *from, u8 plen);
const struct pp_target *pp_config_find(const struct pp_config *cfg, const struct pp_server *s);
const struct pp_target *pp_config_cover(const struct pp_config *cfg, const struct pp_server *s);
struct hlist_head *pp_config_pair_bucket(const struct pp_config *cfg,
					 const struct pp_target *before,
					 const struct pp_target *after);
struct pp_pair *pp_config_pair(const struct pp_config *cfg, const struct pp_target *before,
			       const struct pp_target *after);
void pp_config_pair_free(struct pp_pair *pair);
int pp_config_cmp_patch(const struct pp_kimage *a, const struct pp_kimage *b);
__printf(4, 5)
int pp_refuse(struct pp_refusal *why, u32 change, int ret, const char *fmt, ...);
struct pp_config *pp_config_alloc(u64 gen, u32 nr_bindings, u32 nr_targets);
void pp_config_free(struct pp_config *cfg);
int pp_config_build(const struct pp_drafts *d, struct pp_config **cfg);
int pp_config_build_pairs(struct pp_config *cfg, const struct pp_pair_asked *asked, u32 n,
			  u32 max);

#endif /* _PP_CONFIG_BUILD_H */
