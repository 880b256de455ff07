# SPDX-License-Identifier: Apache-2.0
"""How a live test says what the record showed of an act of the catalogue. Once its checks have passed, it calls one of

    seen(found, act)                  the record has it: path, kind of access, digest
    declared(found, act, words)       it has not, and the blind spot with these words says so
    impossible(act, why)              this kernel has no such thing

and docs/coverage.md must say the same of this kernel and backend. With FSTRACKER_COVERAGE=DIR nothing is compared: what
was found is added to DIR/COLUMN.acts, a JSON object a line, from which tests/coverage writes the page.

A test file of the catalogue ends in acts.main(globals()) instead of main(globals()): then each of its acts must have
been spoken of, unless some of its tests were skipped."""

import functools
import json
import os
import re
import sys
from pathlib import Path

import coverage
import harness
from catalogue import ACTS

SAID = {}
FOLDER = os.environ.get("FSTRACKER_COVERAGE")


@functools.cache
def backend():
    if harness.BACKEND:
        return harness.BACKEND
    backends = json.loads(harness.track("doctor", "--json").stdout)["backends"]
    return next((each["name"] for each in backends if each["usable"]), "")


def column():
    return ".".join(re.match(r"(\d+)\.(\d+)", os.uname().release).groups()) + " " + backend()


@functools.cache
def expected():
    return coverage.read().acts.get(column())


def say(act, how, note=""):
    mine = Path(sys.argv[0]).name.removesuffix(".test")
    if ACTS.get(act) != mine:
        raise harness.Failure(f"the catalogue has no act of {mine} that is called: {act}")
    if SAID.setdefault(act, (how, note)) != (how, note):
        raise harness.Failure(f"{act}: {how} {note}, and before: {SAID[act]}")
    if FOLDER:
        with open(Path(FOLDER) / f"{column()}.acts", "a") as file:
            file.write(json.dumps({"act": act, "how": how, "note": note}) + "\n")
    elif expected() is not None and expected().get(act) != (how, note):
        raise harness.Failure(f"docs/coverage.md says of “{act}” on {column()}: {expected().get(act)}, and now it is {(how, note)}. "
                              "`make coverage` writes the page")


def seen(found, *acts):
    harness.equal(found.backend, backend(), "the backend that recorded")
    for act in acts:
        say(act, coverage.SEEN)


def declared(found, act, words):
    """`words` are of exactly one blind spot. Where the run is known to have entered it, the verdict must not be PASSED."""
    entered = [spot for spot in found.completeness["enteredBlindSpots"] if words in spot]
    spots = entered or [spot for spot in found.blind_spots if words in spot]
    harness.equal(len(spots), 1, f"{act} is not in the record; blind spots with “{words}” in {found.blind_spots}")
    if entered:
        harness.check(found.verdict["predicate"]["result"] != "PASSED", "PASSED, although a blind spot was entered")
    say(act, coverage.ENTERED if entered else coverage.DECLARED, re.sub(r"(?<=Process )\d+|(?<=\(pid )\d+", "N", spots[0]))


def impossible(act, why):
    say(act, coverage.IMPOSSIBLE, why)


def unspoken():
    """What must not stay open at the end of a whole test file."""
    mine = Path(sys.argv[0]).name.removesuffix(".test")
    return [act for act, test in ACTS.items() if test == mine and act not in SAID]


def main(names):
    harness.main(names, unspoken)
