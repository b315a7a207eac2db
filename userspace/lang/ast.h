/* SPDX-License-Identifier: GPL-2.0 */
/* The trees that the parsers build. */
#ifndef PP_LANG_AST_H
#define PP_LANG_AST_H

#include "lang.h"

struct arena;

#define NO_REG	0xff	/* no register was named */

/**
 * struct name_list - names in order of declaration
 * @names: the names
 * @pos: where they are declared
 * @nr: how many
 */
struct name_list {
	const char *names[32];
	struct lang_pos pos[32];
	unsigned int nr;
};

/**
 * enum test_kind - kinds of condition in a grammar
 * @TEST_PEEK: the next byte is in a set
 * @TEST_EOF: data has ended
 * @TEST_TOKEN: the captured token compared
 * @TEST_REG: a register compared
 * @TEST_SESSION: a session bit
 * @TEST_NOT: not @a
 * @TEST_AND: @a and @b
 * @TEST_OR: @a or @b
 */
enum test_kind {
	TEST_PEEK,
	TEST_EOF,
	TEST_TOKEN,
	TEST_REG,
	TEST_SESSION,
	TEST_NOT,
	TEST_AND,
	TEST_OR,
};

/**
 * struct test - a condition in a grammar
 * @kind: kind
 * @pos: place
 * @set: TEST_PEEK
 * @lit: TEST_TOKEN: what to compare with
 * @flags: TEST_TOKEN: PP_I_STARTS or PP_I_ENDS
 * @reg: TEST_REG
 * @reg2: TEST_REG: second register, or NO_REG
 * @cc: TEST_REG: enum pp_cc
 * @value: TEST_REG: integer
 * @bit: TEST_SESSION
 * @a: first operand
 * @b: second operand
 */
struct test {
	enum test_kind kind;
	struct lang_pos pos;
	struct pp_set set;
	struct lang_bytes lit;
	unsigned int flags;
	unsigned int reg;
	unsigned int reg2;
	unsigned int cc;
	uint32_t value;
	unsigned int bit;
	struct test *a;
	struct test *b;
};

/**
 * enum stmt_kind - kinds of statement
 * @STMT_CONSUME: consumes bytes
 * @STMT_BYTES: a field of bytes made of several statements
 * @STMT_GROUP: group of fields
 * @STMT_UNIT: unit
 * @STMT_LOOP: loop
 * @STMT_BREAK: leave the loop
 * @STMT_CONTINUE: next round of the loop
 * @STMT_IF: if, with @body and @other
 * @STMT_SWITCH: switch, with @cases and @other
 * @STMT_USE: a part stands here
 * @STMT_SETS: set a session bit
 * @STMT_CLRS: clear a session bit
 * @STMT_ALU: register = expression
 * @STMT_PUSH: a reply is due
 * @STMT_POP: take the oldest reply due
 * @STMT_HEADTAG: look at the oldest reply due
 * @STMT_WAIT: until no reply is due
 * @STMT_OPAQUE: parse no more
 * @STMT_MALFORMED: no server accepts this
 * @STMT_LENGTH: length of a field
 */
enum stmt_kind {
	STMT_CONSUME,
	STMT_BYTES,
	STMT_GROUP,
	STMT_UNIT,
	STMT_LOOP,
	STMT_BREAK,
	STMT_CONTINUE,
	STMT_IF,
	STMT_SWITCH,
	STMT_USE,
	STMT_SETS,
	STMT_CLRS,
	STMT_ALU,
	STMT_PUSH,
	STMT_POP,
	STMT_HEADTAG,
	STMT_WAIT,
	STMT_OPAQUE,
	STMT_MALFORMED,
	STMT_LENGTH,
};

/**
 * struct consume - what a statement consumes
 * @op: enum pp_op
 * @flags: PP_I_*
 * @set: SCAN
 * @lit: LIT
 * @max: SCAN: bytes, NUM: digits
 * @arg: UINT: bytes, NUM: base
 * @reg: register, or NO_REG
 * @telnet: TELNET sequences are left out
 * @folded: goes on in folded lines
 * @else_body: what is done when it fails
 * @has_else: whether @else_body was given
 */
struct consume {
	unsigned int op;
	unsigned int flags;
	struct pp_set set;
	struct lang_bytes lit;
	uint32_t max;
	unsigned int arg;
	unsigned int reg;
	bool telnet;
	bool folded;
	struct stmt *else_body;
	bool has_else;
};

/**
 * struct switch_case - one arm of a switch
 * @next: next arm
 * @test: when it is taken
 * @body: what is done
 */
struct switch_case {
	struct switch_case *next;
	struct test *test;
	struct stmt *body;
};

/**
 * struct stmt - a statement
 * @kind: kind
 * @pos: place
 * @next: the statement after it
 * @name: of a field, group, unit, or the integer of STMT_LENGTH; else NULL
 * @name_pos: place of @name
 * @field_flags: PP_FIELD_*
 * @doc: one line about the field, or NULL
 * @consume: STMT_CONSUME
 * @body: block
 * @other: else block, may be NULL
 * @test: STMT_IF
 * @cases: STMT_SWITCH
 * @part: STMT_USE
 * @bit: STMT_SETS, STMT_CLRS
 * @reg: STMT_ALU, STMT_POP, STMT_HEADTAG
 * @alu: STMT_ALU: enum pp_alu; PP_ALU_MOV when there is no operator
 * @regs: STMT_ALU: operand registers, or NO_REG
 * @values: STMT_ALU: operand integers
 * @value: STMT_PUSH: tag; STMT_OPAQUE: PP_I_BLIND
 * @of: STMT_LENGTH: the field whose length is stated
 * @of_pos: place of @of
 * @reason: STMT_MALFORMED
 * @policy: STMT_MALFORMED: enum pp_policy, or -1 for the direction's own
 */
