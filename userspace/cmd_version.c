// SPDX-License-Identifier: GPL-2.0
#include "json.h"
#include "kernel.h"
#include "patchctl.h"

#include <errno.h>

static void as_json(const struct nl *nl, const struct kernel_info *info)
{
	json_t *obj = json_obj();

	json_add_text(obj, "patchctl", PATCHCTL_VERSION);
	json_add_int(obj, "interface", PATCHPROXY_VERSION);
	json_add_bool(obj, "module_loaded", nl->family);
	if (info->abi) {
		json_add_text(obj, "module", info->version);
		json_add_int(obj, "module_interface", info->abi);
	}
	json_print(obj);
}

/**
 * cmd_version() - the verb "version"
 * @ctl: this run
 * @argc: as main() got it
 * @argv: as main() got it
 *
 * Return: enum ctl_exit
 */
int cmd_version(struct ctl *ctl, int argc, char **argv)
{
	struct kernel_info info;
	struct nl nl;
	int ret;

	ret = opt_simple(ctl, argc, argv, NULL, 0, 0);
	if (ret)
		return ret == OPT_HELP ? CTL_DONE : CTL_USAGE;

	ret = kernel_open_maybe(&nl, &info);
	if (ctl->json) {
		as_json(&nl, &info);
	} else {
		printf("patchctl %s, interface %d\n", PATCHCTL_VERSION, PATCHPROXY_VERSION);
		if (info.abi)
			printf("module %s, interface %u%s\n", info.version, info.abi,
			       ret ? ": they do not match" : "");
		else if (nl.err.code == ENOENT)
			puts("module not loaded");
	}
	if (ret && nl.err.code != ENOENT && !info.abi) {
		kernel_error(ctl, &nl, "cannot talk to the module");
		ret = CTL_FAILED;
	} else {
		ret = CTL_DONE;
	}
	nl_close(&nl);
	return ret;
}
