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
#include <linux/sched.h>
#include <linux/sort.h>

#include "config_build.h"
#include "event.h"
#include "hook.h"
#include "offload.h"

/* Servers */

/**
 * pp_config_hash() - hash of a server, for tables keyed by one
 * @s: the server
 *
 * Context: any.
 */
u32 pp_config_hash(const struct pp_server *s)
{
	return jhash2(s->addr.all, ARRAY_SIZE(s->addr.all),
		      s->port | s->transport << 16 | s->plen << 24);
}

/**
 * pp_config_mask() - cut an address to a prefix
 * @to: the result; since IPv4 has no prefix over 32 its unused words become 0
 * @from: the address
 * @plen: bits to keep
 *
 * Context: any.
 */
void pp_config_mask(union nf_inet_addr *to, const union nf_inet_addr *from, u8 plen)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(to->ip6); i++) {
		int bits = clamp(plen - 32 * i, 0, 32);

		to->ip6[i] = bits ? from->ip6[i] & htonl(~0U << (32 - bits)) : 0;
	}
}

/**
 * pp_config_find() - the target of exactly one server
 * @cfg: the configuration
 * @s: the server
 *
 * Context: any; under RCU or &pp_net.lock.
 *
 * Return: the target or NULL.
 */
const struct pp_target *pp_config_find(const struct pp_config *cfg, const struct pp_server *s)
{
	const struct pp_target *t;

	hlist_for_each_entry(t, &cfg->table[pp_config_hash(s) & (BIT(cfg->bits) - 1)], node)
		if (pp_server_equal(&t->server, s))
			return t;
	return NULL;
}

/**
 * pp_config_cover() - the target that is in force for a whole prefix
 * @cfg: the configuration
 * @s: server; it need not be in the configuration
 *
 * Context: any; under RCU or &pp_net.lock.
 *
 * Return: the target with the longest prefix, not over @s->plen, that covers @s;
 * or NULL.
 */
