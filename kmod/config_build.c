// SPDX-License-Identifier: GPL-2.0
/*
 * Building a configuration: from the bindings that a commit leaves to what is in
 * force at every server.
 */
#include <linux/bitmap.h>
#include <linux/jhash.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sort.h>

#include "config_build.h"

/**
 * struct entry - a patch on the way into a ruleset
 * @b: the binding that brings it
 * @since: generation from which it has been in force there
 */
struct entry {
	const struct pp_binding *b;
	u64 since;
};

/**
 * struct known - a ruleset that other targets of this build may share
 * @node: in &struct build.table
 * @rules: borrowed from the target it was made for
 */
struct known {
	struct hlist_node node;
	struct pp_rules *rules;
};

/**
 * struct build - a configuration while it is built
 * @d: what it is built from
 * @cfg: the configuration
 * @entries: room for the patches of one target
 * @nr_entries: valid elements of @entries
 * @known: rulesets made so far
 * @nr_known: valid elements of @known
 * @table: @known by content
 */
struct build {
	const struct pp_drafts *d;
	struct pp_config *cfg;
	struct entry *entries;
	u32 nr_entries;
	struct known *known;
	u32 nr_known;
	struct hlist_head *table;
};

static bool same_server(const struct pp_drafts *d, u32 i)
{
	return i && pp_server_equal(&d->order[i - 1]->b.server, &d->order[i]->b.server);
}

static int take_bindings(struct build *bld)
{
	const struct pp_drafts *d = bld->d;
	struct pp_config *cfg = bld->cfg;
	u32 i;

	for (i = 0; i < d->nr_live; i++) {
		struct pp_binding *b = &cfg->bindings[i];

		*b = d->order[i]->b;
		pp_image_get(b->patch);
		cfg->nr_bindings++;
		if (b->hits) {
			kref_get(&b->hits->ref);
			continue;
		}
		b->hits = kzalloc(sizeof(*b->hits), GFP_KERNEL_ACCOUNT);
		if (!b->hits)
			return -ENOMEM;
		kref_init(&b->hits->ref);
		cond_resched();
	}
	return 0;
}

static void add_targets(struct pp_config *cfg, const struct pp_drafts *d)
{
	DECLARE_BITMAP(plens[2], PP_MAX_PLENS) = {};
	int v6, plen;
	u32 i;

	for (i = 0; i < d->nr_live; i++) {
		const struct pp_server *s = &cfg->bindings[i].server;
		struct pp_target *t;

		if (same_server(d, i)) {
			cfg->targets[cfg->nr_targets - 1].n++;
			continue;
		}
		t = &cfg->targets[cfg->nr_targets++];
		t->server = *s;
		t->first = i;
		t->n = 1;
		hlist_add_head(&t->node, &cfg->table[pp_config_hash(s) & (BIT(cfg->bits) - 1)]);
		__set_bit(s->plen, plens[s->family == AF_INET6]);
	}
	for (v6 = 0; v6 < 2; v6++)
		for (plen = PP_MAX_PLENS - 1; plen >= 0; plen--)
			if (test_bit(plen, plens[v6]))
				cfg->plens[v6][cfg->nr_plens[v6]++] = plen;
}

/* A port of an address speaks one grammar; blame the younger of the two bindings. */
static int refuse_grammar(struct build *bld, const struct pp_binding *a,
			  const struct pp_binding *b)
{
	const struct pp_drafts *d = bld->d;
	const char *an, *bn;

	if (a->since < b->since)
		swap(a, b);
	an = pp_image_name(a->patch->grammar);
	bn = pp_image_name(b->patch->grammar);
	if (!strcmp(an, bn))
		return pp_refuse(d->why, d->order[a - bld->cfg->bindings]->change, -EINVAL,
				 "port %u: patches for two versions of grammar %.28s",
				 a->server.port, an);
	return pp_refuse(d->why, d->order[a - bld->cfg->bindings]->change, -EINVAL,
			 "port %u: a patch for %.18s, where %.18s is spoken",
			 a->server.port, an, bn);
}

