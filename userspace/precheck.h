/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PATCHCTL_PRECHECK_H
#define PATCHCTL_PRECHECK_H

#include "core.h"
#include "library.h"

int precheck_grammar(struct library *lib, const struct lang_grammar *grammar,
		   struct pp_image *img);
int precheck_patch(struct library *lib, const struct lang_patch *patch,
		 const struct pp_image *grammar, struct pp_image *img);

#endif /* PATCHCTL_PRECHECK_H */
