// SPDX-License-Identifier: GPL-2.0
/* Diagnostics: collected while compiling, shown with the source line and a caret. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "source.h"

#define EXCERPT_MAX	500	/* columns of a line that an error shows */

struct lang_diag {
	struct arena arena;
	struct lang_error errors[LANG_MAX_ERRORS];
	size_t nr;
};

/**
 * lang_diag_new() - begin to collect
 *
 * Return: an empty collection, to be given to lang_diag_free().
 */
struct lang_diag *lang_diag_new(void)
{
	return lang_alloc(sizeof(struct lang_diag));
}

/**
 * lang_diag_free() - free a collection
 * @diag: the collection, or NULL
 */
void lang_diag_free(struct lang_diag *diag)
{
	if (!diag)
		return;
	arena_free(&diag->arena);
	free(diag);
}

static const char *line_text(struct arena *arena, const struct lang_source *src, uint32_t line)
{
	const char *p = src->text, *end = src->text + src->size, *stop;

	while (--line) {
		p = memchr(p, '\n', end - p);
		if (!p)
			return NULL;
		p++;
	}
	stop = memchr(p, '\n', end - p);
	if (!stop)
		stop = end;
	if (stop > p && stop[-1] == '\r')
		stop--;
	return arena_str(arena, p, stop - p);
}

/* Finds room for an error, unless the same place has one already. */
static struct lang_error *new_error(struct lang_diag *diag, const char *path, struct lang_pos pos)
{
	for (size_t i = 0; i < diag->nr && i < LANG_MAX_ERRORS; i++) {
		const struct lang_error *e = &diag->errors[i];

		if (pos.line && e->pos.line == pos.line && e->pos.col == pos.col &&
		    !strcmp(e->path, path))
			return NULL;
	}
	return diag->nr++ < LANG_MAX_ERRORS ? &diag->errors[diag->nr - 1] : NULL;
}

/**
 * lang_diag_at() - note an error
 * @diag: the collection
 * @src: the source
 * @pos: the place; a zero line means the file as a whole
 * @hint: what to do about it, or NULL
 * @fmt: what is wrong, as for printf()
 *
 * A second error at the same place is left out, as are all after
 * LANG_MAX_ERRORS; these are only counted.
 */
void lang_diag_at(struct lang_diag *diag, const struct lang_source *src,
		  struct lang_pos pos, const char *hint, const char *fmt, ...)
{
	struct lang_error *e;
	va_list ap;
	int len;

	e = new_error(diag, src->path, pos);
	if (!e)
		return;
	e->path = arena_str(&diag->arena, src->path, strlen(src->path));
	e->pos = pos;
	if (pos.line)
		e->text = line_text(&diag->arena, src, pos.line);
	if (hint)
		e->hint = arena_str(&diag->arena, hint, strlen(hint));
	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	e->message = arena_alloc(&diag->arena, len + 1);
	va_start(ap, fmt);
	vsnprintf((char *)e->message, len + 1, fmt, ap);
	va_end(ap);
}

static const char *keep(struct lang_diag *diag, const char *text)
{
	return text ? arena_str(&diag->arena, text, strlen(text)) : NULL;
}

/**
 * lang_diag_move() - move all errors to another collection
 * @to: where they go
 * @from: where they are; freed
 */
void lang_diag_move(struct lang_diag *to, struct lang_diag *from)
{
	for (size_t i = 0; i < from->nr && i < LANG_MAX_ERRORS; i++) {
		const struct lang_error *e = &from->errors[i];
		struct lang_error *copy = new_error(to, e->path, e->pos);

		if (copy)
			*copy = (struct lang_error){
				.path = keep(to, e->path), .pos = e->pos,
				.text = keep(to, e->text), .message = keep(to, e->message),
				.hint = keep(to, e->hint),
			};
	}
	if (from->nr > LANG_MAX_ERRORS)
		to->nr += from->nr - LANG_MAX_ERRORS;
	lang_diag_free(from);
}

/**
 * lang_diag_errors() - how many errors there were
 * @diag: the collection
 *
 * Return: the number, including those not kept.
 */
size_t lang_diag_errors(const struct lang_diag *diag)
{
	return diag->nr;
}

/**
 * lang_diag_get() - one error
 * @diag: the collection
 * @i: which
 *
 * Return: the error, or NULL when there are fewer or it was not kept.
 */
const struct lang_error *lang_diag_get(const struct lang_diag *diag, size_t i)
{
	return i < diag->nr && i < LANG_MAX_ERRORS ? &diag->errors[i] : NULL;
}

static void print_clean(const char *text, size_t len, FILE *out)
{
	for (; len; text++, len--) {
		unsigned char c = *text;

		fputc(c == '\t' || (c >= 0x20 && c != 0x7f) ? c : '?', out);
	}
}

/* The line and a caret below it; of a very long line what is around the place. */
static void print_excerpt(const struct lang_error *e, FILE *out)
{
	size_t len = strlen(e->text), at = e->pos.col ? e->pos.col - 1 : 0, from = 0, to = len;

	if (at > len)
		at = len;
	if (len > EXCERPT_MAX) {
		from = at > EXCERPT_MAX / 2 ? at - EXCERPT_MAX / 2 : 0;
		to = len - from > EXCERPT_MAX ? from + EXCERPT_MAX : len;
	}
	print_clean(e->text + from, to - from, out);
	fputc('\n', out);
	for (size_t i = from; i < at; i++)
		fputc(e->text[i] == '\t' ? '\t' : ' ', out);
	fputc('^', out);
	for (size_t i = 1; i < e->pos.len && at + i < to; i++)
		fputc('~', out);
	fputc('\n', out);
}

static void print_error(const struct lang_error *e, FILE *out)
{
	if (!e->pos.line) {
		fprintf(out, "%s: error: ", e->path);
	} else {
		fprintf(out, "%s:%u:%u: error: ", e->path, e->pos.line, e->pos.col);
	}
	print_clean(e->message, strlen(e->message), out);
	fputc('\n', out);
	if (e->text)
		print_excerpt(e, out);
	if (e->hint) {
		fputs("hint: ", out);
		print_clean(e->hint, strlen(e->hint), out);
		fputc('\n', out);
	}
}

/**
 * lang_diag_print() - show all errors
 * @diag: the collection
 * @out: where
 */
void lang_diag_print(const struct lang_diag *diag, FILE *out)
{
	for (size_t i = 0; i < diag->nr && i < LANG_MAX_ERRORS; i++)
		print_error(&diag->errors[i], out);
	if (diag->nr > LANG_MAX_ERRORS)
		fprintf(out, "%zu more errors are not shown\n", diag->nr - LANG_MAX_ERRORS);
}
