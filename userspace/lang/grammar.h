/* SPDX-License-Identifier: GPL-2.0 */
/* Private to the compiler: a grammar while it is compiled and afterwards. */
#ifndef PP_LANG_GRAMMAR_H
#define PP_LANG_GRAMMAR_H

#include "ast.h"
#include "image.h"
#include "source.h"

/**
 * struct code_insn - an instruction and where it comes from
 * @in: the instruction; while emitting, its target is a label
 * @pos: place of the statement
 */
struct code_insn {
	struct pp_insn in;
	struct lang_pos pos;
};

/**
 * struct code - a program
 * @insns: instructions
 * @nr: how many
 * @cap: how many there is room for
 * @labels: instruction by label
 * @nr_labels: labels in use
 * @cap_labels: labels there is room for
 * @entry: first instruction by direction; while emitting, a label
 */
struct code {
	struct code_insn *insns;
	size_t nr;
	size_t cap;
	uint32_t *labels;
	size_t nr_labels;
	size_t cap_labels;
	uint32_t entry[2];
};

/**
 * struct code_edges - where an instruction goes
 * @nr: edges
 * @to: instruction
 * @progress: the edge is taken with at least one byte consumed
 * @taken: the edge is the jump to the target
 */
struct code_edges {
	unsigned int nr;
	uint32_t to[2];
	bool progress[2];
	bool taken[2];
};

bool code_has_target(unsigned int op);
void code_edges(const struct pp_insn *in, uint32_t pc, struct code_edges *edges);
void code_link(struct code *code);
void code_optimise(struct code *code);
void code_clean(struct code *code);
bool code_check(const struct code *code, const struct lang_source *src,
		struct lang_diag *diag);
bool code_field_end(const struct code *code, unsigned int field);
bool code_field_before(const struct code *code, unsigned int first, bool early,
		       unsigned int then);
bool code_field_between(const struct code *code, unsigned int from, unsigned int field,
			unsigned int to);

/**
 * struct lang_grammar - a compiled grammar
 * @arena: its memory
 * @src: its source
 * @tree: as parsed
 * @fields: fields; element 0 is unused
 * @nr_fields: how many, with element 0
 * @cap_fields: how many there is room for
 * @folded: fields that may go on in folded lines
 * @code: the program
 * @image: the image
 * @size: bytes in it
 * @id: its id
 */
struct lang_grammar {
	struct arena arena;
	struct lang_source *src;
	struct grammar_tree tree;
	struct lang_field *fields;
	size_t nr_fields;
	size_t cap_fields;
	bool folded[PP_MAX_FIELDS];
	struct code code;
	void *image;
	size_t size;
	uint64_t id;
};

/**
 * struct scope - where in the names a statement stands
 * @unit: name of the unit, or NULL
 * @groups: dotted names of the open groups
 * @ids: fields that are open, groups and others
 * @depth: valid elements of both
 * @server: in the server's program
 * @steps: statements walked, against parts that multiply
 */
struct scope {
	const char *unit;
	const char *groups[PP_MAX_DEPTH + 1];
	unsigned int ids[PP_MAX_DEPTH + 1];
	unsigned int depth;
	bool server;
	unsigned int steps;
};

#define MAX_STEPS	20000	/* statements after parts are put in place */

const char *field_name(struct lang_grammar *g, const struct scope *scope, const char *name);
unsigned int field_find(const struct lang_grammar *g, const char *name);
void field_declare_all(struct lang_grammar *g, struct lang_diag *diag);
void emit_grammar(struct lang_grammar *g, struct image_builder *b, struct lang_diag *diag);

#endif /* PP_LANG_GRAMMAR_H */
