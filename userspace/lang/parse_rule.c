// SPDX-License-Identifier: GPL-2.0
/* Rules of patches: on FIELD when CONDITION ACTION; */
#include <stdlib.h>
#include <string.h>

#include "parse_patch.h"

static bool parse_with(struct parser *p, struct rule_tree *r)
{
	if (!parse_keyword(p, "with"))
		return false;
	r->with_pos = p->tok.pos;
	return parse_string(p, "a string", &r->with);
}

static bool parse_with_byte(struct parser *p, struct rule_tree *r)
{
	if (!parse_with(p, r))
		return false;
	if (r->with.len != 1)
		lang_diag_at(p->diag, p->src, r->with_pos, NULL, "one byte is written, not %zu",
			     r->with.len);
	r->n = r->with.len ? r->with.data[0] : 0;
	return true;
}

static bool action_replace(struct parser *p, struct rule_tree *r)
{
	if (parse_word(p, "at")) {
		if (!parse_keyword(p, "start"))
			return false;
		r->at_start = true;
	}
	r->from_pos = p->tok.pos;
	return parse_string(p, "the string to look for", &r->from) && parse_with(p, r);
}

static bool action_class(struct parser *p, struct rule_tree *r)
{
	if (p->tok.kind != T_SET)
		return parse_fail(p, "a set");
	r->set = p->tok.set;
	parse_next(p);
	if (!parse_with_byte(p, r))
		return false;
	if (r->set.bits[r->n / 32] >> (r->n & 31) & 1)
		lang_diag_at(p->diag, p->src, r->with_pos, NULL,
			     "the byte written is in the set itself");
	return true;
}

static bool action_limit(struct parser *p, struct rule_tree *r)
{
	if (!parse_int(p, "the number of parts", INT32_MAX, &r->n) || !parse_keyword(p, "by"))
		return false;
	r->with_pos = p->tok.pos;
	if (!parse_string(p, "the separator, a string of one byte", &r->with))
		return false;
	if (r->with.len != 1)
		lang_diag_at(p->diag, p->src, r->with_pos, NULL, "a separator is one byte");
	if (!r->n)
		lang_diag_at(p->diag, p->src, r->pos, "use truncate 0",
			     "at least one part must be kept");
	return true;
}

static bool parse_action(struct parser *p, struct rule_tree *r)
{
	static const struct {
		const char *word;
		unsigned int action;
	} actions[] = {
		{ "replace", PP_ACT_REPLACE }, { "ireplace", PP_ACT_REPLACE },
		{ "truncate", PP_ACT_TRUNCATE }, { "class", PP_ACT_CLASS },
		{ "append", PP_ACT_APPEND }, { "poison", PP_ACT_POISON },
		{ "clamp", PP_ACT_CLAMP }, { "limit", PP_ACT_LIMIT },
		{ "drop", PP_ACT_DROP }, { "reset", PP_ACT_RESET }, { "count", PP_ACT_COUNT },
	};
	static const char *const words[] = {
		"replace", "ireplace", "truncate", "class", "append", "poison", "clamp",
		"limit", "drop", "reset", "count", "when", "as", NULL,
	};
	size_t i, nr = sizeof(actions) / sizeof(actions[0]);

	r->pos = p->tok.pos;
	if (p->tok.kind != T_WORD)
		return parse_fail(p, "an action (truncate, replace, drop, ...)");
	for (i = 0; i < nr && strcmp(actions[i].word, p->tok.text); i++)
		;
	if (i == nr) {
		lang_diag_at(p->diag, p->src, p->tok.pos,
			     parse_suggest(p->arena, p->tok.text, words),
			     "\"%s\" is not an action", p->tok.text);
		return false;
	}
	r->action = actions[i].action;
	r->nocase = p->tok.text[0] == 'i';
	parse_next(p);
	switch (r->action) {
	case PP_ACT_REPLACE:
		return action_replace(p, r);
	case PP_ACT_TRUNCATE:
		return parse_int(p, "the number of bytes", INT32_MAX, &r->n);
	case PP_ACT_CLAMP:
		return parse_int(p, "the largest value", UINT64_MAX, &r->n);
	case PP_ACT_CLASS:
		return action_class(p, r);
	case PP_ACT_APPEND:
		r->with_pos = p->tok.pos;
		return parse_string(p, "a string", &r->with);
	case PP_ACT_POISON:
		if (!parse_with_byte(p, r))
			return false;
		if (r->n == '\r' || r->n == '\n')
			lang_diag_at(p->diag, p->src, r->with_pos, NULL,
				     "the byte written cannot end a line");
		return true;
	case PP_ACT_LIMIT:
		return action_limit(p, r);
	default:
		return true;
	}
}

/**
 * parse_rule() - take a rule behind its "on"
 * @p: the parser
 * @rule: the rule
 *
 * Return: whether there was one.
 */
bool parse_rule(struct parser *p, struct rule_tree *rule)
{
	struct field_ref *fields = arena_alloc(p->arena, PP_MAX_RULES * sizeof(*fields));

	rule->fields = fields;
	do {
		if (rule->nr_fields == PP_MAX_RULES) {
			lang_diag_at(p->diag, p->src, p->tok.pos, NULL,
				     "more than %d fields in one rule", PP_MAX_RULES);
			return false;
		}
		if (!parse_field(p, &fields[rule->nr_fields++]))
			return false;
	} while (parse_punct(p, ','));
	if (!parse_view(p, &fields[rule->nr_fields - 1]))
		return false;
	for (size_t i = 0; i + 1 < rule->nr_fields; i++) {
		fields[i].view = fields[rule->nr_fields - 1].view;
		fields[i].view_pos = fields[rule->nr_fields - 1].view_pos;
	}
	if (parse_word(p, "when") && !parse_cond(p, &rule->cond))
		return false;
	return parse_action(p, rule) && parse_expect(p, ';');
}
