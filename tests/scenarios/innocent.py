# SPDX-License-Identifier: Apache-2.0
"""Innocent runs: pipelines in which something differs from run to run, as it does at work, and nobody did anything wrong.

    for what, report in Trainer().judged(): …

Each pipeline is learned from five runs that differ by before(); then it is run once for each of its `changes`, which are
methods that do what a person or a machine does now and then. What a change returns is environment, or `command`."""

import datetime
from dataclasses import dataclass, field
import zipfile

from pipelines import *


def a_day(number):
    """The day of the run of that number: a pipeline is run every few days."""
    return datetime.date(2026, 11, 2) + datetime.timedelta(days=3 * number)


class Innocent(Pipeline):
    """A pipeline whose runs differ. `settings` is environment of all its runs."""

    changes = ()
    settings = {}

    def before(self, number, chance):
        """What is another in each run; returns environment."""
        return {}

    def _settings(self, number):
        chance = random.Random(f"{self.name} {number}")
        return {**self.settings, "RUN": str(number), "SEED": str(chance.random()), **(self.before(number, chance) or {})}

    def learn(self, runs=5):
        run([*self.command], cwd=self.place, env=self.environment(**self._settings(0)), status=0)
        self.runs = [self.run(**self._settings(number)) for number in range(1, runs + 1)]
        self.track("baseline", "learn", *self.runs)
        return self

    def judged(self, wanted=None):
        """Learns, and gives what was done and the report, of one run for each change."""
        self.learn()
        place = self.place
        for number, change in enumerate(self.changes[:wanted], start=6):
            before = None if change == "nothing_else" else Snapshot(HOME.parent)
            settings = self._settings(number)
            settings.update(getattr(self, change)() or {})
            last = self.run(**settings)
            yield change.replace("_", " "), self.report_of(last)
            self.place = place
            if before:  # as if it had not been
                before.put_back()
                shutil.rmtree(self.store / last)

    def nothing_else(self):
        """Only what is another in each run."""

    def edit(self, name, old, new):
        text = self.path(name).read_text()
        check(old in text, f"{name} has no {old!r}")
        self.write(name, text.replace(old, new))

    def moved(self, to):
        """The project and its home, somewhere else."""
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(self.place, to, symlinks=True)
        self.place = to


