#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Captures for the tests of replay, written and read without any library.

	pcap.py write DIR	write the captures that the tests replay
	pcap.py show FILE	one line per frame, and what is wrong with it
	pcap.py streams FILE	only the streams, and frames with something wrong
	pcap.py bytes FILE	the frames as hexadecimal digits

What show prints is compared with golden files: addresses are left out, numbers are
relative to the first ones, checksums and lengths are checked and only mentioned when
they are wrong.
"""
import os
import struct
import sys

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16


def csum(data):
    if len(data) % 2:
        data += b'\0'
    total = sum(struct.unpack('!%dH' % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


class Host:
    def __init__(self, n, port, v6=False):
        self.mac = bytes([2, 0, 0, 0, 0, n])
        self.ip = bytes.fromhex('20010db8' + '0' * 22) + bytes([n]) if v6 else bytes([192, 0, 2, n])
        self.port = port


def ip(src, dst, proto, payload, ext=b'', ident=1, frag=0x4000):
    if len(src.ip) == 16:
        nxt = 60 if ext else proto
        ext = bytes([proto]) + ext[1:] if ext else b''
        return struct.pack('!IHBB', 0x60000000, len(ext) + len(payload), nxt, 64) + \
            src.ip + dst.ip + ext + payload
    head = struct.pack('!BBHHHBBH', 0x45, 0, 20 + len(payload), ident, frag, 64, proto, 0)
    head += src.ip + dst.ip
    return head[:10] + struct.pack('!H', csum(head)) + head[12:] + payload


def pseudo(src, dst, proto, length):
    if len(src.ip) == 16:
        return src.ip + dst.ip + struct.pack('!IHBB', length, 0, 0, proto)
    return src.ip + dst.ip + struct.pack('!BBH', 0, proto, length)


def tcp(src, dst, seq, ack, flags, data=b'', opts=b'', win=65535):
    opts += b'\1' * (-len(opts) % 4)
    head = struct.pack('!HHIIBBHHH', src.port, dst.port, seq & 0xffffffff, ack & 0xffffffff,
                       (20 + len(opts)) // 4 << 4, flags, win, 0, 0) + opts
    c = csum(pseudo(src, dst, 6, len(head) + len(data)) + head + data)
    return head[:16] + struct.pack('!H', c) + head[18:] + data


def udp(src, dst, data, zero=False):
    head = struct.pack('!HHHH', src.port, dst.port, 8 + len(data), 0)
    c = csum(pseudo(src, dst, 17, len(head) + len(data)) + head + data) or 0xffff
    return head[:6] + (b'\0\0' if zero else struct.pack('!H', c)) + data


def ether(src, dst, packet, tags=()):
    kind = 0x86dd if packet[0] >> 4 == 6 else 0x0800
    out = dst.mac + src.mac
    for i, tag in enumerate(tags):
        out += struct.pack('!HH', 0x88a8 if i + 1 < len(tags) else 0x8100, tag)
    return out + struct.pack('!H', kind) + packet


def sll(src, dst, packet):
    kind = 0x86dd if packet[0] >> 4 == 6 else 0x0800
    return struct.pack('!HHH', 0, 1, 6) + src.mac + b'\0\0' + struct.pack('!H', kind) + packet


class Talk:
    """A TCP connection as an unpatched server has it."""

    def __init__(self, link=ether, v6=False, tags=(), ts=False, ext=b'', port=80, start=0):
        self.c, self.s = Host(1, 40000 + start, v6), Host(2, port, v6)
        self.seq = {id(self.c): 0xfffffff0 - start, id(self.s): 1000}
        self.link, self.tags, self.ts, self.ext, self.frames, self.tick = link, tags, ts, ext, [], 1
        self.mss = 1440 if v6 else 1460
        self.send(self.c, SYN)
        self.send(self.s, SYN | ACK)
        self.send(self.c, ACK)

    def other(self, who):
        return self.s if who is self.c else self.c

    def send(self, who, flags, data=b'', opts=b'', at=None):
        to = self.other(who)
        seq = self.seq[id(who)] if at is None else at
        if flags & SYN:
            opts = struct.pack('!BBH', 2, 4, self.mss) + b'\x04\x02' + b'\x01\x03\x03\x01' + opts
        if self.ts:
            opts = b'\1\1\x08\x0a' + struct.pack('!II', self.tick, 0) + opts
            self.tick += 1
        seg = tcp(who, to, seq, self.seq[id(to)] if flags & ACK else 0, flags, data, opts)
        packet = ip(who, to, 6, seg, self.ext)
        self.frames.append(self.link(who, to, packet, self.tags) if self.link is ether else
                           self.link(who, to, packet) if self.link else packet)
        if at is None:
            self.seq[id(who)] += len(data) + bool(flags & SYN) + bool(flags & FIN)

    def say(self, who, data, size=None):
        for i in range(0, len(data), size or len(data)):
            self.send(who, PSH | ACK, data[i:i + (size or len(data))])
        self.send(self.other(who), ACK)

    def close(self):
        self.send(self.c, FIN | ACK)
        self.send(self.s, FIN | ACK)
        self.send(self.c, ACK)
        return self.frames


OK = b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
RED = b'GET /x.ida?' + b'N' * 300 + b'=x HTTP/1.0\r\n\r\n'
PLAIN = b'GET /index.html HTTP/1.1\r\nHost: a\r\n\r\n'


def web(*requests, size=None, **kw):
    t = Talk(**kw)
    for r in requests:
        t.say(t.c, r, size)
        t.say(t.s, OK)
    return t.close()


def resent():
    """The exploit in small segments, two of them again and cut otherwise, with SACK."""
    t = Talk(ts=True)
    first = t.seq[id(t.c)]
    for i in range(0, len(RED), 100):
        t.send(t.c, PSH | ACK, RED[i:i + 100])
    end = t.seq[id(t.c)]
    t.seq[id(t.c)] = first + 100
    sack = b'\1\1\x05\x0a' + struct.pack('!II', (first + 200) & 0xffffffff, end & 0xffffffff)
    t.send(t.s, ACK, opts=sack)
    t.seq[id(t.c)] = end
    t.send(t.c, PSH | ACK, RED[50:250], at=first + 50)
    t.send(t.s, ACK)
    t.say(t.s, OK)
    return t.close()


def waited():
    """A body of which the server acknowledges each segment before the next one comes."""
    t = Talk(ts=True)
    body = b'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1500\r\n\r\n' + b'p' * 1500
    for i in range(0, len(body), 300):
        t.say(t.c, body[i:i + 300])
    t.say(t.s, OK)
    return t.close()


def grown():
    """An edit in a segment of the size of the MSS."""
    body = b'GET /?a=${jndi:ldap://x/a} HTTP/1.1\r\nHost: a\r\nX: ' + b'y' * 1400 + b'\r\n\r\n'
    return web(body)


def midstream():
    t = Talk()
    t.say(t.c, RED)
    return t.frames[3:]


def slammer(zero=False, v6=False):
    c, s = Host(1, 1500, v6), Host(2, 1434, v6)
    hostile = b'\x04' + b'\x01' * 375
    mild = b'\x02'
    return [ether(c, s, ip(c, s, 17, udp(c, s, d, zero))) for d in (mild, hostile, mild)]


def unanswered():
    """A scan that some hosts answer, one with a RST, and some do not."""
    c, out = Host(1, 1500), []

    def put(src, dst, seg, proto=17):
        out.append(ether(src, dst, ip(src, dst, proto, seg)))
    for n in range(10, 17):
        put(c, Host(n, 1434), udp(c, Host(n, 1434), b'\x04' + b'\x01' * 375))
    put(Host(1, 1501), Host(10, 1434), udp(Host(1, 1501), Host(10, 1434), b'\x02'))
    # whoever asks from the port of a server is none
    worm, peer = Host(9, 1434), Host(11, 1434)
    put(worm, peer, udp(worm, peer, b'\x04' + b'\x01' * 375))
    closed, asker = Host(4, 80), Host(1, 1502)
    put(asker, closed, tcp(asker, closed, 5, 0, SYN), 6)
    put(asker, closed, tcp(asker, closed, 5, 0, SYN), 6)
    put(closed, asker, tcp(closed, asker, 0, 6, RST | ACK), 6)
    alive, other = Host(3, 1434), Host(5, 1434)
    put(c, alive, udp(c, alive, b'\x04' + b'\x02' * 375))
    put(alive, c, udp(alive, c, b'\x05\x00\x00'))
    put(other, alive, udp(other, alive, b'\x04' + b'\x03' * 375))
    return out + web(RED)


def fragments():
    c, s = Host(1, 1500), Host(2, 1434)
    whole = udp(c, s, b'\x04' + b'\x01' * 375)
    return [ether(c, s, ip(c, s, 17, whole[:200], ident=7, frag=0x2000)),
            ether(c, s, ip(c, s, 17, whole[200:], ident=7, frag=25))]


def write(path, frames, link=1, snap=None, ng=False):
    with open(path, 'wb') as f:
        if ng:
            f.write(struct.pack('<IIIHHqI', 0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0, -1, 28))
            f.write(struct.pack('<IIHHII', 1, 20, link, 0, 65535, 20))
        else:
            f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, link))
        for i, frame in enumerate(frames):
            cap = frame[:snap]
            if ng:
                pad = b'\0' * (-len(cap) % 4)
                size = 32 + len(cap) + len(pad)
                f.write(struct.pack('<IIIIIII', 6, size, 0, 0, i * 1000, len(cap), len(frame)))
                f.write(cap + pad + struct.pack('<I', size))
            else:
                f.write(struct.pack('<IIII', i, 0, len(cap), len(frame)))
                f.write(cap)


def captures(where):
    def put(name, frames, **kw):
        write(os.path.join(where, name + '.pcap'), frames, **kw)
    put('codered', web(PLAIN, RED, PLAIN))
    put('codered-small', web(RED, size=64))
    put('codered6', web(RED, v6=True, ext=bytes([6, 0, 1, 4, 0, 0, 0, 0])))
    put('codered-vlan', web(RED, tags=(7, 9)))
    put('codered-sll', web(RED, link=sll), link=113)
    put('codered-raw', web(RED, link=None), link=101)
    put('codered-ng', web(RED), ng=True)
    put('resent', resent())
    put('grown', grown())
    put('post', web(b'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1500\r\n\r\n' + b'p' * 1500,
                    PLAIN, size=400))
    put('post-acked', waited())
    put('two', web(RED) + web(PLAIN, start=1))
    put('midstream', midstream())
    put('slammer', slammer())
    put('slammer-nosum', slammer(zero=True))
    put('slammer6', slammer(v6=True))
    put('unanswered', unanswered())
    put('fragments', fragments())
    put('cut', web(PLAIN, RED), snap=120)
    put('cut-headers', web(PLAIN, RED), snap=45)
    put('shuffled', list(reversed(web(RED, size=50))))


def frames(path):
    with open(path, 'rb') as f:
        data = f.read()
    nano, link = struct.unpack('<I16xI', data[:24])
    at = 24
    while at < len(data):
        cap = struct.unpack('<8xII', data[at:at + 16])
        yield link, data[at + 16:at + 16 + cap[0]], cap[1]
        at += 16 + cap[0]


def l3(link, frame):
    at = {1: 14, 113: 16, 101: 0}[link]
    tags = ''
    if link == 1:
        kind = struct.unpack('!H', frame[12:14])[0]
        while kind in (0x8100, 0x88a8):
            tags += 'vlan %u ' % (struct.unpack('!H', frame[at:at + 2])[0] & 0xfff)
            kind = struct.unpack('!H', frame[at + 2:at + 4])[0]
            at += 4
    return tags, frame[at:]


def describe(link, frame, size, base):
    tags, p = l3(link, frame)
    wrong = ''
    if size > len(frame):
        return tags + 'cut off after %u bytes of %u' % (len(frame), size)
    if p[0] >> 4 == 4:
        ihl = (p[0] & 15) * 4
        total, flags = struct.unpack('!HxxH', p[2:8])
        if csum(p[:ihl]):
            wrong += ' BAD IP CHECKSUM'
        if total != len(p):
            wrong += ' BAD LENGTH %u' % (total - len(p))
        src, dst, proto, off = p[12:16], p[16:20], p[9], ihl
        if flags & 0x3fff:
            return tags + 'fragment at %u' % (8 * (flags & 0x1fff)) + wrong
    else:
        total = 40 + struct.unpack('!H', p[4:6])[0]
        if total != len(p):
            wrong += ' BAD LENGTH %u' % (total - len(p))
        src, dst, proto, off = p[8:24], p[24:40], p[6], 40
        while proto == 60:
            proto, n = p[off], (p[off + 1] + 1) * 8
            off += n
    l4 = p[off:]
    head = src + dst + (struct.pack('!BBH', 0, proto, len(l4)) if len(src) == 4 else
                        struct.pack('!IHBB', len(l4), 0, 0, proto))
    sport, dport = struct.unpack('!HH', l4[:4])
    way = '>' if dport < 2000 else '<'
    if proto == 17:
        length, c = struct.unpack('!HH', l4[4:8])
        if length != len(l4):
            wrong += ' BAD UDP LENGTH'
        if c and csum(head + l4):
            wrong += ' BAD UDP CHECKSUM'
        return tags + '%s udp %u bytes%s' % (way, len(l4) - 8, ' unsummed' if not c else '') + wrong
    if csum(head + l4):
        wrong += ' BAD TCP CHECKSUM'
    seq, ack = struct.unpack('!II', l4[4:12])
    doff, flags = (l4[12] >> 4) * 4, l4[13]
    key = (src, sport)
    if flags & SYN or key not in base:
        base[key] = seq
    peer = base.get((dst, dport), 0)
    text = '%s seq %u' % (way, (seq - base[key]) & 0xffffffff)
    if flags & ACK:
        text += ' ack %u' % ((ack - peer) & 0xffffffff)
    text += ' ' + ''.join(n for b, n in ((SYN, 'S'), (FIN, 'F'), (RST, 'R'), (PSH, 'P')) if flags & b)
    opts, i = l4[20:doff], 0
    while i < len(opts) and opts[i]:
        if opts[i] == 1:
            i += 1
            continue
        if opts[i] == 5:
            for j in range(i + 2, i + opts[i + 1], 8):
                text += ' sack %u-%u' % tuple((v - peer) & 0xffffffff for v in
                                              struct.unpack('!II', opts[j:j + 8]))
        i += opts[i + 1]
    data = l4[doff:]
    text += ' %u' % len(data)
    return tags + text.replace('  ', ' ') + wrong, key, seq, data


def show(path, brief=False):
    base, streams = {}, {}
    for link, frame, size in frames(path):
        d = describe(link, frame, size, base)
        if isinstance(d, str):
            print(d)
            continue
        text, key, seq, data = d
        if not brief or 'BAD' in text:
            print(text)
        at = (seq - base[key] - 1) & 0xffffffff
        if at < 1 << 31 and data:
            s = streams.setdefault(key, {})
            for i, b in enumerate(data):
                if s.setdefault(at + i, b) != b:
                    print('BYTE %u DIFFERS' % (at + i))
    for key, s in streams.items():
        whole = bytes(s[i] for i in sorted(s))
        gaps = sorted(s) != list(range(len(s)))
        print('stream from %s: %u bytes%s: %r' % ('server' if key[1] < 2000 else 'client',
                                                 len(whole), ' WITH GAPS' if gaps else '', whole))


if __name__ == '__main__':
    if len(sys.argv) == 3 and sys.argv[1] == 'write':
        captures(sys.argv[2])
    elif len(sys.argv) == 3 and sys.argv[1] == 'show':
        show(sys.argv[2])
    elif len(sys.argv) == 3 and sys.argv[1] == 'streams':
        show(sys.argv[2], brief=True)
    elif len(sys.argv) == 3 and sys.argv[1] == 'bytes':
        for _, frame, size in frames(sys.argv[2]):
            print(size, frame.hex())
    else:
        sys.exit(__doc__)
