/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR MIT) */
/*
 * patchproxy generic netlink family.
 *
 * The family is "patchproxy", version PATCHPROXY_VERSION, with one multicast
 * group, "events". The machine-readable description of the same thing is
 * Documentation/netlink/specs/patchproxy.yaml.
 *
 * Objects
 *   An *image* (patchproxy_image.h) is a compiled grammar or patch. Images belong
 *   to the machine: loading one needs CAP_NET_ADMIN in the initial user
 *   namespace. An image that nothing is bound to goes when the socket that
 *   loaded it closes.
 *   A *server* is an address prefix, transport and port in one network namespace,
 *   the one the request is made in. A *binding* applies one patch to one server.
 *   The patches in force for a connection are those of every server that covers
 *   its destination, before or after DNAT.
 *   The *generation* of a network namespace counts its committed changes.
 *
 * Requests
 *   PATCHPROXY_CMD_GET_INFO (do; anyone): no attributes. Reply: ABI, MODVERSION,
 *	GENERATION.
 *   PATCHPROXY_CMD_LOAD (do; CAP_NET_ADMIN in the initial user namespace): IMAGE,
 *	several times where an image is longer than an attribute can be (65,531
 *	bytes): the parts in order. Reply: ID. Loading an image that is already
 *	there is no error. An image the verifier rejects: EINVAL, the reason as
 *	extack message, and an extack cookie of type struct patchproxy_reject
 *	that says where in the image. ENOENT: the grammar of a patch is not
 *	loaded. EEXIST: another image has the same id.
 *   PATCHPROXY_CMD_COMMIT (do; CAP_NET_ADMIN in the user namespace of the network
 *	namespace): any number of OP, each a nest, done in order, all or nothing:
 *	OP_KIND, SERVER (nest), PATCH (id; absent in an unbind: all patches of
 *	that server), MIDSTREAM (in a bind to a TCP server; absent: observe). Flag DRY_RUN: check everything, change nothing. Reply:
 *	GENERATION: no packet that arrives later is judged by an older one.
 *	ENOENT: no such image, or the patch to unbind is not bound there. EEXIST:
 *	already bound. EINVAL: the address has bits beyond the prefix, port 0,
 *	or a patch for another protocol than those bound to the same port.
 *	EOPNOTSUPP: a patch that protects the side that connects. The extack
 *	offset names the OP at fault. A commit that leaves everything as it was
 *	is no change and has no generation of its own.
 *   PATCHPROXY_CMD_GET_BINDINGS (dump; CAP_NET_ADMIN): one message per binding:
 *	SERVER, PATCH, NAME, TITLE, PROTOCOL, IMAGE_FLAGS, SINCE, HITS, MIDSTREAM. A patch
 *	that several servers bring to one destination counts for the oldest.
 *	Bindings changed in the meantime: the rest has NLM_F_DUMP_INTR.
 *   PATCHPROXY_CMD_GET_STATS (do; CAP_NET_ADMIN): GENERATION, FLOWS, EDITED_FLOWS,
 *	COUNTERS (nest: attribute type = 1 + enum patchproxy_counter, u64; type 0
 *	is alignment).
 *   PATCHPROXY_CMD_GET_FLOWS (dump; CAP_NET_ADMIN): one message per flow: FLOW (nest).
 *
 * Events (multicast group "events"; joining needs CAP_NET_ADMIN)
 *   PATCHPROXY_CMD_EVENT: EVENT (enum patchproxy_event) and TIME (ns, CLOCK_REALTIME).
 *	But for a change: FLOW (nest) and DIRECTION. For an edit: NAME (patch),
 *	FIELD, OFFSET, OLD_LEN, NEW_LEN, and unless the field is secret OLD and NEW
 *	(bytes before and after, at most PATCHPROXY_EVENT_BYTES each). For a
 *	malformed unit and a blind connection: REASON. For a change: GENERATION.
 *	SUPPRESSED: events left out since the last one, by the rate limit (module
 *	parameter events_per_second) or for want of memory.
 *
 * Every refusal carries an extack message, but for a missing capability (EPERM, by
 * the core of generic netlink) and for want of memory (ENOMEM). Texts longer than
 * 255 bytes are cut. A large request may need SO_SNDBUFFORCE.
 */
