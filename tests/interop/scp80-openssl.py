#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""scp80-openssl PROGRAM: SCP80 packets against another implementation, made here from the rules of
TS 102 225 with the openssl command for every cipher and MAC and zlib for CRC-32. Both directions: what
we seal must come out byte for byte the same here, and what is sealed here must open there; with one
bit turned it must not."""
import random
import shutil
import subprocess
import sys
import zlib

COUNT = 50
SEED = 20260102
CBC = {16: "-aes-128-cbc", 24: "-aes-192-cbc", 32: "-aes-256-cbc"}
CMAC = {16: "AES-128-CBC", 24: "AES-192-CBC", 32: "AES-256-CBC"}


def openssl(arguments, data):
    return subprocess.run(["openssl"] + arguments, input=data, stdout=subprocess.PIPE,
                          check=True).stdout


def cbc(nibble, key, data):
    name = {2: CBC.get(len(key)), 5: "-des-ede-cbc", 9: "-des-ede3-cbc"}[nibble]
    iv = "00" * (16 if nibble == 2 else 8)
    return openssl(["enc", name, "-nopad", "-K", key.hex(), "-iv", iv], data)


def crc16(data):
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ 0x8408 if value & 1 else value >> 1
    return (value ^ 0xFFFF).to_bytes(2, "big")


def checksum(integrity, kid, key, data):
    if integrity == 0:
        return b""
    if integrity == 1:
        return crc16(data) if kid & 15 == 1 else zlib.crc32(data).to_bytes(4, "big")
    if kid & 15 == 2:
        arguments = ["mac", "-binary", "-cipher", CMAC[len(key)], "-macopt", "hexkey:" + key.hex(),
                     "-in", "-", "CMAC"]
        return openssl(arguments, data)[:8]
    return cbc(kid & 15, key, data + bytes(-len(data) % 8))[-8:]


class Packet:
    """One line of the program: see scp80_packets.c."""

    def __init__(self, line):
        word = line.split()
        self.kind = word[0]
        value = [bytes.fromhex(w.replace("-", "")) for w in word[1:]]
        self.spi, self.kic, self.kid = value[0], value[1][0], value[2][0]
        self.key_kic, self.key_kid, self.tar = value[3], value[4], value[5]
        self.counter, self.status, self.data, self.packet = value[6:]

    def level(self):
        if self.kind == "command":
            return self.spi[0] & 3, bool(self.spi[0] & 4)
        return self.spi[1] >> 2 & 3, bool(self.spi[1] & 16)

    def seal(self):
        """TS 102 225 5.1, 5.2; TS 31.115 4"""
        integrity, ciphered = self.level()
        sum_n = {0: 0, 1: 2 if self.kid & 15 == 1 else 4, 2: 8}[integrity]
        block = (16 if self.kic & 15 == 2 else 8) if ciphered else 1
        front = self.counter
        behind = b"" if self.kind == "command" else self.status
        pad = -(len(front) + 1 + len(behind) + sum_n + len(self.data)) % block
        front = front + bytes([pad]) + behind
        head = self.tar
        if self.kind == "command":
            head = self.spi + bytes([self.kic, self.kid]) + head
        tail = self.data + bytes(pad)
        lengths = (1 + len(head) + len(front) + sum_n + len(tail)).to_bytes(2, "big")
        lengths += bytes([len(head) + len(front) + sum_n])
        udh = b"" if self.kind == "command" else bytes.fromhex("027100")
        mac = checksum(integrity, self.kid, self.key_kid, udh + lengths + head + front + tail)
        body = front + mac + tail
        return lengths + head + (cbc(self.kic & 15, self.key_kic, body) if ciphered else body)

    def line(self, packet):
        fields = [self.spi, bytes([self.kic]), bytes([self.kid]), self.key_kic, self.key_kid,
                  self.tar, self.counter, self.status, self.data, packet]
        return " ".join([self.kind] + [f.hex() or "-" for f in fields]) + "\n"

    def opened(self):
        status = "00" if self.kind == "command" else self.status.hex()
        return "%s %s %s" % (self.counter.hex(), status, self.data.hex() or "-")


def run(program, arguments, text=""):
    done = subprocess.run([program] + arguments, input=text, stdout=subprocess.PIPE, check=True,
                          universal_newlines=True)
    return done.stdout.splitlines()


def sealed_by_us(program):
    packets = [Packet(line) for line in run(program, ["seal", str(SEED), str(COUNT)])]
    return packets, len(packets) == COUNT and all(p.seal() == p.packet for p in packets)


def sealed_here(program, packets):
    """Other data, counters and key bytes than the program chose."""
    chance = random.Random(SEED)
    for p in packets:
        p.data = bytes(chance.randrange(256) for _ in range(chance.randrange(200)))
        p.counter = bytes(chance.randrange(256) for _ in range(5))
        p.kid = p.kid & 15 | chance.randrange(1, 16) << 4
    lines = [p.line(p.seal()) for p in packets]
    return run(program, ["open"], "".join(lines)) == [p.opened() for p in packets]


def bent(program, packets):
    chance = random.Random(SEED + 1)
    lines = []
    for p in packets:
        if p.level()[0] == 0:
            continue
        packet = bytearray(p.seal())
        packet[chance.randrange(len(packet))] ^= 1 << chance.randrange(8)
        lines.append(p.line(bytes(packet)))
    out = run(program, ["open"], "".join(lines))
    return len(out) == len(lines) > 0 and all(line.startswith("XK_E_") for line in out)


def main():
    if not shutil.which("openssl"):
        print("1..0 # SKIP no openssl command")
        return 0
    program = sys.argv[1]
    print("1..3")
    packets, same = sealed_by_us(program)
    results = [same, sealed_here(program, packets), bent(program, packets)]
    names = ["%d packets of ours, made again with openssl" % COUNT,
             "%d packets made with openssl open" % COUNT, "bent packets do not open"]
    for i, (good, name) in enumerate(zip(results, names)):
        print("%s %d - %s" % ("ok" if good else "not ok", i + 1, name))
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
