// SPDX-License-Identifier: GPL-2.0
/*
 * patchctl replay: what patches would have done to a capture, by the very code that
 * does it in the kernel.
 */
#include "patchctl.h"
#include "replay.h"

#include <errno.h>
#include <sys/socket.h>

#define OPT_PATCH	256
#define OPT_SERVER	257
#define OPT_SEGMENT	258

static const struct opt opts[] = {
	{ "patch", OPT_PATCH, true },
	{ "server", OPT_SERVER, true },
	{ "segment", OPT_SEGMENT, true },
	{ "write", 'w', true },
	{ NULL, 0, false }
};

/**
 * struct request - what the command line asks for
 * @patches: values of --patch
 * @nr_patches: elements of @patches
 * @servers: values of --server
 * @nr_servers: elements of @servers
 * @out: capture to write, or NULL
 */
struct request {
	const char **patches;
	size_t nr_patches;
	struct server *servers;
	size_t nr_servers;
	const char *out;
};

static int add_server(struct ctl *ctl, struct request *req)
{
	char err[SERVER_ERROR];

	req->servers = xrealloc(req->servers, req->nr_servers + 1, sizeof(*req->servers));
	if (server_parse(ctl->optarg, &req->servers[req->nr_servers], err))
		return msg_usage(ctl, "%s", err);
	req->nr_servers++;
	return 0;
}

static int set_cut(struct ctl *ctl, struct replay *r)
{
	static const char random[] = "random:";
	const char *arg = ctl->optarg, *seed = arg + sizeof(random) - 1;
	char *end;

	if (!strcmp(arg, "as-is")) {
		r->cut = REPLAY_AS_IS;
		return 0;
	}
	if (!strcmp(arg, "1")) {
		r->cut = REPLAY_BYTES;
		return 0;
	}
	if (!strncmp(arg, random, sizeof(random) - 1) && *seed >= '0' && *seed <= '9') {
		errno = 0;
		r->random = strtoull(seed, &end, 10);
		if (!*end && !errno) {
			r->cut = REPLAY_RANDOM;
			return 0;
		}
	}
	return msg_usage(ctl, "--segment: \"%s\" is none of as-is, 1, random:SEED", arg);
}

/* Returns OPT_*, or CTL_USAGE as OPT_WRONG. */
static int parse_args(struct ctl *ctl, int argc, char **argv, struct replay *r,
		      struct request *req)
{
	int ret;

	while ((ret = opt_next(ctl, argc, argv, opts)) > 0) {
		switch (ret) {
		case OPT_PATCH:
			req->patches = xrealloc(req->patches, req->nr_patches + 1,
						sizeof(*req->patches));
			req->patches[req->nr_patches++] = ctl->optarg;
			break;
		case OPT_SERVER:
			if (add_server(ctl, req))
				return OPT_WRONG;
			break;
		case OPT_SEGMENT:
			if (set_cut(ctl, r))
				return OPT_WRONG;
			break;
		case 'w':
			req->out = ctl->optarg;
			break;
		}
	}
	if (ret != OPT_END)
		return ret;
	if (ctl->nr_args != 1) {
		msg_usage(ctl, ctl->nr_args ? "one capture at a time" : "which capture?");
		return OPT_WRONG;
	}
	return OPT_END;
}

static bool all_for_clients(const struct programs *progs, const struct prog_grammar *g)
{
	size_t i;

	for (i = 0; i < progs->nr_patches; i++)
		if (progs->patches[i]->grammar == g &&
		    !(progs->patches[i]->img.hdr->flags & PP_PATCH_ROLE_CLIENT))
			return false;
	return true;
}

static void add_service(struct replay *r, const struct service *proto,
			const struct server *srv, u16 port)
{
	struct service *s;

	r->services = xrealloc(r->services, r->nr_services + 1, sizeof(*r->services));
	s = &r->services[r->nr_services++];
	*s = *proto;
	s->port = port;
	s->any = !srv;
	if (srv)
		s->addr = *srv;
}

