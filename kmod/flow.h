/* SPDX-License-Identifier: GPL-2.0 */
/* Connections to protected servers. */
#ifndef _PP_FLOW_H
#define _PP_FLOW_H

#include <linux/netfilter.h>
#include <linux/rhashtable.h>
#include <linux/spinlock.h>

#include "core/conn.h"
#include "config.h"
#include "image.h"
#include "net.h"

/**
 * struct pp_tuple - a connection as its client sees it
 * @client: client address
 * @server: server address, before DNAT
 * @client_port: network byte order
 * @server_port: network byte order, before DNAT
 * @domain: 0: followed by the INET hooks; else the bridge's ifindex, for a
 *	connection followed by the bridge hooks
 * @vlan: with @domain: VLAN tags, 16 bits each, the innermost in the lowest
 * @session: with @domain: PPPoE session, network byte order
 * @family: AF_INET or AF_INET6
 * @transport: IPPROTO_TCP or IPPROTO_UDP
 * @pad: zero
 */
struct pp_tuple {
	union nf_inet_addr client;
	union nf_inet_addr server;
	__be16 client_port;
	__be16 server_port;
	u32 domain;
	u64 vlan;
	__be16 session;
	u8 family;
	u8 transport;
	u32 pad;
};

/**
 * struct pp_ctx - what the engine's calls back need to know
 * @pn: namespace
 * @tuple: the connection, or the two ends of a datagram
 * @grammar: protocol
 * @target: where the rules in force are from; NULL: there are none
 */
struct pp_ctx {
	struct pp_net *pn;
	const struct pp_tuple *tuple;
	const struct pp_image *grammar;
	const struct pp_target *target;
};

/**
 * struct pp_flow - a TCP connection
 * @node: in &pp_net.flows
 * @tuple: its key
 * @lock: protects all that follows but @rcu; bottom halves off
 * @dead: forgotten, and on its way out of the table; read also without the lock
 * @edited: counted in &pp_net.nr_edited and holds a module reference
 * @cfg_gen: generation @target was looked up in; 0: not yet
 * @target: what is in force; valid only while &pp_net.config has generation
 *	@cfg_gen; NULL: nothing
 * @real_addr: server address after DNAT
 * @real_port: server port after DNAT, host byte order
 * @next_addr: with @next_port, server address after DNAT that the client's last SYN went to
 * @next_port: likewise its port, host byte order; 0: no SYN has left since it began
 * @stale: the patches in force are for another grammar than @grammar
 * @conflict: servers before and after DNAT name different grammars
 * @untouched: its server signs it (TCP-MD5, TCP-AO): it passes as it is
 * @over: with @untouched, an end has closed it
 * @offloaded: a flow table has it, and what is not seen here may pass there
 * @grammar: protocol it is parsed by, a reference
 * @conn: the stream engine's part
 * @seen: jiffies of the last packet
 * @kept: bytes charged for @conn (budget.h)
 * @ifindex: interface that the client's last admitted packet came in by (bridge hooks:
 *	the port), or PP_BY_NONE; 0: none was seen yet
 * @proxy: from the SYN, what a SYN proxy that made it has told the client in the
 *	server's place: initial sequence number and timestamp
 * @syn_ifindex: likewise, the client's last SYN before it agreed to the connection, or
 *	after that had ended; 0: it was a SYN proxy's
 * @server_ifindex: likewise, the first packet of the server that did not come in where
 *	the client's do; if there was none, the last one. The SYN/ACK of the next connection
 *	may move it
 * @rcu: for freeing
 */
struct pp_flow {
	struct rhash_head node;
	struct pp_tuple tuple;
	spinlock_t lock;
	bool dead;
	bool edited;
	bool stale;
	bool conflict;
	bool offloaded;
	bool untouched;
	bool over;
	u16 real_port;
	u16 next_port;
	u64 cfg_gen;
	const struct pp_target *target;
	union nf_inet_addr real_addr;
	union nf_inet_addr next_addr;
	struct pp_kimage *grammar;
	struct pp_conn conn;
	unsigned long seen;
	u32 kept;
	int ifindex;
	struct {
		u32 isn;
		u32 tsval;
	} proxy;
	int syn_ifindex;
	int server_ifindex;
	struct rcu_head rcu;
};

const struct pp_target *pp_target_find(struct pp_net *pn, const struct pp_tuple *t,
				       const union nf_inet_addr *real_addr, u16 real_port,
				       bool *conflict);
unsigned long pp_flow_idle_max(void);
struct pp_flow *pp_flow_find(struct pp_net *pn, const struct pp_tuple *t);
struct pp_flow *pp_flow_begin(struct pp_net *pn, const struct pp_tuple *t,
			      const struct pp_target *target,
			      const union nf_inet_addr *real_addr, u16 real_port,
			      const struct pp_syn *old, u8 server_wscale, bool *known);
int pp_flow_anew(struct pp_net *pn, struct pp_flow *flow);
const struct pp_ruleset *pp_flow_rules(struct pp_net *pn, struct pp_flow *flow);
bool pp_flow_hold_module(struct pp_net *pn, struct pp_flow *flow);
int pp_flow_init(void);
void pp_flow_exit(void);
int pp_flow_table_init(struct pp_net *pn);
void pp_flow_table_exit(struct pp_net *pn);

#endif /* _PP_FLOW_H */
