/* SPDX-License-Identifier: GPL-2.0 */
/* Events to the multicast group: what was changed, and why. */
#ifndef _PP_EVENT_H
#define _PP_EVENT_H

#include "core/core.h"
#include "net.h"

struct pp_tuple;

void pp_event_edit(struct pp_net *pn, const struct pp_tuple *t, const char *protocol, int dir,
		   const struct pp_edit_info *info);
void pp_event_note(struct pp_net *pn, const struct pp_tuple *t, const char *protocol, int dir,
		   int event, const char *reason);
void pp_event_change(struct pp_net *pn, u64 gen);

#endif /* _PP_EVENT_H */
