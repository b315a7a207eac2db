// SPDX-License-Identifier: GPL-2.0
/* Fields and conditions of patches, linked to the grammar. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"
#include "patch.h"

/**
 * link_fail() - note an error
 * @l: the linker
 * @pos: the place
 * @hint: what to do about it, or NULL
 * @fmt: what is wrong, as for printf()
 */
void link_fail(struct linker *l, struct lang_pos pos, const char *hint, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	lang_diag_at(l->diag, l->p->src, pos, hint, "%s", text);
}

static const char *without_unit(const char *name)
{
	const char *dot = strchr(name, '.');

	return dot ? dot + 1 : name;
}

static const char *suggest_field(struct linker *l, const char *name)
{
	size_t nr = l->g->nr_fields;
	const char **words = lang_alloc((2 * nr + 1) * sizeof(*words));
	const char *hint;
	size_t n = 0;

	for (size_t i = 1; i < nr; i++)
		words[n++] = l->g->fields[i].name;
	for (size_t i = 1; i < nr; i++)
		words[n++] = without_unit(l->g->fields[i].name);
	hint = parse_suggest(&l->p->arena, name, words);
	free(words);
	for (size_t i = 1; i < nr && !hint; i++) {
		const char *full = l->g->fields[i].name;
		size_t skip = strlen(full) - strlen(name);

		if (strlen(full) > strlen(name) && full[skip - 1] == '.' &&
		    !strcmp(full + skip, name))
			hint = arena_printf(&l->p->arena, "did you mean \"%s\"?", full);
	}
	if (hint)
		return hint;
	return arena_printf(&l->p->arena, "list the fields: patchctl fields %s", l->g->tree.name);
}

/**
 * link_field() - find a field
 * @l: the linker
 * @ref: the field as written, with or without its unit
 *
 * Return: its index, or 0 after an error.
 */
unsigned int link_field(struct linker *l, const struct field_ref *ref)
{
	unsigned int found = field_find(l->g, ref->name);

	if (found)
		return found;
	for (size_t i = 1; i < l->g->nr_fields; i++) {
		if (strcmp(without_unit(l->g->fields[i].name), ref->name))
			continue;
		if (found) {
			link_fail(l, ref->pos, "write it with its unit",
				  "\"%s\" is %s or %s", ref->name,
				  l->g->fields[found].name, l->g->fields[i].name);
			return 0;
		}
		found = i;
	}
	if (!found)
		link_fail(l, ref->pos, suggest_field(l, ref->name),
			  "%s has no field \"%s\"", l->g->tree.name, ref->name);
	return found;
}

static bool is_text(const struct lang_field *f)
{
	return f->type == PP_FIELD_BYTES || f->type == PP_FIELD_GROUP;
}

static bool check_atom(struct linker *l, const struct cond *c, unsigned int field)
{
	const struct lang_field *f = &l->g->fields[field];

	if (c->op == PP_ATOM_VALUE && is_text(f)) {
		link_fail(l, c->op_pos, "write the number as a string, or compare len(...)",
			  "\"%s\" is not an integer", f->name);
		return false;
	}
	if (c->op != PP_ATOM_VALUE && !is_text(f)) {
		link_fail(l, c->op == PP_ATOM_LEN ? c->field.pos : c->op_pos,
			  "integers are compared with == != < <= > >=",
			  "\"%s\" is an integer", f->name);
		return false;
	}
	if (c->field.view && (c->op == PP_ATOM_LEN || c->op == PP_ATOM_VALUE)) {
		link_fail(l, c->field.view_pos, NULL, "a number has no views");
		return false;
	}
	return true;
}

static unsigned int add_atom(struct linker *l, const struct pp_atom *atom, struct lang_pos pos)
{
	const struct image_section *s = &l->b->sections[PP_SEC_ATOMS];
	struct pp_atom other;

	for (size_t i = 0; i < s->nr; i++) {
		memcpy(&other, s->data + i * sizeof(other), sizeof(other));
		if (!memcmp(&other, atom, sizeof(other)))
			return i;
	}
	if (s->nr == PP_MAX_ATOMS) {
		link_fail(l, pos, NULL, "more than %d different conditions in one patch",
			  PP_MAX_ATOMS);
		return 0;
	}
	l->p->atom_pos[l->p->nr_atoms++] = pos;
	return image_add(l->b, PP_SEC_ATOMS, atom);
}

