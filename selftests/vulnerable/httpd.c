// SPDX-License-Identifier: GPL-2.0
/* A small web server that has, besides its own code, one flaw at a time. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "conn.h"
#include "httpd.h"
#include "options.h"

typedef void (*serve_fn)(const struct http_request *r,
			 struct http_reply *reply);

static const char *const flaw_names[] = {
	"ida", "shellshock", "log4j", "phpcgi", "range", NULL
};

static const serve_fn flaw_serve[] = {
	ida_serve, shellshock_serve, log4j_serve, phpcgi_serve, range_serve,
};

static serve_fn flaw;

static const char *reason(int status)
{
	switch (status) {
	case 200: return "OK";
	case 206: return "Partial Content";
	case 400: return "Bad Request";
	case 404: return "Not Found";
	case 405: return "Method Not Allowed";
	case 413: return "Content Too Large";
	case 414: return "URI Too Long";
	case 416: return "Range Not Satisfiable";
	case 431: return "Request Header Fields Too Large";
	case 501: return "Not Implemented";
	}
	return "Internal Server Error";
}

/* 4096 bytes whose content tells their place. */
static void pattern(struct buf *b)
{
	int i;

	for (i = 0; i < 256; i++)
		buf_printf(b, "line %03d of 256\n", i);
}

static void page(const struct http_request *r, struct http_reply *reply)
{
	static const char *const pages[] = {
		"/", "/index.html", "/index.php", "/cgi-bin/status", NULL
	};
	const char *path = buf_text(&r->path);
	int i;

	reply->type = "text/plain";
	if (!strcasecmp(buf_text(&r->method), "CONNECT")) {
		reply->status = 405;
		return;
	}
	reply->status = 200;
	if (!strcmp(path, "/file")) {
		pattern(&reply->body);
		return;
	}
	if (!strcmp(path, "/echo")) {
		buf_add(&reply->body, r->body.p, r->body.len);
		return;
	}
	for (i = 0; pages[i]; i++) {
		if (strcmp(path, pages[i]))
			continue;
		buf_printf(&reply->body, "%s %s, %llu bytes of body\n",
			   buf_text(&r->method), path,
			   (unsigned long long)r->body_len);
		return;
	}
	reply->status = 404;
}

static void send_reply(struct conn *c, const struct http_request *r,
		       struct http_reply *reply)
{
	if (reply->status >= 400 && !reply->body.len)
		buf_printf(&reply->body, "%d %s\n", reply->status,
			   reason(reply->status));
	if (r->minor >= 0) {
		buf_printf(&c->out, "HTTP/1.1 %d %s\r\nServer: toy\r\n",
			   reply->status, reason(reply->status));
		buf_printf(&c->out, "Content-Type: %s\r\n%s",
			   reply->type, buf_text(&reply->extra));
		buf_printf(&c->out, "Content-Length: %zu\r\n",
			   reply->body.len);
		buf_printf(&c->out, "Connection: %s\r\n\r\n",
			   r->keep ? "keep-alive" : "close");
	}
	if (strcasecmp(buf_text(&r->method), "HEAD"))
		buf_add(&c->out, reply->body.p, reply->body.len);
}

static void respond(struct conn *c, struct http_request *r)
{
	struct http_reply reply = { .type = "text/plain" };

	if (r->state == HTTP_ERROR) {
		reply.status = r->status;
		r->keep = false;
	} else {
		page(r, &reply);
		if (flaw)
			flaw(r, &reply);
	}
	send_reply(c, r, &reply);
	buf_free(&reply.extra);
	buf_free(&reply.body);
}

static void httpd_open(struct conn *c)
{
	c->priv = calloc(1, sizeof(struct http_request));
	if (!c->priv)
		abort();
}

static void httpd_input(struct conn *c)
{
	struct http_request *r = c->priv;
	bool keep;

	while (c->in.len && !conn_congested(c)) {
		buf_drop(&c->in, http_feed(r, c->in.p, c->in.len));
		if (r->expect_continue && r->state != HTTP_DONE &&
		    r->state != HTTP_ERROR) {
			r->expect_continue = false;
			if (!r->body_len)
				buf_str(&c->out, "HTTP/1.1 100 Continue\r\n\r\n");
		}
		if (r->state != HTTP_DONE && r->state != HTTP_ERROR)
			continue;
		respond(c, r);
		keep = r->keep;
		http_reset(r);
		if (!keep) {
			conn_finish(c);
			return;
		}
	}
	if (c->eof && !c->in.len)
		conn_finish(c);
}

static void httpd_close(struct conn *c)
{
	http_reset(c->priv);
	free(c->priv);
}

/**
 * main() - see README
 * @argc: number of arguments
 * @argv: the arguments
 *
 * Return: 0 after SIGTERM.
 */
int main(int argc, char **argv)
{
	static const struct conn_ops ops = {
		.open = httpd_open,
		.input = httpd_input,
		.close = httpd_close,
	};
	int fd, i;

	options_parse(argc, argv, flaw_names, 80);
	for (i = 0; flaw_names[i]; i++)
		if (!strcmp(options.flaw, flaw_names[i]))
			flaw = flaw_serve[i];
	fd = options_socket(SOCK_STREAM);
	conn_listen(fd, &ops);
	options_ready(fd);
	return loop_run();
}
