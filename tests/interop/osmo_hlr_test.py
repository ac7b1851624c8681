#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""osmo_hlr_test XIEKA-CARD: Debian's osmo-hlr as someone else's authentication centre. Subscribers are
written into it over its VTY, vectors are fetched over GSUP as an MSC or SGSN does, our card answers them;
then the card is ahead and brings the centre up to its sequence number with AUTS (TS 33.102 6.3.5)."""
import os
import secrets
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time

CARD = sys.argv[1]
WAIT_S = 15
VTY_PORT, GSUP_PORT = 4258, 4222  # the same for every osmo-hlr: ours gets a loopback address of its own
SUBSCRIBERS, VECTORS = 10, 40

# IPA multiplex: length of what follows this head, stream
CCM, OSMO, OSMO_GSUP = 0xFE, 0xEE, 0x05
CCM_PING, CCM_PONG, CCM_ID_GET, CCM_ID_RESP, CCM_ID_ACK = 0, 1, 4, 5, 6
# GSUP messages and information elements
SEND_AUTH_INFO_REQUEST, SEND_AUTH_INFO_ERROR, SEND_AUTH_INFO_RESULT = 0x08, 0x09, 0x0A
IE_IMSI, IE_CAUSE, IE_TUPLE = 0x01, 0x02, 0x03
IE_RAND, IE_SRES, IE_KC, IE_IK, IE_CK, IE_AUTN, IE_AUTS, IE_RES = 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27

SELECT_USIM = "00A4040C07A0000000871002"
results = []


def check(what, good, why=""):
    results.append(bool(good))
    print(f"{'ok' if good else 'not ok'} {len(results)} - {what}")
    if not good:
        print(f"# {why}")


def skip(why):
    print(f"1..0 # SKIP {why}")
    sys.exit(0)


def exactly(connection, n):
    data = b""
    while len(data) < n:
        part = connection.recv(n - len(data))
        if not part:
            raise EOFError("osmo-hlr closed the connection")
        data += part
    return data


def elements(data):
    """[(tag, value)] of tag, length, value triples, one byte each."""
    found, at = [], 0
    while at < len(data):
        tag, n = data[at], data[at + 1]
        found.append((tag, data[at + 2:at + 2 + n]))
        at += 2 + n
    return found


def element(tag, value):
    return bytes([tag, len(value)]) + value


def imsi_bcd(imsi):
    """Swapped digits, filler F (TS 29.002 IMSI)."""
    digits = imsi + "F" * (len(imsi) % 2)
    return bytes(int(digits[i + 1] + digits[i], 16) for i in range(0, len(digits), 2))


class Centre:
    """An osmo-hlr with its own database, on its own address of the loopback network."""

    def __init__(self, folder):
        self.address = f"127.{secrets.randbelow(100) + 100}.{secrets.randbelow(256)}.{secrets.randbelow(254) + 1}"
        self.log = os.path.join(folder, "log")
        config, database = os.path.join(folder, "hlr.cfg"), os.path.join(folder, "hlr.db")
        with open(config, "w") as f:
            f.write(f"line vty\n no login\n bind {self.address}\nctrl\n bind {self.address}\n"
                    f"hlr\n gsup\n  bind ip {self.address}\n")
        subprocess.run(["osmo-hlr-db-tool", "-l", database, "create"], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(["osmo-hlr", "-c", config, "-l", database], stdout=log, stderr=log)

    def connect(self, port):
        end = time.monotonic() + WAIT_S
        while True:
            try:
                connection = socket.create_connection((self.address, port), WAIT_S)
                connection.settimeout(WAIT_S)
                return connection
            except OSError:
                if time.monotonic() > end or self.process.poll() is not None:
                    raise
                time.sleep(0.02)

    def stop(self):
        self.process.terminate()
        self.process.wait(WAIT_S)


class Vty:
    def __init__(self, centre):
        self.connection = centre.connect(VTY_PORT)
        self.until(b"OsmoHLR> ")
        self.command("enable")

    def until(self, end, times=1):
        data = b""
        while data.count(end) < times:
            part = self.connection.recv(4096)
            if not part:
                raise EOFError(data)
            data += part
        return data.decode("ascii", "replace")

    def command(self, text):
        self.connection.sendall(text.encode() + b"\r\n")
        return self.until(b"# ", 2)  # CR and LF are answered with a prompt each


class Gsup:
    """What an MSC is towards its HLR."""

    def __init__(self, centre):
        self.connection = centre.connect(GSUP_PORT)
        while True:
            stream, data = self.hear()
            if stream == CCM and data[0] == CCM_ID_GET:
                name = b"xieka\0"
                wanted = [data[at + 1] for at in range(1, len(data), 1 + data[1])] if len(data) > 2 else [1]
                answer = b"".join(struct.pack(">HB", len(name) + 1, tag) + name for tag in wanted)
                self.say(CCM, bytes([CCM_ID_RESP]) + answer)
                self.say(CCM, bytes([CCM_ID_ACK]))
            elif stream == CCM and data[0] == CCM_ID_ACK:
                return

    def say(self, stream, data):
        self.connection.sendall(struct.pack(">HB", len(data), stream) + data)

    def hear(self):
        n, stream = struct.unpack(">HB", exactly(self.connection, 3))
        data = exactly(self.connection, n)
        if stream == CCM and data[0] == CCM_PING:
            self.say(CCM, bytes([CCM_PONG]))
            return self.hear()
        return stream, data

    def vectors(self, imsi, resync=None):
        """The tuples for this subscriber; an empty list and the cause when refused."""
        request = bytes([OSMO_GSUP, SEND_AUTH_INFO_REQUEST]) + element(IE_IMSI, imsi_bcd(imsi))
        if resync:
            request += element(IE_AUTS, resync[0]) + element(IE_RAND, resync[1])
        self.say(OSMO, request)
        while True:
            stream, data = self.hear()
            if stream == OSMO and data[0] == OSMO_GSUP and data[1] in (SEND_AUTH_INFO_ERROR, SEND_AUTH_INFO_RESULT):
                break
        found = elements(data[2:])
        cause = next((value[0] for tag, value in found if tag == IE_CAUSE), 0)
        return [dict(elements(value)) for tag, value in found if tag == IE_TUPLE], cause


class Card:
    """xieka-card in its script mode: a command a line, an answer a line."""

    def __init__(self, folder, imsi, k, opc):
        self.nvm = os.path.join(folder, imsi + ".nvm")
        self.process = subprocess.Popen([CARD, "--new", "--nvm", self.nvm, "--imsi", imsi, "--script"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
                                        env=dict(os.environ, XIEKA_K=k, XIEKA_OPC=opc))
        self.transmit(SELECT_USIM)

    def transmit(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        answer = bytes.fromhex(self.process.stdout.readline())
        if len(answer) == 2 and answer[0] == 0x61:
            return self.transmit("00C00000%02X" % answer[1])
        return answer[:-2], answer[-2:].hex()

    def authenticate(self, rand, autn):
        """{res, ck, ik, kc}, or {auts}, or {sw} (TS 31.102 7.1.2.1)."""
        data, sw = self.transmit("0088008122" + "10" + rand.hex() + "10" + autn.hex())
        if sw != "9000":
            return {"sw": sw}
        parts, at = [], 1
        while at < len(data):
            parts.append(data[at + 1:at + 1 + data[at]])
            at += 1 + data[at]
        if data[0] == 0xDC:
            return {"auts": parts[0]}
        return dict(zip(("res", "ck", "ik", "kc"), parts))

    def gsm(self, rand):
        """SRES and Kc in GSM context (7.1.2.2)."""
        data, _ = self.transmit("0088008011" + "10" + rand.hex())
        return data[1:5], data[6:14]

    def stop(self):
        self.process.stdin.close()
        self.process.wait(WAIT_S)


def agrees(card, vector):
    got = card.authenticate(vector[IE_RAND], vector[IE_AUTN])
    return got == {"res": vector[IE_RES], "ck": vector[IE_CK], "ik": vector[IE_IK], "kc": vector[IE_KC]}, got


def test_vectors(gsup, cards):
    seen, wrong = 0, []
    for _ in range(VECTORS // 5):
        for imsi, card in cards.items():
            tuples, cause = gsup.vectors(imsi)
            wrong += [] if tuples else [(imsi, "cause", cause)]
            for vector in tuples:
                good, got = agrees(card, vector)
                seen += 1
                wrong += [] if good else [(imsi, vector, got)]
    check(f"RES, CK, IK and Kc of the card are those of the vectors ({seen})", seen >= SUBSCRIBERS and not wrong, wrong[:2])
    vector = gsup.vectors(imsi)[0][0]
    check("SRES and Kc in GSM context", card.gsm(vector[IE_RAND]) == (vector[IE_SRES], vector[IE_KC]))


def test_refusals(gsup, imsi, card):
    vector = gsup.vectors(imsi)[0][0]
    forged = vector[IE_AUTN][:-1] + bytes([vector[IE_AUTN][-1] ^ 1])
    check("a forged AUTN is refused", card.authenticate(vector[IE_RAND], forged) == {"sw": "9862"})
    check("the true one still counts", agrees(card, vector)[0])
    got = card.authenticate(vector[IE_RAND], vector[IE_AUTN])
    check("a vector used before is answered with AUTS", len(got.get("auts", b"")) == 14, got)
    tuples, cause = gsup.vectors("460089999999999")
    check("the centre knows no subscriber that was not written", not tuples and cause, (tuples, cause))


def test_resync(centre, vty, gsup, imsi, keys, card):
    """The centre forgets its sequence numbers; the card does not."""
    for _ in range(4):
        for vector in gsup.vectors(imsi)[0]:
            card.authenticate(vector[IE_RAND], vector[IE_AUTN])
    vty.command(f"subscriber imsi {imsi} delete")
    write_subscriber(vty, imsi, keys)
    vector = gsup.vectors(imsi)[0][0]
    got = card.authenticate(vector[IE_RAND], vector[IE_AUTN])
    check("the card is ahead and answers with AUTS", len(got.get("auts", b"")) == 14, got)
    if "auts" not in got:
        return
    forged = got["auts"][:-1] + bytes([got["auts"][-1] ^ 1])
    tuples, cause = gsup.vectors(imsi, (forged, vector[IE_RAND]))
    answer = card.authenticate(tuples[0][IE_RAND], tuples[0][IE_AUTN]) if tuples else {}
    check("a forged AUTS moves nothing", not tuples or "auts" in answer, (cause, answer))
    tuples, cause = gsup.vectors(imsi, (got["auts"], vector[IE_RAND]))
    good, answer = agrees(card, tuples[0]) if tuples else (False, cause)
    check("with AUTS the centre follows, and its next vector is taken", good, (answer, tail(centre)))


def tail(centre):
    with open(centre.log, errors="replace") as f:
        return f.read()[-400:]


def write_subscriber(vty, imsi, keys):
    made = vty.command(f"subscriber imsi {imsi} create")
    vty.command(f"subscriber imsi {imsi} update aud3g milenage k {keys[0]} opc {keys[1]}")
    return "Created" in made


def run(folder, centre):
    vty = Vty(centre)
    keys = {f"46008{n:010d}": (secrets.token_hex(16), secrets.token_hex(16)) for n in range(1, SUBSCRIBERS + 1)}
    check("subscribers written", all([write_subscriber(vty, imsi, pair) for imsi, pair in keys.items()]))
    gsup = Gsup(centre)
    cards = {imsi: Card(folder, imsi, *pair) for imsi, pair in keys.items()}
    first = next(iter(cards))
    try:
        test_vectors(gsup, cards)
        test_refusals(gsup, first, cards[first])
        test_resync(centre, vty, gsup, first, keys[first], cards[first])
    finally:
        for card in cards.values():
            card.stop()


def main():
    for tool in ("osmo-hlr", "osmo-hlr-db-tool"):
        if not shutil.which(tool):
            skip(f"{tool} is not installed")
    with tempfile.TemporaryDirectory() as folder:
        centre = Centre(folder)
        try:
            run(folder, centre)
        except (OSError, EOFError) as e:
            check("the conversation with osmo-hlr", False, f"{e}: {tail(centre)}")
        finally:
            centre.stop()
    print(f"1..{len(results)}")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
