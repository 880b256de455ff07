# SPDX-License-Identifier: Apache-2.0
"""What a hostile user says to the service in one message, and the error that it is answered with: CONVERSATIONS has each by its
name, as a function of the service."""

import fcntl
import os
import random
import socket
import subprocess

from harness import PYTHON, Failure, check, equal, read_line
from service import GROUP, Closed, Refusal, Step, call_text

QUIET, HOSTILE, OTHER = 20001, 20002, 20003  # users
CONVERSATIONS = {}
NULL = os.open("/dev/null", os.O_RDONLY)


def conversation(function):
    CONVERSATIONS[function.__name__] = function
    return function


def told(name, said, error, *, closes=False, descriptors=lambda: ()):
    """A conversation of one message, which is answered with that error."""

    def one(service):
        with service.connect(HOSTILE) as client:
            keep = list(descriptors())
            try:
                client.send(said, [d if isinstance(d, int) else d.fileno() for d in keep])
            except ConnectionError:
                check(closes, "the connection was closed")
            finally:
                for d in keep:
                    os.close(d) if isinstance(d, int) else d.close()
            with_error(client, error)
            if closes:
                check(client.is_closed(), "the connection stays open")
            else:
                client.call("GetStatus")

    CONVERSATIONS[name] = one


def malformed(name, said):
    told(name, said, "Malformed", closes=True)


def refused(name, method, parameters, error, descriptors=lambda: (), **more):
    told(f"{method}: {name}", call_text(method, parameters, **more), error, descriptors=descriptors)


def raw(text):
    return text.encode() + b"\0"


def with_error(client, name):
    try:
        reply = client.reply()
    except Refusal as refusal:
        return equal(refusal.name, name, "the error")
    except Closed:
        raise Failure(f"closed without {name}") from None
    raise Failure(f"it was answered: {str(reply)[:300]}")


# Messages that are no calls.
malformed("nothing but a NUL", b"\0")
malformed("ten thousand NULs", b"\0" * 10000)
malformed("no JSON", b"hello\0")
malformed("any bytes", bytes(b for b in random.Random(1).randbytes(5000) if b) + b"\0")
malformed("invalid UTF-8", b'{"method":"org.fstracker.Control.GetStatus\xff"}\0')
malformed("an overlong NUL", b'{"method":"org.fstracker.Control.GetRun","parameters":{"run":"\xc0\x80"}}\0')
malformed("UTF-16", call_text("GetStatus")[:-1].decode().encode("utf-16"))
malformed("a lone surrogate", raw(r'{"method":"org.fstracker.Control.GetRun","parameters":{"run":"\ud800"}}'))
malformed("an array", raw("[]"))
malformed("a number", raw("1"))
malformed("null", raw("null"))
malformed("a number that there is not", raw('{"method":"org.fstracker.Control.ListRuns","parameters":{"limit":1e999}}'))
malformed("arrays in arrays", raw('{"method":"x.y","parameters":' + "[" * 100000))
malformed("objects in objects", raw('{"a":' * 50000 + "1" + "}" * 50000))
malformed("more values than there may be", raw('{"method":"x.y","parameters":{"a":[' + "0," * 200000 + "0]}}"))
malformed("a key twice", raw('{"method":"a.b","method":"org.fstracker.Control.GetStatus"}'))
malformed("half an object", raw('{"method":"org.fstracker.Control.GetStatus"'))
malformed("something behind", raw('{"method":"org.fstracker.Control.GetStatus"} {}'))

# Calls that there are not.
told("no method", raw("{}"), "InvalidParameter")
told("a method that is a number", raw('{"method":1}'), "InvalidParameter")
told("a method of no interface", raw('{"method":"GetStatus"}'), "InvalidParameter")
told("an empty method", raw('{"method":"org.fstracker.Control."}'), "InvalidParameter")
told("another interface", raw('{"method":"org.example.Other.GetStatus"}'), "InterfaceNotFound")
told("another method", raw('{"method":"org.fstracker.Control.Shutdown"}'), "MethodNotFound")
told("parameters that are a list", raw('{"method":"org.fstracker.Control.GetStatus","parameters":[]}'), "InvalidParameter")
told("more that is a text", raw('{"method":"org.fstracker.Control.GetStatus","more":"yes"}'), "InvalidParameter")
told("more and oneway", raw('{"method":"org.fstracker.Control.GetStatus","more":true,"oneway":true}'), "InvalidParameter")
told("upgrade", raw('{"method":"org.fstracker.Control.GetStatus","upgrade":true}'), "InvalidParameter")
told("a member that there is not", raw('{"method":"org.fstracker.Control.GetStatus","user":0}'), "InvalidParameter")

