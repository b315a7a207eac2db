/* SPDX-License-Identifier: GPL-2.0 */
/* The bytes the exploit client sends, for every flaw and purpose. */
#ifndef VULN_SAMPLE_H
#define VULN_SAMPLE_H

#include <stdbool.h>

#include "buf.h"

enum sample_proto { SAMPLE_HTTP, SAMPLE_FTP, SAMPLE_SSRP };

enum sample_kind {
	SAMPLE_EXPLOIT,
	SAMPLE_OVER,	/* limit + 1 */
	SAMPLE_LIMIT,
	SAMPLE_UNDER,	/* limit - 1 */
	SAMPLE_NEAR,
	SAMPLE_ORDINARY,
};

/**
 * struct sample - what to send
 * @proto: how replies look
 * @port: the protocol's own port
 * @bytes: the request or requests, or the datagram
 * @replies: how many replies an unharmed server gives to @bytes
 */
struct sample {
	enum sample_proto proto;
	unsigned short port;
	struct buf bytes;
	int replies;
};

bool sample_build(struct sample *s, const char *name, enum sample_kind kind,
		  const char *variant);
void sample_next(const struct sample *s, struct buf *out);
void sample_list(void);

#endif
