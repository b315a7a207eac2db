// SPDX-License-Identifier: GPL-2.0
/*
 * Servers and the patches bound to them.
 *
 * A commit applies its changes in order to drafts of the bindings, builds a whole
 * new configuration from the drafts that are left, and swaps it in. Nothing a
 * packet may see is ever changed in place, so an error at any point is undone by
 * freeing what was built.
 */
#include <linux/jhash.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/sort.h>

#include "config.h"
#include "event.h"

#define MAX_PLENS	129	/* prefix lengths of IPv6, /0 to /128 */

#define cmp_num(a, b)	(((a) > (b)) - ((a) < (b)))

/**
 * struct pp_rules - a ruleset and what it was built from
 * @ref: targets that share it, also targets of successive configurations
 * @n: elements of @patches
 * @rs: the ruleset
 * @grammar: its grammar; kept alive by every target that uses this
 * @patches: what it was built from, ordered by name and id
 */
struct pp_rules {
	refcount_t ref;
	u32 n;
	struct pp_ruleset *rs;
	struct pp_kimage *grammar;
	struct pp_rs_patch patches[];
};

/**
 * struct pp_config - what is in force in a network namespace
 * @gen: its generation
 * @nr_bindings: valid elements of @bindings
 * @nr_targets: valid elements of @targets
 * @bits: @table has 1 << @bits buckets
 * @nr_plens: by family (0: IPv4, 1: IPv6): valid elements of @plens
 * @plens: by family: prefix lengths that occur, longest first
 * @bindings: ordered as by cmp_binding(); the bindings of a server are neighbours
 * @targets: one per server, in the order of @bindings
 * @table: @targets by server_hash()
 */
struct pp_config {
	u64 gen;
	u32 nr_bindings;
	u32 nr_targets;
	u8 bits;
	u8 nr_plens[2];
	u8 plens[2][MAX_PLENS];
	struct pp_binding *bindings;
	struct pp_target *targets;
	struct hlist_head *table;
};

/* Servers */

static u32 server_hash(const struct pp_server *s)
{
	return jhash2(s->addr.all, ARRAY_SIZE(s->addr.all),
		      s->port | s->transport << 16 | s->plen << 24);
}

static bool server_equal(const struct pp_server *a, const struct pp_server *b)
{
	return a->port == b->port && a->plen == b->plen && a->family == b->family &&
	       a->transport == b->transport && !memcmp(&a->addr, &b->addr, sizeof(a->addr));
}

/* IPv4 has no prefix over 32, so its unused words become 0. */
static void mask_addr(union nf_inet_addr *to, const union nf_inet_addr *from, u8 plen)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(to->ip6); i++) {
		int bits = clamp(plen - 32 * i, 0, 32);

		to->ip6[i] = bits ? from->ip6[i] & htonl(~0U << (32 - bits)) : 0;
	}
}

static const struct pp_target *find_target(const struct pp_config *cfg,
					   const struct pp_server *s)
{
	const struct pp_target *t;

	hlist_for_each_entry(t, &cfg->table[server_hash(s) & (BIT(cfg->bits) - 1)], node)
		if (server_equal(&t->server, s))
			return t;
	return NULL;
}

/* The target with the longest prefix not over @s->plen that covers @s; else NULL. */
static const struct pp_target *find_cover(const struct pp_config *cfg, const struct pp_server *s)
{
	int v6 = s->family == AF_INET6;
	const struct pp_target *t;
	struct pp_server key = *s;
	u32 i;

	for (i = 0; i < cfg->nr_plens[v6]; i++) {
		key.plen = cfg->plens[v6][i];
		if (key.plen > s->plen)
			continue;
		mask_addr(&key.addr, &s->addr, key.plen);
		t = find_target(cfg, &key);
		if (t)
			return t;
	}
	return NULL;
}

/**
 * pp_config_gen() - generation of a configuration
 * @cfg: the configuration
 *
 * Context: any; under RCU or &pp_net.lock.
 */
u64 pp_config_gen(const struct pp_config *cfg)
{
	return cfg->gen;
}

/**
 * pp_config_lookup() - what is in force for an address and port
 * @cfg: the configuration
 * @family: AF_INET or AF_INET6
 * @addr: destination
 * @transport: IPPROTO_TCP or IPPROTO_UDP
 * @port: destination, host byte order
 *
 * Costs one probe of a hash table for every prefix length that any server of the
 * family has: shorter prefixes that cover a target are already merged into it.
 *
 * Context: any; under RCU, as is the use of the result.
 *
 * Return: the target, or NULL if no server covers the destination.
 */
