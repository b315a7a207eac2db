// SPDX-License-Identifier: GPL-2.0
/*
 * The verifier of grammars: whatever compiled the image, a program that passes
 * reads only what its image holds, consumes input as it goes, and nests its
 * fields.
 *
 * Termination is by shape: the graph of the steps that consume nothing has no
 * cycle and no path longer than PP_MAX_PATH, so the work for n bytes is at most
 * PP_MAX_PATH * (n + 1) instructions. No paths are explored; the time is linear.
 */
#include "core.h"
#include "verify.h"

/* What an instruction's argument is an index of, or the range it has; NONE is zero. */
enum arg {
	ARG_NONE,
	ARG_LIT,
	ARG_SET,
	ARG_WIDTH,
	ARG_BASE,
	ARG_CC,
	ARG_ALU,
	ARG_BIT,
	ARG_TAG,
	ARG_REASON,
};

#define T_REG		0x01	/* uses reg */
#define T_REG2		0x02	/* uses reg2 with PP_I_REG, else imm */
#define T_IMM		0x04	/* uses imm */
#define T_FIELD		0x08	/* may have a field */
#define T_NEED_FIELD	0x10	/* must have one */
#define T_TARGET	0x20	/* has a target */
#define T_NEXT		0x40	/* can go on behind itself */
#define T_EATS		0x80	/* going on behind itself has consumed a byte */
#define T_TCP		0x100	/* not in a grammar of datagrams */

/**
 * struct op_rule - what an instruction may look like
 * @traits: T_*
 * @flags: PP_I_* that may be set
 * @arg: enum arg
 *
 * Zero traits: no such instruction.
 */
struct op_rule {
	u16 traits;
	u8 flags;
	u8 arg;
};

static const struct op_rule ops[PP_NR_OPS] = {
	[PP_OP_LIT] = { T_TARGET | T_NEXT | T_EATS, PP_I_FOLD | PP_I_MUTE, ARG_LIT },
	[PP_OP_SCAN] = { T_IMM | T_FIELD | T_TARGET | T_NEXT,
			 PP_I_WHILE | PP_I_HEAD | PP_I_TAIL | PP_I_CAPCONT | PP_I_MUTE, ARG_SET },
	[PP_OP_BYTE] = { T_REG | T_FIELD | T_NEXT | T_EATS, PP_I_MUTE, ARG_NONE },
	[PP_OP_UINT] = { T_REG | T_FIELD | T_NEXT | T_EATS, PP_I_LE | PP_I_MUTE, ARG_WIDTH },
	[PP_OP_NUM] = { T_REG | T_IMM | T_FIELD | T_TARGET | T_NEXT | T_EATS, PP_I_MUTE,
			ARG_BASE },
	[PP_OP_SKIP] = { T_REG | T_FIELD | T_NEXT, PP_I_MUTE, ARG_NONE },
	[PP_OP_REST] = { T_FIELD | T_NEXT, PP_I_MUTE, ARG_NONE },
	[PP_OP_PEEK] = { T_TARGET | T_NEXT, 0, ARG_SET },
	[PP_OP_EOF] = { T_TARGET | T_NEXT, 0, ARG_NONE },
	[PP_OP_OPEN] = { T_NEED_FIELD | T_NEXT, 0, ARG_NONE },
	[PP_OP_CLOSE] = { T_NEED_FIELD | T_NEXT, 0, ARG_NONE },
	[PP_OP_KW] = { T_TARGET | T_NEXT, PP_I_STARTS | PP_I_ENDS, ARG_LIT },
	[PP_OP_JMP] = { T_TARGET, 0, ARG_NONE },
	[PP_OP_JCC] = { T_REG | T_REG2 | T_TARGET | T_NEXT, PP_I_REG, ARG_CC },
	[PP_OP_ALU] = { T_REG | T_REG2 | T_NEXT, PP_I_REG, ARG_ALU },
	[PP_OP_SETS] = { T_NEXT, 0, ARG_BIT },
	[PP_OP_CLRS] = { T_NEXT, 0, ARG_BIT },
	[PP_OP_JS] = { T_TARGET | T_NEXT, 0, ARG_BIT },
	[PP_OP_PUSH] = { T_NEXT | T_TCP, 0, ARG_TAG },
	[PP_OP_POP] = { T_REG | T_NEXT | T_TCP, 0, ARG_NONE },
	[PP_OP_HEADTAG] = { T_REG | T_NEXT | T_TCP, 0, ARG_NONE },
	[PP_OP_WAIT] = { T_NEXT | T_TCP, 0, ARG_NONE },
	[PP_OP_UNIT] = { T_NEXT, 0, ARG_NONE },
	[PP_OP_OPAQUE] = { 0x8000, PP_I_BLIND, ARG_NONE },
	[PP_OP_FAIL] = { T_IMM, 0, ARG_REASON },
};

