/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The box: kmod/core in Promela.  Each inline has the name and the order of the C
 * function in front of it, and works on numbers; places are for what is asserted.
 * BUG_... are faults that run.sh puts in on purpose, to see them found.
 */

#define holding	(dec_x != rcv_x && !fin)	/* vm.scope->h.hold */

/* ---------------------------------------------------------------- map.c */

/* pp_map_y() */
inline map_y(at, out)
{
	shift = (una_y - una_x) & (M - 1);
	out = 255;
	i = 0;
	do
	:: i < nrec && !BEFORE(at, rec[i].x) ->
		if
		:: BEFORE(at, rec[i].x + rec[i].xlen) ->
			out = (rec[i].kind == R_EDIT -> rec[i].y : rec[i].y + at - rec[i].x) & (M - 1);
			break
		:: else ->
			shift = (rec[i].y + rec[i].ylen - rec[i].x - rec[i].xlen) & (M - 1);
			i++
		fi
	:: else ->
		out = (at + shift) & (M - 1);
		break
	od
}

/* pp_map_x() */
inline map_x(at, out)
{
	shift = (una_x - una_y) & (M - 1);
	ok = 0;
	i = 0;
	do
	:: BEFORE(at, una_y) -> break
	:: !BEFORE(at, una_y) && i < nrec ->
		if
		:: BEFORE(at, rec[i].y) ->
			ok = 1;
			out = (at + shift) & (M - 1);
			break
		:: !BEFORE(at, rec[i].y) && BEFORE(at, rec[i].y + rec[i].ylen) ->
			ok = 1;
#ifdef BUG_CEIL
			out = (rec[i].kind == R_EDIT && at != rec[i].y -> rec[i].x + rec[i].xlen :
#else
			out = (rec[i].kind >= R_EDIT -> rec[i].x :
#endif
				rec[i].x + at - rec[i].y) & (M - 1);
			break
		:: else ->
			shift = (rec[i].x + rec[i].xlen - rec[i].y - rec[i].ylen) & (M - 1);
			i++
		fi
	:: else ->
#ifndef BUG_NO_CUSTODY
		if
		:: at == dec_y && holding ->
			ok = 1;
			out = rcv_x
		:: else
		fi;
#endif
		break
	od;
	if
	:: ok
	:: else -> out = (at + shift) & (M - 1)
	fi
}

inline drop_head()
{
	k = 1;
	do
	:: k < nrec ->
		rec[k - 1].x = rec[k].x;
		rec[k - 1].xlen = rec[k].xlen;
		rec[k - 1].y = rec[k].y;
		rec[k - 1].ylen = rec[k].ylen;
		rec[k - 1].kind = rec[k].kind;
		k++
	:: else -> break
	od;
	nrec--;
	rec[nrec].x = 0;
	rec[nrec].xlen = 0;
	rec[nrec].y = 0;
	rec[nrec].ylen = 0;
	rec[nrec].kind = 0
}

/* pp_map_ack() */
inline map_ack(at)
{
	if
	:: BEFORE(at, una_y) || AFTER(at, dec_y)
	:: else ->
		do
		:: nrec > 0 && !BEFORE(at, rec[0].y + rec[0].ylen) ->
			una_x = (rec[0].x + rec[0].xlen) & (M - 1);
			una_y = (rec[0].y + rec[0].ylen) & (M - 1);
			drop_head()
		:: else -> break
		od;
		if
		:: nrec == 0 || BEFORE(at, rec[0].y) ->
			una_x = (una_x + at - una_y) & (M - 1);
			una_y = at
		:: else ->
			if
			:: rec[0].kind < R_EDIT && AFTER(at, rec[0].y) ->
				una_x = (rec[0].x + at - rec[0].y) & (M - 1);
				una_y = at
			:: else ->
				una_x = rec[0].x;
				una_y = rec[0].y
			fi
		fi
	fi
}

/* pp_map_sack(): from c_s to c_e, numbers of B, to s_x and e_x; good: something is left */
inline map_sack()
{
	good = 0;
	if
	:: !BEFORE(c_s, c_e) || AFTER(c_e, dec_y)
	:: else ->
		if
		:: !AFTER(c_e, una_y) ->
			s_x = (c_s + una_x - una_y) & (M - 1);
			e_x = (c_e + una_x - una_y) & (M - 1);
			good = 1
		:: else ->
			s_y = (BEFORE(c_s, una_y) -> una_y : c_s);
			map_x(s_y, s_x);
#ifndef BUG_SACK_PART
			i = 0;
			do
			:: i < nrec ->
				if
				:: rec[i].kind == R_EDIT && rec[i].x == s_x && AFTER(s_y, rec[i].y) ->
					s_x = (rec[i].x + rec[i].xlen) & (M - 1)
				:: else
				fi;
				i++
			:: else -> break
			od;
#endif
			map_x(c_e, e_x);
			if
			:: AFTER(e_x, dec_x) -> e_x = dec_x
			:: else
			fi;
			good = BEFORE(s_x, e_x)
		fi
	fi
}

/* --------------------------------------------------------------- owed.c */

#ifdef OWED
/* pp_owed_settle() */
inline owed_settle()
{
	k = 0;
	do
	:: k < N ->
		p = k;
		do
		:: p < N && owed & BIT(p) -> p++
		:: else -> break
		od;
		/* a range from k to p */
		if
		:: p > k && (p <= PLACE(una_x) || p <= PLACE(acked_x)) ->
			owed = owed & ~(BIT(p) - 1)
		:: else
		fi;
		k = p + 1
	:: else -> break
	od
}

/* pp_owed_floor() */
inline owed_floor(at)
{
#ifndef BUG_NO_ANCHOR
	p = PLACE(at);
	if
	:: p < N && owed & BIT(p) ->
		do
		:: p > 0 && owed & BIT(p - 1) -> p--
		:: else -> break
		od;
		at = NUM(p - 1)
	:: else
	fi
#else
	skip
#endif
}

/* pp_owed_clip(): s_x stays, e_x is made less */
inline owed_clip()
{
#ifndef BUG_NO_ANCHOR
	k = 1;
	do
	:: k < N ->
		p = k;
		do
		:: p < N && owed & BIT(p) -> p++
		:: else -> break
		od;
		if
		:: p > k && !AFTER(s_x, NUM(k - 1)) && BEFORE(NUM(k - 1), e_x) && BEFORE(e_x, NUM(p)) ->
			e_x = NUM(k - 1)
		:: else
		fi;
		k = p + 1
	:: else -> break
	od;
	good = BEFORE(s_x, e_x)
#else
	skip
#endif
}

/* pp_owed_extend() */
inline owed_extend(at, out)
{
	out = at;
	p = PLACE(at);
	if
	:: p < N && owed & BIT(p) ->
		do
		:: p < N && owed & BIT(p) -> p++
		:: else -> break
		od;
		out = NUM(p);
		if
		:: AFTER(out, dec_x) -> out = dec_x
		:: else
		fi;
		map_y(at, y);
		if
		:: hole && AFTER(hole_y, una_y) && AFTER(hole_y, y) ->
			map_x(hole_y, x);
			map_y(x, y);
			if
			:: y != hole_y -> x = (x + 1) & (M - 1)
			:: else
			fi;
			if
			:: BEFORE(x, out) -> out = x
			:: else
			fi
		:: else
		fi;
		if
		:: AFTER(at, out) -> out = at
		:: else
		fi
	:: else
	fi
}
#endif

/* ------------------------------------------------------------- ingest.c */

/* copy_rec(), overwrite_rec(), edit_rec(); @own: records there were before the segment */
inline record(what, xl, yl)
{
	if
	:: nrec > own && rec[nrec - 1].kind == what && what < R_LOOSE &&
	   ((rec[nrec - 1].x + rec[nrec - 1].xlen) & (M - 1)) == dec_x &&
	   (what != R_EDIT || (yl == 0 && rec[nrec - 1].ylen == 0))
	:: else ->
		assert(nrec < NREC);
		rec[nrec].x = dec_x;
		rec[nrec].y = dec_y;
		rec[nrec].kind = what;
		nrec++
	fi;
	rec[nrec - 1].xlen = rec[nrec - 1].xlen + xl;
	rec[nrec - 1].ylen = rec[nrec - 1].ylen + yl;
	dec_x = (dec_x + xl) & (M - 1);
	dec_y = (dec_y + yl) & (M - 1)
}

/* A held run is decided. */
inline release()
{
	if
	:: holding ->
		n = (rcv_x - dec_x) & (M - 1);
		record(R_EDIT, n, HELD_OUT)
	:: else
	fi
}

/* With custody an opaque byte that A was told of must be recorded: A sends it no more. */
#if defined(OWED) && !defined(BUG_FORGET)
#define PROMISED(p)	((owed & BIT(p)) && !(p < PLACE(seg_x) && !(ooo & BIT(p))))
#elif defined(CUSTODY) && !defined(BUG_FORGET)
#define PROMISED(p)	(ooo & BIT(p))
#else
#define PROMISED(p)	false
#endif

/* parse() and pass() of one byte: the one at rcv_x, with content @v; @mem: not from a packet */
inline consume(v, mem)
{
	p = PLACE(rcv_x);
	if
	:: KIND(p) == HELD
	:: else ->
		release();
		if
		:: KIND(p) == KEEP -> record(R_COPY, 1, 1)
		:: KIND(p) == CUT -> record(R_EDIT, 1, 0)
#ifdef BUG_LOOSE
		:: KIND(p) == GROW -> record(R_OVER, 1, 1); record(R_LOOSE, 0, 1)
#else
		:: KIND(p) == GROW -> record(R_EDIT, 1, 2)
#endif
		:: KIND(p) == SAME -> record(R_OVER, 1, 1)
		:: KIND(p) == OPAQUE && (mem || PROMISED(p)) -> record(R_COPY, 1, 1)
		:: KIND(p) == OPAQUE && !(mem || PROMISED(p)) ->
			dec_x = (dec_x + 1) & (M - 1);
			dec_y = (dec_y + 1) & (M - 1)
		fi
	fi;
	rec_ver = rec_ver | (v << p);
	rcv_x = (rcv_x + 1) & (M - 1)
}

/* pp_pos.opaque, where the parser is */
inline opaque_left(out)
{
	out = 0;
	p = PLACE(rcv_x);
	do
	:: p < N && KIND(p) == OPAQUE && !fin -> out++; p++
	:: else -> break
	od
}

/* take_in(), store_ooo(), drop_ooo(), end_of_data() */
inline ingest()
{
	opaque_left(span);
	if
	:: fin
	:: !fin && seg_len > 0 && AFTER(seg_x, rcv_x + span) ->
		early = 1;
#ifndef BUG_SACK_UNOWNED
		k = 0;
		do
		:: k < seg_len ->
			p = PLACE(seg_x + k);
			if
			:: ooo & BIT(p)
			:: else ->
				ooo = ooo | BIT(p);
				ooo_ver = ooo_ver | (seg_ver << p);
#ifdef OWED
				owed = owed | BIT(p)
#endif
			fi;
			k++
		:: else -> break
		od;
#endif
	:: else ->
		end = (seg_x + seg_len) & (M - 1);
		do
		:: seg_len > 0 && BEFORE(rcv_x, end) -> consume(seg_ver, 0)
		:: else -> break
		od;
		do
		:: PLACE(rcv_x) < N && ooo & BIT(PLACE(rcv_x)) ->
			consume((ooo_ver >> p) & 1, 1)
		:: else -> break
		od;
		ooo = ooo & ~(BIT(PLACE(rcv_x)) - 1);
		ooo_ver = ooo_ver & ooo;
		if
		:: counts && rcv_x == end ->
			release();
			fin = 1;
			fin_x = dec_x;
			dec_x = (dec_x + 1) & (M - 1);
			dec_y = (dec_y + 1) & (M - 1);
			rcv_x = (rcv_x + 1) & (M - 1)
		:: else
		fi
	fi
}

/* ------------------------------------------------------------- render.c */

inline put(val, v)
{
	out_val[out_len] = val;
	out_v[out_len] = v;
	out_len++
}

/*
 * pp_render(): bytes from @from to @to, from records or from the packet, which has
 * the bytes from seg_x to @end; those from old_rcv on were parsed a moment ago.
 */
inline render()
{
	ok = 1;
	out_len = 0;
	i = 0;
	x = from;
	do
	:: BEFORE(x, to) ->
		do
		:: i < nrec && !BEFORE(x, rec[i].x + rec[i].xlen) -> i++
		:: else -> break
		od;
		if
		:: i == nrec || BEFORE(x, rec[i].x) ->
			if
			:: BEFORE(x, seg_x) || AFTER(x + 1, end) ->
				ok = 0;
				break
			:: else ->
				put(PLACE(x), seg_ver);
				x = (x + 1) & (M - 1)
			fi
#ifdef BUG_RAW
		:: i < nrec && !BEFORE(x, rec[i].x) && rec[i].kind == R_EDIT &&
		   BEFORE(x, old_rcv) && !BEFORE(x, seg_x) && BEFORE(x, end) ->
			put(PLACE(x), seg_ver);
			x = (x + 1) & (M - 1)
#endif
		:: else ->
			if
			:: rec[i].kind == R_EDIT ->
				k = 0;
				do
				:: k < rec[i].ylen -> put(MADE(PLACE(rec[i].x), k), 0); k++
				:: else -> break
				od;
				x = (rec[i].x + rec[i].xlen) & (M - 1)
			:: rec[i].kind == R_OVER ->
				put(MADE(PLACE(x), 0), 0);
				x = (x + 1) & (M - 1);
#ifdef BUG_LOOSE
				if
				:: i + 1 < nrec && rec[i + 1].kind == R_LOOSE ->
					put(MADE(PLACE(rec[i].x), 1), 0)
				:: else
				fi
#endif
			:: rec[i].kind == R_COPY ->
#ifdef BUG_LAST_COPY
				if
				:: !BEFORE(x, seg_x) && BEFORE(x, end) ->
#else
				if
				:: !BEFORE(x, old_rcv) && BEFORE(x, end) ->
#endif
					put(PLACE(x), seg_ver)
				:: else ->
					put(PLACE(x), (rec_ver >> PLACE(x)) & 1)
				fi;
				x = (x + 1) & (M - 1)
			fi
		fi
	:: else -> break
	od;
	if
	:: ok
	:: else -> out_len = 0
	fi
}

/* I1, as a segment leaves: the right byte, and the one that left at this place before. */
inline leave()
{
	if
	:: out_len > 0 || out_fin ->
		printf("  box sends %d+%d%c\n", PLACE(out_y), out_len, (out_fin -> 'F' : ' '))
	:: else
	fi;
	k = 0;
	do
	:: k < out_len ->
		p = PLACE(out_y + k);
		assert(p < ny - FIN);
		assert(out_val[k] == truth[p]);
		assert(!(out_sent & BIT(p)) || ((out_ver >> p) & 1) == out_v[k]);
		out_sent = out_sent | BIT(p);
		out_ver = out_ver | (out_v[k] << p);
		k++
	:: else -> break
	od;
	if
	:: out_fin ->
		p = PLACE(out_y + out_len);
		assert(p == ny - 1);
		out_sent = out_sent | BIT(p)
	:: else
	fi
}

/* good: the box has the byte at place @at */
inline kept(at)
{
	good = (at >= PLACE(dec_x) && at < PLACE(rcv_x)) || ooo & BIT(at);
	i = 0;
	do
	:: i < nrec ->
		good = good || (at >= PLACE(rec[i].x) && at < PLACE(rec[i].x) + rec[i].xlen);
		i++
	:: else -> break
	od
}

/*
 * I3: whatever A was told has arrived, B has or the box; what it was told by SACK only
 * with CUSTODY the box.
 */
#if defined(CUSTODY) || defined(OWED)
#define KEEPS	true
#else
#define KEEPS	false
#endif

inline check()
{
	sacked = sacked & ~(BIT(PLACE(acked_x)) - 1);
	assert(PLACE(dec_y) - PLACE(una_y) < HALF && PLACE(rcv_x) - PLACE(una_x) < HALF);
	assert(nrec == 0 || (PLACE(dec_y) - PLACE(rec[0].y) < HALF &&
			     PLACE(rcv_x) - PLACE(rec[0].x) < HALF));
	k = 0;
	do
	:: k < NX ->
		if
		:: k < PLACE(acked_x) || sacked & BIT(k) ->
			kept(k);
			n = BIT(image_end[k]) - BIT(image[k]);
			assert((good && (KEEPS || k < PLACE(acked_x))) ||
			       (k < PLACE(dec_x) && (has & n) == n))
		:: else
		fi;
		k++
	:: else -> break
	od;
	assert(k == NX)
}

/* --------------------------------------------------------------- conn.c */

/* answer(): an acknowledgement of our own goes back to A */
inline answer()
{
	map_ack(una_y);
	map_x(una_y, ack);
#ifdef OWED
	owed_floor(ack);
#endif
	if
	:: AFTER(ack, acked_x) -> acked_x = ack
	:: else
	fi;
#ifdef OWED
	owed_settle();
	sacked = sacked | owed;
#endif
	replied = 1;
#ifdef CUSTODY
	/* With it, what is kept out of order. */
	if
	:: early ->
		k = 0;
		do
		:: k < seg_len ->
			sacked = sacked | BIT(PLACE(seg_x + k));
			k++
		:: else -> break
		od
	:: else
	fi
#endif
}

/* emit() */
inline emit()
{
	from = seg_x;
	to = (seg_x + seg_len) & (M - 1);
	end = to;
	out_fin = seg_fin && fin && ((seg_x + seg_all) & (M - 1)) == fin_x;
	dec = (fin -> fin_x : dec_x);
	if
	:: !BEFORE(to, old_dec) || AFTER(to, dec) -> to = dec
	:: else
	fi;
	if
	:: AFTER(from, old_dec) && old_dec != old_rcv -> from = old_dec
	:: else
	fi;
#ifndef BUG_NO_CARRY
	if
	:: !AFTER(from, acked_x) && BEFORE(una_x, from) -> from = una_x
	:: else
	fi;
#endif
	if
	:: BEFORE(from, una_x) -> from = una_x
	:: else
	fi;
	if
	:: BEFORE(to, from) -> to = from
	:: else
	fi;
#ifdef OWED
	owed_extend(end, ack);
	if
	:: AFTER(ack, end) && AFTER(ack, to) -> to = ack
	:: else
	fi;
#endif
	map_y(from, out_y);
	if
	:: out_fin && !BEFORE(from, fin_x) -> map_y(fin_x, out_y)
	:: else
	fi;
	render();
	out_fin = out_fin && (ok || !BEFORE(from, to));
	leave();
	if
	:: out_len == 0 && !out_fin && seg_len > 0 ->
		map_x(una_y, ack);
#ifdef OWED
		owed_floor(ack);
#endif
		if
		:: AFTER(end, old_rcv) && !AFTER(seg_x, old_rcv) && !AFTER(ack, acked_x)
		:: else -> answer()
		fi
	:: else
	fi
}

/* data() with pp_admit_window(): a segment of A */
inline arrive()
{
	probed = 0;
	replied = 0;
	early = 0;
	out_len = 0;
	out_fin = 0;
	seg_len = seg_all;
	counts = seg_fin;
	ack = una_x;
#ifdef OWED
	x = (seg_x + seg_all) & (M - 1);
	owed_extend(x, ack);
#endif
	printf("A sends %d+%d%c\n", PLACE(seg_x), seg_all, (seg_fin -> 'F' : ' '));
	if
	:: seg_all > 0 && !AFTER(seg_x + seg_all, una_x) && !(seg_fin && !fin) && !AFTER(ack, una_x) ->
		probed = 1
	:: else ->
		edge = (dec_x + edge_y - dec_y) & (M - 1);
#ifndef BUG_EDGE
		edge = (BEFORE(edge, dec_x) -> dec_x : edge);
#endif
		if
		:: fin && AFTER(seg_x + seg_all, fin_x) ->
			seg_len = (BEFORE(seg_x, fin_x) -> (fin_x - seg_x) & (M - 1) : 0);
			counts = 0
		:: !(fin && AFTER(seg_x + seg_all, fin_x)) && seg_all > 0 &&
		   AFTER(seg_x + seg_all, edge) ->
			seg_len = (BEFORE(seg_x, edge) -> (edge - seg_x) & (M - 1) : 0);
			counts = 0
		:: else
		fi;
		if
		:: seg_all > 0 && seg_len == 0 -> probed = 1
		:: else ->
			own = nrec;
			old_dec = dec_x;
			old_rcv = rcv_x;
			ingest();
			emit()
		fi
	fi;
	check()
}

/* translate_ack(): B acknowledges c_y, with @block also from c_s to c_e, all numbers */
inline acknowledge(block)
{
	printf("  B acknowledges %d", PLACE(c_y));
	if
	:: block -> printf(", SACK %d-%d", PLACE(c_s), PLACE(c_e))
	:: else
	fi;
	if
	:: !BEFORE(c_y, una_y) ->
		map_x(c_y, ack);
#ifdef OWED
		owed_floor(ack);
#endif
		if
		:: AFTER(ack, acked_x)
		:: else -> ack = acked_x
		fi;
		/* I2, and the floor: what a byte became has all arrived, or the box keeps it */
		assert(PLACE(ack) >= PLACE(acked_x) && PLACE(ack) <= PLACE(rcv_x));
		k = PLACE(acked_x);
		do
		:: k < PLACE(ack) ->
			assert(k < PLACE(dec_x) -> image_end[k] <= PLACE(c_y) : c_y == dec_y);
			k++
		:: else -> break
		od;
		acked_x = ack;
		map_ack(c_y);
#ifdef OWED
		owed_settle()
#endif
	:: else ->
		map_x(c_y, ack);
#ifdef OWED
		ack = (BEFORE(ack, acked_x) -> ack : acked_x)
#endif
	fi;
#ifdef OWED
	hole = block && AFTER(c_s, c_y);
	hole_y = (hole -> c_s : 0);
#endif
	edge = (c_y + WIN) & (M - 1);
	edge_y = (AFTER(edge, edge_y) -> edge : edge_y);
	if
	:: block ->
		map_sack();
#ifdef OWED
		owed_clip();
#endif
		if
		:: good && !(AFTER(e_x, ack) && !AFTER(s_x, ack)) ->
			do
			:: BEFORE(s_x, e_x) ->
				sacked = sacked | BIT(PLACE(s_x));
				s_x = (s_x + 1) & (M - 1)
			:: else -> break
			od
		:: else
		fi
	:: else
	fi;
	printf("; A is told %d, SACK %d\n", PLACE(ack), sacked);
	check()
}
