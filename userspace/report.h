/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PATCHCTL_REPORT_H
#define PATCHCTL_REPORT_H

#include "json.h"
#include "lang.h"

struct ctl;

/**
 * struct report - where errors in sources go
 * @ctl: this run
 * @json: array they are added to, or NULL: they are printed
 * @nr: errors so far
 */
struct report {
	const struct ctl *ctl;
	json_t *json;
	size_t nr;
};

void report_diag(struct report *report, const struct lang_diag *diag);
void report_at(struct report *report, const struct lang_source *src, struct lang_pos pos,
	       const char *message);

#endif /* PATCHCTL_REPORT_H */
