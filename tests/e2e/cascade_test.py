#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Three daemons: an SM-DP+ tells its alternative SM-DS of an order, that one tells the root SM-DS, and a card that
knows the root alone finds its profile (SGP.22 3.6, ES12, ES15)."""
import json
import os
import signal
import subprocess

from dp_site import DS, DS_HOST, FIRST_EID, HOST, Site, make_card, make_pki, package
from xk import Folder, Platform, Tap, check, free_port, program, wait_for

tap = Tap()
ALT_HOST = "ds.operator.example"
AT_ROOT = [(ALT_HOST, DS_HOST)]  # the root says where to ask next
ICCID = "8986001234567890123{}"


class Server(Platform):
    """An SM-DS in a folder of its own."""

    def __init__(self, folder, pki, host, certs, root=None):
        os.makedirs(folder)
        super().__init__(folder)
        self.host, self.rsp_port, self.es12_port = host, free_port(), free_port()
        self.conf = os.path.join(folder, "ds.conf")
        conf = DS.format(host=host, port=self.rsp_port, es12_port=self.es12_port, pki=pki, kind="NIST")
        conf = conf.replace(f"{pki}/CERT_S_SM_DS", f"{certs}/CERT_S_SM_DS").replace(f"{pki}/SK_S_SM_DS",
                                                                                   f"{certs}/SK_S_SM_DS")
        # as a client at the root it shows what it shows as a server
        for part in ("CERT", "SK"):
            conf = conf.replace(f"{pki}/{part}_S_SM_DP_TLS", f"{certs}/{part}_S_SM_DS_TLS")
        conf = conf.replace(f"{host}:443:127.0.0.1", f"{root.host if root else host}:443:127.0.0.1")
        if root:
            conf = conf.replace(f":{self.es12_port}\"\n", f":{root.es12_port}\"\n", 1)
            conf = conf.replace(f'smds "{host}" {{\n', f'smds "{host}" {{\n  root = "{root.host}"\n')
        with open(self.conf, "w", encoding="utf-8") as f:
            f.write(conf)

    def argv(self, *more):
        return [program("xiekad"), "-c", self.conf, *super().argv(*more)[1:]]


class Net:
    """The three of them, and a card."""

    def __init__(self, name, root_up=True):
        self.folder, self.root_up, self.up = Folder(name), root_up, []

    def __enter__(self):
        path = self.folder.__enter__()
        self.pki = os.path.join(path, "pki")
        make_pki(self.pki, 1)
        subprocess.run([program("xieka"), "pki", "ds", self.pki, "--fqdn", ALT_HOST, "--oid", "2.999.16", "--curve",
                        "nist"], check=True, capture_output=True)
        self.root = Server(f"{path}/root", self.pki, DS_HOST, self.pki)
        self.alt = Server(f"{path}/alt", self.pki, ALT_HOST, f"{self.pki}/ds/{ALT_HOST}", self.root)
        self.dp = Site(path)
        with open(self.dp.conf, "a", encoding="utf-8") as f:
            for name, what in (("client_cert", "CERT_S_SM_DP_TLS"), ("client_key", "SK_S_SM_DP_TLS"),
                               ("client_ca", "CERT_CI_ECDSA")):
                f.write(f'rsp_{name} = "{self.pki}/{what}_NIST.pem"\n')
            f.write(f'rsp_connect_to = "{ALT_HOST}:443:127.0.0.1:{self.alt.es12_port}"\n')
        for server in (self.root, self.alt, self.dp):
            if server is not self.root or self.root_up:
                self.begin(server)
        self.client = self.dp.client()
        self.memory = f"{path}/card"
        make_card(self.memory, self.pki, FIRST_EID, "--root-ds", DS_HOST)
        return self

    def begin(self, server):
        server.__enter__()
        self.up.append(server)

    def __exit__(self, kind, value, trace):
        try:
            for server in reversed(self.up):
                server.__exit__(kind, value, trace)
        finally:
            self.folder.__exit__(kind, value, trace)

    def lpa(self, *words):
        """Status and answer."""
        way = ",".join(f"{host}=127.0.0.1:{port}" for host, port in
                       ((HOST, self.dp.dp_port), (ALT_HOST, self.alt.rsp_port), (DS_HOST, self.root.rsp_port)))
        done = subprocess.run([program("xieka"), "lpa", *words, "--json", "--card", self.memory, "--ca",
                               f"{self.pki}/CERT_CI_ECDSA_NIST.pem", "--resolve", way],
                              capture_output=True, text=True, timeout=60)
        return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr

    def found(self, *more):
        """What waits for the card: where it is, and which SM-DS said so."""
        code, said = self.lpa("discover", *more)
        check(code in (0, 3), str(said))
        return [(f["address"], f["smds"]) for f in said.get("found", [])]

    def order(self, n):
        iccid = self.client.call("POST", "/dp/profile", {"smdp": HOST, "name": "Test"},
                                 package(ICCID.format(n)))["iccid"]
        self.client.call("POST", "/dp/order", body={"iccid": iccid, "eid": FIRST_EID, "smdsAddress": ALT_HOST})
        return iccid

    def show(self, iccid):
        return self.client.call("GET", f"/dp/profile/{iccid}")


@tap.case
def a_profile_is_found_through_the_root():
    with Net("cascade") as net:
        iccid = net.order(0)
        wait_for("the event at the root", lambda: net.found() == AT_ROOT)
        check(net.found("--smds", ALT_HOST) == [(HOST, ALT_HOST)], "not at the alternative SM-DS")
        code, said = net.lpa("download", "--discover")
        check(code == 0 and said["iccid"] == iccid, str(said))
        check(net.show(iccid)["state"] == "INSTALLED", str(net.show(iccid)))
        wait_for("no event at the root", lambda: net.found() == [])
        check(net.found("--smds", ALT_HOST) == [], "still at the alternative SM-DS")


@tap.case
def the_root_is_away():
    """What it should hear waits, over the death of who has to tell it."""
    with Net("cascade-away", root_up=False) as net:
        iccid = net.order(1)
        wait_for("the event at the alternative SM-DS", lambda: net.found("--smds", ALT_HOST) == [(HOST, ALT_HOST)])
        net.alt.stop(signal.SIGKILL)
        net.alt.start()
        net.begin(net.root)
        wait_for("the event at the root", lambda: net.found() == AT_ROOT)
        code, said = net.lpa("download", "--discover")
        check(code == 0 and said["iccid"] == iccid, str(said))


@tap.case
def an_order_taken_back():
    with Net("cascade-back") as net:
        first, second = net.order(2), net.order(3)
        wait_for("both events", lambda: net.found() == AT_ROOT * 2)
        taken = net.client.call("POST", "/dp/cancel", body={"iccid": first})
        check(taken["iccid"] == first and taken["state"] == "AVAILABLE", str(taken))
        wait_for("one event", lambda: net.found() == AT_ROOT)
        code, said = net.lpa("download", "--discover")
        check(code == 0 and said["iccid"] == second, str(said))


tap.run()
