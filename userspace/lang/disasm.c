// SPDX-License-Identifier: GPL-2.0
/* One line for every instruction, field, atom and rule of an image. */
#include <inttypes.h>
#include <string.h>

#include "lang.h"

struct view {
	const unsigned char *data;
	size_t size;
	const struct pp_image_header *header;
};

static const char *const cc_names[PP_NR_CC] = { "==", "!=", "<", "<=", ">", ">=" };

static bool view_open(struct view *v, const void *data, size_t size)
{
	v->data = data;
	v->size = size;
	v->header = data;
	return size >= sizeof(*v->header) && v->header->magic == PP_IMAGE_MAGIC;
}

static const void *element(const struct view *v, enum pp_section section, uint32_t index,
			   size_t size)
{
	const struct pp_section_ref *s = &v->header->sections[section];

	if (index >= s->count || s->off > v->size ||
	    ((size_t)index + 1) * size > v->size - s->off)
		return NULL;
	return v->data + s->off + (size_t)index * size;
}

static const char *string(const struct view *v, uint32_t off)
{
	const char *s = element(v, PP_SEC_STRINGS, off, 1);

	if (!s || !memchr(s, 0, v->data + v->size - (const unsigned char *)s))
		return "?";
	return s;
}

static const char *field(const struct view *v, uint32_t index)
{
	const struct pp_field *f = v->header ? element(v, PP_SEC_FIELDS, index, sizeof(*f)) : NULL;

	return f ? string(v, f->name) : "?";
}

static void put_byte(unsigned char b, const char *special, FILE *out)
{
	if (b == '\r')
		fputs("\\r", out);
	else if (b == '\n')
		fputs("\\n", out);
	else if (b == '\t')
		fputs("\\t", out);
	else if (b < 0x20 || b > 0x7e)
		fprintf(out, "\\x%02x", b);
	else if (strchr(special, b))
		fprintf(out, "\\%c", b);
	else
		fputc(b, out);
}

static void put_lit(const struct view *v, uint32_t index, FILE *out)
{
	const struct pp_lit *lit = element(v, PP_SEC_LITS, index, sizeof(*lit));
	const unsigned char *b;

	if (!lit) {
		fputs(" ?", out);
		return;
	}
	fputs(" \"", out);
	for (uint32_t i = 0; i < lit->len; i++) {
		b = element(v, PP_SEC_BYTES, lit->off + i, 1);
		if (b)
			put_byte(*b, "\"\\", out);
	}
	fputc('"', out);
}

static bool has(const struct pp_set *set, unsigned int b)
{
	return b < 256 && set->bits[b / 32] >> (b & 31) & 1;
}

static void put_set(const struct view *v, uint32_t index, FILE *out)
{
	const struct pp_set *set = element(v, PP_SEC_SETS, index, sizeof(*set));
	struct pp_set shown;
	unsigned int bits = 0;

	if (!set) {
		fputs(" ?", out);
		return;
	}
	shown = *set;
	for (unsigned int b = 0; b < 256; b++)
		bits += has(set, b);
	fputs(" [", out);
	if (bits > 128) {
		fputc('^', out);
		for (int i = 0; i < 8; i++)
			shown.bits[i] = ~shown.bits[i];
	}
	for (unsigned int b = 0; b < 256; b++) {
		unsigned int last = b;

		if (!has(&shown, b))
			continue;
		while (has(&shown, last + 1))
			last++;
		put_byte(b, "]-[^\\", out);
		if (last > b + 1)
			fputc('-', out);
		if (last > b)
			put_byte(last, "]-[^\\", out);
		b = last;
	}
	fputc(']', out);
}

static void put_flags(const struct pp_insn *in, FILE *out)
{
	if (in->op == PP_OP_SCAN) {
		if (in->flags & PP_I_CAPCONT)
			fputs(" go-on", out);
		if (in->flags & PP_I_HEAD)
			fputs(" head", out);
		if (in->flags & PP_I_TAIL)
			fputs(" tail", out);
	}
	if (in->op == PP_OP_LIT && in->flags & PP_I_FOLD)
		fputs(" fold", out);
	if (in->op == PP_OP_UINT && in->flags & PP_I_LE)
		fputs(" le", out);
	if (in->op == PP_OP_OPAQUE && in->flags & PP_I_BLIND)
		fputs(" blind", out);
	if (in->flags & PP_I_MUTE)
		fputs(" mute", out);
}

