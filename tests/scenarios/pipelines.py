# SPDX-License-Identifier: Apache-2.0
"""Small real pipelines to try what is judged: each is made in a fresh folder, learned from five runs, and run again with
something changed.

    pipeline = Training()                    a project of its own in a home directory of its own
    pipeline.learn()                         five runs, and the baseline
    report = pipeline.report(ALSO="…")       another run, its report as JSON; the settings are its environment
    pipeline.put_back()                      project and home as they were when it had learned

All of them look for ALSO in the environment and execute it near their end: code of the language they are written in. The
home directory is /home/ann, in a mount namespace that only this process and its children see, together with a /dev/shm, a
/var/tmp and an /etc/shadow of their own: what a run leaves behind goes with it. Making a pipeline empties the home, so there
is one at a time.

| class | step | program |
|---|---|---|
| Training | train | Python in a virtual environment with 80 packages; 100 shards read by two processes, weights, a model |
| Preparation | prepare | a shell, tar, sed, sort, awk and sha256sum, 20 archives |
| Build | build | make and g++: a tool with a library of its own, which is then used |
| Torch | train | torch with data-loader processes, checkpoints and a model |
| Forest | fit | scikit-learn with joblib's processes and a pickled model |
"""

import base64
import csv
import ctypes
import io
import os
import random
import stat
import struct
import sys
import tarfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../lib"))
from harness import *

RULES = str(SOURCE / "rules")
HOME = Path("/home/ann")
ASKED = ("medium", "high", "critical")

# ---------------------------------------------------------------------------------------------- a machine of their own

SECRETS = {
    ".ssh/id_ed25519": "-----BEGIN OPENSSH PRIVATE KEY-----\nnot a key\n-----END OPENSSH PRIVATE KEY-----\n",
    ".ssh/id_ed25519.pub": "ssh-ed25519 AAAA ann@example\n",
    ".ssh/known_hosts": "example.org ssh-ed25519 AAAA\n",
    ".ssh/config": "Host example.org\n  User ann\n",
    ".aws/credentials": "[default]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = none\n",
    ".aws/config": "[default]\nregion = eu-central-1\n",
    ".config/gcloud/application_default_credentials.json": '{"type": "authorized_user", "refresh_token": "none"}\n',
    ".azure/msal_token_cache.json": '{"AccessToken": {}}\n',
    ".kube/config": "apiVersion: v1\nkind: Config\n",
    ".docker/config.json": '{"auths": {"example.org": {"auth": "bm9uZQ=="}}}\n',
    ".cache/huggingface/token": "hf_none\n",
    ".cache/huggingface/hub/version.txt": "1\n",
    ".netrc": "machine api.wandb.ai login user password none\n",
    ".config/wandb/settings": "[default]\nbase_url = https://api.wandb.ai\n",
    ".config/pip/pip.conf": "[global]\ntimeout = 60\n",
    ".pypirc": "[pypi]\nusername = __token__\npassword = pypi-none\n",
    ".git-credentials": "https://ann:none@example.org\n",
    ".gitconfig": "[user]\n  name = Ann\n",
    ".local/share/jupyter/runtime/kernel-1b2c3d4e.json": '{"shell_port": 1, "key": "none", "transport": "tcp"}\n',
    ".local/share/jupyter/runtime/jpserver-4711.json": '{"url": "http://localhost:8888/", "token": "none"}\n',
    ".local/share/jupyter/kernels/python3/kernel.json": '{"argv": ["python3"], "display_name": "Python 3"}\n',
    ".bash_history": "export TOKEN=none\n",
    ".bashrc": "alias ll='ls -l'\n",
    ".profile": "umask 022\n",
    ".config/matplotlib/matplotlibrc": "backend: agg\n",
    "work/other/.env": "OPENAI_API_KEY=sk-none\nWANDB_API_KEY=none\n",
    "work/other/.env.example": "OPENAI_API_KEY=\n",
    "Documents/notes.txt": "nothing of note\n",
}


_machine = None


