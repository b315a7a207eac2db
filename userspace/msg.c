// SPDX-License-Identifier: GPL-2.0
/*
 * Messages to the person at the terminal, and memory that is there or ends the tool.
 */
#include "patchctl.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/**
 * msg_error() - say in one line what failed and why
 * @ctl: this run
 * @fmt: as printf()
 */
void msg_error(const struct ctl *ctl, const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fputs(ctl->colour ? "\033[1;31mpatchctl:\033[0m " : "patchctl: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

/**
 * msg_usage_line() - print how the verb is used
 * @ctl: this run; without a verb the general form is printed
 * @to: where
 */
void msg_usage_line(const struct ctl *ctl, FILE *to)
{
	if (!ctl->cmd)
		fputs("usage: patchctl VERB [ARGUMENT...] (patchctl --help lists the verbs)\n", to);
	else
		fprintf(to, "usage: patchctl %s%s%s [-j] [--library DIR]\n", ctl->cmd->name,
			ctl->cmd->args[0] ? " " : "", ctl->cmd->args);
}

/**
 * msg_usage() - say what is wrong with the command line, and how it should be
 * @ctl: this run
 * @fmt: as printf()
 *
 * Return: CTL_USAGE
 */
int msg_usage(const struct ctl *ctl, const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fprintf(stderr, ctl->colour ? "\033[1;31mpatchctl%s%s:\033[0m " : "patchctl%s%s: ",
		ctl->cmd ? " " : "", ctl->cmd ? ctl->cmd->name : "");
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	msg_usage_line(ctl, stderr);
	return CTL_USAGE;
}

/* Letters to insert, delete or change to make one name of the other, case ignored. */
static size_t distance(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b), i, j, up, diag, best;
	size_t *row = xalloc((lb + 1) * sizeof(*row));

	for (j = 0; j <= lb; j++)
		row[j] = j;
	for (i = 1; i <= la; i++) {
		diag = row[0];
		row[0] = i;
		for (j = 1; j <= lb; j++) {
			up = row[j];
			best = diag + (tolower((unsigned char)a[i - 1]) !=
				       tolower((unsigned char)b[j - 1]));
			if (up + 1 < best)
				best = up + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
			diag = up;
		}
	}
	best = row[lb];
	free(row);
	return best;
}

/**
 * msg_near() - the name that was probably meant
 * @name: what was typed
 * @names: what there is
 * @nr: elements of @names
 *
 * Return: one of @names, or NULL when none is near
 */
const char *msg_near(const char *name, const char *const *names, size_t nr)
{
	size_t i, d, least = strlen(name) / 3 + 1;
	const char *near = NULL;

	for (i = 0; i < nr; i++) {
		d = distance(name, names[i]);
		if (d <= least && (!near || d < least)) {
			near = names[i];
			least = d;
		}
	}
	for (i = 0; !near && strlen(name) >= 4 && i < nr; i++)
		if (strcasestr(names[i], name))
			near = names[i];
	return near;
}

static void *or_die(void *p)
{
	if (!p) {
		fputs("patchctl: out of memory\n", stderr);
		exit(CTL_FAILED);
	}
	return p;
}

/**
 * xalloc() - zeroed memory, or the end
 * @size: bytes
 *
 * Return: the memory
 */
void *xalloc(size_t size)
{
	return or_die(calloc(1, size ? size : 1));
}

/**
 * xrealloc() - an array made longer or shorter, or the end
 * @p: the array, or NULL
 * @nr: elements wanted
 * @size: bytes of an element
 *
 * Return: the array
 */
void *xrealloc(void *p, size_t nr, size_t size)
{
	return or_die(reallocarray(p, nr ? nr : 1, size));
}

/**
 * xstrdup() - a copy of a string, or the end
 * @s: the string
 *
 * Return: the copy
 */
char *xstrdup(const char *s)
{
	return or_die(strdup(s));
}

/**
 * xasprintf() - a formatted string, or the end
 * @fmt: as printf()
 *
 * Return: the string, to be freed
 */
char *xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) < 0)
		s = NULL;
	va_end(ap);
	return or_die(s);
}
