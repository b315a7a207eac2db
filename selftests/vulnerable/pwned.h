/* SPDX-License-Identifier: GPL-2.0 */
/* Where a flaw that runs the attacker's commands ends in these servers. */
#ifndef VULN_PWNED_H
#define VULN_PWNED_H

#include <stddef.h>

void pwned(const char *flaw, const char *what, size_t len)
	__attribute__((noreturn));

#endif
