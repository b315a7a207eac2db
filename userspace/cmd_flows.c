// SPDX-License-Identifier: GPL-2.0
#include "json.h"
#include "kernel.h"
#include "out.h"
#include "patchctl.h"

#include <stdlib.h>

static void as_json(const struct flow *flows, size_t nr)
{
	char client[SERVER_TEXT], server[SERVER_TEXT];
	json_t *array = json_array(), *obj;
	size_t i;

	for (i = 0; i < nr; i++) {
		server_format(&flows[i].client, client);
		server_format(&flows[i].server, server);
		obj = json_obj();
		json_add_text(obj, "client", client);
		json_add_text(obj, "server", server);
		json_add_text(obj, "transport", server_transport(flows[i].server.transport));
		json_add_text(obj, "protocol", flows[i].protocol);
		json_add_text(obj, "state", flows[i].state);
		json_add_int(obj, "edits", flows[i].edits);
		json_add_int(obj, "delta", flows[i].delta[0]);
		json_add_int(obj, "delta_reply", flows[i].delta[1]);
		json_add_int(obj, "held", flows[i].held);
		json_add_int(obj, "bytes", flows[i].bytes);
		json_array_append_new(array, obj);
	}
	json_print(array);
}

static void as_text(const struct flow *flows, size_t nr)
{
	static const char *const head[] = { "CLIENT", "SERVER", "", "PROTOCOL", "STATE", "BYTES",
					    "EDITS", "SHIFT", "HELD" };
	struct table table = { .nr_cols = ARRAY_SIZE(head) };
	char text[SERVER_TEXT];
	size_t i;

	if (!nr) {
		puts("no live connections to protected servers");
		return;
	}
	for (i = 0; i < ARRAY_SIZE(head); i++)
		table_cell(&table, "%s", head[i]);
	for (i = 0; i < nr; i++) {
		server_format(&flows[i].client, text);
		table_cell(&table, "%s", text);
		server_format(&flows[i].server, text);
		table_cell(&table, "%s", text);
		table_cell(&table, "%s", server_transport(flows[i].server.transport));
		table_cell(&table, "%s", flows[i].protocol);
		table_cell(&table, "%s", flows[i].state);
		table_cell(&table, "%llu", (unsigned long long)flows[i].bytes);
		table_cell(&table, "%u", flows[i].edits);
		table_cell(&table, "%+d/%+d", flows[i].delta[0], flows[i].delta[1]);
		table_cell(&table, "%u", flows[i].held);
	}
	table_print(&table);
}

/**
 * cmd_flows() - the verb "flows"
 * @ctl: this run
 * @argc: as main() got it
 * @argv: as main() got it
 *
 * Return: enum ctl_exit
 */
int cmd_flows(struct ctl *ctl, int argc, char **argv)
{
	struct kernel_info info;
	struct flow *flows = NULL;
	size_t nr = 0;
	struct nl nl;
	int ret;

	ret = opt_simple(ctl, argc, argv, NULL, 0, 0);
	if (ret)
		return ret == OPT_HELP ? CTL_DONE : CTL_USAGE;

	ret = CTL_FAILED;
	if (kernel_open(ctl, &nl, &info))
		goto out;
	if (kernel_flows(&nl, &flows, &nr)) {
		kernel_error(ctl, &nl, "cannot list connections");
		goto out;
	}
	if (ctl->json)
		as_json(flows, nr);
	else
		as_text(flows, nr);
	ret = CTL_DONE;
out:
	while (nr)
		flow_free(&flows[--nr]);
	free(flows);
	nl_close(&nl);
	return ret;
}
