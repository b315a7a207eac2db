// SPDX-License-Identifier: GPL-2.0
/*
 * Make a service of IPVS that sends everything to one server, by NAT.
 *
 * balance tcp|udp ADDRESS PORT SERVER PORT
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/ip_vs.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net.h"

/**
 * struct request - a generic netlink message that is being made
 * @nl: its header
 * @genl: the header behind it
 * @attrs: its attributes
 */
struct request {
	struct nlmsghdr nl;
	struct genlmsghdr genl;
	char attrs[1024];
};

static int sock;

static struct nlattr *put(struct request *r, int type, const void *data, size_t len)
{
	struct nlattr *a = (void *)((char *)r + NLMSG_ALIGN(r->nl.nlmsg_len));

	a->nla_type = type;
	a->nla_len = NLA_HDRLEN + len;
	if (len)
		memcpy((char *)a + NLA_HDRLEN, data, len);
	r->nl.nlmsg_len = NLMSG_ALIGN(r->nl.nlmsg_len) + NLA_ALIGN(a->nla_len);
	return a;
}

static void nest_end(struct request *r, struct nlattr *nest)
{
	nest->nla_len = (char *)r + r->nl.nlmsg_len - (char *)nest;
}

static void begin(struct request *r, int type, int cmd, int version)
{
	memset(r, 0, sizeof(*r));
	r->nl.nlmsg_len = NLMSG_LENGTH(sizeof(r->genl));
	r->nl.nlmsg_type = type;
	r->nl.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	r->genl.cmd = cmd;
	r->genl.version = version;
}

/* Send it; the answer's attribute @want, or NULL once it is acknowledged. */
static const void *ask(struct request *r, int want)
{
	static char answer[8192] __attribute__((aligned(4)));
	struct nlmsghdr *nl = (void *)answer;
	struct nlattr *a;
	ssize_t n;

	if (send(sock, r, r->nl.nlmsg_len, 0) < 0)
		die("balance: send");
	n = recv(sock, answer, sizeof(answer), 0);
	if (n < 0)
		die("balance: recv");
	if (nl->nlmsg_type == NLMSG_ERROR) {
		errno = -((struct nlmsgerr *)NLMSG_DATA(nl))->error;
		if (errno)
			die("balance: command %d", r->genl.cmd);
		return NULL;
	}
	for (a = (void *)(answer + NLMSG_LENGTH(sizeof(struct genlmsghdr)));
	     (char *)a < answer + n; a = (void *)((char *)a + NLA_ALIGN(a->nla_len)))
		if (a->nla_type == want)
			return (char *)a + NLA_HDRLEN;
	return NULL;
}

static int family(void)
{
	struct request r;
	const uint16_t *id;

	begin(&r, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1);
	r.nl.nlmsg_flags = NLM_F_REQUEST;
	put(&r, CTRL_ATTR_FAMILY_NAME, IPVS_GENL_NAME, sizeof(IPVS_GENL_NAME));
	id = ask(&r, CTRL_ATTR_FAMILY_ID);
	if (!id)
		die("balance: no IPVS");
	return *id;
}

/* Return: the family of the address. */
static uint16_t address(const char *text, uint8_t *to)
{
	uint16_t af = strchr(text, ':') ? AF_INET6 : AF_INET;

	memset(to, 0, 16);
	if (inet_pton(af, text, to) != 1)
		die("balance: no address: %s", text);
	return af;
}

static void put_service(struct request *r, char **argv)
{
	const uint16_t protocol = !strcmp(argv[1], "udp") ? IPPROTO_UDP : IPPROTO_TCP;
	const struct ip_vs_flags flags = { .mask = ~0u };
	struct nlattr *nest = put(r, IPVS_CMD_ATTR_SERVICE | NLA_F_NESTED, NULL, 0);
	const uint16_t port = htons(atoi(argv[3]));
	const uint32_t timeout = 0;
	uint8_t addr[16];
	const uint16_t af = address(argv[2], addr);
	const uint32_t mask = af == AF_INET ? ~0u : 128;

	put(r, IPVS_SVC_ATTR_AF, &af, sizeof(af));
	put(r, IPVS_SVC_ATTR_PROTOCOL, &protocol, sizeof(protocol));
	put(r, IPVS_SVC_ATTR_ADDR, addr, sizeof(addr));
	put(r, IPVS_SVC_ATTR_PORT, &port, sizeof(port));
	put(r, IPVS_SVC_ATTR_SCHED_NAME, "rr", sizeof("rr"));
	put(r, IPVS_SVC_ATTR_FLAGS, &flags, sizeof(flags));
	put(r, IPVS_SVC_ATTR_TIMEOUT, &timeout, sizeof(timeout));
	put(r, IPVS_SVC_ATTR_NETMASK, &mask, sizeof(mask));
	nest_end(r, nest);
}

static void put_dest(struct request *r, char **argv)
{
	struct nlattr *nest = put(r, IPVS_CMD_ATTR_DEST | NLA_F_NESTED, NULL, 0);
	const uint32_t method = IP_VS_CONN_F_MASQ, weight = 1, none = 0;
	const uint16_t port = htons(atoi(argv[5]));
	uint8_t addr[16];
	const uint16_t af = address(argv[4], addr);

	put(r, IPVS_DEST_ATTR_ADDR_FAMILY, &af, sizeof(af));
	put(r, IPVS_DEST_ATTR_ADDR, addr, sizeof(addr));
	put(r, IPVS_DEST_ATTR_PORT, &port, sizeof(port));
	put(r, IPVS_DEST_ATTR_FWD_METHOD, &method, sizeof(method));
	put(r, IPVS_DEST_ATTR_WEIGHT, &weight, sizeof(weight));
	put(r, IPVS_DEST_ATTR_U_THRESH, &none, sizeof(none));
	put(r, IPVS_DEST_ATTR_L_THRESH, &none, sizeof(none));
	nest_end(r, nest);
}

int main(int argc, char **argv)
{
	struct request r;
	int type;

	if (argc != 6) {
		fprintf(stderr, "usage: balance tcp|udp ADDRESS PORT SERVER PORT\n");
		return 2;
	}
	sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (sock < 0)
		die("balance: socket");
	type = family();
	begin(&r, type, IPVS_CMD_NEW_SERVICE, IPVS_GENL_VERSION);
	put_service(&r, argv);
	ask(&r, -1);
	begin(&r, type, IPVS_CMD_NEW_DEST, IPVS_GENL_VERSION);
	put_service(&r, argv);
	put_dest(&r, argv);
	ask(&r, -1);
	return 0;
}
