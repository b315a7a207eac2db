// SPDX-License-Identifier: GPL-2.0
/* Rulesets: verified patches of one grammar, merged and indexed by field. */
#include "ruleset.h"

static int bad(struct pp_error *err, const char *msg)
{
	err->section = PP_SEC_RULES;
	err->index = 0;
	err->msg = msg;
	return -EINVAL;
}

/* Whether no atom of the condition is on the rule's own field, in it or around it. */
static bool is_early(const struct pp_image *g, const struct pp_image *p,
		     const struct pp_rule *rule)
{
	u32 i;

	for (i = 0; i < rule->cond_len; i++) {
		u16 c = p->conds[rule->cond_off + i];

		if (c < PP_COND_NOT && p->atoms[c].op != PP_ATOM_SESSION &&
		    pp_field_overlap(g, p->atoms[c].field, rule->field))
			return false;
	}
	return true;
}

static const u8 *lit(const struct pp_image *p, u32 index, u16 *len)
{
	*len = p->lits[index].len;
	return p->bytes + p->lits[index].off;
}

static bool atom_has_lit(u8 op)
{
	return op <= PP_ATOM_CONTAINS;
}

static void add_rule(struct pp_ruleset *rs, const struct pp_rs_patch *rp, u32 i)
{
	const struct pp_image *p = rp->img;
	struct pp_rsrule *r = &rs->rules[rs->nrules++];

	memset(r, 0, sizeof(*r));
	r->rule = &p->rules[i];
	r->patch = rp;
	r->early = is_early(rs->img, p, r->rule);
	switch (r->rule->action) {
	case PP_ACT_REPLACE:
		r->needle = lit(p, r->rule->lit, &r->needle_len);
		r->put = lit(p, r->rule->lit2, &r->put_len);
		break;
	case PP_ACT_APPEND:
		r->put = lit(p, r->rule->lit2, &r->put_len);
		break;
	case PP_ACT_CLASS:
		r->set = &p->sets[r->rule->lit];
		break;
	}
}

static bool same_bytes(const u8 *a, u16 alen, const u8 *b, u16 blen)
{
	return alen == blen && !memcmp(a, b, alen);
}

/*
 * Atoms of two patches with one key are one atom; that the key is a hash is
 * guarded here, at build time, so that packets may trust it.
 */
static int add_atom(struct pp_ruleset *rs, const struct pp_rs_patch *rp, u32 i,
		    struct pp_error *err)
{
	const struct pp_image *p = rp->img;
	const struct pp_atom *a = &p->atoms[i];
	struct pp_rsatom n = { .atom = a, .since = rp->since };
	u32 k;

	if (a->op == PP_ATOM_SESSION)
		return 0;
	if (atom_has_lit(a->op))
		n.needle = lit(p, a->lit, &n.len);
	else if (a->op == PP_ATOM_INSET)
		n.set = &p->sets[a->lit];
	for (k = 0; k < rs->natoms; k++) {
		struct pp_rsatom *o = &rs->atoms[k];

		if (o->atom->key != a->key)
			continue;
		if (o->atom->field != a->field || o->atom->view != a->view ||
		    o->atom->op != a->op || o->atom->cc != a->cc ||
		    o->atom->flags != a->flags || o->atom->value != a->value ||
		    !same_bytes(o->needle, o->len, n.needle, n.len) ||
		    (n.set && memcmp(o->set, n.set, sizeof(*n.set))))
			return bad(err, "two conditions of different patches have one key");
		o->since = min(o->since, rp->since);
		return 0;
	}
	rs->atoms[rs->natoms++] = n;
	return 0;
}

static void sort_rules(struct pp_ruleset *rs)
{
	u32 i, j;

	/* Insertion sort: stable, and the input comes almost sorted by patch. */
	for (i = 1; i < rs->nrules; i++) {
		struct pp_rsrule r = rs->rules[i];

		for (j = i; j && rs->rules[j - 1].rule->field > r.rule->field; j--)
			rs->rules[j] = rs->rules[j - 1];
		rs->rules[j] = r;
	}
	for (i = 1; i < rs->natoms; i++) {
		struct pp_rsatom a = rs->atoms[i];

		for (j = i; j && rs->atoms[j - 1].atom->field > a.atom->field; j--)
			rs->atoms[j] = rs->atoms[j - 1];
		rs->atoms[j] = a;
	}
}