static bool has_port(const struct prog_grammar *g, u16 port)
{
	const struct pp_image_header *h = g->img.hdr;
	int i;

	for (i = 0; i < h->nr_ports; i++)
		if (h->ports[i] == port)
			return true;
	return false;
}

/* Which protocol is spoken at a port that was named: its own, or the only one. */
static int named_port(struct ctl *ctl, struct replay *r, const struct programs *progs,
		      const struct service *protos, const struct server *srv)
{
	size_t i, found = 0;

	for (i = 0; i < progs->nr_grammars; i++) {
		if (progs->nr_grammars > 1 && !has_port(progs->grammars[i], srv->port))
			continue;
		add_service(r, &protos[i], srv, srv->port);
		found++;
	}
	if (found)
		return 0;
	msg_error(ctl, "port %u is the port of no protocol at hand: name the patches with --patch",
		  srv->port);
	return -1;
}

static int add_services(struct ctl *ctl, struct replay *r, const struct programs *progs,
			const struct service *protos, const struct request *req)
{
	const struct pp_image_header *h;
	size_t i, k;
	int port;

	for (k = 0; k < req->nr_servers; k++)
		if (req->servers[k].port &&
		    named_port(ctl, r, progs, protos, &req->servers[k]))
			return -1;
	for (i = 0; i < progs->nr_grammars; i++) {
		h = progs->grammars[i]->img.hdr;
		for (port = 0; port < h->nr_ports; port++) {
			if (!req->nr_servers)
				add_service(r, &protos[i], NULL, h->ports[port]);
			for (k = 0; k < req->nr_servers; k++)
				if (!req->servers[k].port)
					add_service(r, &protos[i], &req->servers[k],
						    h->ports[port]);
		}
	}
	return 0;
}

static void replay_udp(struct replay *r, struct flow *f, int dir, const struct packet *p)
{
	struct payload payload = { .data = p->data + p->pay, .len = p->len };
	struct packet_fix fix = { .data = r->bytes };
	struct pp_out out = { .verdict = PP_PASS };
	u32 i, n;

	f->packets++;
	f->in[dir].bytes += p->len;
	if (p->have < p->len) {
		f->state = FLOW_CUT;
		f->out[dir].bytes += p->len;
		capture_copy(&r->cap, p->data);
		return;
	}
	pp_dgram_run(f->svc->rs, dir, &payload, &f->watch, p->len, &out);
	if (out.verdict == PP_DROP || out.verdict == PP_RESET) {
		f->dropped++;
		return;
	}
	if (out.verdict != PP_REWRITE) {
		f->out[dir].bytes += p->len;
		capture_copy(&r->cap, p->data);
		return;
	}
	for (i = 0; i < out.npieces; i++) {
		const struct pp_piece *pc = &out.pieces[i];

		memcpy(r->bytes + fix.len, pc->data ? pc->data : payload.data + pc->off, pc->len);
		fix.len += pc->len;
	}
	f->out[dir].bytes += fix.len;
	n = packet_build(p, PACKET_UDP, &fix, r->frame);
	if (n)
		capture_write(&r->cap, r->frame, n);
	else
		f->dropped++;
}

static void one_frame(struct replay *r, const u8 *data)
{
	enum packet_kind kind;
	struct packet p;
	struct flow *f;
	int dir;

	r->packets++;
	kind = packet_parse(&p, r->cap.link, data, r->cap.hdr.caplen, r->cap.hdr.len);
	if (kind == PACKET_FRAGMENT)
		r->fragments++;
	else if (kind == PACKET_SHORT)
		r->shortened++;
	f = kind == PACKET_TCP || kind == PACKET_UDP ? flow_find(r, &p, kind, &dir) : NULL;
	if (!f || f->state == FLOW_SKIPPED)
		capture_copy(&r->cap, data);
	else if (kind == PACKET_TCP)
		replay_tcp(r, f, dir, &p);
	else
		replay_udp(r, f, dir, &p);
}

