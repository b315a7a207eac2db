/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PP_LANG_IMAGE_H
#define PP_LANG_IMAGE_H

#include "arena.h"
#include "lang.h"

/**
 * struct image_section - a section while it is built
 * @data: elements
 * @nr: how many
 * @cap: elements there is room for
 */
struct image_section {
	unsigned char *data;
	size_t nr;
	size_t cap;
};

/**
 * struct image_builder - an image while it is built
 * @header: header; the section table, size and id are filled in at the end
 * @sections: by enum pp_section
 */
struct image_builder {
	struct pp_image_header header;
	struct image_section sections[PP_NR_SECTIONS];
};

extern const size_t image_element_size[PP_NR_SECTIONS];

void image_init(struct image_builder *b, enum pp_image_kind kind);
void image_clean(struct image_builder *b);
uint32_t image_add(struct image_builder *b, enum pp_section section, const void *element);
uint32_t image_string(struct image_builder *b, const char *text);
uint32_t image_lit(struct image_builder *b, const void *data, size_t len);
uint32_t image_set(struct image_builder *b, const struct pp_set *set);
uint32_t image_reason(struct image_builder *b, const char *text);
void *image_finish(struct image_builder *b, struct arena *arena, size_t *size);

uint64_t fnv_bytes(uint64_t hash, const void *data, size_t len);
uint64_t fnv_string(uint64_t hash, const char *text);
uint64_t fnv_number(uint64_t hash, uint64_t value);
uint32_t fnv_key(uint64_t hash);

#define FNV_BASIS	0xcbf29ce484222325ull

#endif /* PP_LANG_IMAGE_H */
