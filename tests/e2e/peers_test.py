#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Peers that talk nonsense, are slow or down: a message centre, a home network, receivers of callbacks. The
platform stays up, changes nothing, and goes on when they come to their senses."""
import http.server
import json
import random
import socket
import struct
import threading
import time

from xk import Folder, Platform, Tap, check, free_port, wait_for

tap = Tap()
BIND, UNBIND, SUBMIT, DELIVER, ENQUIRE = 0x09, 0x06, 0x04, 0x05, 0x15
RESP, NACK = 0x80000000, 0x80000000
CARD = "99970000000100000001"


def pdu(command, body=b"", status=0, sequence=1, length=None):
    return struct.pack(">IIII", 16 + len(body) if length is None else length, command, status, sequence) + body


def deliver(message, esm=0x40, source=b"1440000000001", pid=0, length=None):
    """A deliver_sm body; UDHI unless told otherwise."""
    return (b"\0\1\1" + source + b"\0\1\1" + b"10658000\0" + bytes([esm, pid, 0]) + b"\0\0\0\0\xf6\0" +
            bytes([len(message) if length is None else length]) + message)


class Centre:
    """A message centre that does what it is told. Each of `talks` gets one connection, in turn."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.talks, self.done, self.submitted, self.binds = [], 0, [], 0
        self.lock = threading.Lock()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                s, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(s,), daemon=True).start()

    def _talk(self, s):
        with self.lock:
            talk = self.talks.pop(0) if self.talks else None
        s.settimeout(15)
        try:
            (talk or self.behave)(s)
        except (OSError, ValueError):
            pass  # the platform hung up on us
        finally:
            s.close()
            if talk:
                with self.lock:
                    self.done += 1

    @staticmethod
    def read(s):
        """Command, status, sequence and body of the next PDU."""
        def exactly(n):
            data = b""
            while len(data) < n:
                piece = s.recv(n - len(data))
                if not piece:
                    raise ConnectionError("closed")
                data += piece
            return data
        length, command, status, sequence = struct.unpack(">IIII", exactly(16))
        return command, status, sequence, exactly(length - 16)

    def bind(self, s):
        command, _, sequence, _ = self.read(s)
        if command != BIND:
            raise ValueError(f"{command:x} instead of bind_transceiver")
        s.sendall(pdu(BIND | RESP, b"centre\0", 0, sequence))
        with self.lock:
            self.binds += 1

    def answer(self, s, one):
        command, _, sequence, body = one
        if command == SUBMIT:
            with self.lock:
                self.submitted.append(body)
            s.sendall(pdu(SUBMIT | RESP, b"%d\0" % len(self.submitted), 0, sequence))
        elif command in (ENQUIRE, UNBIND):
            s.sendall(pdu(command | RESP, b"", 0, sequence))

    def behave(self, s):
        self.bind(s)
        s.settimeout(None)
        while True:
            self.answer(s, self.read(s))

    def until(self, s, command):
        """Goes on answering until this one comes; its status."""
        while True:
            one = self.read(s)
            if one[0] == command:
                return one[1]
            self.answer(s, one)

    def close(self):
        self.listener.close()


def furnish(client, cards=1):
    client.call("POST", "/number/pool", body={"poolId": "main"})
    client.call("POST", "/number/generate", body={"poolId": "main", "count": 20, "firstImsi": "999700500000001",
                                                  "firstMsisdn": "1440050000001"})
    lines = "".join(f"{int(CARD) + n},{999700000000001 + n},{1440000000001 + n},{'11' * 16},{'22' * 16},{'33' * 16}\n"
                    for n in range(cards))
    client.call("POST", "/card/import", {"batchId": "b1"}, ("cid,imsi,msisdn,kic,kid,kik\n" + lines).encode(),
                {"Content-Type": "text/csv"})


def snapshot(client):
    return json.dumps([client.call("GET", "/number/pool"), client.call("GET", "/card"), client.call("GET", "/write/task")],
                      sort_keys=True)


def bound(client):
    return client.call("GET", "/status")["smpp"]["state"] == "bound"


