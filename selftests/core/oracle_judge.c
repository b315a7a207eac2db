// SPDX-License-Identifier: GPL-2.0
/*
 * What must be true of everything that leaves the engine, and of the streams:
 *
 *	I1	no byte at one place toward a receiver is ever another one, and each is
 *		the one that the transform of the whole stream has there; of bytes that
 *		nobody looks at, each is one that its sender has put there
 *	I2	no acknowledgement is beyond what was sent, or of bytes that the receiver
 *		lacks and the box does not keep; the window's right edge moves back only
 *		if the receiver's does, or by what edits in flight have added
 *	I3	likewise for SACK blocks
 *	I4	once nothing is lost any more, both streams end in bounded time; a probe
 *		is one to its receiver too
 *	I5	the numbering is shifted by what edits have added less what they took
 *	I6	the window is not larger than the receiver's, but for held bytes that are
 *		acknowledged
 *	A8	no timestamp leaves that is ahead of what was sent in the stream's place
 *	A14	an echo has a mark, and an answer an echo; a mark that the box keeps is
 *		echoed before the stream ends, until it is answered; a count of marks is
 *		the receiver's
 */
#include "oracle.h"

#include <stdarg.h>

static const char *name(int dir)
{
	return dir == PP_C2S ? "to server" : "to client";
}

/**
 * world_fault - note a contradiction; the first one is kept
 * @w: the run
 * @fmt: as printf()
 */
void world_fault(struct world *w, const char *fmt, ...)
{
	va_list ap;

	if (w->error[0])
		return;
	va_start(ap, fmt);
	vsnprintf(w->error, sizeof(w->error), fmt, ap);
	va_end(ap);
	if (w->trace)
		fprintf(w->trace, "%7llu *** %s\n", (unsigned long long)w->now, w->error);
}

/**
 * world_most - bytes that may arrive
 * @w: the run
 * @dir: direction
 *
 * Return: as many as will, or with an endpoint that changes its mind, as can.
 */
u32 world_most(const struct world *w, int dir)
{
	const struct model *m = &w->model[dir];

	return w->hostile ? m->nin * 13 + 64 : m->nout + 64;
}

/* Nothing was said of @n bytes. */
static void silence(struct judge_dir *j, u32 n)
{
	if (n > j->said_room) {
		j->said_room = n * 2;
		j->said = world_grow(j->said, j->said_room * sizeof(*j->said));
	}
	memset(j->said, 0, n * sizeof(*j->said));
}

/**
 * judge_begin - nothing has left yet
 * @w: the run
 */
void judge_begin(struct world *w)
{
	int dir;

	for (dir = PP_C2S; dir <= PP_S2C; dir++) {
		struct judge_dir *j = &w->judge[dir];
		u32 n = world_most(w, dir);

		if (w->hostile)
			silence(j, w->model[dir].nin);
		if (n > j->room) {
			j->room = n * 2;
			j->first = world_grow(j->first, j->room);
			j->set = world_grow(j->set, j->room);
		}
		memset(j->set, 0, n);
		j->acked = 0;
		j->lied = false;
		j->kept = 0;
		j->edge_y = min(w->ep[!dir].conf.rcvbuf, 65535u);
		j->said_y = j->edge_y;
		j->edge_x = j->edge_y;
		j->last_x = j->edge_y;
		j->most_x = j->edge_y;
		j->ack_x = 0;
		j->marks = 0;
		j->untold = false;
		j->unanswered = false;
		j->answered = false;
		j->stamp = w->ep[dir].conf.clock;
		/* before any mark it is 5 */
		j->counts = 1 << 5;
	}
}

static u32 base(const struct world *w, int dir)
{
	return w->ep[dir].conf.iss + 1;
}

/* End of the window that the receiver of direction @dir offers in @p, as a place. */
static s64 edge(const struct world *w, int dir, const struct pkt *p)
{
	return (s32)(p->ack - base(w, dir)) + ((s64)p->win << w->ep[!dir].rcv_ws);
}

