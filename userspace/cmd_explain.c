// SPDX-License-Identifier: GPL-2.0
#include "json.h"
#include "library.h"
#include "out.h"
#include "patchctl.h"
#include "precheck.h"
#include "server.h"
#include "words.h"

#include <stdlib.h>

static void add_ports(const struct pp_image_header *grammar, json_t *obj)
{
	json_t *ports = json_add_array(obj, "ports");
	int i;

	for (i = 0; i < grammar->nr_ports; i++)
		json_array_append_new(ports, json_integer(grammar->ports[i]));
}

static void rule_json(const struct patch_view *view, const struct pp_rule *rule, json_t *rules)
{
	const struct pp_field *field = &view->grammar.fields[rule->field];
	char *when = words_condition(view, rule), *what = words_action(view, rule);
	json_t *obj = json_obj();
	struct rule_cost cost;

	words_cost(view, rule, &cost);
	json_add_text(obj, "field", words_field(view, rule->field));
	json_add_text(obj, "from", field->flags & PP_FIELD_SERVER ? "server" : "client");
	if (when)
		json_add_text(obj, "when", when);
	json_add_text(obj, "action", what);
	json_add_bool(obj, "length_preserving", cost.preserves);
	json_add_int(obj, "hold", cost.hold);
	json_add_int(obj, "growth", cost.growth);
	json_array_append_new(rules, obj);
	free(when);
	free(what);
}

static void as_json(const struct patch_view *view, const struct lang_patch *patch, char *code)
{
	const struct lang_patch_info *info = lang_patch_info(patch);
	json_t *obj = json_obj(), *rules;
	uint32_t i;

	json_add_text(obj, "name", info->name);
	json_add_text(obj, "title", info->title);
	json_add_text(obj, "protocol", info->protocol);
	json_add_text(obj, "transport", server_transport(view->grammar.hdr->transport));
	add_ports(view->grammar.hdr, obj);
	json_add_id(obj, "id", lang_patch_id(patch));
	json_add_id(obj, "grammar", view->grammar.hdr->id);
	rules = json_add_array(obj, "rules");
	for (i = 0; i < view->patch.n[PP_SEC_RULES]; i++)
		rule_json(view, &view->patch.rules[i], rules);
	if (code)
		json_add_text(obj, "code", code);
	json_print(obj);
}

static void print_rule(const struct patch_view *view, uint32_t i)
{
	const struct pp_rule *rule = &view->patch.rules[i];
	const struct pp_field *field = &view->grammar.fields[rule->field];
	const char *doc = pp_image_string(&view->grammar, field->doc);
	char *when = words_condition(view, rule), *what = words_action(view, rule);

	printf("\n%u. In %s, sent by the %s%s%s%s:\n", i + 1, words_field(view, rule->field),
	       field->flags & PP_FIELD_SERVER ? "server" : "client", doc[0] ? " (" : "", doc,
	       doc[0] ? ")" : "");
	if (when)
		printf("   when %s,\n", when);
	printf("   %s.\n", what);
	free(when);
	free(what);
}

static void print_cost(const struct patch_view *view)
{
	struct rule_cost cost, all = { .preserves = true };
	uint32_t i;

	for (i = 0; i < view->patch.n[PP_SEC_RULES]; i++) {
		words_cost(view, &view->patch.rules[i], &cost);
		all.preserves &= cost.preserves;
		if (cost.hold > all.hold)
			all.hold = cost.hold;
		if (cost.growth > all.growth)
			all.growth = cost.growth;
	}
	printf("\nLength: %s\n", all.preserves ? "never changed" :
	       all.growth ? "may change" : "may get shorter, never longer");
	if (all.growth)
		printf("Growth: at most %u byte%s at one place\n", all.growth,
		       out_plural(all.growth));
	if (all.hold)
		printf("Hold: at most %u byte%s wait for a decision\n", all.hold,
		       out_plural(all.hold));
	else
		puts("Hold: nothing waits");
}

static void as_text(const struct patch_view *view, const struct lang_patch *patch, char *code)
{
	const struct lang_patch_info *info = lang_patch_info(patch);
	const struct pp_image_header *grammar = view->grammar.hdr;
	uint32_t i;

	printf("%s: %s\n", info->name, info->title);
	printf("Works on %s, %s port%s", info->protocol, server_transport(grammar->transport),
	       out_plural(grammar->nr_ports));
	for (i = 0; i < grammar->nr_ports; i++)
		printf("%s %u", i ? "," : "", grammar->ports[i]);
	puts(".");
	if (info->flags & PP_PATCH_POLICY)
		puts("It is a policy: it refuses a feature, not a flaw.");
	if (info->flags & PP_PATCH_ROLE_CLIENT)
		puts("It protects the side that connects.");
	for (i = 0; i < view->patch.n[PP_SEC_RULES]; i++)
		print_rule(view, i);
	print_cost(view);
	if (code)
		printf("\n%s", code);
}

static char *disassemble(const struct lang_patch *patch, const struct lang_grammar *grammar)
{
	const void *pimg, *gimg;
	size_t psize, gsize, size;
	char *text = NULL;
	FILE *mem;

	pimg = lang_patch_image(patch, &psize);
	gimg = lang_grammar_image(grammar, &gsize);
	mem = open_memstream(&text, &size);
	if (!mem)
		return xstrdup("");
	lang_disasm(pimg, psize, gimg, gsize, mem);
	fputc('\n', mem);
	lang_disasm(gimg, gsize, NULL, 0, mem);
	fclose(mem);
	return text;
}

static int explain(struct library *lib, const struct lang_patch *patch, bool code)
{
	const struct lang_grammar *grammar;
	char *listing = NULL;
	struct patch_view view;

	grammar = library_grammar(lib, lang_patch_info(patch)->protocol);
	if (!grammar || precheck_grammar(lib, grammar, &view.grammar) ||
	    precheck_patch(lib, patch, &view.grammar, &view.patch))
		return -1;
	view.lang = grammar;
	if (code)
		listing = disassemble(patch, grammar);
	if (lib->ctl->json)
		as_json(&view, patch, listing);
	else
		as_text(&view, patch, listing);
	free(listing);
	return 0;
}

/**
 * cmd_explain() - the verb "explain"
 * @ctl: this run
 * @argc: as main() got it
 * @argv: as main() got it
 *
 * Return: enum ctl_exit
 */
int cmd_explain(struct ctl *ctl, int argc, char **argv)
{
	static const struct opt opts[] = { { "code", 'c', false }, { NULL, 0, false } };
	struct lang_patch *patch = NULL;
	struct library lib;
	bool code = false;
	int ret;

	while ((ret = opt_next(ctl, argc, argv, opts)) > 0)
		code = true;
	if (!ret)
		ret = opt_simple(ctl, argc, argv, opts, 1, 1);
	if (ret)
		return ret == OPT_HELP ? CTL_DONE : CTL_USAGE;

	ret = CTL_FAILED;
	if (library_open(&lib, ctl))
		goto out;
	patch = library_patch(&lib, ctl->args[0], NULL, 0);
	if (patch && !explain(&lib, patch, code))
		ret = CTL_DONE;
out:
	lang_patch_free(patch);
	library_close(&lib);
	return ret;
}
