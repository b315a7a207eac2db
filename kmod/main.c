// SPDX-License-Identifier: GPL-2.0
/*
 * patchproxy: corrects live TCP and UDP streams in front of servers that cannot be
 * patched.
 */
#include <linux/module.h>

#include "budget.h"
#include "flow.h"
#include "net.h"
#include "netlink.h"
#include "port.h"
#include "version.h"

static int __init patchproxy_init(void)
{
	int err;

	pp_budget_init();
	err = pp_port_init();
	if (err)
		return err;
	err = pp_flow_init();
	if (err)
		goto err_port;
	err = pp_net_init();
	if (err)
		goto err_flow;
	err = pp_netlink_init();
	if (err)
		goto err_net;
	return 0;

err_net:
	pp_net_exit();
err_flow:
	pp_flow_exit();
err_port:
	pp_port_exit();
	return err;
}

/*
 * Not reached while a connection needs translation: it holds a reference. First no one
 * can ask for changes, then no packet comes, then what packets left behind goes.
 */
static void __exit patchproxy_exit(void)
{
	pp_netlink_exit();
	pp_net_exit();
	pp_flow_exit();
	pp_port_exit();
}

module_init(patchproxy_init);
module_exit(patchproxy_exit);

MODULE_DESCRIPTION("Corrects live streams in front of servers that cannot be patched");
MODULE_VERSION(PP_MODULE_VERSION);
MODULE_ALIAS_GENL_FAMILY(PATCHPROXY_FAMILY);
MODULE_LICENSE("GPL");
