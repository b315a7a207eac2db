/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PP_LANG_ARENA_H
#define PP_LANG_ARENA_H

#include <stddef.h>

struct arena_chunk;

/**
 * struct arena - memory that is freed at once
 * @chunks: newest first
 */
struct arena {
	struct arena_chunk *chunks;
};

void *arena_alloc(struct arena *arena, size_t size);
void *arena_dup(struct arena *arena, const void *data, size_t size);
char *arena_str(struct arena *arena, const char *text, size_t len);
char *arena_printf(struct arena *arena, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), nonnull(2)));
void arena_free(struct arena *arena);

void *lang_alloc(size_t size);
void *lang_grow(void *array, size_t nr, size_t *cap, size_t size);

/**
 * lang_push() - make room for one more element at the end of an array
 * @array: array, of any type
 * @nr: elements in use; one more afterwards
 * @cap: elements there is room for
 *
 * Return: pointer to the new element, not initialised.
 */
#define lang_push(array, nr, cap)						\
	((array) = lang_grow((array), (nr), &(cap), sizeof(*(array))),	\
	 &(array)[(nr)++])

#endif /* PP_LANG_ARENA_H */