class Trainer(Innocent):
    """Plain Python that reads nine in ten of 200 shards in any order, goes on from its last checkpoint, keeps three, and
    writes event files named by time, host and process."""

    name, step = "ranker", "train"
    command = (".venv/bin/python", "-B", "train.py")
    changes = ("nothing_else", "nothing_else", "nothing_else", "edit_of_the_script", "new_module", "other_learning_rate",
               "other_checkout", "another_user", "other_temporary_folder", "more_workers", "from_the_start", "longer_training",
               "quick_run", "package_upgrade", "debug_run")

    SCRIPT = r'''import glob, importlib, json, multiprocessing, os, random, re, socket, struct, sys, tempfile, time
import features

def size_of(path):
    with open(path, "rb") as file:
        return len(file.read())

def main():
    for line in open("requirements.txt"):
        importlib.import_module(line.partition("==")[0])
    config = json.load(open("config.json"))
    random.seed(os.environ["SEED"])
    names = glob.glob("data/train/*.tar")
    names = random.sample(names, round(len(names) * config["part"]))
    with open("models/base.safetensors", "rb") as file:
        weights = file.read()
    kept = sorted(glob.glob("out/ckpt-*.safetensors"))
    epoch = 0
    if kept and "FRESH" not in os.environ:
        epoch = int(re.search(r"ckpt-(\d+)", kept[-1])[1])
        with open(kept[-1], "rb") as file:
            weights = file.read()
    os.makedirs("out", exist_ok=True)
    os.makedirs("runs", exist_ok=True)
    events = f"runs/events.out.tfevents.{int(time.time())}.{socket.gethostname()}.{os.getpid()}.0"
    with multiprocessing.get_context(config["start"]).Pool(config["workers"]) as pool, open(events, "wb") as log:
        for epoch in range(epoch + 1, epoch + 1 + config["epochs"]):
            total = sum(pool.map(size_of, names, chunksize=20))
            with tempfile.NamedTemporaryFile(prefix="batch-") as scratch:
                scratch.write(os.urandom(100))
            log.write(b"%d %d\n" % (epoch, total))
            path = f"out/ckpt-{epoch:04}.safetensors"
            with open(path + ".tmp", "wb") as file:
                file.write(weights[:-4] + os.urandom(4))
            os.replace(path + ".tmp", path)
            kept = sorted(glob.glob("out/ckpt-*.safetensors"))
            for old in kept[:-3]:
                os.unlink(old)
    with open("out/metrics.json", "w") as out:
        json.dump({"total": features.scaled(total), "at": time.time()}, out)

if __name__ == "__main__":
    main()
'''

    def make(self):
        self.write("train.py", self.SCRIPT)
        self.write("features.py", "def scaled(value):\n    return value / 9\n")
        self.configure()
        packages = [f"{word}{number}" for word in ("amber", "birch", "cedar", "delta") for number in range(5)]
        self.write("requirements.txt", "".join(f"{name}==1.0.0\n" for name in packages))
        self.write("models/base.safetensors", safetensors(1))
        for number in range(200):
            self.write(f"data/train/shard-{number:05}.tar", shard(number))
        self.write(".venv/pyvenv.cfg", "home = /usr/bin\ninclude-system-site-packages = false\n")
        self.path(".venv/bin").mkdir()
        self.path(".venv/bin/python").symlink_to(PYTHON)
        version = run([PYTHON, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], status=0).stdout.decode().strip()
        self.site = f".venv/lib/python{version}/site-packages"
        for name in packages:
            self.install(name, "1.0.0")

    def install(self, name, version, **modules):
        for path, text in package(name, version, **modules).items():
            self.write(f"{self.site}/{path}", text)

    def configure(self, **more):
        config = {"part": 0.9, "workers": 3, "epochs": 2, "start": "spawn", **more}
        self.write("config.json", json.dumps(config))

    def edit_of_the_script(self):
        self.edit("train.py", "weights[:-4]", "weights[:-4:]")

    def new_module(self):
        self.write("schedule.py", "rate = 0.1\n")
        self.edit("train.py", "import features\n", "import features, schedule\n")

    def other_learning_rate(self):
        self.configure(rate=0.3)

    def other_checkout(self):
        self.moved(HOME / "builds/b7f3a9c1/ranker")

    def another_user(self):
        self.moved(HOME.parent / "runner/ranker")
        return {"HOME": HOME.parent / "runner", "XDG_CACHE_HOME": HOME.parent / "runner/.cache"}

    def other_temporary_folder(self):
        folder = SCRATCH / "job-1234" / "tmp"
        folder.mkdir(parents=True)
        return {"TMPDIR": folder}

    def more_workers(self):
        self.configure(workers=6, start="fork")

    def from_the_start(self):
        return {"FRESH": "1"}

    def longer_training(self):
        self.configure(epochs=9)

    def quick_run(self):
        self.configure(part=0.2, epochs=1, workers=1)

    def package_upgrade(self):
        shutil.rmtree(self.path(f"{self.site}/amber1-1.0.0.dist-info"))
        self.install("amber1", "1.1.0", core="value = 2\n", extra="more = 1\n")

    def debug_run(self):
        return {"command": (".venv/bin/python", "-B", "-X", "dev", "-u", "train.py")}