# Parameters that are wrong.
refused("an unknown one", "GetStatus", {"all": True}, "InvalidParameter")
refused("an unknown one", "ListRuns", {"user": "root"}, "InvalidParameter")
for wrong in (1.5, -1, "1", True, [], {}, 2**64):
    refused(f"limit {wrong}", "ListRuns", {"limit": wrong}, "InvalidParameter")
malformed("a number of 400 digits", call_text("ListRuns", {"limit": 10**400}))
for wrong in ("yesterday", "", "2026-13-41T99:00:00Z", "\0", 5):
    refused(f"since {wrong!r}", "ListRuns", {"since": wrong}, "InvalidParameter")
for wrong in ("", "..", "../../etc", "/etc/shadow", "\0", "2" * 100000, "%00", "20261123T000000000Z-0000000000000000", "recovery"):
    for method in ("FinishRun", "AbortRun", "GetRun"):
        refused(f"run {wrong[:40]!r}", method, {"run": wrong}, "NoSuchRun")
for method in ("FinishRun", "AbortRun"):
    refused("latest, which is of GetRun", method, {"run": "latest"}, "NoSuchRun")
for method in ("FinishRun", "AbortRun", "GetRun"):
    refused("no run", method, {}, "InvalidParameter")
    refused("a list of runs", method, {"run": []}, "InvalidParameter")
refused("as an ordinary user", "Reload", {}, "PermissionDenied")
refused("without more", "Subscribe", {}, "ExpectedMore")


# StartRun, with parameters and descriptors that are wrong.
def start(**changed):
    parameters = {"command": ["x"], "pipeline": "p", "step": "s", "process": 0, **changed}
    return {key: value for key, value in parameters.items() if value is not None}


def not_started(name, parameters, error, descriptors=None):
    refused(name, "StartRun", parameters, error, descriptors or own_process)


the_service = None  # that is spoken to
CHILDREN = []  # that live as long as the test


def child_of(uid):
    step = Step(["/bin/true"], uid)
    CHILDREN.append(step)
    return step


def own_process():
    return [os.pidfd_open(child_of(HOSTILE).process.pid)]


def dead_process(reaped):
    step = Step(["/bin/true"], HOSTILE)
    descriptor = os.dup(step.pidfd)
    step.process.kill()
    if reaped:
        step.end()
    else:
        os.waitid(os.P_PID, step.process.pid, os.WEXITED | os.WNOWAIT)
        CHILDREN.append(step)
    return [descriptor]


def memory(content=b"pipeline: p\n", seals=0x2 | 0x4 | 0x8 | 0x1):
    descriptor = os.memfd_create("hostile", os.MFD_ALLOW_SEALING | os.MFD_CLOEXEC)
    os.write(descriptor, content)
    fcntl.fcntl(descriptor, 1033, seals)  # F_ADD_SEALS
    return descriptor


def with_memory(**options):
    return lambda: [*own_process(), memory(**options)]


def given(**changed):
    return {"path": "/p/.fstracker.yaml", "purpose": "project", "descriptor": 1, "offset": 0, "size": 12, **changed}


def opened(path, flags=os.O_RDONLY):
    return lambda: [os.open(path, flags)]


not_started("no descriptor", start(), "InvalidParameter", lambda: ())
not_started("a descriptor that did not come", start(process=1), "InvalidParameter")
not_started("a negative descriptor", start(process=-1), "InvalidParameter")
not_started("a descriptor of 2**40", start(process=2**40), "InvalidParameter")
for missing in ("command", "pipeline", "step", "process"):
    not_started(f"no {missing}", start(**{missing: None}), "InvalidParameter")
