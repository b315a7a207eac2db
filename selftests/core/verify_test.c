// SPDX-License-Identifier: GPL-2.0
/*
 * The verifier: an image broken in one place is refused for that reason; an image
 * broken at random is refused or harmless.
 */
#include "../../userspace/stream.h"
#include "mini.h"
#include "tap.h"

#include <stdio.h>

#define FLIPS	10000
#define SPARE	4096

/**
 * struct blob - a copy of an image that may be damaged
 * @h: the image
 * @size: its bytes
 */
struct blob {
	struct pp_image_header *h;
	size_t size;
};

static struct blob copy(const struct pp_image *img)
{
	struct blob b = { .size = img->hdr->size };

	/* Room for a section that is moved behind the others. */
	b.h = calloc(1, b.size + SPARE);
	memcpy(b.h, img->hdr, b.size);
	return b;
}

static void *section(const struct blob *b, int sec)
{
	return (u8 *)b->h + b->h->sections[sec].off;
}

static struct pp_insn *insn(const struct blob *b, int op)
{
	struct pp_insn *code = section(b, PP_SEC_CODE);
	u32 i;

	for (i = 0; i < b->h->sections[PP_SEC_CODE].count; i++)
		if (code[i].op == op)
			return &code[i];
	printf("# no instruction %d in the grammar\n", op);
	exit(1);
}

static struct pp_rule *rule(const struct blob *b, int action)
{
	struct pp_rule *rules = section(b, PP_SEC_RULES);
	u32 i;

	for (i = 0; i < b->h->sections[PP_SEC_RULES].count; i++)
		if (rules[i].action == action)
			return &rules[i];
	printf("# no rule with action %d in the patch\n", action);
	exit(1);
}

#define CODE(b)		((struct pp_insn *)section(b, PP_SEC_CODE))
#define FIELDS(b)	((struct pp_field *)section(b, PP_SEC_FIELDS))
#define LITS(b)		((struct pp_lit *)section(b, PP_SEC_LITS))
#define ATOMS(b)	((struct pp_atom *)section(b, PP_SEC_ATOMS))
#define CONDS(b)	((__u16 *)section(b, PP_SEC_CONDS))
#define RULES(b)	((struct pp_rule *)section(b, PP_SEC_RULES))
#define COUNT(b, s)	((b)->h->sections[s].count)

/**
 * struct damage - one way to break an image
 * @reason: what the verifier must say
 * @make: breaks it
 * @keep_id: the id stays what it was
 */
struct damage {
	const char *reason;
	void (*make)(struct blob *b);
	bool keep_id;
};

/* A section anew, behind all others, of zeroes. */
static void renew(struct blob *b, int sec, u32 n)
{
	b->h->sections[sec].off = (b->size + 7) & ~7u;
	COUNT(b, sec) = n;
	b->size += SPARE - 8;
	b->h->size = b->size;
}

static void program(struct blob *b, const struct pp_insn *code, u32 n)
{
	renew(b, PP_SEC_CODE, n);
	memcpy(CODE(b), code, n * sizeof(*code));
	b->h->entry[0] = 0;
	b->h->entry[1] = 0;
}

/* One line each: what is broken, and how. */
#define D(name, ...) static void name(struct blob *b) { __VA_ARGS__; }

D(short_file, b->size = sizeof(*b->h) - 1)
D(huge, b->size = PP_IMAGE_MAX + 1)
D(magic, b->h->magic ^= 1)
D(size_field, b->h->size++)
D(kind, b->h->kind = 3)
D(outside, COUNT(b, PP_SEC_STRINGS) = 1 << 20)
D(odd, b->h->sections[PP_SEC_STRINGS].off += 4)
D(inside_header, b->h->sections[PP_SEC_STRINGS].off = 8)
D(strings_end, ((char *)section(b, PP_SEC_STRINGS))[COUNT(b, PP_SEC_STRINGS) - 1] = 'x')
D(strings_begin, *(char *)section(b, PP_SEC_STRINGS) = 'x')
D(id, b->h->id ^= 1)
D(pad, b->h->pad = 1)
D(no_name, b->h->name = 0)
D(title, b->h->title = COUNT(b, PP_SEC_STRINGS))
D(lit_pad, LITS(b)->pad = 1)
D(lit_long, LITS(b)->len = PP_MAX_LIT + 1)
D(lit_outside, LITS(b)->off = COUNT(b, PP_SEC_BYTES) + 1)

