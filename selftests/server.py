#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""A server that records exactly what recv() returned and answers just enough.

server.py PROTO PORT OUT [--bytes N]

Connection (or datagram) number n, counted from 0, goes to the file OUT.n as it
arrives; OUT.n.end appears when it is over and says how: "eof" or the error.
OUT.ready appears when the server listens.  Listens on IPv4 and IPv6.

  http    one small reply for every complete request
  ftp     a greeting, then one reply for every line; understands no transfers
  echo    everything back
  sink    nothing until the end of the stream, then its length and sha256
  source  N bytes of a fixed pseudo-random stream, then the end
  ssrp    UDP: a reply that names the datagram's length
"""

import argparse
import hashlib
import re
import socket
import struct
import threading


def stream(count):
    """The same bytes for everybody who asks."""
    block = hashlib.shake_128(b"patchproxy").digest(1 << 20)
    while count > 0:
        yield block[:count]
        count -= len(block)


class Http:
    """Splits a byte stream into requests, as far as framing needs it."""

    def __init__(self):
        self.data = b""
        self.count = 0

    def chunked_end(self, pos):
        while True:
            eol = self.data.find(b"\r\n", pos)
            if eol < 0:
                return -1
            size = int(self.data[pos:eol].split(b";")[0], 16)
            pos = eol + 2
            if size == 0:
                trailer = self.data.find(b"\r\n", pos)
                return trailer + 2 if trailer == pos else -1
            pos += size + 2
            if pos > len(self.data):
                return -1

    def feed(self, data):
        """Return the replies that are due now."""
        self.data += data
        replies = b""
        while True:
            head = self.data.find(b"\r\n\r\n")
            if head < 0:
                return replies
            end = head + 4
            lines = self.data[:end].lower()
            length = re.search(rb"\r\ncontent-length: *(\d+)", lines)
            if re.search(rb"\r\ntransfer-encoding: *chunked", lines):
                end = self.chunked_end(end)
            elif length:
                end += int(length.group(1))
            if end < 0 or end > len(self.data):
                return replies
            self.data = self.data[end:]
            self.count += 1
            body = b"reply %d\n" % self.count
            replies += b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


class Ftp:
    """One reply per line."""

    replies = {b"USER": b"331 password please", b"PASS": b"230 logged in",
               b"QUIT": b"221 bye", b"NOOP": b"200 fine", b"PWD": b'257 "/"',
               b"DELE": b"250 deleted", b"SITE": b"200 done", b"MKD": b"257 made"}

    def __init__(self):
        self.data = b""

    def feed(self, data):
        self.data += data
        replies = b""
        while b"\n" in self.data:
            line, self.data = self.data.split(b"\n", 1)
            verb = line.split(b" ")[0].strip().upper()
            replies += self.replies.get(verb, b"500 unknown command") + b"\r\n"
        return replies


def serve(conn, number, args):
    name = f"{args.out}.{number}"
    how = "eof"
    try:
        with open(name, "wb", buffering=0) as record:
            talk(conn, record, args)
    except OSError as error:
        how = error.strerror or str(error)
    with open(name + ".end", "w", encoding="ascii") as end:
        end.write(how + "\n")
    conn.close()


def talk(conn, record, args):
    conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    parser = {"http": Http, "ftp": Ftp}.get(args.proto, lambda: None)()
    digest, total = hashlib.sha256(), 0
    if args.proto == "ftp":
        conn.sendall(b"220 ready\r\n")
    if args.proto == "source":
        for block in stream(args.bytes):
            conn.sendall(block)
        conn.shutdown(socket.SHUT_WR)
    while True:
        data = conn.recv(1 << 18)
        if not data:
            break
        if args.proto == "sink":
            digest.update(data)
            total += len(data)
            continue
        record.write(data)
        reply = parser.feed(data) if parser else data if args.proto == "echo" else b""
        if reply:
            conn.sendall(reply)
    if args.proto == "sink":
        conn.sendall(b"%d %s\n" % (total, digest.hexdigest().encode()))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("proto", choices=["http", "ftp", "echo", "sink", "source", "ssrp"])
    parser.add_argument("port", type=int)
    parser.add_argument("out")
    parser.add_argument("--bytes", type=int, default=0)
    args = parser.parse_args()

    kind = socket.SOCK_DGRAM if args.proto == "ssrp" else socket.SOCK_STREAM
    sock = socket.socket(socket.AF_INET6, kind)
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if args.proto == "ssrp":
        # answer from the address that was asked
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
    sock.bind(("::", args.port))
    if kind == socket.SOCK_STREAM:
        sock.listen(64)
    with open(args.out + ".ready", "w", encoding="ascii"):
        pass

    number = 0
    while True:
        if kind == socket.SOCK_STREAM:
            conn, _ = sock.accept()
            threading.Thread(target=serve, args=(conn, number, args), daemon=True).start()
        else:
            data, info, _, peer = sock.recvmsg(65536, 1024)
            with open(f"{args.out}.{number}", "wb") as record:
                record.write(data)
            reply = b"\x05" + struct.pack("<H", len(data))
            sock.sendmsg([reply], [i for i in info if i[1] == socket.IPV6_PKTINFO], 0, peer)
        number += 1


main()
