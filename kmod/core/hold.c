// SPDX-License-Identifier: GPL-2.0
/*
 * Integers that a rule may change: held from their first digit to their last,
 * because every digit depends on the ones to come. At most PP_MAX_DIGITS bytes.
 */
#include "run.h"

static bool may_clamp(const struct pp_run *r, const struct pp_rsrule *rr)
{
	return rr->rule->action == PP_ACT_CLAMP && pp_active(r, rr) &&
	       (!rr->early || pp_cond(r, rr));
}

/**
 * pp_hold_begin() - an integer field begins
 * @r: the run
 * @field: the field
 */
void pp_hold_begin(struct pp_run *r, u16 field)
{
	const struct pp_hook *h = pp_hook(r->rs, field);
	u32 i;

	if (!h || !h->clamps)
		return;
	/* What is being removed needs no decision. */
	for (i = 0; i < r->scope->h.ntracks; i++)
		if (r->scope->tracks[i].open && r->scope->tracks[i].cut)
			return;
	for (i = h->rule; i < h->rule + h->nrules; i++) {
		if (!may_clamp(r, &r->rs->rules[i]))
			continue;
		/* Its first byte was edited ahead: both cannot be had. */
		if (r->script->ahead > r->vm->off) {
			pp_port_count(r->ctx, PATCHPROXY_CNT_scope_limit, 1);
			r->stop = PP_STOP_RESET;
			return;
		}
		r->scope->h.hold = 1;
		r->scope->h.hold_off = r->vm->off;
		return;
	}
}

/**
 * pp_hold_release() - held bytes pass
 * @r: the run; &pp_vm.off is behind the last of them
 * @insn: the instruction that reads them
 *
 * Only now do rules on the fields around them see them: what those do to single digits
 * must not be lost, and a cut that begins between two of them must not be late.
 */
void pp_hold_release(struct pp_run *r, const struct pp_insn *insn)
{
	struct pp_scope_head *h = &r->scope->h;
	const u64 off = r->vm->off;

	if (!h->hold)
		return;
	h->hold = 0;
	if (insn->flags & PP_I_MUTE || off == h->hold_off)
		return;
	r->vm->off = h->hold_off;
	pp_track_feed(r, h->held, off - h->hold_off);
	r->vm->off = off;
}

static u16 text(u8 *buf, u64 v, u32 base)
{
	u8 tmp[PP_MAX_DIGITS];
	u32 n = 0, i;

	do {
		u32 d;

		if (base == 16) {
			d = v & 15;
			v >>= 4;
		} else {
			/* 64-bit division is not freestanding; long division by 10 is. */
			u64 q = 0, rest = 0;
			int b;

			for (b = 63; b >= 0; b--) {
				rest = rest << 1 | (v >> b & 1);
				q <<= 1;
				if (rest >= 10) {
					rest -= 10;
					q |= 1;
				}
			}
			d = rest;
			v = q;
		}
		tmp[n++] = d < 10 ? '0' + d : 'a' + d - 10;
	} while (v);
	for (i = 0; i < n; i++)
		buf[i] = tmp[n - 1 - i];
	return n;
}

static u16 number(u8 *buf, const struct pp_insn *insn, u64 v)
{
	u32 i;

	if (insn->op == PP_OP_NUM)
		return text(buf, v, insn->arg);
	for (i = 0; i < insn->arg; i++)
		buf[i] = v >> 8 * (insn->flags & PP_I_LE ? i : insn->arg - 1 - i);
	return insn->arg;
}

/**
 * pp_hold_settle() - an integer field has ended
 * @r: the run; &pp_vm.off is behind its last byte
 * @insn: the instruction that read it
 * @value: its value
 *
 * The held bytes are decided: unchanged, rewritten, or, where nothing of the
 * content they announce may come any more, removed with their whole element.
 */
void pp_hold_settle(struct pp_run *r, const struct pp_insn *insn, u64 value)
{
	const struct pp_hook *h = pp_hook(r->rs, insn->field);
	struct pp_scope *s = r->scope;
	u32 i, xlen;
	u8 buf[PP_MAX_DIGITS];

	if (!s->h.hold)
		return;
	pp_hold_release(r, insn);
	xlen = r->vm->off - s->h.hold_off;
	for (i = h ? h->rule : 0; h && i < h->rule + h->nrules; i++) {
		const struct pp_rsrule *rr = &r->rs->rules[i];
		struct pp_track *t;
		u64 most = rr->rule->n;

		if (!may_clamp(r, rr) || !pp_cond(r, rr))
			continue;
		if (rr->rule->flags & PP_RULE_LENGTH) {
			t = pp_track_find(s, rr->rule->aux);
			most -= t ? min(t->len, most) : 0;
		}
		if (value <= most)
			continue;
		t = rr->rule->elem ? pp_track_find(s, rr->rule->elem) : NULL;
		if (!most && t) {
			t->cut = PP_CUT_REMOVE;
			t->cut_key = rr->rule->key;
			pp_script_lose(r->script, s->h.hold_off, xlen, PP_RANK_CUT, s->h.held, rr,
				       true);
		} else {
			pp_script_number(r->script, s->h.hold_off, xlen, buf,
					 number(buf, insn, most), s->h.held, rr);
		}
		return;
	}
}
