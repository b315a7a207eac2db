// SPDX-License-Identifier: GPL-2.0
/*
 * CVE-2014-6271: a CGI program is started by a shell that takes every
 * environment variable whose value begins with "() {" for a function
 * definition, and goes on to run what follows it.
 */
#include <string.h>

#include "httpd.h"
#include "pwned.h"

static void import(const struct buf *value)
{
	static const char definition[] = "() {";

	if (value->len >= sizeof(definition) - 1 &&
	    !memcmp(value->p, definition, sizeof(definition) - 1))
		pwned("shellshock", value->p, value->len);
}

/**
 * shellshock_serve() - start a CGI program
 * @r: the request
 * @reply: unchanged
 *
 * Each header field is a variable of its own; a server that joins repeated
 * ones gives the shell less to find. SERVER_PROTOCOL is what follows the
 * target in the request line, as older servers passed it on unchecked.
 */
void shellshock_serve(const struct http_request *r, struct http_reply *reply)
{
	size_t i;

	(void)reply;
	import(&r->method);
	import(&r->target);
	import(&r->path);
	import(&r->query);
	import(&r->protocol);
	for (i = 0; i < r->nr_headers; i++)
		import(&r->headers[i].value);
}
