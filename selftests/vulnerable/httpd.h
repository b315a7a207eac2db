/* SPDX-License-Identifier: GPL-2.0 */
/* What httpd.c asks of the flaws: one function each, run on every complete request. */
#ifndef VULN_HTTPD_H
#define VULN_HTTPD_H

#include "http.h"

/**
 * struct http_reply - a reply before it is framed
 * @status: its status code
 * @type: its Content-Type
 * @extra: more header lines, each with its CRLF
 * @body: its body
 */
struct http_reply {
	int status;
	const char *type;
	struct buf extra;
	struct buf body;
};

void ida_serve(const struct http_request *r, struct http_reply *reply);
void shellshock_serve(const struct http_request *r, struct http_reply *reply);
void log4j_serve(const struct http_request *r, struct http_reply *reply);
void phpcgi_serve(const struct http_request *r, struct http_reply *reply);
void range_serve(const struct http_request *r, struct http_reply *reply);

#endif
