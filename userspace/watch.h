/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The user-space side of the core's port: who is told what the core does, and
 * what a packet is here.
 */
#ifndef PATCHCTL_WATCH_H
#define PATCHCTL_WATCH_H

#include "../kmod/core/core.h"

/**
 * struct watch - what the core is given as its context
 * @priv: handed to the callbacks
 * @edit: an edit was made, or NULL
 * @note: something was malformed or became unreadable, or NULL
 * @counters: sums of what the core counted
 */
struct watch {
	void *priv;
	void (*edit)(void *priv, int dir, const struct pp_edit_info *info);
	void (*note)(void *priv, int dir, int event, const char *reason);
	u64 counters[PATCHPROXY_NR_COUNTERS];
};

/**
 * struct payload - what the core is given as a packet
 * @data: the bytes
 * @len: how many
 * @scattered: hand out copies only, as if the packet were in pieces
 * @unreadable: refuse to hand out any
 */
struct payload {
	const u8 *data;
	u32 len;
	bool scattered;
	bool unreadable;
};

const char *watch_counter_name(int counter);

#endif /* PATCHCTL_WATCH_H */
