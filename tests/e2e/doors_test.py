#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Bad input at the REST door: a clear refusal that names the field or line, and nothing changes."""
import json
import secrets
import socket
import ssl
import time
import warnings

from xk import Folder, Platform, Tap, check, wait_for

tap = Tap()
HEADER_MS, BODY_MS, BODY_MAX, CONNECTIONS = 600, 600, 1 << 20, 12
OPTIONS = [f"header_ms={HEADER_MS}", f"body_ms={BODY_MS}", f"body_max={BODY_MAX}", f"connections_max={CONNECTIONS}",
           "log_level=warn"]
CARD = "99970000000100000001"
warnings.simplefilter("ignore", DeprecationWarning)


def tls(platform, context=None):
    """A bare TLS connection: whatever is sent on it is up to the test."""
    context = context or ssl.create_default_context(cafile=platform.ca)
    raw = socket.create_connection(("127.0.0.1", platform.port), timeout=10)
    return context.wrap_socket(raw, server_hostname="127.0.0.1")


def read_all(s, seconds=10):
    """Everything until the other end closes."""
    s.settimeout(seconds)
    data = b""
    try:
        while True:
            piece = s.recv(65536)
            if not piece:
                return data
            data += piece
    except (ssl.SSLError, ConnectionError):
        return data
    finally:
        s.close()


def status_of(data):
    check(data.startswith(b"HTTP/1.1 "), f"no HTTP answer: {data[:80]!r}")
    return int(data[9:12])


def snapshot(client):
    """What a refused call must leave as it is."""
    return json.dumps([client.call("GET", "/number/pool"), client.call("GET", "/card"), client.call("GET", "/write/task"),
                       client.call("GET", "/callback/dead")], sort_keys=True)


def furnish(client):
    """Two pools, a few numbers, a card."""
    client.call("POST", "/number/pool", body={"poolId": "main"})
    client.call("POST", "/number/pool", body={"poolId": "empty"})
    client.call("POST", "/number/generate", body={"poolId": "main", "count": 3, "firstImsi": "999700500000001",
                                                  "firstMsisdn": "1440050000001"})
    client.call("POST", "/card/import", {"batchId": "b1"}, (
        "cid,imsi,msisdn,kic,kid,kik\n" f"{CARD},999700000000001,1440000000001,{'11' * 16},{'22' * 16},{'33' * 16}\n"
    ).encode(), {"Content-Type": "text/csv"})


class Door:
    """A furnished platform that must not change."""

    def __init__(self, options=()):
        self.folder = Folder("doors")
        self.platform = Platform(self.folder.path, OPTIONS + list(options))

    def __enter__(self):
        self.folder.__enter__()
        self.platform.__enter__()
        self.client = self.platform.client()
        furnish(self.client)
        self.before = snapshot(self.client)
        return self

    def __exit__(self, kind, value, trace):
        try:
            if not value:
                self.unchanged("at the end")
        finally:
            self.platform.__exit__(kind, value, trace)
            self.folder.__exit__(kind, value, trace)

    def unchanged(self, after):
        now = snapshot(self.client)
        check(now == self.before, f"something changed after {after}: {now[:600]}")


def english(client, method, path, query="", body=b"", headers=None):
    return client.raw(method, "/api/v1" + path, query, body, {"Accept-Language": "en", **(headers or {})})