#ifndef _UAPI_PATCHPROXY_H
#define _UAPI_PATCHPROXY_H

#include <linux/types.h>

#define PATCHPROXY_FAMILY	"patchproxy"
#define PATCHPROXY_VERSION	1
#define PATCHPROXY_GROUP_EVENTS	"events"
#define PATCHPROXY_EVENT_BYTES	64

/**
 * enum patchproxy_cmd - commands
 * @PATCHPROXY_CMD_GET_INFO: versions
 * @PATCHPROXY_CMD_LOAD: load an image
 * @PATCHPROXY_CMD_COMMIT: bind and unbind patches, all or nothing
 * @PATCHPROXY_CMD_GET_BINDINGS: dump what is bound
 * @PATCHPROXY_CMD_GET_STATS: counters
 * @PATCHPROXY_CMD_GET_FLOWS: dump flows
 * @PATCHPROXY_CMD_EVENT: notification
 */
enum patchproxy_cmd {
	PATCHPROXY_CMD_GET_INFO = 1,
	PATCHPROXY_CMD_LOAD,
	PATCHPROXY_CMD_COMMIT,
	PATCHPROXY_CMD_GET_BINDINGS,
	PATCHPROXY_CMD_GET_STATS,
	PATCHPROXY_CMD_GET_FLOWS,
	PATCHPROXY_CMD_EVENT,
	__PATCHPROXY_CMD_MAX,
};
#define PATCHPROXY_CMD_MAX (__PATCHPROXY_CMD_MAX - 1)

/**
 * enum patchproxy_attr - attributes of all messages
 * @PATCHPROXY_A_PAD: alignment
 * @PATCHPROXY_A_ABI: u32, PATCHPROXY_VERSION of the module
 * @PATCHPROXY_A_MODVERSION: string, version of the module
 * @PATCHPROXY_A_GENERATION: u64, changes committed in this network namespace
 * @PATCHPROXY_A_IMAGE: binary, an image or a part of one
 * @PATCHPROXY_A_ID: u64, id of an image
 * @PATCHPROXY_A_OP: nest, one change: OP_KIND, SERVER, PATCH
 * @PATCHPROXY_A_OP_KIND: u8, enum patchproxy_op
 * @PATCHPROXY_A_SERVER: nest of enum patchproxy_server_attr
 * @PATCHPROXY_A_PATCH: u64, id of a patch image
 * @PATCHPROXY_A_DRY_RUN: flag
 * @PATCHPROXY_A_NAME: string, name of a patch
 * @PATCHPROXY_A_TITLE: string, title of a patch
 * @PATCHPROXY_A_PROTOCOL: string, name of a grammar
 * @PATCHPROXY_A_IMAGE_FLAGS: u32, PP_PATCH_*
 * @PATCHPROXY_A_SINCE: u64, generation at which the binding came
 * @PATCHPROXY_A_HITS: u64, times a rule's action was done
 * @PATCHPROXY_A_FLOWS: u64, flows known
 * @PATCHPROXY_A_EDITED_FLOWS: u64, flows whose numbering differs at the two ends
 * @PATCHPROXY_A_COUNTERS: nest, see above
 * @PATCHPROXY_A_FLOW: nest of enum patchproxy_flow_attr
 * @PATCHPROXY_A_EVENT: u8, enum patchproxy_event
 * @PATCHPROXY_A_TIME: u64, ns, CLOCK_REALTIME
 * @PATCHPROXY_A_FIELD: string, name of a field
 * @PATCHPROXY_A_OFFSET: u64, bytes from the start of the stream or datagram
 * @PATCHPROXY_A_OLD: binary, bytes received
 * @PATCHPROXY_A_NEW: binary, bytes sent on
 * @PATCHPROXY_A_OLD_LEN: u32
 * @PATCHPROXY_A_NEW_LEN: u32
 * @PATCHPROXY_A_REASON: string
 * @PATCHPROXY_A_SUPPRESSED: u32
 * @PATCHPROXY_A_DIRECTION: u8, 0 client to server, 1 server to client
 * @PATCHPROXY_A_MIDSTREAM: u8, enum patchproxy_midstream
 */