static void put_operand(const struct pp_insn *in, FILE *out)
{
	if (in->flags & PP_I_REG)
		fprintf(out, " r%u", in->reg2);
	else
		fprintf(out, " %u", in->imm);
}

static void put_kw(const struct view *v, const struct pp_insn *in, FILE *out)
{
	fputs(in->flags & PP_I_STARTS ? " starts" : in->flags & PP_I_ENDS ? " ends" : " ==", out);
	put_lit(v, in->arg, out);
}

static void put_fail(const struct view *v, const struct pp_insn *in, FILE *out)
{
	const uint32_t *off = element(v, PP_SEC_REASONS, in->arg, sizeof(*off));

	fprintf(out, " %s \"%s\"", in->imm == PP_POLICY_RESET ? "reset" : "pass",
		off ? string(v, *off) : "?");
}

static void put_operands(const struct view *v, const struct pp_insn *in, FILE *out)
{
	static const char *const alu[PP_NR_ALU] = {
		"mov", "add", "sub", "mul", "and", "shr", "min", "max",
	};

	switch (in->op) {
	case PP_OP_LIT:
		put_lit(v, in->arg, out);
		break;
	case PP_OP_SCAN:
		fputs(in->flags & PP_I_WHILE ? " while" : " until", out);
		put_set(v, in->arg, out);
		fprintf(out, " max %u", in->imm);
		break;
	case PP_OP_BYTE:
	case PP_OP_SKIP:
	case PP_OP_POP:
	case PP_OP_HEADTAG:
		fprintf(out, " r%u", in->reg);
		break;
	case PP_OP_UINT:
		fprintf(out, " r%u %u", in->reg, in->arg);
		break;
	case PP_OP_NUM:
		fprintf(out, " r%u base %u max %u", in->reg, in->arg, in->imm);
		break;
	case PP_OP_PEEK:
		put_set(v, in->arg, out);
		break;
	case PP_OP_KW:
		put_kw(v, in, out);
		break;
	case PP_OP_JCC:
		fprintf(out, " r%u %s", in->reg, in->arg < PP_NR_CC ? cc_names[in->arg] : "?");
		put_operand(in, out);
		break;
	case PP_OP_ALU:
		fprintf(out, " %s r%u", in->arg < PP_NR_ALU ? alu[in->arg] : "?", in->reg);
		put_operand(in, out);
		break;
	case PP_OP_SETS:
	case PP_OP_CLRS:
	case PP_OP_JS:
	case PP_OP_PUSH:
		fprintf(out, " %u", in->arg);
		break;
	case PP_OP_FAIL:
		put_fail(v, in, out);
		break;
	}
}

static bool jumps(unsigned int op)
{
	return op == PP_OP_LIT || op == PP_OP_SCAN || op == PP_OP_NUM || op == PP_OP_PEEK ||
	       op == PP_OP_EOF || op == PP_OP_KW || op == PP_OP_JMP || op == PP_OP_JCC ||
	       op == PP_OP_JS;
}

