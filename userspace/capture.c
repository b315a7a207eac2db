// SPDX-License-Identifier: GPL-2.0
/* Captures: read through libpcap (pcap and pcapng), written as pcap. */
#include "capture.h"
#include "packet.h"
#include "patchctl.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#define SNAPLEN	262144

/* What comes through a pipe comes once: it is kept in a file that has no name. */
static FILE *keep(FILE *from)
{
	FILE *file = tmpfile();
	char buf[65536];
	size_t n;
	int err;

	while (file && (n = fread(buf, 1, sizeof(buf), from)))
		if (fwrite(buf, 1, n, file) != n)
			break;
	if (!file || (!ferror(from) && !ferror(file) && !fflush(file)))
		return file;
	err = errno;
	fclose(file);
	errno = err;
	return NULL;
}

static FILE *open_file(const char *path)
{
	FILE *from = strcmp(path, "-") ? fopen(path, "rb") : stdin, *file = from;
	int err;

	if (from && fseek(from, 0, SEEK_CUR)) {
		file = keep(from);
		err = errno;
		if (from != stdin)
			fclose(from);
		errno = err;
	}
	return file;
}

/**
 * capture_open - open the capture that is read
 * @cap: filled in
 * @ctl: this run
 * @path: the file, "-" for standard input
 *
 * Return: 0, or -1 (message printed)
 */
int capture_open(struct capture *cap, const struct ctl *ctl, const char *path)
{
	memset(cap, 0, sizeof(*cap));
	cap->name = path;
	cap->file = open_file(path);
	if (!cap->file) {
		msg_error(ctl, "%s: %s", path, strerror(errno));
		return -1;
	}
	if (!capture_rewind(cap, ctl))
		return 0;
	fclose(cap->file);
	return -1;
}

/**
 * capture_rewind - begin to read the capture anew
 * @cap: an open capture
 * @ctl: this run
 *
 * Return: 0, or -1 (message printed)
 */
int capture_rewind(struct capture *cap, const struct ctl *ctl)
{
	char err[PCAP_ERRBUF_SIZE];
	const char *name;
	FILE *file;

	if (cap->in)
		pcap_close(cap->in);
	cap->in = NULL;
	/* libpcap closes the file it is given. */
	rewind(cap->file);
	file = fdopen(dup(fileno(cap->file)), "rb");
	if (!file) {
		msg_error(ctl, "%s: %s", cap->name, strerror(errno));
		return -1;
	}
	cap->in = pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, err);
	if (!cap->in) {
		fclose(file);
		msg_error(ctl, "%s: %s", cap->name, err);
		return -1;
	}
	cap->link = pcap_datalink(cap->in);
	if (packet_link_known(cap->link))
		return 0;
	name = pcap_datalink_val_to_name(cap->link);
	msg_error(ctl, "%s: link type %s (%d) is not supported", cap->name,
		  name ? name : "unknown", cap->link);
	pcap_close(cap->in);
	cap->in = NULL;
	return -1;
}

/* Is what would be written the very file that is read? */
static bool same_file(const struct capture *cap, const char *path)
{
	struct stat in, out;

	return !fstat(fileno(cap->file), &in) && !stat(path, &out) && S_ISREG(out.st_mode) &&
	       in.st_dev == out.st_dev && in.st_ino == out.st_ino;
}

/**
 * capture_create - begin the capture that is written
 * @cap: an open capture
 * @ctl: this run
 * @path: the file
 *
 * Return: 0, or -1 (message printed)
 */
int capture_create(struct capture *cap, const struct ctl *ctl, const char *path)
{
	pcap_t *dead;

	if (same_file(cap, path)) {
		msg_error(ctl, "%s: is the capture that is read, and would be lost", path);
		return -1;
	}
	dead = pcap_open_dead_with_tstamp_precision(cap->link, SNAPLEN, PCAP_TSTAMP_PRECISION_NANO);
	cap->path = path;
	cap->out = dead ? pcap_dump_open(dead, path) : NULL;
	if (!cap->out)
		msg_error(ctl, "%s", dead ? pcap_geterr(dead) : strerror(ENOMEM));
	if (dead)
		pcap_close(dead);
	return cap->out ? 0 : -1;
}

/**
 * capture_next - read the next frame
 * @cap: an open capture
 * @ctl: this run
 * @data: where the frame is, until the next call; @cap->hdr has its size
 *
 * Return: 1, 0 at the end, or -1 (message printed)
 */
int capture_next(struct capture *cap, const struct ctl *ctl, const uint8_t **data)
{
	struct pcap_pkthdr *hdr;
	int ret = pcap_next_ex(cap->in, &hdr, data);

	if (ret == 1) {
		cap->hdr = *hdr;
		return 1;
	}
	if (ret == PCAP_ERROR_BREAK)
		return 0;
	msg_error(ctl, "the capture is damaged: %s", pcap_geterr(cap->in));
	return -1;
}

/**
 * capture_copy - write the frame that was read, as it is
 * @cap: an open capture
 * @data: the frame
 */
void capture_copy(struct capture *cap, const uint8_t *data)
{
	if (cap->out)
		pcap_dump((u_char *)cap->out, &cap->hdr, data);
}

/**
 * capture_write - write another frame with the time of the one that was read
 * @cap: an open capture
 * @data: the frame
 * @len: bytes of it
 */
void capture_write(struct capture *cap, const uint8_t *data, uint32_t len)
{
	struct pcap_pkthdr hdr = { .ts = cap->hdr.ts, .caplen = len, .len = len };

	if (cap->out)
		pcap_dump((u_char *)cap->out, &hdr, data);
}

/**
 * capture_close - finish both captures
 * @cap: an open capture
 * @ctl: this run
 *
 * Return: 0, or -1 if not all could be written (message printed)
 */
int capture_close(struct capture *cap, const struct ctl *ctl)
{
	int ret = 0;

	if (cap->out) {
		if (pcap_dump_flush(cap->out) || ferror(pcap_dump_file(cap->out))) {
			msg_error(ctl, "%s: %s", cap->path, strerror(errno));
			ret = -1;
		}
		pcap_dump_close(cap->out);
	}
	if (cap->in)
		pcap_close(cap->in);
	fclose(cap->file);
	return ret;
}
