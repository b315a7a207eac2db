/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PATCHCTL_LOAD_H
#define PATCHCTL_LOAD_H

#include "kernel.h"
#include "library.h"

int load_grammar(struct library *lib, struct nl *nl, const struct lang_grammar *grammar);
int load_patch(struct library *lib, struct nl *nl, const struct lang_patch *patch);

#endif /* PATCHCTL_LOAD_H */
