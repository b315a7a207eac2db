// SPDX-License-Identifier: GPL-2.0
/* What the lines are made of, and what must become of them. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evade.h"

/* An exploit's letters: "${" goes over the end of a chunk. */
#define BRACE	'{'
#define CUT	'A'	/* and on, by writer: becomes nothing */
#define GROWN	'P'	/* and on: becomes one digit or three */
#define DOLLAR	'$'
#define PLAIN	'a'	/* and on, four for each writer: stay */
#define NOT_SEEN	'.'
#define SEEN	'!'

/* The fields of the grammar: the chunks, or those in front of and behind opaque ones. */
#define TEXT	"text"
#define TAIL	"tail"

static char letter(int writer, bool exploit, int i)
{
	const char bad[CHUNK] = { BRACE, CUT + writer, GROWN + writer, DOLLAR };

	return exploit ? bad[i] : PLAIN + writer * CHUNK + i;
}

static int grown(int writer)
{
	return writer % 2 ? 3 : 1;
}

/**
 * line_text() - a line as one writer writes it
 * @line: LINE_LEN bytes
 * @id: its identity
 * @writer: who writes
 * @exploit: with the letters of an exploit
 */
void line_text(char *line, size_t id, int writer, bool exploit)
{
	char digits[ID_LEN + 1];
	int i;

	snprintf(digits, sizeof(digits), "%0*zu", ID_LEN, id % 100000000);
	memcpy(line, digits, ID_LEN);
	for (i = 0; i < TEXT_LEN; i++)
		line[ID_LEN + i] = letter(writer, exploit, i % CHUNK);
	memset(line + ID_LEN + TEXT_LEN, NOT_SEEN, SAW_LEN);
	line[LINE_LEN - 1] = '\n';
}

/* Whose chunk begins at @p, and how long it is; or -1. @prev: the byte in front of it */
static int writer_of(const char *p, const char *end, char prev, bool *exploit, int *len)
{
	const char c = p < end ? *p : 0;
	int writer, i;

	*exploit = c == (prev == DOLLAR ? '_' : BRACE);
	if (*exploit) {
		writer = p + 1 < end ? p[1] - '1' : -1;
		if (writer < 0 || writer >= NWRITER)
			return -1;
		*len = 2 + grown(writer);
		if (end - p < *len || p[*len - 1] != DOLLAR)
			return -1;
		for (i = 1; i <= grown(writer); i++)
			if (p[i] != p[1])
				return -1;
		return writer;
	}
	*len = CHUNK;
	if (c < PLAIN || c >= PLAIN + NWRITER * CHUNK || end - p < CHUNK)
		return -1;
	writer = (c - PLAIN) / CHUNK;
	for (i = 0; i < CHUNK; i++)
		if (p[i] != letter(writer, false, i))
			return -1;
	return writer;
}

/* The same for an opaque chunk. */
static int writer_of_raw(const char *p, const char *end, bool *exploit)
{
	int writer, kind, i;

	if (end - p < CHUNK)
		return -1;
	for (writer = 0; writer < NWRITER; writer++) {
		for (kind = 0; kind < 2; kind++) {
			*exploit = kind;
			for (i = 0; i < CHUNK && p[i] == letter(writer, kind, i); i++)
				;
			if (i == CHUNK)
				return writer;
		}
	}
	return -1;
}

static bool is_opaque(const struct plan *p, int chunk)
{
	return p->opaque && chunk >= OPAQUE && chunk < OPAQUE_END;
}

/* May a chunk be this writer's? */
static bool wrote(const struct schedule *s, int chunk, int writer, bool exploit)
{
	const struct step *t = &s->steps[writer < MAX_STEPS ? writer : 0];

	if (writer == REPAIR)
		return exploit == s->repair_exploit;
	if (writer == TRICK)
		return s->trick && s->trick->flags & TRICK_COUNTS && exploit && chunk;
	return writer < s->nsteps && chunk >= t->from && chunk < t->to && exploit == t->exploit;
}

/**
 * line_judge() - is a line what the parser made of what was sent?
 * @p: the schedules
 * @line: a line as the server received it, with its line feed
 * @len: its length
 * @id: its identity
 * @why: what is wrong
 *
 * Every chunk must come whole from one who wrote it, an exploit's as the patch makes
 * it; and the parser must have seen that writer there, and no other. In an opaque chunk
 * it changes nothing and sees nobody.
 *
 * Return: false if something is wrong.
 */
