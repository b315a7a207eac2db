// SPDX-License-Identifier: GPL-2.0
/*
 * Errors in sources: printed with the source line and a caret, or as JSON.
 */
#include "report.h"
#include "patchctl.h"

#include <stdlib.h>
#include <string.h>

#define RESET	"\033[0m"
#define BOLD	"\033[1m"
#define RED	"\033[1;31m"
#define GREEN	"\033[1;32m"
#define CYAN	"\033[1;36m"

static void print_coloured(const char *line)
{
	static const char error[] = ": error: ", hint[] = "hint: ";
	const char *at = strstr(line, error);

	if (at)
		fprintf(stderr, BOLD "%.*s: " RED "error: " RESET BOLD "%s" RESET,
			(int)(at - line), line, at + strlen(error));
	else if (!strncmp(line, hint, strlen(hint)))
		fprintf(stderr, CYAN "hint: " RESET "%s", line + strlen(hint));
	else if (strspn(line, " \t^~\n") == strlen(line))
		fprintf(stderr, GREEN "%s" RESET, line);
	else
		fputs(line, stderr);
}

static void print(const struct lang_diag *diag)
{
	char *text = NULL, *line = NULL;
	size_t size = 0, room = 0;
	FILE *mem;

	mem = open_memstream(&text, &size);
	if (mem) {
		lang_diag_print(diag, mem);
		fclose(mem);
		mem = size ? fmemopen(text, size, "r") : NULL;
	}
	if (mem) {
		while (getline(&line, &room, mem) > 0)
			print_coloured(line);
		fclose(mem);
	}
	free(line);
	free(text);
}

static void add(json_t *array, const struct lang_error *error)
{
	json_t *obj = json_obj();

	json_add_text(obj, "file", error->path);
	if (error->pos.line) {
		json_add_int(obj, "line", error->pos.line);
		json_add_int(obj, "column", error->pos.col);
		json_add_int(obj, "length", error->pos.len);
	}
	json_add_text(obj, "message", error->message);
	if (error->text)
		json_add_text(obj, "source", error->text);
	if (error->hint)
		json_add_text(obj, "hint", error->hint);
	json_array_append_new(array, obj);
}

/**
 * report_diag() - pass on what the compiler found
 * @report: where to
 * @diag: what it found
 */
void report_diag(struct report *report, const struct lang_diag *diag)
{
	const struct lang_error *error;
	size_t i;

	report->nr += lang_diag_errors(diag);
	if (report->json) {
		for (i = 0; (error = lang_diag_get(diag, i)); i++)
			add(report->json, error);
		return;
	}
	fflush(stdout);
	if (report->ctl->colour)
		print(diag);
	else
		lang_diag_print(diag, stderr);
}

/**
 * report_at() - pass on one error
 * @report: where to
 * @src: the source
 * @pos: the place in it; line 0 means the whole file
 * @message: what is wrong
 */
void report_at(struct report *report, const struct lang_source *src, struct lang_pos pos,
	       const char *message)
{
	struct lang_diag *diag = lang_diag_new();

	lang_diag_at(diag, src, pos, NULL, "%s", message);
	report_diag(report, diag);
	lang_diag_free(diag);
}
