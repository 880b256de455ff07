# SPDX-License-Identifier: Apache-2.0
"""Records a run and reads its evidence back with nothing of the project's code: bundle, statement, access table, event
log. Every run that is recorded here has its ledger, its table and its cross-references checked."""

import base64
import functools
import json
import os
import re
import stat
import subprocess
import tempfile
from collections import defaultdict
from pathlib import Path
from urllib.parse import unquote_to_bytes

import harness
from harness import Failure, check, equal, run, sha256

COMPLETENESS = "urn:fstracker:completeness:v1"
FINDINGS = "urn:fstracker:findings:v1"
PAYLOAD_TYPE = "application/vnd.in-toto+json"
ACCESS = {"read", "write", "create", "truncate", "rename", "link", "unlink", "execute", "load", "inherit", "receive"}
BINDINGS = {"kernel", "stable", "own", "changed", "contended", "none"}
REASONS = {"gone", "too-large", "not-regular", "permission", "lost", "error"}
ROLES = {"data", "model", "library", "executable", "code", "config", "credential", "cache", "temp", "output", "device", "other"}


def pae(kind, body):
    """DSSE's pre-authentication encoding: the bytes that are signed."""
    kind = kind.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(body), body)


class Bundle:
    def __init__(self, path):
        self.path = Path(path)
        self.json = json.loads(self.path.read_bytes())
        envelope = self.json["dsseEnvelope"]
        self.payload_type = envelope["payloadType"]
        self.payload = base64.b64decode(envelope["payload"], validate=True)
        self.signature = base64.b64decode(envelope["signatures"][0]["sig"], validate=True)
        self.statement = json.loads(self.payload)

    @property
    def signed_bytes(self):
        return pae(self.payload_type, self.payload)


def lines_of(path):
    """The JSON lines of a zstd-compressed log."""
    with subprocess.Popen(["zstd", "-q", "-dc", os.fspath(path)], stdout=subprocess.PIPE) as decoder:
        for line in decoder.stdout:
            yield json.loads(line)
    if decoder.returncode:
        raise Failure(f"{path}: zstd cannot read it")


class Entry:
    """One line of the access table."""

    def __init__(self, raw):
        self.raw = raw
        notes = raw["annotations"]
        uri = raw["uri"]
        if not uri.startswith("file://"):
            raise Failure(f"an access whose uri is no file: {uri}")
        self.path = unquote_to_bytes(uri[len("file://"):])
        self.digest = raw.get("digest", {}).get("sha256")
        self.access = set(notes["access"])
        self.binding = notes["binding"]
        self.reason = notes.get("reason")
        self.processes = notes.get("processes", [])
        self.opens = notes.get("opens", 0)
        self.size = notes.get("size")
        self.object = notes.get("object", "")
        self.truncated = notes.get("truncated", False)
        self.folded = "files" in notes

    @property
    def inode(self):
        return int(self.object.split("/")[1]) if self.object else None

    def __repr__(self):
        digest = self.digest[:12] if self.digest else None
        return f"{self.path.decode(errors='replace')} {sorted(self.access)} {self.binding}/{self.reason} {digest}"


class Record:
    """A run directory, read."""

    def __init__(self, directory):
        self.directory = Path(directory)
        self.bundle = Bundle(self.directory / "trace.sigstore.json")
        self.statement = self.bundle.statement
        self.predicate = self.statement["predicate"]
        self.backend = self.predicate["monitor"]["tracePolicy"]["backend"]
        log = self.predicate["monitorLog"]
        self.processes = log["process"]
        self.network = log["network"]
        self.completeness = log[COMPLETENESS]
        self.ledger = self.completeness["ledger"]
        self.blind_spots = self.completeness["blindSpots"]
        self.complete = self.completeness["complete"]
        table = self.directory / "files.ndjson.zst"
        self.was_folded = table.exists()
        self.files = [Entry(raw) for raw in (lines_of(table) if self.was_folded else log["fileAccess"])]
        self.subjects = self.statement["subject"]
        self._by_path = defaultdict(list)
        for entry in self.files:
            self._by_path[entry.path].append(entry)

    @property
    def verdict(self):
        return Bundle(self.directory / "verdict.sigstore.json").statement

    @property
    def summary(self):
        return json.loads((self.directory / "summary.json").read_bytes())

    def at(self, path):
        """Every entry under this path, in order of content."""
        return self._by_path[os.fsencode(path)]

    def one(self, path):
        entries = self.at(path)
        if len(entries) != 1:
            raise Failure(f"{path}: {len(entries)} entries, not 1: {entries}")
        return entries[0]

    def paths(self):
        return set(self._by_path) - {p for p, e in self._by_path.items() if not e}

    def access(self, path):
        """All kinds of access under this path."""
        return set().union(*(entry.access for entry in self.at(path)))

    def process(self, predicate, what):
        found = [p for p in self.processes if predicate(p)]
        if len(found) != 1:
            raise Failure(f"{what}: {len(found)} processes, not 1, of {len(self.processes)}")
        return found[0]

    def by_argv(self, *argv):
        return self.process(lambda p: p.get("argv") == list(argv), f"argv {argv}")

    def events(self):
        return lines_of(self.directory / "events.ndjson.zst")


def uri_path(resource):
    return unquote_to_bytes(resource["uri"][len("file://"):])


