// SPDX-License-Identifier: GPL-2.0
/* A failing run made small: draws are left out for as long as it still fails. */
#include "oracle.h"

static bool fails(struct world *w, u32 *runs)
{
	++*runs;
	return !run_once(w);
}

/* Leave out the draws from @from to @to; keep that if the run still fails. */
static u32 leave_out(struct world *w, int s, u32 from, u32 to, u32 *runs)
{
	struct choices *c = w->ch;
	u8 *saved = world_grow(NULL, to - from);
	u32 i, n = 0;

	memcpy(saved, c->live[s] + from, to - from);
	for (i = from; i < to; i++)
		n += c->live[s][i];
	memset(c->live[s] + from, 0, to - from);
	if (n && !fails(w, runs)) {
		memcpy(c->live[s] + from, saved, to - from);
		n = 0;
	}
	free(saved);
	return n;
}

static u32 one_pass(struct world *w, u32 *runs)
{
	static const int order[] = {
		CH_FORGE, CH_BOX, CH_DATA, CH_DATA + 1, CH_NET, CH_NET + 1, CH_NET + 2, CH_NET + 3,
		CH_APP, CH_APP + 1, CH_EP, CH_EP + 1, CH_SETUP,
	};
	struct choices *c = w->ch;
	u32 k, size, at, gone = 0;

	for (k = 0; k < ARRAY_SIZE(order); k++) {
		int s = order[k];

		for (size = c->nlive[s]; size; size /= 2)
			for (at = 0; at < c->nlive[s]; at += size)
				gone += leave_out(w, s, at, min(at + size, c->nlive[s]), runs);
	}
	return gone;
}

/**
 * shrink - make a failing run small
 * @w: the run, which has failed; its decisions are changed
 *
 * Any failure counts, not only the one that was found: the smaller one is the
 * easier to read, and what is behind it comes to light when it is mended.
 *
 * Return: runs made.
 */
u32 shrink(struct world *w)
{
	struct choices *c = w->ch;
	u32 runs = 0;
	int s;

	for (s = 0; s < NR_CHOICES; s++) {
		if (c->live[s])
			continue;
		c->nlive[s] = c->n[s];
		c->live[s] = world_grow(NULL, c->n[s] + 1);
		memset(c->live[s], 1, c->n[s] + 1);
	}
	/* Draws behind the end of a shorter run do not count any more. */
	if (!fails(w, &runs))
		return runs;
	while (one_pass(w, &runs) && runs < 20000)
		;
	fails(w, &runs);
	return runs;
}
