// SPDX-License-Identifier: GPL-2.0
/* Connections of a capture. */
#include "patchctl.h"
#include "replay.h"

static bool covers(const struct server *srv, int family, const u8 *addr)
{
	u32 bytes = srv->prefixlen / 8, bits = srv->prefixlen % 8;

	if (srv->family != family || memcmp(srv->addr, addr, bytes))
		return false;
	return !bits || !((srv->addr[bytes] ^ addr[bytes]) >> (8 - bits));
}

/**
 * service_of_port - what is spoken at a port of any host
 * @r: the run
 * @transport: IPPROTO_TCP or IPPROTO_UDP
 * @port: host byte order
 *
 * Return: the service, or NULL; NULL too where servers were named.
 */
const struct service *service_of_port(const struct replay *r, u8 transport, u16 port)
{
	size_t i;

	for (i = 0; i < r->nr_services; i++)
		if (r->services[i].any && r->services[i].port == port &&
		    r->services[i].transport == transport)
			return &r->services[i];
	return NULL;
}

static bool answers(const struct replay *r, int family, u8 transport, const u8 *addr, u16 port)
{
	const struct endpoint *ep = answers_find(&r->answers, family, transport, addr, port);

	return ep && ep->answered;
}

static const struct service *find_service(const struct replay *r, int family, u8 transport,
					  const u8 *addr, u16 port)
{
	size_t i;

	for (i = 0; i < r->nr_services; i++) {
		const struct service *s = &r->services[i];

		if (s->port != port || s->transport != transport)
			continue;
		if (s->any ? answers(r, family, transport, addr, port) :
			     covers(&s->addr, family, addr))
			return s;
	}
	return NULL;
}

/* The same for both directions. */
static u32 bucket(const struct packet *p)
{
	return (packet_hash(p->src, p->sport) + packet_hash(p->dst, p->dport)) % REPLAY_BUCKETS;
}

static bool is_flow(const struct flow *f, const struct packet *p, u8 transport, int dir)
{
	const u8 *client = dir == PP_C2S ? p->src : p->dst;
	const u8 *server = dir == PP_C2S ? p->dst : p->src;

	return f->family == p->family && f->transport == transport && f->vlan == p->vlan &&
	       f->client_port == (dir == PP_C2S ? p->sport : p->dport) &&
	       f->server_port == (dir == PP_C2S ? p->dport : p->sport) &&
	       !memcmp(f->client, client, 16) && !memcmp(f->server, server, 16);
}

static struct flow_event *add_event(struct flow *f, int dir, int kind)
{
	struct flow_event *ev;

	f->events = xrealloc(f->events, f->nr_events + 1, sizeof(*f->events));
	ev = &f->events[f->nr_events++];
	memset(ev, 0, sizeof(*ev));
	ev->dir = dir;
	ev->kind = kind;
	return ev;
}

static void add_bytes(struct flow_event *ev, const struct pp_edit_info *info)
{
	u16 old = min(info->old_shown, FLOW_SHOWN - ev->old_shown);
	u16 new = min(info->new_shown, FLOW_SHOWN - ev->new_shown);

	if (old)
		memcpy(ev->old + ev->old_shown, info->old, old);
	if (new)
		memcpy(ev->new + ev->new_shown, info->new, new);
	ev->old_shown += old;
	ev->new_shown += new;
	ev->old_len += info->old_len;
	ev->new_len += info->new_len;
}

/* Segments cut an edit in pieces; the report shows it in one. */
static bool goes_on(const struct flow *f, int dir, const struct pp_edit_info *info)
{
	const struct flow_event *ev = f->nr_events ? &f->events[f->nr_events - 1] : NULL;

	return ev && !info->first && ev->kind == PATCHPROXY_EVENT_EDIT && ev->dir == dir &&
	       ev->patch == info->patch->cookie && ev->field == info->field &&
	       ev->off + ev->old_len == info->off;
}

static void on_edit(void *priv, int dir, const struct pp_edit_info *info)
{
	struct flow *f = priv;
	struct flow_event *ev;

	if (goes_on(f, dir, info)) {
		ev = &f->events[f->nr_events - 1];
	} else {
		ev = add_event(f, dir, PATCHPROXY_EVENT_EDIT);
		ev->patch = info->patch->cookie;
		ev->field = info->field;
		ev->secret = info->secret;
		ev->off = info->off;
	}
	add_bytes(ev, info);
}