CSV = {"Content-Type": "text/csv"}
LONG = "x" * 70000
# method, path, query, body (bytes, or what becomes JSON), headers, HTTP status, code, what the message must name
CALLS = [
    ("GET", "/nope", "", b"", {}, 404, "11005", ""),
    ("GET", "/write/task/%00", "", b"", {}, 404, None, ""),
    ("GET", "/../../etc/passwd", "", b"", {}, 404, None, ""),
    ("DELETE", "/number/pool/main", "", b"", {}, 405, "11006", ""),
    ("GET", "/write/apply", "", b"", {}, 405, "11006", ""),
    ("POST", "/number/pool", "", b"", {}, 400, "11003", ""),
    ("POST", "/number/pool", "", b"{", {}, 400, "11003", ""),
    ("POST", "/number/pool", "", b"\x00\xff\xfe garbage", {}, 400, "11003", ""),
    ("POST", "/number/pool", "", b'{"poolId":"\xff\xfe"}', {}, 400, None, ""),
    ("POST", "/number/pool", "", b'{"poolId":"x"} trailing', {}, 400, "11003", ""),
    ("POST", "/number/pool", "", b"[" * 50000, {}, 400, "11003", ""),
    ("POST", "/number/pool", "", b'{"a":' * 20000 + b"1" + b"}" * 20000, {}, 400, None, ""),
    ("POST", "/number/pool", "", [], {}, 400, None, ""),
    ("POST", "/number/pool", "", {}, {}, 400, "11001", "poolId"),
    ("POST", "/number/pool", "", {"poolId": 5}, {}, 400, "11000", "poolId"),
    ("POST", "/number/pool", "", {"poolId": None}, {}, 400, None, "poolId"),
    ("POST", "/number/pool", "", {"poolId": ["x"]}, {}, 400, "11000", "poolId"),
    ("POST", "/number/pool", "", {"poolId": ""}, {}, 400, "11000", "poolId"),
    ("POST", "/number/pool", "", {"poolId": "x" * 33}, {}, 400, "11000", "poolId"),
    ("POST", "/number/pool", "", {"poolId": "a b"}, {}, 400, "11000", "poolId"),
    ("POST", "/number/pool", "", {"poolId": "x'; DROP TABLE pool;--"}, {}, 400, "11000", "poolId"),
    ("POST", "/number/pool", "", {"poolId": "x", "purpose": "pleasure"}, {}, 400, "11000", "purpose"),
    ("POST", "/number/pool", "", {"poolId": "x", "quarantineDays": -1}, {}, 400, "11000", "quarantineDays"),
    ("POST", "/number/pool", "", {"poolId": "x", "quarantineDays": 1e300}, {}, 400, "11000", "quarantineDays"),
    ("POST", "/number/pool", "", {"poolId": "x", "quarantineDays": "1"}, {}, 400, "11000", "quarantineDays"),
    ("POST", "/number/pool", "", {"poolId": "x", "parent": "none"}, {}, 404, "13005", "parent"),
    ("POST", "/number/pool", "", {"poolId": "main"}, {}, 409, "11008", "poolId"),
    ("POST", "/number/generate", "", {"poolId": "main", "count": 1, "firstImsi": "99970x", "firstMsisdn": "144005"},
     {}, 400, "11000", "firstImsi"),
    ("POST", "/number/generate", "", {"poolId": "main", "count": 0, "firstImsi": "999700600000001",
                                      "firstMsisdn": "1440060000001"}, {}, 400, "11000", "count"),
    ("POST", "/number/generate", "", {"poolId": "main", "count": 10**9, "firstImsi": "999700600000001",
                                      "firstMsisdn": "1440060000001"}, {}, 400, "11000", "count"),
    ("POST", "/number/generate", "", {"poolId": "main", "count": 10, "firstImsi": "999700499999995",
                                      "firstMsisdn": "1440060000001"}, {}, 409, "11008", "range"),
    ("POST", "/number/generate", "", {"poolId": "nowhere", "count": 1, "firstImsi": "999700600000001",
                                      "firstMsisdn": "1440060000001"}, {}, 404, "13005", ""),
    ("GET", "/number/pool/nowhere", "", b"", {}, 404, "13005", ""),
    ("GET", "/card/00000000000000000000", "", b"", {}, 404, "12010", ""),
    ("GET", "/card/%ff%fe", "", b"", {}, 404, None, ""),
    ("GET", "/card", "limit=many", b"", {}, 400, "11000", "limit"),
    ("GET", "/card", "limit=-1", b"", {}, 400, "11000", "limit"),
    ("GET", "/write/task/zzzz", "", b"", {}, 400, "11000", "taskId"),
    ("GET", "/write/task/0000000000000001", "", b"", {}, 404, "14009", ""),
    ("GET", "/write/task", "orderNo=none", b"", {}, 404, "14009", ""),
    ("GET", "/write/task", "orderNo=%FF%FE", b"", {}, 400, "11000", "orderNo"),
    ("GET", "/write/task", "limit=1%", b"", {}, 400, "11000", "limit"),
    ("GET", "/write/batch/none", "", b"", {}, 404, None, ""),
    ("POST", "/write/batch/resume", "", {"batchId": "none"}, {}, 404, None, ""),
    ("POST", "/write/cancel", "", {"taskId": "none"}, {}, None, None, ""),
    ("POST", "/write/retry", "", {"taskId": "0000000000000001"}, {}, 404, "14009", ""),
    ("GET", "/write/script/0000000000000001", "", b"", {}, 404, "14009", ""),
    ("POST", "/write/report", "", {"taskId": "0000000000000001", "packet": "00", "iei": 113}, {}, 400, "11000", "iei"),
    ("POST", "/callback/replay", "", {"id": "x"}, {}, None, None, ""),
    ("POST", "/write/apply", "", {}, {}, 400, "11001", "orderNo"),
    ("POST", "/write/apply", "", {"orderNo": "a"}, {}, 400, None, ""),
    ("POST", "/write/apply", "", {"orderNo": 1, "cid": CARD, "poolId": "main"}, {}, 400, "11000", "orderNo"),
    ("POST", "/write/apply", "", {"orderNo": LONG, "cid": CARD, "poolId": "main"}, {}, 400, "11000", "orderNo"),
    ("POST", "/write/apply", "", {"orderNo": "a", "cid": CARD, "poolId": "main", "mode": "EVIL"}, {}, 400, "11000",
     "mode"),
    ("POST", "/write/apply", "", {"orderNo": "a", "cid": CARD, "poolId": "main", "channel": "PIGEON"}, {}, 400,
     "11000", "channel"),
    ("POST", "/write/apply", "", {"orderNo": "a", "cid": CARD, "poolId": "main", "callbackUrl": "file:///etc/passwd"},
     {}, 400, "11000", "callbackUrl"),
    ("POST", "/write/apply/batch", "poolId=main", b"", CSV, 400, None, ""),
    ("POST", "/write/apply/batch", "poolId=main", b"nothing,known\n1,2\n", CSV, 400, None, ""),
    ("POST", "/write/apply/batch", "poolId=main", f"cid,orderNo\n{CARD},o-1\nxyz,o-2\n".encode(), CSV, 400, None, "3"),
    ("POST", "/write/apply/batch", "poolId=main", f"cid,orderNo\n{CARD},o-1,more\n".encode(), CSV, 400, None, "2"),
    ("POST", "/card/import", "", b"cid\n1\n", CSV, 400, None, ""),
    ("POST", "/card/import", "batchId=b2&grade=golden", b"cid\n1\n", CSV, 400, "11000", "grade"),
    ("POST", "/card/import", "batchId=b2", b"\xff\xfe\x00\x01", CSV, 400, "11007", "line 1"),
    ("POST", "/card/import", "batchId=b2", b"cid\n123\n", {**CSV, "X-XK-Transport-Key": "zz"}, 400, "11000",
     "X-XK-Transport-Key"),
    ("POST", "/number/import", "", b"imsi\n", CSV, 400, "11001", "poolId"),
    ("POST", "/number/import", "poolId=nowhere", b"imsi\n", CSV, 404, "13005", ""),
    ("POST", "/number/import", "poolId=main", b"", CSV, 400, "11007", ""),
    ("POST", "/number/import", "poolId=main", b"imsi,msisdn,iccid,k,opc,shoe\n", CSV, 400, "11007", "shoe"),
]


