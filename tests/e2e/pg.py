# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL server of one's own, in a temporary folder, on a socket only; None where there is none."""
import glob
import os
import pwd
import shutil
import signal
import subprocess
import tempfile

from xk import wait_for


class Postgres:
    def __init__(self):
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))
        self.bin = os.path.dirname(found[-1]) if found else None
        self.server = self.dir = None
        self.identity = {}

    def start(self):
        """False: there is none on this machine, or no user it would run as (it refuses to be root)."""
        if not self.bin:
            return False
        self.dir = tempfile.mkdtemp(prefix="xk-pg-")
        if os.geteuid() == 0:
            try:
                user = pwd.getpwnam("postgres")
            except KeyError:
                return False
            os.chown(self.dir, user.pw_uid, user.pw_gid)
            self.identity = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        self._run("initdb", "-D", self.dir + "/data", "-U", "xieka", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        self.server = subprocess.Popen([f"{self.bin}/postgres", "-D", self.dir + "/data", "-k", self.dir,
                                        "-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=10"],
                                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                       cwd=self.dir, **self.identity)
        wait_for("PostgreSQL", lambda: subprocess.run(
            [f"{self.bin}/pg_isready", "-q", "-h", self.dir, "-d", "postgres"], check=False).returncode == 0, pause=0.1)
        return True

    def _run(self, name, *arguments):
        subprocess.run([f"{self.bin}/{name}", *arguments], check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, cwd=self.dir, **self.identity)

    @property
    def database(self):
        return f"postgresql:host={self.dir} user=xieka dbname=postgres"

    def stop(self):
        if self.server:
            self.server.send_signal(signal.SIGQUIT)
            self.server.wait()
        if self.dir:
            shutil.rmtree(self.dir, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
