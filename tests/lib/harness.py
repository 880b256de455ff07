# SPDX-License-Identifier: Apache-2.0
"""What the tests in tests/live, tests/e2e and tests/fault share: running `track` with a store, a cache and a key of its
own, and the little runner that runs every test_… function of a file.

    from harness import *
    def test_something(): …
    main(globals())

`FILE.test NAME…` runs only the functions whose name contains one of NAMEs. FSTRACKER_TEST_BACKEND=NAME records every run with
that backend, FSTRACKER_TEST_DOCTOR=FILE is what `track doctor --json` said (asking takes long where the machine is
emulated), FSTRACKER_TEST_SLOW=1 says that it is, so that floods are small ones."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

SOURCE = Path(os.environ.get("FSTRACKER_SOURCE") or Path(__file__).resolve().parents[2])
BUILD = Path(os.environ.get("FSTRACKER_BUILD") or SOURCE / "build")
TRACK = os.environ.get("TRACK") or str(BUILD / "bin/track")
ACTORS = BUILD / "tests/actors"
PYTHON = "/usr/bin/python3"
# Where no other temporary directory was given, one that goes when the test ends.
SCRATCH = Path(tempfile.mkdtemp(prefix="fstracker-scratch."))
DEADLINE = 30.0
BACKEND = os.environ.get("FSTRACKER_TEST_BACKEND", "")
AS_BACKEND = ["--backend", BACKEND] if BACKEND else []  # for those who start `track run` by themselves
# How strongly the digest of a file that was read and never changed is bound. ptrace sees no writers outside the run.
STABLE = "contended" if BACKEND == "ptrace" else "stable"
SLOW = os.environ.get("FSTRACKER_TEST_SLOW") == "1"
HASHED = "1500" if SLOW else "200"  # milliseconds: by then a small file that was read has its digest


class Failure(AssertionError):
    """What a test found wrong, in a sentence."""


class Skip(Exception):
    """Why this machine cannot run the test."""


def check(condition, message):
    if not condition:
        raise Failure(message)


def equal(found, wanted, what):
    if found != wanted:
        raise Failure(f"{what}: {found!r}, not {wanted!r}")


def actor(name):
    path = ACTORS / name
    if not path.exists():
        raise Failure(f"{path} was not built: build the target `tests`")
    return str(path)


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def sha256_of(content):
    return hashlib.sha256(content).hexdigest()


def fresh(name="work"):
    """A new empty directory, by its real path."""
    return Path(tempfile.mkdtemp(prefix=name + ".", dir=SCRATCH)).resolve()


def environment(**more):
    """This process's environment with everything of fstracker's pointing into the scratch directory."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("FSTRACKER_")}
    own = {"FSTRACKER_STORE": str(SCRATCH / "store"), "FSTRACKER_CACHE": str(SCRATCH / "cache"),
           "XDG_CONFIG_HOME": str(SCRATCH / "config"), "XDG_STATE_HOME": str(SCRATCH / "state"),
           "XDG_CACHE_HOME": str(SCRATCH / "xdg-cache"), "PYTHONDONTWRITEBYTECODE": "1",
           "FSTRACKER_SOCKET": str(SCRATCH / "no-service.sock")}
    return {**kept, **own, **{k: str(v) for k, v in more.items()}}


def run(command, *, timeout=120, status=None, **options):
    """subprocess.run with bytes captured and stdin empty; `status` is the exit status it must have."""
    options.setdefault("stdin", None if "input" in options else subprocess.DEVNULL)
    if "input" in options:
        options.pop("stdin")
    options.setdefault("stdout", subprocess.PIPE)
    options.setdefault("stderr", subprocess.PIPE)
    options.setdefault("env", environment())
    command = [os.fspath(word) for word in command]
    done = subprocess.run(command, timeout=timeout, **options)
    if status is not None and done.returncode != status:
        text = b"\n".join(s for s in (done.stdout, done.stderr) if s)[-4000:].decode(errors="replace")
        shown = " ".join(command)
        raise Failure(f"exit status {done.returncode}, not {status}: {shown[:500]}\n{text}")
    return done


