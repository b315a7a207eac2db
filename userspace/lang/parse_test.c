// SPDX-License-Identifier: GPL-2.0
/* Conditions of grammars, and the names that statements refer to. */
#include <string.h>

#include "parse_stmt.h"

/**
 * parse_set() - take a set, by value or by name
 * @p: the parser
 * @tree: the grammar, for the names
 * @set: the set
 *
 * Return: whether there was one.
 */
bool parse_set(struct parser *p, const struct grammar_tree *tree, struct pp_set *set)
{
	if (p->tok.kind == T_SET) {
		*set = p->tok.set;
		parse_next(p);
		return true;
	}
	if (p->tok.kind != T_WORD)
		return parse_fail(p, "a set");
	for (const struct set_name *s = tree->sets; s; s = s->next) {
		if (strcmp(s->name, p->tok.text))
			continue;
		*set = s->set;
		parse_next(p);
		return true;
	}
	lang_diag_at(p->diag, p->src, p->tok.pos,
		     "a set is written [...] or declared: set eol = [\\r\\n];",
		     "no set is called \"%s\"", p->tok.text);
	return false;
}

static bool name_index(struct parser *p, const struct name_list *list, const char *what,
		       const char *hint, unsigned int *index)
{
	if (p->tok.kind != T_WORD)
		return parse_fail(p, arena_printf(p->arena, "a %s", what));
	for (unsigned int i = 0; i < list->nr; i++) {
		if (!strcmp(list->names[i], p->tok.text)) {
			*index = i;
			parse_next(p);
			return true;
		}
	}
	lang_diag_at(p->diag, p->src, p->tok.pos, hint, "no %s is called \"%s\"",
		     what, p->tok.text);
	return false;
}

/**
 * parse_reg() - take the name of a register
 * @p: the parser
 * @tree: the grammar
 * @reg: its number
 *
 * Return: whether there was one.
 */
bool parse_reg(struct parser *p, const struct grammar_tree *tree, unsigned int *reg)
{
	return name_index(p, &tree->regs, "register", "declare it: reg NAME;", reg);
}

/**
 * parse_session() - take the name of a session bit
 * @p: the parser
 * @tree: the grammar
 * @bit: its number
 *
 * Return: whether there was one.
 */
bool parse_session(struct parser *p, const struct grammar_tree *tree, unsigned int *bit)
{
	return name_index(p, &tree->session, "session bit", "declare it: session NAME;", bit);
}

static struct test *test_new(struct parser *p, enum test_kind kind)
{
	struct test *t = arena_alloc(p->arena, sizeof(*t));

	t->kind = kind;
	t->pos = p->tok.pos;
	t->reg2 = NO_REG;
	return t;
}

static bool test_token(struct parser *p, struct test *t)
{
	struct lang_pos pos;

	if (parse_word(p, "starts"))
		t->flags = PP_I_STARTS;
	else if (parse_word(p, "ends"))
		t->flags = PP_I_ENDS;
	else if (!parse_punct(p, PUNCT2('=', '=')))
		return parse_fail(p, "\"==\", \"starts\" or \"ends\"");
	pos = p->tok.pos;
	if (!parse_string(p, "a string", &t->lit))
		return false;
	for (size_t i = 0; i < t->lit.len; i++) {
		if (t->lit.data[i] >= 'A' && t->lit.data[i] <= 'Z') {
			lang_diag_at(p->diag, p->src, pos, "write it in lower case",
				     "a token is captured in lower case, this never matches");
			break;
		}
	}
	if (t->lit.len > PP_MAX_TOKEN)
		lang_diag_at(p->diag, p->src, pos, NULL,
			     "only %d bytes of a token are kept", PP_MAX_TOKEN);
	if (!t->lit.len && t->flags)
		lang_diag_at(p->diag, p->src, pos, NULL, "an empty string always matches");
	return true;
}

static bool test_primary(struct parser *p, const struct grammar_tree *tree, struct test **test)
{
	struct test *t;
	uint64_t value;
	bool ok;

	if (parse_punct(p, '(')) {
		ok = parse_test(p, tree, test);
		return ok && parse_expect(p, ')');
	}
	if (parse_at_word(p, "not")) {
		*test = t = test_new(p, TEST_NOT);
		parse_next(p);
		if (!parse_enter(p))
			return false;
		ok = test_primary(p, tree, &t->a);
		p->depth--;
		return ok;
	}
	*test = t = test_new(p, TEST_REG);
	if (parse_word(p, "peek")) {
		t->kind = TEST_PEEK;
		return parse_set(p, tree, &t->set);
	}
	if (parse_word(p, "eof")) {
		t->kind = TEST_EOF;
		return true;
	}
	if (parse_word(p, "token")) {
		t->kind = TEST_TOKEN;
		return test_token(p, t);
	}
	if (parse_word(p, "session")) {
		t->kind = TEST_SESSION;
		return parse_session(p, tree, &t->bit);
	}
	if (!parse_reg(p, tree, &t->reg) || !parse_cc(p, &t->cc))
		return false;
	if (p->tok.kind == T_WORD)
		return parse_reg(p, tree, &t->reg2);
	if (!parse_int(p, "an integer or a register", UINT32_MAX, &value))
		return false;
	t->value = value;
	return true;
}

static bool test_chain(struct parser *p, const struct grammar_tree *tree, struct test **test,
		       enum test_kind kind)
{
	const char *word = kind == TEST_OR ? "or" : "and";
	unsigned int nr = 1;
	struct test *t;

	if (kind == TEST_OR ? !test_chain(p, tree, test, TEST_AND) :
			      !test_primary(p, tree, test))
		return false;
	while (parse_at_word(p, word)) {
		if (++nr > PP_MAX_PATH) {
			lang_diag_at(p->diag, p->src, p->tok.pos, NULL,
				     "more than %d conditions in a row", PP_MAX_PATH);
			return false;
		}
		t = test_new(p, kind);
		parse_next(p);
		t->a = *test;
		*test = t;
		if (kind == TEST_OR ? !test_chain(p, tree, &t->b, TEST_AND) :
				      !test_primary(p, tree, &t->b))
			return false;
	}
	return true;
}

/**
 * parse_test() - take a condition
 * @p: the parser
 * @tree: the grammar
 * @test: the condition
 *
 * Return: whether there was one.
 */
bool parse_test(struct parser *p, const struct grammar_tree *tree, struct test **test)
{
	bool ok;

	if (!parse_enter(p))
		return false;
	ok = test_chain(p, tree, test, TEST_OR);
	p->depth--;
	return ok;
}
