/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PP_LANG_PARSE_STMT_H
#define PP_LANG_PARSE_STMT_H

#include "parse.h"

bool parse_set(struct parser *p, const struct grammar_tree *tree, struct pp_set *set);
bool parse_reg(struct parser *p, const struct grammar_tree *tree, unsigned int *reg);
bool parse_session(struct parser *p, const struct grammar_tree *tree, unsigned int *bit);
bool parse_test(struct parser *p, const struct grammar_tree *tree, struct test **test);
bool parse_block(struct parser *p, const struct grammar_tree *tree, struct stmt **body);
bool parse_consume(struct parser *p, const struct grammar_tree *tree, struct stmt *s);
bool parse_field_flags(struct parser *p, struct stmt *s);

#endif /* PP_LANG_PARSE_STMT_H */
