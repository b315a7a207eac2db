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
#include "flow.h"

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
 * struct known - a ruleset that targets of this build may share
 * @node: in &struct build.table
 * @rules: borrowed from the target it was made for
 */
struct known {
	struct hlist_node node;
	struct pp_rules *rules;
};

/**
 * struct build - a configuration while it is built
 * @d: what it is built from; NULL: it is in force, and pairs are added
 * @cfg: the configuration
 * @entries: room for the patches of one target
 * @nr_entries: valid elements of @entries
 * @youngest: generation of the last bind among those that @entries were taken from
 * @midstream: the strictest of their policies
 * @known: rulesets there are so far
 * @nr_known: valid elements of @known
 * @table: @known by content
 */
struct build {
	const struct pp_drafts *d;
	struct pp_config *cfg;
	struct entry *entries;
	u32 nr_entries;
	u64 youngest;
	u8 midstream;
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

	bld->youngest = 0;
	bld->midstream = PATCHPROXY_MIDSTREAM_OBSERVE;
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
			bld->youngest = max(bld->youngest, b->since);
			bld->midstream = max(bld->midstream, b->midstream);
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

/*
 * Whether @a does for @b. It must not be older than a binding that stands behind
 * another one of the same patch: a unit notes the generation of its ruleset, and where
 * the other one is taken back the patch is as old as the one behind it.
 */
static bool rules_match(const struct pp_rules *a, const struct pp_rules *b, u64 youngest)
{
	return a->n == b->n && a->grammar == b->grammar && a->gen >= youngest &&
	       !memcmp(a->patches, b->patches, flex_array_size(a, patches, a->n));
}

/* If the patches do not go together, the one that came last is to blame. */
static int make_ruleset(struct build *bld, struct pp_rules *r)
{
	const struct pp_binding *last = bld->entries[0].b;
	const struct pp_drafts *d = bld->d;
	struct pp_error err;
	u32 i;

	r->rs = pp_ruleset_build(&r->grammar->img, r->patches, r->n, r->gen, &err);
	if (r->rs)
		return 0;
	if (!err.msg)
		return -ENOMEM;
	for (i = 1; i < bld->nr_entries; i++)
		if (bld->entries[i].b->since > last->since)
			last = bld->entries[i].b;
	if (!d) {
		pr_warn_ratelimited("patchproxy: %s and patches on the other side of DNAT do not go together, packets are dropped: %s\n",
				    pp_image_name(last->patch), err.msg);
		return -EINVAL;
	}
	return pp_refuse(d->why, d->order[last - bld->cfg->bindings]->change, -EINVAL,
			 "%.30s: %s", pp_image_name(last->patch), err.msg);
}

static struct hlist_head *rules_bucket(const struct build *bld, const struct pp_rules *r)
{
	return &bld->table[jhash(r->patches, flex_array_size(r, patches, r->n), 0) &
			   (BIT(bld->cfg->bits) - 1)];
}

static void know(struct build *bld, struct pp_rules *r)
{
	struct known *k = &bld->known[bld->nr_known++];

	k->rules = r;
	hlist_add_head(&k->node, rules_bucket(bld, r));
}

/*
 * The ruleset for the entries collected: one that another target of this build has,
 * or the one that is in force there @now, or a new one. A ruleset that is kept is
 * still of the generation it was built for; none of its patches changed since.
 */
static int set_rules(struct build *bld, struct pp_target *t, const struct pp_target *now)
{
	struct pp_rules *r;
	struct known *k;
	u32 i;
	int ret;

	r = kvzalloc(struct_size(r, patches, bld->nr_entries), GFP_KERNEL_ACCOUNT);
	if (!r)
		return -ENOMEM;
	refcount_set(&r->ref, 1);
	r->gen = bld->cfg->gen;
	r->grammar = t->grammar;
	r->n = bld->nr_entries;
	for (i = 0; i < r->n; i++) {
		r->patches[i].img = &bld->entries[i].b->patch->img;
		r->patches[i].since = bld->entries[i].since;
		r->patches[i].cookie = (void *)(unsigned long)i;
	}

	hlist_for_each_entry(k, rules_bucket(bld, r), node) {
		if (!rules_match(k->rules, r, t->youngest))
			continue;
		t->rules = k->rules;
		goto share;
	}
	if (now && now->rs && rules_match(now->rules, r, t->youngest)) {
		know(bld, now->rules);
		t->rules = now->rules;
		goto share;
	}
	/* From here on the target owns it, also where building fails. */
	t->rules = r;
	ret = make_ruleset(bld, r);
	if (ret)
		return ret;
	know(bld, r);
	t->rs = r->rs;
	return 0;

share:
	refcount_inc(&t->rules->ref);
	t->rs = t->rules->rs;
	kvfree(r);
	return 0;
}

/* @was: what these addresses had; @now: what exactly this target is now; or NULL. */
static int fill_target(struct build *bld, struct pp_target *t, const struct pp_target *was,
		       const struct pp_target *now)
{
	u32 i;

	if (was)
		keep_since(bld, was->rules);
	t->grammar = bld->entries[0].b->patch->grammar;
	t->youngest = bld->youngest;
	t->midstream = bld->midstream;
	t->by = kvmalloc_array(bld->nr_entries, sizeof(*t->by), GFP_KERNEL_ACCOUNT);
	if (!t->by)
		return -ENOMEM;
	for (i = 0; i < bld->nr_entries; i++)
		t->by[i] = bld->entries[i].b;
	return set_rules(bld, t, now);
}

static int build_targets(struct build *bld)
{
	const struct pp_config *old = bld->d->old;
	struct pp_config *cfg = bld->cfg;
	int ret = 0;
	u32 i;

	for (i = 0; !ret && i < cfg->nr_targets; i++) {
		struct pp_target *t = &cfg->targets[i];

		ret = gather(bld, t);
		if (!ret)
			ret = fill_target(bld, t, pp_config_cover(old, &t->server),
					  pp_config_find(old, &t->server));
		cond_resched();
	}
	return ret;
}

static void take_entry(struct build *bld, const struct pp_target *t, u32 i)
{
	struct entry *e = &bld->entries[bld->nr_entries++];

	e->b = t->by[i];
	e->since = t->rules->patches[i].since;
}

/*
 * The patches of two targets, both in order. One that both bring counts once, for
 * the one that has had it longer.
 */
static void merge(struct build *bld, const struct pp_target *a, const struct pp_target *b)
{
	u32 i = 0, k = 0;

	bld->youngest = max(a->youngest, b->youngest);
	bld->midstream = max(a->midstream, b->midstream);
	bld->nr_entries = 0;
	while (i < a->rules->n || k < b->rules->n) {
		int cmp = i == a->rules->n ? 1 : k == b->rules->n ? -1 :
			  pp_config_cmp_patch(a->by[i]->patch, b->by[k]->patch);

		if (cmp < 0 ||
		    (!cmp && a->rules->patches[i].since < b->rules->patches[k].since))
			take_entry(bld, a, i);
		else
			take_entry(bld, b, k);
		i += cmp <= 0;
		k += cmp >= 0;
	}
}

/*
 * @was: the pair that these addresses had, or NULL. @seen: as &pp_pair.seen. @broken:
 * where the patches do not go together the pair has no rules, so that nothing passes;
 * else that is an error.
 */
static int add_pair(struct build *bld, const struct pp_target *before,
		    const struct pp_target *after, const struct pp_pair *was,
		    unsigned long seen, bool broken)
{
	const struct pp_target *t = was ? &was->target : NULL;
	struct pp_config *cfg = bld->cfg;
	struct pp_pair *pair;
	int ret;

	pair = kzalloc(sizeof(*pair), GFP_KERNEL_ACCOUNT);
	if (!pair)
		return -ENOMEM;
	pair->before = before;
	pair->after = after;
	pair->seen = seen;
	pair->target.server = after->server;
	merge(bld, before, after);
	ret = fill_target(bld, &pair->target, t, t);
	if (ret && !(broken && ret == -EINVAL)) {
		pp_config_pair_free(pair);
		return ret;
	}
	WRITE_ONCE(cfg->nr_pairs, cfg->nr_pairs + 1);
	hlist_add_head_rcu(&pair->node, pp_config_pair_bucket(cfg, before, after));
	return 0;
}

/*
 * Live traffic must find its pair again: what is in use is there from the start. One
 * that was not for longer than connections may be idle goes.
 */
static int keep_pair(struct build *bld, const struct pp_pair *pair)
{
	unsigned long seen = READ_ONCE(pair->used) ? jiffies : pair->seen;
	const struct pp_target *before = pp_config_cover(bld->cfg, &pair->before->server);
	const struct pp_target *after = pp_config_cover(bld->cfg, &pair->after->server);
	const struct pp_config *old = bld->d->old;
	const struct pp_target *old_before, *old_after;
	const struct pp_pair *was = NULL;

	if (time_after(jiffies, seen + pp_flow_idle_max()) || !before || !after ||
	    before == after || before->grammar != after->grammar ||
	    pp_config_pair(bld->cfg, before, after))
		return 0;
	old_before = pp_config_cover(old, &before->server);
	old_after = pp_config_cover(old, &after->server);
	if (old_before && old_after)
		was = pp_config_pair(old, old_before, old_after);
	return add_pair(bld, before, after, was, seen, !pair->target.rs);
}

static int keep_pairs(struct build *bld)
{
	const struct pp_config *old = bld->d->old;
	const struct pp_pair *pair;
	int ret;
	u32 i;

	for (i = 0; i < BIT(old->bits); i++) {
		hlist_for_each_entry(pair, &old->pairs[i], node) {
			ret = keep_pair(bld, pair);
			if (ret)
				return ret;
			cond_resched();
		}
	}
	return 0;
}

/* @rulesets: how many there will be at most. What was taken is given back by close(). */
static int build_open(struct build *bld, u32 rulesets)
{
	const struct pp_config *cfg = bld->cfg;

	bld->entries = kvmalloc_array(cfg->nr_bindings, sizeof(*bld->entries), GFP_KERNEL_ACCOUNT);
	bld->known = kvcalloc(rulesets, sizeof(*bld->known), GFP_KERNEL_ACCOUNT);
	bld->table = kvcalloc(BIT(cfg->bits), sizeof(*bld->table), GFP_KERNEL_ACCOUNT);
	return bld->entries && bld->known && bld->table ? 0 : -ENOMEM;
}

static void build_close(struct build *bld)
{
	kvfree(bld->table);
	kvfree(bld->known);
	kvfree(bld->entries);
}

/**
 * pp_config_build_pairs() - add pairs to a configuration in force
 * @cfg: the configuration
 * @asked: pairs of its targets
 * @n: elements of @asked
 * @max: pairs it may have
 *
 * Context: process context, may sleep; under &pp_net.lock.
 *
 * Return: 0, or -ENOMEM: some are missing.
 */
int pp_config_build_pairs(struct pp_config *cfg, const struct pp_pair_asked *asked, u32 n,
			  u32 max)
{
	struct build bld = { .cfg = cfg };
	const struct pp_pair *pair;
	int ret;
	u32 i;

	ret = build_open(&bld, cfg->nr_targets + cfg->nr_pairs + n);
	for (i = 0; !ret && i < cfg->nr_targets; i++)
		know(&bld, cfg->targets[i].rules);
	for (i = 0; !ret && i < BIT(cfg->bits); i++)
		hlist_for_each_entry(pair, &cfg->pairs[i], node)
			if (pair->target.rs)
				know(&bld, pair->target.rules);
	for (i = 0; !ret && i < n && cfg->nr_pairs < max; i++)
		if (!pp_config_pair(cfg, asked[i].before, asked[i].after))
			ret = add_pair(&bld, asked[i].before, asked[i].after, NULL,
				       jiffies, true);
	build_close(&bld);
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
		if (nr_targets) {
			ret = build_open(&bld, nr_targets + d->old->nr_pairs);
			if (!ret)
				ret = build_targets(&bld);
			if (!ret)
				ret = keep_pairs(&bld);
			build_close(&bld);
		}
	}
	if (ret)
		pp_config_free(bld.cfg);
	else
		*cfg = bld.cfg;
	return ret;
}
