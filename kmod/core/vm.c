// SPDX-License-Identifier: GPL-2.0
/*
 * The stream VM: runs a grammar's program over whatever input has arrived, and
 * goes on at the same byte when more comes.
 *
 * Dispatch is a switch compiled without jump tables (Kbuild): under a retpoline an
 * indirect jump per instruction costs more than the whole work of an instruction.
 */
#include "run.h"

#define VALUE_MAX	0x7fffffffffffffffull

/**
 * pp_vm_init() - start of a stream
 * @vm: the parser
 * @img: verified grammar
 * @dir: direction
 */
void pp_vm_init(struct pp_vm *vm, const struct pp_image *img, int dir)
{
	memset(vm, 0, sizeof(*vm));
	vm->pc = img->hdr->entry[dir];
}

static void capture(struct pp_vm *vm, const struct pp_insn *insn, const u8 *p, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++) {
		u8 c = pp_lower(p[i]), put[2];
		u32 k = 0, len = 0;

		if (c == ' ' || c == '\t') {
			vm->tokgap = vm->toklen != 0;
			continue;
		}
		if (vm->tokgap)
			put[len++] = ' ';
		vm->tokgap = 0;
		put[len++] = c;
		for (; k < len; k++) {
			if (vm->toklen < PP_MAX_TOKEN) {
				vm->tok[vm->toklen] = put[k];
			} else if (insn->flags & PP_I_TAIL) {
				memmove(vm->tok, vm->tok + 1, PP_MAX_TOKEN - 1);
				vm->tok[PP_MAX_TOKEN - 1] = put[k];
			}
			if (vm->toklen < U16_MAX)
				vm->toklen++;
		}
	}
}

static bool token_is(const struct pp_vm *vm, const struct pp_insn *insn, const u8 *s, u16 len)
{
	u16 have = min_t(u16, vm->toklen, PP_MAX_TOKEN);

	if (len > have)
		return false;
	if (insn->flags & PP_I_STARTS)
		return !memcmp(vm->tok, s, len);
	if (insn->flags & PP_I_ENDS)
		return !memcmp(vm->tok + have - len, s, len);
	return len == vm->toklen && !memcmp(vm->tok, s, len);
}

/* How many of the next @n bytes may be consumed before the script has to be taken. */
static u32 allowed(const struct pp_run *r, const struct pp_insn *insn, u32 n)
{
	const struct pp_scope_head *h = &r->scope->h;
	u32 room, held = h->hold ? r->vm->off - h->hold_off : 0;

	if (!h->ntracks || insn->flags & PP_I_MUTE)
		return n;
	room = pp_script_room(r->script);
	/* What is held will be given to rules at once. */
	room -= min(room, held);
	/* A byte that was edited ahead goes with its edit; the spare room is for it. */
	if (!room && r->script->ahead > r->vm->off)
		room = 1;
	return min(n, room);
}

/* Pass over @n bytes, which allowed() let through. */
static void consume(struct pp_run *r, const struct pp_insn *insn, u32 n)
{
	struct pp_vm *vm = r->vm;
	struct pp_scope_head *h = &r->scope->h;

	if (!n)
		return;
	if (insn->op == PP_OP_SCAN && insn->flags & (PP_I_HEAD | PP_I_TAIL))
		capture(vm, insn, r->p, n);
	pp_script_anchor(r->script, *r->p);
	if (!h->hold && h->ntracks && !(insn->flags & PP_I_MUTE))
		pp_track_feed(r, r->p, n);
	if (h->hold && vm->off - h->hold_off + n <= sizeof(h->held))
		memcpy(h->held + (vm->off - h->hold_off), r->p, n);
	r->p += n;
	vm->off += n;
	vm->sub += n;
}

static void begin(struct pp_run *r, const struct pp_insn *insn)
{
	struct pp_vm *vm = r->vm;

	if (vm->begun)
		return;
	vm->begun = 1;
	vm->acc = 0;
	if (insn->field)
		pp_track_open(r, insn->field);
}

static void go(struct pp_vm *vm, u32 pc)
{
	vm->pc = pc;
	vm->sub = 0;
	vm->begun = 0;
}

static void finish(struct pp_run *r, const struct pp_insn *insn, const u64 *value, u32 pc)
{
	if (insn->field && r->scope->h.ntracks)
		pp_track_close(r, insn->field, value);
	go(r->vm, pc);
}

/*
 * The instructions below return true when the program goes on at vm->pc, false
 * when it stops with r->stop.
 */
static bool stop(struct pp_run *r, int why)
{
	if (r->stop == PP_STOP_INPUT)
		r->stop = why;
	return false;
}

