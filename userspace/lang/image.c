// SPDX-License-Identifier: GPL-2.0
/* Building images, and the hashes that name them and what is in them. */
#include <stdlib.h>
#include <string.h>

#include "image.h"

/* Bytes of one element, by section. */
const size_t image_element_size[PP_NR_SECTIONS] = {
	[PP_SEC_STRINGS] = 1,
	[PP_SEC_BYTES] = 1,
	[PP_SEC_LITS] = sizeof(struct pp_lit),
	[PP_SEC_SETS] = sizeof(struct pp_set),
	[PP_SEC_FIELDS] = sizeof(struct pp_field),
	[PP_SEC_CODE] = sizeof(struct pp_insn),
	[PP_SEC_REASONS] = sizeof(uint32_t),
	[PP_SEC_ATOMS] = sizeof(struct pp_atom),
	[PP_SEC_CONDS] = sizeof(uint16_t),
	[PP_SEC_RULES] = sizeof(struct pp_rule),
};

/**
 * image_init() - begin an image
 * @b: the builder
 * @kind: what it will hold
 */
void image_init(struct image_builder *b, enum pp_image_kind kind)
{
	memset(b, 0, sizeof(*b));
	b->header.magic = PP_IMAGE_MAGIC;
	b->header.kind = kind;
	image_add(b, PP_SEC_STRINGS, "");
}

/**
 * image_clean() - free what was built
 * @b: the builder
 */
void image_clean(struct image_builder *b)
{
	for (int i = 0; i < PP_NR_SECTIONS; i++)
		free(b->sections[i].data);
	memset(b, 0, sizeof(*b));
}

/**
 * image_add() - add an element to a section
 * @b: the builder
 * @section: the section
 * @element: the element, copied
 *
 * Return: its index.
 */
uint32_t image_add(struct image_builder *b, enum pp_section section, const void *element)
{
	struct image_section *s = &b->sections[section];
	size_t size = image_element_size[section];

	s->data = lang_grow(s->data, s->nr, &s->cap, size);
	memcpy(s->data + s->nr * size, element, size);
	return s->nr++;
}

static uint32_t add_bytes(struct image_builder *b, enum pp_section section,
			  const unsigned char *data, size_t len)
{
	uint32_t off = b->sections[section].nr;

	for (size_t i = 0; i < len; i++)
		image_add(b, section, &data[i]);
	return off;
}

/**
 * image_string() - add a string; equal ones are added once
 * @b: the builder
 * @text: the string
 *
 * Return: its offset.
 */
uint32_t image_string(struct image_builder *b, const char *text)
{
	const struct image_section *s = &b->sections[PP_SEC_STRINGS];
	size_t len = strlen(text) + 1;

	for (size_t i = 0; i + len <= s->nr; i++)
		if ((!i || !s->data[i - 1]) && !memcmp(s->data + i, text, len))
			return i;
	return add_bytes(b, PP_SEC_STRINGS, (const unsigned char *)text, len);
}

/**
 * image_lit() - add a literal; equal ones are added once
 * @b: the builder
 * @data: its bytes
 * @len: how many
 *
 * Return: its index.
 */
uint32_t image_lit(struct image_builder *b, const void *data, size_t len)
{
	const struct image_section *s = &b->sections[PP_SEC_LITS];
	struct pp_lit lit;

	for (size_t i = 0; i < s->nr; i++) {
		memcpy(&lit, s->data + i * sizeof(lit), sizeof(lit));
		if (lit.len == len &&
		    (!len || !memcmp(b->sections[PP_SEC_BYTES].data + lit.off, data, len)))
			return i;
	}
	lit = (struct pp_lit){ .len = len };
	lit.off = add_bytes(b, PP_SEC_BYTES, data, len);
	return image_add(b, PP_SEC_LITS, &lit);
}

/**
 * image_set() - add a set; equal ones are added once
 * @b: the builder
 * @set: the set
 *
 * Return: its index.
 */
uint32_t image_set(struct image_builder *b, const struct pp_set *set)
{
	const struct image_section *s = &b->sections[PP_SEC_SETS];

	for (size_t i = 0; i < s->nr; i++)
		if (!memcmp(s->data + i * sizeof(*set), set, sizeof(*set)))
			return i;
	return image_add(b, PP_SEC_SETS, set);
}

/**
 * image_reason() - add a reason of a FAIL; equal ones are added once
 * @b: the builder
 * @text: the reason
 *
 * Return: its index.
 */
uint32_t image_reason(struct image_builder *b, const char *text)
{
	const struct image_section *s = &b->sections[PP_SEC_REASONS];
	uint32_t off = image_string(b, text);

	for (size_t i = 0; i < s->nr; i++)
		if (!memcmp(s->data + i * sizeof(off), &off, sizeof(off)))
			return i;
	return image_add(b, PP_SEC_REASONS, &off);
}

static size_t align8(size_t n)
{
	return (n + 7) & ~(size_t)7;
}

/**
 * image_finish() - put the sections together
 * @b: the builder
 * @arena: memory of the image
 * @size: bytes in it
 *
 * Return: the image.
 */
void *image_finish(struct image_builder *b, struct arena *arena, size_t *size)
{
	size_t off = align8(sizeof(b->header));
	unsigned char *image;

	for (int i = 0; i < PP_NR_SECTIONS; i++) {
		b->header.sections[i].off = off;
		b->header.sections[i].count = b->sections[i].nr;
		off = align8(off + b->sections[i].nr * image_element_size[i]);
	}
	b->header.size = off;
	b->header.id = 0;
	image = arena_alloc(arena, off);
	memcpy(image, &b->header, sizeof(b->header));
	for (int i = 0; i < PP_NR_SECTIONS; i++)
		if (b->sections[i].nr)
			memcpy(image + b->header.sections[i].off, b->sections[i].data,
			       b->sections[i].nr * image_element_size[i]);
	b->header.id = fnv_bytes(FNV_BASIS, image, off);
	memcpy(image, &b->header, sizeof(b->header));
	*size = off;
	return image;
}

/**
 * fnv_bytes() - go on with an FNV-1a hash
 * @hash: hash so far, FNV_BASIS at the beginning
 * @data: bytes to add
 * @len: how many
 *
 * Return: the hash.
 */
uint64_t fnv_bytes(uint64_t hash, const void *data, size_t len)
{
	const unsigned char *p = data;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ p[i]) * 0x100000001b3ull;
	return hash;
}

/**
 * fnv_string() - add a string with its NUL to a hash
 * @hash: hash so far
 * @text: the string
 *
 * Return: the hash.
 */
uint64_t fnv_string(uint64_t hash, const char *text)
{
	return fnv_bytes(hash, text, strlen(text) + 1);
}

/**
 * fnv_number() - add a number to a hash, alike on every machine
 * @hash: hash so far
 * @value: the number
 *
 * Return: the hash.
 */
uint64_t fnv_number(uint64_t hash, uint64_t value)
{
	unsigned char bytes[8];

	for (int i = 0; i < 8; i++)
		bytes[i] = value >> 8 * i;
	return fnv_bytes(hash, bytes, sizeof(bytes));
}

/**
 * fnv_key() - make a key of a hash
 * @hash: the hash
 *
 * Return: its two halves folded into one, never 0.
 */
uint32_t fnv_key(uint64_t hash)
{
	uint32_t key = hash ^ hash >> 32;

	return key ? key : 1;
}