/* Whether somebody is a server may show only at the end: a pass of its own. */
static int find_servers(struct ctl *ctl, struct replay *r)
{
	enum packet_kind kind;
	struct packet p;
	const u8 *data;
	u8 transport;
	int ret;

	while ((ret = capture_next(&r->cap, ctl, &data)) > 0) {
		kind = packet_parse(&p, r->cap.link, data, r->cap.hdr.caplen, r->cap.hdr.len);
		if (kind != PACKET_TCP && kind != PACKET_UDP)
			continue;
		transport = kind == PACKET_TCP ? IPPROTO_TCP : IPPROTO_UDP;
		answers_see(&r->answers, &p, kind, service_of_port(r, transport, p.sport),
			    service_of_port(r, transport, p.dport));
	}
	return ret ? ret : capture_rewind(&r->cap, ctl);
}

static int run(struct ctl *ctl, struct replay *r, const struct request *req)
{
	const u8 *data;
	int ret = 0;

	if (capture_open(&r->cap, ctl, ctl->args[0]))
		return CTL_FAILED;
	if (!req->nr_servers)
		ret = find_servers(ctl, r);
	if (!ret && req->out)
		ret = capture_create(&r->cap, ctl, req->out);
	if (!ret) {
		while ((ret = capture_next(&r->cap, ctl, &data)) > 0)
			one_frame(r, data);
	}
	if (capture_close(&r->cap, ctl) || ret)
		return CTL_FAILED;
	if (ctl->json)
		replay_print_json(r);
	else
		replay_print(r);
	return CTL_DONE;
}

static int load(struct programs *progs, const struct request *req)
{
	size_t i;

	if (!req->nr_patches)
		return programs_add_library(progs);
	for (i = 0; i < req->nr_patches; i++)
		if (programs_add_named(progs, req->patches[i]))
			return -1;
	return 0;
}

/**
 * cmd_replay - patchctl replay
 * @ctl: this run
 * @argc: as main() got it
 * @argv: as main() got it
 *
 * Return: enum ctl_exit
 */
int cmd_replay(struct ctl *ctl, int argc, char **argv)
{
	struct replay *r = xalloc(sizeof(*r));
	struct pp_ruleset **sets = NULL;
	struct service *protos = NULL;
	struct request req = { 0 };
	struct programs progs = { 0 };
	struct library lib = { 0 };
	int ret;
	size_t i;

	r->ctl = ctl;
	ret = parse_args(ctl, argc, argv, r, &req);
	if (ret != OPT_END) {
		ret = ret == OPT_HELP ? CTL_DONE : CTL_USAGE;
		goto out;
	}
	ret = CTL_FAILED;
	progs.lib = &lib;
	if (library_open(&lib, ctl) || load(&progs, &req))
		goto out;
	sets = xalloc((progs.nr_grammars + 1) * sizeof(*sets));
	protos = xalloc((progs.nr_grammars + 1) * sizeof(*protos));
	for (i = 0; i < progs.nr_grammars; i++) {
		sets[i] = programs_ruleset(&progs, progs.grammars[i]);
		if (!sets[i])
			goto out;
		protos[i].grammar = progs.grammars[i];
		protos[i].transport = progs.grammars[i]->img.hdr->transport;
		protos[i].rs = sets[i];
		protos[i].client_side = all_for_clients(&progs, progs.grammars[i]);
	}
	if (!add_services(ctl, r, &progs, protos, &req))
		ret = run(ctl, r, &req);
out:
	flow_free_all(r);
	answers_free(&r->answers);
	for (i = 0; sets && i < progs.nr_grammars; i++)
		if (sets[i])
			pp_ruleset_free(sets[i]);
	programs_free(&progs);
	library_close(&lib);
	free(sets);
	free(protos);
	free(r->services);
	free(req.patches);
	free(req.servers);
	free(r);
	return ret;
}
