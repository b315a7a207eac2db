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
	sc->nnotes = 0;
	sc->ahead = 0;
}

/**
 * pp_script_room() - bytes of input that may still be given to rules
 * @sc: the script
 *
 * A byte of input makes at most one edit that survives, of at most PP_MAX_GROWTH
 * bytes and one old byte, or a blank over it; the end of a field some more.
 *
 * Return: the number; 0: the script has to be taken first.
 */
u32 pp_script_room(const struct pp_script *sc)
{
	const u32 spare = 16, each = PP_MAX_GROWTH + 2;
	u32 edits = PP_MAX_EDITS - sc->n, bytes = (PP_ARENA - sc->used) / each;
	u32 room = min(edits, bytes);

	return room > spare ? room - spare : 0;
}

/* Without @p spaces. */
static u16 stash(struct pp_script *sc, const void *p, u16 n)
{
	u16 at = sc->used;

	if (n > PP_ARENA - sc->used) {
		sc->full = true;
		return 0;
	}
	if (p)
		memcpy(sc->arena + at, p, n);
	else
		memset(sc->arena + at, ' ', n);
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

/* The edit that @off lies in, or the first one behind it. */
static u16 find(const struct pp_script *sc, u64 off)
{
	u16 i = sc->n;

	while (i && sc->edits[i - 1].off + sc->edits[i - 1].xlen > off)
		i--;
	return i;
}

/**
 * struct change - what a rule does from some byte on
 * @rule: the rule
 * @put: bytes written; NULL: spaces
 * @old: the bytes there
 * @putlen: bytes at @put; of blanks as many as are replaced
 * @rank: enum pp_rank
 * @first: the rule's action begins here
 */
struct change {
	const struct pp_rsrule *rule;
	const u8 *put;
	const u8 *old;
	u16 putlen;
	u8 rank;
	bool first;
};

static u16 written(const struct change *ch, u32 n)
{
	return ch->rank == PP_RANK_BLANK ? n : ch->putlen;
}

/* A long cut is one edit. */
static bool goes_on(const struct pp_script *sc, u16 i, u64 off, const struct change *ch)
{
	const struct pp_edit *e;

	if (!i || ch->rank != PP_RANK_CUT || ch->first)
		return false;
	e = &sc->edits[i - 1];
	return e->rank == PP_RANK_CUT && !e->putlen && e->rule == ch->rule &&
	       e->off + e->xlen == off;
}

/* @n bytes from @off on, in front of edit @i, that nothing has been done to. */
static void fill(struct pp_script *sc, u16 i, u64 off, u32 n, const struct change *ch)
{
	struct pp_edit *e;

	if (goes_on(sc, i, off, ch)) {
		sc->edits[i - 1].xlen += n;
		return;
	}
	e = slot(sc, i);
	if (!e)
		return;
	e->off = off;
	e->xlen = n;
	e->ins = 0;
	e->putlen = written(ch, n);
	e->put = stash(sc, ch->put, e->putlen);
	e->oldlen = min_t(u32, n, PP_SHOWN);
	e->old = stash(sc, ch->old, e->oldlen);
	e->rank = ch->rank;
	e->first = ch->first;
	e->rule = ch->rule;
}

/* What is done to the bytes of edit @i gives way; what was inserted before them stays. */
static void outrank(struct pp_script *sc, u16 i, const struct change *ch)
{
	struct pp_edit *e = &sc->edits[i];
	u16 put = sc->used;

	if (!e->ins && goes_on(sc, i, e->off, ch)) {
		sc->edits[i - 1].xlen += e->xlen;
		sc->n--;
		memmove(e, e + 1, (sc->n - i) * sizeof(*e));
		return;
	}
	stash(sc, sc->arena + e->put, e->ins);
	stash(sc, ch->put, written(ch, e->xlen));
	e->put = put;
	e->putlen = e->ins + written(ch, e->xlen);
	e->rank = ch->rank;
	if (e->ins)
		return;
	e->rule = ch->rule;
	e->first = ch->first;
}

/* Blanks become two edits, the second of which begins at @off. */
static void split(struct pp_script *sc, u16 i, u64 off)
{
	struct pp_edit *e = slot(sc, i + 1);
	u32 n = off - sc->edits[i].off;

	if (!e)
		return;
	*e = sc->edits[i];
	e->off = off;
	e->xlen -= n;
	e->put += n;
	e->putlen -= n;
	e->old += min_t(u32, n, e->oldlen);
	e->oldlen -= min_t(u32, n, e->oldlen);
	e->first = false;
	e = &sc->edits[i];
	e->xlen = n;
	e->putlen = n;
	e->oldlen = min_t(u32, n, e->oldlen);
}

/* Byte by byte what has the higher rank, or came first, counts. */
static void overlay(struct pp_script *sc, u64 off, u32 n, struct change *ch)
{
	u32 k;

	for (; n && !sc->full; off += k, n -= k, ch->old += k, ch->first = false) {
		u16 i = find(sc, off);
		const struct pp_edit *e = i < sc->n ? &sc->edits[i] : NULL;

		if (!e || e->off > off) {
			k = e ? min_t(u64, n, e->off - off) : n;
			if (ch->rank == PP_RANK_BLANK)
				k = min_t(u32, k, PP_SHOWN);
			fill(sc, i, off, k, ch);
			continue;
		}
		k = min_t(u64, n, e->off + e->xlen - off);
		if (e->rank >= ch->rank)
			continue;
		if (e->off + e->xlen > off + k)
			split(sc, i, off + k);
		if (e->off < off)
			split(sc, i++, off);
		if (!sc->full)
			outrank(sc, i, ch);
	}
}

/**
 * pp_script_edit() - replace a byte
 * @sc: the script
 * @off: its stream offset
 * @put: bytes written
 * @putlen: their number
 * @old: the byte
 * @rule: whose edit it is
 *
 * Where edits meet, a cut wins, then what overwrites a whole field, then the one that
 * came first: the rules of a ruleset have an order, and two edits of one byte have no
 * other sensible sum.
 */
void pp_script_edit(struct pp_script *sc, u64 off, const void *put, u16 putlen, const u8 *old,
		    const struct pp_rsrule *rule)
{
	struct change ch = {
		.rule = rule, .put = put, .putlen = putlen, .old = old,
		.rank = PP_RANK_EDIT, .first = true,
	};

	overlay(sc, off, 1, &ch);
}

/**
 * pp_script_number() - replace an integer
 * @sc: the script
 * @off: stream offset of its first byte
 * @xlen: its bytes, which have just passed
 * @put: bytes written
 * @putlen: their number
 * @old: its bytes
 * @rule: whose edit it is
 *
 * Instead of what was done to single digits. Where its end is cut or blanked, so is that
 * of what is written.
 */
void pp_script_number(struct pp_script *sc, u64 off, u32 xlen, const void *put, u16 putlen,
		      const u8 *old, const struct pp_rsrule *rule)
{
	struct change ch = {
		.rule = rule, .put = put, .putlen = putlen, .old = old,
		.rank = PP_RANK_EDIT, .first = true,
	};
	u16 i = find(sc, off), j;

	for (j = i; j < sc->n && sc->edits[j].rank < PP_RANK_BLANK; j++)
		;
	if (j < sc->n) {
		xlen = sc->edits[j].off - off;
		ch.putlen = min_t(u32, putlen, xlen);
	}
	memmove(&sc->edits[i], &sc->edits[j], (sc->n - j) * sizeof(sc->edits[0]));
	sc->n -= j - i;
	if (xlen)
		fill(sc, i, off, xlen, &ch);
}

/**
 * pp_script_lose() - remove or blank the rest of a field
 * @sc: the script
 * @off: stream offset of the first byte
 * @n: bytes of it that are here
 * @rank: PP_RANK_CUT or PP_RANK_BLANK
 * @old: the bytes
 * @rule: whose doing it is, or NULL where that is gone
 * @first: it begins here
 */
void pp_script_lose(struct pp_script *sc, u64 off, u32 n, u8 rank, const u8 *old,
		    const struct pp_rsrule *rule, bool first)
{
	struct change ch = { .rule = rule, .old = old, .rank = rank, .first = first };

	overlay(sc, off, n, &ch);
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
 * (pp_script_anchor()).
 */
void pp_script_insert(struct pp_script *sc, u64 off, const void *put, u16 putlen,
		      const struct pp_rsrule *rule)
{
	struct pp_edit *e;
	u16 at;

	if (sc->pending && sc->edits[sc->n - 1].off == off) {
		e = &sc->edits[sc->n - 1];
		at = sc->used;
		stash(sc, sc->arena + e->put, e->ins);
		stash(sc, put, putlen);
		e->put = at;
		e->ins += putlen;
		e->putlen = e->ins;
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
	e->ins = putlen;
	e->old = sc->used;
	e->oldlen = 0;
	e->rank = PP_RANK_SAME;
	e->rule = rule;
	e->first = true;
	sc->pending = true;
	sc->ahead = off + 1;
}

/**
 * pp_script_anchor() - a byte goes: an insertion waiting for it hangs on it
 * @sc: the script
 * @byte: the byte
 *
 * Before anything is done to the byte itself, which is then done behind the insertion.
 */
void pp_script_anchor(struct pp_script *sc, u8 byte)
{
	struct pp_edit *e;
	u16 at = sc->used;

	if (!sc->pending)
		return;
	e = &sc->edits[sc->n - 1];
	sc->pending = false;
	stash(sc, sc->arena + e->put, e->ins);
	stash(sc, &byte, 1);
	e->put = at;
	e->putlen = e->ins + 1;
	e->xlen = 1;
	e->old = stash(sc, &byte, 1);
	e->oldlen = 1;
}

/**
 * pp_script_note() - a rule fired that changes no byte
 * @sc: the script
 * @rule: the rule
 *
 * A stream's are taken before they are too many; of a datagram's those past PP_MAX_NOTES
 * are not counted.
 */
void pp_script_note(struct pp_script *sc, const struct pp_rsrule *rule)
{
	if (sc->nnotes < PP_MAX_NOTES)
		sc->notes[sc->nnotes++] = rule;
}
