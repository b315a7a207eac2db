// SPDX-License-Identifier: GPL-2.0
/* Conditions of patches. */
#include <stdlib.h>
#include <string.h>

#include "parse_patch.h"

/**
 * parse_field() - take the name of a field
 * @p: the parser
 * @ref: the field
 *
 * Return: whether there was one.
 */
bool parse_field(struct parser *p, struct field_ref *ref)
{
	return parse_name(p, "a field", &ref->name, &ref->pos);
}

/**
 * parse_view() - take "as VIEW, ..." if it is at hand
 * @p: the parser
 * @ref: the field it belongs to
 *
 * Return: false when there was one and it was wrong.
 */
bool parse_view(struct parser *p, struct field_ref *ref)
{
	static const struct {
		const char *word;
		unsigned int view;
		unsigned int stages;
	} views[] = {
		{ "percent", PP_VIEW_PERCENT, 1 },
		{ "plus", PP_VIEW_PLUS, 1 },
		{ "skip-control", PP_VIEW_SKIPCTL, 1 },
		{ "blanks", PP_VIEW_BLANKS, 1 },
		{ "json", PP_VIEW_JSON, 1 },
		{ "form", PP_VIEW_PLUS | PP_VIEW_PERCENT << 4, 2 },
	};
	static const char *const words[] = {
		"percent", "plus", "skip-control", "blanks", "json", "form", NULL,
	};
	unsigned int stages = 0, i;

	ref->view_pos = p->tok.pos;
	if (!parse_word(p, "as"))
		return true;
	do {
		if (p->tok.kind != T_WORD)
			return parse_fail(p, "a view (percent, plus, skip-control, blanks, json, form)");
		for (i = 0; words[i] && strcmp(words[i], p->tok.text); i++)
			;
		if (!words[i]) {
			const char *hint = parse_suggest(p->arena, p->tok.text, words);

			lang_diag_at(p->diag, p->src, p->tok.pos,
				     hint ? hint : "the views are percent, plus, skip-control, blanks, json and form",
				     "no view is called \"%s\"", p->tok.text);
			return false;
		}
		if (stages + views[i].stages > PP_VIEW_STAGES) {
			lang_diag_at(p->diag, p->src, p->tok.pos, NULL,
				     "more than %d views in a row", PP_VIEW_STAGES);
			return false;
		}
		ref->view |= views[i].view << 4 * stages;
		stages += views[i].stages;
		parse_next(p);
	} while (parse_punct(p, ','));
	return true;
}

static bool add_string(struct parser *p, struct cond *c, size_t *cap, size_t *pos_cap)
{
	struct lang_bytes *strings = (struct lang_bytes *)c->strings;
	struct lang_pos *pos = (struct lang_pos *)c->string_pos;
	size_t nr = c->nr_strings;
	struct lang_bytes value;
	struct lang_pos at = p->tok.pos;

	if (!parse_string(p, "a string", &value))
		return false;
	*lang_push(strings, c->nr_strings, *cap) = value;
	*lang_push(pos, nr, *pos_cap) = at;
	c->strings = strings;
	c->string_pos = pos;
	return true;
}

static bool parse_strings(struct parser *p, struct cond *c, bool list)
{
	size_t cap = 0, pos_cap = 0;
	const void *strings, *pos;
	bool ok;

	do {
		ok = add_string(p, c, &cap, &pos_cap);
	} while (ok && list && parse_punct(p, ','));
	strings = c->strings;
	pos = c->string_pos;
	if (strings) {
		c->strings = arena_dup(p->arena, strings, c->nr_strings * sizeof(*c->strings));
		c->string_pos = arena_dup(p->arena, pos, c->nr_strings * sizeof(*c->string_pos));
	}
	free((void *)strings);
	free((void *)pos);
	return ok;
}

static bool parse_in(struct parser *p, struct cond *c)
{
	c->op = PP_ATOM_EQUALS;
	if (p->tok.kind == T_PARAM) {
		c->param = p->tok.text;
		c->param_pos = p->tok.pos;
		parse_next(p);
		return true;
	}
	if (!parse_at(p, '{'))
		return parse_fail(p, "{ \"...\", ... } or a parameter");
	parse_next(p);
	return parse_strings(p, c, true) && parse_expect(p, '}');
}

