// SPDX-License-Identifier: GPL-2.0
/*
 * The protocol "talk", and its transform written down once more, as plainly as
 * possible. Lines, of a kind byte and what belongs to it:
 *
 *	client	:KEY=VALUE\n	rule 0: KEY cut to 8 bytes; in VALUE 1: "ab" becomes "a"
 *				and 12 bytes, 2: "d" goes, 3: "-" becomes "_",
 *				4: "!" is appended when KEY starts with "k"
 *		#DIGITS;DATA	5: DATA is DIGITS bytes, cut to 20, DIGITS clamped
 *		*DIGITS;DATA	nobody looks at DATA
 *		,A,B,C\n	6: the first 3 parts stay
 *		=DIGITS\n	8: at most 500
 *		?TEXT\n		what follows waits for the answer
 *		~REST		nobody looks at anything any more
 *		V ARG\n		7: the verb "rm" is poisoned with "x"
 *	server	+TEXT\n		an answer
 *		=DIGITS\n	11: at most 70
 *		*DIGITS;DATA	nobody looks at DATA
 *		TEXT\n		9: "bad" becomes "ba" and 5 bytes, 10: "y" goes
 */
#include "lang.h"
#include "oracle.h"

static const char grammar_text[] =
	"protocol talk \"lines and answers\" {\n"
	"	transport tcp 7777;\n"
	"	set eol = [\\n];\n"
	"	reg n, t;\n"
	"	client { loop { unit line {\n"
	"		length size of data;\n"
	"		if peek [:] {\n"
	"			lit \":\";\n"
	"			key: until [=\\n] max 100000;\n"
	"			if peek [=] {\n"
	"				lit \"=\";\n"
	"				value: until eol max 100000;\n"
	"			}\n"
	"			lit \"\\n\";\n"
	"		} else if peek [#] {\n"
	"			lit \"#\";\n"
	"			size: dec max 10 into n;\n"
	"			lit \";\";\n"
	"			data: bytes(n);\n"
	"		} else if peek [*] {\n"
	"			lit \"*\";\n"
	"			skip dec max 10 into n;\n"
	"			lit \";\";\n"
	"			skip bytes(n);\n"
	"		} else if peek [,] {\n"
	"			lit \",\";\n"
	"			list: until eol max 100000;\n"
	"			lit \"\\n\";\n"
	"		} else if peek [=] {\n"
	"			lit \"=\";\n"
	"			num: dec max 10 into n;\n"
	"			lit \"\\n\";\n"
	"		} else if peek [?] {\n"
	"			lit \"?\";\n"
	"			skip until eol max 100000;\n"
	"			lit \"\\n\";\n"
	"			push 1;\n"
	"			wait;\n"
	"		} else if peek [~] {\n"
	"			lit \"~\";\n"
	"			opaque;\n"
	"		} else {\n"
	"			verb: until [ \\n] max 100;\n"
	"			skip until eol max 100000;\n"
	"			lit \"\\n\";\n"
	"		}\n"
	"	} } }\n"
	"	server { loop { unit reply {\n"
	"		if peek [+] {\n"
	"			lit \"+\";\n"
	"			skip until eol max 100000;\n"
	"			lit \"\\n\";\n"
	"			headtag t;\n"
	"			if t == 1 {\n"
	"				pop t;\n"
	"			}\n"
	"		} else if peek [*] {\n"
	"			lit \"*\";\n"
	"			skip dec max 10 into n;\n"
	"			lit \";\";\n"
	"			skip bytes(n);\n"
	"		} else if peek [=] {\n"
	"			lit \"=\";\n"
	"			count: dec max 10 into n;\n"
	"			lit \"\\n\";\n"
	"		} else {\n"
	"			text: until eol max 100000;\n"
	"			lit \"\\n\";\n"
	"		}\n"
	"	} } }\n"
	"}\n";

