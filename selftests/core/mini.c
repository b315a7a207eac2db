// SPDX-License-Identifier: GPL-2.0
/*
 * The protocol "mini": lines of a kind byte and what belongs to it.
 *
 *	client	:KEY=VALUE\n	KEY cut to 8 bytes; in VALUE "ab" becomes "a" and 12
 *				bytes, "d" goes, "-" becomes "_"; "!" is
 *				appended to VALUE when KEY starts with "k"
 *		#DIGITS;DATA	DATA is DIGITS bytes: cut to 20, DIGITS clamped
 *		*DIGITS;DATA	nobody looks at DATA
 *		,A,B,C\n	the first 3 parts stay
 *		V ARG\n		verb V is poisoned with "x" if ARG is "rm"... the verb
 *				ends before ARG: the verb itself is asked
 *	server	TEXT\n		"bad" becomes "ba" and 5 bytes
 */
#include "mini.h"

#include <ctype.h>
#include <stdio.h>

static const char grammar_text[] =
	"protocol mini \"small lines\" {\n"
	"	transport tcp 7777;\n"
	"	set eol = [\\n];\n"
	"	reg n;\n"
	"	client {\n"
	"		loop {\n"
	"			unit line {\n"
	"				length size of data;\n"
	"				if peek [:] {\n"
	"					lit \":\";\n"
	"					key: until [=\\n] max 100000;\n"
	"					if peek [=] {\n"
	"						lit \"=\";\n"
	"						value: until eol max 100000;\n"
	"					}\n"
	"					lit \"\\n\";\n"
	"				} else if peek [#] {\n"
	"					lit \"#\";\n"
	"					size: dec max 10 into n;\n"
	"					lit \";\";\n"
	"					data: bytes(n);\n"
	"				} else if peek [*] {\n"
	"					lit \"*\";\n"
	"					skip dec max 10 into n;\n"
	"					lit \";\";\n"
	"					skip bytes(n);\n"
	"				} else if peek [,] {\n"
	"					lit \",\";\n"
	"					list: until eol max 100000;\n"
	"					lit \"\\n\";\n"
	"				} else {\n"
	"					verb: until [ \\n] max 100;\n"
	"					arg: until eol max 100000;\n"
	"					lit \"\\n\";\n"
	"				}\n"
	"			}\n"
	"		}\n"
	"	}\n"
	"	server {\n"
	"		loop {\n"
	"			unit reply {\n"
	"				text: until eol max 100000;\n"
	"				lit \"\\n\";\n"
	"			}\n"
	"		}\n"
	"	}\n"
	"}\n";

static const char patch_text[] =
	"patch mini-all \"every kind of edit\" {\n"
	"	for mini;\n"
	"	on line.key truncate 8;\n"
	"	on line.value replace \"ab\" with \"a0123456789AB\";\n"
	"	on line.value replace \"d\" with \"\";\n"
	"	on line.value class [-] with \"_\";\n"
	"	on line.value when line.key starts-with \"k\" append \"!\";\n"
	"	on line.data truncate 20;\n"
	"	on line.list limit 3 by \",\";\n"
	"	on line.verb when line.verb == \"rm\" poison with \"x\";\n"
	"	on reply.text replace \"bad\" with \"bagood!\";\n"
	"}\n";

static void *or_die(void *p)
{
	if (!p) {
		fputs("out of memory\n", stderr);
		exit(1);
	}
	return p;
}

/**
 * bytes_add - append
 * @b: the bytes
 * @p: what is appended
 * @n: how much
 */
void bytes_add(struct bytes *b, const void *p, size_t n)
{
	if (b->n + n > b->room) {
		b->room = (b->n + n) * 2;
		b->p = or_die(realloc(b->p, b->room));
	}
	if (n)
		memcpy(b->p + b->n, p, n);
	b->n += n;
}

/**
 * test_random - the next number of a sequence
 * @state: its state, any seed
 *
 * Return: 31 random bits.
 */
u32 test_random(u64 *state)
{
	*state = *state * 6364136223846793005ull + 1442695040888963407ull;
	return *state >> 33;
}

