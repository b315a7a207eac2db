// SPDX-License-Identifier: GPL-2.0
/* Rules of patches, linked to the grammar. */
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

#include "lex.h"
#include "patch.h"

#define FOLDED_HINT	"put the rule on the lines of the value: %s.line"

static bool is_text(const struct lang_field *f)
{
	return f->type == PP_FIELD_BYTES || f->type == PP_FIELD_GROUP;
}

/* In a folded value the blanks that begin its lines must stay where they are. */
static bool folded_fail(struct linker *l, const struct field_ref *ref, unsigned int field)
{
	link_fail(l, ref->pos,
		  arena_printf(&l->p->arena, FOLDED_HINT, l->g->fields[field].name),
		  "\"%s\" may be folded: the blank that begins a line must not be changed",
		  l->g->fields[field].name);
	return false;
}

static bool need_text(struct linker *l, const struct rule_tree *r, const struct field_ref *ref,
		      unsigned int field)
{
	if (is_text(&l->g->fields[field]))
		return true;
	link_fail(l, ref->pos, r->action == PP_ACT_TRUNCATE ? "use clamp" : NULL,
		  "\"%s\" is an integer", l->g->fields[field].name);
	return false;
}

static bool need_end(struct linker *l, const struct field_ref *ref, unsigned int field)
{
	if (l->g->fields[field].flags & PP_FIELD_END)
		return true;
	link_fail(l, ref->pos, "patchctl fields shows which fields have an end",
		  "nothing can be put behind \"%s\": the byte after it is not known when it ends",
		  l->g->fields[field].name);
	return false;
}

/* Does any field state the length of this one or of a group it is in? */
static unsigned int measured(struct linker *l, unsigned int field)
{
	for (; field; field = l->g->fields[field].parent)
		for (size_t i = 1; i < l->g->nr_fields; i++)
			if (l->g->fields[i].length_of == field)
				return i;
	return 0;
}

static bool need_free_length(struct linker *l, const struct rule_tree *r, unsigned int field)
{
	unsigned int length = measured(l, field);

	if (!length)
		return true;
	link_fail(l, r->pos, "use truncate, class, or replace with one byte",
		  "this changes the length of \"%s\", which \"%s\" states",
		  l->g->fields[field].name, l->g->fields[length].name);
	return false;
}

static bool same(const struct rule_tree *r, const unsigned char *a, const unsigned char *b,
		 size_t len)
{
	return r->nocase ? !strncasecmp((const char *)a, (const char *)b, len) :
			   !memcmp(a, b, len);
}

/* Would the rule find its needle again in what it has written? */
static bool finds_again(const struct rule_tree *r)
{
	const struct lang_bytes *from = &r->from, *with = &r->with;

	for (size_t i = 0; i + from->len <= with->len; i++)
		if (same(r, with->data + i, from->data, from->len))
			return true;
	return false;
}

/*
 * Could the needle come about anew of the end of what is written, the last byte being @last,
 * and of what follows? Nobody would look there again.
 */
static bool begins_again(const struct rule_tree *r, unsigned char last)
{
	unsigned char text[PP_MAX_NEEDLE + PP_MAX_GROWTH];
	const struct lang_bytes *from = &r->from;
	size_t len = r->with.len;

	memcpy(text, r->with.data, len);
	if (len)
		text[len - 1] = last;
	for (size_t n = r->at_start ? len : 1; n && n <= len && n < from->len; n++)
		if (same(r, text + len - n, from->data, n))
			return true;
	return false;
}

/* Of a character that is written as an escape only the last digit is changed. */
static bool escape_begins_again(const struct rule_tree *r)
{
	unsigned char was = r->from.data[r->from.len - 1];
	unsigned char digit = r->with.data[r->with.len - 1] & 0xf;
	bool letter = (was | 0x20) >= 'a' && (was | 0x20) <= 'z';

	return begins_again(r, (was & 0xf0) | digit) ||
	       (r->nocase && letter && begins_again(r, ((was ^ 0x20) & 0xf0) | digit));
}

