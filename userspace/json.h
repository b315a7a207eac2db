/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PATCHCTL_JSON_H
#define PATCHCTL_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct server;

json_t *json_obj(void);
json_t *json_add_array(json_t *obj, const char *key);
void json_add(json_t *obj, const char *key, json_t *val);
void json_add_text(json_t *obj, const char *key, const char *text);
void json_add_int(json_t *obj, const char *key, uint64_t val);
void json_add_bool(json_t *obj, const char *key, bool val);
void json_add_id(json_t *obj, const char *key, uint64_t id);
void json_add_server(json_t *obj, const struct server *srv);
void json_add_bytes(json_t *obj, const char *key, const void *data, size_t len, uint64_t total);
json_t *json_text(const char *text);
void json_print(json_t *val);
void json_print_line(json_t *val);

#endif /* PATCHCTL_JSON_H */