static bool synchronised(const struct world *w)
{
	return w->ep[PP_S2C].state >= EP_SYN_RCVD && w->ep[PP_C2S].state >= EP_OPEN;
}

/*
 * Its receiver has had all of it, and is in front of a probe: it drops the segment and
 * believes nothing in it (RFC 9293, 3.10.7.4).
 */
static bool stale(const struct world *w, int dir, const struct pkt *p)
{
	const struct model *m = &w->model[dir];
	u32 fin = !!(p->flags & PP_TCP_FIN), end = p->seq - base(w, dir) + p->len;
	s32 y = (s32)end < 0 ? (s32)end : (s32)m->y[min(end, m->nin)];
	s32 at = y + fin - (s32)(w->ep[!dir].rcv_nxt - base(w, dir));

	return p->len || fin ? at <= 0 : at < 0;
}

/* Note what the sender has put where. */
static void heard(struct world *w, int dir, const struct pkt *p)
{
	u32 at = p->seq - base(w, dir), i;

	if (!w->hostile || p->forged || p->flags & PP_TCP_SYN)
		return;
	for (i = 0; i < p->len; i++, at++)
		if (at < w->model[dir].nin)
			w->judge[dir].said[at].set[p->data[i] / 64] |= 1ull << p->data[i] % 64;
}

static void acknowledged(struct world *w, int dir, const struct pkt *p)
{
	struct judge_dir *j = &w->judge[!dir];
	s32 ack = p->ack - base(w, !dir);
	s64 at;

	j->lied |= p->forged;
	/* A lie that is true does no harm. */
	if (!(p->flags & PP_TCP_ACK) || (p->forged && pp_after(p->ack, w->ep[dir].rcv_nxt)))
		return;
	if (synchronised(w) && !(p->flags & PP_TCP_SYN)) {
		at = edge(w, !dir, p);
		if (at < j->edge_y && ack >= (s32)box_unacked_y(w, !dir))
			j->last_x = min(j->last_x, at + box_decided_x(w, !dir) -
					box_decided_y(w, !dir));
		j->edge_y = max(j->edge_y, at);
		/* Nobody takes a window from a RST (RFC 5961, section 3.2). */
		if (!stale(w, dir, p) && !(p->flags & PP_TCP_RST))
			j->said_y = max(j->said_y, at);
	}
	if (ack > (s32)j->acked)
		j->acked = ack;
}

/**
 * judge_seen - a segment arrives at the box
 * @w: the run
 * @dir: its direction
 * @p: the segment
 *
 * What it acknowledges is not needed any more, whatever is sent there.
 */
void judge_seen(struct world *w, int dir, const struct pkt *p)
{
	heard(w, dir, p);
	acknowledged(w, dir, p);
	/* What a third party sends in the stream's place, an endpoint would believe as well. */
	if (p->has_ts && pp_after(p->tsval, w->judge[dir].stamp) &&
	    (!p->forged || p->seq - base(w, dir) <= w->model[dir].nin + 1))
		w->judge[dir].stamp = p->tsval;
	if (p->forged || p->flags & PP_TCP_SYN)
		return;
	w->judge[!dir].counts |= 1 << ep_count(p->flags);
	w->judge[dir].answered |= !!(p->flags & PP_TCP_CWR);
}

/* Whether nobody looks at the byte at place @at, and its sender has put @byte there. */
static bool unseen(const struct world *w, int dir, u32 at, u8 byte)
{
	u32 x = w->model[dir].origin[at];

	return w->hostile && x != U32_MAX &&
	       w->judge[dir].said[x].set[byte / 64] >> byte % 64 & 1;
}

