// SPDX-License-Identifier: GPL-2.0
/*
 * Fields of a grammar: numbered in order of first appearance in the source, so
 * that a statement added below does not renumber those above it.
 */
#include <string.h>

#include "grammar.h"

struct field_pass {
	struct lang_grammar *g;
	struct lang_diag *diag;
	struct scope scope;
	bool lengths;
};

static void walk(struct field_pass *pass, const struct stmt *s);

/**
 * field_name() - full name of a field
 * @g: the grammar
 * @scope: where it is named
 * @name: as written: from the innermost group, or with a leading dot from the unit
 *
 * Return: the dotted name.
 */
const char *field_name(struct lang_grammar *g, const struct scope *scope, const char *name)
{
	const char *prefix = scope->unit ? scope->unit : "";

	if (*name == '.')
		return arena_printf(&g->arena, "%s%s", prefix, name);
	if (scope->depth)
		prefix = scope->groups[scope->depth - 1];
	return arena_printf(&g->arena, "%s.%s", prefix, name);
}

/**
 * field_find() - find a field
 * @g: the grammar
 * @name: its full name
 *
 * Return: its index, or 0.
 */
unsigned int field_find(const struct lang_grammar *g, const char *name)
{
	for (size_t i = 1; i < g->nr_fields; i++)
		if (!strcmp(g->fields[i].name, name))
			return i;
	return 0;
}

static void fail_at(struct field_pass *pass, struct lang_pos pos, const char *hint,
		    const char *what, const char *name)
{
	lang_diag_at(pass->diag, pass->g->src, pos, hint, what, name);
}

static unsigned int common_parent(const struct lang_grammar *g, unsigned int a, unsigned int b)
{
	for (; a; a = g->fields[a].parent)
		for (unsigned int up = b; up; up = g->fields[up].parent)
			if (a == up)
				return a;
	return 0;
}

static unsigned int declare(struct field_pass *pass, const struct stmt *s, const char *full,
			    unsigned int type, unsigned int flags)
{
	struct lang_grammar *g = pass->g;
	const struct scope *scope = &pass->scope;
	unsigned int id, parent = 0;
	struct lang_field *f;

	if (scope->depth)
		parent = scope->ids[scope->depth - 1];
	if (scope->server)
		flags |= PP_FIELD_SERVER;
	id = field_find(g, full);
	if (id) {
		f = &g->fields[id];
		if (f->type != type)
			fail_at(pass, s->name_pos, "give one of them another name",
				"\"%s\" is of another type elsewhere", full);
		if ((f->flags ^ flags) & PP_FIELD_SERVER)
			fail_at(pass, s->name_pos, "give the units of the directions different names",
				"\"%s\" occurs in both directions", full);
		f->flags |= flags;
		f->parent = common_parent(g, f->parent, parent);
		if (s->doc)
			f->doc = s->doc;
		return id;
	}
	if (g->nr_fields == PP_MAX_FIELDS) {
		lang_diag_at(pass->diag, g->src, s->name_pos, NULL, "more than %d fields",
			     PP_MAX_FIELDS - 1);
		return 0;
	}
	if (strlen(full) >= PP_NAME_MAX)
		fail_at(pass, s->name_pos, NULL, "the name \"%s\" is too long", full);
	id = g->nr_fields;
	f = lang_push(g->fields, g->nr_fields, g->cap_fields);
	*f = (struct lang_field){
		.name = full, .doc = s->doc ? s->doc : "", .type = type,
		.flags = flags, .parent = parent, .pos = s->name_pos,
	};
	return id;
}

static bool check_name(struct field_pass *pass, const struct stmt *s, bool dots)
{
	if (!pass->scope.unit) {
		fail_at(pass, s->name_pos, "put it into: unit NAME { ... }",
			"the field \"%s\" is in no unit", s->name);
		return false;
	}
	if (strchr(s->name[0] == '.' ? s->name + 1 : s->name, '.') && !(dots && *s->name == '.')) {
		fail_at(pass, s->name_pos, "begin with a dot to count from the unit: .header.name",
			"\"%s\" cannot have a dot here", s->name);
		return false;
	}
	return true;
}

static void walk_inside(struct field_pass *pass, const struct stmt *s, const char *full,
			unsigned int id)
{
	struct scope *scope = &pass->scope;

	if (scope->depth >= PP_MAX_DEPTH) {
		lang_diag_at(pass->diag, pass->g->src, s->pos, NULL,
			     "more than %d fields within each other", PP_MAX_DEPTH);
		return;
	}
	scope->groups[scope->depth] = full;
	scope->ids[scope->depth++] = id;
	walk(pass, s->body);
	scope->depth--;
}

static unsigned int consume_type(const struct consume *c)
{
	if (c->op == PP_OP_NUM)
		return c->arg == 16 ? PP_FIELD_HEX : PP_FIELD_DEC;
	return c->op == PP_OP_UINT ? PP_FIELD_UINT : PP_FIELD_BYTES;
}

