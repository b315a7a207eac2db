/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The map of one direction, A to B, on a sequence space of a few bits, between a
 * network that loses, repeats and reorders and two ends that keep to TCP.  What is
 * modelled and what is left out: Documentation/model.rst.
 *
 * "number" is a sequence number, modulo M, which is all that the box sees; "place"
 * counts from the first byte behind the SYN.  A stream has fewer places than there
 * are numbers, so a place can be told from its number, but only the properties and
 * the two ends do that: the box compares serially, as the code does.
 */

/* One configuration, from run.sh.  Kinds of bytes, by what becomes of them: */
#define KEEP	0	/* the same */
#define CUT	1	/* nothing */
#define GROW	2	/* two others */
#define SAME	3	/* one other */
#define HELD	4	/* a run of them becomes HELD_OUT others; decided by the byte behind */
#define OPAQUE	5	/* the same, and the box does not look */

#define KIND(p)	((p) == 0 -> K0 : ((p) == 1 -> K1 : ((p) == 2 -> K2 : \
		((p) == 3 -> K3 : ((p) == 4 -> K4 : ((p) == 5 -> K5 : KEEP))))))

#define NX	(N + FIN)		/* places A sends */
#define M	(1 << BITS)
#define HALF	(M / 2)
#define BASE	(M - 2)			/* numbers wrap behind the second byte */
#define NUM(p)	(((p) + BASE) & (M - 1))
#define PLACE(n) (((n) - BASE) & (M - 1))
#define BIT(p)	(1 << (p))

/* pp_before() and pp_after() */
#define BEFORE(a, b)	((((a) - (b)) & (M - 1)) >= HALF)
#define AFTER(a, b)	((((a) - (b) - 1) & (M - 1)) < HALF - 1)

/* struct pp_rec, and struct pp_half with its struct pp_pos */
#define R_COPY	0	/* neither edit nor changed */
#define R_OVER	1	/* changed */
#define R_EDIT	2	/* edit */
#define R_LOOSE	3	/* only with BUG_LOOSE: an insertion without a byte of X */
#define NREC	7

typedef rec_t {
	byte x;
	byte xlen;
	byte y;
	byte ylen;
	byte kind
};

rec_t rec[NREC];
byte nrec;
byte una_x = BASE;
byte una_y = BASE;
byte dec_x = BASE;
byte dec_y = BASE;
byte rcv_x = BASE;
byte acked_x = BASE;
byte edge_y;
bit fin;
byte fin_x;
byte ooo;		/* places kept out of order */
byte ooo_ver;		/* which of two contents each has */
byte rec_ver;		/* likewise of what was parsed: the first copy */
#ifdef OWED
byte owed;		/* places of struct pp_owed: told by SACK, and B lacks them */
bit hole;
byte hole_y;		/* first SACK block of B's last acknowledgement */
#endif

/* B */
byte has;		/* places it has, its FIN included */
byte nxt;		/* its cumulative acknowledgement, a place */

/* An acknowledgement of B that is late: its number and its block, places. */
byte late_ack;
byte late_at;
byte late_len;

/* A.  Without LIVE it knows at once what it was told and sends all it may. */
#ifdef LIVE
byte told;		/* place up to which it is acknowledged */
byte sent;		/* places it has sent */
byte score;		/* places that were SACKed to it */
#else
#define told	PLACE(acked_x)
#define sent	(told + WIN < NX -> told + WIN : NX)
#endif

/* What the properties need to know of the past. */
byte out_sent;		/* places of Y that left the box */
byte out_ver;		/* which content they left with */
byte sacked;		/* places of X that were SACKed to A */
bit calm;		/* the network loses nothing any more */

/* The transform, computed from the whole stream; constant once init has run. */
hidden byte image[9];	/* by place of X: first place of Y it became */
hidden byte image_end[9];	/* and the place behind the last */
hidden byte truth[9];	/* content by place of Y */
hidden byte ny;		/* places of Y, FIN included */

/* Contents: a byte of A is its place; the k-th byte an edit at place p makes is: */
#define MADE(p, k)	(8 * ((k) + 1) + (p))