def check_ledger(record):
    """What must hold of every run, complete or not. Says all that is wrong, not the first."""
    faults = []
    ledger, user = record.ledger, record.ledger["user"]
    lost = unreadable = delivered = 0
    for kind, row in ledger["kernel"].items():
        lost_here = sum(row["lost"].values())
        if row["seen"] != row["folded"] + row["delivered"] + lost_here:
            faults.append(f"ledger: {kind}: seen {row['seen']} is not folded {row['folded']} + delivered {row['delivered']} "
                          f"+ lost {lost_here}")
        lost += lost_here
        unreadable += row["unreadable"]
        delivered += row["delivered"]
    if not ledger["kernel"]:
        faults.append("ledger: no kinds")
    if user["received"] != delivered:
        faults.append(f"ledger: received {user['received']}, delivered {delivered}")
    if user["decoded"] + user["malformed"] != user["received"]:
        faults.append(f"ledger: decoded {user['decoded']} + malformed {user['malformed']} is not received {user['received']}")
    digests = user["digests"]
    if digests["wanted"] != digests["done"] + sum(digests["refused"].values()):
        faults.append(f"ledger: digests: {digests}")
    bad = lost + unreadable + user["malformed"] + user["sequenceGaps"] + user["missed"]
    if record.complete and bad:
        faults.append(f"complete, although lost {lost}, unreadable {unreadable}, malformed {user['malformed']}, "
                      f"gaps {user['sequenceGaps']}, missed {user['missed']}")
    faults += table_faults(record)
    check(not faults, "\n  ".join(faults[:20]))


def table_faults(record):
    faults = []
    ids = [p["id"] for p in record.processes]
    if len(set(ids)) != len(ids):
        faults.append("process ids repeat")
    known = set(ids)
    for process in record.processes:
        if process["parent"] and process["parent"] not in known:
            faults.append(f"process {process['id']}: its parent {process['parent']} is not in the table")
    unhashed = 0
    for entry in record.files:
        if entry.folded:
            continue
        if not entry.access or not entry.access <= ACCESS:
            faults.append(f"access: {entry}")
        if entry.binding not in BINDINGS:
            faults.append(f"binding: {entry}")
        if entry.binding == "none":
            if entry.digest or entry.reason not in REASONS:
                faults.append(f"binding none: {entry}")
            unhashed += entry.reason != "not-regular"
        elif not re.fullmatch(r"[0-9a-f]{64}", entry.digest or ""):
            faults.append(f"a binding without digest: {entry}")
        if record.raw_role(entry) not in ROLES:
            faults.append(f"role: {entry.raw}")
        if not entry.processes or not set(entry.processes) <= known:
            faults.append(f"processes {entry.processes}: {entry}")
        if entry.path.endswith(b" (deleted)") and not os.path.lexists(entry.path):
            faults.append(f"the kernel's mark in a name: {entry}")
    if unhashed != record.completeness["unhashed"]:
        faults.append(f"unhashed is {record.completeness['unhashed']}, the table has {unhashed}")
    log_digest = sha256(record.directory / "events.ndjson.zst")
    if not any(s["digest"].get("sha256") == log_digest for s in record.subjects):
        faults.append("events.ndjson.zst is no subject of the trace")
    if not all(s.get("digest") for s in record.subjects):
        faults.append("a subject without digest")
    return faults


Record.raw_role = lambda self, entry: entry.raw["annotations"].get("role")


def record(command, *, options=(), status=0, complete=True, verify=True, out=None, track_options=None, **run_options):
    """Runs the command under track in a run directory of its own; checks what must hold of every run; returns the
    Record, with `done` the finished track."""
    directory = Path(out) if out else Path(tempfile.mkdtemp(prefix="run.", dir=harness.SCRATCH)) / "run"
    done = harness.track("run", "--local", "--out", directory, *options, "--", *command, status=status, **run_options)
    found = read(directory, complete=complete, verify=verify)
    found.done = done
    if harness.BACKEND:
        equal(found.backend, harness.BACKEND, "the backend that the evidence names")
        undeclared = set(misses(harness.BACKEND)) - set(found.blind_spots)
        check(not undeclared, f"blind spots that track doctor tells and the evidence does not: {undeclared}")
    return found


@functools.cache
def misses(backend):
    return harness.backend_report(backend)["misses"]


def read(directory, *, complete=True, verify=True):
    found = Record(directory)
    check_ledger(found)
    if complete is not None and found.complete != complete:
        raise Failure(f"complete is {found.complete}; {json.dumps(found.completeness)[:3000]}")
    if verify:
        harness.track("verify", directory, status=0)
    return found


UNKNOWN_OBJECTS = "this backend does not tell on this kernel which objects names were changed of, and says so"


def need_objects_of_names(found, *paths):
    """Skips what follows where the backend declares that changed names have no objects, once these paths are seen to say
    `lost` instead of anything else. From Linux 6.13 on no backend may."""
    if not any("does not tell which object a rename" in spot for spot in found.blind_spots):
        return
    version = tuple(int(number) for number in re.match(r"(\d+)\.(\d+)", os.uname().release).groups())
    check(version < (6, 13), f"Linux {version} tells which objects names were changed of, and the backend does not")
    for path in paths:
        equal({(e.digest, e.binding, e.reason) for e in found.at(path)}, {(None, "none", "lost")}, f"{path}, whose object is not known")
    raise harness.Skip(UNKNOWN_OBJECTS)


def truth(output):
    """The JSON lines that an actor printed."""
    return [json.loads(line) for line in output.splitlines() if line.startswith(b"{")]


def is_regular(path):
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except OSError:
        return False
