/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Private to the core: the rules in force for a protocol at a server, indexed by
 * field. Immutable once built.
 */
#ifndef _PP_RULESET_H
#define _PP_RULESET_H

#include "core.h"

#define PP_MAX_VIEWS	4	/* ways one field is read at once */

/**
 * struct pp_rsrule - a rule in force
 * @rule: as in the image
 * @patch: where it comes from
 * @needle: REPLACE: what is looked for
 * @put: REPLACE, APPEND: what is written
 * @set: CLASS: which bytes
 * @needle_len: bytes of @needle
 * @put_len: bytes of @put
 * @early: its condition asks only fields that ended before its own began
 */
struct pp_rsrule {
	const struct pp_rule *rule;
	const struct pp_rs_patch *patch;
	const u8 *needle;
	const u8 *put;
	const struct pp_set *set;
	u16 needle_len;
	u16 put_len;
	bool early;
};

/**
 * struct pp_rsatom - an atom that some rule in force asks
 * @atom: as in the image of the first patch that has it
 * @needle: literal, for the operations that have one
 * @set: set, for INSET
 * @len: bytes of @needle
 * @since: oldest generation of a patch that asks it
 */
struct pp_rsatom {
	const struct pp_atom *atom;
	const u8 *needle;
	const struct pp_set *set;
	u16 len;
	u64 since;
};

/**
 * struct pp_matcher - something looked for while bytes of a field pass
 * @needle: bytes to find; NULL: single bytes of @set
 * @set: with @needle NULL
 * @len: bytes of @needle
 * @fold: ASCII case is ignored; @needle is lower case
 * @starts: only at the start of the field
 * @is_rule: @index is a rule, else an atom
 * @index: in the ruleset
 */
struct pp_matcher {
	const u8 *needle;
	const struct pp_set *set;
	u8 len;
	bool fold;
	bool starts;
	bool is_rule;
	u32 index;
};

/**
 * struct pp_hview - what is looked for in one view of a field
 * @view: PP_VIEW_*
 * @trigger: bytes at which some matcher may succeed
 * @first: its first matcher
 * @n: its matchers
 */
struct pp_hview {
	u16 view;
	struct pp_set trigger;
	u32 first;
	u32 n;
};

/**
 * struct pp_hook - what hangs on one field
 * @field: the field
 * @nviews: valid elements of @views
 * @clamps: some rule is a CLAMP
 * @element: some CLAMP may remove it
 * @views: by view
 * @rule: its first rule, sorted by field
 * @nrules: its rules
 * @atom: its first atom, sorted by field
 * @natoms: its atoms
 */
struct pp_hook {
	u16 field;
	u8 nviews;
	bool clamps;
	bool element;
	struct pp_hview views[PP_MAX_VIEWS];
	u32 rule;
	u32 nrules;
	u32 atom;
	u32 natoms;
};

/**
 * struct pp_ruleset - rules in force
 * @img: the grammar
 * @gen: generation it was built for
 * @npatches: valid elements of @patches
 * @nrules: valid elements of @rules
 * @natoms: valid elements of @atoms
 * @nmatchers: valid elements of @matchers
 * @nhooks: valid elements of @hooks
 * @patches: copy of what pp_ruleset_build() was given
 * @rules: sorted by field; within a field in the order of the patches
 * @atoms: sorted by field, each key once
 * @matchers: by field and view
 * @hooks: by field
 * @index: by field: 1 + index in @hooks, or 0
 */
struct pp_ruleset {
	const struct pp_image *img;
	u64 gen;
	u32 npatches;
	u32 nrules;
	u32 natoms;
	u32 nmatchers;
	u32 nhooks;
	struct pp_rs_patch *patches;
	struct pp_rsrule *rules;
	struct pp_rsatom *atoms;
	struct pp_matcher *matchers;
	struct pp_hook *hooks;
	u16 index[PP_MAX_FIELDS];
};

/**
 * pp_hook() - what hangs on a field
 * @rs: rules in force, or NULL
 * @field: the field
 *
 * Return: the hook or NULL.
 */
static inline const struct pp_hook *pp_hook(const struct pp_ruleset *rs, u16 field)
{
	if (!rs || !rs->index[field])
		return NULL;
	return &rs->hooks[rs->index[field] - 1];
}

/**
 * pp_field_overlap() - whether two fields are the same or one is inside the other
 * @g: their grammar
 * @a: a field
 * @b: a field
 */
static inline bool pp_field_overlap(const struct pp_image *g, u16 a, u16 b)
{
	u16 f;

	for (f = a; f; f = g->fields[f].parent)
		if (f == b)
			return true;
	for (f = b; f; f = g->fields[f].parent)
		if (f == a)
			return true;
	return false;
}

/**
 * pp_set_has() - whether a byte is in a set
 * @set: the set
 * @b: the byte
 */
static inline bool pp_set_has(const struct pp_set *set, u8 b)
{
	return set->bits[b >> 5] >> (b & 31) & 1;
}

/**
 * pp_lower() - ASCII lower case
 * @b: a byte
 */
static inline u8 pp_lower(u8 b)
{
	return b >= 'A' && b <= 'Z' ? b + 32 : b;
}

#endif /* _PP_RULESET_H */
