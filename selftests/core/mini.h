/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A small protocol with patches that exercise every kind of edit, and its
 * transform written down once more, as plainly as possible, as the oracle.
 */
#ifndef SELFTEST_MINI_H
#define SELFTEST_MINI_H

#include "../../kmod/core/core.h"
#include "lang.h"

/**
 * struct mini - the protocol, ready to run
 * @grammar: as compiled
 * @patch: as compiled
 * @gimg: image of the grammar
 * @pimg: image of the patch
 * @rs: the patch in force
 */
struct mini {
	struct lang_grammar *grammar;
	struct lang_patch *patch;
	struct pp_image gimg;
	struct pp_image pimg;
	struct pp_ruleset *rs;
};

/**
 * struct bytes - bytes that grow
 * @p: them
 * @n: how many
 * @room: allocated
 */
struct bytes {
	u8 *p;
	size_t n;
	size_t room;
};

void bytes_add(struct bytes *b, const void *p, size_t n);
u32 test_random(u64 *state);
bool mini_open(struct mini *m);
bool mini_open_text(struct mini *m, const char *grammar, const char *patch);
void mini_close(struct mini *m);
void mini_input(struct bytes *b, int dir, size_t at_least, u64 *random, bool opaque);
void mini_oracle(const struct bytes *in, int dir, struct bytes *out);

#endif /* SELFTEST_MINI_H */