@tap.case
def a_message_centre_that_talks_nonsense():
    chance = random.Random(3)
    centre = Centre()
    heard = []

    def before_bind(data):
        def talk(s):
            s.sendall(data)
            while s.recv(4096):
                pass
        return talk

    def after_bind(data, fatal):
        """Fatal: the platform must hang up. Else it must still answer afterwards."""
        def talk(s):
            centre.bind(s)
            s.sendall(data)
            if fatal:
                while s.recv(4096):
                    pass
                return
            s.sendall(pdu(ENQUIRE, b"", 0, 77))
            centre.until(s, ENQUIRE | RESP)
            heard.append(data)
        return talk

    random_bytes = chance.randbytes
    packet = bytes.fromhex("027000") + b"\0\x20\x15" + b"\x16\x39\x12\x12" + bytes.fromhex("B0584B") + random_bytes(22)
    messages = [b"", b"\0", b"\xff", b"\x05\0\3", b"\x7f" * 20, b"\0hello", b"\3\x00\x01\x02", b"\2\x71\0",
                b"\2\x70\0", b"\2\x71\0" + random_bytes(60), packet, b"\5\0\3\1\0\1xx", b"\5\0\3\1\2\3xx",
                b"\5\0\3\1\2\1" + random_bytes(100), b"\7\0\3\1\2\2\x71\0" + random_bytes(100)]
    messages += [random_bytes(chance.randrange(1, 140)) for _ in range(20)]
    fatal = [random_bytes(4000), pdu(DELIVER, length=0), pdu(DELIVER, length=4), pdu(DELIVER, length=0xFFFFFFFF),
             pdu(DELIVER, length=0x00100000)]
    harmless = [pdu(0x0BAD), pdu(SUBMIT | RESP, b"9\0", 0, 4242), pdu(NACK, b"", 3, 4243), pdu(DELIVER, b"\1\2"),
                pdu(DELIVER, deliver(b"abc", length=200)), pdu(DELIVER, deliver(b"x" * 30, source=b"9" * 60)),
                pdu(BIND | RESP, b"again\0", 0, 1), pdu(ENQUIRE | RESP, b"", 0, 999), pdu(BIND, b"\0" * 20)]
    talks = [before_bind(random_bytes(500)), before_bind(pdu(BIND | RESP, b"c\0", 0, 4711)),
             lambda s: s.sendall(pdu(BIND | RESP, length=1000)[:10])]
    talks += [after_bind(d, True) for d in fatal] + [after_bind(d, False) for d in harmless]
    talks += [lambda s: (centre.bind(s), s.sendall(pdu(DELIVER, deliver(b"half"))[:20]))]
    bodies = [deliver(m, esm) for m in messages for esm in (0x40, 0x00, 0x04, 0x44)]

    def delivered(s):
        """Whatever comes in a well-formed deliver_sm is taken off our hands."""
        centre.bind(s)
        for n, body in enumerate(bodies):
            s.sendall(pdu(DELIVER, body, 0, 100 + n))
        for body in bodies:
            check(centre.until(s, DELIVER | RESP) == 0, f"{body!r} was not taken")
            heard.append(body)

    talks.append(delivered)
    centre.talks = list(talks)
    with Folder("peers") as folder, Platform(folder, ["smpp_host=127.0.0.1", f"smpp_port={centre.port}"]) as platform:
        client = platform.client()
        furnish(client)
        before = snapshot(client)
        wait_for("all the nonsense to be said", lambda: centre.done == len(talks), 120)
        wait_for("the bind after it", lambda: bound(client))
        check(snapshot(client) == before, "something changed")
        want = len(harmless) + len(bodies)
        check(len(heard) == want, f"{len(heard)} of {want} were survived without a new connection")
        print(f"# {len(talks)} connections of nonsense, {centre.binds} binds")
    centre.close()


class Web(http.server.ThreadingHTTPServer):
    """Answers with what `answer(path, body)` gives: status, bytes; None: hangs up; a number: waits so long first."""
    daemon_threads = True

    def __init__(self, answer, port=0):
        self.answer, self.seen = answer, []
        super().__init__(("127.0.0.1", port), Handler)
        self.port = self.server_port
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        pass  # the platform hung up on nonsense


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((time.monotonic(), self.path, body))
        answer = self.server.answer(self.path, body)
        if answer is None:
            self.close_connection = True
            self.connection.close()
            return
        status, data = answer
        if status == 0:
            self.wfile.write(data)
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args):
        pass


def home_ok(body):
    return 200, json.dumps({"code": "0", "results": [{"imsi": s["imsi"], "code": "0"}
                                                     for s in json.loads(body)["subscribers"]]}).encode()


