# SPDX-License-Identifier: Apache-2.0
"""Scenarios of the families integrity, persistence and resources: what judges is attacked, what is to come is prepared, the
machine is used for something else."""

from scenario import *


def scenario(name, technique, pipeline, names, program, act, twin, family="integrity", **more):
    return Scenario(name, family, technique, pipeline, names, program, act, twin, **more)


def appends(path, text="\n"):
    return (f"path = os.path.expanduser({path!r}); os.makedirs(os.path.dirname(path) or '.', exist_ok=True); "
            f"file = open(path, 'a'); file.write({text!r}); file.close()")


OLD_RUN = """
runs = sorted(name for name in os.listdir(os.environ["FSTRACKER_STORE"]) if name[:2] == "20")
path = os.path.join(os.environ["FSTRACKER_STORE"], runs[0], "summary.json")
"""
CALLS = "for ((i = 0; i < {count}; ++i)); do basename x/$i >/dev/null; done"
BURN = """
def burn():
    end = time.process_time() + {seconds}
    while time.process_time() < end: pass
workers = [multiprocessing.Process(target=burn) for _ in range(2)]
for worker in workers: worker.start()
for worker in workers: worker.join()
"""
SPACE = """
with open("out/dump.bin", "wb") as file:
    for _ in range({megabytes}): file.write(bytes(1 << 20))
"""
ROOM = "block = bytearray({megabytes} << 20); block[::4096] = bytes(len(block[::4096])); del block"

SCENARIOS = [
    scenario("baseline-written", "AML.T0107", Training, "/.fstracker/baseline/ranker/train.yaml", "python3.11",
             appends(".fstracker/baseline/ranker/train.yaml"), appends("out/train.yaml")),
    scenario("rules-written", "AML.T0107", Training, "/.fstracker/rules/own.yml", "python3.11",
             appends(".fstracker/rules/own.yml"), appends("out/own.yml")),
    scenario("project-file-written", "AML.T0107", Preparation, "/.fstracker.yaml", "/bash",
             "echo 'suppress: []' >.fstracker.yaml", "echo 'suppress: []' >data/prepared/fstracker.yaml"),
    scenario("record-written", "AML.T0107", Training, "/summary.json", "python3.11",
             OLD_RUN + "file = open(path, 'a'); file.write(' '); file.close()", OLD_RUN + "os.stat(path)"),
    scenario("check-left-out", "AML.T0107", Preparation, "sha256sum", "",
             replaces("prepare.sh", "sha256sum data/prepared/batch-*.csv >data/prepared/SHA256SUMS\n", ""),
             replaces("prepare.sh", "set -eu\n", "set -eu\n# sums are checked by who takes them\n")),
    scenario("start-file-of-shell", "AML.T0112.001", Training, "/.bashrc", "python3.11",
             appends("~/.bashrc"), appends("out/bashrc"), family="persistence"),
    scenario("unit-of-user", "AML.T0112.001", Training, "/.config/systemd/user/x.service", "python3.11",
             appends("~/.config/systemd/user/x.service", "[Service]\n"), appends("out/x.service", "[Service]\n"), family="persistence"),
    scenario("authorized-key", "AML.T0112.001", Preparation, "/.ssh/authorized_keys", "/bash",
             "echo 'ssh-ed25519 AAAA' >>~/.ssh/authorized_keys", "echo 'ssh-ed25519 AAAA' >>data/prepared/keys", family="persistence"),
    scenario("autostart", "AML.T0112.001", Training, "/.config/autostart/x.desktop", "python3.11",
             appends("~/.config/autostart/x.desktop"), appends("out/x.desktop"), family="persistence"),
    scenario("git-hook", "AML.T0112.001", Training, "/.git/hooks/post-checkout", "python3.11",
             appends(".git/hooks/post-checkout", "#!/bin/sh\n"), appends("out/post-checkout", "#!/bin/sh\n"), family="persistence"),
    scenario("bytes-written", "AML.T0034", Training, "writing came to", "python3.11",
             SPACE.format(megabytes=150), SPACE.format(megabytes=4), family="resources"),
    scenario("processes-started", "AML.T0034", Preparation, "processes", "/bash",
             CALLS.format(count=800), CALLS.format(count=5), family="resources"),
    scenario("memory-taken", "AML.T0034", Training, "peak memory", "python3.11",
             ROOM.format(megabytes=1300), ROOM.format(megabytes=20), family="resources"),
    scenario("processor-time", "AML.T0048", Training, "processor time", "python3.11",
             BURN.format(seconds=17), BURN.format(seconds=0.1), family="resources", slow=True),
    scenario("files-written", "AML.T0034", Training, "files written", "python3.11",
             "for i in range(1500): open(f'out/part-{i}', 'w').close()", "for i in range(5): open(f'out/part-{i}', 'w').close()",
             family="resources"),
]
