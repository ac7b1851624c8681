#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Exceptions as an operator meets them: a batch that nobody receives, what is told of it (C3), what is done
about it, and the document of the review."""
import datetime
import http.server
import json
import threading
from html.parser import HTMLParser

from cli import Xieka
from pg import Postgres
from xk import Folder, Platform, Tap, World, check, wait_for

tap = Tap()
DONE, FAILED, USAGE, REFUSED = range(4)
CHINA = datetime.timezone(datetime.timedelta(hours=8))


class Receiver(http.server.ThreadingHTTPServer):
    def __init__(self):
        self.heard = []
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.heard.append((dict(self.headers), json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"code":"0"}')

    def log_message(self, *args):
        pass


class Page(HTMLParser):
    """What stands in the cells of the page; whether every tag that must be closed is."""

    def __init__(self, text):
        super().__init__()
        self.cells, self.open, self.cell = [], [], False
        self.feed(text)
        check(not [t for t in self.open if t in ("table", "html", "body")], f"left open: {self.open}")

    def handle_starttag(self, tag, attrs):
        self.cell = tag == "td"
        check(tag not in ("script", "link", "img"), f"needs {tag}")
        self.open.append(tag)

    def handle_endtag(self, tag):
        if tag in self.open:
            self.open.reverse()
            self.open.remove(tag)
            self.open.reverse()

    def handle_data(self, data):
        if self.cell:
            self.cells.append(data)


def today():
    return datetime.datetime.now(CHINA).strftime("%Y-%m-%d")


def fail_and_mend(database=()):
    options = ["max_attempts=1", "t1_lte_ms=200", *database]
    with World(12, ["--sms-loss", "1000"], options) as world:
        cards = world.prepare(world.client(), spare=10)
        x = Xieka(world.dir, world.platform).login()
        path, receiver = world.path("write.csv"), Receiver()
        with open(path, "w", encoding="ascii") as f:
            f.write("cid\n" + "".join(c["cid"] + "\n" for c in cards))
        x.expect(FAILED, "write", "--file", path, "--pool", "main", "--callback",
                 f"http://127.0.0.1:{receiver.server_port}/")
        seen = {e["cause"]: e for e in x.json("exception", "list")}
        check(set(seen) == {"UNREACHABLE", "BATCH"}, str(seen))
        silent, batch = seen["UNREACHABLE"], seen["BATCH"]
        check((silent["class"], silent["grade"], silent["cards"]) == ("T", "L2", 12), str(silent))
        check((batch["class"], batch["grade"], batch["unsolved"]) == ("W", "L3", 12), str(batch))
        check(len(x.json("exception", "list", "--grade", "L3")) == 1, "by grade")
        check(x.json("exception", "list", "--state", "CLOSED") == [], "by state")
        check(len(x.json("exception", "list", "--class", "T", "--limit", "1")) == 1, "by class")
        check(len(x.json("exception", "list", "--after", batch["exceptionId"])) == 1, "the page behind")
        wait_for("C3 of both", lambda: {b["cause"] for _, b in receiver.heard if b["eventType"] == "exception"} ==
                 set(seen))
        headers = [h for h, b in receiver.heard if b["eventType"] == "exception"]
        check(all(h.get("X-XK-Sign") for h in headers), "not signed")
        number = silent["exceptionId"]
        shown = x.json("exception", "show", number)
        check([e["kind"] for e in shown["events"]] == ["OPENED", "GRADED"], str(shown["events"]))
        check({e["cid"] for e in shown["evidence"]} == {c["cid"] for c in cards}, "evidence")
        out = x.expect(DONE, "exception", "show", number, "--lang", "zh")
        check("终端不可达" in out and "响应" in out, out)
        x.expect(DONE, "exception", "respond", number, "looking", "--owner", "anna")
        x.expect(REFUSED, "exception", "respond", number, says="14016")
        x.expect(DONE, "exception", "relieve", number)
        x.expect(DONE, "exception", "report", number, "by mail")
        x.expect(USAGE, "exception", "close", number, "no cover")
        done = x.json("exception", "close", number, "no cover <indoors>", "antenna & cable")
        check((done["state"], done["owner"], done["finding"]) == ("CLOSED", "anna", "no cover <indoors>"), str(done))
        check(all(done["limits"][k]["kept"] for k in ("respond", "relieve", "close", "report")), str(done["limits"]))
        x.expect(REFUSED, "exception", "resume", number, says="14016")
        x.expect(REFUSED, "exception", "show", "0" * 16, says="14015")
        page = world.path("review.html")
        x.expect(DONE, "exception", "review", today(), today(), "--output", page)
        with open(page, encoding="utf-8") as f:
            cells = Page(f.read()).cells
        for want in (number, batch["exceptionId"], "no cover <indoors>", "antenna & cable", "终端不可达(休眠或无覆盖)"):
            check(want in cells, f"{want} is not in the review: {cells}")
        check(x.expect(DONE, "exception", "review", "2020-01-01", "2020-01-31").count(number) == 0, "another month")


@tap.case
def a_batch_that_nobody_receives():
    fail_and_mend()


@tap.case
def the_same_on_postgresql():
    with Postgres() as server:
        if not server.start():
            return "no PostgreSQL here"
        return fail_and_mend([f"database={server.database}"])


@tap.case
def a_leak_stops_all_writing_until_a_person_says_so():
    with World(1) as world:
        client = world.client()
        cards = world.prepare(client, spare=1)
        x = Xieka(world.dir, world.platform).login()
        x.expect(REFUSED, "exception", "open", "BAD_MAC", "no person finds that", says="cause")
        leak = x.json("exception", "open", "LEAK", "a laptop was stolen")
        check((leak["grade"], leak["state"], leak["orgId"]) == ("L4", "OPEN", "platform"), str(leak))
        check([e["kind"] for e in leak["events"]] == ["OPENED", "GRADED", "STOPPED"], str(leak["events"]))
        number, batch = leak["exceptionId"], world.apply_all(client, cards)
        wait_for("the card to be held", lambda: [t["state"] for t in world.tasks(client, batch)] == ["SCRIPT_READY"])
        x.expect(REFUSED, "exception", "close", number, "stolen", "new keys", says="14016")
        check(world.tasks(client, batch)[0]["attempts"] <= 1, "sent")
        x.expect(DONE, "exception", "resume", number)
        x.expect(DONE, "exception", "close", number, "stolen", "new keys")


@tap.case
def what_is_typed_wrongly():
    with Folder("exception") as folder, Platform(folder) as platform:
        x = Xieka(folder, platform).login()
        x.expect(USAGE, "exception", "review", "2026-13-01", "2026-12-01", says="YYYY-MM-DD")
        x.expect(USAGE, "exception", "review", "today", "2026-12-01", says="YYYY-MM-DD")
        x.expect(REFUSED, "exception", "review", "2026-12-02", "2026-11-01", says="from")
        x.expect(REFUSED, "exception", "list", "--grade", "L5", says="grade")
        x.expect(REFUSED, "exception", "list", "--state", "GONE", says="state")
        x.expect(REFUSED, "exception", "list", "--class", "Z", says="class")
        x.expect(REFUSED, "exception", "show", "7", says="exceptionId")
        x.expect(USAGE, "exception", "review", today(), today(), "--output", folder, says=folder)
        check("Review of exceptions" in x.expect(DONE, "exception", "review", today(), today()), "the empty page")


tap.run()
