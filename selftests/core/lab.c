// SPDX-License-Identifier: GPL-2.0
#include "lab.h"
#include "tap.h"

/**
 * lab_open - compile and verify the library
 * @lab: filled in
 *
 * Return: it worked.
 */
bool lab_open(struct lab *lab)
{
	bool good;

	memset(lab, 0, sizeof(*lab));
	lab->progs.lib = &lab->lib;
	good = !library_open(&lab->lib, &lab->ctl) && !programs_add_library(&lab->progs) &&
	       lab->progs.nr_patches;
	return tap_ok(good, "the library compiles: %zu patches", lab->progs.nr_patches);
}

/**
 * lab_close - free the library
 * @lab: the library
 */
void lab_close(struct lab *lab)
{
	programs_free(&lab->progs);
	library_close(&lab->lib);
}

/**
 * lab_alone - a ruleset of one patch
 * @p: the patch
 * @gen: generation of the ruleset; the patch is in force since 1
 *
 * Return: the ruleset, or NULL.
 */
struct pp_ruleset *lab_alone(const struct prog_patch *p, u64 gen)
{
	struct pp_rs_patch one = { .img = &p->img, .since = 1 };
	struct pp_error err;

	return pp_ruleset_build(&p->grammar->img, &one, 1, gen, &err);
}

/**
 * lab_trial - a sample as a trial, without rules
 * @p: its patch
 * @sm: the sample
 * @t: filled in
 */
void lab_trial(const struct prog_patch *p, const struct lang_sample *sm, struct trial *t)
{
	memset(t, 0, sizeof(*t));
	t->grammar = &p->grammar->img;
	t->data[PP_C2S] = sm->client.data;
	t->len[PP_C2S] = sm->client.len;
	t->data[PP_S2C] = sm->server.data;
	t->len[PP_S2C] = sm->server.len;
}
