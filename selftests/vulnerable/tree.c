// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "tree.h"

static struct node *nodes;

static char *copy(const char *s)
{
	char *p = strdup(s);

	if (!p)
		abort();
	return p;
}

/**
 * tree_find() - look a path up
 * @path: absolute
 *
 * Return: the node or NULL.
 */
struct node *tree_find(const char *path)
{
	struct node *n;

	for (n = nodes; n; n = n->next)
		if (!strcmp(n->path, path))
			return n;
	return NULL;
}

/* Is @n directly inside of directory @dir? Return: its name there, or NULL. */
static const char *name_in(const struct node *n, const char *dir)
{
	size_t len = strcmp(dir, "/") ? strlen(dir) : 0;

	if (strncmp(n->path, dir, len) || n->path[len] != '/' ||
	    !n->path[len + 1] || strchr(n->path + len + 1, '/'))
		return NULL;
	return n->path + len + 1;
}

static bool parent_exists(const char *path)
{
	char *dir = copy(path);
	char *slash = strrchr(dir, '/');
	struct node *n;

	slash[slash == dir] = '\0';
	n = tree_find(dir);
	free(dir);
	return n && n->dir;
}

/**
 * tree_make() - create a file or directory
 * @path: absolute
 * @dir: a directory
 *
 * Return: the node, for a file also one that is there already; NULL if it
 * cannot be created.
 */
struct node *tree_make(const char *path, bool dir)
{
	struct node *n = tree_find(path);

	if (n)
		return n->dir || dir ? NULL : n;
	if (nodes && !parent_exists(path))
		return NULL;
	n = calloc(1, sizeof(*n));
	if (!n)
		return NULL;
	n->path = copy(path);
	n->dir = dir;
	n->next = nodes;
	nodes = n;
	return n;
}

/**
 * tree_remove() - delete a file or an empty directory
 * @n: freed on success
 *
 * Return: false for a directory with something in it.
 */
bool tree_remove(struct node *n)
{
	struct node *i, **link;

	if (!strcmp(n->path, "/"))
		return false;
	for (i = nodes; i; i = i->next)
		if (name_in(i, n->path))
			return false;
	for (link = &nodes; *link != n; link = &(*link)->next)
		;
	*link = n->next;
	buf_free(&n->data);
	free(n->path);
	free(n);
	return true;
}

/**
 * tree_rename() - give a file another path
 * @n: the file
 * @to: absolute
 *
 * Return: false if @n is a directory or @to cannot be.
 */
bool tree_rename(struct node *n, const char *to)
{
	if (n->dir || tree_find(to) || !parent_exists(to))
		return false;
	free(n->path);
	n->path = copy(to);
	return true;
}

/**
 * tree_list() - list a directory, or one file
 * @dir: absolute
 * @names_only: as NLST does, else as LIST does
 * @out: the listing is appended here, lines end in CRLF
 */
void tree_list(const char *dir, bool names_only, struct buf *out)
{
	const char *name;
	struct node *n;

	for (n = nodes; n; n = n->next) {
		name = name_in(n, dir);
		if (!name && !n->dir && !strcmp(n->path, dir))
			name = strrchr(dir, '/') + 1;
		if (!name)
			continue;
		if (!names_only)
			buf_printf(out, "%s 1 toy toy %10zu Jan  1  2001 ",
				   n->dir ? "drwxr-xr-x" : "-rw-r--r--",
				   n->data.len);
		buf_printf(out, "%s\r\n", name);
	}
}

/**
 * tree_path() - make a path absolute and plain
 * @cwd: the current directory
 * @name: as the client sent it
 *
 * Return: the path without ".", ".." and doubled slashes; free() it.
 */
char *tree_path(const char *cwd, const char *name)
{
	struct buf all = { 0 };
	char *out, *to, *s, *save;

	if (*name != '/')
		buf_str(&all, cwd);
	buf_str(&all, "/");
	buf_str(&all, name);
	out = malloc(all.len + 2);
	if (!out)
		abort();
	to = out;
	*to = '\0';
	for (s = strtok_r(all.p, "/", &save); s; s = strtok_r(NULL, "/", &save)) {
		if (!strcmp(s, "."))
			continue;
		if (!strcmp(s, "..")) {
			char *slash = strrchr(out, '/');

			if (slash)
				*slash = '\0';
			to = out + strlen(out);
			continue;
		}
		*to++ = '/';
		to = stpcpy(to, s);
	}
	if (!*out)
		strcpy(out, "/");
	buf_free(&all);
	return out;
}

/**
 * tree_init() - create the files that are there at the start
 */
void tree_init(void)
{
	struct node *n;
	int i;

	tree_make("/", true);
	tree_make("/pub", true);
	tree_make("/incoming", true);
	n = tree_make("/pub/readme.txt", false);
	buf_str(&n->data, "A toy.\r\n");
	n = tree_make("/pub/numbers", false);
	for (i = 0; i < 20000; i++)
		buf_printf(&n->data, "%09d\n", i);
}
