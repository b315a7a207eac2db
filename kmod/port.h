/* SPDX-License-Identifier: GPL-2.0 */
/* Working memory of each CPU. */
#ifndef _PP_KPORT_H
#define _PP_KPORT_H

#include "core/core.h"

struct pp_out *pp_port_out(void);
int pp_port_init(void);
void pp_port_exit(void);

#endif /* _PP_KPORT_H */
