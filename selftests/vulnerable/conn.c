// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conn.h"
#include "record.h"

/* Output that may wait for a client which does not read, before we stop reading. */
#define OUT_MAX (256 * 1024)

static const struct conn_ops *listen_ops;
static unsigned int accepted;

static void conn_free(struct conn *c)
{
	c->ops->close(c);
	loop_del(&c->io);
	close(c->io.fd);
	if (c->record >= 0)
		close(c->record);
	buf_free(&c->in);
	buf_free(&c->out);
	free(c);
}

/**
 * conn_congested() - does the client leave too much output unread?
 * @c: the connection
 *
 * Return: true if the protocol should not produce more for now; its input()
 * is called again when the output has drained.
 */
bool conn_congested(const struct conn *c)
{
	return c->out.len > OUT_MAX;
}

/* Return: false if the connection is broken. */
static bool send_out(struct conn *c)
{
	ssize_t n;

	while (c->out.len) {
		n = send(c->io.fd, c->out.p, c->out.len, MSG_NOSIGNAL);
		if (n < 0) {
			if (errno == EINTR)
				continue;
			if (errno == EAGAIN)
				break;
			return false;
		}
		buf_drop(&c->out, n);
	}
	if (!c->out.len && c->finishing && !c->shut) {
		shutdown(c->io.fd, SHUT_WR);
		c->shut = true;
	}
	return true;
}

static void set_events(struct conn *c)
{
	c->io.events = 0;
	if (c->out.len)
		c->io.events |= POLLOUT;
	if (!c->eof && (c->finishing || !conn_congested(c)))
		c->io.events |= POLLIN;
}

/* Return: false if the connection is broken. */
static bool receive(struct conn *c)
{
	char chunk[16384];
	int one = 1;
	ssize_t n;

	n = recv(c->io.fd, chunk, sizeof(chunk), 0);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (n == 0) {
		c->eof = true;
		return true;
	}
	record_add(c->record, chunk, n);
	/* A sender that waits for each segment's ack should not wait long. */
	setsockopt(c->io.fd, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof(one));
	if (!c->finishing)
		buf_add(&c->in, chunk, n);
	return true;
}

static void ready(struct io *io, short revents)
{
	struct conn *c = (struct conn *)io;
	bool alive = true;
	size_t left;

	if (revents & POLLOUT)
		alive = send_out(c);
	if (alive && (revents & (POLLIN | POLLHUP | POLLERR)) && !c->eof)
		alive = receive(c);
	else if (revents & POLLERR)
		alive = false;
	/* Input left over because of congestion goes on once output has drained. */
	while (alive) {
		left = c->in.len;
		if (!c->finishing && !conn_congested(c))
			c->ops->input(c);
		alive = send_out(c);
		if (!c->in.len || c->in.len == left || conn_congested(c))
			break;
	}
	if (!alive || (c->eof && c->shut) || (c->eof && revents & POLLHUP &&
					      !c->out.len)) {
		conn_free(c);
		return;
	}
	set_events(c);
}

/**
 * conn_flush() - send output produced outside of input()
 * @c: the connection
 */
void conn_flush(struct conn *c)
{
	/* A broken connection is noticed, and freed, by the loop. */
	send_out(c);
	set_events(c);
}

/**
 * conn_finish() - close once all output is sent
 * @c: the connection
 */
void conn_finish(struct conn *c)
{
	c->finishing = true;
	buf_free(&c->in);
}

static void accept_ready(struct io *io, short revents)
{
	struct conn *c;
	int fd, one = 1;

	(void)revents;
	while ((fd = accept4(io->fd, NULL, NULL,
			     SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		c = calloc(1, sizeof(*c));
		if (!c) {
			close(fd);
			return;
		}
		c->io.fd = fd;
		c->io.ready = ready;
		c->ops = listen_ops;
		c->number = ++accepted;
		c->record = record_open(c->number, 0);
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		if (c->ops->oob_inline)
			setsockopt(fd, SOL_SOCKET, SO_OOBINLINE, &one,
				   sizeof(one));
		loop_add(&c->io);
		c->ops->open(c);
		conn_flush(c);
	}
}

/**
 * conn_listen() - accept connections from a listening socket
 * @fd: the socket
 * @ops: the protocol
 */
void conn_listen(int fd, const struct conn_ops *ops)
{
	static struct io listener;

	listener.fd = fd;
	listener.events = POLLIN;
	listener.ready = accept_ready;
	listen_ops = ops;
	loop_add(&listener);
}