D(g_flags, b->h->flags = 1)
D(g_transport, b->h->transport = 1)
D(g_ports, b->h->nr_ports = PP_MAX_PORTS + 1)
D(g_port0, b->h->ports[0] = 0)
D(g_rules, b->h->sections[PP_SEC_RULES] = b->h->sections[PP_SEC_STRINGS];
	   COUNT(b, PP_SEC_RULES) = 1)
D(g_no_fields, COUNT(b, PP_SEC_FIELDS) = 0)
D(g_field_name, FIELDS(b)[1].name = COUNT(b, PP_SEC_STRINGS))
D(g_field_parent, FIELDS(b)[1].parent = 1)
D(g_field_integer, FIELDS(b)[2].parent = 1; FIELDS(b)[1].type = PP_FIELD_UINT)
D(g_field_length, FIELDS(b)[1].length_of = COUNT(b, PP_SEC_FIELDS))
D(g_field_type, FIELDS(b)[1].type = PP_FIELD_GROUP + 1)
D(g_field_flags, FIELDS(b)[1].flags = 0x80)
D(g_reason, *(__u32 *)section(b, PP_SEC_REASONS) = COUNT(b, PP_SEC_STRINGS))
D(g_entry, b->h->entry[0] = COUNT(b, PP_SEC_CODE))
D(g_op, CODE(b)->op = PP_NR_OPS)
D(g_op0, CODE(b)->op = 0)
D(g_flag, insn(b, PP_OP_JMP)->flags = 1)
D(g_lit, insn(b, PP_OP_LIT)->arg = COUNT(b, PP_SEC_LITS))
D(g_set, insn(b, PP_OP_SCAN)->arg = COUNT(b, PP_SEC_SETS))
D(g_base, insn(b, PP_OP_NUM)->arg = 8)
D(g_reg, insn(b, PP_OP_NUM)->reg = PP_MAX_REGS)
D(g_reg_unused, insn(b, PP_OP_JMP)->reg = 1)
D(g_imm_unused, insn(b, PP_OP_JMP)->imm = 1)
D(g_field, insn(b, PP_OP_SCAN)->field = COUNT(b, PP_SEC_FIELDS))
D(g_field_jmp, insn(b, PP_OP_JMP)->field = 1)
D(g_no_field, struct pp_insn *i = insn(b, PP_OP_UNIT); i->op = PP_OP_OPEN)
D(g_mute, insn(b, PP_OP_SCAN)->flags |= PP_I_MUTE)
D(g_target, insn(b, PP_OP_JMP)->target = COUNT(b, PP_SEC_CODE))
D(g_past_end, CODE(b)[COUNT(b, PP_SEC_CODE) - 1] = (struct pp_insn){ .op = PP_OP_REST })
D(g_tcp_only, b->h->transport = IPPROTO_UDP; *insn(b, PP_OP_UNIT) =
	      (struct pp_insn){ .op = PP_OP_WAIT })
D(g_digits, insn(b, PP_OP_NUM)->imm = PP_MAX_DIGITS + 1)
D(g_policy, insn(b, PP_OP_FAIL)->imm = PP_NR_POLICY)
D(g_empty_lit, LITS(b)[insn(b, PP_OP_LIT)->arg].len = 0)
D(g_loop, CODE(b)[0] = (struct pp_insn){ .op = PP_OP_JMP })
D(g_long_path, struct pp_insn p[100] = { 0 }; u32 k;
	       for (k = 0; k < 100; k++)
		       p[k].op = k < 99 ? PP_OP_SETS : PP_OP_FAIL;
	       program(b, p, 100))
D(g_differ, const struct pp_insn p[] = { { .op = PP_OP_PEEK, .target = 2 },
					 { .op = PP_OP_OPEN, .field = 1 }, { .op = PP_OP_FAIL } };
	    program(b, p, 3))
D(g_twice, const struct pp_insn p[] = { { .op = PP_OP_OPEN, .field = 1 },
					{ .op = PP_OP_OPEN, .field = 1 }, { .op = PP_OP_FAIL } };
	   program(b, p, 3))
D(g_deep, const struct pp_insn p[] = { { .op = PP_OP_OPEN, .field = 1 },
				       { .op = PP_OP_OPEN, .field = 2 },
				       { .op = PP_OP_OPEN, .field = 3 },
				       { .op = PP_OP_OPEN, .field = 4 },
				       { .op = PP_OP_OPEN, .field = 5 }, { .op = PP_OP_FAIL } };
	  program(b, p, 6))
