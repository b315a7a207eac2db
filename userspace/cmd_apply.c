// SPDX-License-Identifier: GPL-2.0
#include "change.h"
#include "load.h"
#include "patchctl.h"
#include "sets.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define UNNAMED	-1	/* no --midstream */
#define TRIES	5	/* times the transaction is planned when others change things meanwhile */

/**
 * struct target - a patch to apply
 * @patch: compiled
 * @info: what it says about itself
 * @grammar: its grammar, owned by the library
 * @id: its image
 * @needed: the transaction binds it
 */
struct target {
	struct lang_patch *patch;
	const struct lang_patch_info *info;
	const struct lang_grammar *grammar;
	uint64_t id;
	bool needed;
};

/**
 * struct apply - this run of the verb
 * @ctl: this run of the tool
 * @lib: the library
 * @sets: values for parameters
 * @servers: as named
 * @targets: the patches
 * @nr_targets: elements of @targets
 * @midstream: enum patchproxy_midstream, or UNNAMED
 * @dry_run: check everything, change nothing
 */
struct apply {
	struct ctl *ctl;
	struct library lib;
	struct sets sets;
	struct servers servers;
	struct target *targets;
	size_t nr_targets;
	int midstream;
	bool dry_run;
};

static const struct pp_image_header *grammar_header(const struct target *target)
{
	size_t size;

	return lang_grammar_image(target->grammar, &size);
}

/* Compile with the values that --set gives for parameters this patch has. */
static struct lang_patch *compile(struct apply *apply, const char *name)
{
	struct lang_patch *patch = library_patch(&apply->lib, name, NULL, 0);
	struct lang_param *params;
	size_t nr;

	if (!patch || !apply->sets.nr)
		return patch;
	params = xalloc(apply->sets.nr * sizeof(*params));
	nr = sets_for(&apply->sets, lang_patch_info(patch), params);
	if (nr) {
		lang_patch_free(patch);
		patch = library_patch(&apply->lib, name, params, nr);
	}
	free(params);
	return patch;
}

/* @all: came by "all", which leaves policies out. Takes @patch. */
static int add_target(struct apply *apply, struct lang_patch *patch, bool all)
{
	const struct lang_patch_info *info = lang_patch_info(patch);
	struct target *target;
	bool same;
	size_t i;

	if (all && info->flags & PP_PATCH_POLICY) {
		lang_patch_free(patch);
		return 0;
	}
	for (i = 0; i < apply->nr_targets; i++) {
		target = &apply->targets[i];
		if (strcmp(target->info->name, info->name))
			continue;
		same = target->id == lang_patch_id(patch);
		if (!same)
			msg_error(apply->ctl, "%s and %s are two different patches of the name %s",
				  lang_source_path(lang_patch_source(target->patch)),
				  lang_source_path(lang_patch_source(patch)), info->name);
		lang_patch_free(patch);
		return same ? 0 : -1;
	}
	apply->targets = xrealloc(apply->targets, apply->nr_targets + 1, sizeof(*target));
	target = &apply->targets[apply->nr_targets++];
	*target = (struct target){
		.patch = patch,
		.info = info,
		.grammar = library_grammar(&apply->lib, info->protocol),
		.id = lang_patch_id(patch),
	};
	return target->grammar ? 0 : -1;
}

/* All patches are compiled, so that all errors are seen at once. */
static int compile_all(struct apply *apply)
{
	const struct lib_index *index = &apply->lib.patches;
	struct lang_patch *patch;
	int i, ret = 0;
	size_t p;

	for (i = 0; i < apply->ctl->nr_args; i++) {
		if (strcmp(apply->ctl->args[i], "all")) {
			patch = compile(apply, apply->ctl->args[i]);
			if (!patch || add_target(apply, patch, false))
				ret = -1;
			continue;
		}
		for (p = 0; p < index->nr; p++) {
			patch = compile(apply, index->files[p].name);
			if (!patch || add_target(apply, patch, true))
				ret = -1;
		}
	}
	if (!ret && !apply->nr_targets) {
		msg_error(apply->ctl, "no patches in %s", apply->lib.dir);
		ret = -1;
	}
	return ret ? ret : sets_check(apply->ctl, &apply->sets);
}

