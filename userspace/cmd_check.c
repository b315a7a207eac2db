// SPDX-License-Identifier: GPL-2.0
#include "json.h"
#include "load.h"
#include "patchctl.h"
#include "precheck.h"

#include <stdlib.h>
#include <string.h>

/**
 * struct check - this run of the verb
 * @ctl: this run of the tool
 * @lib: the library
 * @nl: connection to the module, with --kernel
 * @kernel: load into the kernel as well
 * @files: array of what was found, with -j
 */
struct check {
	struct ctl *ctl;
	struct library lib;
	struct nl nl;
	bool kernel;
	json_t *files;
};

static bool is_grammar(const char *path)
{
	size_t len = strlen(path);

	return len > 4 && !strcmp(path + len - 4, ".ppg");
}

static bool is_patch(const char *path)
{
	size_t len = strlen(path);

	return len > 5 && !strcmp(path + len - 5, ".pdef");
}

/* A grammar named on the command line is in the library under its base name by now. */
static const struct lang_grammar *grammar_of(struct check *check, const char *path)
{
	const char *base = strrchr(path, '/');
	const struct lang_grammar *grammar;
	char *name = xstrdup(base ? base + 1 : path);

	name[strlen(name) - 4] = '\0';
	grammar = library_grammar(&check->lib, name);
	free(name);
	return grammar;
}

static int check_grammar(struct check *check, const struct lang_grammar *grammar,
			 struct pp_image *img, size_t *size)
{
	if (!grammar || precheck_grammar(&check->lib, grammar, img))
		return -1;
	lang_grammar_image(grammar, size);
	return check->kernel ? load_grammar(&check->lib, &check->nl, grammar) : 0;
}

static int check_patch(struct check *check, const char *path, uint64_t *id, size_t *size)
{
	const struct lang_grammar *grammar;
	struct pp_image gimg, pimg;
	struct lang_patch *patch;
	size_t gsize;
	int ret = -1;

	patch = library_compile(&check->lib, path, NULL, 0);
	if (!patch)
		return -1;
	grammar = library_grammar(&check->lib, lang_patch_info(patch)->protocol);
	if (check_grammar(check, grammar, &gimg, &gsize) ||
	    precheck_patch(&check->lib, patch, &gimg, &pimg))
		goto out;
	*id = lang_patch_id(patch);
	lang_patch_image(patch, size);
	ret = check->kernel ? load_patch(&check->lib, &check->nl, patch) : 0;
out:
	lang_patch_free(patch);
	return ret;
}

static int check_file(struct check *check, const char *path)
{
	const struct lang_grammar *grammar;
	json_t *obj = NULL, *errors = NULL;
	struct pp_image img;
	uint64_t id = 0;
	size_t size = 0;
	int ret;

	if (check->files) {
		obj = json_obj();
		json_add_text(obj, "file", path);
		errors = json_add_array(obj, "errors");
		json_array_append_new(check->files, obj);
	}
	check->lib.report.json = errors;
	if (is_grammar(path)) {
		ret = library_add_grammar(&check->lib, path);
		grammar = ret ? NULL : grammar_of(check, path);
		if (!ret)
			ret = check_grammar(check, grammar, &img, &size);
		if (!ret)
			id = lang_grammar_id(grammar);
	} else {
		ret = check_patch(check, path, &id, &size);
	}
	if (obj) {
		json_add_bool(obj, "ok", !ret);
		if (!ret) {
			json_add_int(obj, "size", size);
			json_add_id(obj, "id", id);
		}
	} else if (!ret) {
		printf("%s: ok, %zu bytes\n", path, size);
	}
	return ret;
}

/* Grammars come first, so that patches named beside them are compiled for them. */
static int check_all(struct check *check)
{
	struct ctl *ctl = check->ctl;
	int i, pass, ret = 0;

	for (i = 0; i < ctl->nr_args; i++) {
		if (is_grammar(ctl->args[i]) || is_patch(ctl->args[i]))
			continue;
		msg_error(ctl, "%s: neither a grammar (*.ppg) nor a patch (*.pdef)", ctl->args[i]);
		return -1;
	}
	for (pass = 0; pass < 2; pass++)
		for (i = 0; i < ctl->nr_args; i++)
			if (is_grammar(ctl->args[i]) == !pass && check_file(check, ctl->args[i]))
				ret = -1;
	return ret;
}

/**
 * cmd_check() - the verb "check"
 * @ctl: this run
 * @argc: as main() got it
 * @argv: as main() got it
 *
 * Return: enum ctl_exit
 */
int cmd_check(struct ctl *ctl, int argc, char **argv)
{
	static const struct opt opts[] = { { "kernel", 'k', false }, { NULL, 0, false } };
	struct check check = { .ctl = ctl };
	struct kernel_info info;
	int ret;

	while ((ret = opt_next(ctl, argc, argv, opts)) > 0)
		check.kernel = true;
	if (!ret)
		ret = opt_simple(ctl, argc, argv, opts, 1, -1);
	if (ret)
		return ret == OPT_HELP ? CTL_DONE : CTL_USAGE;

	ret = CTL_FAILED;
	if (library_open(&check.lib, ctl))
		goto out;
	if (check.kernel && kernel_open(ctl, &check.nl, &info))
		goto out;
	if (ctl->json)
		check.files = json_array();
	if (!check_all(&check))
		ret = CTL_DONE;
	if (ctl->json && json_array_size(check.files))
		json_print(check.files);
	else
		json_decref(check.files);
out:
	nl_close(&check.nl);
	library_close(&check.lib);
	return ret;
}
