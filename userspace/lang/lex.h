/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PP_LANG_LEX_H
#define PP_LANG_LEX_H

#include "arena.h"
#include "source.h"

/**
 * enum token_kind - kinds of token
 * @T_END: end of the source
 * @T_WORD: identifier; may be dotted or begin with a dot
 * @T_STRING: "..."
 * @T_SET: [...]
 * @T_INT: integer
 * @T_PARAM: $name
 * @T_PUNCT: punctuation
 * @T_BAD: something that has been reported already
 */
enum token_kind {
	T_END,
	T_WORD,
	T_STRING,
	T_SET,
	T_INT,
	T_PARAM,
	T_PUNCT,
	T_BAD,
};

/* Punctuation of two characters is the sum of these. */
#define PUNCT2(a, b)	((a) << 8 | (b))

/**
 * struct token - a token
 * @kind: what it is
 * @pos: where it is
 * @text: T_WORD, T_PARAM: the name; T_STRING: the bytes, followed by a NUL
 * @len: bytes in @text
 * @value: T_INT: the number
 * @set: T_SET: the set
 * @punct: T_PUNCT: character, or PUNCT2()
 */
struct token {
	enum token_kind kind;
	struct lang_pos pos;
	const char *text;
	size_t len;
	uint64_t value;
	struct pp_set set;
	int punct;
};

/**
 * struct lexer - reads tokens from a source
 * @src: the source
 * @diag: where errors go
 * @arena: memory of token texts
 * @at: offset of the next byte
 * @line: line of it
 * @line_start: offset of the first byte of that line
 */
struct lexer {
	const struct lang_source *src;
	struct lang_diag *diag;
	struct arena *arena;
	size_t at;
	uint32_t line;
	size_t line_start;
};

void lex_init(struct lexer *lx, const struct lang_source *src,
	      struct lang_diag *diag, struct arena *arena);
void lex_next(struct lexer *lx, struct token *tok);

/**
 * set_add() - put a byte into a set
 * @set: the set
 * @byte: the byte
 */
static inline void set_add(struct pp_set *set, unsigned char byte)
{
	set->bits[byte / 32] |= 1u << (byte & 31);
}

/**
 * set_has() - is a byte in a set
 * @set: the set
 * @byte: the byte
 *
 * Return: whether it is.
 */
static inline bool set_has(const struct pp_set *set, unsigned char byte)
{
	return set->bits[byte / 32] >> (byte & 31) & 1;
}

#endif /* PP_LANG_LEX_H */
