// SPDX-License-Identifier: GPL-2.0
/* Status 0 if the standard input is one JSON value and nothing else. */
#include <jansson.h>

int main(void)
{
	json_error_t err;
	json_t *val = json_loadf(stdin, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &err);

	if (!val) {
		fprintf(stderr, "line %d column %d: %s\n", err.line, err.column, err.text);
		return 1;
	}
	json_decref(val);
	return 0;
}
