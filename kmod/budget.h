/* SPDX-License-Identifier: GPL-2.0 */
/* What all connections together may keep. */
#ifndef _PP_BUDGET_H
#define _PP_BUDGET_H

#include "net.h"

void pp_budget_init(void);
void pp_budget_join(void);
void pp_budget_leave(void);
u8 pp_budget_tight(const struct pp_net *pn);
void pp_budget_charge(struct pp_net *pn, long bytes);

#endif /* _PP_BUDGET_H */
