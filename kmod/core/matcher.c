// SPDX-License-Identifier: GPL-2.0
/*
 * Looking for needles in a field while its bytes pass, in one or more views.
 *
 * A match is noticed at its last byte, by comparing backwards with the last
 * PP_MAX_NEEDLE characters. That byte is also the only one a rule rewrites: all
 * before it may be gone already, so no match ever holds a byte back.
 */
#include "run.h"

static void remember(struct pp_vtrack *vt, u8 c)
{
	vt->hist[vt->count++ % PP_MAX_NEEDLE] = c;
}

static bool behind(const struct pp_vtrack *vt, const u8 *needle, u32 len, bool fold)
{
	u32 i;

	if (vt->count < len)
		return false;
	for (i = 0; i < len; i++) {
		u8 c = vt->hist[(vt->count - len + i) % PP_MAX_NEEDLE];

		if ((fold ? pp_lower(c) : c) != needle[i])
			return false;
	}
	return true;
}

/*
 * Rewrite the byte at @off, the last raw byte of a match. Written as an escape,
 * its final digit becomes the low digit of the replacement: the digits before it
 * may have left, and any other digit there makes another character of it.
 */
static void rewrite(struct pp_run *r, const struct pp_rsrule *rr, u64 off, const u8 *raw,
		    bool escape)
{
	static const char digits[] = "0123456789abcdef";
	u8 c;

	if (rr->rule->action == PP_ACT_CLASS) {
		c = rr->rule->n;
		pp_script_edit(r->script, off, &c, 1, raw, rr);
	} else if (escape && rr->put_len) {
		c = digits[rr->put[0] & 15];
		pp_script_edit(r->script, off, &c, 1, raw, rr);
	} else {
		pp_script_edit(r->script, off, rr->put, rr->put_len, raw, rr);
	}
}

/* A character @c has just been remembered; it ended with the raw byte at @off. */
static void candidates(struct pp_run *r, const struct pp_vtrack *vt, const struct pp_hview *hv,
		       u8 c, u64 off, const u8 *raw, bool escape, bool last)
{
	u32 i;

	for (i = hv->first; i < hv->first + hv->n; i++) {
		const struct pp_matcher *m = &r->rs->matchers[i];
		const struct pp_rsrule *rr;
		struct pp_mark *mark;

		if (m->needle) {
			if (m->starts && vt->count != m->len)
				continue;
			if (!behind(vt, m->needle, m->len, m->fold))
				continue;
		} else if (!pp_set_has(m->set, c)) {
			continue;
		}
		if (m->is_rule) {
			rr = &r->rs->rules[m->index];
			if (last && pp_active(r, rr) && pp_cond(r, rr))
				rewrite(r, rr, off, raw, escape);
			continue;
		}
		mark = pp_mark(r, r->rs->atoms[m->index].atom->key);
		if (mark)
			mark->val = 1;
	}
}

static int hex(u8 b)
{
	if (b >= '0' && b <= '9')
		return b - '0';
	b = pp_lower(b);
	return b >= 'a' && b <= 'f' ? b - 'a' + 10 : -1;
}

/**
 * struct decoded - characters that one raw byte completes
 * @n: their number
 * @c: the characters
 * @escape: the last one was written as an escape
 *
 * Each of PP_VIEW_STAGES stages can release the two bytes it kept back besides
 * the one that came.
 */
struct decoded {
	u32 n;
	u8 c[3 * PP_VIEW_STAGES];
	bool escape;
};

static void out(struct decoded *d, u8 c)
{
	if (d->n < sizeof(d->c))
		d->c[d->n++] = c;
}

/* One character through a percent stage. */
static void percent(struct pp_vtrack *vt, u32 stage, u8 c, struct decoded *d)
{
	u8 *st = &vt->st[stage], *hi = &vt->hi[stage];

	if (*st == 1 && hex(c) >= 0) {
		*st = 2;
		*hi = c;
		return;
	}
	if (*st == 2 && hex(c) >= 0) {
		*st = 0;
		out(d, hex(*hi) << 4 | hex(c));
		d->escape = true;
		return;
	}
	if (*st)
		out(d, '%');
	if (*st == 2)
		out(d, *hi);
	*st = 0;
	if (c == '%')
		*st = 1;
	else
		out(d, c);
}

/* One character through a JSON stage. What is no escape after all is left out. */
static void json(struct pp_vtrack *vt, u32 stage, u8 c, struct decoded *d)
{
	u8 *st = &vt->st[stage], *value = &vt->hi[stage];
	u8 digits = *st & 7, wide = *st & 8;

	if (!*st) {
		if (c == '\\')
			*st = 1;
		else
			out(d, c);
		return;
	}
	if (*st == 1 && c == 'u') {
		*st = 2;
		*value = 0;
		return;
	}
	if (*st == 1 || hex(c) < 0) {
		*st = 0;
		out(d, c);
		return;
	}
	if (digits < 4 && hex(c))
		wide = 8;
	*value = *value << 4 | hex(c);
	*st = wide | (digits + 1);
	if (digits < 5)
		return;
	*st = 0;
	out(d, wide ? 0xff : *value);
	d->escape = true;
}

