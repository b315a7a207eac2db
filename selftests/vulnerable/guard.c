// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that notices an overflow, where AddressSanitizer cannot run: each
 * block has pages of its own and ends in front of one that cannot be touched.
 * A freed block cannot be touched either.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096UL
#define ALIGN 16UL

/* What is behind a block whose size is no multiple of the alignment. */
#define TAIL 0xa5

/* In the page in front of the block. */
struct head {
	size_t mapped;
	size_t size;
};

static void complain(const char *what)
{
	if (write(STDERR_FILENO, what, strlen(what)) < 0)
		_exit(1);
	abort();
}

static size_t round_up(size_t n, size_t to)
{
	return (n + to - 1) / to * to;
}

static struct head *head_of(void *p)
{
	return (struct head *)(((uintptr_t)p & ~(PAGE - 1)) - PAGE);
}

/**
 * malloc() - instead of the C library's
 * @size: of the block
 *
 * Return: a block of zeroes, or NULL.
 */
void *malloc(size_t size)
{
	size_t room, mapped;
	struct head *head;
	char *p;

	if (size > PTRDIFF_MAX / 2) {
		errno = ENOMEM;
		return NULL;
	}
	room = round_up(size ? size : 1, ALIGN);
	mapped = PAGE + round_up(room, PAGE) + PAGE;
	head = mmap(NULL, mapped, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (head == MAP_FAILED)
		return NULL;
	head->mapped = mapped;
	head->size = size;
	mprotect((char *)head + mapped - PAGE, PAGE, PROT_NONE);
	p = (char *)head + mapped - PAGE - room;
	memset(p + size, TAIL, room - size);
	return p;
}

/**
 * free() - instead of the C library's
 * @p: a block, or NULL
 */
void free(void *p)
{
	struct head *head;
	size_t i, room;

	if (!p)
		return;
	head = head_of(p);
	room = round_up(head->size ? head->size : 1, ALIGN);
	for (i = head->size; i < room; i++)
		if (((unsigned char *)p)[i] != TAIL)
			complain("guard: written behind a block\n");
	munmap(head, head->mapped);
}

/**
 * calloc() - instead of the C library's
 * @n: how many
 * @size: of each
 *
 * Return: a block of zeroes, or NULL.
 */
void *calloc(size_t n, size_t size)
{
	size_t all;

	if (__builtin_mul_overflow(n, size, &all)) {
		errno = ENOMEM;
		return NULL;
	}
	return malloc(all);
}

/**
 * realloc() - instead of the C library's
 * @p: a block, or NULL
 * @size: what it is to have
 *
 * Return: another block with what fits of the first, or NULL.
 */
void *realloc(void *p, size_t size)
{
	void *new = malloc(size);
	size_t had = p ? head_of(p)->size : 0;

	if (!new || !p)
		return new;
	memcpy(new, p, had < size ? had : size);
	free(p);
	return new;
}

static void fault(int sig)
{
	(void)sig;
	complain("guard: touched what is no memory\n");
}

static void __attribute__((constructor)) watch(void)
{
	signal(SIGSEGV, fault);
}
