// SPDX-License-Identifier: GPL-2.0
/*
 * Stands before kernel_load(), by the linker's --wrap: an image of the kind that
 * $DAMAGE is about is changed in one known place, and the kernel gets that one.
 */
#include "../../kmod/core/core.h"
#include "kernel.h"
#include "patchctl.h"

#include <stdlib.h>

static void *section(struct pp_image_header *h, int sec)
{
	return (u8 *)h + h->sections[sec].off;
}

static void number(struct pp_image_header *h)
{
	struct pp_insn *code = section(h, PP_SEC_CODE);
	u32 i;

	for (i = 0; i < h->sections[PP_SEC_CODE].count; i++)
		if (code[i].op == PP_OP_NUM)
			code[i].imm = PP_MAX_DIGITS + 1;
}

static void length(struct pp_image_header *h)
{
	struct pp_rule *rules = section(h, PP_SEC_RULES);
	u32 i;

	for (i = 0; i < h->sections[PP_SEC_RULES].count; i++)
		if (rules[i].action == PP_ACT_TRUNCATE)
			rules[i].n = 1ull << 40;
}

static void condition(struct pp_image_header *h)
{
	struct pp_atom *atoms = section(h, PP_SEC_ATOMS);

	atoms->field = 0;
}

static void header(struct pp_image_header *h)
{
	h->flags |= 0x80;
}

static const struct {
	const char *name;
	int kind;
	void (*make)(struct pp_image_header *h);
} damages[] = {
	{ "number", PP_IMAGE_GRAMMAR, number },
	{ "length", PP_IMAGE_PATCH, length },
	{ "condition", PP_IMAGE_PATCH, condition },
	{ "header", PP_IMAGE_PATCH, header },
};

int __real_kernel_load(struct nl *nl, const void *image, size_t size, uint64_t *id);
int __wrap_kernel_load(struct nl *nl, const void *image, size_t size, uint64_t *id);

/**
 * __wrap_kernel_load() - damage an image and load it
 * @nl: as kernel_load() has it
 * @image: as kernel_load() has it
 * @size: as kernel_load() has it
 * @id: as kernel_load() has it
 *
 * Return: as kernel_load() does
 */
int __wrap_kernel_load(struct nl *nl, const void *image, size_t size, uint64_t *id)
{
	struct pp_image_header *h = xalloc(size);
	const char *want = getenv("DAMAGE");
	size_t i;
	int ret;

	memcpy(h, image, size);
	for (i = 0; i < ARRAY_SIZE(damages); i++)
		if (want && !strcmp(want, damages[i].name) && h->kind == damages[i].kind)
			damages[i].make(h);
	h->id = pp_image_hash(h, size);
	ret = __real_kernel_load(nl, h, size, id);
	free(h);
	return ret;
}
