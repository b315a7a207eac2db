/* SPDX-License-Identifier: GPL-2.0 */
/* Loaded images: one registry for the machine. */
#ifndef _PP_IMAGE_H
#define _PP_IMAGE_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/rcupdate.h>

#include "core/core.h"

/**
 * struct pp_kimage - a loaded, verified image
 * @img: its sections
 * @ref: held by bindings, by connections (grammars), by patches (their grammar), and
 *	by the socket that loaded it
 * @node: in the registry, under its lock; the registry holds no reference
 * @grammar: for a patch: its grammar, a reference
 * @rcu: for freeing: packets may still read it
 * @blob: the image
 */
struct pp_kimage {
	struct pp_image img;
	struct kref ref;
	struct hlist_node node;
	struct pp_kimage *grammar;
	struct rcu_head rcu;
	u8 blob[] __aligned(8);
};

struct pp_kimage *pp_image_load(const void *blob, size_t size, struct pp_error *err);
struct pp_kimage *pp_image_find_get(u64 id);
void pp_image_get(struct pp_kimage *ki);
void pp_image_put(struct pp_kimage *ki);

/**
 * pp_image_name() - name of a loaded image
 * @ki: the image
 *
 * Return: protocol name of a grammar, name of a patch; valid as long as @ki.
 */
static inline const char *pp_image_name(const struct pp_kimage *ki)
{
	return pp_image_string(&ki->img, ki->img.hdr->name);
}

#endif /* _PP_IMAGE_H */
