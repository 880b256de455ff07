# SPDX-License-Identifier: Apache-2.0
"""Scenarios of the family libraries: code that is loaded is not what was installed."""

from scenario import *

SITE = Training.site


def scenario(name, technique, pipeline, names, program, act, twin, **more):
    return Scenario(name, "libraries", technique, pipeline, names, program, act, twin, **more)


def installs(texts, also="", requirement=None):
    def act(pipeline):
        pipeline.install(texts)
        if requirement:
            pipeline.write("requirements.txt", pipeline.path("requirements.txt").read_text() + requirement + "\n")
        return {"ALSO": also}
    return act


def site(name, content, also=""):
    return lambda pipeline: pipeline.write(f"{pipeline.site}/{name}", content) and {"ALSO": also}


def upgrades(pipeline):
    """Another version of a package, as pip would leave it."""
    shutil.rmtree(pipeline.path(f"{pipeline.site}/amberbase-1.0.0.dist-info"))
    pipeline.install(package("amberbase", "1.1.0", core="value = 2\n"))


def bytecode(true_to_source):
    """A .pyc beside a module: compiled from it, or from other source under a header that nobody checks."""
    def act(pipeline):
        where = pipeline.path(f"{pipeline.site}/amberbase")
        source = (where / "core.py").read_text() if true_to_source else "value = 3\n"
        (where / "other.py").write_text(source)
        program = ("import py_compile, sys; py_compile.compile(sys.argv[1], sys.argv[2], dfile=sys.argv[3], "
                   "invalidation_mode=py_compile.PycInvalidationMode[sys.argv[4]])")
        cache = run([PYTHON, "-c", "import importlib.util as u, sys; print(u.cache_from_source(sys.argv[1]))", where / "core.py"],
                    status=0).stdout.decode().strip()
        os.makedirs(os.path.dirname(cache), exist_ok=True)
        compiled = where / ("core.py" if true_to_source else "other.py")
        run([PYTHON, "-B", "-c", program, compiled, cache, where / "core.py", "TIMESTAMP" if true_to_source else "UNCHECKED_HASH"], status=0)
        (where / "other.py").unlink()
    return act


def shared_object(name, also):
    return lambda pipeline: pipeline.write(name, library(), mode=0o755) and {"ALSO": also}


def other_copy(name, of):
    """A copy of a library of the system's in a folder of the project's, first on the loader's path."""
    def act(pipeline):
        pipeline.write(name, Path(of).resolve().read_bytes(), mode=0o755)
        return {"ALSO": f"LD_LIBRARY_PATH=$PWD/{os.path.dirname(name)} sed -n 1p prepare.sh >/dev/null"}
    return act


def vendored(order):
    def act(pipeline):
        run([*pipeline.command], cwd=pipeline.place, env=pipeline.environment(), status=0)
        pipeline.write("vendor/libmix.so.1", pipeline.path("build/libmix.so.1").read_bytes() + b"\n", mode=0o755)
        replaces("Makefile", "LD_LIBRARY_PATH := build", f"LD_LIBRARY_PATH := {order}")(pipeline)
    return act


MAPPED = """
import mmap
with open("out/blob.bin", "w+b") as file:
    file.write(b"\\xc3" * 4096)
    file.flush()
    mmap.mmap(file.fileno(), 4096, mmap.MAP_PRIVATE, {protection}).close()
"""
REMOTE = "~/.cache/huggingface/modules/transformers_modules/ann/ranker/0123456789abcdef0123456789abcdef01234567"
SHADOW = "import importlib.util, sys\nspec = importlib.util.spec_from_file_location('json', {path!r}, submodule_search_locations=" \
         "[{folder!r}])\nmodule = importlib.util.module_from_spec(spec)\nsys.modules['json'] = module\nspec.loader.exec_module(module)\n"

