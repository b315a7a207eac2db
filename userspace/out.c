// SPDX-License-Identifier: GPL-2.0
/*
 * Output for people: columns, bytes.
 */
#include "out.h"
#include "patchctl.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/**
 * table_cell() - add the next cell
 * @table: the table; cells fill it row by row
 * @fmt: as printf()
 */
void table_cell(struct table *table, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	table->cells = xrealloc(table->cells, table->nr_cells + 1, sizeof(*table->cells));
	table->cells[table->nr_cells++] = text ? text : xstrdup("");
}

/* Columns a terminal needs for UTF-8 text: continuation bytes take none. */
static size_t width(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

/**
 * table_print() - print a table and forget its cells
 * @table: the table
 */
void table_print(struct table *table)
{
	size_t i, col, pad = 0, *widths = xalloc(table->nr_cols * sizeof(*widths));

	for (i = 0; i < table->nr_cells; i++) {
		col = i % table->nr_cols;
		if (width(table->cells[i]) > widths[col])
			widths[col] = width(table->cells[i]);
	}
	for (i = 0; i < table->nr_cells; i++) {
		col = i % table->nr_cols;
		/* Blanks come before a cell that has text, so no line ends in them. */
		if (!col)
			pad = table->indent;
		if (table->cells[i][0]) {
			printf("%*s%s", (int)pad, "", table->cells[i]);
			pad = 0;
		}
		pad += widths[col] - width(table->cells[i]) + 2;
		if (col == table->nr_cols - 1)
			putchar('\n');
		free(table->cells[i]);
	}
	free(table->cells);
	free(widths);
	table->cells = NULL;
	table->nr_cells = 0;
}

/**
 * out_bytes() - bytes as text in quotes
 * @data: the bytes
 * @len: how many
 *
 * What is not printable ASCII is written as the language writes it: \r, \n, \t, \xHH.
 *
 * Return: the text, to be freed
 */
char *out_bytes(const void *data, size_t len)
{
	static const char plain[] = "rnt\\\"", meant[] = "\r\n\t\\\"";
	const unsigned char *p = data;
	char *text = xalloc(len * 4 + 3), *to = text;
	const char *at;
	size_t i;

	*to++ = '"';
	for (i = 0; i < len; i++) {
		at = p[i] ? strchr(meant, p[i]) : NULL;
		if (at) {
			*to++ = '\\';
			*to++ = plain[at - meant];
		} else if (p[i] < 0x20 || p[i] > 0x7e) {
			to += sprintf(to, "\\x%02x", p[i]);
		} else {
			*to++ = p[i];
		}
	}
	*to = '"';
	return text;
}

/**
 * out_hex() - bytes as hexadecimal digits
 * @data: the bytes
 * @len: how many
 *
 * Return: the text, to be freed
 */
char *out_hex(const void *data, size_t len)
{
	const unsigned char *p = data;
	char *text = xalloc(len * 2 + 1);
	size_t i;

	for (i = 0; i < len; i++)
		sprintf(text + 2 * i, "%02x", p[i]);
	return text;
}

/**
 * out_plural() - the letter that makes a word a plural
 * @nr: how many there are
 *
 * Return: "" or "s"
 */
const char *out_plural(uint64_t nr)
{
	return nr == 1 ? "" : "s";
}
