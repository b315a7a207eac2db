// SPDX-License-Identifier: GPL-2.0
/* A datagram: the whole unit is in hand, nothing is held and nothing remembered. */
#include "run.h"

static bool put(struct pp_out *out, const u8 *data, u32 off, u32 len)
{
	struct pp_piece *p = &out->pieces[out->npieces];

	if (!len)
		return true;
	if (out->npieces == PP_MAX_PIECES)
		return false;
	p->data = data;
	p->off = off;
	p->len = len;
	out->npieces++;
	out->len += len;
	return true;
}

static void report(struct pp_run *r, const struct pp_edit *e)
{
	const struct pp_rule *rule = e->rule->rule;
	const struct pp_field *f = &r->img->fields[rule->field];
	struct pp_edit_info info = {
		.patch = e->rule->patch,
		.rule = rule - e->rule->patch->img->rules,
		.field = pp_image_string(r->img, f->name),
		.secret = f->flags & PP_FIELD_SECRET,
		.first = e->first,
		.off = e->off,
		.old_len = e->xlen,
		.new_len = e->putlen,
		.old = r->script->arena + e->old,
		.new = r->script->arena + e->put,
		.old_shown = e->oldlen,
		.new_shown = min_t(u16, e->putlen, PP_SHOWN),
	};

	pp_port_count(r->ctx, PATCHPROXY_CNT_edits, 1);
	pp_port_count(r->ctx, PATCHPROXY_CNT_edit_bytes_cut, e->xlen);
	pp_port_count(r->ctx, PATCHPROXY_CNT_edit_bytes_put, e->putlen);
	pp_port_edit(r->ctx, r->dir, &info);
}

static int compose(struct pp_run *r, u32 len, struct pp_out *out)
{
	const struct pp_script *s = r->script;
	struct pp_edit note = { .first = true };
	u32 i, at = 0;

	for (i = 0; i < s->nnotes; i++) {
		note.rule = s->notes[i];
		report(r, &note);
	}
	out->verdict = s->n ? PP_REWRITE : PP_PASS;
	for (i = 0; i < s->n; i++) {
		const struct pp_edit *e = &s->edits[i];

		if (!put(out, NULL, at, e->off - at) ||
		    !put(out, s->arena + e->put, 0, e->putlen))
			return PP_DROP;
		at = e->off + e->xlen;
		report(r, e);
	}
	return put(out, NULL, at, len - at) ? out->verdict : PP_DROP;
}

/**
 * pp_dgram_run() - a datagram arrives
 * @rs: rules in force
 * @dir: direction
 * @pkt: handed to pp_port_pull()
 * @ctx: handed to pp_port_edit() and friends
 * @len: bytes of payload
 * @out: filled in: @verdict PP_PASS, PP_REWRITE with the pieces, or PP_DROP. Pieces
 *	are valid until the core runs again in this context
 *
 * A datagram larger than the parser's window, or with more edits than one script
 * holds, is dropped: it cannot be shown to be harmless.
 *
 * Return: &pp_out.verdict.
 */
int pp_dgram_run(const struct pp_ruleset *rs, int dir, void *pkt, void *ctx, u32 len,
		 struct pp_out *out)
{
	struct pp_scratch *sc = pp_port_scratch();
	struct pp_run *r = &sc->run;
	u32 at = 0, n;
	int why;

	pp_vm_init(&sc->vm, rs->img, dir);
	pp_scope_reset(&sc->scope);
	pp_script_reset(&sc->script);
	memset(&sc->session, 0, sizeof(sc->session));
	r->img = rs->img;
	r->rs = rs;
	r->vm = &sc->vm;
	r->scope = &sc->scope;
	r->session = &sc->session;
	r->script = &sc->script;
	r->ctx = ctx;
	r->dir = dir;
	out->npieces = 0;
	out->len = 0;
	do {
		n = min_t(u32, len - at, PP_PULL_MAX);
		r->p = n ? pp_port_pull(pkt, at, n, sc->buf) : sc->buf;
		if (!r->p) {
			pp_port_count(ctx, PATCHPROXY_CNT_drop_nomem, 1);
			out->verdict = PP_DROP;
			return PP_DROP;
		}
		r->end = r->p + n;
		at += n;
		r->eof = at == len;
		why = pp_vm_run(r);
	} while (why == PP_STOP_INPUT && at < len);
	pp_port_count(ctx, PATCHPROXY_CNT_bytes_inspected, at);
	out->verdict = compose(r, len, out);
	if (why != PP_STOP_INPUT && why != PP_STOP_OPAQUE)
		out->verdict = PP_DROP;
	if (out->verdict == PP_DROP)
		pp_port_count(ctx, PATCHPROXY_CNT_dgrams_dropped, 1);
	else if (out->verdict == PP_REWRITE)
		pp_port_count(ctx, PATCHPROXY_CNT_dgrams_rewritten, 1);
	return out->verdict;
}
