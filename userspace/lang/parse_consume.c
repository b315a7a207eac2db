// SPDX-License-Identifier: GPL-2.0
/* Statements that consume bytes. */
#include <string.h>

#include "parse_stmt.h"

/*
 * Widths of integers. "byte" is raw, one byte of text; the others are numbers.
 */
static const struct {
	const char *word;
	unsigned int op;
	unsigned int bytes;
	unsigned int flags;
} integers[] = {
	{ "byte", PP_OP_BYTE, 1, 0 },
	{ "u8", PP_OP_UINT, 1, 0 },
	{ "u16be", PP_OP_UINT, 2, 0 },
	{ "u16le", PP_OP_UINT, 2, PP_I_LE },
	{ "u24be", PP_OP_UINT, 3, 0 },
	{ "u24le", PP_OP_UINT, 3, PP_I_LE },
	{ "u32be", PP_OP_UINT, 4, 0 },
	{ "u32le", PP_OP_UINT, 4, PP_I_LE },
	{ "u64be", PP_OP_UINT, 8, 0 },
	{ "u64le", PP_OP_UINT, 8, PP_I_LE },
};

static const char *const consume_words[] = {
	"until", "while", "byte", "u8", "u16be", "u16le", "u24be", "u24le", "u32be",
	"u32le", "u64be", "u64le", "dec", "hex", "bytes", "rest", "lit", NULL,
};

static bool kind_scan(struct parser *p, const struct grammar_tree *tree, struct consume *c)
{
	c->op = PP_OP_SCAN;
	if (parse_at_word(p, "while"))
		c->flags |= PP_I_WHILE;
	parse_next(p);
	return parse_set(p, tree, &c->set);
}

static bool kind_lit(struct parser *p, struct consume *c)
{
	struct lang_pos pos;

	c->op = PP_OP_LIT;
	parse_next(p);
	pos = p->tok.pos;
	if (!parse_string(p, "a string", &c->lit))
		return false;
	if (!c->lit.len || c->lit.len > PP_MAX_LIT)
		lang_diag_at(p->diag, p->src, pos, NULL,
			     "a literal has 1 to %d bytes", PP_MAX_LIT);
	return true;
}

static bool kind_bytes(struct parser *p, const struct grammar_tree *tree, struct consume *c)
{
	c->op = PP_OP_SKIP;
	parse_next(p);
	return parse_expect(p, '(') && parse_reg(p, tree, &c->reg) && parse_expect(p, ')');
}

static bool parse_kind(struct parser *p, const struct grammar_tree *tree, struct consume *c)
{
	if (parse_at_word(p, "until") || parse_at_word(p, "while"))
		return kind_scan(p, tree, c);
	if (parse_at_word(p, "lit"))
		return kind_lit(p, c);
	if (parse_at_word(p, "bytes"))
		return kind_bytes(p, tree, c);
	if (parse_word(p, "rest")) {
		c->op = PP_OP_REST;
		return true;
	}
	if (parse_at_word(p, "dec") || parse_at_word(p, "hex")) {
		c->op = PP_OP_NUM;
		c->arg = parse_at_word(p, "hex") ? 16 : 10;
		parse_next(p);
		return true;
	}
	for (size_t i = 0; i < sizeof(integers) / sizeof(integers[0]); i++) {
		if (!parse_word(p, integers[i].word))
			continue;
		c->op = integers[i].op;
		c->arg = c->op == PP_OP_UINT ? integers[i].bytes : 0;
		c->flags |= integers[i].flags;
		return true;
	}
	if (p->tok.kind == T_WORD) {
		lang_diag_at(p->diag, p->src, p->tok.pos,
			     parse_suggest(p->arena, p->tok.text, consume_words),
			     "\"%s\" is not a way to read bytes", p->tok.text);
		return false;
	}
	return parse_fail(p, "a way to read bytes (until, while, bytes, dec, u16be, ...)");
}

/**
 * parse_field_flags() - take the flag of a field if one is at hand
 * @p: the parser
 * @s: statement the field belongs to
 *
 * Return: whether there was one.
 */
bool parse_field_flags(struct parser *p, struct stmt *s)
{
	static const struct {
		const char *word;
		unsigned int flag;
	} flags[] = {
		{ "secret", PP_FIELD_SECRET },
		{ "cont", PP_FIELD_CONT },
		{ "element", PP_FIELD_ELEMENT },
	};
	struct lang_pos pos = p->tok.pos;
	bool found = false;

	if (parse_word(p, "doc")) {
		parse_text(p, "one line about the field", &s->doc);
		found = true;
	}
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]) && !found; i++) {
		if (!parse_at_word(p, flags[i].word))
			continue;
		parse_next(p);
		s->field_flags |= flags[i].flag;
		found = true;
		if (flags[i].flag == PP_FIELD_ELEMENT && s->kind != STMT_GROUP)
			lang_diag_at(p->diag, p->src, pos, NULL,
				     "only a group is a whole element of a list");
	}
	if (found && !s->name)
		lang_diag_at(p->diag, p->src, pos, "write a name before it: name: until ...",
			     "only a field can be described");
	return found;
}

