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
 * it; and the parser must have seen that writer there, and no other.
 *
 * Return: false if something is wrong.
 */
bool line_judge(const struct plan *p, const char *line, size_t len, size_t *id, char why[128])
{
	const char *at = line + ID_LEN, *end = line + len - 1 - SAW_LEN;
	int chunk, writer, n, w;
	bool exploit;
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
		writer = writer_of(at, end, prev, &exploit, &n);
		snprintf(why, 128, "chunk %d is nobody's", chunk);
		if (writer < 0)
			return false;
		snprintf(why, 128, "chunk %d is that of writer %d, who may not count", chunk, writer);
		if (!wrote(&p->s[*id], chunk, writer, exploit))
			return false;
		for (w = 0; w < NWRITER; w++) {
			snprintf(why, 128, "chunk %d is that of writer %d, and what the parser saw of writer %d is '%c'",
				 chunk, writer, w, end[chunk * NWRITER + w]);
			if (end[chunk * NWRITER + w] != (w == writer ? SEEN : NOT_SEEN))
				return false;
		}
		at += n;
		prev = at[-1];
	}
	snprintf(why, 128, "more than six chunks");
	return at == end;
}

/**
 * line_harmless() - would the patch leave it as it is?
 * @line: a line or a part of one
 * @len: its length
 *
 * Return: no exploit has arrived uncorrected.
 */
bool line_harmless(const char *line, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if ((line[i] >= CUT && line[i] < CUT + NWRITER) ||
		    (line[i] >= GROWN && line[i] < GROWN + NWRITER) ||
		    (i && line[i] == BRACE && line[i - 1] == DOLLAR))
			return false;
	}
	return true;
}

/** line_grammar() - print the grammar */
void line_grammar(void)
{
	int k, w;

	printf("protocol evasion \"lines of chunks, and what the parser saw of them\" {\n"
	       "\ttransport tcp 7777;\n"
	       "\treg n;\n"
	       "\tclient {\n\t\tloop {\n\t\t\tunit line {\n"
	       "\t\t\t\tn = %d;\n\t\t\t\tskip bytes(n);\n"
	       "\t\t\t\tn = %d;\n\t\t\t\ttext: {\n", ID_LEN, CHUNK);
	for (k = 0; k < NCHUNK; k++)
		printf("\t\t\t\t\tchunk%d: bytes(n);\n", k);
	printf("\t\t\t\t}\n");
	for (k = 0; k < NCHUNK; k++)
		for (w = 0; w < NWRITER; w++)
			printf("\t\t\t\tsaw%d-%d: byte;\n", k, w);
	printf("\t\t\t\tlit \"\\n\";\n"
	       "\t\t\t}\n\t\t}\n\t}\n"
	       "\tserver {\n\t\tskip rest;\n\t}\n"
	       "}\n");
}

static void patch_writer(int w)
{
	char digits[4] = { 0 };
	int k;

	memset(digits, '1' + w, grown(w));
	printf("\ton line.text replace \"%c\" with \"\";\n", CUT + w);
	printf("\ton line.text replace \"%c\" with \"%s\";\n", GROWN + w, digits);
	for (k = 0; k < NCHUNK; k++)
		printf("\ton line.saw%d-%d when line.text.chunk%d has [%c-%c%c%c] replace \"%c\" with \"%c\";\n",
		       k, w, k, letter(w, false, 0), letter(w, false, CHUNK - 1), CUT + w, GROWN + w,
		       NOT_SEEN, SEEN);
}

/** line_patch() - print the patch */
void line_patch(void)
{
	int w;

	printf("patch EVASION \"exploits of every writer\" {\n"
	       "\tfor evasion;\n"
	       "\ton line.text replace \"%c%c\" with \"%c_\";\n", DOLLAR, BRACE, DOLLAR);
	for (w = 0; w < NWRITER; w++)
		patch_writer(w);
	printf("}\n");
}
