// SPDX-License-Identifier: GPL-2.0
/* Patch files. */
#include <stdlib.h>
#include <string.h>

#include "parse_patch.h"

/*
 * Lists grow while the file is read and move to the arena at its end.
 */
struct lists {
	const char **bulletins;
	size_t cap_bulletins;
	const char **products;
	size_t cap_products;
	struct lang_param *params;
	size_t cap_params;
	struct lang_sample *samples;
	size_t cap_samples;
	struct lang_pos *param_pos;
	size_t cap_pos;
	struct rule_tree **tail;
};

static bool parse_texts(struct parser *p, const char *what, const char ***list, size_t *nr,
			size_t *cap)
{
	const char *text;

	do {
		if (!parse_text(p, what, &text))
			return false;
		*lang_push(*list, *nr, *cap) = text;
	} while (parse_punct(p, ','));
	return parse_expect(p, ';');
}

static bool parse_one_text(struct parser *p, const char *what, const char **text)
{
	struct lang_pos pos = p->tok.pos;

	if (*text)
		lang_diag_at(p->diag, p->src, pos, NULL, "this is given twice");
	return parse_text(p, what, text) && parse_expect(p, ';');
}

static bool parse_class(struct parser *p, struct lang_patch_info *info)
{
	if (!parse_at_word(p, "E") && !parse_at_word(p, "C") && !parse_at_word(p, "P")) {
		lang_diag_at(p->diag, p->src, p->tok.pos,
			     "E the same decision as the vendor's fix, C a conservative superset, P partial",
			     "the class is E, C or P");
		return false;
	}
	info->class = (enum lang_class)p->tok.text[0];
	parse_next(p);
	return parse_one_text(p, "the reason of the class, a string", &info->reason);
}

static bool parse_param(struct parser *p, struct patch_tree *tree, struct lists *lists)
{
	struct lang_bytes *values = NULL, value;
	size_t nr = 0, cap = 0, nr_pos = tree->info.nr_params;
	struct lang_param param = { NULL, NULL, 0 };
	struct lang_pos pos;
	bool ok;

	if (!parse_name(p, "the name of the parameter", &param.name, &pos) ||
	    !parse_expect(p, '='))
		return false;
	for (size_t i = 0; i < nr_pos; i++)
		if (!strcmp(lists->params[i].name, param.name))
			lang_diag_at(p->diag, p->src, pos, NULL,
				     "a second parameter of this name");
	do {
		ok = parse_string(p, "a string", &value);
		if (ok)
			*lang_push(values, nr, cap) = value;
	} while (ok && parse_punct(p, ','));
	if (nr)
		param.values = arena_dup(p->arena, values, nr * sizeof(*values));
	param.nr_values = nr;
	free(values);
	*lang_push(lists->params, tree->info.nr_params, lists->cap_params) = param;
	*lang_push(lists->param_pos, nr_pos, lists->cap_pos) = pos;
	return ok && parse_expect(p, ';');
}

static bool parse_role(struct parser *p, struct lang_patch_info *info)
{
	if (parse_word(p, "client"))
		info->flags |= PP_PATCH_ROLE_CLIENT;
	else if (!parse_word(p, "server"))
		return parse_fail(p, "\"client\" or \"server\"");
	return parse_expect(p, ';');
}

