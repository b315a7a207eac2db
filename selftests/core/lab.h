/* SPDX-License-Identifier: GPL-2.0 */
/* The library of patches, ready to run in a test. */
#ifndef SELFTEST_LAB_H
#define SELFTEST_LAB_H

#include "../../userspace/patchctl.h"
#include "../../userspace/prog.h"
#include "../../userspace/trial.h"

/**
 * struct lab - the library
 * @ctl: as of a run of the tool
 * @lib: the library
 * @progs: its patches but for policies
 */
struct lab {
	struct ctl ctl;
	struct library lib;
	struct programs progs;
};

bool lab_open(struct lab *lab);
void lab_close(struct lab *lab);
struct pp_ruleset *lab_alone(const struct prog_patch *p, u64 gen);
void lab_trial(const struct prog_patch *p, const struct lang_sample *sm, struct trial *t);

#endif /* SELFTEST_LAB_H */
