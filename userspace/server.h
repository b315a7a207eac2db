/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PATCHCTL_SERVER_H
#define PATCHCTL_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SERVER_TEXT	64	/* bytes of any server as text, with its NUL */
#define SERVER_ERROR	256	/* bytes of any message of server_parse(), with its NUL */

/**
 * struct server - servers as named on the command line
 * @family: AF_INET or AF_INET6
 * @addr: the address in network byte order; 4 or 16 bytes are used, the rest is zero
 * @prefixlen: leading bits of @addr that count
 * @transport: IPPROTO_TCP, IPPROTO_UDP, or 0 when not known yet
 * @port: in host byte order, or 0 when none was named
 */
struct server {
	int family;
	uint8_t addr[16];
	uint8_t prefixlen;
	uint8_t transport;
	uint16_t port;
};

int server_parse(const char *text, struct server *srv, char *err);
void server_format(const struct server *srv, char *text);
bool server_equal(const struct server *a, const struct server *b);
bool server_matches(const struct server *srv, const struct server *named);
size_t server_addr_len(const struct server *srv);
const char *server_transport(uint8_t transport);

#endif /* PATCHCTL_SERVER_H */