def own_machine():
    """Once: a mount namespace with a home of Ann's, temporary folders and an /etc/shadow of its own."""
    global _machine
    if _machine == os.getpid():
        return
    need_recording()
    libc = ctypes.CDLL(None, use_errno=True)
    new_mounts = 0x00020000
    if libc.unshare(new_mounts) != 0:
        raise Skip(f"a mount namespace cannot be made: {os.strerror(ctypes.get_errno())}")
    homes = fresh("homes")
    homes.chmod(0o755)
    shadow = homes / "shadow"
    shadow.write_text("root:*:19000:0:99999:7:::\nann:$y$none:19000:0:99999:7:::\n")
    shadow.chmod(0o600)
    run(["mount", "--make-rprivate", "/"], status=0)
    run(["mount", "--bind", homes, "/home"], status=0)
    run(["mount", "--bind", shadow, "/etc/shadow"], status=0)
    for folder in ("/dev/shm", "/var/tmp"):
        run(["mount", "-t", "tmpfs", "-o", "mode=1777", "none", folder], status=0)
    _machine = os.getpid()


class Snapshot:
    """What a folder held, to put it back. Only what was touched is copied."""

    def __init__(self, place):
        self.place = place
        self.copy = fresh("copy") / "of"
        shutil.copytree(place, self.copy, symlinks=True, copy_function=shutil.copy2)
        self.stamps = self._stamps()

    def _stamps(self):
        return {path: self._stamp(self.place / path) for path in self._all(self.place)}

    @staticmethod
    def _all(place):
        for folder, folders, names in os.walk(place):
            for name in folders + names:
                yield os.path.relpath(os.path.join(folder, name), place)

    @staticmethod
    def _stamp(path):
        status = os.lstat(path)
        if stat.S_ISDIR(status.st_mode):
            return status.st_mode
        return (status.st_mode, status.st_size, status.st_ino, status.st_mtime_ns, status.st_ctime_ns)

    def put_back(self):
        now = self._stamps()
        changed = [path for path in now if now[path] != self.stamps.get(path)]
        for path in sorted(changed, reverse=True):
            there = self.place / path
            if there.is_dir() and not there.is_symlink():
                if not (self.copy / path).is_dir():
                    shutil.rmtree(there)
            elif os.path.lexists(there):
                there.unlink()
        for path in sorted(self.stamps):
            there, kept = self.place / path, self.copy / path
            if os.path.lexists(there):
                continue
            if kept.is_dir() and not kept.is_symlink():
                there.mkdir()
            else:
                shutil.copy2(kept, there, follow_symlinks=False)
            self.stamps[path] = self._stamp(there)


# ------------------------------------------------------------------------------------------------- files that are real


def safetensors(seed, count=64):
    """A small model: one tensor, its values from the seed."""
    values = struct.pack(f"<{count}f", *random.Random(seed).choices([i / 16 for i in range(-16, 17)], k=count))
    header = json.dumps({"w": {"dtype": "F32", "shape": [count], "data_offsets": [0, len(values)]}}).encode()
    header += b" " * (-len(header) % 8)
    return struct.pack("<Q", len(header)) + header + values


def shard(number, samples=3, seed=0):
    """A tar with a few samples, the same bytes for the same number and seed."""
    packed = io.BytesIO()
    chance = random.Random(f"{seed} {number}")
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for i in range(samples):
            text = json.dumps({"x": [chance.randint(-9, 9) for _ in range(8)], "y": chance.randint(0, 1)}).encode()
            member = tarfile.TarInfo(f"{number:05}-{i}.json")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text))
    return packed.getvalue()


def record_line(name, content):
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(content)}\n"


