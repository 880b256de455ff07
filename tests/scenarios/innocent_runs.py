# SPDX-License-Identifier: Apache-2.0
"""Learns each innocent pipeline and runs it once for each of its changes, and says what was found all the same."""

import multiprocessing
import queue
import traceback

from innocent import *

ROW = "{:10} {:32} {:10} {:5} {:6} {:4}  {}"
LEAST_RUNS = 100


@dataclass
class InnocentRun:
    pipeline: str
    what: str
    verdict: str = ""
    levels: list = field(default_factory=list)  # of its findings
    titles: list = field(default_factory=list)
    broken: str = ""

    def count(self, *levels):
        return sum(level in levels for level in self.levels)

    @property
    def asking(self):
        return self.count(*ASKED)

    @property
    def alarming(self):
        return self.count("high", "critical")


def runs_of(kind, wanted=None):
    for what, report in kind().judged(wanted):
        told = [i for i in report["incidents"] if not i.get("suppressed") and i["level"] != "informational"]
        yield InnocentRun(kind.__name__, what, report["verdict"], [i["level"] for i in told],
                          [f"{i['level']}: {i['title']}" for i in told])


def worker(kinds, wanted, results):
    for kind in kinds:
        try:
            for one in runs_of(kind, wanted):
                results.put(one)
        except Skip as reason:
            results.put((kind.__name__, str(reason)))
        except Exception:
            results.put(InnocentRun(kind.__name__, "", broken=traceback.format_exc()))
    results.put(None)


def innocent_runs(kinds=ALL, wanted=None, beside=2, tell=lambda one: None):
    """All runs, and {pipeline: reason} of those that cannot run here. `wanted`: at most so many of each."""
    need_recording()
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    workers = [context.Process(target=worker, args=(kinds[i::beside], wanted, results)) for i in range(min(beside, len(kinds)))]
    for one in workers:
        one.start()
    runs, skipped, running = [], {}, len(workers)
    while running:
        try:
            result = results.get(timeout=DEADLINE)
        except queue.Empty:
            if not any(one.is_alive() for one in workers):
                raise Failure("the processes that run pipelines ended before they had told all") from None
            continue
        if result is None:
            running -= 1
        elif isinstance(result, tuple):
            skipped[result[0]] = result[1]
        else:
            runs.append(result)
            tell(result)
    for one in workers:
        one.join()
    return runs, skipped


def figures(runs):
    """What, how much, how much at most, and whether that is so."""
    asking = sorted(one.asking for one in runs)
    count = max(len(asking), 1)
    # In few runs one does not tell a rate of 2 % from a higher one; it is printed all the same.
    alarming = max(0.02, 1 / count)
    median = (asking[(count - 1) // 2] + asking[count // 2]) / 2 if asking else 0
    for what, value, most in (("findings of medium and above in a run, median", median, 0),
                              ("findings of medium and above in a run, mean", sum(asking) / count, 0.2),
                              ("runs with a finding of high or critical", sum(one.alarming > 0 for one in runs) / count, alarming),
                              ("findings of low in a run, at most", max((one.count("low") for one in runs), default=0), 2)):
        yield what, value, most, value <= most
