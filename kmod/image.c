// SPDX-License-Identifier: GPL-2.0
/*
 * The registry of loaded images. It finds images but does not keep them: an
 * image lives as long as something holds a reference, and leaves the registry
 * with the last one.
 */
#include <linux/hashtable.h>
#include <linux/mm.h>
#include <linux/spinlock.h>

#include "image.h"

/*
 * Last references are also dropped by connections that end in softirq, so the
 * registry is under a spinlock, and what may take long or sleep (copying,
 * verifying, comparing) is done outside it.
 */
static DEFINE_SPINLOCK(images_lock);
static DEFINE_HASHTABLE(images, 8);

/*
 * An entry without references may still be listed for an instant: its last
 * holder is on the way to unlist it. It is passed over, and a second entry with
 * the same id may be listed beside it.
 */
static struct pp_kimage *find_get_locked(u64 id)
{
	struct pp_kimage *ki;

	lockdep_assert_held(&images_lock);
	hash_for_each_possible(images, ki, node, id)
		if (ki->img.hdr->id == id && kref_get_unless_zero(&ki->ref))
			return ki;
	return NULL;
}

/**
 * pp_image_find_get() - look up an image
 * @id: its id
 *
 * Context: any but hard interrupts.
 *
 * Return: the image with a reference, or NULL.
 */
struct pp_kimage *pp_image_find_get(u64 id)
{
	struct pp_kimage *ki;

	spin_lock_bh(&images_lock);
	ki = find_get_locked(id);
	spin_unlock_bh(&images_lock);
	return ki;
}

/**
 * pp_image_get() - take one more reference
 * @ki: an image the caller has a reference to
 *
 * Context: any.
 */
void pp_image_get(struct pp_kimage *ki)
{
	kref_get(&ki->ref);
}

static void image_release(struct kref *ref)
{
	struct pp_kimage *ki = container_of(ref, struct pp_kimage, ref);

	spin_lock_bh(&images_lock);
	hash_del(&ki->node);
	spin_unlock_bh(&images_lock);
	/* A grammar has none: this goes no deeper than one. */
	if (ki->grammar)
		pp_image_put(ki->grammar);
	kvfree_rcu(ki, rcu);
}

/**
 * pp_image_put() - give a reference back
 * @ki: the image; with the last reference it goes after a grace period, so that
 *	a packet that reached it under RCU may finish
 *
 * Context: any but hard interrupts.
 */
void pp_image_put(struct pp_kimage *ki)
{
	kref_put(&ki->ref, image_release);
}

static int refuse(struct pp_error *err, int ret, const char *msg)
{
	err->msg = msg;
	err->section = PP_NR_SECTIONS;
	err->index = 0;
	return ret;
}

/* Takes the caller's reference to @old. */
static struct pp_kimage *check_same(struct pp_kimage *old, const void *blob, size_t size,
				    struct pp_error *err)
{
	if (old->img.hdr->size == size && !memcmp(old->blob, blob, size))
		return old;
	pp_image_put(old);
	return ERR_PTR(refuse(err, -EEXIST, "another image with the same id is loaded"));
}

static int verify(struct pp_kimage *ki, struct pp_error *err)
{
	if (ki->img.hdr->kind == PP_IMAGE_GRAMMAR)
		return pp_verify_grammar(&ki->img, err);

	ki->grammar = pp_image_find_get(ki->img.hdr->grammar);
	if (!ki->grammar)
		return refuse(err, -ENOENT, "load the grammar of this patch first");
	if (ki->grammar->img.hdr->kind != PP_IMAGE_GRAMMAR)
		return refuse(err, -EINVAL, "the grammar of this patch is itself a patch");
	return pp_verify_patch(&ki->img, &ki->grammar->img, err);
}

/**
 * pp_image_load() - verify an image and list it
 * @blob: the image; copied, need not be aligned
 * @size: its bytes
 * @err: filled in on error; @err->msg is NULL where memory ran out
 *
 * An image that is there already is found and not verified again.
 *
 * Context: process context, may sleep.
 *
 * Return: the image with a reference; ERR_PTR: -EINVAL rejected by the verifier,
 * -ENOENT its grammar is not loaded, -EEXIST another image has its id, -ENOMEM.
 */
struct pp_kimage *pp_image_load(const void *blob, size_t size, struct pp_error *err)
{
	struct pp_kimage *ki, *old;
	int ret;

	memset(err, 0, sizeof(*err));
	if (size > PP_IMAGE_MAX)
		return ERR_PTR(refuse(err, -EINVAL, "image is larger than 1 MiB"));
	ki = kvmalloc(struct_size(ki, blob, size), GFP_KERNEL_ACCOUNT);
	if (!ki)
		return ERR_PTR(-ENOMEM);
	memset(ki, 0, sizeof(*ki));
	kref_init(&ki->ref);
	memcpy(ki->blob, blob, size);

	ret = pp_image_open(&ki->img, ki->blob, size, err);
	if (ret)
		goto err_free;
	old = pp_image_find_get(ki->img.hdr->id);
	if (old)
		goto found;
	ret = verify(ki, err);
	if (ret)
		goto err_free;

	/* Another load of the same image may have been quicker. */
	spin_lock_bh(&images_lock);
	old = find_get_locked(ki->img.hdr->id);
	if (!old)
		hash_add(images, &ki->node, ki->img.hdr->id);
	spin_unlock_bh(&images_lock);
	if (!old)
		return ki;
found:
	old = check_same(old, ki->blob, size, err);
	ret = PTR_ERR_OR_ZERO(old);
err_free:
	if (ki->grammar)
		pp_image_put(ki->grammar);
	kvfree(ki);
	return ret ? ERR_PTR(ret) : old;
}