static bool op_lit(struct pp_run *r, const struct pp_insn *insn)
{
	const struct pp_lit *lit = &r->img->lits[insn->arg];
	const u8 *s = r->img->bytes + lit->off;
	struct pp_vm *vm = r->vm;

	while (vm->sub < lit->len) {
		u8 c;

		if (r->p == r->end)
			return stop(r, PP_STOP_INPUT);
		c = insn->flags & PP_I_FOLD ? pp_lower(*r->p) : *r->p;
		if (c != s[vm->sub]) {
			go(vm, insn->target);
			return true;
		}
		if (!allowed(r, insn, 1))
			return stop(r, PP_STOP_ROOM);
		consume(r, insn, 1);
	}
	go(vm, vm->pc + 1);
	return true;
}

static u32 scan(const struct pp_set *set, bool until, const u8 *p, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++)
		if (pp_set_has(set, p[i]) == until)
			break;
	return i;
}

static bool op_scan(struct pp_run *r, const struct pp_insn *insn)
{
	const struct pp_set *set = &r->img->sets[insn->arg];
	const bool until = !(insn->flags & PP_I_WHILE);
	struct pp_vm *vm = r->vm;

	if (!vm->begun && insn->flags & (PP_I_HEAD | PP_I_TAIL) &&
	    !(insn->flags & PP_I_CAPCONT)) {
		vm->toklen = 0;
		vm->tokgap = 0;
	}
	begin(r, insn);
	for (;;) {
		u32 n = min_t(u64, r->end - r->p, insn->imm - vm->sub);

		n = allowed(r, insn, n);
		if (!n && r->p < r->end && vm->sub < insn->imm)
			return stop(r, PP_STOP_ROOM);
		n = scan(set, until, r->p, n);
		consume(r, insn, n);
		if (r->p == r->end) {
			if (!r->eof)
				return stop(r, PP_STOP_INPUT);
			break;
		}
		if (pp_set_has(set, *r->p) == until)
			break;
		if (vm->sub == insn->imm) {
			finish(r, insn, NULL, insn->target);
			return true;
		}
	}
	finish(r, insn, NULL, vm->pc + 1);
	return true;
}

static bool op_skip(struct pp_run *r, const struct pp_insn *insn)
{
	struct pp_vm *vm = r->vm;
	const bool rest = insn->op == PP_OP_REST;

	if (!vm->begun) {
		begin(r, insn);
		vm->acc = rest ? U64_MAX : vm->regs[insn->reg];
	}
	while (vm->sub < vm->acc) {
		u32 n = min_t(u64, r->end - r->p, vm->acc - vm->sub);

		if (r->p == r->end) {
			if (rest && r->eof)
				break;
			return stop(r, PP_STOP_INPUT);
		}
		n = allowed(r, insn, n);
		if (!n)
			return stop(r, PP_STOP_ROOM);
		consume(r, insn, n);
	}
	finish(r, insn, NULL, vm->pc + 1);
	return true;
}

static bool op_uint(struct pp_run *r, const struct pp_insn *insn)
{
	const u32 width = insn->op == PP_OP_BYTE ? 1 : insn->arg;
	struct pp_vm *vm = r->vm;
	u64 value;

	if (!vm->begun) {
		begin(r, insn);
		if (insn->field)
			pp_hold_begin(r, insn->field);
	}
	while (vm->sub < width) {
		if (r->p == r->end)
			return stop(r, PP_STOP_INPUT);
		if (!allowed(r, insn, 1))
			return stop(r, PP_STOP_ROOM);
		if (insn->flags & PP_I_LE && insn->op == PP_OP_UINT)
			vm->acc |= (u64)*r->p << 8 * vm->sub;
		else
			vm->acc = vm->acc << 8 | *r->p;
		consume(r, insn, 1);
	}
	value = vm->acc;
	vm->regs[insn->reg] = value;
	pp_hold_settle(r, insn, value);
	finish(r, insn, &value, vm->pc + 1);
	return true;
}

static int digit(u8 c, u16 base)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = pp_lower(c);
	return base == 16 && c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool op_num(struct pp_run *r, const struct pp_insn *insn)
{
	struct pp_vm *vm = r->vm;
	u64 value;

	if (!vm->begun) {
		begin(r, insn);
		if (insn->field)
			pp_hold_begin(r, insn->field);
	}
	for (;;) {
		int d;

		if (r->p == r->end) {
			if (!r->eof)
				return stop(r, PP_STOP_INPUT);
			break;
		}
		d = digit(*r->p, insn->arg);
		if (d < 0)
			break;
		if (vm->sub == insn->imm || vm->acc > (VALUE_MAX - d) / insn->arg)
			goto fail;
		if (!allowed(r, insn, 1))
			return stop(r, PP_STOP_ROOM);
		vm->acc = vm->acc * insn->arg + d;
		consume(r, insn, 1);
	}
	if (!vm->sub)
		goto fail;
	value = vm->acc;
	vm->regs[insn->reg] = value;
	pp_hold_settle(r, insn, value);
	finish(r, insn, &value, vm->pc + 1);
	return true;
fail:
	pp_hold_release(r, insn);
	finish(r, insn, NULL, insn->target);
	return true;
}

