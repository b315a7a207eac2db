/* SPDX-License-Identifier: GPL-2.0 */
/* The TELNET layer of an FTP control connection. */
#ifndef VULN_TELNET_H
#define VULN_TELNET_H

#include <stdbool.h>

#include "buf.h"

/**
 * struct telnet - the state between two bytes
 * @state: 0, or the bytes of the command so far: IAC, or WILL/WONT/DO/DONT
 */
struct telnet {
	unsigned char state;
};

bool telnet_byte(struct telnet *t, unsigned char c, char *data,
		 struct buf *reply);

#endif
