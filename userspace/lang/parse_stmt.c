// SPDX-License-Identifier: GPL-2.0
/* Statements of grammars. */
#include <string.h>

#include "parse_stmt.h"

static bool parse_stmt(struct parser *p, const struct grammar_tree *tree, struct stmt *s);

/**
 * parse_block() - take statements in braces
 * @p: the parser
 * @tree: the grammar
 * @body: the statements
 *
 * Errors inside are reported and recovered from.
 *
 * Return: whether there was a block.
 */
bool parse_block(struct parser *p, const struct grammar_tree *tree, struct stmt **body)
{
	struct stmt **tail = body;

	if (!parse_expect(p, '{') || !parse_enter(p))
		return false;
	while (p->tok.kind != T_END && !parse_at(p, '}')) {
		struct stmt *s = arena_alloc(p->arena, sizeof(*s));

		s->pos = p->tok.pos;
		s->policy = -1;
		if (parse_stmt(p, tree, s)) {
			*tail = s;
			tail = &s->next;
		} else {
			parse_recover(p);
		}
	}
	p->depth--;
	return parse_expect(p, '}');
}

static bool stmt_if(struct parser *p, const struct grammar_tree *tree, struct stmt *s)
{
	bool ok;

	s->kind = STMT_IF;
	if (!parse_test(p, tree, &s->test) || !parse_block(p, tree, &s->body))
		return false;
	if (!parse_word(p, "else"))
		return true;
	if (!parse_at_word(p, "if"))
		return parse_block(p, tree, &s->other);
	if (!parse_enter(p))
		return false;
	s->other = arena_alloc(p->arena, sizeof(*s->other));
	s->other->pos = p->tok.pos;
	parse_next(p);
	ok = stmt_if(p, tree, s->other);
	p->depth--;
	return ok;
}

static struct test *case_test(struct parser *p, unsigned int reg)
{
	struct test *t = arena_alloc(p->arena, sizeof(*t));
	uint64_t value;

	t->pos = p->tok.pos;
	t->reg = reg;
	t->reg2 = NO_REG;
	if (reg == NO_REG) {
		t->kind = TEST_TOKEN;
		if (!parse_string(p, "a string", &t->lit))
			return NULL;
		if (t->lit.len > PP_MAX_TOKEN)
			lang_diag_at(p->diag, p->src, t->pos, NULL,
				     "only %d bytes of a token are kept", PP_MAX_TOKEN);
		for (size_t i = 0; i < t->lit.len; i++)
			if (t->lit.data[i] >= 'A' && t->lit.data[i] <= 'Z')
				lang_diag_at(p->diag, p->src, t->pos, "write it in lower case",
					     "a token is captured in lower case, this never matches");
	} else {
		t->kind = TEST_REG;
		t->cc = PP_CC_EQ;
		if (!parse_int(p, "an integer", UINT32_MAX, &value))
			return NULL;
		t->value = value;
	}
	return t;
}

static bool parse_case(struct parser *p, const struct grammar_tree *tree, unsigned int reg,
		       struct switch_case *c)
{
	struct test *t, *or;
	unsigned int nr = 0;

	do {
		if (++nr > PP_MAX_PATH) {
			lang_diag_at(p->diag, p->src, p->tok.pos, NULL,
				     "more than %d values in one case", PP_MAX_PATH);
			return false;
		}
		t = case_test(p, reg);
		if (!t)
			return false;
		if (c->test) {
			or = arena_alloc(p->arena, sizeof(*or));
			or->kind = TEST_OR;
			or->pos = t->pos;
			or->a = c->test;
			or->b = t;
			t = or;
		}
		c->test = t;
	} while (parse_punct(p, ','));
	return parse_expect(p, PUNCT2('=', '>')) && parse_block(p, tree, &c->body);
}

static bool stmt_switch(struct parser *p, const struct grammar_tree *tree, struct stmt *s)
{
	struct switch_case **tail = &s->cases;
	unsigned int reg = NO_REG;

	s->kind = STMT_SWITCH;
	if (!parse_word(p, "token") && !parse_reg(p, tree, &reg))
		return false;
	if (!parse_expect(p, '{'))
		return false;
	while (p->tok.kind != T_END && !parse_at(p, '}')) {
		if (parse_word(p, "else")) {
			if (!parse_expect(p, PUNCT2('=', '>')) ||
			    !parse_block(p, tree, &s->other))
				return false;
			break;
		}
		*tail = arena_alloc(p->arena, sizeof(**tail));
		if (!parse_case(p, tree, reg, *tail)) {
			*tail = NULL;
			parse_recover(p);
			continue;
		}
		tail = &(*tail)->next;
	}
	return parse_expect(p, '}');
}

