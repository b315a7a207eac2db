// SPDX-License-Identifier: GPL-2.0
/* Grammar files: declarations and the programs of the two directions. */
#include <netinet/in.h>
#include <string.h>

#include "parse_stmt.h"

static bool decl_transport(struct parser *p, struct grammar_tree *tree)
{
	struct lang_pos pos;
	uint64_t port;

	if (tree->transport)
		lang_diag_at(p->diag, p->src, p->tok.pos, NULL, "a second transport");
	if (parse_word(p, "tcp"))
		tree->transport = IPPROTO_TCP;
	else if (parse_word(p, "udp"))
		tree->transport = IPPROTO_UDP;
	else
		return parse_fail(p, "\"tcp\" or \"udp\"");
	do {
		if (tree->nr_ports == PP_MAX_PORTS) {
			lang_diag_at(p->diag, p->src, p->tok.pos, NULL,
				     "more than %d ports", PP_MAX_PORTS);
			return false;
		}
		pos = p->tok.pos;
		if (!parse_int(p, "a port", 65535, &port))
			return false;
		if (!port)
			lang_diag_at(p->diag, p->src, pos, NULL, "a port is at least 1");
		tree->ports[tree->nr_ports++] = port;
	} while (parse_punct(p, ','));
	return parse_expect(p, ';');
}

static bool decl_names(struct parser *p, struct name_list *list, const char *what, unsigned int max)
{
	do {
		if (list->nr == max) {
			lang_diag_at(p->diag, p->src, p->tok.pos, NULL,
				     "more than %u %ss", max, what);
			return false;
		}
		if (!parse_name(p, "a name", &list->names[list->nr], &list->pos[list->nr]))
			return false;
		for (unsigned int i = 0; i < list->nr; i++)
			if (!strcmp(list->names[i], list->names[list->nr]))
				lang_diag_at(p->diag, p->src, list->pos[list->nr], NULL,
					     "a second %s of this name", what);
		list->nr++;
	} while (parse_punct(p, ','));
	return parse_expect(p, ';');
}

static bool decl_set(struct parser *p, struct grammar_tree *tree)
{
	struct set_name *s = arena_alloc(p->arena, sizeof(*s));
	struct lang_pos pos;

	if (!parse_name(p, "the name of the set", &s->name, &pos))
		return false;
	for (struct set_name *other = tree->sets; other; other = other->next)
		if (!strcmp(other->name, s->name))
			lang_diag_at(p->diag, p->src, pos, NULL, "a second set of this name");
	if (!parse_expect(p, '=') || !parse_set(p, tree, &s->set))
		return false;
	s->next = tree->sets;
	tree->sets = s;
	return parse_expect(p, ';');
}

static bool decl_part(struct parser *p, struct grammar_tree *tree)
{
	struct part *part = arena_alloc(p->arena, sizeof(*part));
	struct lang_pos pos;

	if (!parse_name(p, "the name of the part", &part->name, &pos))
		return false;
	for (struct part *other = tree->parts; other; other = other->next)
		if (!strcmp(other->name, part->name))
			lang_diag_at(p->diag, p->src, pos, NULL, "a second part of this name");
	if (!parse_block(p, tree, &part->body))
		return false;
	part->next = tree->parts;
	tree->parts = part;
	return true;
}

static bool decl_body(struct parser *p, struct grammar_tree *tree, int dir, struct lang_pos pos)
{
	if (tree->has_body[dir])
		lang_diag_at(p->diag, p->src, pos, NULL, "a second program for this direction");
	tree->has_body[dir] = true;
	return parse_block(p, tree, &tree->body[dir]);
}

static bool parse_decl(struct parser *p, struct grammar_tree *tree)
{
	static const char *const words[] = {
		"transport", "set", "reg", "session", "part", "client", "server", NULL,
	};
	struct lang_pos pos = p->tok.pos;

	if (parse_word(p, "transport"))
		return decl_transport(p, tree);
	if (parse_word(p, "set"))
		return decl_set(p, tree);
	if (parse_word(p, "reg"))
		return decl_names(p, &tree->regs, "register", PP_MAX_REGS);
	if (parse_word(p, "session"))
		return decl_names(p, &tree->session, "session bit", 32);
	if (parse_word(p, "part"))
		return decl_part(p, tree);
	if (parse_word(p, "client"))
		return decl_body(p, tree, 0, pos);
	if (parse_word(p, "server"))
		return decl_body(p, tree, 1, pos);
	if (p->tok.kind != T_WORD)
		return parse_fail(p, "a declaration");
	lang_diag_at(p->diag, p->src, pos, parse_suggest(p->arena, p->tok.text, words),
		     "\"%s\" is not a declaration", p->tok.text);
	return false;
}

/**
 * parse_grammar() - parse a grammar file
 * @src: the source
 * @diag: where errors go
 * @arena: memory of the tree
 * @tree: the tree, zeroed
 *
 * Return: whether there was a protocol at all; errors within are in @diag.
 */
bool parse_grammar(struct lang_source *src, struct lang_diag *diag,
		   struct arena *arena, struct grammar_tree *tree)
{
	struct parser p;

	parse_init(&p, src, diag, arena);
	if (!parse_keyword(&p, "protocol") ||
	    !parse_name(&p, "the name of the protocol", &tree->name, &tree->pos))
		return false;
	parse_file_name(&p, tree->name, tree->pos, ".ppg");
	if (strlen(tree->name) >= PP_NAME_MAX)
		lang_diag_at(diag, src, tree->pos, NULL,
			     "a name has at most %d bytes", PP_NAME_MAX - 1);
	if (!parse_text(&p, "a title, a string", &tree->title) || !parse_expect(&p, '{'))
		return false;
	while (p.tok.kind != T_END && !parse_at(&p, '}'))
		if (!parse_decl(&p, tree))
			parse_recover(&p);
	if (parse_expect(&p, '}') && p.tok.kind != T_END)
		lang_diag_at(diag, src, p.tok.pos, NULL,
			     "one protocol per file: nothing may follow");
	if (!tree->transport)
		lang_diag_at(diag, src, tree->pos, "say: transport tcp PORT;",
			     "the protocol has no transport");
	if (!tree->has_body[0] && !tree->has_body[1])
		lang_diag_at(diag, src, tree->pos, "add: client { ... }",
			     "the protocol has no program");
	return true;
}