enum patchproxy_attr {
	PATCHPROXY_A_PAD = 1,
	PATCHPROXY_A_ABI,
	PATCHPROXY_A_MODVERSION,
	PATCHPROXY_A_GENERATION,
	PATCHPROXY_A_IMAGE,
	PATCHPROXY_A_ID,
	PATCHPROXY_A_OP,
	PATCHPROXY_A_OP_KIND,
	PATCHPROXY_A_SERVER,
	PATCHPROXY_A_PATCH,
	PATCHPROXY_A_DRY_RUN,
	PATCHPROXY_A_NAME,
	PATCHPROXY_A_TITLE,
	PATCHPROXY_A_PROTOCOL,
	PATCHPROXY_A_IMAGE_FLAGS,
	PATCHPROXY_A_SINCE,
	PATCHPROXY_A_HITS,
	PATCHPROXY_A_FLOWS,
	PATCHPROXY_A_EDITED_FLOWS,
	PATCHPROXY_A_COUNTERS,
	PATCHPROXY_A_FLOW,
	PATCHPROXY_A_EVENT,
	PATCHPROXY_A_TIME,
	PATCHPROXY_A_FIELD,
	PATCHPROXY_A_OFFSET,
	PATCHPROXY_A_OLD,
	PATCHPROXY_A_NEW,
	PATCHPROXY_A_OLD_LEN,
	PATCHPROXY_A_NEW_LEN,
	PATCHPROXY_A_REASON,
	PATCHPROXY_A_SUPPRESSED,
	PATCHPROXY_A_DIRECTION,
	PATCHPROXY_A_MIDSTREAM,
	__PATCHPROXY_A_MAX,
};
#define PATCHPROXY_A_MAX (__PATCHPROXY_A_MAX - 1)

/**
 * enum patchproxy_op - changes
 * @PATCHPROXY_OP_BIND: apply a patch to a server
 * @PATCHPROXY_OP_UNBIND: take it back
 */
enum patchproxy_op {
	PATCHPROXY_OP_BIND = 1,
	PATCHPROXY_OP_UNBIND,
};

/**
 * enum patchproxy_midstream - what becomes of connections whose start was not seen
 * @PATCHPROXY_MIDSTREAM_OBSERVE: they are left alone, and counted
 * @PATCHPROXY_MIDSTREAM_PROTECT: they are parsed from the next safe point on, where the
 *	server has spoken last, all is acknowledged, and the client speaks
 * @PATCHPROXY_MIDSTREAM_RESET: they are ended with their client's next segment
 *
 * Of several bindings that cover a connection the strictest counts, the last of these.
 */
enum patchproxy_midstream {
	PATCHPROXY_MIDSTREAM_OBSERVE,
	PATCHPROXY_MIDSTREAM_PROTECT,
	PATCHPROXY_MIDSTREAM_RESET,
};

/**
 * enum patchproxy_server_attr - a server
 * @PATCHPROXY_SERVER_A_ADDR: binary, 4 bytes (IPv4) or 16 (IPv6)
 * @PATCHPROXY_SERVER_A_PREFIXLEN: u8; bits of the address beyond it must be 0
 * @PATCHPROXY_SERVER_A_TRANSPORT: u8, IPPROTO_TCP or IPPROTO_UDP
 * @PATCHPROXY_SERVER_A_PORT: u16, host byte order, not 0
 */
enum patchproxy_server_attr {
	PATCHPROXY_SERVER_A_ADDR = 1,
	PATCHPROXY_SERVER_A_PREFIXLEN,
	PATCHPROXY_SERVER_A_TRANSPORT,
	PATCHPROXY_SERVER_A_PORT,
	__PATCHPROXY_SERVER_A_MAX,
};
#define PATCHPROXY_SERVER_A_MAX (__PATCHPROXY_SERVER_A_MAX - 1)

