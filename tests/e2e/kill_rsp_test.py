#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 of the SM-DP+ at random moments while consumer devices download, and an operator whose answers get
lost: every device has its profile in the end, once; both sides agree; the operator is told of each thing once,
however often it was said. XT_SEED repeats a run, XT_KILLS and XT_DEVICES change its size."""
import collections
import http.server
import json
import os
import random
import signal
import ssl
import threading
import time

from consumer_test import HOST, Fleet, Site, check_served, make_pki
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


def killed(site, fleet, chance):
    """How often devices were found with a download under way."""
    under_way = 0
    for _ in range(KILLS):
        time.sleep(chance.uniform(0.0, 0.35))  # a moment, not a wait for something
        under_way += any(c["state"] not in ("WAITING", "ENABLED") for c in fleet.consumers())
        site.stop(signal.SIGKILL)
        site.start()
    return under_way


@tap.case
def kill_9_at_random_moments():
    chance = random.Random(SEED)
    with Folder("kill-rsp") as folder:
        make_pki(f"{folder}/pki", DEVICES)
        operator = Operator(f"{folder}/pki", lambda: chance.random() < 0.1)
        try:
            with OperatorsSite(folder, operator) as site, \
                    Fleet(folder, DEVICES, site.dp_port, "--start-ms", str(START_MS)) as fleet:
                client = site.client()
                client.call("POST", "/dp/operator", body={"operatorId": "test",
                                                          "callbackUrl": f"https://{OPERATOR}:{operator.port}"})
                fleet.give(site.order(client, fleet.packages()))
                under_way = killed(site, fleet, chance)
                fleet.settle(DEVICES)
                agree(site, fleet, operator, under_way)
        finally:
            operator.stop()


def agree(site, fleet, operator, under_way):
    client = site.client()
    consumers, stock = fleet.consumers(), site.stock(client)
    check_served(consumers, stock)
    check(len({c["iccid"] for c in consumers}) == DEVICES, "a profile on two devices")
    for iccid in stock:
        causes = site.causes(client, iccid)
        check(causes["INSTALL"] == causes["ENABLE"] == 1, f"{iccid}: {causes}")
    once = collections.Counter(stock.keys())
    wait_for("the operator to be told", lambda: len(operator.told(ENABLED)) == DEVICES, 45)
    for what in (INSTALLED, ENABLED):
        told = operator.told(what)
        check(told == once, f"{what}: too often {told - once}, not {once - told}")
    check(not operator.wrong, f"the same call with other contents: {operator.wrong[:1]}")
    repeated = sum(n > 1 for n in operator.said.values())
    sessions = site.sessions()
    check(under_way > 0 and sessions > DEVICES and repeated > 0, f"nothing was broken off: {under_way}, {sessions}")
    print(f"# seed {SEED}: {KILLS} kills, {under_way} of them with downloads under way; {DEVICES} downloads in {sessions} "
          f"sessions; {len(operator.calls)} calls to the operator, {repeated} of them repeated")


if __name__ == "__main__":
    tap.run()
