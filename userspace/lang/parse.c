// SPDX-License-Identifier: GPL-2.0
/* What the parsers of both kinds of file share. */
#include <string.h>

#include "parse.h"

/**
 * parse_init() - begin to parse a source
 * @p: the parser
 * @src: the source
 * @diag: where errors go
 * @arena: memory of the tree
 */
void parse_init(struct parser *p, const struct lang_source *src,
		struct lang_diag *diag, struct arena *arena)
{
	memset(p, 0, sizeof(*p));
	p->src = src;
	p->diag = diag;
	p->arena = arena;
	lex_init(&p->lx, src, diag, arena);
	lex_next(&p->lx, &p->tok);
	p->end = p->tok.pos;
}

/**
 * parse_next() - go to the next token
 * @p: the parser
 */
void parse_next(struct parser *p)
{
	p->end = p->tok.pos;
	p->end.col += p->end.len;
	p->end.len = 1;
	lex_next(&p->lx, &p->tok);
}

/**
 * parse_at_word() - is the token at hand this word
 * @p: the parser
 * @word: the word
 *
 * Return: whether it is.
 */
bool parse_at_word(const struct parser *p, const char *word)
{
	return p->tok.kind == T_WORD && !strcmp(p->tok.text, word);
}

/**
 * parse_at() - is the token at hand this punctuation
 * @p: the parser
 * @punct: the punctuation
 *
 * Return: whether it is.
 */
bool parse_at(const struct parser *p, int punct)
{
	return p->tok.kind == T_PUNCT && p->tok.punct == punct;
}

/**
 * parse_word() - take a word if it is at hand
 * @p: the parser
 * @word: the word
 *
 * Return: whether it was.
 */
bool parse_word(struct parser *p, const char *word)
{
	if (!parse_at_word(p, word))
		return false;
	parse_next(p);
	return true;
}

/**
 * parse_punct() - take punctuation if it is at hand
 * @p: the parser
 * @punct: the punctuation
 *
 * Return: whether it was.
 */
bool parse_punct(struct parser *p, int punct)
{
	if (!parse_at(p, punct))
		return false;
	parse_next(p);
	return true;
}

/**
 * parse_fail() - report that something else was expected
 * @p: the parser
 * @expected: what was
 *
 * Return: false.
 */
bool parse_fail(struct parser *p, const char *expected)
{
	if (p->tok.kind == T_BAD)
		return false;
	if (p->tok.kind == T_END)
		lang_diag_at(p->diag, p->src, p->tok.pos, NULL,
			     "expected %s before the end of the file", expected);
	else
		lang_diag_at(p->diag, p->src, p->tok.pos, NULL, "expected %s", expected);
	return false;
}

/**
 * parse_expect() - take punctuation that must be there
 * @p: the parser
 * @punct: the punctuation
 *
 * A missing semicolon is reported behind the token before, where it belongs; at
 * the end of a line it is then taken to be there.
 *
 * Return: whether it was there.
 */
bool parse_expect(struct parser *p, int punct)
{
	char expected[] = { '"', punct, '"', '\0', '\0' };

	if (parse_punct(p, punct))
		return true;
	if (punct > 0xff) {
		expected[1] = punct >> 8;
		expected[2] = punct;
		expected[3] = '"';
	}
	if (punct == ';' && p->tok.kind != T_BAD) {
		lang_diag_at(p->diag, p->src, p->end, NULL, "expected \";\"");
		return p->tok.pos.line > p->end.line;
	}
	return parse_fail(p, expected);
}

/**
 * parse_keyword() - take a word that must be there
 * @p: the parser
 * @word: the word
 *
 * Return: whether it was there.
 */
bool parse_keyword(struct parser *p, const char *word)
{
	if (parse_word(p, word))
		return true;
	return parse_fail(p, arena_printf(p->arena, "\"%s\"", word));
}

/**
 * parse_name() - take a name
 * @p: the parser
 * @what: what it names, for the error
 * @name: the name
 * @pos: its place
 *
 * Return: whether there was one.
 */
bool parse_name(struct parser *p, const char *what, const char **name, struct lang_pos *pos)
{
	if (p->tok.kind != T_WORD)
		return parse_fail(p, what);
	*name = p->tok.text;
	*pos = p->tok.pos;
	parse_next(p);
	return true;
}

/**
 * parse_int() - take an integer
 * @p: the parser
 * @what: what it is, for the error
 * @max: largest that is allowed
 * @value: the integer
 *
 * Return: whether there was one. One that is too large is reported and @max taken.
 */
bool parse_int(struct parser *p, const char *what, uint64_t max, uint64_t *value)
{
	if (p->tok.kind != T_INT)
		return parse_fail(p, what);
	*value = p->tok.value;
	if (*value > max) {
		lang_diag_at(p->diag, p->src, p->tok.pos, NULL,
			     "%s is at most %llu", what, (unsigned long long)max);
		*value = max;
	}
	parse_next(p);
	return true;
}

/**
 * parse_string() - take a string of bytes
 * @p: the parser
 * @what: what it is, for the error
 * @value: the string
 *
 * Return: whether there was one.
 */
