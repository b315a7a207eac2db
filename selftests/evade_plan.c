// SPDX-License-Identifier: GPL-2.0
/* All schedules of a kind. None is left out and none is drawn by lot. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evade.h"

#define NCUT	(2 * MAX_STEPS)
#define FIRST	1	/* chunk of the steps: the first cut is in front of it */

/* The next tuple of digits below @base. Returns false behind the last one. */
static bool next(int *digit, int n, int base)
{
	while (n--) {
		if (++digit[n] < base)
			return true;
		digit[n] = 0;
	}
	return false;
}

/* Is a cut in the midst of opaque chunks? */
static bool within(int cut)
{
	return FIRST + cut > OPAQUE && FIRST + cut < OPAQUE_END;
}

/*
 * Ends of intervals, as places among each other. Of all placements with the same
 * order one is enough: the one that uses the first places without a gap. Where chunks
 * are opaque it also matters on which side of either border an end is, and only within
 * them the first places are as good as others.
 */
static bool placement(const int *cut, int nsteps, bool opaque)
{
	bool used[NCUT] = { false };
	int i;

	for (i = 0; i < nsteps; i++)
		if (cut[2 * i] >= cut[2 * i + 1])
			return false;
	for (i = 0; i < 2 * nsteps; i++)
		used[cut[i]] = true;
	for (i = 0; i + 1 < NCUT; i++)
		if (!used[i] && used[i + 1] && (!opaque || (within(i) && within(i + 1))))
			return false;
	return true;
}

static void append(struct plan *p, const struct schedule *s)
{
	if (!(p->n & (p->n - 1))) {
		p->s = realloc(p->s, (p->n ? 2 * p->n : 1) * sizeof(*s));
		if (!p->s)
			die("no memory");
	}
	p->s[p->n++] = *s;
}

/* Before, between and behind the steps. */
static void each_place(struct plan *p, struct schedule *s)
{
	if (!s->trick) {
		append(p, s);
		return;
	}
	for (s->at = 0; s->at <= s->nsteps; s->at++)
		append(p, s);
}

static void each_start(struct plan *p, struct schedule *s)
{
	for (s->start = 0; s->start < NSTART; s->start++)
		each_place(p, s);
}

/* Each combination of steps that do not reach the server. */
static void each_loss(struct plan *p, struct schedule *s, bool routed)
{
	int dies[MAX_STEPS] = { 0 }, i;

	do {
		for (i = 0; i < s->nsteps; i++)
			s->steps[i].dies = dies[i];
		each_start(p, s);
	} while (routed && !s->trick && next(dies, s->nsteps, 2));
}

/*
 * Each way to write, but those where all steps agree. A pair is repaired either way,
 * a triplet with an exploit: it must not arrive, whatever came before it.
 */
static void each_content(struct plan *p, struct schedule *s, bool routed)
{
	int bad[MAX_STEPS] = { 0 }, i, n;

	do {
		for (i = n = 0; i < s->nsteps; i++) {
			s->steps[i].exploit = bad[i];
			n += bad[i];
		}
		if (!n || n == s->nsteps)
			continue;
		s->repair_exploit = true;
		each_loss(p, s, routed);
		if (s->nsteps > 2 || s->trick)
			continue;
		s->repair_exploit = false;
		each_loss(p, s, routed);
	} while (next(bad, s->nsteps, 2));
}

/*
 * Places of the first segment before those of the second and the other way round are
 * two placements: so every order comes by itself.
 */
static void each_placement(struct plan *p, int nsteps, const struct trick *trick, bool routed)
{
	struct schedule s = { .nsteps = nsteps, .trick = trick };
	int cut[NCUT] = { 0 }, i;

	do {
		if (!placement(cut, nsteps, p->opaque))
			continue;
		for (i = 0; i < nsteps; i++) {
			s.steps[i].from = FIRST + cut[2 * i];
			s.steps[i].to = FIRST + cut[2 * i + 1];
		}
		each_content(p, &s, routed);
	} while (next(cut, 2 * nsteps, p->opaque ? NCUT : 2 * nsteps));
}

/**
 * plan_add() - append all schedules of a set
 * @p: the plan
 * @set: "pairs", "triplets", "triplets-lost" (also those of which some segments die
 *	behind the box) or "trick:NAME"
 * @r: the run; only behind a router packets die
 *
 * Return: false if there is no such set.
 */
bool plan_add(struct plan *p, const char *set, const struct run *r)
{
	const struct trick *trick;

	if (!strcmp(set, "pairs")) {
		each_placement(p, 2, NULL, r->routed);
	} else if (!strcmp(set, "triplets")) {
		each_placement(p, 3, NULL, false);
	} else if (!strcmp(set, "triplets-lost") && r->routed) {
		each_placement(p, 3, NULL, true);
	} else if (!strncmp(set, "trick:", 6)) {
		trick = trick_find(set + 6);
		if (!trick || !trick_fits(trick, r))
			return false;
		each_placement(p, 2, trick, r->routed);
	} else {
		return false;
	}
	return true;
}

/**
 * schedule_print() - a schedule in words, on standard output
 * @s: the schedule
 * @id: its identity
 */
void schedule_print(const struct schedule *s, size_t id)
{
	static const char * const starts[NSTART] = {
		[START_WHOLE] = "all",
		[START_NO_LEAD] = "all but chunk 0",
		[START_NO_ID] = "all but the identity",
		[START_NOTHING] = "nothing",
	};
	int i;

	printf("schedule %zu: the server has %s in front;", id, starts[s->start]);
	for (i = 0; i <= s->nsteps; i++) {
		if (s->trick && s->at == i)
			printf(" trick %s;", s->trick->name);
		if (i < s->nsteps)
			printf(" writer %d chunks %d to %d%s%s;", i, s->steps[i].from,
			       s->steps[i].to - 1, s->steps[i].exploit ? " exploit" : "",
			       s->steps[i].dies ? " (dies behind the box)" : "");
	}
	printf(" repair%s\n", s->repair_exploit ? " exploit" : "");
}