def track(*arguments, **options):
    if BACKEND and arguments[:1] == ("run",):
        arguments = ("run", *AS_BACKEND, *arguments[1:])
    return run([TRACK, *arguments], **options)


def backend_report(name):
    """What track doctor says of a backend: usable, refusedBy, misses."""
    said = os.environ.get("FSTRACKER_TEST_DOCTOR")
    answer = json.loads(Path(said).read_bytes() if said else track("doctor", "--json").stdout)
    return next(backend for backend in answer["backends"] if backend["name"] == name)


_recordable = None


def need_recording():
    """Skips where no run can be recorded, with the reason that track doctor gives."""
    global _recordable
    if not os.access(TRACK, os.X_OK):
        raise Failure(f"{TRACK} was not built")
    if os.geteuid() != 0 and BACKEND != "ptrace":
        raise Skip("recording needs root")
    if _recordable is None and BACKEND:
        report = backend_report(BACKEND)
        _recordable = (report["usable"], f"{BACKEND}: {report.get('refusedBy')}")
    if _recordable is None:
        doctor = track("doctor")
        _recordable = (doctor.returncode == 0, doctor.stdout.decode(errors="replace"))
    if not _recordable[0]:
        raise Skip("track doctor: " + (" ".join(_recordable[1].split())[:200] or "no backend"))


def need_program(*names):
    for name in names:
        if not shutil.which(name):
            raise Skip(f"{name} is not installed")


def wait_until(condition, what, deadline=DEADLINE):
    """Polls; returns the first true value of condition()."""
    end = time.monotonic() + deadline
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.01)
    raise Failure(f"after {deadline:.0f} s still not: {what}")


class Background:
    """A program that runs beside the test, and is ended with it."""

    def __init__(self, command, **options):
        options.setdefault("env", environment())
        self.process = subprocess.Popen([os.fspath(word) for word in command], **options)

    def __enter__(self):
        return self.process

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream:
                try:
                    stream.close()
                except OSError:
                    pass


def read_line(stream, what, deadline=DEADLINE):
    """One line of an unbuffered pipe, or a failure after the deadline."""
    import select
    line = b""
    end = time.monotonic() + deadline
    while not line.endswith(b"\n"):
        ready, _, _ = select.select([stream], [], [], max(0, end - time.monotonic()))
        if not ready:
            raise Failure(f"after {deadline:.0f} s no line: {what}; so far {line!r}")
        byte = os.read(stream.fileno(), 1)
        if not byte:
            raise Failure(f"end of output instead of a line: {what}; so far {line!r}")
        line += byte
    return line


def main(names, still_open=lambda: ()):
    """Runs the test_… functions; exits as tests/run wants it. What `still_open` names after all of them, none of them
    skipped, is a failure."""
    tests = [(name, function) for name, function in names.items() if name.startswith("test_") and callable(function)]
    if wanted := sys.argv[1:]:
        tests = [(name, function) for name, function in tests if any(w in name for w in wanted)]
    failed, skipped, passed = [], [], 0
    try:
        for name, function in tests:
            start = time.monotonic()
            try:
                function()
                passed += 1
                word = "ok"
            except Skip as reason:
                skipped.append(f"{name}: {reason}")
                word = f"skipped: {reason}"
            except Failure as failure:
                failed.append(name)
                word = f"FAILED: {failure}"
            except Exception:  # a test that breaks is a failure of the test, told in full
                failed.append(name)
                word = "FAILED:\n" + traceback.format_exc()
            print(f"{time.monotonic() - start:6.1f} s  {name}: {word}", flush=True)
    finally:
        if os.environ.get("KEEP_SCRATCH"):
            print(f"kept: {SCRATCH}")
        else:
            shutil.rmtree(SCRATCH, ignore_errors=True)
    if not (failed or skipped or wanted) and (left := still_open()):
        sys.exit("no test spoke of: " + "; ".join(left))
    if failed:
        sys.exit(f"{len(failed)} of {len(tests)} failed: " + ", ".join(failed))
    if skipped and not passed:
        reasons = sorted({s.partition(": ")[2] for s in skipped})
        print("skip: " + "; ".join(reasons))
        sys.exit(77)
    if not passed:
        sys.exit("no test was run")
