/* SPDX-License-Identifier: GPL-2.0 */
/* A copy of what recv() returned, on disk before anybody looks at it. */
#ifndef VULN_RECORD_H
#define VULN_RECORD_H

#include <stddef.h>

int record_open(unsigned int a, unsigned int b);
void record_add(int fd, const void *p, size_t n);

#endif
