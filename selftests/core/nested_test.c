// SPDX-License-Identifier: GPL-2.0
/*
 * Where edits meet: fields in fields, several rules on one field, and a byte behind a
 * field that begins an integer. What one rule does must not undo another one's work, and
 * how the stream is cut into segments must not matter.
 */
#include "play.h"

#include <stdio.h>

static const char grammar[] =
	"protocol mini \"fields in fields\" {\n"
	"	transport tcp 7777;\n"
	"	set eol = [\\n];\n"
	"	reg n;\n"
	"	client {\n"
	"		loop {\n"
	"			unit line {\n"
	"				group all {\n"
	"					verb: until [ \\^0-9] max 8;\n"
	"					tail: until [\\^0-9] max 8;\n"
	"					if peek [\\^] { opaque; }\n"
	"					num: dec max 10 into n;\n"
	"					lit \";\";\n"
	"					list: until eol max 1000;\n"
	"				}\n"
	"				lit \"\\n\";\n"
	"			}\n"
	"		}\n"
	"	}\n"
	"	server {\n"
	"		loop {\n"
	"			unit reply {\n"
	"				text: until eol max 1000;\n"
	"				lit \"\\n\";\n"
	"			}\n"
	"		}\n"
	"	}\n"
	"}\n";

#define ROOM	4096
#define ENDS	"the connection ends"

/* Bytes of the server, each where its number says. */
struct arrived {
	char data[ROOM];
	u32 n;
};

static void arrive(struct arrived *a, const struct pp_out *out, const char *seg)
{
	u32 i;

	if (out->verdict == PP_DROP || out->verdict == PP_RESET)
		return;
	a->n = out->seq - 1001;
	if (out->verdict != PP_REWRITE) {
		memcpy(a->data + a->n, seg, strlen(seg));
		a->n += strlen(seg);
		return;
	}
	for (i = 0; i < out->npieces; i++) {
		const struct pp_piece *pc = &out->pieces[i];

		memcpy(a->data + a->n, (pc->data ? (const char *)pc->data : seg) + pc->off, pc->len);
		a->n += pc->len;
	}
}

/* A segment ends behind each byte of @in whose bit is set in @cuts; false: a reset. */
static bool transmit(struct play *p, const char *in, u64 cuts, struct arrived *a)
{
	u32 at, end, len = strlen(in);
	char seg[ROOM];

	a->n = 0;
	play_begin(p);
	play_go(p, PP_C2S, 1000, 0, SYN, "");
	play_go(p, PP_S2C, 5000, 1001, SYNACK, "");
	play_go(p, PP_C2S, 1001, 5001, ACK, "");
	for (at = 0; at < len; at = end) {
		for (end = at + 1; end < len && !(cuts >> (end - 1) % 64 & 1); end++)
			;
		memset(seg, 0, sizeof(seg));
		memcpy(seg, in + at, end - at);
		if (play_go(p, PP_C2S, 1001 + at, 5001, ACK, seg) == PP_RESET)
			return false;
		arrive(a, &p->out, seg);
	}
	return true;
}

static bool is(const struct arrived *a, bool alive, const char *want)
{
	if (!alive)
		return !strcmp(want, ENDS);
	return a->n == strlen(want) && !memcmp(a->data, want, a->n);
}

static struct play *open_rules(struct mini *m, const char *rules)
{
	struct play *p = calloc(1, sizeof(*p));
	char text[ROOM];

	snprintf(text, sizeof(text), "patch mini-all \"some edits\" { for mini; %s }\n", rules);
	if (!p || !mini_open_text(m, grammar, text)) {
		free(p);
		return NULL;
	}
	p->m = m;
	return p;
}

static void close_rules(struct play *p, struct mini *m)
{
	pp_conn_clear(&p->conn);
	mini_close(m);
	free(p);
}

