// SPDX-License-Identifier: GPL-2.0
/*
 * The verifier of patches: rules name fields, literals and conditions that exist,
 * conditions fit their operand stack, each action is possible on its field and
 * bounded in what it writes and holds, and no outcome depends on how a stream is
 * split.
 */
#include "ruleset.h"
#include "verify.h"

static bool view_ok(u16 view)
{
	u32 stage;

	for (stage = 0; stage < PP_VIEW_STAGES && view; stage++, view >>= 4)
		if (!(view & 15) || (view & 15) >= PP_NR_VIEWS)
			return false;
	return !view;
}

static bool is_number(u8 type)
{
	return type == PP_FIELD_DEC || type == PP_FIELD_HEX || type == PP_FIELD_UINT;
}

/* A literal to look for: short enough to be remembered, lower case if case is ignored. */
static bool needle_ok(const struct pp_image *img, u32 index, bool nocase)
{
	const struct pp_lit *l;
	u32 i;

	if (index >= img->n[PP_SEC_LITS])
		return false;
	l = &img->lits[index];
	if (!l->len || l->len > PP_MAX_NEEDLE)
		return false;
	for (i = 0; nocase && i < l->len; i++)
		if (pp_lower(img->bytes[l->off + i]) != img->bytes[l->off + i])
			return false;
	return true;
}

static int check_atom(const struct pp_image *img, const struct pp_image *g, u32 i,
		      struct pp_error *err)
{
	const struct pp_atom *a = &img->atoms[i];

#define BAD(msg) pp_reject(err, PP_SEC_ATOMS, i, msg)
	if (!a->key || a->pad || a->flags & ~PP_ATOM_NOCASE)
		return BAD("key, padding or flag of a condition");
	if (a->op >= PP_NR_ATOM_OPS || a->cc >= PP_NR_CC || !view_ok(a->view))
		return BAD("unknown kind of condition");
	if (a->op == PP_ATOM_SESSION)
		return a->field || a->value >= 32 ? BAD("session bit out of range") : 0;
	if (!a->field || a->field >= g->n[PP_SEC_FIELDS])
		return BAD("condition on a field that does not exist");
	switch (a->op) {
	case PP_ATOM_EQUALS:
	case PP_ATOM_STARTS:
	case PP_ATOM_ENDS:
	case PP_ATOM_CONTAINS:
		if (!needle_ok(img, a->lit, a->flags & PP_ATOM_NOCASE))
			return BAD("literal of a condition is empty or longer than 32 bytes");
		break;
	case PP_ATOM_INSET:
		if (a->lit >= img->n[PP_SEC_SETS])
			return BAD("set of a condition does not exist");
		break;
	case PP_ATOM_VALUE:
		if (!is_number(g->fields[a->field].type))
			return BAD("value of a field that is no integer");
		break;
	}
#undef BAD
	return 0;
}

static int check_cond(const struct pp_image *img, const struct pp_rule *r, u32 i,
		      struct pp_error *err)
{
	u32 depth = 0, k;

	if (r->cond_len > PP_MAX_COND || r->cond_off > img->n[PP_SEC_CONDS] ||
	    r->cond_len > img->n[PP_SEC_CONDS] - r->cond_off)
		return pp_reject(err, PP_SEC_RULES, i, "condition lies outside the image");
	for (k = 0; k < r->cond_len; k++) {
		u16 c = img->conds[r->cond_off + k];

		if (c == PP_COND_NOT ? depth < 1 : c > PP_COND_NOT && depth < 2)
			return pp_reject(err, PP_SEC_RULES, i, "condition lacks an operand");
		if (c == PP_COND_NOT)
			continue;
		if (c > PP_COND_NOT) {
			depth--;
			continue;
		}
		if (c >= img->n[PP_SEC_ATOMS])
			return pp_reject(err, PP_SEC_RULES, i, "condition that does not exist");
		if (++depth > PP_MAX_COND_DEPTH)
			return pp_reject(err, PP_SEC_RULES, i, "condition nests too deep");
	}
	if (r->cond_len && depth != 1)
		return pp_reject(err, PP_SEC_RULES, i, "condition has more than one result");
	return 0;
}

/* Whether an action has begun before conditions on its own field are decided. */
static bool runs(u8 action)
{
	return action == PP_ACT_REPLACE || action == PP_ACT_TRUNCATE ||
	       action == PP_ACT_CLASS || action == PP_ACT_LIMIT || action == PP_ACT_CLAMP;
}

