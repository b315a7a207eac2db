/* SPDX-License-Identifier: GPL-2.0 */
/* Percent-decoding. */
#ifndef VULN_TEXT_H
#define VULN_TEXT_H

#include <stdbool.h>

#include "buf.h"

void text_percent_decode(struct buf *out, const char *s, size_t n,
			 bool plus_is_blank);

#endif