D(g_unit_inside, const struct pp_insn p[] = { { .op = PP_OP_OPEN, .field = 1 },
					      { .op = PP_OP_UNIT }, { .op = PP_OP_FAIL } };
		 program(b, p, 3))
D(g_close, *insn(b, PP_OP_UNIT) = (struct pp_insn){ .op = PP_OP_CLOSE, .field = 1 })

D(p_grammar, b->h->grammar ^= 1)
D(p_flags, b->h->flags = 0x80)
D(p_code, b->h->sections[PP_SEC_CODE] = b->h->sections[PP_SEC_RULES])
D(p_no_rules, COUNT(b, PP_SEC_RULES) = 0)
D(a_many, renew(b, PP_SEC_ATOMS, PP_MAX_ATOMS + 1))
D(a_key, ATOMS(b)->key = 0)
D(a_op, ATOMS(b)->op = PP_NR_ATOM_OPS)
D(a_view, ATOMS(b)->view = 0x10)
D(a_session, ATOMS(b)->op = PP_ATOM_SESSION)
D(a_field, ATOMS(b)->field = 0)
D(a_lit, ATOMS(b)->op = PP_ATOM_STARTS; ATOMS(b)->lit = COUNT(b, PP_SEC_LITS))
D(a_case, ATOMS(b)->flags = PP_ATOM_NOCASE;
	  ((u8 *)section(b, PP_SEC_BYTES))[LITS(b)[ATOMS(b)->lit].off] = 'K')
D(a_set, ATOMS(b)->op = PP_ATOM_INSET; ATOMS(b)->lit = COUNT(b, PP_SEC_SETS))
D(a_value, ATOMS(b)->op = PP_ATOM_VALUE)
D(c_outside, RULES(b)->cond_off = COUNT(b, PP_SEC_CONDS); RULES(b)->cond_len = 1)
D(c_operand, RULES(b)->cond_off = 0; RULES(b)->cond_len = 1; CONDS(b)[0] = PP_COND_AND)
D(c_atom, RULES(b)->cond_off = 0; RULES(b)->cond_len = 1; CONDS(b)[0] = COUNT(b, PP_SEC_ATOMS))
D(c_two, RULES(b)->cond_off = 0; RULES(b)->cond_len = 2; CONDS(b)[0] = CONDS(b)[1] = 0)
D(c_deep, renew(b, PP_SEC_CONDS, PP_MAX_COND_DEPTH + 1);
	  RULES(b)->cond_off = 0; RULES(b)->cond_len = PP_MAX_COND_DEPTH + 1)
D(c_self, struct pp_rule *t = rule(b, PP_ACT_TRUNCATE), *a = rule(b, PP_ACT_APPEND);
	  t->field = ATOMS(b)[CONDS(b)[a->cond_off]].field;
	  t->cond_off = a->cond_off; t->cond_len = a->cond_len)
D(r_key, RULES(b)->key = 0)
D(r_flag, rule(b, PP_ACT_TRUNCATE)->flags = PP_RULE_LENGTH)
D(r_field, RULES(b)->field = 0)
D(r_view, rule(b, PP_ACT_TRUNCATE)->view = PP_VIEW_PERCENT)
D(r_elem, rule(b, PP_ACT_TRUNCATE)->elem = 1)
D(r_needle, rule(b, PP_ACT_REPLACE)->lit = COUNT(b, PP_SEC_LITS))
D(r_put, rule(b, PP_ACT_REPLACE)->lit2 = COUNT(b, PP_SEC_LITS))
D(r_view_len, rule(b, PP_ACT_REPLACE)->view = PP_VIEW_PERCENT)
D(r_again, struct pp_rule *r = rule(b, PP_ACT_REPLACE);
	   ((u8 *)section(b, PP_SEC_BYTES))[LITS(b)[r->lit2].off + LITS(b)[r->lit2].len - 1] = 'a')
D(r_escape, struct pp_rule *r = rule(b, PP_ACT_REPLACE);
	    r->view = PP_VIEW_PERCENT; r->lit2 = rule(b, PP_ACT_APPEND)->lit2)
D(r_digit, struct pp_rule *r = rule(b, PP_ACT_REPLACE);
	   r->view = PP_VIEW_PERCENT; r->lit2 = rule(b, PP_ACT_APPEND)->lit2;
	   ((u8 *)section(b, PP_SEC_BYTES))[LITS(b)[r->lit2].off] =
		((u8 *)section(b, PP_SEC_BYTES))[LITS(b)[r->lit].off + LITS(b)[r->lit].len - 1])
