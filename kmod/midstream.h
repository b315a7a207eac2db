/* SPDX-License-Identifier: GPL-2.0 */
/* Connections whose start was not seen. */
#ifndef _PP_MIDSTREAM_H
#define _PP_MIDSTREAM_H

#include "tcp.h"

unsigned int pp_midstream(struct pp_packet *p, const struct pp_tuple *t, const struct pp_seg *seg,
			  const struct pp_tcp_opts *o);

#endif /* _PP_MIDSTREAM_H */
