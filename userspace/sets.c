// SPDX-License-Identifier: GPL-2.0
/*
 * Values for parameters of patches: --set PARAM=VALUE,...
 */
#include "sets.h"
#include "patchctl.h"

#include <stdlib.h>
#include <string.h>

static void split(struct lang_param *param, char *text)
{
	struct lang_bytes *values = NULL;
	char *end;

	do {
		end = strchrnul(text, ',');
		values = xrealloc(values, param->nr_values + 1, sizeof(*values));
		values[param->nr_values].data = (unsigned char *)text;
		values[param->nr_values++].len = end - text;
		text = end + 1;
	} while (*end);
	param->values = values;
}

/**
 * sets_add() - take the value of a --set
 * @ctl: this run
 * @sets: the values so far
 * @text: PARAM=VALUE,...
 *
 * Return: 0, or CTL_USAGE (message printed)
 */
int sets_add(struct ctl *ctl, struct sets *sets, const char *text)
{
	const char *eq = strchr(text, '=');
	struct lang_param *param;
	size_t i;
	char *copy;

	if (!eq || eq == text || !eq[1] || strstr(eq, ",,") || eq[1] == ',' ||
	    text[strlen(text) - 1] == ',')
		return msg_usage(ctl, "--set: \"%s\" is not of the form PARAM=VALUE,...", text);
	for (i = 0; i < sets->nr; i++)
		if (strlen(sets->params[i].name) == (size_t)(eq - text) &&
		    !memcmp(sets->params[i].name, text, eq - text))
			return msg_usage(ctl, "--set: \"%s\" is set twice", sets->params[i].name);

	sets->params = xrealloc(sets->params, sets->nr + 1, sizeof(*sets->params));
	sets->used = xrealloc(sets->used, sets->nr + 1, sizeof(*sets->used));
	sets->texts = xrealloc(sets->texts, sets->nr + 1, sizeof(*sets->texts));
	copy = xstrdup(text);
	copy[eq - text] = '\0';
	param = &sets->params[sets->nr];
	*param = (struct lang_param){ .name = copy };
	split(param, copy + (eq - text) + 1);
	sets->used[sets->nr] = false;
	sets->texts[sets->nr++] = copy;
	return 0;
}

/**
 * sets_for() - the values that concern a patch
 * @sets: all values; those returned are marked as used
 * @info: the patch
 * @params: sets->nr elements for the answer
 *
 * Return: number of elements of @params set
 */
size_t sets_for(struct sets *sets, const struct lang_patch_info *info, struct lang_param *params)
{
	size_t i, p, nr = 0;

	for (i = 0; i < sets->nr; i++) {
		for (p = 0; p < info->nr_params; p++) {
			if (strcmp(info->params[p].name, sets->params[i].name))
				continue;
			params[nr++] = sets->params[i];
			sets->used[i] = true;
		}
	}
	return nr;
}

/**
 * sets_check() - has each value found a patch
 * @ctl: this run
 * @sets: the values
 *
 * Return: 0, or -1 (message printed)
 */
int sets_check(const struct ctl *ctl, const struct sets *sets)
{
	int ret = 0;
	size_t i;

	for (i = 0; i < sets->nr; i++) {
		if (sets->used[i])
			continue;
		msg_error(ctl, "--set: no patch named here has a parameter \"%s\"",
			  sets->params[i].name);
		ret = -1;
	}
	return ret;
}

/**
 * sets_free() - free all values
 * @sets: the values
 */
void sets_free(struct sets *sets)
{
	size_t i;

	for (i = 0; i < sets->nr; i++) {
		free((void *)sets->params[i].values);
		free(sets->texts[i]);
	}
	free(sets->params);
	free(sets->used);
	free(sets->texts);
}
