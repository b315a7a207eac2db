// SPDX-License-Identifier: GPL-2.0
/*
 * Fields that rules care about, while they are open: what is counted, what is
 * cut, when conditions become true.
 *
 * Everything here depends on stream positions alone, never on how the stream was
 * split: rules that act while a field runs ask only fields that are neither
 * inside nor around it (the verifier insists), so their condition cannot change
 * between two of its bytes; the others are asked when it ends.
 */
#include "run.h"

/**
 * pp_cond() - whether a rule's condition holds now
 * @r: the run
 * @rr: the rule
 *
 * The verifier has bounded the operand stack.
 */
bool pp_cond(const struct pp_run *r, const struct pp_rsrule *rr)
{
	const struct pp_image *p = rr->patch->img;
	bool stack[PP_MAX_COND_DEPTH];
	u32 n = 0, i;

	if (!rr->rule->cond_len)
		return true;
	for (i = 0; i < rr->rule->cond_len; i++) {
		u16 c = p->conds[rr->rule->cond_off + i];

		switch (c) {
		case PP_COND_AND:
			n--;
			stack[n - 1] &= stack[n];
			break;
		case PP_COND_OR:
			n--;
			stack[n - 1] |= stack[n];
			break;
		case PP_COND_NOT:
			stack[n - 1] = !stack[n - 1];
			break;
		default:
			if (p->atoms[c].op == PP_ATOM_SESSION)
				stack[n++] = r->session->bits >> p->atoms[c].value & 1;
			else
				stack[n++] = pp_marked(r->scope, p->atoms[c].key);
		}
	}
	return stack[0];
}

/**
 * pp_track_find() - the track of a field
 * @s: the scope
 * @field: the field
 *
 * Return: the track, open or kept; NULL if there is none.
 */
struct pp_track *pp_track_find(struct pp_scope *s, u16 field)
{
	u32 i;

	for (i = 0; i < s->h.ntracks; i++)
		if (s->tracks[i].field == field)
			return &s->tracks[i];
	return NULL;
}

/**
 * pp_track_any_open() - whether bytes that pass concern some rule
 * @s: the scope
 */
bool pp_track_any_open(const struct pp_scope *s)
{
	u32 i;

	for (i = 0; i < s->h.ntracks; i++)
		if (s->tracks[i].open)
			return true;
	return false;
}

/* Whether some rule or condition can come of this occurrence of the field. */
static bool wanted(const struct pp_run *r, const struct pp_hook *h)
{
	const struct pp_ruleset *rs = r->rs;
	u32 i;

	for (i = h->atom; i < h->atom + h->natoms; i++)
		if (rs->atoms[i].since <= r->vm->unit_gen)
			return true;
	for (i = h->rule; i < h->rule + h->nrules; i++)
		if (pp_active(r, &rs->rules[i]) &&
		    (!rs->rules[i].early || pp_cond(r, &rs->rules[i])))
			return true;
	if (!h->element)
		return false;
	for (i = 0; i < rs->nrules; i++)
		if (rs->rules[i].rule->elem == h->field && pp_active(r, &rs->rules[i]) &&
		    (!rs->rules[i].early || pp_cond(r, &rs->rules[i])))
			return true;
	return false;
}

/**
 * pp_track_open() - a field begins
 * @r: the run
 * @field: the field
 */
void pp_track_open(struct pp_run *r, u16 field)
{
	const struct pp_hook *h = pp_hook(r->rs, field);
	struct pp_scope *s = r->scope;
	struct pp_track *t;
	u32 i;

	if (!h)
		return;
	t = pp_track_find(s, field);
	if (t) {
		t->open = 1;
		return;
	}
	for (i = h->atom; i < h->atom + h->natoms; i++)
		pp_unmark(s, r->rs->atoms[i].atom->key);
	if (!wanted(r, h))
		return;
	if (s->h.ntracks == PP_MAX_TRACKS) {
		pp_port_count(r->ctx, PATCHPROXY_CNT_scope_limit, 1);
		r->stop = PP_STOP_RESET;
		return;
	}
	t = &s->tracks[s->h.ntracks++];
	memset(t, 0, sizeof(*t));
	t->field = field;
	t->open = 1;
	t->nvt = h->nviews;
	for (i = 0; i < h->nviews; i++)
		t->vt[i].view = h->views[i].view;
}