static u64 alu(u16 op, u64 a, u64 b)
{
	switch (op) {
	case PP_ALU_MOV: return b;
	case PP_ALU_ADD: return a + b < a ? U64_MAX : a + b;
	case PP_ALU_SUB: return a > b ? a - b : 0;
	case PP_ALU_MUL: {
		u64 p;

		return __builtin_mul_overflow(a, b, &p) ? U64_MAX : p;
	}
	case PP_ALU_AND: return a & b;
	case PP_ALU_SHR: return b < 64 ? a >> b : 0;
	case PP_ALU_MIN: return a < b ? a : b;
	default: return a > b ? a : b;
	}
}

static bool op_unit(struct pp_run *r)
{
	struct pp_vm *vm = r->vm;

	/* A unit begins with its first byte: what is applied before then, applies. */
	if (r->p == r->end)
		return stop(r, PP_STOP_INPUT);
	memset(vm->regs, 0, sizeof(vm->regs));
	pp_scope_reset(r->scope);
	vm->unit_gen = r->rs ? r->rs->gen : 0;
	pp_port_count(r->ctx, PATCHPROXY_CNT_units, 1);
	go(vm, vm->pc + 1);
	return true;
}

static bool go_opaque(struct pp_run *r)
{
	/* A byte that was edited ahead goes with its edit. */
	if (r->script->ahead > r->vm->off) {
		pp_script_anchor(r->script, *r->p++);
		r->vm->off++;
	}
	r->vm->mode = PP_VM_OPAQUE;
	if (r->dir == PP_S2C)
		r->session->silent = true;
	pp_scope_reset(r->scope);
	return stop(r, PP_STOP_OPAQUE);
}

static bool op_fail(struct pp_run *r, const struct pp_insn *insn)
{
	/* A stream that ends in the middle of a unit is short, not malformed. */
	if (r->eof && r->p == r->end && r->img->hdr->transport == IPPROTO_TCP)
		return stop(r, PP_STOP_INPUT);
	pp_port_note(r->ctx, r->dir, PATCHPROXY_EVENT_MALFORMED,
		     pp_image_string(r->img, r->img->reasons[insn->arg]));
	pp_port_count(r->ctx, PATCHPROXY_CNT_malformed, 1);
	if (insn->imm == PP_POLICY_RESET)
		return stop(r, PP_STOP_RESET);
	pp_port_count(r->ctx, PATCHPROXY_CNT_lost, 1);
	return go_opaque(r);
}

static bool op_opaque(struct pp_run *r, const struct pp_insn *insn)
{
	if (insn->flags & PP_I_BLIND) {
		pp_port_count(r->ctx, PATCHPROXY_CNT_blind, 1);
		pp_port_note(r->ctx, r->dir, PATCHPROXY_EVENT_BLIND,
			     "what follows cannot be read");
	}
	return go_opaque(r);
}

static bool op_peek(struct pp_run *r, const struct pp_insn *insn)
{
	struct pp_vm *vm = r->vm;
	bool yes;

	if (r->p == r->end && !r->eof)
		return stop(r, PP_STOP_INPUT);
	if (insn->op == PP_OP_EOF)
		yes = r->p == r->end;
	else
		yes = r->p < r->end && pp_set_has(&r->img->sets[insn->arg], *r->p);
	go(vm, yes ? insn->target : vm->pc + 1);
	return true;
}

/* Instructions that neither consume nor look at input. */
static bool op_other(struct pp_run *r, const struct pp_insn *insn)
{
	struct pp_session *ss = r->session;
	struct pp_vm *vm = r->vm;
	u32 next = vm->pc + 1;
	u64 b;

	switch (insn->op) {
	case PP_OP_OPEN:
		pp_track_open(r, insn->field);
		break;
	case PP_OP_CLOSE:
		pp_track_close(r, insn->field, NULL);
		break;
	case PP_OP_KW:
		if (token_is(vm, insn, r->img->bytes + r->img->lits[insn->arg].off,
			     r->img->lits[insn->arg].len))
			next = insn->target;
		break;
	case PP_OP_JMP:
		next = insn->target;
		break;
	case PP_OP_JCC:
		b = insn->flags & PP_I_REG ? vm->regs[insn->reg2] : insn->imm;
		if (pp_compare(insn->arg, vm->regs[insn->reg], b))
			next = insn->target;
		break;
	case PP_OP_ALU:
		b = insn->flags & PP_I_REG ? vm->regs[insn->reg2] : insn->imm;
		vm->regs[insn->reg] = alu(insn->arg, vm->regs[insn->reg], b);
		break;
	case PP_OP_SETS:
		ss->bits |= 1u << insn->arg;
		break;
	case PP_OP_CLRS:
		ss->bits &= ~(1u << insn->arg);
		break;
	case PP_OP_JS:
		if (ss->bits >> insn->arg & 1)
			next = insn->target;
		break;
	case PP_OP_PUSH:
		/* A reply that nobody will notice is not waited for: the request side parses on. */
		if (!pp_session_push(ss, insn->arg) && !ss->silent)
			return stop(r, PP_STOP_WAIT);
		break;
	case PP_OP_POP:
		vm->regs[insn->reg] = pp_session_pop(ss);
		break;
	case PP_OP_HEADTAG:
		vm->regs[insn->reg] = pp_session_head(ss);
		break;
	case PP_OP_WAIT:
		if (ss->n && !ss->silent)
			return stop(r, PP_STOP_WAIT);
		break;
	}
	go(vm, next);
	return true;
}

