// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the language: golden listings and error texts, broken inputs of all
 * kinds, and that the core's verifier accepts whatever compiles.
 *
 *	lang_test [--update] GRAMMARS
 *
 * runs in the directory that holds good/ and bad/; --update rewrites the golden
 * files.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "lang.h"
#include "lex.h"

#include "core.h"

#define MAX_FILES	256
#define MUTATIONS	400

static unsigned int passed, failed, skipped;
static const char *grammar_dir;
static bool update;

static void report(bool ok, const char *what, const char *name)
{
	unsigned int n = passed + failed + 1;

	printf("%sok %u - %s%s%s\n", ok ? "" : "not ", n, what, *name ? " " : "", name);
	if (ok)
		passed++;
	else
		failed++;
}

/*
 * Grammars that patches ask for, compiled once.
 */
static struct lang_grammar *known[16];
static unsigned int nr_known;

static const struct lang_grammar *lookup(void *ctx, const char *protocol)
{
	struct lang_diag *diag = ctx;
	struct lang_grammar *g = NULL;
	struct lang_source *src;
	char path[512];
	FILE *file;

	for (unsigned int i = 0; i < nr_known; i++)
		if (!strcmp(lang_grammar_name(known[i]), protocol))
			return known[i];
	snprintf(path, sizeof(path), "%s/%s.ppg", grammar_dir, protocol);
	file = fopen(path, "r");
	if (!file)
		return NULL;
	fclose(file);
	src = lang_source_read(path, diag);
	if (src)
		g = lang_grammar_compile(src, diag);
	lang_source_free(src);
	if (g)
		known[nr_known++] = g;
	return g;
}

/*
 * What one source compiled to.
 */
struct outcome {
	struct lang_grammar *g;
	struct lang_patch *p;
	struct lang_diag *diag;
};

static bool is_grammar(const char *path)
{
	size_t len = strlen(path);

	return len > 4 && !strcmp(path + len - 4, ".ppg");
}

static void compile_text(struct outcome *out, const char *path, const char *text, size_t size,
			 const struct lang_param *params, size_t nr)
{
	struct lang_source *src = lang_source_memory(path, text, size);

	*out = (struct outcome){ .diag = lang_diag_new() };
	if (is_grammar(path))
		out->g = lang_grammar_compile(src, out->diag);
	else
		out->p = lang_patch_compile(src, lookup, out->diag, params, nr, out->diag);
	lang_source_free(src);
}

static void outcome_free(struct outcome *out)
{
	lang_grammar_free(out->g);
	lang_patch_free(out->p);
	lang_diag_free(out->diag);
}

static bool verify_grammar(const struct lang_grammar *g, struct pp_image *img, struct pp_error *err)
{
	size_t size;
	const void *image = lang_grammar_image(g, &size);

	return !pp_image_open(img, image, size, err) && !pp_verify_grammar(img, err);
}

static bool verify(const struct outcome *out, struct pp_error *err)
{
	struct pp_image img, gimg;
	const void *image;
	size_t size;

	if (out->g)
		return verify_grammar(out->g, &img, err);
	image = lang_patch_image(out->p, &size);
	return verify_grammar(lookup(out->diag, lang_patch_info(out->p)->protocol), &gimg, err) &&
	       !pp_image_open(&img, image, size, err) && !pp_verify_patch(&img, &gimg, err);
}

/* Either it compiles and the verifier agrees, or something is said about it. */
static bool sane(const struct outcome *out)
{
	bool compiled = out->g || out->p;
	struct pp_error err = { 0 };

	if (compiled != !lang_diag_errors(out->diag))
		return false;
	if (!compiled || verify(out, &err))
		return true;
	printf("# verifier: section %u index %u: %s\n", err.section, err.index, err.msg);
	return false;
}

static char *read_file(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	char *text = NULL;
	size_t cap = 0;

	*size = 0;
	if (!file)
		return NULL;
	while (!feof(file)) {
		text = lang_grow(text, *size, &cap, 1);
		*size += fread(text + *size, 1, cap - *size, file);
	}
	fclose(file);
	return text;
}

