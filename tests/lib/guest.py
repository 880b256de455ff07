# SPDX-License-Identifier: Apache-2.0
"""Live tests under another kernel: the script boots it with tests/vm/run-kernel and runs itself in there (`--inside`), where
each test goes through every BPF backend, with the program on ext4."""

import os
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import harness
from harness import BUILD, SCRATCH, SOURCE, TRACK, Failure, backend_report, check, run, shutil, track
from record import UNKNOWN_OBJECTS

BACKENDS = ("lsm", "fentry", "tracepoint")
# A line of a live test's output: `   1.2 s  test_name: ok`.
LINE = re.compile(r"^ *[\d.]+ s  (test_\w+): (ok|skipped: .*|FAILED.*)$", re.MULTILINE)
FOUND = re.compile(r"found in (\S+ \w+\.\w+): (.*)\n")
MACHINE_LIMIT = int(os.environ.get("FSTRACKER_VM_LIMIT", "1200"))
UNAVAILABLE = 69


def boot(kernel, guests):
    """The exit status of this script inside, or 77 with a reason where there is no such kernel. Each of `guests` is the words
    for a machine of its own, and they run beside each other: one is emulated on one processor."""
    program = SOURCE / "tests/vm/run-kernel"
    ready = run([program, "--kernel", kernel, "--prepare"], timeout=300, env=os.environ)
    if ready.returncode == UNAVAILABLE:
        print("skip: " + ready.stderr.decode(errors="replace").strip().splitlines()[-1])
        return 77
    if ready.returncode:
        sys.exit(ready.stderr.decode(errors="replace"))
    with ThreadPoolExecutor(max_workers=len(guests)) as machines:
        return max(machines.map(lambda words: machine(program, kernel, words), guests))


def machine(program, kernel, words):
    """One guest's exit status. What the acts found there goes to FSTRACKER_COVERAGE where that is wanted."""
    folder = os.environ.get("FSTRACKER_COVERAGE")
    inside = ["env", f"FSTRACKER_SOURCE={SOURCE}", f"FSTRACKER_BUILD={BUILD}", f"TRACK={TRACK}",
              *(["FSTRACKER_COVERAGE=wanted"] if folder else []), os.path.realpath(sys.argv[0]), "--inside", kernel, *words]
    sys.stdout.flush()
    guest = subprocess.Popen([program, "--kernel", kernel, "--time-limit", str(MACHINE_LIMIT), "--", *inside], stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, text=True, errors="replace")
    with guest:
        for line in guest.stdout:
            if folder and (found := FOUND.fullmatch(line)):
                with open(Path(folder) / found[1], "a") as file:
                    file.write(found[2] + "\n")
            else:
                print(line, end="", flush=True)
    return guest.returncode


def copy_build():
    """The program and the actors on the ext4 disk, so that they are recorded from a plain file system."""
    build = Path("/mnt/disk/build")
    shutil.copytree(harness.ACTORS, build / "tests/actors")
    (build / "bin").mkdir()
    shutil.copy(TRACK, build / "bin/track")
    harness.TRACK = str(build / "bin/track")
    return build


def judge(backend, name, output, status):
    """What is wrong with a live test's run through a backend."""
    lines = LINE.findall(output)
    passed = [test for test, outcome in lines if outcome == "ok"]
    skipped = [(test, outcome) for test, outcome in lines if outcome.startswith("skipped")]
    print(f"{backend}: live/{name}: {len(passed)} passed, {len(lines) - len(passed) - len(skipped)} failed, {len(skipped)} skipped", flush=True)
    for test, outcome in skipped:
        print(f"    {test}: {outcome}")
    faults = [f"{backend}: {name}: {test}: {outcome}" for test, outcome in lines if outcome.startswith("FAILED")]
    faults += [f"{backend}: {name}: {test} may not be skipped here: {outcome}" for test, outcome in skipped
               if backend != "tracepoint" or UNKNOWN_OBJECTS not in outcome]
    if not passed:
        faults.append(f"{backend}: {name}: nothing passed")
    if status != 0 and not faults:
        faults.append(f"{backend}: {name}: exit status {status}")
    if faults:
        print(output, flush=True)
    return faults


def through(build, backend, name, *only):
    """A live test through a backend, and what is wrong with it."""
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=f"{backend}.") as scratch:
        found = Path(scratch) / "found"
        found.mkdir()
        settings = {"FSTRACKER_COVERAGE": str(found)} if os.environ.get("FSTRACKER_COVERAGE") else {}
        done = subprocess.run([SOURCE / f"tests/live/{name}.test", *only], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, env=os.environ | {
                                  "FSTRACKER_BUILD": str(build), "TRACK": str(build / "bin/track"), "TMPDIR": scratch,
                                  "FSTRACKER_TEST_BACKEND": backend, "FSTRACKER_TEST_SLOW": "1", "FSTRACKER_TEST_GUEST": "1"} | settings)
        for file in sorted(found.iterdir()):
            print("".join(f"found in {file.name}: {line}\n" for line in file.read_text().splitlines()), end="", flush=True)
    faults = judge(backend, name, done.stdout.decode(errors="replace"), done.returncode)
    print(f"    {time.monotonic() - start:.0f} s for {name} on {backend}", flush=True)
    return faults


def inside(kernel, tests, words):
    """`tests`: backend -> list of (name of a live test, words that choose some of its functions…). `words` are of backends
    and tests: with some of either, only those."""
    backends = [backend for backend in tests if backend in words] or tests
    names = {word for word in words if word not in tests}
    release = os.uname().release
    check(release.startswith(kernel + "."), f"the kernel is {release}, not {kernel}")
    print(f"Linux {release}", flush=True)
    build, faults = copy_build(), []
    doctor = SCRATCH / "doctor.json"
    doctor.write_bytes(track("doctor", "--json", status=0).stdout)
    os.environ["FSTRACKER_TEST_DOCTOR"] = str(doctor)
    jobs = []
    for backend in backends:
        report = backend_report(backend)
        if not report["usable"]:
            faults.append(f"{backend} is not usable: {report['refusedBy']}")
        else:
            jobs += [(build, backend, *test) for test in tests[backend] if not names or test[0] in names]
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as workers:
        for job in workers.map(lambda job: through(*job), jobs):
            faults += job
    check(not faults, "\n".join(faults))


def main(tests, kernel, *guests):
    """The body of such a script: SCRIPT [KERNEL [BACKEND|TEST]…] boots a guest for each of the backends, one that tries all
    where none is named. Without words, one is booted for each of `guests`, which are of backends and tests; without those,
    one for everything."""
    if sys.argv[1:2] == ["--inside"]:
        try:
            inside(sys.argv[2], tests, sys.argv[3:])
        except Failure as failure:
            sys.exit(str(failure))
    elif sys.argv[1:]:
        names = [word for word in sys.argv[2:] if word not in tests]
        sys.exit(boot(sys.argv[1], [[word, *names] for word in sys.argv[2:] if word in tests] or [names]))
    else:
        sys.exit(boot(kernel, guests or [()]))
