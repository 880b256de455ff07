# SPDX-License-Identifier: Apache-2.0
"""fstrackerd for a test: a daemon of the test's own, with its own socket, store, key and BPF file system; clients of it that
speak plain Varlink, as whatever user; steps that wait to be tracked.

    with Service(runs=8) as service:
        step = Step(["python3", "train.py"], uid=20001)
        run = service.start_run(step)
        step.go()
        outcome = service.call("FinishRun", {"run": run}, uid=20001)["outcome"]

Ordinary users are numbers of nobody's, in GROUP, whose members may use the socket."""

import contextlib
import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from harness import BACKEND, DEADLINE, SOURCE, TRACK, Failure, Skip, check, environment, wait_until

DAEMON = str(Path(TRACK).parent / "fstrackerd")
GROUP, GROUP_NAME = 65534, "nogroup"
CONTROL = "org.fstracker.Control"
GATED = ["/bin/sh", "-c", 'read -r _ && exec "$@"', "gate"]  # executes what follows once it has been told a line
MOST_AT_ONCE = 253  # descriptors in one sendmsg(2)

libc = ctypes.CDLL(None, use_errno=True)
SYS_FSOPEN, SYS_FSCONFIG, SYS_FSMOUNT = 430, 431, 432  # the same on every architecture
FSOPEN_CLOEXEC, FSMOUNT_CLOEXEC, FSCONFIG_CREATE = 1, 1, 6


def system_call(number, *arguments):
    result = libc.syscall(number, *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


class BpfFileSystem:
    """Mounted nowhere: it is there as long as this process has it open, and leaves nothing behind however a test ends."""

    def __init__(self):
        kind = system_call(SYS_FSOPEN, b"bpf", FSOPEN_CLOEXEC)
        try:
            system_call(SYS_FSCONFIG, kind, FSCONFIG_CREATE, None, None, 0)
            self.descriptor = system_call(SYS_FSMOUNT, kind, FSMOUNT_CLOEXEC, 0)
        finally:
            os.close(kind)
        self.path = Path(f"/proc/{os.getpid()}/fd/{self.descriptor}")

    def close(self):
        os.close(self.descriptor)


@contextlib.contextmanager
def as_user(uid):
    """Whoever connects or opens in here is that user. All threads of this process are."""
    if uid == 0:
        yield
        return
    groups = os.getgroups()
    os.setgroups([])
    os.setegid(GROUP)
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)


class Refusal(Exception):
    """An error that the service answered: its short name and its parameters."""

    def __init__(self, error, parameters):
        super().__init__(f"{error} {parameters}")
        self.name, self.parameters = error.rpartition(".")[2], parameters


class Closed(Exception):
    """The service has closed the connection."""


def call_text(method, parameters=None, **more):
    method = method if "." in method else f"{CONTROL}.{method}"
    return json.dumps({"method": method, "parameters": parameters or {}, **more}).encode() + b"\0"


class Connection:
    """One client. What comes is bytes until it is asked for messages."""

    def __init__(self, path, uid=0, timeout=DEADLINE):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        self.uid, self.bytes, self.descriptors = uid, b"", []
        with as_user(uid):
            self.socket.connect(str(path))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()
        for descriptor in self.descriptors:
            os.close(descriptor)
        self.descriptors = []

    def send(self, data, descriptors=()):
        """All of it, the descriptors with its first bytes."""
        sent = socket.send_fds(self.socket, [data], list(descriptors)) if descriptors else 0
        self.socket.sendall(data[sent:])

    def receive(self):
        """One message, as it is; Closed when there is none any more."""
        while b"\0" not in self.bytes:
            try:
                data, descriptors, _, _ = socket.recv_fds(self.socket, 1 << 16, MOST_AT_ONCE)
            except ConnectionError:
                data, descriptors = b"", []
            except TimeoutError:
                raise Failure(f"no answer and no end after {self.socket.gettimeout()} s") from None
            self.descriptors += descriptors
            if not data:
                raise Closed(f"after {self.bytes[:200]!r}")
            self.bytes += data
        message, _, self.bytes = self.bytes.partition(b"\0")
        return json.loads(message)

    def reply(self):
        """The parameters of the next reply."""
        message = self.receive()
        if "error" in message:
            raise Refusal(message["error"], message.get("parameters", {}))
        return message.get("parameters", {})

    def call(self, method, parameters=None, descriptors=(), **more):
        self.send(call_text(method, parameters, **more), descriptors)
        return self.reply()

    def is_closed(self):
        """Whether nothing comes any more; waits for that as long as any call would."""
        try:
            while True:
                self.receive()
        except Closed:
            return True
        except Failure:
            return False


