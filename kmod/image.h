/* SPDX-License-Identifier: GPL-2.0 */
/* Loaded images: one registry for the machine. */
#ifndef _PP_IMAGE_H
#define _PP_IMAGE_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/netlink.h>

#include "core/core.h"

/**
 * struct pp_kimage - a loaded, verified image
 * @img: its sections
 * @ref: held by bindings, by connections (grammars), by patches (their grammar), and
 *	by the socket that loaded it
 * @list: in the registry
 * @grammar: for a patch: its grammar, a reference
 * @rcu: for freeing: packets may still read it
 * @blob: the image
 */
struct pp_kimage {
	struct pp_image img;
	struct kref ref;
	struct list_head list;
	struct pp_kimage *grammar;
	struct rcu_head rcu;
	void *blob;
};

struct pp_kimage *pp_image_load(const void *blob, size_t size, struct pp_error *err);
struct pp_kimage *pp_image_find_get(u64 id);
void pp_image_get(struct pp_kimage *ki);
void pp_image_put(struct pp_kimage *ki);

#endif /* _PP_IMAGE_H */
