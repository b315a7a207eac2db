// SPDX-License-Identifier: GPL-2.0
/*
 * The VM and the rules: every way to cut a stream gives what the oracle says; no
 * rules change nothing; a change of other patches at any byte of an exploit does
 * not let it through.
 */
#include "../../userspace/stream.h"
#include "lab.h"
#include "mini.h"
#include "tap.h"

#include <stdio.h>

static bool agrees(const struct trial *t, const struct trial_how *how,
		   const struct trial_result *want, const char *name)
{
	struct trial_result got;
	bool differs;
	size_t at;
	int dir;

	trial_run(t, how, &got);
	differs = trial_differs(want, &got, how, &dir, &at);
	if (differs)
		tap_note("%s, cut %d at %llu%s: direction %d, byte %zu%s %s", name, how->cut,
			 (unsigned long long)how->n, how->no_fin ? ", left open" : "", dir, at,
			 got.reset ? ", reset" : "", got.error);
	trial_free(&got);
	return !differs;
}

static bool every_cut(const struct trial *t, const struct trial_result *want, const char *name)
{
	struct trial_how how = { .cut = TRIAL_BYTES };
	size_t total = t->len[0] + t->len[1];
	bool good = true;
	u64 seed;

	for (; how.n < 2; how.n++)
		good = good && agrees(t, &how, want, name);
	how.no_fin = true;
	good = good && agrees(t, &how, want, name);
	how.cut = TRIAL_AT;
	for (how.n = 0; good && how.n <= total; how.n++) {
		how.no_fin = how.n & 1;
		how.scattered = how.n & 2;
		good = agrees(t, &how, want, name);
	}
	how.cut = TRIAL_RANDOM;
	for (seed = 1; good && seed < 20; seed++) {
		how.n = seed;
		how.again = seed & 1;
		good = agrees(t, &how, want, name);
	}
	return good;
}

static void oracle(const struct mini *m)
{
	struct trial t = { .grammar = &m->gimg, .rs = m->rs };
	struct bytes in[2], want[2];
	struct trial_result res;
	char name[32];
	u64 seed, random;
	u32 bad = 0;
	int dir;

	for (seed = 1; seed <= 40 && !bad; seed++) {
		memset(in, 0, sizeof(in));
		memset(want, 0, sizeof(want));
		memset(&res, 0, sizeof(res));
		random = seed * 77;
		for (dir = PP_C2S; dir <= PP_S2C; dir++) {
			mini_input(&in[dir], dir, 20 + seed * 8, &random, seed & 1);
			mini_oracle(&in[dir], dir, &want[dir]);
			t.data[dir] = in[dir].p;
			t.len[dir] = in[dir].n;
			res.got[dir] = want[dir].p;
			res.len[dir] = want[dir].n;
		}
		snprintf(name, sizeof(name), "seed %llu", (unsigned long long)seed);
		/* An opaque span may be long; two-way cuts of it say nothing new. */
		if (t.len[0] < 2500)
			bad += !every_cut(&t, &res, name);
		for (dir = PP_C2S; dir <= PP_S2C; dir++) {
			free(in[dir].p);
			free(want[dir].p);
		}
	}
	tap_ok(!bad, "mini: every cut gives what the oracle says");
}

/* Nothing to do: each segment leaves as it came. */
static bool untouched(const struct trial *t, size_t at)
{
	struct stream *s = calloc(1, sizeof(*s));
	size_t off, len, pos = 0;
	bool good = true;
	int dir;

	stream_open(s, t->grammar, t->rs, 1000, 2000);
	for (dir = PP_C2S; dir <= PP_S2C && good; dir++) {
		for (off = 0; off < t->len[dir] && good; off += len, pos += len) {
			len = min(t->len[dir] - off, (size_t)16384);
			if (pos < at && at - pos < len)
				len = at - pos;
			stream_write(s, dir, t->data[dir] + off, len);
			stream_segment(s, dir, off, len);
			good = s->out.verdict == PP_PASS || (s->reset && t->rs);
			if (s->reset)
				break;
			stream_ack(s, dir);
			good = good && s->out.verdict == PP_PASS;
		}
	}
	good = good && !s->error[0];
	stream_close(s);
	free(s);
	return good;
}

