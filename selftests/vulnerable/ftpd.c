// SPDX-License-Identifier: GPL-2.0
/* A small FTP server that has, besides its own code, one flaw at a time. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ftpd.h"
#include "options.h"

static const char *const flaw_names[] = {
	"vsftpd", "wuftpd", "warftpd", NULL
};

static bool flaw(const char *name)
{
	return !strcmp(options.flaw, name);
}

/**
 * ftp_reply() - answer a command
 * @s: the session
 * @code: the reply code
 * @fmt: the text, as for printf(3)
 */
void ftp_reply(struct ftp_session *s, int code, const char *fmt, ...)
{
	struct buf *out = &s->ctl->out;
	char *text;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		abort();
	va_end(ap);
	buf_printf(out, "%d %s\r\n", code, text);
	free(text);
}

static void cmd_user(struct ftp_session *s, char *arg)
{
	if (flaw("warftpd"))
		warftpd_argument(arg);
	buf_free(&s->user);
	buf_str(&s->user, arg);
	s->have_user = true;
	s->logged_in = false;
	ftp_reply(s, 331, "Password required.");
}

static void cmd_pass(struct ftp_session *s, char *arg)
{
	if (flaw("warftpd"))
		warftpd_argument(arg);
	if (!s->have_user) {
		ftp_reply(s, 503, "Login with USER first.");
		return;
	}
	if (flaw("vsftpd"))
		vsftpd_login(buf_text(&s->user));
	s->logged_in = true;
	ftp_reply(s, 230, "User logged in.");
}

static void cmd_quit(struct ftp_session *s, char *arg)
{
	(void)arg;
	ftp_reply(s, 221, "Goodbye.");
	conn_finish(s->ctl);
}

static void cmd_syst(struct ftp_session *s, char *arg)
{
	(void)arg;
	ftp_reply(s, 215, "UNIX Type: L8");
}

static void cmd_noop(struct ftp_session *s, char *arg)
{
	(void)arg;
	ftp_reply(s, 200, "NOOP command successful.");
}

static void cmd_feat(struct ftp_session *s, char *arg)
{
	(void)arg;
	buf_str(&s->ctl->out,
		"211-Features:\r\n EPRT\r\n EPSV\r\n SIZE\r\n UTF8\r\n");
	ftp_reply(s, 211, "End");
}

static void cmd_okay(struct ftp_session *s, char *arg)
{
	(void)arg;
	ftp_reply(s, 200, "Okay.");
}

static void cmd_pwd(struct ftp_session *s, char *arg)
{
	(void)arg;
	ftp_reply(s, 257, "\"%s\" is the current directory.", s->cwd);
}

static void cmd_cwd(struct ftp_session *s, char *arg)
{
	char *path = tree_path(s->cwd, arg);
	struct node *n = tree_find(path);

	if (n && n->dir) {
		free(s->cwd);
		s->cwd = path;
		ftp_reply(s, 250, "CWD command successful.");
		return;
	}
	free(path);
	ftp_reply(s, 550, "%s: No such directory.", arg);
}

static void cmd_cdup(struct ftp_session *s, char *arg)
{
	char up[] = "..";

	(void)arg;
	cmd_cwd(s, up);
}

static void cmd_pasv(struct ftp_session *s, char *arg)
{
	struct sockaddr_storage ss;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&ss;
	struct sockaddr_in *in = (struct sockaddr_in *)&ss;
	socklen_t len = sizeof(ss);
	unsigned char a[4];
	int port;

	(void)arg;
	if (getsockname(s->ctl->io.fd, (struct sockaddr *)&ss, &len))
		return;
	if (ss.ss_family == AF_INET) {
		memcpy(a, &in->sin_addr, 4);
	} else if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
		memcpy(a, &in6->sin6_addr.s6_addr[12], 4);
	} else {
		ftp_reply(s, 425, "Use EPSV.");
		return;
	}
	port = ftp_data_listen(s);
	if (port < 0)
		ftp_reply(s, 425, "Can't open passive connection.");
	else
		ftp_reply(s, 227, "Entering Passive Mode (%u,%u,%u,%u,%u,%u).",
			  a[0], a[1], a[2], a[3], port >> 8, port & 255);
}

static void cmd_epsv(struct ftp_session *s, char *arg)
{
	int port;

	if (!strcasecmp(arg, "ALL")) {
		ftp_reply(s, 200, "EPSV ALL okay.");
		return;
	}
	port = ftp_data_listen(s);
	if (port < 0)
		ftp_reply(s, 425, "Can't open passive connection.");
	else
		ftp_reply(s, 229, "Entering Extended Passive Mode (|||%d|)",
			  port);
}

