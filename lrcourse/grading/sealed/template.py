"""The warm process that students' processes are forked from, one after another: NumPy and Matplotlib are loaded once.

It is started with ``python -I -S template.py FD SETUP`` and never sees a submission: a fork reads it, sealed. It speaks
over the socket FD: an order and two pipes come in, a student starts; one more line, and whatever is left of the
student ends. Whoever holds the other end ends everything by closing it.
"""

import contextlib
import gc
import importlib
import json
import os
import signal
import socket
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))


def main():
    control, setup = socket.socket(fileno=int(sys.argv[1])), json.loads(sys.argv[2])
    sys.path.extend(setup["sites"])
    import cells
    import layers

    os.environ["MPLBACKEND"] = "Agg"
    for library in ("numpy", "matplotlib.pyplot"):
        with contextlib.suppress(ImportError):
            importlib.import_module(library)
    sys.path.pop(0)
    with contextlib.suppress(OSError, AttributeError):  # Linux only
        layers.prctl(layers.PR_SET_CHILD_SUBREAPER, 1)
    gc.collect()
    gc.freeze()
    control.send(b"ready\n")
    try:
        serve(control, setup, cells, layers)
    finally:
        with contextlib.suppress(OSError):
            os.rmdir(setup["scratch"])


def serve(control, setup, cells, layers):
    """Fork one student after another until the other end is closed."""
    while True:
        line, pipes, _, _ = socket.recv_fds(control, 1 << 16, 2)
        if not line:
            return
        pid = os.fork()
        if not pid:
            try:
                control.close()
                os.setsid()
                with contextlib.suppress(OSError, AttributeError):
                    layers.prctl(layers.PR_SET_PDEATHSIG, signal.SIGKILL)
                cells.sit(setup | json.loads(line), *pipes)
            finally:
                os._exit(70)
        for pipe in pipes:
            os.close(pipe)
        patience = 0.2 if control.recv(1) == b"w" else 0
        control.send(json.dumps(end(pid, patience)).encode() + b"\n")
        empty(setup["scratch"])


def end(pid, patience):
    """Kill a student's process and whatever it has left behind; how it ended, and how many strays there were.

    patience: seconds that it may take to end by itself.
    """
    deadline = time.monotonic() + patience
    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None and time.monotonic() < deadline:
        time.sleep(0.002)
    killed = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None
    os.kill(pid, signal.SIGKILL)
    _, status, used = os.wait4(pid, 0)
    strays, deadline = set(), time.monotonic() + 5
    while time.monotonic() < deadline:
        for child in children():
            strays.add(child)
            with contextlib.suppress(OSError):
                os.kill(child, signal.SIGKILL)
        try:
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                time.sleep(0.001)
        except ChildProcessError:
            break
    unit = 1 if sys.platform == "darwin" else 1024
    return {
        "exit": None if killed else os.waitstatus_to_exitcode(status),
        "strays": len(strays),
        "cpu": used.ru_utime + used.ru_stime,
        "memory": used.ru_maxrss * unit,
    }


def children():
    """The processes that are ours by now: a grandchild becomes one when its parent ends."""
    try:
        with open(f"/proc/self/task/{os.getpid()}/children") as file:
            return [int(pid) for pid in file.read().split()]
    except (OSError, ValueError):
        return []


def empty(folder):
    """Remove everything in a folder, however deep it is: down step by step, as no path is long enough, and up again."""
    above = []
    os.chdir(folder)
    with contextlib.suppress(OSError):
        while True:
            entries = list(os.scandir("."))
            folders = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
            for entry in entries:
                if entry.name not in folders:
                    os.unlink(entry.name)
            if folders:
                os.chmod(folders[0], 0o700)
                os.chdir(folders[0])
                above.append(folders[0])
            elif above:
                os.chdir("..")
                os.rmdir(above.pop())
            else:
                break
    os.chdir("/")


if __name__ == "__main__":
    main()
