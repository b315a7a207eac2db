// SPDX-License-Identifier: GPL-2.0
/*
 * What all connections together may keep.
 *
 * Each connection is bounded by itself (PP_STORE_MAX, PP_KEEP_MAX), but there may be very
 * many. Data out of order is refused first: it is kept for the sake of speed only, and
 * its sender has it. Data in order is refused at twice the bound, so that what waits
 * behind a hole never prevents the hole from being filled.
 */
#include <linux/atomic.h>
#include <linux/mm.h>
#include <linux/module.h>

#include "budget.h"
#include "core/core.h"

static unsigned long store_max __read_mostly;
module_param(store_max, ulong, 0644);
MODULE_PARM_DESC(store_max,
		 "bytes that all connections together keep before data out of order is refused (a 16th of memory)");

static atomic_long_t kept;

/**
 * pp_budget_init() - choose a bound where none was given
 *
 * Context: process, module load.
 */
void pp_budget_init(void)
{
	if (!store_max)
		store_max = totalram_pages() << (PAGE_SHIFT - 4);
}

/**
 * pp_budget_tight() - how scarce room is
 *
 * Context: any.
 *
 * Return: enum pp_tight.
 */
u8 pp_budget_tight(void)
{
	unsigned long now = max(atomic_long_read(&kept), 0L), most = READ_ONCE(store_max);

	if (likely(now < most))
		return PP_TIGHT_NO;
	return now / 2 < most ? PP_TIGHT_ORDER : PP_TIGHT_ALL;
}

/**
 * pp_budget_charge() - a connection keeps more or less than before
 * @bytes: how much more; negative: less
 *
 * Context: any.
 */
void pp_budget_charge(long bytes)
{
	if (bytes)
		atomic_long_add(bytes, &kept);
}