static const char *const rule_text[TALK_RULES] = {
	"on line.key truncate 8;",
	"on line.value replace \"ab\" with \"a0123456789AB\";",
	"on line.value replace \"d\" with \"\";",
	"on line.value class [-] with \"_\";",
	"on line.value when line.key starts-with \"k\" append \"!\";",
	"on line.data truncate 20;",
	"on line.list limit 3 by \",\";",
	"on line.verb when line.verb == \"rm\" poison with \"x\";",
	"on line.num clamp 500;",
	"on reply.text replace \"bad\" with \"bagood!\";",
	"on reply.text replace \"y\" with \"\";",
	"on reply.count clamp 70;",
};

static const struct lang_grammar *lookup(void *ctx, const char *protocol)
{
	const struct talk *t = ctx;

	return strcmp(protocol, "talk") ? NULL : t->grammar;
}

static bool open_patch(struct talk *t, int i, struct lang_diag *diag)
{
	struct pp_error err = { .msg = NULL };
	struct lang_source *src;
	char text[256], name[32];
	const void *image;
	size_t size;
	int n;

	n = snprintf(text, sizeof(text), "patch talk-%02d \"one rule\" {\n\tfor talk;\n\t%s\n}\n",
		     i, rule_text[i]);
	snprintf(name, sizeof(name), "talk-%02d.pdef", i);
	src = lang_source_memory(name, text, n);
	t->patch[i] = lang_patch_compile(src, lookup, t, NULL, 0, diag);
	lang_source_free(src);
	if (!t->patch[i])
		return false;
	image = lang_patch_image(t->patch[i], &size);
	return !pp_image_open(&t->pimg[i], image, size, &err) &&
	       !pp_verify_patch(&t->pimg[i], &t->gimg, &err);
}

/**
 * talk_open - compile the protocol and its patches
 * @t: filled in
 *
 * Return: it worked; else what is wrong was printed.
 */
bool talk_open(struct talk *t)
{
	struct lang_diag *diag = lang_diag_new();
	struct pp_error err = { .msg = NULL };
	struct lang_source *src;
	const void *image;
	bool good = false;
	size_t size;
	int i;

	memset(t, 0, sizeof(*t));
	src = lang_source_memory("talk.ppg", grammar_text, sizeof(grammar_text) - 1);
	t->grammar = lang_grammar_compile(src, diag);
	lang_source_free(src);
	if (t->grammar) {
		image = lang_grammar_image(t->grammar, &size);
		good = !pp_image_open(&t->gimg, image, size, &err) &&
		       !pp_verify_grammar(&t->gimg, &err);
		for (i = 0; i < TALK_RULES && good; i++)
			good = open_patch(t, i, diag);
	}
	lang_diag_print(diag, stdout);
	if (err.msg)
		printf("# talk: section %u, element %u: %s\n", err.section, err.index, err.msg);
	lang_diag_free(diag);
	return good;
}

/**
 * talk_close - free the protocol
 * @t: the protocol
 */
void talk_close(struct talk *t)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(t->rs); i++)
		if (t->rs[i])
			pp_ruleset_free(t->rs[i]);
	for (i = 0; i < TALK_RULES; i++)
		if (t->patch[i])
			lang_patch_free(t->patch[i]);
	if (t->grammar)
		lang_grammar_free(t->grammar);
}

/**
 * talk_rules - a ruleset
 * @t: the protocol
 * @rules: set of rules
 *
 * Return: the ruleset, or NULL for no rules.
 */
const struct pp_ruleset *talk_rules(struct talk *t, u32 rules)
{
	struct pp_rs_patch patches[TALK_RULES];
	struct pp_error err;
	u32 i, n = 0;

	if (!rules || t->rs[rules])
		return t->rs[rules];
	memset(patches, 0, sizeof(patches));
	for (i = 0; i < TALK_RULES; i++) {
		if (!(rules >> i & 1))
			continue;
		patches[n].img = &t->pimg[i];
		patches[n++].since = 1;
	}
	t->rs[rules] = pp_ruleset_build(&t->gimg, patches, n, 1, &err);
	if (!t->rs[rules]) {
		printf("# ruleset %x: %s\n", rules, err.msg);
		exit(1);
	}
	return t->rs[rules];
}

