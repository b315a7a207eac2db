// SPDX-License-Identifier: GPL-2.0
/*
 * Rules of a compiled patch in plain words. What is said is read from the image,
 * that is, from what the kernel will do, not from the source.
 */
#include "words.h"
#include "out.h"
#include "patchctl.h"

#include <stdlib.h>
#include <string.h>

/**
 * words_field() - name of a field
 * @view: the images
 * @field: its index
 *
 * Return: the name
 */
const char *words_field(const struct patch_view *view, unsigned int field)
{
	return pp_image_string(&view->grammar, view->grammar.fields[field].name);
}

static char *literal(const struct pp_image *img, uint32_t lit)
{
	return out_bytes(img->bytes + img->lits[lit].off, img->lits[lit].len);
}

static void set_byte(FILE *mem, unsigned int byte)
{
	static const char plain[] = "rnt\\]-^", meant[] = "\r\n\t\\]-^";
	const char *at = byte ? strchr(meant, byte) : NULL;

	if (at)
		fprintf(mem, "\\%c", plain[at - meant]);
	else if (byte < 0x20 || byte > 0x7e)
		fprintf(mem, "\\x%02x", byte);
	else
		fputc(byte, mem);
}

static bool in_set(const struct pp_set *set, unsigned int byte)
{
	return set->bits[byte / 32] >> (byte & 31) & 1;
}

/* A set as the language writes it: [a-z], [^\r\n]. */
static char *set_text(const struct pp_set *set)
{
	unsigned int byte, last, count = 0;
	char *text = NULL;
	size_t size;
	bool want;
	FILE *mem;

	for (byte = 0; byte < 256; byte++)
		count += in_set(set, byte);
	want = count <= 128;
	mem = open_memstream(&text, &size);
	if (!mem)
		return xstrdup("[...]");
	fputs(want ? "[" : "[^", mem);
	for (byte = 0; byte < 256; byte++) {
		if (in_set(set, byte) != want)
			continue;
		for (last = byte; last < 255 && in_set(set, last + 1) == want;)
			last++;
		set_byte(mem, byte);
		if (last > byte + 1)
			fputc('-', mem);
		if (last > byte)
			set_byte(mem, last);
		byte = last;
	}
	fputc(']', mem);
	fclose(mem);
	return text;
}

/**
 * words_view() - how a field is read
 * @view: PP_VIEW_*, up to three stages
 *
 * Return: words that follow the name of the field, "" for the raw bytes
 */
const char *words_view(unsigned int view)
{
	static const char *const stages[PP_NR_VIEWS] = {
		[PP_VIEW_PERCENT] = "%XX decoded",
		[PP_VIEW_PLUS] = "+ read as a space",
		[PP_VIEW_SKIPCTL] = "leading blanks and control characters left out",
		[PP_VIEW_BLANKS] = "runs of blanks read as one space",
		[PP_VIEW_JSON] = "\\u escapes decoded",
	};
	static char text[256];
	size_t len = 0;

	text[0] = '\0';
	for (; view; view >>= 4) {
		if ((view & 0xf) >= PP_NR_VIEWS || !stages[view & 0xf])
			continue;
		len += snprintf(text + len, sizeof(text) - len, "%s%s",
				len ? ", then " : " (", stages[view & 0xf]);
		if (len >= sizeof(text) - 2)
			break;
	}
	if (len)
		strcat(text, ")");
	return text;
}

static const char *compare(unsigned int cc)
{
	static const char *const words[PP_NR_CC] = {
		[PP_CC_EQ] = "is",
		[PP_CC_NE] = "is not",
		[PP_CC_LT] = "is below",
		[PP_CC_LE] = "is at most",
		[PP_CC_GT] = "is above",
		[PP_CC_GE] = "is at least",
	};

	return words[cc < PP_NR_CC ? cc : PP_CC_EQ];
}