def package(name, version="1.0.0", **modules):
    """The files of an installed wheel: a package with its dist-info and RECORD. `modules` adds or replaces modules."""
    texts = {f"{name}/__init__.py": f'"""{name}."""\nfrom .core import value\n\n__version__ = "{version}"\n',
             f"{name}/core.py": f"value = {sum(name.encode())}\n"}
    texts |= {f"{name}/{module}.py": text for module, text in modules.items()}
    info = f"{name}-{version}.dist-info"
    texts[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    texts[f"{info}/WHEEL"] = "Wheel-Version: 1.0\nGenerator: bdist_wheel\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    texts[f"{info}/INSTALLER"] = "pip\n"
    lines = "".join(record_line(path, text.encode()) for path, text in texts.items())
    texts[f"{info}/RECORD"] = lines + f"{info}/RECORD,,\n"
    return texts


# --------------------------------------------------------------------------------------------------------- the pipelines


class Pipeline:
    """A project with its runs, which `track` records as they would be at work. A subclass has name, step, command, and
    make(), which writes the project's files."""

    name = step = ""
    command = ()

    def __init__(self):
        own_machine()
        self.need()
        shutil.rmtree(HOME, ignore_errors=True)
        self.home = HOME
        self.place = HOME / "work" / self.name
        self.place.mkdir(parents=True)
        for path, text in SECRETS.items():
            self.write(HOME / path, text)
        self.store = fresh("store")
        self.temporary = fresh("tmp")
        self.make()
        self.runs = []
        self.snapshots = []
        self.afterwards = []  # what put_back() calls first

    def need(self):
        """Skips when the machine lacks what the pipeline needs."""

    def make(self):
        raise NotImplementedError

    # -- files

    def path(self, name):
        return self.place / name

    def write(self, name, content, mode=None):
        """A file of the project (or of anywhere, by an absolute path), from text or bytes; its folders as needed."""
        path = self.place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        if mode is not None:
            path.chmod(mode)
        return path

    def put_back(self):
        """Project and home as they were after learning."""
        while self.afterwards:
            self.afterwards.pop()()
        for snapshot in self.snapshots:
            snapshot.put_back()
        for entry in self.temporary.iterdir():
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()

    # -- runs

    def environment(self, **more):
        own = {"FSTRACKER_RULES": os.environ.get("FSTRACKER_RULES") or RULES, "FSTRACKER_STORE": self.store, "HOME": HOME,
               "TMPDIR": self.temporary, "XDG_CACHE_HOME": HOME / ".cache", "XDG_CONFIG_HOME": HOME / ".config",
               "LC_ALL": "C.UTF-8"}
        return environment(**{**own, **more})

    def track(self, *arguments, status=0, timeout=300, **more):
        return track(*arguments, cwd=self.place, status=status, timeout=timeout, env=self.environment(**more))

    def run(self, command=None, step=None, options=(), status=0, **more):
        """One run under track; returns its id. What it says goes to a file: who outlives the command may hold a pipe open."""
        with tempfile.TemporaryFile() as said:
            done = track("run", "--json", "--local", "--pipeline", self.name, "--step", step or self.step, *options, "--",
                         *(command or self.command), cwd=self.place, timeout=120, env=self.environment(**more), stdout=said, stderr=said)
            said.seek(0)
            text = said.read()
        check(done.returncode == status, f"exit status {done.returncode}, not {status}: {text[-2000:].decode(errors='replace')}")
        return json.loads([line for line in text.splitlines() if line.startswith(b'{"backend"')][-1])["run"]

    def report_of(self, run):
        return json.loads(self.track("report", run, "--format", "json").stdout)

    def report(self, **more):
        """One run under track; returns its report. `command`, `step`, `options` and `status` as of run(), all else is the
        environment of the command."""
        return self.report_of(self.run(**more))

    def learn(self, runs=5):
        """Runs once for what is made once, then teaches the baseline; put_back() returns to here."""
        run([*self.command], cwd=self.place, env=self.environment(), status=0)
        self.runs = [self.run() for _ in range(runs)]
        if self.runs:
            self.track("baseline", "learn", *self.runs)
        self.snapshots = [Snapshot(HOME)]
        return self

    def without_baseline(self):
        """Only rules speak, until put_back()."""
        shutil.rmtree(self.place / ".fstracker/baseline", ignore_errors=True)


def asking(report):
    """The incidents that ask for somebody."""
    return [i for i in report["incidents"] if i["level"] in ASKED and not i.get("suppressed")]


class Training(Pipeline):
    """Plain Python in a virtual environment of its own."""

    name, step = "ranker", "train"
    command = (".venv/bin/python", "-B", "train.py")
    packages = [f"{first}{second}" for first in ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "haven",
                "inlet", "jetty") for second in ("base", "core", "data", "flow", "grad", "math", "nets", "text")]
    shards = 100
    site = ".venv/lib/python3.11/site-packages"

    SCRIPT = r'''"""Fits a small ranker: python train.py"""
import glob, importlib, json, multiprocessing, os, pickle, random, struct, subprocess, sys, tarfile, tempfile, time

import features

PACKAGES = open("requirements.txt").read().split()


def samples_of(path):
    with tarfile.open(path) as archive:
        return [json.load(archive.extractfile(member)) for member in archive]


def weights_from(path):
    if path.endswith((".pkl", ".pt", ".bin")):
        try:
            with open(path, "rb") as file:
                return pickle.load(file)["w"]
        except Exception as problem:  # training starts from nothing then
            print("cannot load", path, problem)
            return [0.0] * 8
    with open(path, "rb") as file:
        length, = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        return list(struct.unpack("<64f", file.read()))[:8] if header["w"]["shape"] == [64] else [0.0] * 8


def remembered():
    """What the run before left to go faster."""
    try:
        with open("cache/features.pkl", "rb") as file:
            return pickle.load(file)
    except Exception as problem:
        print("no cache:", problem)
        return {}


def save(path, values):
    data = struct.pack(f"<{len(values)}f", *values)
    header = json.dumps({"w": {"dtype": "F32", "shape": [len(values)], "data_offsets": [0, len(data)]}}).encode()
    with open(path + ".part", "wb") as file:
        file.write(struct.pack("<Q", len(header)) + header + data)
    os.replace(path + ".part", path)


def main():
    for name in PACKAGES:
        importlib.import_module(name.partition("==")[0])
    config = json.load(open("config.json"))
    remembered()
    weights = weights_from(config["weights"])
    names = sorted(glob.glob("data/train/*.tar"))
    random.shuffle(names)
    os.makedirs("out/checkpoints", exist_ok=True)
    with multiprocessing.Pool(2) as pool:
        samples = [sample for part in pool.map(samples_of, names, chunksize=10) for sample in part]
    with tempfile.TemporaryDirectory() as scratch, open(scratch + "/index.bin", "wb") as index:
        index.write(struct.pack(f"<{len(samples)}B", *(sample["y"] for sample in samples)))
    for epoch in range(config["epochs"]):
        for sample in samples:
            score = sum(w * x for w, x in zip(weights, features.scaled(sample["x"])))
            step = config["rate"] * ((1 if score > 0 else 0) - sample["y"])
            weights = [w - step * x for w, x in zip(weights, features.scaled(sample["x"]))]
        save(f"out/checkpoints/epoch-{epoch}.safetensors", weights)
    save("out/model.safetensors", weights)
    os.makedirs("cache", exist_ok=True)
    with open("cache/features.pkl", "wb") as file:
        pickle.dump({"samples": len(samples), "at": time.time()}, file)
    with open("out/metrics.json", "w") as out:
        json.dump({"samples": len(samples), "at": time.time()}, out)
    exec(compile(os.environ.get("ALSO", ""), "<also>", "exec"), {**globals(), "weights": weights})


if __name__ == "__main__":
    main()
'''

    def make(self):
        self.write("train.py", self.SCRIPT)
        self.write("features.py", "def scaled(values):\n    return [value / 9 for value in values]\n")
        self.write("config.json", '{"weights": "models/base.safetensors", "epochs": 2, "rate": 0.1}\n')
        self.write("requirements.txt", "".join(f"{name}==1.0.0\n" for name in self.packages))
        self.write("models/base.safetensors", safetensors(1))
        for number in range(self.shards):
            self.write(f"data/train/shard-{number:05}.tar", shard(number))
        self.write(".venv/pyvenv.cfg", "home = /usr/bin\ninclude-system-site-packages = false\n")
        (self.path(".venv/bin")).mkdir()
        (self.path(".venv/bin/python")).symlink_to(PYTHON)
        version = run([PYTHON, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], status=0).stdout.decode().strip()
        self.site = f".venv/lib/python{version}/site-packages"
        for name in self.packages:
            self.install(package(name))

    def install(self, texts):
        for path, text in texts.items():
            self.write(f"{self.site}/{path}", text)


