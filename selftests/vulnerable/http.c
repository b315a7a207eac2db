// SPDX-License-Identifier: GPL-2.0
/*
 * As liberal as the servers it stands for: lines may end in a bare LF, empty
 * lines may come before a request, a header may be folded and may have white
 * space before its colon, a line without a colon is skipped, the target may be
 * an absolute URI, a request may be HTTP/0.9, and an unknown protocol word
 * counts as HTTP/1.0. A NUL in the head, two different Content-Lengths, or a
 * transfer coding other than chunked are refused.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http.h"
#include "text.h"

static void fail(struct http_request *r, int status)
{
	r->state = HTTP_ERROR;
	r->status = status;
}

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

static void add_trimmed(struct buf *b, const char *s, size_t n)
{
	while (n && blank(s[0]))
		s++, n--;
	while (n && blank(s[n - 1]))
		n--;
	buf_add(b, s, n);
}

/* "http://host/path" -> "/path"; anything else stays. */
static const char *strip_authority(const char *s, size_t *n)
{
	const char *slashes = memmem(s, *n, "://", 3);
	const char *path, *end = s + *n;

	if (!slashes || !isalpha((unsigned char)s[0]) ||
	    memchr(s, '?', slashes - s) || memchr(s, '/', slashes - s))
		return s;
	for (path = slashes + 3; path < end; path++)
		if (*path == '/' || *path == '?')
			break;
	*n = end - path;
	return path;
}

static void parse_target(struct http_request *r)
{
	size_t n = r->target.len;
	const char *s = strip_authority(buf_text(&r->target), &n);
	const char *mark = memchr(s, '?', n);
	size_t path_len = mark ? (size_t)(mark - s) : n;

	if (path_len)
		text_percent_decode(&r->path, s, path_len, false);
	else
		buf_str(&r->path, "/");
	r->has_query = mark;
	if (mark)
		buf_add(&r->query, mark + 1, n - path_len - 1);
}

static void parse_request_line(struct http_request *r, const char *s, size_t n)
{
	struct buf *word[2] = { &r->method, &r->target };
	size_t i, len;

	for (i = 0; i < 2; i++) {
		while (n && blank(*s))
			s++, n--;
		for (len = 0; len < n && !blank(s[len]); len++)
			;
		buf_add(word[i], s, len);
		s += len;
		n -= len;
	}
	add_trimmed(&r->protocol, s, n);
	if (!r->target.len) {
		fail(r, 400);
		return;
	}
	parse_target(r);
	if (!r->protocol.len) {
		r->minor = -1;
		r->state = HTTP_DONE;
		return;
	}
	if (!strncasecmp(r->protocol.p, "HTTP/1.", 7))
		r->minor = atoi(r->protocol.p + 7) ? 1 : 0;
	else
		r->minor = 0;
	r->state = HTTP_HEADERS;
}

static void parse_header(struct http_request *r, const char *s, size_t n)
{
	struct http_header *h;
	const char *colon;

	if (blank(*s)) {
		if (!r->nr_headers)
			return;
		h = &r->headers[r->nr_headers - 1];
		if (h->value.len)
			buf_str(&h->value, " ");
		add_trimmed(&h->value, s, n);
		return;
	}
	colon = memchr(s, ':', n);
	if (!colon)
		return;
	if (r->nr_headers == HTTP_MAX_HEADERS) {
		fail(r, 431);
		return;
	}
	if (!r->headers)
		r->headers = calloc(HTTP_MAX_HEADERS, sizeof(*r->headers));
	if (!r->headers) {
		fail(r, 500);
		return;
	}
	h = &r->headers[r->nr_headers++];
	add_trimmed(&h->name, s, colon - s);
	add_trimmed(&h->value, colon + 1, n - (colon + 1 - s));
}

/**
 * http_joined() - the value of a header, repeated ones joined with ", "
 * @r: the request
 * @name: the header's name in any case
 * @out: the value is appended here
 *
 * Return: true if there was such a header.
 */
bool http_joined(const struct http_request *r, const char *name,
		 struct buf *out)
{
	bool found = false;
	size_t i;

	for (i = 0; i < r->nr_headers; i++) {
		if (strcasecmp(buf_text(&r->headers[i].name), name))
			continue;
		if (found)
			buf_str(out, ", ");
		buf_add(out, r->headers[i].value.p, r->headers[i].value.len);
		found = true;
	}
	return found;
}

/* One "word" of a comma-separated list. */
static bool has_word(const char *list, const char *word)
{
	size_t n = strlen(word), len;

	while (*list) {
		list += strspn(list, ", \t");
		len = strcspn(list, ", \t");
		if (len == n && !strncasecmp(list, word, n))
			return true;
		list += len;
	}
	return false;
}

static void parse_length(struct http_request *r, const char *list)
{
	bool first = true;
	uint64_t v;

	do {
		list += strspn(list, " \t");
		if (!isdigit((unsigned char)*list)) {
			fail(r, 400);
			return;
		}
		for (v = 0; isdigit((unsigned char)*list); list++) {
			if (v > (UINT64_MAX >> 1) / 10 - 1) {
				fail(r, 413);
				return;
			}
			v = v * 10 + (*list - '0');
		}
		list += strspn(list, " \t");
		if ((*list && *list != ',') || (!first && v != r->left)) {
			fail(r, 400);
			return;
		}
		r->left = v;
		first = false;
	} while (*list++ == ',');
	r->state = r->left ? HTTP_BODY : HTTP_DONE;
}

