#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Record the TCP and UDP packets of one interface as text, one line each.

sniff.py IFACE PORT OUT

Only packets from or to PORT are recorded.  OUT.ready appears when recording has
begun.  A line is

  in|out PROTO SRC > DST seq SEQ ack ACK flags FLAGS len LEN gso SIZE : HEX

where HEX is the IP packet with its TTL (hop limit) and IPv4 header checksum
zeroed, which is what a router must change, and is left out above 2000 bytes
(a sha256 of it stands there instead).  GSO packets are seen whole, as the
kernel carries them.
"""

import hashlib
import socket
import struct
import sys

ETH_P_ALL = 3
SOL_PACKET = 263
PACKET_VNET_HDR = 15
SO_RCVBUFFORCE = 33
PACKET_OUTGOING = 4


def describe(packet, gso, port):
    """The line for an IP packet, or None if it is not of interest."""
    packet = bytearray(packet)
    version = packet[0] >> 4
    if version == 4:
        head = (packet[0] & 15) * 4
        proto = packet[9]
        size = struct.unpack("!H", packet[2:4])[0]
        src, dst = (socket.inet_ntop(socket.AF_INET, packet[i:i + 4]) for i in (12, 16))
        packet[8] = 0
        packet[10:12] = b"\0\0"
    elif version == 6:
        head = 40
        proto = packet[6]
        size = struct.unpack("!H", packet[4:6])[0] + 40
        src, dst = (socket.inet_ntop(socket.AF_INET6, packet[i:i + 16]) for i in (8, 24))
        packet[7] = 0
    else:
        return None
    # a padded short frame, or a packet too big for the length field
    if 0 < size < len(packet):
        packet = packet[:size]
    if proto not in (6, 17):
        return None
    sport, dport = struct.unpack("!HH", packet[head:head + 4])
    if port not in (sport, dport):
        return None
    if proto == 6:
        seq, ack, offset, flags = struct.unpack("!IIBB", packet[head + 4:head + 14])
        length = len(packet) - head - (offset >> 4) * 4
        names = "".join(c for i, c in enumerate("FSRPAUEC") if flags & 1 << i)
        text = f"tcp {src}:{sport} > {dst}:{dport} seq {seq} ack {ack} flags {names}"
    else:
        length = len(packet) - head - 8
        text = f"udp {src}:{sport} > {dst}:{dport} seq 0 ack 0 flags -"
    body = packet.hex() if len(packet) <= 2000 else hashlib.sha256(packet).hexdigest()
    return f"{text} len {length} gso {gso} : {body}"


def main():
    iface, port, out = sys.argv[1:4]
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 256 << 20)
    sock.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    sock.bind((iface, ETH_P_ALL))
    with open(out, "w", buffering=1, encoding="ascii") as record:
        with open(out + ".ready", "w", encoding="ascii"):
            pass
        while True:
            frame, addr = sock.recvfrom(1 << 18)
            gso = struct.unpack("=H", frame[4:6])[0] if frame[1] else 0
            frame = frame[10:]
            kind = struct.unpack("!H", frame[12:14])[0]
            start = 14
            if kind == 0x8100:
                kind = struct.unpack("!H", frame[16:18])[0]
                start = 18
            if kind not in (0x0800, 0x86DD):
                continue
            line = describe(frame[start:], gso, int(port))
            if line:
                record.write(("out " if addr[2] == PACKET_OUTGOING else "in ") + line + "\n")


main()
