// SPDX-License-Identifier: GPL-2.0
/*
 * oracle [--runs N] [--seed N] [--attack SET] [--through] [--raw]
 * oracle --seed N [--attack SET] --replay TEXT
 *
 *	--runs	so many runs that count: something was edited, and a segment overlapping
 *		the edit was sent again
 *	--seed	of the first run
 *	--attack	kinds of forged segments, a set by enum forge
 *	--through	without the engine: the endpoints alone
 *	--raw	stop at the first run that fails, and do not shrink it
 *	--replay	print one run; TEXT says which of its decisions count, "" for all
 *
 * Results are TAP.
 */
#include "oracle.h"
#include "tap.h"

#include <getopt.h>

/* Kinds of forged segments that the engine is to withstand: see enum forge. */
#define ATTACKS		0x1ff
#define MAX_FAULTS	3

#define SHOWN		50	/* lines of a trace, at its beginning and at its end */

/* A trace, in the middle of which nothing may happen for long. */
static void print_trace(const char *text)
{
	u32 lines = 0, i;
	const char *p;

	for (p = text; *p; p++)
		lines += *p == '\n';
	for (i = 0, p = text; i < lines; i++, p = strchr(p, '\n') + 1) {
		if (i < SHOWN || lines - i <= SHOWN)
			printf("# %.*s", (int)(strchr(p, '\n') + 1 - p), p);
		else if (i == SHOWN)
			printf("# ... %u lines\n", lines - 2 * SHOWN);
	}
}

static bool traced(struct world *w)
{
	char *text = NULL;
	size_t size;
	bool good;

	w->trace = open_memstream(&text, &size);
	good = run_once(w);
	fclose(w->trace);
	w->trace = NULL;
	print_trace(text);
	free(text);
	return good;
}

static void show(struct world *w, u64 seed)
{
	u32 runs;
	char *text;

	runs = shrink(w);
	text = choice_text(w->ch);
	traced(w);
	printf("# shrunk in %u runs: %s\n", runs, w->error);
	printf("# oracle --seed %llu --attack %#x --replay '%s'\n", (unsigned long long)seed,
	       w->attack, text);
	fflush(stdout);
	free(text);
	choice_free(w->ch);
}

/**
 * struct limits - how many runs
 * @runs: so many that count
 * @faults: or until so many have failed
 * @raw: do not shrink them
 */
struct limits {
	u64 runs;
	u32 faults;
	bool raw;
};

static void many(struct world *w, u64 seed, const struct limits *l)
{
	u64 counted = 0, n = 0, least;
	const char *name;
	u32 bad = 0;

	for (; counted < l->runs && bad < l->faults; n++) {
		w->ch->seed = seed + n;
		if (run_once(w)) {
			counted += w->box.through || (w->edits && w->resent);
			continue;
		}
		bad++;
		printf("# seed %llu: %s\n", (unsigned long long)(seed + n), w->error);
		if (!l->raw)
			show(w, seed + n);
	}
	if (!l->raw && !w->box.through)
		cover_print(w->cover);
	tap_ok(!bad, "%llu runs of %llu with an edit that was sent again", (unsigned long long)counted,
	       (unsigned long long)n);
	if (w->box.through || l->raw || bad)
		return;
	least = cover_least(w->cover, &name);
	tap_ok(least >= l->runs / 1000, "%s, met least often, was met %llu times", name,
	       (unsigned long long)least);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "runs", required_argument, NULL, 'n' }, { "seed", required_argument, NULL, 's' },
		{ "replay", required_argument, NULL, 'r' }, { "attack", required_argument, NULL, 'a' },
		{ "through", no_argument, NULL, 'p' }, { "raw", no_argument, NULL, '1' },
		{ NULL, 0, NULL, 0 },
	};
	struct choices *ch = calloc(1, sizeof(*ch));
	struct talk *talk = calloc(1, sizeof(*talk));
	struct world *w = calloc(1, sizeof(*w));
	struct limits limits = { .runs = 10000, .faults = MAX_FAULTS };
	const char *replay = NULL;
	u64 seed = 1;
	int opt;

	w->ch = ch;
	w->talk = talk;
	w->attack = ATTACKS;
	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 'n':
			limits.runs = strtoull(optarg, NULL, 0);
			break;
		case 's':
			seed = strtoull(optarg, NULL, 0);
			break;
		case 'r':
			replay = optarg;
			break;
		case 'a':
			w->attack = strtoul(optarg, NULL, 0);
			break;
		case 'p':
			w->box.through = true;
			break;
		case '1':
			limits.faults = 1;
			limits.raw = true;
			break;
		default:
			return 2;
		}
	}
	if (!talk_open(talk)) {
		tap_ok(false, "the protocol compiles");
		return tap_done();
	}
	ch->seed = seed;
	if (replay && !choice_parse(ch, replay))
		return 2;
	if (replay)
		tap_ok(traced(w), "seed %llu%s%s", (unsigned long long)seed, w->error[0] ? ": " : "",
		       w->error);
	else
		many(w, seed, &limits);
	talk_close(talk);
	run_free(w);
	choice_free(ch);
	free(w);
	free(talk);
	free(ch);
	return tap_done();
}
