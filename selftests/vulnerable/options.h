/* SPDX-License-Identifier: GPL-2.0 */
/* The command line that all the servers share, and their listening sockets. */
#ifndef VULN_OPTIONS_H
#define VULN_OPTIONS_H

#include <netinet/in.h>

/**
 * struct options - the parsed command line
 * @port: --port, 0 lets the kernel choose and prints it
 * @bind: --bind, NULL for every address of both families
 * @record: --record, NULL to record nothing
 * @flaw: --flaw, "none" by default
 */
struct options {
	unsigned short port;
	const char *bind;
	const char *record;
	const char *flaw;
};

extern struct options options;

void options_parse(int argc, char **argv, const char *const *flaws,
		   unsigned short port);
int options_socket(int type);
void options_ready(int fd);

#endif
