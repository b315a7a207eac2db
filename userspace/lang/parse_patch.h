/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PP_LANG_PARSE_PATCH_H
#define PP_LANG_PARSE_PATCH_H

#include "parse.h"

bool parse_field(struct parser *p, struct field_ref *ref);
bool parse_view(struct parser *p, struct field_ref *ref);
bool parse_cond(struct parser *p, struct cond **cond);
bool parse_rule(struct parser *p, struct rule_tree *rule);
bool parse_sample(struct parser *p, struct lang_sample *sample);

#endif /* PP_LANG_PARSE_PATCH_H */