static void walk_consume(struct field_pass *pass, const struct stmt *s)
{
	const struct consume *c = s->consume;
	struct scope *scope = &pass->scope;
	unsigned int depth = scope->depth + 1 + c->folded;
	const char *full;
	unsigned int id;

	if (s->name && check_name(pass, s, true)) {
		full = field_name(pass->g, scope, s->name);
		id = declare(pass, s, full, consume_type(c), s->field_flags);
		if (c->folded && id && depth <= PP_MAX_DEPTH) {
			struct stmt line = *s;

			line.doc = "one line of it, without the blank that begins a folded one";
			pass->g->folded[id] = true;
			scope->ids[scope->depth++] = id;
			declare(pass, &line, arena_printf(&pass->g->arena, "%s.line", full),
				PP_FIELD_BYTES, s->field_flags);
			scope->depth--;
		}
		if (depth > PP_MAX_DEPTH)
			lang_diag_at(pass->diag, pass->g->src, s->pos, NULL,
				     "more than %d fields within each other", PP_MAX_DEPTH);
	}
	if (!s->name && c->folded)
		lang_diag_at(pass->diag, pass->g->src, s->pos, "write a name before it",
			     "folded text is a field");
	walk(pass, c->else_body);
}

static void walk_unit(struct field_pass *pass, const struct stmt *s)
{
	struct scope *scope = &pass->scope;

	if (scope->unit || scope->depth) {
		fail_at(pass, s->name_pos, NULL, "the unit \"%s\" is inside another", s->name);
		return;
	}
	if (strchr(s->name, '.')) {
		fail_at(pass, s->name_pos, NULL, "\"%s\" cannot have a dot", s->name);
		return;
	}
	scope->unit = s->name;
	walk(pass, s->body);
	scope->unit = NULL;
}

static void walk_length(struct field_pass *pass, const struct stmt *s)
{
	struct lang_grammar *g = pass->g;
	const char *unit = pass->scope.unit;
	unsigned int len, of;

	if (!unit) {
		fail_at(pass, s->pos, NULL, "\"%s\" is in no unit", s->name);
		return;
	}
	len = field_find(g, arena_printf(&g->arena, "%s.%s", unit, s->name));
	of = field_find(g, arena_printf(&g->arena, "%s.%s", unit, s->of));
	if (!len)
		fail_at(pass, s->name_pos, NULL, "the unit has no field \"%s\"", s->name);
	if (!of)
		fail_at(pass, s->of_pos, NULL, "the unit has no field \"%s\"", s->of);
	if (!len || !of)
		return;
	if (g->fields[len].type == PP_FIELD_BYTES || g->fields[len].type == PP_FIELD_GROUP)
		fail_at(pass, s->name_pos, NULL, "\"%s\" is not an integer", s->name);
	if (g->fields[of].type != PP_FIELD_BYTES && g->fields[of].type != PP_FIELD_GROUP)
		fail_at(pass, s->of_pos, NULL, "\"%s\" is an integer, its length is fixed", s->of);
	g->fields[len].length_of = of;
}

static void walk_named(struct field_pass *pass, const struct stmt *s, unsigned int type)
{
	const char *full;

	if (!check_name(pass, s, type == PP_FIELD_BYTES))
		return;
	full = field_name(pass->g, &pass->scope, s->name);
	walk_inside(pass, s, full, declare(pass, s, full, type, s->field_flags));
}

static void walk_one(struct field_pass *pass, const struct stmt *s)
{
	switch (s->kind) {
	case STMT_CONSUME:
		walk_consume(pass, s);
		break;
	case STMT_BYTES:
		walk_named(pass, s, PP_FIELD_BYTES);
		break;
	case STMT_GROUP:
		walk_named(pass, s, PP_FIELD_GROUP);
		break;
	case STMT_UNIT:
		walk_unit(pass, s);
		break;
	case STMT_LOOP:
		walk(pass, s->body);
		break;
	case STMT_IF:
		walk(pass, s->body);
		walk(pass, s->other);
		break;
	case STMT_SWITCH:
		for (const struct switch_case *c = s->cases; c; c = c->next)
			walk(pass, c->body);
		walk(pass, s->other);
		break;
	case STMT_USE:
		walk(pass, s->part->body);
		break;
	case STMT_LENGTH:
		if (pass->lengths)
			walk_length(pass, s);
		break;
	default:
		break;
	}
}

static void walk(struct field_pass *pass, const struct stmt *s)
{
	for (; s; s = s->next) {
		if (++pass->scope.steps > MAX_STEPS) {
			if (pass->scope.steps == MAX_STEPS + 1)
				lang_diag_at(pass->diag, pass->g->src, s->pos,
					     "parts that use parts multiply",
					     "the program is too large");
			return;
		}
		walk_one(pass, s);
	}
}

/**
 * field_declare_all() - number the fields of a grammar
 * @g: the grammar
 * @diag: where errors go
 */
void field_declare_all(struct lang_grammar *g, struct lang_diag *diag)
{
	struct field_pass pass = { .g = g, .diag = diag };

	*lang_push(g->fields, g->nr_fields, g->cap_fields) =
		(struct lang_field){ .name = "", .doc = "" };
	for (int round = 0; round < 2; round++) {
		pass.lengths = round;
		for (int dir = 0; dir < 2; dir++) {
			pass.scope = (struct scope){ .server = dir };
			if (!lang_diag_errors(diag) || !round)
				walk(&pass, g->tree.body[dir]);
		}
	}
}
