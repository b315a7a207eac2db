// SPDX-License-Identifier: GPL-2.0
/* Compiled grammars. */
#include <stdlib.h>
#include <string.h>

#include "grammar.h"

static void add_fields(struct lang_grammar *g, struct image_builder *b)
{
	for (size_t i = 0; i < g->nr_fields; i++) {
		struct lang_field *f = &g->fields[i];
		struct pp_field field;

		if (i && code_field_end(&g->code, i))
			f->flags |= PP_FIELD_END;
		field = (struct pp_field){
			.name = image_string(b, f->name), .doc = image_string(b, f->doc),
			.parent = f->parent, .length_of = f->length_of,
			.type = f->type, .flags = f->flags,
		};
		image_add(b, PP_SEC_FIELDS, &field);
	}
}

static bool build(struct lang_grammar *g, struct lang_diag *diag)
{
	struct image_builder b;

	image_init(&b, PP_IMAGE_GRAMMAR);
	b.header.name = image_string(&b, g->tree.name);
	b.header.title = image_string(&b, g->tree.title);
	b.header.transport = g->tree.transport;
	b.header.nr_ports = g->tree.nr_ports;
	memcpy(b.header.ports, g->tree.ports, sizeof(b.header.ports));
	emit_grammar(g, &b, diag);
	if (!lang_diag_errors(diag)) {
		add_fields(g, &b);
		g->image = image_finish(&b, &g->arena, &g->size);
		g->id = b.header.id;
		if (g->size > PP_IMAGE_MAX)
			lang_diag_at(diag, g->src, g->tree.pos, NULL,
				     "the image has %zu bytes, %u are allowed",
				     g->size, PP_IMAGE_MAX);
	}
	image_clean(&b);
	return !lang_diag_errors(diag);
}

/**
 * lang_grammar_compile() - compile a grammar
 * @src: its source; the grammar keeps a reference
 * @diag: where errors go
 *
 * Return: the grammar, to be given to lang_grammar_free(), or NULL.
 */
struct lang_grammar *lang_grammar_compile(struct lang_source *src, struct lang_diag *diag)
{
	struct lang_grammar *g = lang_alloc(sizeof(*g));
	struct lang_diag *own = lang_diag_new();
	bool ok;

	g->src = lang_source_get(src);
	ok = parse_grammar(src, own, &g->arena, &g->tree) && !lang_diag_errors(own);
	if (ok)
		field_declare_all(g, own);
	ok = ok && !lang_diag_errors(own) && build(g, own);
	lang_diag_move(diag, own);
	if (ok)
		return g;
	lang_grammar_free(g);
	return NULL;
}

/**
 * lang_grammar_free() - free a grammar
 * @g: the grammar, or NULL
 */
void lang_grammar_free(struct lang_grammar *g)
{
	if (!g)
		return;
	lang_source_free(g->src);
	code_clean(&g->code);
	free(g->fields);
	arena_free(&g->arena);
	free(g);
}

/**
 * lang_grammar_image() - the image of a grammar
 * @g: the grammar
 * @size: bytes in it
 *
 * Return: the image, which lives as long as the grammar.
 */
const void *lang_grammar_image(const struct lang_grammar *g, size_t *size)
{
	*size = g->size;
	return g->image;
}

/**
 * lang_grammar_id() - the id of a grammar's image
 * @g: the grammar
 *
 * Return: the id.
 */
uint64_t lang_grammar_id(const struct lang_grammar *g)
{
	return g->id;
}

/**
 * lang_grammar_name() - the protocol of a grammar
 * @g: the grammar
 *
 * Return: its name.
 */
const char *lang_grammar_name(const struct lang_grammar *g)
{
	return g->tree.name;
}

/**
 * lang_grammar_title() - the title of a grammar
 * @g: the grammar
 *
 * Return: one line.
 */
const char *lang_grammar_title(const struct lang_grammar *g)
{
	return g->tree.title;
}

/**
 * lang_grammar_source() - what a grammar was compiled from
 * @g: the grammar
 *
 * Return: the source.
 */
const struct lang_source *lang_grammar_source(const struct lang_grammar *g)
{
	return g->src;
}

/**
 * lang_grammar_nr_fields() - how many fields a grammar has
 * @g: the grammar
 *
 * Return: the number, with field 0, which is none.
 */
unsigned int lang_grammar_nr_fields(const struct lang_grammar *g)
{
	return g->nr_fields;
}

/**
 * lang_grammar_field() - a field of a grammar
 * @g: the grammar
 * @i: which, from 1
 *
 * Return: the field, or NULL when there is none.
 */
const struct lang_field *lang_grammar_field(const struct lang_grammar *g, unsigned int i)
{
	return i && i < g->nr_fields ? &g->fields[i] : NULL;
}

/**
 * lang_grammar_session_bit() - number of a session bit
 * @g: the grammar
 * @name: its name
 *
 * Return: the number, or -1 when there is none of this name.
 */
int lang_grammar_session_bit(const struct lang_grammar *g, const char *name)
{
	for (unsigned int i = 0; i < g->tree.session.nr; i++)
		if (!strcmp(g->tree.session.names[i], name))
			return i;
	return -1;
}

/**
 * lang_grammar_session_name() - name of a session bit
 * @g: the grammar
 * @bit: its number
 *
 * Return: the name, or NULL when the grammar has no such bit.
 */
const char *lang_grammar_session_name(const struct lang_grammar *g, unsigned int bit)
{
	return bit < g->tree.session.nr ? g->tree.session.names[bit] : NULL;
}

/**
 * lang_grammar_locate() - where in the source something of the image comes from
 * @g: the grammar
 * @section: enum pp_section, or PP_NR_SECTIONS for the header
 * @index: element
 * @pos: the place; the protocol's name where nothing nearer is known
 *
 * Return: whether it is the place of that very element.
 */
bool lang_grammar_locate(const struct lang_grammar *g, unsigned int section,
			 unsigned int index, struct lang_pos *pos)
{
	*pos = g->tree.pos;
	if (section == PP_SEC_CODE && index < g->code.nr) {
		*pos = g->code.insns[index].pos;
		return true;
	}
	if (section == PP_SEC_FIELDS && index && index < g->nr_fields) {
		*pos = g->fields[index].pos;
		return true;
	}
	return false;
}
