/* SPDX-License-Identifier: GPL-2.0 */
/* Buffered, recorded stream connections, and the listener that makes them. */
#ifndef VULN_CONN_H
#define VULN_CONN_H

#include <stdbool.h>

#include "buf.h"
#include "loop.h"

struct conn;

/**
 * struct conn_ops - what a protocol does with its connections
 * @open: a client connected
 * @input: bytes were added to conn->in, or output has drained; take what can be taken.
 *	May call conn_finish(), must not free the connection.
 * @close: the connection is about to be freed
 * @oob_inline: leave the urgent byte in the stream, as a TELNET user must
 */
struct conn_ops {
	void (*open)(struct conn *c);
	void (*input)(struct conn *c);
	void (*close)(struct conn *c);
	bool oob_inline;
};

/**
 * struct conn - one accepted connection
 * @io: the descriptor in the loop
 * @ops: the protocol
 * @number: 1 for the first connection accepted, then counting up
 * @record: where the received bytes go, or -1
 * @in: received and not taken yet
 * @out: not sent yet
 * @eof: the client has closed its side
 * @finishing: nothing more will be answered; input is read and thrown away so
 *	that the close does not turn into a reset that kills the last reply
 * @shut: our side is closed
 * @priv: the protocol's
 */
struct conn {
	struct io io;
	const struct conn_ops *ops;
	unsigned int number;
	int record;
	struct buf in;
	struct buf out;
	bool eof;
	bool finishing;
	bool shut;
	void *priv;
};

void conn_listen(int fd, const struct conn_ops *ops);
void conn_flush(struct conn *c);
void conn_finish(struct conn *c);
bool conn_congested(const struct conn *c);

#endif