const struct pp_target *pp_config_lookup(const struct pp_config *cfg, u8 family,
					 const union nf_inet_addr *addr, u8 transport, u16 port)
{
	const struct pp_server s = {
		.family = family,
		.transport = transport,
		.plen = family == AF_INET6 ? 128 : 32,
		.port = port,
		.addr = *addr,
	};

	return find_cover(cfg, &s);
}

/**
 * pp_config_bindings() - all bindings
 * @cfg: the configuration
 * @n: their number
 *
 * Context: any; under RCU, as is the use of the result.
 *
 * Return: the bindings, ordered by server and name of the patch.
 */
const struct pp_binding *pp_config_bindings(const struct pp_config *cfg, u32 *n)
{
	*n = cfg->nr_bindings;
	return cfg->bindings;
}

/* Lifetime */

static void hits_release(struct kref *ref)
{
	kfree(container_of(ref, struct pp_hits, ref));
}

static void rules_put(struct pp_rules *r)
{
	if (!r || !refcount_dec_and_test(&r->ref))
		return;
	pp_ruleset_free(r->rs);
	kvfree(r);
}

/* Also frees what was built in part. No packet may see @cfg any more. */
static void config_free(struct pp_config *cfg)
{
	u32 i;

	for (i = 0; i < cfg->nr_targets; i++) {
		rules_put(cfg->targets[i].rules);
		kvfree(cfg->targets[i].hits);
	}
	for (i = 0; i < cfg->nr_bindings; i++) {
		if (cfg->bindings[i].hits)
			kref_put(&cfg->bindings[i].hits->ref, hits_release);
		pp_image_put(cfg->bindings[i].patch);
		cond_resched();
	}
	kvfree(cfg->table);
	kvfree(cfg->targets);
	kvfree(cfg->bindings);
	kfree(cfg);
}

static struct pp_config *config_alloc(u64 gen, u32 nr_bindings, u32 nr_targets)
{
	struct pp_config *cfg = kzalloc(sizeof(*cfg), GFP_KERNEL_ACCOUNT);

	if (!cfg)
		return NULL;
	cfg->gen = gen;
	cfg->bits = order_base_2(nr_targets | 1);
	cfg->bindings = kvcalloc(nr_bindings, sizeof(*cfg->bindings), GFP_KERNEL_ACCOUNT);
	cfg->targets = kvcalloc(nr_targets, sizeof(*cfg->targets), GFP_KERNEL_ACCOUNT);
	cfg->table = kvcalloc(BIT(cfg->bits), sizeof(*cfg->table), GFP_KERNEL_ACCOUNT);
	if (!cfg->bindings || !cfg->targets || !cfg->table) {
		config_free(cfg);
		return NULL;
	}
	return cfg;
}

/* Changes */

/**
 * struct draft - a binding while a commit is worked on
 * @node: in &struct drafts.table, by server
 * @b: the binding; references of the old configuration's, or borrowed
 * @change: index of the last change that touched it
 * @old: it is in force now
 * @live: it will be in force
 */
struct draft {
	struct hlist_node node;
	struct pp_binding b;
	u32 change;
	bool old;
	bool live;
};

/**
 * struct drafts - a commit while it is worked on
 * @old: the configuration in force
 * @gen: generation of the one to come
 * @all: the drafts: old bindings, then new ones
 * @n: valid elements of @all
 * @bits: @table has 1 << @bits buckets
 * @table: @all by server_hash()
 * @order: those that live, ordered as by cmp_binding()
 * @nr_live: elements of @order
 * @why: filled in on refusal
 */
struct drafts {
	const struct pp_config *old;
	u64 gen;
	struct draft *all;
	u32 n;
	u8 bits;
	struct hlist_head *table;
	struct draft **order;
	u32 nr_live;
	struct pp_refusal *why;
};

static __printf(4, 5)
int refuse(struct pp_refusal *why, u32 change, int ret, const char *fmt, ...)
{
	va_list args;

	why->change = change;
	va_start(args, fmt);
	vsnprintf(why->msg, sizeof(why->msg), fmt, args);
	va_end(args);
	return ret;
}

static struct hlist_head *draft_bucket(const struct drafts *d, const struct pp_server *s)
{
	return &d->table[server_hash(s) & (BIT(d->bits) - 1)];
}

