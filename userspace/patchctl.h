/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What every verb of patchctl sees: the verb table, options, messages.
 */
#ifndef PATCHCTL_H
#define PATCHCTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#endif

/**
 * enum ctl_exit - exit statuses
 * @CTL_DONE: what was asked for is done
 * @CTL_FAILED: refused or failed; nothing was changed
 * @CTL_USAGE: the command line is wrong
 */
enum ctl_exit {
	CTL_DONE	= 0,
	CTL_FAILED	= 1,
	CTL_USAGE	= 2,
};

struct ctl;

/**
 * struct cmd - a verb
 * @name: as typed
 * @run: does it; returns enum ctl_exit
 * @args: what follows the name, for the usage line
 * @help: one line
 */
struct cmd {
	const char *name;
	int (*run)(struct ctl *ctl, int argc, char **argv);
	const char *args;
	const char *help;
};

/**
 * struct opt - an option of one verb
 * @name: long name, without the dashes
 * @letter: the short form, or a value above 255 for none; what opt_next() returns
 * @has_arg: a value follows
 */
struct opt {
	const char *name;
	int letter;
	bool has_arg;
};

/**
 * struct ctl - this run of the tool
 * @cmd: the verb
 * @library: directory named by --library, or NULL
 * @json: -j was given
 * @colour: diagnostics are read by a person
 * @argi: next argument opt_next() looks at
 * @shorts: rest of a bundle of short options, or NULL
 * @optarg: value of the option last returned
 * @args: arguments that are not options, in order
 * @nr_args: elements of @args
 * @only_args: "--" was seen
 */
struct ctl {
	const struct cmd *cmd;
	const char *library;
	bool json;
	bool colour;
	int argi;
	const char *shorts;
	const char *optarg;
	char **args;
	int nr_args;
	bool only_args;
};

/* What opt_next() returns beside the letters of options. */
#define OPT_END		0	/* no more */
#define OPT_WRONG	(-1)	/* message and usage are printed: return CTL_USAGE */
#define OPT_HELP	(-2)	/* help is printed: return CTL_DONE */

/* opt.c */
int opt_next(struct ctl *ctl, int argc, char **argv, const struct opt *opts);
int opt_simple(struct ctl *ctl, int argc, char **argv, const struct opt *opts, int min, int max);
int opt_number(struct ctl *ctl, const char *what, const char *text, unsigned long max,
	       unsigned long *val);

/* msg.c */
void msg_error(const struct ctl *ctl, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int msg_usage(const struct ctl *ctl, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void msg_usage_line(const struct ctl *ctl, FILE *to);
const char *msg_near(const char *name, const char *const *names, size_t nr);
void *xalloc(size_t size);
void *xrealloc(void *p, size_t nr, size_t size);
char *xstrdup(const char *s);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* cmd_*.c */
int cmd_apply(struct ctl *ctl, int argc, char **argv);
int cmd_unapply(struct ctl *ctl, int argc, char **argv);
int cmd_list(struct ctl *ctl, int argc, char **argv);
int cmd_show(struct ctl *ctl, int argc, char **argv);
int cmd_status(struct ctl *ctl, int argc, char **argv);
int cmd_flows(struct ctl *ctl, int argc, char **argv);
int cmd_monitor(struct ctl *ctl, int argc, char **argv);
int cmd_check(struct ctl *ctl, int argc, char **argv);
int cmd_explain(struct ctl *ctl, int argc, char **argv);
int cmd_test(struct ctl *ctl, int argc, char **argv);
int cmd_replay(struct ctl *ctl, int argc, char **argv);
int cmd_fields(struct ctl *ctl, int argc, char **argv);
int cmd_version(struct ctl *ctl, int argc, char **argv);

#endif /* PATCHCTL_H */
