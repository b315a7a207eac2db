// SPDX-License-Identifier: GPL-2.0
/*
 * What the BSD ftpd does with TELNET in its command lines: options are refused,
 * a doubled IAC is one byte of data, every other command is two bytes that vanish.
 */
#include "telnet.h"

enum { WILL = 251, WONT, DO, DONT, IAC };

/**
 * telnet_byte() - take one byte off the wire
 * @t: the state, zero at the start
 * @c: the byte
 * @data: set to the byte of data, if it is one
 * @reply: what must be sent back is appended here
 *
 * Return: true if @data was set.
 */
bool telnet_byte(struct telnet *t, unsigned char c, char *data,
		 struct buf *reply)
{
	unsigned char state = t->state;
	char refuse[3] = { (char)IAC, 0, (char)c };

	t->state = 0;
	switch (state) {
	case 0:
		if (c == IAC) {
			t->state = IAC;
			return false;
		}
		break;
	case IAC:
		if (c >= WILL && c <= DONT) {
			t->state = c;
			return false;
		}
		if (c != IAC)
			return false;
		break;
	default:
		refuse[1] = (char)(state == WILL || state == WONT ? DONT : WONT);
		buf_add(reply, refuse, sizeof(refuse));
		return false;
	}
	*data = c;
	return true;
}