static void trigger(struct pp_set *t, const struct pp_matcher *m)
{
	u32 i;

	if (!m->needle) {
		for (i = 0; i < ARRAY_SIZE(t->bits); i++)
			t->bits[i] |= m->set->bits[i];
		return;
	}
	i = m->needle[m->len - 1];
	t->bits[i >> 5] |= 1u << (i & 31);
	if (m->fold && i >= 'a' && i <= 'z') {
		i -= 32;
		t->bits[i >> 5] |= 1u << (i & 31);
	}
}

static struct pp_hook *hook_of(struct pp_ruleset *rs, u16 field)
{
	struct pp_hook *h;

	if (!rs->index[field]) {
		h = &rs->hooks[rs->nhooks++];
		memset(h, 0, sizeof(*h));
		h->field = field;
		rs->index[field] = rs->nhooks;
	}
	return &rs->hooks[rs->index[field] - 1];
}

static bool want_view(struct pp_hook *h, u16 view)
{
	u32 i;

	for (i = 0; i < h->nviews; i++)
		if (h->views[i].view == view)
			return true;
	if (h->nviews == PP_MAX_VIEWS)
		return false;
	h->views[h->nviews++].view = view;
	return true;
}

static bool rule_matches(u8 action)
{
	return action == PP_ACT_REPLACE || action == PP_ACT_CLASS;
}

/* A matcher of an atom; false: the atom is decided elsewhere (at the field's end). */
static bool atom_matcher(struct pp_ruleset *rs, u32 i, struct pp_matcher *m)
{
	const struct pp_rsatom *a = &rs->atoms[i];

	memset(m, 0, sizeof(*m));
	m->index = i;
	m->fold = a->atom->flags & PP_ATOM_NOCASE;
	m->starts = a->atom->op == PP_ATOM_STARTS;
	m->needle = a->needle;
	m->len = a->len;
	m->set = a->set;
	return a->atom->op == PP_ATOM_STARTS || a->atom->op == PP_ATOM_CONTAINS ||
	       a->atom->op == PP_ATOM_INSET;
}

static void rule_matcher(struct pp_ruleset *rs, u32 i, struct pp_matcher *m)
{
	const struct pp_rsrule *r = &rs->rules[i];

	memset(m, 0, sizeof(*m));
	m->index = i;
	m->is_rule = true;
	m->fold = r->rule->flags & PP_RULE_NOCASE;
	m->starts = r->rule->flags & PP_RULE_STARTS;
	m->needle = r->needle;
	m->len = r->needle_len;
	m->set = r->set;
}

static void fill_view(struct pp_ruleset *rs, struct pp_hook *h, struct pp_hview *v)
{
	struct pp_matcher *m;
	u32 i;

	v->first = rs->nmatchers;
	for (i = h->atom; i < h->atom + h->natoms; i++) {
		m = &rs->matchers[rs->nmatchers];
		if (rs->atoms[i].atom->view != v->view || !atom_matcher(rs, i, m))
			continue;
		trigger(&v->trigger, m);
		rs->nmatchers++;
	}
	for (i = h->rule; i < h->rule + h->nrules; i++) {
		const struct pp_rule *rule = rs->rules[i].rule;

		if (!rule_matches(rule->action) || rule->view != v->view)
			continue;
		m = &rs->matchers[rs->nmatchers++];
		rule_matcher(rs, i, m);
		trigger(&v->trigger, m);
	}
	v->n = rs->nmatchers - v->first;
}