/**
 * pp_reject() - say what is wrong with an image
 * @err: filled in
 * @section: enum pp_section
 * @index: element
 * @msg: a sentence, static storage
 *
 * Return: -EINVAL.
 */
int pp_reject(struct pp_error *err, u32 section, u32 index, const char *msg)
{
	err->section = section;
	err->index = index;
	err->msg = msg;
	return -EINVAL;
}

static int code_bad(struct pp_error *err, u32 pc, const char *msg)
{
	return pp_reject(err, PP_SEC_CODE, pc, msg);
}

static bool arg_ok(const struct pp_image *img, const struct pp_insn *i)
{
	switch (ops[i->op].arg) {
	case ARG_NONE:
		return !i->arg;
	case ARG_LIT:
		return i->arg < img->n[PP_SEC_LITS];
	case ARG_SET:
		return i->arg < img->n[PP_SEC_SETS];
	case ARG_WIDTH:
		return (i->arg >= 1 && i->arg <= 4) || i->arg == 8;
	case ARG_BASE:
		return i->arg == 10 || i->arg == 16;
	case ARG_CC:
		return i->arg < PP_NR_CC;
	case ARG_ALU:
		return i->arg < PP_NR_ALU;
	case ARG_BIT:
		return i->arg < 32;
	case ARG_TAG:
		return i->arg < 256;
	default:
		return i->arg < img->n[PP_SEC_REASONS];
	}
}

static int check_insn(const struct pp_image *img, u32 pc, struct pp_error *err)
{
	const struct pp_insn *i = &img->code[pc];
	const struct op_rule *o;
	const u32 n = img->n[PP_SEC_CODE];
	bool by_reg;

	if (i->op >= PP_NR_OPS || !ops[i->op].traits)
		return code_bad(err, pc, "unknown instruction");
	o = &ops[i->op];
	if (i->flags & ~o->flags)
		return code_bad(err, pc, "flag that this instruction does not have");
	if (!arg_ok(img, i))
		return code_bad(err, pc, "argument out of range");
	if (i->reg >= PP_MAX_REGS || i->reg2 >= PP_MAX_REGS)
		return code_bad(err, pc, "register out of range");
	by_reg = o->traits & T_REG2 && i->flags & PP_I_REG;
	if ((!(o->traits & T_REG) && i->reg) || (!by_reg && i->reg2))
		return code_bad(err, pc, "register that this instruction does not use");
	if (i->imm && !(o->traits & T_IMM) && !(o->traits & T_REG2 && !by_reg))
		return code_bad(err, pc, "number that this instruction does not use");
	if (i->field >= img->n[PP_SEC_FIELDS])
		return code_bad(err, pc, "field out of range");
	if (i->field && !(o->traits & (T_FIELD | T_NEED_FIELD)))
		return code_bad(err, pc, "field that this instruction does not have");
	if (!i->field && o->traits & T_NEED_FIELD)
		return code_bad(err, pc, "a field is missing");
	if (i->field && i->flags & PP_I_MUTE)
		return code_bad(err, pc, "muted bytes cannot be a field");
	if (o->traits & T_TARGET ? i->target >= n : i->target)
		return code_bad(err, pc, "jump target out of range");
	if (o->traits & T_NEXT && pc + 1 >= n)
		return code_bad(err, pc, "the program runs past its end");
	if (o->traits & T_TCP && img->hdr->transport == IPPROTO_UDP)
		return code_bad(err, pc, "replies are not paired in a protocol of datagrams");
	if (i->op == PP_OP_NUM && (!i->imm || i->imm > PP_MAX_DIGITS))
		return code_bad(err, pc, "digits out of range");
	if (i->op == PP_OP_FAIL && i->imm >= PP_NR_POLICY)
		return code_bad(err, pc, "unknown policy");
	if (i->op == PP_OP_LIT && !img->lits[i->arg].len)
		return code_bad(err, pc, "empty literal");
	return 0;
}

/**
 * struct walk - scratch of the graph checks
 * @len: longest path that consumes nothing from here, 0 not known yet
 * @mark: 1 while on the current path
 * @stack: instructions of the current path or still to do
 * @depth: open fields on entry, 0xff not reached yet
 * @open: which
 */
struct walk {
	u8 len[PP_MAX_INSNS];
	u8 mark[PP_MAX_INSNS];
	u16 stack[PP_MAX_INSNS];
	u8 depth[PP_MAX_INSNS];
	u16 open[PP_MAX_INSNS][PP_MAX_DEPTH];
};

