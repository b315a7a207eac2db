/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whether what is sent right now is a copy that xt_TEE or dup of nftables has made. Before
 * 6.16 the processor remembers it, since then the task.
 */
#ifndef _PP_COMPAT_COPY_H
#define _PP_COMPAT_COPY_H

#include <linux/netfilter.h>
#include <linux/percpu.h>
#include <linux/sched.h>

static inline bool pp_compat_copying(void)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 16, 0)
	return this_cpu_read(nf_skb_duplicated);
#else
	return current->in_nf_duplicate;
#endif
}

#endif /* _PP_COMPAT_COPY_H */