D(r_plain, rule(b, PP_ACT_CLAMP)->flags = 0)
D(r_length, rule(b, PP_ACT_TRUNCATE)->n = 1ull << 40)
D(r_set, rule(b, PP_ACT_CLASS)->lit = COUNT(b, PP_SEC_SETS))
D(r_set_byte, rule(b, PP_ACT_CLASS)->n = '-')
D(r_append, rule(b, PP_ACT_APPEND)->lit2 = COUNT(b, PP_SEC_LITS))
D(r_no_end, rule(b, PP_ACT_APPEND)->field = rule(b, PP_ACT_CLAMP)->aux)
D(r_poison, rule(b, PP_ACT_POISON)->n = '\n')
D(r_clamp, struct pp_rule *r = rule(b, PP_ACT_CLAMP); r->field = r->aux)
D(r_clamp_aux, rule(b, PP_ACT_CLAMP)->aux = 1)
D(r_clamp_elem, rule(b, PP_ACT_CLAMP)->elem = 1)
D(r_limit, rule(b, PP_ACT_LIMIT)->n = 0)
D(r_drop, rule(b, PP_ACT_LIMIT)->action = PP_ACT_DROP)
D(r_action, RULES(b)->action = PP_NR_ACTIONS)

/* A protocol of datagrams, with an element that its integer is not part of. */
static const char dgram_grammar[] =
	"protocol mini \"parts with their length\" {\n"
	"	transport udp 9;\n"
	"	reg n;\n"
	"	client {\n"
	"		unit ask {\n"
	"			length part.size of data;\n"
	"			group part element {\n"
	"				size: u8 into n;\n"
	"				.data: bytes(n);\n"
	"			}\n"
	"			group tail element {\n"
	"				note: rest;\n"
	"			}\n"
	"		}\n"
	"	}\n"
	"	server {\n"
	"		skip rest;\n"
	"	}\n"
	"}\n";

static const char dgram_patch[] =
	"patch mini-all \"a length\" {\n"
	"	for mini;\n"
	"	on ask.data truncate 4;\n"
	"}\n";

static u16 tail;	/* the field ask.tail */

D(d_elem, rule(b, PP_ACT_CLAMP)->elem = tail)
D(d_reset, rule(b, PP_ACT_TRUNCATE)->action = PP_ACT_RESET)

static const struct damage common[] = {
	{ "image is shorter than its header", short_file, false },
	{ "image is larger than 1 MiB", huge, false },
	{ "not a patchproxy image of this machine's byte order", magic, false },
	{ "image size does not match its header", size_field, false },
	{ "unknown kind of image", kind, false },
	{ "section lies outside the image", outside, false },
	{ "section lies outside the image", odd, false },
	{ "section lies outside the image", inside_header, false },
	{ "strings do not begin and end with NUL", strings_begin, false },
	{ "strings do not begin and end with NUL", strings_end, false },
	{ "image id is not the hash of the image", id, true },
	{ "padding is not zero", pad, false },
	{ "name is empty or too long", no_name, false },
	{ "title is not a string", title, false },
	{ "padding is not zero", lit_pad, false },
	{ "literal is too long", lit_long, false },
	{ "literal lies outside the image", lit_outside, false },
};

static const struct damage grammar[] = {
	{ "not a grammar", g_flags, false },
	{ "transport is neither TCP nor UDP", g_transport, false },
	{ "number of ports out of range", g_ports, false },
	{ "port 0", g_port0, false },
	{ "a grammar cannot have rules", g_rules, false },
	{ "number of fields out of range", g_no_fields, false },
	{ "field has no name", g_field_name, false },
	{ "field comes before the group it is in", g_field_parent, false },
	{ "field is inside an integer", g_field_integer, false },
	{ "length of something impossible", g_field_length, false },
	{ "unknown type or flag of a field", g_field_type, false },
	{ "unknown type or flag of a field", g_field_flags, false },
	{ "reason is not a string", g_reason, false },
	{ "number of instructions out of range", g_entry, false },
	{ "unknown instruction", g_op, false },
	{ "unknown instruction", g_op0, false },
	{ "flag that this instruction does not have", g_flag, false },
	{ "argument out of range", g_lit, false },
	{ "argument out of range", g_set, false },
	{ "argument out of range", g_base, false },
	{ "register out of range", g_reg, false },
	{ "register that this instruction does not use", g_reg_unused, false },
	{ "number that this instruction does not use", g_imm_unused, false },
	{ "field out of range", g_field, false },
	{ "field that this instruction does not have", g_field_jmp, false },
	{ "a field is missing", g_no_field, false },
	{ "muted bytes cannot be a field", g_mute, false },
	{ "jump target out of range", g_target, false },
	{ "the program runs past its end", g_past_end, false },
	{ "replies are not paired in a protocol of datagrams", g_tcp_only, false },
	{ "digits out of range", g_digits, false },
	{ "unknown policy", g_policy, false },
	{ "empty literal", g_empty_lit, false },
	{ "a loop that consumes nothing", g_loop, false },
	{ "too many instructions without consuming", g_long_path, false },
	{ "closes a field that is not innermost", g_close, false },
	{ "reached with different fields open", g_differ, false },
	{ "field is already open", g_twice, false },
	{ "fields nest too deep", g_deep, false },
	{ "a unit begins inside a field", g_unit_inside, false },
};