static void identity(struct lab *lab)
{
	const struct lang_sample *sm;
	struct trial t;
	u32 bad = 0, runs = 0;
	size_t i, k, at, step;

	for (i = 0; i < lab->progs.nr_patches; i++) {
		const struct prog_patch *p = lab->progs.patches[i];
		const struct lang_patch_info *info = lang_patch_info(p->lang);

		if (p->grammar->img.hdr->transport == IPPROTO_UDP)
			continue;
		for (k = 0; k < info->nr_samples; k++) {
			sm = &info->samples[k];
			lab_trial(p, sm, &t);
			step = 1 + (t.len[0] + t.len[1]) / 2000;
			for (at = 0; at < t.len[0] + t.len[1]; at += step, runs++) {
				if (untouched(&t, at))
					continue;
				tap_note("%s, sample \"%s\", cut at %zu", info->name, sm->name,
					 at);
				bad++;
				break;
			}
		}
	}
	tap_ok(!bad, "without rules every segment leaves as it came, %u runs", runs);
}

/* All others for its grammar in force before it, or NULL where they change the outcome. */
static struct pp_ruleset *with_others(struct lab *lab, const struct prog_patch *p, u64 gen)
{
	struct pp_rs_patch *list = calloc(lab->progs.nr_patches, sizeof(*list));
	struct pp_ruleset *rs;
	struct pp_error err;
	size_t i;
	u32 n = 0;

	for (i = 0; i < lab->progs.nr_patches; i++) {
		if (lab->progs.patches[i]->grammar != p->grammar)
			continue;
		list[n].img = &lab->progs.patches[i]->img;
		list[n++].since = lab->progs.patches[i] == p ? 1 : gen;
	}
	rs = pp_ruleset_build(&p->grammar->img, list, n, gen, &err);
	free(list);
	return rs;
}

static bool swap_sample(struct lab *lab, const struct prog_patch *p, struct trial *t,
			const char *name, u32 *runs)
{
	struct pp_ruleset *alone = lab_alone(p, 1), *all = with_others(lab, p, 2),
			  *left = lab_alone(p, 3);
	size_t total = t->len[0] + t->len[1], step = 1 + total / 1500, at;
	struct trial_how how = { .cut = TRIAL_WHOLE };
	struct trial_result want;
	bool good = alone && all && left;

	t->rs = alone;
	trial_run(t, &how, &want);
	t->rs = all;
	if (good && agrees(t, &how, &want, name)) {
		how.cut = TRIAL_AT;
		for (at = 0; good && at <= total; at += step, *runs += 2) {
			how.n = at;
			t->rs = alone;
			how.swap = all;
			good = agrees(t, &how, &want, name);
			t->rs = all;
			how.swap = left;
			good = good && agrees(t, &how, &want, name);
		}
	} else if (good) {
		tap_note("%s: other patches change it too; not swapped", name);
	}
	trial_free(&want);
	pp_ruleset_free(alone);
	pp_ruleset_free(all);
	pp_ruleset_free(left);
	return good;
}

static void swaps(struct lab *lab)
{
	u32 bad = 0, runs = 0;
	struct trial t;
	size_t i, k;

	for (i = 0; i < lab->progs.nr_patches; i++) {
		const struct prog_patch *p = lab->progs.patches[i];
		const struct lang_patch_info *info = lang_patch_info(p->lang);

		for (k = 0; k < info->nr_samples; k++) {
			lab_trial(p, &info->samples[k], &t);
			bad += !swap_sample(lab, p, &t, info->samples[k].name, &runs);
		}
	}
	tap_ok(!bad, "all other patches applied or removed at any byte, %u runs", runs);
}

int main(void)
{
	struct mini m;
	struct lab lab;

	if (tap_ok(mini_open(&m), "the small protocol compiles")) {
		oracle(&m);
		mini_close(&m);
	}
	if (lab_open(&lab)) {
		identity(&lab);
		swaps(&lab);
	}
	lab_close(&lab);
	return tap_done();
}
