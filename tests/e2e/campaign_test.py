#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Campaigns of the real programs over a network as bad as it gets. XT_SEED repeats a run, XT_DEVICES changes its
size."""
import os
import random
import socket
import struct
import threading

from pg import Postgres
from xk import Tap, World, check, wait_for

tap = Tap()
SEED = int(os.environ.get("XT_SEED", "1"))
DEVICES = int(os.environ.get("XT_DEVICES", "500"))
T1 = [f"t1_{radio}_ms=1500" for radio in ("lte", "gsm", "nbiot", "emtc")]
# A faster radio in the same proportion to T1 as a real one; else the devices spend the test waiting for the air. So with
# an outage, which lasts up to a minute by itself.
BAD = ["--sms-loss", "200", "--sms-dup", "50", "--reorder", "50", "--power-cuts", "10", "--outage", "50-3000",
       "--air-delay", "5-60", "--rat", "lte=7,nbiot=1,emtc=1,gsm=1"]


@tap.case
def every_write_succeeds_in_the_end_over_a_bad_network():
    with World(DEVICES, ["--seed", str(SEED), *BAD], T1, "campaign") as world:
        client = world.client()
        cards = world.prepare(client, spare=DEVICES // 2)
        tasks = world.settle(client, [world.apply_all(client, cards)], 240, retry=True)
        check(len(tasks) == DEVICES, f"{len(tasks)} tasks")
        world.agree(client, tasks)
        status = world.fleet_get("/fleet/v1/status")
        check(status["sms"]["lost"] > DEVICES // 10 and status["power_cuts"] > 0, f"the network was too good: {status}")
        print(f"# seed {SEED}: {len(tasks)} writes, {sum(t['attempts'] == 1 for t in tasks)} at the first attempt, "
              f"{sum(t['retries'] > 0 for t in tasks)} retried by hand, {sum(t['rollbacks'] for t in tasks)} fall-backs, "
              f"{status['sms']['lost']} messages lost, {status['power_cuts']} power cuts")


DELIVER, RESP, OURS = 0x05, 0x80000000, 0x60000000


class Echo:
    """Between platform and message centre: each deliver_sm comes twice at once, and all of them once more when
    told so."""

    def __init__(self, port):
        self.centre, self.heard, self.again, self.answered = port, [], 0, {}
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.lock = threading.Lock()
        self.platform = None
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                platform, _ = self.listener.accept()
            except OSError:
                return
            centre = socket.create_connection(("127.0.0.1", self.centre))
            self.platform = platform
            for a, b, see in ((platform, centre, self._from_platform), (centre, platform, self._from_centre)):
                threading.Thread(target=self._pump, args=(a, b, see), daemon=True).start()

    @staticmethod
    def _read(s, n):
        data = b""
        while len(data) < n:
            piece = s.recv(n - len(data))
            if not piece:
                raise ConnectionError("closed")
            data += piece
        return data

    def _pump(self, a, b, see):
        try:
            while True:
                head = self._read(a, 16)
                see(b, head, self._read(a, struct.unpack(">I", head[:4])[0] - 16))
        except OSError:
            for s in (a, b):
                try:
                    s.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def _from_platform(self, centre, head, body):
        _, command, status, sequence = struct.unpack(">IIII", head)
        if command == DELIVER | RESP and sequence >= OURS:
            with self.lock:
                self.answered[sequence] = status
        else:
            centre.sendall(head + body)

    def _say(self, pdu):
        with self.lock:
            self.again += 1
            self.platform.sendall(pdu[:12] + struct.pack(">I", OURS + self.again) + pdu[16:])

    def _from_centre(self, platform, head, body):
        with self.lock:
            platform.sendall(head + body)
        if struct.unpack(">I", head[4:8])[0] == DELIVER:
            self.heard.append(head + body)
            self._say(head + body)

    def repeat_all(self, chance):
        order = list(self.heard)
        chance.shuffle(order)
        for pdu in order:
            self._say(pdu)
        wait_for("the answers to what was repeated", lambda: len(self.answered) == self.again)
        check(all(status == 0 for status in self.answered.values()), "a repeat was not taken off our hands")


@tap.case
def reports_that_are_replayed_change_nothing():
    with World(60, ["--seed", str(SEED)], T1, "replay") as world:
        echo = Echo(world.fleet_ports["smpp"])
        client = world.client()
        world.platform.stop()
        world.platform.options.append(f"smpp_port={echo.port}")
        world.start_platform()
        cards = world.prepare(client, spare=60)
        tasks = world.settle(client, [world.apply_all(client, cards)])
        world.agree(client, tasks)
        before = world.tasks(client, tasks[0]["batchId"]), client.call("GET", "/number/pool/main")
        check(len(echo.heard) >= 3 * len(cards), f"{len(echo.heard)} messages")
        echo.repeat_all(random.Random(SEED))
        check((world.tasks(client, tasks[0]["batchId"]), client.call("GET", "/number/pool/main")) == before, "changed")
        swapped = world.settle(client, [world.apply_all(client, cards, "SWAP", "swap")])
        echo.repeat_all(random.Random(SEED))
        world.agree(client, swapped)
        print(f"# {echo.again} messages repeated")


@tap.case
def the_same_on_postgresql():
    with Postgres() as server:
        if not server.start():
            return "no PostgreSQL here"
        count = min(DEVICES, 100)
        with World(count, ["--seed", str(SEED), "--sms-loss", "50", "--sms-dup", "50"],
                   [f"database={server.database}", *T1], "pg") as world:
            client = world.client()
            cards = world.prepare(client, spare=count)
            first = world.apply_all(client, cards)
            wait_for("some of them", lambda: client.call("GET", f"/write/batch/{first}")["finished"] > count // 4)
            world.platform.stop(9)
            world.start_platform()
            tasks = world.settle(client, [first], retry=True)
            world.agree(client, tasks)
            status, answer = client.raw("GET", "/api/v1/write/task", "orderNo=%FF%00")
            check(status == 400, f"{status} {answer}")
            status, answer = client.raw("POST", "/api/v1/number/generate", body=(
                b'{"poolId":"main","count":9,"firstImsi":"999700500000001","firstMsisdn":"1440050000001"}'))
            check(status == 409, f"{status} {answer}")
            world.agree(client, world.settle(client, [world.apply_all(client, cards, "SWAP", "swap")], retry=True))
    return None


tap.run()
