// SPDX-License-Identifier: GPL-2.0
/* Memory for formatted extack messages, on kernels where extack has none. */
#include <linux/atomic.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "extack.h"

#ifdef PP_COMPAT_EXTACK

#define MESSAGE_LEN	80
#define SLOTS		4

/*
 * A message must stay until the core has copied it to the answer, which is after
 * the handler returned; nothing tells when. So messages are never freed but
 * written over, and what is written over only ever holds messages of one length:
 * whoever still reads it while that happens sees a mixture of two messages, but
 * a string of the length it measured, with its NUL in place. For that to be seen
 * at all, as many other requests must be refused in the middle of one answer as
 * there are slots.
 */
static char messages[MESSAGE_LEN][SLOTS][MESSAGE_LEN];
static atomic_t next[MESSAGE_LEN];

/**
 * pp_compat_message() - format a message that stays readable
 * @fmt: as for printf()
 *
 * Context: any.
 *
 * Return: the message; its text may change later, its length never.
 */
const char *pp_compat_message(const char *fmt, ...)
{
	char text[MESSAGE_LEN], *slot;
	va_list args;
	int len;

	va_start(args, fmt);
	len = vscnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	slot = messages[len][(unsigned int)atomic_inc_return(&next[len]) % SLOTS];
	memcpy(slot, text, len);
	return slot;
}

#endif /* PP_COMPAT_EXTACK */
