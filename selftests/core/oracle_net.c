// SPDX-License-Identifier: GPL-2.0
/* The network on both sides of the box, and a third party who reaches it. */
#include "oracle.h"

#define DELAY	5	/* milliseconds on a link, at least */

/**
 * world_grow - memory, or the end
 * @p: what there is, or NULL
 * @size: bytes wanted
 *
 * Return: the memory.
 */
void *world_grow(void *p, size_t size)
{
	p = realloc(p, size);
	if (!p) {
		fputs("out of memory\n", stderr);
		exit(1);
	}
	return p;
}

/**
 * pkt_new - an empty segment
 * @len: bytes of payload
 *
 * Return: the segment, all zero but the payload.
 */
struct pkt *pkt_new(u32 len)
{
	struct pkt *p = world_grow(NULL, sizeof(*p) + len);

	memset(p, 0, sizeof(*p));
	p->len = len;
	p->wscale = 0xff;
	return p;
}

static bool sooner(const struct event *a, const struct event *b)
{
	return a->at != b->at ? a->at < b->at : (s32)(a->serial - b->serial) < 0;
}

static void push(struct net *n, struct event ev)
{
	u32 i = n->n++, up;

	if (n->n > n->room) {
		n->room = n->n * 2;
		n->heap = world_grow(n->heap, n->room * sizeof(*n->heap));
	}
	for (; i; i = up) {
		up = (i - 1) / 2;
		if (!sooner(&ev, &n->heap[up]))
			break;
		n->heap[i] = n->heap[up];
	}
	n->heap[i] = ev;
}

static struct event pop(struct net *n)
{
	struct event top = n->heap[0], last = n->heap[--n->n];
	u32 i = 0, down;

	while ((down = 2 * i + 1) < n->n) {
		if (down + 1 < n->n && sooner(&n->heap[down + 1], &n->heap[down]))
			down++;
		if (!sooner(&n->heap[down], &last))
			break;
		n->heap[i] = n->heap[down];
		i = down;
	}
	n->heap[i] = last;
	return top;
}

/**
 * net_trace - print a segment
 * @w: the run
 * @link: where it is
 * @p: the segment
 * @what: what becomes of it
 */
void net_trace(const struct world *w, int link, const struct pkt *p, const char *what)
{
	static const char *const where[] = {
		"client >  box          ", "           box > server",
		"           box <  server", "client <  box          ",
	};
	static const struct { u16 bit; char c; } flags[] = {
		{ PP_TCP_SYN, 'S' }, { PP_TCP_FIN, 'F' }, { PP_TCP_RST, 'R' }, { PP_TCP_PSH, 'P' },
		{ PP_TCP_URG, 'U' }, { PP_TCP_ECE, 'E' }, { PP_TCP_CWR, 'W' }, { PP_TCP_AE, 'e' },
		{ PP_TCP_ACK, '.' },
	};
	int dir = link == LINK_C_BOX || link == LINK_BOX_S ? PP_C2S : PP_S2C;
	u32 isn = w->ep[dir].conf.iss + 1, peer = w->ep[!dir].conf.iss + 1, i;
	char text[ARRAY_SIZE(flags) + 1], *t = text;
	FILE *f = w->trace;

	if (!f)
		return;
	for (i = 0; i < ARRAY_SIZE(flags); i++)
		if (p->flags & flags[i].bit)
			*t++ = flags[i].c;
	*t = '\0';
	fprintf(f, "%7llu %s %-5s %d", (unsigned long long)w->now, where[link], text,
	       (s32)(p->seq - isn));
	if (p->len)
		fprintf(f, "-%d", (s32)(p->seq + p->len - isn));
	if (p->flags & PP_TCP_ACK)
		fprintf(f, " ack %d", (s32)(p->ack - peer));
	fprintf(f, " win %u", p->win);
	for (i = 0; i < p->nsack; i++)
		fprintf(f, " sack %d-%d", (s32)(p->sack[i].start - peer), (s32)(p->sack[i].end - peer));
	if (p->has_ts)
		fprintf(f, " ts %u %u", p->tsval, p->tsecr);
	if (p->len) {
		fprintf(f, " \"");
		for (i = 0; i < min(p->len, 40u); i++)
			if (p->data[i] == '\n')
				fprintf(f, "\\n");
			else
				fputc(p->data[i] >= ' ' && p->data[i] < 127 ? p->data[i] : '.', f);
		fprintf(f, p->len > 40 ? "...\"" : "\"");
	}
	fprintf(f, "%s%s%s%s %s\n", p->forged ? " forged" : "", p->strange ? " strange" : "",
		p->made ? " made" : "", p->ce ? " marked" : "", what);
}

