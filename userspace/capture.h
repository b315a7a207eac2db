/* SPDX-License-Identifier: GPL-2.0 */
/* Captures: read through libpcap, and written. */
#ifndef PATCHCTL_CAPTURE_H
#define PATCHCTL_CAPTURE_H

#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct ctl;

/**
 * struct capture - a capture that is read, and one that is written from it
 * @name: path of the one that is read
 * @file: the same; it can be read again from its start
 * @in: the one that is read
 * @link: DLT_* of both
 * @path: file that is written, or NULL
 * @out: the one that is written, or NULL
 * @hdr: header of the frame read last; its time goes to all that is written
 */
struct capture {
	const char *name;
	FILE *file;
	pcap_t *in;
	int link;
	const char *path;
	pcap_dumper_t *out;
	struct pcap_pkthdr hdr;
};

int capture_open(struct capture *cap, const struct ctl *ctl, const char *path);
int capture_create(struct capture *cap, const struct ctl *ctl, const char *path);
int capture_rewind(struct capture *cap, const struct ctl *ctl);
int capture_next(struct capture *cap, const struct ctl *ctl, const uint8_t **data);
void capture_copy(struct capture *cap, const uint8_t *data);
void capture_write(struct capture *cap, const uint8_t *data, uint32_t len);
int capture_close(struct capture *cap, const struct ctl *ctl);

#endif /* PATCHCTL_CAPTURE_H */
