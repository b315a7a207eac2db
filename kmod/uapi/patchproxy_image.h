/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR MIT) */
/*
 * patchproxy image format: compiled grammars and patches.
 *
 * An image is one contiguous blob in the byte order of the machine: it is
 * compiled on the box that loads it, so only text travels. It begins with
 * struct pp_image_header, whose section table gives, for every section, the
 * byte offset from the start of the image and the number of elements. Offsets
 * are multiples of 8; sections a kind of image does not use have count 0.
 *
 * A *grammar* image holds a program for the stream VM: it splits a byte stream
 * or a datagram into units (requests, commands, messages) and named fields. It
 * can only consume; it cannot change a byte.
 *
 * A *patch* image is linked to one grammar (by id) and holds rules: on a field,
 * when a condition over fields of the same unit is true, do an action. Only
 * rules change bytes, so a grammar without rules is the identity.
 *
 * The id of an image is the 64-bit FNV-1a hash of all its bytes with
 * &pp_image_header.id taken as zero. It names the image between tool and kernel;
 * the kernel recomputes it and compares whole images where two ids are equal.
 */
#ifndef _UAPI_PATCHPROXY_IMAGE_H
#define _UAPI_PATCHPROXY_IMAGE_H

#include <linux/types.h>

#define PP_IMAGE_MAGIC		0x50504931u	/* "PPI1" read big-endian */
#define PP_IMAGE_MAX		(1u << 20)	/* bytes in one image */

/* Limits the verifier enforces; the VM and the flow layout rely on them. */
#define PP_MAX_INSNS		4096	/* instructions in a grammar */
#define PP_MAX_PATH		64	/* instructions run without consuming a byte */
#define PP_MAX_REGS		8	/* registers per direction */
#define PP_MAX_FIELDS		512	/* fields in a grammar, 0 is "no field" */
#define PP_MAX_DEPTH		4	/* nesting of fields */
#define PP_MAX_NEEDLE		32	/* bytes in a literal that a matcher looks for */
#define PP_MAX_LIT		64	/* bytes in any literal */
#define PP_MAX_TOKEN		24	/* bytes of a captured token that are kept */
#define PP_MAX_DIGITS		32	/* digits of a text integer; also the longest hold */
#define PP_MAX_RULES		64	/* rules in a patch */
#define PP_MAX_ATOMS		64	/* atoms in a patch */
#define PP_MAX_COND		64	/* postfix elements in one condition */
#define PP_MAX_COND_DEPTH	8	/* operand stack of a condition */
#define PP_MAX_PORTS		16	/* default ports of a grammar */
#define PP_MAX_GROWTH		64	/* bytes one rule may add at one place */
#define PP_NAME_MAX		64	/* bytes of a name, with its NUL */

/**
 * enum pp_image_kind - what an image holds
 * @PP_IMAGE_GRAMMAR: a VM program and its fields
 * @PP_IMAGE_PATCH: rules on the fields of one grammar
 */
enum pp_image_kind {
	PP_IMAGE_GRAMMAR	= 1,
	PP_IMAGE_PATCH		= 2,
};

/**
 * enum pp_section - index into the section table
 * @PP_SEC_STRINGS: bytes; NUL-terminated strings, offset 0 is the empty string
 * @PP_SEC_BYTES: bytes that literals point into
 * @PP_SEC_LITS: struct pp_lit
 * @PP_SEC_SETS: struct pp_set
 * @PP_SEC_FIELDS: struct pp_field (grammar); element 0 is unused
 * @PP_SEC_CODE: struct pp_insn (grammar)
 * @PP_SEC_REASONS: __u32 string offsets: why a FAIL instruction fails (grammar)
 * @PP_SEC_ATOMS: struct pp_atom (patch)
 * @PP_SEC_CONDS: __u16 postfix condition elements (patch)
 * @PP_SEC_RULES: struct pp_rule (patch)
 * @PP_NR_SECTIONS: number of sections
 */
enum pp_section {
	PP_SEC_STRINGS,
	PP_SEC_BYTES,
	PP_SEC_LITS,
	PP_SEC_SETS,
	PP_SEC_FIELDS,
	PP_SEC_CODE,
	PP_SEC_REASONS,
	PP_SEC_ATOMS,
	PP_SEC_CONDS,
	PP_SEC_RULES,
	PP_NR_SECTIONS,
};

