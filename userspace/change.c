// SPDX-License-Identifier: GPL-2.0
/*
 * Transactions: what "apply" and "unapply" ask the kernel to do, all or nothing,
 * and how it is reported.
 */
#include "change.h"
#include "json.h"
#include "patchctl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/**
 * servers_add() - take the value of a --server
 * @ctl: this run
 * @servers: the servers
 * @text: the value; a server named twice counts once
 *
 * Return: 0, or CTL_USAGE when it is none (message printed)
 */
int servers_add(const struct ctl *ctl, struct servers *servers, const char *text)
{
	char err[SERVER_ERROR];
	struct server srv;
	size_t i;

	if (server_parse(text, &srv, err))
		return msg_usage(ctl, "%s", err);
	for (i = 0; i < servers->nr; i++)
		if (server_equal(&servers->list[i], &srv))
			return 0;
	servers->list = xrealloc(servers->list, servers->nr + 1, sizeof(*servers->list));
	servers->list[servers->nr++] = srv;
	return 0;
}

static struct op *add_op(struct transaction *ta, uint8_t kind, const struct server *srv, uint64_t id,
			 const char *name)
{
	struct op *op;

	ta->ops = xrealloc(ta->ops, ta->nr_ops + 1, sizeof(*ta->ops));
	op = &ta->ops[ta->nr_ops++];
	*op = (struct op){ .kind = kind, .srv = *srv, .id = id, .name = name };
	return op;
}

/**
 * transaction_unbind() - ask the kernel to take back a patch
 * @ta: the transaction
 * @srv: the server, complete
 * @id: the patch's image
 * @name: name of the patch; not copied
 */
void transaction_unbind(struct transaction *ta, const struct server *srv, uint64_t id,
			const char *name)
{
	add_op(ta, PATCHPROXY_OP_UNBIND, srv, id, name);
}

/**
 * transaction_bind() - ask the kernel to apply a patch
 * @ta: the transaction
 * @srv: the server, complete
 * @id: the patch's image
 * @name: name of the patch; not copied
 * @midstream: enum patchproxy_midstream
 */
void transaction_bind(struct transaction *ta, const struct server *srv, uint64_t id,
		      const char *name, uint8_t midstream)
{
	add_op(ta, PATCHPROXY_OP_BIND, srv, id, name)->midstream = midstream;
}

/**
 * transaction_change() - add what is told to the user
 * @ta: the transaction
 * @kind: what is done
 * @srv: the server, complete
 * @name: name of the patch; not copied
 */
void transaction_change(struct transaction *ta, enum change_kind kind, const struct server *srv,
			const char *name)
{
	ta->changes = xrealloc(ta->changes, ta->nr_changes + 1, sizeof(*ta->changes));
	ta->changes[ta->nr_changes++] = (struct change){ .kind = kind, .srv = *srv, .name = name };
}

/**
 * transaction_free() - forget all of a transaction
 * @ta: the transaction, empty afterwards
 */
void transaction_free(struct transaction *ta)
{
	free(ta->ops);
	free(ta->changes);
	memset(ta, 0, sizeof(*ta));
}

/**
 * transaction_commit() - do it
 * @ctl: this run
 * @nl: the connection
 * @ta: the transaction
 * @dry_run: check everything, change nothing
 * @last_try: the caller will not plan again
 * @generation: the generation that results
 *
 * Return: 0; 1: somebody else changed what the transaction was planned on, plan
 * again; or -1 (message printed)
 */
int transaction_commit(const struct ctl *ctl, struct nl *nl, const struct transaction *ta,
		       bool dry_run, bool last_try, uint64_t *generation)
{
	char server[SERVER_TEXT], *doing;
	const struct op *op;
	size_t bad;

	if (!kernel_commit(nl, ta->ops, ta->nr_ops, dry_run, generation, &bad))
		return 0;
	if (!last_try && (nl->err.code == EEXIST || nl->err.code == ENOENT))
		return 1;
	if (bad == ta->nr_ops && ta->nr_ops == 1)
		bad = 0;
	if (bad < ta->nr_ops) {
		op = &ta->ops[bad];
		server_format(&op->srv, server);
		doing = xasprintf("cannot %s %s %s %s %s",
				  op->kind == PATCHPROXY_OP_BIND ? "apply" : "unapply", op->name,
				  op->kind == PATCHPROXY_OP_BIND ? "to" : "from",
				  server_transport(op->srv.transport), server);
	} else {
		doing = xstrdup("cannot make the change");
	}
	kernel_error(ctl, nl, doing);
	free(doing);
	return -1;
}

static const char *const kind_json[] = {
	[CHANGE_APPLY] = "applied",
	[CHANGE_REPLACE] = "replaced",
	[CHANGE_ALREADY] = "unchanged",
	[CHANGE_UNAPPLY] = "unapplied",
};

static const char *const kind_done[] = {
	[CHANGE_APPLY] = "applied %s to %s %s\n",
	[CHANGE_REPLACE] = "replaced %s on %s %s\n",
	[CHANGE_ALREADY] = "already applied: %s to %s %s\n",
	[CHANGE_UNAPPLY] = "unapplied %s from %s %s\n",
};

static const char *const kind_dry[] = {
	[CHANGE_APPLY] = "would apply %s to %s %s\n",
	[CHANGE_REPLACE] = "would replace %s on %s %s\n",
	[CHANGE_ALREADY] = "already applied: %s to %s %s\n",
	[CHANGE_UNAPPLY] = "would unapply %s from %s %s\n",
};

/**
 * transaction_print() - say what was done
 * @ctl: this run
 * @ta: the transaction
 * @dry_run: it would have been done
 * @generation: the generation that resulted
 */
void transaction_print(const struct ctl *ctl, const struct transaction *ta, bool dry_run,
		       uint64_t generation)
{
	json_t *obj, *changes, *change;
	char server[SERVER_TEXT];
	const struct change *c;
	size_t i;

	if (!ctl->json) {
		for (i = 0; i < ta->nr_changes; i++) {
			c = &ta->changes[i];
			server_format(&c->srv, server);
			printf((dry_run ? kind_dry : kind_done)[c->kind], c->name,
			       server_transport(c->srv.transport), server);
		}
		return;
	}
	obj = json_obj();
	json_add_bool(obj, "dry_run", dry_run);
	json_add_int(obj, "generation", generation);
	changes = json_add_array(obj, "changes");
	for (i = 0; i < ta->nr_changes; i++) {
		c = &ta->changes[i];
		change = json_obj();
		json_add_text(change, "change", kind_json[c->kind]);
		json_add_text(change, "patch", c->name);
		json_add_server(change, &c->srv);
		json_array_append_new(changes, change);
	}
	json_print(obj);
}