class Step:
    """A command of a user that waits to be let go. It is this process's child; its input is a pipe from here."""

    def __init__(self, command, uid=0, **options):
        self.uid = uid
        self.command = [os.fspath(word) for word in command]
        if uid:
            options |= {"user": uid, "group": GROUP, "extra_groups": []}
        options.setdefault("stdout", subprocess.DEVNULL)
        options.setdefault("cwd", "/")
        self.process = subprocess.Popen(GATED + self.command, stdin=subprocess.PIPE, env=environment(), **options)
        self.pidfd = os.pidfd_open(self.process.pid)

    def go(self):
        self.process.stdin.write(b"go\n")
        self.process.stdin.flush()

    def tell(self, line):
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def wait(self):
        """Its input ends, and then it."""
        self.process.stdin.close()
        return self.process.wait(DEADLINE)

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        if self.pidfd >= 0:
            os.close(self.pidfd)
            self.pidfd = -1

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()


class Service:
    """`configuration` is written into fstrackerd.yaml over what a test needs; `limits` of it are keys of their own."""

    LIMITS = ("runs", "runs_of_user", "project_bytes")

    def __init__(self, scratch=None, **configuration):
        if os.geteuid() != 0:
            raise Skip("the service needs root")
        if not os.access(DAEMON, os.X_OK):
            raise Failure(f"{DAEMON} was not built")
        # Where other users may enter, since they have to reach the socket.
        self.folder = Path(scratch or tempfile.mkdtemp(prefix="fstracker-service.", dir="/tmp"))
        self.folder.chmod(0o755)
        self.bpf = BpfFileSystem()
        self.process = None
        self.socket = self.folder / "run/control.sock"
        self.store, self.cache = self.folder / "state/runs", self.folder / "cache"
        self.key = self.folder / "state/key.pem"
        self.pins = self.bpf.path / "fstracker"
        self.log = self.folder / "log"
        self.configuration = self.folder / "fstrackerd.yaml"
        self.configure(**configuration)

    def configure(self, **configuration):
        limits = {key: configuration.pop(key) for key in self.LIMITS if key in configuration}
        settings = {"socket": self.socket, "group": GROUP_NAME, "store": self.store, "cache": self.cache, "key": self.key,
                    "rules": SOURCE / "rules", "pins": self.pins, "backend": BACKEND or "auto", **configuration}
        lines = [f"{key}: {value}" for key, value in settings.items()]
        if limits:
            lines += ["limits:", *(f"  {key}: {value}" for key, value in limits.items())]
        self.configuration.write_text("\n".join(lines) + "\n")

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.kill()
        self.bpf.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, wait=True, **options):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([DAEMON, "--config", self.configuration], stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, env=environment(), cwd="/", **options)
        if wait:
            wait_until(self.answers, "fstrackerd answers", deadline=2 * DEADLINE)

    def answers(self):
        if self.process.poll() is not None:
            raise Failure(f"fstrackerd ended with {self.process.returncode}: {self.said()[-2000:]}")
        try:
            return self.call("GetStatus")
        except (OSError, Closed):
            return None

    def stop(self):
        """As a service manager stops it."""
        self.process.terminate()
        status = self.process.wait(DEADLINE)
        self.process = None
        return status

    def kill(self):
        """As nobody should; its workers end with it."""
        if self.process is None:
            return
        workers = self.children()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process = None
        wait_until(lambda: not any(is_alive(pid) for pid in workers), "the workers end with the service")

    def said(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def connect(self, uid=0, timeout=DEADLINE):
        return Connection(self.socket, uid, timeout)

    def call(self, method, parameters=None, *, uid=0, descriptors=(), **more):
        with self.connect(uid) as client:
            return client.call(method, parameters, descriptors, **more)

    def start_run(self, step, /, *, connection=None, files=(), descriptors=(), **parameters):
        """Its id. `descriptors` come after the step's."""
        asked = {"command": [word.replace("%", "%25") for word in step.command], "pipeline": "test", "step": "step", "process": 0, **parameters}
        if files:
            asked["files"] = list(files)
        given = [step.pidfd, *descriptors]
        if connection:
            return connection.call("StartRun", asked, given)["run"]
        return self.call("StartRun", asked, uid=step.uid, descriptors=given)["run"]

    def finish(self, run, uid=0):
        return self.call("FinishRun", {"run": run}, uid=uid)["outcome"]

    def directory(self, run):
        return self.store / run

    # What is there of it, to be compared before and after.

    def children(self):
        return children_of(self.process.pid)

    def descriptors(self):
        """Of the broker: what each one is, numbers left out of it."""
        found = []
        for entry in Path(f"/proc/{self.process.pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                found.append(os.readlink(entry).partition(":[")[0])
        return sorted(found)

    def pinned_runs(self):
        return sorted(str(p.relative_to(self.pins)) for p in self.pins.glob("*/run:*")) if self.pins.exists() else []

    def memory(self):
        """Resident bytes of the broker."""
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def footprint(self):
        return {"descriptors": self.descriptors(), "children": len(self.children()), "pins": self.pinned_runs(),
                "in the making": sorted(p.name for p in self.store.glob(".*.partial"))}


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] not in (b"Z", b"X")
    except OSError:
        return False


def children_of(parent):
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_bytes().rpartition(b")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found.append(int(entry.parent.name))
    return found
