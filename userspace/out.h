/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PATCHCTL_OUT_H
#define PATCHCTL_OUT_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct table - lines of text in columns
 * @nr_cols: columns
 * @indent: blanks before each line
 * @cells: rows times columns
 * @nr_cells: elements of @cells
 */
struct table {
	size_t nr_cols;
	size_t indent;
	char **cells;
	size_t nr_cells;
};

void table_cell(struct table *table, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void table_print(struct table *table);
char *out_bytes(const void *data, size_t len);
char *out_hex(const void *data, size_t len);
const char *out_plural(uint64_t nr);

#endif /* PATCHCTL_OUT_H */
