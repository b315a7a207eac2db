/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PP_OFFLOAD_H
#define _PP_OFFLOAD_H

#include "packet.h"

void pp_offload_refuse(const struct pp_packet *p);
bool pp_offload_unsettled(const struct pp_packet *p);
bool pp_offload_seen(const struct pp_packet *p);
void pp_offload_end(struct pp_net *pn);

#endif /* _PP_OFFLOAD_H */
