// SPDX-License-Identifier: GPL-2.0
/*
 * CVE-2000-0573: wu-ftpd 2.6.0 gives the argument of SITE EXEC to a function
 * of the printf family as its format. Here is such a function, small enough
 * to be predictable: its conversions walk up a stack frame of a known size.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ftpd.h"

/* Our own choice: how many words a format can take before it leaves the frame. */
#define FRAME_WORDS 8

/**
 * wuftpd_site_exec() - format the reply to SITE EXEC
 * @out: the text is appended here
 * @fmt: the argument, which is the flaw
 */
void wuftpd_site_exec(struct buf *out, const char *fmt)
{
	uintptr_t *frame = calloc(FRAME_WORDS, sizeof(*frame));
	size_t i = 0;

	if (!frame)
		abort();
	for (; *fmt; fmt++) {
		if (*fmt != '%' || fmt[1] == '%') {
			buf_add(out, fmt, 1);
			fmt += *fmt == '%';
			continue;
		}
		fmt += 1 + strspn(fmt + 1, "#0- +'*.$0123456789hlLqjzt");
		switch (*fmt) {
		case '\0':
			fmt--;
			break;
		case 'n':
			/* A write to wherever the frame says. */
			*(volatile int *)frame[i++] = (int)out->len;
			break;
		default:
			buf_printf(out, "%#lx", (unsigned long)frame[i++]);
			break;
		}
	}
	free(frame);
}
