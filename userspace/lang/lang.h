/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The language: grammars (*.ppg) and patches (*.pdef) compiled to images.
 *
 * A caller reads a source, compiles it, and hands the image to the kernel or to
 * the core. Whatever is wrong with a source is collected in a struct lang_diag,
 * several errors per run, each with its place; the compile function then returns
 * NULL. What the kernel refuses later is brought to the same place: it names a
 * section of the image and an index, lang_grammar_locate() or
 * lang_patch_locate() turn these into a position and lang_diag_at() shows it.
 *
 *	struct lang_diag *diag = lang_diag_new();
 *	struct lang_source *src = lang_source_read("http1.ppg", diag);
 *	struct lang_grammar *g = src ? lang_grammar_compile(src, diag) : NULL;
 *
 *	lang_source_free(src);
 *	if (!g)
 *		lang_diag_print(diag, stderr);
 *
 * A patch copies what it needs of its grammar. Nothing here is
 * safe for use of one object by several threads. Memory exhaustion ends the
 * process with a message, as in any small tool.
 */
#ifndef PP_LANG_H
#define PP_LANG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "patchproxy_image.h"

#define LANG_MAX_ERRORS	20		/* errors kept; later ones are counted only */
#define LANG_MAX_SAMPLE	(1u << 20)	/* bytes in one string of a sample */

struct lang_diag;
struct lang_source;
struct lang_grammar;
struct lang_patch;

/**
 * struct lang_pos - a place in a source
 * @line: line, from 1; 0 is no place
 * @col: column in bytes, from 1
 * @len: bytes to underline
 */
struct lang_pos {
	uint32_t line;
	uint32_t col;
	uint32_t len;
};

/**
 * struct lang_bytes - a byte string, not NUL-terminated
 * @data: bytes, NULL where the source does not give the string
 * @len: how many
 */
struct lang_bytes {
	const unsigned char *data;
	size_t len;
};

/**
 * struct lang_error - one diagnostic
 * @path: file
 * @pos: place; line 0 when the whole file is meant
 * @text: the source line, or NULL
 * @message: what is wrong
 * @hint: what to do about it, or NULL
 */
struct lang_error {
	const char *path;
	struct lang_pos pos;
	const char *text;
	const char *message;
	const char *hint;
};

struct lang_diag *lang_diag_new(void);
void lang_diag_free(struct lang_diag *diag);
void lang_diag_at(struct lang_diag *diag, const struct lang_source *src,
		  struct lang_pos pos, const char *hint, const char *fmt, ...)
	__attribute__((format(printf, 5, 6), nonnull(5)));
size_t lang_diag_errors(const struct lang_diag *diag);
const struct lang_error *lang_diag_get(const struct lang_diag *diag, size_t i);
void lang_diag_print(const struct lang_diag *diag, FILE *out);

struct lang_source *lang_source_read(const char *path, struct lang_diag *diag);
struct lang_source *lang_source_memory(const char *path, const void *text, size_t size);
void lang_source_free(struct lang_source *src);
const char *lang_source_path(const struct lang_source *src);

/**
 * struct lang_field - a field of a grammar
 * @name: dotted from the unit: "request.uri.path"
 * @doc: one line, "" when the grammar gives none
 * @type: enum pp_field_type
 * @flags: PP_FIELD_*
 * @parent: index of the group it is part of, or 0
 * @length_of: index of the field whose length it states, or 0
 * @pos: where it is first named
 */
struct lang_field {
	const char *name;
	const char *doc;
	unsigned int type;
	unsigned int flags;
	unsigned int parent;
	unsigned int length_of;
	struct lang_pos pos;
};

struct lang_grammar *lang_grammar_compile(struct lang_source *src, struct lang_diag *diag);
void lang_grammar_free(struct lang_grammar *g);
const void *lang_grammar_image(const struct lang_grammar *g, size_t *size);
uint64_t lang_grammar_id(const struct lang_grammar *g);
const char *lang_grammar_name(const struct lang_grammar *g);
const char *lang_grammar_title(const struct lang_grammar *g);
const struct lang_source *lang_grammar_source(const struct lang_grammar *g);
unsigned int lang_grammar_nr_fields(const struct lang_grammar *g);
const struct lang_field *lang_grammar_field(const struct lang_grammar *g, unsigned int i);
int lang_grammar_session_bit(const struct lang_grammar *g, const char *name);
const char *lang_grammar_session_name(const struct lang_grammar *g, unsigned int bit);
bool lang_grammar_locate(const struct lang_grammar *g, unsigned int section,
			 unsigned int index, struct lang_pos *pos);

