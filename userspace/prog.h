/* SPDX-License-Identifier: GPL-2.0 */
/* Grammars and patches made ready to run in user space. */
#ifndef PATCHCTL_PROG_H
#define PATCHCTL_PROG_H

#include "../kmod/core/core.h"
#include "lang.h"
#include "library.h"

/**
 * struct prog_grammar - a grammar the core accepted
 * @lang: as compiled; the library owns it
 * @img: the image
 */
struct prog_grammar {
	const struct lang_grammar *lang;
	struct pp_image img;
};

/**
 * struct prog_patch - a patch the core accepted
 * @lang: as compiled
 * @grammar: what it is for
 * @img: the image
 */
struct prog_patch {
	struct lang_patch *lang;
	struct prog_grammar *grammar;
	struct pp_image img;
};

/**
 * struct programs - all that is to run
 * @lib: where names are looked up
 * @grammars: grammars of the patches
 * @nr_grammars: elements of @grammars
 * @patches: the patches
 * @nr_patches: elements of @patches
 * @left_out: policies that were passed over
 */
struct programs {
	struct library *lib;
	struct prog_grammar **grammars;
	size_t nr_grammars;
	struct prog_patch **patches;
	size_t nr_patches;
	size_t left_out;
};

struct prog_patch *programs_add(struct programs *progs, struct lang_patch *lang);
int programs_add_named(struct programs *progs, const char *name);
int programs_add_library(struct programs *progs);
void programs_free(struct programs *progs);
struct pp_ruleset *programs_ruleset(struct programs *progs, const struct prog_grammar *grammar);

#endif /* PATCHCTL_PROG_H */