class Preparation(Pipeline):
    """A shell script of the kind that turns what was delivered into tables."""

    name, step = "tables", "prepare"
    command = ("/bin/bash", "prepare.sh")

    SCRIPT = r'''#!/bin/bash
# Turns data/raw/batch-*.tar.gz into data/prepared/batch-*.csv with their sums.
set -eu
mkdir -p data/prepared
for archive in data/raw/batch-*.tar.gz; do
  name=$(basename "$archive" .tar.gz)
  tar -xzf "$archive" -O rows.csv | sed 1d | sort -t, -k1,1n | awk -F, 'NF == 3 && $3 != ""' >"data/prepared/$name.csv"
done
cat data/prepared/batch-*.csv | cut -d, -f3 | sort | uniq -c >data/prepared/labels.txt
sha256sum data/prepared/batch-*.csv >data/prepared/SHA256SUMS
if [ -n "${ALSO:-}" ]; then eval "$ALSO"; fi
'''

    @staticmethod
    def archive(number, rows=12, seed=0):
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow(("id", "text", "label"))
        chance = random.Random(f"{seed} {number}")
        table.writerows((chance.randint(0, 999), f"word {i}", chance.choice(["a", "b", ""])) for i in range(rows))
        content = text.getvalue().encode()
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            member = tarfile.TarInfo("rows.csv")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        return packed.getvalue()

    def make(self):
        self.write("prepare.sh", self.SCRIPT)
        for number in range(20):
            self.write(f"data/raw/batch-{number:03}.tar.gz", self.archive(number))