static void payload(struct world *w, int dir, const struct pkt *p)
{
	struct judge_dir *j = &w->judge[dir];
	const struct model *m = &w->model[dir];
	s32 at = p->seq - base(w, dir);
	u32 i;

	for (i = 0; i < p->len; i++, at++) {
		if (at < (s32)j->acked)
			continue;
		if ((u32)at >= m->nout) {
			world_fault(w, "I1: byte %d %s, there are %u", at, name(dir), m->nout);
			return;
		}
		if (unseen(w, dir, at, p->data[i]))
			continue;
		if (j->set[at] && j->first[at] != p->data[i]) {
			world_fault(w, "I1: byte %d %s was 0x%02x, is now 0x%02x", at, name(dir),
				    j->first[at], p->data[i]);
			return;
		}
		if (p->data[i] != m->out[at]) {
			world_fault(w, "I1: byte %d %s is 0x%02x, not 0x%02x", at, name(dir),
				    p->data[i], m->out[at]);
			return;
		}
		j->set[at] = 1;
		j->first[at] = p->data[i];
	}
	if (p->flags & PP_TCP_FIN && at != (s32)m->nout)
		world_fault(w, "I1: FIN at %d %s, not at %u", at, name(dir), m->nout);
}

/* Whether the receiver has all of what a byte became, or it lies with the box. */
static bool safe(const struct world *w, int dir, u32 x)
{
	const struct model *m = &w->model[dir];
	const struct ep *to = &w->ep[!dir];
	u32 y, have = ep_have(to);

	if (x >= m->nin)
		return to->fin_rcvd;
	if (x >= box_in_hand(w, dir) && !w->opaque)
		return false;
	for (y = max(m->y[x], have); y < m->yend[x]; y++)
		if (!to->have[y])
			return x < w->judge[dir].kept;
	if (m->y[x] == m->yend[x])
		return x < box_in_hand(w, dir);
	return true;
}

static void acknowledgement(struct world *w, int dir, const struct pkt *p)
{
	struct judge_dir *j = &w->judge[dir];
	s32 ack = p->ack - base(w, dir), sent = w->ep[dir].nxt - base(w, dir);
	u32 i, x;

	if (ack > sent) {
		world_fault(w, "I2: %d acknowledged %s, %d sent", ack, name(dir), sent);
		return;
	}
	for (; (s32)j->ack_x < ack; j->ack_x++) {
		if (!safe(w, dir, j->ack_x)) {
			world_fault(w, "I2: %d acknowledged %s, and %u lacks", ack, name(dir),
				    j->ack_x);
			return;
		}
	}
	for (i = 0; i < p->nsack; i++) {
		s32 s = p->sack[i].start - base(w, dir), e = p->sack[i].end - base(w, dir);

		if (s >= e || e > sent) {
			world_fault(w, "I3: block %d to %d %s, %d sent", s, e, name(dir), sent);
			return;
		}
		if (e > ack && s <= ack) {
			world_fault(w, "I3: block %d to %d %s reaches the acknowledgement %d", s, e,
				    name(dir), ack);
			return;
		}
		for (x = max(s, 0); (s32)x < e && s > ack; x++) {
			if (!safe(w, dir, x) && !box_keeps(w, dir, x)) {
				world_fault(w, "I3: block %d to %d %s, and %u lacks", s, e,
					    name(dir), x);
				return;
			}
		}
	}
}

/* How many bytes from @x on edits may have taken that are under way. */
static u32 taken(const struct world *w, int dir, u32 x)
{
	const struct model *m = &w->model[dir];
	u32 end = min(box_decided_x(w, dir), m->nin), n = 0;

	for (x = min(x, box_unacked_x(w, dir)); x < end; x++)
		n += m->edited[x];
	return n;
}

/*
 * The window that the sender of direction @dir is given in @p, made of @from. Its end
 * is where the receiver's is, less what edits have added. What they have taken may be
 * left out of it while it is under way.
 */
