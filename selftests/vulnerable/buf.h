/* SPDX-License-Identifier: GPL-2.0 */
/* A growing byte buffer. Always NUL-terminated behind its last byte. */
#ifndef VULN_BUF_H
#define VULN_BUF_H

#include <stddef.h>

/**
 * struct buf - a growing byte buffer; all zero is a valid empty one
 * @p: the bytes, NULL while nothing was ever added
 * @len: how many bytes are in use, the terminating NUL not counted
 * @cap: how many bytes are allocated
 */
struct buf {
	char *p;
	size_t len;
	size_t cap;
};

void buf_add(struct buf *b, const void *p, size_t n);
void buf_str(struct buf *b, const char *s);
void buf_fill(struct buf *b, char c, size_t n);
void buf_printf(struct buf *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void buf_drop(struct buf *b, size_t n);
void buf_free(struct buf *b);
const char *buf_text(const struct buf *b);

#endif