static bool operand(struct parser *p, const struct grammar_tree *tree, struct stmt *s, int i)
{
	uint64_t value;

	s->regs[i] = NO_REG;
	if (p->tok.kind == T_WORD)
		return parse_reg(p, tree, &s->regs[i]);
	if (!parse_int(p, "an integer or a register", UINT32_MAX, &value))
		return false;
	s->values[i] = value;
	return true;
}

static bool stmt_alu(struct parser *p, const struct grammar_tree *tree, struct stmt *s)
{
	static const int puncts[PP_NR_ALU] = {
		[PP_ALU_ADD] = '+', [PP_ALU_SUB] = '-', [PP_ALU_MUL] = '*',
		[PP_ALU_AND] = '&', [PP_ALU_SHR] = PUNCT2('>', '>'),
	};

	s->kind = STMT_ALU;
	if (!parse_expect(p, '=') || !operand(p, tree, s, 0))
		return false;
	s->alu = PP_ALU_MOV;
	for (unsigned int i = 0; i < PP_NR_ALU; i++)
		if (puncts[i] && parse_at(p, puncts[i]))
			s->alu = i;
	if (parse_at_word(p, "min"))
		s->alu = PP_ALU_MIN;
	if (parse_at_word(p, "max"))
		s->alu = PP_ALU_MAX;
	if (s->alu != PP_ALU_MOV) {
		parse_next(p);
		if (!operand(p, tree, s, 1))
			return false;
	}
	return parse_expect(p, ';');
}

static bool stmt_malformed(struct parser *p, struct stmt *s)
{
	s->kind = STMT_MALFORMED;
	if (!parse_text(p, "the reason, a string", &s->reason))
		return false;
	if (parse_word(p, "reset"))
		s->policy = PP_POLICY_RESET;
	else if (parse_word(p, "pass"))
		s->policy = PP_POLICY_PASS;
	return parse_expect(p, ';');
}

static bool stmt_length(struct parser *p, struct stmt *s)
{
	s->kind = STMT_LENGTH;
	return parse_name(p, "the integer field", &s->name, &s->name_pos) &&
	       parse_keyword(p, "of") &&
	       parse_name(p, "the field it measures", &s->of, &s->of_pos) &&
	       parse_expect(p, ';');
}

static bool stmt_group(struct parser *p, const struct grammar_tree *tree, struct stmt *s)
{
	s->kind = STMT_GROUP;
	if (!parse_name(p, "the name of the group", &s->name, &s->name_pos))
		return false;
	while (parse_field_flags(p, s))
		;
	return parse_block(p, tree, &s->body);
}

static bool stmt_use(struct parser *p, const struct grammar_tree *tree, struct stmt *s)
{
	s->kind = STMT_USE;
	if (p->tok.kind != T_WORD)
		return parse_fail(p, "the name of a part");
	for (s->part = tree->parts; s->part; s->part = s->part->next)
		if (!strcmp(s->part->name, p->tok.text))
			break;
	if (!s->part) {
		lang_diag_at(p->diag, p->src, p->tok.pos, "declare it above: part NAME { ... }",
			     "no part is called \"%s\"", p->tok.text);
		return false;
	}
	parse_next(p);
	return parse_expect(p, ';');
}

static bool stmt_mute(struct parser *p, const struct grammar_tree *tree, struct stmt *s)
{
	parse_word(p, "skip");
	if (!parse_consume(p, tree, s))
		return false;
	s->consume->flags |= PP_I_MUTE;
	if (s->consume->telnet || s->consume->folded)
		lang_diag_at(p->diag, p->src, s->pos, NULL,
			     "telnet and folded text cannot be mute as a whole");
	return true;
}

static bool stmt_push(struct parser *p, struct stmt *s)
{
	uint64_t value;

	s->kind = STMT_PUSH;
	if (!parse_int(p, "a tag", 255, &value))
		return false;
	s->value = value;
	return parse_expect(p, ';');
}

static bool stmt_unit(struct parser *p, const struct grammar_tree *tree, struct stmt *s)
{
	s->kind = STMT_UNIT;
	return parse_name(p, "the name of the unit", &s->name, &s->name_pos) &&
	       parse_block(p, tree, &s->body);
}

