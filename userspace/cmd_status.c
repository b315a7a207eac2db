// SPDX-License-Identifier: GPL-2.0
#include "../kmod/uapi/patchproxy_image.h"
#include "json.h"
#include "kernel.h"
#include "out.h"
#include "patchctl.h"

#include <stdlib.h>

/* The one list of counters, for names and explanations. */
static const struct {
	const char *name;
	const char *doc;
} counters[] = {
#define COUNTER(name, doc) { #name, doc },
	PATCHPROXY_COUNTERS(COUNTER)
#undef COUNTER
};

static void as_json(const struct kernel_info *info, const struct kernel_stats *stats,
		    const struct bindings *all)
{
	json_t *obj = json_obj(), *servers, *server, *patches = NULL, *patch, *cnt;
	const struct binding *b;
	size_t i;

	json_add_text(obj, "module", info->version);
	json_add_int(obj, "interface", info->abi);
	json_add_int(obj, "generation", stats->generation);
	json_add_int(obj, "flows", stats->flows);
	json_add_int(obj, "edited_flows", stats->edited_flows);
	servers = json_add_array(obj, "servers");
	for (i = 0; i < all->nr; i++) {
		b = &all->list[i];
		if (!i || !server_equal(&b->srv, &b[-1].srv)) {
			server = json_obj();
			json_add_server(server, &b->srv);
			json_add_text(server, "protocol", b->protocol);
			patches = json_add_array(server, "patches");
			json_array_append_new(servers, server);
		}
		patch = json_obj();
		json_add_text(patch, "name", b->name);
		json_add_text(patch, "title", b->title);
		json_add_bool(patch, "policy", b->flags & PP_PATCH_POLICY);
		json_add_int(patch, "hits", b->hits);
		json_add_int(patch, "since", b->since);
		json_add_text(patch, "midstream", midstream_name(b->midstream));
		json_add_id(patch, "id", b->id);
		json_array_append_new(patches, patch);
	}
	cnt = json_obj();
	for (i = 0; i < ARRAY_SIZE(counters); i++)
		json_add_int(cnt, counters[i].name, stats->counters[i]);
	json_add(obj, "counters", cnt);
	json_print(obj);
}

/* rmmod itself can only say that the module is in use. */
static void print_held(unsigned long long nr)
{
	if (!nr)
		return;
	printf("%llu of them %s shifted numbering or bytes held here and would break without the module:\n"
	       "  rmmod is refused until %s ended. Un-apply, so that no more come, and wait;\n"
	       "  \"patchctl flows\" lists connections.\n", nr, nr == 1 ? "has" : "have",
	       nr == 1 ? "it has" : "they have");
}

static void print_servers(const struct bindings *all)
{
	struct table table = { .nr_cols = 3, .indent = 2 };
	const struct binding *b;
	char text[SERVER_TEXT];
	size_t i;

	if (!all->nr)
		puts("\nno patches are applied");
	for (i = 0; i < all->nr; i++) {
		b = &all->list[i];
		if (!i || !server_equal(&b->srv, &b[-1].srv)) {
			table_print(&table);
			server_format(&b->srv, text);
			printf("\nserver %s %s, %s\n", server_transport(b->srv.transport), text,
			       b->protocol);
		}
		table_cell(&table, "%s", b->name);
		table_cell(&table, "%llu hit%s", (unsigned long long)b->hits, out_plural(b->hits));
		table_cell(&table, "%s%s%s%s%s", b->flags & PP_PATCH_POLICY ? "[policy] " : "",
			   b->midstream ? "[midstream: " : "",
			   b->midstream ? midstream_name(b->midstream) : "",
			   b->midstream ? "] " : "", b->title);
	}
	table_print(&table);
}

static void print_counters(const struct kernel_stats *stats, bool verbose)
{
	struct table table = { .nr_cols = verbose ? 3 : 2, .indent = 2 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(counters); i++) {
		if (!verbose && !stats->counters[i])
			continue;
		table_cell(&table, "%s", counters[i].name);
		table_cell(&table, "%llu", (unsigned long long)stats->counters[i]);
		if (verbose)
			table_cell(&table, "%s", counters[i].doc);
	}
	puts(table.nr_cells ? "\ncounters" : "\nall counters are zero");
	table_print(&table);
}

/**
 * cmd_status() - the verb "status"
 * @ctl: this run
 * @argc: as main() got it
 * @argv: as main() got it
 *
 * Return: enum ctl_exit
 */
int cmd_status(struct ctl *ctl, int argc, char **argv)
{
	static const struct opt opts[] = { { "verbose", 'v', false }, { NULL, 0, false } };
	struct bindings all = { 0 };
	struct kernel_stats stats;
	struct kernel_info info;
	bool verbose = false;
	struct nl nl;
	int ret;

	while ((ret = opt_next(ctl, argc, argv, opts)) > 0)
		verbose = true;
	if (!ret)
		ret = opt_simple(ctl, argc, argv, opts, 0, 0);
	if (ret)
		return ret == OPT_HELP ? CTL_DONE : CTL_USAGE;

	ret = CTL_FAILED;
	if (kernel_open(ctl, &nl, &info))
		goto out;
	if (kernel_bindings(&nl, &all) || kernel_stats(&nl, &stats)) {
		kernel_error(ctl, &nl, "cannot read the status");
		goto out;
	}
	if (ctl->json) {
		as_json(&info, &stats, &all);
	} else {
		printf("module %s, interface %u\n", info.version, info.abi);
		printf("generation %llu\n", (unsigned long long)stats.generation);
		printf("connections %llu\n", (unsigned long long)stats.flows);
		print_held(stats.edited_flows);
		print_servers(&all);
		print_counters(&stats, verbose);
	}
	ret = CTL_DONE;
out:
	bindings_free(&all);
	nl_close(&nl);
	return ret;
}