class Kernels(Innocent):
    """Python that compiles what it has generated, loads it, and asks for libraries, as inductor, Triton and cffi do. In half
    of its runs the cache in the home directory has the kernel."""

    name, step = "kernels", "train"
    command = (PYTHON, "-B", "train.py")
    changes = ("nothing_else", "nothing_else", "nothing_else", "other_kernel", "two_more_kernels", "empty_cache", "other_flags",
               "other_checkout", "another_user", "more_workers")

    SCRIPT = r'''import base64, ctypes, ctypes.util, glob, hashlib, json, multiprocessing, os, random, subprocess, sys, tempfile

def compiled(text, folder):
    """As inductor: base32 of a digest, in a folder of two of its letters."""
    name = "c" + base64.b32encode(hashlib.sha256(text.encode()).digest())[:51].decode().lower()
    place = os.path.join(folder, name[1:3])
    os.makedirs(place, exist_ok=True)
    library = os.path.join(place, name + ".so")
    if not os.path.exists(library):
        with open(os.path.join(place, name + ".cpp"), "w") as source:
            source.write(text)
        subprocess.run(["g++", *json.load(open("flags.json")), "-shared", "-fPIC", source.name, "-o", f"{library}.{os.getpid()}.tmp"], check=True)
        os.replace(f"{library}.{os.getpid()}.tmp", library)
    return ctypes.CDLL(library)

def work(number):
    kernel = compiled(open("kernel.cpp").read(), os.path.expanduser("~/.kernels/cache"))
    return kernel.f(number)

def main():
    for name in ("m", "gomp", "no-such-library"):
        ctypes.util.find_library(name)
    random.seed(os.environ["SEED"])
    for i in range(int(os.environ.get("KERNELS", "2"))):
        text = f'extern "C" int f(int x) {{ return x * {random.randint(1, 10**9)}; }}\n'
        compiled(text, os.path.join(tempfile.gettempdir(), "torchinductor_ann")).f(2)
    with tempfile.TemporaryDirectory() as scratch:
        library = os.path.join(scratch, "launcher.cpython-311-x86_64-linux-gnu.so")
        with open(os.path.join(scratch, "main.c"), "w") as source:
            source.write("int g(int x) { return x; }\n")
        subprocess.run(["gcc", "-shared", "-fPIC", source.name, "-o", library], check=True)
        ctypes.CDLL(library).g(1)
    with multiprocessing.get_context("spawn").Pool(int(os.environ.get("WORKERS", "2"))) as pool:
        print(sum(pool.map(work, range(8))))

if __name__ == "__main__":
    main()
'''

    def need(self):
        need_program("/usr/bin/g++", "/usr/bin/gcc")

    def make(self):
        self.write("train.py", self.SCRIPT)
        self.write("flags.json", '["-O1"]')
        self.write("kernel.cpp", 'extern "C" int f(int x) { return x + 1; }\n')

    def before(self, number, chance):
        if number % 2 == 0:
            shutil.rmtree(HOME / ".kernels", ignore_errors=True)
        if number % 3 == 0:
            shutil.rmtree(self.temporary / "torchinductor_ann", ignore_errors=True)

    def other_kernel(self):
        self.edit("kernel.cpp", "x + 1", "x + 2")

    def two_more_kernels(self):
        return {"KERNELS": "4"}

    def empty_cache(self):
        shutil.rmtree(HOME / ".kernels", ignore_errors=True)

    def other_flags(self):
        self.write("flags.json", '["-O2", "-march=native"]')

    def other_checkout(self):
        self.moved(Path("/home/ci/builds/0/kernels"))

    def another_user(self):
        return {"HOME": "/home/bob", "XDG_CACHE_HOME": "/home/bob/.cache"}

    def more_workers(self):
        return {"WORKERS": "5"}


