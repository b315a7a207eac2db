// SPDX-License-Identifier: GPL-2.0
/*
 * Servers as text: ADDR[/LEN][:PORT]
 *
 *	192.0.2.7		192.0.2.0/24		192.0.2.7:8080		192.0.2.0/24:8080
 *	2001:db8::7		2001:db8::/32		[2001:db8::7]:8080	[2001:db8::]/32:8080
 *
 * An IPv6 address with a port needs its brackets, as everywhere. [2001:db8::/32]:8080
 * and 2001:db8::/32:8080 cannot be misread and are taken too.
 */
#include "server.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static int refuse(char *err, const char *text, const char *why)
{
	snprintf(err, SERVER_ERROR, "server \"%.48s\": %s", text, why);
	return -1;
}

/* Digits only, no sign, no blanks, no leading zero; -1 when it is none. */
static long number(const char *s, size_t len)
{
	long val = 0;
	size_t i;

	if (!len || len > 6 || (len > 1 && s[0] == '0'))
		return -1;
	for (i = 0; i < len; i++) {
		if (!isdigit((unsigned char)s[i]))
			return -1;
		val = val * 10 + (s[i] - '0');
	}
	return val;
}

static bool mask(struct server *srv)
{
	size_t i, len = server_addr_len(srv);
	bool changed = false;
	uint8_t keep;

	for (i = 0; i < len; i++) {
		if (srv->prefixlen >= (i + 1) * 8)
			keep = 0xff;
		else if (srv->prefixlen <= i * 8)
			keep = 0;
		else
			keep = 0xff << (8 - srv->prefixlen % 8);
		if (srv->addr[i] & ~keep)
			changed = true;
		srv->addr[i] &= keep;
	}
	return changed;
}

static int parse_addr(const char *text, const char *s, size_t len, bool bracket,
		      struct server *srv, char *err)
{
	char buf[INET6_ADDRSTRLEN];

	if (!len)
		return refuse(err, text, "the address is missing");
	if (memchr(s, '%', len))
		return refuse(err, text, "a zone (%...) cannot be part of a server");
	if (len >= sizeof(buf))
		return refuse(err, text, "not an IPv4 or IPv6 address");
	memcpy(buf, s, len);
	buf[len] = '\0';
	if (inet_pton(AF_INET6, buf, srv->addr) == 1) {
		srv->family = AF_INET6;
		srv->prefixlen = 128;
		if (IN6_IS_ADDR_V4MAPPED((struct in6_addr *)srv->addr))
			return refuse(err, text, "an IPv4 address written as IPv6; write it as IPv4");
		return 0;
	}
	if (bracket)
		return refuse(err, text, "what is in brackets is not an IPv6 address");
	if (inet_pton(AF_INET, buf, srv->addr) == 1) {
		srv->family = AF_INET;
		srv->prefixlen = 32;
		return 0;
	}
	if (strspn(buf, "0123456789.") == len || strspn(buf, "0123456789abcdefABCDEF:.") == len)
		return refuse(err, text, "not an IPv4 or IPv6 address");
	return refuse(err, text, "not an IPv4 or IPv6 address (names are not looked up)");
}

static int parse_prefix(const char *text, const char *s, size_t len, struct server *srv,
			char *err)
{
	char net[SERVER_TEXT], why[SERVER_TEXT + 64];
	int max = srv->family == AF_INET ? 32 : 128;
	long val = number(s, len);

	if (val < 0 || val > max) {
		snprintf(why, sizeof(why), "\"/%.*s\" is not a prefix length from 0 to %d",
			 (int)(len > 8 ? 8 : len), s, max);
		return refuse(err, text, why);
	}
	srv->prefixlen = val;
	if (mask(srv)) {
		server_format(srv, net);
		snprintf(why, sizeof(why), "bits beyond the prefix are set; the network is %s", net);
		return refuse(err, text, why);
	}
	return 0;
}

static int parse_port(const char *text, const char *s, struct server *srv, char *err)
{
	char why[64];
	long val = number(s, strlen(s));

	if (!val)
		return refuse(err, text, "port 0 cannot be a server's");
	if (val < 0 || val > 65535) {
		snprintf(why, sizeof(why), "\":%.8s\" is not a port from 1 to 65535", s);
		return refuse(err, text, why);
	}
	srv->port = val;
	return 0;
}

