/* SPDX-License-Identifier: GPL-2.0 */
/* What all connections together may keep. */
#ifndef _PP_BUDGET_H
#define _PP_BUDGET_H

#include <linux/types.h>

void pp_budget_init(void);
u8 pp_budget_tight(void);
void pp_budget_charge(long bytes);

#endif /* _PP_BUDGET_H */
