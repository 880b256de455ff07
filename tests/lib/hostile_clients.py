# SPDX-License-Identifier: Apache-2.0
"""What a hostile user does to the service that takes more than a message: CONVERSATIONS of conversations.py gets these as well."""

import os
import socket
import struct
import time

from harness import Failure, check, equal, wait_until
from service import CONTROL, MOST_AT_ONCE, Closed, Refusal, Step, call_text
from conversations import HOSTILE, NULL, OTHER, conversation, given, memory, start, with_error

BOUND = 5.0  # seconds that a call may take, on a machine that does other things too
RUNS_OF_USER = 4
PROJECT_BYTES = 4 << 20


# What needs more than a message.
@conversation
def one_gib_without_an_end(service):
    with service.connect(HOSTILE) as client:
        sent, block = 0, b'"' * (1 << 20)
        try:
            while sent < 1 << 30:
                sent += client.socket.send(block)
        except ConnectionError:
            pass
        check(sent < 32 << 20, f"{sent} bytes of a message were taken")
        with_error(client, "LimitReached")
        check(client.is_closed(), "the connection stays open")


@conversation
def several_calls_at_once(service):
    with service.connect(HOSTILE) as client:
        client.send(call_text("GetStatus") * 50 + call_text("Nothing") + call_text("GetStatus") + b"{")
        for _ in range(50):
            client.reply()
        with_error(client, "MethodNotFound")
        client.reply()


@conversation
def no_more_is_said(service):
    with service.connect(HOSTILE) as client:
        client.send(call_text("GetStatus"))
        client.socket.shutdown(socket.SHUT_WR)
        client.reply()
        check(client.is_closed(), "the connection stays open")


@conversation
def no_more_is_heard(service):
    with service.connect(HOSTILE) as client:
        client.socket.shutdown(socket.SHUT_RD)
        client.send(call_text("GetStatus"))


@conversation
def out_of_band(service):
    with service.connect(HOSTILE) as client:
        try:
            client.socket.send(b"{", socket.MSG_OOB)
            client.send(call_text("GetStatus"))
            client.receive()
        except (OSError, Closed):
            pass  # where Linux has none; what the service takes it for is its own affair


@conversation
def calls_without_answers(service):
    with service.connect(HOSTILE) as client:
        client.send(call_text("GetStatus", oneway=True) * 5000)
        client.call("GetStatus")


@conversation
def more_descriptors_than_may_be(service):
    with service.connect(HOSTILE) as client:
        client.send(b"{", [NULL] * 17)
        with_error(client, "LimitReached")
        check(client.is_closed(), "the connection stays open")


@conversation
def thousands_of_descriptors(service):
    for size in (MOST_AT_ONCE, 10, 1):
        with service.connect(HOSTILE) as client:
            try:
                for _ in range(5000 // size):
                    socket.send_fds(client.socket, [b"{" if size > 1 else b" "], [NULL] * size)
            except OSError:
                pass  # closed, or more in flight than Linux lets be
            try:
                with_error(client, "LimitReached")
            except Failure:
                if size > 1:
                    raise


@conversation
def descriptors_behind_calls(service):
    """Sixteen with each of many calls that wait for their turn."""
    with service.connect(HOSTILE) as client:
        for _ in range(10):
            client.send(call_text("GetStatus"), [NULL] * 16)
        for _ in range(10):
            client.reply()


@conversation
def a_socket_that_is_the_connection(service):
    with service.connect(HOSTILE) as client:
        client.send(b"{", [client.socket.fileno()])
    ours, theirs = socket.socketpair()
    socket.send_fds(ours, [b"x"], [theirs.fileno(), ours.fileno()])  # a cycle, for the kernel to collect
    with service.connect(HOSTILE) as client:
        client.send(call_text("GetStatus"), [ours.fileno(), theirs.fileno()])
        client.reply()
    ours.close()
    theirs.close()


def lingering():
    """A TCP socket whose last close waits for half a minute: the other side takes nothing."""
    listener = socket.create_server(("127.0.0.1", 0))
    sender = socket.create_connection(listener.getsockname())
    receiver, _ = listener.accept()
    listener.close()
    sender.setblocking(False)
    try:
        while True:
            sender.send(b"x" * 65536)
    except BlockingIOError:
        pass
    sender.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 30))
    return sender, receiver


