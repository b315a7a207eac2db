// SPDX-License-Identifier: GPL-2.0
/*
 * A covering array: few combinations of the values of some factors in which
 * every T values of T different factors meet.
 *
 * cover T FILE
 *
 * A line of FILE is a factor: its name and its values.  A line of the output is
 * a combination, one value for each factor, in the order of the factors; the
 * lines are in the order of the values.  With as many factors as T these are all
 * there are.
 *
 * Greedy and exact: of all combinations the one that covers most of what is
 * uncovered comes next; of several such one whose first value was used least, so
 * that each value of the first factor gets its share; and of several such again a
 * generator of pseudo-random numbers decides, so that no factor goes with another
 * in step.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net.h"

#define MAX_FACTORS	16

/**
 * struct factor - something that varies
 * @n: how many values it has
 * @value: their names
 */
struct factor {
	size_t n;
	char **value;
};

/**
 * struct group - T factors and what is covered of the combinations of their values
 * @index: the factors
 * @covered: one for each combination
 */
struct group {
	size_t index[MAX_FACTORS];
	bool *covered;
};

static struct factor factors[MAX_FACTORS];
static size_t nfactors;
static struct group *groups;
static size_t ngroups;
static size_t strength;
static size_t uncovered;

static void *zeroed(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (!p)
		die("cover: no memory");
	return p;
}

static void read_factors(const char *path)
{
	struct factor *f;
	size_t size = 0;
	char *line = NULL, *word;
	FILE *in = fopen(path, "r");

	if (!in)
		die("cover: %s", path);
	while (getline(&line, &size, in) >= 0) {
		word = strtok(line, " \t\n");
		if (!word || *word == '#')
			continue;
		if (nfactors == MAX_FACTORS)
			die("cover: %s: too many factors", path);
		f = &factors[nfactors++];
		while ((word = strtok(NULL, " \t\n"))) {
			f->value = realloc(f->value, (f->n + 1) * sizeof(*f->value));
			if (!f->value)
				die("cover: no memory");
			f->value[f->n++] = strdup(word);
		}
		if (!f->n)
			die("cover: %s: a factor without values", path);
	}
	free(line);
	fclose(in);
}

/* Every choice of factors that begins with the @have ones in @index. */
static void add_groups(size_t *index, size_t have)
{
	size_t i, combinations = 1;

	if (have == strength) {
		groups = realloc(groups, (ngroups + 1) * sizeof(*groups));
		if (!groups)
			die("cover: no memory");
		for (i = 0; i < strength; i++)
			combinations *= factors[index[i]].n;
		memcpy(groups[ngroups].index, index, sizeof(groups[0].index));
		groups[ngroups++].covered = zeroed(combinations, sizeof(bool));
		uncovered += combinations;
		return;
	}
	for (i = have ? index[have - 1] + 1 : 0; i < nfactors; i++) {
		index[have] = i;
		add_groups(index, have + 1);
	}
}

static bool *covered(const struct group *g, const size_t *row)
{
	size_t i, at = 0;

	for (i = 0; i < strength; i++)
		at = at * factors[g->index[i]].n + row[g->index[i]];
	return &g->covered[at];
}

static size_t gain(const size_t *row)
{
	size_t i, n = 0;

	for (i = 0; i < ngroups; i++)
		n += !*covered(&groups[i], row);
	return n;
}

/* The combination of that number, the last factor counting fastest. */
static void row_at(size_t number, size_t *row)
{
	size_t i;

	for (i = nfactors; i-- > 0; number /= factors[i].n)
		row[i] = number % factors[i].n;
}

static size_t chance(size_t n)
{
	static unsigned long state = 1;

	state = state * 6364136223846793005UL + 1442695040888963407UL;
	return (state >> 33) % n;
}

/* @used: how often each value of the first factor was */
static size_t best(size_t total, const size_t *used)
{
	size_t row[MAX_FACTORS], i, n, most = 0, least = 0, equal = 0, found = 0;

	for (i = 0; i < total; i++) {
		row_at(i, row);
		n = gain(row);
		if (n < most || !n || (n == most && used[row[0]] > least))
			continue;
		equal = n > most || used[row[0]] < least ? 1 : equal + 1;
		most = n;
		least = used[row[0]];
		if (!chance(equal))
			found = i;
	}
	return found;
}

int main(int argc, char **argv)
{
	size_t row[MAX_FACTORS] = { 0 }, i, at, total = 1, *used;
	bool *taken;

	if (argc != 3) {
		fprintf(stderr, "usage: cover T FILE\n");
		return 2;
	}
	read_factors(argv[2]);
	strength = strtoul(argv[1], NULL, 10);
	if (!strength || strength > nfactors) {
		errno = 0;
		die("cover: %s factors are too few or too many", argv[1]);
	}
	add_groups(row, 0);
	for (i = 0; i < nfactors; i++)
		total *= factors[i].n;
	taken = zeroed(total, sizeof(*taken));
	used = zeroed(factors[0].n, sizeof(*used));
	while (uncovered) {
		at = best(total, used);
		taken[at] = true;
		row_at(at, row);
		used[row[0]]++;
		uncovered -= gain(row);
		for (i = 0; i < ngroups; i++)
			*covered(&groups[i], row) = true;
	}
	for (at = 0; at < total; at++) {
		if (!taken[at])
			continue;
		row_at(at, row);
		for (i = 0; i < nfactors; i++)
			printf("%s%c", factors[i].value[row[i]], i + 1 < nfactors ? ' ' : '\n');
	}
	return 0;
}