/* Every way to cut @in at @bits places from @from on, and all others at once or not at all. */
static bool every_cut(struct play *p, const char *in, const char *want, u32 from, u32 bits)
{
	struct arrived a;
	u64 cuts, all;
	bool alive;

	for (cuts = 0; cuts < 1ull << bits; cuts++) {
		all = cuts << from;
		if (cuts & 1)
			all |= ~(((1ull << bits) - 1) << from);
		alive = transmit(p, in, all, &a);
		if (is(&a, alive, want))
			continue;
		tap_note("\"%.*s\" arrives, not \"%s\", cuts %#llx", alive ? (int)a.n : 0, a.data,
			 want, (unsigned long long)all);
		return false;
	}
	return true;
}

static void check(const char *name, const char *rules, const char *in, const char *want)
{
	struct mini m;
	struct play *p = open_rules(&m, rules);

	tap_ok(p && every_cut(p, in, want, 0, 11), "%s", name);
	if (p)
		close_rules(p, &m);
}

/* Both cannot be had. */
static void ahead(void)
{
	check("an integer behind a field that something is appended to",
	      "on line.all.verb append \"!\"; on line.all.num clamp 100;", "A12345;x\n", ENDS);
	check("an integer behind a field that is poisoned",
	      "on line.all.verb when line.all.verb == \"A\" poison with \"_\"; on line.all.num clamp 100;",
	      "A12345;x\n", ENDS);
	check("an integer that no rule is on, behind one that something is appended to",
	      "on line.all.verb append \"!\";", "A12345;x\n", "A!12345;x\n");
}

#define LIMITS	"on line.all limit 1 by \",\"; on line.all.list limit 1 by \"/\";"

/* One byte that one rule edits must not save those around it from another rule. */
static void nested(void)
{
	check("an inner limit, and an outer class in the midst of it",
	      "on line.all class [-] with \"_\"; on line.all.list limit 1 by \",\";",
	      "A1;a,b-cccc,dddd\n", "A1;a            \n");
	check("an inner limit, and a byte removed in the midst of it",
	      "on line.all replace \"d\" with \"\"; on line.all.list limit 1 by \",\";",
	      "A1;a,bcdeee\n", "A1;a       \n");
	check("an outer limit, and a byte removed in the midst of it",
	      "on line.all limit 1 by \",\"; on line.all.list replace \"d\" with \"\";",
	      "A1;a,bcdeee\n", "A1;a       \n");
	check("an outer limit, and an inner cut in the midst of it",
	      "on line.all limit 1 by \",\"; on line.all.list truncate 6;",
	      "A1;a,bcdefghij\n", "A1;a     \n");
	check("an outer cut in the midst of an inner limit",
	      "on line.all truncate 7; on line.all.list limit 1 by \",\";",
	      "A1;a,bcdefghij\n", "A1;a   \n");
	check("two limits, the inner one later", LIMITS, "A1;a,bc/defghij\n", "A1;a           \n");
	check("two limits, the inner one earlier", LIMITS, "A1;a/bc,defghij\n", "A1;a           \n");
	check("a limit and a cut of one field",
	      "on line.all.list limit 1 by \",\"; on line.all.list truncate 6;",
	      "A1;a,bcdefghijklmno\n", "A1;a     \n");
	check("something appended, and an edit far behind it",
	      "on line.all.verb append \"!\"; on line.all class [-] with \"_\";",
	      "A abc-e1;\n", "A! abc_e1;\n");
	check("something appended in front of what is cut",
	      "on line.all.verb append \"!\"; on line.all truncate 1;", "A abc1;\n", "A!\n");
	check("something appended in front of a byte that is replaced, and what follows cut",
	      "on line.all.verb append \"!\"; on line.all class [ ] with \"_\"; on line.all truncate 2;",
	      "A abc1;\n", "A!_\n");
	check("more is blanked than one event shows",
	      "on line.all.list limit 1 by \",\"; on line.all class [-] with \"_\";",
	      "A1;a,-----------------------------------------------------------------"
	      "-----------------------------------------------------------------\n",
	      "A1;a                                                                  "
	      "                                                                 \n");
}

