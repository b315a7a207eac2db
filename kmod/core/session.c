// SPDX-License-Identifier: GPL-2.0
/* Replies that are due, in order: which request the server answers next. */
#include "run.h"

/**
 * pp_session_push() - note that a reply is due
 * @s: the session
 * @tag: what kind; 0 for the ordinary kind, any number of which fit
 *
 * Return: false if there is no room: the requester has to wait.
 */
bool pp_session_push(struct pp_session *s, u8 tag)
{
	if (!tag && s->n && !s->due[s->n - 1].tag && s->due[s->n - 1].count < U16_MAX) {
		s->due[s->n - 1].count++;
		return true;
	}
	if (s->n == PP_MAX_PAIRS)
		return false;
	s->due[s->n].tag = tag;
	s->due[s->n].count = 1;
	s->n++;
	return true;
}

/**
 * pp_session_head() - kind of the oldest reply due
 * @s: the session
 *
 * Return: its tag, 0 if none is due.
 */
u8 pp_session_head(const struct pp_session *s)
{
	return s->n ? s->due[0].tag : 0;
}

/**
 * pp_session_pop() - the oldest reply due has come
 * @s: the session
 *
 * Return: its tag, 0 if none was due.
 */
u8 pp_session_pop(struct pp_session *s)
{
	u8 tag;

	if (!s->n)
		return 0;
	tag = s->due[0].tag;
	if (--s->due[0].count)
		return tag;
	s->n--;
	memmove(&s->due[0], &s->due[1], s->n * sizeof(s->due[0]));
	return tag;
}
