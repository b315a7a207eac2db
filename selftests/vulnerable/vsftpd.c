// SPDX-License-Identifier: GPL-2.0
/*
 * CVE-2011-2523: somebody put a back door into the vsftpd 2.3.4 archive. A
 * login with a user name that has ":)" in it opened a root shell on port 6200.
 */
#include <string.h>

#include "ftpd.h"
#include "pwned.h"

/**
 * vsftpd_login() - check a login, at PASS as the original did
 * @user: the name of the last USER
 */
void vsftpd_login(const char *user)
{
	if (strstr(user, ":)"))
		pwned("vsftpd", user, strlen(user));
}