/**
 * model_clear - nothing is sent
 * @m: the model
 */
void model_clear(struct model *m)
{
	m->nin = 0;
	m->nout = 0;
	m->nasks = 0;
	/* There is room for the end of a stream without bytes, too. */
	model_add(m, "", 0);
}

/**
 * model_add - something is sent
 * @m: the model
 * @p: bytes
 * @n: how many
 */
void model_add(struct model *m, const void *p, u32 n)
{
	if (m->nin + n > m->room || !m->room) {
		m->room = (m->nin + n) * 2 + 64;
		m->in = world_grow(m->in, m->room);
		m->y = world_grow(m->y, (m->room + 1) * sizeof(*m->y));
		m->yend = world_grow(m->yend, (m->room + 1) * sizeof(*m->yend));
		m->edited = world_grow(m->edited, m->room);
		m->opaque = world_grow(m->opaque, m->room);
	}
	memcpy(m->in + m->nin, p, n);
	m->nin += n;
}

static void add_word(struct model *m, const char *alphabet, u32 most, u64 *v)
{
	u32 n = choice_take(v, most + 1), len = strlen(alphabet), i;
	u64 r = *v * 0x9e3779b97f4a7c15ull;

	for (i = 0; i < n; i++) {
		r = r * 6364136223846793005ull + 1442695040888963407ull;
		model_add(m, &alphabet[(r >> 33) % len], 1);
	}
}

static void add_sized(struct model *m, char kind, u32 most, u64 *v)
{
	u32 n = choice_take(v, most + 1), i;
	char text[24];

	/* Leading zeros are as good a number. */
	model_add(m, text, snprintf(text, sizeof(text), "%c%0*u;", kind, 1 + choice_take(v, 5), n));
	for (i = 0; i < n; i++)
		model_add(m, &"\n:#*,=abcdrm "[(*v + i * 7 + i / 5) % 13], 1);
}

static void server_unit(struct model *m, u64 v, bool opaque)
{
	char text[24];

	switch (choice_take(&v, opaque ? 6 : 5)) {
	case 0:
	case 1:
	case 2:
	case 3:
		add_word(m, "badxy ", 40, &v);
		model_add(m, "\n", 1);
		break;
	case 4:
		model_add(m, text, snprintf(text, sizeof(text), "=%0*u\n", 1 + choice_take(&v, 5),
					    choice_take(&v, 200)));
		break;
	default:
		add_sized(m, '*', 300 >> choice_take(&v, 5), &v);
		break;
	}
}

static void ask(struct model *m, u64 *v)
{
	if (m->nasks == TALK_MAX_ASKS)
		return;
	model_add(m, "?", 1);
	add_word(m, "abc ", 8, v);
	model_add(m, "\n", 1);
	m->ask_end[m->nasks++] = m->nin;
}

/**
 * model_unit - one more line is sent
 * @m: the model
 * @v: a draw; 0: none is
 * @opaque: it may be one that nobody looks at
 */