/* The successors of an instruction that are reached without consuming. */
static u32 idle_successors(const struct pp_image *img, u32 pc, u32 *succ)
{
	const struct pp_insn *i = &img->code[pc];
	u16 traits = ops[i->op].traits;
	u32 n = 0;

	if (traits & T_NEXT && !(traits & T_EATS))
		succ[n++] = pc + 1;
	if (traits & T_TARGET)
		succ[n++] = i->target;
	return n;
}

/*
 * Depth-first over idle steps, with an explicit stack: a node on the current path
 * met again is a cycle; a finished node knows its longest path.
 */
static int check_progress(const struct pp_image *img, struct walk *w, struct pp_error *err)
{
	const u32 n = img->n[PP_SEC_CODE];
	u32 root, sp, pc, k, cnt, longest, succ[2];

	for (root = 0; root < n; root++) {
		if (w->len[root])
			continue;
		sp = 0;
		w->stack[sp++] = root;
		w->mark[root] = 1;
		while (sp) {
			pc = w->stack[sp - 1];
			cnt = idle_successors(img, pc, succ);
			longest = 0;
			for (k = 0; k < cnt; k++) {
				if (w->mark[succ[k]])
					return code_bad(err, succ[k],
							"a loop that consumes nothing");
				if (!w->len[succ[k]])
					break;
				longest = max_t(u32, longest, w->len[succ[k]]);
			}
			if (k < cnt) {
				w->stack[sp++] = succ[k];
				w->mark[succ[k]] = 1;
				continue;
			}
			if (longest + 1 > PP_MAX_PATH)
				return code_bad(err, pc,
						"too many instructions without consuming");
			w->len[pc] = longest + 1;
			w->mark[pc] = 0;
			sp--;
		}
	}
	return 0;
}

static int flow_to(struct walk *w, u32 pc, const u16 *open, u32 depth, u32 *todo,
		   struct pp_error *err)
{
	if (w->depth[pc] == 0xff) {
		w->depth[pc] = depth;
		memcpy(w->open[pc], open, sizeof(w->open[pc]));
		w->stack[(*todo)++] = pc;
		return 0;
	}
	if (w->depth[pc] != depth || memcmp(w->open[pc], open, depth * sizeof(open[0])))
		return code_bad(err, pc, "reached with different fields open");
	return 0;
}

/* Each instruction is always reached with the same fields open. */
static int check_nesting(const struct pp_image *img, struct walk *w, struct pp_error *err)
{
	u16 none[PP_MAX_DEPTH] = { 0 }, open[PP_MAX_DEPTH];
	u32 todo = 0, k, pc, depth;
	int ret;

	memset(w->depth, 0xff, sizeof(w->depth));
	for (k = 0; k < 2; k++) {
		ret = flow_to(w, img->hdr->entry[k], none, 0, &todo, err);
		if (ret)
			return ret;
	}
	while (todo) {
		const struct pp_insn *i;

		pc = w->stack[--todo];
		i = &img->code[pc];
		depth = w->depth[pc];
		memcpy(open, w->open[pc], sizeof(open));
		if (i->field && i->op != PP_OP_CLOSE) {
			for (k = 0; k < depth; k++)
				if (open[k] == i->field)
					return code_bad(err, pc, "field is already open");
			if (depth == PP_MAX_DEPTH)
				return code_bad(err, pc, "fields nest too deep");
		}
		if (i->op == PP_OP_UNIT && depth)
			return code_bad(err, pc, "a unit begins inside a field");
		if (i->op == PP_OP_OPEN) {
			open[depth++] = i->field;
		} else if (i->op == PP_OP_CLOSE) {
			if (!depth || open[depth - 1] != i->field)
				return code_bad(err, pc, "closes a field that is not innermost");
			open[--depth] = 0;
		}
		if (ops[i->op].traits & T_NEXT) {
			ret = flow_to(w, pc + 1, open, depth, &todo, err);
			if (ret)
				return ret;
		}
		if (ops[i->op].traits & T_TARGET) {
			ret = flow_to(w, i->target, open, depth, &todo, err);
			if (ret)
				return ret;
		}
	}
	return 0;
}

/**
 * pp_verify_common() - header and literals, of either kind
 * @img: the image
 * @err: filled in on error
 *
 * Return: 0 or -EINVAL.
 */
