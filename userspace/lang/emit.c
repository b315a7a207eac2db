// SPDX-License-Identifier: GPL-2.0
/* Code of grammars: control flow, conditions, and everything that consumes nothing. */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "emit.h"

/* Instructions emitted before a program is given up as too large. */
#define MAX_EMITTED	(4 * PP_MAX_INSNS)

/**
 * emit_label() - make a label
 * @e: the emitter
 *
 * Return: the label.
 */
uint32_t emit_label(struct emitter *e)
{
	struct code *code = e->code;

	*lang_push(code->labels, code->nr_labels, code->cap_labels) = 0;
	return code->nr_labels - 1;
}

/**
 * emit_here() - put a label before the next instruction
 * @e: the emitter
 * @label: the label
 */
void emit_here(struct emitter *e, uint32_t label)
{
	e->code->labels[label] = e->code->nr;
}

/**
 * emit_insn() - emit an instruction
 * @e: the emitter
 * @in: the instruction
 * @label: where it goes, or NO_LABEL
 */
void emit_insn(struct emitter *e, struct pp_insn in, uint32_t label)
{
	struct code *code = e->code;

	if (label != NO_LABEL)
		in.target = label;
	*lang_push(code->insns, code->nr, code->cap) = (struct code_insn){ in, e->pos };
}

/**
 * emit_jump() - emit a jump
 * @e: the emitter
 * @label: where to
 */
void emit_jump(struct emitter *e, uint32_t label)
{
	emit_insn(e, (struct pp_insn){ .op = PP_OP_JMP }, label);
}

/**
 * emit_open() - a field of several instructions begins
 * @e: the emitter
 * @field: the field
 * @name: its full name
 */
void emit_open(struct emitter *e, unsigned int field, const char *name)
{
	emit_insn(e, (struct pp_insn){ .op = PP_OP_OPEN, .field = field }, NO_LABEL);
	e->scope.groups[e->scope.depth] = name;
	e->scope.ids[e->scope.depth++] = field;
}

/**
 * emit_close() - the innermost field ends
 * @e: the emitter
 */
void emit_close(struct emitter *e)
{
	unsigned int field = e->scope.ids[--e->scope.depth];

	emit_insn(e, (struct pp_insn){ .op = PP_OP_CLOSE, .field = field }, NO_LABEL);
}

/**
 * emit_fail() - where to go with malformed input
 * @e: the emitter
 * @reason: why it is
 * @policy: enum pp_policy, or -1 for the direction's own
 *
 * What a client sends that no server accepts ends the connection. What a server
 * sends is only not understood.
 *
 * Return: label of a FAIL that is emitted at the end.
 */
uint32_t emit_fail(struct emitter *e, const char *reason, int policy)
{
	uint32_t text = image_reason(e->b, reason);
	struct fail_site *f;

	if (policy < 0)
		policy = e->scope.server ? PP_POLICY_PASS : PP_POLICY_RESET;
	for (size_t i = 0; i < e->nr_fails; i++) {
		f = &e->fails[i];
		if (f->reason == text && f->policy == (unsigned int)policy &&
		    f->depth == e->scope.depth &&
		    !memcmp(f->ids, e->scope.ids, f->depth * sizeof(f->ids[0])))
			return f->label;
	}
	f = lang_push(e->fails, e->nr_fails, e->cap_fails);
	*f = (struct fail_site){
		.label = emit_label(e), .reason = text, .policy = policy,
		.depth = e->scope.depth, .pos = e->pos,
	};
	memcpy(f->ids, e->scope.ids, sizeof(f->ids));
	return f->label;
}

/**
 * emit_scratch() - a register for values nobody wants
 * @e: the emitter
 *
 * Return: the register.
 */
unsigned int emit_scratch(struct emitter *e)
{
	if (e->g->tree.regs.nr < PP_MAX_REGS)
		return e->g->tree.regs.nr;
	lang_diag_at(e->diag, e->g->src, e->pos, "declare one register less",
		     "all %d registers are declared and this needs another one", PP_MAX_REGS);
	return 0;
}

static void test_leaf(struct emitter *e, const struct test *t, uint32_t label)
{
	struct pp_insn in = { .op = PP_OP_PEEK };

	switch (t->kind) {
	case TEST_PEEK:
		in.arg = image_set(e->b, &t->set);
		break;
	case TEST_EOF:
		in.op = PP_OP_EOF;
		break;
	case TEST_TOKEN:
		in.op = PP_OP_KW;
		in.flags = t->flags;
		in.arg = image_lit(e->b, t->lit.data, t->lit.len);
		break;
	case TEST_SESSION:
		in.op = PP_OP_JS;
		in.arg = t->bit;
		break;
	default:
		in.op = PP_OP_JCC;
		in.arg = t->cc;
		in.reg = t->reg;
		if (t->reg2 != NO_REG) {
			in.flags = PP_I_REG;
			in.reg2 = t->reg2;
		} else {
			in.imm = t->value;
		}
		break;
	}
	emit_insn(e, in, label);
}