static void head_complete(struct http_request *r)
{
	struct buf v = { 0 };

	r->keep = r->minor == 1;
	if (http_joined(r, "Connection", &v)) {
		if (has_word(buf_text(&v), "close"))
			r->keep = false;
		else if (has_word(buf_text(&v), "keep-alive"))
			r->keep = true;
	}
	buf_free(&v);
	r->state = HTTP_DONE;
	if (http_joined(r, "Transfer-Encoding", &v)) {
		if (!strcasecmp(buf_text(&v), "chunked"))
			r->state = HTTP_CHUNK_SIZE;
		else
			fail(r, 501);
	} else if (http_joined(r, "Content-Length", &v)) {
		parse_length(r, buf_text(&v));
	}
	buf_free(&v);
	if (r->state == HTTP_DONE || r->state == HTTP_ERROR || r->minor < 1)
		return;
	if (http_joined(r, "Expect", &v))
		r->expect_continue = has_word(buf_text(&v), "100-continue");
	buf_free(&v);
}

static void parse_chunk_size(struct http_request *r, const char *s)
{
	char *end;

	s += strspn(s, " \t");
	if (!isxdigit((unsigned char)*s)) {
		fail(r, 400);
		return;
	}
	r->left = strtoull(s, &end, 16);
	end += strspn(end, " \t");
	if ((*end && *end != ';') || r->left >> 62)
		fail(r, 400);
	else
		r->state = r->left ? HTTP_CHUNK_DATA : HTTP_TRAILERS;
}

static void parse_line(struct http_request *r)
{
	const char *s = buf_text(&r->line);
	size_t n = r->line.len;

	if (n && s[n - 1] == '\r')
		r->line.p[--n] = '\0';
	if (memchr(s, '\0', n)) {
		fail(r, 400);
		return;
	}
	switch (r->state) {
	case HTTP_REQUEST_LINE:
		if (n)
			parse_request_line(r, s, n);
		break;
	case HTTP_HEADERS:
		if (n)
			parse_header(r, s, n);
		else
			head_complete(r);
		break;
	case HTTP_CHUNK_SIZE:
		parse_chunk_size(r, s);
		break;
	case HTTP_CHUNK_END:
		if (n)
			fail(r, 400);
		else
			r->state = HTTP_CHUNK_SIZE;
		break;
	case HTTP_TRAILERS:
		if (!n)
			r->state = HTTP_DONE;
		break;
	default:
		break;
	}
}

static size_t take_line(struct http_request *r, const char *p, size_t n)
{
	const char *lf = memchr(p, '\n', n);
	size_t take = lf ? (size_t)(lf - p) : n;

	r->head_len += take + 1;
	if (r->line.len + take > HTTP_MAX_LINE || r->head_len > HTTP_MAX_HEAD) {
		fail(r, r->state == HTTP_REQUEST_LINE ? 414 : 431);
		return 0;
	}
	buf_add(&r->line, p, take);
	if (!lf)
		return take;
	parse_line(r);
	r->line.len = 0;
	if (r->state == HTTP_CHUNK_SIZE || r->state == HTTP_CHUNK_DATA)
		r->head_len = 0;
	return take + 1;
}

static size_t take_body(struct http_request *r, size_t n, const char *p)
{
	if (n > r->left)
		n = r->left;
	if (r->body.len + n <= HTTP_MAX_BODY_KEPT)
		buf_add(&r->body, p, n);
	r->body_len += n;
	r->left -= n;
	if (!r->left)
		r->state = r->state == HTTP_BODY ? HTTP_DONE : HTTP_CHUNK_END;
	return n;
}

/**
 * http_feed() - parse what has arrived
 * @r: the request; all zero, or as http_reset() left it, before the first byte
 * @p: the bytes
 * @n: how many
 *
 * Return: how many bytes were taken. Stops behind the last byte of the request:
 * then the state is HTTP_DONE or HTTP_ERROR and nothing more may be fed.
 */
size_t http_feed(struct http_request *r, const char *p, size_t n)
{
	size_t done = 0;

	while (done < n && r->state != HTTP_DONE && r->state != HTTP_ERROR) {
		if (r->state == HTTP_BODY || r->state == HTTP_CHUNK_DATA)
			done += take_body(r, n - done, p + done);
		else
			done += take_line(r, p + done, n - done);
	}
	return done;
}

/**
 * http_reset() - forget a request
 * @r: all zero afterwards
 */
void http_reset(struct http_request *r)
{
	size_t i;

	for (i = 0; i < r->nr_headers; i++) {
		buf_free(&r->headers[i].name);
		buf_free(&r->headers[i].value);
	}
	free(r->headers);
	buf_free(&r->line);
	buf_free(&r->method);
	buf_free(&r->target);
	buf_free(&r->protocol);
	buf_free(&r->path);
	buf_free(&r->query);
	buf_free(&r->body);
	memset(r, 0, sizeof(*r));
}