/* A port that was named cannot speak two protocols over one transport. */
static int check_ports(const struct apply *apply)
{
	const struct target *a, *b;
	char server[SERVER_TEXT];
	size_t s, i, j;

	for (s = 0; s < apply->servers.nr; s++) {
		if (!apply->servers.list[s].port)
			continue;
		for (i = 1; i < apply->nr_targets; i++) {
			for (j = 0; j < i; j++) {
				a = &apply->targets[j];
				b = &apply->targets[i];
				if (a->grammar == b->grammar ||
				    grammar_header(a)->transport != grammar_header(b)->transport)
					continue;
				server_format(&apply->servers.list[s], server);
				msg_error(apply->ctl,
					  "server \"%s\" names a port, but %s is for %s and %s for %s",
					  server, a->info->name, a->info->protocol,
					  b->info->name, b->info->protocol);
				return -1;
			}
		}
	}
	for (i = 0; i < apply->nr_targets; i++) {
		for (s = 0; s < apply->servers.nr; s++) {
			if (apply->servers.list[s].port ||
			    grammar_header(&apply->targets[i])->nr_ports)
				continue;
			server_format(&apply->servers.list[s], server);
			msg_error(apply->ctl,
				  "server \"%s\": protocol %s has no port of its own; name one",
				  server, apply->targets[i].info->protocol);
			return -1;
		}
	}
	return 0;
}

/* Is @b, from bindings_find() on, a binding of @name on @srv? */
static bool is_of(const struct bindings *all, const struct binding *b, const struct server *srv,
		  const char *name)
{
	return b && b < all->list + all->nr && server_equal(&b->srv, srv) &&
	       !strcmp(b->name, name);
}

/* A policy that is not named stays as it is. Datagrams have none. */
static void plan_one(struct target *target, const struct server *srv, int midstream,
		     const struct bindings *all, struct transaction *ta)
{
	const char *name = target->info->name;
	const struct binding *first = bindings_find(all, srv, name), *b;

	if (srv->transport != IPPROTO_TCP)
		midstream = PATCHPROXY_MIDSTREAM_OBSERVE;
	else if (midstream == UNNAMED)
		midstream = first ? first->midstream : PATCHPROXY_MIDSTREAM_OBSERVE;
	for (b = first; is_of(all, b, srv, name); b++) {
		if (b->id != target->id || b->midstream != midstream)
			continue;
		transaction_change(ta, CHANGE_ALREADY, srv, name);
		return;
	}
	for (b = first; is_of(all, b, srv, name); b++)
		transaction_unbind(ta, srv, b->id, name);
	transaction_bind(ta, srv, target->id, name, midstream);
	transaction_change(ta, first ? CHANGE_REPLACE : CHANGE_APPLY, srv, name);
	target->needed = true;
}

/* 192.0.2.7 and 192.0.2.7:80 may both be named: does an earlier server mean @srv too? */
static bool named_before(const struct servers *servers, size_t nr, const struct server *srv,
			 const struct pp_image_header *grammar)
{
	const struct server *named;
	size_t s;
	int p;

	for (s = 0; s < nr; s++) {
		named = &servers->list[s];
		if (!server_matches(srv, named))
			continue;
		if (named->port)
			return true;
		for (p = 0; p < grammar->nr_ports; p++)
			if (grammar->ports[p] == srv->port)
				return true;
	}
	return false;
}

static void plan(struct apply *apply, const struct bindings *all, struct transaction *ta)
{
	const struct pp_image_header *hdr;
	const struct server *named;
	struct target *target;
	struct server srv;
	size_t s, t;
	int p, nr;

	for (t = 0; t < apply->nr_targets; t++)
		apply->targets[t].needed = false;
	for (s = 0; s < apply->servers.nr; s++) {
		named = &apply->servers.list[s];
		for (t = 0; t < apply->nr_targets; t++) {
			target = &apply->targets[t];
			hdr = grammar_header(target);
			srv = *named;
			srv.transport = hdr->transport;
			nr = named->port ? 1 : hdr->nr_ports;
			for (p = 0; p < nr; p++) {
				srv.port = named->port ? named->port : hdr->ports[p];
				if (!named_before(&apply->servers, s, &srv, hdr))
					plan_one(target, &srv, apply->midstream, all, ta);
			}
		}
	}
}

