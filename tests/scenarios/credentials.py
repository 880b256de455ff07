# SPDX-License-Identifier: Apache-2.0
"""Scenarios of the family credentials: a secret is read by a program that has no use for it."""

from scenario import *


def reads(path):
    return f"open(os.path.expanduser({path!r}), 'rb').read()"


def cats(path):
    return f"cat {path} >/dev/null"


def one(name, pipeline, secret, other, technique="AML.T0055", program=None, names=None):
    """`secret` is what the act reads, `other` what the twin does."""
    act, twin = (reads(secret), reads(other)) if pipeline is not Preparation and pipeline is not Build else (cats(secret), cats(other))
    return Scenario(name, "credentials", technique, pipeline, names or secret.lstrip("~"), program or "python3.11", act, twin)


PROCESS_VM = """
import ctypes
class Part(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]
pid = int(os.environ["NEIGHBOUR"])
into = ctypes.create_string_buffer(64)
start = int(open(f"/proc/{pid}/maps").readline().split("-")[0], 16)
libc = ctypes.CDLL(None, use_errno=True)
libc.process_vm_readv(pid, ctypes.byref(Part(ctypes.addressof(into), 64)), 1, ctypes.byref(Part(start, 64)), 1, 0)
"""
SWEEP = """
for folder, _, names in os.walk(os.path.expanduser({place!r})):
    for name in names:
        open(os.path.join(folder, name), "rb").read(4096)
"""
# Of what a sweep opens, each is enough.
SWEPT = ("/.bash_history", "/.netrc", "/.pypirc", "/.git-credentials", "/Documents/notes.txt")

SCENARIOS = [
    one("ssh-key", Training, "~/.ssh/id_ed25519", "~/.ssh/id_ed25519.pub"),
    one("ssh-key-by-cat", Preparation, "~/.ssh/id_ed25519", "~/.ssh/config", program="/cat"),
    Scenario("ssh-key-by-compiler", "credentials", "AML.T0055", Build, "/.ssh/id_ed25519", "/cc1plus",
             both(replaces("Makefile", "-Iinclude", "-Iinclude -include notes.h"),
                  lambda p: p.path("include/notes.h").symlink_to(HOME / ".ssh/id_ed25519"),
                  lambda p: {"status": 2}),
             both(replaces("Makefile", "-Iinclude", "-Iinclude -include notes.h"), writes("include/notes.h", "// none\n"))),
    one("aws", Training, "~/.aws/credentials", "~/.aws/config"),
    one("gcloud", Training, "~/.config/gcloud/application_default_credentials.json", "~/.config/matplotlib/matplotlibrc"),
    one("azure", Training, "~/.azure/msal_token_cache.json", "~/.gitconfig"),
    one("kube", Preparation, "~/.kube/config", "~/.gitconfig", program="/cat"),
    one("docker", Preparation, "~/.docker/config.json", "~/.config/pip/pip.conf", program="/cat"),
    one("hugging-face-token", Training, "~/.cache/huggingface/token", "~/.cache/huggingface/hub/version.txt"),
    one("hugging-face-token-torch", Torch, "~/.cache/huggingface/token", "~/.cache/huggingface/hub/version.txt"),
    one("wandb-netrc", Training, "~/.netrc", "~/.config/wandb/settings"),
    one("pypirc", Training, "~/.pypirc", "~/.config/pip/pip.conf"),
    one("git-credentials", Training, "~/.git-credentials", "~/.gitconfig"),
    one("git-credentials-forest", Forest, "~/.git-credentials", "~/.gitconfig"),
    one("dotenv", Training, "~/work/other/.env", "~/work/other/.env.example"),
    one("jupyter-server-token", Training, "~/.local/share/jupyter/runtime/jpserver-4711.json",
        "~/.local/share/jupyter/kernels/python3/kernel.json"),
    one("jupyter-kernel-key", Training, "~/.local/share/jupyter/runtime/kernel-1b2c3d4e.json",
        "~/.local/share/jupyter/kernels/python3/kernel.json"),
    one("shadow", Training, "/etc/shadow", "/etc/passwd"),
    one("shadow-by-cat", Preparation, "/etc/shadow", "/etc/group", program="/cat"),
    Scenario("environ-of-another", "credentials", "AML.T0055", Training, "/environ", "python3.11",
             "open(f\"/proc/{os.environ['NEIGHBOUR']}/environ\", 'rb').read()",
             "open(f\"/proc/{os.environ['NEIGHBOUR']}/stat\", 'rb').read()"),
    Scenario("environ-of-all", "credentials", "AML.T0055", Preparation, "/environ", "/cat",
             "cat /proc/$NEIGHBOUR/environ /proc/1/environ >/dev/null || true",
             "cat /proc/self/environ >/dev/null"),
    Scenario("memory-of-another", "credentials", "AML.T0090", Training, "/mem", "python3.11",
             "open(f\"/proc/{os.environ['NEIGHBOUR']}/mem\", 'rb').close()",
             "open(f\"/proc/{os.environ['NEIGHBOUR']}/statm\", 'rb').read()"),
    Scenario("memory-by-system-call", "credentials", "AML.T0090", Training, "python3.11", "python3.11",
             PROCESS_VM, "import ctypes; ctypes.string_at(ctypes.addressof(ctypes.create_string_buffer(64)), 64)"),
    Scenario("home-sweep", "credentials", "AML.T0037", Training, SWEPT, "python3.11",
             SWEEP.format(place="~"), SWEEP.format(place="~/work/ranker/data")),
    Scenario("home-sweep-documents", "credentials", "AML.T0037", Preparation, SWEPT, "/cat",
             "for file in ~/* ~/*/* ~/.[a-z]* ~/.config/*/*; do [ -f \"$file\" ] && cat \"$file\" >/dev/null; done; true",
             "for file in data/raw/*; do [ -f \"$file\" ] && cat \"$file\" >/dev/null; done; true"),
    Scenario("signing-key", "credentials", "AML.T0055", Training, "/.config/fstracker/key.pem", "python3.11",
             "open(os.environ['XDG_CONFIG_HOME'] + '/fstracker/key.pem').read()",
             "os.stat(os.environ['XDG_CONFIG_HOME'] + '/fstracker/key.pem')"),
]