bool line_judge(const struct plan *p, const char *line, size_t len, size_t *id, char why[128])
{
	const char *at = line + ID_LEN, *end = line + len - 1 - SAW_LEN;
	int chunk, writer, n, w;
	bool exploit, raw;
	char prev = 0;

	*id = p->n;
	for (n = 0; n < ID_LEN; n++)
		if (n >= (int)len || !isdigit((unsigned char)line[n]))
			break;
	if (n == ID_LEN)
		*id = strtoul(line, NULL, 10);
	snprintf(why, 128, "no such line");
	if (*id >= p->n || len < ID_LEN + SAW_LEN + 1)
		return false;
	for (chunk = 0; chunk < NCHUNK; chunk++) {
		raw = is_opaque(p, chunk);
		n = CHUNK;
		writer = raw ? writer_of_raw(at, end, &exploit) :
			       writer_of(at, end, prev, &exploit, &n);
		snprintf(why, 128, "chunk %d is nobody's", chunk);
		if (writer < 0)
			return false;
		snprintf(why, 128, "chunk %d is that of writer %d, who may not count", chunk, writer);
		if (!wrote(&p->s[*id], chunk, writer, exploit))
			return false;
		for (w = 0; w < NWRITER; w++) {
			snprintf(why, 128, "chunk %d is that of writer %d, and what the parser saw of writer %d is '%c'",
				 chunk, writer, w, end[chunk * NWRITER + w]);
			if (end[chunk * NWRITER + w] != (w == writer && !raw ? SEEN : NOT_SEEN))
				return false;
		}
		at += n;
		/* a field ends in front of what is opaque, and another begins behind it */
		prev = raw ? 0 : at[-1];
	}
	snprintf(why, 128, "more than six chunks");
	return at == end;
}

static bool field_harmless(const char *p, const char *end)
{
	const char *start = p;

	for (; p < end; p++) {
		if ((*p >= CUT && *p < CUT + NWRITER) || (*p >= GROWN && *p < GROWN + NWRITER) ||
		    (p > start && *p == BRACE && p[-1] == DOLLAR))
			return false;
	}
	return true;
}

/**
 * line_harmless() - would the patch leave it as it is?
 * @p: the schedules
 * @line: a line or a part of one
 * @len: its length
 *
 * Return: no exploit has arrived uncorrected.
 */
bool line_harmless(const struct plan *p, const char *line, size_t len)
{
	const char *end = line + len, *at = line + ID_LEN;
	int chunk, n, writer;
	bool exploit;
	char prev = 0;

	if (!p->opaque || len < ID_LEN)
		return field_harmless(line, end);
	for (chunk = 0; chunk < OPAQUE; chunk++) {
		writer = writer_of(at, end, prev, &exploit, &n);
		/* where nobody's chunk is, nothing is known to be opaque */
		if (writer < 0)
			return field_harmless(line, end);
		at += n;
		prev = at[-1];
	}
	if (end - at <= (OPAQUE_END - OPAQUE) * CHUNK)
		return field_harmless(line, at);
	return field_harmless(line, at) &&
	       field_harmless(at + (OPAQUE_END - OPAQUE) * CHUNK, end);
}

static void grammar_field(const char *name, int from, int to)
{
	int k;

	printf("\t\t\t\tn = %d;\n\t\t\t\t%s: {\n", CHUNK, name);
	for (k = from; k < to; k++)
		printf("\t\t\t\t\tchunk%d: bytes(n);\n", k);
	printf("\t\t\t\t}\n");
}

static void grammar_skip(int len)
{
	printf("\t\t\t\tn = %d;\n\t\t\t\tskip bytes(n);\n", len);
}

/**
 * line_grammar() - print the grammar
 * @p: the schedules
 */
void line_grammar(const struct plan *p)
{
	int k, w;

	printf("protocol evasion \"lines of chunks, and what the parser saw of them\" {\n"
	       "\ttransport tcp 7777;\n"
	       "\treg n;\n"
	       "\tclient {\n\t\tloop {\n\t\t\tunit line {\n");
	grammar_skip(ID_LEN);
	grammar_field(TEXT, 0, p->opaque ? OPAQUE : NCHUNK);
	if (p->opaque) {
		grammar_skip((OPAQUE_END - OPAQUE) * CHUNK);
		grammar_field(TAIL, OPAQUE_END, NCHUNK);
	}
	for (k = 0; k < NCHUNK; k++)
		for (w = 0; w < NWRITER; w++)
			printf("\t\t\t\tsaw%d-%d: byte;\n", k, w);
	printf("\t\t\t\tlit \"\\n\";\n"
	       "\t\t\t}\n\t\t}\n\t}\n"
	       "\tserver {\n\t\tskip rest;\n\t}\n"
	       "}\n");
}

static void patch_field(const char *name, int from, int to)
{
	char digits[4];
	int k, w;

	printf("\ton line.%s replace \"%c%c\" with \"%c_\";\n", name, DOLLAR, BRACE, DOLLAR);
	for (w = 0; w < NWRITER; w++) {
		memset(digits, 0, sizeof(digits));
		memset(digits, '1' + w, grown(w));
		printf("\ton line.%s replace \"%c\" with \"\";\n", name, CUT + w);
		printf("\ton line.%s replace \"%c\" with \"%s\";\n", name, GROWN + w, digits);
		for (k = from; k < to; k++)
			printf("\ton line.saw%d-%d when line.%s.chunk%d has [%c-%c%c%c] replace \"%c\" with \"%c\";\n",
			       k, w, name, k, letter(w, false, 0), letter(w, false, CHUNK - 1),
			       CUT + w, GROWN + w, NOT_SEEN, SEEN);
	}
}

/**
 * line_patch() - print the patch
 * @p: the schedules
 */
void line_patch(const struct plan *p)
{
	printf("patch EVASION \"exploits of every writer\" {\n"
	       "\tfor evasion;\n");
	patch_field(TEXT, 0, p->opaque ? OPAQUE : NCHUNK);
	if (p->opaque)
		patch_field(TAIL, OPAQUE_END, NCHUNK);
	printf("}\n");
}
