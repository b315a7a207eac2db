// SPDX-License-Identifier: GPL-2.0
/*
 * CVE-2021-44228: text that is logged is searched for ${lookup:argument}.
 * Lookups nest, and their results are searched again, so that "jndi:" need
 * not stand in the text in one piece.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "httpd.h"
#include "pwned.h"
#include "text.h"

/* Deeper nesting is logged as it is. */
#define MAX_DEPTH 64

/* Lookups in one text; results being searched again can make them explode. */
#define MAX_LOOKUPS 100000

static unsigned int lookups;

static void expand(struct buf *out, const char *s, size_t n, int depth);

static bool prefixed(const struct buf *b, const char *prefix)
{
	return !strncasecmp(buf_text(b), prefix, strlen(prefix));
}

/* The value of one lookup whose name has been expanded already. */
static void resolve(struct buf *out, const struct buf *name, int depth)
{
	struct buf value = { 0 };
	const char *dflt;
	size_t i;

	if (prefixed(name, "jndi:"))
		pwned("log4j", name->p, name->len);
	if (prefixed(name, "lower:") || prefixed(name, "upper:")) {
		buf_add(&value, name->p + 6, name->len - 6);
		for (i = 0; i < value.len; i++)
			value.p[i] = prefixed(name, "lower:") ?
				tolower((unsigned char)value.p[i]) :
				toupper((unsigned char)value.p[i]);
	} else {
		/* Nothing else is known here, but it may have a default. */
		dflt = strstr(buf_text(name), ":-");
		if (dflt)
			buf_str(&value, dflt + 2);
	}
	expand(out, buf_text(&value), value.len, depth + 1);
	buf_free(&value);
}

/*
 * For each "${" the offset of its "}", or 0. An opener that is never closed
 * does not hide the ones inside it.
 */
static size_t *match_braces(const char *s, size_t n)
{
	size_t *end = calloc(n + 1, sizeof(*end));
	size_t *stack = malloc((n / 2 + 1) * sizeof(*stack));
	size_t i, depth = 0;

	if (!end || !stack)
		abort();
	for (i = 0; i < n; i++) {
		if (s[i] == '$' && i + 1 < n && s[i + 1] == '{')
			stack[depth++] = i++;
		else if (s[i] == '}' && depth)
			end[stack[--depth]] = i;
	}
	free(stack);
	return end;
}

static void expand(struct buf *out, const char *s, size_t n, int depth)
{
	struct buf name = { 0 };
	size_t *end;
	size_t i;

	if (depth > MAX_DEPTH || lookups++ > MAX_LOOKUPS ||
	    !memchr(s, '$', n)) {
		buf_add(out, s, n);
		return;
	}
	end = match_braces(s, n);
	for (i = 0; i < n; i++) {
		if (!end[i]) {
			buf_add(out, s + i, 1);
			continue;
		}
		expand(&name, s + i + 2, end[i] - i - 2, depth + 1);
		resolve(out, &name, depth);
		buf_free(&name);
		i = end[i];
	}
	free(end);
}

static void log_text(const struct buf *b)
{
	struct buf line = { 0 };

	lookups = 0;
	expand(&line, buf_text(b), b->len, 0);
	buf_free(&line);
}

/**
 * log4j_serve() - log the target, every header value and the body
 * @r: the request
 * @reply: unchanged
 */
void log4j_serve(const struct http_request *r, struct http_reply *reply)
{
	struct buf target = { 0 };
	size_t i;

	(void)reply;
	text_percent_decode(&target, buf_text(&r->target), r->target.len,
			    false);
	log_text(&target);
	buf_free(&target);
	for (i = 0; i < r->nr_headers; i++)
		log_text(&r->headers[i].value);
	log_text(&r->body);
}
