// SPDX-License-Identifier: GPL-2.0
/*
 * Servers on the command line: what is read, what is refused and why, and that
 * what is printed is read again as the same. Output: TAP.
 */
#include "server.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

struct case_ {
	const char *text;
	const char *canonical;	/* NULL: refused */
	const char *why;	/* part of the reason */
};

static const struct case_ cases[] = {
	/* IPv4 */
	{ "192.0.2.7",			"192.0.2.7", NULL },
	{ "192.0.2.7/32",		"192.0.2.7", NULL },
	{ "192.0.2.0/24",		"192.0.2.0/24", NULL },
	{ "192.0.2.7:80",		"192.0.2.7:80", NULL },
	{ "192.0.2.7:1",		"192.0.2.7:1", NULL },
	{ "192.0.2.7:65535",		"192.0.2.7:65535", NULL },
	{ "192.0.2.7/32:80",		"192.0.2.7:80", NULL },
	{ "192.0.2.0/24:8080",		"192.0.2.0/24:8080", NULL },
	{ "192.0.2.128/25",		"192.0.2.128/25", NULL },
	{ "192.0.2.6/31",		"192.0.2.6/31", NULL },
	{ "0.0.0.0/0",			"0.0.0.0/0", NULL },
	{ "0.0.0.0/0:80",		"0.0.0.0/0:80", NULL },
	{ "128.0.0.0/1",		"128.0.0.0/1", NULL },
	{ "255.255.255.255",		"255.255.255.255", NULL },
	/* IPv6 */
	{ "2001:db8::7",		"2001:db8::7", NULL },
	{ "2001:DB8:0:0::7",		"2001:db8::7", NULL },
	{ "2001:db8::7/128",		"2001:db8::7", NULL },
	{ "2001:db8::/32",		"2001:db8::/32", NULL },
	{ "[2001:db8::7]",		"2001:db8::7", NULL },
	{ "[2001:db8::7]:8080",		"[2001:db8::7]:8080", NULL },
	{ "[2001:db8::]/32:8080",	"[2001:db8::]/32:8080", NULL },
	{ "[2001:db8::/32]:8080",	"[2001:db8::]/32:8080", NULL },
	{ "2001:db8::/32:8080",		"[2001:db8::]/32:8080", NULL },
	{ "[2001:db8::7]/128",		"2001:db8::7", NULL },
	{ "[2001:db8::/32]",		"2001:db8::/32", NULL },
	{ "2001:db8::7:80",		"2001:db8::7:80", NULL },
	{ "::1",			"::1", NULL },
	{ "[::1]:80",			"[::1]:80", NULL },
	{ "::/0",			"::/0", NULL },
	{ "[::]/0:80",			"[::]/0:80", NULL },
	{ "64:ff9b::192.0.2.7",		"64:ff9b::c000:207", NULL },
	{ "fe80::1",			"fe80::1", NULL },
	{ "8000::/1",			"8000::/1", NULL },
	{ "2001:db8::fe/127",		"2001:db8::fe/127", NULL },
	/* Addresses that are none */
	{ "",				NULL, "address is missing" },
	{ ":80",			NULL, "address is missing" },
	{ "/24",			NULL, "address is missing" },
	{ "[]",				NULL, "address is missing" },
	{ "[]:80",			NULL, "address is missing" },
	{ "localhost",			NULL, "names are not looked up" },
	{ "www.example.net:80",		NULL, "names are not looked up" },
	{ "192.0.2",			NULL, "not an IPv4 or IPv6 address" },
	{ "192.0.2.256",		NULL, "not an IPv4 or IPv6 address" },
	{ "192.0.2.7.9",		NULL, "not an IPv4 or IPv6 address" },
	{ "192.0.2.07",			NULL, "not an IPv4 or IPv6 address" },
	{ " 192.0.2.7",			NULL, "not an IPv4 or IPv6 address" },
	{ "192.0.2.7 ",			NULL, "not an IPv4 or IPv6 address" },
	{ "-192.0.2.7",			NULL, "not an IPv4 or IPv6 address" },
	{ "3221225991",			NULL, "not an IPv4 or IPv6 address" },
	{ "2001:db8:::7",		NULL, "not an IPv4 or IPv6 address" },
	{ "2001:db8::7::1",		NULL, "not an IPv4 or IPv6 address" },
	{ "2001:db8::12345",		NULL, "not an IPv4 or IPv6 address" },
	{ "1:2:3:4:5:6:7:8:9",		NULL, "not an IPv4 or IPv6 address" },
	{ "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000", NULL, "not an IPv4 or IPv6" },
	{ "[192.0.2.7]:80",		NULL, "in brackets is not an IPv6 address" },
	{ "[2001:db8::7",		NULL, "closing bracket is missing" },
	{ "[[2001:db8::7]]",		NULL, "in brackets is not an IPv6 address" },
	{ "fe80::1%eth0",		NULL, "a zone" },
	{ "[fe80::1%eth0]:80",		NULL, "a zone" },
	{ "::ffff:192.0.2.7",		NULL, "write it as IPv4" },
	{ "[::ffff:192.0.2.7]:80",	NULL, "write it as IPv4" },
	{ "0.0.0.0",			NULL, "no server has this address" },
	{ "0.0.0.0:80",			NULL, "no server has this address" },
	{ "::",				NULL, "no server has this address" },
	{ "[::]:80",			NULL, "no server has this address" },
	/* Prefixes that are none */
	{ "192.0.2.0/",			NULL, "\"/\" is not a prefix length from 0 to 32" },
	{ "192.0.2.0/33",		NULL, "\"/33\" is not a prefix length from 0 to 32" },
	{ "192.0.2.0/-1",		NULL, "not a prefix length" },
	{ "192.0.2.0/+8",		NULL, "not a prefix length" },
	{ "192.0.2.0/024",		NULL, "not a prefix length" },
	{ "192.0.2.0/2x",		NULL, "not a prefix length" },
	{ "192.0.2.0/255.255.255.0",	NULL, "not a prefix length" },
	{ "192.0.2.0/:80",		NULL, "not a prefix length" },
	{ "192.0.2.0/24/24",		NULL, "not a prefix length" },
	{ "192.0.2.0/4294967320",	NULL, "not a prefix length" },
	{ "2001:db8::/129",		NULL, "not a prefix length from 0 to 128" },
	{ "[2001:db8::/32]/32",		NULL, "neither /LEN nor :PORT" },
	{ "192.0.2.7/24",		NULL, "the network is 192.0.2.0/24" },
	{ "192.0.2.7/0",		NULL, "the network is 0.0.0.0/0" },
	{ "192.0.2.7/31",		NULL, "the network is 192.0.2.6/31" },
	{ "2001:db8::7/64",		NULL, "the network is 2001:db8::/64" },
	{ "[2001:db8::7]/64:80",	NULL, "the network is 2001:db8::/64" },
	{ "2001:db8::ff/127",		NULL, "the network is 2001:db8::fe/127" },
	/* Ports that are none */
	{ "192.0.2.7:",			NULL, "\":\" is not a port" },
	{ "192.0.2.7:0",		NULL, "port 0" },
	{ "192.0.2.0/24:0",		NULL, "port 0" },
	{ "[2001:db8::7]:0",		NULL, "port 0" },
	{ "192.0.2.7:65536",		NULL, "not a port from 1 to 65535" },
	{ "192.0.2.7:080",		NULL, "not a port" },
	{ "192.0.2.7:-80",		NULL, "not a port" },
	{ "192.0.2.7:http",		NULL, "not a port" },
	{ "192.0.2.7:80-90",		NULL, "not a port" },
	{ "192.0.2.7:80/24",		NULL, "not a port" },
	{ "192.0.2.7:4294967376",	NULL, "not a port" },
	{ "192.0.2.7:80:80",		NULL, "not an IPv4 or IPv6 address" },
	{ "[2001:db8::7]:",		NULL, "not a port" },
	{ "[2001:db8::7]80",		NULL, "neither /LEN nor :PORT" },
	{ "[2001:db8::7]:80:80",	NULL, "not a port" },
};

