/* SPDX-License-Identifier: GPL-2.0 */
/* Numbers and checksums as packets have them. */
#ifndef SELFTEST_INET_H
#define SELFTEST_INET_H

#include <stddef.h>
#include <stdint.h>

static inline void put16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static inline void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

static inline uint16_t get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static inline uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

/**
 * sum16() - add up 16-bit numbers (RFC 1071)
 * @p: the first one; an odd byte at the end counts as if a zero followed
 * @len: bytes
 * @start: what they are added to
 *
 * Return: the sum, for fold16().
 */
static inline uint32_t sum16(const uint8_t *p, size_t len, uint32_t start)
{
	for (; len > 1; p += 2, len -= 2)
		start += get16(p);
	return len ? start + (p[0] << 8) : start;
}

/**
 * fold16() - the checksum for a sum
 * @sum: from sum16()
 *
 * Return: the checksum.
 */
static inline uint16_t fold16(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

#endif
