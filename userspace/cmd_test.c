// SPDX-License-Identifier: GPL-2.0
/*
 * patchctl test: the samples of patches through the core, cut in every way, and the
 * properties that must hold for every patch.
 */
#include "json.h"
#include "out.h"
#include "patchctl.h"
#include "prog.h"
#include "trial.h"

#include <errno.h>

#define OPT_RANDOM	256
#define OPT_SEED	257
#define OPT_SAMPLE	258
#define OPT_SPLIT	259

#define EVERY_SPLIT	16384	/* bytes up to which a sample is cut at every byte */

static const struct opt opts[] = {
	{ "random", OPT_RANDOM, true },
	{ "seed", OPT_SEED, true },
	{ "sample", OPT_SAMPLE, true },
	{ "split", OPT_SPLIT, true },
	{ NULL, 0, false }
};

/**
 * struct tester - this run
 * @ctl: this run of the tool
 * @lib: the library
 * @random: random segmentations of each sample
 * @seed: of the first of them
 * @sample: the only sample to run, or NULL
 * @split: the only split to try, where @one_split
 * @one_split: see there
 * @list: JSON array of results, or NULL
 * @nr: patches tested
 * @failed: of those, not good
 * @samples: samples run
 * @runs: times a sample was run
 */
struct tester {
	struct ctl *ctl;
	struct library lib;
	unsigned long random;
	unsigned long seed;
	const char *sample;
	struct trial_how split;
	bool one_split;
	json_t *list;
	size_t nr;
	size_t failed;
	size_t samples;
	size_t runs;
};

/**
 * struct subject - a patch under test
 * @progs: it and its grammar
 * @patch: the patch
 * @bystander: image of a patch that changes nothing
 * @other: that patch
 * @alone: the patch alone, in force first
 * @joined: with the other before it
 * @left: alone again, the other having gone
 * @sample: the sample that runs
 * @runs: so far
 * @fault: what went wrong, or NULL
 */
struct subject {
	struct programs progs;
	struct prog_patch *patch;
	void *bystander;
	struct pp_image other;
	struct pp_ruleset *alone;
	struct pp_ruleset *joined;
	struct pp_ruleset *left;
	const struct lang_sample *sample;
	size_t runs;
	char *fault;
};

static bool prepare(struct tester *t, struct subject *s)
{
	struct pp_rs_patch two[2] = { { .img = &s->other, .since = 2 },
				      { .img = &s->patch->img, .since = 1 } };
	const struct pp_image *g = &s->patch->grammar->img;
	struct pp_error err = { .msg = "out of memory" };
	size_t size;

	s->bystander = trial_bystander(g, &size);
	if (!pp_image_open(&s->other, s->bystander, size, &err) &&
	    !pp_verify_patch(&s->other, g, &err)) {
		s->alone = pp_ruleset_build(g, &two[1], 1, 1, &err);
		s->joined = s->alone ? pp_ruleset_build(g, two, 2, 2, &err) : NULL;
		s->left = s->joined ? pp_ruleset_build(g, &two[1], 1, 3, &err) : NULL;
	}
	if (!s->left)
		msg_error(t->ctl, "%s: %s", lang_patch_info(s->patch->lang)->name, err.msg);
	return s->left;
}

static void release(struct subject *s)
{
	if (s->alone)
		pp_ruleset_free(s->alone);
	if (s->joined)
		pp_ruleset_free(s->joined);
	if (s->left)
		pp_ruleset_free(s->left);
	free(s->bystander);
	free(s->fault);
	programs_free(&s->progs);
}

static char *split_text(const struct trial_how *how)
{
	switch (how->cut) {
	case TRIAL_AT:
		return xasprintf("at:%llu", (unsigned long long)how->n);
	case TRIAL_BYTES:
		return xstrdup("bytes");
	case TRIAL_RANDOM:
		return xasprintf("random:%llu", (unsigned long long)how->n);
	default:
		return xstrdup("whole");
	}
}

static char *excerpt(const struct trial_result *res, int dir, size_t at)
{
	size_t from = at > 8 ? at - 8 : 0, n;

	if (from > res->len[dir])
		from = res->len[dir];
	n = min(res->len[dir] - from, (size_t)32);
	return out_bytes(res->got[dir] + from, n);
}