/**
 * emit_test() - code of a condition
 * @e: the emitter
 * @t: the condition
 * @when: jump when it is true, or when it is false
 * @label: where to jump; else the code falls through
 */
void emit_test(struct emitter *e, const struct test *t, bool when, uint32_t label)
{
	uint32_t skip;

	switch (t->kind) {
	case TEST_NOT:
		emit_test(e, t->a, !when, label);
		return;
	case TEST_AND:
	case TEST_OR:
		if ((t->kind == TEST_OR) == when) {
			emit_test(e, t->a, when, label);
			emit_test(e, t->b, when, label);
			return;
		}
		skip = emit_label(e);
		emit_test(e, t->a, !when, skip);
		emit_test(e, t->b, when, label);
		emit_here(e, skip);
		return;
	default:
		break;
	}
	if (when) {
		test_leaf(e, t, label);
		return;
	}
	skip = emit_label(e);
	test_leaf(e, t, skip);
	emit_jump(e, label);
	emit_here(e, skip);
}

/* The other branch comes first: then only one of the two ways has a jump more. */
static void emit_if(struct emitter *e, const struct stmt *s)
{
	uint32_t yes = emit_label(e), done = emit_label(e);

	emit_test(e, s->test, true, yes);
	emit_block(e, s->other);
	emit_jump(e, done);
	emit_here(e, yes);
	emit_block(e, s->body);
	emit_here(e, done);
}

static void emit_switch(struct emitter *e, const struct stmt *s)
{
	uint32_t done = emit_label(e), first = e->code->nr_labels;
	const struct switch_case *c;
	unsigned int i;

	for (c = s->cases; c; c = c->next)
		emit_label(e);
	for (c = s->cases, i = 0; c; c = c->next, i++) {
		e->pos = c->test->pos;
		emit_test(e, c->test, true, first + i);
	}
	emit_block(e, s->other);
	emit_jump(e, done);
	for (c = s->cases, i = 0; c; c = c->next, i++) {
		emit_here(e, first + i);
		emit_block(e, c->body);
		emit_jump(e, done);
	}
	emit_here(e, done);
}

static void emit_loop(struct emitter *e, const struct stmt *s)
{
	struct loop loop = {
		.outer = e->loop, .again = emit_label(e), .done = emit_label(e),
		.depth = e->scope.depth,
	};

	e->loop = &loop;
	emit_here(e, loop.again);
	emit_block(e, s->body);
	e->pos = s->pos;
	emit_jump(e, loop.again);
	emit_here(e, loop.done);
	e->loop = loop.outer;
}

static void emit_leave(struct emitter *e, const struct stmt *s)
{
	if (!e->loop) {
		lang_diag_at(e->diag, e->g->src, s->pos, NULL,
			     "\"%s\" outside of a loop",
			     s->kind == STMT_BREAK ? "break" : "continue");
		return;
	}
	for (unsigned int i = e->scope.depth; i > e->loop->depth; i--)
		emit_insn(e, (struct pp_insn){ .op = PP_OP_CLOSE,
					       .field = e->scope.ids[i - 1] }, NO_LABEL);
	emit_jump(e, s->kind == STMT_BREAK ? e->loop->done : e->loop->again);
}

/* A part is the same wherever it stands: it cannot leave a loop around it. */
static void emit_use(struct emitter *e, const struct stmt *s)
{
	struct loop *outer = e->loop;

	e->loop = NULL;
	emit_block(e, s->part->body);
	e->loop = outer;
}

static void emit_unit(struct emitter *e, const struct stmt *s)
{
	emit_insn(e, (struct pp_insn){ .op = PP_OP_UNIT }, NO_LABEL);
	e->scope.unit = s->name;
	emit_block(e, s->body);
	e->scope.unit = NULL;
}

static void emit_named(struct emitter *e, const struct stmt *s)
{
	const char *full = field_name(e->g, &e->scope, s->name);

	emit_open(e, field_find(e->g, full), full);
	emit_block(e, s->body);
	e->pos = s->pos;
	emit_close(e);
}

static void alu(struct emitter *e, unsigned int reg, unsigned int op, const struct stmt *s, int i)
{
	struct pp_insn in = { .op = PP_OP_ALU, .reg = reg, .arg = op };

	if (s->regs[i] != NO_REG) {
		in.flags = PP_I_REG;
		in.reg2 = s->regs[i];
	} else {
		in.imm = s->values[i];
	}
	emit_insn(e, in, NO_LABEL);
}

