# SPDX-License-Identifier: Apache-2.0
"""A small world for programs that cannot be told a port or a name: the test runs itself again in namespaces of its
own, where port 443 is free, /etc/hosts is its own, and no other pcscd is running. And a card reader in it."""
import glob
import os
import shutil
import subprocess
import sys

from xk import Process, free_port, program

MARK = "XIEKA_LAB"
DRIVERS = glob.glob("/usr/lib/pcsc/**/libifdvpcd.so", recursive=True)
HAS_READER = bool(shutil.which("pcscd") and DRIVERS)


def can_enter():
    return os.geteuid() == 0 and subprocess.run(["unshare", "-n", "-m", "true"], capture_output=True,
                                                check=False).returncode == 0


def enter(folder, *hosts):
    """Comes back in the lab. The folder holds the hosts file while the lab lasts."""
    if os.environ.get(MARK) is None:
        os.environ[MARK] = "1"
        os.execvp("unshare", ["unshare", "-n", "-m", "--propagation", "private", sys.executable, *sys.argv])
    with open(f"{folder}/hosts", "w", encoding="ascii") as f:
        f.write("127.0.0.1 localhost " + " ".join(hosts) + "\n")
    os.makedirs("/run/pcscd", exist_ok=True)
    for words in (["ip", "link", "set", "lo", "up"], ["mount", "--bind", f"{folder}/hosts", "/etc/hosts"],
                  ["mount", "-t", "tmpfs", "none", "/run/pcscd"]):
        subprocess.run(words, check=True)


class Reader:
    """pcscd with one virtual reader, and the eUICC of a file in it."""

    def __init__(self, folder, memory):
        port, readers = free_port(), os.path.join(folder, "readers")
        os.mkdir(readers)
        with open(os.path.join(readers, "vpcd"), "w", encoding="ascii") as f:
            f.write(f'FRIENDLYNAME "Virtual PCD"\nDEVICENAME /dev/null:0x{port:X}\nLIBPATH {DRIVERS[0]}\n'
                    f"CHANNELID 0x{port:X}\n")
        self.daemon = Process(["pcscd", "-f", "-c", readers], os.path.join(folder, "pcscd.log"))
        self.card = Process([program("xieka-card"), "--euicc", "--nvm", memory, "--vpcd", f"127.0.0.1:{port}"],
                            os.path.join(folder, "card.log"))

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.card.stop()
        self.daemon.stop()
