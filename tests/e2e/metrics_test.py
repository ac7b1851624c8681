#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""GET /metrics as a Prometheus server reads it: the text format by its rules, figures that are what was done, nothing
for strangers."""
import re
import ssl
import urllib.error
import urllib.request

from dp_site import Site, make_pki
from xk import Folder, Platform, Tap, World, check, wait_for

tap = Tap()
TOKEN = "scrape"
NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
SAMPLE = re.compile(rf'({NAME})(?:\{{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*",?)+)\}})? (\S+)')


def scrape(platform, token=TOKEN, data=None):
    request = urllib.request.Request(f"https://127.0.0.1:{platform.port}/metrics", data,
                                     {"Authorization": f"Bearer {token}"} if token else {})
    with urllib.request.urlopen(request, context=ssl.create_default_context(cafile=platform.ca), timeout=10) as answer:
        return answer.headers["Content-Type"], answer.read().decode()


def refused(platform, *how):
    try:
        scrape(platform, *how)
    except urllib.error.HTTPError as error:
        return error.code
    return 200


def family(name, types):
    """The name that HELP and TYPE stand for."""
    for end in ("_bucket", "_sum", "_count"):
        if name.endswith(end) and types.get(name[:-len(end)]) == "histogram":
            return name[:-len(end)]
    return name


def read(text):
    """{(name, labels): value}; whatever is not in the format fails."""
    types, helps, samples, current = {}, set(), {}, None
    check(text.endswith("\n"), "no end of line at the end")
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            name = line.split(" ", 3)[2]
            check(name not in helps, f"two HELP of {name}")
            helps.add(name)
        elif line.startswith("# TYPE "):
            _, _, current, kind = line.split(" ")
            check(current not in types and kind in ("counter", "gauge", "histogram"), line)
            types[current] = kind
        else:
            m = SAMPLE.fullmatch(line)
            check(m, f"no sample: {line}")
            check(family(m[1], types) == current and current in helps, f"{line} is not under its head")
            check(types[current] != "counter" or m[1].endswith("_total"), f"{m[1]} is a counter")
            check((m[1], m[2]) not in samples, f"twice: {line}")
            samples[m[1], m[2]] = float(m[3])
    check_histograms(samples, [n for n, kind in types.items() if kind == "histogram"])
    return samples, types


def check_histograms(samples, names):
    for name in names:
        for (count_name, labels), count in samples.items():
            if count_name != name + "_count":
                continue
            buckets = [(float(re.search('le="([^"]+)"', l)[1]), v) for (n, l), v in samples.items()
                       if n == name + "_bucket" and l.startswith(labels + ",")]
            check(buckets == sorted(buckets) and buckets[-1] == (float("inf"), count), f"{name} {labels}: {buckets}")


def check_rising(before, after, types):
    for (name, labels), value in before.items():
        if types[family(name, types)] != "gauge":
            check(after.get((name, labels), -1) >= value, f"{name}{{{labels}}} fell")


@tap.case
def figures_are_what_was_done():
    with World(6, platform_options=[f"metrics_token={TOKEN}"]) as world:
        client = world.client()
        cards = world.prepare(client, spare=4)
        kind, text = scrape(world.platform)
        check(kind == "text/plain; version=0.0.4; charset=utf-8", kind)
        before, types = read(text)
        for n, card in enumerate(cards):
            client.call("POST", "/write/apply", body={"orderNo": f"m-{n}", "cid": card["cid"], "poolId": "main"})
        client.raw("POST", "/api/v1/write/apply", "", b'{"orderNo":"none","cid":"00000000000000000000","poolId":"main"}')
        client.raw("GET", "/api/v1/nothing")
        wait_for("the writes", lambda: client.call("GET", "/stat/quality")["success"] == 6)
        after, types = read(scrape(world.platform)[1])
        check_rising(before, after, types)

        def got(name, labels=None):
            return after.get((name, labels), 0) - before.get((name, labels), 0)

        apply = 'method="POST",route="/write/apply"'
        check(got("xieka_http_requests_total", apply + ',status="2xx"') == 6, "applications")
        check(got("xieka_http_requests_total", apply + ',status="4xx"') == 1, "a refusal")
        check(got("xieka_http_requests_total", 'method="GET",route="-",status="4xx"') == 1, "no such path")
        check(got("xieka_http_request_duration_seconds_count", apply) == 7, "times")
        check(got("xieka_tasks_ended", 'how="success"') == 6 and got("xieka_tasks_ended", 'how="refused"') == 1, "endings")
        check(after["xieka_numbers", 'pool="main",state="IN_USE"'] == 6, "numbers in use")
        check(after["xieka_numbers", 'pool="main",state="FREE"'] == 4, "free numbers")
        check(got("xieka_smpp_submitted_total") >= 12 and ("xieka_smpp_state", 'state="bound"') in after, "messages")
        check("xieka_exceptions_open" in types and after["xieka_exceptions_open", 'grade="L1",late="no"'] == 1, "exceptions")
        check(after["process_resident_memory_bytes", None] > 1e6 and after["process_open_fds", None] > 5, "the process")
        check(after["xieka_http_connections", None] >= 2 and after["process_cpu_seconds_total", None] > 0, "the process")


@tap.case
def doors_of_rsp_are_counted():
    with Folder("metrics") as folder:
        make_pki(f"{folder}/pki", 1)
        site = Site(folder)
        site.options.append(f"metrics_token={TOKEN}")
        with site:
            context = ssl._create_unverified_context()
            headers = {"Content-Type": "application/json", "X-Admin-Protocol": "gsma/rsp/v2.2.0"}
            request = urllib.request.Request(
                f"https://127.0.0.1:{site.dp_port}/gsma/rsp2/es9plus/initiateAuthentication", b"{}", headers)
            with urllib.request.urlopen(request, context=context, timeout=10):
                pass
            samples, _ = read(scrape(site)[1])
            check(samples["xieka_rsp_requests_total", 'door="lpa",status="2xx"'] == 1, str(samples))


@tap.case
def strangers_see_nothing():
    with Folder("metrics") as folder:
        platform = Platform(folder, [f"metrics_token={TOKEN}"])
        with platform:
            check(refused(platform, None) == 401 and refused(platform, "other") == 401, "no token")
            check(refused(platform, TOKEN, b"x") == 405, "POST")
    with Folder("metrics") as folder:
        with Platform(folder) as platform:
            check(refused(platform, "") == 404 and refused(platform) == 404, "there is no such path without a token")


if __name__ == "__main__":
    tap.run()
