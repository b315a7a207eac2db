// SPDX-License-Identifier: GPL-2.0
/*
 * CVE-2011-3192: every range of a Range header costs a bucket of memory, and
 * nothing limits their number. The real server ran out of memory; here the
 * buckets are a table of fixed size, so that it shows at once.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "httpd.h"

/* README says where this comes from: the advisories give no number. */
#define MAX_BUCKETS 200

#define BOUNDARY "toy-ranges"

struct bucket {
	size_t first;
	size_t last;
};

enum spec { SPEC_BAD, SPEC_OUTSIDE, SPEC_OK };

static bool number(const char **s, uint64_t *v)
{
	if (!isdigit((unsigned char)**s))
		return false;
	for (*v = 0; isdigit((unsigned char)**s); ++*s)
		if (*v < UINT64_MAX / 20)
			*v = *v * 10 + (**s - '0');
	return true;
}

/* One "first-last", "first-" or "-count"; @s ends up at the next comma or NUL. */
static enum spec parse_spec(const char **s, size_t size, struct bucket *b)
{
	uint64_t first = 0, last = size - 1, count;

	if (**s == '-') {
		++*s;
		if (!number(s, &count))
			return SPEC_BAD;
		first = count < size ? size - count : 0;
		if (!count)
			first = size;
	} else {
		if (!number(s, &first))
			return SPEC_BAD;
		*s += strspn(*s, " \t");
		if (**s != '-')
			return SPEC_BAD;
		++*s;
		*s += strspn(*s, " \t");
		if (isdigit((unsigned char)**s))
			number(s, &last);
	}
	*s += strspn(*s, " \t");
	if (**s && **s != ',')
		return SPEC_BAD;
	if (last >= size)
		last = size - 1;
	if (first > last)
		return SPEC_OUTSIDE;
	b->first = first;
	b->last = last;
	return SPEC_OK;
}

static void part(struct buf *out, const struct buf *whole,
		 const struct bucket *b)
{
	buf_add(out, whole->p + b->first, b->last - b->first + 1);
}

static void answer(struct http_reply *reply, const struct bucket *table,
		   size_t n)
{
	struct buf out = { 0 };
	size_t i;

	reply->status = 206;
	if (n == 1) {
		buf_printf(&reply->extra, "Content-Range: bytes %zu-%zu/%zu\r\n",
			   table->first, table->last, reply->body.len);
		part(&out, &reply->body, table);
	} else {
		for (i = 0; i < n; i++) {
			buf_printf(&out, "\r\n--" BOUNDARY
				   "\r\nContent-Range: bytes %zu-%zu/%zu\r\n\r\n",
				   table[i].first, table[i].last,
				   reply->body.len);
			part(&out, &reply->body, &table[i]);
		}
		buf_str(&out, "\r\n--" BOUNDARY "--\r\n");
		reply->type = "multipart/byteranges; boundary=" BOUNDARY;
	}
	buf_free(&reply->body);
	reply->body = out;
}

/**
 * range_serve() - cut a complete reply into the ranges asked for
 * @r: the request
 * @reply: becomes 206 or 416 if the request has a usable Range
 *
 * Ranges are taken one by one until one cannot be parsed, as the real server
 * did: a bad one at the end does not save it.
 */
void range_serve(const struct http_request *r, struct http_reply *reply)
{
	struct bucket *table, one = { 0 };
	enum spec spec = SPEC_OK;
	struct buf value = { 0 };
	const char *s;
	size_t n = 0;

	if (reply->status != 200 || !reply->body.len)
		return;
	if (!http_joined(r, "Range", &value) &&
	    !http_joined(r, "Request-Range", &value))
		return;
	s = buf_text(&value);
	if (strncasecmp(s, "bytes=", 6)) {
		buf_free(&value);
		return;
	}
	table = calloc(MAX_BUCKETS, sizeof(*table));
	if (!table)
		abort();
	s += 6;
	while (spec != SPEC_BAD) {
		s += strspn(s, ", \t");
		if (!*s)
			break;
		spec = parse_spec(&s, reply->body.len, &one);
		if (spec == SPEC_OK)
			table[n++] = one;
	}
	if (n) {
		answer(reply, table, n);
	} else if (spec == SPEC_OUTSIDE) {
		reply->status = 416;
		buf_free(&reply->body);
	}
	free(table);
	buf_free(&value);
}