static char *atom_text(const struct patch_view *view, const struct pp_atom *atom)
{
	static const char *const verbs[] = {
		[PP_ATOM_EQUALS] = "is",
		[PP_ATOM_STARTS] = "starts with",
		[PP_ATOM_ENDS] = "ends with",
		[PP_ATOM_CONTAINS] = "contains",
	};
	const char *field, *how = words_view(atom->view);
	char *text, *lit;

	if (atom->op == PP_ATOM_SESSION)
		return xasprintf("session %s is set",
				 lang_grammar_session_name(view->lang, atom->value));
	field = words_field(view, atom->field);
	switch (atom->op) {
	case PP_ATOM_INSET:
		lit = set_text(&view->patch.sets[atom->lit]);
		text = xasprintf("%s%s has a byte of %s", field, how, lit);
		free(lit);
		return text;
	case PP_ATOM_LEN:
		return xasprintf("the length of %s %s %llu", field, compare(atom->cc),
				 (unsigned long long)atom->value);
	case PP_ATOM_VALUE:
		return xasprintf("%s %s %llu", field, compare(atom->cc),
				 (unsigned long long)atom->value);
	default:
		lit = literal(&view->patch, atom->lit);
		text = xasprintf("%s%s %s %s%s", field, how, verbs[atom->op], lit,
				 atom->flags & PP_ATOM_NOCASE ? " in any case" : "");
		free(lit);
		return text;
	}
}

/* How tightly the outermost word of a condition binds. */
enum bind { BIND_OR, BIND_AND, BIND_ATOM };

struct term {
	char *text;
	enum bind bind;
};

static void negate(struct term *term)
{
	char *text = xasprintf("not (%s)", term->text);

	free(term->text);
	*term = (struct term){ text, BIND_ATOM };
}

static void join(struct term *a, struct term *b, enum bind bind)
{
	bool pa = a->bind < bind, pb = b->bind < bind;
	char *text;

	text = xasprintf("%s%s%s %s %s%s%s", pa ? "(" : "", a->text, pa ? ")" : "",
			 bind == BIND_AND ? "and" : "or", pb ? "(" : "", b->text, pb ? ")" : "");
	free(a->text);
	free(b->text);
	*a = (struct term){ text, bind };
}

/**
 * words_condition() - when a rule acts
 * @view: the images
 * @rule: the rule
 *
 * Return: the words, to be freed, or NULL: always
 */
char *words_condition(const struct patch_view *view, const struct pp_rule *rule)
{
	struct term stack[PP_MAX_COND_DEPTH + 1];
	const uint16_t *cond = view->patch.conds + rule->cond_off;
	size_t nr = 0;
	unsigned int i;

	for (i = 0; i < rule->cond_len; i++) {
		switch (cond[i]) {
		case PP_COND_NOT:
			negate(&stack[nr - 1]);
			break;
		case PP_COND_AND:
		case PP_COND_OR:
			nr--;
			join(&stack[nr - 1], &stack[nr],
			     cond[i] == PP_COND_AND ? BIND_AND : BIND_OR);
			break;
		default:
			stack[nr++] = (struct term){
				atom_text(view, &view->patch.atoms[cond[i]]), BIND_ATOM,
			};
		}
	}
	return nr ? stack[0].text : NULL;
}

static char *replace_text(const struct patch_view *view, const struct pp_rule *rule)
{
	const struct pp_image *img = &view->patch;
	const struct pp_lit *needle = &img->lits[rule->lit], *with = &img->lits[rule->lit2];
	uint8_t to[2 * PP_MAX_LIT];
	char *from, *result, *text;

	memcpy(to, img->bytes + needle->off, needle->len - 1);
	memcpy(to + needle->len - 1, img->bytes + with->off, with->len);
	from = out_bytes(img->bytes + needle->off, needle->len);
	result = out_bytes(to, needle->len - 1 + with->len);
	text = xasprintf("%s %s%s%s becomes %s",
			 rule->flags & PP_RULE_STARTS ? "a leading" : "each", from,
			 rule->flags & PP_RULE_NOCASE ? " in any case" : "",
			 words_view(rule->view), result);
	free(from);
	free(result);
	return text;
}