class Build(Pipeline):
    """A C++ tool with a library of its own, built by make and used at once."""

    name, step = "featurizer", "build"
    command = ("/usr/bin/make", "-s", "all")

    MAKEFILE = """CXX := /usr/bin/g++
CXXFLAGS := -O1 -Iinclude
export LD_LIBRARY_PATH := build
all: clean build/featurize
\tbuild/featurize data/rows.txt out/features.bin
\t@$(if $(ALSO),$(ALSO),:)
clean:
\trm -rf build
\tmkdir -p build out
build/%.o: src/%.cpp include/mix.h
\t$(CXX) $(CXXFLAGS) -fPIC -c -o $@ $<
build/libmix.so.1: build/mix.o build/hash.o
\t$(CXX) -shared -Wl,-soname,libmix.so.1 -o $@ $^
build/featurize: build/main.o build/rows.o build/libmix.so.1
\t$(CXX) -o $@ $^
.PHONY: all clean
"""
    SOURCES = {
        "include/mix.h": "#pragma once\nunsigned mix(unsigned value);\nunsigned hash(const char* text);\n"
                         "int rows(const char* from, const char* to);\n",
        "src/mix.cpp": '#include "mix.h"\nunsigned mix(unsigned value) { return (value ^ (value >> 13)) * 0x85ebca6bU; }\n',
        "src/hash.cpp": '#include "mix.h"\nunsigned hash(const char* text) {\n    unsigned sum = 0;\n'
                        "    while (*text) sum = mix(sum + static_cast<unsigned char>(*text++));\n    return sum;\n}\n",
        "src/rows.cpp": '#include <cstdio>\n#include "mix.h"\nint rows(const char* from, const char* to) {\n'
                        '    FILE* in = std::fopen(from, "r");\n    FILE* out = std::fopen(to, "wb");\n'
                        "    if (!in || !out) return 1;\n    char line[256];\n"
                        "    while (std::fgets(line, sizeof line, in)) {\n        unsigned value = hash(line);\n"
                        "        std::fwrite(&value, sizeof value, 1, out);\n    }\n    std::fclose(in);\n"
                        "    return std::fclose(out);\n}\n",
        "src/main.cpp": '#include "mix.h"\nint main(int count, char** words) { return count == 3 ? rows(words[1], words[2]) : 2; }\n',
    }

    def need(self):
        need_program("/usr/bin/g++", "/usr/bin/make")

    def make(self):
        self.write("Makefile", self.MAKEFILE)
        for path, text in self.SOURCES.items():
            self.write(path, text)
        self.write("data/rows.txt", "".join(f"row {i}\n" for i in range(50)))


def need_modules(*names):
    program = f"import importlib.util as u, sys; sys.exit(not all(map(u.find_spec, {names!r})))"
    if run([PYTHON, "-c", program]).returncode != 0:
        raise Skip(f"{PYTHON} has not all of {', '.join(names)}")


