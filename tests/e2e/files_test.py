#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Files that are wrong: one bad line among 100,000, a bad configuration, keys that others may read, a data
directory in use. Each is named, and nothing is changed."""
import json
import os
import random
import time

from xk import Folder, Platform, Tap, check

tap = Tap()
LINES = int(os.environ.get("XT_LINES", "100000"))
CSV = {"Content-Type": "text/csv", "Accept-Language": "en"}


def send(client, path, query, lines):
    """Status, answer and seconds of an import."""
    body = "\n".join(lines).encode() + b"\n"
    begin = time.monotonic()
    status, answer = client.raw("POST", "/api/v1" + path, query, body, CSV)
    return status, answer, time.monotonic() - begin


def numbers(count):
    chance = random.Random(1)
    yield "imsi,msisdn,iccid,k,opc"
    for n in range(count):
        yield f"9997{n:011d},144{n:010d},,{chance.getrandbits(128):032X},{chance.getrandbits(128):032X}"


def cards(count):
    chance = random.Random(2)
    yield "cid,imsi,msisdn,kic,kid,kik"
    for n in range(count):
        keys = ",".join(f"{chance.getrandbits(128):032X}" for _ in range(3))
        yield f"9997{n:016d},9998{n:011d},155{n:010d},{keys}"


def refused(answer, line, field, reason):
    first = answer["data"]["errors"][0]
    check(answer["code"] == "11007" and f"line {line}" in answer["message"] and field in answer["message"],
          f"not named: {answer}")
    check((first["line"], first["field"], first["reason"]) == (line, field, reason), str(first))


def one_bad_line(name, path, query, good, at, bend, field, reason, count):
    """The file with one line bent is refused by line and field; the good one goes in; a second time it does not."""
    with Folder("files") as folder, Platform(folder, ["body_max=67108864"]) as platform:
        client = platform.client()
        client.call("POST", "/number/pool", body={"poolId": "big"})
        bad = list(good)
        bad[at] = bend(bad[at])
        status, answer, refusing = send(client, path, query, bad)
        check(status == 400, f"{status} {str(answer)[:300]}")
        refused(answer, at + 1, field, reason)
        check(answer["data"]["bad"] == 1 and count(client) == 0, f"the bad file left something: {count(client)}")
        status, answer, taking = send(client, path, query, good)
        check(status == 200 and answer["data"]["imported"] == LINES == count(client), f"{status} {str(answer)[:300]}")
        status, answer, _ = send(client, path, query, good[:3])
        check(status == 400, f"taken twice: {answer}")
        check(answer["data"]["errors"][0]["reason"] == "EXISTS" and answer["data"]["errors"][0]["line"] == 2, str(answer))
        check(count(client) == LINES, "a refused file changed the count")
        print(f"# {LINES} {name}: refused after {refusing:.2f} s, imported in {taking:.2f} s")


@tap.case
def one_bad_number_among_many():
    def count(client):
        return client.call("GET", "/number/pool/big")["free"]

    def bend(line):
        fields = line.split(",")
        fields[3] = "G" + fields[3][1:]
        return ",".join(fields)

    one_bad_line("numbers", "/number/import", "poolId=big", list(numbers(LINES)), LINES * 7 // 9, bend, "k",
                 "NOT_HEX", count)


@tap.case
def one_bad_card_among_many():
    def count(client):
        seen, after = 0, ""
        while True:
            page = client.call("GET", "/card", {"limit": 500, "after": after})["cards"]
            seen += len(page)
            if len(page) < 500:
                return seen
            after = page[-1]["cid"]

    one_bad_line("cards", "/card/import", "batchId=big", list(cards(LINES)), LINES * 8 // 9, lambda l: l[1:], "cid",
                 "BAD_LENGTH", count)


@tap.case
def each_kind_of_bad_line():
    head, good = "imsi,msisdn,iccid,k,opc", ["999700000000001", "1440000000001", "", "1" * 32, "2" * 32]
    bent = [(0, "99970000000000x", "imsi", "NOT_DIGITS"), (0, "123", "imsi", "BAD_LENGTH"), (0, "", "imsi", "BAD_LENGTH"),
            (1, "+144", "msisdn", "NOT_DIGITS"), (2, "8999970050000000001", "iccid", "LUHN"),
            (3, "1" * 31, "k", "BAD_LENGTH"), (4, "", "opc", "MISSING"), (4, "zz" * 16, "opc", "NOT_HEX")]
    with Folder("files") as folder, Platform(folder) as platform:
        client = platform.client()
        client.call("POST", "/number/pool", body={"poolId": "p"})
        for at, value, field, reason in bent:
            line = good[:at] + [value] + good[at + 1:]
            status, answer, _ = send(client, "/number/import", "poolId=p", [head, ",".join(line)])
            check(status == 400, f"{value}: {answer}")
            refused(answer, 2, field, reason)
        for lines, line, field, reason in (([head, ",".join(good), ",".join(good)], 3, "imsi", "TWICE_IN_FILE"),
                                           ([head, ",".join(good[:4])], 2, "", "FIELD_COUNT"),
                                           ([head, '"' + ",".join(good)], 2, "", "QUOTES"),
                                           ([head, "# a note", "", "x" * 20000], 4, "", None),
                                           (["imsi,imsi,iccid,k,opc", ",".join(good)], 1, "imsi", "DOUBLE_COLUMN"),
                                           (["imsi,msisdn,iccid,opc", ",".join(good)], 1, "k", "MISSING"),
                                           ([head], 0, "", "MISSING")):
            status, answer, _ = send(client, "/number/import", "poolId=p", lines)
            check(status == 400, f"{lines[0]}: {answer}")
            first = answer["data"]["errors"][0]
            check((first["line"], first["field"]) == (line, field) and reason in (None, first["reason"]), str(first))
        check(client.call("GET", "/number/pool/p")["total"] == 0, "a refused file left something")


@tap.case
def a_bad_configuration_is_named():
    wrong = [("port = 99999\n", ":1: port: 99999 is not between 0 and 65535"),
             ("# one\n# two \"\n\nport = -1\n", ":4: port"), ("# one\nprot = 1\n", ":2: no such option 'prot'"),
             ("port = many\n", ":1: invalid integer value for option 'port'"),
             ("call_limits = perhaps\n", "'call_limits'"), ("log_level = loud\n", "log_level"),
             ("database = \"oracle:x\"\n", "database"), ("listen = \"300.1.1.1\"\n", "listen"),
             ("tls_cert = \"/nowhere.pem\"\n", "/nowhere.pem"), ("home_key = \"/nowhere.key\"\n", "/nowhere.key"),
             ("home_url = \"http://127.0.0.1:1\"\n", "home_url needs home_token and home_key"),
             ("port = \"8443\n", ":"), ("\0\0\0", "is no configuration file"), (None, "cannot be read")]
    with Folder("files") as folder:
        platform = Platform(folder)
        path = os.path.join(folder, "xiekad.conf")
        for text, says in wrong:
            if text is None:
                os.unlink(path)
            else:
                with open(path, "w", encoding="utf-8") as f:
                    f.write(text)
            argv = [platform.argv()[0], "-c", path, "-o", f"data_dir={platform.data}"]
            if text is None or "listen" not in text:
                argv += ["-o", "listen=127.0.0.1"]
            status, out, err = platform.end(argv)
            check(status == 1 and says in err and err.startswith("xiekad: "), f"{text!r}: {status} {err!r}")
            check(path in err or ":" not in says[:1], f"{text!r} without the file: {err!r}")
        for more, says in ((["-o", "port"], "'port' is not name=value"), (["-o", "port=x"], "port"),
                           (["-o", "nothing=1"], "nothing")):
            status, out, err = platform.run(*more)
            check(status == 1 and says in err, f"{more}: {status} {err!r}")
        for more in (["--what"], ["surplus"], ["-c"]):
            status, out, err = platform.run(*more)
            check(status == 2 and "usage: xiekad" in err, f"{more}: {status} {err!r}")
        status, sample, err = platform.run("--sample-config")
        with open(path, "w", encoding="utf-8") as f:
            f.write("".join(line.lstrip("#") if " = " in line and line[1] != " " else line
                            for line in sample.splitlines(True)))
        status, out, err = platform.run("-c", path, "--add-app", "from-sample")
        check(status == 0, f"the sample itself is refused: {err}")


@tap.case
def an_application_that_cannot_be_is_refused():
    with Folder("files") as folder:
        platform = Platform(folder)
        for what in ("", ":", "a b", "x" * 33, "x" * 33 + ":query", "x:wrte", "x:query,", "x:,", "x:query:here",
                     "x:query:300.1.1.1", "x:query:10.0.0.0/33", "x:query:10.0.0.0/x", "x:query:::1/129",
                     "x:query:10.0.0.0/8,"):
            status, out, err = platform.run("--add-app", what)
            check(status == 1 and out == "" and f"xiekad: {what}: " in err, f"{what}: {status} {out}{err}")
        for what in ("x", "y:query,import", "z:admin:10.0.0.0/8,::1/128,127.0.0.1"):
            check(len(platform.add_app(what)) >= 40, "no secret")
        status, out, err = platform.run("--add-app", "x")
        check(status == 1 and out == "" and "exists" in err, f"a second time: {err}")


@tap.case
def a_data_directory_is_kept_private_and_single():
    with Folder("files") as folder:
        platform = Platform(folder)
        key = os.path.join(platform.data, "master.key")
        with platform:
            status, out, err = platform.run("-o", "port=0")
            check(status == 1 and "another xiekad is running" in err and platform.data in err, f"{status} {err}")
            check(platform.client().call("GET", "/status") is not None, "the first one is hurt")
            secret = platform.add_app("second:query")
            platform.client("second", secret).login()
        check(os.stat(key).st_mode & 0o777 == 0o600 and os.stat(platform.data).st_mode & 0o777 == 0o700, "modes")
        with open(key, "rb") as f:
            kept = f.read()
        os.chmod(key, 0o644)
        status, out, err = platform.run()
        check(status == 1 and key in err, f"a master key that others may read: {status} {err}")
        os.chmod(key, 0o600)
        for content in (b"", b"short", bytes(len(kept)), kept[:-1] + bytes([kept[-1] ^ 1])):
            with open(key, "wb") as f:
                f.write(content)
            status, out, err = platform.run()
            check(status == 1 and key in err, f"a broken master key: {status} {err}")
            with open(key, "rb") as f:
                check(f.read() == content, "the broken key was written over")
        with open(key, "wb") as f:
            f.write(kept)
        platform.start()
        platform.client().login()
        check(platform.stop() == 0, "the daemon ended badly")
        with open(os.path.join(platform.data, "xieka.db"), "r+b") as f:
            f.write(b"not a database, " * 64)
        status, out, err = platform.run()
        check(status == 1 and "database" in err, f"a broken database: {status} {err}")


@tap.case
def another_master_key_opens_nothing():
    """The daemon says so and does not start; with the right key all is there again."""
    with Folder("files") as folder:
        platform = Platform(folder)
        with platform:
            before = json.dumps(platform.client().call("GET", "/number/pool"))
        os.rename(os.path.join(platform.data, "master.key"), os.path.join(folder, "kept.key"))
        status, out, err = platform.run()
        check(status == 1 and "the master key is not this database's" in out + err, f"{status} {out} {err}")
        os.rename(os.path.join(folder, "kept.key"), os.path.join(platform.data, "master.key"))
        platform.start()
        check(json.dumps(platform.client().call("GET", "/number/pool")) == before, "changed")
        check(platform.stop() == 0, "the daemon ended badly")


tap.run()