bool parse_string(struct parser *p, const char *what, struct lang_bytes *value)
{
	if (p->tok.kind != T_STRING)
		return parse_fail(p, what);
	value->data = (const unsigned char *)p->tok.text;
	value->len = p->tok.len;
	parse_next(p);
	return true;
}

/**
 * parse_text() - take a string for people
 * @p: the parser
 * @what: what it is, for the error
 * @text: the string
 *
 * Return: whether there was one.
 */
bool parse_text(struct parser *p, const char *what, const char **text)
{
	struct lang_pos pos = p->tok.pos;
	struct lang_bytes bytes = { 0 };

	if (!parse_string(p, what, &bytes))
		return false;
	*text = (const char *)bytes.data;
	if (memchr(bytes.data, 0, bytes.len))
		lang_diag_at(p->diag, p->src, pos, NULL, "%s cannot hold \\0", what);
	return true;
}

/**
 * parse_cc() - take a comparison
 * @p: the parser
 * @cc: enum pp_cc
 *
 * Return: whether there was one.
 */
bool parse_cc(struct parser *p, unsigned int *cc)
{
	static const int puncts[PP_NR_CC] = {
		[PP_CC_EQ] = PUNCT2('=', '='), [PP_CC_NE] = PUNCT2('!', '='),
		[PP_CC_LT] = '<', [PP_CC_LE] = PUNCT2('<', '='),
		[PP_CC_GT] = '>', [PP_CC_GE] = PUNCT2('>', '='),
	};

	for (unsigned int i = 0; i < PP_NR_CC; i++) {
		if (parse_punct(p, puncts[i])) {
			*cc = i;
			return true;
		}
	}
	if (parse_at(p, '=')) {
		lang_diag_at(p->diag, p->src, p->tok.pos, "write == to compare",
			     "\"=\" does not compare");
		return false;
	}
	return parse_fail(p, "a comparison (== != < <= > >=)");
}

/**
 * parse_enter() - go one level deeper
 * @p: the parser
 *
 * The caller decrements &parser.depth when it leaves the level.
 *
 * Return: whether that is allowed.
 */
bool parse_enter(struct parser *p)
{
	if (p->depth < MAX_NESTING) {
		p->depth++;
		return true;
	}
	lang_diag_at(p->diag, p->src, p->tok.pos, NULL,
		     "more than %d levels of nesting", MAX_NESTING);
	return false;
}

/**
 * parse_recover() - skip what is left of a statement
 * @p: the parser
 *
 * Stops behind the next semicolon or the block that comes before it, or before
 * the brace that ends the block the statement is in.
 */
void parse_recover(struct parser *p)
{
	unsigned int depth = 0;

	while (p->tok.kind != T_END) {
		if (parse_at(p, '}')) {
			if (!depth)
				return;
			parse_next(p);
			if (!--depth && !parse_at_word(p, "else"))
				return;
			continue;
		}
		if (parse_at(p, '{')) {
			depth++;
		} else if (parse_at(p, ';') && !depth) {
			parse_next(p);
			return;
		}
		parse_next(p);
	}
}

static unsigned int distance(const char *a, const char *b)
{
	size_t na = strlen(a), nb = strlen(b);
	unsigned int row[32], diag, up;

	if (na >= 32 || nb >= 32)
		return 32;
	for (size_t j = 0; j <= nb; j++)
		row[j] = j;
	for (size_t i = 1; i <= na; i++) {
		diag = row[0];
		row[0] = i;
		for (size_t j = 1; j <= nb; j++) {
			up = row[j];
			row[j] = diag + (a[i - 1] != b[j - 1]);
			if (up + 1 < row[j])
				row[j] = up + 1;
			if (row[j - 1] + 1 < row[j])
				row[j] = row[j - 1] + 1;
			diag = up;
		}
	}
	return row[nb];
}

/**
 * parse_suggest() - guess what was meant by a word
 * @arena: memory of the answer
 * @word: the word
 * @words: what is known, ended by NULL
 *
 * Return: a hint, or NULL when nothing is near.
 */
const char *parse_suggest(struct arena *arena, const char *word, const char *const *words)
{
	unsigned int best = 3, d;
	const char *found = NULL;

	for (; *words; words++) {
		d = distance(word, *words);
		if (d < best && d < strlen(word)) {
			best = d;
			found = *words;
		}
	}
	return found ? arena_printf(arena, "did you mean \"%s\"?", found) : NULL;
}

/**
 * parse_file_name() - check that a file is called as what it holds
 * @p: the parser
 * @name: name of what it holds
 * @pos: place of the name
 * @suffix: how the file's name ends
 */
void parse_file_name(struct parser *p, const char *name, struct lang_pos pos,
		     const char *suffix)
{
	const char *path = p->src->path, *base = strrchr(path, '/');
	size_t len = strlen(name);

	base = base ? base + 1 : path;
	if (strncmp(base, name, len) || strcmp(base + len, suffix))
		lang_diag_at(p->diag, p->src, pos,
			     arena_printf(p->arena, "rename the file to %s%s", name, suffix),
			     "\"%s\" is in a file called \"%s\"", name, base);
}
