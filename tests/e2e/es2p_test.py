#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An operator at the SM-DP+ by ES2+ (SGP.22 5.3) with mutual TLS: orders, confirms, releases, takes back; cards
download; the operator hears of it, also when it was away. Who else calls is refused, each in the right way."""
import hashlib
import http.client
import itertools
import json
import os
import ssl
import subprocess

from dp_site import FIRST_EID, HOST, make_card, make_pki, package
from kill_rsp_test import ENABLED, INSTALLED, OPERATOR, PATH, Operator, OperatorsSite
from xk import Folder, Tap, check, free_port, program, wait_for

tap = Tap()
ICCID = "8986001234567890123{}"
OTHER_EID = "89049032123451234512345678901332"
calls = itertools.count(1)


def context(pki, name):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    c.check_hostname = False  # the port is on the loopback; whose it is says the certificate
    c.load_verify_locations(f"{pki}/CERT_CI_ECDSA_NIST.pem")
    if name:
        c.load_cert_chain(f"{pki}/CERT_{name}_TLS_NIST.pem", f"{pki}/SK_{name}_TLS_NIST.pem")
    return c


class Es2p:
    """The operator's own system."""

    def __init__(self, site, name="OP"):
        self.site, self.context = site, context(site.pki, name)

    def post(self, function, body, call=None):
        """HTTP status, answer."""
        header = {"functionRequesterIdentifier": "2.999.30", "functionCallIdentifier": call or f"call-{next(calls)}"}
        c = http.client.HTTPSConnection("127.0.0.1", self.site.es2p_port, context=self.context, timeout=30)
        try:
            c.request("POST", PATH + function, json.dumps({"header": header, **body}),
                      {"Content-Type": "application/json", "X-Admin-Protocol": "gsma/rsp/v2.2.0"})
            r = c.getresponse()
            return r.status, json.loads(r.read() or b"null")
        finally:
            c.close()

    def ok(self, function, **body):
        status, said = self.post(function, body)
        check(status == 200 and said["header"]["functionExecutionStatus"]["status"] == "Executed-Success",
              f"{function} {body}: {status} {said}")
        return said

    def refused(self, codes, function, **body):
        status, said = self.post(function, body)
        execution = said["header"]["functionExecutionStatus"]
        data = execution.get("statusCodeData", {})
        check(status == 200 and execution["status"] == "Failed" and
              (data["subjectCode"], data["reasonCode"]) == codes, f"{function} {body}: {status} {said}")


class World:
    """An SM-DP+ with ES2+, its operator's two sides, a card."""

    def __init__(self, name):
        self.folder, self.lost = Folder(name), False

    def __enter__(self):
        path = self.folder.__enter__()
        self.pki = os.path.join(path, "pki")
        make_pki(self.pki, 2)
        self.hears = Operator(self.pki, lambda: self.lost)
        self.site = OperatorsSite(path, self.hears)
        self.site.es2p_port = free_port()
        self.site.options += ["es2p_listen=127.0.0.1", f"es2p_port={self.site.es2p_port}",
                              f"es2p_cert={self.pki}/CERT_S_SM_DP_TLS_NIST.pem",
                              f"es2p_key={self.pki}/SK_S_SM_DP_TLS_NIST.pem",
                              f"es2p_client_ca={self.pki}/CERT_CI_ECDSA_NIST.pem"]
        self.site.__enter__()
        self.client = self.site.client()
        with open(f"{self.pki}/CERT_OP_TLS_NIST.der", "rb") as f:
            certificate = hashlib.sha256(f.read()).hexdigest()
        self.client.call("POST", "/dp/operator", body={
            "operatorId": "op", "callbackUrl": f"https://{OPERATOR}:{self.hears.port}", "certificate": certificate})
        self.operator = Es2p(self.site)
        return self

    def __exit__(self, kind, value, trace):
        try:
            self.site.__exit__(kind, value, trace)
            self.hears.stop()
        finally:
            self.folder.__exit__(kind, value, trace)

    def stock(self, n, owner="op"):
        return self.client.call("POST", "/dp/profile", {"smdp": HOST, "name": "Test", "owner": owner, "type": "iot"},
                                package(ICCID.format(n)))["iccid"]

    def state(self, iccid):
        return self.client.call("GET", f"/dp/profile/{iccid}")["state"]

    def card(self, eid=FIRST_EID):
        memory = os.path.join(self.folder.path, eid)
        make_card(memory, self.pki, eid)

        def lpa(*words, status=0):
            done = subprocess.run([program("xieka"), "lpa", *words, "--json", "--card", memory, "--ca",
                                   f"{self.pki}/CERT_CI_ECDSA_NIST.pem", "--resolve",
                                   f"{HOST}=127.0.0.1:{self.site.dp_port}"], capture_output=True, text=True, timeout=60)
            check(done.returncode == status, f"{words}: {done.returncode} {done.stdout} {done.stderr}")
            return json.loads(done.stdout)
        return lpa


