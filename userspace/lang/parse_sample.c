// SPDX-License-Identifier: GPL-2.0
/* Samples of patches: what is sent, and what must arrive. */
#include <string.h>

#include "parse_patch.h"

static bool parse_sum(struct parser *p, struct lang_bytes *value);

static bool too_long(struct parser *p, struct lang_pos pos)
{
	lang_diag_at(p->diag, p->src, pos, NULL, "more than %u bytes in a sample",
		     LANG_MAX_SAMPLE);
	return false;
}

static bool parse_repeat(struct parser *p, struct lang_bytes *value)
{
	struct lang_pos pos = p->tok.pos;
	unsigned char *data;
	uint64_t times;

	if (parse_punct(p, '(')) {
		if (!parse_enter(p))
			return false;
		if (!parse_sum(p, value))
			return false;
		p->depth--;
		if (!parse_expect(p, ')'))
			return false;
	} else if (!parse_string(p, "a string", value)) {
		return false;
	}
	while (parse_punct(p, '*')) {
		if (!parse_int(p, "how many times, an integer", UINT64_MAX, &times))
			return false;
		if (value->len && times > LANG_MAX_SAMPLE / value->len)
			return too_long(p, pos);
		if (!value->len)
			times = 0;
		data = arena_alloc(p->arena, value->len * times + 1);
		for (uint64_t i = 0; i < times; i++)
			memcpy(data + i * value->len, value->data, value->len);
		*value = (struct lang_bytes){ data, value->len * times };
	}
	return true;
}

static bool parse_sum(struct parser *p, struct lang_bytes *value)
{
	struct lang_pos pos = p->tok.pos;
	struct lang_bytes more;
	size_t cap;
	unsigned char *data;

	if (!parse_repeat(p, value))
		return false;
	if (!parse_at(p, '+'))
		return true;
	cap = value->len * 2 + 64;
	data = arena_alloc(p->arena, cap);
	memcpy(data, value->data, value->len);
	value->data = data;
	while (parse_punct(p, '+')) {
		if (!parse_repeat(p, &more))
			return false;
		if (more.len > LANG_MAX_SAMPLE - value->len)
			return too_long(p, pos);
		if (value->len + more.len > cap) {
			cap = (value->len + more.len) * 2;
			data = arena_alloc(p->arena, cap);
			memcpy(data, value->data, value->len);
			value->data = data;
		}
		memcpy(data + value->len, more.data, more.len);
		value->len += more.len;
	}
	return true;
}

static bool parse_item(struct parser *p, struct lang_sample *sample)
{
	static const char *const words[] = {
		"client", "server", "server-sees", "client-sees", "unchanged", "dropped",
		"reset", NULL,
	};
	struct lang_bytes *const values[] = {
		&sample->client, &sample->server, &sample->server_sees, &sample->client_sees,
	};
	struct lang_pos pos = p->tok.pos;
	unsigned int i;

	if (p->tok.kind != T_WORD)
		return parse_fail(p, "client, server, server-sees, client-sees or what becomes of it");
	for (i = 0; words[i] && strcmp(words[i], p->tok.text); i++)
		;
	if (!words[i]) {
		lang_diag_at(p->diag, p->src, pos, parse_suggest(p->arena, p->tok.text, words),
			     "\"%s\" is not part of a sample", p->tok.text);
		return false;
	}
	parse_next(p);
	if (i >= 4) {
		sample->flags |= 1u << (i - 4);
		return parse_expect(p, ';');
	}
	if (values[i]->data)
		lang_diag_at(p->diag, p->src, pos, "join the strings with +",
			     "\"%s\" is given twice", words[i]);
	return parse_sum(p, values[i]) && parse_expect(p, ';');
}

static void check(struct parser *p, const struct lang_sample *s)
{
	bool sees = s->server_sees.data || s->client_sees.data;
	unsigned int outcomes = !!(s->flags & LANG_SAMPLE_UNCHANGED) +
				!!(s->flags & LANG_SAMPLE_DROPPED) +
				!!(s->flags & LANG_SAMPLE_RESET);
	const char *hint = "end it with server-sees \"...\"; client-sees \"...\"; unchanged; dropped; or reset;";

	if (!s->client.data && !s->server.data)
		lang_diag_at(p->diag, p->src, s->pos, "add: client \"...\";",
			     "a sample in which nobody sends");
	else if (!outcomes && !sees)
		lang_diag_at(p->diag, p->src, s->pos, hint,
			     "the sample does not say what must arrive");
	else if (outcomes > 1 || (s->flags & LANG_SAMPLE_UNCHANGED && sees))
		lang_diag_at(p->diag, p->src, s->pos, NULL,
			     "the sample says two things about what must arrive");
	else if (s->client_sees.data && !s->server.data)
		lang_diag_at(p->diag, p->src, s->pos, "add: server \"...\";",
			     "the client sees something, but the server sends nothing");
	else if (s->server_sees.data && !s->client.data)
		lang_diag_at(p->diag, p->src, s->pos, "add: client \"...\";",
			     "the server sees something, but the client sends nothing");
}

/**
 * parse_sample() - take a sample behind its "sample"
 * @p: the parser
 * @sample: the sample
 *
 * Return: whether there was one.
 */
bool parse_sample(struct parser *p, struct lang_sample *sample)
{
	sample->pos = p->tok.pos;
	if (!parse_text(p, "the name of the sample, a string", &sample->name) ||
	    !parse_expect(p, '{'))
		return false;
	while (p->tok.kind != T_END && !parse_at(p, '}'))
		if (!parse_item(p, sample))
			parse_recover(p);
	check(p, sample);
	return parse_expect(p, '}');
}