static const struct lang_grammar *lookup(void *ctx, const char *protocol)
{
	const struct mini *m = ctx;

	return strcmp(protocol, "mini") ? NULL : m->grammar;
}

/**
 * mini_open - compile the protocol and its patch
 * @m: filled in
 *
 * Return: it worked; else what is wrong was printed.
 */
bool mini_open(struct mini *m)
{
	return mini_open_text(m, grammar_text, patch_text);
}

/**
 * mini_open_text - compile another protocol and a patch for it
 * @m: filled in
 * @grammar: the protocol, called mini
 * @patch: the patch, called mini-all
 *
 * Return: it worked; else what is wrong was printed.
 */
bool mini_open_text(struct mini *m, const char *grammar, const char *patch)
{
	struct lang_diag *diag = lang_diag_new();
	struct pp_rs_patch one = { .since = 1 };
	struct pp_error err = { .msg = NULL };
	struct lang_source *gs, *ps;
	const void *image;
	size_t size;

	memset(m, 0, sizeof(*m));
	gs = lang_source_memory("mini.ppg", grammar, strlen(grammar));
	ps = lang_source_memory("mini-all.pdef", patch, strlen(patch));
	m->grammar = lang_grammar_compile(gs, diag);
	if (m->grammar)
		m->patch = lang_patch_compile(ps, lookup, m, NULL, 0, diag);
	lang_source_free(gs);
	lang_source_free(ps);
	if (m->patch) {
		image = lang_grammar_image(m->grammar, &size);
		if (!pp_image_open(&m->gimg, image, size, &err) &&
		    !pp_verify_grammar(&m->gimg, &err)) {
			image = lang_patch_image(m->patch, &size);
			one.img = &m->pimg;
			if (!pp_image_open(&m->pimg, image, size, &err) &&
			    !pp_verify_patch(&m->pimg, &m->gimg, &err))
				m->rs = pp_ruleset_build(&m->gimg, &one, 1, 1, &err);
		}
		if (!m->rs)
			printf("# mini: section %u, element %u: %s\n", err.section, err.index,
			       err.msg);
	} else {
		lang_diag_print(diag, stdout);
	}
	lang_diag_free(diag);
	return m->rs;
}

/**
 * mini_close - free the protocol
 * @m: the protocol
 */
void mini_close(struct mini *m)
{
	pp_ruleset_free(m->rs);
	lang_patch_free(m->patch);
	lang_grammar_free(m->grammar);
}

static void add_word(struct bytes *b, const char *alphabet, u32 most, u64 *random)
{
	u32 n = test_random(random) % (most + 1), len = strlen(alphabet);

	while (n--)
		bytes_add(b, &alphabet[test_random(random) % len], 1);
}

static void add_sized(struct bytes *b, char kind, u32 most, u64 *random)
{
	u32 n = test_random(random) % (most + 1);
	char text[24];

	/* Leading zeros are as good a number. */
	bytes_add(b, text, snprintf(text, sizeof(text), "%c%0*u;", kind,
				    1 + test_random(random) % 5, n));
	while (n--)
		bytes_add(b, &"\n:#*,=abcdrm "[test_random(random) % 13], 1);
}

/**
 * mini_input - random input that meets the rules often
 * @b: where it is appended
 * @dir: direction
 * @at_least: bytes
 * @random: the sequence
 * @opaque: with spans that nobody looks at
 */
void mini_input(struct bytes *b, int dir, size_t at_least, u64 *random, bool opaque)
{
	while (b->n < at_least) {
		if (dir == PP_S2C) {
			add_word(b, "bad c", 40, random);
			bytes_add(b, "\n", 1);
			continue;
		}
		switch (test_random(random) % 6) {
		case 0:
		case 1:
			bytes_add(b, ":", 1);
			add_word(b, "kab", 12, random);
			if (test_random(random) % 4) {
				bytes_add(b, "=", 1);
				add_word(b, "aabbcd-z=", 60, random);
			}
			bytes_add(b, "\n", 1);
			break;
		case 2:
			add_sized(b, '#', 60, random);
			break;
		case 3:
			if (opaque)
				add_sized(b, '*', 3000, random);
			break;
		case 4:
			bytes_add(b, ",", 1);
			add_word(b, "ab,,", 20, random);
			bytes_add(b, "\n", 1);
			break;
		default:
			add_word(b, "rm", 2, random);
			if (test_random(random) % 2) {
				bytes_add(b, " ", 1);
				add_word(b, "rm x", 10, random);
			}
			bytes_add(b, "\n", 1);
			break;
		}
	}
}