static bool check_replace(struct linker *l, const struct rule_tree *r,
			  const struct field_ref *ref, unsigned int field)
{
	const struct lang_bytes *from = &r->from, *with = &r->with;
	size_t keep;

	if (!from->len || from->len > PP_MAX_NEEDLE) {
		link_fail(l, r->from_pos, NULL, "a string to look for has 1 to %d bytes",
			  PP_MAX_NEEDLE);
		return false;
	}
	keep = from->len - 1;
	if (with->len < keep || !same(r, from->data, with->data, keep)) {
		link_fail(l, r->with_pos,
			  "only the last character can change, what is before it may have been sent: replace \"${\" with \"$_\"",
			  "the replacement does not begin as what it replaces");
		return false;
	}
	if (with->len - keep > PP_MAX_GROWTH) {
		link_fail(l, r->with_pos, NULL, "at most %d bytes are written for the last one",
			  PP_MAX_GROWTH);
		return false;
	}
	if (finds_again(r)) {
		link_fail(l, r->with_pos, NULL, "the replacement holds what it replaces");
		return false;
	}
	if (begins_again(r, with->len ? with->data[with->len - 1] : 0)) {
		link_fail(l, r->with_pos, "let it end in a byte that does not begin what is replaced",
			  "with what follows, the replacement could become what it replaces");
		return false;
	}
	if (ref->view && with->len != from->len) {
		link_fail(l, r->with_pos, "write one byte for the last one",
			  "in a view a character may be an escape, which keeps its length");
		return false;
	}
	if (ref->view && !((from->data[keep] ^ with->data[keep]) & 0xf)) {
		link_fail(l, r->with_pos, "choose a byte with another low digit",
			  "where 0x%02x is written as an escape only its last digit is changed, which 0x%02x has too",
			  from->data[keep], with->data[keep]);
		return false;
	}
	if (ref->view && escape_begins_again(r)) {
		link_fail(l, r->with_pos, "choose a byte with another low digit",
			  "written as an escape, and with what follows, it could become what it replaces");
		return false;
	}
	if (l->g->folded[field] && (from->data[keep] == ' ' || from->data[keep] == '\t'))
		return folded_fail(l, ref, field);
	return with->len == from->len || need_free_length(l, r, field);
}

static bool check_action(struct linker *l, const struct rule_tree *r,
			 const struct field_ref *ref, unsigned int field)
{
	const struct lang_field *f = &l->g->fields[field];

	if (ref->view && r->action != PP_ACT_REPLACE) {
		link_fail(l, ref->view_pos, "views belong to conditions and to replace",
			  "this action works on raw bytes");
		return false;
	}
	switch (r->action) {
	case PP_ACT_REPLACE:
		return need_text(l, r, ref, field) && check_replace(l, r, ref, field);
	case PP_ACT_TRUNCATE:
		if (!need_text(l, r, ref, field))
			return false;
		return l->g->folded[field] ? folded_fail(l, ref, field) :
					     !f->parent || need_free_length(l, r, f->parent);
	case PP_ACT_CLASS:
		if (!need_text(l, r, ref, field))
			return false;
		if (l->g->folded[field] && (set_has(&r->set, ' ') || set_has(&r->set, '\t')))
			return folded_fail(l, ref, field);
		return true;
	case PP_ACT_APPEND:
		if (!r->with.len || r->with.len > PP_MAX_GROWTH) {
			link_fail(l, r->with_pos, NULL, "1 to %d bytes can be appended",
				  PP_MAX_GROWTH);
			return false;
		}
		return need_text(l, r, ref, field) && need_end(l, ref, field) &&
		       need_free_length(l, r, field);
	case PP_ACT_POISON:
		return need_text(l, r, ref, field) && need_end(l, ref, field);
	case PP_ACT_CLAMP:
		if (!is_text(f))
			return true;
		link_fail(l, ref->pos, "use truncate", "\"%s\" is not an integer", f->name);
		return false;
	case PP_ACT_LIMIT:
		return need_text(l, r, ref, field);
	case PP_ACT_DROP:
		if (l->g->tree.transport == IPPROTO_UDP)
			return true;
		link_fail(l, r->pos, "use reset, or make the command harmless with poison",
			  "only a datagram can be dropped, %s is a stream", l->g->tree.name);
		return false;
	case PP_ACT_RESET:
		if (l->g->tree.transport == IPPROTO_TCP)
			return true;
		link_fail(l, r->pos, "use drop", "only a connection can be reset, %s has datagrams",
			  l->g->tree.name);
		return false;
	default:
		return true;
	}
}

static uint64_t hash_bytes(uint64_t hash, const void *data, size_t len)
{
	return fnv_bytes(fnv_number(hash, len), data, len);
}

