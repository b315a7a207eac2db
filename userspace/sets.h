/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PATCHCTL_SETS_H
#define PATCHCTL_SETS_H

#include "lang.h"

#include <stdbool.h>

struct ctl;

/**
 * struct sets - values given with --set PARAM=VALUE,...
 * @params: parameter and values
 * @used: by element of @params: some patch has it
 * @texts: by element of @params: memory the names and values are in
 * @nr: number of elements
 */
struct sets {
	struct lang_param *params;
	bool *used;
	char **texts;
	size_t nr;
};

int sets_add(struct ctl *ctl, struct sets *sets, const char *text);
size_t sets_for(struct sets *sets, const struct lang_patch_info *info,
		struct lang_param *params);
int sets_check(const struct ctl *ctl, const struct sets *sets);
void sets_free(struct sets *sets);

#endif /* PATCHCTL_SETS_H */
