/* SPDX-License-Identifier: GPL-2.0 */
/* The version of the module, shown by modinfo and told to the tool. */
#ifndef _PP_VERSION_H
#define _PP_VERSION_H

#define PP_MODULE_VERSION	"0.1.0"

#endif /* _PP_VERSION_H */