void model_unit(struct model *m, u64 v, bool opaque)
{
	char text[24];

	if (!v)
		return;
	if (m->dir == PP_S2C) {
		server_unit(m, v, opaque);
		return;
	}
	switch (choice_take(&v, opaque ? 11 : 9)) {
	case 0:
	case 1:
	case 2:
		model_add(m, ":", 1);
		add_word(m, "kab", choice_take(&v, 8) ? 12 : 200, &v);
		if (choice_take(&v, 4)) {
			model_add(m, "=", 1);
			add_word(m, "aabbcd-z=", 60, &v);
		}
		model_add(m, "\n", 1);
		break;
	case 3:
		add_sized(m, '#', 60, &v);
		break;
	case 4:
		model_add(m, ",", 1);
		add_word(m, "ab,,", 20, &v);
		model_add(m, "\n", 1);
		break;
	case 5:
	case 6:
		model_add(m, text, snprintf(text, sizeof(text), "=%0*u\n", 1 + choice_take(&v, 5),
					    choice_take(&v, 1500)));
		break;
	case 7:
		add_word(m, "rm", 2, &v);
		if (choice_take(&v, 2)) {
			model_add(m, " ", 1);
			add_word(m, "rm x", 10, &v);
		}
		model_add(m, "\n", 1);
		break;
	case 8:
		ask(m, &v);
		break;
	case 9:
		add_sized(m, '*', 400 >> choice_take(&v, 5), &v);
		break;
	default:
		if (choice_take(&v, 8))
			add_sized(m, '*', 40, &v);
		else
			model_add(m, "~", 1);
		break;
	}
}

/**
 * model_answer - the server's answer to a question
 * @m: the model of what the server sends
 */
void model_answer(struct model *m)
{
	model_add(m, "+bad\n", 5);
}

/* @n bytes become @k others as a whole; as many others map one by one. */
static void edit(struct model *m, u32 n, const void *put, u32 k)
{
	u32 i;

	if (m->nout + k > m->out_room || !m->out_room) {
		m->out_room = (m->nout + k) * 2 + 64;
		m->out = world_grow(m->out, m->out_room);
		m->origin = world_grow(m->origin, m->out_room * sizeof(*m->origin));
	}
	for (i = 0; i < n; i++) {
		m->y[m->at + i] = m->nout + (n == k ? i : 0);
		m->yend[m->at + i] = m->nout + (n == k ? i + 1 : k);
		m->edited[m->at + i] = n != k || m->in[m->at + i] != ((const u8 *)put)[i];
		m->opaque[m->at + i] = 0;
	}
	for (i = 0; i < k; i++)
		m->origin[m->nout + i] = U32_MAX;
	if (k)
		memcpy(m->out + m->nout, put, k);
	m->nout += k;
	m->at += n;
}

static void copy(struct model *m, u32 n)
{
	n = min(n, m->nin - m->at);
	edit(m, n, m->in + m->at, n);
}

/* As copy(), of bytes that nobody looks at. */
static void skip(struct model *m, u32 n)
{
	u32 at = m->at;

	copy(m, n);
	for (; at < m->at; at++) {
		m->opaque[at] = 1;
		m->origin[m->y[at]] = at;
	}
}

static bool rule(const struct model *m, int i)
{
	return m->rules >> i & 1;
}

static u32 until(const struct model *m, u32 at, const char *stop)
{
	while (at < m->nin && !strchr(stop, m->in[at]))
		at++;
	return at;
}

static void value(struct model *m, u32 end)
{
	u32 from = m->at;

	while (m->at < end) {
		u8 c = m->in[m->at], before = m->at > from ? m->in[m->at - 1] : 0;

		if (rule(m, 1) && before == 'a' && c == 'b')
			edit(m, 1, "0123456789AB", 12);
		else if (rule(m, 2) && c == 'd')
			edit(m, 1, NULL, 0);
		else if (rule(m, 3) && c == '-')
			edit(m, 1, "_", 1);
		else
			copy(m, 1);
	}
}

static void pair(struct model *m)
{
	u32 end = until(m, m->at + 1, "=\n"), n = end - m->at - 1;
	bool k = n && m->in[m->at + 1] == 'k';

	copy(m, 1);
	if (rule(m, 0) && n > 8) {
		copy(m, 8);
		edit(m, n - 8, NULL, 0);
	} else {
		copy(m, n);
	}
	if (m->at == m->nin || m->in[m->at] != '=') {
		copy(m, 1);
		return;
	}
	copy(m, 1);
	value(m, until(m, m->at, "\n"));
	if (rule(m, 4) && k && m->at < m->nin)
		edit(m, 1, "!\n", 2);
	else
		copy(m, 1);
}

