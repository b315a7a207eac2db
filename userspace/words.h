/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PATCHCTL_WORDS_H
#define PATCHCTL_WORDS_H

#include "core.h"
#include "lang.h"

#include <stdbool.h>
#include <stdint.h>

/**
 * struct rule_cost - what a rule does to the stream
 * @preserves: it never changes the length
 * @growth: most bytes it adds at one place
 * @hold: most bytes it waits with
 */
struct rule_cost {
	bool preserves;
	uint32_t growth;
	uint32_t hold;
};

/**
 * struct patch_view - the images a rule is read from
 * @patch: the patch
 * @grammar: its grammar
 * @lang: the grammar as compiled, for names that the image does not have
 */
struct patch_view {
	struct pp_image patch;
	struct pp_image grammar;
	const struct lang_grammar *lang;
};

const char *words_field(const struct patch_view *view, unsigned int field);
char *words_condition(const struct patch_view *view, const struct pp_rule *rule);
char *words_action(const struct patch_view *view, const struct pp_rule *rule);
const char *words_view(unsigned int view);
void words_cost(const struct patch_view *view, const struct pp_rule *rule,
		struct rule_cost *cost);

#endif /* PATCHCTL_WORDS_H */