static bool step(struct pp_run *r)
{
	const struct pp_insn *insn = &r->img->code[r->vm->pc];

	switch (insn->op) {
	case PP_OP_SCAN:
		return op_scan(r, insn);
	case PP_OP_LIT:
		return op_lit(r, insn);
	case PP_OP_PEEK:
	case PP_OP_EOF:
		return op_peek(r, insn);
	case PP_OP_BYTE:
	case PP_OP_UINT:
		return op_uint(r, insn);
	case PP_OP_NUM:
		return op_num(r, insn);
	case PP_OP_SKIP:
	case PP_OP_REST:
		return op_skip(r, insn);
	case PP_OP_UNIT:
		return op_unit(r);
	case PP_OP_OPAQUE:
		return op_opaque(r, insn);
	case PP_OP_FAIL:
		return op_fail(r, insn);
	default:
		return op_other(r, insn);
	}
}

/* A datagram's notes are taken once, at its end. */
static bool long_script(const struct pp_run *r)
{
	return r->script->n >= PP_MAX_EDITS / 2 ||
	       (r->script->nnotes >= PP_MAX_NOTES / 2 && r->img->hdr->transport == IPPROTO_TCP);
}

/**
 * pp_vm_run() - parse what has arrived
 * @r: the run; all of it set but &pp_run.stop
 *
 * The verifier has bounded the instructions between two bytes; the fuel is a
 * second wall behind it and is never reached.
 *
 * Return: enum pp_stop.
 */
int pp_vm_run(struct pp_run *r)
{
	u64 fuel = (u64)PP_MAX_PATH * (r->end - r->p + 2) + 256;

	r->stop = PP_STOP_INPUT;
	if (r->vm->mode == PP_VM_OPAQUE)
		return PP_STOP_OPAQUE;
	while (step(r)) {
		if (r->stop != PP_STOP_INPUT)
			break;
		if (!--fuel) {
			pp_port_count(r->ctx, PATCHPROXY_CNT_fuel, 1);
			r->stop = PP_STOP_RESET;
			break;
		}
		if (r->vm->begun || !long_script(r))
			continue;
		/* Between instructions: a good place to hand over a long script. */
		if (r->script->ahead <= r->vm->off) {
			r->stop = PP_STOP_ROOM;
			break;
		}
	}
	/* Nothing comes that could decide about what is held. */
	if (r->eof && r->stop == PP_STOP_INPUT)
		pp_hold_release(r, &r->img->code[r->vm->pc]);
	/*
	 * An edit of a byte that is not consumed cannot be handed over, and must not
	 * be lost. No grammar stops there but in front of a reply it waits for.
	 */
	if (r->script->full || (r->script->ahead > r->vm->off && r->stop != PP_STOP_DROP))
		r->stop = PP_STOP_RESET;
	return r->stop;
}

/**
 * pp_vm_opaque() - bytes that follow and concern nobody
 * @r: a run that has stopped
 *
 * Return: their number, 0 if the next byte has to be parsed, U64_MAX for all.
 */
u64 pp_vm_opaque(const struct pp_run *r)
{
	const struct pp_insn *insn = &r->img->code[r->vm->pc];

	if (r->vm->mode == PP_VM_OPAQUE)
		return U64_MAX;
	if ((insn->op != PP_OP_SKIP && insn->op != PP_OP_REST) || !r->vm->begun ||
	    r->scope->h.hold || pp_track_any_open(r->scope))
		return 0;
	return insn->op == PP_OP_REST ? U64_MAX : r->vm->acc - r->vm->sub;
}

/**
 * pp_vm_skip() - pass over bytes without having them
 * @vm: the parser
 * @n: their number, at most what pp_vm_opaque() said
 */
void pp_vm_skip(struct pp_vm *vm, u64 n)
{
	vm->off += n;
	vm->sub += n;
}
