// SPDX-License-Identifier: GPL-2.0
#include "tap.h"

#include <stdarg.h>
#include <stdio.h>

static unsigned int passed, failed, skipped;

static unsigned int number(void)
{
	return passed + failed + skipped;
}

/**
 * tap_ok - one result
 * @good: passed
 * @fmt: what was tested, as printf()
 *
 * Return: @good.
 */
bool tap_ok(bool good, const char *fmt, ...)
{
	va_list ap;

	if (good)
		passed++;
	else
		failed++;
	printf("%sok %u - ", good ? "" : "not ", number());
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
	return good;
}

/**
 * tap_note - a line about the result before it
 * @fmt: as printf()
 */
void tap_note(const char *fmt, ...)
{
	va_list ap;

	printf("# ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

/**
 * tap_skip - a test that cannot be run here
 * @name: the test
 * @why: what is missing
 */
void tap_skip(const char *name, const char *why)
{
	skipped++;
	printf("ok %u - %s # SKIP %s\n", number(), name, why);
}

/**
 * tap_done - the plan and the sums
 *
 * Return: exit status.
 */
int tap_done(void)
{
	printf("1..%u\n", number());
	printf("# totals: %u passed, %u failed, %u skipped\n", passed, failed, skipped);
	return failed || !passed;
}
