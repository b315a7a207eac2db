// SPDX-License-Identifier: GPL-2.0
/*
 * Netlink transport: one socket to the generic netlink family of the module,
 * requests with everything the kernel says about a refusal, consistent dumps,
 * events. Nothing here knows what the messages mean.
 */
#include "nl.h"
#include "patchctl.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define RX_SIZE		(64 * 1024)	/* more than any message the kernel makes */
#define SNDBUF		(16 << 20)	/* room for a big transaction */
#define RCVBUF		(4 << 20)	/* room for a burst of events */
#define DUMP_TRIES	20

#ifndef NLM_F_ACK_TLVS
#define NLM_F_ACK_TLVS	0x200
#endif

/*
 * One attribute; malformed ones (which only a broken kernel sends) are ignored.
 * libmnl has checked that it lies within the message.
 */
static void note_attr(const struct nlattr *attr, const struct nlattr **tb, unsigned int max)
{
	unsigned int type = mnl_attr_get_type(attr);

	if (type <= max)
		tb[type] = attr;
}

/**
 * nl_parse() - find the attributes of a message
 * @nlh: the message
 * @tb: @max + 1 pointers, set to the attribute of that type or NULL
 * @max: largest type wanted
 */
void nl_parse(const struct nlmsghdr *nlh, const struct nlattr **tb, unsigned int max)
{
	const struct nlattr *attr;

	memset(tb, 0, (max + 1) * sizeof(*tb));
	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(struct genlmsghdr))
		return;
	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr))
		note_attr(attr, tb, max);
}

/**
 * nl_parse_nested() - find the attributes of a nest
 * @nest: the nest, or NULL for none
 * @tb: as for nl_parse()
 * @max: as for nl_parse()
 */
void nl_parse_nested(const struct nlattr *nest, const struct nlattr **tb, unsigned int max)
{
	const struct nlattr *attr;

	memset(tb, 0, (max + 1) * sizeof(*tb));
	if (!nest)
		return;
	mnl_attr_for_each_nested(attr, nest)
		note_attr(attr, tb, max);
}

/**
 * nl_uint() - an integer of any width
 * @attr: the attribute, or NULL
 *
 * Return: its value, 0 when it is missing
 */
uint64_t nl_uint(const struct nlattr *attr)
{
	uint64_t u64;

	if (!attr)
		return 0;
	switch (mnl_attr_get_payload_len(attr)) {
	case 1:
		return mnl_attr_get_u8(attr);
	case 2:
		return mnl_attr_get_u16(attr);
	case 4:
		return mnl_attr_get_u32(attr);
	case 8:
		memcpy(&u64, mnl_attr_get_payload(attr), sizeof(u64));
		return u64;
	default:
		return 0;
	}
}

/**
 * nl_string() - a string
 * @attr: the attribute, or NULL
 *
 * Return: a copy, "" when it is missing; to be freed
 */
char *nl_string(const struct nlattr *attr)
{
	size_t len = attr ? mnl_attr_get_payload_len(attr) : 0;
	char *s = xalloc(len + 1);

	if (len)
		memcpy(s, mnl_attr_get_payload(attr), len);
	return s;
}

static struct nlmsghdr *new_msg(uint16_t type, uint8_t cmd, uint8_t version, size_t room)
{
	struct genlmsghdr *genl;
	struct nlmsghdr *nlh;

	nlh = mnl_nlmsg_put_header(xalloc(MNL_NLMSG_HDRLEN + MNL_ALIGN(sizeof(*genl)) + room));
	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = version;
	return nlh;
}

/**
 * nl_msg() - begin a request
 * @nl: the connection
 * @cmd: enum patchproxy_cmd
 * @room: bytes for its attributes
 *
 * Return: the request, for nl_do(), which frees it
 */
struct nlmsghdr *nl_msg(const struct nl *nl, uint8_t cmd, size_t room)
{
	return new_msg(nl->family, cmd, PATCHPROXY_VERSION, room);
}

/* The attributes behind an error, see struct nlmsgerr; @tlvs is their offset in the payload. */
static void parse_extack(struct nl_error *err, const struct nlmsghdr *nlh, size_t tlvs)
{
	const struct nlattr *attr;
	size_t len;

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS) || mnl_nlmsg_get_payload_len(nlh) < tlvs)
		return;
	mnl_attr_for_each(attr, nlh, tlvs) {
		len = mnl_attr_get_payload_len(attr);
		switch (mnl_attr_get_type(attr)) {
		case NLMSGERR_ATTR_MSG:
			if (len >= sizeof(err->text))
				len = sizeof(err->text) - 1;
			memcpy(err->text, mnl_attr_get_payload(attr), len);
			err->text[len] = '\0';
			break;
		case NLMSGERR_ATTR_OFFS:
			err->attr_off = nl_uint(attr);
			break;
		case NLMSGERR_ATTR_COOKIE:
			if (len < sizeof(err->reject))
				break;
			memcpy(&err->reject, mnl_attr_get_payload(attr), sizeof(err->reject));
			err->has_reject = true;
			break;
		}
	}
}

