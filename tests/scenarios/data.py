# SPDX-License-Identifier: Apache-2.0
"""Scenarios of the family data: what is learned from, or worked on, is not what it was."""

from scenario import *

SHARD = "data/train/shard-00007.tar"
RAW = "data/raw/batch-003.tar.gz"


def scenario(name, technique, pipeline, names, program, act, twin, **more):
    return Scenario(name, "data", technique, pipeline, names, program, act, twin, **more)


def other(pipeline):
    return shard(7, seed=1)


def moves(name, to):
    def act(pipeline):
        pipeline.path(to).parent.mkdir(parents=True, exist_ok=True)
        pipeline.path(name).rename(pipeline.path(to))
    return act


def links(name, to, content):
    def act(pipeline):
        pipeline.write(to, content(pipeline))
        pipeline.path(name).unlink()
        pipeline.path(name).symlink_to(to)
    return act


def mounts(name, changed):
    """Another folder over one of the project's, with the same names."""
    def act(pipeline):
        over = fresh("over")
        shutil.copytree(pipeline.path(name), over, dirs_exist_ok=True)
        if changed:
            (over / "shard-00007.tar").write_bytes(shard(7, seed=1))
        run(["mount", "--bind", over, pipeline.path(name)], status=0)
        pipeline.afterwards.append(lambda: run(["umount", pipeline.path(name)], status=0))
    return act


def twice(what):
    """The step reads a shard, waits until somebody else has done `what`, and reads it again."""
    also = (f"open('{SHARD}', 'rb').read(); time.sleep(0.4); open('go', 'w').close()\n"
            f"while not os.path.exists('gone'): time.sleep(0.01)\nopen('{SHARD}', 'rb').read(); time.sleep(0.3)")

    def act(pipeline):
        beside = subprocess.Popen(["/bin/sh", "-c", f"while [ ! -e go ]; do sleep 0.05; done; {what}; : >gone"], cwd=pipeline.place,
                                  stdin=subprocess.DEVNULL)
        pipeline.afterwards.append(lambda: beside.wait(timeout=DEADLINE))
        return {"ALSO": also}
    return act


IN_PLACE = """
status = os.stat({name!r})
with open({name!r}, "r+b") as file:
    file.seek(600)
    file.write(b"\\x39")
os.utime({name!r}, ns=(status.st_atime_ns, status.st_mtime_ns))
"""
ENCRYPTED = """
for name in glob.glob({pattern!r}):
    content = open(name, "rb").read()
    with open(name, "wb") as file:
        file.write(bytes(255 - byte for byte in content))
    os.rename(name, name + ".locked")
"""
REMOVED = "for name in glob.glob({pattern!r}): os.unlink(name)"


def after_preparation(change):
    """The step before has run and is named by the project file; then something happens, then the step after."""
    def act(pipeline):
        pipeline.write(".fstracker.yaml", "pipeline: tables\nsteps:\n  prepare: {}\n  merge: {inputs_from: [prepare]}\n")
        pipeline.write("merge.sh", "cat data/prepared/batch-*.csv >data/merged.csv\n")
        pipeline.run()
        change(pipeline)
        return {"step": "merge", "command": ("/bin/bash", "merge.sh")}
    return act