static bool asks_around(const struct pp_image *img, const struct pp_image *g,
			const struct pp_rule *r)
{
	u32 k;

	for (k = 0; k < r->cond_len; k++) {
		u16 c = img->conds[r->cond_off + k];

		if (c < PP_COND_NOT && img->atoms[c].op != PP_ATOM_SESSION &&
		    pp_field_overlap(g, img->atoms[c].field, r->field))
			return true;
	}
	return false;
}

/*
 * Could the needle come about anew of the end of what is written, @last being the last byte
 * of that, and of what follows? Nobody would look there again.
 */
static bool begins_again(const struct pp_image *img, const struct pp_rule *r, u8 last)
{
	const struct pp_lit *old = &img->lits[r->lit], *new = &img->lits[r->lit2];
	const u8 *from = img->bytes + old->off, *put = img->bytes + new->off;
	u32 keep = old->len - 1, len = keep + new->len, n, i;

	for (n = r->flags & PP_RULE_STARTS ? len : 1; n && n <= len && n < old->len; n++) {
		for (i = 0; i < n; i++) {
			u32 at = len - n + i;
			u8 c = at < keep ? from[at] : at + 1 == len ? last : put[at - keep];

			if ((r->flags & PP_RULE_NOCASE ? pp_lower(c) : c) != from[i])
				break;
		}
		if (i == n)
			return true;
	}
	return false;
}

/* Of a character that is written as an escape only the last digit is changed. */
static bool escape_begins_again(const struct pp_image *img, const struct pp_rule *r)
{
	const struct pp_lit *old = &img->lits[r->lit];
	u8 was = img->bytes[old->off + old->len - 1];
	u8 digit = img->bytes[img->lits[r->lit2].off] & 15;

	return begins_again(img, r, (was & 0xf0) | digit) ||
	       (r->flags & PP_RULE_NOCASE && was >= 'a' && was <= 'z' &&
		begins_again(img, r, ((was ^ 0x20) & 0xf0) | digit));
}

static const char *check_replace(const struct pp_image *img, const struct pp_rule *r)
{
	const struct pp_lit *old, *new;

	if (!needle_ok(img, r->lit, r->flags & PP_RULE_NOCASE))
		return "needle is empty or longer than 32 bytes";
	if (r->lit2 >= img->n[PP_SEC_LITS])
		return "replacement does not exist";
	old = &img->lits[r->lit];
	new = &img->lits[r->lit2];
	/* Any literal is short enough to be written. */
	BUILD_BUG_ON(PP_MAX_LIT > PP_MAX_GROWTH);
	if (begins_again(img, r, new->len ? img->bytes[new->off + new->len - 1] : 0))
		return "with what follows, a replacement could become what it replaces";
	if (r->view == PP_VIEW_RAW)
		return NULL;
	if (new->len != 1)
		return "in a view, one byte is replaced by one";
	if (((img->bytes[old->off + old->len - 1] ^ img->bytes[new->off]) & 15) == 0)
		return "replacement has the same last digit as what it replaces";
	if (escape_begins_again(img, r))
		return "with what follows, an escape could become what it replaces";
	return NULL;
}

static const char *check_clamp(const struct pp_image *g, const struct pp_rule *r)
{
	const struct pp_field *f = &g->fields[r->field];
	u16 up;

	if (!is_number(f->type))
		return "only an integer can be clamped";
	if (!(r->flags & PP_RULE_LENGTH))
		return r->aux || r->elem ? "clamp of a plain integer names other fields" : NULL;
	if (!r->aux || f->length_of != r->aux)
		return "field is not the length of the one named";
	if (!r->elem)
		return NULL;
	if (r->elem >= g->n[PP_SEC_FIELDS] || !(g->fields[r->elem].flags & PP_FIELD_ELEMENT))
		return "what would be removed is no element";
	for (up = f->parent; up && up != r->elem; up = g->fields[up].parent)
		;
	return up ? NULL : "the integer is not part of the element";
}

