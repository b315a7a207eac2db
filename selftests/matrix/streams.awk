# SPDX-License-Identifier: GPL-2.0
#
# What the ends of a cell send, and what must arrive.
#
#	awk -v edit=KIND -v dir=DIR -f streams.awk
#
# Writes into DIR
#
#	c2s.sent  c2s.wanted   what the client sends, what the server must get
#	body                   what the server puts behind the number in each reply
#	s2c.sent  s2c.wanted   what the server sends, what the client must get
#	samples                the same as samples of a patch, a few requests in each: no
#	                       more is done at once to one segment
#
# No two requests are alike, so nothing can stand in for something else.

# letters(N) - none of them is part of anything that a patch looks for
function letters(n,	s, i)
{
	s = ""
	while (length(s) < n) {
		seed = seed * 16807 % 2147483647
		s = s substr(alphabet, seed % 1000 + 1, 1 + seed % 50)
	}
	return substr(s, 1, n)
}

# between(A, B)
function between(a, b)
{
	seed = seed * 16807 % 2147483647
	return a + seed % (b - a + 1)
}

# emit(STREAM, SENT, WANTED) - bytes of a stream, and what becomes of them
function emit(stream, sent, wanted)
{
	printf "%s", sent > (dir "/" stream ".sent")
	printf "%s", wanted > (dir "/" stream ".wanted")
	text[stream, "sent"] = text[stream, "sent"] sum[stream] quoted(sent)
	text[stream, "wanted"] = text[stream, "wanted"] sum[stream] quoted(wanted)
	sum[stream] = "\n\t\t\t+ "
}

# quoted(S) - there is neither a quotation mark nor a backslash in it
function quoted(s)
{
	gsub(/\r/, "\\r", s)
	gsub(/\n/, "\\n", s)
	return "\"" s "\""
}

# sample(NAME) - what was sent since the last one
function sample(name)
{
	printf "\tsample \"%s\" {\n\t\tclient %s;\n\t\tserver %s;\n\t\tserver-sees %s;\n" \
		"\t\tclient-sees %s;\n\t}\n", name, text["c2s", "sent"], text["s2c", "sent"],
		text["c2s", "wanted"], text["s2c", "wanted"] > (dir "/samples")
	split("", text)
	split("", sum)
}

function request(number,	path, query, value, cut, i, tail)
{
	path = "/" number
	value = cut = letters(between(20, 700))
	tail = " HTTP/1.1\r\nHost: h\r\nX-Keep: " letters(between(1, 60)) "\r\n"
	query = letters(between(40, 300))
	if (edit == "truncate") {
		query = letters(between(230, 400))
		emit("c2s", "GET " path ".ida?" query tail "\r\n",
		     "GET " path ".ida?" substr(query, 1, 239) tail "\r\n")
	} else if (edit == "delete") {
		emit("c2s", "GET " path tail "X-Delete: " value "\r\n\r\n",
		     "GET " path tail "X-Delete: \r\n\r\n")
	} else if (edit == "grow") {
		emit("c2s", "GET " path "?-" query tail "\r\n", "GET " path "?-" query "=" tail "\r\n")
	} else if (edit == "same") {
		emit("c2s", "GET " path "?" query tail "User-Agent: () { " value "\r\n\r\n",
		     "GET " path "?" query tail "User-Agent: () _ " value "\r\n\r\n")
	} else if (edit == "many") {
		value = cut = ""
		for (i = 0; i < 20; i++) {
			query = letters(between(10, 60))
			value = value query (i % 3 ? "a~" : "cd")
			cut = cut query (i % 3 ? "a" : "c--")
		}
		emit("c2s", "GET " path tail "X-Many: " value "\r\n\r\n",
		     "GET " path tail "X-Many: " cut "\r\n\r\n")
	} else {
		emit("c2s", "GET " path "?" query tail "\r\n",
		     "GET " path "?" substr(query, 1, 100) tail "\r\n")
	}
}

# A body that no rule is on passes unread.
function upload(	body)
{
	body = letters(between(100, 6000))
	body = "PUT /up HTTP/1.1\r\nHost: h\r\nContent-Length: " length(body) "\r\n\r\n" body
	emit("c2s", body, body)
}

function response(number,	content, head)
{
	content = "reply " number "\n" fixed
	head = "\r\nContent-Length: " length(content) "\r\n\r\n"
	if (edit == "both") {
		emit("s2c", "HTTP/1.1 200 OK" head content,
		     "HTTP/1.1 200 OK and sixty bytes more, so that what was full is more than full" \
		     "\r\nContent-Length: 300\r\n\r\n" substr(content, 1, 300))
	} else {
		emit("s2c", "HTTP/1.1 200 OK" head content, "HTTP/1.1 200 OK" head content)
	}
}

BEGIN {
	seed = 20011
	for (i = 0; i < 1050; i++) {
		seed = seed * 16807 % 2147483647
		alphabet = alphabet substr("efghijklmnopqrstuvwxyz0123456789", 1 + seed % 32, 1)
	}
	fixed = letters(400)
	printf "%s", fixed > (dir "/body")
	for (n = 1; n <= 80; n++) {
		request(n)
		response(++replies)
		if (n % 8 == 0) {
			upload()
			response(++replies)
		}
		if (n % 5 == 0)
			sample("requests to " n)
	}
}
