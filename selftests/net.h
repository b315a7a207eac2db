/* SPDX-License-Identifier: GPL-2.0 */
/* What the client, the server and the recorder of the kernel tests share. */
#ifndef SELFTEST_NET_H
#define SELFTEST_NET_H

#include <stddef.h>
#include <sys/socket.h>

/**
 * struct bytes - a buffer that grows
 * @p: its memory, or NULL
 * @len: bytes in use
 * @cap: bytes there are
 */
struct bytes {
	char *p;
	size_t len;
	size_t cap;
};

void bytes_add(struct bytes *b, const void *p, size_t len);
void bytes_drop(struct bytes *b, size_t len);
int bytes_read(struct bytes *b, const char *path);
int send_all(int fd, const char *p, size_t len);
int write_all(int fd, const char *p, size_t len);
int sign(int fd, const struct sockaddr *addr, socklen_t len, const char *key);
int file_create(const char *path);
void die(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