static struct draft *draft_add(struct drafts *d, const struct pp_binding *b)
{
	struct draft *dr = &d->all[d->n++];

	dr->b = *b;
	dr->live = true;
	hlist_add_head(&dr->node, draft_bucket(d, &b->server));
	return dr;
}

static int drafts_init(struct drafts *d, const struct pp_config *old, u32 nr_changes,
		       struct pp_refusal *why)
{
	size_t max = (size_t)old->nr_bindings + nr_changes;
	u32 i;

	memset(d, 0, sizeof(*d));
	d->old = old;
	d->gen = old->gen + 1;
	d->why = why;
	d->bits = order_base_2(max | 1);
	d->all = kvcalloc(max, sizeof(*d->all), GFP_KERNEL_ACCOUNT);
	d->order = kvcalloc(max, sizeof(*d->order), GFP_KERNEL_ACCOUNT);
	d->table = kvcalloc(BIT(d->bits), sizeof(*d->table), GFP_KERNEL_ACCOUNT);
	if (!d->all || !d->order || !d->table)
		return -ENOMEM;
	for (i = 0; i < old->nr_bindings; i++)
		draft_add(d, &old->bindings[i])->old = true;
	return 0;
}

static void drafts_free(struct drafts *d)
{
	kvfree(d->table);
	kvfree(d->order);
	kvfree(d->all);
}

static const char *transport_name(u8 transport)
{
	return transport == IPPROTO_TCP ? "TCP" : "UDP";
}

static int check_server(struct drafts *d, u32 change, const struct pp_server *s)
{
	u8 max = s->family == AF_INET6 ? 128 : 32;
	union nf_inet_addr masked;

	if (s->family != AF_INET && s->family != AF_INET6)
		return refuse(d->why, change, -EINVAL, "an address is neither IPv4 nor IPv6");
	if (s->transport != IPPROTO_TCP && s->transport != IPPROTO_UDP)
		return refuse(d->why, change, -EINVAL, "transport %u is neither TCP nor UDP",
			      s->transport);
	if (!s->port)
		return refuse(d->why, change, -EINVAL, "port 0 cannot be protected");
	if (s->plen > max)
		return refuse(d->why, change, -EINVAL,
			      "prefix length %u is over the %u bits of the address", s->plen, max);
	mask_addr(&masked, &s->addr, s->plen);
	if (memcmp(&masked, &s->addr, sizeof(masked)))
		return refuse(d->why, change, -EINVAL,
			      "the address has bits beyond its prefix length %u", s->plen);
	return 0;
}

static int check_patch(struct drafts *d, u32 change, const struct pp_server *s,
		       const struct pp_kimage *patch)
{
	u8 transport;

	if (patch->img.hdr->kind != PP_IMAGE_PATCH)
		return refuse(d->why, change, -EINVAL, "%.40s is a grammar, not a patch",
			      pp_image_name(patch));
	if (patch->img.hdr->flags & PP_PATCH_ROLE_CLIENT)
		return refuse(d->why, change, -EOPNOTSUPP,
			      "%.32s protects the side that connects: not supported",
			      pp_image_name(patch));
	transport = patch->grammar->img.hdr->transport;
	if (transport != s->transport)
		return refuse(d->why, change, -EINVAL, "%.40s is for %s, the server is %s",
			      pp_image_name(patch), transport_name(transport),
			      transport_name(s->transport));
	return 0;
}

static int bind(struct drafts *d, u32 change, const struct pp_change *c)
{
	const struct pp_binding b = {
		.server = c->server,
		.patch = c->patch,
		.since = d->gen,
	};
	struct draft *dr;
	int ret;

	ret = check_patch(d, change, &c->server, c->patch);
	if (ret)
		return ret;
	hlist_for_each_entry(dr, draft_bucket(d, &c->server), node) {
		if (dr->b.patch != c->patch || !server_equal(&dr->b.server, &c->server))
			continue;
		if (dr->live)
			return refuse(d->why, change, -EEXIST,
				      "%.40s is already bound to this server",
				      pp_image_name(c->patch));
		/* Unbound earlier in this commit: as if it had not been. */
		dr->live = true;
		dr->change = change;
		return 0;
	}
	draft_add(d, &b)->change = change;
	return 0;
}