for name, wrong in (("command", "x"), ("command", [1]), ("command", [["x"]]), ("pipeline", 1), ("step", []), ("project", {}),
                    ("backend", 1), ("digest", 5), ("after", "x"), ("after", [1]), ("files", {}), ("files", ["x"]), ("process", "0"),
                    ("uid", 0), ("command", ["%0"])):
    not_started(f"{name} is {wrong!r}", start(**{name: wrong}), "InvalidParameter")
not_started("a pipeline's name of 500 KB", start(pipeline="p" * 500000), "InvalidParameter")
not_started("a step without a name", start(step=""), "InvalidParameter")
not_started("a pipeline with control characters", start(pipeline="p\n\x1b[2J"), "InvalidParameter")
not_started("no command", start(command=[]), "InvalidParameter")
not_started("a backend that there is not", start(backend="quantum"), "InvalidParameter")
not_started("a digest that there is not", start(digest="some"), "InvalidParameter")
not_started("20,000 runs before it", start(after=["20261123T000000000Z-0000000000000000"] * 20000), "LimitReached")
not_started("a run before it that there is not", start(after=["20261123T000000000Z-0000000000000000"]), "NoSuchRun")
not_started("a run before it that is a path", start(after=["../../etc"]), "NoSuchRun")
for name, what in {
    "a file": opened("/etc/passwd"), "a folder": opened("/"), "/dev/null": opened("/dev/null"),
    "an O_PATH descriptor": opened("/etc/passwd", os.O_PATH), "a folder of /proc": lambda: [os.open(f"/proc/{os.getpid()}", os.O_RDONLY)],
    "a pipe": lambda: list(os.pipe()), "a socket": lambda: [socket.socket()], "a Unix socket": lambda: list(socket.socketpair()),
    "an eventfd": lambda: [os.eventfd(0)], "a memfd": lambda: [memory()], "a dead process": lambda: dead_process(True),
    "a process that nobody has waited for": lambda: dead_process(False),
}.items():
    not_started(f"{name} for a process", start(), "Refused", what)
for name, what in {
    "another user's process": lambda: [os.pidfd_open(child_of(OTHER).process.pid)], "a process of root": lambda: [os.pidfd_open(os.getpid())],
    "init": lambda: [os.pidfd_open(1)],
    "the service itself": lambda: [os.pidfd_open(the_service.process.pid)],
    "a set-user-id process": lambda: [os.pidfd_open(mixed_process())],
}.items():
    not_started(name, start(), "PermissionDenied", what)


def mixed_process():
    """Real uid the hostile user's, effective and saved uid root's: what a set-user-id program is."""
    code = f"import os; os.setresuid({HOSTILE}, 0, 0); import sys; print(flush=True); sys.stdin.read()"
    process = subprocess.Popen([PYTHON, "-S", "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    read_line(process.stdout, "the process has changed its user")

    class Ended:
        @staticmethod
        def end():
            process.communicate()

    CHILDREN.append(Ended)
    return process.pid


for name, what in {
    "a file": lambda: [*own_process(), os.open("/etc/passwd", os.O_RDONLY)], "a pipe": lambda: [*own_process(), *os.pipe()],
    "a memfd without seals": with_memory(seals=0), "a memfd that may grow": with_memory(seals=0x2 | 0x8 | 0x1),
    "a memfd that may be written": with_memory(seals=0x2 | 0x4 | 0x1), "a memfd that may be unsealed": with_memory(seals=0x2 | 0x4 | 0x8),
}.items():
    not_started(f"the project in {name}", start(files=[given()]), "Refused", what)
for name, wrong in {"beyond the end": {"offset": 13, "size": 0}, "over the end": {"offset": 6}, "around the end": {"offset": 2**63 - 1, "size": 2},
                    "too long": {"size": 2**40}}.items():
    not_started(f"a file {name}", start(files=[given(**wrong)]), "Refused", with_memory())
for name, wrong in {"before the beginning": {"offset": -1}, "of no purpose": {"purpose": "key"}, "of no descriptor": {"descriptor": 2},
                    "of a size that overflows": {"size": 2**64}}.items():
    not_started(f"a file {name}", start(files=[given(**wrong)]), "InvalidParameter", with_memory())
not_started("files that are longer than may be, together", start(files=[given(path=f"/p/{i}", size=1 << 20) for i in range(400)]), "Refused",
            with_memory(content=b"#" * (1 << 20)))
