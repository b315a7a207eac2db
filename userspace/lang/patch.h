/* SPDX-License-Identifier: GPL-2.0 */
/* Private to the compiler: a patch while it is compiled and afterwards. */
#ifndef PP_LANG_PATCH_H
#define PP_LANG_PATCH_H

#include "grammar.h"

/**
 * struct lang_patch - a compiled patch
 * @arena: its memory
 * @src: its source
 * @tree: as parsed, with the parameters in force
 * @atom_pos: where the atoms come from
 * @nr_atoms: how many
 * @rule_pos: where the rules come from
 * @nr_rules: how many
 * @image: the image
 * @size: bytes in it
 * @id: its id
 */
struct lang_patch {
	struct arena arena;
	struct lang_source *src;
	struct patch_tree tree;
	struct lang_pos atom_pos[PP_MAX_ATOMS];
	unsigned int nr_atoms;
	struct lang_pos rule_pos[PP_MAX_RULES];
	unsigned int nr_rules;
	void *image;
	size_t size;
	uint64_t id;
};

/**
 * struct linker - links a patch to its grammar
 * @p: the patch
 * @g: the grammar
 * @b: image of the patch
 * @diag: where errors go
 */
struct linker {
	struct lang_patch *p;
	const struct lang_grammar *g;
	struct image_builder *b;
	struct lang_diag *diag;
};

/**
 * struct linked_cond - a condition in the image
 * @off: first element in PP_SEC_CONDS
 * @len: elements
 * @hash: of what it asks
 */
struct linked_cond {
	unsigned int off;
	unsigned int len;
	uint64_t hash;
};

void link_fail(struct linker *l, struct lang_pos pos, const char *hint, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
unsigned int link_field(struct linker *l, const struct field_ref *ref);
bool link_cond(struct linker *l, const struct cond *c, struct linked_cond *out);
void link_rule(struct linker *l, const struct rule_tree *r);

bool order_check(struct linker *l, const struct rule_tree *r, unsigned int field);
bool order_check_length(struct linker *l, const struct rule_tree *r, unsigned int field,
			unsigned int length);

#endif /* PP_LANG_PATCH_H */