static void fault(struct subject *s, const char *what, const struct trial_how *how,
		  const struct trial_result *want, const struct trial_result *got, int dir,
		  size_t at)
{
	char *split = split_text(how), *a, *b, *text;

	if (got->error[0]) {
		text = xstrdup(got->error);
	} else if (dir < 0) {
		text = xasprintf("%s, expected is that %s",
				 got->reset ? "the connection was reset" :
				 got->dropped ? "the datagram was dropped" : "it arrived",
				 want->reset ? "it is reset" :
				 want->dropped ? "it is dropped" : "it arrives");
	} else {
		a = excerpt(got, dir, at);
		b = excerpt(want, dir, at);
		text = xasprintf("%s sees from byte %zu on: %s, expected: %s",
				 dir == PP_C2S ? "server" : "client", at > 8 ? at - 8 : 0, a, b);
		free(a);
		free(b);
	}
	s->fault = xasprintf("sample \"%s\", %s, split %s%s: %s", s->sample->name, what, split,
			     how->no_fin ? " left open" : "", text);
	free(split);
	free(text);
}

/* Run it in one way; false: it differs from @want, and s->fault says how. */
static bool agrees(struct subject *s, const char *what, const struct trial *trial,
		   const struct trial_how *how, const struct trial_result *want)
{
	struct trial_result got;
	bool differs;
	size_t at;
	int dir;

	trial_run(trial, how, &got);
	s->runs++;
	differs = trial_differs(want, &got, how, &dir, &at);
	if (differs)
		fault(s, what, how, want, &got, dir, at);
	trial_free(&got);
	return !differs;
}

/* What the sample itself says must arrive. */
static bool as_stated(struct subject *s, const struct trial_how *how,
		      const struct trial_result *got)
{
	const struct lang_sample *sm = s->sample;
	const bool same = sm->flags & LANG_SAMPLE_UNCHANGED;
	const struct lang_bytes *sees[2] = {
		same ? &sm->client : &sm->server_sees,
		same ? &sm->server : &sm->client_sees,
	};
	struct trial_result want = *got;
	bool differs;
	size_t at;
	int dir;

	want.reset = sm->flags & LANG_SAMPLE_RESET;
	want.dropped = sm->flags & LANG_SAMPLE_DROPPED;
	want.error[0] = '\0';
	for (dir = PP_C2S; dir <= PP_S2C; dir++) {
		if (!sees[dir]->data || want.dropped || want.reset)
			continue;
		want.got[dir] = (u8 *)sees[dir]->data;
		want.len[dir] = sees[dir]->len;
	}
	differs = trial_differs(&want, got, how, &dir, &at);
	if (differs)
		fault(s, "as stated", how, &want, got, dir, at);
	return !differs;
}

static bool every_split(struct tester *t, struct subject *s, const struct trial *trial,
			const struct trial_result *want)
{
	size_t total = trial->len[0] + trial->len[1], step = 1 + total / EVERY_SPLIT, i;
	int open;

	for (open = 0; open < 2; open++) {
		struct trial_how how = { .no_fin = open };

		if (t->one_split) {
			how.cut = t->split.cut;
			how.n = t->split.n;
			if (!agrees(s, "cut", trial, &how, want))
				return false;
			continue;
		}
		if (!agrees(s, "cut", trial, &how, want))
			return false;
		how.scattered = true;
		if (!agrees(s, "cut", trial, &how, want))
			return false;
		how.cut = TRIAL_BYTES;
		if (!agrees(s, "cut", trial, &how, want))
			return false;
		how.scattered = false;
		how.cut = TRIAL_AT;
		for (i = 1; i < total; i += step) {
			how.n = i;
			if (!agrees(s, "cut", trial, &how, want))
				return false;
		}
		how.cut = TRIAL_RANDOM;
		for (i = 0; i < t->random; i++) {
			how.n = t->seed + i;
			if (!agrees(s, "cut", trial, &how, want))
				return false;
		}
	}
	return true;
}

/* What came out, sent again, comes out the same. */
static bool idempotent(struct subject *s, const struct trial *trial,
		       const struct trial_result *want)
{
	struct trial twice = *trial;
	struct trial_how how = { .cut = TRIAL_WHOLE };
	int dir;

	if (want->reset || want->dropped)
		return true;
	for (dir = PP_C2S; dir <= PP_S2C; dir++) {
		twice.data[dir] = want->got[dir];
		twice.len[dir] = want->len[dir];
	}
	return agrees(s, "sent through twice", &twice, &how, want);
}

