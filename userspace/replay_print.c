// SPDX-License-Identifier: GPL-2.0
/* What a replay found: for people, and as JSON. */
#include "json.h"
#include "out.h"
#include "patchctl.h"
#include "replay.h"

#include <arpa/inet.h>
#include <inttypes.h>

#define SHOWN	48	/* bytes of an edit that a person is shown */
#define HOSTS	5	/* hosts without an answer that a person is shown */

static const char *const state_text[] = {
	[FLOW_FOLLOWED] = "followed",
	[FLOW_MIDSTREAM] = "midstream",
	[FLOW_CUT] = "truncated",
	[FLOW_RESET] = "reset",
};

static const char *const state_why[] = {
	[FLOW_MIDSTREAM] = "its start is not in the capture: passed unchanged",
	[FLOW_CUT] = "a packet was captured in part: not inspected from there on",
	[FLOW_RESET] = "ended by a patch, or by the grammar as malformed",
};

static const char *const dir_text[] = { "client", "server" };

static const char *event_text(int kind)
{
	return kind == PATCHPROXY_EVENT_EDIT ? "edit" :
	       kind == PATCHPROXY_EVENT_MALFORMED ? "malformed" : "blind";
}

static const char *patch_name(const struct flow_event *ev)
{
	return lang_patch_info(ev->patch->lang)->name;
}

static void print_end(const struct flow *f, const u8 *addr, u16 port)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(f->family, addr, text, sizeof(text));
	printf(f->family == AF_INET ? "%s:%u" : "[%s]:%u", text, port);
}

static void print_bytes(const char *what, const struct flow_event *ev, const u8 *data,
			u32 shown, u32 len)
{
	char *text, *hex;

	if (ev->secret) {
		printf("    %s %u byte%s, secret\n", what, len, out_plural(len));
		return;
	}
	shown = min(shown, SHOWN);
	text = out_bytes(data, shown);
	hex = out_hex(data, shown);
	printf("    %s %s%s\n", what, text, shown < len ? "..." : "");
	if (shown)
		printf("        %s%s\n", hex, shown < len ? "..." : "");
	free(text);
	free(hex);
}

static void print_event(const struct flow_event *ev)
{
	if (ev->kind != PATCHPROXY_EVENT_EDIT) {
		printf("  %s: from the %s: %s\n", event_text(ev->kind), dir_text[ev->dir],
		       ev->reason);
		return;
	}
	printf("  edit: %s: %s at byte %" PRIu64 " from the %s: %u byte%s replaced by %u\n",
	       patch_name(ev), ev->field, ev->off, dir_text[ev->dir], ev->old_len,
	       out_plural(ev->old_len), ev->new_len);
	print_bytes("old", ev, ev->old, ev->old_shown, ev->old_len);
	print_bytes("new", ev, ev->new, ev->new_shown, ev->new_len);
}

static void print_flow(const struct flow *f)
{
	size_t i;

	print_end(f, f->client, f->client_port);
	printf(" > ");
	print_end(f, f->server, f->server_port);
	printf(" %s\n", lang_grammar_name(f->svc->grammar->lang));
	if (f->state != FLOW_FOLLOWED)
		printf("  %s: %s\n", state_text[f->state], state_why[f->state]);
	printf("  client sent %" PRIu64 " bytes, server saw %" PRIu64
	       "; server sent %" PRIu64 ", client saw %" PRIu64 "\n",
	       f->in[PP_C2S].bytes, f->out[PP_C2S].bytes,
	       f->in[PP_S2C].bytes, f->out[PP_S2C].bytes);
	if (f->dropped)
		printf("  %" PRIu64 " packet%s not sent on\n", f->dropped,
		       out_plural(f->dropped));
	if (f->made)
		printf("  %" PRIu64 " acknowledgement%s made\n", f->made, out_plural(f->made));
	for (i = 0; i < f->nr_events; i++)
		print_event(&f->events[i]);
}

static struct server as_server(const struct endpoint *ep)
{
	struct server srv = { .family = ep->family, .transport = ep->transport, .port = ep->port };

	memcpy(srv.addr, ep->addr, sizeof(srv.addr));
	srv.prefixlen = server_addr_len(&srv) * 8;
	return srv;
}

/* An empty report would look as if the patches had nothing to do. */
static void print_skipped(const struct replay *r)
{
	size_t shown = 0, hosts = 0, flows = 0;
	const struct endpoint *ep;
	char text[SERVER_TEXT];
	struct server srv;

	fflush(stdout);
	for (ep = r->answers.first; ep; ep = ep->next) {
		if (!ep->skipped)
			continue;
		if (shown++ >= HOSTS) {
			hosts++;
			flows += ep->skipped;
			continue;
		}
		srv = as_server(ep);
		server_format(&srv, text);
		fprintf(stderr, "patchctl: left out: %" PRIu64 " flow%s to %s %s, which never answers in this capture; "
			"--server %s takes %s in\n", ep->skipped, out_plural(ep->skipped),
			server_transport(ep->transport), text, text, ep->skipped == 1 ? "it" : "them");
	}
	if (hosts)
		fprintf(stderr, "patchctl: left out: %zu flow%s to %zu more host%s that never answer%s\n", flows,
			out_plural(flows), hosts, out_plural(hosts), hosts == 1 ? "s" : "");
}

