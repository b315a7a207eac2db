// SPDX-License-Identifier: GPL-2.0
/*
 * A network interface whose IP packets travel in frames of any kind.
 *
 * wrap NAME IFACE MAC FORM
 *
 * Makes the interface NAME (TUN).  What is sent by it leaves by IFACE to the
 * station MAC as FORM says, and what comes in so is received by it:
 *
 *   pppoe:HEX  a PPPoE session, with this byte for version and type and this one for the
 *              code, which no receiver here looks at
 *   HEX        these bytes stand between the stations and the IP packet; the
 *              EtherType of IPv4 or IPv6 follows, unless HEX ends in a dot.
 *
 * Runs until it is killed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "inet.h"
#include "net.h"

#define PPP_IP		0x0021
#define PPP_IPV6	0x0057
#define PPPOE_HLEN	10	/* with the EtherType and the protocol of PPP */
#define FRAME_MAX	70000

static struct {
	bool pppoe;
	bool bare;
	uint8_t bytes[32];
	size_t len;
} form;

/* How many bytes stand between the stations and the packet. */
static size_t lead_len(void)
{
	if (form.pppoe)
		return PPPOE_HLEN;
	return form.len + (form.bare ? 0 : 2);
}

static void put_lead(uint8_t *to, const uint8_t *ip, size_t len)
{
	bool v6 = ip[0] >> 4 == 6;

	if (form.pppoe) {
		put16(to, ETH_P_PPP_SES);
		memcpy(to + 2, form.bytes, 2);
		put16(to + 4, 1);
		put16(to + 6, len + 2);
		put16(to + 8, v6 ? PPP_IPV6 : PPP_IP);
		return;
	}
	memcpy(to, form.bytes, form.len);
	if (!form.bare)
		put16(to + form.len, v6 ? ETH_P_IPV6 : ETH_P_IP);
}

/* Does a frame begin as ours do; where it does not matter the session's length decides. */
static bool is_ours(const uint8_t *lead, size_t len)
{
	if (len < lead_len() + 20)
		return false;
	if (form.pppoe)
		return lead[0] == ETH_P_PPP_SES >> 8 && lead[1] == (ETH_P_PPP_SES & 0xff) &&
		       (size_t)(lead[6] << 8 | lead[7]) + 8 <= len;
	return !memcmp(lead, form.bytes, form.len);
}

static size_t ip_len(const uint8_t *lead, size_t len)
{
	/* a PPPoE frame says how long it is; what it says has to be right */
	return form.pppoe ? (size_t)(lead[6] << 8 | lead[7]) - 2 : len - lead_len();
}

static void parse_form(const char *text)
{
	unsigned int byte;

	form.pppoe = !strncmp(text, "pppoe:", 6);
	if (form.pppoe)
		text += 6;
	for (; text[0] && text[0] != '.'; text += 2) {
		if (form.len == sizeof(form.bytes) || sscanf(text, "%2x", &byte) != 1)
			die("wrap: no form");
		form.bytes[form.len++] = byte;
	}
	form.bare = text[0] == '.';
}

static int open_tun(const char *name)
{
	struct ifreq ifr = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &ifr))
		die("wrap: %s", name);
	return fd;
}

static int open_iface(const char *name, uint8_t *mac)
{
	struct sockaddr_ll addr = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), one = 1;
	struct ifreq ifr = { 0 };

	addr.sll_ifindex = if_nametoindex(name);
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (fd < 0 || !addr.sll_ifindex || ioctl(fd, SIOCGIFHWADDR, &ifr) ||
	    setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one)) ||
	    bind(fd, (struct sockaddr *)&addr, sizeof(addr)))
		die("wrap: %s", name);
	memcpy(mac, ifr.ifr_hwaddr.sa_data, ETH_ALEN);
	return fd;
}

int main(int argc, char **argv)
{
	static uint8_t frame[FRAME_MAX];
	uint8_t *lead = frame + 2 * ETH_ALEN, mac[2 * ETH_ALEN];
	struct pollfd fds[2] = { { .events = POLLIN }, { .events = POLLIN } };
	unsigned int i, byte;
	ssize_t n;

	if (argc != 5) {
		fprintf(stderr, "usage: wrap NAME IFACE MAC FORM\n");
		return 2;
	}
	parse_form(argv[4]);
	fds[0].fd = open_tun(argv[1]);
	fds[1].fd = open_iface(argv[2], mac + ETH_ALEN);
	for (i = 0; i < ETH_ALEN; i++) {
		if (sscanf(argv[3] + 3 * i, "%2x", &byte) != 1)
			die("wrap: no station");
		mac[i] = byte;
	}
	for (;;) {
		if (poll(fds, 2, -1) < 0)
			die("wrap: poll");
		if (fds[0].revents) {
			n = read(fds[0].fd, lead + lead_len(), FRAME_MAX / 2);
			/* not up yet */
			if (n <= 0)
				continue;
			memcpy(frame, mac, sizeof(mac));
			put_lead(lead, lead + lead_len(), n);
			if (send(fds[1].fd, frame, lead + lead_len() + n - frame, 0) < 0 &&
			    errno != EMSGSIZE)
				die("wrap: send");
		}
		if (fds[1].revents) {
			n = recv(fds[1].fd, frame, sizeof(frame), 0) - 2 * ETH_ALEN;
			if (n > 0 && is_ours(lead, n) &&
			    write(fds[0].fd, lead + lead_len(), ip_len(lead, n)) < 0 && errno != EINVAL)
				die("wrap: write");
		}
	}
}
