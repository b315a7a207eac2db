// SPDX-License-Identifier: GPL-2.0
#include "change.h"
#include "patchctl.h"

#include <stdlib.h>
#include <string.h>

#define TRIES	5	/* times the transaction is planned when others change things meanwhile */

static bool server_named(const struct servers *servers, const struct server *srv)
{
	size_t i;

	for (i = 0; i < servers->nr; i++)
		if (server_matches(srv, &servers->list[i]))
			return true;
	return !servers->nr;
}

/* "./CVE-2001-0500.pdef" names the patch it would be applied as. */
static char *patch_name(const char *arg)
{
	const char *base = strrchr(arg, '/');
	char *name = xstrdup(base ? base + 1 : arg);
	size_t len = strlen(name);

	if (len > 5 && !strcmp(name + len - 5, ".pdef"))
		name[len - 5] = '\0';
	return name;
}

static int not_applied(const struct ctl *ctl, const struct bindings *all, const char *name,
		       const struct server *srv)
{
	const char **names = xalloc(all->nr * sizeof(*names));
	char server[SERVER_TEXT] = "";
	const char *near;
	size_t i;

	for (i = 0; i < all->nr; i++)
		names[i] = all->list[i].name;
	near = msg_near(name, names, all->nr);
	if (near && !strcmp(near, name))
		near = NULL;
	if (srv)
		server_format(srv, server);
	msg_error(ctl, "%s is not applied%s%s%s%s%s", name, srv ? " to " : "", server,
		  near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
	free(names);
	return -1;
}

/* Is @name (or, without one, anything) bound on a server that @srv means? */
static bool bound(const struct bindings *all, const char *name, const struct server *srv)
{
	size_t i;

	for (i = 0; i < all->nr; i++)
		if ((!name || !strcmp(all->list[i].name, name)) &&
		    (!srv || server_matches(&all->list[i].srv, srv)))
			return true;
	return false;
}

/* Each patch must be applied somewhere, and on each server named at least one must be. */
static int check_names(const struct ctl *ctl, const struct bindings *all, char **names,
		       const struct servers *servers)
{
	char server[SERVER_TEXT];
	int i, ret = 0;
	size_t s;

	for (i = 0; names && i < ctl->nr_args; i++) {
		for (s = 0; s < servers->nr; s++)
			if (!bound(all, names[i], &servers->list[s]))
				ret = not_applied(ctl, all, names[i], &servers->list[s]);
		if (!servers->nr && !bound(all, names[i], NULL))
			ret = not_applied(ctl, all, names[i], NULL);
	}
	for (s = 0; !names && s < servers->nr; s++) {
		if (bound(all, NULL, &servers->list[s]))
			continue;
		server_format(&servers->list[s], server);
		msg_error(ctl, "no patch is applied to %s", server);
		ret = -1;
	}
	return ret;
}

static void plan(const struct ctl *ctl, const struct bindings *all, char **names,
		 const struct servers *servers, struct transaction *ta)
{
	const struct binding *b;
	bool named;
	size_t i;
	int n;

	for (i = 0; i < all->nr; i++) {
		b = &all->list[i];
		named = !names;
		for (n = 0; names && n < ctl->nr_args; n++)
			if (!strcmp(names[n], b->name))
				named = true;
		if (!named || !server_named(servers, &b->srv))
			continue;
		transaction_unbind(ta, &b->srv, b->id, b->name);
		transaction_change(ta, CHANGE_UNAPPLY, &b->srv, b->name);
	}
}

/* @names: the patches, or NULL for all */
static int unapply(struct ctl *ctl, char **names, const struct servers *servers, bool dry_run)
{
	struct transaction ta = { 0 };
	struct bindings all = { 0 };
	struct kernel_info info;
	uint64_t generation;
	int ret = -1, try;
	struct nl nl;

	if (kernel_open(ctl, &nl, &info))
		goto out;
	for (try = 1; try <= TRIES; try++) {
		transaction_free(&ta);
		bindings_free(&all);
		ret = -1;
		if (kernel_bindings(&nl, &all)) {
			kernel_error(ctl, &nl, "cannot list what is applied");
			break;
		}
		if (check_names(ctl, &all, names, servers))
			break;
		plan(ctl, &all, names, servers, &ta);
		generation = info.generation;
		ret = ta.nr_ops ? transaction_commit(ctl, &nl, &ta, dry_run, try == TRIES,
						     &generation) : 0;
		if (ret > 0)
			continue;
		if (!ret && !ta.nr_ops && !ctl->json)
			puts("no patches are applied");
		else if (!ret)
			transaction_print(ctl, &ta, dry_run, generation);
		break;
	}
out:
	transaction_free(&ta);
	bindings_free(&all);
	nl_close(&nl);
	return ret;
}

/**
 * cmd_unapply() - the verb "unapply"
 * @ctl: this run
 * @argc: as main() got it
 * @argv: as main() got it
 *
 * Return: enum ctl_exit
 */
int cmd_unapply(struct ctl *ctl, int argc, char **argv)
{
	static const struct opt opts[] = {
		{ "server", 's', true },
		{ "dry-run", 'n', false },
		{ NULL, 0, false },
	};
	struct servers servers = { 0 };
	bool dry_run = false, all = false;
	char **names = NULL;
	int ret, i;

	while ((ret = opt_next(ctl, argc, argv, opts)) > 0) {
		if (ret != 's') {
			dry_run = true;
		} else if (servers_add(ctl, &servers, ctl->optarg)) {
			ret = OPT_WRONG;
			break;
		}
	}
	if (!ret)
		ret = opt_simple(ctl, argc, argv, opts, 1, -1);
	if (ret) {
		ret = ret == OPT_HELP ? CTL_DONE : CTL_USAGE;
		goto out;
	}
	for (i = 0; i < ctl->nr_args; i++)
		all |= !strcmp(ctl->args[i], "all");
	if (!all) {
		names = xalloc(ctl->nr_args * sizeof(*names));
		for (i = 0; i < ctl->nr_args; i++)
			names[i] = patch_name(ctl->args[i]);
	}
	ret = unapply(ctl, names, &servers, dry_run) ? CTL_FAILED : CTL_DONE;
	for (i = 0; names && i < ctl->nr_args; i++)
		free(names[i]);
	free(names);
out:
	free(servers.list);
	return ret;
}
