/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PP_LANG_PARSE_H
#define PP_LANG_PARSE_H

#include "ast.h"
#include "lex.h"

#define MAX_NESTING	32	/* blocks, conditions and parentheses within each other */

/**
 * struct parser - reads a source token by token
 * @lx: where tokens come from
 * @tok: the token at hand
 * @end: place just behind the token before it
 * @arena: memory of the tree
 * @diag: where errors go
 * @src: the source
 * @depth: nesting
 */
struct parser {
	struct lexer lx;
	struct token tok;
	struct lang_pos end;
	struct arena *arena;
	struct lang_diag *diag;
	const struct lang_source *src;
	unsigned int depth;
};

void parse_init(struct parser *p, const struct lang_source *src,
		struct lang_diag *diag, struct arena *arena);
void parse_next(struct parser *p);
bool parse_at_word(const struct parser *p, const char *word);
bool parse_at(const struct parser *p, int punct);
bool parse_word(struct parser *p, const char *word);
bool parse_punct(struct parser *p, int punct);
bool parse_expect(struct parser *p, int punct);
bool parse_keyword(struct parser *p, const char *word);
bool parse_name(struct parser *p, const char *what, const char **name, struct lang_pos *pos);
bool parse_int(struct parser *p, const char *what, uint64_t max, uint64_t *value);
bool parse_string(struct parser *p, const char *what, struct lang_bytes *value);
bool parse_text(struct parser *p, const char *what, const char **text);
bool parse_cc(struct parser *p, unsigned int *cc);
bool parse_enter(struct parser *p);
void parse_recover(struct parser *p);
bool parse_fail(struct parser *p, const char *expected);
const char *parse_suggest(struct arena *arena, const char *word, const char *const *words);
void parse_file_name(struct parser *p, const char *name, struct lang_pos pos,
		     const char *suffix);

#endif /* PP_LANG_PARSE_H */
