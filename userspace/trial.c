// SPDX-License-Identifier: GPL-2.0
/* One sample through the core, cut and disturbed in one of many ways. */
#include "trial.h"
#include "stream.h"

#include <stdio.h>

#define LARGEST		16384		/* bytes of a segment */
#define CLIENT_ISN	0xffffff80u	/* numbers wrap inside most samples */
#define SERVER_ISN	0x7ffffff0u

static u32 next_random(u64 *state)
{
	*state = *state * 6364136223846793005ull + 1442695040888963407ull;
	return *state >> 33;
}

static void *memory(size_t n)
{
	void *p = calloc(1, n + 1);

	if (!p) {
		fputs("out of memory\n", stderr);
		exit(1);
	}
	return p;
}

/**
 * struct tcp_run - a trial over TCP under way
 * @t: the trial
 * @how: in which way
 * @s: the connection
 * @pos: bytes sent by both ends
 * @random: state of the generator
 */
struct tcp_run {
	const struct trial *t;
	const struct trial_how *how;
	struct stream s;
	u64 pos;
	u64 random;
};

static size_t next_len(struct tcp_run *run, size_t left)
{
	size_t len = min(left, (size_t)LARGEST);
	u32 r;

	switch (run->how->cut) {
	case TRIAL_BYTES:
		return 1;
	case TRIAL_RANDOM:
		r = next_random(&run->random);
		return min(len, (size_t)(1 + (r >> 4) % (1u << (r & 15) % 11)));
	case TRIAL_AT:
		if (run->pos < run->how->n && run->how->n - run->pos < len)
			return run->how->n - run->pos;
		return len;
	default:
		return len;
	}
}

/* Send again what was sent, cut in other places. */
static void send_again(struct tcp_run *run, int dir)
{
	struct stream *s = &run->s;
	size_t end = s->half[dir].nsent, off, len;
	int i;

	for (i = 0; i < 4 && end && !s->reset && !s->error[0]; i++) {
		off = next_random(&run->random) % end;
		len = 1 + next_random(&run->random) % min(end - off, (size_t)LARGEST);
		stream_segment(s, dir, off, len);
	}
	for (off = 0; off < end && !s->reset && !s->error[0]; off += LARGEST)
		stream_segment(s, dir, off, min(end - off, (size_t)LARGEST));
}

static void send_side(struct tcp_run *run, int dir)
{
	struct stream *s = &run->s;
	const u8 *data = run->t->data[dir];
	size_t off = 0, len, total = run->t->len[dir];

	while (off < total && !s->reset && !s->error[0]) {
		if (run->how->swap && run->pos >= run->how->n)
			s->rs = run->how->swap;
		len = next_len(run, total - off);
		if (run->how->again) {
			stream_write(s, dir, data + off, len);
			stream_segment(s, dir, off, len);
			if (!s->reset)
				send_again(run, dir);
			/* The receiver's window is finite. */
			if (s->half[dir].snd_nxt - s->half[dir].una > STREAM_WINDOW / 2)
				stream_ack(s, dir);
		} else {
			stream_send(s, dir, data + off, len);
		}
		off += len;
		run->pos += len;
	}
	if (!s->reset)
		stream_ack(s, dir);
}

static void count_edit(void *priv, int dir, const struct pp_edit_info *info)
{
	u64 *edits = priv;

	(void)dir;
	*edits += info->first;
}

static void run_tcp(const struct trial *t, const struct trial_how *how, struct trial_result *res)
{
	struct tcp_run *run = memory(sizeof(*run));
	struct stream *s = &run->s;
	int dir;

	run->t = t;
	run->how = how;
	run->random = how->n ^ 0x9e3779b97f4a7c15ull;
	s->scattered = how->scattered;
	s->use_ts = how->n & 1;
	s->lossy = how->fail;
	s->watch.priv = &res->edits;
	s->watch.edit = count_edit;
	pp_alloc_fail_nth = how->fail;
	stream_open(s, t->grammar, t->rs, CLIENT_ISN, SERVER_ISN);
	for (dir = PP_C2S; dir <= PP_S2C && !s->reset; dir++)
		send_side(run, dir);
	for (dir = PP_C2S; dir <= PP_S2C && !s->reset; dir++) {
		if (!how->no_fin)
			stream_fin(s, dir);
		stream_flush(s, dir);
	}
	res->unused = pp_alloc_fail_nth;
	pp_alloc_fail_nth = 0;
	stream_settled(s);
	for (dir = PP_C2S; dir <= PP_S2C; dir++) {
		res->len[dir] = s->half[dir].rcv_nxt;
		res->got[dir] = memory(res->len[dir]);
		if (res->len[dir])
			memcpy(res->got[dir], s->half[dir].got, res->len[dir]);
	}
	res->reset = s->reset;
	memcpy(res->error, s->error, sizeof(res->error));
	stream_close(s);
	free(run);
}

