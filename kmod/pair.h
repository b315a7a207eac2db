/* SPDX-License-Identifier: GPL-2.0 */
/* Servers that match before DNAT, together with those that match after it. */
#ifndef _PP_PAIR_H
#define _PP_PAIR_H

#include "config.h"
#include "net.h"

const struct pp_target *pp_pair_find(struct pp_net *pn, const struct pp_config *cfg,
				     const struct pp_target *before,
				     const struct pp_target *after);
unsigned int pp_pair_drop(struct pp_net *pn, const void *err);
void pp_pair_net_init(struct pp_net *pn);
void pp_pair_net_exit(struct pp_net *pn);

#endif /* _PP_PAIR_H */
