// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that is not there: whichever allocation of the engine fails, the packet
 * is dropped or nothing is lost; never does a byte arrive that should not, and
 * after the sender has sent again all is as if nothing had failed.
 */
#include "lab.h"
#include "mini.h"
#include "tap.h"

#include <stdio.h>

static bool one_trial(const struct trial *t, const struct trial_how *base, const char *name,
		      u32 *runs)
{
	struct trial_how how = *base;
	struct trial_result want, got;
	bool differs, more = true;
	size_t at;
	int dir;

	trial_run(t, &how, &want);
	for (how.fail = 1; more; how.fail++) {
		trial_run(t, &how, &got);
		more = !got.unused;
		(*runs)++;
		differs = trial_differs(&want, &got, &how, &dir, &at);
		if (!differs && got.edits != want.edits)
			tap_note("%llu edits reported, not %llu", (unsigned long long)got.edits,
				 (unsigned long long)want.edits);
		differs |= got.edits != want.edits;
		if (differs)
			tap_note("%s, allocation %lu fails, cut %d, %llu: direction %d, byte %zu %s",
				 name, how.fail, how.cut, (unsigned long long)how.n, dir, at,
				 got.error);
		trial_free(&got);
		if (differs)
			more = false;
	}
	trial_free(&want);
	return !differs;
}

static bool some_cuts(const struct trial *t, const char *name, u32 *runs)
{
	struct trial_how how = { .cut = TRIAL_WHOLE };
	u64 seed;

	if (!one_trial(t, &how, name, runs))
		return false;
	how.cut = TRIAL_RANDOM;
	for (seed = 1; seed <= 4; seed++) {
		how.n = seed;
		if (!one_trial(t, &how, name, runs))
			return false;
	}
	return true;
}

static void small(const struct mini *m)
{
	struct trial t = { .grammar = &m->gimg, .rs = m->rs };
	struct bytes in[2];
	u64 seed, random;
	u32 bad = 0, runs = 0;
	char name[32];
	int dir;

	for (seed = 1; seed <= 15 && !bad; seed++) {
		memset(in, 0, sizeof(in));
		random = seed * 1234567;
		for (dir = PP_C2S; dir <= PP_S2C; dir++) {
			mini_input(&in[dir], dir, seed * 30, &random, true);
			t.data[dir] = in[dir].p;
			t.len[dir] = in[dir].n;
		}
		snprintf(name, sizeof(name), "mini, seed %llu", (unsigned long long)seed);
		bad += !some_cuts(&t, name, &runs);
		free(in[0].p);
		free(in[1].p);
	}
	tap_ok(!bad, "mini: any allocation may fail, %u runs", runs);
}

static void library(struct lab *lab)
{
	u32 bad = 0, runs = 0;
	struct pp_ruleset *rs;
	struct trial t;
	size_t i, k;

	for (i = 0; i < lab->progs.nr_patches; i++) {
		const struct prog_patch *p = lab->progs.patches[i];
		const struct lang_patch_info *info = lang_patch_info(p->lang);

		if (p->grammar->img.hdr->transport == IPPROTO_UDP)
			continue;
		rs = lab_alone(p, 1);
		for (k = 0; k < info->nr_samples; k++) {
			lab_trial(p, &info->samples[k], &t);
			if (t.len[0] + t.len[1] > 6000)
				continue;
			t.rs = rs;
			bad += !some_cuts(&t, info->samples[k].name, &runs);
		}
		pp_ruleset_free(rs);
	}
	tap_ok(!bad, "library: any allocation may fail, %u runs", runs);
}

int main(void)
{
	struct mini m;
	struct lab lab;

	if (tap_ok(mini_open(&m), "the small protocol compiles")) {
		small(&m);
		mini_close(&m);
	}
	if (lab_open(&lab))
		library(&lab);
	lab_close(&lab);
	return tap_done();
}
