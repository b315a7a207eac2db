// SPDX-License-Identifier: GPL-2.0
/*
 * Grammars and patches made ready to run in user space: compiled, then verified by
 * the same code that verifies them in the kernel.
 */
#include "prog.h"
#include "patchctl.h"

#include <sys/stat.h>

static struct prog_grammar *add_grammar(struct programs *progs, const struct lang_grammar *lang)
{
	struct lang_pos pos = { 0 };
	struct prog_grammar *g;
	struct pp_error err;
	const void *image;
	size_t i, size;

	for (i = 0; i < progs->nr_grammars; i++)
		if (progs->grammars[i]->lang == lang)
			return progs->grammars[i];
	g = xalloc(sizeof(*g));
	g->lang = lang;
	image = lang_grammar_image(lang, &size);
	if (pp_image_open(&g->img, image, size, &err) || pp_verify_grammar(&g->img, &err)) {
		lang_grammar_locate(lang, err.section, err.index, &pos);
		report_at(&progs->lib->report, lang_grammar_source(lang), pos, err.msg);
		free(g);
		return NULL;
	}
	progs->grammars = xrealloc(progs->grammars, progs->nr_grammars + 1,
				   sizeof(*progs->grammars));
	progs->grammars[progs->nr_grammars++] = g;
	return g;
}

/**
 * programs_add - make a compiled patch ready to run
 * @progs: what it is added to
 * @lang: the patch; belongs to @progs from now on, or is freed
 *
 * Return: the patch, or NULL when the core refuses it (reported).
 */
struct prog_patch *programs_add(struct programs *progs, struct lang_patch *lang)
{
	const struct lang_grammar *lg;
	struct lang_pos pos = { 0 };
	struct prog_grammar *grammar;
	struct prog_patch *p;
	struct pp_error err;
	const void *image;
	size_t size;

	lg = library_grammar(progs->lib, lang_patch_info(lang)->protocol);
	grammar = lg ? add_grammar(progs, lg) : NULL;
	if (!grammar) {
		lang_patch_free(lang);
		return NULL;
	}
	p = xalloc(sizeof(*p));
	p->lang = lang;
	p->grammar = grammar;
	image = lang_patch_image(lang, &size);
	if (pp_image_open(&p->img, image, size, &err) ||
	    pp_verify_patch(&p->img, &grammar->img, &err)) {
		lang_patch_locate(lang, err.section, err.index, &pos);
		report_at(&progs->lib->report, lang_patch_source(lang), pos, err.msg);
		lang_patch_free(lang);
		free(p);
		return NULL;
	}
	progs->patches = xrealloc(progs->patches, progs->nr_patches + 1,
				  sizeof(*progs->patches));
	progs->patches[progs->nr_patches++] = p;
	return p;
}

static int add_index(struct programs *progs, const struct lib_index *index)
{
	struct lang_patch *lang;
	size_t i;
	int ret = 0;

	for (i = 0; i < index->nr; i++) {
		lang = library_compile(progs->lib, index->files[i].path, NULL, 0);
		if (!lang) {
			ret = -1;
		} else if (lang_patch_info(lang)->flags & PP_PATCH_POLICY) {
			progs->left_out++;
			lang_patch_free(lang);
		} else if (!programs_add(progs, lang)) {
			ret = -1;
		}
	}
	return ret;
}

/* All patches in a directory, with the grammars that are there too. */
static int add_dir(struct programs *progs, const char *dir)
{
	struct ctl ctl = *progs->lib->ctl;
	struct library there;
	size_t i;
	int ret;

	ctl.library = dir;
	ret = library_open(&there, &ctl);
	for (i = 0; !ret && i < there.grammars.nr; i++)
		ret = library_add_grammar(progs->lib, there.grammars.files[i].path);
	if (!ret)
		ret = add_index(progs, &there.patches);
	if (!ret && !there.patches.nr) {
		msg_error(progs->lib->ctl, "%s: no patches in this directory", dir);
		ret = -1;
	}
	library_close(&there);
	return ret;
}

/**
 * programs_add_named - add what a command line names
 * @progs: what it is added to
 * @name: name of a patch of the library, a file, or a directory; policies in a
 *	directory are passed over
 *
 * Return: 0, or -1 (message printed or errors reported)
 */
int programs_add_named(struct programs *progs, const char *name)
{
	struct lang_patch *lang;
	struct stat st;
	size_t i;

	if (!stat(name, &st) && S_ISDIR(st.st_mode))
		return add_dir(progs, name);
	lang = library_patch(progs->lib, name, NULL, 0);
	if (!lang)
		return -1;
	for (i = 0; i < progs->nr_patches; i++) {
		if (strcmp(lang_patch_info(progs->patches[i]->lang)->name,
			   lang_patch_info(lang)->name))
			continue;
		lang_patch_free(lang);
		return 0;
	}
	return programs_add(progs, lang) ? 0 : -1;
}

/**
 * programs_add_library - add the whole library but for policies
 * @progs: what it is added to
 *
 * Return: 0, or -1 when part of it cannot be used (errors reported)
 */
int programs_add_library(struct programs *progs)
{
	return add_index(progs, &progs->lib->patches);
}

/**
 * programs_free - free what was added
 * @progs: the programs; no ruleset of them may be in use any more
 */
void programs_free(struct programs *progs)
{
	size_t i;

	for (i = 0; i < progs->nr_patches; i++) {
		lang_patch_free(progs->patches[i]->lang);
		free(progs->patches[i]);
	}
	for (i = 0; i < progs->nr_grammars; i++)
		free(progs->grammars[i]);
	free(progs->patches);
	free(progs->grammars);
}

/**
 * programs_ruleset - all patches for one grammar in force together
 * @progs: the programs
 * @grammar: one of their grammars
 *
 * The cookie of each patch in the ruleset is its struct prog_patch.
 *
 * Return: the ruleset, or NULL when they do not go together (message printed).
 */
struct pp_ruleset *programs_ruleset(struct programs *progs, const struct prog_grammar *grammar)
{
	struct pp_rs_patch *list = xalloc(progs->nr_patches * sizeof(*list));
	struct pp_error err = { .msg = "out of memory" };
	struct pp_ruleset *rs;
	size_t i;
	u32 n = 0;

	for (i = 0; i < progs->nr_patches; i++) {
		if (progs->patches[i]->grammar != grammar)
			continue;
		list[n].img = &progs->patches[i]->img;
		list[n].since = 1;
		list[n].cookie = progs->patches[i];
		n++;
	}
	rs = pp_ruleset_build(&grammar->img, list, n, 1, &err);
	if (!rs)
		msg_error(progs->lib->ctl, "%s: %s", lang_grammar_name(grammar->lang), err.msg);
	free(list);
	return rs;
}
