/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kernels the module is for. Everything that differs between them is below
 * compat/: this file, which every unit includes first, and shadow headers in
 * compat/include, found only where the kernel has none of that name.
 */
#ifndef _PP_COMPAT_H
#define _PP_COMPAT_H

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#error "patchproxy needs Linux 6.1 or later"
#endif

#endif /* _PP_COMPAT_H */
