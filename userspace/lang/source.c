// SPDX-License-Identifier: GPL-2.0
/* Source texts: shared by the caller and by what was compiled from them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "source.h"

#define SOURCE_MAX	(4u << 20)

/**
 * lang_source_memory() - make a source of text in memory
 * @path: name to show in diagnostics
 * @text: the text, copied
 * @size: bytes
 *
 * Return: the source, to be given to lang_source_free().
 */
struct lang_source *lang_source_memory(const char *path, const void *text, size_t size)
{
	struct lang_source *src = lang_alloc(sizeof(*src));

	src->refs = 1;
	src->path = lang_alloc(strlen(path) + 1);
	memcpy(src->path, path, strlen(path));
	src->text = lang_alloc(size + 1);
	if (size)
		memcpy(src->text, text, size);
	src->size = size;
	return src;
}

/**
 * lang_source_read() - read a source file
 * @path: the file
 * @diag: where to say why it cannot be read
 *
 * Return: the source, to be given to lang_source_free(), or NULL.
 */
struct lang_source *lang_source_read(const char *path, struct lang_diag *diag)
{
	struct lang_source *src = lang_source_memory(path, NULL, 0);
	FILE *file = fopen(path, "rb");
	size_t cap = 0, size = 0;
	char *text = NULL;

	errno = file ? 0 : errno;
	while (file && size <= SOURCE_MAX && !feof(file) && !ferror(file)) {
		text = lang_grow(text, size, &cap, 1);
		size += fread(text + size, 1, cap - size, file);
	}
	if (!file || ferror(file)) {
		lang_diag_at(diag, src, (struct lang_pos){ 0 }, NULL,
			     "cannot be read: %s", strerror(errno ? errno : EIO));
		lang_source_free(src);
		src = NULL;
	} else if (size > SOURCE_MAX) {
		lang_diag_at(diag, src, (struct lang_pos){ 0 }, NULL, "is larger than 4 MiB");
		lang_source_free(src);
		src = NULL;
	} else {
		free(src->text);
		text = lang_grow(text, size, &cap, 1);
		text[size] = '\0';
		src->text = text;
		src->size = size;
		text = NULL;
	}
	free(text);
	if (file)
		fclose(file);
	return src;
}

/**
 * lang_source_get() - take another reference
 * @src: the source
 *
 * Return: the source.
 */
struct lang_source *lang_source_get(struct lang_source *src)
{
	src->refs++;
	return src;
}

/**
 * lang_source_free() - give up a source
 * @src: the source, or NULL
 *
 * What was compiled from it keeps it alive as long as it needs it.
 */
void lang_source_free(struct lang_source *src)
{
	if (!src || --src->refs)
		return;
	free(src->path);
	free(src->text);
	free(src);
}

/**
 * lang_source_path() - what a source is called
 * @src: the source
 *
 * Return: its path.
 */
const char *lang_source_path(const struct lang_source *src)
{
	return src->path;
}
