// SPDX-License-Identifier: GPL-2.0
/*
 * The library: a directory of patches (*.pdef, in any sub-directory) and grammars
 * (grammars/ *.ppg). The base name of a file is the name of what it holds; the
 * compiler insists on it.
 *
 * It is looked for in three places: --library; patchdefs/ of the source tree the
 * tool was built in; share/patchproxy/patchdefs beside the directory the tool was
 * installed in.
 */
#include "library.h"
#include "patchctl.h"

#include <errno.h>
#include <fts.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_dir(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

/* patchdefs/ in a directory above the tool that is a source tree: it has kmod/ too. */
static char *source_tree(char *dir)
{
	char *end, *kmod, *defs;
	bool both;

	while ((end = strrchr(dir, '/'))) {
		*end = '\0';
		kmod = xasprintf("%s/kmod/uapi", dir);
		defs = xasprintf("%s/patchdefs", dir);
		both = is_dir(kmod) && is_dir(defs);
		free(kmod);
		if (both)
			return defs;
		free(defs);
	}
	return NULL;
}

static char *find_dir(void)
{
	char exe[PATH_MAX], dir[PATH_MAX], *end, *found;
	ssize_t len;

	len = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	if (len <= 0)
		return NULL;
	exe[len] = '\0';
	strcpy(dir, exe);
	found = source_tree(dir);
	if (found)
		return found;
	end = strrchr(exe, '/');
	*end = '\0';
	found = xasprintf("%s/../share/patchproxy/patchdefs", exe);
	if (is_dir(found))
		return found;
	free(found);
	return NULL;
}

static bool has_suffix(const char *name, const char *suffix)
{
	size_t ln = strlen(name), ls = strlen(suffix);

	return ln > ls && !strcmp(name + ln - ls, suffix);
}

static struct lib_file *add(struct lib_index *index, const char *path)
{
	const char *base = strrchr(path, '/');
	struct lib_file *file;

	base = base ? base + 1 : path;
	index->files = xrealloc(index->files, index->nr + 1, sizeof(*index->files));
	file = &index->files[index->nr++];
	memset(file, 0, sizeof(*file));
	file->name = xstrdup(base);
	*strrchr(file->name, '.') = '\0';
	file->path = xstrdup(path);
	return file;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct lib_file *)a)->name, ((const struct lib_file *)b)->name);
}

static int sort(const struct library *lib, struct lib_index *index)
{
	size_t i;

	if (index->nr)
		qsort(index->files, index->nr, sizeof(*index->files), by_name);
	for (i = 1; i < index->nr; i++) {
		if (by_name(&index->files[i - 1], &index->files[i]))
			continue;
		msg_error(lib->ctl, "library: two files hold \"%s\": %s and %s",
			  index->files[i].name, index->files[i - 1].path, index->files[i].path);
		return -1;
	}
	return 0;
}

static int by_file_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int walk(struct library *lib)
{
	char *paths[] = { lib->dir, NULL };
	FTSENT *ent;
	FTS *fts;
	int ret = 0;

	fts = fts_open(paths, FTS_LOGICAL | FTS_NOCHDIR, by_file_name);
	while (fts && (ent = fts_read(fts))) {
		switch (ent->fts_info) {
		case FTS_D:
			if (ent->fts_level && ent->fts_name[0] == '.')
				fts_set(fts, ent, FTS_SKIP);
			break;
		case FTS_F:
			if (ent->fts_name[0] == '.')
				break;
			if (has_suffix(ent->fts_name, ".pdef"))
				add(&lib->patches, ent->fts_path);
			else if (has_suffix(ent->fts_name, ".ppg"))
				add(&lib->grammars, ent->fts_path);
			break;
		case FTS_SLNONE:
		case FTS_DEFAULT:
			if (ent->fts_name[0] == '.' || (!has_suffix(ent->fts_name, ".pdef") &&
							!has_suffix(ent->fts_name, ".ppg")))
				break;
			msg_error(lib->ctl, "library: %s: %s", ent->fts_path,
				  ent->fts_info == FTS_SLNONE ? "leads nowhere" : "is no file");
			ret = -1;
			break;
		case FTS_DNR:
		case FTS_ERR:
		case FTS_NS:
			msg_error(lib->ctl, "library: %s: %s", ent->fts_path,
				  strerror(ent->fts_errno));
			ret = -1;
			break;
		}
	}
	if (fts)
		fts_close(fts);
	return ret;
}

/**
 * library_open() - find the library and list its files
 * @lib: the library, to be closed with library_close() whatever the result
 * @ctl: this run
 *
 * Return: 0, or -1 (message printed)
 */
int library_open(struct library *lib, struct ctl *ctl)
{
	memset(lib, 0, sizeof(*lib));
	lib->ctl = ctl;
	lib->report.ctl = ctl;
	if (ctl->library) {
		if (!is_dir(ctl->library)) {
			msg_error(ctl, "library %s: %s", ctl->library,
				  access(ctl->library, F_OK) ? strerror(errno) :
							       "not a directory");
			return -1;
		}
		lib->dir = xstrdup(ctl->library);
	} else {
		lib->dir = find_dir();
		if (!lib->dir) {
			msg_error(ctl, "no library found; name one with --library DIR");
			return -1;
		}
	}
	if (walk(lib) || sort(lib, &lib->patches) || sort(lib, &lib->grammars))
		return -1;
	return 0;
}

static void free_index(struct lib_index *index)
{
	size_t i;

	for (i = 0; i < index->nr; i++) {
		free(index->files[i].name);
		free(index->files[i].path);
		lang_grammar_free(index->files[i].grammar);
	}
	free(index->files);
}