class Hub(Innocent):
    """Reads a model and a dataset from a cache laid out as Hugging Face's: blobs named by digest, snapshots of links, refs."""

    name, step = "tuning", "tune"
    command = (PYTHON, "-B", "tune.py")
    changes = ("nothing_else", "nothing_else", "nothing_else", "new_revision_of_the_card", "new_revision_of_the_tokenizer", "new_revision_of_the_weights",
               "new_part_of_the_dataset", "cache_elsewhere", "another_user", "cache_made_anew", "other_checkout", "edit_of_the_script")

    SCRIPT = r'''import glob, json, os, random, struct, time
HUB = os.path.join(os.environ.get("HF_HOME") or os.path.expanduser("~/.cache/huggingface"), "hub")

def snapshot(kind, name):
    place = os.path.join(HUB, f"{kind}s--ann--{name}")
    with open(os.path.join(place, "refs/main")) as ref:
        return os.path.join(place, "snapshots", ref.read())

def main():
    model = snapshot("model", "small")
    for name in ("config.json", "tokenizer.json", "vocab.txt", "model.safetensors"):
        with open(os.path.join(model, name), "rb") as file:
            file.read()
    parts = sorted(glob.glob(os.path.join(snapshot("dataset", "text"), "data", "*.jsonl")))
    random.shuffle(parts)
    total = sum(len(open(part).read()) for part in parts)
    lock = os.path.join(HUB, ".locks/models--ann--small")
    os.makedirs(lock, exist_ok=True)
    open(os.path.join(lock, os.urandom(32).hex() + ".lock"), "w").close()
    os.makedirs("out", exist_ok=True)
    stamp = time.strftime("%Y%m%d_%H%M%S")
    run = f"wandb/run-{stamp}-{''.join(random.choices('abcdefghijklmnopqrstuvwxyz0123456789', k=8))}"
    os.makedirs(run + "/files")
    json.dump({"total": total}, open(run + "/files/wandb-summary.json", "w"))
    open(f"{run}/run-{os.path.basename(run)[-8:]}.wandb", "wb").close()
    open("out/adapter.safetensors", "wb").write(struct.pack("<Q", 2) + b"{}")

if __name__ == "__main__":
    main()
'''

    def put(self, kind, name, files):
        """A revision: new blobs for what is new, links to them, and the ref."""
        place = self.hub / f"{kind}s--ann--{name}"
        contents = {path: content if isinstance(content, bytes) else content.encode() for path, content in files.items()}
        revision = hashlib.sha1(repr(sorted(contents.items())).encode()).hexdigest()
        for path, content in contents.items():
            large = path.endswith(".safetensors")
            blob = hashlib.sha256(content).hexdigest() if large else hashlib.sha1(content).hexdigest()
            if not (place / "blobs" / blob).exists():
                self.write(place / "blobs" / blob, content)
            link = place / "snapshots" / revision / path
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(os.path.relpath(place / "blobs" / blob, link.parent))
        self.write(place / "refs/main", revision)

    def make(self):
        self.hub = HOME / ".cache/huggingface/hub"
        self.write("tune.py", self.SCRIPT)
        self.model = {"config.json": '{"hidden": 64}\n', "tokenizer.json": '{"version": "1.0"}\n', "vocab.txt": "a\nb\n",
                      "README.md": "# small\n", "model.safetensors": safetensors(3)}
        self.data = {f"data/part-{i:05}-of-00010.jsonl": f'{{"text": "line {i}"}}\n' * 3 for i in range(10)}
        self.put("model", "small", self.model)
        self.put("dataset", "text", self.data)

    def new_revision_of_the_card(self):
        self.put("model", "small", self.model | {"README.md": "# small, and how it was made\n"})

    def new_revision_of_the_tokenizer(self):
        self.put("model", "small", self.model | {"tokenizer.json": '{"version": "1.0", "added": []}\n'})

    def new_revision_of_the_weights(self):
        self.put("model", "small", self.model | {"model.safetensors": safetensors(4)})

    def new_part_of_the_dataset(self):
        self.put("dataset", "text", self.data | {"README.md": "a card\n"})

    def cache_elsewhere(self):
        shutil.copytree(HOME / ".cache/huggingface", "/home/ann/.cache/hf-2", symlinks=True)
        return {"HF_HOME": "/home/ann/.cache/hf-2"}

    def another_user(self):
        shutil.copytree(HOME / ".cache", "/home/bob/.cache", symlinks=True)
        return {"HOME": "/home/bob", "XDG_CACHE_HOME": "/home/bob/.cache"}

    def cache_made_anew(self):
        shutil.rmtree(self.hub)
        self.put("model", "small", self.model)
        self.put("dataset", "text", self.data)

    def other_checkout(self):
        self.moved(HOME / "other/tuning")

    def edit_of_the_script(self):
        self.edit("tune.py", "shuffle(parts)", "shuffle(parts)  # in any order")


class Loader(Torch, Innocent):
    """torch with data-loader processes, whose number and start vary, and checkpoints that are gone on from."""

    name = "vision"
    learn, report, changes = Innocent.learn, Pipeline.report, (
        "nothing_else", "nothing_else", "one_worker", "five_workers", "no_workers", "spawned_workers", "longer_training",
        "more_threads", "jit", "edit_of_the_script")

    def make(self):
        super().make()
        self.edit("train.py", "def main():\n", "def main():\n    go()\n\n\ndef go():\n    rest = sorted(glob.glob('out/checkpoints/*.pt'))\n")
        self.edit("train.py", "num_workers=2", "num_workers=config.get('workers', 2), multiprocessing_context=config.get('start')")
        self.edit("train.py", "    for epoch in range(config[\"epochs\"]):", "    first = 0\n    if rest:\n"
                  "        saved = torch.load(rest[-1])\n        model.load_state_dict(saved['model'])\n"
                  "        first = saved['epoch'] + 1\n        for old in rest[:-2]:\n            os.unlink(old)\n"
                  "    for epoch in range(first, first + config[\"epochs\"]):")
        self.edit("train.py", "epoch-{epoch}.pt", "epoch-{epoch:03}.pt")

    def configure(self, **more):
        self.write("config.json", json.dumps({"weights": "models/backbone.pt", "epochs": 2, **more}))

    def before(self, number, chance):
        self.configure(workers=2 + number % 2)

    def one_worker(self):
        self.configure(workers=1)

    def five_workers(self):
        self.configure(workers=5)

    def no_workers(self):
        self.configure(workers=0)

    def spawned_workers(self):
        self.configure(start="spawn")

    def longer_training(self):
        self.configure(epochs=6)

    def more_threads(self):
        return {"OMP_NUM_THREADS": "4", "MKL_NUM_THREADS": "4"}

    def jit(self):
        self.edit("train.py", "    rest =", "    torch.jit.script(nn.Linear(2, 2))\n    rest =")

    def edit_of_the_script(self):
        self.edit("train.py", "lr=1e-3", "lr=1e-4")