@conversation
def a_socket_that_waits_when_it_is_closed(service):
    receivers = []
    for said in (b"{", call_text("FinishRun", {"run": "x"}), call_text("StartRun", start()), call_text("GetStatus") * 2):
        sender, receiver = lingering()
        receivers.append(receiver)
        with service.connect(HOSTILE) as client:
            client.send(said, [sender.fileno()])
            sender.close()
    with service.connect(HOSTILE) as waiting, Step(["/bin/true"], HOSTILE) as step:
        run = service.start_run(step, connection=waiting)
        waiting.send(call_text("FinishRun", {"run": run}))
        sender, receiver = lingering()
        receivers.append(receiver)
        waiting.send(b"{", [sender.fileno()])  # is not read before FinishRun is answered, and never
        sender.close()
    begun = time.monotonic()
    service.call("GetStatus")
    took = time.monotonic() - begun
    for receiver in receivers:
        receiver.close()
    check(took < BOUND, f"closing what a client sent took {took:.1f} s")


@conversation
def replies_that_nobody_takes(service):
    with service.connect(HOSTILE) as client:
        client.socket.settimeout(1)
        asked = call_text("org.varlink.service.GetInterfaceDescription", {"interface": CONTROL}) * 1000
        try:
            while True:
                client.socket.sendall(asked)
        except (TimeoutError, ConnectionError):
            pass


@conversation
def lists_that_nobody_takes(service):
    with service.connect(HOSTILE) as client:
        client.socket.settimeout(1)
        try:
            client.socket.sendall(call_text("ListRuns", more=True) * 5000)
        except (TimeoutError, ConnectionError):
            pass


@conversation
def errors_that_nobody_takes(service):
    with service.connect(HOSTILE) as client:
        client.socket.settimeout(1)
        try:
            client.socket.sendall(call_text("GetRun", {"run": "x" * 1000}) * 20000)
        except (TimeoutError, ConnectionError):
            pass


@conversation
def a_thousand_idle_clients(service):
    clients = []
    for _ in range(1000):
        try:
            clients.append(service.connect(HOSTILE, timeout=5))
        except OSError:
            break
    turned_away = 0
    for client in clients:
        client.socket.setblocking(False)
    service.call("GetStatus", uid=OTHER)  # by then the service has seen them all
    for client in clients:
        try:
            turned_away += b"LimitReached" in client.socket.recv(4096)
        except BlockingIOError:
            pass
        except ConnectionError:
            turned_away += 1
    check(len(clients) - turned_away <= 64, f"{len(clients)} clients of one user, {turned_away} turned away")
    service.call("GetStatus", uid=OTHER)
    service.call("GetStatus")
    for client in clients:
        client.close()
    wait_until(lambda: can_call(service), "the user is let in again")


def can_call(service):
    try:
        return service.call("GetStatus", uid=HOSTILE)
    except (Refusal, Closed, OSError):
        return None


@conversation
def clients_that_come_and_go(service):
    for number in range(500):
        with service.connect(HOSTILE) as client:
            if number % 3:
                client.send(call_text("GetStatus")[: 10 * (number % 7)])
            if number % 2:  # a reset instead of an end
                client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


# A client that dies in each state of a run. Its step goes with it, or goes on.
def ended_run(service, run):
    """Waits for the end of a run, as its user."""
    return service.finish(run, HOSTILE)


def no_run(service, run):
    """Waits for the end of a run whose command never executed anything: nothing is kept of it."""
    try:
        check("summary" not in ended_run(service, run), "there is evidence of a command that never was")
    except Refusal as refusal:
        equal(refusal.name, "NoSuchRun", "the error")


def own_runs(service):
    return {r["run"]: r for r in service.call("ListRuns", {"limit": 1000}, uid=HOSTILE)["runs"]}