/**
 * struct pp_section_ref - where a section is
 * @off: byte offset from the start of the image, a multiple of 8
 * @count: elements
 */
struct pp_section_ref {
	__u32 off;
	__u32 count;
};

#define PP_PATCH_POLICY		0x0001	/* refuses a feature, not a flaw */
#define PP_PATCH_ROLE_CLIENT	0x0002	/* protects the side that connects */

/**
 * struct pp_image_header - first bytes of an image
 * @magic: PP_IMAGE_MAGIC
 * @kind: enum pp_image_kind
 * @transport: IPPROTO_TCP or IPPROTO_UDP (grammar)
 * @nr_ports: valid elements of @ports (grammar)
 * @flags: PP_PATCH_* (patch)
 * @size: bytes in the image
 * @id: hash of the image, see the top of this file
 * @grammar: id of the grammar a patch is linked to; 0 in a grammar
 * @name: string: protocol name or patch name
 * @title: string: one line for people
 * @entry: first instruction, by direction: client to server, server to client
 * @ports: default server ports in host byte order (grammar)
 * @sections: the section table
 */
struct pp_image_header {
	__u32 magic;
	__u8  kind;
	__u8  transport;
	__u8  nr_ports;
	__u8  pad;
	__u32 flags;
	__u32 size;
	__u64 id;
	__u64 grammar;
	__u32 name;
	__u32 title;
	__u32 entry[2];
	__u16 ports[PP_MAX_PORTS];
	struct pp_section_ref sections[PP_NR_SECTIONS];
};

/**
 * struct pp_lit - a byte string
 * @off: offset in PP_SEC_BYTES
 * @len: bytes
 * @pad: zero
 */
struct pp_lit {
	__u32 off;
	__u16 len;
	__u16 pad;
};

/**
 * struct pp_set - a set of byte values
 * @bits: byte b is in the set if bit (b & 31) of word b / 32 is one
 */
struct pp_set {
	__u32 bits[8];
};

/**
 * enum pp_field_type - what a field's content is
 * @PP_FIELD_BYTES: a string of bytes
 * @PP_FIELD_DEC: decimal text integer
 * @PP_FIELD_HEX: hexadecimal text integer
 * @PP_FIELD_UINT: binary integer
 * @PP_FIELD_GROUP: made of other fields and the bytes between them
 */
enum pp_field_type {
	PP_FIELD_BYTES,
	PP_FIELD_DEC,
	PP_FIELD_HEX,
	PP_FIELD_UINT,
	PP_FIELD_GROUP,
};

#define PP_FIELD_SERVER	0x01	/* occurs server to client */
#define PP_FIELD_CONT	0x02	/* all occurrences in one unit are one content */
#define PP_FIELD_SECRET	0x04	/* shown only as length and hash */
#define PP_FIELD_END	0x08	/* a byte after it is seen when it ends: append and poison are legal */
#define PP_FIELD_ELEMENT 0x10	/* a whole element of a list: may be removed */

/**
 * struct pp_field - a named part of a unit
 * @name: string, dotted from the unit: "request.uri.path"
 * @doc: string: one line
 * @parent: the field it is part of (a group, or bytes with parts of their own), or 0
 * @length_of: the field whose content length this integer states, or 0
 * @type: enum pp_field_type
 * @flags: PP_FIELD_*
 * @pad: zero
 */
struct pp_field {
	__u32 name;
	__u32 doc;
	__u16 parent;
	__u16 length_of;
	__u8  type;
	__u8  flags;
	__u16 pad;
};