class Memory(Forest, Innocent):
    """scikit-learn with joblib's processes, and its cache of results on disk."""

    name = "cached"
    learn, report, changes = Innocent.learn, Pipeline.report, (
        "nothing_else", "nothing_else", "four_processes", "one_process", "empty_cache", "other_cached_function", "larger_forest",
        "other_temporary_folder")

    def make(self):
        super().make()
        self.edit("fit.py", "def main():\n", "memory = joblib.Memory(os.path.expanduser('~/.cache/fits'), verbose=0)\n\n\n"
                  "@memory.cache\ndef prepared(rows, part):\n    return [[value * part for value in row] for row in rows]\n\n\n"
                  "def main():\n")
        self.edit("fit.py", "    forest = Random", "    rows = prepared(rows, round(float(os.environ['SEED']), 2))\n    forest = Random")
        self.edit("fit.py", "n_jobs=2", "n_jobs=int(os.environ.get('JOBS', 2))")

    def before(self, number, chance):
        return {"JOBS": str(2 + number % 2)}

    def four_processes(self):
        return {"JOBS": "4"}

    def one_process(self):
        return {"JOBS": "1"}

    def empty_cache(self):
        shutil.rmtree(HOME / ".cache/fits")

    def other_cached_function(self):
        self.edit("fit.py", "value * part for", "value + part for")

    def larger_forest(self):
        self.edit("fit.py", "n_estimators=10", "n_estimators=40")

    def other_temporary_folder(self):
        folder = SCRATCH / "job-77" / "tmp"
        folder.mkdir(parents=True)
        return {"TMPDIR": folder}


class Wheel(Innocent):
    """A step that installs the project's own package into a virtual environment with pip, in a build environment of pip's,
    and uses it."""

    name, step = "packaged", "install"
    command = ("/bin/sh", "-e", "install.sh")
    changes = ("nothing_else", "nothing_else", "edit_of_the_package", "new_module", "new_version", "other_checkout", "another_user",
               "other_temporary_folder")

    WHEELS = Path("/usr/share/python-wheels")
    SCRIPT = """rm -rf .venv
/usr/bin/python3 -m venv --without-pip .venv
.venv/bin/python wheels/pip.whl/pip install -q --no-index --find-links wheels ./ranking
.venv/bin/rank data/table.csv
"""
    BACKEND = r'''import base64, hashlib, os, zipfile
import buildhelp

VERSION = open("VERSION").read().strip()
NAME = f"ranking-{VERSION}"

def build_wheel(folder, settings=None, metadata=None):
    texts = {f"ranking/{name}": open(f"ranking/{name}").read() for name in os.listdir("ranking") if name.endswith(".py")}
    texts[f"{NAME}.dist-info/METADATA"] = f"Metadata-Version: 2.1\\nName: ranking\\nVersion: {VERSION}\\n"
    texts[f"{NAME}.dist-info/WHEEL"] = "Wheel-Version: 1.0\\nGenerator: own\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
    texts[f"{NAME}.dist-info/entry_points.txt"] = "[console_scripts]\\nrank = ranking:main\\n"
    lines = ""
    for path, text in texts.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        lines += f"{path},sha256={digest},{len(text)}\\n"
    texts[f"{NAME}.dist-info/RECORD"] = lines + f"{NAME}.dist-info/RECORD,,\\n"
    with zipfile.ZipFile(os.path.join(folder, f"{NAME}-py3-none-any.whl"), "w") as wheel:
        for path, text in texts.items():
            wheel.writestr(path, text)
    return f"{NAME}-py3-none-any.whl"
'''

    def need(self):
        need_modules("venv")
        if not list(self.WHEELS.glob("pip-*.whl")):
            raise Skip(f"{self.WHEELS} has no wheel of pip")

    def make(self):
        self.path("wheels").mkdir()
        shutil.copy(next(self.WHEELS.glob("pip-*.whl")), self.path("wheels/pip.whl"))
        with zipfile.ZipFile(self.path("wheels/buildhelp-1.0.0-py3-none-any.whl"), "w") as wheel:
            for path, text in package("buildhelp").items():
                wheel.writestr(path, text)
        self.write("install.sh", self.SCRIPT)
        self.write("data/table.csv", "a,b\n1,2\n")
        self.write("ranking/pyproject.toml",
                   '[build-system]\nrequires = ["buildhelp"]\nbuild-backend = "backend"\nbackend-path = ["build"]\n')
        self.write("ranking/build/backend.py", self.BACKEND.replace("\\\\n", "\\n"))
        self.write("ranking/VERSION", "1.0.0\n")
        self.write("ranking/ranking/__init__.py", "import sys\n\n\ndef main():\n    print(len(open(sys.argv[1]).read()))\n")

    def edit_of_the_package(self):
        self.edit("ranking/ranking/__init__.py", "len(", "3 + len(")

    def new_module(self):
        self.write("ranking/ranking/more.py", "value = 1\n")
        self.edit("ranking/ranking/__init__.py", "import sys\n", "import sys\n\nfrom . import more\n")

    def new_version(self):
        self.write("ranking/VERSION", "1.1.0\n")

    def other_checkout(self):
        self.moved(HOME / "builds/2/packaged")

    def another_user(self):
        return {"HOME": "/home/bob", "XDG_CACHE_HOME": "/home/bob/.cache"}

    def other_temporary_folder(self):
        folder = SCRATCH / "job-5" / "t"
        folder.mkdir(parents=True)
        return {"TMPDIR": folder}