static void put_insn(const struct view *v, uint32_t pc, const struct pp_insn *in, FILE *out)
{
	static const char *const names[PP_NR_OPS] = {
		[PP_OP_LIT] = "lit", [PP_OP_SCAN] = "scan", [PP_OP_BYTE] = "byte",
		[PP_OP_UINT] = "uint", [PP_OP_NUM] = "num", [PP_OP_SKIP] = "skip",
		[PP_OP_REST] = "rest", [PP_OP_PEEK] = "peek", [PP_OP_EOF] = "eof",
		[PP_OP_OPEN] = "open", [PP_OP_CLOSE] = "close", [PP_OP_KW] = "kw",
		[PP_OP_JMP] = "jmp", [PP_OP_JCC] = "jcc", [PP_OP_ALU] = "alu",
		[PP_OP_SETS] = "sets", [PP_OP_CLRS] = "clrs", [PP_OP_JS] = "js",
		[PP_OP_PUSH] = "push", [PP_OP_POP] = "pop", [PP_OP_HEADTAG] = "headtag",
		[PP_OP_WAIT] = "wait", [PP_OP_UNIT] = "unit", [PP_OP_OPAQUE] = "opaque",
		[PP_OP_FAIL] = "fail",
	};
	const char *name = in->op < PP_NR_OPS ? names[in->op] : NULL;

	fprintf(out, "%4u  %s", pc, name ? name : "?");
	put_operands(v, in, out);
	put_flags(in, out);
	if (in->field)
		fprintf(out, " %s", field(v, in->field));
	if (jumps(in->op))
		fprintf(out, " -> %u", in->target);
	fputc('\n', out);
}

static void put_field(const struct view *v, uint32_t i, const struct pp_field *f, FILE *out)
{
	static const char *const types[] = { "bytes", "dec", "hex", "uint", "group" };
	static const char *const flags[] = { "server", "cont", "secret", "end", "element" };

	fprintf(out, "field %u %s %s", i, string(v, f->name), f->type < 5 ? types[f->type] : "?");
	for (unsigned int b = 0; b < 5; b++)
		if (f->flags >> b & 1)
			fprintf(out, " %s", flags[b]);
	if (f->parent)
		fprintf(out, " in %s", field(v, f->parent));
	if (f->length_of)
		fprintf(out, " length-of %s", field(v, f->length_of));
	fputc('\n', out);
}

static void put_grammar(const struct view *v, FILE *out)
{
	const struct pp_insn *in;
	const struct pp_field *f;

	fprintf(out, "grammar %s \"%s\" %s", string(v, v->header->name),
		string(v, v->header->title), v->header->transport == 17 ? "udp" : "tcp");
	for (unsigned int i = 0; i < v->header->nr_ports && i < PP_MAX_PORTS; i++)
		fprintf(out, " %u", v->header->ports[i]);
	fputc('\n', out);
	for (uint32_t i = 1; (f = element(v, PP_SEC_FIELDS, i, sizeof(*f))); i++)
		put_field(v, i, f, out);
	fprintf(out, "entry client %u server %u\n", v->header->entry[0], v->header->entry[1]);
	for (uint32_t i = 0; (in = element(v, PP_SEC_CODE, i, sizeof(*in))); i++)
		put_insn(v, i, in, out);
}

static void put_view(unsigned int view, FILE *out)
{
	static const char *const names[PP_NR_VIEWS] = { "", "percent", "plus", "skip-control", "blanks", "json" };
	const char *separator = " as ";

	for (; view; view >>= 4) {
		fprintf(out, "%s%s", separator,
			(view & 0xf) < PP_NR_VIEWS ? names[view & 0xf] : "?");
		separator = ", ";
	}
}

static void put_atom(const struct view *v, const struct view *g, uint32_t i,
		     const struct pp_atom *a, FILE *out)
{
	static const char *const ops[PP_NR_ATOM_OPS] = {
		"equals", "starts", "ends", "contains", "has", "len", "value", "session",
	};

	fprintf(out, "atom %u %08x %s", i, a->key, a->op < PP_NR_ATOM_OPS ? ops[a->op] : "?");
	if (a->op == PP_ATOM_SESSION) {
		fprintf(out, " %" PRIu64 "\n", (uint64_t)a->value);
		return;
	}
	fprintf(out, " %s", field(g, a->field));
	put_view(a->view, out);
	if (a->flags & PP_ATOM_NOCASE)
		fputs(" nocase", out);
	if (a->op == PP_ATOM_INSET)
		put_set(v, a->lit, out);
	else if (a->op == PP_ATOM_LEN || a->op == PP_ATOM_VALUE)
		fprintf(out, " %s %" PRIu64, a->cc < PP_NR_CC ? cc_names[a->cc] : "?",
			(uint64_t)a->value);
	else
		put_lit(v, a->lit, out);
	fputc('\n', out);
}

