// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>

#include "text.h"

static int hex(char c)
{
	if (!isxdigit((unsigned char)c))
		return -1;
	return isdigit((unsigned char)c) ? c - '0' : (c | 0x20) - 'a' + 10;
}

/**
 * text_percent_decode() - undo percent-encoding, once
 * @out: the decoded bytes are appended here
 * @s: encoded text
 * @n: its length
 * @plus_is_blank: "+" stands for " ", as in a form or a CGI command line
 *
 * A "%" that no two hex digits follow stands for itself.
 */
void text_percent_decode(struct buf *out, const char *s, size_t n,
			 bool plus_is_blank)
{
	size_t i;
	char c;

	for (i = 0; i < n; i++) {
		c = s[i];
		if (c == '%' && i + 2 < n && hex(s[i + 1]) >= 0 &&
		    hex(s[i + 2]) >= 0) {
			c = hex(s[i + 1]) * 16 + hex(s[i + 2]);
			i += 2;
		} else if (c == '+' && plus_is_blank) {
			c = ' ';
		}
		buf_add(out, &c, 1);
	}
}