@tap.case
def from_order_to_use():
    with World("es2p") as w:
        op, iccid = w.operator, w.stock(0)
        check(op.ok("downloadOrder", profileType="iot")["iccid"] == iccid, "another profile")
        check(w.state(iccid) == "ALLOCATED", w.state(iccid))
        said = op.ok("confirmOrder", iccid=iccid, matchingId="SHOP-1", confirmationCode="2468", releaseFlag=False)
        check(said["matchingId"] == "SHOP-1" and said.get("smdpAddress", HOST) == HOST, str(said))
        check(w.state(iccid) == "CONFIRMED", w.state(iccid))
        lpa, code = w.card(), f"LPA:1${HOST}$SHOP-1$$1"
        lpa("download", code, "--code", "2468", status=3)  # not released
        op.ok("releaseProfile", iccid=iccid)
        check(w.state(iccid) == "RELEASED", w.state(iccid))
        check(lpa("download", code, "--code", "2468")["iccid"] == iccid, "another profile")
        lpa("enable", iccid)
        wait_for("the operator to be told", lambda: w.hears.told(INSTALLED)[iccid] and w.hears.told(ENABLED)[iccid])
        points = [b["notificationPointId"] for p, b in w.hears.calls.values() if p.endswith("handleDownloadProgressInfo")]
        check(points == sorted(set(points)), f"out of order, or twice: {points}")


@tap.case
def the_same_call_again():
    """Its answer may have been lost: it is answered as the first time, and nothing is done twice."""
    with World("es2p-again") as w:
        first, second = w.stock(1), w.stock(2)
        said = [w.operator.post("downloadOrder", {"profileType": "iot"}, "order-1") for _ in range(2)]
        check(said[0] == said[1] and said[0][1]["iccid"] in (first, second), str(said))
        check(sorted((w.state(first), w.state(second))) == ["ALLOCATED", "AVAILABLE"], "two profiles are gone")


@tap.case
def bound_to_an_eid():
    with World("es2p-eid") as w:
        op, iccid = w.operator, w.stock(3)
        op.ok("downloadOrder", eid=FIRST_EID, iccid=iccid)
        check(w.state(iccid) == "LINKED", w.state(iccid))
        op.refused(("8.1.1", "3.10"), "confirmOrder", iccid=iccid, eid=OTHER_EID, releaseFlag=True)
        said = op.ok("confirmOrder", iccid=iccid, eid=FIRST_EID, releaseFlag=True)
        w.card(OTHER_EID)("download", f"LPA:1${HOST}${said['matchingId']}", status=3)
        check(w.state(iccid) == "RELEASED", w.state(iccid))
        op.refused(("8.1.1", "2.2"), "cancelOrder", iccid=iccid, finalProfileStatusIndicator="Available")
        op.ok("cancelOrder", iccid=iccid, eid=FIRST_EID, matchingId=said["matchingId"],
              finalProfileStatusIndicator="Available")
        check(w.state(iccid) == "AVAILABLE", w.state(iccid))
        op.ok("downloadOrder", iccid=iccid)
        op.ok("cancelOrder", iccid=iccid, finalProfileStatusIndicator="Unavailable")
        check(w.state(iccid) == "UNAVAILABLE", w.state(iccid))


