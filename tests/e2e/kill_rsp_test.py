#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 of the SM-DP+ at random moments while consumer devices download; connections cut after any byte; and an
operator whose answers get lost: every device has its profile in the end, once; both sides agree; the operator is
told of each thing once, however often it was said. XT_SEED repeats a run, XT_KILLS and XT_DEVICES change its size."""
import collections
import http.server
import json
import os
import random
import select
import signal
import socket
import ssl
import struct
import threading
import time

from consumer_test import Fleet
from dp_site import Site, make_pki
from xk import Folder, Tap, check, wait_for

tap = Tap()
SEED = int(os.environ.get("XT_SEED", "1"))
KILLS = int(os.environ.get("XT_KILLS", "25"))
DEVICES = int(os.environ.get("XT_DEVICES", "150"))
START_MS = 2500  # in which the devices begin, one by one: there is always something under way
OPERATOR = "operator.example.com"
PATH = "/gsma/rsp2/es2plus/"
INSTALLED = "handleDownloadProgressInfo", "notificationPointId", 4  # SGP.22 5.3.5
ENABLED = "handleNotification", "notificationEvent", 1  # SGP.22 v3 5.3.6


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """Half a request: who sent it was killed."""


class Operator:
    """Hears ES2+ over mutual TLS. Of some calls the answer is lost the first time."""

    def __init__(self, pki, lose):
        self.calls, self.said, self.wrong = {}, collections.Counter(), []
        self.lock, self.lose = threading.Lock(), lose
        operator = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if operator.hear(self.path, body):
                    self.send_response(204)
                    self.end_headers()
                else:
                    self.close_connection = True

            def log_message(self, *_):
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{pki}/CERT_OP_TLS_NIST.pem", f"{pki}/SK_OP_TLS_NIST.pem")
        context.load_verify_locations(f"{pki}/CERT_CI_ECDSA_NIST.pem")
        context.verify_mode = ssl.CERT_REQUIRED
        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        # the handshake is made by the thread of the connection
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True,
                                                 do_handshake_on_connect=False)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def hear(self, path, body):
        """False: the answer gets lost."""
        call = body["header"]["functionCallIdentifier"]
        with self.lock:
            before = self.calls.setdefault(call, (path, body))
            if before != (path, body):
                self.wrong.append((path, body, before))
            self.said[call] += 1
            return self.said[call] > 1 or not self.lose()

    def told(self, what):
        """Per ICCID, how many calls of their own told that this went well."""
        function, member, value = what
        with self.lock:
            return collections.Counter(
                body["iccid"] for path, body in self.calls.values()
                if path == PATH + function and body[member] == value
                and body[member.replace("Id", "") + "Status"]["status"] == "Executed-Success")

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class OperatorsSite(Site):
    """An SM-DP+ that tells an operator."""

    def __init__(self, folder, operator):
        super().__init__(folder)
        pki = os.path.join(folder, "pki")
        self.options += [f"rsp_client_ca={pki}/CERT_CI_ECDSA_NIST.pem",
                         f"rsp_client_cert={pki}/CERT_S_SM_DP_TLS_NIST.pem",
                         f"rsp_client_key={pki}/SK_S_SM_DP_TLS_NIST.pem",
                         f"rsp_connect_to={OPERATOR}:{operator.port}:127.0.0.1:{operator.port}"]

    def causes(self, client, iccid):
        return collections.Counter(h["cause"] for h in client.call("GET", f"/dp/profile/{iccid}")["history"])

    def sessions(self):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return sum("ES9+.InitiateAuthentication" in line for line in f)


class Wire:
    """Between devices and SM-DP+: each connection is cut after so many bytes, whatever they are of."""

    def __init__(self, port, bytes_left):
        self.to, self.bytes_left, self.cuts, self.lock = port, bytes_left, 0, threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                device = self.listener.accept()[0]
            except OSError:
                return  # stopped
            threading.Thread(target=self.carry, args=(device,), daemon=True).start()

    def carry(self, device):
        with self.lock:
            left = self.bytes_left()
        with device, socket.create_connection(("127.0.0.1", self.to)) as server:
            other = {device: server, server: device}
            try:
                while True:
                    for s in select.select([device, server], [], [])[0]:
                        data = s.recv(left)
                        if not data:
                            return
                        other[s].sendall(data)
                        left -= len(data)
                        if left == 0:
                            self.cut(device, server)
                            return
            except OSError:
                return

    def cut(self, *ends):
        """At once: what is still on its way is lost."""
        with self.lock:
            self.cuts += 1
        for s in ends:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def stop(self):
        self.listener.close()


class Story:
    """An SM-DP+, its operator and devices that download while something breaks."""

    def __init__(self, seed):
        self.chance, self.lock = random.Random(seed), threading.Lock()

    def lose(self):
        with self.lock:
            return self.chance.random() < 0.1

    def run(self, tell, *options, wire=None):
        """tell(site, fleet) breaks what it breaks; then all must be well."""
        with Folder("kill-rsp") as folder:
            make_pki(f"{folder}/pki", DEVICES)
            operator = Operator(f"{folder}/pki", self.lose)
            try:
                with OperatorsSite(folder, operator) as site:
                    between = wire(site) if wire else None
                    port = between.port if between else site.dp_port
                    with Fleet(folder, DEVICES, port, "--start-ms", str(START_MS), *options) as fleet:
                        client = site.client()
                        client.call("POST", "/dp/operator", body={
                            "operatorId": "test", "callbackUrl": f"https://{OPERATOR}:{operator.port}"})
                        fleet.give(site.order(client, fleet.packages()))
                        tell(site, fleet)
                        wait_for("every consumer", lambda: fleet.get("status")["consumers_enabled"] == DEVICES, 45, 0.1)
                        agree(site, fleet, operator)
                    if between:
                        between.stop()
                        check(between.cuts > 0, "no connection was cut")
                        print(f"# {between.cuts} connections cut")
            finally:
                operator.stop()


@tap.case
def kill_9_at_random_moments():
    story = Story(SEED)

    def kill(site, fleet):
        under_way = 0
        for _ in range(KILLS):
            time.sleep(story.chance.uniform(0.0, 0.35))  # a moment, not a wait for something
            under_way += any(c["state"] not in ("WAITING", "ENABLED") for c in fleet.consumers())
            site.stop(signal.SIGKILL)
            site.start()
        check(under_way > 0, "no download was under way at any kill")
        print(f"# seed {SEED}: {KILLS} kills, {under_way} of them with downloads under way")

    story.run(kill)


@tap.case
def connections_cut_anywhere():
    """And devices that lose coverage now and then."""
    story = Story(SEED + 1)

    def wire(site):
        return Wire(site.dp_port, lambda: story.chance.randrange(500, 60000))

    story.run(lambda site, fleet: None, "--coverage", "5,1", wire=wire)


def agree(site, fleet, operator):
    client = site.client()
    # the operator is the last to hear of it
    wait_for("the operator to be told", lambda: len(operator.told(ENABLED)) == DEVICES, 45, 0.1)
    consumers, stock = fleet.consumers(), site.stock(client)
    check(len({c["iccid"] for c in consumers}) == DEVICES, "a profile on two devices")
    for c in consumers:
        profile, causes = stock[c["iccid"]], site.causes(client, c["iccid"])
        check(c["state"] == "ENABLED" == profile["state"] and c["eid"] == profile["eid"], f"{c}: {profile}")
        check(causes["INSTALL"] == causes["ENABLE"] == 1, f"{c}: {causes}")
    once = collections.Counter(stock.keys())
    for what in (INSTALLED, ENABLED):
        told = operator.told(what)
        check(told == once, f"{what}: too often {told - once}, not {once - told}")
    check(not operator.wrong, f"the same call with other contents: {operator.wrong[:1]}")
    repeated, sessions = sum(n > 1 for n in operator.said.values()), site.sessions()
    check(sessions >= DEVICES and repeated > 0, f"{sessions} sessions, {repeated} calls repeated")
    print(f"# {DEVICES} downloads in {sessions} sessions; {len(operator.calls)} calls to the operator, "
          f"{repeated} of them repeated")


if __name__ == "__main__":
    tap.run()
