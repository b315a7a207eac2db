// SPDX-License-Identifier: GPL-2.0
/* Decisions of a run, drawn so that each can be left out. */
#include "oracle.h"

static u64 mix(u64 v)
{
	v ^= v >> 30;
	v *= 0xbf58476d1ce4e5b9ull;
	v ^= v >> 27;
	v *= 0x94d049bb133111ebull;
	return v ^ v >> 31;
}

/**
 * choice_draw - the next decision of a stream
 * @c: the decisions
 * @stream: enum choice_stream
 *
 * Return: 64 random bits; 0 for a draw that does not count.
 */
u64 choice_draw(struct choices *c, int stream)
{
	u32 i = c->n[stream]++;

	if (c->live[stream] && (i >= c->nlive[stream] || !c->live[stream][i]))
		return 0;
	return mix(mix(c->seed * 64 + stream + 1) + i) | 1ull << 63;
}

/**
 * choice_take - a number out of a draw
 * @v: what is left of the draw
 * @n: how many numbers there are
 *
 * Return: 0 to @n - 1.
 */
u32 choice_take(u64 *v, u32 n)
{
	u32 r = *v % n;

	*v /= n;
	return r;
}

/**
 * choice_chance - whether something unusual happens
 * @v: what is left of the draw
 * @percent: how often
 */
bool choice_chance(u64 *v, u32 percent)
{
	return choice_take(v, 100) >= 100 - percent;
}

/**
 * choice_text - which draws count, as text
 * @c: the decisions
 *
 * Return: the text, to be freed: "STREAM:FROM-TO,...;..."; all the draws of a stream
 * that is not named count.
 */
char *choice_text(const struct choices *c)
{
	size_t size;
	char *text;
	FILE *f = open_memstream(&text, &size);
	u32 i, end;
	int s;

	for (s = 0; s < NR_CHOICES; s++) {
		bool some = false;

		if (!c->live[s])
			continue;
		fprintf(f, "%d:", s);
		for (i = 0; i < c->nlive[s]; i = end + 1) {
			for (end = i; end < c->nlive[s] && c->live[s][end]; end++)
				;
			if (end == i)
				continue;
			fprintf(f, end - i == 1 ? "%s%u" : "%s%u-%u", some ? "," : "", i, end - 1);
			some = true;
		}
		fputc(';', f);
	}
	fclose(f);
	return text;
}

static bool parse_stream(struct choices *c, int s, const char **text)
{
	const char *p = *text;
	char *end;

	free(c->live[s]);
	c->live[s] = world_grow(NULL, 1);
	c->nlive[s] = 0;
	while (*p != ';') {
		unsigned long from = strtoul(p, &end, 10), to = from;

		if (end == p)
			return false;
		if (*end == '-')
			to = strtoul(end + 1, &end, 10);
		if (to < from || to > 1u << 24)
			return false;
		if (to >= c->nlive[s]) {
			c->live[s] = world_grow(c->live[s], to + 1);
			memset(c->live[s] + c->nlive[s], 0, to + 1 - c->nlive[s]);
			c->nlive[s] = to + 1;
		}
		memset(c->live[s] + from, 1, to + 1 - from);
		p = *end == ',' ? end + 1 : end;
	}
	*text = p + 1;
	return true;
}

/**
 * choice_parse - read what choice_text() wrote
 * @c: the decisions
 * @text: the text
 *
 * Return: it could be read.
 */
bool choice_parse(struct choices *c, const char *text)
{
	char *end;

	while (*text) {
		unsigned long s = strtoul(text, &end, 10);

		if (end == text || *end != ':' || s >= NR_CHOICES)
			return false;
		text = end + 1;
		if (!parse_stream(c, s, &text))
			return false;
	}
	return true;
}

/**
 * choice_free - all draws count again
 * @c: the decisions
 */
void choice_free(struct choices *c)
{
	int s;

	for (s = 0; s < NR_CHOICES; s++) {
		free(c->live[s]);
		c->live[s] = NULL;
		c->nlive[s] = 0;
	}
}