static int unbind(struct drafts *d, u32 change, const struct pp_change *c)
{
	bool found = false;
	struct draft *dr;

	hlist_for_each_entry(dr, draft_bucket(d, &c->server), node) {
		if (!dr->live || !server_equal(&dr->b.server, &c->server))
			continue;
		if (c->patch && dr->b.patch != c->patch)
			continue;
		dr->live = false;
		dr->change = change;
		found = true;
	}
	if (found)
		return 0;
	if (c->patch)
		return refuse(d->why, change, -ENOENT, "%.40s is not bound to this server",
			      pp_image_name(c->patch));
	return refuse(d->why, change, -ENOENT, "nothing is bound to this server");
}

static int cmp_patch(const struct pp_kimage *a, const struct pp_kimage *b)
{
	return strcmp(pp_image_name(a), pp_image_name(b)) ?:
	       cmp_num(a->img.hdr->id, b->img.hdr->id);
}

static int cmp_server(const struct pp_server *a, const struct pp_server *b)
{
	return cmp_num(a->family, b->family) ?: cmp_num(a->transport, b->transport) ?:
	       cmp_num(a->port, b->port) ?: cmp_num(a->plen, b->plen) ?:
	       memcmp(&a->addr, &b->addr, sizeof(a->addr));
}

static int cmp_draft(const void *a, const void *b)
{
	const struct draft *x = *(const struct draft **)a, *y = *(const struct draft **)b;

	return cmp_server(&x->b.server, &y->b.server) ?: cmp_patch(x->b.patch, y->b.patch);
}

/* Returns whether anything is different at the end, or an error. */
static int drafts_apply(struct drafts *d, const struct pp_change *changes, u32 n)
{
	bool changed = false;
	u32 i;
	int ret;

	for (i = 0; i < n; i++) {
		const struct pp_change *c = &changes[i];

		ret = check_server(d, i, &c->server);
		if (!ret)
			ret = c->unbind ? unbind(d, i, c) : bind(d, i, c);
		if (ret)
			return ret;
		cond_resched();
	}
	for (i = 0; i < d->n; i++) {
		changed |= d->all[i].old != d->all[i].live;
		if (d->all[i].live)
			d->order[d->nr_live++] = &d->all[i];
	}
	sort(d->order, d->nr_live, sizeof(d->order[0]), cmp_draft, NULL);
	return changed;
}

/* Building */

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
	const struct drafts *d;
	struct pp_config *cfg;
	struct entry *entries;
	u32 nr_entries;
	struct known *known;
	u32 nr_known;
	struct hlist_head *table;
};

static bool same_server(const struct drafts *d, u32 i)
{
	return i && server_equal(&d->order[i - 1]->b.server, &d->order[i]->b.server);
}

static int take_bindings(struct build *bld)
{
	const struct drafts *d = bld->d;
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

static void add_targets(struct pp_config *cfg, const struct drafts *d)
{
	DECLARE_BITMAP(plens[2], MAX_PLENS) = {};
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
		hlist_add_head(&t->node, &cfg->table[server_hash(s) & (BIT(cfg->bits) - 1)]);
		__set_bit(s->plen, plens[s->family == AF_INET6]);
	}
	for (v6 = 0; v6 < 2; v6++)
		for (plen = MAX_PLENS - 1; plen >= 0; plen--)
			if (test_bit(plen, plens[v6]))
				cfg->plens[v6][cfg->nr_plens[v6]++] = plen;
}

/* A port of an address speaks one grammar; blame the younger of the two bindings. */
static int refuse_grammar(struct build *bld, const struct pp_binding *a,
			  const struct pp_binding *b)
{
	const struct drafts *d = bld->d;
	const char *an, *bn;

	if (a->since < b->since)
		swap(a, b);
	an = pp_image_name(a->patch->grammar);
	bn = pp_image_name(b->patch->grammar);
	if (!strcmp(an, bn))
		return refuse(d->why, d->order[a - bld->cfg->bindings]->change, -EINVAL,
			      "port %u: patches for two versions of grammar %.28s",
			      a->server.port, an);
	return refuse(d->why, d->order[a - bld->cfg->bindings]->change, -EINVAL,
		      "port %u: a patch for %.18s, where %.18s is spoken",
		      a->server.port, an, bn);
}