static uint64_t rule_hash(struct linker *l, const struct pp_rule *rule,
			  const struct rule_tree *r, uint64_t cond)
{
	const struct lang_field *fields = l->g->fields;
	uint64_t hash = fnv_string(FNV_BASIS, l->g->tree.name);

	hash = fnv_string(hash, fields[rule->field].name);
	hash = fnv_number(hash, rule->view);
	hash = fnv_number(hash, rule->action);
	hash = fnv_number(hash, rule->flags);
	hash = fnv_number(hash, rule->n);
	hash = hash_bytes(hash, r->from.data, r->from.len);
	hash = hash_bytes(hash, r->with.data, r->with.len);
	hash = hash_bytes(hash, &r->set, sizeof(r->set));
	if (rule->flags & PP_RULE_LENGTH && rule->action == PP_ACT_CLAMP) {
		hash = fnv_string(hash, fields[rule->aux].name);
		hash = fnv_string(hash, fields[rule->elem].name);
	}
	return fnv_number(hash, cond);
}

static void add_rule(struct linker *l, const struct rule_tree *r, struct pp_rule *rule,
		     const struct linked_cond *cond, struct lang_pos pos)
{
	rule->cond_off = cond->off;
	rule->cond_len = cond->len;
	rule->key = fnv_key(rule_hash(l, rule, r, cond->hash));
	if (l->p->nr_rules == PP_MAX_RULES) {
		link_fail(l, r->pos, NULL, "more than %d rules in one patch", PP_MAX_RULES);
		return;
	}
	l->p->rule_pos[l->p->nr_rules++] = pos;
	image_add(l->b, PP_SEC_RULES, rule);
}

static unsigned int element_of(struct linker *l, unsigned int field)
{
	while (field && !(l->g->fields[field].flags & PP_FIELD_ELEMENT))
		field = l->g->fields[field].parent;
	return field;
}

/* What truncates a field makes the integers that state its length agree. */
static void add_lengths(struct linker *l, const struct rule_tree *r, unsigned int field,
			const struct linked_cond *cond, struct lang_pos pos)
{
	for (size_t i = 1; i < l->g->nr_fields; i++) {
		struct pp_rule rule = {
			.field = i, .action = PP_ACT_CLAMP, .flags = PP_RULE_LENGTH,
			.aux = field, .elem = element_of(l, i), .n = r->n,
		};

		if (l->g->fields[i].length_of == field && order_check_length(l, r, field, i))
			add_rule(l, r, &rule, cond, pos);
	}
}

static void fill_rule(struct linker *l, const struct rule_tree *r, struct pp_rule *rule)
{
	unsigned char needle[PP_MAX_NEEDLE];
	size_t keep = r->from.len - 1;

	switch (r->action) {
	case PP_ACT_REPLACE:
		for (size_t i = 0; i < r->from.len; i++) {
			unsigned char b = r->from.data[i];

			needle[i] = r->nocase && b >= 'A' && b <= 'Z' ? b | 0x20 : b;
		}
		rule->flags = (r->nocase ? PP_RULE_NOCASE : 0) |
			      (r->at_start ? PP_RULE_STARTS : 0);
		rule->lit = image_lit(l->b, needle, r->from.len);
		rule->lit2 = image_lit(l->b, r->with.data + keep, r->with.len - keep);
		break;
	case PP_ACT_CLASS:
		rule->lit = image_set(l->b, &r->set);
		break;
	case PP_ACT_APPEND:
		rule->lit2 = image_lit(l->b, r->with.data, r->with.len);
		break;
	case PP_ACT_LIMIT:
		rule->aux = r->with.len ? r->with.data[0] : 0;
		break;
	}
}

/**
 * link_rule() - link a rule
 * @l: the linker
 * @r: the rule; each of its fields becomes one in the image
 */
void link_rule(struct linker *l, const struct rule_tree *r)
{
	struct linked_cond cond;

	if (!link_cond(l, r->cond, &cond))
		return;
	for (size_t i = 0; i < r->nr_fields; i++) {
		const struct field_ref *ref = &r->fields[i];
		unsigned int field = link_field(l, ref);
		struct pp_rule rule = {
			.field = field, .view = ref->view, .action = r->action, .n = r->n,
		};

		if (!field || !check_action(l, r, ref, field) || !order_check(l, r, field))
			continue;
		if (r->action == PP_ACT_TRUNCATE)
			add_lengths(l, r, field, &cond, ref->pos);
		fill_rule(l, r, &rule);
		add_rule(l, r, &rule, &cond, ref->pos);
	}
}