SCENARIOS = [
    scenario("poison", "AML.T0020", Training, "/data/train/poison.tar", "python3.11",
             writes("data/train/poison.tar", lambda p: shard(1, seed=2)), writes("data/train/README", "100 shards\n")),
    scenario("shard-out-of-range", "AML.T0010.002", Training, "/shard-00500.tar", "python3.11",
             writes("data/train/shard-00500.tar", lambda p: shard(500)), writes("data/held/shard-00500.tar", lambda p: shard(500))),
    scenario("shard-changed", "AML.T0020", Training, "/" + SHARD, "python3.11", writes(SHARD, other), touches(SHARD)),
    scenario("shard-missing", "AML.T0010.002", Training, "/" + SHARD, "python3.11", moves(SHARD, "held/x.tar"), copies_again(SHARD)),
    scenario("shard-changed-time-put-back", "AML.T0020", Training, "/" + SHARD, "python3.11",
             both(touches(SHARD), lambda p: p.write(SHARD, other(p)) and None, touches(SHARD)), touches(SHARD)),
    scenario("shard-is-a-link", "AML.T0010.002", Training, "shard-00007.tar", "python3.11",
             links(SHARD, HOME / "elsewhere/shard-00007.tar", other), copies_again(SHARD)),
    scenario("shards-swapped-with-each-other", "AML.T0020", Training, "/" + SHARD, "python3.11",
             both(moves(SHARD, "x"), moves("data/train/shard-00008.tar", SHARD), moves("x", "data/train/shard-00008.tar")),
             touches(SHARD, "data/train/shard-00008.tar")),
    scenario("mounted-over", "AML.T0010.002", Training, "/shard-00007.tar", "python3.11",
             mounts("data/train", True), mounts("data/train", False)),
    scenario("written-in-place", "AML.T0020", Training, "/" + SHARD, "python3.11",
             IN_PLACE.format(name=SHARD), IN_PLACE.format(name="out/checkpoints/epoch-0.safetensors")),
    scenario("changed-within-the-run", "AML.T0020", Training, "/" + SHARD, "python3.11",
             twice(f"echo other >{SHARD}"), twice("echo other >config.txt")),
    scenario("changed-between-steps", "AML.T0020", Preparation, "/data/prepared/batch-003.csv", "/cat",
             after_preparation(lambda p: p.write("data/prepared/batch-003.csv", "1,word,b\n")),
             after_preparation(lambda p: os.utime(p.path("data/prepared/batch-003.csv"), (1_700_000_000, 1_700_000_000)))),
    scenario("added-between-steps", "AML.T0020", Preparation, "/data/prepared/batch-900.csv", "/cat",
             after_preparation(lambda p: p.write("data/prepared/batch-900.csv", "1,word,b\n")),
             after_preparation(lambda p: p.write("data/prepared/README", "tables\n"))),
    scenario("encrypted", "AML.T0059", Training, "/" + SHARD, "python3.11",
             ENCRYPTED.format(pattern="data/train/*.tar"), ENCRYPTED.format(pattern="out/checkpoints/*")),
    scenario("deleted", "AML.T0059", Training, "/" + SHARD, "python3.11",
             REMOVED.format(pattern="data/train/*.tar"), REMOVED.format(pattern="out/checkpoints/*")),
    scenario("deleted-by-shell", "AML.T0059", Preparation, "/" + RAW, "/rm", "rm -f data/raw/batch-*.tar.gz",
             ": >data/prepared/done"),
    scenario("archive-changed", "AML.T0020", Preparation, "/" + RAW, "/tar",
             writes(RAW, lambda p: p.archive(3, seed=1)), touches(RAW)),
    scenario("archive-added", "AML.T0010.002", Preparation, "/batch-poison.tar.gz", "/tar",
             writes("data/raw/batch-poison.tar.gz", lambda p: p.archive(3, seed=1)), writes("data/raw/README", "20 batches\n")),
    scenario("archive-out-of-range", "AML.T0010.002", Preparation, "/batch-700.tar.gz", "/tar",
             writes("data/raw/batch-700.tar.gz", lambda p: p.archive(700)), writes("data/raw.old/batch-700.tar.gz", lambda p: p.archive(700))),
    scenario("rows-of-build-changed", "AML.T0020", Build, "/data/rows.txt", "/featurize",
             writes("data/rows.txt", "".join(f"row {i * 2}\n" for i in range(50))), touches("data/rows.txt")),
    scenario("image-out-of-range", "AML.T0010.002", Torch, "/image-4000.npy", "python3.11",
             lambda p: shutil.copy(p.path("data/images/image-0001.npy"), p.path("data/images/image-4000.npy")) and None,
             touches("data/images/image-0001.npy")),
    scenario("table-changed", "AML.T0020", Forest, "/data/table-03.csv", "python3.11",
             writes("data/table-03.csv", lambda p: p.table(99)), touches("data/table-03.csv")),
]