static void window(struct world *w, int dir, const struct pkt *p, const struct pkt *from)
{
	struct judge_dir *j = &w->judge[dir];
	s64 unit = 1u << w->ep[!dir].rcv_ws;
	s64 shift = (s64)box_decided_x(w, dir) - box_decided_y(w, dir), at = edge(w, dir, p);
	s64 theirs = from ? edge(w, dir, from) : j->said_y, least;
	s64 held = max((s64)(s32)(p->ack - base(w, dir)) - box_decided_x(w, dir), 0);

	if (at - held > j->edge_y + shift && at - held > (from ? j->edge_x : j->most_x)) {
		world_fault(w, "I6: window up to %lld %s, the receiver's ends at %lld", (long long)at,
			    name(dir), (long long)(j->edge_y + shift));
		return;
	}
	j->edge_x = max(j->edge_x, at);
	if (from && (s32)(from->ack - base(w, dir)) < (s32)j->acked)
		return;
	if (theirs != j->said_y) {
		/* It has moved back, or a segment was overtaken: who can say. */
		j->last_x = min(j->last_x, at);
		return;
	}
	least = min(j->last_x, j->said_y + shift);
	if (from)
		least = min(least, (s32)(p->ack - from->ack) + theirs);
	else
		least -= taken(w, dir, p->ack - base(w, dir));
	/* The receiver rounds, and so does the box. */
	if (at + 2 * unit - 1 <= least) {
		world_fault(w, "I2: window up to %lld %s, was %lld, the receiver's ends at %lld",
			    (long long)at, name(dir), (long long)j->last_x,
			    (long long)(j->said_y + shift));
		return;
	}
	j->last_x = at;
}

/**
 * judge_left - a segment leaves the box
 * @w: the run
 * @dir: its direction
 * @p: the segment
 * @from: what it was made of, or NULL: the box made it
 */
void judge_left(struct world *w, int dir, const struct pkt *p, const struct pkt *from)
{
	if (!synchronised(w) || p->flags & (PP_TCP_SYN | PP_TCP_RST) || w->error[0])
		return;
	if (p->len || p->flags & PP_TCP_FIN)
		payload(w, dir, p);
	if (p->forged || !(p->flags & PP_TCP_ACK))
		return;
	acknowledgement(w, !dir, p);
	if (p->has_ts && pp_after(p->tsval, w->judge[dir].stamp))
		world_fault(w, "A8: timestamp %u %s, %u was sent", p->tsval, name(dir),
			    w->judge[dir].stamp);
	if (from && p->flags & ~from->flags & PP_TCP_ECE && !w->judge[!dir].unanswered)
		world_fault(w, "A14: an echo %s of what was answered", name(dir));
	/* With nothing under way, the number in front of the next is a probe. */
	if (from && !from->len && !(from->flags & PP_TCP_FIN) &&
	    from->seq + 1 == w->ep[dir].una && w->ep[dir].una == w->ep[dir].nxt &&
	    !pp_before(p->seq, w->ep[!dir].rcv_nxt))
		world_fault(w, "I4: a probe at %d %s, which nobody will answer",
			    (s32)(p->seq - base(w, dir)), name(dir));
	/*
	 * What a third party says of the window, an endpoint would believe as well. What
	 * stands where no receiver takes anything from it says nothing.
	 */
	if (!w->judge[!dir].lied && (!from || w->box.out.admitted))
		window(w, !dir, p, from);
}

/**
 * judge_state - after every segment that the engine has seen
 * @w: the run
 */
void judge_state(struct world *w)
{
	int dir;

	for (dir = PP_C2S; dir <= PP_S2C; dir++) {
		const struct model *m = &w->model[dir];
		u32 x = box_decided_x(w, dir), y = box_decided_y(w, dir);
		u32 want = m->y[min(x, m->nin)] + (x > m->nin);

		w->judge[dir].kept = max(w->judge[dir].kept, box_custody(w, dir));
		w->judge[dir].most_x = max(w->judge[dir].most_x,
					   w->judge[dir].edge_y + x - y);
		if (x > m->nin + 1)
			world_fault(w, "I5: %u decided %s, there are %u", x, name(dir), m->nin);
		else if (y != want)
			world_fault(w, "I5: %u %s is at %u, not at %u", x, name(dir), y, want);
	}
}