static void parse_error(struct nl_error *err, const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *nle = mnl_nlmsg_get_payload(nlh);
	size_t tlvs = sizeof(*nle);

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*nle)) {
		err->code = EBADMSG;
		return;
	}
	err->code = -nle->error;
	if (!nle->error)
		return;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		tlvs += MNL_ALIGN(nle->msg.nlmsg_len) - MNL_NLMSG_HDRLEN;
	parse_extack(err, nlh, tlvs);
}

/* The end of a dump carries an int, and what extack says behind it. */
static void parse_done(struct nl_error *err, const struct nlmsghdr *nlh)
{
	int code = 0;

	if (mnl_nlmsg_get_payload_len(nlh) >= sizeof(code))
		memcpy(&code, mnl_nlmsg_get_payload(nlh), sizeof(code));
	err->code = code < 0 ? -code : 0;
	if (err->code)
		parse_extack(err, nlh, sizeof(code));
}

/*
 * Send @msg and take replies until its acknowledgement or the end of the dump.
 * @interrupted: the dump was disturbed by a change, or NULL for a plain request.
 */
static int talk(struct nl *nl, struct nlmsghdr *msg, nl_cb *cb, void *data, bool *interrupted)
{
	unsigned int portid = mnl_socket_get_portid(nl->sock);
	const struct nlmsghdr *nlh;
	ssize_t got;
	int len;

	memset(&nl->err, 0, sizeof(nl->err));
	msg->nlmsg_seq = ++nl->seq;
	if (mnl_socket_sendto(nl->sock, msg, msg->nlmsg_len) < 0) {
		nl->err.code = errno;
		return -1;
	}
	for (;;) {
		got = mnl_socket_recvfrom(nl->sock, nl->rx, RX_SIZE);
		if (got < 0) {
			if (errno == EINTR)
				continue;
			nl->err.code = errno;
			return -1;
		}
		len = got;
		for (nlh = (void *)nl->rx; mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len)) {
			if (!mnl_nlmsg_seq_ok(nlh, nl->seq) || !mnl_nlmsg_portid_ok(nlh, portid))
				continue;
			if (interrupted && nlh->nlmsg_flags & NLM_F_DUMP_INTR)
				*interrupted = true;
			if (nlh->nlmsg_type == NLMSG_ERROR) {
				parse_error(&nl->err, nlh);
				return nl->err.code ? -1 : 0;
			}
			if (nlh->nlmsg_type == NLMSG_DONE) {
				parse_done(&nl->err, nlh);
				return nl->err.code ? -1 : 0;
			}
			if (nlh->nlmsg_type >= NLMSG_MIN_TYPE && cb)
				cb(nlh, data);
		}
	}
}

/**
 * nl_do() - send a request and wait until it is done
 * @nl: the connection
 * @msg: from nl_msg(); freed
 * @cb: takes the reply, or NULL
 * @data: for @cb
 *
 * Return: 0, or -1 with nl->err set
 */
int nl_do(struct nl *nl, struct nlmsghdr *msg, nl_cb *cb, void *data)
{
	int ret = talk(nl, msg, cb, data, NULL);

	free(msg);
	return ret;
}

/**
 * nl_dump() - get all objects of a kind, as they are at one moment
 * @nl: the connection
 * @cmd: enum patchproxy_cmd
 * @cb: takes each object
 * @again: forgets all objects, because the dump starts again after a change disturbed it
 * @data: for @cb and @again
 *
 * Return: 0, or -1 with nl->err set; EAGAIN: changes came too fast all the time
 */
int nl_dump(struct nl *nl, uint8_t cmd, nl_cb *cb, void (*again)(void *data), void *data)
{
	const struct timespec pause = { .tv_nsec = 5000000 };
	struct nlmsghdr *msg;
	bool interrupted;
	int i, ret;

	for (i = 0; i < DUMP_TRIES; i++) {
		if (i)
			nanosleep(&pause, NULL);
		interrupted = false;
		again(data);
		msg = nl_msg(nl, cmd, 0);
		msg->nlmsg_flags |= NLM_F_DUMP;
		ret = talk(nl, msg, cb, data, &interrupted);
		free(msg);
		if (ret || !interrupted)
			return ret;
	}
	nl->err.code = EAGAIN;
	snprintf(nl->err.text, sizeof(nl->err.text), "changes come too fast to list");
	return -1;
}

