// SPDX-License-Identifier: GPL-2.0
/* The core's port to user space: see kmod/core/port.h and core.h. */
#include "watch.h"

#include <stdio.h>

__thread unsigned long pp_alloc_fail_nth;

/**
 * pp_port_scratch() - working memory for one packet, one per thread
 *
 * Return: the object; it lives as long as the process.
 */
struct pp_scratch *pp_port_scratch(void)
{
	static __thread void *scratch;

	if (!scratch) {
		scratch = calloc(1, pp_scratch_size());
		if (!scratch) {
			fputs("out of memory\n", stderr);
			exit(1);
		}
	}
	return scratch;
}

/**
 * pp_port_pull() - contiguous view of part of a packet's payload
 * @pkt: a struct payload
 * @off: byte offset in it
 * @len: bytes wanted
 * @buf: room for @len bytes
 *
 * Return: the bytes, or NULL if they are not there.
 */
const u8 *pp_port_pull(void *pkt, u32 off, u32 len, u8 *buf)
{
	const struct payload *p = pkt;

	if (p->unreadable || off > p->len || len > p->len - off)
		return NULL;
	if (!p->scattered)
		return p->data + off;
	memcpy(buf, p->data + off, len);
	return buf;
}

/**
 * pp_port_edit() - an edit was made for the first time
 * @ctx: a struct watch, or NULL
 * @dir: direction
 * @info: the edit
 */
void pp_port_edit(void *ctx, int dir, const struct pp_edit_info *info)
{
	struct watch *w = ctx;

	if (w && w->edit)
		w->edit(w->priv, dir, info);
}

/**
 * pp_port_count() - add to a counter
 * @ctx: a struct watch, or NULL
 * @counter: enum patchproxy_counter
 * @n: how much
 */
void pp_port_count(void *ctx, int counter, u64 n)
{
	struct watch *w = ctx;

	if (w)
		w->counters[counter] += n;
}

/**
 * pp_port_note() - something else happened that an operator wants to know
 * @ctx: a struct watch, or NULL
 * @dir: direction
 * @event: enum patchproxy_event
 * @reason: text
 */
void pp_port_note(void *ctx, int dir, int event, const char *reason)
{
	struct watch *w = ctx;

	if (w && w->note)
		w->note(w->priv, dir, event, reason);
}

/**
 * watch_counter_name - name of a counter
 * @counter: enum patchproxy_counter
 *
 * Return: the name.
 */
const char *watch_counter_name(int counter)
{
#define COUNTER_NAME(name, doc) #name,
	static const char *const names[] = { PATCHPROXY_COUNTERS(COUNTER_NAME) };
#undef COUNTER_NAME

	return names[counter];
}