/* Images the transaction needs; they go by themselves if it does not come to pass. */
static int load(struct apply *apply, struct nl *nl)
{
	const struct target *targets = apply->targets;
	size_t i, j;
	int ret = 0;

	for (i = 0; i < apply->nr_targets; i++) {
		if (!targets[i].needed)
			continue;
		for (j = 0; j < i; j++)
			if (targets[j].needed && targets[j].grammar == targets[i].grammar)
				break;
		if (j == i && load_grammar(&apply->lib, nl, targets[i].grammar))
			return -1;
		if (load_patch(&apply->lib, nl, targets[i].patch)) {
			if (!nl->err.has_reject)
				return -1;
			ret = -1;
		}
	}
	return ret;
}

static int commit(struct apply *apply)
{
	struct transaction ta = { 0 };
	struct bindings all = { 0 };
	struct kernel_info info;
	uint64_t generation;
	int ret = -1, try;
	struct nl nl;

	if (kernel_open(apply->ctl, &nl, &info))
		goto out;
	for (try = 1; try <= TRIES; try++) {
		transaction_free(&ta);
		bindings_free(&all);
		ret = -1;
		if (kernel_bindings(&nl, &all)) {
			kernel_error(apply->ctl, &nl, "cannot list what is applied");
			break;
		}
		plan(apply, &all, &ta);
		if (load(apply, &nl))
			break;
		generation = info.generation;
		ret = ta.nr_ops ? transaction_commit(apply->ctl, &nl, &ta, apply->dry_run,
						     try == TRIES, &generation) : 0;
		if (ret > 0)
			continue;
		if (!ret)
			transaction_print(apply->ctl, &ta, apply->dry_run, generation);
		break;
	}
out:
	transaction_free(&ta);
	bindings_free(&all);
	nl_close(&nl);
	return ret;
}

static int midstream_parse(const struct apply *apply, const char *text, int *policy)
{
	for (*policy = 0; *policy < NR_MIDSTREAM; ++*policy)
		if (!strcmp(text, midstream_name(*policy)))
			return 0;
	return msg_usage(apply->ctl, "--midstream is observe, protect or reset, not \"%s\"", text);
}

static int parse(struct apply *apply, int argc, char **argv)
{
	static const struct opt opts[] = {
		{ "server", 's', true },
		{ "set", 'p', true },
		{ "midstream", 'm', true },
		{ "dry-run", 'n', false },
		{ NULL, 0, false },
	};
	struct ctl *ctl = apply->ctl;
	int ret;

	while ((ret = opt_next(ctl, argc, argv, opts)) > 0) {
		if (ret == 's') {
			if (servers_add(ctl, &apply->servers, ctl->optarg))
				return OPT_WRONG;
		} else if (ret == 'p') {
			if (sets_add(ctl, &apply->sets, ctl->optarg))
				return OPT_WRONG;
		} else if (ret == 'm') {
			if (midstream_parse(apply, ctl->optarg, &apply->midstream))
				return OPT_WRONG;
		} else {
			apply->dry_run = true;
		}
	}
	if (!ret)
		ret = opt_simple(ctl, argc, argv, opts, 1, -1);
	if (!ret && !apply->servers.nr) {
		msg_usage(ctl, "no --server is named");
		ret = OPT_WRONG;
	}
	return ret;
}

/**
 * cmd_apply() - the verb "apply"
 * @ctl: this run
 * @argc: as main() got it
 * @argv: as main() got it
 *
 * Return: enum ctl_exit
 */
int cmd_apply(struct ctl *ctl, int argc, char **argv)
{
	struct apply apply = { .ctl = ctl, .midstream = UNNAMED };
	int ret;

	ret = parse(&apply, argc, argv);
	if (ret) {
		ret = ret == OPT_HELP ? CTL_DONE : CTL_USAGE;
		goto out;
	}
	ret = CTL_FAILED;
	if (library_open(&apply.lib, ctl) || compile_all(&apply) || check_ports(&apply) ||
	    commit(&apply))
		goto out;
	ret = CTL_DONE;
out:
	while (apply.nr_targets)
		lang_patch_free(apply.targets[--apply.nr_targets].patch);
	free(apply.targets);
	sets_free(&apply.sets);
	free(apply.servers.list);
	library_close(&apply.lib);
	return ret;
}