static struct pkt *copy(const struct pkt *p, u32 from, u32 len)
{
	struct pkt *q = pkt_new(len);

	memcpy(q, p, sizeof(*q));
	q->len = len;
	q->seq += from;
	memcpy(q->data, p->data + from, len);
	return q;
}

static void travel(struct world *w, int link, struct pkt *p)
{
	struct event ev = { .at = w->now + DELAY, .link = link, .p = p };
	struct net *n = &w->net;
	bool twice = false;
	u64 v;

	if (w->now < w->heal && (n->loss[link] || n->dup[link] || n->jitter[link] ||
				 n->mark[link])) {
		v = choice_draw(w->ch, CH_NET + link);
		if (choice_chance(&v, n->loss[link])) {
			net_trace(w, link, p, "lost");
			free(p);
			return;
		}
		twice = choice_chance(&v, n->dup[link]);
		if (choice_chance(&v, 30))
			ev.at += choice_take(&v, n->jitter[link] + 1);
		if (p->ect && choice_chance(&v, n->mark[link])) {
			p->ce = true;
			judge_marked(w, link == LINK_C_BOX || link == LINK_BOX_S ? PP_C2S : PP_S2C,
				     false);
		}
	}
	net_trace(w, link, p, twice ? "twice" : "");
	ev.serial = n->serial++;
	push(n, ev);
	if (!twice)
		return;
	ev.p = copy(p, 0, p->len);
	ev.at += choice_take(&v, n->jitter[link] + 20);
	ev.serial = n->serial++;
	push(n, ev);
}

/**
 * net_send - a segment goes on its way
 * @w: the run
 * @link: where
 * @p: the segment, the network's from now on
 *
 * Behind the box it may leave in parts. A SYN/ACK may take another way.
 */
void net_send(struct world *w, int link, struct pkt *p)
{
	struct pkt *first;
	u64 v;
	u32 at;

	if (p->len > 1 && !(p->flags & PP_TCP_SYN) && w->net.cut &&
	    (link == LINK_BOX_S || link == LINK_BOX_C)) {
		v = choice_draw(w->ch, CH_NET + link);
		if (choice_chance(&v, w->net.cut)) {
			at = 1 + choice_take(&v, p->len - 1);
			first = copy(p, 0, at);
			first->flags &= ~PP_TCP_FIN;
			travel(w, link, first);
			first = copy(p, at, p->len - at);
			free(p);
			p = first;
		}
	}
	if (link == LINK_S_BOX && p->flags & PP_TCP_SYN && w->net.aside && w->now < w->heal) {
		v = choice_draw(w->ch, CH_NET + link);
		if (choice_chance(&v, w->net.aside))
			link = LINK_BOX_C;
	}
	travel(w, link, p);
}

/**
 * net_next - when the next segment arrives
 * @n: the network
 * @at: set to the time
 *
 * Return: there is one.
 */
bool net_next(const struct net *n, u64 *at)
{
	if (n->n)
		*at = n->heap[0].at;
	return n->n;
}

/**
 * net_arrive - the next segment arrives
 * @w: the run
 */
void net_arrive(struct world *w)
{
	struct event ev = pop(&w->net);

	switch (ev.link) {
	case LINK_C_BOX:
		box_in(w, PP_C2S, ev.p);
		break;
	case LINK_S_BOX:
		box_in(w, PP_S2C, ev.p);
		break;
	case LINK_BOX_S:
		ep_in(w, PP_S2C, ev.p);
		break;
	case LINK_BOX_C:
		ep_in(w, PP_C2S, ev.p);
		break;
	}
	free(ev.p);
}

/**
 * enum forge - kinds of forged segments
 * @FORGE_UNSENT: client's data that acknowledges what the server has not sent
 * @FORGE_WINDOW: client's data far outside the window
 * @FORGE_RST: client's RST in the window, but not where the server is
 * @FORGE_SYN: client's SYN
 * @FORGE_OLD_ACK: client's acknowledgement of long ago
 * @FORGE_OLD_TS: client's data with all numbers right and an old timestamp: only
 *	the server's test of timestamps tells it from the client's (A16)
 * @FORGE_ELSEWHERE: client's data by another interface, by one who has not seen what the
 *	server has sent last
 * @FORGE_SERVER_ACK: server's acknowledgement of what it has not received, far outside
 *	the window
 * @FORGE_SERVER_DATA: server's data with an acknowledgement of something else
 */