/**
 * enum pp_op - instructions of the stream VM
 *
 * "Consumes" means that the byte is passed over and belongs to the
 * instruction's field (if any) and to every group that is open, unless
 * PP_I_MUTE is set. An instruction that needs a byte which has not arrived
 * suspends the program; the next run goes on inside it. At the end of data
 * (FIN, or the end of a datagram) nothing more will arrive: instructions say
 * below what they do then; where nothing is said the program stops for good.
 *
 * @PP_OP_LIT: consume literal @arg exactly (PP_I_FOLD: ASCII case ignored); at
 *	the first byte that differs, which is not consumed, go to @target
 * @PP_OP_SCAN: consume bytes until one is in set @arg, which is not consumed
 *	(PP_I_WHILE: while they are in it). More than @imm bytes: go to @target
 *	without consuming the byte past @imm. End of data: falls through.
 *	PP_I_HEAD / PP_I_TAIL capture a token (see PP_OP_KW)
 * @PP_OP_BYTE: consume one byte into @reg
 * @PP_OP_UINT: consume an integer of @arg bytes (1, 2, 3, 4, 8; big-endian, or
 *	PP_I_LE) into @reg
 * @PP_OP_NUM: consume digits of base @arg (10 or 16) into @reg until a byte that
 *	is not a digit. No digit, more than @imm digits or a value above
 *	2^63 - 1: go to @target (the digits so far are consumed). At the end of
 *	data the digits so far count
 * @PP_OP_SKIP: consume as many bytes as @reg says
 * @PP_OP_REST: consume all until the end of data
 * @PP_OP_PEEK: if the next byte is in set @arg go to @target, else (and at the
 *	end of data) fall through. Consumes nothing
 * @PP_OP_EOF: if data has ended go to @target; waits for a byte or the end
 * @PP_OP_OPEN: @field begins (a group, or bytes given by several instructions)
 * @PP_OP_CLOSE: @field ends
 * @PP_OP_KW: compare the captured token with literal @arg (lower case): equal,
 *	PP_I_STARTS or PP_I_ENDS; on a match go to @target. A token is captured
 *	by SCAN in ASCII lower case, blanks (space, tab) trimmed at both ends and
 *	runs of them inside collapsed to one space; its first (PP_I_HEAD) or last
 *	(PP_I_TAIL) PP_MAX_TOKEN bytes are kept
 * @PP_OP_JMP: go to @target
 * @PP_OP_JCC: compare @reg with @imm (PP_I_REG: with @reg2) by @arg (enum pp_cc),
 *	if true go to @target
 * @PP_OP_ALU: @reg = @reg (@arg: enum pp_alu) @imm (PP_I_REG: @reg2); saturates
 * @PP_OP_SETS: set session bit @arg (0 to 31), shared by both directions
 * @PP_OP_CLRS: clear session bit @arg
 * @PP_OP_JS: if session bit @arg is set go to @target
 * @PP_OP_PUSH: note that a reply is due, with tag @arg (0 to 255)
 * @PP_OP_POP: take the tag of the oldest due reply into @reg (0 when none is due)
 * @PP_OP_HEADTAG: the tag of the oldest due reply into @reg, not taken
 * @PP_OP_WAIT: suspend until no reply is due
 * @PP_OP_UNIT: a unit begins here: registers become 0, conditions and counts of
 *	the unit before are forgotten
 * @PP_OP_OPAQUE: nothing that follows in this direction is parsed (PP_I_BLIND:
 *	because it is encrypted or of another protocol; counted)
 * @PP_OP_FAIL: the input is malformed; PP_SEC_REASONS element @arg says why;
 *	@imm is enum pp_policy
 */
enum pp_op {
	PP_OP_LIT = 1,
	PP_OP_SCAN,
	PP_OP_BYTE,
	PP_OP_UINT,
	PP_OP_NUM,
	PP_OP_SKIP,
	PP_OP_REST,
	PP_OP_PEEK,
	PP_OP_EOF,
	PP_OP_OPEN,
	PP_OP_CLOSE,
	PP_OP_KW,
	PP_OP_JMP,
	PP_OP_JCC,
	PP_OP_ALU,
	PP_OP_SETS,
	PP_OP_CLRS,
	PP_OP_JS,
	PP_OP_PUSH,
	PP_OP_POP,
	PP_OP_HEADTAG,
	PP_OP_WAIT,
	PP_OP_UNIT,
	PP_OP_OPAQUE,
	PP_OP_FAIL,
	PP_NR_OPS,
};

#define PP_I_FOLD	0x01	/* LIT */
#define PP_I_WHILE	0x01	/* SCAN */
#define PP_I_HEAD	0x02	/* SCAN: capture the first bytes */
#define PP_I_TAIL	0x04	/* SCAN: capture the last bytes */
#define PP_I_CAPCONT	0x08	/* SCAN: goes on with the token captured so far */
#define PP_I_LE		0x01	/* UINT */
#define PP_I_STARTS	0x01	/* KW */
#define PP_I_ENDS	0x02	/* KW */
#define PP_I_REG	0x01	/* JCC, ALU */
#define PP_I_BLIND	0x01	/* OPAQUE */
#define PP_I_MUTE	0x80	/* consuming: the bytes are in no field and no group */