@tap.case
def garbage_is_refused_and_named():
    wrong = []
    with Door() as door:
        for method, path, query, body, headers, status, code, names in CALLS:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            got, answer = english(door.client, method, path, query, data, headers)
            what = f"{method} {path}?{query} {data[:60]!r} gave {got} {str(answer)[:300]}"
            good = (400 <= got < 500 if status is None else got == status) and answer["code"] != "0"
            if not good or (code and answer["code"] != code) or names not in answer["message"]:
                wrong.append(f"{what}, not {status} {code} '{names}'")
            door.unchanged(what)
        check(not wrong, "\n".join(wrong))


@tap.case
def a_body_too_large_is_413():
    with Door() as door:
        with tls(door.platform) as s:
            s.sendall(b"POST /api/v1/number/pool HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (BODY_MAX + 1))
            check(status_of(read_all(s)) == 413, "413")
        with tls(door.platform) as s:
            s.sendall(b"POST /api/v1/number/pool HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            try:
                for _ in range(BODY_MAX // 65536 + 2):
                    s.sendall(b"10000\r\n" + bytes(65536) + b"\r\n")
            except OSError:
                pass  # closed while we were still talking
            data = read_all(s)
            check(data == b"" or status_of(data) == 413, "chunked: 413")


@tap.case
def who_calls_must_prove_it():
    with Door() as door:
        p, client = door.platform, door.client
        stranger = p.client("nobody", "guess")
        check("12022" in failure(stranger.login), "an unknown application got a token")
        check("12" in failure(p.client("test", "guess").login), "a wrong secret got a token")
        reader = p.client("reader", p.add_app("reader:query"))
        status, answer = reader.raw("POST", "/api/v1/number/pool", body=b'{"poolId":"x"}')
        check((status, answer["code"]) == (403, "12008"), str(answer))
        elsewhere = p.client("elsewhere", p.add_app("elsewhere:query:192.0.2.0/24"))
        check("12007" in failure(elsewhere.login), "an address off its list got a token")
        for bend, code in (({"Authorization": "Bearer nonsense"}, "12021"), ({"Authorization": ""}, None),
                           ({"X-XK-Sign": "AAAA"}, "12004"), ({"X-XK-AppId": "reader"}, None),
                           ({"X-XK-Timestamp": "1"}, None), ({"X-XK-Nonce": "short"}, None),
                           ({"X-XK-Timestamp": "soon"}, None)):
            status, answer = client.raw("POST", "/api/v1/number/pool", body=b'{"poolId":"x"}', headers=bend)
            check(status == 401 and (code is None or answer["code"] == code), f"{bend}: {status} {answer}")
        sent = []
        real, client._send = client._send, lambda *a: sent.append(a) or real(*a)
        check(client.raw("GET", "/api/v1/status")[0] == 200, "the call to repeat")
        status, data = real(*sent[-1])
        check(status == 401 and json.loads(data)["code"] == "12006", f"a call was taken twice: {data}")
        status, data = real("GET", "/api/v1/number/pool", *sent[-1][2:])
        check(status == 401, f"a signature served for another path: {data}")


def failure(f):
    try:
        f()
    except AssertionError as e:
        return str(e)
    return ""


@tap.case
def slow_and_broken_peers_are_cut_off():
    with Door() as door:
        p = door.platform
        begin = time.monotonic()
        with tls(p) as s:
            s.sendall(b"GET /api/v1/status HTTP/1.1\r\nHost: x\r\n")
            check(status_of(read_all(s)) == 408, "slow headers: 408")
        took = time.monotonic() - begin
        check(HEADER_MS / 1000 <= took + 0.05 and took < 8, f"after {took:.1f} s")
        with tls(p) as s:
            s.sendall(b"POST /api/v1/auth/token HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
            check(status_of(read_all(s)) == 408, "slow body: 408")
        with socket.create_connection(("127.0.0.1", p.port)) as s:
            check(read_all(s) == b"", "a silent peer got an answer")  # the handshake is timed, too
        for raw, status in ((b"GET /api/v1/status HTTP/1.1\r\n\r\n", 400),  # no Host
                            (b"NONSENSE\r\n\r\n", 400), (bytes(range(256)) * 8 + b"\r\n\r\n", 400), (b"GET / HTTP/9.9\r\n\r\n", 505),
                            (b"BREW /pot HTTP/1.1\r\nHost: x\r\n\r\n", 501),
                            (b"GET /" + b"a" * 40000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
                            (b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 40000 + b"\r\n\r\n", 431),
                            (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n", 400),
                            (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", 400),
                            (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                             400),
                            (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400)):
            with tls(p) as s:
                try:
                    s.sendall(raw)
                except OSError:
                    pass
                got = status_of(read_all(s))
                check(got == status, f"{raw[:60]!r} gave {got}, not {status}")
        with tls(p) as s:
            s.sendall(b"GET /nope HTTP/1.1\r\nHost: x\r\n\r\n" + b"\x00\x01\x02 nonsense\r\n\r\n")
            data = read_all(s)
            check(status_of(data) == 404 or status_of(data) == 401, data[:80])
            check(b"HTTP/1.1 400 " in data[9:], f"pipelined nonsense: {data[:600]!r}")


@tap.case
def connections_are_counted():
    with Door() as door:
        p = door.platform
        door.client.connection.close()
        door.client.connection = None
        held = [tls(p) for _ in range(CONNECTIONS)]
        with tls(p) as one_more:
            check(status_of(read_all(one_more)) == 503, "one connection too many: 503")
        for s in held:
            s.close()
        wait_for("room again", lambda: tries(p.client().login))


def tries(f):
    try:
        f()
        return True
    except (OSError, AssertionError, ValueError):
        return False


@tap.case
def tls_1_1_and_plain_http_are_refused():
    with Door() as door:
        p = door.platform
        old = ssl.create_default_context(cafile=p.ca)
        old.set_ciphers("ALL:@SECLEVEL=0")
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = ssl.TLSVersion.TLSv1_1
        try:
            with tls(p, old) as s:
                check(False, f"{s.version()} was taken")
        except (ssl.SSLError, ConnectionError) as e:
            check("ALERT" in str(e).upper() or isinstance(e, ConnectionError), str(e))
        with socket.create_connection(("127.0.0.1", p.port)) as s:
            s.sendall(b"GET /api/v1/status HTTP/1.1\r\nHost: x\r\n\r\n")
            check(b"200" not in read_all(s), "plain HTTP was answered")
        for _ in range(20):
            with socket.create_connection(("127.0.0.1", p.port)) as s:
                s.sendall(b"\x16\x03\x01" + secrets.token_bytes(300))
                read_all(s)
        with tls(p) as s:
            check(s.version() in ("TLSv1.2", "TLSv1.3"), s.version())


@tap.case
def the_home_networks_door_wants_its_token():
    with Door(["home_token=the-token"]) as door:
        p = door.platform
        events = [b"", b"{", b"[]", b'{"events":5}', b'{"events":[{"seq":"x"}]}', b'{"events":[{"seq":1,"type":"fly"}]}',
                  json.dumps({"events": [{"seq": 1, "type": "attach", "imsi": "12x", "time": "yesterday"}]}).encode(),
                  json.dumps({"events": [{"seq": n, "type": "attach", "imsi": "999700500000001",
                                          "time": "2026-01-02T03:04:05.678Z"} for n in range(1, 400)]}).encode()]
        for token, want in (("", 401), ("Bearer wrong", 401), ("Bearer the-token", 400)):
            for body in events:
                status, _ = door.client._send("POST", "/hss/v1/events", body, {"Authorization": token})
                check(status == want, f"{token} {body[:60]!r}: {status}")
        status, _ = door.client._send("GET", "/hss/v1/events", b"", {"Authorization": "Bearer the-token"})
        check(status == 405, f"GET: {status}")
        good = {"events": [{"seq": 7, "type": "attach", "imsi": "999700500000001", "time": "2026-01-02T03:04:05.678Z"}]}
        status, data = door.client._send("POST", "/hss/v1/events", json.dumps(good).encode(),
                                         {"Authorization": "Bearer the-token"})
        check(status == 200 and json.loads(data)["seq"] == 7, f"{status} {data}")
        check(p.process.alive(), "the platform died")


tap.run()
