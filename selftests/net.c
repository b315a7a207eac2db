// SPDX-License-Identifier: GPL-2.0
/* Bytes in memory, in files and on sockets. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net.h"

/**
 * die() - end the program
 * @fmt: what to say; the text of errno follows if that is set
 */
void die(const char *fmt, ...)
{
	int err = errno;
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, err ? ": %s\n" : "\n", strerror(err));
	exit(1);
}

/**
 * bytes_add() - append
 * @b: the buffer
 * @p: what to append
 * @len: how much
 */
void bytes_add(struct bytes *b, const void *p, size_t len)
{
	if (b->cap - b->len < len) {
		b->cap = 2 * (b->len + len);
		b->p = realloc(b->p, b->cap);
		if (!b->p)
			die("no memory");
	}
	if (len)
		memcpy(b->p + b->len, p, len);
	b->len += len;
}

/**
 * bytes_drop() - take from the front
 * @b: the buffer
 * @len: how much
 */
void bytes_drop(struct bytes *b, size_t len)
{
	b->len -= len;
	if (len)
		memmove(b->p, b->p + len, b->len);
}

/**
 * bytes_read() - append a whole file
 * @b: the buffer
 * @path: the file
 *
 * Return: 0, or -1 with errno set.
 */
int bytes_read(struct bytes *b, const char *path)
{
	char chunk[65536];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	while ((n = read(fd, chunk, sizeof(chunk))) > 0)
		bytes_add(b, chunk, n);
	close(fd);
	return n;
}

/**
 * send_all() - send to a socket however many calls it takes
 * @fd: the socket
 * @p: what to send
 * @len: how much
 *
 * Return: 0, or -1 with errno set.
 */
int send_all(int fd, const char *p, size_t len)
{
	ssize_t n;

	for (; len; p += n, len -= n) {
		n = send(fd, p, len, MSG_NOSIGNAL);
		if (n < 0)
			return -1;
	}
	return 0;
}

/**
 * write_all() - write to a file however many calls it takes
 * @fd: the file
 * @p: what to write
 * @len: how much
 *
 * Return: 0, or -1 with errno set.
 */
int write_all(int fd, const char *p, size_t len)
{
	ssize_t n;

	for (; len; p += n, len -= n) {
		n = write(fd, p, len);
		if (n < 0)
			return -1;
	}
	return 0;
}

/**
 * file_create() - create a file or make it empty
 * @path: the file
 *
 * Return: a descriptor, or -1 with errno set.
 */
int file_create(const char *path)
{
	return open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
}

/**
 * sign() - sign the segments to and from a peer (TCP-MD5)
 * @fd: a socket that is not connected yet
 * @addr: the peer
 * @len: length of its address
 * @key: the key
 *
 * Return: 0, or -1 with errno set.
 */
int sign(int fd, const struct sockaddr *addr, socklen_t len, const char *key)
{
	struct tcp_md5sig sig = { .tcpm_keylen = strlen(key) };

	memcpy(&sig.tcpm_addr, addr, len);
	memcpy(sig.tcpm_key, key, strlen(key));
	return setsockopt(fd, IPPROTO_TCP, TCP_MD5SIG, &sig, sizeof(sig));
}
