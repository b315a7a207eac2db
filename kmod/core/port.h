/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The one place that knows which world the core is compiled in: the module or a
 * user-space program. Everything else under kmod/core/ is freestanding C over
 * the names below: fixed-width types, memory, byte order, and nothing more.
 */
#ifndef _PP_PORT_H
#define _PP_PORT_H

#ifdef __KERNEL__

#include <linux/types.h>
#include <linux/string.h>
#include <linux/slab.h>
#include <linux/mm.h>
#include <linux/minmax.h>
#include <linux/limits.h>
#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/in.h>

/* For packet work: never sleeps, may fail; the caller drops or falls back. */
static inline void *pp_alloc(size_t size)
{
	return kmalloc(size, GFP_ATOMIC | __GFP_NOWARN);
}

static inline void pp_free(const void *p)
{
	kfree(p);
}

/* For images and rulesets: process context, may be large, zeroed. */
static inline void *pp_alloc_big(size_t size)
{
	return kvzalloc(size, GFP_KERNEL_ACCOUNT);
}

static inline void pp_free_big(const void *p)
{
	kvfree(p);
}

#else /* user space */

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <linux/types.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
typedef int64_t s64;

#define min(a, b)	((a) < (b) ? (a) : (b))
#define max(a, b)	((a) > (b) ? (a) : (b))
#define min_t(t, a, b)	((t)(a) < (t)(b) ? (t)(a) : (t)(b))
#define max_t(t, a, b)	((t)(a) > (t)(b) ? (t)(a) : (t)(b))
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define U16_MAX		UINT16_MAX
#define U32_MAX		UINT32_MAX
#define U64_MAX		UINT64_MAX
#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)
#define BUILD_BUG_ON(c)	_Static_assert(!(c), #c)
#define fallthrough	__attribute__((__fallthrough__))
#define noinline	__attribute__((__noinline__))

/*
 * Tests set this to n to make the n-th packet-time allocation from now fail;
 * 0 never fails. Thread-local, so that parallel tests do not disturb each other.
 */
extern __thread unsigned long pp_alloc_fail_nth;

static inline void *pp_alloc(size_t size)
{
	if (pp_alloc_fail_nth && !--pp_alloc_fail_nth)
		return NULL;
	return malloc(size);
}

static inline void pp_free(const void *p)
{
	free((void *)p);
}

static inline void *pp_alloc_big(size_t size)
{
	return calloc(1, size);
}

static inline void pp_free_big(const void *p)
{
	free((void *)p);
}

#endif /* __KERNEL__ */

/**
 * pp_port_pull() - contiguous view of part of a packet's payload
 * @pkt: the packet, whatever the world calls one
 * @off: byte offset in the payload
 * @len: bytes wanted, 1 to PP_PULL_MAX, inside the payload
 * @buf: room for @len bytes, used where the payload is not contiguous
 *
 * Provided by each world. Does not change the packet.
 *
 * Return: pointer to @len bytes, valid until the next call for the same packet
 * with the same @buf; NULL if they cannot be read.
 */
const u8 *pp_port_pull(void *pkt, u32 off, u32 len, u8 *buf);

#define PP_PULL_MAX	2048

struct pp_scratch;

/**
 * pp_port_scratch() - working memory for one packet
 *
 * Provided by each world: one object per context that can run the core at the
 * same time (per CPU in the module, where the core runs with bottom halves off;
 * per thread in user space). Its content between calls is of no interest.
 *
 * Return: the object; never NULL.
 */
struct pp_scratch *pp_port_scratch(void);

/**
 * pp_scratch_size() - bytes that pp_port_scratch() must provide
 */
size_t pp_scratch_size(void);

#endif /* _PP_PORT_H */
