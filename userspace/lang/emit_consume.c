// SPDX-License-Identifier: GPL-2.0
/* Code of statements that consume bytes. */
#include "emit.h"
#include "lex.h"

static const char *subject(struct emitter *e, const struct stmt *s)
{
	if (s->name)
		return field_name(e->g, &e->scope, s->name);
	if (e->scope.depth)
		return e->scope.groups[e->scope.depth - 1];
	return e->scope.unit ? e->scope.unit : e->g->tree.name;
}

static const char *failure(struct emitter *e, const struct stmt *s)
{
	const struct consume *c = s->consume;
	const char *name = subject(e, s);
	char text[4 * PP_MAX_LIT + 1];
	size_t n = 0;

	if (c->op == PP_OP_SCAN)
		return arena_printf(&e->g->arena, "%s: more than %u bytes", name, c->max);
	if (c->op == PP_OP_NUM)
		return arena_printf(&e->g->arena, "%s: not a %s number of at most %u digits",
				    name, c->arg == 16 ? "hexadecimal" : "decimal", c->max);
	for (size_t i = 0; i < c->lit.len && i < PP_MAX_LIT; i++) {
		unsigned char b = c->lit.data[i];

		if (b == '\r' || b == '\n' || b == '\t')
			n += snprintf(text + n, sizeof(text) - n, "\\%c",
				      b == '\r' ? 'r' : b == '\n' ? 'n' : 't');
		else if (b >= 0x20 && b < 0x7f)
			n += snprintf(text + n, sizeof(text) - n, "%c", b);
		else
			n += snprintf(text + n, sizeof(text) - n, "\\x%02x", b);
	}
	text[n] = '\0';
	return arena_printf(&e->g->arena, "%s: \"%s\" expected", name, text);
}

static struct pp_insn scan(struct emitter *e, const struct consume *c, const struct pp_set *set,
			   unsigned int field, unsigned int more)
{
	struct pp_insn in = {
		.op = PP_OP_SCAN,
		.flags = c->flags,
		.field = field,
		.arg = image_set(e->b, set),
		.imm = c->max,
	};

	if (more && in.flags & (PP_I_HEAD | PP_I_TAIL))
		in.flags |= PP_I_CAPCONT;
	return in;
}

static void mute_byte(struct emitter *e)
{
	emit_insn(e, (struct pp_insn){ .op = PP_OP_BYTE, .flags = PP_I_MUTE,
				       .reg = emit_scratch(e) }, NO_LABEL);
}

static void peek(struct emitter *e, const struct pp_set *set, uint32_t label)
{
	emit_insn(e, (struct pp_insn){ .op = PP_OP_PEEK, .arg = image_set(e->b, set) }, label);
}

/*
 * Text with TELNET sequences: IAC IAC is the character 255, IAC WILL, WONT, DO
 * and DONT take an option, other sequences are two bytes. What ends the text ends
 * it behind an IAC for servers that know nothing of TELNET, and does not for
 * others: that fails. A CR may follow, which is no end to either, but where a
 * keyword is read.
 */
static void emit_telnet(struct emitter *e, const struct consume *c, uint32_t fail)
{
	static const unsigned char iac = 0xff;
	struct pp_set set = c->set, iacs = { { 0 } }, options = { { 0 } }, ends = c->set;
	uint32_t more = emit_label(e), seen = emit_label(e), quoted = emit_label(e);
	uint32_t option = emit_label(e), done = emit_label(e), sequence = emit_label(e);

	set_add(&set, iac);
	set_add(&iacs, iac);
	for (unsigned int b = 0xfb; b <= 0xfe; b++)
		set_add(&options, b);
	if (!(c->flags & PP_I_HEAD))
		ends.bits['\r' / 32] &= ~(1u << '\r' % 32);
	emit_insn(e, scan(e, c, &set, 0, 0), fail);
	emit_here(e, seen);
	peek(e, &iacs, sequence);
	emit_jump(e, done);
	emit_here(e, more);
	emit_insn(e, scan(e, c, &set, 0, 1), fail);
	emit_jump(e, seen);
	emit_here(e, sequence);
	emit_insn(e, (struct pp_insn){ .op = PP_OP_LIT, .flags = PP_I_MUTE,
				       .arg = image_lit(e->b, &iac, 1) }, fail);
	peek(e, &iacs, quoted);
	peek(e, &ends, fail);
	peek(e, &c->set, more);
	peek(e, &options, option);
	mute_byte(e);
	emit_jump(e, more);
	emit_here(e, option);
	mute_byte(e);
	peek(e, &ends, fail);
	mute_byte(e);
	emit_jump(e, more);
	emit_here(e, quoted);
	emit_insn(e, (struct pp_insn){ .op = PP_OP_LIT, .arg = image_lit(e->b, &iac, 1) }, fail);
	emit_jump(e, more);
	emit_here(e, done);
}

