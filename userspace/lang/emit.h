/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PP_LANG_EMIT_H
#define PP_LANG_EMIT_H

#include "grammar.h"

#define NO_LABEL	UINT32_MAX

/**
 * struct fail_site - a FAIL that several instructions go to
 * @label: label of it
 * @reason: index in PP_SEC_REASONS
 * @policy: enum pp_policy
 * @depth: fields open there
 * @ids: which
 * @pos: first statement that goes there
 */
struct fail_site {
	uint32_t label;
	uint32_t reason;
	unsigned int policy;
	unsigned int depth;
	unsigned int ids[PP_MAX_DEPTH + 1];
	struct lang_pos pos;
};

/**
 * struct loop - the loop a statement is in
 * @outer: the loop around it
 * @again: label of its beginning
 * @done: label behind it
 * @depth: fields open at its beginning
 */
struct loop {
	struct loop *outer;
	uint32_t again;
	uint32_t done;
	unsigned int depth;
};

/**
 * struct emitter - emits the program of a grammar
 * @g: the grammar
 * @b: its image
 * @diag: where errors go
 * @code: the program
 * @scope: where in the names the statement stands
 * @loop: the loop it is in, or NULL
 * @scratch: register that takes values nobody wants, or NO_REG
 * @fails: FAILs to emit
 * @nr_fails: how many
 * @cap_fails: how many there is room for
 * @pos: place of the statement
 */
struct emitter {
	struct lang_grammar *g;
	struct image_builder *b;
	struct lang_diag *diag;
	struct code *code;
	struct scope scope;
	struct loop *loop;
	unsigned int scratch;
	struct fail_site *fails;
	size_t nr_fails;
	size_t cap_fails;
	struct lang_pos pos;
};

uint32_t emit_label(struct emitter *e);
void emit_here(struct emitter *e, uint32_t label);
void emit_insn(struct emitter *e, struct pp_insn in, uint32_t label);
void emit_jump(struct emitter *e, uint32_t label);
void emit_open(struct emitter *e, unsigned int field, const char *name);
void emit_close(struct emitter *e);
uint32_t emit_fail(struct emitter *e, const char *reason, int policy);
void emit_test(struct emitter *e, const struct test *t, bool when, uint32_t label);
void emit_consume(struct emitter *e, const struct stmt *s);
void emit_block(struct emitter *e, const struct stmt *s);
unsigned int emit_scratch(struct emitter *e);

#endif /* PP_LANG_EMIT_H */
