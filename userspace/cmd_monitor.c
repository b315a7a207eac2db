// SPDX-License-Identifier: GPL-2.0
#include "json.h"
#include "kernel.h"
#include "out.h"
#include "patchctl.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/**
 * struct monitor - this run of the verb
 * @ctl: this run of the tool
 * @left: events still to print
 */
struct monitor {
	struct ctl *ctl;
	unsigned long left;
};

static volatile sig_atomic_t stopped;

static void stop(int sig)
{
	(void)sig;
	stopped = 1;
}

static const char *event_name(unsigned int event)
{
	switch (event) {
	case PATCHPROXY_EVENT_EDIT:
		return "edit";
	case PATCHPROXY_EVENT_MALFORMED:
		return "malformed";
	case PATCHPROXY_EVENT_BLIND:
		return "blind";
	case PATCHPROXY_EVENT_CHANGE:
		return "change";
	default:
		return "unknown";
	}
}

static void format_time(uint64_t ns, const char *fmt, char *text, size_t size)
{
	time_t sec = ns / 1000000000;
	struct tm tm;

	if (!gmtime_r(&sec, &tm) || !strftime(text, size, fmt, &tm))
		text[0] = '\0';
}

static void add_flow(json_t *obj, const struct nlattr *const *tb)
{
	char client[SERVER_TEXT], server[SERVER_TEXT];
	struct flow flow;

	flow_parse(tb[PATCHPROXY_A_FLOW], &flow);
	server_format(&flow.client, client);
	server_format(&flow.server, server);
	json_add_text(obj, "client", client);
	json_add_text(obj, "server", server);
	json_add_text(obj, "transport", server_transport(flow.server.transport));
	json_add_text(obj, "protocol", flow.protocol);
	json_add_text(obj, "from", nl_uint(tb[PATCHPROXY_A_DIRECTION]) ? "server" : "client");
	flow_free(&flow);
}

static void add_string(json_t *obj, const char *key, const struct nlattr *attr)
{
	char *text;

	if (!attr)
		return;
	text = nl_string(attr);
	json_add_text(obj, key, text);
	free(text);
}

static void add_bytes(json_t *obj, const char *key, const struct nlattr *attr,
		      const struct nlattr *total)
{
	json_add_bytes(obj, key, attr ? mnl_attr_get_payload(attr) : NULL,
		       attr ? mnl_attr_get_payload_len(attr) : 0, nl_uint(total));
}

static void as_json(const struct nlattr *const *tb, unsigned int event)
{
	uint64_t ns = nl_uint(tb[PATCHPROXY_A_TIME]);
	json_t *obj = json_obj();
	char sec[32], text[48];

	format_time(ns, "%Y-%m-%dT%H:%M:%S", sec, sizeof(sec));
	snprintf(text, sizeof(text), "%s.%09uZ", sec, (unsigned int)(ns % 1000000000));
	json_add_text(obj, "time", text);
	json_add_text(obj, "event", event_name(event));
	if (tb[PATCHPROXY_A_FLOW])
		add_flow(obj, tb);
	add_string(obj, "patch", tb[PATCHPROXY_A_NAME]);
	add_string(obj, "field", tb[PATCHPROXY_A_FIELD]);
	if (tb[PATCHPROXY_A_OFFSET])
		json_add_int(obj, "offset", nl_uint(tb[PATCHPROXY_A_OFFSET]));
	if (event == PATCHPROXY_EVENT_EDIT) {
		add_bytes(obj, "old", tb[PATCHPROXY_A_OLD], tb[PATCHPROXY_A_OLD_LEN]);
		add_bytes(obj, "new", tb[PATCHPROXY_A_NEW], tb[PATCHPROXY_A_NEW_LEN]);
	}
	add_string(obj, "reason", tb[PATCHPROXY_A_REASON]);
	if (tb[PATCHPROXY_A_GENERATION])
		json_add_int(obj, "generation", nl_uint(tb[PATCHPROXY_A_GENERATION]));
	if (tb[PATCHPROXY_A_SUPPRESSED])
		json_add_int(obj, "suppressed", nl_uint(tb[PATCHPROXY_A_SUPPRESSED]));
	json_print_line(obj);
}

static void print_bytes(const struct nlattr *attr, const struct nlattr *total)
{
	size_t len = attr ? mnl_attr_get_payload_len(attr) : 0;
	uint64_t all = nl_uint(total);
	char *text;

	if (!attr && all) {
		printf("%llu byte%s not shown", (unsigned long long)all, out_plural(all));
		return;
	}
	text = out_bytes(attr ? mnl_attr_get_payload(attr) : NULL, len);
	fputs(text, stdout);
	free(text);
	if (all > len)
		printf("... (%llu bytes)", (unsigned long long)all);
}