static bool survives_swap(struct subject *s, const struct trial *trial,
			  const struct trial_result *want)
{
	size_t total = trial->len[0] + trial->len[1], step = 1 + total / EVERY_SPLIT, i;
	struct trial_how how = { .cut = TRIAL_AT };
	struct trial other = *trial;

	for (i = 0; i <= total; i += step) {
		how.n = i;
		other.rs = s->alone;
		how.swap = s->joined;
		if (!agrees(s, "another patch applied there", &other, &how, want))
			return false;
		other.rs = s->joined;
		how.swap = s->left;
		if (!agrees(s, "another patch removed there", &other, &how, want))
			return false;
	}
	return true;
}

static bool repeatable(struct tester *t, struct subject *s, const struct trial *trial,
		       const struct trial_result *want)
{
	struct trial_how how = { .cut = TRIAL_RANDOM, .again = true };
	unsigned long i;

	for (i = 0; i < t->random; i++) {
		how.n = t->seed + i;
		if (!agrees(s, "segments sent again", trial, &how, want))
			return false;
	}
	how.cut = TRIAL_BYTES;
	return trial->len[0] + trial->len[1] > 512 ||
	       agrees(s, "segments sent again", trial, &how, want);
}

static void run_sample(struct tester *t, struct subject *s)
{
	const struct lang_sample *sm = s->sample;
	struct trial trial = {
		.grammar = &s->patch->grammar->img,
		.rs = s->alone,
		.data = { sm->client.data, sm->server.data },
		.len = { sm->client.len, sm->server.len },
	};
	struct trial_how whole = { .cut = TRIAL_WHOLE };
	struct trial_result want;

	t->samples++;
	trial_run(&trial, &whole, &want);
	s->runs++;
	if (as_stated(s, &whole, &want) && every_split(t, s, &trial, &want) && !t->one_split &&
	    idempotent(s, &trial, &want) && survives_swap(s, &trial, &want) &&
	    trial.grammar->hdr->transport == IPPROTO_TCP)
		repeatable(t, s, &trial, &want);
	trial_free(&want);
}

static void report(struct tester *t, const char *name, const char *problem, size_t samples,
		   size_t runs, const char *again)
{
	json_t *obj;

	t->nr++;
	t->failed += !!problem;
	t->runs += runs;
	if (t->list) {
		obj = json_obj();
		json_add_text(obj, "patch", name);
		json_add_bool(obj, "passed", !problem);
		json_add_int(obj, "samples", samples);
		json_add_int(obj, "runs", runs);
		if (problem)
			json_add_text(obj, "problem", problem);
		json_array_append_new(t->list, obj);
		return;
	}
	printf("%sok %zu - %s: %zu sample%s, %zu runs\n", problem ? "not " : "", t->nr, name,
	       samples, out_plural(samples), runs);
	if (problem)
		printf("# %s\n", problem);
	if (again)
		printf("# again: %s\n", again);
}

/* The command that shows a failure once more. */
static char *again(const struct subject *s, const char *arg)
{
	const char *at = s->fault ? strstr(s->fault, ", split ") : NULL;
	int len = at ? strcspn(at + 8, " :") : 0;

	if (!at)
		return NULL;
	/* "at:N" and "random:N" have a colon of their own. */
	if (at[8 + len] == ':' && at[9 + len] >= '0' && at[9 + len] <= '9')
		len += 1 + strspn(at + 9 + len, "0123456789");
	return xasprintf("patchctl test --sample '%s' --split %.*s %s", s->sample->name, len,
			 at + 8, arg);
}

static void test_patch(struct tester *t, const char *arg, struct lang_patch *lang)
{
	const struct lang_patch_info *info = lang_patch_info(lang);
	struct subject s = { .progs = { .lib = &t->lib } };
	char *how = NULL;
	size_t i, n = 0;

	s.patch = programs_add(&s.progs, lang);
	if (!s.patch || !prepare(t, &s)) {
		report(t, arg, "the verifier refuses it", 0, 0, NULL);
		release(&s);
		return;
	}
	for (i = 0; i < info->nr_samples && !s.fault; i++) {
		s.sample = &info->samples[i];
		if (t->sample && strcmp(t->sample, s.sample->name))
			continue;
		run_sample(t, &s);
		n++;
	}
	if (!n && !s.fault)
		s.fault = xstrdup(t->sample ? "it has no sample of that name" :
				  "it has no samples");
	how = n ? again(&s, arg) : NULL;
	report(t, info->name, s.fault, n, s.runs, how);
	free(how);
	release(&s);
}

