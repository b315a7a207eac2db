// SPDX-License-Identifier: GPL-2.0
/* Tokens. */
#include <string.h>

#include "lex.h"

/**
 * lex_init() - begin to read a source
 * @lx: the lexer
 * @src: the source
 * @diag: where errors go
 * @arena: memory of token texts
 */
void lex_init(struct lexer *lx, const struct lang_source *src,
	      struct lang_diag *diag, struct arena *arena)
{
	*lx = (struct lexer){ .src = src, .diag = diag, .arena = arena, .line = 1 };
}

static int peek_at(const struct lexer *lx, size_t ahead)
{
	if (lx->at + ahead >= lx->src->size)
		return -1;
	return (unsigned char)lx->src->text[lx->at + ahead];
}

static struct lang_pos here(const struct lexer *lx, size_t start)
{
	size_t len = lx->at - start;

	return (struct lang_pos){
		.line = lx->line,
		.col = start - lx->line_start + 1,
		.len = len ? len : 1,
	};
}

static bool is_alpha(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static int hex_digit(int c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static void skip_blank(struct lexer *lx)
{
	int c;

	while ((c = peek_at(lx, 0)) >= 0) {
		if (c == '#') {
			while ((c = peek_at(lx, 0)) >= 0 && c != '\n')
				lx->at++;
		} else if (c == '\n') {
			lx->at++;
			lx->line++;
			lx->line_start = lx->at;
		} else if (c == ' ' || c == '\t' || c == '\r') {
			lx->at++;
		} else {
			return;
		}
	}
}

/*
 * Reads what follows a backslash. @special: characters, besides those that are
 * special everywhere, which stand for themselves.
 */
static int escape(struct lexer *lx, const char *special)
{
	size_t start = lx->at - 1;
	int c = peek_at(lx, 0), hi, lo;

	if (c >= 0 && c != '\n')
		lx->at++;
	switch (c) {
	case 'r':
		return '\r';
	case 'n':
		return '\n';
	case 't':
		return '\t';
	case '0':
		return '\0';
	case '\\':
		return '\\';
	case 'x':
		hi = hex_digit(peek_at(lx, 0));
		lo = hi < 0 ? -1 : hex_digit(peek_at(lx, 1));
		if (lo >= 0) {
			lx->at += 2;
			return hi << 4 | lo;
		}
		lang_diag_at(lx->diag, lx->src, here(lx, start),
			     "write two hexadecimal digits: \\x0a",
			     "\\x without two digits");
		return 'x';
	default:
		if (c > 0 && strchr(special, c))
			return c;
		lang_diag_at(lx->diag, lx->src, here(lx, start),
			     "the escapes are \\r \\n \\t \\0 \\\\ \\\" \\xHH, in a set also \\] \\[ \\- \\^",
			     "unknown escape");
		return '?';
	}
}

static void lex_string(struct lexer *lx, struct token *tok)
{
	size_t start = lx->at++, cap = 16;
	char *buf = arena_alloc(lx->arena, cap);
	int c;

	tok->kind = T_STRING;
	while ((c = peek_at(lx, 0)) != '"') {
		if (c < 0 || c == '\n') {
			tok->kind = T_BAD;
			lang_diag_at(lx->diag, lx->src, here(lx, start),
				     "a string ends with \" on the line where it begins",
				     "unterminated string");
			break;
		}
		lx->at++;
		if (c == '\\')
			c = escape(lx, "\"");
		if (tok->len + 1 >= cap) {
			char *bigger = arena_alloc(lx->arena, cap * 2);

			memcpy(bigger, buf, tok->len);
			buf = bigger;
			cap *= 2;
		}
		buf[tok->len++] = c;
	}
	if (tok->kind == T_STRING)
		lx->at++;
	tok->text = buf;
	tok->pos = here(lx, start);
}

static bool set_char(struct lexer *lx, struct token *tok, size_t start, int *byte)
{
	int c = peek_at(lx, 0);

	if (c < 0 || c == '\n') {
		tok->kind = T_BAD;
		lang_diag_at(lx->diag, lx->src, here(lx, start),
			     "a set ends with ] on the line where it begins",
			     "unterminated set");
		return false;
	}
	lx->at++;
	*byte = c == '\\' ? escape(lx, "]-[^\"") : c;
	return true;
}

static void lex_set(struct lexer *lx, struct token *tok)
{
	size_t start = lx->at++, item;
	bool invert = false, any = false;
	int from, to;

	tok->kind = T_SET;
	if (peek_at(lx, 0) == '^') {
		invert = any = true;
		lx->at++;
	}
	while (peek_at(lx, 0) != ']') {
		item = lx->at;
		if (!set_char(lx, tok, start, &from))
			break;
		to = from;
		if (peek_at(lx, 0) == '-' && peek_at(lx, 1) != ']') {
			lx->at++;
			if (!set_char(lx, tok, start, &to))
				break;
		}
		if (to < from)
			lang_diag_at(lx->diag, lx->src, here(lx, item),
				     "the smaller byte comes first; write \\- for a plain -",
				     "a range that runs backwards");
		for (; from <= to; from++)
			set_add(&tok->set, from);
		any = true;
	}
	if (tok->kind == T_SET)
		lx->at++;
	tok->pos = here(lx, start);
	if (!any && tok->kind == T_SET)
		lang_diag_at(lx->diag, lx->src, tok->pos, NULL, "an empty set");
	for (size_t i = 0; invert && i < 8; i++)
		tok->set.bits[i] = ~tok->set.bits[i];
}

static void lex_int(struct lexer *lx, struct token *tok)
{
	size_t start = lx->at;
	unsigned int base = 10;
	bool bad = false, digits = false;
	int c, d;

	if (peek_at(lx, 0) == '0' && (peek_at(lx, 1) | 0x20) == 'x') {
		base = 16;
		lx->at += 2;
	}
	tok->kind = T_INT;
	while ((c = peek_at(lx, 0)) >= 0 && (is_alpha(c) || is_digit(c))) {
		lx->at++;
		d = hex_digit(c);
		digits = true;
		if (d < 0 || d >= (int)base ||
		    tok->value > (UINT64_MAX - d) / base)
			bad = true;
		else
			tok->value = tok->value * base + d;
	}
	tok->pos = here(lx, start);
	if (bad || !digits)
		lang_diag_at(lx->diag, lx->src, tok->pos,
			     "integers are decimal or 0x and hexadecimal, at most 64 bits",
			     "not an integer");
}

static void lex_word(struct lexer *lx, struct token *tok)
{
	size_t start = lx->at;
	int c;

	tok->kind = T_WORD;
	if (peek_at(lx, 0) == '$') {
		tok->kind = T_PARAM;
		lx->at++;
	}
	for (;;) {
		c = peek_at(lx, 0);
		if (is_alpha(c) || is_digit(c) || c == '-')
			lx->at++;
		else if (c == '.' && is_alpha(peek_at(lx, 1)))
			lx->at++;
		else
			break;
	}
	tok->pos = here(lx, start);
	start += tok->kind == T_PARAM;
	tok->len = lx->at - start;
	tok->text = arena_str(lx->arena, lx->src->text + start, tok->len);
}

/**
 * lex_next() - read the next token
 * @lx: the lexer
 * @tok: the token
 */
void lex_next(struct lexer *lx, struct token *tok)
{
	static const char pairs[][3] = { "==", "!=", "<=", ">=", "=>", ">>" };
	int c, next;

	memset(tok, 0, sizeof(*tok));
	skip_blank(lx);
	c = peek_at(lx, 0);
	next = peek_at(lx, 1);
	if (c < 0) {
		tok->kind = T_END;
		tok->pos = here(lx, lx->at);
	} else if (is_alpha(c) || ((c == '.' || c == '$') && is_alpha(next))) {
		lex_word(lx, tok);
	} else if (is_digit(c)) {
		lex_int(lx, tok);
	} else if (c == '"') {
		lex_string(lx, tok);
	} else if (c == '[') {
		lex_set(lx, tok);
	} else {
		size_t start = lx->at++;

		tok->kind = T_PUNCT;
		tok->punct = c;
		for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
			if (c == pairs[i][0] && next == pairs[i][1]) {
				tok->punct = PUNCT2(c, next);
				lx->at++;
				break;
			}
		}
		tok->pos = here(lx, start);
		if (!tok->punct || !strchr("{}(),;:=<>+-*&!", c) || tok->punct == '!') {
			tok->kind = T_BAD;
			lang_diag_at(lx->diag, lx->src, tok->pos, NULL,
				     "unexpected character");
		}
	}
}
