#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""device_test XIEKA-DEVICE XIEKA-FLEET: the real program with a card made for the run: AT on its port,
options that cannot be, a radio spoken here in a page (docs/interfaces/air.md), and the test network's."""
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

from at_port import WAIT_S, Port

DEVICE, FLEET = sys.argv[1:3]
IMSI = "460081234567890"
KEYS = {"XIEKA_K": "465b5ce8b199b49faa5f0a2ee238a6bc", "XIEKA_OPC": "cd63cb71954a9f4e48a5994e37a02baf",
        "XIEKA_KIC": "20" * 16, "XIEKA_KID": "21" * 16, "XIEKA_KIK": "30" * 16}
SYSTEM_INFO, ATTACH_REQUEST, ATTACH_ACCEPT, DETACH, CP_DATA = 1, 2, 7, 9, 12
TAG_RAT, TAG_IMSI, TAG_PLMN, TAG_LAC, TAG_CELL, TAG_RP = 0x01, 0x02, 0x04, 0x05, 0x06, 0x11
results = []


def check(what, good, why=""):
    results.append(good)
    print("%s %d - %s" % ("ok" if good else "not ok", len(results), what))
    if not good:
        print("#", why)


class Radio:
    """The network's end of one connection."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(WAIT_S)
        self.port = self.listener.getsockname()[1]
        self.peer = None

    def accept(self):
        self.peer = self.listener.accept()[0]
        self.peer.settimeout(WAIT_S)

    def exactly(self, n):
        data = b""
        while len(data) < n:
            more = self.peer.recv(n - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def hear(self):
        message = self.exactly(struct.unpack(">H", self.exactly(2))[0])
        fields, at = {}, 1
        while at < len(message):
            tag, n = struct.unpack(">BH", message[at:at + 3])
            fields[tag] = message[at + 3:at + 3 + n]
            at += 3 + n
        return message[0], fields

    def say(self, kind, **fields):
        message = bytes([kind])
        for tag, value in fields.items():
            message += struct.pack(">BH", int(tag[1:], 16), len(value)) + value
        self.peer.sendall(struct.pack(">H", len(message)) + message)

    def cell(self):
        self.say(SYSTEM_INFO, x04=b"46008", x05=b"\x00\x07", x06=b"\x00\x00\x00\x63")


class Device:
    def __init__(self, *options, env=KEYS):
        self.process = subprocess.Popen([DEVICE, *options], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True,
                                        env=dict(os.environ, **env))
        self.path = self.process.stdout.readline().strip()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        _, errors = self.process.communicate(timeout=WAIT_S)
        return self.process.returncode, errors


def refused(*options, env=KEYS):
    done = subprocess.run([DEVICE, *options], text=True, timeout=WAIT_S, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env=dict(os.environ, **env))
    return done.returncode, done.stderr


def test_at():
    device = Device("--imsi", IMSI)
    port = Port(device.path)
    port.at("ATE0\r")
    for command, want in (("AT\r", "\r\nOK\r\n"),
                          ("ATI\r", "xieka virtual modem"),
                          ("AT+CGSN\r", "861234567890127"),
                          ("AT+CPIN?\r", "+CPIN: READY"),
                          ("AT+CIMI\r", IMSI),
                          ("AT+CCID\r", "+CCID: 89860081234567890123"),
                          ("AT+CSIM=14,\"00A40004023F00\"\r", "+CSIM: "),
                          ("AT+CRSM=176,28423,0,0,9\r", "+CRSM: 144,0,\"084906802143658709\""),
                          ("AT+CREG?\r", "+CREG: 0,2"),
                          ("AT+CCHO=\"A0000000871002\"\r", "+CCHO: 1"),
                          ("AT+CGLA=1,8,\"80F2000C\"\r", "+CGLA: 4,\"9000\""),
                          ("AT+CCHC=1\r", "OK"),
                          ("AT+CMGS=14\r", "> ")):
        got = port.at(command, b"\r\nOK\r\n", b"ERROR", b"> ")
        check(command.strip(), want in got and "timeout" not in got, got)
    check("escape", "OK" in port.at("\x1b"))
    port.close()
    port = Port(device.path)
    check("the port opened again", "OK" in port.at("AT\r"))
    port.close()
    code, errors = device.stop()
    check("ends on SIGTERM", code == 0 and errors == "", errors)


def test_radio():
    radio = Radio()
    with tempfile.TemporaryDirectory() as folder:
        link = os.path.join(folder, "modem")
        device = Device("--imsi", IMSI, "--network", "127.0.0.1:%d" % radio.port, "--link", link)
        check("prints its link", device.path == link and os.path.islink(link), device.path)
        radio.accept()
        kind, fields = radio.hear()
        check("says its radio first", kind == SYSTEM_INFO and fields == {TAG_RAT: b"\x02"}, fields)
        radio.cell()
        kind, fields = radio.hear()
        check("asks to attach", kind == ATTACH_REQUEST and fields.get(TAG_IMSI) == IMSI.encode(), fields)
        radio.say(ATTACH_ACCEPT)
        port = Port(link)
        port.at("ATE0\r")
        check("is registered", "+CREG: 2,1" in port.at("AT+CREG=2;+CREG?\r"))
        port.at("AT+CMGS=14\r", b"> ")
        os.write(port.fd, b"07916831081000F501000B916831081000F5000001AA\x1a")
        kind, fields = radio.hear()
        check("sends a message", kind == CP_DATA and fields[TAG_RP][-14:].hex() ==
              "01000b916831081000f5000001aa", fields)
        radio.say(CP_DATA, x11=bytes([0x03, fields[TAG_RP][1]]))
        check("hears that it arrived", "+CMGS: 0" in port.until(b"OK\r\n"))
        port.at("AT+CNMI=2,1\r")
        radio.say(CP_DATA, x11=bytes.fromhex("01070891683108100005F000"
                                             "13" "04048121430004621020304050230411223344"))
        check("tells of a message", "+CMTI: \"ME\",0" in port.until(b"0\r\n"))
        kind, fields = radio.hear()
        check("acknowledges it", fields.get(TAG_RP) == b"\x02\x07", fields)
        check("gives it", "04048121430004621020304050230411223344" in port.at("AT+CMGL=4\r"))
        radio.peer.close()
        check("notices that the radio is gone", "+CREG: 2" in port.until(b"+CREG: 2\r\n"))
        radio.accept()
        radio.hear()
        radio.cell()
        radio.hear()
        check("and comes back", "+CREG: 1" in port.until(b",7\r\n"))
        radio.peer.sendall(b"\x00\x00")
        radio.accept()
        check("leaves a radio that talks nonsense", radio.hear()[0] == SYSTEM_INFO)
        radio.cell()
        radio.hear()
        port.close()
        code, errors = device.stop()
        check("detaches at its end", code == 0 and radio.hear()[0] == DETACH, errors)
        check("takes its link away", not os.path.lexists(link))


def ports_of(path):
    limit = time.monotonic() + WAIT_S
    while time.monotonic() < limit:
        if os.path.exists(path):
            with open(path, encoding="ascii") as f:
                text = f.read()
            if "radio=" in text:
                return dict(word.split("=") for word in text.split())
        select.select([], [], [], 0.02)
    return {}


def attach_to_fleet(folder, rat, stat):
    ports = os.path.join(folder, "ports-" + rat)
    numbers = os.path.join(folder, "numbers.csv")
    with open(numbers, "w", encoding="ascii") as f:
        f.write("imsi,msisdn,ki,opc\n%s,+8614412345678,%s,%s\n" %
                (IMSI, KEYS["XIEKA_K"], KEYS["XIEKA_OPC"]))
    fleet = subprocess.Popen([FLEET, "--radio", "0", "--smpp-port", "0", "--home-port", "0",
                              "--subscribers", numbers, "--state-dir", folder,
                              "--port-file", ports], stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
    try:
        radio = ports_of(ports).get("radio", "1")
        device = Device("--imsi", IMSI, "--rat", rat, "--network", "127.0.0.1:" + radio)
        port = Port(device.path)
        port.at("ATE0\r")
        text = port.at("AT+CREG=1;+CREG?\r")
        while "timeout" not in text and not any("+CREG: " + s in text for s in stat):
            text = port.until(b"\r\n")
        check("attaches to the test network on " + rat, "timeout" not in text, text)
        port.close()
        device.stop()
    finally:
        fleet.terminate()
        fleet.wait(WAIT_S)


def test_fleet():
    with tempfile.TemporaryDirectory() as folder:
        for rat in ("gsm", "lte", "nb-iot"):
            attach_to_fleet(folder, rat, ("1\r", "5\r", "1,1\r", "1,5\r"))


def test_card_file():
    with tempfile.TemporaryDirectory() as folder:
        card = os.path.join(folder, "card.nvm")
        device = Device("--card", card, "--new", "--imsi", IMSI)
        port = Port(device.path)
        port.at("ATE0\r")
        port.at("AT+CRSM=214,28539,0,0,12,\"64F010FFFFFFFFFFFFFFFFFF\"\r")
        check("one program a card", refused("--card", card)[0] == 1)
        port.close()
        device.stop()
        check("the file is nobody else's", os.stat(card).st_mode & 0o077 == 0)
        device = Device("--card", card, env={})
        port = Port(device.path)
        check("the card is as it was left",
              "64F010FFFFFFFFFFFFFFFFFF" in port.at("AT+CRSM=176,28539,0,0,12\r"))
        port.close()
        device.stop()
        check("no second --new", refused("--card", card, "--new")[0] == 1)
        with open(card, "r+b") as f:
            f.write(b"\0" * 4096)
            f.truncate(4096)
        check("a file without a card", refused("--card", card)[0] == 1)


def test_options():
    for options, word in ((("--imei", "123"), "15 digits"),
                          (("--imei", "861234567890128"), "check digit"),
                          (("--imeisv", "12"), "16 digits"),
                          (("--rat", "5g"), "--rat"),
                          (("--psm", "20"), "--psm"),
                          (("--psm", "x,3"), "--psm"),
                          (("--edrx", "-1"), "--edrx"),
                          (("--new",), "--card"),
                          (("--card", "x", "--imsi", "1"), "--new"),
                          (("something",), "something"),
                          (("--nosuch",), "nosuch")):
        code, errors = refused(*options)
        check("refuses " + " ".join(options), code == 2 and word in errors, errors)
    for options in (("--card", "/nonexistent/card"), ("--network", "127.0.0.1"),
                    ("--imsi", "46a"), ("--link", "/nonexistent/link")):
        code, errors = refused(*options)
        check("fails with " + " ".join(options), code == 1 and errors, errors)
    check("--help", subprocess.run([DEVICE, "--help"], stdout=subprocess.DEVNULL,
                                   check=False).returncode == 0)


for test in (test_at, test_radio, test_fleet, test_card_file, test_options):
    test()
print("1..%d" % len(results))
sys.exit(0 if all(results) else 1)