static void run_udp(const struct trial *t, const struct trial_how *how, struct trial_result *res)
{
	struct pp_out *out = memory(sizeof(*out));
	struct payload p;
	u32 i, n;
	int dir;

	for (dir = PP_C2S; dir <= PP_S2C; dir++) {
		if (!t->data[dir])
			continue;
		p = (struct payload){ .data = t->data[dir], .len = t->len[dir],
				      .scattered = how->scattered };
		memset(out, 0xa5, sizeof(*out));
		pp_dgram_run(how->swap ? how->swap : t->rs, dir, &p, NULL, p.len, out);
		if (out->verdict == PP_DROP) {
			res->dropped = true;
			continue;
		}
		if (out->verdict != PP_REWRITE) {
			res->len[dir] = p.len;
			res->got[dir] = memory(p.len);
			memcpy(res->got[dir], p.data, p.len);
			continue;
		}
		res->got[dir] = memory(out->len);
		for (i = 0, n = 0; i < out->npieces; i++) {
			const struct pp_piece *pc = &out->pieces[i];

			if (pc->len > out->len - n ||
			    (!pc->data && (pc->off > p.len || pc->len > p.len - pc->off))) {
				snprintf(res->error, sizeof(res->error), "piece %u is outside", i);
				break;
			}
			memcpy(res->got[dir] + n, pc->data ? pc->data : p.data + pc->off, pc->len);
			n += pc->len;
		}
		res->len[dir] = n;
	}
	free(out);
}

/**
 * trial_run - do it
 * @t: the trial
 * @how: in which way; over UDP there is nothing to cut
 * @res: filled in, to be freed with trial_free()
 */
void trial_run(const struct trial *t, const struct trial_how *how, struct trial_result *res)
{
	memset(res, 0, sizeof(*res));
	if (t->grammar->hdr->transport == IPPROTO_UDP)
		run_udp(t, how, res);
	else
		run_tcp(t, how, res);
}

/**
 * trial_free - free a result
 * @res: the result
 */
void trial_free(struct trial_result *res)
{
	free(res->got[PP_C2S]);
	free(res->got[PP_S2C]);
}

/**
 * trial_differs - compare two results
 * @want: the one that is right
 * @got: the other one
 * @how: how it was made; a connection that stays open may lack an end that is
 *	held, one that was reset may lack any end
 * @dir: set to the direction that differs, -1 when it is the outcome as a whole
 * @at: set to the first byte that differs
 *
 * Return: they differ.
 */
bool trial_differs(const struct trial_result *want, const struct trial_result *got,
		   const struct trial_how *how, int *dir, size_t *at)
{
	bool open = how->no_fin || want->reset;
	size_t n;

	*dir = -1;
	*at = 0;
	/* A reset decided by the end of data needs that end. */
	if ((want->reset != got->reset && !(want->reset && how->no_fin)) ||
	    want->dropped != got->dropped || got->error[0])
		return true;
	for (*dir = PP_C2S; *dir <= PP_S2C; (*dir)++) {
		/* What passed before a reset depends on the cut. */
		if (want->reset && got->len[*dir] > want->len[*dir])
			n = want->len[*dir];
		else
			n = min(want->len[*dir], got->len[*dir]);
		for (*at = 0; *at < n; (*at)++)
			if (want->got[*dir][*at] != got->got[*dir][*at])
				return true;
		if (want->len[*dir] == got->len[*dir] || want->reset)
			continue;
		if (got->len[*dir] > want->len[*dir] || !open)
			return true;
	}
	return false;
}

/**
 * trial_bystander - a patch that touches many fields and changes nothing
 * @grammar: what it is for
 * @size: set to its size
 *
 * It counts, so applying and removing it moves everything in a ruleset about.
 *
 * Return: its image, to be freed.
 */
void *trial_bystander(const struct pp_image *grammar, size_t *size)
{
	static const char strings[] = "\0bystander\0";
	const u32 nrules = min(grammar->n[PP_SEC_FIELDS] - 1, (u32)PP_MAX_RULES);
	size_t at = (sizeof(struct pp_image_header) + 7) & ~7ul, rules = at + 16;
	struct pp_image_header *h;
	struct pp_rule *r;
	u32 i, n = 0;

	*size = rules + nrules * sizeof(*r);
	h = memory(*size);
	r = (struct pp_rule *)((u8 *)h + rules);
	for (i = 1; n < nrules && i < grammar->n[PP_SEC_FIELDS]; i++) {
		/* These stay in the scope to the end of the unit, and room there is finite. */
		if (grammar->fields[i].flags & PP_FIELD_CONT)
			continue;
		r[n].key = 0x5eed0000 + i;
		r[n].field = i;
		r[n].action = PP_ACT_COUNT;
		n++;
	}
	*size = rules + n * sizeof(*r);
	memcpy((u8 *)h + at, strings, sizeof(strings) - 1);
	h->magic = PP_IMAGE_MAGIC;
	h->kind = PP_IMAGE_PATCH;
	h->size = *size;
	h->grammar = grammar->hdr->id;
	h->name = 1;
	h->sections[PP_SEC_STRINGS] = (struct pp_section_ref){ at, sizeof(strings) - 1 };
	h->sections[PP_SEC_RULES] = (struct pp_section_ref){ rules, n };
	h->id = pp_image_hash(h, *size);
	return h;
}
