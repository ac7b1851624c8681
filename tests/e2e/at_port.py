# SPDX-License-Identifier: Apache-2.0
"""The AT port of xieka-device as a program would open it."""
import os
import select
import termios
import time
import tty

WAIT_S = 10


class Port:
    """The AT port as a program would open it."""

    def __init__(self, path):
        self.fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self.fd, termios.TCSANOW)
        self.seen = b""

    def until(self, *ends):
        """Reads until one of the ends has been seen; gives all of it."""
        limit = time.monotonic() + WAIT_S
        while not any(end in self.seen for end in ends):
            left = limit - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                return "timeout: " + repr(self.seen)
            self.seen += os.read(self.fd, 4096)
        text, self.seen = self.seen, b""
        return text.decode("ascii", "replace")

    def at(self, text, *ends):
        os.write(self.fd, text.encode())
        return self.until(*(ends or (b"\r\nOK\r\n", b"ERROR")))

    def close(self):
        os.close(self.fd)
