// SPDX-License-Identifier: GPL-2.0
/* What the core calls in the world around it: memory of the CPU, counters, events. */
#include <linux/cpumask.h>
#include <linux/percpu.h>

#include "config.h"
#include "event.h"
#include "flow.h"
#include "packet.h"
#include "port.h"

/**
 * struct port_cpu - working memory of one CPU
 * @out: what the engine wants to leave
 * @scratch: the core's
 *
 * Too large for a stack and for the static per-CPU area of a module.
 */
struct port_cpu {
	struct pp_out out;
	u8 scratch[] __aligned(__alignof__(u64));
};

static DEFINE_PER_CPU(struct port_cpu *, port_cpu);

/**
 * pp_port_out() - where the engine writes its verdict
 *
 * Context: bottom halves off, until the verdict is carried out.
 *
 * Return: this CPU's object.
 */
struct pp_out *pp_port_out(void)
{
	return &__this_cpu_read(port_cpu)->out;
}

struct pp_scratch *pp_port_scratch(void)
{
	return (struct pp_scratch *)__this_cpu_read(port_cpu)->scratch;
}

const u8 *pp_port_pull(void *pkt, u32 off, u32 len, u8 *buf)
{
	const struct pp_packet *p = pkt;

	return skb_header_pointer(p->skb, p->data + off, len, buf);
}

void pp_port_count(void *ctx, int counter, u64 n)
{
	const struct pp_ctx *c = ctx;

	pp_count(c->pn, counter, n);
}

void pp_port_edit(void *ctx, int dir, const struct pp_edit_info *info)
{
	const struct pp_ctx *c = ctx;

	if (info->first)
		pp_target_hit(c->target, info->patch);
	pp_event_edit(c->pn, c->tuple, pp_image_string(c->grammar, c->grammar->hdr->name), dir,
		      info);
}

void pp_port_note(void *ctx, int dir, int event, const char *reason)
{
	const struct pp_ctx *c = ctx;

	pp_event_note(c->pn, c->tuple, pp_image_string(c->grammar, c->grammar->hdr->name), dir,
		      event, reason);
}

/**
 * pp_port_init() - get the memory for every CPU that may come
 *
 * Context: process.
 *
 * Return: 0, or -ENOMEM.
 */
int pp_port_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct port_cpu *pc;

		pc = kvzalloc_node(struct_size(pc, scratch, pp_scratch_size()), GFP_KERNEL,
				   cpu_to_node(cpu));
		if (!pc) {
			pp_port_exit();
			return -ENOMEM;
		}
		per_cpu(port_cpu, cpu) = pc;
	}
	return 0;
}

/**
 * pp_port_exit() - give the memory back
 *
 * Context: process; no hook runs any more.
 */
void pp_port_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		kvfree(per_cpu(port_cpu, cpu));
		per_cpu(port_cpu, cpu) = NULL;
	}
}