/**
 * enum patchproxy_flow_attr - a connection, as the client sees it
 * @PATCHPROXY_FLOW_A_PAD: alignment
 * @PATCHPROXY_FLOW_A_CLIENT: binary address
 * @PATCHPROXY_FLOW_A_CLIENT_PORT: u16
 * @PATCHPROXY_FLOW_A_SERVER: binary address, before DNAT
 * @PATCHPROXY_FLOW_A_SERVER_PORT: u16
 * @PATCHPROXY_FLOW_A_TRANSPORT: u8
 * @PATCHPROXY_FLOW_A_PROTOCOL: string, name of the grammar
 * @PATCHPROXY_FLOW_A_STATE: string, for people: "open", "closing", "opaque", ...
 * @PATCHPROXY_FLOW_A_DELTA: s32, bytes the server's numbering is ahead of the client's
 *	(client to server)
 * @PATCHPROXY_FLOW_A_DELTA_REPLY: s32, likewise server to client
 * @PATCHPROXY_FLOW_A_EDITS: u32, edits made
 * @PATCHPROXY_FLOW_A_BYTES: u64, bytes inspected, both directions
 * @PATCHPROXY_FLOW_A_HELD: u32, bytes held now
 */
enum patchproxy_flow_attr {
	PATCHPROXY_FLOW_A_PAD = 1,
	PATCHPROXY_FLOW_A_CLIENT,
	PATCHPROXY_FLOW_A_CLIENT_PORT,
	PATCHPROXY_FLOW_A_SERVER,
	PATCHPROXY_FLOW_A_SERVER_PORT,
	PATCHPROXY_FLOW_A_TRANSPORT,
	PATCHPROXY_FLOW_A_PROTOCOL,
	PATCHPROXY_FLOW_A_STATE,
	PATCHPROXY_FLOW_A_DELTA,
	PATCHPROXY_FLOW_A_DELTA_REPLY,
	PATCHPROXY_FLOW_A_EDITS,
	PATCHPROXY_FLOW_A_BYTES,
	PATCHPROXY_FLOW_A_HELD,
	__PATCHPROXY_FLOW_A_MAX,
};
#define PATCHPROXY_FLOW_A_MAX (__PATCHPROXY_FLOW_A_MAX - 1)

/**
 * enum patchproxy_event - events
 * @PATCHPROXY_EVENT_EDIT: bytes were changed
 * @PATCHPROXY_EVENT_MALFORMED: a unit no server accepts
 * @PATCHPROXY_EVENT_BLIND: a connection became unreadable (encryption, other protocol)
 * @PATCHPROXY_EVENT_CHANGE: bindings were changed
 */
enum patchproxy_event {
	PATCHPROXY_EVENT_EDIT = 1,
	PATCHPROXY_EVENT_MALFORMED,
	PATCHPROXY_EVENT_BLIND,
	PATCHPROXY_EVENT_CHANGE,
};

/**
 * struct patchproxy_reject - extack cookie of a rejected image
 * @section: enum pp_section the fault is in; PP_NR_SECTIONS: the image as a whole
 * @index: element in it
 */
struct patchproxy_reject {
	__u32 section;
	__u32 index;
};

/*
 * Counters, one line each: name, what it counts. Tool, netlink and the manual
 * are made from this list. Append only: the position is the wire number.
 */