static const char *check_action(const struct pp_image *img, const struct pp_image *g,
				const struct pp_rule *r)
{
	const struct pp_field *f = &g->fields[r->field];

	switch (r->action) {
	case PP_ACT_REPLACE:
		return check_replace(img, r);
	case PP_ACT_TRUNCATE:
		return r->n > 0x7fffffff ? "length is too large" : NULL;
	case PP_ACT_CLASS:
		if (r->lit >= img->n[PP_SEC_SETS])
			return "set does not exist";
		return r->n > 255 || pp_set_has(&img->sets[r->lit], r->n) ?
			"replacement byte is in the set it replaces" : NULL;
	case PP_ACT_APPEND:
		if (!(f->flags & PP_FIELD_END))
			return "nothing can be put behind this field";
		return r->lit2 >= img->n[PP_SEC_LITS] || !img->lits[r->lit2].len ?
			"what is appended" : NULL;
	case PP_ACT_POISON:
		if (!(f->flags & PP_FIELD_END))
			return "nothing can be put behind this field";
		return r->n > 255 || r->n == '\r' || r->n == '\n' ? "poison byte" : NULL;
	case PP_ACT_CLAMP:
		return check_clamp(g, r);
	case PP_ACT_LIMIT:
		return r->aux > 255 || !r->n || r->n > 0x7fffffff ? "number of parts" : NULL;
	case PP_ACT_DROP:
		return g->hdr->transport != IPPROTO_UDP ? "only a datagram can be dropped" : NULL;
	case PP_ACT_RESET:
		return g->hdr->transport != IPPROTO_TCP ?
			"only a connection can be reset" : NULL;
	case PP_ACT_COUNT:
		return NULL;
	}
	return "unknown action";
}

static int check_rule(const struct pp_image *img, const struct pp_image *g, u32 i,
		      struct pp_error *err)
{
	const struct pp_rule *r = &img->rules[i];
	const char *msg;
	u8 flags = 0;
	int ret;

	if (!r->key || r->pad || r->pad2)
		return pp_reject(err, PP_SEC_RULES, i, "key or padding of a rule");
	if (r->action == PP_ACT_REPLACE)
		flags = PP_RULE_NOCASE | PP_RULE_STARTS;
	else if (r->action == PP_ACT_CLAMP)
		flags = PP_RULE_LENGTH;
	if (r->flags & ~flags)
		return pp_reject(err, PP_SEC_RULES, i, "flag that this action does not have");
	if (!r->field || r->field >= g->n[PP_SEC_FIELDS])
		return pp_reject(err, PP_SEC_RULES, i, "rule on a field that does not exist");
	if (!view_ok(r->view) || (r->view && r->action != PP_ACT_REPLACE))
		return pp_reject(err, PP_SEC_RULES, i, "view of a rule");
	if (r->elem && r->action != PP_ACT_CLAMP)
		return pp_reject(err, PP_SEC_RULES, i, "only a clamp removes an element");
	ret = check_cond(img, r, i, err);
	if (ret)
		return ret;
	msg = check_action(img, g, r);
	if (msg)
		return pp_reject(err, PP_SEC_RULES, i, msg);
	if (runs(r->action) && asks_around(img, g, r))
		return pp_reject(err, PP_SEC_RULES, i,
				 "acts while the field runs but asks the field itself");
	return 0;
}

/**
 * pp_verify_patch() - whether a patch may be loaded
 * @img: its image, opened
 * @grammar: the grammar it is linked to, verified
 * @err: filled in on error
 *
 * Return: 0 or -EINVAL (see @err).
 */
int pp_verify_patch(const struct pp_image *img, const struct pp_image *grammar,
		    struct pp_error *err)
{
	const struct pp_image_header *h = img->hdr;
	u32 i;
	int ret;

	ret = pp_verify_common(img, err);
	if (ret)
		return ret;
	if (h->kind != PP_IMAGE_PATCH || h->grammar != grammar->hdr->id)
		return pp_reject(err, PP_NR_SECTIONS, 0, "not a patch for this grammar");
	if (h->flags & ~(PP_PATCH_POLICY | PP_PATCH_ROLE_CLIENT))
		return pp_reject(err, PP_NR_SECTIONS, 0, "unknown flag of a patch");
	if (img->n[PP_SEC_CODE] || img->n[PP_SEC_FIELDS] || img->n[PP_SEC_REASONS])
		return pp_reject(err, PP_NR_SECTIONS, 0, "a patch cannot have a program");
	if (!img->n[PP_SEC_RULES] || img->n[PP_SEC_RULES] > PP_MAX_RULES)
		return pp_reject(err, PP_SEC_RULES, 0, "number of rules out of range");
	if (img->n[PP_SEC_ATOMS] > PP_MAX_ATOMS)
		return pp_reject(err, PP_SEC_ATOMS, 0, "too many conditions");
	for (i = 0; i < img->n[PP_SEC_ATOMS]; i++) {
		ret = check_atom(img, grammar, i, err);
		if (ret)
			return ret;
	}
	for (i = 0; i < img->n[PP_SEC_RULES]; i++) {
		ret = check_rule(img, grammar, i, err);
		if (ret)
			return ret;
	}
	return 0;
}