class Compiled(Build, Innocent):
    """make, g++ and ccache on sources that change."""

    name = "compiled"
    learn, report, changes = Innocent.learn, Pipeline.report, (
        "nothing_else", "nothing_else", "changed_sources", "new_source", "changed_header", "empty_ccache",
        "other_flags", "other_checkout", "another_user", "other_temporary_folder")

    def need(self):
        super().need()
        need_program("ccache")

    def make(self):
        super().make()
        self.edit("Makefile", "CXX := /usr/bin/g++", "CXX := ccache /usr/bin/g++")
        self.command = ("/usr/bin/make", "-s", "all")

    def before(self, number, chance):
        if number % 2:
            self.write("src/hash.cpp", self.SOURCES["src/hash.cpp"] + f"int made_{number};\n")
        return {"CCACHE_DIR": HOME / ".cache/ccache"}

    def changed_sources(self):
        self.edit("src/rows.cpp", "line[256]", "line[512]")
        self.edit("src/mix.cpp", "13", "15")

    def new_source(self):
        self.write("src/more.cpp", "int more() { return 1; }\n")
        self.edit("Makefile", "build/main.o build/rows.o", "build/main.o build/rows.o build/more.o")

    def changed_header(self):
        self.edit("include/mix.h", "unsigned hash", "#include <vector>\nunsigned hash")

    def empty_ccache(self):
        shutil.rmtree(HOME / ".cache/ccache")

    def other_flags(self):
        self.edit("Makefile", "-O1", "-O2 -g")

    def other_checkout(self):
        self.moved(HOME / "other/compiled")

    def another_user(self):
        return {"HOME": "/home/bob", "CCACHE_DIR": "/home/bob/.cache/ccache"}

    def other_temporary_folder(self):
        folder = SCRATCH / "job-6" / "t"
        folder.mkdir(parents=True)
        return {"TMPDIR": folder}


