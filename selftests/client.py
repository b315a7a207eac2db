#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""A TCP or UDP client that sends given bytes in a given segmentation.

client.py [-u] [-o OUT] [-t SECONDS] HOST PORT STEP...

Steps, done in order on one connection:
  send:FILE        the whole file in one send()
  one:FILE         one byte per segment
  size:N:FILE      N bytes per segment
  split:N:FILE     two segments: the first N bytes and the rest
  stream:N         N bytes of server.py's fixed pseudo-random stream
  expect:REGEX     wait until what was received since the last expect matches
  total:N          wait until N bytes were received in all
  silence:MS       nothing may arrive for so long
  acked            wait until the peer acknowledged every byte
  touch:FILE       create a file, to tell the caller
  wait:FILE        wait for a file, to be told by the caller
  shut             no more to send
  eof              wait for the peer's end of stream
  reset            wait until the peer or somebody between resets the connection

or instead of steps:
  every:FILE       one connection for each two-way split of the file: send the
                   first part, then the rest, half-close, read to the end

Each segment goes out by itself: Nagle is off and the next send() waits until
the kernel has transmitted (not: has had acknowledged) the last.  What was
received is written to OUT; the last line printed is its length and sha256.
Every wait is bounded by -t (default 120 seconds); the exit status is 1, with the
step that failed on standard error, if one was not met.
"""

import argparse
import fcntl
import hashlib
import os
import re
import socket
import struct
import sys
import time

SIOCOUTQ = 0x5411
SIOCOUTQNSD = 0x894B


class StepFailed(Exception):
    """A step did not come true in time."""


class Client:
    """One connection and what arrived on it."""

    def __init__(self, args):
        self.udp = args.udp
        self.limit = args.time
        self.out = open(args.output, "wb", buffering=0) if args.output else None
        self.fresh = b""
        self.total = 0
        self.digest = hashlib.sha256()
        self.ended = False
        family, kind, proto, _, addr = socket.getaddrinfo(
            args.host, args.port, type=socket.SOCK_DGRAM if args.udp else socket.SOCK_STREAM)[0]
        self.sock = socket.socket(family, kind, proto)
        self.sock.settimeout(self.limit)
        self.sock.connect(addr)
        if not self.udp:
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def queued(self, request):
        return struct.unpack("i", fcntl.ioctl(self.sock, request, b"\0" * 4))[0]

    def until(self, condition, why):
        end = time.monotonic() + self.limit
        while not condition():
            if time.monotonic() > end:
                raise StepFailed(why)
            time.sleep(0.001)

    def segment(self, data):
        self.sock.sendall(data)
        if not self.udp:
            self.until(lambda: self.queued(SIOCOUTQNSD) == 0, "segment not transmitted")

    def receive(self, limit):
        """Read once; False when nothing came within the limit."""
        self.sock.settimeout(max(limit, 0.001))
        try:
            data = self.sock.recv(1 << 18)
        except TimeoutError:
            return False
        finally:
            self.sock.settimeout(self.limit)
        if not data and not self.udp:
            self.ended = True
        self.fresh += data
        self.fresh = self.fresh[-(1 << 16):]
        self.total += len(data)
        self.digest.update(data)
        if self.out:
            self.out.write(data)
        return True

    def receive_until(self, condition, why):
        end = time.monotonic() + self.limit
        while not condition():
            if self.ended:
                raise StepFailed(why + ": end of stream")
            if not self.receive(end - time.monotonic()) and time.monotonic() > end:
                raise StepFailed(why + ": nothing came")

    def step(self, step):
        verb, _, arg = step.partition(":")
        if verb in ("size", "split"):
            number, _, arg = arg.partition(":")
            number = int(number)
        if verb in ("send", "one", "size", "split"):
            with open(arg, "rb") as source:
                data = source.read()
        if verb == "send":
            self.segment(data)
        elif verb == "one":
            for i in range(len(data)):
                self.segment(data[i:i + 1])
        elif verb == "size":
            for i in range(0, len(data), number):
                self.segment(data[i:i + number])
        elif verb == "split":
            self.segment(data[:number])
            self.segment(data[number:])
        elif verb == "stream":
            block = hashlib.shake_128(b"patchproxy").digest(1 << 20)
            for left in range(int(arg), 0, -len(block)):
                self.sock.sendall(block[:left])
        elif verb == "expect":
            pattern = re.compile(arg.encode(), re.DOTALL)
            self.receive_until(lambda: pattern.search(self.fresh), "expected " + arg)
            self.fresh = self.fresh[pattern.search(self.fresh).end():]
        elif verb == "total":
            self.receive_until(lambda: self.total >= int(arg), "expected %s bytes" % arg)
        elif verb == "silence":
            if self.receive(int(arg) / 1000):
                raise StepFailed("expected silence, got " + repr(self.fresh[:80]))
        elif verb == "acked":
            self.until(lambda: self.queued(SIOCOUTQ) == 0, "not all bytes acknowledged")
        elif verb == "touch":
            with open(arg, "w", encoding="ascii"):
                pass
        elif verb == "wait":
            self.until(lambda: os.path.exists(arg), "no " + arg)
        elif verb == "shut":
            self.sock.shutdown(socket.SHUT_WR)
        elif verb == "eof":
            end = time.monotonic() + self.limit
            while not self.ended:
                if not self.receive(end - time.monotonic()):
                    raise StepFailed("no end of stream")
        elif verb == "reset":
            try:
                self.receive_until(lambda: False, "no reset")
            except ConnectionResetError:
                pass
        else:
            raise StepFailed("no such step")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-u", "--udp", action="store_true")
    parser.add_argument("-o", "--output")
    parser.add_argument("-t", "--time", type=float, default=120)
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("steps", nargs="+")
    args = parser.parse_args()

    step = "connect"
    try:
        if args.steps[0].startswith("every:"):
            name = args.steps[0][len("every:"):]
            for number in range(1, os.path.getsize(name)):
                step = "split at %d" % number
                client = Client(args)
                for part in ("split:%d:%s" % (number, name), "shut", "eof"):
                    client.step(part)
                client.sock.close()
            return 0
        client = Client(args)
        for step in args.steps:
            client.step(step)
    except (StepFailed, OSError) as error:
        print(f"client: {step}: {error}", file=sys.stderr)
        return 1
    print(client.total, client.digest.hexdigest())
    return 0


sys.exit(main())
