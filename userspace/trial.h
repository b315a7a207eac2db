/* SPDX-License-Identifier: GPL-2.0 */
/* One sample through the core, cut and disturbed in one of many ways. */
#ifndef PATCHCTL_TRIAL_H
#define PATCHCTL_TRIAL_H

#include "../kmod/core/core.h"

/**
 * enum trial_cut - how the bytes are cut into segments
 * @TRIAL_WHOLE: not at all, but for segments of 16 KiB
 * @TRIAL_AT: once, at a given byte
 * @TRIAL_BYTES: one byte a segment
 * @TRIAL_RANDOM: at random, by a seed
 */
enum trial_cut { TRIAL_WHOLE, TRIAL_AT, TRIAL_BYTES, TRIAL_RANDOM };

/**
 * struct trial - what is sent, and what should be done about it
 * @grammar: protocol
 * @rs: rules in force at the start
 * @data: what each end sends, the client first
 * @len: how many bytes
 */
struct trial {
	const struct pp_image *grammar;
	const struct pp_ruleset *rs;
	const u8 *data[2];
	size_t len[2];
};

/**
 * struct trial_how - in which way
 * @cut: enum trial_cut
 * @n: byte to cut at, counted over both ends' data; or the seed
 * @no_fin: the connection stays open at the end
 * @again: nothing is acknowledged before the end, and after each segment those
 *	before it are sent again, cut in another way
 * @swap: rules that come in force at byte @n, or NULL
 * @fail: this allocation of the engine fails, counted from 1; 0: none does
 * @scattered: the core gets copies of the payload only
 */
struct trial_how {
	enum trial_cut cut;
	u64 n;
	bool no_fin;
	bool again;
	const struct pp_ruleset *swap;
	unsigned long fail;
	bool scattered;
};

/**
 * struct trial_result - what became of it
 * @got: what each direction's receiver has
 * @len: how many bytes
 * @reset: the connection was ended
 * @dropped: the datagram (last one) did not arrive
 * @edits: edits that were reported
 * @unused: the allocation that was to fail was never made
 * @error: a contradiction the endpoints saw, "" for none
 */
struct trial_result {
	u8 *got[2];
	size_t len[2];
	bool reset;
	bool dropped;
	bool unused;
	u64 edits;
	char error[200];
};

void trial_run(const struct trial *t, const struct trial_how *how, struct trial_result *res);
void trial_free(struct trial_result *res);
bool trial_differs(const struct trial_result *want, const struct trial_result *got,
		   const struct trial_how *how, int *dir, size_t *at);
void *trial_bystander(const struct pp_image *grammar, size_t *size);

#endif /* PATCHCTL_TRIAL_H */
