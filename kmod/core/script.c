// SPDX-License-Identifier: GPL-2.0
/* The edits of one run, before they become part of the connection. */
#include "run.h"

/**
 * pp_script_reset() - no edits
 * @sc: the script
 */
void pp_script_reset(struct pp_script *sc)
{
	sc->n = 0;
	sc->used = 0;
	sc->full = false;
	sc->pending = false;
	sc->frozen = false;
	sc->nnotes = 0;
	sc->ahead = 0;
}

/**
 * pp_script_room() - bytes of input that may still be given to rules
 * @sc: the script
 *
 * A byte of input makes at most one edit that survives, of at most PP_MAX_GROWTH
 * bytes and one old byte; the end of a field one more; a cut shows PP_SHOWN bytes.
 *
 * Return: the number; 0: the script has to be taken first.
 */
u32 pp_script_room(const struct pp_script *sc)
{
	const u32 spare = 8, each = PP_MAX_GROWTH + 2;
	u32 edits = PP_MAX_EDITS - sc->n, bytes = (PP_ARENA - sc->used) / each;
	u32 room = min(edits, bytes);

	return room > spare ? room - spare : 0;
}

static u16 stash(struct pp_script *sc, const void *p, u16 n)
{
	u16 at = sc->used;

	if (n > PP_ARENA - sc->used) {
		sc->full = true;
		return 0;
	}
	if (n)
		memcpy(sc->arena + at, p, n);
	sc->used += n;
	return at;
}

static struct pp_edit *slot(struct pp_script *sc, u16 i)
{
	if (sc->n == PP_MAX_EDITS) {
		sc->full = true;
		return NULL;
	}
	memmove(&sc->edits[i + 1], &sc->edits[i], (sc->n - i) * sizeof(sc->edits[0]));
	sc->n++;
	return &sc->edits[i];
}

/* The insertion waiting at the end of the script takes in the edit of its byte. */
static void join(struct pp_script *sc, struct pp_edit *e, u32 xlen, const void *put, u16 putlen,
		 const u8 *old, u16 oldlen)
{
	u16 at = sc->used;

	stash(sc, sc->arena + e->put, e->putlen);
	stash(sc, put, putlen);
	if (sc->full)
		return;
	e->put = at;
	e->putlen += putlen;
	e->xlen = xlen;
	e->old = stash(sc, old, oldlen);
	e->oldlen = oldlen;
	sc->pending = false;
}

/**
 * pp_script_edit() - replace bytes
 * @sc: the script
 * @off: stream offset of the first byte replaced
 * @xlen: bytes replaced, at least 1
 * @put: bytes written
 * @putlen: their number
 * @old: the first bytes replaced
 * @oldlen: their number, as far as they are to be shown
 * @rule: whose edit it is
 * @first: the rule's action begins here
 *
 * Where edits meet, a cut wins, then the one that came first: the rules of a
 * ruleset have an order, and two edits of one byte have no other sensible sum.
 */
void pp_script_edit(struct pp_script *sc, u64 off, u32 xlen, const void *put, u16 putlen,
		    const u8 *old, u16 oldlen, const struct pp_rsrule *rule, bool first)
{
	struct pp_edit *e;
	u16 i = sc->n, j;

	if (sc->frozen)
		return;
	if (oldlen > PP_SHOWN)
		oldlen = PP_SHOWN;
	if (sc->n) {
		e = &sc->edits[sc->n - 1];
		if (sc->pending && e->off == off) {
			join(sc, e, xlen, put, putlen, old, oldlen);
			return;
		}
		if (e->rule == rule && !first && !putlen && !e->putlen &&
		    e->off + e->xlen == off) {
			e->xlen += xlen;
			return;
		}
	}
	while (i && sc->edits[i - 1].off + sc->edits[i - 1].xlen > off)
		i--;
	for (j = i; j < sc->n && sc->edits[j].off < off + xlen; j++)
		if (putlen || (!sc->edits[j].putlen && sc->edits[j].off <= off &&
			       sc->edits[j].off + sc->edits[j].xlen >= off + xlen))
			return;
	memmove(&sc->edits[i], &sc->edits[j], (sc->n - j) * sizeof(sc->edits[0]));
	sc->n -= j - i;
	e = slot(sc, i);
	if (!e)
		return;
	e->off = off;
	e->xlen = xlen;
	e->put = stash(sc, put, putlen);
	e->putlen = putlen;
	e->old = stash(sc, old, oldlen);
	e->oldlen = oldlen;
	e->rule = rule;
	e->first = first;
}

/**
 * pp_script_insert() - write before a byte that is in hand but not yet consumed
 * @sc: the script
 * @off: stream offset of that byte
 * @put: bytes written
 * @putlen: their number
 * @rule: whose edit it is
 *
 * An insertion needs a byte to hang on, or the receiver could acknowledge all but
 * the insertion and nobody would send it again. The byte joins when it is consumed
 * (pp_script_anchor(), or an edit of its own).
 */
void pp_script_insert(struct pp_script *sc, u64 off, const void *put, u16 putlen,
		      const struct pp_rsrule *rule)
{
	struct pp_edit *e;

	if (sc->pending && sc->edits[sc->n - 1].off == off) {
		join(sc, &sc->edits[sc->n - 1], 0, put, putlen, NULL, 0);
		sc->pending = !sc->full;
		return;
	}
	if (sc->n && sc->edits[sc->n - 1].off + sc->edits[sc->n - 1].xlen > off)
		return;
	e = slot(sc, sc->n);
	if (!e)
		return;
	e->off = off;
	e->xlen = 0;
	e->put = stash(sc, put, putlen);
	e->putlen = putlen;
	e->old = sc->used;
	e->oldlen = 0;
	e->rule = rule;
	e->first = true;
	sc->pending = true;
	sc->ahead = off + 1;
}

/**
 * pp_script_anchor() - a byte is consumed: an insertion waiting for it hangs on it
 * @sc: the script
 * @off: stream offset of the byte
 * @byte: the byte
 */
void pp_script_anchor(struct pp_script *sc, u64 off, u8 byte)
{
	struct pp_edit *e = &sc->edits[sc->n - 1];

	if (sc->pending && e->off == off)
		join(sc, e, 1, &byte, 1, &byte, 1);
}

/**
 * pp_script_note() - a rule fired that changes no byte
 * @sc: the script
 * @rule: the rule
 *
 * Past PP_MAX_NOTES in one run they are not counted one by one any more.
 */
void pp_script_note(struct pp_script *sc, const struct pp_rsrule *rule)
{
	if (sc->nnotes < PP_MAX_NOTES)
		sc->notes[sc->nnotes++] = rule;
}
