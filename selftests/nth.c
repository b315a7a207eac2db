// SPDX-License-Identifier: GPL-2.0
/*
 * Run a command in which one allocation of the kernel fails.
 *
 * nth N FILE COMMAND [ARGUMENT...]
 *
 * It is the Nth from here on that the kernel's fault injection counts.  FILE
 * says how many the command left: 0 if one did fail.  The exit status is the
 * command's, or 128 and the signal that killed it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net.h"

static void put(const char *path, const char *text, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || write_all(fd, text, len))
		die("nth: %s", path);
	close(fd);
}

/* What is left is asked of the dead, before it is buried. */
static void left(pid_t pid, const char *file)
{
	char path[64], text[32];
	siginfo_t info;
	ssize_t n;
	int fd;

	if (waitid(P_PID, pid, &info, WEXITED | WNOWAIT))
		die("nth: waitid");
	snprintf(path, sizeof(path), "/proc/%d/fail-nth", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die("nth: %s", path);
	n = read(fd, text, sizeof(text));
	if (n < 0)
		die("nth: %s", path);
	close(fd);
	put(file, text, n);
}

int main(int argc, char **argv)
{
	int status;
	pid_t pid;

	if (argc < 4) {
		fprintf(stderr, "usage: nth N FILE COMMAND [ARGUMENT...]\n");
		return 2;
	}
	pid = fork();
	if (pid < 0)
		die("nth: fork");
	if (!pid) {
		int fd = open("/proc/self/fail-nth", O_WRONLY | O_CLOEXEC);

		if (fd < 0)
			die("nth: fail-nth");
		dprintf(fd, "%s", argv[1]);
		execvp(argv[3], argv + 3);
		_exit(126);
	}
	left(pid, argv[2]);
	if (waitpid(pid, &status, 0) != pid)
		die("nth: waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
