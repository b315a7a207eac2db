// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's verifier, run here: what it refuses is shown at its place in the
 * source before anything is loaded.
 */
#include "precheck.h"
#include "patchctl.h"

#include <stdlib.h>

static int refused(struct library *lib, const struct lang_source *src, struct lang_pos pos,
		   const struct pp_error *err)
{
	char *text = xasprintf("the verifier refuses this: %s", err->msg);

	report_at(&lib->report, src, pos, text);
	free(text);
	return -1;
}

/**
 * precheck_grammar() - check the image of a grammar as the kernel does
 * @lib: the library, for its report
 * @grammar: the grammar
 * @img: the answer; valid as long as @grammar
 *
 * Return: 0, or -1 (reported)
 */
int precheck_grammar(struct library *lib, const struct lang_grammar *grammar,
		   struct pp_image *img)
{
	struct lang_pos pos = { 0 };
	struct pp_error err;
	const void *image;
	size_t size;

	image = lang_grammar_image(grammar, &size);
	if (!pp_image_open(img, image, size, &err) && !pp_verify_grammar(img, &err))
		return 0;
	if (!lang_grammar_locate(grammar, err.section, err.index, &pos))
		pos = (struct lang_pos){ 0 };
	return refused(lib, lang_grammar_source(grammar), pos, &err);
}

/**
 * precheck_patch() - check the image of a patch as the kernel does
 * @lib: the library, for its report
 * @patch: the patch
 * @grammar: its grammar, from precheck_grammar()
 * @img: the answer; valid as long as @patch
 *
 * Return: 0, or -1 (reported)
 */
int precheck_patch(struct library *lib, const struct lang_patch *patch,
		 const struct pp_image *grammar, struct pp_image *img)
{
	struct lang_pos pos = { 0 };
	struct pp_error err;
	const void *image;
	size_t size;

	image = lang_patch_image(patch, &size);
	if (!pp_image_open(img, image, size, &err) && !pp_verify_patch(img, grammar, &err))
		return 0;
	if (!lang_patch_locate(patch, err.section, err.index, &pos))
		pos = (struct lang_pos){ 0 };
	return refused(lib, lang_patch_source(patch), pos, &err);
}