static void decode(struct pp_vtrack *vt, u8 raw, struct decoded *d)
{
	struct decoded in;
	u32 stage, i;
	u16 view;

	d->n = 1;
	d->c[0] = raw;
	d->escape = false;
	for (stage = 0, view = vt->view; view; stage++, view >>= 4) {
		in = *d;
		d->n = 0;
		for (i = 0; i < in.n; i++) {
			u8 c = in.c[i];

			switch (view & 15) {
			case PP_VIEW_PERCENT:
				percent(vt, stage, c, d);
				break;
			case PP_VIEW_JSON:
				json(vt, stage, c, d);
				break;
			case PP_VIEW_PLUS:
				out(d, c == '+' ? ' ' : c);
				break;
			case PP_VIEW_SKIPCTL:
				if (c > 0x20)
					vt->lead = 1;
				if (vt->lead)
					out(d, c);
				break;
			case PP_VIEW_BLANKS:
				if (c != ' ' && c != '\t')
					out(d, c);
				else if (!vt->st[stage])
					out(d, ' ');
				vt->st[stage] = c == ' ' || c == '\t';
				break;
			}
		}
	}
}

static void run_raw(struct pp_run *r, struct pp_vtrack *vt, const struct pp_hview *hv,
		    const u8 *p, u32 n)
{
	u32 i, from = 0;

	for (i = 0; i < n; i++) {
		if (!pp_set_has(&hv->trigger, p[i]))
			continue;
		for (; from <= i; from++)
			remember(vt, p[from]);
		candidates(r, vt, hv, p[i], r->vm->off + i, p + i, false, true);
	}
	/* Of a long run without a candidate only the end can be part of a match. */
	if (n - from > PP_MAX_NEEDLE) {
		vt->count += n - from - PP_MAX_NEEDLE;
		from = n - PP_MAX_NEEDLE;
	}
	for (; from < n; from++)
		remember(vt, p[from]);
}

static void run_view(struct pp_run *r, struct pp_vtrack *vt, const struct pp_hview *hv,
		     const u8 *p, u32 n)
{
	struct decoded d;
	u32 i, k;

	for (i = 0; i < n; i++) {
		decode(vt, p[i], &d);
		for (k = 0; k < d.n; k++) {
			bool last = k + 1 == d.n;

			remember(vt, d.c[k]);
			if (pp_set_has(&hv->trigger, d.c[k]))
				candidates(r, vt, hv, d.c[k], r->vm->off + i, p + i,
					   last && d.escape, last);
		}
	}
}

/**
 * pp_match_run() - bytes of a field pass
 * @r: the run; &pp_vm.off is the offset of the first byte
 * @t: the field
 * @h: what hangs on it
 * @p: the bytes
 * @n: their number
 *
 * Views that came with a later ruleset are not read before the field's next
 * occurrence: the rules that want them wait for the next unit anyway.
 */
void pp_match_run(struct pp_run *r, struct pp_track *t, const struct pp_hook *h,
		  const u8 *p, u32 n)
{
	u32 i, k;

	for (i = 0; i < t->nvt; i++) {
		struct pp_vtrack *vt = &t->vt[i];

		for (k = 0; k < h->nviews && h->views[k].view != vt->view; k++)
			;
		if (k == h->nviews)
			continue;
		if (vt->view == PP_VIEW_RAW)
			run_raw(r, vt, &h->views[k], p, n);
		else
			run_view(r, vt, &h->views[k], p, n);
	}
}

/* What a percent stage kept back at the end of the field is itself. */
static void flush(struct pp_vtrack *vt)
{
	u32 stage;

	for (stage = 0; stage < PP_VIEW_STAGES; stage++) {
		if ((vt->view >> 4 * stage & 15) != PP_VIEW_PERCENT)
			continue;
		if (vt->st[stage])
			remember(vt, '%');
		if (vt->st[stage] == 2)
			remember(vt, vt->hi[stage]);
	}
}

/**
 * pp_match_at_end() - an atom that is decided when the field has ended
 * @t: the field
 * @a: an EQUALS or ENDS atom
 *
 * Return: whether it is true.
 */
bool pp_match_at_end(const struct pp_track *t, const struct pp_rsatom *a)
{
	bool fold = a->atom->flags & PP_ATOM_NOCASE;
	struct pp_vtrack vt;
	u32 i;

	for (i = 0; i < t->nvt; i++) {
		if (t->vt[i].view != a->atom->view)
			continue;
		vt = t->vt[i];
		flush(&vt);
		if (a->atom->op == PP_ATOM_EQUALS && vt.count != a->len)
			return false;
		return behind(&vt, a->needle, a->len, fold);
	}
	return false;
}