static bool stmt_reg(struct parser *p, const struct grammar_tree *tree, struct stmt *s,
		     enum stmt_kind kind)
{
	s->kind = kind;
	return parse_reg(p, tree, &s->reg) && parse_expect(p, ';');
}

static bool stmt_bit(struct parser *p, const struct grammar_tree *tree, struct stmt *s,
		     enum stmt_kind kind)
{
	s->kind = kind;
	return parse_session(p, tree, &s->bit) && parse_expect(p, ';');
}

static bool stmt_plain(struct parser *p, struct stmt *s, enum stmt_kind kind)
{
	s->kind = kind;
	return parse_expect(p, ';');
}

/* NAME: ... or REG = ...; anything else that begins with a word is unknown. */
static bool stmt_word(struct parser *p, const struct grammar_tree *tree, struct stmt *s)
{
	static const char *const words[] = {
		"unit", "group", "loop", "break", "continue", "if", "switch", "use",
		"set-bit", "clear-bit", "push", "pop", "headtag", "wait", "opaque",
		"malformed", "length", "mute", "skip", "lit", NULL,
	};
	struct token word = p->tok;

	parse_next(p);
	if (parse_punct(p, ':')) {
		s->name = word.text;
		s->name_pos = word.pos;
		if (!parse_at(p, '{'))
			return parse_consume(p, tree, s);
		s->kind = STMT_BYTES;
		return parse_block(p, tree, &s->body);
	}
	if (parse_at(p, '=')) {
		for (unsigned int i = 0; i < tree->regs.nr; i++) {
			if (!strcmp(tree->regs.names[i], word.text)) {
				s->reg = i;
				return stmt_alu(p, tree, s);
			}
		}
		lang_diag_at(p->diag, p->src, word.pos, "declare it: reg NAME;",
			     "no register is called \"%s\"", word.text);
		return false;
	}
	if (!strcmp(word.text, "until") || !strcmp(word.text, "while"))
		lang_diag_at(p->diag, p->src, word.pos,
			     "name the field: name: until ..., or write: skip until ...",
			     "bytes that belong to nothing");
	else
		lang_diag_at(p->diag, p->src, word.pos,
			     parse_suggest(p->arena, word.text, words),
			     "\"%s\" is not a statement", word.text);
	return false;
}

static bool parse_stmt(struct parser *p, const struct grammar_tree *tree, struct stmt *s)
{
	if (p->tok.kind != T_WORD)
		return parse_fail(p, "a statement");
	if (parse_at_word(p, "lit"))
		return parse_consume(p, tree, s);
	if (parse_word(p, "skip"))
		return parse_consume(p, tree, s);
	if (parse_word(p, "mute"))
		return stmt_mute(p, tree, s);
	if (parse_word(p, "unit"))
		return stmt_unit(p, tree, s);
	if (parse_word(p, "group"))
		return stmt_group(p, tree, s);
	if (parse_word(p, "loop")) {
		s->kind = STMT_LOOP;
		return parse_block(p, tree, &s->body);
	}
	if (parse_word(p, "break"))
		return stmt_plain(p, s, STMT_BREAK);
	if (parse_word(p, "continue"))
		return stmt_plain(p, s, STMT_CONTINUE);
	if (parse_word(p, "if"))
		return stmt_if(p, tree, s);
	if (parse_word(p, "switch"))
		return stmt_switch(p, tree, s);
	if (parse_word(p, "use"))
		return stmt_use(p, tree, s);
	if (parse_word(p, "set-bit"))
		return stmt_bit(p, tree, s, STMT_SETS);
	if (parse_word(p, "clear-bit"))
		return stmt_bit(p, tree, s, STMT_CLRS);
	if (parse_word(p, "push"))
		return stmt_push(p, s);
	if (parse_word(p, "pop"))
		return stmt_reg(p, tree, s, STMT_POP);
	if (parse_word(p, "headtag"))
		return stmt_reg(p, tree, s, STMT_HEADTAG);
	if (parse_word(p, "wait"))
		return stmt_plain(p, s, STMT_WAIT);
	if (parse_word(p, "opaque")) {
		s->value = parse_word(p, "blind") ? PP_I_BLIND : 0;
		return stmt_plain(p, s, STMT_OPAQUE);
	}
	if (parse_word(p, "malformed"))
		return stmt_malformed(p, s);
	if (parse_word(p, "length"))
		return stmt_length(p, s);
	return stmt_word(p, tree, s);
}
