# SPDX-License-Identifier: Apache-2.0
"""A cgroup (version 2) of a test's own, wherever that hierarchy is mounted; gone with the test."""

import contextlib
import os
import tempfile
from pathlib import Path

from harness import Skip, wait_until


def hierarchy():
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, place, kind, *_ = line.split()
        if kind == "cgroup2":
            return Path(place)
    raise Skip("no cgroup hierarchy of version 2 is mounted")


def empty(place):
    return not (place / "cgroup.procs").read_text()


@contextlib.contextmanager
def cgroup():
    try:
        place = Path(tempfile.mkdtemp(prefix="fstracker-test.", dir=hierarchy()))
    except OSError as error:
        raise Skip(f"no cgroup can be made here: {error.strerror}") from error
    try:
        yield place
    finally:
        wait_until(lambda: empty(place), f"{place} is empty")
        os.rmdir(place)
