// SPDX-License-Identifier: GPL-2.0
/*
 * What can be said about all ways through a program: that each makes progress,
 * which fields end with the next byte in hand, and which field can come before
 * which.
 */
#include <stdlib.h>
#include <string.h>

#include "grammar.h"

enum { UNKNOWN, ACTIVE, DONE };

struct path_pass {
	const struct code *code;
	unsigned char *state;
	uint16_t *longest;
	uint32_t *stack;
	unsigned char *edge;
};

/*
 * Depth first over edges that consume nothing. Returns the instruction at which
 * a round closes, or the number of instructions when there is none.
 */
static uint32_t find_round(struct path_pass *pass, uint32_t start)
{
	const struct code *code = pass->code;
	struct code_edges edges;
	size_t depth = 0;

	pass->stack[depth++] = start;
	pass->state[start] = ACTIVE;
	while (depth) {
		uint32_t pc = pass->stack[depth - 1], to;

		code_edges(&code->insns[pc].in, pc, &edges);
		if (pass->edge[pc] == edges.nr) {
			uint16_t longest = 0;

			for (unsigned int i = 0; i < edges.nr; i++)
				if (!edges.progress[i] && pass->longest[edges.to[i]] > longest)
					longest = pass->longest[edges.to[i]];
			pass->longest[pc] = longest + 1;
			pass->state[pc] = DONE;
			depth--;
			continue;
		}
		to = edges.to[pass->edge[pc]];
		if (edges.progress[pass->edge[pc]++] || pass->state[to] == DONE)
			continue;
		if (pass->state[to] == ACTIVE)
			return to;
		pass->state[to] = ACTIVE;
		pass->stack[depth++] = to;
	}
	return code->nr;
}

/**
 * code_check() - check that a program makes progress
 * @code: the program
 * @src: its source
 * @diag: where errors go
 *
 * Return: whether every round consumes a byte and no way without one is longer
 * than PP_MAX_PATH.
 */
bool code_check(const struct code *code, const struct lang_source *src,
		struct lang_diag *diag)
{
	struct path_pass pass = {
		.code = code,
		.state = lang_alloc(code->nr),
		.longest = lang_alloc(code->nr * sizeof(uint16_t)),
		.stack = lang_alloc(code->nr * sizeof(uint32_t)),
		.edge = lang_alloc(code->nr),
	};
	bool ok = true;
	uint32_t round;

	for (uint32_t pc = 0; pc < code->nr && ok; pc++) {
		if (pass.state[pc] != UNKNOWN)
			continue;
		round = find_round(&pass, pc);
		if (round < code->nr) {
			lang_diag_at(diag, src, code->insns[round].pos,
				     "lit, byte, an integer or dec and hex always consume one",
				     "a loop can come back here without having consumed a byte");
			ok = false;
		}
	}
	for (uint32_t pc = 0; pc < code->nr && ok; pc++) {
		if (pass.longest[pc] <= PP_MAX_PATH)
			continue;
		lang_diag_at(diag, src, code->insns[pc].pos,
			     "put fewer conditions in a row",
			     "more than %d instructions can run from here without a byte consumed",
			     PP_MAX_PATH);
		ok = false;
	}
	free(pass.state);
	free(pass.longest);
	free(pass.stack);
	free(pass.edge);
	return ok;
}

static bool consumes(unsigned int op)
{
	switch (op) {
	case PP_OP_LIT:
	case PP_OP_SCAN:
	case PP_OP_BYTE:
	case PP_OP_UINT:
	case PP_OP_NUM:
	case PP_OP_SKIP:
	case PP_OP_REST:
		return true;
	default:
		return false;
	}
}

static bool stops_at_delimiter(const struct pp_insn *in)
{
	return in->op == PP_OP_SCAN && !(in->flags & (PP_I_WHILE | PP_I_MUTE));
}

/*
 * For every instruction: has, on all ways to it, the last thing that consumed
 * been a scan that stopped at a delimiter.
 */
