// SPDX-License-Identifier: GPL-2.0
/*
 * Order: a rule decides while its field passes, or when it has ended. What its
 * condition asks must be known by then.
 */
#include "patch.h"

static bool is_running(unsigned int action)
{
	return action == PP_ACT_TRUNCATE || action == PP_ACT_CLASS ||
	       action == PP_ACT_REPLACE || action == PP_ACT_LIMIT ||
	       action == PP_ACT_CLAMP;
}

/* Is one field the other, or inside it? */
static bool overlap(const struct lang_grammar *g, unsigned int a, unsigned int b)
{
	for (unsigned int up = a; up; up = g->fields[up].parent)
		if (up == b)
			return true;
	for (unsigned int up = b; up; up = g->fields[up].parent)
		if (up == a)
			return true;
	return false;
}

/* Can the atom become true before its field has ended, and stay so? */
static bool decides_early(const struct cond *c)
{
	switch (c->op) {
	case PP_ATOM_STARTS:
	case PP_ATOM_CONTAINS:
	case PP_ATOM_INSET:
		return true;
	case PP_ATOM_LEN:
		return c->cc == PP_CC_GT || c->cc == PP_CC_GE;
	default:
		return false;
	}
}

static bool check_leaf(struct linker *l, const struct rule_tree *r, unsigned int field,
		       const struct cond *c, bool negated)
{
	const struct lang_grammar *g = l->g;
	unsigned int asked = link_field(l, &c->field);
	bool early = decides_early(c) && !negated;

	if (!asked)
		return false;
	if (is_running(r->action) && overlap(g, asked, field)) {
		link_fail(l, c->field.pos,
			  r->action == PP_ACT_REPLACE ?
			  "to look at its start write: replace at start \"...\" with \"...\"" :
			  "ask about another field, or act when it has ended: append, poison, reset",
			  "the rule changes \"%s\" while it passes and cannot ask about %s",
			  g->fields[field].name, asked == field ? "it" : g->fields[asked].name);
		return false;
	}
	if (asked == field)
		return true;
	if ((g->fields[asked].flags ^ g->fields[field].flags) & PP_FIELD_SERVER) {
		link_fail(l, c->field.pos, "ask about what the same side sends",
			  "\"%s\" is sent by the other side than \"%s\"",
			  g->fields[asked].name, g->fields[field].name);
		return false;
	}
	if (code_field_before(&g->code, asked, early, field))
		return true;
	link_fail(l, c->field.pos, "put the rule on a field that comes later, or ask about one that comes before",
		  "\"%s\" is known only when \"%s\" has passed",
		  g->fields[asked].name, g->fields[field].name);
	return false;
}

static bool check(struct linker *l, const struct rule_tree *r, unsigned int field,
		  const struct cond *c, bool negated)
{
	bool ok;

	switch (c->kind) {
	case COND_ATOM:
		return c->op == PP_ATOM_SESSION ||
		       check_leaf(l, r, field, c, negated || c->negate);
	case COND_NOT:
		return check(l, r, field, c->a, !negated);
	default:
		ok = check(l, r, field, c->a, negated);
		return check(l, r, field, c->b, negated) && ok;
	}
}

/**
 * order_check() - is the condition of a rule known when the rule decides
 * @l: the linker
 * @r: the rule
 * @field: one of its fields
 *
 * Return: whether it is.
 */
bool order_check(struct linker *l, const struct rule_tree *r, unsigned int field)
{
	return !r->cond || check(l, r, field, r->cond, false);
}

static bool check_length(struct linker *l, const struct cond *c, unsigned int field,
			 unsigned int length)
{
	const struct lang_grammar *g = l->g;
	unsigned int asked;
	bool ok;

	if (c->kind == COND_NOT)
		return check_length(l, c->a, field, length);
	if (c->kind != COND_ATOM) {
		ok = check_length(l, c->a, field, length);
		return check_length(l, c->b, field, length) && ok;
	}
	if (c->op == PP_ATOM_SESSION)
		return true;
	asked = link_field(l, &c->field);
	if (!asked || asked == length)
		return asked;
	if (code_field_before(&g->code, asked, false, length) &&
	    !code_field_between(&g->code, length, asked, field))
		return true;
	link_fail(l, c->field.pos, "ask only about what comes before the length",
		  "\"%s\" states the length of \"%s\" and can pass before \"%s\" is known",
		  g->fields[length].name, g->fields[field].name, g->fields[asked].name);
	return false;
}

/**
 * order_check_length() - is the condition of a rule known when a length passes
 * @l: the linker
 * @r: the rule
 * @field: its field
 * @length: the integer that states the length of @field
 *
 * Both the field and its length must be changed or neither: nothing the
 * condition asks may change its answer between them.
 *
 * Return: whether it is.
 */
bool order_check_length(struct linker *l, const struct rule_tree *r, unsigned int field,
			unsigned int length)
{
	return !r->cond || check_length(l, r->cond, field, length);
}
