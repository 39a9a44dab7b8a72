"""The grader's end of a student's process: start it, ask it, stop it, whatever it does."""

import contextlib
import json
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass

from lrcourse.grading.surroundings import SEALED, environment, libraries, sites, wrappings

START = 60.0  # seconds for a warm process to load NumPy and Matplotlib on a busy machine


@dataclass(frozen=True)
class Limits:
    """Seconds for a call, a cell and a whole notebook; bytes of memory, of an answer and of all files together."""

    call: float = 2.0
    cell: float = 5.0
    total: float = 30.0
    memory: int = 1 << 30
    output: int = 1 << 20
    file: int = 20 << 20


class Ended(Exception):
    """The student's process gave no answer: ``kind`` and what happened."""

    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind


class Unprotected(RuntimeError):
    """Nothing here can contain a student's code."""


class Template:
    """A warm process to fork students' from, one at a time. A context manager; ``close`` leaves nothing behind.

    trust: start students' processes even with neither Landlock nor bubblewrap. without: layers to leave out, for tests.
    """

    def __init__(self, limits=None, trust=False, without=()):
        self.limits, self.trust, self.without = limits or Limits(), trust, tuple(without)
        self.scratch = self.process = self.control = None
        self.bubblewrap = False

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        self.close()

    def start(self):
        """Start it, inside bubblewrap where that works: the probe is the real call."""
        self.scratch = tempfile.mkdtemp(prefix="lrcourse-")  # the process takes it away when its end comes
        readable, listed = libraries()
        setup = {"sites": sites(), "readable": readable, "listed": listed, "scratch": self.scratch}
        python = os.path.realpath(sys.executable)
        for wrapping in [*([] if "bubblewrap" in self.without else wrappings(readable, python, self.scratch)), None]:
            ours, theirs = socket.socketpair()
            command = [python, "-I", "-S", str(SEALED / "template.py"), str(theirs.fileno()), json.dumps(setup)]
            self.process = subprocess.Popen(
                [*(wrapping or []), *command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env=environment(),
                start_new_session=True,
                cwd="/",
            )
            theirs.close()
            self.control = ours
            self.bubblewrap = wrapping is not None
            try:
                if self.reply(START) == b"ready\n":
                    return
            except OSError:
                pass
            self.halt()
        self.close()
        raise RuntimeError("grade: no process for the students' code could be started here")

    def halt(self):
        """End the warm process, and with it whoever is inside."""
        if self.process is not None:
            self.control.close()
            try:
                self.process.wait(2)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = self.control = None

    def close(self):
        """End it, and leave nothing behind."""
        self.halt()
        if self.scratch is not None:
            with contextlib.suppress(RecursionError):
                shutil.rmtree(self.scratch, ignore_errors=True)

    def reply(self, seconds):
        self.control.settimeout(seconds)
        data = b""
        while not data.endswith(b"\n"):
            part = self.control.recv(4096)
            if not part:
                raise ConnectionError("the warm process has ended")
            data += part
        return data

    def fork(self, requests, answers):
        """Start a student on two pipes."""
        if self.process is None:
            self.start()
        order = asdict(self.limits) | {"without": self.without, "cpu": int(self.limits.total) + 5}
        message = [json.dumps(order).encode() + b"\n"]
        try:
            socket.send_fds(self.control, message, [requests, answers])
        except OSError:  # lost since the last student
            self.close()
            self.start()
            socket.send_fds(self.control, message, [requests, answers])

    def end(self, wait):
        """End the student: how, and what was left; None where the warm process was lost with it.

        wait: let it end by itself for a moment, to learn how it does.
        """
        try:
            self.control.send(b"w" if wait else b"k")
            return json.loads(self.reply(10))
        except (OSError, ValueError):
            self.process.kill()
            self.close()
            return None


class Student:
    """One process with one notebook in it. A context manager; ``end`` ends it for good."""

    def __init__(self, template):
        self.template, self.output, self.began = template, template.limits.output, time.monotonic()
        for last in (False, True):  # the student before may have brought the warm process down, late
            self.start()
            try:  # said before any code of the student's runs
                self.layers = self.receive(time.monotonic() + START)["layers"]
                break
            except Ended as ended:
                self.end()
                if last:
                    raise RuntimeError(f"grade: no process for a student could be started: {ended}") from None
                template.close()
        self.layers += ["bubblewrap"] * template.bubblewrap
        if not template.trust and not {"landlock", "bubblewrap"} & set(self.layers):
            self.end()
            raise Unprotected(
                "grade: neither Landlock nor bubblewrap contains students' code here; see docs/grading.md"
            )

    def start(self):
        """Have a process forked that reads one pipe and writes another."""
        theirs_in, self.requests = os.pipe()
        self.answers, theirs_out = os.pipe()
        os.set_blocking(self.requests, False)
        os.set_blocking(self.answers, False)
        self.buffer, self.ended = bytearray(), None
        try:
            self.template.fork(theirs_in, theirs_out)
        except BaseException:
            self.close()
            raise
        finally:
            os.close(theirs_in)
            os.close(theirs_out)

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        self.end()

    def close(self):
        os.close(self.requests)
        os.close(self.answers)

    def end(self, wait=False):
        """Kill it; what the warm process says about its end."""
        if self.ended is None:
            self.close()
            self.ended = self.template.end(wait) or {"lost": True}
        return self.ended

    def send(self, message, deadline):
        data = memoryview(json.dumps(message, allow_nan=False).encode() + b"\n")
        while data:
            if not ready(self.requests, select.POLLOUT, deadline):
                raise Ended("timeout", "took no more requests")
            try:
                data = data[os.write(self.requests, data) :]
            except BlockingIOError:
                continue
            except OSError:
                raise self.gone() from None

    def receive(self, deadline):
        """One message. Raises Ended where none comes in time, or it is none, or it is too long."""
        while b"\n" not in self.buffer:
            if len(self.buffer) > self.output:
                raise Ended("broken answer", f"more than {self.output} bytes")
            if not ready(self.answers, select.POLLIN, deadline):
                raise Ended("timeout", "no answer in time")
            data = os.read(self.answers, 1 << 16)
            if not data:
                raise self.gone()
            self.buffer += data
        line, _, self.buffer = self.buffer.partition(b"\n")
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            raise Ended("broken answer", "not in the form of an answer") from None
        if type(message) is not dict or len(message) != 1:
            raise Ended("broken answer", "not in the form of an answer")
        return message

    def gone(self):
        end = self.end(wait=True)
        code = end.get("exit")
        if "lost" in end:
            return Ended("ended", "it ended the process that had started it")
        if code is None:
            return Ended("ended", "the notebook's process closed its answers")
        if code == -24:
            return Ended("timeout", "used up its processor time")
        how = f"was ended by signal {-code}" if code < 0 else f"ended itself with status {code}"
        return Ended("ended", f"the notebook's process {how}")


def ready(pipe, event, deadline):
    """Wait until a pipe can be used; whether it can before ``deadline``, or by now, if we were kept from looking."""
    poll = select.poll()
    poll.register(pipe, event)
    return bool(poll.poll(max(0, 1000 * (deadline - time.monotonic()))))
