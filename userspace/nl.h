/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PATCHCTL_NL_H
#define PATCHCTL_NL_H

#include "../kmod/uapi/patchproxy.h"

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NL_TEXT		256	/* bytes of an extack message that are kept, with its NUL */

/**
 * struct nl_error - why the kernel refused a request
 * @code: errno value
 * @text: the extack message, or ""
 * @attr_off: offset of the attribute it is about from the start of the request, or 0
 * @has_reject: @reject is valid
 * @reject: where in an image the verifier found the fault
 */
struct nl_error {
	int code;
	char text[NL_TEXT];
	uint32_t attr_off;
	bool has_reject;
	struct patchproxy_reject reject;
};

/**
 * struct nl - a connection to the module
 * @sock: netlink socket; images loaded through it that nothing is bound to go with it
 * @family: number of the family
 * @group: number of the multicast group of events
 * @abi: version of the family
 * @seq: sequence number of the request sent last
 * @rx: receive buffer
 * @err: why the last request failed
 */
struct nl {
	struct mnl_socket *sock;
	uint16_t family;
	uint32_t group;
	uint32_t abi;
	uint32_t seq;
	char *rx;
	struct nl_error err;
};

/**
 * typedef nl_cb - what is done with a message
 * @nlh: the message
 * @data: the caller's own
 */
typedef void nl_cb(const struct nlmsghdr *nlh, void *data);

int nl_open(struct nl *nl);
void nl_close(struct nl *nl);
struct nlmsghdr *nl_msg(const struct nl *nl, uint8_t cmd, size_t room);
int nl_do(struct nl *nl, struct nlmsghdr *msg, nl_cb *cb, void *data);
int nl_dump(struct nl *nl, uint8_t cmd, nl_cb *cb, void (*again)(void *data), void *data);
int nl_join(struct nl *nl);
int nl_events(struct nl *nl, nl_cb *cb, void *data);

void nl_parse(const struct nlmsghdr *nlh, const struct nlattr **tb, unsigned int max);
void nl_parse_nested(const struct nlattr *nest, const struct nlattr **tb, unsigned int max);
uint64_t nl_uint(const struct nlattr *attr);
char *nl_string(const struct nlattr *attr);

#endif /* PATCHCTL_NL_H */