static void put_cond(const struct view *v, const struct pp_rule *r, FILE *out)
{
	const uint16_t *c;

	if (r->cond_len)
		fputs(" when", out);
	for (uint32_t i = 0; i < r->cond_len; i++) {
		c = element(v, PP_SEC_CONDS, r->cond_off + i, sizeof(*c));
		if (!c)
			fputs(" ?", out);
		else if (*c == PP_COND_AND)
			fputs(" and", out);
		else if (*c == PP_COND_OR)
			fputs(" or", out);
		else if (*c == PP_COND_NOT)
			fputs(" not", out);
		else
			fprintf(out, " %u", *c);
	}
}

static void put_action(const struct view *v, const struct view *g, const struct pp_rule *r,
		       FILE *out)
{
	static const char *const names[PP_NR_ACTIONS] = {
		"replace", "truncate", "class", "append", "poison", "clamp", "limit",
		"drop", "reset", "count",
	};

	fprintf(out, " %s", r->action < PP_NR_ACTIONS ? names[r->action] : "?");
	switch (r->action) {
	case PP_ACT_REPLACE:
		if (r->flags & PP_RULE_NOCASE)
			fputs(" nocase", out);
		if (r->flags & PP_RULE_STARTS)
			fputs(" at start", out);
		put_lit(v, r->lit, out);
		fputs(" last byte", out);
		put_lit(v, r->lit2, out);
		break;
	case PP_ACT_CLASS:
		put_set(v, r->lit, out);
		fprintf(out, " with 0x%02x", (unsigned int)r->n);
		break;
	case PP_ACT_APPEND:
		put_lit(v, r->lit2, out);
		break;
	case PP_ACT_POISON:
		fprintf(out, " with 0x%02x", (unsigned int)r->n);
		break;
	case PP_ACT_TRUNCATE:
	case PP_ACT_CLAMP:
	case PP_ACT_LIMIT:
		fprintf(out, " %" PRIu64, (uint64_t)r->n);
		break;
	}
	if (r->action == PP_ACT_LIMIT)
		fprintf(out, " by 0x%02x", r->aux);
	if (r->flags & PP_RULE_LENGTH && r->action == PP_ACT_CLAMP) {
		fprintf(out, " length-of %s", field(g, r->aux));
		if (r->elem)
			fprintf(out, " removes %s", field(g, r->elem));
	}
}

static void put_patch(const struct view *v, const struct view *g, FILE *out)
{
	const struct pp_atom *a;
	const struct pp_rule *r;

	fprintf(out, "patch %s \"%s\"%s%s\n", string(v, v->header->name),
		string(v, v->header->title), v->header->flags & PP_PATCH_POLICY ? " policy" : "",
		v->header->flags & PP_PATCH_ROLE_CLIENT ? " role client" : "");
	for (uint32_t i = 0; (a = element(v, PP_SEC_ATOMS, i, sizeof(*a))); i++)
		put_atom(v, g, i, a, out);
	for (uint32_t i = 0; (r = element(v, PP_SEC_RULES, i, sizeof(*r))); i++) {
		fprintf(out, "rule %u %08x on %s", i, r->key, field(g, r->field));
		put_view(r->view, out);
		put_cond(v, r, out);
		put_action(v, g, r, out);
		fputc('\n', out);
	}
}

/**
 * lang_disasm() - show what an image holds
 * @image: the image
 * @size: bytes in it
 * @grammar: image of the grammar that a patch is linked to, or NULL
 * @grammar_size: bytes in it
 * @out: where to
 *
 * One line for every field, instruction, atom and rule; neither the id nor what
 * depends on it is shown, so that the text can be compared.
 */
void lang_disasm(const void *image, size_t size, const void *grammar,
		 size_t grammar_size, FILE *out)
{
	struct view v, g = { NULL, 0, NULL };

	if (!view_open(&v, image, size)) {
		fputs("not an image\n", out);
		return;
	}
	if (v.header->kind == PP_IMAGE_GRAMMAR) {
		put_grammar(&v, out);
		return;
	}
	if (!grammar || !view_open(&g, grammar, grammar_size))
		g.header = NULL;
	put_patch(&v, &g, out);
}