static void print_string(const char *before, const struct nlattr *attr)
{
	char *text;

	if (!attr)
		return;
	text = nl_string(attr);
	printf("%s%s", before, text);
	free(text);
}

static void print_flow(const struct nlattr *const *tb)
{
	char client[SERVER_TEXT], server[SERVER_TEXT];
	bool reply = nl_uint(tb[PATCHPROXY_A_DIRECTION]);
	struct flow flow;

	flow_parse(tb[PATCHPROXY_A_FLOW], &flow);
	server_format(&flow.client, client);
	server_format(&flow.server, server);
	printf(" %s %s > %s", server_transport(flow.server.transport), reply ? server : client,
	       reply ? client : server);
	flow_free(&flow);
}

static void as_text(const struct nlattr *const *tb, unsigned int event)
{
	uint64_t ns = nl_uint(tb[PATCHPROXY_A_TIME]);
	uint32_t suppressed = nl_uint(tb[PATCHPROXY_A_SUPPRESSED]);
	char sec[32];

	format_time(ns, "%Y-%m-%d %H:%M:%S", sec, sizeof(sec));
	printf("%s.%06u %s", sec, (unsigned int)(ns % 1000000000 / 1000), event_name(event));
	if (tb[PATCHPROXY_A_FLOW])
		print_flow(tb);
	print_string(" ", tb[PATCHPROXY_A_NAME]);
	print_string(" ", tb[PATCHPROXY_A_FIELD]);
	if (tb[PATCHPROXY_A_OFFSET])
		printf(" at %llu", (unsigned long long)nl_uint(tb[PATCHPROXY_A_OFFSET]));
	if (event == PATCHPROXY_EVENT_EDIT) {
		fputs(": ", stdout);
		print_bytes(tb[PATCHPROXY_A_OLD], tb[PATCHPROXY_A_OLD_LEN]);
		fputs(" -> ", stdout);
		print_bytes(tb[PATCHPROXY_A_NEW], tb[PATCHPROXY_A_NEW_LEN]);
	}
	print_string(": ", tb[PATCHPROXY_A_REASON]);
	if (tb[PATCHPROXY_A_GENERATION])
		printf(" generation %llu",
		       (unsigned long long)nl_uint(tb[PATCHPROXY_A_GENERATION]));
	if (suppressed)
		printf(" (%u event%s before it left out)", suppressed, out_plural(suppressed));
	putchar('\n');
}

static void event_cb(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[PATCHPROXY_A_MAX + 1];
	struct monitor *mon = data;
	unsigned int event;

	if (!mon->left)
		return;
	mon->left--;
	nl_parse(nlh, tb, PATCHPROXY_A_MAX);
	event = nl_uint(tb[PATCHPROXY_A_EVENT]);
	if (mon->ctl->json)
		as_json(tb, event);
	else
		as_text(tb, event);
}

static int listen_loop(struct nl *nl, struct monitor *mon)
{
	while (mon->left && !stopped) {
		if (!nl_events(nl, event_cb, mon)) {
			if (fflush(stdout))
				return CTL_FAILED;
			continue;
		}
		if (nl->err.code == EINTR)
			continue;
		if (nl->err.code != ENOBUFS) {
			kernel_error(mon->ctl, nl, "cannot listen to events");
			return CTL_FAILED;
		}
		msg_error(mon->ctl, "events were lost: they come faster than they can be printed");
	}
	return CTL_DONE;
}

/**
 * cmd_monitor() - the verb "monitor"
 * @ctl: this run
 * @argc: as main() got it
 * @argv: as main() got it
 *
 * Return: enum ctl_exit
 */
int cmd_monitor(struct ctl *ctl, int argc, char **argv)
{
	static const struct opt opts[] = { { "count", 'n', true }, { NULL, 0, false } };
	struct monitor mon = { .ctl = ctl, .left = ULONG_MAX };
	struct sigaction act = { .sa_handler = stop };
	struct kernel_info info;
	struct nl nl;
	int ret;

	while ((ret = opt_next(ctl, argc, argv, opts)) > 0)
		if (opt_number(ctl, "--count", ctl->optarg, ULONG_MAX, &mon.left))
			return CTL_USAGE;
	if (!ret)
		ret = opt_simple(ctl, argc, argv, opts, 0, 0);
	if (ret)
		return ret == OPT_HELP ? CTL_DONE : CTL_USAGE;

	ret = CTL_FAILED;
	if (kernel_open(ctl, &nl, &info))
		goto out;
	if (nl_join(&nl)) {
		kernel_error(ctl, &nl, "cannot listen to events");
		goto out;
	}
	/* No SA_RESTART: a signal ends the wait. */
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	ret = listen_loop(&nl, &mon);
out:
	nl_close(&nl);
	return ret;
}