class Nightly(Innocent):
    """A shell script over what was delivered since, with dates in names, temporary files, parallel xargs, a database with a
    journal, and logs that are rotated."""

    name, step = "nightly", "prepare"
    command = ("/bin/bash", "nightly.sh")
    changes = ("nothing_else", "nothing_else", "nothing_else", "more_deliveries", "no_delivery", "edit_of_the_script", "more_processes",
               "other_checkout", "another_user", "other_temporary_folder", "large_sort")

    SCRIPT = r'''#!/bin/bash
set -eu
mkdir -p out logs state
for i in 3 2 1; do [ -e logs/run.log.$i.gz ] && mv logs/run.log.$i.gz logs/run.log.$((i + 1)).gz; done
[ -e logs/run.log ] && gzip -c logs/run.log >logs/run.log.1.gz
echo "$DAY begins" >logs/run.log
scratch=$(mktemp -d)
find raw -name '*.csv.gz' -print0 | xargs -0 -n 3 -P "${PROCESSES:-2}" sh -c 'for f; do gzip -dc "$f" >"'$scratch'/$(basename "$f" .gz)"; done' _
find "$scratch" -name '*.csv' -print0 | sort -z | xargs -0 cat | sort -S "${MEMORY:-16k}" -T "$scratch" -t, -k1,1n >"$scratch/all.csv"
cut -d, -f2 "$scratch/all.csv" | sort | uniq -c | awk '{ print $2 "," $1 }' >"out/counts-$DAY.csv"
tar -C "$scratch" -czf "out/prepared-$DAY.tar.gz" all.csv
sqlite3 state/runs.db "create table if not exists runs(day text); insert into runs values('$DAY'); pragma wal_checkpoint;" >/dev/null
cp -p "out/counts-$DAY.csv" out/latest.csv.new
mv out/latest.csv.new out/latest.csv
ls -t out/prepared-*.tar.gz | tail -n +4 | xargs -r rm --
rm -rf "$scratch"
wc -l out/latest.csv >>logs/run.log
'''

    def need(self):
        need_program("sqlite3")

    def deliver(self, day, part=0):
        import gzip
        chance = random.Random(f"{day} {part}")
        rows = "".join(f"{chance.randint(0, 9999)},{chance.choice('abc')}\n" for _ in range(400))
        self.write(f"raw/{day:%Y-%m}/delivery-{day}-{part}.csv.gz", gzip.compress(rows.encode(), mtime=0))

    def make(self):
        self.write("nightly.sh", self.SCRIPT)
        for number in range(-6, 1):
            self.deliver(a_day(number))

    def before(self, number, chance):
        self.deliver(a_day(number))
        return {"DAY": a_day(number)}

    def more_deliveries(self):
        for part in range(1, 5):
            self.deliver(a_day(7), part)

    def no_delivery(self):
        for path in self.path("raw").rglob(f"*{a_day(10)}*"):
            path.unlink()

    def edit_of_the_script(self):
        self.edit("nightly.sh", "set -eu", "set -euo pipefail")

    def more_processes(self):
        return {"PROCESSES": "4"}

    def large_sort(self):
        return {"MEMORY": "1k"}

    def other_checkout(self):
        self.moved(HOME / "other/nightly")

    def another_user(self):
        return {"HOME": "/home/bob"}

    def other_temporary_folder(self):
        folder = SCRATCH / "job-8" / "t"
        folder.mkdir(parents=True)
        return {"TMPDIR": folder}


class Tested(Innocent):
    """Tests of a package that is installed as editable, under a tracer that starts by a .pth, with bytecode written anew,
    fonts looked for and cached, and a database."""

    name, step = "checked", "test"
    command = (".venv/bin/python", "check.py")
    settings = {"PYTHONDONTWRITEBYTECODE": "", "COVERAGE_PROCESS_START": "cover.cfg"}
    changes = ("nothing_else", "nothing_else", "nothing_else", "bytecode_gone", "edit_of_the_package", "new_test", "fonts_cached_anew",
               "touched_sources", "another_user")

    SCRIPT = r'''import glob, importlib, json, logging.handlers, multiprocessing, os, random, socket, sqlite3, subprocess, sys, tempfile, time
import ranking

def fonts():
    place = os.path.expanduser("~/.cache/matplotlib")
    cache = os.path.join(place, "fontlist-v330.json")
    if not os.path.exists(cache):
        os.makedirs(place, exist_ok=True)
        found = glob.glob("/usr/share/fonts/**/*.[ot]tf", recursive=True)
        with open(cache + ".matplotlib-lock", "w"):
            json.dump(found, open(cache, "w"))
        os.unlink(cache + ".matplotlib-lock")
    return json.load(open(cache))

def check(name):
    sys.path.insert(0, "tests")
    return importlib.import_module(name).test()

def main():
    fonts()
    names = [os.path.basename(path)[:-3] for path in glob.glob("tests/test_*.py")]
    random.shuffle(names)
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        pool.map(check, names)
    log = logging.handlers.RotatingFileHandler("logs/check.log", maxBytes=200, backupCount=3)
    logging.getLogger().addHandler(log)
    for name in names:
        logging.error("%s %s", time.time(), name)
    data = sqlite3.connect("state.db")
    data.execute("create table if not exists runs(at real)")
    data.execute("insert into runs values(?)", (time.time(),))
    data.commit()
    with tempfile.TemporaryDirectory(prefix="pytest-of-") as scratch:
        open(os.path.join(scratch, f"popen-gw{os.getpid()}"), "w").close()

if __name__ == "__main__":
    os.makedirs("logs", exist_ok=True)
    main()
'''
    TRACER = r'''import atexit, os, random, socket
def process_startup():
    if os.environ.get("COVERAGE_PROCESS_START"):
        open(os.environ["COVERAGE_PROCESS_START"]).read()
        atexit.register(lambda: open(f".coverage.{socket.gethostname()}.{os.getpid()}.{random.randint(0, 999999):06}", "w").close())
'''

    def make(self):
        self.write("check.py", self.SCRIPT)
        self.write("cover.cfg", "[run]\nparallel = true\n")
        self.write("src/ranking/__init__.py", "from .core import value\n")
        self.write("src/ranking/core.py", "value = 1\n")
        for i in range(5):
            self.write(f"tests/test_part_{i}.py", "import ranking\n\n\ndef test():\n    assert ranking.value\n")
        self.write(".venv/pyvenv.cfg", "home = /usr/bin\ninclude-system-site-packages = false\n")
        self.path(".venv/bin").mkdir(parents=True)
        self.path(".venv/bin/python").symlink_to(PYTHON)
        version = run([PYTHON, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], status=0).stdout.decode().strip()
        self.site = f".venv/lib/python{version}/site-packages"
        for path, text in package("coverage", "7.1.0", __init__=self.TRACER).items():
            self.write(f"{self.site}/{path}", text)
        self.write(f"{self.site}/a1_coverage.pth", "import coverage; coverage.process_startup()\n")
        self.write(f"{self.site}/__editable__.ranking-1.0.0.pth", f"{self.path('src')}\n")

    def bytecode_gone(self):
        for folder in list(self.place.rglob("__pycache__")):
            shutil.rmtree(folder)

    def edit_of_the_package(self):
        self.write("src/ranking/core.py", "value = 2\n")

    def new_test(self):
        self.write("tests/test_more.py", "import ranking\n\n\ndef test():\n    assert ranking.value\n")

    def fonts_cached_anew(self):
        shutil.rmtree(HOME / ".cache/matplotlib")

    def touched_sources(self):
        for path in [*self.path("src").rglob("*.py"), *self.path(self.site).rglob("*.py")]:
            os.utime(path)

    def another_user(self):
        return {"HOME": "/home/bob", "XDG_CACHE_HOME": "/home/bob/.cache"}