static const struct damage patch[] = {
	{ "not a patch for this grammar", p_grammar, false },
	{ "unknown flag of a patch", p_flags, false },
	{ "a patch cannot have a program", p_code, false },
	{ "number of rules out of range", p_no_rules, false },
	{ "too many conditions", a_many, false },
	{ "key, padding or flag of a condition", a_key, false },
	{ "unknown kind of condition", a_op, false },
	{ "unknown kind of condition", a_view, false },
	{ "session bit out of range", a_session, false },
	{ "condition on a field that does not exist", a_field, false },
	{ "literal of a condition is empty or longer than 32 bytes", a_lit, false },
	{ "literal of a condition is empty or longer than 32 bytes", a_case, false },
	{ "set of a condition does not exist", a_set, false },
	{ "value of a field that is no integer", a_value, false },
	{ "condition lies outside the image", c_outside, false },
	{ "condition lacks an operand", c_operand, false },
	{ "condition that does not exist", c_atom, false },
	{ "condition nests too deep", c_deep, false },
	{ "condition has more than one result", c_two, false },
	{ "acts while the field runs but asks the field itself", c_self, false },
	{ "key or padding of a rule", r_key, false },
	{ "flag that this action does not have", r_flag, false },
	{ "rule on a field that does not exist", r_field, false },
	{ "view of a rule", r_view, false },
	{ "only a clamp removes an element", r_elem, false },
	{ "needle is empty or longer than 32 bytes", r_needle, false },
	{ "replacement does not exist", r_put, false },
	{ "with what follows, a replacement could become what it replaces", r_again, false },
	{ "with what follows, an escape could become what it replaces", r_escape, false },
	{ "in a view, one byte is replaced by one", r_view_len, false },
	{ "replacement has the same last digit as what it replaces", r_digit, false },
	{ "clamp of a plain integer names other fields", r_plain, false },
	{ "length is too large", r_length, false },
	{ "set does not exist", r_set, false },
	{ "replacement byte is in the set it replaces", r_set_byte, false },
	{ "what is appended", r_append, false },
	{ "nothing can be put behind this field", r_no_end, false },
	{ "poison byte", r_poison, false },
	{ "only an integer can be clamped", r_clamp, false },
	{ "field is not the length of the one named", r_clamp_aux, false },
	{ "what would be removed is no element", r_clamp_elem, false },
	{ "number of parts", r_limit, false },
	{ "only a datagram can be dropped", r_drop, false },
	{ "unknown action", r_action, false },
};

static const struct damage datagrams[] = {
	{ "the integer is not part of the element", d_elem, false },
	{ "only a connection can be reset", d_reset, false },
};

static int judge(const struct blob *b, const struct pp_image *g, struct pp_image *img,
		 struct pp_error *err)
{
	int ret = pp_image_open(img, b->h, b->size, err);

	if (ret)
		return ret;
	return g ? pp_verify_patch(img, g, err) : pp_verify_grammar(img, err);
}

static void corpus(const struct pp_image *good, const struct pp_image *g, const char *kind,
		   const struct damage *list, size_t n)
{
	struct pp_image img;
	struct pp_error err;
	struct blob b;
	size_t i;
	int ret;

	for (i = 0; i < n; i++) {
		b = copy(good);
		list[i].make(&b);
		if (!list[i].keep_id && b.size >= sizeof(*b.h) && b.size <= PP_IMAGE_MAX)
			b.h->id = pp_image_hash(b.h, b.size);
		err.msg = "";
		ret = judge(&b, g, &img, &err);
		if (!tap_ok(ret == -EINVAL && !strcmp(err.msg, list[i].reason), "%s: %s", kind,
			    list[i].reason))
			tap_note("result %d: %s", ret, ret ? err.msg : "accepted");
		free(b.h);
	}
}