/* How many of the next @n bytes TRUNCATE lets stay; *by is the rule that cuts the rest. */
static u32 stay(const struct pp_run *r, const struct pp_track *t, const struct pp_hook *h,
		u32 n, const struct pp_rsrule **by)
{
	u32 i, k;

	for (i = h->rule; i < h->rule + h->nrules; i++) {
		const struct pp_rsrule *rr = &r->rs->rules[i];

		if (rr->rule->action != PP_ACT_TRUNCATE || t->len + n <= rr->rule->n ||
		    !pp_active(r, rr) || !pp_cond(r, rr))
			continue;
		k = t->len >= rr->rule->n ? 0 : rr->rule->n - t->len;
		if (k < n) {
			n = k;
			*by = rr;
		}
	}
	return n;
}

/* How many of the next @n bytes LIMIT keeps; *by is the rule that overwrites the rest. */
static u32 kept(struct pp_run *r, const struct pp_track *t, const struct pp_hook *h,
		const u8 *p, u32 n, const struct pp_rsrule **by)
{
	u32 i, k;

	for (i = h->rule; i < h->rule + h->nrules; i++) {
		const struct pp_rsrule *rr = &r->rs->rules[i];
		struct pp_mark *parts;

		if (rr->rule->action != PP_ACT_LIMIT || !pp_active(r, rr) || !pp_cond(r, rr))
			continue;
		parts = pp_mark(r, rr->rule->key);
		if (!parts)
			return n;
		for (k = 0; k < n; k++) {
			/* The first byte begins a part; a separator begins the next one. */
			u32 begun = (!(t->len + k)) + (p[k] == rr->rule->aux);

			if (parts->val + begun > rr->rule->n) {
				n = k;
				*by = rr;
				break;
			}
			parts->val += begun;
		}
	}
	return n;
}

static const struct pp_rsrule *rule_by_key(const struct pp_ruleset *rs, u32 key)
{
	u32 i;

	for (i = 0; rs && i < rs->nrules; i++)
		if (rs->rules[i].rule->key == key)
			return &rs->rules[i];
	return NULL;
}

/* The rest of the field is lost; true where that begins. */
static bool begin_cut(struct pp_track *t, u8 how, const struct pp_rsrule *by)
{
	if (t->cut == how)
		return false;
	t->cut = how;
	t->cut_key = by->rule->key;
	return true;
}

/* What is overwritten may be cut farther behind. */
static void feed(struct pp_run *r, struct pp_track *t, const u8 *p, u32 n)
{
	const struct pp_hook *h = pp_hook(r->rs, t->field);
	const struct pp_rsrule *by = NULL, *cutter = NULL;
	u32 keep, end = n;
	bool first;

	if (t->cut)
		by = rule_by_key(r->rs, t->cut_key);
	if (t->cut == PP_CUT_REMOVE) {
		cutter = by;
		end = 0;
	} else if (h) {
		end = stay(r, t, h, n, &cutter);
	}
	keep = t->cut ? 0 : end;
	if (h && keep) {
		keep = kept(r, t, h, p, keep, &by);
		pp_match_run(r, t, h, p, keep);
	}
	if (keep < end) {
		first = begin_cut(t, PP_CUT_BLANK, by);
		pp_script_lose(r->script, r->vm->off + keep, end - keep, PP_RANK_BLANK, p + keep,
			       by, first);
	}
	if (end < n) {
		first = begin_cut(t, PP_CUT_REMOVE, cutter);
		pp_script_lose(r->script, r->vm->off + end, n - end, PP_RANK_CUT, p + end, cutter,
			       first);
	}
	t->len += n;
}

