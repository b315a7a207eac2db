// SPDX-License-Identifier: GPL-2.0
/*
 * CVE-2001-0500, the hole of Code Red: idq.dll copies the query of a request
 * for an .ida or .idq file into a fixed buffer. The size is the advisory's
 * (eEye AD20010618): about 240 bytes.
 */
#include <string.h>
#include <strings.h>

#include "httpd.h"

#define IDQ_BUFFER 240

static size_t __attribute__((noinline)) idq_query(const char *query)
{
	char buffer[IDQ_BUFFER];

	strcpy(buffer, query);
	return strcspn(buffer, "&");
}

/**
 * ida_serve() - hand .ida and .idq requests to the index server
 * @r: the request
 * @reply: becomes the index server's
 */
void ida_serve(const struct http_request *r, struct http_reply *reply)
{
	const char *ext;

	if (r->path.len < 4)
		return;
	ext = r->path.p + r->path.len - 4;
	if (strcasecmp(ext, ".ida") && strcasecmp(ext, ".idq"))
		return;
	reply->status = 200;
	buf_printf(&reply->body, "index: word of %zu bytes\n",
		   idq_query(r->has_query ? buf_text(&r->query) : ""));
}