/* Flows are chained newest first. */
static const struct flow **in_order(const struct replay *r, size_t *nr)
{
	const struct flow **list, *f;
	size_t n = 0;

	for (f = r->newest; f; f = f->older)
		n += f->state != FLOW_SKIPPED;
	*nr = n;
	list = xalloc((n + 1) * sizeof(*list));
	for (f = r->newest; f; f = f->older)
		if (f->state != FLOW_SKIPPED)
			list[--n] = f;
	return list;
}

static size_t count_edits(const struct flow *f)
{
	size_t i, n = 0;

	for (i = 0; i < f->nr_events; i++)
		n += f->events[i].kind == PATCHPROXY_EVENT_EDIT;
	return n;
}

/**
 * replay_print - print the report for people
 * @r: the run
 */
void replay_print(const struct replay *r)
{
	size_t i, nr, edits = 0;
	const struct flow **flows = in_order(r, &nr);

	for (i = 0; i < nr; i++) {
		print_flow(flows[i]);
		edits += count_edits(flows[i]);
	}
	if (r->fragments)
		printf("%" PRIu64 " IP fragment%s passed without a look inside\n", r->fragments,
		       out_plural(r->fragments));
	if (r->shortened)
		printf("%" PRIu64 " packet%s with headers cut off or wrong passed\n",
		       r->shortened, out_plural(r->shortened));
	printf("%" PRIu64 " packet%s, %zu flow%s, %zu edit%s\n", r->packets,
	       out_plural(r->packets), nr, out_plural(nr), edits, out_plural(edits));
	print_skipped(r);
	free(flows);
}

static json_t *event_json(const struct flow_event *ev)
{
	json_t *obj = json_obj();

	json_add_text(obj, "event", event_text(ev->kind));
	json_add_text(obj, "from", dir_text[ev->dir]);
	if (ev->kind != PATCHPROXY_EVENT_EDIT) {
		json_add_text(obj, "reason", ev->reason);
		return obj;
	}
	json_add_text(obj, "patch", patch_name(ev));
	json_add_text(obj, "field", ev->field);
	json_add_int(obj, "offset", ev->off);
	json_add_bool(obj, "secret", ev->secret);
	json_add_bytes(obj, "old", ev->secret ? NULL : ev->old, ev->old_shown, ev->old_len);
	json_add_bytes(obj, "new", ev->secret ? NULL : ev->new,
		       ev->new_shown, ev->new_len);
	return obj;
}

static void add_end(json_t *obj, const char *key, const struct flow *f, const u8 *addr, u16 port)
{
	char text[INET6_ADDRSTRLEN];
	json_t *end = json_obj();

	inet_ntop(f->family, addr, text, sizeof(text));
	json_add_text(end, "address", text);
	json_add_int(end, "port", port);
	json_add(obj, key, end);
}

static json_t *flow_json(const struct flow *f)
{
	json_t *obj = json_obj(), *events;
	size_t i;

	add_end(obj, "client", f, f->client, f->client_port);
	add_end(obj, "server", f, f->server, f->server_port);
	json_add_text(obj, "transport", server_transport(f->transport));
	json_add_text(obj, "protocol", lang_grammar_name(f->svc->grammar->lang));
	json_add_text(obj, "state", state_text[f->state]);
	json_add_int(obj, "client_sent", f->in[PP_C2S].bytes);
	json_add_int(obj, "server_saw", f->out[PP_C2S].bytes);
	json_add_int(obj, "server_sent", f->in[PP_S2C].bytes);
	json_add_int(obj, "client_saw", f->out[PP_S2C].bytes);
	json_add_int(obj, "packets", f->packets);
	json_add_int(obj, "dropped", f->dropped);
	json_add_int(obj, "acks_made", f->made);
	events = json_add_array(obj, "events");
	for (i = 0; i < f->nr_events; i++)
		json_array_append_new(events, event_json(&f->events[i]));
	return obj;
}

static json_t *skipped_json(const struct endpoint *ep)
{
	struct server srv = as_server(ep);
	json_t *obj = json_obj();

	json_add_server(obj, &srv);
	json_add_int(obj, "flows", ep->skipped);
	return obj;
}

/**
 * replay_print_json - print the report as JSON
 * @r: the run
 */
void replay_print_json(const struct replay *r)
{
	json_t *obj = json_obj(), *array;
	size_t i, nr, edits = 0;
	const struct flow **flows = in_order(r, &nr);
	const struct endpoint *ep;

	array = json_add_array(obj, "flows");
	for (i = 0; i < nr; i++) {
		json_array_append_new(array, flow_json(flows[i]));
		edits += count_edits(flows[i]);
	}
	array = json_add_array(obj, "unanswered");
	for (ep = r->answers.first; ep; ep = ep->next)
		if (ep->skipped)
			json_array_append_new(array, skipped_json(ep));
	json_add_int(obj, "packets", r->packets);
	json_add_int(obj, "fragments", r->fragments);
	json_add_int(obj, "short", r->shortened);
	json_add_int(obj, "edits", edits);
	json_print(obj);
	free(flows);
}
