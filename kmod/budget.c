// SPDX-License-Identifier: GPL-2.0
/*
 * What all connections together may keep.
 *
 * Each connection is bounded by itself (PP_STORE_MAX, PP_KEEP_MAX), but there may be very
 * many. Data out of order is refused first: it is kept for the sake of speed only, and
 * its sender has it. Data in order is refused at twice the bound, so that what waits
 * behind a hole never prevents the hole from being filled.
 *
 * Who uses up the room in one namespace must not take it from the others: when it is used
 * up, only those are refused more that have an equal share of it already. So all together
 * may keep up to twice what the bound says.
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
static atomic_t sharers;

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
 * pp_budget_join() - a namespace gets its first patch, and may have connections
 *
 * Context: any.
 */
void pp_budget_join(void)
{
	atomic_inc(&sharers);
}

/**
 * pp_budget_leave() - it goes
 *
 * Context: any.
 */
void pp_budget_leave(void)
{
	atomic_dec(&sharers);
}

static unsigned long amount(const atomic_long_t *n)
{
	return max(atomic_long_read(n), 0L);
}

/**
 * pp_budget_tight() - how scarce room is
 * @pn: for whom
 *
 * Context: any.
 *
 * Return: enum pp_tight.
 */
u8 pp_budget_tight(const struct pp_net *pn)
{
	unsigned long all = amount(&kept), most = READ_ONCE(store_max), own, share;

	if (likely(all < most))
		return PP_TIGHT_NO;
	own = amount(&pn->kept);
	share = most / max(atomic_read(&sharers), 1);
	if (own < share)
		return PP_TIGHT_NO;
	return all / 2 < most || own / 2 < share ? PP_TIGHT_ORDER : PP_TIGHT_ALL;
}

/**
 * pp_budget_charge() - a connection keeps more or less than before
 * @pn: its namespace
 * @bytes: how much more; negative: less
 *
 * Context: any.
 */
void pp_budget_charge(struct pp_net *pn, long bytes)
{
	if (!bytes)
		return;
	atomic_long_add(bytes, &kept);
	atomic_long_add(bytes, &pn->kept);
}