/* Digits wait for each other, and belong to the fields around them all the same. */
static void held(void)
{
	check("a cut that begins between two digits",
	      "on line.all truncate 3; on line.all.num clamp 100000;", "A12345;x\n", "A12\n");
	check("a cut that begins between two digits of what is clamped",
	      "on line.all truncate 3; on line.all.num clamp 567;", "A12345;x\n", "A56\n");
	check("blanks that begin between two digits",
	      "on line.all limit 1 by \"3\"; on line.all.num clamp 100000;", "A12345;x\n", "A12     \n");
	check("a digit that another rule changes",
	      "on line.all class [2] with \"x\"; on line.all.num clamp 100000;", "A12345;x\n", "A1x345;x\n");
	check("an integer that is clamped, and one of its digits changed",
	      "on line.all class [2] with \"x\"; on line.all.num clamp 220;", "A12345;x\n", "A220;x\n");
	check("what is no integer in the end",
	      "on line.all truncate 3; on line.all.num clamp 7;", "A12345678901;x\n", ENDS);
}

static const char *const some_rules[] = {
	"on line.all limit 1 by \",\";",
	"on line.all truncate 6;",
	"on line.all truncate 9;",
	"on line.all class [b;] with \"_\";",
	"on line.all replace \"d\" with \"\";",
	"on line.all replace \",b\" with \",??\";",
	"on line.all.verb append \"!!\";",
	"on line.all.verb poison with \"_\";",
	"on line.all.tail truncate 1;",
	"on line.all.tail class [ ] with \"#\";",
	"on line.all.num clamp 5;",
	"on line.all.num clamp 15;",
	"on line.all class [2] with \"=\";",
	"on line.all limit 1 by \"2\";",
	"on line.all.list limit 1 by \"/\";",
	"on line.all.list limit 2 by \",\";",
	"on line.all.list truncate 3;",
	"on line.all.list class [,d] with \"=\";",
	"on line.all.list replace \"b\" with \"\";",
};

/* The rules one by one and together: byte by byte decides what all other cuts must give. */
static bool pair(const char *one, const char *other)
{
	static const char *const in[] = { "A ,b12;a,b/d,b\n", "A7;/d,b,b/d\n" };
	char rules[ROOM], want[ROOM];
	struct arrived a;
	bool good = true;
	struct mini m;
	struct play *p;
	u32 i;

	snprintf(rules, sizeof(rules), "%s %s", one, other);
	p = open_rules(&m, rules);
	if (!p)
		return false;
	for (i = 0; i < ARRAY_SIZE(in) && good; i++) {
		if (transmit(p, in[i], -1, &a))
			snprintf(want, sizeof(want), "%.*s", (int)a.n, a.data);
		else
			snprintf(want, sizeof(want), ENDS);
		good = every_cut(p, in[i], want, 0, 8) && every_cut(p, in[i], want, 6, 8);
	}
	if (!good)
		tap_note("%s", rules);
	close_rules(p, &m);
	return good;
}

static void pairs(void)
{
	u32 i, k, n = 0, bad = 0;

	for (i = 0; i < ARRAY_SIZE(some_rules); i++)
		for (k = i; k < ARRAY_SIZE(some_rules); k++, n++)
			bad += !pair(some_rules[i], i == k ? "" : some_rules[k]);
	tap_ok(!bad, "%u pairs of rules, all cuts give the same", n);
}

/* Nothing is parsed behind the byte that is edited ahead. */
static void last(void)
{
	check("something appended in front of what nobody looks at",
	      "on line.all.verb append \"!\";", "A^12;x\n2;y\n", "A!^12;x\n2;y\n");
	check("the first byte of what nobody looks at is poisoned",
	      "on line.all.verb poison with \"_\";", "A^12;x\n2;y\n", "A_12;x\n2;y\n");
}

int main(void)
{
	ahead();
	nested();
	held();
	last();
	pairs();
	return tap_done();
}