static bool string_op(struct parser *p, struct cond *c)
{
	static const struct {
		const char *word;
		unsigned int op;
	} ops[] = {
		{ "equals", PP_ATOM_EQUALS }, { "starts-with", PP_ATOM_STARTS },
		{ "ends-with", PP_ATOM_ENDS }, { "contains", PP_ATOM_CONTAINS },
	};
	static const char *const words[] = {
		"starts-with", "ends-with", "contains", "istarts-with", "iends-with",
		"icontains", "iequals", "in", "iin", "has", "as", NULL,
	};
	const char *word = p->tok.text, *hint;

	if (!strcmp(word, "has")) {
		c->op = PP_ATOM_INSET;
		parse_next(p);
		if (p->tok.kind != T_SET)
			return parse_fail(p, "a set");
		c->set = p->tok.set;
		parse_next(p);
		return true;
	}
	if (!strcmp(word, "in") || !strcmp(word, "iin")) {
		c->nocase = *word == 'i' && word[1] == 'i';
		parse_next(p);
		return parse_in(p, c);
	}
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		bool nocase = *word == 'i' && !strcmp(word + 1, ops[i].word);

		if (!nocase && (strcmp(word, ops[i].word) || !i))
			continue;
		c->nocase = nocase;
		c->op = ops[i].op;
		parse_next(p);
		return parse_strings(p, c, false);
	}
	hint = parse_suggest(p->arena, word, words);
	if (!strcmp(word, "equals"))
		hint = "write == \"...\", or iequals \"...\" to ignore case";
	lang_diag_at(p->diag, p->src, p->tok.pos, hint, "\"%s\" compares nothing", word);
	return false;
}

static bool parse_atom(struct parser *p, struct cond *c)
{
	if (parse_at_word(p, "session")) {
		struct lang_pos pos;

		parse_next(p);
		c->op = PP_ATOM_SESSION;
		return parse_name(p, "the name of a session bit", &c->session, &pos);
	}
	if (parse_at_word(p, "len")) {
		parse_next(p);
		c->op = PP_ATOM_LEN;
		if (!parse_expect(p, '(') || !parse_field(p, &c->field) || !parse_expect(p, ')'))
			return false;
		c->op_pos = p->tok.pos;
		return parse_cc(p, &c->cc) &&
		       parse_int(p, "a number of bytes", UINT64_MAX, &c->value);
	}
	if (!parse_field(p, &c->field) || !parse_view(p, &c->field))
		return false;
	c->op_pos = p->tok.pos;
	if (p->tok.kind == T_WORD)
		return string_op(p, c);
	if (!parse_cc(p, &c->cc))
		return false;
	if (p->tok.kind == T_STRING) {
		c->op = PP_ATOM_EQUALS;
		c->negate = c->cc == PP_CC_NE;
		if (c->cc != PP_CC_EQ && c->cc != PP_CC_NE)
			lang_diag_at(p->diag, p->src, c->op_pos, "use == or !=",
				     "strings are not greater or smaller");
		return parse_strings(p, c, false);
	}
	c->op = PP_ATOM_VALUE;
	return parse_int(p, "a string or an integer", UINT64_MAX, &c->value);
}

static struct cond *cond_new(struct parser *p, enum cond_kind kind)
{
	struct cond *c = arena_alloc(p->arena, sizeof(*c));

	c->kind = kind;
	c->pos = p->tok.pos;
	return c;
}

static bool cond_primary(struct parser *p, struct cond **cond)
{
	bool ok;

	if (parse_punct(p, '('))
		return parse_cond(p, cond) && parse_expect(p, ')');
	if (parse_at_word(p, "not")) {
		*cond = cond_new(p, COND_NOT);
		parse_next(p);
		if (!parse_enter(p))
			return false;
		ok = cond_primary(p, &(*cond)->a);
		p->depth--;
		return ok;
	}
	*cond = cond_new(p, COND_ATOM);
	return parse_atom(p, *cond);
}

static bool cond_chain(struct parser *p, struct cond **cond, enum cond_kind kind)
{
	const char *word = kind == COND_OR ? "or" : "and";
	unsigned int nr = 1;
	struct cond *c;

	if (kind == COND_OR ? !cond_chain(p, cond, COND_AND) : !cond_primary(p, cond))
		return false;
	while (parse_at_word(p, word)) {
		if (++nr > PP_MAX_COND) {
			lang_diag_at(p->diag, p->src, p->tok.pos, NULL,
				     "more than %d conditions in a row", PP_MAX_COND);
			return false;
		}
		c = cond_new(p, kind);
		parse_next(p);
		c->a = *cond;
		*cond = c;
		if (kind == COND_OR ? !cond_chain(p, &c->b, COND_AND) : !cond_primary(p, &c->b))
			return false;
	}
	return true;
}

/**
 * parse_cond() - take a condition
 * @p: the parser
 * @cond: the condition
 *
 * Return: whether there was one.
 */
bool parse_cond(struct parser *p, struct cond **cond)
{
	bool ok;

	if (!parse_enter(p))
		return false;
	ok = cond_chain(p, cond, COND_OR);
	p->depth--;
	return ok;
}
