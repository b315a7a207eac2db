// SPDX-License-Identifier: GPL-2.0
/*
 * CVE-2012-1823: a query without "=" becomes the command line of the CGI
 * program, and php-cgi takes options from it: -s shows the source, -d sets
 * any configuration value.
 */
#include <string.h>

#include "httpd.h"
#include "pwned.h"
#include "text.h"

static void options(const char *word)
{
	const char *s;

	for (s = word + 1; *s; s++) {
		if (*s == 's' || *s == 'd')
			pwned("phpcgi", word, strlen(word));
		/* The other letters that take no argument. */
		if (!strchr("aehilmnqvw", *s))
			return;
	}
}

/**
 * phpcgi_serve() - run php-cgi
 * @r: the request
 * @reply: unchanged
 */
void phpcgi_serve(const struct http_request *r, struct http_reply *reply)
{
	struct buf args = { 0 };
	char *word, *save;

	(void)reply;
	if (!r->has_query || memchr(buf_text(&r->query), '=', r->query.len))
		return;
	text_percent_decode(&args, buf_text(&r->query), r->query.len, true);
	if (args.p) {
		for (word = args.p; *word; word++)
			if ((unsigned char)*word > ' ')
				break;
		/* getopt stops at the first word that is not an option. */
		for (word = strtok_r(word, " \t\r\n\v\f", &save);
		     word && *word == '-';
		     word = strtok_r(NULL, " \t\r\n\v\f", &save))
			options(word);
	}
	buf_free(&args);
}