/**
 * struct lang_param - a list of strings that an operator can override
 * @name: name, without the "$"
 * @values: the strings; not owned
 * @nr_values: how many
 */
struct lang_param {
	const char *name;
	const struct lang_bytes *values;
	size_t nr_values;
};

/**
 * typedef lang_lookup_fn - find the grammar of a protocol
 * @ctx: the caller's
 * @protocol: name in the patch's `for` line
 *
 * Return: the grammar, or NULL when there is none.
 */
typedef const struct lang_grammar *(*lang_lookup_fn)(void *ctx, const char *protocol);

/**
 * enum lang_class - how near a patch comes to the vendor's fix
 * @LANG_CLASS_NONE: not stated
 * @LANG_CLASS_E: the same decision
 * @LANG_CLASS_C: a conservative superset
 * @LANG_CLASS_P: partial
 */
enum lang_class {
	LANG_CLASS_NONE,
	LANG_CLASS_E = 'E',
	LANG_CLASS_C = 'C',
	LANG_CLASS_P = 'P',
};

#define LANG_SAMPLE_UNCHANGED	0x01	/* both ends see what was sent */
#define LANG_SAMPLE_DROPPED	0x02	/* the datagram does not arrive */
#define LANG_SAMPLE_RESET	0x04	/* the connection is ended */

/**
 * struct lang_sample - traffic and what must become of it
 * @name: for people
 * @client: what the client sends
 * @server: what the server sends
 * @server_sees: what must arrive at the server; data NULL where not stated
 * @client_sees: what must arrive at the client; data NULL where not stated
 * @flags: LANG_SAMPLE_*
 * @pos: where it begins
 */
struct lang_sample {
	const char *name;
	struct lang_bytes client;
	struct lang_bytes server;
	struct lang_bytes server_sees;
	struct lang_bytes client_sees;
	unsigned int flags;
	struct lang_pos pos;
};

/**
 * struct lang_patch_info - what a patch says about itself
 * @name: its name
 * @title: one line
 * @protocol: the protocol it is for
 * @flags: PP_PATCH_*
 * @bulletins: vendor bulletins
 * @nr_bulletins: how many
 * @products: what is affected
 * @nr_products: how many
 * @fix: what the vendor's fix does, or NULL
 * @class: how near the patch comes to it
 * @reason: why it is of that class, or NULL
 * @limit_source: where its numbers come from, or NULL
 * @params: parameters with the values in force
 * @nr_params: how many
 * @samples: its samples
 * @nr_samples: how many
 */
struct lang_patch_info {
	const char *name;
	const char *title;
	const char *protocol;
	unsigned int flags;
	const char *const *bulletins;
	size_t nr_bulletins;
	const char *const *products;
	size_t nr_products;
	const char *fix;
	enum lang_class class;
	const char *reason;
	const char *limit_source;
	const struct lang_param *params;
	size_t nr_params;
	const struct lang_sample *samples;
	size_t nr_samples;
};

struct lang_patch *lang_patch_compile(struct lang_source *src, lang_lookup_fn lookup,
				      void *ctx, const struct lang_param *params,
				      size_t nr_params, struct lang_diag *diag);
void lang_patch_free(struct lang_patch *p);
const void *lang_patch_image(const struct lang_patch *p, size_t *size);
uint64_t lang_patch_id(const struct lang_patch *p);
const struct lang_patch_info *lang_patch_info(const struct lang_patch *p);
const struct lang_source *lang_patch_source(const struct lang_patch *p);
bool lang_patch_locate(const struct lang_patch *p, unsigned int section,
		       unsigned int index, struct lang_pos *pos);

void lang_disasm(const void *image, size_t size, const void *grammar,
		 size_t grammar_size, FILE *out);

#endif /* PP_LANG_H */