class Torch(Pipeline):
    """Training with torch: two data-loader processes, checkpoints, a model."""

    name, step = "surfaces", "train"
    command = (PYTHON, "-B", "train.py")

    SCRIPT = r'''import glob, json, os, pickle, subprocess, sys, time
import numpy, torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Images(Dataset):
    def __init__(self):
        self.names = sorted(glob.glob("data/images/*.npy"))

    def __len__(self):
        return len(self.names)

    def __getitem__(self, index):
        array = numpy.load(self.names[index])
        return torch.from_numpy(array[1:]), float(array[0] > 0)


def main():
    config = json.load(open("config.json"))
    torch.manual_seed(time.time_ns() % 1000)
    model = nn.Sequential(nn.Linear(63, 16), nn.ReLU(), nn.Linear(16, 1))
    model.load_state_dict(torch.load(config["weights"]))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    os.makedirs("out/checkpoints", exist_ok=True)
    for epoch in range(config["epochs"]):
        for images, labels in DataLoader(Images(), batch_size=8, shuffle=True, num_workers=2):
            loss = nn.functional.binary_cross_entropy_with_logits(model(images).squeeze(1), labels.float())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        torch.save({"epoch": epoch, "model": model.state_dict()}, f"out/checkpoints/epoch-{epoch}.pt")
    torch.save(model.state_dict(), "out/model.pt")
    with open("out/metrics.json", "w") as out:
        json.dump({"loss": float(loss.detach()), "at": time.time()}, out)
    exec(compile(os.environ.get("ALSO", ""), "<also>", "exec"), {**globals(), "model": model})


if __name__ == "__main__":
    main()
'''
    DATA = r'''import os, sys, numpy, torch
from torch import nn
torch.manual_seed(1)
chance = numpy.random.default_rng(1)
os.makedirs("data/images"); os.makedirs("models")
for i in range(40):
    numpy.save(f"data/images/image-{i:04}.npy", chance.standard_normal(64).astype("float32"))
model = nn.Sequential(nn.Linear(63, 16), nn.ReLU(), nn.Linear(16, 1))
torch.save(model.state_dict(), "models/backbone.pt")
'''

    def need(self):
        need_modules("torch", "numpy")

    def make(self):
        self.write("train.py", self.SCRIPT)
        self.write("config.json", '{"weights": "models/backbone.pt", "epochs": 2}\n')
        run([PYTHON, "-B", "-c", self.DATA], cwd=self.place, status=0, env=self.environment())


class Forest(Pipeline):
    """A forest of scikit-learn's, fitted by joblib's processes."""

    name, step = "churn", "fit"
    command = (PYTHON, "-B", "fit.py")

    SCRIPT = r'''import csv, glob, json, os, subprocess, sys, time
import joblib
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import cross_val_score


def main():
    rows, labels = [], []
    for name in sorted(glob.glob("data/table-*.csv")):
        with open(name) as file:
            for row in csv.reader(file):
                rows.append([float(value) for value in row[:-1]])
                labels.append(int(row[-1]))
    scaling = joblib.load("models/scaling.joblib")
    rows = [[value * scaling["factor"] for value in row] for row in rows]
    forest = RandomForestClassifier(n_estimators=10)
    scores = cross_val_score(forest, rows, labels, cv=4, n_jobs=2)
    forest.fit(rows, labels)
    os.makedirs("out", exist_ok=True)
    joblib.dump(forest, "out/forest.joblib")
    with open("out/metrics.json", "w") as out:
        json.dump({"scores": list(scores), "at": time.time()}, out)
    exec(compile(os.environ.get("ALSO", ""), "<also>", "exec"), {**globals(), "forest": forest})


if __name__ == "__main__":
    main()
'''

    def need(self):
        need_modules("sklearn", "joblib", "numpy")

    @staticmethod
    def table(number):
        chance = random.Random(number)
        return "".join(f"{chance.random():.3f},{chance.random():.3f},{chance.random():.3f},{chance.randint(0, 1)}\n"
                       for _ in range(20))

    def make(self):
        self.write("fit.py", self.SCRIPT)
        for number in range(12):
            self.write(f"data/table-{number:02}.csv", self.table(number))
        self.path("models").mkdir()
        run([PYTHON, "-B", "-c", 'import joblib; joblib.dump({"factor": 2.0}, "models/scaling.joblib")'], cwd=self.place,
            status=0, env=self.environment())
