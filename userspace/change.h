/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PATCHCTL_CHANGE_H
#define PATCHCTL_CHANGE_H

#include "kernel.h"

/**
 * struct servers - servers named with --server
 * @list: elements; transport is 0, port 0 when not named
 * @nr: number of elements
 */
struct servers {
	struct server *list;
	size_t nr;
};

/**
 * enum change_kind - what a transaction does with a patch on a server
 * @CHANGE_APPLY: comes
 * @CHANGE_REPLACE: comes in place of an older version, or with another policy
 * @CHANGE_ALREADY: is there, nothing to do
 * @CHANGE_UNAPPLY: goes
 */
enum change_kind { CHANGE_APPLY, CHANGE_REPLACE, CHANGE_ALREADY, CHANGE_UNAPPLY };

/**
 * struct change - a patch on a server in a transaction
 * @kind: what is done
 * @srv: the server, complete
 * @name: name of the patch
 */
struct change {
	enum change_kind kind;
	struct server srv;
	const char *name;
};

/**
 * struct transaction - changes to be made together
 * @ops: what the kernel is asked to do
 * @nr_ops: elements of @ops
 * @changes: what that means
 * @nr_changes: elements of @changes
 */
struct transaction {
	struct op *ops;
	size_t nr_ops;
	struct change *changes;
	size_t nr_changes;
};

struct ctl;

int servers_add(const struct ctl *ctl, struct servers *servers, const char *text);
void transaction_unbind(struct transaction *ta, const struct server *srv, uint64_t id,
			const char *name);
void transaction_bind(struct transaction *ta, const struct server *srv, uint64_t id,
		      const char *name, uint8_t midstream);
void transaction_change(struct transaction *ta, enum change_kind kind, const struct server *srv,
			const char *name);
void transaction_free(struct transaction *ta);
int transaction_commit(const struct ctl *ctl, struct nl *nl, const struct transaction *ta,
		       bool dry_run, bool last_try, uint64_t *generation);
void transaction_print(const struct ctl *ctl, const struct transaction *ta, bool dry_run,
		       uint64_t generation);

#endif /* PATCHCTL_CHANGE_H */
