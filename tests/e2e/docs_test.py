#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/consumer-rsp.md as a new user reads it: its commands run as they are written. Only ports are others, the
platform is waited for, and the activation code stands where the page has dots."""
import os
import re
import subprocess

from dp_site import package
from metadata_test import png
from xk import Folder, Tap, check, free_port

tap = Tap()
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
PAGE = os.path.join(ROOT, "docs", "consumer-rsp.md")
CHANGES = (
    (r"~/xieka/build", "$XT_BUILD"),
    (r"xiekad -c xiekad.conf 2>log &", "xiekad -c xiekad.conf --port-file ready 2>log & trap 'kill $!; wait' EXIT\n"
     "until [ -s ready ]; do sleep 0.05; kill -0 $!; done"),
    (r"^  code .*\n", ""),
    (r"(xieka dp order --type m2m)", r"""\1 | tee order; code=$(sed -n "s/.*'\\(LPA.*\\)'.*/\\1/p" order)"""),
    (r"'LPA:1\$testsmdpplus1.example.com\$\.\.\.'", '"$code"'),
)


def blocks(text, first, last):
    """The code blocks from one heading to another."""
    part = text[text.index(f"\n## {first}\n"):text.index(f"\n## {last}\n")]
    return re.findall(r"^```\n(.*?)^```$", part, re.MULTILINE | re.DOTALL)


def script(text):
    lines = []
    for block in blocks(text, "On one machine", "Profiles as text"):
        is_file = block.startswith("data_dir")
        lines.append(f"cat >xiekad.conf <<'END'\n{block}END\n" if is_file else block)
    out = "".join(lines)
    for was, now in CHANGES:
        check(re.search(was, out, re.MULTILINE), f"not on the page any more: {was}")
        out = re.sub(was, now if "\\1" in now else now.replace("\\", "\\\\"), out, flags=re.MULTILINE)
    dp, rest = free_port(), free_port()
    return out.replace("4443", str(dp)).replace("8443", str(rest)).replace('data_dir = "data"',
                                                                          f'data_dir = "data"\nport = {rest}')


@tap.case
def consumer_rsp_on_one_machine():
    with open(PAGE, encoding="utf-8") as f:
        commands = script(f.read())
    check(commands.count("xieka lpa") == 3 and "xieka dp prepare" in commands, commands)
    with Folder("docs") as folder:
        for name, data in (("other.der", package("89860012345678901230")), ("icon.png", png(64))):
            with open(f"{folder}/{name}", "wb") as f:
                f.write(data)
        env = {**os.environ, "XIEKA_CONFIG": f"{folder}/config", "LC_ALL": "C.UTF-8"}
        done = subprocess.run(["sh", "-ex"], input=commands, cwd=folder, env=env, capture_output=True, text=True,
                              timeout=120, check=False)
        check(done.returncode == 0, f"{done.returncode}: {done.stdout[-2000:]}\n{done.stderr[-3000:]}")
        check(re.search(r"89999710001000000006 +enabled", done.stdout), done.stdout)


if __name__ == "__main__":
    tap.run()
