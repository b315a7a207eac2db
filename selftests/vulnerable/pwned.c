// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>

#include "pwned.h"

/**
 * pwned() - stands for "the attacker's command now runs"
 * @flaw: the flaw's name
 * @what: what would have been run; it is only printed
 * @len: its length
 *
 * Nothing is ever executed. The process ends with SIGABRT, as it does when a
 * sanitizer finds a memory error.
 */
void pwned(const char *flaw, const char *what, size_t len)
{
	size_t i;

	fprintf(stderr, "pwned: %s: ", flaw);
	for (i = 0; i < len && i < 60; i++)
		fputc(what[i] < ' ' || what[i] > '~' ? '.' : what[i], stderr);
	fputc('\n', stderr);
	fflush(stderr);
	abort();
}