static int cmp_entry(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return cmp_patch(x->b->patch, y->b->patch) ?: cmp_num(x->since, y->since) ?:
	       -cmp_num(x->b->server.plen, y->b->server.plen);
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
		mask_addr(&key.addr, &t->server.addr, key.plen);
		c = find_target(cfg, &key);
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

			cmp = cmp_patch(p, e[i].b->patch);
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
	const struct drafts *d = bld->d;
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
	return refuse(d->why, d->order[last - bld->cfg->bindings]->change, -EINVAL,
		      "%.30s: %s", pp_image_name(last->patch), err.msg);
}

/*
 * The ruleset for what gather() collected: one that another target of this build
 * has, or the one this server has now, or a new one. A ruleset that is kept is
 * still of the generation it was built for; none of its patches changed since.
 */
static int set_rules(struct build *bld, struct pp_target *t)
{
	const struct pp_target *now = find_target(bld->d->old, &t->server);
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
	was = find_cover(bld->d->old, &t->server);
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

static int config_build(const struct drafts *d, struct pp_config **cfg)
{
	struct build bld = { .d = d };
	u32 i, nr_targets = 0;
	int ret;

	for (i = 0; i < d->nr_live; i++)
		nr_targets += !same_server(d, i);
	bld.cfg = config_alloc(d->gen, d->nr_live, nr_targets);
	if (!bld.cfg)
		return -ENOMEM;
	ret = take_bindings(&bld);
	if (!ret) {
		add_targets(bld.cfg, d);
		if (nr_targets)
			ret = build_targets(&bld);
	}
	if (ret)
		config_free(bld.cfg);
	else
		*cfg = bld.cfg;
	return ret;
}

static void swap_in(struct pp_net *pn, struct pp_config *cfg)
{
	u32 i;

	/*
	 * First the ports, so that no packet that the new configuration is for is
	 * passed by the test that comes before the lookup.
	 */
	for (i = 0; i < cfg->nr_targets; i++)
		set_bit(cfg->targets[i].server.port, pn->ports);
	smp_mb__after_atomic();
	rcu_assign_pointer(pn->config, cfg);
}

/**
 * pp_config_commit() - change the bindings of a namespace, all or nothing
 * @pn: namespace
 * @changes: done in order
 * @n: their number
 * @dry_run: check everything, change nothing
 * @gen: generation in force at the end
 * @why: filled in on error
 *
 * After the return no packet is judged by an older generation. For packets that
 * arrive later the swap of the pointer is enough; the grace period is there for
 * those that are on their way at that moment, and to free the old configuration.
 *
 * Context: process context, sleeps; takes &pp_net.lock.
 *
 * Return: 0; -EINVAL, -ENOENT, -EEXIST, -EOPNOTSUPP: refused; -ENOMEM.
 */
int pp_config_commit(struct pp_net *pn, const struct pp_change *changes, u32 n, bool dry_run,
		     u64 *gen, struct pp_refusal *why)
{
	struct pp_config *old, *new = NULL;
	struct drafts d;
	int ret;

	memset(why, 0, sizeof(*why));
	mutex_lock(&pn->lock);
	old = rcu_dereference_protected(pn->config, lockdep_is_held(&pn->lock));
	*gen = old->gen;
	ret = drafts_init(&d, old, n, why);
	if (!ret)
		ret = drafts_apply(&d, changes, n);
	if (ret > 0)
		ret = config_build(&d, &new);
	drafts_free(&d);
	if (new && dry_run) {
		config_free(new);
		new = NULL;
	}
	if (new) {
		*gen = new->gen;
		swap_in(pn, new);
	}
	mutex_unlock(&pn->lock);
	if (!new)
		return ret;

	/* Somebody waits, and a grace period under load is long: expedite it. */
	synchronize_rcu_expedited();
	config_free(old);
	pp_event_change(pn, *gen);
	return 0;
}

/**
 * pp_config_init() - give a namespace its configuration: no servers
 * @pn: namespace
 *
 * Context: process context, may sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int pp_config_init(struct pp_net *pn)
{
	struct pp_config *cfg = config_alloc(0, 0, 0);

	if (!cfg)
		return -ENOMEM;
	mutex_init(&pn->lock);
	RCU_INIT_POINTER(pn->config, cfg);
	return 0;
}

/**
 * pp_config_exit() - free a namespace's configuration
 * @pn: namespace; its hooks are gone and a grace period has passed since
 *
 * Context: process context, may sleep.
 */
void pp_config_exit(struct pp_net *pn)
{
	config_free(rcu_dereference_protected(pn->config, 1));
	RCU_INIT_POINTER(pn->config, NULL);
	mutex_destroy(&pn->lock);
}
