// SPDX-License-Identifier: GPL-2.0
/*
 * Options. They may come before or after the other arguments; "--" ends them.
 */
#include "patchctl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { OPT_LIBRARY = 0x1000 };

static const struct opt common[] = {
	{ "json", 'j', false },
	{ "library", OPT_LIBRARY, true },
	{ "help", 'h', false },
	{ NULL, 0, false },
};

static const struct opt *find_long(const struct opt *opts, const char *name, size_t len)
{
	for (; opts->name; opts++)
		if (strlen(opts->name) == len && !memcmp(opts->name, name, len))
			return opts;
	return NULL;
}

static const struct opt *find_short(const struct opt *opts, int letter)
{
	for (; opts->name; opts++)
		if (opts->letter == letter)
			return opts;
	return NULL;
}

/* One option has been read; true if the caller has to hear of it. */
static bool taken(struct ctl *ctl, const struct opt *opt, int *ret)
{
	*ret = opt->letter;
	if (opt->letter == 'j') {
		ctl->json = true;
		return false;
	}
	if (opt->letter == OPT_LIBRARY) {
		ctl->library = ctl->optarg;
		return false;
	}
	if (opt->letter == 'h') {
		*ret = OPT_HELP;
		if (ctl->cmd) {
			msg_usage_line(ctl, stdout);
			printf("%s\n", ctl->cmd->help);
		}
	}
	return true;
}

static const struct opt *next_short(struct ctl *ctl, int argc, char **argv,
				    const struct opt *opts)
{
	char letter = *ctl->shorts++;
	const struct opt *opt;

	opt = find_short(opts, letter);
	if (!opt)
		opt = find_short(common, letter);
	if (!opt) {
		msg_usage(ctl, "unknown option -%c", letter);
		return NULL;
	}
	if (!opt->has_arg) {
		if (!*ctl->shorts)
			ctl->shorts = NULL;
		return opt;
	}
	if (*ctl->shorts) {
		ctl->optarg = ctl->shorts;
	} else if (ctl->argi < argc) {
		ctl->optarg = argv[ctl->argi++];
	} else {
		msg_usage(ctl, "option -%c needs a value", letter);
		return NULL;
	}
	ctl->shorts = NULL;
	return opt;
}

static const struct opt *next_long(struct ctl *ctl, int argc, char **argv,
				   const struct opt *opts, const char *text)
{
	const char *eq = strchr(text, '=');
	size_t len = eq ? (size_t)(eq - text) : strlen(text);
	const struct opt *opt;

	opt = find_long(opts, text, len);
	if (!opt)
		opt = find_long(common, text, len);
	if (!opt) {
		msg_usage(ctl, "unknown option --%.*s", (int)len, text);
		return NULL;
	}
	if (!opt->has_arg) {
		if (!eq)
			return opt;
		msg_usage(ctl, "option --%s takes no value", opt->name);
		return NULL;
	}
	if (eq) {
		ctl->optarg = eq + 1;
	} else if (ctl->argi < argc) {
		ctl->optarg = argv[ctl->argi++];
	} else {
		msg_usage(ctl, "option --%s needs a value", opt->name);
		return NULL;
	}
	return opt;
}

/**
 * opt_next() - the next option of the command line
 * @ctl: this run; what is not an option is gathered in ctl->args
 * @argc: as main() got it
 * @argv: as main() got it
 * @opts: the verb's options, ended by one without a name
 *
 * Options every verb has are dealt with here. Before the verb is known
 * (ctl->cmd is NULL) the walk stops after each of them, so that the caller can
 * look for the verb.
 *
 * Return: the letter of an option, its value in ctl->optarg, or OPT_*
 */
int opt_next(struct ctl *ctl, int argc, char **argv, const struct opt *opts)
{
	const struct opt *opt;
	char *arg;
	int ret;

	for (;;) {
		if (ctl->shorts) {
			opt = next_short(ctl, argc, argv, opts);
		} else {
			if (ctl->argi >= argc)
				return OPT_END;
			arg = argv[ctl->argi++];
			if (ctl->only_args || arg[0] != '-' || !arg[1]) {
				ctl->args[ctl->nr_args++] = arg;
				continue;
			}
			if (!strcmp(arg, "--")) {
				ctl->only_args = true;
				continue;
			}
			if (arg[1] == '-') {
				opt = next_long(ctl, argc, argv, opts, arg + 2);
			} else {
				ctl->shorts = arg + 1;
				continue;
			}
		}
		if (!opt)
			return OPT_WRONG;
		if (taken(ctl, opt, &ret) || (!ctl->cmd && !ctl->shorts))
			return ret;
	}
}

/**
 * opt_simple() - read the command line of a verb whose options are all flags of no interest
 * @ctl: this run
 * @argc: as main() got it
 * @argv: as main() got it
 * @opts: the verb's options, or NULL; meeting one is an error of the caller
 * @min: fewest arguments
 * @max: most arguments, or -1
 *
 * Return: 0, OPT_WRONG or OPT_HELP
 */
int opt_simple(struct ctl *ctl, int argc, char **argv, const struct opt *opts, int min, int max)
{
	static const struct opt none[] = { { NULL, 0, false } };
	int ret;

	ret = opt_next(ctl, argc, argv, opts ? opts : none);
	if (ret)
		return ret;
	if (ctl->nr_args < min) {
		msg_usage(ctl, "too few arguments");
		return OPT_WRONG;
	}
	if (max >= 0 && ctl->nr_args > max) {
		msg_usage(ctl, "too many arguments: \"%s\"", ctl->args[max]);
		return OPT_WRONG;
	}
	return 0;
}

/**
 * opt_number() - read the value of an option that is a number
 * @ctl: this run
 * @what: the option, for the message
 * @text: the value
 * @max: largest allowed; the smallest is 1
 * @val: where the number goes
 *
 * Return: 0, or CTL_USAGE when it is none (message printed)
 */
int opt_number(struct ctl *ctl, const char *what, const char *text, unsigned long max,
	       unsigned long *val)
{
	char *end;

	errno = 0;
	*val = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end || errno || !*val || *val > max)
		return msg_usage(ctl, "%s: \"%s\" is not a number from 1 to %lu", what, text, max);
	return 0;
}