const struct pp_target *pp_config_cover(const struct pp_config *cfg, const struct pp_server *s)
{
	int v6 = s->family == AF_INET6;
	const struct pp_target *t;
	struct pp_server key = *s;
	u32 i;

	for (i = 0; i < cfg->nr_plens[v6]; i++) {
		key.plen = cfg->plens[v6][i];
		if (key.plen > s->plen)
			continue;
		pp_config_mask(&key.addr, &s->addr, key.plen);
		t = pp_config_find(cfg, &key);
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

	return pp_config_cover(cfg, &s);
}

/**
 * pp_config_pair_bucket() - where a pair is in a configuration's table of pairs
 * @cfg: the configuration
 * @before: target before DNAT, of @cfg
 * @after: target after DNAT, of @cfg
 *
 * Context: any.
 */
struct hlist_head *pp_config_pair_bucket(const struct pp_config *cfg,
					 const struct pp_target *before,
					 const struct pp_target *after)
{
	return &cfg->pairs[jhash_2words(before - cfg->targets, after - cfg->targets, 0) &
			   (BIT(cfg->bits) - 1)];
}

/**
 * pp_config_pair() - two targets put together
 * @cfg: the configuration
 * @before: target before DNAT, of @cfg
 * @after: target after DNAT, of @cfg
 *
 * Context: any; under RCU or &pp_net.lock, as is the use of the result.
 *
 * Return: the pair, or NULL if it has not been built.
 */
struct pp_pair *pp_config_pair(const struct pp_config *cfg, const struct pp_target *before,
			       const struct pp_target *after)
{
	struct pp_pair *pair;

	/* True: a caller without RCU has the mutex, and nothing is added meanwhile. */
	hlist_for_each_entry_rcu(pair, pp_config_pair_bucket(cfg, before, after), node, true)
		if (pair->before == before && pair->after == after)
			return pair;
	return NULL;
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

static void target_clear(struct pp_target *t)
{
	rules_put(t->rules);
	kvfree(t->by);
}

/**
 * pp_config_pair_free() - free a pair
 * @pair: the pair, also one built in part; no packet sees it any more
 *
 * Context: process context, may sleep.
 */
void pp_config_pair_free(struct pp_pair *pair)
{
	target_clear(&pair->target);
	kfree(pair);
}

static void free_pairs(struct pp_config *cfg)
{
	struct hlist_node *next;
	struct pp_pair *pair;
	u32 i;

	for (i = 0; cfg->pairs && i < BIT(cfg->bits); i++) {
		hlist_for_each_entry_safe(pair, next, &cfg->pairs[i], node)
			pp_config_pair_free(pair);
		cond_resched();
	}
	kvfree(cfg->pairs);
}

/**
 * pp_config_free() - free a configuration
 * @cfg: the configuration, also one built in part; no packet sees it any more
 *
 * Context: process context, may sleep.
 */
void pp_config_free(struct pp_config *cfg)
{
	u32 i;

	free_pairs(cfg);
	for (i = 0; i < cfg->nr_targets; i++)
		target_clear(&cfg->targets[i]);
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

/**
 * pp_config_alloc() - allocate a configuration
 * @gen: its generation
 * @nr_bindings: room for bindings
 * @nr_targets: room for targets
 *
 * Context: process context, may sleep.
 *
 * Return: a configuration without servers, or NULL.
 */
struct pp_config *pp_config_alloc(u64 gen, u32 nr_bindings, u32 nr_targets)
{
	struct pp_config *cfg = kzalloc(sizeof(*cfg), GFP_KERNEL_ACCOUNT);

	if (!cfg)
		return NULL;
	cfg->gen = gen;
	cfg->bits = order_base_2(nr_targets | 1);
	cfg->bindings = kvcalloc(nr_bindings, sizeof(*cfg->bindings), GFP_KERNEL_ACCOUNT);
	cfg->targets = kvcalloc(nr_targets, sizeof(*cfg->targets), GFP_KERNEL_ACCOUNT);
	cfg->table = kvcalloc(BIT(cfg->bits), sizeof(*cfg->table), GFP_KERNEL_ACCOUNT);
	cfg->pairs = kvcalloc(BIT(cfg->bits), sizeof(*cfg->pairs), GFP_KERNEL_ACCOUNT);
	if (!cfg->bindings || !cfg->targets || !cfg->table || !cfg->pairs) {
		pp_config_free(cfg);
		return NULL;
	}
	return cfg;
}

/* Changes */

/**
 * pp_refuse() - say why a commit is refused
 * @why: filled in
 * @change: index of the change at fault
 * @ret: negative errno
 * @fmt: as for printf(); the message is cut at PP_REFUSAL_LEN
 *
 * Context: any.
 *
 * Return: @ret.
 */
int pp_refuse(struct pp_refusal *why, u32 change, int ret, const char *fmt, ...)
{
	va_list args;

	why->change = change;
	va_start(args, fmt);
	vsnprintf(why->msg, sizeof(why->msg), fmt, args);
	va_end(args);
	return ret;
}

static struct hlist_head *draft_bucket(const struct pp_drafts *d, const struct pp_server *s)
{
	return &d->table[pp_config_hash(s) & (BIT(d->bits) - 1)];
}

static struct pp_draft *draft_add(struct pp_drafts *d, const struct pp_binding *b)
{
	struct pp_draft *dr = &d->all[d->n++];

	dr->b = *b;
	dr->live = true;
	hlist_add_head(&dr->node, draft_bucket(d, &b->server));
	return dr;
}

static int drafts_init(struct pp_drafts *d, const struct pp_config *old, u32 nr_changes,
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

static void drafts_free(struct pp_drafts *d)
{
	kvfree(d->table);
	kvfree(d->order);
	kvfree(d->all);
}

static const char *transport_name(u8 transport)
{
	return transport == IPPROTO_TCP ? "TCP" : "UDP";
}

static int check_server(struct pp_drafts *d, u32 change, const struct pp_server *s)
{
	u8 max = s->family == AF_INET6 ? 128 : 32;
	union nf_inet_addr masked;

	if (s->family != AF_INET && s->family != AF_INET6)
		return pp_refuse(d->why, change, -EINVAL,
				 "an address is neither IPv4 nor IPv6");
	if (s->transport != IPPROTO_TCP && s->transport != IPPROTO_UDP)
		return pp_refuse(d->why, change, -EINVAL,
				 "transport %u is neither TCP nor UDP", s->transport);
	if (!s->port)
		return pp_refuse(d->why, change, -EINVAL, "port 0 cannot be protected");
	if (s->plen > max)
		return pp_refuse(d->why, change, -EINVAL,
				 "prefix length %u is over the %u bits of the address",
				 s->plen, max);
	pp_config_mask(&masked, &s->addr, s->plen);
	if (memcmp(&masked, &s->addr, sizeof(masked)))
		return pp_refuse(d->why, change, -EINVAL,
				 "the address has bits beyond its prefix length %u", s->plen);
	return 0;
}

static int check_patch(struct pp_drafts *d, u32 change, const struct pp_server *s,
		       const struct pp_kimage *patch)
{
	u8 transport;

	if (patch->img.hdr->kind != PP_IMAGE_PATCH)
		return pp_refuse(d->why, change, -EINVAL, "%.40s is a grammar, not a patch",
				 pp_image_name(patch));
	if (patch->img.hdr->flags & PP_PATCH_ROLE_CLIENT)
		return pp_refuse(d->why, change, -EOPNOTSUPP,
				 "%.32s protects the side that connects: not supported",
				 pp_image_name(patch));
	transport = patch->grammar->img.hdr->transport;
	if (transport != s->transport)
		return pp_refuse(d->why, change, -EINVAL, "%.40s is for %s, the server is %s",
				 pp_image_name(patch), transport_name(transport),
				 transport_name(s->transport));
	return 0;
}

static int bind(struct pp_drafts *d, u32 change, const struct pp_change *c)
{
	const struct pp_binding b = {
		.server = c->server,
		.patch = c->patch,
		.since = d->gen,
		.midstream = c->midstream,
	};
	struct pp_draft *dr;
	int ret;

	ret = check_patch(d, change, &c->server, c->patch);
	if (ret)
		return ret;
	if (c->midstream && c->server.transport != IPPROTO_TCP)
		return pp_refuse(d->why, change, -EINVAL,
				 "UDP has no connections that could be older than a patch");
	hlist_for_each_entry(dr, draft_bucket(d, &c->server), node) {
		if (dr->b.patch != c->patch || !pp_server_equal(&dr->b.server, &c->server))
			continue;
		if (dr->live)
			return pp_refuse(d->why, change, -EEXIST,
					 "%.40s is already bound to this server",
					 pp_image_name(c->patch));
		/* Unbound earlier in this commit: as if it had not been. */
		dr->live = true;
		dr->changed = dr->b.midstream != c->midstream;
		dr->b.midstream = c->midstream;
		dr->change = change;
		return 0;
	}
	draft_add(d, &b)->change = change;
	return 0;
}

static int unbind(struct pp_drafts *d, u32 change, const struct pp_change *c)
{
	bool found = false;
	struct pp_draft *dr;

	hlist_for_each_entry(dr, draft_bucket(d, &c->server), node) {
		if (!dr->live || !pp_server_equal(&dr->b.server, &c->server))
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
		return pp_refuse(d->why, change, -ENOENT, "%.40s is not bound to this server",
				 pp_image_name(c->patch));
	return pp_refuse(d->why, change, -ENOENT, "nothing is bound to this server");
}

/**
 * pp_config_cmp_patch() - the order of patches: by name, then id
 * @a: one
 * @b: the other
 *
 * Context: any.
 *
 * Return: less than, equal to or greater than 0.
 */
int pp_config_cmp_patch(const struct pp_kimage *a, const struct pp_kimage *b)
{
	return strcmp(pp_image_name(a), pp_image_name(b)) ?:
	       pp_cmp(a->img.hdr->id, b->img.hdr->id);
}

static int cmp_server(const struct pp_server *a, const struct pp_server *b)
{
	return pp_cmp(a->family, b->family) ?: pp_cmp(a->transport, b->transport) ?:
	       pp_cmp(a->port, b->port) ?: pp_cmp(a->plen, b->plen) ?:
	       memcmp(&a->addr, &b->addr, sizeof(a->addr));
}

static int cmp_draft(const void *a, const void *b)
{
	const struct pp_draft *x = *(const struct pp_draft **)a, *y = *(const struct pp_draft **)b;

	return cmp_server(&x->b.server, &y->b.server) ?:
	       pp_config_cmp_patch(x->b.patch, y->b.patch);
}

/* Returns whether anything is different at the end, or an error. */
static int drafts_apply(struct pp_drafts *d, const struct pp_change *changes, u32 n)
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
		changed |= d->all[i].old != d->all[i].live || d->all[i].changed;
		if (d->all[i].live)
			d->order[d->nr_live++] = &d->all[i];
	}
	sort(d->order, d->nr_live, sizeof(d->order[0]), cmp_draft, NULL);
	return changed;
}

static void swap_in(struct pp_net *pn, struct pp_config *cfg)
{
	bool strict = false;
	u32 i;

	/*
	 * The ports first: the test of a port comes before the lookup, and whoever
	 * is told of the new configuration must find both.
	 */
	for (i = 0; i < cfg->nr_targets; i++) {
		set_bit(cfg->targets[i].server.port, pn->ports);
		strict |= cfg->targets[i].midstream != PATCHPROXY_MIDSTREAM_OBSERVE;
	}
	WRITE_ONCE(pn->strict, strict);
	rcu_assign_pointer(pn->config, cfg);
}

/* Whether there is a server more, or one that its older connections concern more. */
static bool more_servers(const struct pp_config *cfg, const struct pp_config *old)
{
	const struct pp_target *t, *was;
	u32 i;

	for (i = 0; i < cfg->nr_targets; i++) {
		t = &cfg->targets[i];
		was = pp_config_find(old, &t->server);
		if (!was || was->midstream != t->midstream)
			return true;
	}
	return false;
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
 * After the return no packet is judged by an older generation, nor carried past by a flow
 * table. For packets that arrive later the swap of the pointer is enough; the grace period
 * is there for those that are on their way at that moment, and to free the old
 * configuration.
 *
 * Context: process context, sleeps; takes &pp_net.lock.
 *
 * Return: 0; -EINVAL, -ENOENT, -EEXIST, -EOPNOTSUPP: refused; -ENOMEM.
 */
int pp_config_commit(struct pp_net *pn, const struct pp_change *changes, u32 n, bool dry_run,
		     u64 *gen, struct pp_refusal *why)
{
	struct pp_config *old, *new = NULL;
	struct pp_drafts d;
	bool more = false;
	int ret;

	memset(why, 0, sizeof(*why));
	mutex_lock(&pn->lock);
	old = rcu_dereference_protected(pn->config, lockdep_is_held(&pn->lock));
	*gen = old->gen;
	ret = drafts_init(&d, old, n, why);
	if (!ret)
		ret = drafts_apply(&d, changes, n);
	if (ret > 0)
		ret = pp_config_build(&d, &new);
	drafts_free(&d);
	if (new && dry_run) {
		pp_config_free(new);
		new = NULL;
	}
	if (new) {
		ret = pp_hook_enable(pn);
		if (ret) {
			pp_refuse(why, 0, ret, "the packet hooks cannot be registered");
			pp_config_free(new);
			new = NULL;
		}
	}
	if (new) {
		*gen = new->gen;
		more = more_servers(new, old);
		swap_in(pn, new);
	}
	mutex_unlock(&pn->lock);
	if (!new)
		return ret;

	/* Somebody waits, and a grace period under load is long: expedite it. */
	synchronize_rcu_expedited();
	pp_config_free(old);
	if (more)
		pp_offload_end(pn);
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
	struct pp_config *cfg = pp_config_alloc(0, 0, 0);

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
	pp_config_free(rcu_dereference_protected(pn->config, 1));
	RCU_INIT_POINTER(pn->config, NULL);
	mutex_destroy(&pn->lock);
}