@conversation
def dies_in_the_middle_of_start_run(service):
    with Step(["/bin/true"], HOSTILE) as step:
        text = call_text("StartRun", start())
        for length in (1, len(text) // 2, len(text) - 1):
            before = own_runs(service)
            with service.connect(HOSTILE) as client:
                client.send(text[:length], [step.pidfd])
            equal(own_runs(service).keys(), before.keys(), "runs of half a call")


@conversation
def dies_between_start_run_and_its_reply(service):
    before = own_runs(service)
    for _ in range(5):
        with Step(["/bin/true"], HOSTILE) as step, service.connect(HOSTILE) as client:
            client.send(call_text("StartRun", start()), [step.pidfd])
    for run in own_runs(service).keys() - before.keys():
        no_run(service, run)


@conversation
def dies_between_start_run_and_its_reply_and_the_step_goes_on(service):
    before = own_runs(service)
    with Step(["/bin/true"], HOSTILE) as step:
        with service.connect(HOSTILE) as client:
            client.send(call_text("StartRun", start()), [step.pidfd])
        runs = wait_until(lambda: {r: s for r, s in own_runs(service).items() if r not in before}, "the run is there")
        step.go()
        equal(step.wait(), 0, "status of the step")
    for run in runs:
        equal(ended_run(service, run)["exitCode"], 0, "what became of it")


@conversation
def a_gated_child_that_dies_before_it_is_let_go(service):
    for kill in ("before", "with", "after"):
        with Step(["/bin/true"], HOSTILE) as step, service.connect(HOSTILE) as client:
            text = call_text("StartRun", start())
            client.send(text[:20], [step.pidfd])
            if kill == "before":
                step.process.kill()
                step.process.wait()
            client.send(text[20:])
            if kill == "with":
                step.process.kill()
            try:
                run = client.reply()["run"]
            except Refusal as refusal:
                check(kill != "after" and refusal.name == "Refused", f"{kill}: {refusal}")
                continue
            check(kill != "before", "a process that has ended is recorded")
            step.process.kill()
            step.process.wait()
        no_run(service, run)


@conversation
def dies_while_it_waits_for_the_end(service):
    with Step(["/bin/true"], HOSTILE) as step:
        run = service.start_run(step)
        for more in (False, True):
            for _ in range(50):
                with service.connect(HOSTILE) as client:
                    client.send(call_text("FinishRun", {"run": run}, more=more))
                    if more:
                        check("progress" in client.reply(), "no progress is told")
        step.go()
        equal(ended_run(service, run)["exitCode"], 0, "what became of it")


@conversation
def dies_while_it_is_told_of_findings(service):
    with Step(["/bin/true"], HOSTILE) as step:
        run = service.start_run(step)
        for asked in ({}, {"run": run}) * 50:
            with service.connect(HOSTILE) as client:
                client.send(call_text("Subscribe", asked, more=True))
                client.reply()
        step.go()
        equal(ended_run(service, run)["exitCode"], 0, "what became of it")


@conversation
def dies_after_it_gave_up_its_run(service):
    with Step(["/bin/true"], HOSTILE) as step:
        run = service.start_run(step)
        with service.connect(HOSTILE) as client:
            client.send(call_text("AbortRun", {"run": run}) * 20)
        check(ended_run(service, run)["problems"], "a run that was given up has no problems")
        equal(os.waitid(os.P_PIDFD, step.pidfd, os.WEXITED | os.WNOHANG), None, "the end of a process whose run was given up")


@conversation
def one_process_twice(service):
    with Step(["/bin/true"], HOSTILE) as step:
        run = service.start_run(step)
        try:
            again = service.start_run(step)
        except Refusal as refusal:
            equal(refusal.name, "Refused", "the error")
            again = None
        step.go()
        step.wait()
        for one in filter(None, (run, again)):
            ended_run(service, one)


@conversation
def as_many_runs_as_one_may_have_and_more(service):
    steps, runs = [], []
    try:
        for _ in range(RUNS_OF_USER + 3):
            steps.append(Step(["/bin/true"], HOSTILE))
            try:
                runs.append(service.start_run(steps[-1]))
            except Refusal as refusal:
                equal(refusal.name, "LimitReached", "the error")
        equal(len(runs), RUNS_OF_USER, "runs at once")
    finally:
        for step in steps:
            step.end()
    for run in runs:
        no_run(service, run)


@conversation
def large_projects(service):
    """As long as files may be together, again and again: longer than a project file may be, which the run's worker finds."""
    content = b"# nothing\n" * (PROJECT_BYTES // 10)
    descriptor = memory(content)
    for _ in range(5):
        with Step(["/bin/true"], HOSTILE) as step, service.connect(HOSTILE) as client:
            client.send(call_text("StartRun", start(project="/p", files=[given(size=len(content))])), [step.pidfd, descriptor])
            with_error(client, "Refused")
    os.close(descriptor)
