# SPDX-License-Identifier: Apache-2.0
"""docs/coverage.md as data: read, compared, written. A column is a kernel and a backend ("6.1 lsm"); a cell is how the
record shows an act there."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from catalogue import CATALOGUE

PAGE = Path(__file__).resolve().parents[2] / "docs/coverage.md"
BACKENDS = ("lsm", "fentry", "tracepoint", "ptrace")
SEEN, ENTERED, DECLARED, IMPOSSIBLE, UNTESTED = "seen", "entered", "declared", "impossible", "–"
CELL = re.compile(r"^(seen|entered|declared|impossible|–)(?: \[(\d+)\])?$")
HEAD = """<!-- SPDX-License-Identifier: Apache-2.0 -->
# Coverage: every road to a file, on every backend

Written by `make coverage`, never by hand. An actor does each act and prints the truth, a live test compares it with the
record, and this page keeps what came out. The same tests fail wherever they find something else than what is written
here, in the columns of the kernel on which they run; `tests/coverage --help` says how to write single columns anew.

| cell | means |
|---|---|
| seen | the record has the object, the kind of access and, of a regular file that stays, the digest of the bytes that were there |
| entered | the record lacks it, and says that this run went where the backend cannot see: the sentence is among `enteredBlindSpots`, and the verdict is REVIEW |
| declared | the record lacks it, and the sentence is among `blindSpots` in each record of this backend |
| impossible | the act cannot be done on that kernel, for the reason in the note |
| – | not tried there |

In no case does a record say anything wrong of an act: no other path, no digest of other bytes, no `stable` that was not.
"""


@dataclass
class Page:
    acts: dict = field(default_factory=dict)   # column -> act -> (how, note)
    costs: dict = field(default_factory=dict)  # column -> BPF program -> instructions verified


def order(column):
    kernel, _, backend = column.partition(" ")
    return [int(number) for number in kernel.split(".")], BACKENDS.index(backend)


def cells_of(line):
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def parse(text):
    page, columns, table = Page(), [], None
    rows = []
    notes = dict(re.findall(r"^(\d+)\. (.*)$", text, re.MULTILINE))
    for line in text.splitlines():
        if line.startswith(("| act |", "| program |")):
            table, columns = (page.acts if line.startswith("| act") else page.costs), cells_of(line)[1:]
            for column in columns:
                table[column] = {}
        elif table is not None and line.startswith("|") and not line.startswith("|---"):
            name, *cells = cells_of(line)
            rows += [(table, column, name, cell) for column, cell in zip(columns, cells)]
        elif not line.startswith("|"):
            table = None
    for table, column, name, cell in rows:
        if table is page.costs:
            if cell != UNTESTED:
                table[column][name.strip("`")] = int(cell.replace(",", ""))
        elif (found := CELL.match(cell)) and found[1] != UNTESTED:
            table[column][name] = (found[1], notes.get(found[2], ""))
    return page


def read():
    return parse(PAGE.read_text()) if PAGE.exists() else Page()


def table_of(head, columns):
    return [f"| {head} | " + " | ".join(columns) + " |", "|---|" + "---|" * len(columns)]


def render(page):
    lines, notes = [HEAD], []

    def cell(how, note):
        if note and note not in notes:
            notes.append(note)
        return f"{how} [{notes.index(note) + 1}]" if note else how

    columns = sorted(page.acts, key=order)
    for group, acts in CATALOGUE:
        lines += [f"## {group}", "", *table_of("act", columns)]
        lines += [f"| {act} | " + " | ".join(cell(*page.acts[c].get(act, (UNTESTED, ""))) for c in columns) + " |" for act, _ in acts]
        lines.append("")
    lines += ["## Notes", "", *(f"{number}. {note}" for number, note in enumerate(notes, 1)), ""]
    columns = sorted(page.costs, key=order)
    if columns:
        lines += ["## What the verifier walks through", "",
                  "Instructions that the kernel's verifier processed for each BPF program before it let it in (its limit is 1,000,000).", "",
                  *table_of("program", columns)]
        for program in sorted({program for costs in page.costs.values() for program in costs}):
            counts = [page.costs[c].get(program) for c in columns]
            lines.append(f"| `{program}` | " + " | ".join(f"{n:,}" if n else UNTESTED for n in counts) + " |")
        lines.append("")
    return "\n".join(lines)