static void push(struct linker *l, struct linked_cond *out, unsigned int element, uint64_t hash)
{
	uint16_t value = element;

	image_add(l->b, PP_SEC_CONDS, &value);
	out->len++;
	out->hash = fnv_number(out->hash, hash);
}

static uint64_t atom_hash(struct linker *l, const struct pp_atom *a)
{
	uint64_t hash = fnv_string(FNV_BASIS, l->g->tree.name);

	hash = fnv_string(hash, a->op == PP_ATOM_SESSION ?
			  l->g->tree.session.names[a->value] : l->g->fields[a->field].name);
	hash = fnv_number(hash, a->view);
	hash = fnv_number(hash, a->op);
	hash = fnv_number(hash, a->cc);
	hash = fnv_number(hash, a->flags);
	return fnv_number(hash, a->op == PP_ATOM_SESSION ? 0 : a->value);
}

static void push_atom(struct linker *l, struct linked_cond *out, struct pp_atom *atom,
		      uint64_t hash, struct lang_pos pos)
{
	atom->key = fnv_key(hash);
	push(l, out, add_atom(l, atom, pos), atom->key);
}

static void lower(unsigned char *to, const unsigned char *from, size_t len)
{
	for (size_t i = 0; i < len; i++)
		to[i] = from[i] >= 'A' && from[i] <= 'Z' ? from[i] | 0x20 : from[i];
}

static bool push_string(struct linker *l, struct linked_cond *out, const struct cond *c,
			unsigned int field, const struct lang_bytes *s, struct lang_pos pos)
{
	struct pp_atom atom = {
		.field = field, .view = c->field.view, .op = c->op,
		.flags = c->nocase ? PP_ATOM_NOCASE : 0,
	};
	unsigned char text[PP_MAX_NEEDLE];
	uint64_t hash;

	if (s->len > PP_MAX_NEEDLE) {
		link_fail(l, pos, NULL, "a string to look for has at most %d bytes, this has %zu",
			  PP_MAX_NEEDLE, s->len);
		return false;
	}
	if (!s->len && (c->op != PP_ATOM_EQUALS || c->field.view)) {
		link_fail(l, pos, c->op == PP_ATOM_EQUALS ? "leave the view out" : NULL,
			  "an empty string to look for");
		return false;
	}
	if (!s->len) {
		atom = (struct pp_atom){ .field = field, .op = PP_ATOM_LEN, .cc = PP_CC_EQ };
		push_atom(l, out, &atom, atom_hash(l, &atom), c->pos);
		return true;
	}
	memcpy(text, s->data, s->len);
	if (c->nocase)
		lower(text, s->data, s->len);
	atom.lit = image_lit(l->b, text, s->len);
	hash = fnv_bytes(fnv_number(atom_hash(l, &atom), s->len), text, s->len);
	push_atom(l, out, &atom, hash, c->pos);
	return true;
}

static bool param_values(struct linker *l, const struct cond *c, const struct lang_bytes **values,
			 size_t *nr)
{
	const struct lang_patch_info *info = &l->p->tree.info;

	for (size_t i = 0; i < info->nr_params; i++) {
		if (strcmp(info->params[i].name, c->param))
			continue;
		*values = info->params[i].values;
		*nr = info->params[i].nr_values;
		return true;
	}
	link_fail(l, c->param_pos, "declare it: param NAME = \"...\", \"...\";",
		  "the patch has no parameter \"%s\"", c->param);
	return false;
}