static bool same_as_golden(const char *path, const char *text, size_t size)
{
	size_t golden_size;
	char *golden;
	FILE *file;
	bool ok;

	if (update) {
		file = fopen(path, "wb");
		if (!file)
			return false;
		fwrite(text, 1, size, file);
		fclose(file);
	}
	golden = read_file(path, &golden_size);
	ok = golden && golden_size == size && !memcmp(golden, text, size);
	free(golden);
	if (!ok)
		printf("# differs from %s:\n%.*s", path, (int)size, text);
	return ok;
}

static void golden_name(char *to, size_t size, const char *dir, const char *path)
{
	const char *base = strrchr(path, '/');

	snprintf(to, size, "%s/%s.txt", dir, base ? base + 1 : path);
}

static void test_good(const char *path)
{
	char golden[512], *text = NULL, *source;
	size_t size = 0, source_size, image_size, gsize = 0;
	const void *image, *gimage = NULL;
	struct outcome out;
	bool ok = false;
	FILE *file;

	source = read_file(path, &source_size);
	compile_text(&out, path, source, source_size, NULL, 0);
	if (sane(&out) && (out.g || out.p)) {
		file = open_memstream(&text, &size);
		if (out.p)
			gimage = lang_grammar_image(lookup(out.diag,
						    lang_patch_info(out.p)->protocol), &gsize);
		image = out.g ? lang_grammar_image(out.g, &image_size) :
				lang_patch_image(out.p, &image_size);
		lang_disasm(image, image_size, gimage, gsize, file);
		fclose(file);
		golden_name(golden, sizeof(golden), "good", path);
		ok = same_as_golden(golden, text, size);
	}
	lang_diag_print(out.diag, stdout);
	report(ok, "listing", path);
	outcome_free(&out);
	free(source);
	free(text);
}

static void test_bad(const char *path)
{
	char golden[512], *text, *source;
	size_t size, source_size;
	struct outcome out;
	FILE *file;
	bool ok;

	source = read_file(path, &source_size);
	compile_text(&out, path, source, source_size, NULL, 0);
	file = open_memstream(&text, &size);
	lang_diag_print(out.diag, file);
	fclose(file);
	golden_name(golden, sizeof(golden), "bad", path);
	ok = !out.g && !out.p && same_as_golden(golden, text, size);
	report(ok, "errors", path);
	outcome_free(&out);
	free(source);
	free(text);
}

static void test_cut(const char *path)
{
	size_t size, step;
	char *source = read_file(path, &size);
	struct outcome out;
	bool ok = true;

	step = size > 4096 ? 3 : 1;
	for (size_t n = 0; n < size && ok; n += step) {
		compile_text(&out, path, source, n, NULL, 0);
		ok = sane(&out);
		if (!ok)
			printf("# cut at byte %zu\n", n);
		outcome_free(&out);
	}
	report(ok, "cut at every byte", path);
	free(source);
}

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

static void mutate(char *text, size_t *size, uint32_t *seed)
{
	static const char *const tokens[] = {
		"{", "}", "(", ")", ";", ":", "\"", "[", "]", "not ", "if ", "loop {", "0",
		"99999999999", "=", "skip ", "until ", "mute ", "\xff", "in $x", "use line-end;",
	};
	size_t from, to, len;
	const char *token;

	for (unsigned int edits = 1 + next_random(seed) % 3; edits && *size > 8; edits--) {
		from = next_random(seed) % *size;
		to = next_random(seed) % *size;
		switch (next_random(seed) % 4) {
		case 0:
			text[from] = next_random(seed);
			break;
		case 1:
			token = tokens[next_random(seed) % (sizeof(tokens) / sizeof(tokens[0]))];
			len = strlen(token);
			if (from + len < *size)
				memcpy(text + from, token, len);
			break;
		case 2:
			len = next_random(seed) % 24;
			if (from + len < *size) {
				memmove(text + from, text + from + len, *size - from - len);
				*size -= len;
			}
			break;
		default:
			len = next_random(seed) % 24;
			if (from + len < *size && to + len < *size)
				memmove(text + to, text + from, len);
			break;
		}
	}
}