/**
 * library_close() - free a library
 * @lib: the library
 */
void library_close(struct library *lib)
{
	free_index(&lib->patches);
	free_index(&lib->grammars);
	free(lib->dir);
}

static struct lib_file *find(const struct lib_index *index, const char *name)
{
	size_t i;

	for (i = 0; i < index->nr; i++)
		if (!strcmp(index->files[i].name, name))
			return &index->files[i];
	return NULL;
}

/* Say that @name is not there, and which was probably meant. */
static void not_found(const struct library *lib, const struct lib_index *index,
		      const char *what, const char *name)
{
	const char **names = xalloc(index->nr * sizeof(*names));
	const char *near;
	size_t i;

	for (i = 0; i < index->nr; i++)
		names[i] = index->files[i].name;
	near = msg_near(name, names, index->nr);
	if (near)
		msg_error(lib->ctl, "no %s \"%s\" in %s; did you mean %s?", what, name, lib->dir,
			  near);
	else
		msg_error(lib->ctl, "no %s \"%s\" in %s", what, name, lib->dir);
	free(names);
}

/**
 * library_find() - find a patch by name
 * @lib: the library
 * @name: the name
 *
 * Return: the patch, or NULL (message printed)
 */
const struct lib_file *library_find(const struct library *lib, const char *name)
{
	const struct lib_file *file = find(&lib->patches, name);

	if (!file)
		not_found(lib, &lib->patches, "patch", name);
	return file;
}

/**
 * library_is_path() - does an argument name a file rather than a patch of the library
 * @name: the argument
 *
 * Return: true if it has a slash or the suffix of patches
 */
bool library_is_path(const char *name)
{
	return strchr(name, '/') || has_suffix(name, ".pdef");
}

/* Compile the grammar in @file unless that was done; errors are reported once. */
static const struct lang_grammar *compile_grammar(struct library *lib, struct lib_file *file)
{
	struct lang_source *src;
	struct lang_diag *diag;

	if (file->grammar || file->failed)
		return file->grammar;
	diag = lang_diag_new();
	src = lang_source_read(file->path, diag);
	if (src)
		file->grammar = lang_grammar_compile(src, diag);
	if (!file->grammar)
		report_diag(&lib->report, diag);
	lang_diag_free(diag);
	file->failed = !file->grammar;
	lang_source_free(src);
	return file->grammar;
}

/**
 * library_add_grammar() - use a grammar file in place of the library's own, if it has one
 * @lib: the library
 * @path: the file
 *
 * Return: 0, or -1 when it has errors (reported)
 */
int library_add_grammar(struct library *lib, const char *path)
{
	struct lib_file *file, *old;
	struct lib_index fresh = { 0 };
	const struct lang_grammar *grammar;

	grammar = compile_grammar(lib, add(&fresh, path));
	old = find(&lib->grammars, fresh.files[0].name);
	if (old) {
		free(old->name);
		free(old->path);
		lang_grammar_free(old->grammar);
		*old = fresh.files[0];
	} else {
		file = add(&lib->grammars, path);
		free(file->name);
		free(file->path);
		*file = fresh.files[0];
	}
	free(fresh.files);
	return grammar ? 0 : -1;
}

/**
 * library_grammar() - the grammar of a protocol
 * @lib: the library
 * @protocol: its name
 *
 * Return: the grammar, owned by the library, or NULL (message printed or reported)
 */
const struct lang_grammar *library_grammar(struct library *lib, const char *protocol)
{
	struct lib_file *file = find(&lib->grammars, protocol);

	if (!file) {
		not_found(lib, &lib->grammars, "protocol", protocol);
		return NULL;
	}
	return compile_grammar(lib, file);
}

/* For the compiler, which says itself that there is no such protocol. */
static const struct lang_grammar *lookup(void *ctx, const char *protocol)
{
	struct library *lib = ctx;
	struct lib_file *file = find(&lib->grammars, protocol);

	if (!file)
		return NULL;
	compile_grammar(lib, file);
	lib->grammar_failed = file->failed;
	return file->grammar;
}

/**
 * library_compile() - compile a patch in a file
 * @lib: the library, for its grammars
 * @path: the file
 * @params: values for parameters of the patch
 * @nr_params: elements of @params
 *
 * Return: the patch, to be freed, or NULL (errors reported)
 */
struct lang_patch *library_compile(struct library *lib, const char *path,
				   const struct lang_param *params, size_t nr_params)
{
	struct lang_diag *diag = lang_diag_new();
	struct lang_patch *patch = NULL;
	struct lang_source *src;

	lib->grammar_failed = false;
	src = lang_source_read(path, diag);
	if (src)
		patch = lang_patch_compile(src, lookup, lib, params, nr_params, diag);
	/* That the protocol cannot be used follows from errors that were reported. */
	if (!patch && !(lib->grammar_failed && lang_diag_errors(diag) == 1))
		report_diag(&lib->report, diag);
	lang_source_free(src);
	lang_diag_free(diag);
	return patch;
}

/**
 * library_patch() - compile a patch named on the command line
 * @lib: the library
 * @name: name of a patch of the library, or a path
 * @params: values for parameters of the patch
 * @nr_params: elements of @params
 *
 * Return: the patch, to be freed, or NULL (message printed or errors reported)
 */
struct lang_patch *library_patch(struct library *lib, const char *name,
				 const struct lang_param *params, size_t nr_params)
{
	const struct lib_file *file;

	if (library_is_path(name))
		return library_compile(lib, name, params, nr_params);
	file = library_find(lib, name);
	return file ? library_compile(lib, file->path, params, nr_params) : NULL;
}
