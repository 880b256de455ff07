# SPDX-License-Identifier: Apache-2.0
"""Programs that are talked to as a person does."""

import os
import pty
import re
import select
import signal
import time

from harness import DEADLINE, Failure, wait_until


class Terminal:
    """An interactive program under a pseudo-terminal of its own."""

    def __init__(self, command, env, cwd=None):
        self.seen = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                os.chdir(cwd or ".")
                os.execvpe(command[0], command, env)
            finally:
                os._exit(127)

    def send(self, text):
        os.write(self.fd, text)

    def expect(self, pattern, what):
        """Waits until the pattern is in what was printed since the last match."""
        end = time.monotonic() + DEADLINE
        while not (match := re.search(pattern, self.seen)):
            ready, _, _ = select.select([self.fd], [], [], max(0, end - time.monotonic()))
            try:
                got = os.read(self.fd, 4096) if ready else b""
            except OSError:
                got = b""
            if not got:
                raise Failure(f"{what}: {pattern!r} did not come; the terminal shows {self.seen[-1500:]!r}")
            self.seen += got
        self.seen = self.seen[match.end():]
        return match

    def ended(self):
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        if pid:
            self.pid, self.status = None, status
        return bool(pid)

    def wait(self):
        wait_until(self.ended, "the terminal's program ends")
        return os.waitstatus_to_exitcode(self.status)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.fd)  # hangs up
        if self.pid is not None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