static void family_cb(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[CTRL_ATTR_MCAST_GROUPS + 1], *grp[CTRL_ATTR_MCAST_GRP_MAX + 1];
	const struct nlattr *attr;
	struct nl *nl = data;
	char *name;

	nl_parse(nlh, tb, CTRL_ATTR_MCAST_GROUPS);
	nl->family = nl_uint(tb[CTRL_ATTR_FAMILY_ID]);
	nl->abi = nl_uint(tb[CTRL_ATTR_VERSION]);
	if (!tb[CTRL_ATTR_MCAST_GROUPS])
		return;
	mnl_attr_for_each_nested(attr, tb[CTRL_ATTR_MCAST_GROUPS]) {
		nl_parse_nested(attr, grp, CTRL_ATTR_MCAST_GRP_MAX);
		name = nl_string(grp[CTRL_ATTR_MCAST_GRP_NAME]);
		if (!strcmp(name, PATCHPROXY_GROUP_EVENTS))
			nl->group = nl_uint(grp[CTRL_ATTR_MCAST_GRP_ID]);
		free(name);
	}
}

/**
 * nl_open() - connect to the module
 * @nl: the connection, to be closed with nl_close() whatever the result
 *
 * The version of the interface is in nl->abi; the caller compares it.
 *
 * Return: 0, or -1 with nl->err set; ENOENT: the module is not loaded
 */
int nl_open(struct nl *nl)
{
	int one = 1, sndbuf = SNDBUF, fd;
	struct nlmsghdr *msg;

	memset(nl, 0, sizeof(*nl));
	nl->sock = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (!nl->sock || mnl_socket_bind(nl->sock, 0, MNL_SOCKET_AUTOPID) < 0) {
		nl->err.code = errno;
		return -1;
	}
	nl->rx = xalloc(RX_SIZE);
	nl->seq = time(NULL);
	/* Without these the kernel says less; that is all. */
	mnl_socket_setsockopt(nl->sock, NETLINK_EXT_ACK, &one, sizeof(one));
	mnl_socket_setsockopt(nl->sock, NETLINK_CAP_ACK, &one, sizeof(one));
	fd = mnl_socket_get_fd(nl->sock);
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &sndbuf, sizeof(sndbuf)))
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &sndbuf, sizeof(sndbuf));

	msg = new_msg(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1, 64);
	mnl_attr_put_strz(msg, CTRL_ATTR_FAMILY_NAME, PATCHPROXY_FAMILY);
	if (nl_do(nl, msg, family_cb, nl))
		return -1;
	if (!nl->family) {
		nl->err.code = ENOENT;
		return -1;
	}
	return 0;
}

/**
 * nl_close() - end a connection
 * @nl: the connection
 */
void nl_close(struct nl *nl)
{
	if (nl->sock)
		mnl_socket_close(nl->sock);
	free(nl->rx);
	nl->sock = NULL;
	nl->rx = NULL;
}

/**
 * nl_join() - join the group of events
 * @nl: the connection
 *
 * Return: 0, or -1 with nl->err set
 */
int nl_join(struct nl *nl)
{
	int rcvbuf = RCVBUF, fd = mnl_socket_get_fd(nl->sock);

	memset(&nl->err, 0, sizeof(nl->err));
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &rcvbuf, sizeof(rcvbuf)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf, sizeof(rcvbuf));
	if (!nl->group) {
		nl->err.code = EPROTO;
		snprintf(nl->err.text, sizeof(nl->err.text), "the module has no group \"%s\"",
			 PATCHPROXY_GROUP_EVENTS);
		return -1;
	}
	if (mnl_socket_setsockopt(nl->sock, NETLINK_ADD_MEMBERSHIP, &nl->group,
				  sizeof(nl->group)) < 0) {
		nl->err.code = errno;
		return -1;
	}
	return 0;
}

/**
 * nl_events() - wait for events
 * @nl: the connection, joined
 * @cb: takes each event
 * @data: for @cb
 *
 * Return: 0 when some came, or -1 with nl->err set; ENOBUFS: events were lost,
 * EINTR: a signal came
 */
int nl_events(struct nl *nl, nl_cb *cb, void *data)
{
	const struct nlmsghdr *nlh;
	ssize_t got;
	int len;

	memset(&nl->err, 0, sizeof(nl->err));
	got = mnl_socket_recvfrom(nl->sock, nl->rx, RX_SIZE);
	if (got < 0) {
		nl->err.code = errno;
		return -1;
	}
	len = got;
	for (nlh = (void *)nl->rx; mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len))
		if (nlh->nlmsg_type == nl->family)
			cb(nlh, data);
	return 0;
}