/**
 * pp_track_feed() - bytes pass that belong to the open fields
 * @r: the run; &pp_vm.off is the offset of the first byte
 * @p: the bytes
 * @n: their number, at most pp_script_room()
 */
void pp_track_feed(struct pp_run *r, const u8 *p, u32 n)
{
	u32 i;

	for (i = 0; i < r->scope->h.ntracks; i++)
		if (r->scope->tracks[i].open)
			feed(r, &r->scope->tracks[i], p, n);
}

static void decide_atoms(struct pp_run *r, const struct pp_track *t, const struct pp_hook *h,
			 const u64 *value)
{
	u32 i;

	for (i = h->atom; i < h->atom + h->natoms; i++) {
		const struct pp_rsatom *a = &r->rs->atoms[i];
		struct pp_mark *m;
		bool yes;

		switch (a->atom->op) {
		case PP_ATOM_EQUALS:
		case PP_ATOM_ENDS:
			yes = pp_match_at_end(t, a);
			break;
		case PP_ATOM_LEN:
			yes = pp_compare(a->atom->cc, t->len, a->atom->value);
			break;
		case PP_ATOM_VALUE:
			yes = value && pp_compare(a->atom->cc, *value, a->atom->value);
			break;
		default:
			continue;
		}
		if (!yes) {
			pp_unmark(r->scope, a->atom->key);
			continue;
		}
		m = pp_mark(r, a->atom->key);
		if (m)
			m->val = 1;
	}
}

/* Make a keyword unknown: spoil the byte behind it, but never the end of the line. */
static void poison(struct pp_run *r, const struct pp_rsrule *rr)
{
	u8 c = rr->rule->n;

	if (r->p == r->end)
		return;
	if (*r->p == '\r' || *r->p == '\n') {
		pp_script_insert(r->script, r->vm->off, &c, 1, rr);
	} else {
		pp_script_anchor(r->script, *r->p);
		pp_script_edit(r->script, r->vm->off, &c, 1, r->p, rr);
		r->script->ahead = r->vm->off + 1;
	}
}

static void act_at_end(struct pp_run *r, const struct pp_rsrule *rr)
{
	switch (rr->rule->action) {
	case PP_ACT_APPEND:
		if (r->p < r->end)
			pp_script_insert(r->script, r->vm->off, rr->put, rr->put_len, rr);
		break;
	case PP_ACT_POISON:
		poison(r, rr);
		break;
	case PP_ACT_DROP:
	case PP_ACT_RESET:
		r->stop = rr->rule->action == PP_ACT_DROP ? PP_STOP_DROP : PP_STOP_RESET;
		pp_script_note(r->script, rr);
		break;
	case PP_ACT_COUNT:
		pp_script_note(r->script, rr);
		break;
	}
}

/**
 * pp_track_close() - a field ends
 * @r: the run; at &pp_run.p is the byte behind it, if it has come
 * @field: the field
 * @value: of an integer field, else NULL
 */
void pp_track_close(struct pp_run *r, u16 field, const u64 *value)
{
	const struct pp_hook *h = pp_hook(r->rs, field);
	struct pp_scope *s = r->scope;
	struct pp_track *t = pp_track_find(s, field);
	u32 i;

	if (!t || !t->open)
		return;
	if (h) {
		decide_atoms(r, t, h, value);
		for (i = h->rule; i < h->rule + h->nrules; i++) {
			const struct pp_rsrule *rr = &r->rs->rules[i];

			if (pp_active(r, rr) && pp_cond(r, rr))
				act_at_end(r, rr);
		}
	}
	if (r->img->fields[field].flags & PP_FIELD_CONT) {
		t->open = 0;
		return;
	}
	i = t - s->tracks;
	s->h.ntracks--;
	memmove(t, t + 1, (s->h.ntracks - i) * sizeof(*t));
}
