# SPDX-License-Identifier: Apache-2.0
"""Scenarios of the family models: weights are swapped, changed behind the trainer's back, or carried away."""

from scenario import *

WEIGHTS = "models/base.safetensors"


def scenario(name, technique, pipeline, names, program, act, twin, **more):
    return Scenario(name, "models", technique, pipeline, names, program, act, twin, **more)


def below(command):
    return f"subprocess.run({command!r}, stdout=subprocess.DEVNULL, check=True)"


def replaced_by_link(content):
    def act(pipeline):
        pipeline.write(HOME / "elsewhere/base.safetensors", content)
        pipeline.path(WEIGHTS).unlink()
        pipeline.path(WEIGHTS).symlink_to(HOME / "elsewhere/base.safetensors")
    return act


REREAD = f"open('{WEIGHTS}', 'rb').read()"
OTHER_STATE = """import sys, torch
state = torch.load(sys.argv[1])
torch.save({name: value + 1 for name, value in state.items()}, sys.argv[1])
"""


def other_state(pipeline):
    run([PYTHON, "-B", "-c", OTHER_STATE, pipeline.path("models/backbone.pt")], status=0)


def other_scaling(pipeline):
    run([PYTHON, "-B", "-c", 'import joblib; joblib.dump({"factor": 0.0}, "models/scaling.joblib")'], cwd=pipeline.place, status=0)


SCENARIOS = [
    scenario("swapped", "AML.T0010.003", Training, "/" + WEIGHTS, "python3.11",
             writes(WEIGHTS, safetensors(2)), touches(WEIGHTS), swap=True),
    scenario("swapped-torch", "AML.T0010.003", Torch, "/models/backbone.pt", "python3.11",
             other_state, touches("models/backbone.pt"), swap=True),
    scenario("swapped-forest", "AML.T0010.003", Forest, "/models/scaling.joblib", "python3.11",
             other_scaling, touches("models/scaling.joblib"), swap=True),
    scenario("swapped-by-configuration", "AML.T0010.003", Training, "/models/tuned.safetensors", "python3.11",
             both(writes("models/tuned.safetensors", safetensors(3)), replaces("config.json", "base.", "tuned.")),
             both(writes("models/tuned.safetensors", safetensors(3)), replaces("config.json", '"epochs": 2', '"epochs": 3')), swap=True),
    scenario("swapped-by-link", "AML.T0010.003", Training, "/base.safetensors", "python3.11",
             replaced_by_link(safetensors(4)), copies_again(WEIGHTS), swap=True),
    scenario("swapped-time-put-back", "AML.T0010.003", Training, "/" + WEIGHTS, "python3.11",
             both(touches(WEIGHTS), lambda p: p.write(WEIGHTS, safetensors(5)) and None, touches(WEIGHTS)), touches(WEIGHTS), swap=True),
    scenario("pickle-instead", "AML.T0011.000", Training, "/models/base.pkl", "python3.11",
             both(writes("models/base.pkl", pickled({"w": [0.5] * 8})), replaces("config.json", "base.safetensors", "base.pkl")),
             both(writes("models/base.pkl", pickled({"w": [0.5] * 8})), replaces("config.json", '"rate": 0.1', '"rate": 0.2')), swap=True),
    scenario("pickle-under-the-old-name", "AML.T0011.000", Training, "/" + WEIGHTS, "python3.11",
             writes(WEIGHTS, pickled({"w": [0.5] * 8}), status=1), copies_again(WEIGHTS), swap=True),
    scenario("written-by-another", "AML.T0018", Training, "/out/model.safetensors", "/dd",
             below(["/bin/dd", "if=config.json", "of=out/model.safetensors", "bs=4", "count=1", "conv=notrunc", "status=none"]),
             "file = open('out/model.safetensors', 'r+b'); file.write(b'\\x40'); file.close()", swap=True),
    scenario("base-written", "AML.T0018", Training, "/" + WEIGHTS, "python3.11",
             f"open('{WEIGHTS}', 'r+b').write(b'\\x40')", "open('out/model.safetensors', 'r+b').write(b'\\x40')", swap=True),
    scenario("copied", "AML.T0025", Training, "/" + WEIGHTS, "/cp", below(["/bin/cp", WEIGHTS, "out/x.bin"]), REREAD),
    scenario("packed-by-tar", "AML.T0025", Training, "/" + WEIGHTS, "/tar", below(["/bin/tar", "-cf", "out/x.bin", WEIGHTS]), REREAD),
    scenario("packed-by-gzip", "AML.T0025", Training, "/" + WEIGHTS, "/gzip", below(["/bin/gzip", "-c", WEIGHTS]), REREAD),
    scenario("encoded", "AML.T0048.004", Training, "/" + WEIGHTS, "/base64", below(["/usr/bin/base64", WEIGHTS]), REREAD),
    scenario("output-copied", "AML.T0025", Training, "/out/model.safetensors", "/cp",
             below(["/bin/cp", "out/model.safetensors", "/var/tmp/x.bin"]), "open('out/model.safetensors', 'rb').read()"),
    scenario("torch-model-packed", "AML.T0025", Torch, "/out/model.pt", "/tar",
             below(["/bin/tar", "-cf", "out/x.bin", "out/model.pt"]), "open('out/model.pt', 'rb').read()"),
]
