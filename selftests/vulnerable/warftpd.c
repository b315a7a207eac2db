// SPDX-License-Identifier: GPL-2.0
/*
 * CVE-1999-0256: War FTP Daemon 1.65 copies the argument of USER and of PASS
 * to the stack. README says where the size comes from: no advisory has one.
 */
#include <string.h>

#include "ftpd.h"

#define WAR_ARGUMENT 485

static size_t __attribute__((noinline)) keep(const char *arg)
{
	char buffer[WAR_ARGUMENT + 1];

	strcpy(buffer, arg);
	return strcspn(buffer, "@");
}

/**
 * warftpd_argument() - look at the argument of USER or PASS
 * @arg: the argument
 */
void warftpd_argument(const char *arg)
{
	static volatile size_t sink;

	sink += keep(arg);
}
