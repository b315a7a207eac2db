// SPDX-License-Identifier: GPL-2.0
/* Developer's driver: compile one file and show the outcome. */
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "lang.h"

#define MAX_GRAMMARS	64

/*
 * Grammars that a patch asked for. They live until the end.
 */
struct library {
	const char *dir;
	struct lang_diag *diag;
	struct lang_grammar *grammars[MAX_GRAMMARS];
	unsigned int nr;
};

static const struct lang_grammar *lookup(void *ctx, const char *protocol)
{
	struct library *lib = ctx;
	struct lang_grammar *g = NULL;
	struct lang_source *src;
	char path[4096];
	FILE *file;

	for (unsigned int i = 0; i < lib->nr; i++)
		if (!strcmp(lang_grammar_name(lib->grammars[i]), protocol))
			return lib->grammars[i];
	snprintf(path, sizeof(path), "%s/%s.ppg", lib->dir, protocol);
	file = fopen(path, "r");
	if (!file || lib->nr == MAX_GRAMMARS)
		return NULL;
	fclose(file);
	src = lang_source_read(path, lib->diag);
	if (src)
		g = lang_grammar_compile(src, lib->diag);
	lang_source_free(src);
	if (g)
		lib->grammars[lib->nr++] = g;
	return g;
}

static void disasm_patch(struct library *lib, const struct lang_patch *p)
{
	const struct lang_grammar *g = lookup(lib, lang_patch_info(p)->protocol);
	size_t size, gsize;
	const void *image = lang_patch_image(p, &size);
	const void *gimage = lang_grammar_image(g, &gsize);

	lang_disasm(image, size, gimage, gsize, stdout);
}

static bool is_grammar(const char *path)
{
	size_t len = strlen(path);

	return len > 4 && !strcmp(path + len - 4, ".ppg");
}

static bool compile(struct library *lib, const char *path, bool disasm,
		    const struct lang_param *params, size_t nr_params)
{
	struct lang_source *src = lang_source_read(path, lib->diag);
	struct lang_grammar *g = NULL;
	struct lang_patch *p = NULL;
	const void *image;
	size_t size;

	if (!src)
		return false;
	if (is_grammar(path))
		g = lang_grammar_compile(src, lib->diag);
	else
		p = lang_patch_compile(src, lookup, lib, params, nr_params, lib->diag);
	lang_source_free(src);
	if (disasm && g) {
		image = lang_grammar_image(g, &size);
		lang_disasm(image, size, NULL, 0, stdout);
	} else if (disasm && p) {
		disasm_patch(lib, p);
	}
	lang_grammar_free(g);
	lang_patch_free(p);
	return g || p;
}

static int usage(void)
{
	fputs("usage: langc [-d] [-g GRAMMARS] [-s NAME=VALUE,...] FILE...\n"
	      "  -d  show what the images hold\n"
	      "  -g  directory of the grammars, default patchdefs/grammars\n"
	      "  -s  values of a parameter\n", stderr);
	return 2;
}

static bool parse_param(char *text, struct lang_param *param, struct lang_bytes *values, size_t max)
{
	char *value = strchr(text, '=');

	if (!value)
		return false;
	*value++ = '\0';
	param->name = text;
	param->values = values;
	for (value = strtok(value, ","); value && param->nr_values < max;
	     value = strtok(NULL, ",")) {
		values[param->nr_values].data = (unsigned char *)value;
		values[param->nr_values++].len = strlen(value);
	}
	return true;
}

int main(int argc, char **argv)
{
	struct library lib = { .dir = "patchdefs/grammars", .diag = lang_diag_new() };
	struct lang_bytes values[64];
	struct lang_param param = { NULL, NULL, 0 };
	bool disasm = false, ok = true;
	int i;

	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		if (!strcmp(argv[i], "-d"))
			disasm = true;
		else if (!strcmp(argv[i], "-g") && i + 1 < argc)
			lib.dir = argv[++i];
		else if (strcmp(argv[i], "-s") || i + 1 >= argc ||
			 !parse_param(argv[++i], &param, values, 64))
			return usage();
	}
	if (i == argc)
		return usage();
	for (; i < argc; i++)
		ok = compile(&lib, argv[i], disasm, &param, param.name ? 1 : 0) && ok;
	lang_diag_print(lib.diag, stderr);
	for (unsigned int k = 0; k < lib.nr; k++)
		lang_grammar_free(lib.grammars[k]);
	lang_diag_free(lib.diag);
	return ok ? 0 : 1;
}
