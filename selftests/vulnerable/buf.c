// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"

static void reserve(struct buf *b, size_t more)
{
	size_t want = b->len + more + 1;

	if (want <= b->cap)
		return;
	if (want < 2 * b->cap)
		want = 2 * b->cap;
	b->p = realloc(b->p, want);
	if (!b->p) {
		perror("realloc");
		exit(1);
	}
	b->cap = want;
}

/**
 * buf_add() - append bytes
 * @b: the buffer
 * @p: the bytes
 * @n: how many
 */
void buf_add(struct buf *b, const void *p, size_t n)
{
	reserve(b, n);
	if (n)
		memcpy(b->p + b->len, p, n);
	b->len += n;
	b->p[b->len] = '\0';
}

/**
 * buf_str() - append a string without its NUL
 * @b: the buffer
 * @s: the string
 */
void buf_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

/**
 * buf_fill() - append one byte many times
 * @b: the buffer
 * @c: the byte
 * @n: how many times
 */
void buf_fill(struct buf *b, char c, size_t n)
{
	reserve(b, n);
	memset(b->p + b->len, c, n);
	b->len += n;
	b->p[b->len] = '\0';
}

/**
 * buf_printf() - append formatted text
 * @b: the buffer
 * @fmt: as for printf(3)
 */
void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	reserve(b, n);
	va_start(ap, fmt);
	vsnprintf(b->p + b->len, n + 1, fmt, ap);
	va_end(ap);
	b->len += n;
}

/**
 * buf_drop() - remove bytes from the front
 * @b: the buffer
 * @n: how many; no more than there are
 */
void buf_drop(struct buf *b, size_t n)
{
	if (!n)
		return;
	b->len -= n;
	memmove(b->p, b->p + n, b->len);
	b->p[b->len] = '\0';
}

/**
 * buf_free() - empty the buffer and give its memory back
 * @b: the buffer
 */
void buf_free(struct buf *b)
{
	free(b->p);
	memset(b, 0, sizeof(*b));
}

/**
 * buf_text() - the buffer as a string
 * @b: the buffer
 *
 * Return: the bytes with a NUL behind them, "" for a buffer never used.
 */
const char *buf_text(const struct buf *b)
{
	return b->p ? b->p : "";
}