static void cmd_port(struct ftp_session *s, char *arg)
{
	struct sockaddr_storage ss = { 0 };
	struct sockaddr_in *in = (struct sockaddr_in *)&ss;
	unsigned int v[6];
	int i;

	if (sscanf(arg, "%3u,%3u,%3u,%3u,%3u,%3u", &v[0], &v[1], &v[2], &v[3],
		   &v[4], &v[5]) != 6) {
		ftp_reply(s, 501, "Illegal PORT command.");
		return;
	}
	for (i = 0; i < 6; i++)
		v[i] &= 255;
	in->sin_family = AF_INET;
	in->sin_addr.s_addr = htonl(v[0] << 24 | v[1] << 16 | v[2] << 8 | v[3]);
	in->sin_port = htons(v[4] << 8 | v[5]);
	ftp_data_port(s, &ss, sizeof(*in));
	ftp_reply(s, 200, "PORT command successful.");
}

static void cmd_eprt(struct ftp_session *s, char *arg)
{
	struct sockaddr_storage ss = { 0 };
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&ss;
	struct sockaddr_in *in = (struct sockaddr_in *)&ss;
	char delim[2] = { arg[0] };
	char *family, *addr, *port, *save;

	family = strtok_r(arg, delim, &save);
	addr = strtok_r(NULL, delim, &save);
	port = strtok_r(NULL, delim, &save);
	if (!port) {
		ftp_reply(s, 501, "Illegal EPRT command.");
	} else if (!strcmp(family, "1") &&
		   inet_pton(AF_INET, addr, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons(atoi(port));
		ftp_data_port(s, &ss, sizeof(*in));
		ftp_reply(s, 200, "EPRT command successful.");
	} else if (!strcmp(family, "2") &&
		   inet_pton(AF_INET6, addr, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(atoi(port));
		ftp_data_port(s, &ss, sizeof(*in6));
		ftp_reply(s, 200, "EPRT command successful.");
	} else {
		ftp_reply(s, 522, "Use (1,2).");
	}
}

/* Return: false, and an answer, if no data connection was agreed on. */
static bool data_agreed(struct ftp_session *s)
{
	struct ftp_data *d = &s->data;

	if (d->listener.fd > 0 || d->io.fd > 0 || d->peer_len) {
		ftp_reply(s, 150, "Opening data connection.");
		return true;
	}
	ftp_reply(s, 425, "Use PASV or PORT first.");
	return false;
}

static void list(struct ftp_session *s, const char *arg, bool names_only)
{
	char *path;

	/* "LIST -la": the options of ls(1) mean nothing here. */
	while (*arg == '-') {
		arg += strcspn(arg, " ");
		arg += strspn(arg, " ");
	}
	if (!data_agreed(s))
		return;
	path = tree_path(s->cwd, arg);
	tree_list(path, names_only, &s->data.bytes);
	free(path);
	ftp_data_start(s, FTP_SENDING);
}

static void cmd_list(struct ftp_session *s, char *arg)
{
	list(s, arg, false);
}

static void cmd_nlst(struct ftp_session *s, char *arg)
{
	list(s, arg, true);
}

static struct node *find(struct ftp_session *s, const char *arg)
{
	char *path = tree_path(s->cwd, arg);
	struct node *n = tree_find(path);

	free(path);
	if (!n)
		ftp_reply(s, 550, "%s: No such file or directory.", arg);
	return n;
}

static void cmd_retr(struct ftp_session *s, char *arg)
{
	struct node *n = find(s, arg);

	if (!n)
		return;
	if (n->dir) {
		ftp_reply(s, 550, "%s: Not a plain file.", arg);
	} else if (data_agreed(s)) {
		buf_add(&s->data.bytes, n->data.p, n->data.len);
		ftp_data_start(s, FTP_SENDING);
	}
}

static void store(struct ftp_session *s, const char *arg, bool append)
{
	char *path = tree_path(s->cwd, arg);

	/* Made at once, so that what cannot be made is refused at once. */
	if (!tree_make(path, false)) {
		ftp_reply(s, 553, "%s: Cannot be created.", arg);
		free(path);
	} else if (!data_agreed(s)) {
		free(path);
	} else {
		s->data.path = path;
		s->data.append = append;
		ftp_data_start(s, FTP_STORING);
	}
}

static void cmd_stor(struct ftp_session *s, char *arg)
{
	store(s, arg, false);
}

static void cmd_appe(struct ftp_session *s, char *arg)
{
	store(s, arg, true);
}

static void cmd_abor(struct ftp_session *s, char *arg)
{
	(void)arg;
	if (s->data.transfer)
		ftp_reply(s, 426, "Transfer aborted.");
	ftp_data_drop(s);
	ftp_reply(s, 226, "ABOR command successful.");
}

static void cmd_size(struct ftp_session *s, char *arg)
{
	struct node *n = find(s, arg);

	if (n && !n->dir)
		ftp_reply(s, 213, "%zu", n->data.len);
	else if (n)
		ftp_reply(s, 550, "%s: Not a plain file.", arg);
}

static void cmd_dele(struct ftp_session *s, char *arg)
{
	struct node *n = find(s, arg);

	if (n && !n->dir && tree_remove(n))
		ftp_reply(s, 250, "DELE command successful.");
	else if (n)
		ftp_reply(s, 550, "%s: Not a plain file.", arg);
}

static void cmd_mkd(struct ftp_session *s, char *arg)
{
	char *path = tree_path(s->cwd, arg);

	if (tree_make(path, true))
		ftp_reply(s, 257, "\"%s\" created.", path);
	else
		ftp_reply(s, 550, "%s: Cannot be created.", arg);
	free(path);
}

static void cmd_rmd(struct ftp_session *s, char *arg)
{
	struct node *n = find(s, arg);

	if (n && n->dir && tree_remove(n))
		ftp_reply(s, 250, "RMD command successful.");
	else if (n)
		ftp_reply(s, 550, "%s: Not an empty directory.", arg);
}

static void cmd_rnfr(struct ftp_session *s, char *arg)
{
	if (!find(s, arg))
		return;
	free(s->rename_from);
	s->rename_from = tree_path(s->cwd, arg);
	ftp_reply(s, 350, "RNFR accepted.");
}

static void cmd_rnto(struct ftp_session *s, char *arg)
{
	struct node *n = s->rename_from ? tree_find(s->rename_from) : NULL;
	char *to = tree_path(s->cwd, arg);

	if (!n)
		ftp_reply(s, 503, "RNFR first.");
	else if (tree_rename(n, to))
		ftp_reply(s, 250, "RNTO command successful.");
	else
		ftp_reply(s, 553, "%s: Cannot be renamed to.", arg);
	free(to);
	free(s->rename_from);
	s->rename_from = NULL;
}

static void cmd_site(struct ftp_session *s, char *arg)
{
	struct buf text = { 0 };

	if (!strcasecmp(arg, "HELP")) {
		ftp_reply(s, 214, "EXEC HELP");
	} else if (flaw("wuftpd") && !strncasecmp(arg, "EXEC ", 5)) {
		arg += 5 + strspn(arg + 5, " ");
		wuftpd_site_exec(&text, arg);
		buf_printf(&s->ctl->out, "200-%s\r\n", buf_text(&text));
		ftp_reply(s, 200, "(end)");
		buf_free(&text);
	} else {
		ftp_reply(s, 500, "'SITE %s': command not understood.", arg);
	}
}

/**
 * struct command - a verb
 * @verb: in upper case
 * @run: what it does; @arg has no blanks in front
 * @login: refused before PASS
 * @arg: refused without an argument
 */
static const struct command {
	const char *verb;
	void (*run)(struct ftp_session *s, char *arg);
	bool login;
	bool arg;
} commands[] = {
	{ "USER", cmd_user, false, true },
	{ "PASS", cmd_pass, false, false },
	{ "QUIT", cmd_quit, false, false },
	{ "SYST", cmd_syst, false, false },
	{ "NOOP", cmd_noop, false, false },
	{ "FEAT", cmd_feat, false, false },
	{ "OPTS", cmd_okay, false, true },
	{ "TYPE", cmd_okay, true, true },
	{ "MODE", cmd_okay, true, true },
	{ "STRU", cmd_okay, true, true },
	{ "PWD", cmd_pwd, true, false },
	{ "XPWD", cmd_pwd, true, false },
	{ "CWD", cmd_cwd, true, true },
	{ "CDUP", cmd_cdup, true, false },
	{ "PASV", cmd_pasv, true, false },
	{ "EPSV", cmd_epsv, true, false },
	{ "PORT", cmd_port, true, true },
	{ "EPRT", cmd_eprt, true, true },
	{ "LIST", cmd_list, true, false },
	{ "NLST", cmd_nlst, true, false },
	{ "RETR", cmd_retr, true, true },
	{ "STOR", cmd_stor, true, true },
	{ "APPE", cmd_appe, true, true },
	{ "ABOR", cmd_abor, true, false },
	{ "SIZE", cmd_size, true, true },
	{ "DELE", cmd_dele, true, true },
	{ "MKD", cmd_mkd, true, true },
	{ "RMD", cmd_rmd, true, true },
	{ "RNFR", cmd_rnfr, true, true },
	{ "RNTO", cmd_rnto, true, true },
	{ "SITE", cmd_site, true, true },
};

/* @line has no line end; a CR or a NUL inside ends it, as in the original. */
static void command(struct ftp_session *s, char *line)
{
	size_t verb_len, i;
	char *arg;

	line[strcspn(line, "\r")] = '\0';
	line += strspn(line, " ");
	verb_len = strcspn(line, " ");
	arg = line + verb_len;
	arg += strspn(arg, " ");

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		const struct command *c = &commands[i];

		if (strlen(c->verb) != verb_len ||
		    strncasecmp(line, c->verb, verb_len))
			continue;
		if (c->login && !s->logged_in)
			ftp_reply(s, 530, "Please login with USER and PASS.");
		else if (c->arg && !*arg)
			ftp_reply(s, 501, "%s needs an argument.", c->verb);
		else
			c->run(s, arg);
		return;
	}
	ftp_reply(s, 500, "'%s': command not understood.", line);
}

static bool is_abort(const struct buf *line)
{
	return line->len >= 4 && !strncasecmp(line->p, "ABOR", 4);
}

static void ftpd_input(struct conn *c)
{
	struct ftp_session *s = c->priv;
	size_t i;
	char byte;

	/* During a transfer a complete line waits in s->line, unless it ends it. */
	for (i = 0; i < c->in.len && !conn_congested(c); i++) {
		if (s->data.transfer && s->line.len &&
		    s->line.p[s->line.len - 1] == '\n')
			break;
		if (!telnet_byte(&s->telnet, c->in.p[i], &byte, &c->out))
			continue;
		if (s->overlong) {
			s->overlong = byte != '\n';
			continue;
		}
		buf_add(&s->line, &byte, 1);
		if (s->line.len > FTP_MAX_LINE) {
			s->overlong = byte != '\n';
			s->line.len = 0;
			ftp_reply(s, 500, "Command line too long.");
			continue;
		}
		if (byte != '\n')
			continue;
		if (s->data.transfer && !is_abort(&s->line))
			continue;
		s->line.p[s->line.len - 1] = '\0';
		command(s, s->line.p);
		s->line.len = 0;
		if (c->finishing)
			return;
	}
	buf_drop(&c->in, i);
	/* Who has gone may still wait for the data, but will not connect for it. */
	if (c->eof && (s->data.transfer ? s->data.io.fd <= 0 : !c->in.len))
		conn_finish(c);
}

/**
 * ftp_resume() - take commands again after a transfer
 * @s: the session
 */
void ftp_resume(struct ftp_session *s)
{
	struct conn *c = s->ctl;

	while (!c->finishing && !s->data.transfer && s->line.len &&
	       s->line.p[s->line.len - 1] == '\n') {
		s->line.p[s->line.len - 1] = '\0';
		command(s, s->line.p);
		s->line.len = 0;
	}
	if (!c->finishing)
		ftpd_input(c);
	conn_flush(c);
}

static void ftpd_open(struct conn *c)
{
	struct ftp_session *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	s->ctl = c;
	s->cwd = strdup("/");
	s->data.record = -1;
	c->priv = s;
	ftp_reply(s, 220, "Toy FTP server ready.");
}

static void ftpd_close(struct conn *c)
{
	struct ftp_session *s = c->priv;

	ftp_data_drop(s);
	buf_free(&s->line);
	buf_free(&s->user);
	free(s->cwd);
	free(s->rename_from);
	free(s);
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
		.open = ftpd_open,
		.input = ftpd_input,
		.close = ftpd_close,
		.oob_inline = true,
	};
	int fd;

	options_parse(argc, argv, flaw_names, 21);
	tree_init();
	fd = options_socket(SOCK_STREAM);
	conn_listen(fd, &ops);
	options_ready(fd);
	return loop_run();
}
