/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Private to the core: the state of a parser, and what lives while it runs.
 *
 * Three lifetimes. struct pp_vm is always there, small, plain data. struct
 * pp_scope exists between packets only while a unit is unfinished that some rule
 * cares about; it is packed into one allocation then. struct pp_scratch is working
 * memory of the CPU: the VM runs on copies in it, and nothing of the connection
 * changes before everything that can fail has succeeded.
 */
#ifndef _PP_RUN_H
#define _PP_RUN_H

#include "core.h"
#include "ruleset.h"

#define PP_MAX_TRACKS	8	/* open or continued fields with rules, one unit */
#define PP_MAX_MARKS	64	/* true atoms and counts in one unit */
#define PP_MAX_EDITS	128	/* edits of one run */
#define PP_ARENA	8192	/* bytes written and shown by one run's edits */
#define PP_MAX_NOTES	256	/* rules that fired in one run without changing a byte */
#define PP_SHOWN	64	/* bytes of an edit that events show */
#define PP_MAX_PAIRS	16	/* runs of replies due */

/**
 * struct pp_session - what the two directions of a connection share
 * @bits: session bits
 * @n: valid elements of @due
 * @silent: replies are not parsed any more: nobody will notice one
 * @due: replies due, oldest first; replies with tag 0 in a row share one element
 */
struct pp_session {
	u32 bits;
	u8 n;
	bool silent;
	struct {
		u16 count;
		u8 tag;
	} due[PP_MAX_PAIRS];
};

/**
 * enum pp_vm_mode - what the parser of a direction does
 * @PP_VM_PARSING: it parses
 * @PP_VM_OPAQUE: it never looks again
 */
enum pp_vm_mode { PP_VM_PARSING, PP_VM_OPAQUE };

/**
 * struct pp_vm - parser of one direction
 * @off: bytes consumed since the start of the stream
 * @sub: bytes the current instruction has consumed
 * @acc: integer being read
 * @unit_gen: generation of the ruleset when the unit began; rules that came later
 *	wait for the next unit
 * @regs: registers
 * @pc: current instruction
 * @toklen: bytes in the captured token, normalised; may exceed PP_MAX_TOKEN
 * @tok: the token
 * @tokgap: a blank was seen behind the last token byte
 * @mode: enum pp_vm_mode
 * @begun: the current instruction has opened its field
 * @scope: packed state of the unit's rules, or NULL
 */
struct pp_vm {
	u64 off;
	u64 sub;
	u64 acc;
	u64 unit_gen;
	u64 regs[PP_MAX_REGS];
	u32 pc;
	u16 toklen;
	u8 tokgap;
	u8 mode;
	u8 begun;
	u8 tok[PP_MAX_TOKEN];
	struct pp_saved *scope;
};

/**
 * struct pp_vtrack - a field read in one view
 * @count: characters read, leading ones that the view leaves out not counted
 * @view: PP_VIEW_*
 * @st: state of each stage: PERCENT: 1 "%" seen, 2 "%" and a digit seen; BLANKS: 1
 *	a blank was the last; JSON: 1 a backslash seen, 2 to 5 that and "u" and so
 *	many digits less 2, with 8 added once a digit put it above U+00FF
 * @hi: PERCENT: the digit; JSON: value of the last two digits; by stage
 * @lead: characters other than leading control ones have been seen (SKIPCTL)
 * @hist: the last PP_MAX_NEEDLE characters, at count modulo PP_MAX_NEEDLE
 */
struct pp_vtrack {
	u64 count;
	u16 view;
	u8 st[PP_VIEW_STAGES];
	u8 hi[PP_VIEW_STAGES];
	u8 lead;
	u8 pad[7];
	u8 hist[PP_MAX_NEEDLE];
};

/**
 * enum pp_cut - what happens to the rest of a field
 * @PP_CUT_NO: it passes
 * @PP_CUT_REMOVE: it is removed
 * @PP_CUT_BLANK: spaces are written over it
 */
enum pp_cut { PP_CUT_NO, PP_CUT_REMOVE, PP_CUT_BLANK };

/**
 * struct pp_track - a field that rules care about
 * @len: raw bytes of content so far
 * @field: its id
 * @open: it is open (else: kept because the next occurrence continues it)
 * @cut: enum pp_cut: what happens to the rest of it
 * @nvt: valid elements of @vt
 * @cut_key: key of the rule that removes
 * @vt: one per view
 */