/* enum pp_cc - comparisons, unsigned */
enum pp_cc { PP_CC_EQ, PP_CC_NE, PP_CC_LT, PP_CC_LE, PP_CC_GT, PP_CC_GE, PP_NR_CC };

/* enum pp_alu - arithmetic, unsigned, saturating at 0 and 2^64 - 1 */
enum pp_alu { PP_ALU_MOV, PP_ALU_ADD, PP_ALU_SUB, PP_ALU_MUL, PP_ALU_AND, PP_ALU_SHR,
	      PP_ALU_MIN, PP_ALU_MAX, PP_NR_ALU };

/**
 * enum pp_policy - what is done with input that no server accepts
 * @PP_POLICY_RESET: end the connection both ways (datagram: drop it)
 * @PP_POLICY_PASS: stop parsing this direction; counted
 * @PP_NR_POLICY: number of policies
 */
enum pp_policy { PP_POLICY_RESET, PP_POLICY_PASS, PP_NR_POLICY };

/**
 * struct pp_insn - one instruction
 * @op: enum pp_op
 * @flags: PP_I_*, by instruction
 * @reg: register
 * @reg2: second register
 * @field: the field the consumed bytes are, or 0
 * @arg: by instruction
 * @imm: by instruction
 * @target: index of an instruction
 */
struct pp_insn {
	__u8  op;
	__u8  flags;
	__u8  reg;
	__u8  reg2;
	__u16 field;
	__u16 arg;
	__u32 imm;
	__u32 target;
};

/*
 * A view is how a matcher reads a field: up to three stages, applied from the
 * lowest nibble up. Edits are always made on the raw bytes.
 */
#define PP_VIEW_RAW	0x000
#define PP_VIEW_PERCENT	0x1	/* %41 is A; a % without two hex digits is itself */
#define PP_VIEW_PLUS	0x2	/* + is a space */
#define PP_VIEW_SKIPCTL	0x3	/* leading bytes up to 0x20 are left out */
#define PP_VIEW_BLANKS	0x4	/* a run of spaces and tabs is one space */
#define PP_VIEW_JSON	0x5	/* \u0041 is A, a backslash before another character is left out;
				 * characters above U+00FF are one byte 0xff */
#define PP_NR_VIEWS	0x6
#define PP_VIEW_STAGES	3

/**
 * enum pp_atom_op - what an atom asks of a field
 * @PP_ATOM_EQUALS: content is literal @lit
 * @PP_ATOM_STARTS: content starts with it
 * @PP_ATOM_ENDS: content ends with it
 * @PP_ATOM_CONTAINS: content contains it
 * @PP_ATOM_INSET: content contains a byte of set @lit
 * @PP_ATOM_LEN: length in raw bytes compared (@cc) with @value
 * @PP_ATOM_VALUE: integer compared (@cc) with @value
 * @PP_ATOM_SESSION: session bit @value is set; @field is 0
 * @PP_NR_ATOM_OPS: number of operations
 */
enum pp_atom_op {
	PP_ATOM_EQUALS,
	PP_ATOM_STARTS,
	PP_ATOM_ENDS,
	PP_ATOM_CONTAINS,
	PP_ATOM_INSET,
	PP_ATOM_LEN,
	PP_ATOM_VALUE,
	PP_ATOM_SESSION,
	PP_NR_ATOM_OPS,
};

#define PP_ATOM_NOCASE	0x01	/* ASCII case is ignored; the literal is lower case */

/**
 * struct pp_atom - a yes-or-no question about one field of the unit
 * @key: hash of what the atom asks; equal atoms of different patches share it.
 *	Not 0. The truth of an atom is kept under this key while the unit lasts,
 *	so it survives a change of the patches in force
 * @field: field of the grammar
 * @view: PP_VIEW_*
 * @op: enum pp_atom_op
 * @cc: enum pp_cc
 * @flags: PP_ATOM_NOCASE
 * @pad: zero
 * @lit: literal or set
 * @value: integer
 */
