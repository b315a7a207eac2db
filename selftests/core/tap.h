/* SPDX-License-Identifier: GPL-2.0 */
/* Test results as TAP; the last line of each program is for the one that adds up. */
#ifndef SELFTEST_TAP_H
#define SELFTEST_TAP_H

#include <stdbool.h>

bool tap_ok(bool good, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void tap_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void tap_skip(const char *name, const char *why);
int tap_done(void);

#endif /* SELFTEST_TAP_H */
