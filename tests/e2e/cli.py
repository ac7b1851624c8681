# SPDX-License-Identifier: Apache-2.0
"""The operator's command line, as a user runs it."""
import json
import os
import subprocess

from xk import check, program

DONE = 0


class Xieka:
    """xieka with a profile of its own in a folder."""

    def __init__(self, folder, platform):
        self.config = os.path.join(folder, "profile", "config")
        self.secret = os.path.join(folder, "app.secret")
        self.url, self.ca = f"https://127.0.0.1:{platform.port}", platform.ca
        self.write_private(self.secret, platform.secret)
        self.env = {**os.environ, "XIEKA_CONFIG": self.config, "LC_ALL": "C.UTF-8"}

    @staticmethod
    def write_private(path, text, mode=0o600):
        with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(path, mode)

    def run(self, *words, stdin=""):
        done = subprocess.run([program("xieka"), *words], env=self.env, input=stdin, capture_output=True,
                              text=True, timeout=90, check=False)
        return done.returncode, done.stdout, done.stderr

    def expect(self, code, *words, says="", stdin=""):
        got, out, err = self.run(*words, stdin=stdin)
        check(got == code, f"{words}: exit status {got}, not {code}: {out} {err}")
        check(says in out + err, f"{words}: '{says}' was not said: {out} {err}")
        return out

    def json(self, *words):
        return json.loads(self.expect(DONE, *words, "--json"))

    def login(self):
        self.expect(DONE, "login", "--url", self.url, "--ca", self.ca, "--app", "test", "--secret-file", self.secret)
        return self
