#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The product's main job with the real programs: every device gets its own number, attaches with it,
and both sides agree on it."""
import http.server
import json
import threading

from cli import Xieka
from xk import Client, Tap, World, check, free_port, wait_for

tap = Tap()
DEVICES = 40


def finish(world, client, batch, seconds=60):
    wait_for("the batch to finish", lambda: (lambda b: b["finished"] == b["total"])(
        client.call("GET", f"/write/batch/{batch}")), seconds, 0.2)
    return world.tasks(client, batch)


def check_agreement(world, client, tasks):
    """Task, card register, network and card agree on each number, and no number was given twice."""
    devices = {d["cid"]: d for d in world.fleet_devices()}
    seen = set()
    for t in tasks:
        card = client.call("GET", f"/card/{t['cid']}")
        device = devices[t["cid"]]
        check(card["imsi"] == t["imsi"] == device["imsi"], f"{t['cid']}: {card['imsi']} {t['imsi']} {device['imsi']}")
        check(device["attached"], f"{t['cid']} is not attached")
        check(t["imsi"] not in seen, f"{t['imsi']} was given twice")
        seen.add(t["imsi"])


@tap.case
def every_device_gets_its_number_and_may_swap_and_go_back():
    with World(DEVICES) as world:
        client = world.client()
        cards = world.prepare(client, spare=DEVICES)
        tasks = finish(world, client, world.apply_all(client, cards))
        check(len(tasks) == DEVICES, f"{len(tasks)} tasks")
        check(all(t["state"] == "SUCCESS" for t in tasks), str([t for t in tasks if t["state"] != "SUCCESS"][:2]))
        check_agreement(world, client, tasks)
        pool = client.call("GET", "/number/pool/main")
        check(pool["inUse"] == DEVICES, str(pool))

        swapped = finish(world, client, world.apply_all(client, cards, "SWAP", "swap"))
        check(all(t["state"] == "SUCCESS" for t in swapped), str([t for t in swapped if t["state"] != "SUCCESS"][:2]))
        check_agreement(world, client, swapped)
        pool = client.call("GET", "/number/pool/main")
        check(pool["inUse"] == DEVICES and pool["frozen"] == DEVICES, str(pool))

        back = finish(world, client, world.apply_all(client, cards, "RESTORE", "back"))
        check(all(t["state"] == "SUCCESS" for t in back), str([t for t in back if t["state"] != "SUCCESS"][:2]))
        pool = client.call("GET", "/number/pool/main")
        check(pool["inUse"] == 0 and pool["frozen"] == 2 * DEVICES, str(pool))

        events = client.call("GET", f"/write/task/{tasks[0]['taskId']}", {"events": 1})["events"]
        decoded = "\n".join(e.get("decoded", "") for e in events)
        for want in ("PREPARE", "COMMIT", "84 IMSI " + tasks[0]["imsi"], "85 K (16 bytes, sealed)", "report 00 success"):
            check(want in decoded, f"'{want}' is not in the time line:\n{decoded}")


@tap.case
def cards_get_their_first_number_by_themselves():
    """A rule of the first write: nobody applies, the devices are only switched on."""
    ports = ["--smpp-port", str(free_port()), "--home-port", str(free_port())]
    with World(8, fleet_args=ports) as world:
        client = world.client()
        cards = world.prepare(client, spare=2)
        x = Xieka(world.dir, world.platform).login()
        x.expect(3, "rule", "set", "retail", "--pool", "none", says="13005")
        x.expect(0, "rule", "set", "retail", "--pool", "main", "--batch", cards[0]["batchId"])
        check("retail" in x.expect(0, "rule", "list"), "the rule is not listed")
        check(client.call("GET", "/write/task")["tasks"] == [], "written before they were seen")
        world.fleet.stop()
        world.start_fleet()
        wait_for("every card to be written", lambda: [t["state"] for t in client.call("GET", "/write/task")["tasks"]]
                 == ["SUCCESS"] * len(cards), 60, 0.2)
        tasks = client.call("GET", "/write/task")["tasks"]
        check({t["orderNo"] for t in tasks} == {f"first-write-{c['cid']}" for c in cards}, str(tasks))
        check_agreement(world, client, tasks)
        notes = [e["detail"] for e in client.call("GET", f"/write/task/{tasks[0]['taskId']}", {"events": 1})["events"]]
        check("by rule retail" in notes, str(notes))
        told = x.expect(0, "stat")
        check("98.0" in told and "met" in told and "8" in told.split("success")[-1], told)
        points = x.json("stat", "--by", "hour", "--days", "1")["points"]
        check(sum(p["success"] for p in points) == 8 and points[0]["at"] in x.expect(0, "stat", "--by", "hour"), str(points))
        x.expect(3, "stat", "--by", "year", says="by")
        x.expect(2, "stat", "--days", "0", says="--days")
        x.expect(0, "rule", "remove", "retail")
        x.expect(3, "rule", "remove", "retail", says="14017")
        check(client.call("GET", "/number/pool/main")["free"] == 2, "a number is held for nothing")


class Receiver(http.server.ThreadingHTTPServer):
    """Takes callbacks; the first few it answers badly."""

    def __init__(self, bad):
        self.events, self.bad, self.lock = [], bad, threading.Lock()
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.lock:
            good = self.server.bad <= 0
            self.server.bad -= 1
            if good:
                self.server.events.append((json.loads(body), dict(self.headers), body))
        self.send_response(200 if good else 500)
        self.end_headers()
        self.wfile.write(b'{"code":"0"}' if good else b"nonsense")

    def log_message(self, *args):
        pass


@tap.case
def callbacks_are_signed_and_come_once_taken():
    import base64
    import hashlib
    import hmac
    receiver = Receiver(bad=0)
    with World(3) as world:
        client = world.client()
        cards = world.prepare(client)
        url = f"http://127.0.0.1:{receiver.server_port}/cb?x=1"
        for n, c in enumerate(cards):
            client.call("POST", "/write/apply", body={"orderNo": f"c-{n}", "cid": c["cid"], "poolId": "main",
                                                      "callbackUrl": url})
        wait_for("three callbacks", lambda: len(receiver.events) == 3)
        for event, headers, body in receiver.events:
            check(event["state"] == "SUCCESS" and event["resultCode"] == "0", str(event))
            text = "\n".join(["POST", "/cb", "x=1", hashlib.sha256(body).hexdigest(),
                              headers["X-XK-Timestamp"], headers["X-XK-Nonce"]])
            want = base64.b64encode(hmac.new(world.platform.secret.encode(), text.encode(), hashlib.sha256).digest()).decode()
            check(headers["X-XK-Sign"] == want, "the signature does not verify")
    receiver.shutdown()


tap.run()
