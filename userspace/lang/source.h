/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PP_LANG_SOURCE_H
#define PP_LANG_SOURCE_H

#include "lang.h"

/**
 * struct lang_source - a source text
 * @path: name to show
 * @text: the text, followed by a NUL
 * @size: bytes, without the NUL
 * @refs: references
 */
struct lang_source {
	char *path;
	char *text;
	size_t size;
	unsigned int refs;
};

struct lang_source *lang_source_get(struct lang_source *src);

void lang_diag_move(struct lang_diag *to, struct lang_diag *from);

#endif /* PP_LANG_SOURCE_H */
