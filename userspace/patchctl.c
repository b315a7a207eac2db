// SPDX-License-Identifier: GPL-2.0
/*
 * patchctl: apply patches to servers, take them back, look at what they do.
 */
#include "patchctl.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct cmd cmds[] = {
	{ "apply",	cmd_apply,	"PATCH... --server ADDR[/LEN][:PORT]... [--set PARAM=VALUE,...]... [--midstream observe|protect|reset] [--dry-run]",
	  "apply patches to servers, all or none" },
	{ "unapply",	cmd_unapply,	"PATCH... [--server ADDR[/LEN][:PORT]]... [--dry-run]",
	  "take patches back, all or none" },
	{ "list",	cmd_list,	"[--product TEXT]",
	  "list the patches of the library" },
	{ "show",	cmd_show,	"PATCH",
	  "show all that is known of a patch" },
	{ "status",	cmd_status,	"[-v]",
	  "show servers, their patches, and counters" },
	{ "flows",	cmd_flows,	"",
	  "show live connections to protected servers" },
	{ "monitor",	cmd_monitor,	"[-n COUNT]",
	  "print edits and other events as they happen" },
	{ "check",	cmd_check,	"[--kernel] FILE...",
	  "compile and verify files, changing nothing" },
	{ "explain",	cmd_explain,	"[--code] PATCH",
	  "say in plain words what a patch does" },
	{ "fields",	cmd_fields,	"[PROTOCOL]",
	  "list the fields that patches can work on" },
	{ "test",	cmd_test,	"[--random N] [--seed N] [--sample NAME] [--split whole|bytes|at:N|random:SEED] [PATCH...]",
	  "run the samples of patches, cut in every way" },
	{ "replay",	cmd_replay,
	  "[--patch NAME|DIR]... [--server ADDR[:PORT]]... [--segment as-is|1|random:SEED] [-w OUT.pcap] IN.pcap",
	  "show what patches would have done to a capture" },
	{ "version",	cmd_version,	"",
	  "print the versions of tool and module" },
};

static void help(FILE *to)
{
	size_t i;

	fputs("usage: patchctl VERB [ARGUMENT...]\n\n", to);
	for (i = 0; i < ARRAY_SIZE(cmds); i++)
		fprintf(to, "  %-9s %s\n", cmds[i].name, cmds[i].help);
	fputs("\nWith every verb:\n"
	      "  -j, --json      print JSON\n"
	      "  --library DIR   take patches and grammars from DIR\n"
	      "  -h, --help      print the usage of the verb\n", to);
}

static const struct cmd *find_cmd(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cmds); i++)
		if (!strcmp(cmds[i].name, name))
			return &cmds[i];
	return NULL;
}

static int unknown_verb(const struct ctl *ctl, const char *name)
{
	const char *names[ARRAY_SIZE(cmds)];
	const char *near;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cmds); i++)
		names[i] = cmds[i].name;
	near = msg_near(name, names, ARRAY_SIZE(cmds));
	if (near)
		return msg_usage(ctl, "unknown verb \"%s\"; did you mean \"%s\"?", name, near);
	return msg_usage(ctl, "unknown verb \"%s\"", name);
}

int main(int argc, char **argv)
{
	static const struct opt none[] = { { NULL, 0, false } };
	struct ctl ctl = { .argi = 1 };
	int verb, ret;

	ctl.colour = isatty(STDERR_FILENO) && !getenv("NO_COLOR");
	ctl.args = xalloc((argc + 1) * sizeof(*ctl.args));

	/* Options every verb has may also come before the verb. */
	for (;;) {
		verb = ctl.argi;
		if (verb >= argc || argv[verb][0] != '-' || !argv[verb][1])
			break;
		ret = opt_next(&ctl, argc, argv, none);
		if (ret >= OPT_END)
			continue;
		if (ret == OPT_HELP)
			help(stdout);
		ret = ret == OPT_HELP ? CTL_DONE : CTL_USAGE;
		goto out;
	}
	if (verb >= argc) {
		ret = CTL_USAGE;
		help(stderr);
		goto out;
	}
	if (!strcmp(argv[verb], "help")) {
		help(stdout);
		ret = CTL_DONE;
		goto out;
	}
	ctl.cmd = find_cmd(argv[verb]);
	if (!ctl.cmd) {
		ret = unknown_verb(&ctl, argv[verb]);
		goto out;
	}
	ctl.argi = verb + 1;
	ctl.nr_args = 0;
	ret = ctl.cmd->run(&ctl, argc, argv);
	if (fflush(stdout) || ferror(stdout)) {
		msg_error(&ctl, "cannot write the output");
		ret = CTL_FAILED;
	}
out:
	free(ctl.args);
	return ret;
}