static unsigned char *delimiter_seen(const struct code *code)
{
	unsigned char *seen = lang_alloc(code->nr);
	bool changed = true;
	struct code_edges edges;

	memset(seen, 1, code->nr);
	seen[code->entry[0]] = 0;
	seen[code->entry[1]] = 0;
	while (changed) {
		changed = false;
		for (uint32_t pc = 0; pc < code->nr; pc++) {
			const struct pp_insn *in = &code->insns[pc].in;
			unsigned char out = seen[pc];

			if (consumes(in->op))
				out = stops_at_delimiter(in);
			else if (in->op == PP_OP_UNIT)
				out = 0;
			code_edges(in, pc, &edges);
			for (unsigned int i = 0; i < edges.nr; i++) {
				if (out || !seen[edges.to[i]])
					continue;
				seen[edges.to[i]] = 0;
				changed = true;
			}
		}
	}
	return seen;
}

/**
 * code_field_end() - is the next byte in hand wherever a field ends
 * @code: the program
 * @field: the field
 *
 * Return: whether it is.
 */
bool code_field_end(const struct code *code, unsigned int field)
{
	unsigned char *seen = delimiter_seen(code);
	bool found = false, ok = true;

	for (uint32_t pc = 0; pc < code->nr; pc++) {
		const struct pp_insn *in = &code->insns[pc].in;

		if (in->field != field || in->op == PP_OP_OPEN)
			continue;
		found = true;
		ok = ok && (in->op == PP_OP_CLOSE ? seen[pc] : stops_at_delimiter(in));
	}
	free(seen);
	return found && ok;
}

static bool begins(const struct pp_insn *in, unsigned int field)
{
	return in->field == field && in->op != PP_OP_CLOSE;
}

static bool ends(const struct pp_insn *in, unsigned int field)
{
	return in->field == field && in->op != PP_OP_OPEN;
}

/* Marks what can run, in the same unit, after what is marked already. */
static void spread(const struct code *code, unsigned char *reached)
{
	bool changed = true;
	struct code_edges edges;

	while (changed) {
		changed = false;
		for (uint32_t pc = 0; pc < code->nr; pc++) {
			if (!reached[pc])
				continue;
			code_edges(&code->insns[pc].in, pc, &edges);
			for (unsigned int i = 0; i < edges.nr; i++) {
				if (reached[edges.to[i]] ||
				    code->insns[edges.to[i]].in.op == PP_OP_UNIT)
					continue;
				reached[edges.to[i]] = 1;
				changed = true;
			}
		}
	}
}

static void mark_after(const struct code *code, unsigned char *reached, uint32_t pc)
{
	struct code_edges edges;

	code_edges(&code->insns[pc].in, pc, &edges);
	for (unsigned int i = 0; i < edges.nr; i++)
		if (code->insns[edges.to[i]].in.op != PP_OP_UNIT)
			reached[edges.to[i]] = 1;
}

/**
 * code_field_before() - can one field come before another ends, in one unit
 * @code: the program
 * @first: the one
 * @early: it is enough that it has begun
 * @then: the other
 *
 * Return: whether it can.
 */
bool code_field_before(const struct code *code, unsigned int first, bool early,
		       unsigned int then)
{
	unsigned char *reached = lang_alloc(code->nr);
	bool found = false;

	for (uint32_t pc = 0; pc < code->nr; pc++) {
		const struct pp_insn *in = &code->insns[pc].in;

		if (early ? begins(in, first) : ends(in, first))
			mark_after(code, reached, pc);
	}
	spread(code, reached);
	for (uint32_t pc = 0; pc < code->nr && !found; pc++)
		found = reached[pc] && ends(&code->insns[pc].in, then);
	free(reached);
	return found;
}

/**
 * code_field_between() - can a field come between two others, in one unit
 * @code: the program
 * @from: the field before
 * @field: the field
 * @to: the field after
 *
 * Return: whether it can.
 */
bool code_field_between(const struct code *code, unsigned int from, unsigned int field,
			unsigned int to)
{
	unsigned char *reached = lang_alloc(code->nr);
	unsigned char *after = lang_alloc(code->nr);
	bool found = false;

	for (uint32_t pc = 0; pc < code->nr; pc++)
		if (ends(&code->insns[pc].in, from))
			mark_after(code, reached, pc);
	spread(code, reached);
	for (uint32_t pc = 0; pc < code->nr; pc++)
		if (reached[pc] && ends(&code->insns[pc].in, field))
			mark_after(code, after, pc);
	spread(code, after);
	for (uint32_t pc = 0; pc < code->nr && !found; pc++)
		found = after[pc] && begins(&code->insns[pc].in, to);
	free(reached);
	free(after);
	return found;
}
