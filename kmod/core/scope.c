// SPDX-License-Identifier: GPL-2.0
/* What rules remember of an unfinished unit, packed between packets. */
#include "run.h"

/**
 * pp_scope_reset() - forget everything
 * @s: the scope
 */
void pp_scope_reset(struct pp_scope *s)
{
	memset(&s->h, 0, sizeof(s->h));
}

/**
 * pp_scope_load() - unpack
 * @s: filled in
 * @saved: packed form, or NULL: nothing is remembered
 */
void pp_scope_load(struct pp_scope *s, const struct pp_saved *saved)
{
	const struct pp_track *t;

	if (!saved) {
		pp_scope_reset(s);
		return;
	}
	s->h = saved->h;
	t = (const struct pp_track *)saved->data;
	memcpy(s->tracks, t, s->h.ntracks * sizeof(*t));
	memcpy(s->marks, t + s->h.ntracks, s->h.nmarks * sizeof(s->marks[0]));
}

/**
 * pp_scope_save() - pack
 * @s: the scope
 * @saved: set to a new packed form the caller owns, NULL where there is nothing to
 *	remember. What it pointed to before is left alone
 *
 * Return: 0 or -ENOMEM.
 */
int pp_scope_save(const struct pp_scope *s, struct pp_saved **saved)
{
	struct pp_saved *n;
	struct pp_track *t;

	*saved = NULL;
	if (!s->h.hold && !s->h.ntracks && !s->h.nmarks)
		return 0;
	n = pp_alloc(sizeof(*n) + s->h.ntracks * sizeof(s->tracks[0]) +
		     s->h.nmarks * sizeof(s->marks[0]));
	if (!n)
		return -ENOMEM;
	n->h = s->h;
	t = (struct pp_track *)n->data;
	memcpy(t, s->tracks, s->h.ntracks * sizeof(*t));
	memcpy(t + s->h.ntracks, s->marks, s->h.nmarks * sizeof(s->marks[0]));
	*saved = n;
	return 0;
}

/**
 * pp_marked() - whether an atom is true
 * @s: the scope
 * @key: key of the atom
 *
 * Return: true if it was found true in this unit and still is.
 */
bool pp_marked(const struct pp_scope *s, u32 key)
{
	u32 i;

	for (i = 0; i < s->h.nmarks; i++)
		if (s->marks[i].key == key)
			return s->marks[i].val != 0;
	return false;
}

/**
 * pp_mark() - the mark of an atom or rule, made if it is not there
 * @r: the run
 * @key: key of the atom or rule
 *
 * More marks than fit end the connection: forgetting one would disarm a rule.
 *
 * Return: the mark, with value 0 if it is new; NULL if there is no room, and the
 * run stops.
 */
struct pp_mark *pp_mark(struct pp_run *r, u32 key)
{
	struct pp_scope *s = r->scope;
	u32 i;

	for (i = 0; i < s->h.nmarks; i++)
		if (s->marks[i].key == key)
			return &s->marks[i];
	if (s->h.nmarks == PP_MAX_MARKS) {
		pp_port_count(r->ctx, PATCHPROXY_CNT_scope_limit, 1);
		r->stop = PP_STOP_RESET;
		return NULL;
	}
	s->marks[s->h.nmarks].key = key;
	s->marks[s->h.nmarks].val = 0;
	return &s->marks[s->h.nmarks++];
}

/**
 * pp_unmark() - an atom is not decided any more
 * @s: the scope
 * @key: key of the atom
 */
void pp_unmark(struct pp_scope *s, u32 key)
{
	u32 i;

	for (i = 0; i < s->h.nmarks; i++) {
		if (s->marks[i].key != key)
			continue;
		s->marks[i] = s->marks[--s->h.nmarks];
		return;
	}
}