static bool flag_max(struct parser *p, struct consume *c)
{
	struct lang_pos pos = p->tok.pos;
	uint64_t max = 0;
	bool num = c->op == PP_OP_NUM;

	parse_next(p);
	if (c->op != PP_OP_SCAN && !num)
		lang_diag_at(p->diag, p->src, pos, NULL,
			     "\"max\" belongs to until, while, dec and hex");
	if (!parse_int(p, num ? "the number of digits" : "the number of bytes",
		       num ? PP_MAX_DIGITS : UINT32_MAX, &max))
		return false;
	if (!max)
		lang_diag_at(p->diag, p->src, pos, NULL, "\"max\" is at least 1");
	c->max = max;
	return true;
}

static bool flag_into(struct parser *p, const struct grammar_tree *tree, struct consume *c)
{
	struct lang_pos pos = p->tok.pos;

	parse_next(p);
	if (c->op != PP_OP_BYTE && c->op != PP_OP_UINT && c->op != PP_OP_NUM)
		lang_diag_at(p->diag, p->src, pos, NULL, "\"into\" belongs to integers");
	return parse_reg(p, tree, &c->reg);
}

static void flag_scan(struct parser *p, struct stmt *s)
{
	struct consume *c = s->consume;
	struct lang_pos pos = p->tok.pos;
	bool ok = c->op == PP_OP_SCAN && !(c->flags & PP_I_WHILE);

	if (parse_word(p, "capture")) {
		ok = c->op == PP_OP_SCAN;
		c->flags |= parse_word(p, "tail") ? PP_I_TAIL : PP_I_HEAD;
	} else if (parse_word(p, "telnet")) {
		c->telnet = true;
	} else {
		parse_next(p);
		c->folded = true;
		if (ok && (!set_has(&c->set, '\n') || !set_has(&c->set, '\r')))
			lang_diag_at(p->diag, p->src, pos, "use until [\\r\\n]",
				     "a folded value ends at \\r and \\n");
	}
	if (!ok)
		lang_diag_at(p->diag, p->src, pos, NULL, "this belongs to until");
	if (c->telnet && c->folded)
		lang_diag_at(p->diag, p->src, pos, NULL,
			     "a value cannot be both telnet and folded");
}

static bool parse_flags(struct parser *p, const struct grammar_tree *tree, struct stmt *s)
{
	struct consume *c = s->consume;

	for (;;) {
		if (parse_at_word(p, "max")) {
			if (!flag_max(p, c))
				return false;
		} else if (parse_at_word(p, "into")) {
			if (!flag_into(p, tree, c))
				return false;
		} else if (parse_at_word(p, "capture") || parse_at_word(p, "telnet") ||
			   parse_at_word(p, "folded")) {
			flag_scan(p, s);
		} else if (parse_at_word(p, "fold")) {
			if (c->op != PP_OP_LIT)
				lang_diag_at(p->diag, p->src, p->tok.pos,
					     c->op == PP_OP_SCAN ? "did you mean \"folded\"?" : NULL,
					     "\"fold\" belongs to lit");
			parse_next(p);
			c->flags |= PP_I_FOLD;
		} else if (!parse_field_flags(p, s)) {
			return true;
		}
	}
}

/**
 * parse_consume() - take a consuming statement behind its name
 * @p: the parser
 * @tree: the grammar
 * @s: the statement, with its name if it has one
 *
 * Return: whether there was one.
 */
bool parse_consume(struct parser *p, const struct grammar_tree *tree, struct stmt *s)
{
	struct consume *c = arena_alloc(p->arena, sizeof(*c));
	struct lang_pos pos = p->tok.pos;

	s->kind = STMT_CONSUME;
	s->consume = c;
	c->reg = NO_REG;
	if (!parse_kind(p, tree, c) || !parse_flags(p, tree, s))
		return false;
	if (!c->max && (c->op == PP_OP_SCAN || c->op == PP_OP_NUM))
		lang_diag_at(p->diag, p->src, pos,
			     c->op == PP_OP_NUM ? "say how many digits there may be: max 32" :
						  "say how many bytes there may be: max 65536",
			     "\"max\" is missing");
	if (c->op == PP_OP_NUM && c->reg == NO_REG)
		lang_diag_at(p->diag, p->src, pos, "name a register: into REG",
			     "\"into\" is missing");
	if (c->telnet && set_has(&c->set, 0xff))
		lang_diag_at(p->diag, p->src, pos, NULL,
			     "telnet text cannot end at \\xff, which begins a telnet sequence");
	if (parse_at_word(p, "else")) {
		if (c->op != PP_OP_SCAN && c->op != PP_OP_NUM && c->op != PP_OP_LIT)
			lang_diag_at(p->diag, p->src, p->tok.pos, NULL,
				     "this cannot fail, so it has no \"else\"");
		parse_next(p);
		c->has_else = true;
		return parse_block(p, tree, &c->else_body);
	}
	return parse_expect(p, ';');
}