static void test_mutants(const char *path)
{
	size_t size, n;
	char *source = read_file(path, &size), *copy = lang_alloc(size + 1);
	unsigned int compiled = 0;
	uint32_t seed = 1;
	struct outcome out;
	bool ok = true;

	for (unsigned int i = 0; i < MUTATIONS && ok; i++) {
		memcpy(copy, source, size);
		n = size;
		mutate(copy, &n, &seed);
		compile_text(&out, path, copy, n, NULL, 0);
		ok = sane(&out);
		compiled += out.g || out.p;
		if (!ok)
			printf("# mutant %u:\n%.*s\n", i, (int)n, copy);
		outcome_free(&out);
	}
	printf("# %u of %d mutants compile\n", compiled, MUTATIONS);
	report(ok, "mutants of", path);
	free(source);
	free(copy);
}

static const char verbs_text[] =
	"patch P \"t\" {\n"
	"\tfor ftp;\n"
	"\tparam verbs = \"DELE\", \"RMD\";\n"
	"\ton command.verb when command.verb iin $verbs poison with \"_\";\n"
	"\tsample \"s\" { client (\"A\" + \"B\" * 2) * 2 + \"\\r\\n\"; dropped; }\n"
	"}\n";

static const char listed_text[] =
	"patch Q \"t\" {\n"
	"\tfor ftp;\n"
	"\ton command.verb when command.verb iin { \"STOR\" } poison with \"_\";\n"
	"}\n";

static const struct pp_rule *first_rule(const struct lang_patch *p)
{
	size_t size;
	const unsigned char *image = lang_patch_image(p, &size);
	const struct pp_image_header *h = (const void *)image;

	return (const void *)(image + h->sections[PP_SEC_RULES].off);
}

static void test_params(void)
{
	static const struct lang_bytes values[] = { { (const unsigned char *)"stor", 4 } };
	static const struct lang_param stor = { "verbs", values, 1 };
	static const struct lang_param none = { "verbs", values, 0 };
	static const struct lang_param other = { "words", values, 1 };
	struct outcome plain, set, listed, bad;
	const struct lang_patch_info *info;

	compile_text(&plain, "P.pdef", verbs_text, sizeof(verbs_text) - 1, NULL, 0);
	compile_text(&set, "P.pdef", verbs_text, sizeof(verbs_text) - 1, &stor, 1);
	compile_text(&listed, "Q.pdef", listed_text, sizeof(listed_text) - 1, NULL, 0);
	report(plain.p && first_rule(plain.p)->cond_len == 3, "a parameter's own values", "");
	report(set.p && first_rule(set.p)->cond_len == 1, "overriding a parameter", "");
	info = set.p ? lang_patch_info(set.p) : NULL;
	report(info && info->nr_params == 1 && info->params[0].nr_values == 1 &&
	       info->params[0].values[0].len == 4, "values in force are shown", "");
	report(set.p && listed.p && first_rule(set.p)->key == first_rule(listed.p)->key,
	       "the same rule has the same key in another patch", "");
	report(plain.p && set.p && first_rule(plain.p)->key != first_rule(set.p)->key &&
	       lang_patch_id(plain.p) != lang_patch_id(set.p),
	       "another value makes another key and id", "");
	outcome_free(&listed);
	outcome_free(&set);
	outcome_free(&plain);
	compile_text(&bad, "P.pdef", verbs_text, sizeof(verbs_text) - 1, &other, 1);
	report(!bad.p && lang_diag_errors(bad.diag) == 1, "an unknown parameter is refused", "");
	outcome_free(&bad);
	compile_text(&bad, "P.pdef", verbs_text, sizeof(verbs_text) - 1, &none, 1);
	report(!bad.p && lang_diag_errors(bad.diag) == 1, "an empty parameter is refused", "");
	outcome_free(&bad);
}

