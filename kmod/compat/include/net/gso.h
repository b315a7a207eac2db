/* SPDX-License-Identifier: GPL-2.0 */
/* Segmentation was declared in linux/netdevice.h before Linux 6.5. */
#ifndef _PP_COMPAT_NET_GSO_H
#define _PP_COMPAT_NET_GSO_H

#include <linux/netdevice.h>

#endif /* _PP_COMPAT_NET_GSO_H */
