// SPDX-License-Identifier: GPL-2.0
/*
 * Compiled grammars and patches into the kernel. What its verifier refuses is
 * shown at its place in the source.
 */
#include "load.h"
#include "patchctl.h"

#include <errno.h>
#include <stdlib.h>

static int refused(struct library *lib, const struct nl *nl, const struct lang_source *src,
		   bool found, struct lang_pos pos)
{
	char *text;

	if (nl->err.has_reject) {
		if (!found)
			pos = (struct lang_pos){ 0 };
		text = xasprintf("the kernel's verifier refuses this: %s",
				 nl->err.text[0] ? nl->err.text : "no reason given");
		report_at(&lib->report, src, pos, text);
	} else {
		text = xasprintf("cannot load %s", lang_source_path(src));
		kernel_error(lib->ctl, nl, text);
		lib->report.nr++;
	}
	free(text);
	return -1;
}

/**
 * load_grammar() - load a grammar
 * @lib: the library, for its report
 * @nl: the connection
 * @grammar: the grammar
 *
 * Return: 0, or -1 (message printed or reported)
 */
int load_grammar(struct library *lib, struct nl *nl, const struct lang_grammar *grammar)
{
	struct lang_pos pos = { 0 };
	const void *image;
	bool found;
	size_t size;
	uint64_t id;

	image = lang_grammar_image(grammar, &size);
	if (!kernel_load(nl, image, size, &id))
		return 0;
	found = nl->err.has_reject &&
		lang_grammar_locate(grammar, nl->err.reject.section, nl->err.reject.index, &pos);
	return refused(lib, nl, lang_grammar_source(grammar), found, pos);
}

/**
 * load_patch() - load a patch whose grammar is loaded
 * @lib: the library, for its report
 * @nl: the connection
 * @patch: the patch
 *
 * Return: 0, or -1 (message printed or reported)
 */
int load_patch(struct library *lib, struct nl *nl, const struct lang_patch *patch)
{
	struct lang_pos pos = { 0 };
	const void *image;
	bool found;
	size_t size;
	uint64_t id;

	image = lang_patch_image(patch, &size);
	if (!kernel_load(nl, image, size, &id))
		return 0;
	found = nl->err.has_reject &&
		lang_patch_locate(patch, nl->err.reject.section, nl->err.reject.index, &pos);
	return refused(lib, nl, lang_patch_source(patch), found, pos);
}
