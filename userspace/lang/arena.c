// SPDX-License-Identifier: GPL-2.0
/* Memory of the compiler: every object owns an arena and frees it at once. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"

#define CHUNK_SIZE	16384
#define ALIGN		16

struct arena_chunk {
	struct arena_chunk *next;
	size_t used;
	size_t size;
	_Alignas(ALIGN) unsigned char data[];
};

/**
 * lang_alloc() - allocate zeroed memory or end the process
 * @size: bytes
 *
 * Return: the memory, to be given to free().
 */
void *lang_alloc(size_t size)
{
	void *p = calloc(1, size ? size : 1);

	if (!p) {
		fputs("out of memory\n", stderr);
		exit(1);
	}
	return p;
}

/**
 * lang_grow() - make room for one more element
 * @array: the array, or NULL
 * @nr: elements in use
 * @cap: elements there is room for
 * @size: bytes of an element
 *
 * Return: the array, perhaps moved.
 */
void *lang_grow(void *array, size_t nr, size_t *cap, size_t size)
{
	void *p;

	if (nr < *cap)
		return array;
	*cap = *cap ? *cap * 2 : 16;
	p = realloc(array, *cap * size);
	if (!p) {
		fputs("out of memory\n", stderr);
		exit(1);
	}
	return p;
}

/**
 * arena_alloc() - allocate zeroed memory that lives as long as the arena
 * @arena: the arena
 * @size: bytes
 *
 * Return: the memory.
 */
void *arena_alloc(struct arena *arena, size_t size)
{
	struct arena_chunk *chunk = arena->chunks;
	void *p;

	size = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if (!chunk || chunk->size - chunk->used < size) {
		size_t room = size > CHUNK_SIZE ? size : CHUNK_SIZE;

		chunk = lang_alloc(sizeof(*chunk) + room);
		chunk->size = room;
		chunk->next = arena->chunks;
		arena->chunks = chunk;
	}
	p = chunk->data + chunk->used;
	chunk->used += size;
	return p;
}

/**
 * arena_dup() - copy memory into an arena
 * @arena: the arena
 * @data: what to copy
 * @size: bytes
 *
 * Return: the copy, followed by a NUL.
 */
void *arena_dup(struct arena *arena, const void *data, size_t size)
{
	unsigned char *p = arena_alloc(arena, size + 1);

	if (size)
		memcpy(p, data, size);
	return p;
}

/**
 * arena_str() - copy text into an arena
 * @arena: the arena
 * @text: text
 * @len: bytes of it
 *
 * Return: the copy, NUL-terminated.
 */
char *arena_str(struct arena *arena, const char *text, size_t len)
{
	return arena_dup(arena, text, len);
}

/**
 * arena_printf() - format text into an arena
 * @arena: the arena
 * @fmt: as for printf()
 *
 * Return: the text.
 */
char *arena_printf(struct arena *arena, const char *fmt, ...)
{
	va_list ap;
	char *p;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	p = arena_alloc(arena, len + 1);
	va_start(ap, fmt);
	vsnprintf(p, len + 1, fmt, ap);
	va_end(ap);
	return p;
}

/**
 * arena_free() - free all memory of an arena
 * @arena: the arena
 */
void arena_free(struct arena *arena)
{
	while (arena->chunks) {
		struct arena_chunk *chunk = arena->chunks;

		arena->chunks = chunk->next;
		free(chunk);
	}
}