struct pp_track {
	u64 len;
	u32 cut_key;
	u16 field;
	u8 open;
	u8 cut;
	u8 nvt;
	u8 pad[7];
	struct pp_vtrack vt[PP_MAX_VIEWS];
};

/**
 * struct pp_mark - truth of an atom (@val 1) or count of a rule
 * @key: of the atom or rule
 * @val: the value
 */
struct pp_mark {
	u32 key;
	u32 val;
};

/**
 * struct pp_scope_head - the part of a scope that has one size
 * @hold_off: stream offset of the first held byte
 * @hold: bytes from @hold_off on wait for a decision
 * @ntracks: fields remembered
 * @nmarks: marks remembered
 * @held: the held bytes
 */
struct pp_scope_head {
	u64 hold_off;
	u8 hold;
	u8 ntracks;
	u8 nmarks;
	u8 pad[5];
	u8 held[PP_MAX_DIGITS];
};

/**
 * struct pp_scope - what rules remember of the unit
 * @h: head
 * @marks: true atoms and counts
 * @tracks: fields, outermost first
 */
struct pp_scope {
	struct pp_scope_head h;
	struct pp_mark marks[PP_MAX_MARKS];
	struct pp_track tracks[PP_MAX_TRACKS];
};

/**
 * struct pp_saved - struct pp_scope packed
 * @h: head
 * @data: struct pp_track by @h.ntracks, then struct pp_mark by @h.nmarks
 */
struct pp_saved {
	struct pp_scope_head h;
	u64 data[];
};

/**
 * enum pp_rank - what may be done to a byte; where several meet the highest counts
 * @PP_RANK_SAME: nothing; something is inserted before it
 * @PP_RANK_EDIT: it is replaced
 * @PP_RANK_BLANK: it is overwritten, with the rest of its field
 * @PP_RANK_CUT: it is removed, with the rest of its field
 */
enum pp_rank { PP_RANK_SAME, PP_RANK_EDIT, PP_RANK_BLANK, PP_RANK_CUT };

/**
 * struct pp_edit - one change of the stream
 * @off: stream offset of the first byte it replaces
 * @xlen: bytes it replaces; 0 only while the byte behind is still to come
 * @put: offset in the arena of what is written
 * @putlen: bytes written
 * @ins: how many of them were inserted before the byte; not 0: that is the only one
 * @old: offset in the arena of the first bytes replaced
 * @oldlen: valid bytes there
 * @rank: enum pp_rank
 * @first: a rule's action begins here
 * @rule: the rule
 */
struct pp_edit {
	u64 off;
	u32 xlen;
	u16 put;
	u16 putlen;
	u16 ins;
	u16 old;
	u16 oldlen;
	u8 rank;
	bool first;
	const struct pp_rsrule *rule;
};

/**
 * struct pp_script - the edits of one run, by offset, not overlapping
 * @n: valid elements of @edits
 * @used: bytes of @arena in use
 * @nnotes: valid elements of @notes
 * @ahead: stream offset behind the last edit that was made before its byte was
 *	consumed
 * @pending: the last edit is an insertion whose byte is still to come
 * @full: something did not fit: the run must not be committed
 * @edits: the edits
 * @notes: rules that fired without changing a byte
 * @arena: bytes they refer to
 */
struct pp_script {
	u16 n;
	u16 used;
	u16 nnotes;
	bool full;
	bool pending;
	u64 ahead;
	struct pp_edit edits[PP_MAX_EDITS];
	const struct pp_rsrule *notes[PP_MAX_NOTES];
	u8 arena[PP_ARENA];
};

/**
 * enum pp_stop - why a run ended
 * @PP_STOP_INPUT: all input is consumed
 * @PP_STOP_WAIT: waits for the other direction; input is left
 * @PP_STOP_ROOM: the script is nearly full; call again after it was taken
 * @PP_STOP_OPAQUE: nothing that follows is parsed; input may be left
 * @PP_STOP_RESET: the connection must end
 * @PP_STOP_DROP: the datagram must be dropped
 */
enum pp_stop {
	PP_STOP_INPUT,
	PP_STOP_WAIT,
	PP_STOP_ROOM,
	PP_STOP_OPAQUE,
	PP_STOP_RESET,
	PP_STOP_DROP,
};

/**
 * struct pp_run - one run of a VM
 * @img: the grammar
 * @rs: rules in force, or NULL
 * @vm: working copy of the parser
 * @scope: working copy
 * @session: working copy
 * @script: where edits go
 * @ctx: for pp_port_*()
 * @dir: direction
 * @p: next input byte
 * @end: end of the input
 * @eof: nothing comes after @end
 * @stop: the rule or instruction that ended the run asked for this
 */