/* A number that is not to be above @most; its value. */
static u32 number(struct model *m, bool clamp, u32 most)
{
	u32 end = m->at, v = 0;
	char text[16];

	while (end < m->nin && m->in[end] >= '0' && m->in[end] <= '9')
		v = v * 10 + m->in[end++] - '0';
	if (clamp && v > most && end > m->at)
		edit(m, end - m->at, text, snprintf(text, sizeof(text), "%u", most));
	else
		copy(m, end - m->at);
	return v;
}

static void sized(struct model *m, bool cut)
{
	u32 n, keep;

	copy(m, 1);
	n = number(m, cut, 20);
	copy(m, 1);
	n = min(n, m->nin - m->at);
	if (!cut) {
		skip(m, n);
		return;
	}
	keep = min(n, 20u);
	copy(m, keep);
	edit(m, n - keep, NULL, 0);
}

static void list(struct model *m)
{
	u32 end = until(m, m->at, "\n"), parts = 1;

	copy(m, 1);
	while (m->at < end) {
		parts += m->in[m->at] == ',';
		if (rule(m, 6) && parts > 3)
			edit(m, 1, " ", 1);
		else
			copy(m, 1);
	}
	copy(m, 1);
}

static void command(struct model *m)
{
	u32 verb = until(m, m->at, " \n"), end = until(m, m->at, "\n");
	bool rm = rule(m, 7) && verb - m->at == 2 && !memcmp(m->in + m->at, "rm", 2);

	copy(m, verb - m->at);
	if (rm && m->at < m->nin) {
		if (m->in[m->at] == ' ')
			edit(m, 1, "x", 1);
		else
			edit(m, 1, "x\n", 2);
	}
	if (m->at <= end)
		copy(m, end + 1 - m->at);
}

static void text(struct model *m)
{
	u32 from = m->at, end = until(m, from, "\n");

	while (m->at < end) {
		const u8 *p = m->in + m->at;
		u32 n = m->at - from;

		if (rule(m, 9) && n >= 2 && !memcmp(p - 2, "bad", 3))
			edit(m, 1, "good!", 5);
		else if (rule(m, 10) && *p == 'y')
			edit(m, 1, NULL, 0);
		else
			copy(m, 1);
	}
	copy(m, 1);
}

static void numbered(struct model *m, bool clamp, u32 most)
{
	copy(m, 1);
	number(m, clamp, most);
	copy(m, 1);
}

static void rest(struct model *m)
{
	copy(m, 1);
	skip(m, m->nin - m->at);
}

/**
 * model_run - find what must arrive
 * @m: the model
 */
void model_run(struct model *m)
{
	bool server = m->dir == PP_S2C;

	m->at = 0;
	m->nout = 0;
	while (m->at < m->nin) {
		u8 kind = m->in[m->at];

		if (kind == '*')
			sized(m, false);
		else if (kind == '=')
			numbered(m, rule(m, server ? 11 : 8), server ? 70 : 500);
		else if (kind == '+' && server)
			copy(m, until(m, m->at, "\n") + 1 - m->at);
		else if (server)
			text(m);
		else if (kind == ':')
			pair(m);
		else if (kind == '#')
			sized(m, rule(m, 5));
		else if (kind == ',')
			list(m);
		else if (kind == '?')
			copy(m, until(m, m->at, "\n") + 1 - m->at);
		else if (kind == '~')
			rest(m);
		else
			command(m);
	}
	m->y[m->nin] = m->nout;
	m->yend[m->nin] = m->nout;
}

/**
 * model_other - another byte that may stand in the place of one
 * @byte: the byte
 * @v: what is left of a draw
 *
 * Return: a byte with which the lines keep their ends.
 */
u8 model_other(u8 byte, u64 *v)
{
	static const char letters[] = "abcdkxyz";

	if (byte < 'a' || byte > 'z')
		return byte;
	*v = *v * 6364136223846793005ull + 1442695040888963407ull;
	return letters[(*v >> 33) % 8];
}