static void test_path(struct tester *t, const char *arg, const char *path)
{
	struct lang_patch *lang = path ? library_compile(&t->lib, path, NULL, 0) :
					 library_patch(&t->lib, arg, NULL, 0);

	if (lang)
		test_patch(t, arg, lang);
	else
		report(t, arg, "it does not compile", 0, 0, NULL);
}

static int set_split(struct tester *t)
{
	const char *arg = t->ctl->optarg, *num;
	char *end;

	t->one_split = true;
	if (!strcmp(arg, "whole")) {
		t->split.cut = TRIAL_WHOLE;
		return 0;
	}
	if (!strcmp(arg, "bytes")) {
		t->split.cut = TRIAL_BYTES;
		return 0;
	}
	num = strchr(arg, ':');
	if (num && (!strncmp(arg, "at:", 3) || !strncmp(arg, "random:", 7))) {
		t->split.cut = arg[0] == 'a' ? TRIAL_AT : TRIAL_RANDOM;
		errno = 0;
		t->split.n = strtoull(++num, &end, 10);
		if (*num >= '0' && *num <= '9' && !*end && !errno)
			return 0;
	}
	return msg_usage(t->ctl, "--split: \"%s\" is none of whole, bytes, at:N, random:SEED", arg);
}

static int parse_args(struct tester *t, int argc, char **argv)
{
	int ret;

	while ((ret = opt_next(t->ctl, argc, argv, opts)) > 0) {
		switch (ret) {
		case OPT_RANDOM:
			if (opt_number(t->ctl, "--random", t->ctl->optarg, 1000000, &t->random))
				return OPT_WRONG;
			break;
		case OPT_SEED:
			if (opt_number(t->ctl, "--seed", t->ctl->optarg, 1ul << 62, &t->seed))
				return OPT_WRONG;
			break;
		case OPT_SAMPLE:
			t->sample = t->ctl->optarg;
			break;
		case OPT_SPLIT:
			if (set_split(t))
				return OPT_WRONG;
			break;
		}
	}
	return ret;
}

static void summary(const struct tester *t, json_t *obj)
{
	if (obj) {
		json_add_int(obj, "passed", t->nr - t->failed);
		json_add_int(obj, "failed", t->failed);
		json_add_int(obj, "samples", t->samples);
		json_add_int(obj, "runs", t->runs);
		json_print(obj);
		return;
	}
	printf("1..%zu\n", t->nr);
	printf("# %zu sample%s, %zu runs\n", t->samples, out_plural(t->samples), t->runs);
	printf("# %zu passed, %zu failed\n", t->nr - t->failed, t->failed);
}

/**
 * cmd_test - patchctl test
 * @ctl: this run
 * @argc: as main() got it
 * @argv: as main() got it
 *
 * Return: enum ctl_exit
 */
int cmd_test(struct ctl *ctl, int argc, char **argv)
{
	struct tester t = { .ctl = ctl, .random = 20, .seed = 1 };
	json_t *obj = NULL;
	int ret, i;
	size_t k;

	ret = parse_args(&t, argc, argv);
	if (ret != OPT_END)
		return ret == OPT_HELP ? CTL_DONE : CTL_USAGE;
	if (library_open(&t.lib, ctl)) {
		library_close(&t.lib);
		return CTL_FAILED;
	}
	if (ctl->json) {
		obj = json_obj();
		t.list = json_add_array(obj, "patches");
	}
	for (i = 0; i < ctl->nr_args; i++)
		test_path(&t, ctl->args[i], NULL);
	for (k = 0; !ctl->nr_args && k < t.lib.patches.nr; k++)
		test_path(&t, t.lib.patches.files[k].name, t.lib.patches.files[k].path);
	summary(&t, obj);
	library_close(&t.lib);
	return t.failed || !t.nr ? CTL_FAILED : CTL_DONE;
}
