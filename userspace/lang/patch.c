// SPDX-License-Identifier: GPL-2.0
/* Compiled patches. */
#include <stdlib.h>
#include <string.h>

#include "patch.h"

static void build(struct lang_patch *p, const struct lang_grammar *g, struct lang_diag *diag)
{
	const struct lang_patch_info *info = &p->tree.info;
	struct image_builder b;
	struct linker l = { .p = p, .g = g, .b = &b, .diag = diag };

	image_init(&b, PP_IMAGE_PATCH);
	b.header.name = image_string(&b, info->name);
	b.header.title = image_string(&b, info->title);
	b.header.flags = info->flags;
	b.header.grammar = g->id;
	for (const struct rule_tree *r = p->tree.rules; r; r = r->next)
		link_rule(&l, r);
	if (!lang_diag_errors(diag)) {
		p->image = image_finish(&b, &p->arena, &p->size);
		p->id = b.header.id;
	}
	image_clean(&b);
}

/* Puts the operator's values in the place of the patch's own. */
static void override(struct lang_patch *p, const struct lang_param *params, size_t nr,
		     struct lang_diag *diag)
{
	struct lang_patch_info *info = &p->tree.info;
	struct lang_param *own = (struct lang_param *)info->params;
	struct lang_bytes *values;
	size_t k;

	for (size_t i = 0; i < nr; i++) {
		for (k = 0; k < info->nr_params && strcmp(own[k].name, params[i].name); k++)
			;
		if (k == info->nr_params) {
			lang_diag_at(diag, p->src, (struct lang_pos){ 0 }, NULL,
				     "%s has no parameter \"%s\"", info->name, params[i].name);
			continue;
		}
		if (!params[i].nr_values) {
			lang_diag_at(diag, p->src, p->tree.param_pos[k], NULL,
				     "parameter \"%s\" is given without a value", own[k].name);
			continue;
		}
		values = arena_dup(&p->arena, params[i].values,
				   params[i].nr_values * sizeof(*values));
		for (size_t j = 0; j < params[i].nr_values; j++)
			values[j].data = arena_dup(&p->arena, values[j].data, values[j].len);
		own[k].values = values;
		own[k].nr_values = params[i].nr_values;
	}
}

static const struct lang_grammar *find_grammar(struct lang_patch *p, lang_lookup_fn lookup,
					       void *ctx, struct lang_diag *diag)
{
	const char *protocol = p->tree.info.protocol;
	const struct lang_grammar *g = lookup(ctx, protocol);

	if (!g)
		lang_diag_at(diag, p->src, p->tree.protocol_pos, NULL,
			     "there is no grammar for \"%s\"", protocol);
	return g;
}

/**
 * lang_patch_compile() - compile a patch
 * @src: its source; the patch keeps a reference
 * @lookup: finds the grammar of its protocol
 * @ctx: given to @lookup
 * @params: values that override those of the patch
 * @nr_params: how many
 * @diag: where errors go
 *
 * Return: the patch, to be given to lang_patch_free(), or NULL.
 */
struct lang_patch *lang_patch_compile(struct lang_source *src, lang_lookup_fn lookup,
				      void *ctx, const struct lang_param *params,
				      size_t nr_params, struct lang_diag *diag)
{
	struct lang_patch *p = lang_alloc(sizeof(*p));
	struct lang_diag *own = lang_diag_new();
	const struct lang_grammar *g = NULL;
	bool ok;

	p->src = lang_source_get(src);
	if (parse_patch(src, own, &p->arena, &p->tree)) {
		override(p, params, nr_params, own);
		if (p->tree.info.protocol)
			g = find_grammar(p, lookup, ctx, own);
		if (g)
			build(p, g, own);
	}
	ok = !lang_diag_errors(own);
	lang_diag_move(diag, own);
	if (ok)
		return p;
	lang_patch_free(p);
	return NULL;
}

/**
 * lang_patch_free() - free a patch
 * @p: the patch, or NULL
 */
void lang_patch_free(struct lang_patch *p)
{
	if (!p)
		return;
	lang_source_free(p->src);
	arena_free(&p->arena);
	free(p);
}

/**
 * lang_patch_image() - the image of a patch
 * @p: the patch
 * @size: bytes in it
 *
 * Return: the image, which lives as long as the patch.
 */
const void *lang_patch_image(const struct lang_patch *p, size_t *size)
{
	*size = p->size;
	return p->image;
}

/**
 * lang_patch_id() - the id of a patch's image
 * @p: the patch
 *
 * Return: the id.
 */
uint64_t lang_patch_id(const struct lang_patch *p)
{
	return p->id;
}

/**
 * lang_patch_info() - what a patch says about itself
 * @p: the patch
 *
 * Return: the information, which lives as long as the patch.
 */
const struct lang_patch_info *lang_patch_info(const struct lang_patch *p)
{
	return &p->tree.info;
}

/**
 * lang_patch_source() - what a patch was compiled from
 * @p: the patch
 *
 * Return: the source.
 */
const struct lang_source *lang_patch_source(const struct lang_patch *p)
{
	return p->src;
}

/**
 * lang_patch_locate() - where in the source something of the image comes from
 * @p: the patch
 * @section: enum pp_section, or PP_NR_SECTIONS for the header
 * @index: element
 * @pos: the place; the patch's name where nothing nearer is known
 *
 * Return: whether it is the place of that very element.
 */
bool lang_patch_locate(const struct lang_patch *p, unsigned int section,
		       unsigned int index, struct lang_pos *pos)
{
	*pos = p->tree.pos;
	if (section == PP_SEC_RULES && index < p->nr_rules)
		*pos = p->rule_pos[index];
	else if (section == PP_SEC_ATOMS && index < p->nr_atoms)
		*pos = p->atom_pos[index];
	else
		return false;
	return true;
}