static void test_info(void)
{
	const struct lang_grammar *g;
	const struct lang_sample *s;
	struct lang_pos pos;
	struct outcome out;
	int bit;

	compile_text(&out, "P.pdef", verbs_text, sizeof(verbs_text) - 1, NULL, 0);
	s = lang_patch_info(out.p)->samples;
	report(s->client.len == 8 && !memcmp(s->client.data, "ABBABB\r\n", 8) &&
	       s->flags == LANG_SAMPLE_DROPPED && !s->server.data, "strings of samples", "");
	report(lang_patch_locate(out.p, PP_SEC_RULES, 0, &pos) && pos.line == 4 &&
	       pos.col == 5 && pos.len == 12, "the place of a rule", "");
	report(lang_patch_locate(out.p, PP_SEC_ATOMS, 1, &pos) && pos.line == 4 &&
	       pos.col == 23, "the place of a condition", "");
	report(!lang_patch_locate(out.p, PP_SEC_RULES, 9, &pos) && pos.line == 1,
	       "the place of nothing is the patch", "");
	g = lookup(out.diag, "ftp");
	report(lang_grammar_locate(g, PP_SEC_CODE, 0, &pos) && pos.line > 10,
	       "the place of an instruction", "");
	bit = lang_grammar_session_bit(g, "tls");
	report(bit == 0 && lang_grammar_session_bit(g, "none") < 0, "session bits", "");
	report(!strcmp(lang_grammar_field(g, 1)->name, "command.verb") &&
	       lang_grammar_field(g, 1)->flags & PP_FIELD_END && !lang_grammar_field(g, 0) &&
	       !lang_grammar_field(g, 999), "fields", "");
	outcome_free(&out);
}

static void test_missing(void)
{
	struct lang_diag *diag = lang_diag_new();
	struct lang_source *src = lang_source_read("does/not/exist.pdef", diag);

	report(!src && lang_diag_errors(diag) == 1 && !lang_diag_get(diag, 0)->pos.line,
	       "a file that cannot be read", "");
	lang_source_free(src);
	lang_diag_free(diag);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_source(const char *name)
{
	size_t len = strlen(name);

	return is_grammar(name) || (len > 5 && !strcmp(name + len - 5, ".pdef"));
}

static void each(const char *dir, void (*test)(const char *path))
{
	char *names[MAX_FILES];
	struct dirent *entry;
	size_t nr = 0, len;
	DIR *d = opendir(dir);

	if (!d) {
		report(false, "directory", dir);
		return;
	}
	while ((entry = readdir(d)) && nr < MAX_FILES) {
		if (!is_source(entry->d_name))
			continue;
		len = strlen(dir) + strlen(entry->d_name) + 2;
		names[nr] = lang_alloc(len);
		snprintf(names[nr++], len, "%s/%s", dir, entry->d_name);
	}
	closedir(d);
	qsort(names, nr, sizeof(names[0]), by_name);
	for (size_t i = 0; i < nr; i++) {
		test(names[i]);
		free(names[i]);
	}
}

int main(int argc, char **argv)
{
	update = argc > 1 && !strcmp(argv[1], "--update");
	if (argc != 2 + update) {
		fputs("usage: lang_test [--update] GRAMMARS\n", stderr);
		return 2;
	}
	grammar_dir = argv[1 + update];
	setvbuf(stdout, NULL, _IOLBF, 0);
	each(grammar_dir, test_good);
	each("good", test_good);
	each("bad", test_bad);
	test_params();
	test_info();
	test_missing();
	each(grammar_dir, test_cut);
	each("good", test_cut);
	each("bad", test_cut);
	each(grammar_dir, test_mutants);
	each("good", test_mutants);
	each("bad", test_mutants);
	for (unsigned int i = 0; i < nr_known; i++)
		lang_grammar_free(known[i]);
	printf("%u passed, %u failed, %u skipped\n", passed, failed, skipped);
	return failed ? 1 : 0;
}
