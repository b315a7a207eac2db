/* SPDX-License-Identifier: GPL-2.0 */
/* The files an FTP server serves, in memory. */
#ifndef VULN_TREE_H
#define VULN_TREE_H

#include <stdbool.h>

#include "buf.h"

/**
 * struct node - a file or directory
 * @next: in no order that matters
 * @path: absolute, without a slash at the end except for "/" itself
 * @dir: it is a directory
 * @data: a file's contents
 */
struct node {
	struct node *next;
	char *path;
	bool dir;
	struct buf data;
};

void tree_init(void);
struct node *tree_find(const char *path);
struct node *tree_make(const char *path, bool dir);
bool tree_remove(struct node *n);
bool tree_rename(struct node *n, const char *to);
void tree_list(const char *dir, bool names_only, struct buf *out);
char *tree_path(const char *cwd, const char *name);

#endif