/**
 * judge_arrived - bytes are handed to a receiver's application
 * @w: the run
 * @dir: direction they came in
 * @from: place of the first one
 * @to: end of the last one
 */
void judge_arrived(struct world *w, int dir, u32 from, u32 to)
{
	const struct model *m = &w->model[dir];
	const u8 *got = w->ep[!dir].in;

	for (; from < to; from++) {
		if (from < m->nout && (got[from] == m->out[from] ||
				       unseen(w, dir, from, got[from])))
			continue;
		world_fault(w, "byte %u %s arrived as 0x%02x", from, name(dir), got[from]);
		return;
	}
}

/**
 * judge_fin - the end of a stream is handed to a receiver's application
 * @w: the run
 * @dir: direction
 * @at: bytes before it
 */
void judge_fin(struct world *w, int dir, u32 at)
{
	if (at != w->model[dir].nout)
		world_fault(w, "%u bytes %s, then the end; there are %u", at, name(dir),
			    w->model[dir].nout);
}

/**
 * judge_marked - a segment was marked
 * @w: the run
 * @dir: its direction
 * @kept: and the box keeps all of it; else, by the network
 */
void judge_marked(struct world *w, int dir, bool kept)
{
	w->judge[dir].marks += !kept;
	/* Nobody need be told of a copy that is late: nothing is under way. */
	w->judge[dir].untold |= kept && w->ep[dir].una != w->ep[dir].nxt;
	w->judge[dir].unanswered |= kept;
}

/**
 * judge_answered - the engine takes in that an echo was answered
 * @w: the run
 * @dir: direction of the answer
 */
void judge_answered(struct world *w, int dir)
{
	w->judge[dir].untold = false;
	w->judge[dir].unanswered = false;
}

/**
 * judge_congestion - an endpoint reads what a segment says of marks
 * @w: the run
 * @dir: direction it sends in
 * @p: the segment
 */
void judge_congestion(struct world *w, int dir, const struct pkt *p)
{
	struct judge_dir *j = &w->judge[dir];
	u8 count = ep_count(p->flags);

	switch (p->forged ? EP_ECN_NONE : w->ep[dir].use_ecn) {
	case EP_ECN_ECHO:
		if (p->flags & PP_TCP_ECE && !j->marks)
			world_fault(w, "A14: an echo %s, and there was no mark", name(!dir));
		if (p->flags & PP_TCP_ECE)
			j->untold = false;
		if (p->flags & PP_TCP_CWR && !w->judge[!dir].answered)
			world_fault(w, "A14: an answer %s, and none was sent", name(!dir));
		break;
	case EP_ECN_COUNT:
		if (!(j->counts >> count & 1))
			world_fault(w, "A14: %u marks counted %s, which nobody has", count,
				    name(!dir));
		break;
	}
}

/**
 * judge_end - the run is over
 * @w: the run
 */
void judge_end(struct world *w)
{
	int dir;

	for (dir = PP_C2S; dir <= PP_S2C; dir++) {
		const struct ep *e = &w->ep[dir];

		if (w->error[0] || w->aborts)
			return;
		if (w->judge[dir].untold)
			world_fault(w, "A14: a mark %s was kept and not told", name(dir));
		if (!ep_done(w, dir))
			world_fault(w, "I4: %s has %d of %u acknowledged, %u of %u received%s",
				    dir == PP_C2S ? "client" : "server",
				    (s32)(e->una - base(w, dir)), w->model[dir].nin + 1, ep_have(e),
				    w->model[!dir].nout, e->fin_rcvd ? " and FIN" : "");
		else if (!w->box.through && (box_decided_x(w, dir) != w->model[dir].nin + 1 ||
					     box_decided_y(w, dir) != w->model[dir].nout + 1))
			world_fault(w, "I5: the end %s is at %u, %u", name(dir),
				    box_decided_x(w, dir), box_decided_y(w, dir));
	}
}