static char *clamp_text(const struct patch_view *view, const struct pp_rule *rule)
{
	unsigned long long n = rule->n;

	if (!(rule->flags & PP_RULE_LENGTH))
		return xasprintf("a value above %llu becomes %llu", n, n);
	return xasprintf("it is lowered to what may still come of %s (%llu byte%s in all)%s%s%s",
			 words_field(view, rule->aux), n, out_plural(n),
			 rule->elem ? "; where nothing may, " : "",
			 rule->elem ? words_field(view, rule->elem) : "",
			 rule->elem ? " is removed" : "");
}

/**
 * words_action() - what a rule does
 * @view: the images
 * @rule: the rule
 *
 * Return: the words, to be freed
 */
char *words_action(const struct patch_view *view, const struct pp_rule *rule)
{
	const struct pp_field *field = &view->grammar.fields[rule->field];
	unsigned long long n = rule->n;
	uint8_t byte = rule->n, sep = rule->aux;
	char *set, *lit, *text;

	switch (rule->action) {
	case PP_ACT_REPLACE:
		return replace_text(view, rule);
	case PP_ACT_TRUNCATE:
		return xasprintf("what is beyond the first %llu byte%s%s is cut", n, out_plural(n),
				 field->flags & PP_FIELD_CONT ? " of all its pieces" : "");
	case PP_ACT_CLASS:
		set = set_text(&view->patch.sets[rule->lit]);
		lit = out_bytes(&byte, 1);
		text = xasprintf("each byte of %s becomes %s", set, lit);
		free(set);
		free(lit);
		return text;
	case PP_ACT_APPEND:
		lit = literal(&view->patch, rule->lit2);
		text = xasprintf("%s is added behind it", lit);
		free(lit);
		return text;
	case PP_ACT_POISON:
		lit = out_bytes(&byte, 1);
		text = xasprintf("%s is written behind it, so that the server does not know it",
				 lit);
		free(lit);
		return text;
	case PP_ACT_CLAMP:
		return clamp_text(view, rule);
	case PP_ACT_LIMIT:
		lit = out_bytes(&sep, 1);
		text = xasprintf("spaces are written over all but the first %llu part%s between %s",
				 n, out_plural(n), lit);
		free(lit);
		return text;
	case PP_ACT_DROP:
		return xstrdup("the datagram is dropped");
	case PP_ACT_RESET:
		return xstrdup("the connection is ended at both ends");
	default:
		return xstrdup("it is counted; nothing is changed");
	}
}

/* Most bytes that the integer in @field has. */
static uint32_t integer_size(const struct pp_image *grammar, unsigned int field)
{
	const struct pp_insn *insn;
	uint32_t i, size, most = 0;

	for (i = 0; i < grammar->n[PP_SEC_CODE]; i++) {
		insn = &grammar->code[i];
		if (insn->field != field)
			continue;
		size = insn->op == PP_OP_NUM ? insn->imm : insn->op == PP_OP_UINT ? insn->arg :
		       insn->op == PP_OP_BYTE;
		if (size > most)
			most = size;
	}
	return most < PP_MAX_DIGITS ? most : PP_MAX_DIGITS;
}

/**
 * words_cost() - what a rule does to the stream
 * @view: the images
 * @rule: the rule
 * @cost: the answer
 */
void words_cost(const struct patch_view *view, const struct pp_rule *rule,
		struct rule_cost *cost)
{
	const struct pp_lit *lits = view->patch.lits;

	*cost = (struct rule_cost){ 0 };
	switch (rule->action) {
	case PP_ACT_REPLACE:
		cost->preserves = lits[rule->lit2].len == 1;
		if (lits[rule->lit2].len > 1)
			cost->growth = lits[rule->lit2].len - 1;
		break;
	case PP_ACT_APPEND:
		cost->growth = lits[rule->lit2].len;
		break;
	case PP_ACT_POISON:
		cost->growth = 1;
		break;
	case PP_ACT_CLAMP:
		cost->preserves = view->grammar.fields[rule->field].type == PP_FIELD_UINT &&
				  !rule->elem;
		cost->hold = integer_size(&view->grammar, rule->field);
		break;
	case PP_ACT_TRUNCATE:
		break;
	default:
		cost->preserves = true;
	}
}
