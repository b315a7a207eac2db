// SPDX-License-Identifier: GPL-2.0
/*
 * JSON output, thinly over jansson: no call can fail but for want of memory.
 */
#include "json.h"
#include "out.h"
#include "patchctl.h"
#include "server.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

static json_t *or_die(json_t *val)
{
	if (!val) {
		fputs("patchctl: out of memory\n", stderr);
		exit(CTL_FAILED);
	}
	return val;
}

/**
 * json_obj() - a new object
 *
 * Return: the object
 */
json_t *json_obj(void)
{
	return or_die(json_object());
}

/**
 * json_add() - add a member
 * @obj: the object
 * @key: name of the member
 * @val: its value; the object owns it from now on
 */
void json_add(json_t *obj, const char *key, json_t *val)
{
	json_object_set_new(obj, key, or_die(val));
}

/**
 * json_add_array() - add an empty array
 * @obj: the object
 * @key: name of the member
 *
 * Return: the array, owned by the object
 */
json_t *json_add_array(json_t *obj, const char *key)
{
	json_t *array = or_die(json_array());

	json_add(obj, key, array);
	return array;
}

/**
 * json_text() - a string that need not be UTF-8
 * @text: the string
 *
 * Return: a JSON string; if @text is not UTF-8, with its bytes above 0x7e as \xHH
 */
json_t *json_text(const char *text)
{
	json_t *val = json_string(text);
	char *ascii;

	if (val)
		return val;
	ascii = out_bytes(text, strlen(text));
	val = or_die(json_stringn(ascii + 1, strlen(ascii) - 2));
	free(ascii);
	return val;
}

/**
 * json_add_text() - add a string
 * @obj: the object
 * @key: name of the member
 * @text: the string
 */
void json_add_text(json_t *obj, const char *key, const char *text)
{
	json_add(obj, key, json_text(text));
}

/**
 * json_add_int() - add a number
 * @obj: the object
 * @key: name of the member
 * @val: the number
 */
void json_add_int(json_t *obj, const char *key, uint64_t val)
{
	json_add(obj, key, json_integer((json_int_t)val));
}

/**
 * json_add_bool() - add a truth value
 * @obj: the object
 * @key: name of the member
 * @val: the value
 */
void json_add_bool(json_t *obj, const char *key, bool val)
{
	json_add(obj, key, json_boolean(val));
}

/**
 * json_add_id() - add the id of an image
 * @obj: the object
 * @key: name of the member
 * @id: the id; written as 16 hexadecimal digits, since many readers lose bits of large numbers
 */
void json_add_id(json_t *obj, const char *key, uint64_t id)
{
	char text[17];

	snprintf(text, sizeof(text), "%016llx", (unsigned long long)id);
	json_add_text(obj, key, text);
}

/**
 * json_add_server() - add the members that name a server
 * @obj: the object
 * @srv: the server
 */
void json_add_server(json_t *obj, const struct server *srv)
{
	char text[SERVER_TEXT], addr[INET6_ADDRSTRLEN];

	server_format(srv, text);
	json_add_text(obj, "server", text);
	inet_ntop(srv->family, srv->addr, addr, sizeof(addr));
	json_add_text(obj, "address", addr);
	json_add_int(obj, "prefix", srv->prefixlen);
	if (srv->transport)
		json_add_text(obj, "transport", server_transport(srv->transport));
	if (srv->port)
		json_add_int(obj, "port", srv->port);
}

/**
 * json_add_bytes() - add bytes
 * @obj: the object
 * @key: name of the member: an object of length, hex and text
 * @data: the bytes, or NULL when they are not shown
 * @len: bytes of @data
 * @total: bytes there are; @data is the first of them
 */
void json_add_bytes(json_t *obj, const char *key, const void *data, size_t len, uint64_t total)
{
	json_t *bytes = json_obj();
	char *text;

	json_add_int(bytes, "length", total);
	if (data || !total) {
		text = out_hex(data, len);
		json_add_text(bytes, "hex", text);
		free(text);
		text = out_bytes(data, len);
		text[strlen(text) - 1] = '\0';
		json_add_text(bytes, "text", text + 1);
		free(text);
	}
	json_add(obj, key, bytes);
}

static void print(json_t *val, size_t flags)
{
	json_dumpf(val, stdout, flags | JSON_ENCODE_ANY);
	putchar('\n');
	json_decref(val);
}

/**
 * json_print() - print a value on many lines
 * @val: the value; freed
 */
void json_print(json_t *val)
{
	print(val, JSON_INDENT(2));
}

/**
 * json_print_line() - print a value on one line
 * @val: the value; freed
 */
void json_print_line(json_t *val)
{
	print(val, JSON_COMPACT);
}