static void emit_alu(struct emitter *e, const struct stmt *s)
{
	bool clobbers = s->alu != PP_ALU_MOV && s->regs[1] == s->reg && s->regs[0] != s->reg;
	unsigned int reg = clobbers ? emit_scratch(e) : s->reg;

	if (s->alu == PP_ALU_MOV || s->regs[0] != reg)
		alu(e, reg, PP_ALU_MOV, s, 0);
	if (s->alu != PP_ALU_MOV)
		alu(e, reg, s->alu, s, 1);
	if (clobbers)
		emit_insn(e, (struct pp_insn){ .op = PP_OP_ALU, .flags = PP_I_REG,
					       .reg = s->reg, .reg2 = reg,
					       .arg = PP_ALU_MOV }, NO_LABEL);
}

static void check_pairing(struct emitter *e, const struct stmt *s)
{
	bool pairs = s->kind == STMT_PUSH || s->kind == STMT_POP ||
		     s->kind == STMT_HEADTAG || s->kind == STMT_WAIT;

	if (pairs && e->g->tree.transport == IPPROTO_UDP)
		lang_diag_at(e->diag, e->g->src, s->pos, NULL,
			     "replies are not paired in a protocol of datagrams");
}

static void emit_one(struct emitter *e, const struct stmt *s)
{
	struct pp_insn in = { .op = PP_OP_WAIT };

	check_pairing(e, s);
	switch (s->kind) {
	case STMT_CONSUME:
		emit_consume(e, s);
		return;
	case STMT_BYTES:
	case STMT_GROUP:
		emit_named(e, s);
		return;
	case STMT_UNIT:
		emit_unit(e, s);
		return;
	case STMT_LOOP:
		emit_loop(e, s);
		return;
	case STMT_BREAK:
	case STMT_CONTINUE:
		emit_leave(e, s);
		return;
	case STMT_IF:
		emit_if(e, s);
		return;
	case STMT_SWITCH:
		emit_switch(e, s);
		return;
	case STMT_USE:
		emit_use(e, s);
		return;
	case STMT_ALU:
		emit_alu(e, s);
		return;
	case STMT_MALFORMED:
		emit_jump(e, emit_fail(e, s->reason, s->policy));
		return;
	case STMT_LENGTH:
		return;
	case STMT_SETS:
	case STMT_CLRS:
		in.op = s->kind == STMT_SETS ? PP_OP_SETS : PP_OP_CLRS;
		in.arg = s->bit;
		break;
	case STMT_PUSH:
		in.op = PP_OP_PUSH;
		in.arg = s->value;
		break;
	case STMT_POP:
	case STMT_HEADTAG:
		in.op = s->kind == STMT_POP ? PP_OP_POP : PP_OP_HEADTAG;
		in.reg = s->reg;
		break;
	case STMT_WAIT:
		break;
	case STMT_OPAQUE:
		in.op = PP_OP_OPAQUE;
		in.flags = s->value;
		break;
	}
	emit_insn(e, in, NO_LABEL);
}

/**
 * emit_block() - code of statements in a row
 * @e: the emitter
 * @s: the first, or NULL
 */
void emit_block(struct emitter *e, const struct stmt *s)
{
	for (; s && e->code->nr < MAX_EMITTED; s = s->next) {
		e->pos = s->pos;
		emit_one(e, s);
	}
}

static void emit_fails(struct emitter *e)
{
	for (size_t i = 0; i < e->nr_fails; i++) {
		e->pos = e->fails[i].pos;
		emit_here(e, e->fails[i].label);
		emit_insn(e, (struct pp_insn){ .op = PP_OP_FAIL, .arg = e->fails[i].reason,
					       .imm = e->fails[i].policy }, NO_LABEL);
	}
	free(e->fails);
}

static void add_code(struct lang_grammar *g, struct image_builder *b)
{
	for (size_t i = 0; i < g->code.nr; i++)
		image_add(b, PP_SEC_CODE, &g->code.insns[i].in);
	for (int dir = 0; dir < 2; dir++)
		b->header.entry[dir] = g->code.entry[dir];
}

/**
 * emit_grammar() - emit the program of a grammar
 * @g: the grammar, its fields declared
 * @b: image to put it in
 * @diag: where errors go
 */
void emit_grammar(struct lang_grammar *g, struct image_builder *b, struct lang_diag *diag)
{
	struct emitter e = { .g = g, .b = b, .diag = diag, .code = &g->code };

	for (int dir = 0; dir < 2; dir++) {
		e.scope = (struct scope){ .server = dir };
		e.pos = g->tree.pos;
		g->code.entry[dir] = emit_label(&e);
		emit_here(&e, g->code.entry[dir]);
		emit_block(&e, g->tree.body[dir]);
		emit_insn(&e, (struct pp_insn){ .op = PP_OP_OPAQUE }, NO_LABEL);
	}
	emit_fails(&e);
	code_link(&g->code);
	code_optimise(&g->code);
	if (g->code.nr > PP_MAX_INSNS)
		lang_diag_at(diag, g->src, g->tree.pos, NULL,
			     "the program has %zu instructions, %d are allowed",
			     g->code.nr, PP_MAX_INSNS);
	else if (code_check(&g->code, g->src, diag))
		add_code(g, b);
}
