/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PATCHCTL_LIBRARY_H
#define PATCHCTL_LIBRARY_H

#include "lang.h"
#include "report.h"

#include <stdbool.h>
#include <stddef.h>

struct ctl;

/**
 * struct lib_file - a source of the library
 * @name: its base name without the suffix: the name of what it holds
 * @path: the file
 * @grammar: for a grammar: compiled, or NULL
 * @failed: for a grammar: it has errors, which were reported
 */
struct lib_file {
	char *name;
	char *path;
	struct lang_grammar *grammar;
	bool failed;
};

/**
 * struct lib_index - sources of one kind
 * @files: elements, ordered by name
 * @nr: number of elements
 */
struct lib_index {
	struct lib_file *files;
	size_t nr;
};

/**
 * struct library - the patches and grammars at hand
 * @ctl: this run
 * @dir: the directory
 * @patches: the patches
 * @grammars: the grammars
 * @report: where errors in sources go
 * @grammar_failed: the patch being compiled is for a grammar that has errors
 */
struct library {
	struct ctl *ctl;
	char *dir;
	struct lib_index patches;
	struct lib_index grammars;
	struct report report;
	bool grammar_failed;
};

int library_open(struct library *lib, struct ctl *ctl);
void library_close(struct library *lib);
const struct lib_file *library_find(const struct library *lib, const char *name);
bool library_is_path(const char *name);
int library_add_grammar(struct library *lib, const char *path);
const struct lang_grammar *library_grammar(struct library *lib, const char *protocol);
struct lang_patch *library_compile(struct library *lib, const char *path,
				   const struct lang_param *params, size_t nr_params);
struct lang_patch *library_patch(struct library *lib, const char *name,
				 const struct lang_param *params, size_t nr_params);

#endif /* PATCHCTL_LIBRARY_H */