static int build_hooks(struct pp_ruleset *rs, struct pp_error *err)
{
	struct pp_hook *h;
	u32 i, k;

	for (i = 0; i < rs->nrules; i++) {
		const struct pp_rule *rule = rs->rules[i].rule;

		h = hook_of(rs, rule->field);
		if (!h->nrules++)
			h->rule = i;
		h->clamps |= rule->action == PP_ACT_CLAMP;
		if (rule_matches(rule->action) && !want_view(h, rule->view))
			return bad(err, "a field is read in more than 4 views");
		if (rule->elem)
			hook_of(rs, rule->elem)->element = true;
	}
	for (i = 0; i < rs->natoms; i++) {
		const struct pp_atom *a = rs->atoms[i].atom;

		h = hook_of(rs, a->field);
		if (!h->natoms++)
			h->atom = i;
		if (a->op <= PP_ATOM_INSET && !want_view(h, a->view))
			return bad(err, "a field is read in more than 4 views");
	}
	for (i = 0; i < rs->nhooks; i++)
		for (k = 0; k < rs->hooks[i].nviews; k++)
			fill_view(rs, &rs->hooks[i], &rs->hooks[i].views[k]);
	return 0;
}

/**
 * pp_ruleset_build() - merge patches
 * @grammar: their grammar; must outlive the ruleset
 * @patches: verified patches of this grammar; the images must outlive the ruleset
 * @n: their number
 * @gen: generation it is built for; no patch may be younger
 * @err: filled in on error
 *
 * Context: may sleep.
 *
 * Return: the ruleset, to be freed with pp_ruleset_free(); NULL on error, with
 * @err->msg NULL where memory ran out.
 */
struct pp_ruleset *pp_ruleset_build(const struct pp_image *grammar,
				    const struct pp_rs_patch *patches, u32 n, u64 gen,
				    struct pp_error *err)
{
	struct pp_ruleset *rs = pp_alloc_big(sizeof(*rs));
	size_t nrules = 0, natoms = 0, nhooks;
	u32 i, k;

	memset(err, 0, sizeof(*err));
	if (!rs)
		return NULL;
	for (i = 0; i < n; i++) {
		nrules += patches[i].img->n[PP_SEC_RULES];
		natoms += patches[i].img->n[PP_SEC_ATOMS];
	}
	nhooks = min_t(size_t, 2 * nrules + natoms, PP_MAX_FIELDS);
	rs->img = grammar;
	rs->gen = gen;
	rs->npatches = n;
	rs->patches = pp_alloc_big((n + 1) * sizeof(rs->patches[0]));
	rs->rules = pp_alloc_big((nrules + 1) * sizeof(rs->rules[0]));
	rs->atoms = pp_alloc_big((natoms + 1) * sizeof(rs->atoms[0]));
	rs->matchers = pp_alloc_big((nrules + natoms + 1) * sizeof(rs->matchers[0]));
	rs->hooks = pp_alloc_big((nhooks + 1) * sizeof(rs->hooks[0]));
	if (!rs->patches || !rs->rules || !rs->atoms || !rs->matchers || !rs->hooks)
		goto fail;
	for (i = 0; i < n; i++) {
		rs->patches[i] = patches[i];
		if (patches[i].img->hdr->grammar != grammar->hdr->id) {
			bad(err, "a patch is linked to another grammar");
			goto fail;
		}
		for (k = 0; k < patches[i].img->n[PP_SEC_RULES]; k++)
			add_rule(rs, &rs->patches[i], k);
		for (k = 0; k < patches[i].img->n[PP_SEC_ATOMS]; k++)
			if (add_atom(rs, &rs->patches[i], k, err))
				goto fail;
	}
	sort_rules(rs);
	if (build_hooks(rs, err))
		goto fail;
	return rs;
fail:
	pp_ruleset_free(rs);
	return NULL;
}

/**
 * pp_ruleset_free() - free a ruleset
 * @rs: the ruleset or NULL; nobody may use it any more
 */
void pp_ruleset_free(struct pp_ruleset *rs)
{
	if (!rs)
		return;
	pp_free_big(rs->patches);
	pp_free_big(rs->rules);
	pp_free_big(rs->atoms);
	pp_free_big(rs->matchers);
	pp_free_big(rs->hooks);
	pp_free_big(rs);
}