static int cmp_entry(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return pp_config_cmp_patch(x->b->patch, y->b->patch) ?: pp_cmp(x->since, y->since) ?:
	       -pp_cmp(x->b->server.plen, y->b->server.plen);
}

/*
 * Collect the patches of all bindings that cover a target. A patch that several
 * of them bring counts once, for the oldest. Because prefixes either nest or are
 * apart, comparing grammars here finds every pair of servers that overlap.
 */
static int gather(struct build *bld, const struct pp_target *t)
{
	const struct pp_config *cfg = bld->cfg;
	int v6 = t->server.family == AF_INET6;
	struct pp_server key = t->server;
	struct entry *e = bld->entries;
	u32 i, k, n = 0, runs = 0;

	for (i = 0; i < cfg->nr_plens[v6]; i++) {
		const struct pp_target *c;

		key.plen = cfg->plens[v6][i];
		if (key.plen > t->server.plen)
			continue;
		pp_config_mask(&key.addr, &t->server.addr, key.plen);
		c = pp_config_find(cfg, &key);
		if (!c)
			continue;
		runs++;
		for (k = c->first; k < c->first + c->n; k++) {
			const struct pp_binding *b = &cfg->bindings[k];

			if (b->patch->grammar != cfg->bindings[t->first].patch->grammar)
				return refuse_grammar(bld, &cfg->bindings[t->first], b);
			e[n].b = b;
			e[n++].since = b->since;
		}
	}
	/* The bindings of one server are in order already. */
	if (runs > 1) {
		sort(e, n, sizeof(*e), cmp_entry, NULL);
		for (i = k = 1; i < n; i++)
			if (e[i].b->patch != e[k - 1].b->patch)
				e[k++] = e[i];
		n = k;
	}
	bld->nr_entries = n;
	return 0;
}

/*
 * A patch that was in force for these addresses before, by whichever binding, has
 * been in force without a break: moving it from a prefix to one inside it, or
 * taking back one of two bindings, does not make it start anew.
 */
static void keep_since(struct build *bld, const struct pp_rules *was)
{
	struct entry *e = bld->entries;
	u32 i, k = 0;

	for (i = 0; i < bld->nr_entries; i++) {
		int cmp = 1;

		for (; k < was->n; k++) {
			const struct pp_kimage *p = container_of(was->patches[k].img,
								 struct pp_kimage, img);

			cmp = pp_config_cmp_patch(p, e[i].b->patch);
			if (cmp >= 0)
				break;
		}
		if (!cmp)
			e[i].since = min(e[i].since, was->patches[k].since);
	}
}

static bool rules_match(const struct pp_rules *a, const struct pp_rules *b)
{
	return a->n == b->n && a->grammar == b->grammar &&
	       !memcmp(a->patches, b->patches, flex_array_size(a, patches, a->n));
}

/* If the patches do not go together, the one that came last is to blame. */
static int make_ruleset(struct build *bld, struct pp_rules *r)
{
	const struct pp_binding *last = bld->entries[0].b;
	const struct pp_drafts *d = bld->d;
	struct pp_error err;
	u32 i;

	r->rs = pp_ruleset_build(&r->grammar->img, r->patches, r->n, d->gen, &err);
	if (r->rs)
		return 0;
	if (!err.msg)
		return -ENOMEM;
	for (i = 1; i < bld->nr_entries; i++)
		if (bld->entries[i].b->since > last->since)
			last = bld->entries[i].b;
	return pp_refuse(d->why, d->order[last - bld->cfg->bindings]->change, -EINVAL,
			 "%.30s: %s", pp_image_name(last->patch), err.msg);
}

/*
 * The ruleset for what gather() collected: one that another target of this build
 * has, or the one this server has now, or a new one. A ruleset that is kept is
 * still of the generation it was built for; none of its patches changed since.
 */