@tap.case
def what_is_refused():
    with World("es2p-no") as w:
        op, mine, theirs = w.operator, w.stock(4), w.stock(5, owner="somebody")
        op.refused(("8.2.1", "3.9"), "downloadOrder", iccid=ICCID.format(9))
        op.refused(("8.2.1", "1.2"), "downloadOrder", iccid=theirs)
        op.refused(("8.2.5", "3.9"), "downloadOrder", profileType="none")
        op.refused(("8.2.1", "3.10"), "confirmOrder", iccid=mine, releaseFlag=True)
        op.refused(("8.2.1", "1.2"), "confirmOrder", iccid=theirs, releaseFlag=True)
        op.refused(("8.2.1", "3.5"), "releaseProfile", iccid=mine)
        op.refused(("8.2.1", "3.9"), "releaseProfile", iccid=ICCID.format(9))
        op.refused(("8.2.1", "3.9"), "cancelOrder", iccid=ICCID.format(9), finalProfileStatusIndicator="Available")
        op.ok("downloadOrder", iccid=mine)
        op.refused(("8.2.1", "3.3"), "downloadOrder", iccid=mine)
        op.refused(("8.2.5", "3.7"), "downloadOrder", profileType="iot")
        op.refused(("1.6", "2.2"), "confirmOrder", iccid=mine)
        op.ok("confirmOrder", iccid=mine, matchingId="ONE", releaseFlag=True)
        op.refused(("8.2.6", "3.10"), "cancelOrder", iccid=mine, matchingId="TWO",
                   finalProfileStatusIndicator="Available")
        again = w.stock(6)
        op.ok("downloadOrder", iccid=again)
        op.refused(("8.2.6", "3.3"), "confirmOrder", iccid=again, matchingId="ONE", releaseFlag=True)
        check(w.state(theirs) == "AVAILABLE", "another operator's profile moved")


@tap.case
def strangers():
    with World("es2p-who") as w:
        iccid = w.stock(7)
        status, _ = Es2p(w.site, "EIM").post("downloadOrder", {"iccid": iccid})
        check(status == 403, f"a certificate of no operator: {status}")
        try:
            Es2p(w.site, None).post("downloadOrder", {"iccid": iccid})
            raise AssertionError("let in without a certificate")
        except (ssl.SSLError, ConnectionError, http.client.RemoteDisconnected):
            pass
        check(w.operator.post("noSuchFunction", {})[0] == 404, "no such function")
        check(w.state(iccid) == "AVAILABLE", w.state(iccid))


@tap.case
def an_operator_that_was_away():
    """What it should hear is kept, in its order, and said once it takes it."""
    with World("es2p-away") as w:
        iccid = w.stock(8)
        w.operator.ok("downloadOrder", iccid=iccid)
        w.operator.ok("confirmOrder", iccid=iccid, matchingId="LATE", releaseFlag=True)
        w.lost = True
        lpa = w.card()
        lpa("download", f"LPA:1${HOST}$LATE")
        wait_for("a first try", lambda: w.hears.said)
        check(len(w.hears.calls) == 1, f"said out of turn: {w.hears.calls}")
        w.lost = False
        wait_for("the operator to be told", lambda: w.hears.told(INSTALLED)[iccid])
        order = [b["notificationPointId"] for p, b in w.hears.calls.values() if p.endswith("handleDownloadProgressInfo")]
        check(order == sorted(order) and len(order) == len(set(order)), str(order))
        check(not w.hears.wrong, str(w.hears.wrong))


tap.run()