/* Scratch of one step; choices of one step. */
hidden byte i, j, x, y, n, own, k, p, shift, span;
hidden byte from, to, end, dec, edge, ack, s_x, e_x, s_y;
hidden byte old_dec, old_rcv, seg_x, seg_len, seg_all, seg_ver, out_y, out_len;
hidden byte seg_fin, counts, out_fin, ok, probed, replied, early, good;
hidden byte out_val[9], out_v[9];
hidden byte c_x, c_len, c_ver, c_late;
hidden byte c_y, c_s, c_e;

#include "box.pml"

/* ------------------------------------------------------------- the ends */

inline count_nxt()
{
	do
	:: has & BIT(nxt) -> nxt++
	:: else -> break
	od;
	assert(nxt <= ny)
}

/* A hears what it was told last. */
inline heard()
{
#ifdef LIVE
	told = PLACE(acked_x);
	score = sacked
#else
	skip
#endif
}

/* Once the network is calm: what left the box reaches B, its answer the box and A. */
inline deliver()
{
	k = 0;
	do
	:: k < out_len + out_fin ->
		p = PLACE(out_y + k);
		has = has | (p < nxt + WIN -> BIT(p) : 0);
		k++
	:: else -> break
	od;
	count_nxt();
	if
	:: out_len > 0 || out_fin || probed ->
		c_y = NUM(nxt);
		p = nxt;
		do
		:: p < ny && !(has & BIT(p)) -> p++
		:: else -> break
		od;
		c_s = NUM(p);
		do
		:: p < ny && has & BIT(p) -> p++
		:: else -> break
		od;
		c_e = NUM(p);
		acknowledge(c_s != c_e);
		heard()
	:: replied -> heard()
	:: else
	fi
}

/* A sends @many places from @at on; the last of all is the FIN. */
inline segment(at, many)
{
	seg_x = NUM(at);
	seg_fin = FIN && at + many > N;
	seg_all = many - seg_fin;
	arrive()
}

#ifdef CUSTODY
/* What A was told has arrived, is decided, and B has not acknowledged. */
#define OWED	((sacked | (BIT(PLACE(acked_x)) - 1)) & ~(BIT(PLACE(una_x)) - 1) & \
		(BIT(PLACE(fin -> fin_x : dec_x)) - 1))

/* The timer: the box sends it again, from the records. */
inline resend()
{
	j = 0;
	do
	:: j < N ->
		if
		:: OWED & BIT(j) ->
			from = NUM(j);
			to = NUM(j + 1);
			seg_x = from;
			end = from;
			old_rcv = from;
			probed = 0;
			replied = 0;
			out_fin = 0;
			map_y(from, out_y);
			render();
			leave();
			if
			:: calm -> deliver()
			:: else
			fi
		:: else
		fi;
		j++
	:: else -> break
	od;
	assert(j == N)
}

#if defined(LIVE) && !defined(BUG_NO_TIMER)
proctype Timer()
{
	do
	:: d_step { calm && OWED -> resend() }
	od
}
#endif
#endif

#ifdef NAGLE
#define MAY_SEND	(sent == told)
#else
#define MAY_SEND	true
#endif

/* B acknowledges up to @at; SACK or D-SACK of @many places from @start on. */
inline said(at, start, many)
{
	c_y = NUM(at);
	c_s = NUM(start);
	c_e = NUM(start + many);
	acknowledge(many > 0)
}

