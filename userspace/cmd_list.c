// SPDX-License-Identifier: GPL-2.0
#include "json.h"
#include "kernel.h"
#include "library.h"
#include "out.h"
#include "patchctl.h"

#include <string.h>

/**
 * struct listing - this run of the verb
 * @ctl: this run of the tool
 * @lib: the library
 * @applied: what is applied
 * @known: @applied could be asked for
 * @product: text that the products must have, or NULL
 * @array: the listing, with -j
 * @table: the listing
 */
struct listing {
	struct ctl *ctl;
	struct library lib;
	struct bindings applied;
	bool known;
	const char *product;
	json_t *array;
	struct table table;
};

static bool has_product(const struct lang_patch_info *info, const char *product)
{
	size_t i;

	for (i = 0; product && i < info->nr_products; i++)
		if (strcasestr(info->products[i], product))
			return true;
	return !product;
}

static bool is_applied(const struct listing *list, const char *name)
{
	size_t i;

	for (i = 0; i < list->applied.nr; i++)
		if (!strcmp(list->applied.list[i].name, name))
			return true;
	return false;
}

static void add_json(struct listing *list, const struct lang_patch_info *info)
{
	json_t *obj = json_obj(), *array, *server;
	char class[2] = { 0 };
	size_t i;

	json_add_text(obj, "name", info->name);
	json_add_text(obj, "title", info->title);
	json_add_text(obj, "protocol", info->protocol);
	json_add_bool(obj, "policy", info->flags & PP_PATCH_POLICY);
	class[0] = info->class;
	if (info->class)
		json_add_text(obj, "class", class);
	array = json_add_array(obj, "products");
	for (i = 0; i < info->nr_products; i++)
		json_array_append_new(array, json_text(info->products[i]));
	if (list->known) {
		array = json_add_array(obj, "applied_to");
		for (i = 0; i < list->applied.nr; i++) {
			if (strcmp(list->applied.list[i].name, info->name))
				continue;
			server = json_obj();
			json_add_server(server, &list->applied.list[i].srv);
			json_array_append_new(array, server);
		}
	}
	json_array_append_new(list->array, obj);
}

static int list_patch(struct listing *list, const char *name)
{
	struct lang_patch *patch = library_patch(&list->lib, name, NULL, 0);
	const struct lang_patch_info *info;

	if (!patch)
		return -1;
	info = lang_patch_info(patch);
	if (has_product(info, list->product)) {
		if (list->array) {
			add_json(list, info);
		} else {
			table_cell(&list->table, "%c", is_applied(list, name) ? '*' : ' ');
			table_cell(&list->table, "%s", info->name);
			table_cell(&list->table, "%s", info->protocol);
			table_cell(&list->table, "%s%s",
				   info->flags & PP_PATCH_POLICY ? "[policy] " : "", info->title);
		}
	}
	lang_patch_free(patch);
	return 0;
}

static int list_all(struct listing *list)
{
	struct kernel_info info;
	struct nl nl;
	int ret = 0;
	size_t i;

	/* The marks need the module and a privilege; the listing needs neither. */
	list->known = !kernel_open_maybe(&nl, &info) && !kernel_bindings(&nl, &list->applied);
	nl_close(&nl);
	for (i = 0; i < list->lib.patches.nr; i++)
		if (list_patch(list, list->lib.patches.files[i].name))
			ret = -1;
	if (list->array) {
		json_print(list->array);
	} else if (list->table.nr_cells) {
		table_print(&list->table);
		if (list->applied.nr)
			puts("* applied to a server");
	} else if (!ret) {
		puts(list->product ? "no patches for such a product" : "the library is empty");
	}
	bindings_free(&list->applied);
	return ret;
}

/**
 * cmd_list() - the verb "list"
 * @ctl: this run
 * @argc: as main() got it
 * @argv: as main() got it
 *
 * Return: enum ctl_exit
 */
int cmd_list(struct ctl *ctl, int argc, char **argv)
{
	static const struct opt opts[] = { { "product", 'p', true }, { NULL, 0, false } };
	struct listing list = { .ctl = ctl, .table.nr_cols = 4 };
	int ret;

	while ((ret = opt_next(ctl, argc, argv, opts)) > 0)
		list.product = ctl->optarg;
	if (!ret)
		ret = opt_simple(ctl, argc, argv, opts, 0, 0);
	if (ret)
		return ret == OPT_HELP ? CTL_DONE : CTL_USAGE;

	ret = CTL_FAILED;
	if (!library_open(&list.lib, ctl)) {
		list.array = ctl->json ? json_array() : NULL;
		ret = list_all(&list) ? CTL_FAILED : CTL_DONE;
	}
	library_close(&list.lib);
	return ret;
}