static bool push_strings(struct linker *l, struct linked_cond *out, const struct cond *c,
			 unsigned int field)
{
	const struct lang_bytes *values = c->strings;
	size_t nr = c->nr_strings;

	if (c->param && !param_values(l, c, &values, &nr))
		return false;
	if (nr > PP_MAX_COND / 2) {
		link_fail(l, c->op_pos, NULL, "more than %d strings to compare with",
			  PP_MAX_COND / 2);
		return false;
	}
	for (size_t i = 0; i < nr; i++) {
		if (!push_string(l, out, c, field, &values[i],
				 c->param ? c->param_pos : c->string_pos[i]))
			return false;
		if (i)
			push(l, out, PP_COND_OR, PP_COND_OR);
	}
	if (c->negate)
		push(l, out, PP_COND_NOT, PP_COND_NOT);
	return true;
}

static bool push_session(struct linker *l, struct linked_cond *out, const struct cond *c)
{
	int bit = lang_grammar_session_bit(l->g, c->session);
	struct pp_atom atom = { .op = PP_ATOM_SESSION, .value = bit };

	if (bit < 0) {
		link_fail(l, c->pos, NULL, "%s has no session bit \"%s\"", l->g->tree.name,
			  c->session);
		return false;
	}
	push_atom(l, out, &atom, atom_hash(l, &atom), c->pos);
	return true;
}

static bool push_leaf(struct linker *l, struct linked_cond *out, const struct cond *c)
{
	struct pp_atom atom = { .op = c->op };
	unsigned int field;
	uint64_t hash;

	if (c->op == PP_ATOM_SESSION)
		return push_session(l, out, c);
	field = link_field(l, &c->field);
	if (!field || !check_atom(l, c, field))
		return false;
	atom.field = field;
	if (c->op == PP_ATOM_LEN || c->op == PP_ATOM_VALUE) {
		atom.cc = c->cc;
		atom.value = c->value;
		push_atom(l, out, &atom, atom_hash(l, &atom), c->pos);
		return true;
	}
	if (c->op != PP_ATOM_INSET)
		return push_strings(l, out, c, field);
	atom.view = c->field.view;
	atom.lit = image_set(l->b, &c->set);
	hash = fnv_bytes(atom_hash(l, &atom), &c->set, sizeof(c->set));
	push_atom(l, out, &atom, hash, c->pos);
	return true;
}

/*
 * Postfix, left operand first. @depth: operands on the stack before. A list of
 * strings needs one place more than a single one.
 */
static bool push_cond(struct linker *l, struct linked_cond *out, const struct cond *c,
		      unsigned int depth)
{
	bool a, b;

	if (depth + 1 + (c->kind == COND_ATOM && (c->param || c->nr_strings > 1)) >
	    PP_MAX_COND_DEPTH) {
		link_fail(l, c->pos, "write what is nested deepest first",
			  "the condition is nested too deeply");
		return false;
	}
	switch (c->kind) {
	case COND_ATOM:
		return push_leaf(l, out, c);
	case COND_NOT:
		if (!push_cond(l, out, c->a, depth))
			return false;
		push(l, out, PP_COND_NOT, PP_COND_NOT);
		return true;
	default:
		a = push_cond(l, out, c->a, depth);
		b = push_cond(l, out, c->b, depth + 1);
		if (!a || !b)
			return false;
		push(l, out, c->kind == COND_AND ? PP_COND_AND : PP_COND_OR,
		     c->kind == COND_AND ? PP_COND_AND : PP_COND_OR);
		return true;
	}
}

/**
 * link_cond() - link a condition
 * @l: the linker
 * @c: the condition, or NULL for always
 * @out: where it is in the image
 *
 * Return: whether it could be linked.
 */
bool link_cond(struct linker *l, const struct cond *c, struct linked_cond *out)
{
	*out = (struct linked_cond){ .off = l->b->sections[PP_SEC_CONDS].nr, .hash = FNV_BASIS };
	if (!c)
		return true;
	if (!push_cond(l, out, c, 0))
		return false;
	if (out->len > PP_MAX_COND) {
		link_fail(l, c->pos, NULL, "the condition has %u elements, %d are allowed",
			  out->len, PP_MAX_COND);
		return false;
	}
	return true;
}