/* Until it is calm: anything sent is lost, late, twice, cut in any way, in any order. */
proctype Network()
{
	do
	:: atomic {
		!calm ->
		select(c_x : (PLACE(dec_x) < HALF -> 0 : PLACE(dec_x) - HALF + 1) .. NX - 1);
		select(c_len : 1 .. WIN);
		select(c_ver : 0 .. VERSIONS - 1);
		d_step {
			if
			:: c_x + c_len <= sent -> seg_ver = c_ver; segment(c_x, c_len)
			:: else
			fi
		}
	   }
	:: atomic {
		!calm ->
		select(c_x : 0 .. ny - 1);
		d_step {
			if
			:: out_sent & BIT(c_x) && c_x < nxt + WIN ->
				has = has | BIT(c_x);
				printf("  B gets %d\n", c_x)
			:: else
			fi;
			count_nxt()
		}
	   }
	:: atomic {
		!calm ->
		select(c_x : 0 .. ny - 1);
		select(c_len : 0 .. WIN);
		select(c_late : 0 .. 1);
		d_step {
			n = ((BIT(c_len) - 1) << c_x) & 255;
			if
			:: (c_len > 0 || c_x == 0) && c_x + c_len <= ny && (has & n) == n &&
			   (c_x > nxt || c_x + c_len <= nxt) ->
				if
				:: c_late ->
					late_ack = nxt;
					late_at = c_x;
					late_len = c_len
				:: else -> said(nxt, c_x, c_len)
				fi
			:: else
			fi
		}
	   }
	:: d_step {
		!calm && PLACE(dec_y) < late_ack + HALF -> said(late_ack, late_at, late_len)
	   }
#ifdef CUSTODY
	:: d_step { !calm -> resend() }
#endif
#ifdef LIVE
	:: d_step { !calm && sent < NX && sent < told + WIN && MAY_SEND -> sent++ }
	:: d_step { !calm -> heard() }
	:: d_step { !calm -> calm = 1 }
#endif
	od
}

#ifdef LIVE
/* What was sent and neither acknowledged nor SACKed; from its first byte on A repeats. */
#define LACKING	((BIT(sent) - 1) & ~(BIT(told) - 1) & ~score)

/* The first bytes A lacks an answer for, as many as c_len allows. */
inline repeat()
{
	p = told;
	do
	:: score & BIT(p) -> p++
	:: else -> break
	od;
	n = 1;
	do
	:: n < c_len && LACKING & BIT(p + n) -> n++
	:: else -> break
	od;
	segment(p, n);
	deliver()
}

/* All was SACKed: an empty segment asks B to acknowledge once more, bare_seq(). */
inline keepalive()
{
	out_len = 0;
	out_fin = 0;
	replied = 0;
	probed = 1;
	deliver()
}

proctype Repeat()
{
	do
	:: atomic {
		calm && told < sent ->
		select(c_len : 1 .. WIN);
		d_step {
			seg_ver = 0;
			if
			:: LACKING == 0 -> keepalive()
			:: else -> repeat()
			fi
		}
	   }
	od
}
proctype Send()
{
	do
	:: atomic {
		calm && sent < NX && sent < told + WIN && MAY_SEND ->
		select(c_len : 1 .. WIN);
		d_step {
			seg_ver = 0;
			p = sent;
			n = (told + WIN < NX -> told + WIN : NX);
			sent = (p + c_len < n -> p + c_len : n);
			n = sent - p;
			segment(p, n);
			deliver()
		}
	   }
	od
}
#endif

init
{
	d_step {
		edge_y = NUM(WIN);
		p = 0;
		ny = 0;
		do
		:: p < N ->
			image[p] = ny;
			if
			:: KIND(p) == KEEP || KIND(p) == OPAQUE -> truth[ny] = p; ny++
			:: KIND(p) == CUT
			:: KIND(p) == GROW ->
				truth[ny] = MADE(p, 0);
				truth[ny + 1] = MADE(p, 1);
				ny = ny + 2
			:: KIND(p) == SAME -> truth[ny] = MADE(p, 0); ny++
			:: KIND(p) == HELD && p > 0 && KIND(p - 1) == HELD -> image[p] = image[p - 1]
			:: KIND(p) == HELD && !(p > 0 && KIND(p - 1) == HELD) ->
				k = 0;
				do
				:: k < HELD_OUT -> truth[ny] = MADE(p, k); ny++; k++
				:: else -> break
				od
			fi;
			image_end[p] = ny;
			p++
		:: else -> break
		od;
		image[N] = ny;
		ny = ny + FIN;
		image_end[N] = ny
	}
	atomic {
		run Network();
#ifdef LIVE
		run Repeat();
		run Send();
#if defined(CUSTODY) && !defined(BUG_NO_TIMER)
		run Timer()
#endif
#endif
	}
}

#ifdef LIVE
/* Once nothing is lost any more, everything arrives and A is told so. */
ltl progress { [] (calm -> <> (told == NX && nxt == ny)) }
#endif