/*
 * A value that goes on in lines that begin with a blank. The ends of its lines
 * are consumed and in no field. The blank that begins a line is part of the value,
 * where a needle may lie across it, but not of the line: a cut that took it
 * away would turn the rest of the value into the end of the header.
 */
static void emit_folded(struct emitter *e, const struct consume *c, unsigned int line,
			uint32_t fail)
{
	struct pp_set cr = { { 0 } }, blanks = { { 0 } };
	uint32_t again = emit_label(e), rest = emit_label(e), done = emit_label(e);
	uint32_t fold = emit_label(e);
	struct pp_insn in;

	set_add(&cr, '\r');
	set_add(&blanks, ' ');
	set_add(&blanks, '\t');
	emit_insn(e, scan(e, c, &c->set, line, 0), fail);
	emit_here(e, again);
	emit_insn(e, (struct pp_insn){ .op = PP_OP_SCAN, .flags = PP_I_WHILE | PP_I_MUTE,
				       .arg = image_set(e->b, &cr), .imm = 16 }, fail);
	emit_insn(e, (struct pp_insn){ .op = PP_OP_LIT, .flags = PP_I_MUTE,
				       .arg = image_lit(e->b, "\n", 1) }, fail);
	peek(e, &blanks, fold);
	emit_jump(e, done);
	emit_here(e, fold);
	in = scan(e, c, &blanks, 0, 1);
	in.flags |= PP_I_WHILE;
	in.imm = 1;
	emit_insn(e, in, rest);
	emit_here(e, rest);
	emit_insn(e, scan(e, c, &c->set, line, 1), fail);
	emit_jump(e, again);
	emit_here(e, done);
}

static void emit_plain(struct emitter *e, const struct consume *c, unsigned int field,
		       uint32_t fail)
{
	struct pp_insn in = {
		.op = c->op, .flags = c->flags, .field = field, .arg = c->arg,
	};

	switch (c->op) {
	case PP_OP_SCAN:
		emit_insn(e, scan(e, c, &c->set, field, 0), fail);
		return;
	case PP_OP_LIT:
		in.arg = image_lit(e->b, c->lit.data, c->lit.len);
		emit_insn(e, in, fail);
		return;
	case PP_OP_NUM:
		in.reg = c->reg;
		in.imm = c->max;
		emit_insn(e, in, fail);
		return;
	case PP_OP_BYTE:
	case PP_OP_UINT:
		in.reg = c->reg == NO_REG ? emit_scratch(e) : c->reg;
		break;
	case PP_OP_SKIP:
		in.reg = c->reg;
		break;
	}
	emit_insn(e, in, NO_LABEL);
}

/**
 * emit_consume() - code of a statement that consumes bytes
 * @e: the emitter
 * @s: the statement
 */
void emit_consume(struct emitter *e, const struct stmt *s)
{
	const struct consume *c = s->consume;
	bool several = c->telnet || c->folded || c->op == PP_OP_LIT, can_fail;
	unsigned int field = 0, line = 0;
	uint32_t fail = NO_LABEL, done = emit_label(e);
	const char *full = NULL, *reason = NULL;

	can_fail = c->op == PP_OP_SCAN || c->op == PP_OP_LIT || c->op == PP_OP_NUM;
	if (s->name) {
		full = field_name(e->g, &e->scope, s->name);
		field = field_find(e->g, full);
	}
	if (can_fail)
		reason = failure(e, s);
	if (c->folded)
		line = field_find(e->g, arena_printf(&e->g->arena, "%s.line", full));
	if (several && field)
		emit_open(e, field, full);
	if (can_fail)
		fail = c->has_else ? emit_label(e) : emit_fail(e, reason, -1);
	if (c->telnet)
		emit_telnet(e, c, fail);
	else if (c->folded)
		emit_folded(e, c, line, fail);
	else
		emit_plain(e, c, several ? 0 : field, fail);
	if (several && field)
		emit_close(e);
	if (c->has_else) {
		emit_jump(e, done);
		emit_here(e, fail);
		if (several && field)
			emit_insn(e, (struct pp_insn){ .op = PP_OP_CLOSE, .field = field },
				  NO_LABEL);
		emit_block(e, c->else_body);
	}
	emit_here(e, done);
}