struct pp_run {
	const struct pp_image *img;
	const struct pp_ruleset *rs;
	struct pp_vm *vm;
	struct pp_scope *scope;
	struct pp_session *session;
	struct pp_script *script;
	void *ctx;
	int dir;
	const u8 *p;
	const u8 *end;
	bool eof;
	int stop;
};

/**
 * struct pp_scratch - working memory of a CPU
 * @run: the run
 * @vm: working copy
 * @session: working copy
 * @scope: working copy
 * @script: edits of the run
 * @buf: bytes of a packet that are not contiguous in it
 */
struct pp_scratch {
	struct pp_run run;
	struct pp_vm vm;
	struct pp_session session;
	struct pp_scope scope;
	struct pp_script script;
	u8 buf[PP_PULL_MAX];
};

/**
 * pp_active() - whether a rule takes part in the unit at hand
 * @r: the run
 * @rr: the rule
 *
 * Return: false for a rule that came after the unit had begun.
 */
static inline bool pp_active(const struct pp_run *r, const struct pp_rsrule *rr)
{
	return rr->patch->since <= r->vm->unit_gen;
}

/**
 * pp_compare() - compare two numbers
 * @cc: enum pp_cc
 * @a: one
 * @b: the other
 */
static inline bool pp_compare(u16 cc, u64 a, u64 b)
{
	switch (cc) {
	case PP_CC_EQ: return a == b;
	case PP_CC_NE: return a != b;
	case PP_CC_LT: return a < b;
	case PP_CC_LE: return a <= b;
	case PP_CC_GT: return a > b;
	default: return a >= b;
	}
}

/* vm.c */
void pp_vm_init(struct pp_vm *vm, const struct pp_image *img, int dir);
int pp_vm_run(struct pp_run *r);
u64 pp_vm_opaque(const struct pp_run *r);
void pp_vm_skip(struct pp_vm *vm, u64 n);

/* track.c */
struct pp_track *pp_track_find(struct pp_scope *s, u16 field);
void pp_track_open(struct pp_run *r, u16 field);
void pp_track_feed(struct pp_run *r, const u8 *p, u32 n);
void pp_track_close(struct pp_run *r, u16 field, const u64 *value);
bool pp_track_any_open(const struct pp_scope *s);
bool pp_cond(const struct pp_run *r, const struct pp_rsrule *rr);

/* hold.c */
void pp_hold_begin(struct pp_run *r, u16 field);
void pp_hold_release(struct pp_run *r, const struct pp_insn *insn);
void pp_hold_settle(struct pp_run *r, const struct pp_insn *insn, u64 value);

/* matcher.c */
void pp_match_run(struct pp_run *r, struct pp_track *t, const struct pp_hook *h,
		  const u8 *p, u32 n);
bool pp_match_at_end(const struct pp_track *t, const struct pp_rsatom *a);

/* scope.c */
bool pp_marked(const struct pp_scope *s, u32 key);
struct pp_mark *pp_mark(struct pp_run *r, u32 key);
void pp_unmark(struct pp_scope *s, u32 key);
void pp_scope_reset(struct pp_scope *s);
void pp_scope_load(struct pp_scope *s, const struct pp_saved *saved);
int pp_scope_save(const struct pp_scope *s, struct pp_saved **saved);

/* script.c */
void pp_script_reset(struct pp_script *sc);
u32 pp_script_room(const struct pp_script *sc);
void pp_script_edit(struct pp_script *sc, u64 off, const void *put, u16 putlen, const u8 *old,
		    const struct pp_rsrule *rule);
void pp_script_number(struct pp_script *sc, u64 off, u32 xlen, const void *put, u16 putlen,
		      const u8 *old, const struct pp_rsrule *rule);
void pp_script_lose(struct pp_script *sc, u64 off, u32 n, u8 rank, const u8 *old,
		    const struct pp_rsrule *rule, bool first);
void pp_script_insert(struct pp_script *sc, u64 off, const void *put, u16 putlen,
		      const struct pp_rsrule *rule);
void pp_script_note(struct pp_script *sc, const struct pp_rsrule *rule);
void pp_script_anchor(struct pp_script *sc, u8 byte);

/* session.c */
bool pp_session_push(struct pp_session *s, u8 tag);
u8 pp_session_head(const struct pp_session *s);
u8 pp_session_pop(struct pp_session *s);

#endif /* _PP_RUN_H */
