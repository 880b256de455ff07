# SPDX-License-Identifier: Apache-2.0
"""What an actor said it did, beside what the record says: what is missing is told, what is wrong is a failure.

A digest is wrong when it is of bytes that were never there; a path is wrong when content that is unique to a file of the
test appears under another name; a kind of access is wrong when the actor did nothing of the sort; `stable` and `own` are
wrong when the file now has other content."""

import os
import stat
from pathlib import Path
from urllib.parse import unquote_to_bytes

import harness
from acts import declared, seen
from harness import Failure, actor, equal, fresh, sha256
from record import record, truth


def unique(path, size=3000):
    """A file that no other file is like."""
    Path(path).write_bytes(os.urandom(size))
    return Path(path)


def program(path, of="/bin/true"):
    """A program that is like no other: bytes behind its end matter to nobody but to a digest."""
    Path(path).write_bytes(Path(of).read_bytes() + os.urandom(64))
    os.chmod(path, 0o755)
    return Path(path)


def did(name, *words, **options):
    """Records an actor; `truth` is what it said."""
    found = record([actor(name), *words], **{"verify": not harness.SLOW, **options})
    found.truth = truth(found.done.stdout)
    for line in found.truth:
        line["path"] = unquote_to_bytes(line["path"])
    return found


def missing(found, path, *, contents=(), also=()):
    """What the record lacks of a path that the actor spoke of. `contents`: digests that were there, beside what the actor said
    and what is there now. `also`: kinds of access that may be there."""
    path = os.fsencode(path)
    lines = [line for line in found.truth if line["path"] == path]
    if not lines:
        raise Failure(f"the actor did not speak of {path}, only of {[line['path'] for line in found.truth]}")
    wanted = set().union(*(line["access"].split() for line in lines))
    said = {line["sha256"] for line in lines if "sha256" in line}
    entries = found.at(path)
    now = current(path, entries)
    possible = said | {now} - {None} | set(contents)
    for entry in entries:
        if entry.digest and entry.digest not in possible:
            raise Failure(f"a digest of bytes that were never there: {entry}")
        if entry.binding in ("stable", "own") and now and entry.digest != now and entry is entries[-1]:
            raise Failure(f"called {entry.binding}, and the content is another now: {entry}")
    have = set().union(*(entry.access for entry in entries))
    if not have <= wanted | set(also):
        raise Failure(f"{path}: {sorted(have - wanted)} did not happen: {entries}")
    elsewhere = [e for e in found.files if e.digest and e.digest in possible and e.path != path and e.path not in known(found)]
    if elsewhere:
        raise Failure(f"{path} is under another name: {elsewhere}")
    faults = [f"no {kind} of {path}" for kind in sorted(wanted - have)]
    faults += [f"no digest {digest} of {path}" for digest in (said or {now} - {None}) if digest not in {e.digest for e in entries}]
    return faults


def known(found):
    return {line["path"] for line in found.truth}


def current(path, entries):
    """The digest of a file that is still the one in the record, or None."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    if not stat.S_ISREG(status.st_mode) or (entries and entries[-1].inode not in (None, status.st_ino)):
        return None
    return sha256(path)


def shown(found, act, *paths, words=None, **more):
    """The act is in the record, with all its paths; or else it is declared by the blind spot with these words."""
    faults = [fault for path in paths for fault in missing(found, path, **more)]
    if faults and words is None:
        raise Failure("; ".join(faults) + f": {[e for path in paths for e in found.at(path)]}")
    if faults:
        declared(found, act, words)
    else:
        seen(found, act)