/* Something accepted must run: to an end, and inside its memory. */
static void run(const struct pp_image *g, const struct pp_ruleset *rs, const struct bytes *in,
		u64 *random)
{
	struct stream *s = calloc(1, sizeof(*s));
	struct payload p = { .data = in->p, .len = min(in->n, (size_t)1400) };
	size_t off, len;

	if (g->hdr->transport == IPPROTO_UDP) {
		if (rs)
			pp_dgram_run(rs, PP_C2S, &p, &s->watch, p.len, &s->out);
		free(s);
		return;
	}
	s->lossy = true;
	stream_open(s, g, rs, 0xfffffff0, 5);
	for (off = 0; off < in->n && !s->reset && !s->error[0]; off += len) {
		len = min(in->n - off, (size_t)(1 + test_random(random) % 300));
		stream_send(s, PP_C2S, in->p + off, len);
		if (!s->reset)
			stream_send(s, PP_S2C, in->p + off, len);
	}
	if (!s->reset)
		stream_fin(s, PP_C2S);
	if (s->error[0])
		tap_note("%s", s->error);
	stream_close(s);
	free(s);
}

static void flip(struct blob *b, u64 *random)
{
	u32 n = 1 + test_random(random) % 3, sec, at;

	while (n--) {
		if (test_random(random) % 8) {
			sec = test_random(random) % PP_NR_SECTIONS;
			if (!COUNT(b, sec) || b->h->sections[sec].off >= b->size)
				continue;
			at = b->h->sections[sec].off + test_random(random) %
			     (b->size - b->h->sections[sec].off);
		} else {
			at = test_random(random) % b->size;
		}
		if (test_random(random) % 2)
			((u8 *)b->h)[at] ^= 1 << test_random(random) % 8;
		else
			((u8 *)b->h)[at] = test_random(random);
	}
	b->h->id = pp_image_hash(b->h, b->size);
}

static void flips(struct mini *m)
{
	struct pp_rs_patch one = { .since = 1 };
	u32 accepted = 0, linked = 0, i;
	struct bytes in = { NULL };
	struct pp_image g, p;
	struct pp_ruleset *rs;
	struct pp_error err;
	struct blob gb, pb;
	u64 random = 42;

	mini_input(&in, PP_C2S, 1500, &random, true);
	for (i = 0; i < FLIPS; i++) {
		gb = copy(&m->gimg);
		pb = copy(&m->pimg);
		if (i & 1)
			flip(&gb, &random);
		else
			flip(&pb, &random);
		if (!judge(&gb, NULL, &g, &err)) {
			accepted += i & 1;
			pb.h->grammar = gb.h->id;
			pb.h->id = pp_image_hash(pb.h, pb.size);
			one.img = &p;
			rs = NULL;
			if (!judge(&pb, &g, &p, &err))
				rs = pp_ruleset_build(&g, &one, 1, 1, &err);
			linked += rs != NULL;
			run(&g, rs, &in, &random);
			pp_ruleset_free(rs);
		}
		free(gb.h);
		free(pb.h);
	}
	free(in.p);
	tap_ok(accepted && linked, "%u images damaged at random: %u grammars accepted, %u patches",
	       FLIPS, accepted, linked);
}

static void datagram_corpus(void)
{
	struct mini m;

	if (!tap_ok(mini_open_text(&m, dgram_grammar, dgram_patch),
		    "the protocol of datagrams compiles"))
		return;
	for (tail = 1; tail < m.gimg.n[PP_SEC_FIELDS]; tail++)
		if (!strcmp(pp_image_string(&m.gimg, m.gimg.fields[tail].name), "ask.tail"))
			break;
	corpus(&m.pimg, &m.gimg, "datagrams", datagrams, ARRAY_SIZE(datagrams));
	mini_close(&m);
}

int main(void)
{
	struct mini m;

	if (!tap_ok(mini_open(&m), "the small protocol compiles"))
		return tap_done();
	corpus(&m.gimg, NULL, "grammar", common, ARRAY_SIZE(common));
	corpus(&m.gimg, NULL, "grammar", grammar, ARRAY_SIZE(grammar));
	corpus(&m.pimg, &m.gimg, "patch", common, ARRAY_SIZE(common));
	corpus(&m.pimg, &m.gimg, "patch", patch, ARRAY_SIZE(patch));
	datagram_corpus();
	flips(&m);
	mini_close(&m);
	return tap_done();
}