struct pp_atom {
	__u32 key;
	__u16 field;
	__u16 view;
	__u8  op;
	__u8  cc;
	__u8  flags;
	__u8  pad;
	__u32 lit;
	__u64 value;
};

/*
 * Condition elements (PP_SEC_CONDS): postfix; an atom's index pushes its truth.
 * The truth of an atom on a field belongs to the field's latest occurrence in
 * the unit and is false before that occurrence has decided it.
 */
#define PP_COND_AND	0xffff
#define PP_COND_OR	0xfffe
#define PP_COND_NOT	0xfffd

/**
 * enum pp_action - what a rule does with its field
 *
 * REPLACE, TRUNCATE, CLASS and LIMIT act while the field runs, CLAMP decides before
 * it has ended; their condition may not ask the field itself, one inside it or one
 * around it, so that the outcome cannot depend on how the stream was split. The
 * others act when the field has ended.
 *
 * @PP_ACT_REPLACE: at each end of a match of needle @lit in view @view, write
 *	literal @lit2 in place of the last raw byte of the match. In a view that is
 *	not raw @lit2 is one byte; if the last character of the match is written
 *	as an escape, only its last digit is written, the low digit of @lit2, which
 *	must differ from that of the needle's last byte
 * @PP_ACT_TRUNCATE: cut what is beyond @n raw bytes (PP_FIELD_CONT: beyond @n in
 *	the whole unit)
 * @PP_ACT_CLASS: write byte @n in place of every byte of set @lit
 * @PP_ACT_APPEND: write literal @lit2 behind the field, when it has ended
 * @PP_ACT_POISON: make a keyword unknown to the server: write byte @n in place of
 *	the byte behind the field, or, where that byte ends the line, before it
 * @PP_ACT_CLAMP: an integer above @n becomes @n. With PP_RULE_LENGTH the integer is
 *	the length of PP_FIELD @aux and @n is what may still come: @n less what the unit has
 *	had of it; if nothing may still come and the field is part of an element (@elem),
 *	the element is removed
 * @PP_ACT_LIMIT: keep the first @n parts separated by byte @aux, over all
 *	occurrences in the unit; write spaces over the others and the separator
 *	before them. (Not cut: where a header is folded its line ends stay, and a
 *	line end before nothing would end the headers)
 * @PP_ACT_DROP: drop the datagram
 * @PP_ACT_RESET: end the connection both ways
 * @PP_ACT_COUNT: count only
 * @PP_NR_ACTIONS: number of actions
 */
enum pp_action {
	PP_ACT_REPLACE,
	PP_ACT_TRUNCATE,
	PP_ACT_CLASS,
	PP_ACT_APPEND,
	PP_ACT_POISON,
	PP_ACT_CLAMP,
	PP_ACT_LIMIT,
	PP_ACT_DROP,
	PP_ACT_RESET,
	PP_ACT_COUNT,
	PP_NR_ACTIONS,
};

#define PP_RULE_NOCASE	0x01	/* REPLACE: ASCII case is ignored, needle is lower case */
#define PP_RULE_LENGTH	0x02	/* CLAMP: see there */
#define PP_RULE_STARTS	0x04	/* REPLACE: only a match at the start of the field */

/**
 * struct pp_rule - on a field, when a condition holds, an action
 * @key: hash of the rule, not 0; a count of LIMIT is kept under it
 * @field: field of the grammar
 * @view: PP_VIEW_*, for REPLACE
 * @action: enum pp_action
 * @flags: PP_RULE_*
 * @cond_off: first element in PP_SEC_CONDS
 * @cond_len: elements; 0 means always
 * @pad: zero
 * @lit: needle or set
 * @lit2: replacement
 * @aux: field or separator byte
 * @elem: the element that CLAMP removes, or 0
 * @n: number, by action
 */
struct pp_rule {
	__u32 key;
	__u16 field;
	__u16 view;
	__u8  action;
	__u8  flags;
	__u16 cond_off;
	__u16 cond_len;
	__u16 pad;
	__u32 lit;
	__u32 lit2;
	__u16 aux;
	__u16 elem;
	__u32 pad2;
	__u64 n;
};

#endif /* _UAPI_PATCHPROXY_IMAGE_H */