struct stmt {
	enum stmt_kind kind;
	struct lang_pos pos;
	struct stmt *next;
	const char *name;
	struct lang_pos name_pos;
	unsigned int field_flags;
	const char *doc;
	struct consume *consume;
	struct stmt *body;
	struct stmt *other;
	struct test *test;
	struct switch_case *cases;
	struct part *part;
	unsigned int bit;
	unsigned int reg;
	unsigned int alu;
	unsigned int regs[2];
	uint32_t values[2];
	unsigned int value;
	const char *of;
	struct lang_pos of_pos;
	const char *reason;
	int policy;
};

/**
 * struct part - statements that stand wherever they are used
 * @next: part declared before
 * @name: name
 * @body: the statements
 */
struct part {
	struct part *next;
	const char *name;
	struct stmt *body;
};

/**
 * struct set_name - a set that has a name
 * @next: set declared before
 * @name: name
 * @set: the set
 */
struct set_name {
	struct set_name *next;
	const char *name;
	struct pp_set set;
};

/**
 * struct grammar_tree - a grammar as parsed
 * @name: protocol
 * @pos: place of @name
 * @title: one line
 * @transport: IPPROTO_*, 0 when missing
 * @ports: default ports
 * @nr_ports: how many
 * @regs: registers
 * @session: session bits
 * @sets: named sets
 * @parts: parts
 * @body: program by direction
 * @has_body: whether it was given
 */
struct grammar_tree {
	const char *name;
	struct lang_pos pos;
	const char *title;
	unsigned int transport;
	uint16_t ports[PP_MAX_PORTS];
	unsigned int nr_ports;
	struct name_list regs;
	struct name_list session;
	struct set_name *sets;
	struct part *parts;
	struct stmt *body[2];
	bool has_body[2];
};

bool parse_grammar(struct lang_source *src, struct lang_diag *diag,
		   struct arena *arena, struct grammar_tree *tree);

/**
 * struct field_ref - a field named in a patch
 * @name: as written
 * @pos: place
 * @view: PP_VIEW_*
 * @view_pos: place of the view
 */
struct field_ref {
	const char *name;
	struct lang_pos pos;
	unsigned int view;
	struct lang_pos view_pos;
};

/**
 * enum cond_kind - kinds of condition in a patch
 * @COND_ATOM: a question about a field, or a session bit
 * @COND_NOT: not @a
 * @COND_AND: @a and @b
 * @COND_OR: @a or @b
 */
enum cond_kind {
	COND_ATOM,
	COND_NOT,
	COND_AND,
	COND_OR,
};

/**
 * struct cond - a condition in a patch
 * @kind: kind
 * @pos: place
 * @field: COND_ATOM: the field
 * @op: COND_ATOM: enum pp_atom_op
 * @op_pos: place of the operator
 * @nocase: COND_ATOM: case is ignored
 * @negate: COND_ATOM: "!=" of strings
 * @cc: COND_ATOM: enum pp_cc
 * @value: COND_ATOM: integer
 * @set: COND_ATOM: for "has"
 * @strings: COND_ATOM: alternatives
 * @string_pos: their places
 * @nr_strings: how many
 * @param: COND_ATOM: name of the parameter that gives the alternatives, or NULL
 * @param_pos: its place
 * @session: PP_ATOM_SESSION: name of the bit
 * @a: first operand
 * @b: second operand
 */
struct cond {
	enum cond_kind kind;
	struct lang_pos pos;
	struct field_ref field;
	unsigned int op;
	struct lang_pos op_pos;
	bool nocase;
	bool negate;
	unsigned int cc;
	uint64_t value;
	struct pp_set set;
	const struct lang_bytes *strings;
	const struct lang_pos *string_pos;
	size_t nr_strings;
	const char *param;
	struct lang_pos param_pos;
	const char *session;
	struct cond *a;
	struct cond *b;
};

/**
 * struct rule_tree - a rule as parsed
 * @next: the next rule
 * @fields: fields it is on
 * @nr_fields: how many
 * @cond: condition, or NULL
 * @action: enum pp_action
 * @pos: place of the action
 * @nocase: PP_ACT_REPLACE: case is ignored
 * @at_start: PP_ACT_REPLACE: only at the start of the field
 * @set: PP_ACT_CLASS
 * @from: PP_ACT_REPLACE: needle
 * @from_pos: its place
 * @with: replacement, or what is appended
 * @with_pos: its place
 * @n: number
 */
struct rule_tree {
	struct rule_tree *next;
	struct field_ref *fields;
	size_t nr_fields;
	struct cond *cond;
	unsigned int action;
	struct lang_pos pos;
	bool nocase;
	bool at_start;
	struct pp_set set;
	struct lang_bytes from;
	struct lang_pos from_pos;
	struct lang_bytes with;
	struct lang_pos with_pos;
	uint64_t n;
};

/**
 * struct patch_tree - a patch as parsed
 * @info: what it says about itself
 * @pos: place of its name
 * @protocol_pos: place of the protocol's name
 * @param_pos: places of the parameters
 * @rules: its rules
 */
struct patch_tree {
	struct lang_patch_info info;
	struct lang_pos pos;
	struct lang_pos protocol_pos;
	struct lang_pos *param_pos;
	struct rule_tree *rules;
};

bool parse_patch(struct lang_source *src, struct lang_diag *diag,
		 struct arena *arena, struct patch_tree *tree);

#endif /* PP_LANG_AST_H */