static bool parse_item(struct parser *p, struct patch_tree *tree, struct lists *lists)
{
	static const char *const words[] = {
		"for", "policy", "role", "bulletin", "product", "fix", "class", "limit-source",
		"param", "on", "sample", NULL,
	};
	struct lang_patch_info *info = &tree->info;
	struct lang_pos pos = p->tok.pos;
	struct lang_sample sample = { .name = "" };
	struct rule_tree *rule;

	if (parse_word(p, "on")) {
		rule = arena_alloc(p->arena, sizeof(*rule));
		if (!parse_rule(p, rule))
			return false;
		*lists->tail = rule;
		lists->tail = &rule->next;
		return true;
	}
	if (parse_word(p, "sample")) {
		bool ok = parse_sample(p, &sample);

		*lang_push(lists->samples, info->nr_samples, lists->cap_samples) = sample;
		return ok;
	}
	if (parse_word(p, "for")) {
		if (info->protocol)
			lang_diag_at(p->diag, p->src, pos, NULL, "a second protocol");
		return parse_name(p, "the name of a protocol", &info->protocol,
				  &tree->protocol_pos) && parse_expect(p, ';');
	}
	if (parse_word(p, "policy")) {
		info->flags |= PP_PATCH_POLICY;
		return parse_expect(p, ';');
	}
	if (parse_word(p, "role"))
		return parse_role(p, info);
	if (parse_word(p, "bulletin"))
		return parse_texts(p, "a bulletin, a string", &lists->bulletins,
				   &info->nr_bulletins, &lists->cap_bulletins);
	if (parse_word(p, "product"))
		return parse_texts(p, "a product, a string", &lists->products,
				   &info->nr_products, &lists->cap_products);
	if (parse_word(p, "fix"))
		return parse_one_text(p, "what the fix does, a string", &info->fix);
	if (parse_word(p, "class"))
		return parse_class(p, info);
	if (parse_word(p, "limit-source"))
		return parse_one_text(p, "the source of the limit, a string", &info->limit_source);
	if (parse_word(p, "param"))
		return parse_param(p, tree, lists);
	if (p->tok.kind != T_WORD)
		return parse_fail(p, "a rule, a sample or what the patch says about itself");
	lang_diag_at(p->diag, p->src, pos, parse_suggest(p->arena, p->tok.text, words),
		     "\"%s\" is not part of a patch", p->tok.text);
	return false;
}

static void keep_lists(struct parser *p, struct patch_tree *tree, struct lists *lists)
{
	struct lang_patch_info *info = &tree->info;

	info->bulletins = arena_dup(p->arena, lists->bulletins,
				    info->nr_bulletins * sizeof(*lists->bulletins));
	info->products = arena_dup(p->arena, lists->products,
				   info->nr_products * sizeof(*lists->products));
	info->params = arena_dup(p->arena, lists->params,
				 info->nr_params * sizeof(*lists->params));
	info->samples = arena_dup(p->arena, lists->samples,
				  info->nr_samples * sizeof(*lists->samples));
	tree->param_pos = arena_dup(p->arena, lists->param_pos,
				    info->nr_params * sizeof(*lists->param_pos));
	free(lists->bulletins);
	free(lists->products);
	free(lists->params);
	free(lists->samples);
	free(lists->param_pos);
}

/**
 * parse_patch() - parse a patch file
 * @src: the source
 * @diag: where errors go
 * @arena: memory of the tree
 * @tree: the tree, zeroed
 *
 * Return: whether there was a patch at all; errors within are in @diag.
 */
bool parse_patch(struct lang_source *src, struct lang_diag *diag,
		 struct arena *arena, struct patch_tree *tree)
{
	struct lang_patch_info *info = &tree->info;
	struct lists lists = { .tail = &tree->rules };
	struct parser p;

	parse_init(&p, src, diag, arena);
	if (!parse_keyword(&p, "patch") ||
	    !parse_name(&p, "the name of the patch", &info->name, &tree->pos))
		return false;
	parse_file_name(&p, info->name, tree->pos, ".pdef");
	if (strlen(info->name) >= PP_NAME_MAX)
		lang_diag_at(diag, src, tree->pos, NULL,
			     "a name has at most %d bytes", PP_NAME_MAX - 1);
	if (!parse_text(&p, "a title, a string", &info->title) || !parse_expect(&p, '{'))
		return false;
	while (p.tok.kind != T_END && !parse_at(&p, '}'))
		if (!parse_item(&p, tree, &lists))
			parse_recover(&p);
	keep_lists(&p, tree, &lists);
	if (parse_expect(&p, '}') && p.tok.kind != T_END)
		lang_diag_at(diag, src, p.tok.pos, NULL, "one patch per file: nothing may follow");
	if (!info->protocol)
		lang_diag_at(diag, src, tree->pos, "say: for http1;",
			     "the patch does not say for which protocol it is");
	if (!tree->rules && !lang_diag_errors(diag))
		lang_diag_at(diag, src, tree->pos, "add: on FIELD ACTION;",
			     "the patch has no rule");
	return true;
}