static int set_rules(struct build *bld, struct pp_target *t)
{
	const struct pp_target *now = pp_config_find(bld->d->old, &t->server);
	struct hlist_head *bucket;
	struct pp_rules *r;
	struct known *k;
	u32 i;
	int ret;

	r = kvzalloc(struct_size(r, patches, bld->nr_entries), GFP_KERNEL_ACCOUNT);
	if (!r)
		return -ENOMEM;
	refcount_set(&r->ref, 1);
	r->grammar = t->grammar;
	r->n = bld->nr_entries;
	for (i = 0; i < r->n; i++) {
		r->patches[i].img = &bld->entries[i].b->patch->img;
		r->patches[i].since = bld->entries[i].since;
		r->patches[i].cookie = (void *)(unsigned long)i;
	}

	bucket = &bld->table[jhash(r->patches, flex_array_size(r, patches, r->n), 0) &
			     (BIT(bld->cfg->bits) - 1)];
	hlist_for_each_entry(k, bucket, node) {
		if (!rules_match(k->rules, r))
			continue;
		t->rules = k->rules;
		goto share;
	}
	k = &bld->known[bld->nr_known++];
	hlist_add_head(&k->node, bucket);
	if (now && rules_match(now->rules, r)) {
		k->rules = now->rules;
		t->rules = now->rules;
		goto share;
	}
	/* From here on the target owns it, also where building fails. */
	k->rules = r;
	t->rules = r;
	ret = make_ruleset(bld, r);
	t->rs = r->rs;
	return ret;

share:
	refcount_inc(&t->rules->ref);
	t->rs = t->rules->rs;
	kvfree(r);
	return 0;
}

static int fill_target(struct build *bld, struct pp_target *t)
{
	const struct pp_target *was;
	u32 i;
	int ret;

	ret = gather(bld, t);
	if (ret)
		return ret;
	was = pp_config_cover(bld->d->old, &t->server);
	if (was)
		keep_since(bld, was->rules);
	t->grammar = bld->entries[0].b->patch->grammar;
	t->hits = kvmalloc_array(bld->nr_entries, sizeof(*t->hits), GFP_KERNEL_ACCOUNT);
	if (!t->hits)
		return -ENOMEM;
	for (i = 0; i < bld->nr_entries; i++)
		t->hits[i] = bld->entries[i].b->hits;
	return set_rules(bld, t);
}

static int build_targets(struct build *bld)
{
	struct pp_config *cfg = bld->cfg;
	u32 i;
	int ret;

	bld->entries = kvmalloc_array(cfg->nr_bindings, sizeof(*bld->entries), GFP_KERNEL_ACCOUNT);
	bld->known = kvcalloc(cfg->nr_targets, sizeof(*bld->known), GFP_KERNEL_ACCOUNT);
	bld->table = kvcalloc(BIT(cfg->bits), sizeof(*bld->table), GFP_KERNEL_ACCOUNT);
	ret = -ENOMEM;
	if (bld->entries && bld->known && bld->table)
		ret = 0;
	for (i = 0; !ret && i < cfg->nr_targets; i++) {
		ret = fill_target(bld, &cfg->targets[i]);
		cond_resched();
	}
	kvfree(bld->table);
	kvfree(bld->known);
	kvfree(bld->entries);
	return ret;
}

/**
 * pp_config_build() - build a configuration
 * @d: drafts, with @d->order filled in
 * @cfg: the result
 *
 * Context: process context, may sleep; under the &pp_net.lock that keeps @d->old.
 *
 * Return: 0; -EINVAL: refused, see @d->why; -ENOMEM.
 */
int pp_config_build(const struct pp_drafts *d, struct pp_config **cfg)
{
	struct build bld = { .d = d };
	u32 i, nr_targets = 0;
	int ret;

	for (i = 0; i < d->nr_live; i++)
		nr_targets += !same_server(d, i);
	bld.cfg = pp_config_alloc(d->gen, d->nr_live, nr_targets);
	if (!bld.cfg)
		return -ENOMEM;
	ret = take_bindings(&bld);
	if (!ret) {
		add_targets(bld.cfg, d);
		if (nr_targets)
			ret = build_targets(&bld);
	}
	if (ret)
		pp_config_free(bld.cfg);
	else
		*cfg = bld.cfg;
	return ret;
}