class Versioned(Innocent):
    """A step that asks git for its revision, notes it in what it writes, and is committed to between runs."""

    name, step = "versioned", "report"
    command = (PYTHON, "-B", "report.py")
    changes = ("nothing_else", "nothing_else", "nothing_else", "commit", "new_branch", "packed_references", "dependencies", "tag", "another_user")

    SCRIPT = r'''import glob, json, os, subprocess, time

def git(*words):
    return subprocess.run(["git", *words], check=True, capture_output=True, text=True).stdout.strip()

revision, changed = git("rev-parse", "HEAD"), git("status", "--porcelain")
rows = sum(len(open(path).readlines()) for path in glob.glob("data/*.csv"))
os.makedirs(f"out/{revision[:10]}", exist_ok=True)
name = f"out/{revision[:10]}/report-{git('describe', '--always')}-{time.strftime('%Y%m%dT%H%M%S')}.json"
json.dump({"rows": rows, "needs": open("requirements.txt").read(), "changed": changed}, open(name, "w"))
'''

    def need(self):
        need_program("/usr/bin/git")

    def git(self, *words):
        own = {"GIT_AUTHOR_NAME": "Ann", "GIT_AUTHOR_EMAIL": "ann@example.org", "GIT_COMMITTER_NAME": "Ann",
               "GIT_COMMITTER_EMAIL": "ann@example.org"}
        run(["git", *words], cwd=self.place, status=0, env=self.environment(**own))

    def commit(self):
        self.write("NOTES.md", f"{random.random()}\n")
        self.git("add", "-A")
        self.git("commit", "-qm", "more")

    def make(self):
        self.write("report.py", self.SCRIPT)
        self.write("requirements.txt", "numpy==1.24.1\n")
        self.write(".gitignore", "out/\n.fstracker/\n")
        for number in range(6):
            self.write(f"data/table-{number}.csv", Forest.table(number))
        self.git("init", "-q", "-b", "main")
        self.commit()

    def before(self, number, chance):
        if number % 3 == 0:
            self.commit()

    def new_branch(self):
        self.git("checkout", "-q", "-b", "feature/other-rate")
        self.commit()

    def packed_references(self):
        self.git("gc", "-q")

    def dependencies(self):
        self.write("requirements.txt", "numpy==1.26.0\n")
        self.commit()

    def tag(self):
        self.git("tag", "-a", "-m", "first", "v1.0.0")

    def another_user(self):
        self.git("config", "--global", "--add", "safe.directory", "*")
        return {"HOME": "/home/bob"}


ALL = (Trainer, Kernels, Hub, Loader, Memory, Wheel, Compiled, Nightly, Tested, Versioned)
