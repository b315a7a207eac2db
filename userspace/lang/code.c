// SPDX-License-Identifier: GPL-2.0
/* Programs: linking, and removing instructions that do nothing. */
#include <stdlib.h>
#include <string.h>

#include "grammar.h"

/**
 * code_has_target() - does an instruction have a target
 * @op: enum pp_op
 *
 * Return: whether it has.
 */
bool code_has_target(unsigned int op)
{
	switch (op) {
	case PP_OP_LIT:
	case PP_OP_SCAN:
	case PP_OP_NUM:
	case PP_OP_PEEK:
	case PP_OP_EOF:
	case PP_OP_KW:
	case PP_OP_JMP:
	case PP_OP_JCC:
	case PP_OP_JS:
		return true;
	default:
		return false;
	}
}

/**
 * code_edges() - where an instruction goes
 * @in: the instruction
 * @pc: its index
 * @edges: filled in; the edge to the next instruction comes first
 */
void code_edges(const struct pp_insn *in, uint32_t pc, struct code_edges *edges)
{
	*edges = (struct code_edges){ .nr = 0 };
	if (in->op != PP_OP_JMP && in->op != PP_OP_OPAQUE && in->op != PP_OP_FAIL) {
		edges->progress[0] = in->op == PP_OP_LIT || in->op == PP_OP_BYTE ||
				     in->op == PP_OP_UINT || in->op == PP_OP_NUM;
		edges->to[edges->nr++] = pc + 1;
	}
	if (code_has_target(in->op)) {
		edges->taken[edges->nr] = true;
		edges->to[edges->nr++] = in->target;
	}
}

/**
 * code_link() - replace labels by the instructions they stand before
 * @code: the program
 */
void code_link(struct code *code)
{
	for (size_t i = 0; i < code->nr; i++)
		if (code_has_target(code->insns[i].in.op))
			code->insns[i].in.target = code->labels[code->insns[i].in.target];
	for (int dir = 0; dir < 2; dir++)
		code->entry[dir] = code->labels[code->entry[dir]];
}

static uint32_t thread(const struct code *code, uint32_t pc)
{
	for (size_t hops = 0; hops < code->nr && code->insns[pc].in.op == PP_OP_JMP; hops++)
		pc = code->insns[pc].in.target;
	return pc;
}

static bool invert(struct pp_insn *in)
{
	static const unsigned char inverse[PP_NR_CC] = {
		[PP_CC_EQ] = PP_CC_NE, [PP_CC_NE] = PP_CC_EQ,
		[PP_CC_LT] = PP_CC_GE, [PP_CC_GE] = PP_CC_LT,
		[PP_CC_GT] = PP_CC_LE, [PP_CC_LE] = PP_CC_GT,
	};

	if (in->op != PP_OP_JCC)
		return false;
	in->arg = inverse[in->arg];
	return true;
}

static void mark(const struct code *code, unsigned char *live, uint32_t *stack, uint32_t pc)
{
	struct code_edges edges;
	size_t depth = 0;

	if (live[pc])
		return;
	live[pc] = 1;
	stack[depth++] = pc;
	while (depth) {
		pc = stack[--depth];
		code_edges(&code->insns[pc].in, pc, &edges);
		for (unsigned int i = 0; i < edges.nr; i++) {
			if (live[edges.to[i]])
				continue;
			live[edges.to[i]] = 1;
			stack[depth++] = edges.to[i];
		}
	}
}

/* Removes what is not live and jumps to the next instruction. */
static bool compact(struct code *code)
{
	unsigned char *live = lang_alloc(code->nr + 1);
	uint32_t *moved = lang_alloc((code->nr + 1) * sizeof(*moved));
	size_t nr = 0;

	mark(code, live, moved, code->entry[0]);
	mark(code, live, moved, code->entry[1]);
	for (size_t i = 0; i < code->nr; i++)
		if (live[i] && code->insns[i].in.op == PP_OP_JMP &&
		    code->insns[i].in.target == i + 1)
			live[i] = 0;
	for (size_t i = 0; i < code->nr; i++) {
		moved[i] = nr;
		nr += live[i];
	}
	for (size_t i = 0; i < code->nr; i++) {
		struct code_insn insn = code->insns[i];

		if (!live[i])
			continue;
		if (code_has_target(insn.in.op))
			insn.in.target = moved[insn.in.target];
		code->insns[moved[i]] = insn;
	}
	for (int dir = 0; dir < 2; dir++)
		code->entry[dir] = moved[code->entry[dir]];
	free(live);
	free(moved);
	if (nr == code->nr)
		return false;
	code->nr = nr;
	return true;
}

/**
 * code_optimise() - remove jumps to jumps and what is never reached
 * @code: the program, linked
 */
void code_optimise(struct code *code)
{
	do {
		for (size_t i = 0; i < code->nr; i++) {
			struct pp_insn *in = &code->insns[i].in;

			if (code_has_target(in->op))
				in->target = thread(code, in->target);
		}
		for (size_t i = 0; i + 1 < code->nr; i++) {
			struct pp_insn *in = &code->insns[i].in;
			struct pp_insn *next = &code->insns[i + 1].in;

			if (next->op == PP_OP_JMP && in->target == i + 2 &&
			    next->target != i + 2 &&
			    code->insns[next->target].in.op != PP_OP_JMP && invert(in)) {
				in->target = next->target;
				next->target = i + 2;
			}
		}
		for (int dir = 0; dir < 2; dir++)
			code->entry[dir] = thread(code, code->entry[dir]);
	} while (compact(code));
}

/**
 * code_clean() - free a program
 * @code: the program
 */
void code_clean(struct code *code)
{
	free(code->insns);
	free(code->labels);
}