#define PATCHPROXY_COUNTERS(X)							\
	X(flows_created,	"connections to protected servers seen from their start")	\
	X(flows_destroyed,	"of those, ended or timed out")			\
	X(flows_limit,		"connections refused: flow table full")		\
	X(flows_nomem,		"connections refused: no memory")		\
	X(midstream,		"connections whose start was not seen, left alone")\
	X(pkts_pass,		"packets passed without a change")		\
	X(pkts_shift,		"packets whose sequence numbers alone were changed")	\
	X(pkts_rewrite,		"packets whose payload was changed")		\
	X(pkts_opaque,		"packets of which no byte was new to the parser")		\
	X(bytes_inspected,	"bytes given to the parser")			\
	X(units,		"requests, commands and messages parsed")	\
	X(edits,		"edits made")					\
	X(edit_bytes_cut,	"bytes removed by edits")			\
	X(edit_bytes_put,	"bytes written by edits")			\
	X(edits_replayed,	"edits made again on a retransmission")		\
	X(acks_made,		"acknowledgements sent for removed or held bytes")	\
	X(holds,		"times bytes were held for a decision")		\
	X(custody,		"times held bytes were acknowledged to their sender")	\
	X(custody_resent,	"segments sent on with bytes the box had acknowledged")	\
	X(resets,		"connections ended by policy")			\
	X(malformed,		"units no server accepts")			\
	X(blind,		"directions that became unreadable")		\
	X(lost,			"directions whose parser gave up (policy pass)")	\
	X(dgrams_dropped,	"datagrams dropped by a patch")			\
	X(dgrams_rewritten,	"datagrams changed")				\
	X(drop_ooo,		"out-of-order segments over the bound, dropped")\
	X(ooo_held,		"out-of-order segments held")			\
	X(drop_old,		"wholly old segments of removed or held bytes, dropped")\
	X(drop_window,		"segments outside the receiver's window or behind a FIN, cut or answered by a probe")\
	X(drop_csum,		"packets with a bad checksum, dropped")		\
	X(drop_nomem,		"packets dropped: no memory")			\
	X(drop_frag,		"fragments to a protected server on a bridge, dropped")	\
	X(drop_short,		"packets shorter than their headers say, dropped")	\
	X(options_stripped,	"SYN options taken out (Fast Open, MPTCP)")	\
	X(flow_untouched,	"connections with TCP-MD5 or TCP-AO, never touched")	\
	X(urgent_cleared,	"segments whose urgent pointer was cleared")	\
	X(icmp_translated,	"ICMP errors whose inner sequence number was translated")	\
	X(stale_grammar,	"connections parsed by an older grammar than the patches'")	\
	X(events_suppressed,	"events not sent: rate limit or no room")	\
	X(scope_limit,		"connections ended: more rules active in one unit than fit")	\
	X(store_limit,		"segments dropped: too much unacknowledged inspected data")	\
	X(fuel,			"connections ended: the parser ran without consuming (a bug)")	\
	X(sacks_made,		"of the acknowledgements made, those that report held data by SACK")	\
	X(owed_resent,		"segments sent on with data behind them that the box had reported by SACK")	\
	X(drop_paws,		"segments with a timestamp too old for their receiver, dropped")	\
	X(drop_strange,		"segments from where their sender is not, not proved its own, dropped")	\
	X(rebound,		"connections whose client went on by another interface")	\
	X(drop_budget,		"segments dropped: all connections together keep too much")	\
	X(pair_wait,		"packets dropped: the patches before and after DNAT were not together yet")\
	X(pair_limit,		"packets dropped: the patches before and after DNAT cannot be put together")\
	X(pair_conflict,	"connections and datagrams with two protocols before and after DNAT")	\
	X(parts_made,		"packets more than came, of segments that leave as several")	\
	X(joined,		"connections whose start was not seen, parsed from a safe point on")	\
	X(midstream_reset,	"connections whose start was not seen, ended")	\
	X(frames_unread,	"frames through a bridge that are not read: neither IP nor ARP, or too many tags") \
	X(one_way,		"connections whose client goes on though no answer of the server was seen: held up") \
	X(replies_lost,		"acknowledgements and resets of the box not sent: no memory, no route, or too many at once") \
	X(offload_ended,	"connections taken out of flow tables, which carried them past the module")	\
	X(offload_seen,		"connections (of UDP, datagrams) that a flow table has all the same: some may pass unseen") \
	X(payload_cut,		"SYN and RST segments whose payload was taken out")	\
	X(probes_made,		"segments of which only a question is left: acknowledged already, or outside the window") \
	X(fins_kept,		"FINs taken off: bytes in front of them are missing or undecided")	\
	X(sack_limit,		"early segments not reported by SACK: too many gaps, or no memory")

/**
 * enum patchproxy_counter - counters of a network namespace
 * @PATCHPROXY_NR_COUNTERS: number of counters
 */
enum patchproxy_counter {
#define PATCHPROXY_COUNTER_ENUM(name, doc) PATCHPROXY_CNT_##name,
	PATCHPROXY_COUNTERS(PATCHPROXY_COUNTER_ENUM)
#undef PATCHPROXY_COUNTER_ENUM
	PATCHPROXY_NR_COUNTERS
};

#endif /* _UAPI_PATCHPROXY_H */