SCENARIOS = [
    scenario("pth", "AML.T0010.001", Training, "/site-packages/zz_hook.pth", "python3.11",
             site("zz_hook.pth", "import os\n"), site("zz_hook.txt", "import os\n")),
    scenario("sitecustomize-written", "AML.T0010.001", Training, "/sitecustomize.py", "python3.11",
             f"open('{SITE}/sitecustomize.py', 'w').write('import os\\n')", "open('out/customize.py', 'w').write('import os\\n')"),
    scenario("sitecustomize-by-path", "AML.T0010.001", Training, "/hooks/sitecustomize.py", "python3.11",
             writes("hooks/sitecustomize.py", "import os\n", PYTHONPATH=HOME / "work/ranker/hooks"),
             writes("hooks/helpers.py", "import os\n", also="import helpers", PYTHONPATH=HOME / "work/ranker/hooks")),
    scenario("usercustomize", "AML.T0010.001", Torch, "/usercustomize.py", "python3.11",
             lambda p: p.write(HOME / ".local/lib" / Path(Training.site).parts[2] / "site-packages/usercustomize.py", "import os\n") and None,
             writes("customize.py", "import os\n", also="import customize")),
    scenario("pth-written", "AML.T0010.001", Training, "/site-packages/late.pth", "python3.11",
             f"open('{SITE}/late.pth', 'w').write('import os\\n')", "open('out/late.txt', 'w').write('import os\\n')"),
    scenario("unowned-package", "AML.T0010.001", Training, "/zincflow/__init__.py", "python3.11",
             installs({"zincflow/__init__.py": "value = 1\n"}, "import zincflow"),
             writes("zincflow/__init__.py", "value = 1\n", also="import zincflow")),
    scenario("unowned-module-in-package", "AML.T0010.001", Training, "/amberbase/helpers.py", "python3.11",
             installs({"amberbase/helpers.py": "value = 1\n"}, "import amberbase.helpers"),
             writes("helpers.py", "value = 1\n", also="import helpers")),
    scenario("unowned-extension", "AML.T0010.001", Training, "/_fast.so", "python3.11",
             lambda p: p.write(f"{p.site}/_fast.so", library()) and {"ALSO": f"import ctypes; ctypes.CDLL('{SITE}/_fast.so')"},
             "import ctypes; ctypes.CDLL('libm.so.6')"),
    scenario("module-shadows", "AML.T0010.001", Training, "/ranker/json.py", "python3.11",
             lambda p: p.write("json.py", SHADOW.format(path=json.__file__, folder=os.path.dirname(json.__file__))) and None,
             writes("jsonl.py", "import json\n", also="import jsonl")),
    scenario("preload", "AML.T0010.001", Preparation, "/lib/libhook.so", "/sed",
             shared_object("lib/libhook.so", "LD_PRELOAD=$PWD/lib/libhook.so sed -n 1p prepare.sh >/dev/null"),
             shared_object("lib/libhook.so", "LD_LIBRARY_PATH=$PWD/lib sed -n 1p prepare.sh >/dev/null")),
    scenario("preload-below-python", "AML.T0010.001", Training, "/lib/libhook.so", "/uname",
             shared_object("lib/libhook.so", "subprocess.run(['/bin/uname'], env={'LD_PRELOAD': 'lib/libhook.so'}, stdout=subprocess.DEVNULL)"),
             shared_object("lib/libhook.so", "subprocess.run(['/bin/uname'], env={}, stdout=subprocess.DEVNULL)")),
    scenario("known-soname-elsewhere", "AML.T0010.001", Build, "/vendor/libmix.so.1", "/featurize",
             vendored("vendor:build"), vendored("build:vendor")),
    scenario("system-soname-elsewhere", "AML.T0010.001", Preparation, "/lib/libselinux.so.1", "/sed",
             other_copy("lib/libselinux.so.1", "/lib/x86_64-linux-gnu/libselinux.so.1"),
             other_copy("lib/libunused.so.1", "/lib/x86_64-linux-gnu/libselinux.so.1")),
    scenario("differs-from-record", "AML.T0109", Training, "/amberbase/core.py", "python3.11",
             site("amberbase/core.py", "value = 4\n"), upgrades),
    scenario("bytecode-not-of-its-source", "AML.T0109", Training, ".pyc", "python3.11", bytecode(False), bytecode(True)),
    scenario("package-written", "AML.T0109", Training, "/amberbase/core.py", "python3.11",
             f"open('{SITE}/amberbase/core.py', 'a').write('\\n')", "open('out/core.py', 'a').write('\\n')"),
    scenario("library-from-shared-memory", "AML.T0010.001", Training, "/dev/shm/libhook.so", "python3.11",
             lambda p: p.write("/dev/shm/libhook.so", library()) and {"ALSO": "import ctypes; ctypes.CDLL('/dev/shm/libhook.so')"},
             lambda p: p.write("/dev/shm/libhook.so", library()) and {"ALSO": "import ctypes; ctypes.CDLL('libm.so.6')"}),
    scenario("library-from-temporary-folder", "AML.T0010.001", Training, "/libhook.so", "python3.11",
             lambda p: p.write(p.temporary / "libhook.so", library()) and {"ALSO": "import ctypes; ctypes.CDLL(os.environ['TMPDIR'] + '/libhook.so')"},
             lambda p: p.write(p.temporary / "libhook.so", library()) and {"ALSO": "import ctypes; ctypes.CDLL('libm.so.6')"}),
    scenario("output-mapped-executable", "AML.T0107", Training, "/out/blob.bin", "python3.11",
             MAPPED.format(protection="mmap.PROT_READ | mmap.PROT_EXEC"), MAPPED.format(protection="mmap.PROT_READ")),
    scenario("remote-code", "AML.T0011.000", Training, "/modeling.py", "python3.11",
             lambda p: p.write(REMOTE.replace("~", str(HOME)) + "/modeling.py", "value = 1\n") and
             {"ALSO": f"sys.path.insert(0, os.path.expanduser('{REMOTE}')); import modeling"},
             lambda p: p.write(REMOTE.replace("~", str(HOME)) + "/config.json", "{}\n") and
             {"ALSO": f"json.load(open(os.path.expanduser('{REMOTE}/config.json')))"}),
]