int pp_verify_common(const struct pp_image *img, struct pp_error *err)
{
	const struct pp_image_header *h = img->hdr;
	const char *name = pp_image_string(img, h->name);
	u32 i;

	if (h->pad)
		return pp_reject(err, PP_NR_SECTIONS, 0, "padding is not zero");
	if (!*name || strlen(name) >= PP_NAME_MAX)
		return pp_reject(err, PP_NR_SECTIONS, 0, "name is empty or too long");
	if (h->title >= img->n[PP_SEC_STRINGS])
		return pp_reject(err, PP_NR_SECTIONS, 0, "title is not a string");
	for (i = 0; i < img->n[PP_SEC_LITS]; i++) {
		const struct pp_lit *l = &img->lits[i];

		if (l->pad)
			return pp_reject(err, PP_SEC_LITS, i, "padding is not zero");
		if (l->len > PP_MAX_LIT)
			return pp_reject(err, PP_SEC_LITS, i, "literal is too long");
		if (l->off > img->n[PP_SEC_BYTES] || l->len > img->n[PP_SEC_BYTES] - l->off)
			return pp_reject(err, PP_SEC_LITS, i, "literal lies outside the image");
	}
	return 0;
}

static int check_fields(const struct pp_image *img, struct pp_error *err)
{
	const u8 flags = PP_FIELD_SERVER | PP_FIELD_CONT | PP_FIELD_SECRET | PP_FIELD_END |
			 PP_FIELD_ELEMENT;
	const u32 n = img->n[PP_SEC_FIELDS];
	u32 i;

	if (!n || n > PP_MAX_FIELDS)
		return pp_reject(err, PP_SEC_FIELDS, 0, "number of fields out of range");
	for (i = 1; i < n; i++) {
		const struct pp_field *f = &img->fields[i];

		if (f->name >= img->n[PP_SEC_STRINGS] || !img->strings[f->name] ||
		    f->doc >= img->n[PP_SEC_STRINGS])
			return pp_reject(err, PP_SEC_FIELDS, i, "field has no name");
		if (f->parent >= i)
			return pp_reject(err, PP_SEC_FIELDS, i,
					 "field comes before the group it is in");
		if (f->parent && img->fields[f->parent].type != PP_FIELD_GROUP &&
		    img->fields[f->parent].type != PP_FIELD_BYTES)
			return pp_reject(err, PP_SEC_FIELDS, i, "field is inside an integer");
		if (f->length_of >= n || (f->length_of && (f->type == PP_FIELD_BYTES ||
							   f->type == PP_FIELD_GROUP)))
			return pp_reject(err, PP_SEC_FIELDS, i, "length of something impossible");
		if (f->type > PP_FIELD_GROUP || f->flags & ~flags || f->pad)
			return pp_reject(err, PP_SEC_FIELDS, i, "unknown type or flag of a field");
	}
	return 0;
}

/**
 * pp_verify_grammar() - whether a grammar may be loaded
 * @img: its image, opened
 * @err: filled in on error
 *
 * Context: may sleep.
 *
 * Return: 0, -EINVAL (see @err) or -ENOMEM.
 */
int pp_verify_grammar(const struct pp_image *img, struct pp_error *err)
{
	const struct pp_image_header *h = img->hdr;
	const u32 n = img->n[PP_SEC_CODE];
	struct walk *w;
	u32 i;
	int ret;

	ret = pp_verify_common(img, err);
	if (ret)
		return ret;
	if (h->kind != PP_IMAGE_GRAMMAR || h->grammar || h->flags)
		return pp_reject(err, PP_NR_SECTIONS, 0, "not a grammar");
	if (h->transport != IPPROTO_TCP && h->transport != IPPROTO_UDP)
		return pp_reject(err, PP_NR_SECTIONS, 0, "transport is neither TCP nor UDP");
	if (!h->nr_ports || h->nr_ports > PP_MAX_PORTS)
		return pp_reject(err, PP_NR_SECTIONS, 0, "number of ports out of range");
	for (i = 0; i < PP_MAX_PORTS; i++)
		if (i < h->nr_ports ? !h->ports[i] : h->ports[i])
			return pp_reject(err, PP_NR_SECTIONS, 0, "port 0");
	if (img->n[PP_SEC_ATOMS] || img->n[PP_SEC_CONDS] || img->n[PP_SEC_RULES])
		return pp_reject(err, PP_NR_SECTIONS, 0, "a grammar cannot have rules");
	ret = check_fields(img, err);
	if (ret)
		return ret;
	for (i = 0; i < img->n[PP_SEC_REASONS]; i++)
		if (img->reasons[i] >= img->n[PP_SEC_STRINGS])
			return pp_reject(err, PP_SEC_REASONS, i, "reason is not a string");
	if (!n || n > PP_MAX_INSNS || h->entry[0] >= n || h->entry[1] >= n)
		return pp_reject(err, PP_SEC_CODE, 0, "number of instructions out of range");
	for (i = 0; i < n; i++) {
		ret = check_insn(img, i, err);
		if (ret)
			return ret;
	}
	w = pp_alloc_big(sizeof(*w));
	if (!w)
		return -ENOMEM;
	ret = check_progress(img, w, err);
	if (!ret)
		ret = check_nesting(img, w, err);
	pp_free_big(w);
	return ret;
}
