// SPDX-License-Identifier: GPL-2.0
#include "json.h"
#include "library.h"
#include "out.h"
#include "patchctl.h"
#include "server.h"

static const char *const type_names[] = {
	[PP_FIELD_BYTES] = "bytes",
	[PP_FIELD_DEC] = "decimal",
	[PP_FIELD_HEX] = "hex",
	[PP_FIELD_UINT] = "integer",
	[PP_FIELD_GROUP] = "group",
};

static const struct {
	unsigned int flag;
	const char *word;
} flag_words[] = {
	{ PP_FIELD_CONT,	"pieces" },
	{ PP_FIELD_SECRET,	"secret" },
	{ PP_FIELD_END,		"end" },
	{ PP_FIELD_ELEMENT,	"element" },
};

static const char *type_name(const struct lang_field *field)
{
	return field->type < ARRAY_SIZE(type_names) ? type_names[field->type] : "?";
}

static void as_json(const struct lang_grammar *grammar, json_t *protocols)
{
	const struct pp_image_header *hdr;
	const struct lang_field *field;
	json_t *obj = json_obj(), *list, *f, *flags;
	unsigned int i, w;
	size_t size;

	hdr = lang_grammar_image(grammar, &size);
	json_add_text(obj, "protocol", lang_grammar_name(grammar));
	json_add_text(obj, "title", lang_grammar_title(grammar));
	json_add_text(obj, "transport", server_transport(hdr->transport));
	list = json_add_array(obj, "ports");
	for (i = 0; i < hdr->nr_ports; i++)
		json_array_append_new(list, json_integer(hdr->ports[i]));
	list = json_add_array(obj, "fields");
	for (i = 1; i < lang_grammar_nr_fields(grammar); i++) {
		field = lang_grammar_field(grammar, i);
		f = json_obj();
		json_add_text(f, "name", field->name);
		json_add_text(f, "type", type_name(field));
		json_add_text(f, "from", field->flags & PP_FIELD_SERVER ? "server" : "client");
		if (field->parent)
			json_add_text(f, "part_of",
				      lang_grammar_field(grammar, field->parent)->name);
		if (field->length_of)
			json_add_text(f, "length_of",
				      lang_grammar_field(grammar, field->length_of)->name);
		flags = json_add_array(f, "flags");
		for (w = 0; w < ARRAY_SIZE(flag_words); w++)
			if (field->flags & flag_words[w].flag)
				json_array_append_new(flags, json_text(flag_words[w].word));
		json_add_text(f, "doc", field->doc);
		json_array_append_new(list, f);
	}
	json_array_append_new(protocols, obj);
}

static void as_text(const struct lang_grammar *grammar)
{
	struct table table = { .nr_cols = 5, .indent = 2 };
	const struct lang_field *field;
	char flags[64];
	unsigned int i, w;
	size_t len;

	printf("%s: %s\n", lang_grammar_name(grammar), lang_grammar_title(grammar));
	for (i = 1; i < lang_grammar_nr_fields(grammar); i++) {
		field = lang_grammar_field(grammar, i);
		flags[0] = '\0';
		for (w = 0, len = 0; w < ARRAY_SIZE(flag_words); w++)
			if (field->flags & flag_words[w].flag)
				len += snprintf(flags + len, sizeof(flags) - len, "%s%s",
						len ? "," : "", flag_words[w].word);
		table_cell(&table, "%s", field->name);
		table_cell(&table, "%s", field->flags & PP_FIELD_SERVER ? "server" : "client");
		table_cell(&table, "%s", type_name(field));
		table_cell(&table, "%s", flags);
		if (field->length_of)
			table_cell(&table, "%s%slength of %s", field->doc, field->doc[0] ? "; " : "",
				   lang_grammar_field(grammar, field->length_of)->name);
		else
			table_cell(&table, "%s", field->doc);
	}
	table_print(&table);
}

/**
 * cmd_fields() - the verb "fields"
 * @ctl: this run
 * @argc: as main() got it
 * @argv: as main() got it
 *
 * Return: enum ctl_exit
 */
int cmd_fields(struct ctl *ctl, int argc, char **argv)
{
	const struct lang_grammar *grammar;
	json_t *protocols = NULL;
	struct library lib;
	const char *name;
	size_t i, nr;
	int ret;

	ret = opt_simple(ctl, argc, argv, NULL, 0, 1);
	if (ret)
		return ret == OPT_HELP ? CTL_DONE : CTL_USAGE;

	ret = CTL_FAILED;
	if (library_open(&lib, ctl))
		goto out;
	ret = CTL_DONE;
	if (ctl->json)
		protocols = json_array();
	nr = ctl->nr_args ? 1 : lib.grammars.nr;
	for (i = 0; i < nr; i++) {
		name = ctl->nr_args ? ctl->args[0] : lib.grammars.files[i].name;
		grammar = library_grammar(&lib, name);
		if (!grammar) {
			ret = CTL_FAILED;
			continue;
		}
		if (!ctl->json && i)
			putchar('\n');
		if (ctl->json)
			as_json(grammar, protocols);
		else
			as_text(grammar);
	}
	if (ctl->json && ret == CTL_DONE)
		json_print(protocols);
	else
		json_decref(protocols);
out:
	library_close(&lib);
	return ret;
}
