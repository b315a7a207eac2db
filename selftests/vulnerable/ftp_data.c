// SPDX-License-Identifier: GPL-2.0
/* Data connections: passive and active, both families. */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ftpd.h"
#include "record.h"

#define container_of(p, type, member) \
	((type *)((char *)(p) - offsetof(type, member)))

static void io_close(struct io *io)
{
	if (io->fd <= 0)
		return;
	loop_del(io);
	close(io->fd);
	io->fd = 0;
}

/**
 * ftp_data_session() - the session a data connection belongs to
 * @d: the data connection
 *
 * Return: the session.
 */
struct ftp_session *ftp_data_session(struct ftp_data *d)
{
	return container_of(d, struct ftp_session, data);
}

/**
 * ftp_data_drop() - close whatever there is of a data connection
 * @s: the session
 */
void ftp_data_drop(struct ftp_session *s)
{
	struct ftp_data *d = &s->data;

	io_close(&d->listener);
	io_close(&d->io);
	if (d->record > 0)
		close(d->record);
	d->record = -1;
	d->peer_len = 0;
	d->connecting = false;
	d->transfer = FTP_IDLE;
	buf_free(&d->bytes);
	free(d->path);
	d->path = NULL;
}

static void finish(struct ftp_data *d, bool ok)
{
	struct ftp_session *s = ftp_data_session(d);
	struct node *n = NULL;

	if (d->transfer == FTP_STORING && ok) {
		n = tree_make(d->path, false);
		if (n) {
			if (!d->append)
				buf_free(&n->data);
			buf_add(&n->data, d->bytes.p, d->bytes.len);
		}
		ok = n;
	}
	ftp_data_drop(s);
	if (ok)
		ftp_reply(s, 226, "Transfer complete.");
	else
		ftp_reply(s, 426, "Transfer failed.");
	ftp_resume(s);
}

static void send_more(struct ftp_data *d)
{
	ssize_t n = 0;

	if (d->bytes.len) {
		n = send(d->io.fd, d->bytes.p, d->bytes.len, MSG_NOSIGNAL);
		if (n < 0) {
			if (errno != EAGAIN && errno != EINTR)
				finish(d, false);
			return;
		}
		buf_drop(&d->bytes, n);
	}
	if (!d->bytes.len)
		finish(d, true);
}

static void receive_more(struct ftp_data *d)
{
	char chunk[16384];
	ssize_t n = recv(d->io.fd, chunk, sizeof(chunk), 0);

	if (n > 0) {
		record_add(d->record, chunk, n);
		buf_add(&d->bytes, chunk, n);
	} else if (n == 0) {
		finish(d, true);
	} else if (errno != EAGAIN && errno != EINTR) {
		finish(d, false);
	}
}

static void ready(struct io *io, short revents)
{
	struct ftp_data *d = container_of(io, struct ftp_data, io);
	int err = 0;
	socklen_t len = sizeof(err);

	(void)revents;
	if (d->connecting) {
		getsockopt(io->fd, SOL_SOCKET, SO_ERROR, &err, &len);
		if (err) {
			finish(d, false);
			return;
		}
		d->connecting = false;
	}
	if (d->transfer == FTP_SENDING) {
		send_more(d);
	} else {
		io->events = POLLIN;
		receive_more(d);
	}
}

static void connected(struct ftp_data *d, int fd)
{
	d->io.fd = fd;
	d->io.ready = ready;
	d->record = record_open(ftp_data_session(d)->ctl->number, ++d->count);
	/* Nothing is expected before the command: leave it in the socket. */
	d->io.events = 0;
	if (d->connecting || d->transfer == FTP_SENDING)
		d->io.events = POLLOUT;
	else if (d->transfer == FTP_STORING)
		d->io.events = POLLIN;
	if (d->transfer)
		loop_add(&d->io);
}

static void accept_ready(struct io *io, short revents)
{
	struct ftp_data *d = container_of(io, struct ftp_data, listener);
	int fd = accept4(io->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)revents;
	if (fd < 0)
		return;
	io_close(io);
	connected(d, fd);
}

/**
 * ftp_data_listen() - PASV and EPSV: wait for the client
 * @s: the session
 *
 * Return: the port, or -1.
 */
int ftp_data_listen(struct ftp_session *s)
{
	struct sockaddr_storage ss;
	struct sockaddr_in *in = (struct sockaddr_in *)&ss;
	socklen_t len = sizeof(ss);
	int fd;

	ftp_data_drop(s);
	if (getsockname(s->ctl->io.fd, (struct sockaddr *)&ss, &len))
		return -1;
	in->sin_port = 0;
	fd = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (bind(fd, (struct sockaddr *)&ss, len) || listen(fd, 1) ||
	    getsockname(fd, (struct sockaddr *)&ss, &len)) {
		close(fd);
		return -1;
	}
	s->data.listener.fd = fd;
	s->data.listener.events = POLLIN;
	s->data.listener.ready = accept_ready;
	loop_add(&s->data.listener);
	return ntohs(in->sin_port);
}

/**
 * ftp_data_port() - PORT and EPRT: the client waits
 * @s: the session
 * @peer: where
 * @len: the length of @peer
 */
void ftp_data_port(struct ftp_session *s, const struct sockaddr_storage *peer,
		   socklen_t len)
{
	ftp_data_drop(s);
	s->data.peer = *peer;
	s->data.peer_len = len;
}

/**
 * ftp_data_start() - begin a transfer; the session is resumed when it is over
 * @s: the session; data.bytes, or data.path, say what to transfer
 * @transfer: which way
 */
void ftp_data_start(struct ftp_session *s, enum ftp_transfer transfer)
{
	struct ftp_data *d = &s->data;
	int fd;

	d->transfer = transfer;
	if (d->io.fd > 0) {
		d->io.events = transfer == FTP_SENDING ? POLLOUT : POLLIN;
		loop_add(&d->io);
	} else if (d->peer_len) {
		fd = socket(d->peer.ss_family,
			    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (fd < 0 || (connect(fd, (struct sockaddr *)&d->peer,
				       d->peer_len) && errno != EINPROGRESS)) {
			if (fd >= 0)
				close(fd);
			/* Called by a command: nothing to resume. */
			ftp_data_drop(s);
			ftp_reply(s, 425, "Can't open data connection.");
			return;
		}
		d->connecting = true;
		connected(d, fd);
	}
}
