# SPDX-License-Identifier: Apache-2.0
"""Runs scenarios and says what was found, what was missed, and which twin was flagged.

Scenarios of one pipeline share one learning. Groups of them run beside each other, each in a process with a home of its own."""

import multiprocessing
import queue
import traceback

import credentials
import data
import execution
import integrity
import libraries
import models
from scenario import *

ALL = [s for family in (credentials, execution, libraries, models, data, integrity) for s in family.SCENARIOS]
ALWAYS = ("credentials", "execution")  # and swaps


@dataclass
class Outcome:
    scenario: Scenario
    found: bool | None = None  # None of these: was not asked
    named: bool | None = None  # the attacking process, in the top incident
    alone: bool | None = None  # found by rules alone
    twin: list | None = None  # what the twin was flagged for
    instead: list = field(default_factory=list)  # what came instead, where it was missed
    broken: str = ""


def told(incident):
    return f"{incident['level']}: {incident['title']}"


def speaks_of(incident, name):
    """Whether the incident names a file or a program: by the end of its path, or, for a volume, in its title."""
    if isinstance(name, tuple):
        return any(speaks_of(incident, one) for one in name)
    return (any(f["path"].endswith(name) for f in incident["files"]) or
            any(p["image"].endswith(name) for p in incident["processes"]) or
            any(f["path"].endswith(name + " (deleted)") for f in incident["files"]) or
            any(p["image"].endswith(name + " (deleted)") for p in incident["processes"]) or
            any(word.endswith(name) for p in incident["processes"] for word in p["commandLine"].split(" ")[:2]) or
            (not name.startswith("/") and name in incident["title"].lower()))


def is_by(incident, name):
    return any(p["image"].removesuffix(" (deleted)").endswith(name) or name in p["commandLine"].split(" ")[0] for p in incident["processes"])


def outcome_of(scenario, pipeline, around, asked):
    outcome = Outcome(scenario)

    def reported(act, baseline=True):
        try:
            settings = doing(act, pipeline)
            if not baseline:
                pipeline.without_baseline()
            return pipeline.report(**{**around, **settings})
        finally:
            pipeline.put_back()

    if "act" in asked:
        report = reported(scenario.act)
        incidents = asking(report)
        outcome.found = any(speaks_of(incident, scenario.names) for incident in incidents)
        if scenario.program:
            outcome.named = bool(incidents) and is_by(incidents[0], scenario.program)
        if not outcome.found or outcome.named is False:
            outcome.instead = [f"{told(i)} [{', '.join(sorted({p['image'].rpartition('/')[2] for p in i['processes']}))}]"
                               for i in report["incidents"]]
    if "twin" in asked:
        outcome.twin = [told(i) for i in asking(reported(scenario.twin))]
    if "alone" in asked:
        outcome.alone = any(speaks_of(incident, scenario.names) for incident in asking(reported(scenario.act, baseline=False)))
    return outcome


def group_outcomes(scenarios, asked):
    """All of one pipeline: yields an Outcome for each, or why there is none."""
    others = None
    try:
        pipeline = scenarios[0].pipeline().learn()
        others = Others()
        around = others.environment()
        same = asking(pipeline.report(**around))
        check(not same, f"the same again is flagged: {[told(i) for i in same]}")
        pipeline.put_back()
    except Skip as reason:
        for scenario in scenarios:
            yield scenario.name, f"skipped: {reason}"
        return
    except Exception:
        if others:
            others.end()
        raise
    try:
        for scenario in scenarios:
            try:
                outcome = outcome_of(scenario, pipeline, around, asked(scenario))
                outcome.scenario = None  # functions do not travel
                yield scenario.name, outcome
            except Exception:
                yield scenario.name, traceback.format_exc()
    finally:
        others.end()


def worker(groups, asked, results):
    try:
        for scenarios in groups:
            try:
                for result in group_outcomes(scenarios, asked):
                    results.put(result)
            except Exception:
                for scenario in scenarios:
                    results.put((scenario.name, traceback.format_exc()))
    finally:
        results.put(None)


def groups_of(scenarios, most):
    """By pipeline, none larger than `most`: each group learns once."""
    groups = []
    for kind in dict.fromkeys(s.pipeline for s in scenarios):
        own = [s for s in scenarios if s.pipeline is kind]
        groups += [own[i:i + most] for i in range(0, len(own), most)]
    return sorted(groups, key=len, reverse=True)


def outcomes(scenarios, asked=lambda scenario: ("act", "twin", "alone"), beside=2, most=30, tell=lambda outcome: None):
    """The outcome of each scenario, in the order given, and {name: reason} of those that cannot run here. `asked` says which
    runs are made: the act and the twin after learning, and the act with rules alone."""
    need_recording()
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    groups = groups_of(scenarios, most)
    workers = [context.Process(target=worker, args=(groups[i::beside], asked, results)) for i in range(min(beside, len(groups)))]
    for one in workers:
        one.start()
    by_name = {s.name: s for s in scenarios}
    found, skipped, running = {}, {}, len(workers)
    while running:
        try:
            result = results.get(timeout=DEADLINE)
        except queue.Empty:
            if not any(one.is_alive() for one in workers):
                raise Failure("the processes that run scenarios ended before they had told all") from None
            continue
        if result is None:
            running -= 1
            continue
        name, outcome = result
        if isinstance(outcome, str) and outcome.startswith("skipped: "):
            skipped[name] = outcome.removeprefix("skipped: ")
            continue
        if isinstance(outcome, str):
            outcome = Outcome(None, broken=outcome)
        outcome.scenario = by_name[name]
        found[name] = outcome
        tell(outcome)
    for one in workers:
        one.join()
    return [found[s.name] for s in scenarios if s.name in found], skipped