static size_t until(const struct bytes *in, size_t at, const char *stop)
{
	while (at < in->n && !strchr(stop, in->p[at]))
		at++;
	return at;
}

static void value(const struct bytes *in, size_t from, size_t to, struct bytes *out)
{
	size_t i;

	for (i = from; i < to; i++) {
		if (i > from && in->p[i - 1] == 'a' && in->p[i] == 'b')
			bytes_add(out, "0123456789AB", 12);
		else if (in->p[i] == 'd')
			continue;
		else if (in->p[i] == '-')
			bytes_add(out, "_", 1);
		else
			bytes_add(out, &in->p[i], 1);
	}
}

static size_t line(const struct bytes *in, size_t at, struct bytes *out)
{
	size_t key = at + 1, end = until(in, key, "=\n"), stop;

	bytes_add(out, ":", 1);
	bytes_add(out, in->p + key, min(end - key, (size_t)8));
	if (in->p[end] == '=') {
		bytes_add(out, "=", 1);
		stop = until(in, end + 1, "\n");
		value(in, end + 1, stop, out);
		if (in->p[key] == 'k')
			bytes_add(out, "!", 1);
		end = stop;
	}
	bytes_add(out, "\n", 1);
	return end + 1;
}

static size_t sized(const struct bytes *in, size_t at, struct bytes *out)
{
	size_t end = until(in, at, ";"), n = strtoul((const char *)in->p + at + 1, NULL, 10);

	if (in->p[at] == '#' && n > 20) {
		bytes_add(out, "#20;", 4);
		bytes_add(out, in->p + end + 1, 20);
	} else {
		bytes_add(out, in->p + at, end + 1 + n - at);
	}
	return end + 1 + n;
}

static size_t list(const struct bytes *in, size_t at, struct bytes *out)
{
	size_t end = until(in, at, "\n"), i, parts = 1;

	bytes_add(out, ",", 1);
	for (i = at + 1; i < end; i++) {
		parts += in->p[i] == ',';
		bytes_add(out, parts > 3 ? (const u8 *)" " : &in->p[i], 1);
	}
	bytes_add(out, "\n", 1);
	return end + 1;
}

static size_t command(const struct bytes *in, size_t at, struct bytes *out)
{
	size_t verb = until(in, at, " \n"), end = until(in, at, "\n");
	bool rm = verb - at == 2 && in->p[at] == 'r' && in->p[at + 1] == 'm';

	bytes_add(out, in->p + at, verb - at);
	if (rm)
		bytes_add(out, "x", 1);
	if (rm && in->p[verb] == ' ')
		verb++;
	bytes_add(out, in->p + verb, end + 1 - verb);
	return end + 1;
}

static size_t reply(const struct bytes *in, size_t at, struct bytes *out)
{
	size_t end = until(in, at, "\n"), i;

	for (i = at; i < end; i++) {
		if (i >= at + 2 && !memcmp(in->p + i - 2, "bad", 3))
			bytes_add(out, "good!", 5);
		else
			bytes_add(out, &in->p[i], 1);
	}
	bytes_add(out, "\n", 1);
	return end + 1;
}

/**
 * mini_oracle - what must arrive
 * @in: what is sent, whole lines
 * @dir: direction
 * @out: appended to
 */
void mini_oracle(const struct bytes *in, int dir, struct bytes *out)
{
	size_t at = 0;

	while (at < in->n) {
		if (dir == PP_S2C)
			at = reply(in, at, out);
		else if (in->p[at] == ':')
			at = line(in, at, out);
		else if (in->p[at] == '#' || in->p[at] == '*')
			at = sized(in, at, out);
		else if (in->p[at] == ',')
			at = list(in, at, out);
		else
			at = command(in, at, out);
	}
}
