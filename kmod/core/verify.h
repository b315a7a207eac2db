/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the two halves of the verifier. */
#ifndef _PP_VERIFY_H
#define _PP_VERIFY_H

#include "core.h"

int pp_reject(struct pp_error *err, u32 section, u32 index, const char *msg);
int pp_verify_common(const struct pp_image *img, struct pp_error *err);

#endif /* _PP_VERIFY_H */
