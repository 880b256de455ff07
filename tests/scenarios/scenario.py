# SPDX-License-Identifier: Apache-2.0
"""What an attack scenario is, and what several of them need.

A scenario is an act and its benign twin, both done to a pipeline that has learned from five runs. An act is code that the
pipeline executes (see ALSO in pipelines.py), or a function that changes the project and returns more environment, or run()'s
command, step or options. The twin is of the same shape and innocent. Both are harmless: the secrets are made up, the peers
listen on this machine, and what is executed does nothing."""

import functools
import http.server
import pickle
import socket
import threading
from dataclasses import dataclass, field

from pipelines import *


@dataclass(frozen=True)
class Scenario:
    name: str
    family: str
    technique: str  # of MITRE ATLAS
    pipeline: type
    names: object  # what an incident must name: the end of a file's path or of a program's, or one of several
    program: str  # the attacking process: the end of its program's path, or part of its arguments; empty where there is none
    act: object
    twin: object
    swap: bool = False  # of the kind that has to be found always, as credentials and execution have
    slow: bool = False  # takes longer than a test should


def doing(act, pipeline):
    """Does what is to be done before the run; returns the settings of the run."""
    if isinstance(act, str):
        return {"ALSO": act}
    return act(pipeline) or {}


# ------------------------------------------------------------------------------------------- changes that several make


def writes(name, content, also="", **more):
    """The file has other content, or is new."""
    def act(pipeline):
        pipeline.write(name, content(pipeline) if callable(content) else content)
        return {"ALSO": also, **more} if also else more
    return act


def touches(*names):
    """Another time, the same content: what a fresh checkout looks like."""
    def act(pipeline):
        for name in names:
            os.utime(pipeline.path(name), (1_700_000_000, 1_700_000_000))
    return act


def copies_again(*names):
    """Another file with the same content."""
    def act(pipeline):
        for name in names:
            path = pipeline.path(name)
            content = path.read_bytes()
            path.unlink()
            path.write_bytes(content)
    return act


def replaces(name, old, new):
    """A text of the project's is edited."""
    def act(pipeline):
        text = pipeline.path(name).read_text()
        check(old in text, f"{name} has no {old!r}")
        pipeline.write(name, text.replace(old, new))
    return act


def both(*acts):
    def act(pipeline):
        settings = {}
        for one in acts:
            settings |= doing(one, pipeline)
        return settings
    return act


def program(name, of="/bin/true"):
    """A program of the project's own, which does nothing."""
    def act(pipeline):
        pipeline.write(name, Path(of).read_bytes(), mode=0o755)
    return act


# --------------------------------------------------------------------------------------------------- what is made once


@functools.cache
def library():
    """A small shared library."""
    need_program("/usr/bin/gcc")
    place = fresh("library")
    (place / "hook.c").write_text("int hook(void) { return 1; }\n")
    run(["/usr/bin/gcc", "-shared", "-fPIC", "-o", place / "libhook.so", place / "hook.c"], status=0)
    return (place / "libhook.so").read_bytes()


class Call:
    """Pickled, it is a call."""

    def __init__(self, function, *arguments):
        self.how = (function, arguments)

    def __reduce__(self):
        return self.how


def pickled(value, protocol=4):
    return pickle.dumps(value, protocol=protocol)


class Others:
    """What is on the machine beside the run: a server with files, one that ends whoever calls, and a program with a
    secret in its environment. Their addresses are in the environment of each run."""

    def __init__(self):
        class Files(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = {"/program": Path("/bin/true").read_bytes(), "/script": b"true\n"}.get(self.path, b"1,2,3\n")
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.files = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Files)
        threading.Thread(target=self.files.serve_forever, daemon=True).start()
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._answer, daemon=True).start()
        self.neighbour = subprocess.Popen(["/bin/sleep", "3600"], env={"API_TOKEN": "none"}, stdin=subprocess.DEVNULL)

    def _answer(self):
        while True:
            try:
                peer, _ = self.listener.accept()
                with peer:
                    peer.settimeout(DEADLINE)
                    peer.sendall(b"exit\n")
                    while peer.recv(4096):
                        pass
            except TimeoutError:
                continue
            except OSError:
                return

    def environment(self):
        return {"FILES": f"http://127.0.0.1:{self.files.server_address[1]}", "LISTENER": self.listener.getsockname()[1],
                "NEIGHBOUR": self.neighbour.pid}

    def end(self):
        self.neighbour.kill()
        self.neighbour.wait()
        self.files.shutdown()
        self.files.server_close()
        self.listener.close()
