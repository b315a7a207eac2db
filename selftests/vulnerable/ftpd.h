/* SPDX-License-Identifier: GPL-2.0 */
/* An FTP session, its data connection, and the flaws it can have. */
#ifndef VULN_FTPD_H
#define VULN_FTPD_H

#include <stdbool.h>
#include <sys/socket.h>

#include "conn.h"
#include "loop.h"
#include "telnet.h"
#include "tree.h"

/* A longer command line is thrown away and answered with an error. */
#define FTP_MAX_LINE 8192

enum ftp_transfer { FTP_IDLE, FTP_SENDING, FTP_STORING };

/**
 * struct ftp_data - the data connection of a session, all zero if there is none
 * @listener: waits for the client after PASV or EPSV; fd 0 means none
 * @io: the connection itself; fd 0 means none yet
 * @peer: where to connect to after PORT or EPRT
 * @peer_len: its length, 0 for none
 * @connecting: @io waits for connect() to finish
 * @transfer: what is going on
 * @bytes: to be sent, or received so far
 * @path: where the received bytes go; NULL unless storing
 * @append: they are added to what is there
 * @count: data connections of this session so far
 * @record: the record of this one, or -1
 */
struct ftp_data {
	struct io listener;
	struct io io;
	struct sockaddr_storage peer;
	socklen_t peer_len;
	bool connecting;
	enum ftp_transfer transfer;
	struct buf bytes;
	char *path;
	bool append;
	unsigned int count;
	int record;
};

/**
 * struct ftp_session - one client
 * @ctl: its control connection
 * @telnet: the TELNET layer
 * @line: the command line so far, TELNET removed
 * @overlong: the rest of this line is thrown away
 * @user: the name of the last USER
 * @have_user: there was one
 * @logged_in: there was a PASS too
 * @cwd: the current directory
 * @rename_from: the path of a RNFR
 * @data: the data connection
 */
struct ftp_session {
	struct conn *ctl;
	struct telnet telnet;
	struct buf line;
	bool overlong;
	struct buf user;
	bool have_user;
	bool logged_in;
	char *cwd;
	char *rename_from;
	struct ftp_data data;
};

void ftp_reply(struct ftp_session *s, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void ftp_resume(struct ftp_session *s);

int ftp_data_listen(struct ftp_session *s);
void ftp_data_port(struct ftp_session *s, const struct sockaddr_storage *peer,
		   socklen_t len);
void ftp_data_start(struct ftp_session *s, enum ftp_transfer transfer);
void ftp_data_drop(struct ftp_session *s);
struct ftp_session *ftp_data_session(struct ftp_data *d);

void vsftpd_login(const char *user);
void warftpd_argument(const char *arg);
void wuftpd_site_exec(struct buf *out, const char *fmt);

#endif