@tap.case
def a_home_network_that_talks_nonsense_hangs_or_is_down():
    mood = {"now": "nonsense"}
    hold = threading.Event()

    def answer(_, body):
        return {"nonsense": lambda: (200, b"<html>hello</html>"), "500": lambda: (500, b""),
                "array": lambda: (200, b"[]"), "empty": lambda: (200, b'{"code":"0","results":[]}'),
                "others": lambda: (200, b'{"code":"0","results":[{"imsi":"1","code":"0"}]}'),
                "types": lambda: (200, b'{"code":0,"results":[{"imsi":5}]}'),
                "raw": lambda: (0, b"\x00\xff garbage\r\n\r\n" * 100), "huge": lambda: (200, b" " * (8 << 20)),
                "closes": lambda: None, "hangs": lambda: (hold.wait(30), None)[1],
                "refuses": lambda: (200, json.dumps({"code": "0", "results": [
                    {"imsi": s["imsi"], "code": "no room"} for s in json.loads(body)["subscribers"]]}).encode()),
                "good": lambda: home_ok(body)}[mood["now"]]()

    home, centre = Web(answer), Centre()
    with Folder("peers") as folder:
        key = folder + "/home.key"
        with open(key, "w", encoding="ascii") as f:
            f.write("ab" * 32)
        options = [f"home_url=http://127.0.0.1:{home.port}", "home_token=t", f"home_key={key}",
                   "smpp_host=127.0.0.1", f"smpp_port={centre.port}"]
        with Platform(folder, options) as platform:
            client = platform.client()
            moods = ("nonsense", "500", "array", "empty", "others", "types", "raw", "huge", "closes", "hangs")
            furnish(client, len(moods) + 1)

            def state(order):
                return client.call("GET", "/write/task", {"orderNo": order})["state"]

            for n, m in enumerate(moods):
                mood["now"], seen = m, len(home.seen)
                client.call("POST", "/write/apply", body={"orderNo": m, "cid": str(int(CARD) + n), "poolId": "main"})
                wait_for(f"questions while it {m}", lambda s=seen, m=m: len(home.seen) > s + (m != "hangs"), 20)
                check(state(m) == "NUMBER_LOCKED", f"{m}: {state(m)}")
            check(not centre.submitted, "a script went out before the number was open")
            mood["now"] = "good"
            hold.set()
            for m in moods:
                wait_for(f"SENDING after it {m}", lambda m=m: state(m) == "SENDING", 30)
            wait_for("the scripts to go out", lambda: len(centre.submitted) >= len(moods))
            mood["now"] = "refuses"
            client.call("POST", "/write/apply", body={"orderNo": "p", "cid": str(int(CARD) + len(moods)),
                                                      "poolId": "main"})
            wait_for("the refusal", lambda: state("p") == "CHECK_FAIL")
            task = client.call("GET", "/write/task", {"orderNo": "p"})
            check("no room" in task["resultMsg"], str(task))
            pool = client.call("GET", "/number/pool/main")
            check((pool["free"], pool["assigned"], pool["locked"]) == (10, 10, 0), str(pool))
    home.shutdown()
    centre.close()


@tap.case
def callbacks_to_receivers_that_are_slow_down_or_talk_nonsense():
    late = free_port()
    quiet = threading.Event()
    good = (200, b'{"code":"0"}')

    def second(first):
        tried = set()

        def answer(path, _):
            if path in tried:
                return good
            tried.add(path)
            return first()
        return answer

    nonsense = {"n": lambda: (200, b"nonsense"), "s": lambda: (200, b'{"code":"1"}'), "e": lambda: (500, b'{"code":"0"}'),
                "c": lambda: None, "r": lambda: (0, b"\x00\xff\r\n\r\n"), "h": lambda: (200, b"[" * 100000),
                "w": lambda: (quiet.wait(20), good)[1], "l": lambda: (302, b"")}
    webs = {name: Web(second(f)) for name, f in nonsense.items()}
    with Folder("peers") as folder, Platform(folder) as platform:
        client = platform.client()
        furnish(client)
        begin = time.monotonic()
        ports = {**{name: web.port for name, web in webs.items()}, "down": late}
        for name, port in ports.items():
            client.raw("POST", "/api/v1/write/apply", body=json.dumps(
                {"orderNo": name, "cid": f"{int(CARD) + 100 + ord(name[0])}", "poolId": "main",
                 "callbackUrl": f"http://127.0.0.1:{port}/{name}"}).encode())
        wait_for("the first try", lambda: all(web.seen for web in webs.values()), 20)
        webs["down"] = Web(lambda path, body: good, late)
        wait_for("the second try", lambda: all(len(web.seen) >= (1 if name == "down" else 2)
                                               for name, web in webs.items()), 40)
        quiet.set()
        for name, web in webs.items():
            seen = web.seen
            check(all(json.loads(body)["orderNo"] == name for _, _, body in seen), f"{name}: {seen}")
            check(len({json.loads(body)["eventId"] for _, _, body in seen}) == 1, f"{name}: another event")
            if name != "down":
                check(seen[1][0] - seen[0][0] >= 9.5, f"{name}: again after {seen[1][0] - seen[0][0]:.1f} s")
        check(seen[0][0] - begin >= 9.5, "down")
        wait_for("the outbox to be empty", lambda: client.call("GET", "/callback/dead")["callbacks"] == [])
    for web in webs.values():
        web.shutdown()


tap.run()