static bool unspecified(const struct server *srv)
{
	static const uint8_t zero[16];

	return srv->prefixlen == server_addr_len(srv) * 8 && !memcmp(srv->addr, zero, 16);
}

/**
 * server_parse() - read ADDR[/LEN][:PORT]
 * @text: what was typed
 * @srv: what it means; transport is 0, port 0 when not named
 * @err: SERVER_ERROR bytes for the reason of a failure
 *
 * Return: 0, or -1 with @err set
 */
int server_parse(const char *text, struct server *srv, char *err)
{
	const char *addr = text, *end, *slash, *rest;
	bool bracket = text[0] == '[';
	size_t len;

	memset(srv, 0, sizeof(*srv));
	if (!text[0])
		return refuse(err, text, "the address is missing");
	if (bracket) {
		addr++;
		end = strchr(addr, ']');
		if (!end)
			return refuse(err, text, "the closing bracket is missing");
		rest = end + 1;
	} else {
		/* More than one colon before any slash: IPv6, and they are all its own. */
		end = addr + strcspn(addr, "/");
		rest = memchr(addr, ':', end - addr);
		if (rest && !memchr(rest + 1, ':', end - rest - 1))
			end = rest;
		rest = end;
	}

	slash = bracket ? memchr(addr, '/', end - addr) : NULL;
	if (parse_addr(text, addr, (slash ? slash : end) - addr, bracket, srv, err))
		return -1;
	if (slash) {
		if (parse_prefix(text, slash + 1, end - slash - 1, srv, err))
			return -1;
	} else if (*rest == '/') {
		len = strcspn(++rest, ":");
		if (parse_prefix(text, rest, len, srv, err))
			return -1;
		rest += len;
	}
	if (unspecified(srv))
		return refuse(err, text, "no server has this address");
	if (!*rest)
		return 0;
	if (*rest != ':')
		return refuse(err, text, "what follows the address is neither /LEN nor :PORT");
	return parse_port(text, rest + 1, srv, err);
}

/**
 * server_format() - a server as server_parse() reads it
 * @srv: the server
 * @text: SERVER_TEXT bytes for the text
 */
void server_format(const struct server *srv, char *text)
{
	char addr[INET6_ADDRSTRLEN], prefix[8] = "", port[8] = "";
	bool bracket = srv->family == AF_INET6 && srv->port;

	inet_ntop(srv->family, srv->addr, addr, sizeof(addr));
	if (srv->prefixlen != server_addr_len(srv) * 8)
		snprintf(prefix, sizeof(prefix), "/%u", srv->prefixlen);
	if (srv->port)
		snprintf(port, sizeof(port), ":%u", srv->port);
	snprintf(text, SERVER_TEXT, "%s%s%s%s%s", bracket ? "[" : "", addr, bracket ? "]" : "",
		 prefix, port);
}

/**
 * server_equal() - are two servers the same one
 * @a: one
 * @b: the other
 *
 * Return: true if address, prefix, transport and port are equal
 */
bool server_equal(const struct server *a, const struct server *b)
{
	return a->family == b->family && !memcmp(a->addr, b->addr, 16) &&
	       a->prefixlen == b->prefixlen && a->transport == b->transport &&
	       a->port == b->port;
}

/**
 * server_matches() - is a server meant by what was typed
 * @srv: a server of the kernel, complete
 * @named: what was typed; transport and port may be missing
 *
 * Return: true if all that was typed agrees
 */
bool server_matches(const struct server *srv, const struct server *named)
{
	return srv->family == named->family && !memcmp(srv->addr, named->addr, 16) &&
	       srv->prefixlen == named->prefixlen &&
	       (!named->transport || srv->transport == named->transport) &&
	       (!named->port || srv->port == named->port);
}

/**
 * server_addr_len() - bytes of a server's address
 * @srv: the server
 *
 * Return: 4 or 16
 */
size_t server_addr_len(const struct server *srv)
{
	return srv->family == AF_INET ? 4 : 16;
}

/**
 * server_transport() - name of a transport
 * @transport: IPPROTO_*
 *
 * Return: its name
 */
const char *server_transport(uint8_t transport)
{
	return transport == IPPROTO_TCP ? "tcp" : transport == IPPROTO_UDP ? "udp" : "?";
}