enum forge {
	FORGE_UNSENT,
	FORGE_WINDOW,
	FORGE_RST,
	FORGE_SYN,
	FORGE_OLD_ACK,
	FORGE_OLD_TS,
	FORGE_ELSEWHERE,
	FORGE_SERVER_ACK,
	FORGE_SERVER_DATA,
	NR_FORGE,
};

static struct pkt *forged(struct world *w, int kind, u64 v)
{
	static const char lie[] = ":kkkkkkkkkkkkkkkkkkk=abababab\n";
	struct ep *c = &w->ep[PP_C2S], *s = &w->ep[PP_S2C];
	struct pkt *p = pkt_new(sizeof(lie) - 1);

	memcpy(p->data, lie, sizeof(lie) - 1);
	p->forged = true;
	p->flags = PP_TCP_ACK;
	p->seq = c->nxt;
	p->ack = c->rcv_nxt;
	p->win = 1000;
	p->has_ts = c->use_ts;
	p->tsval = c->conf.clock + (u32)w->now;
	p->tsecr = c->ts_recent;
	switch (kind) {
	case FORGE_UNSENT:
		p->ack = s->nxt + 100000 + choice_take(&v, 1u << 20);
		break;
	case FORGE_WINDOW:
		p->seq = c->nxt + (1u << 20) + choice_take(&v, 1u << 24);
		break;
	case FORGE_RST:
		p->flags = PP_TCP_RST;
		p->len = 0;
		p->seq = c->nxt + 5000 + choice_take(&v, 1000);
		break;
	case FORGE_SYN:
		p->flags = PP_TCP_SYN;
		p->len = 0;
		p->seq = c->una + choice_take(&v, 1u << 16);
		p->mss = 1460;
		p->wscale = 14;
		break;
	case FORGE_OLD_ACK:
		p->len = 0;
		p->ack = s->conf.iss + 1;
		break;
	case FORGE_OLD_TS:
		p->tsval = c->conf.clock - 100000;
		break;
	case FORGE_ELSEWHERE:
		p->strange = true;
		p->ack = s->conf.iss + 1;
		break;
	case FORGE_SERVER_ACK:
		p->len = 0;
		p->seq = s->nxt + (1u << 20) + choice_take(&v, 1u << 24);
		p->ack = box_decided_y(w, PP_C2S) + s->irs + 1;
		p->tsval = s->conf.clock + (u32)w->now;
		break;
	case FORGE_SERVER_DATA:
		p->seq = s->nxt;
		p->ack = c->nxt + 100000 + choice_take(&v, 1u << 20);
		p->tsval = s->conf.clock + (u32)w->now;
		break;
	}
	return p;
}

/* Whether the server tells old timestamps: one that remembers 0 takes any. */
static bool tells_age(const struct world *w)
{
	u32 left = 0u - w->ep[PP_C2S].conf.clock;

	return w->ep[PP_S2C].ts_recent && w->ep[PP_C2S].use_ts &&
	       (!left || left > w->now + 100000);
}

/**
 * net_forge - a third party sends a segment to the box
 * @w: the run
 */
void net_forge(struct world *w)
{
	u64 v = choice_draw(w->ch, CH_FORGE);
	struct pkt *p;
	int kind;

	w->net.next_forge = w->now < w->heal ? w->now + 20 + choice_take(&v, 500) : NEVER;
	if (!v || w->ep[PP_C2S].state != EP_OPEN || w->ep[PP_S2C].state != EP_OPEN)
		return;
	kind = choice_take(&v, NR_FORGE);
	if (!(w->net.forge >> kind & 1))
		return;
	if (kind == FORGE_OLD_TS && !tells_age(w))
		return;
	if (kind == FORGE_ELSEWHERE && !box_unacked_y(w, PP_S2C))
		return;
	p = forged(w, kind, v);
	travel(w, kind >= FORGE_SERVER_ACK ? LINK_S_BOX : LINK_C_BOX, p);
}

/**
 * net_clear - nothing is under way
 * @w: the run
 */
void net_clear(struct world *w)
{
	while (w->net.n)
		free(w->net.heap[--w->net.n].p);
}