static int fails;
static int nr;

static void result(int ok, const char *text, const char *got)
{
	printf("%sok %d - %s\n", ok ? "" : "not ", ++nr, text);
	if (!ok) {
		fails++;
		printf("# got: %s\n", got);
	}
}

static void run(const struct case_ *c)
{
	char err[SERVER_ERROR] = "", text[SERVER_TEXT] = "", name[128];
	struct server srv, again;
	int ret;

	snprintf(name, sizeof(name), "\"%s\" %s", c->text, c->canonical ? "is read" : "is refused");
	ret = server_parse(c->text, &srv, err);
	if (!c->canonical) {
		result(ret && strstr(err, c->why), name, err);
		return;
	}
	if (ret) {
		result(0, name, err);
		return;
	}
	server_format(&srv, text);
	result(!strcmp(text, c->canonical) && !server_parse(text, &again, err) &&
	       server_equal(&srv, &again), name, text);
}

static void matching(void)
{
	static const struct {
		const char *named;
		int yes;
	} t[] = {
		{ "192.0.2.0/24", 1 }, { "192.0.2.0/24:80", 1 }, { "192.0.2.0/24:81", 0 },
		{ "192.0.2.0/25", 0 }, { "192.0.2.0", 0 }, { "2001:db8::/24", 0 },
	};
	char err[SERVER_ERROR], name[64];
	struct server srv, named;
	size_t i;

	server_parse("192.0.2.0/24:80", &srv, err);
	srv.transport = IPPROTO_TCP;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		server_parse(t[i].named, &named, err);
		snprintf(name, sizeof(name), "\"%s\" %s 192.0.2.0/24:80", t[i].named,
			 t[i].yes ? "names" : "does not name");
		result(server_matches(&srv, &named) == t[i].yes, name, "the opposite");
	}
}

int main(void)
{
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		run(&cases[i]);
	matching();
	printf("1..%d\n", nr);
	return fails != 0;
}
