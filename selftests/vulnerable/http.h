/* SPDX-License-Identifier: GPL-2.0 */
/* A liberal, incremental HTTP/1.x request parser. */
#ifndef VULN_HTTP_H
#define VULN_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"

#define HTTP_MAX_HEADERS 2048
#define HTTP_MAX_LINE 65536
#define HTTP_MAX_HEAD 262144
#define HTTP_MAX_BODY_KEPT (16 << 20)

/**
 * struct http_header - one header field
 * @name: as sent, without white space round it
 * @value: unfolded, without white space round it
 */
struct http_header {
	struct buf name;
	struct buf value;
};

enum http_state {
	HTTP_REQUEST_LINE,
	HTTP_HEADERS,
	HTTP_BODY,
	HTTP_CHUNK_SIZE,
	HTTP_CHUNK_DATA,
	HTTP_CHUNK_END,
	HTTP_TRAILERS,
	HTTP_DONE,
	HTTP_ERROR,
};

/**
 * struct http_request - one request, while and after it is parsed
 * @state: what comes next; HTTP_DONE when the request is complete
 * @status: the status to answer in HTTP_ERROR
 * @line: an incomplete line
 * @head_len: bytes of head so far
 * @method: up to the first blank of the request line
 * @target: up to the next blank, undecoded
 * @protocol: all the rest of the request line, "" in HTTP/0.9
 * @path: @target without scheme, authority and query, percent-decoded once
 * @query: @target after the first "?"; meaningless unless @has_query
 * @has_query: there was a "?"
 * @minor: HTTP/1.@minor; -1 for HTTP/0.9
 * @keep: the connection stays open after the reply
 * @expect_continue: the client waits for a 100; cleared by whoever sends it
 * @headers: the header fields in order, repeated ones apart
 * @nr_headers: how many
 * @left: bytes of body or chunk still to come
 * @body: the body without its framing, its first HTTP_MAX_BODY_KEPT bytes or so
 * @body_len: its whole length
 */
struct http_request {
	enum http_state state;
	int status;
	struct buf line;
	size_t head_len;
	struct buf method;
	struct buf target;
	struct buf protocol;
	struct buf path;
	struct buf query;
	bool has_query;
	int minor;
	bool keep;
	bool expect_continue;
	struct http_header *headers;
	size_t nr_headers;
	uint64_t left;
	struct buf body;
	uint64_t body_len;
};

size_t http_feed(struct http_request *r, const char *p, size_t n);
void http_reset(struct http_request *r);
bool http_joined(const struct http_request *r, const char *name,
		 struct buf *out);

#endif
