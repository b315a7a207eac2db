// SPDX-License-Identifier: GPL-2.0
/* The sanitizers' settings, built in so that no test depends on its environment. */

const char *__asan_default_options(void);
const char *__ubsan_default_options(void);

/**
 * __asan_default_options() - read by the sanitizer when the program starts
 *
 * Return: abort, so that death is a SIGABRT in every case; no leak check, which
 * would stop the world at exit and cannot do so everywhere.
 */
const char *__asan_default_options(void)
{
	return "abort_on_error=1:detect_leaks=0:handle_abort=0:symbolize=0";
}

/**
 * __ubsan_default_options() - read by the sanitizer when the program starts
 *
 * Return: abort, so that death is a SIGABRT in every case.
 */
const char *__ubsan_default_options(void)
{
	return "abort_on_error=1:print_stacktrace=0";
}
