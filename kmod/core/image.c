// SPDX-License-Identifier: GPL-2.0
/* Images: structure. What the content means is checked in verify.c. */
#include "core.h"

static const u32 section_size[PP_NR_SECTIONS] = {
	[PP_SEC_STRINGS] = 1,
	[PP_SEC_BYTES] = 1,
	[PP_SEC_LITS] = sizeof(struct pp_lit),
	[PP_SEC_SETS] = sizeof(struct pp_set),
	[PP_SEC_FIELDS] = sizeof(struct pp_field),
	[PP_SEC_CODE] = sizeof(struct pp_insn),
	[PP_SEC_REASONS] = sizeof(u32),
	[PP_SEC_ATOMS] = sizeof(struct pp_atom),
	[PP_SEC_CONDS] = sizeof(u16),
	[PP_SEC_RULES] = sizeof(struct pp_rule),
};

/**
 * pp_image_hash() - the id of an image
 * @blob: the image
 * @size: its bytes, at least a header
 *
 * Return: FNV-1a, 64 bits, over all bytes, those of the id itself taken as zero.
 */
u64 pp_image_hash(const void *blob, size_t size)
{
	const u8 *p = blob;
	const size_t id = offsetof(struct pp_image_header, id);
	u64 h = 0xcbf29ce484222325ull;
	size_t i;

	for (i = 0; i < size; i++) {
		h ^= i >= id && i < id + sizeof(u64) ? 0 : p[i];
		h *= 0x100000001b3ull;
	}
	return h;
}

static int bad(struct pp_error *err, u32 section, u32 index, const char *msg)
{
	err->section = section;
	err->index = index;
	err->msg = msg;
	return -EINVAL;
}

/**
 * pp_image_open() - check the structure of an image and find its sections
 * @img: filled in
 * @blob: the image, aligned to 8 bytes
 * @size: its bytes
 * @err: filled in on error
 *
 * After success every section lies inside the blob and is aligned, every string
 * ends inside its section, and the id is right.
 *
 * Return: 0 or -EINVAL.
 */
int pp_image_open(struct pp_image *img, const void *blob, size_t size, struct pp_error *err)
{
	const struct pp_image_header *h = blob;
	const void *sec[PP_NR_SECTIONS];
	u32 i;

	memset(err, 0, sizeof(*err));
	if (size < sizeof(*h))
		return bad(err, PP_NR_SECTIONS, 0, "image is shorter than its header");
	if (size > PP_IMAGE_MAX)
		return bad(err, PP_NR_SECTIONS, 0, "image is larger than 1 MiB");
	if (h->magic != PP_IMAGE_MAGIC)
		return bad(err, PP_NR_SECTIONS, 0,
			   "not a patchproxy image of this machine's byte order");
	if (h->size != size)
		return bad(err, PP_NR_SECTIONS, 0, "image size does not match its header");
	if (h->kind != PP_IMAGE_GRAMMAR && h->kind != PP_IMAGE_PATCH)
		return bad(err, PP_NR_SECTIONS, 0, "unknown kind of image");
	for (i = 0; i < PP_NR_SECTIONS; i++) {
		u32 off = h->sections[i].off, n = h->sections[i].count;

		img->n[i] = n;
		sec[i] = (const u8 *)blob;
		if (!n)
			continue;
		if (off % 8 || off < sizeof(*h) || off > size ||
		    n > (size - off) / section_size[i])
			return bad(err, i, 0, "section lies outside the image");
		sec[i] = (const u8 *)blob + off;
	}
	img->hdr = h;
	img->strings = sec[PP_SEC_STRINGS];
	img->bytes = sec[PP_SEC_BYTES];
	img->lits = sec[PP_SEC_LITS];
	img->sets = sec[PP_SEC_SETS];
	img->fields = sec[PP_SEC_FIELDS];
	img->code = sec[PP_SEC_CODE];
	img->reasons = sec[PP_SEC_REASONS];
	img->atoms = sec[PP_SEC_ATOMS];
	img->conds = sec[PP_SEC_CONDS];
	img->rules = sec[PP_SEC_RULES];
	if (!img->n[PP_SEC_STRINGS] || img->strings[0] ||
	    img->strings[img->n[PP_SEC_STRINGS] - 1])
		return bad(err, PP_SEC_STRINGS, 0, "strings do not begin and end with NUL");
	if (h->id != pp_image_hash(blob, size))
		return bad(err, PP_NR_SECTIONS, 0, "image id is not the hash of the image");
	return 0;
}

/**
 * pp_image_string() - a string of an image
 * @img: the image
 * @off: offset in PP_SEC_STRINGS, checked when the image was verified
 *
 * Return: the string; "" for an offset outside.
 */
const char *pp_image_string(const struct pp_image *img, u32 off)
{
	return off < img->n[PP_SEC_STRINGS] ? img->strings + off : "";
}
