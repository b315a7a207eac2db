/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Before 6.3 an extack message was only a pointer to a constant string. This adds
 * NL_SET_ERR_MSG_FMT() to such kernels.
 */
#ifndef _PP_COMPAT_EXTACK_H
#define _PP_COMPAT_EXTACK_H

#include <linux/netlink.h>

#ifndef NL_SET_ERR_MSG_FMT
#define PP_COMPAT_EXTACK

__printf(1, 2)
const char *pp_compat_message(const char *fmt, ...);

#define NL_SET_ERR_MSG_FMT(extack, fmt, args...) do {			\
	struct netlink_ext_ack *__extack = (extack);			\
									\
	if (__extack)							\
		__extack->_msg = pp_compat_message(fmt, ##args);	\
} while (0)

#endif /* NL_SET_ERR_MSG_FMT */

#endif /* _PP_COMPAT_EXTACK_H */
