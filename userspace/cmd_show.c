// SPDX-License-Identifier: GPL-2.0
#include "json.h"
#include "library.h"
#include "out.h"
#include "patchctl.h"

#include <stdlib.h>
#include <string.h>

static const char *class_text(enum lang_class class)
{
	switch (class) {
	case LANG_CLASS_E:
		return "E: the same decision as the vendor's fix";
	case LANG_CLASS_C:
		return "C: all that the vendor's fix refuses, and more";
	case LANG_CLASS_P:
		return "P: part of what the vendor's fix refuses";
	default:
		return "not stated";
	}
}

static const char *expectation(const struct lang_sample *sample)
{
	if (sample->flags & LANG_SAMPLE_UNCHANGED)
		return "unchanged";
	if (sample->flags & LANG_SAMPLE_DROPPED)
		return "dropped";
	if (sample->flags & LANG_SAMPLE_RESET)
		return "reset";
	return "changed";
}

static void add_strings(json_t *obj, const char *key, const char *const *list, size_t nr)
{
	json_t *array = json_add_array(obj, key);
	size_t i;

	for (i = 0; i < nr; i++)
		json_array_append_new(array, json_text(list[i]));
}

static void add_params(json_t *obj, const struct lang_patch_info *info)
{
	json_t *params = json_obj(), *values;
	const struct lang_bytes *value;
	size_t i, v;
	char *text;

	for (i = 0; i < info->nr_params; i++) {
		values = json_add_array(params, info->params[i].name);
		for (v = 0; v < info->params[i].nr_values; v++) {
			value = &info->params[i].values[v];
			text = xalloc(value->len + 1);
			memcpy(text, value->data, value->len);
			json_array_append_new(values, json_text(text));
			free(text);
		}
	}
	json_add(obj, "params", params);
}

static void as_json(const struct lang_patch *patch)
{
	const struct lang_patch_info *info = lang_patch_info(patch);
	json_t *obj = json_obj(), *samples, *sample;
	const struct lang_sample *s;
	char class[2] = { 0 };
	size_t i;

	json_add_text(obj, "name", info->name);
	json_add_text(obj, "title", info->title);
	json_add_text(obj, "protocol", info->protocol);
	json_add_bool(obj, "policy", info->flags & PP_PATCH_POLICY);
	json_add_text(obj, "role", info->flags & PP_PATCH_ROLE_CLIENT ? "client" : "server");
	add_strings(obj, "bulletins", info->bulletins, info->nr_bulletins);
	add_strings(obj, "products", info->products, info->nr_products);
	class[0] = info->class;
	if (info->class)
		json_add_text(obj, "class", class);
	if (info->reason)
		json_add_text(obj, "class_reason", info->reason);
	if (info->fix)
		json_add_text(obj, "fix", info->fix);
	if (info->limit_source)
		json_add_text(obj, "limit_source", info->limit_source);
	add_params(obj, info);
	samples = json_add_array(obj, "samples");
	for (i = 0; i < info->nr_samples; i++) {
		s = &info->samples[i];
		sample = json_obj();
		json_add_text(sample, "name", s->name);
		json_add_text(sample, "expect", expectation(s));
		json_add_int(sample, "client_bytes", s->client.len);
		json_add_int(sample, "server_bytes", s->server.len);
		json_array_append_new(samples, sample);
	}
	json_add_text(obj, "file", lang_source_path(lang_patch_source(patch)));
	json_add_id(obj, "id", lang_patch_id(patch));
	json_print(obj);
}

static void print_list(const char *label, const char *const *list, size_t nr)
{
	size_t i;

	if (!nr)
		return;
	printf("%-10s", label);
	for (i = 0; i < nr; i++)
		printf("%s%s", i ? ", " : "", list[i]);
	putchar('\n');
}

static void print_params(const struct lang_patch_info *info)
{
	const struct lang_bytes *value;
	size_t i, v;
	char *text;

	for (i = 0; i < info->nr_params; i++) {
		printf("parameter %s =", info->params[i].name);
		for (v = 0; v < info->params[i].nr_values; v++) {
			value = &info->params[i].values[v];
			text = out_bytes(value->data, value->len);
			printf("%s %s", v ? "," : "", text);
			free(text);
		}
		putchar('\n');
	}
}

static void print_samples(const struct lang_patch_info *info)
{
	struct table table = { .nr_cols = 3, .indent = 2 };
	const struct lang_sample *s;
	size_t i;

	if (!info->nr_samples)
		return;
	puts("samples");
	for (i = 0; i < info->nr_samples; i++) {
		s = &info->samples[i];
		table_cell(&table, "\"%s\"", s->name);
		table_cell(&table, "%s", expectation(s));
		if (s->server.len)
			table_cell(&table, "%zu byte%s, answer %zu", s->client.len,
				   out_plural(s->client.len), s->server.len);
		else
			table_cell(&table, "%zu byte%s", s->client.len, out_plural(s->client.len));
	}
	table_print(&table);
}

static void as_text(const struct lang_patch *patch)
{
	const struct lang_patch_info *info = lang_patch_info(patch);

	printf("%s: %s\n\n", info->name, info->title);
	printf("%-10s%s\n", "protocol", info->protocol);
	if (info->flags & PP_PATCH_POLICY)
		printf("%-10s%s\n", "policy", "it refuses a feature, not a flaw; \"all\" leaves it out");
	if (info->flags & PP_PATCH_ROLE_CLIENT)
		printf("%-10s%s\n", "role", "client: it protects the side that connects");
	print_list("bulletin", info->bulletins, info->nr_bulletins);
	print_list("products", info->products, info->nr_products);
	printf("%-10s%s\n", "class", class_text(info->class));
	if (info->reason)
		printf("%-10s%s\n", "", info->reason);
	if (info->fix)
		printf("%-10s%s\n", "fix", info->fix);
	if (info->limit_source)
		printf("%-10s%s\n", "limit", info->limit_source);
	print_params(info);
	print_samples(info);
	printf("%-10s%s\n", "file", lang_source_path(lang_patch_source(patch)));
	printf("%-10s%016llx\n", "id", (unsigned long long)lang_patch_id(patch));
}

/**
 * cmd_show() - the verb "show"
 * @ctl: this run
 * @argc: as main() got it
 * @argv: as main() got it
 *
 * Return: enum ctl_exit
 */
int cmd_show(struct ctl *ctl, int argc, char **argv)
{
	struct lang_patch *patch = NULL;
	struct library lib;
	int ret;

	ret = opt_simple(ctl, argc, argv, NULL, 1, 1);
	if (ret)
		return ret == OPT_HELP ? CTL_DONE : CTL_USAGE;

	ret = CTL_FAILED;
	if (library_open(&lib, ctl))
		goto out;
	patch = library_patch(&lib, ctl->args[0], NULL, 0);
	if (!patch)
		goto out;
	if (ctl->json)
		as_json(patch);
	else
		as_text(patch);
	ret = CTL_DONE;
out:
	lang_patch_free(patch);
	library_close(&lib);
	return ret;
}
