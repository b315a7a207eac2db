// SPDX-License-Identifier: GPL-2.0
/* What the server received, against what it should have. */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "evade.h"

#define SHOWN	5

/**
 * struct verdict - what was found
 * @r: the run
 * @lines: how often each line has arrived
 * @wrong: what is wrong
 * @harmful: lines in which an exploit has arrived uncorrected
 */
struct verdict {
	const struct run *r;
	unsigned int *lines;
	size_t wrong;
	size_t harmful;
};

static void complain(struct verdict *v, size_t id, const char *why, const char *p, size_t len)
{
	size_t i;

	if (v->wrong++ >= SHOWN)
		return;
	if (id < v->r->plan.n)
		schedule_print(&v->r->plan.s[id], id);
	printf("  %s\n", why);
	if (!len)
		return;
	printf("  the server read: ");
	for (i = 0; i < len; i++)
		putchar(p[i] >= ' ' && p[i] <= '~' ? p[i] : '?');
	putchar('\n');
}

static void judge_line(struct verdict *v, const char *p, size_t len, bool whole)
{
	char why[128];
	size_t id;

	if (!line_harmless(&v->r->plan, p, len)) {
		v->harmful++;
		if (!v->r->control)
			complain(v, v->r->plan.n, "an exploit has arrived", p, len);
	}
	if (v->r->control || !whole)
		return;
	if (line_judge(&v->r->plan, p, len, &id, why))
		v->lines[id]++;
	else
		complain(v, id, why, p, len);
}

static void judge_file(struct verdict *v, const char *path)
{
	struct bytes b = { 0 };
	char *p, *eol;

	if (bytes_read(&b, path))
		die("%s", path);
	for (p = b.p; p && p < b.p + b.len; p = eol + 1) {
		eol = memchr(p, '\n', b.p + b.len - p);
		judge_line(v, p, (eol ? eol + 1 : b.p + b.len) - p, eol);
		if (!eol)
			break;
	}
	free(b.p);
	unlink(path);
}

/**
 * judge_all() - judge everything that the server has recorded
 * @r: the run
 * @todo: the lines that were sent
 * @count: how many
 *
 * Return: all is as it should be.
 */
bool judge_all(const struct run *r, const size_t *todo, size_t count)
{
	struct verdict v = { .r = r, .lines = calloc(r->plan.n, sizeof(*v.lines)) };
	const struct schedule *s;
	char pattern[4096];
	glob_t files;
	size_t i;

	if (!v.lines)
		die("no memory");
	snprintf(pattern, sizeof(pattern), "%s.*[0-9]", r->records);
	if (!glob(pattern, 0, NULL, &files)) {
		for (i = 0; i < files.gl_pathc; i++)
			judge_file(&v, files.gl_pathv[i]);
		globfree(&files);
	}
	for (i = 0; !r->control && i < count; i++) {
		s = &r->plan.s[todo[i]];
		if (v.lines[todo[i]] != 1 &&
		    !(s->trick && s->trick->flags & TRICK_ENDS && !v.lines[todo[i]]))
			complain(&v, todo[i], "it has not arrived once", NULL, 0);
	}
	printf("%zu wrong, %zu with an exploit that has arrived\n", v.wrong, v.harmful);
	free(v.lines);
	return r->control ? v.harmful > 0 : !v.wrong;
}
