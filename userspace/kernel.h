/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PATCHCTL_KERNEL_H
#define PATCHCTL_KERNEL_H

#include "nl.h"
#include "server.h"

struct ctl;

/**
 * struct kernel_info - what the module says of itself
 * @abi: version of the interface
 * @version: version of the module
 * @generation: changes committed in this network namespace
 */
struct kernel_info {
	uint32_t abi;
	char version[64];
	uint64_t generation;
};

#define NR_MIDSTREAM	(PATCHPROXY_MIDSTREAM_RESET + 1)

/**
 * struct binding - a patch applied to a server
 * @srv: the server, complete
 * @id: the patch's image
 * @name: name of the patch
 * @title: title of the patch
 * @protocol: name of its grammar
 * @flags: PP_PATCH_*
 * @since: generation at which it came
 * @midstream: enum patchproxy_midstream
 * @hits: times a rule's action was done
 */
struct binding {
	struct server srv;
	uint64_t id;
	char *name;
	char *title;
	char *protocol;
	uint32_t flags;
	uint64_t since;
	uint8_t midstream;
	uint64_t hits;
};

/**
 * struct bindings - all that is applied in this network namespace
 * @list: elements, ordered by server, then by name
 * @nr: number of elements
 */
struct bindings {
	struct binding *list;
	size_t nr;
};

/**
 * struct kernel_stats - counters of this network namespace
 * @generation: changes committed
 * @flows: connections known
 * @edited_flows: of those, the ones that cannot go on without translation
 * @counters: by enum patchproxy_counter
 */
struct kernel_stats {
	uint64_t generation;
	uint64_t flows;
	uint64_t edited_flows;
	uint64_t counters[PATCHPROXY_NR_COUNTERS];
};

/**
 * struct flow - a connection to a protected server
 * @client: address and port of the client
 * @server: address and port of the server, as the client sees it
 * @protocol: name of the grammar
 * @state: for people
 * @delta: bytes the numbering is shifted by, client to server and back
 * @edits: edits made
 * @held: bytes held now
 * @bytes: bytes inspected
 */
struct flow {
	struct server client;
	struct server server;
	char *protocol;
	char *state;
	int32_t delta[2];
	uint32_t edits;
	uint32_t held;
	uint64_t bytes;
};

/**
 * struct op - one change of a transaction
 * @kind: enum patchproxy_op
 * @srv: the server, complete
 * @id: the patch's image
 * @name: name of the patch, for messages
 * @midstream: enum patchproxy_midstream, where @kind is a bind
 */
struct op {
	uint8_t kind;
	struct server srv;
	uint64_t id;
	const char *name;
	uint8_t midstream;
};

const char *midstream_name(uint8_t midstream);
int kernel_open(const struct ctl *ctl, struct nl *nl, struct kernel_info *info);
int kernel_open_maybe(struct nl *nl, struct kernel_info *info);
void kernel_error(const struct ctl *ctl, const struct nl *nl, const char *doing);
int kernel_bindings(struct nl *nl, struct bindings *all);
const struct binding *bindings_find(const struct bindings *all, const struct server *srv,
				    const char *name);
void bindings_free(struct bindings *all);
int kernel_stats(struct nl *nl, struct kernel_stats *stats);
int kernel_flows(struct nl *nl, struct flow **flows, size_t *nr);
void flow_parse(const struct nlattr *nest, struct flow *flow);
void flow_free(struct flow *flow);
int kernel_load(struct nl *nl, const void *image, size_t size, uint64_t *id);
int kernel_commit(struct nl *nl, const struct op *ops, size_t nr, bool dry_run,
		  uint64_t *generation, size_t *bad);

#endif /* PATCHCTL_KERNEL_H */