static void on_note(void *priv, int dir, int event, const char *reason)
{
	add_event(priv, dir, event)->reason = reason;
}

static struct flow *new_flow(struct replay *r, const struct packet *p,
			     const struct service *svc, int dir)
{
	struct flow *f = xalloc(sizeof(*f));
	u32 b = bucket(p);

	f->family = p->family;
	f->transport = svc->transport;
	f->vlan = p->vlan;
	memcpy(f->client, dir == PP_C2S ? p->src : p->dst, 16);
	memcpy(f->server, dir == PP_C2S ? p->dst : p->src, 16);
	f->client_port = dir == PP_C2S ? p->sport : p->dport;
	f->server_port = dir == PP_C2S ? p->dport : p->sport;
	f->svc = svc;
	f->watch.priv = f;
	f->watch.edit = on_edit;
	f->watch.note = on_note;
	f->next = r->buckets[b];
	r->buckets[b] = f;
	f->older = r->newest;
	r->newest = f;
	return f;
}

/* To a host that would be a server if it answered: kept to be counted once. */
static struct flow *skipped_flow(struct replay *r, const struct packet *p, u8 transport, bool syn)
{
	struct endpoint *ep = answers_find(&r->answers, p->family, transport, p->dst, p->dport);
	const struct service *svc = ep ? service_of_port(r, transport, p->dport) : NULL;
	struct flow *f;

	if (!svc)
		return NULL;
	ep->skipped++;
	f = new_flow(r, p, svc, PP_C2S);
	f->state = FLOW_SKIPPED;
	f->begun = syn;
	f->isn = p->seg.seq;
	return f;
}

/**
 * flow_find - the flow a packet belongs to, a new one if need be
 * @r: the run
 * @p: the packet
 * @kind: PACKET_TCP or PACKET_UDP
 * @dir: where its direction goes
 *
 * Return: the flow, or NULL when no server that is looked for has part in it. One that
 * is FLOW_SKIPPED is not to be looked into.
 */
struct flow *flow_find(struct replay *r, const struct packet *p, enum packet_kind kind, int *dir)
{
	u8 transport = kind == PACKET_TCP ? IPPROTO_TCP : IPPROTO_UDP, flags = p->seg.flags;
	bool syn = kind == PACKET_TCP && (flags & PP_TCP_SYN) && !(flags & PP_TCP_ACK);
	const struct service *svc;
	struct flow *f;

	for (f = r->buckets[bucket(p)]; f; f = f->next) {
		for (*dir = PP_C2S; *dir <= PP_S2C; (*dir)++) {
			if (!is_flow(f, p, transport, *dir))
				continue;
			/* The ports may be used again for another connection. */
			if (!syn || (*dir == PP_C2S && f->begun && f->isn == p->seg.seq))
				return f;
		}
	}
	*dir = PP_C2S;
	svc = find_service(r, p->family, transport, p->dst, p->dport);
	if (!svc && !syn) {
		*dir = PP_S2C;
		svc = find_service(r, p->family, transport, p->src, p->sport);
	}
	if (!svc) {
		*dir = PP_C2S;
		return skipped_flow(r, p, transport, syn);
	}
	f = new_flow(r, p, svc, *dir);
	if (syn) {
		pp_conn_init(&f->conn, &svc->grammar->img);
		f->open = true;
		f->begun = true;
		f->isn = p->seg.seq;
	} else if (kind == PACKET_TCP) {
		f->state = FLOW_MIDSTREAM;
	}
	return f;
}

/**
 * flow_seen - count bytes, those seen before but once
 * @count: where they are counted
 * @seq: sequence number of the first one
 * @len: how many
 */
void flow_seen(struct flow_count *count, u32 seq, u32 len)
{
	s32 more;

	if (!count->known) {
		count->known = true;
		count->next = seq;
	}
	/* Where a segment without payload is, a FIN may have been counted. */
	more = seq + len - count->next;
	if (len && more > 0) {
		count->bytes += more;
		count->next += more;
	}
}

/**
 * flow_free_all - free all flows
 * @r: the run
 */
void flow_free_all(struct replay *r)
{
	struct flow *f;

	while ((f = r->newest)) {
		r->newest = f->older;
		if (f->open)
			pp_conn_clear(&f->conn);
		free(f->events);
		free(f);
	}
}
