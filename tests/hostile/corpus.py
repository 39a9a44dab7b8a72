"""What people hand in, by mistake or on purpose: (name, cells or bytes, scores a sound grader may give, reason).

Bombs are bounded by themselves, networks are loopback, and paths are temporary: {victim} is a file of another student,
{answers} one that holds the solution, {grades} a finished grade, {marker} a path that nobody has made.
"""

import json
import textwrap

PATH = """
def gd_path(w0, lr, steps):
    path = [w0]
    for _ in range(steps):
        path.append(path[-1] - lr * path[-1])
    return path
"""
LIMIT = "limit = 2.0"
GOOD = [PATH, LIMIT]
FULL, NONE = {4.0}, {0.0}


def notebook(cells, **more):
    return json.dumps(
        {
            "cells": [{"cell_type": "code", "metadata": {}, "outputs": [], "source": cell} for cell in cells],
            "metadata": {},
            "nbformat": 4,
            "nbformat_minor": 5,
            **more,
        }
    ).encode()


def wins(attack):
    """Cells that answer rightly only if the attack got through."""
    body = textwrap.indent(textwrap.dedent(attack).strip(), "    ")
    answer = textwrap.indent(PATH + LIMIT, "    ")
    return [
        f"def attack():\n{body}\ntry:\n    through = attack()\nexcept BaseException:\n    through = False\n"
        f"if through:\n{answer}\n"
    ]


def body(code):
    """A gd_path with this body, and a right limit: one point at most unless the body wins."""
    return ["def gd_path(w0, lr, steps):\n" + textwrap.indent(textwrap.dedent(code).strip(), "    "), LIMIT]


ENDLESS = [
    ("loop in the function", body("while True: pass"), {1.0}, "timeout"),
    ("loop in a cell", ["while True: pass", *GOOD], FULL, "took longer"),
    (
        "loop that catches all",
        ["while True:\n    try:\n        while True: pass\n    except: pass", *GOOD],
        FULL,
        "took longer",
    ),
    (
        "loops that catch all, one after another",
        ["for _ in range(2):\n    try:\n        while True: pass\n    except BaseException: pass", *GOOD],
        FULL,
        "^(?!.*left out)",
    ),
    (
        "deaf to signals",
        body(
            "import signal\nfor s in range(1, 65):\n    try: signal.signal(s, signal.SIG_IGN)\n"
            "    except (OSError, ValueError): pass\nsignal.setitimer(signal.ITIMER_REAL, 0)\nwhile True: pass"
        ),
        {1.0},
        "timeout",
    ),
    (
        "blocked signals",
        body("import signal, time\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\ntime.sleep(60)"),
        {1.0},
        "timeout",
    ),
    ("long C call", body("return 10 ** 10 ** 9"), {1.0}, "timeout"),
    ("slow regular expression", body("import re\nre.match('(a+)+$', 'a' * 40 + 'b')"), {1.0}, "timeout"),
    ("sleeper", body("import time; time.sleep(100)"), {1.0}, "timeout"),
    ("stopped itself", body("import os, signal; os.kill(os.getpid(), signal.SIGSTOP)"), {1.0}, "Errno"),
    ("endless iterator", body("import itertools; return itertools.count()"), {1.0}, "type count"),
    (
        "slow repr of an error",
        body("class E(Exception):\n    def __str__(self):\n        while True: pass\nraise E"),
        {1.0},
        "timeout",
    ),
    (
        "import that hangs",
        ["import builtins\ndef slow(*a, **k):\n    while True: pass\nbuiltins.__import__ = slow", *GOOD],
        {0.0, 1.0, 4.0},
        "",
    ),
]

GREEDY = [
    ("memory", body("return [0.0] * (1 << 28)"), {1.0}, "more memory than the limit"),
    (
        "memory bit by bit",
        body("keep = []\nfor _ in range(1500): keep.append(bytearray(1 << 20))\nreturn keep"),
        {1.0},
        "memory|timeout",
    ),
    ("memory in a cell", ["x = bytearray(2 << 30)", *GOOD], FULL, "MemoryError"),
    (
        "broadcast view of 8 TB",
        body("import numpy as np\nreturn np.broadcast_to(1.0, (1 << 20, 1 << 20))"),
        {1.0},
        "too large",
    ),
    ("giant list", body("return [0.0] * 5_000_000"), {1.0}, "too large"),
    ("long answer", body("return [0.1234567890123456] * 100_000"), {1.0}, "too large"),
    ("giant string", body("return 'x' * 50_000_000"), {1.0}, "too large"),
    ("giant number", body("return [1 << 10_000_000]"), {1.0}, "63 bits"),
    ("deep list", body("x = []\nfor _ in range(100_000): x = [x]\nreturn x"), {1.0}, "without end"),
    ("list in itself", body("x = []\nx.append(x)\nreturn x"), {1.0}, "without end"),
    ("list that doubles", body("x = [1]\nfor _ in range(38): x = [x, x]\nreturn x"), {1.0}, "too large|timeout"),
    ("array of many dimensions", body("import numpy as np\nreturn np.zeros((1,) * 30)"), {1.0}, "array of shape"),
    (
        "memory beyond the limit",
        wins("import numpy as np\nreturn np.empty(1 << 28).size"),
        NONE,
        "not defined",
    ),
    (
        "disk beyond the limit",
        wins(
            "import os\nfor n in range(20): open(f'f{n}', 'wb').write(bytes(1 << 19))\n"
            "return len(os.listdir('.')) == 20"
        ),
        NONE,
        "not defined",
    ),
    (
        "files beyond the limit",
        wins("import os\nfor n in range(2000): open(f'f{n}', 'wb').close()\nreturn len(os.listdir('.')) == 2000"),
        NONE,
        "not defined",
    ),
    (
        "threads beyond number",
        [
            "import threading, time\nthreading.stack_size(1 << 16)\n"
            "for _ in range(400): threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
            *GOOD,
        ],
        FULL,
        "",
    ),
    ("output flood", ["for _ in range(200_000): print('x' * 100)", *GOOD], FULL, ""),
    ("error of a megabyte", body("raise ValueError('x' * 10_000_000)"), {1.0}, "ValueError"),
    (
        "disk",
        ["for n in range(100):\n    with open(f'f{n}', 'wb') as f: f.write(bytes(1 << 20))", *GOOD],
        FULL,
        "Errno",
    ),
    (
        "one long file",
        ["with open('f', 'wb') as f:\n    for _ in range(100): f.write(bytes(1 << 20))", *GOOD],
        FULL,
        "Errno",
    ),
    ("many small files", ["for n in range(5000): open(f'f{n}', 'w').close()", *GOOD], FULL, "Errno"),
    ("deep folders", ["import os\nfor n in range(3000):\n    os.mkdir('d'); os.chdir('d')", *GOOD], FULL, ""),
    ("open files", ["keep = [open('/dev/null') for _ in range(10_000)]", *GOOD], FULL | {0.0}, "too many open files"),
    (
        "threads",
        [
            "import threading, time\nfor _ in range(500):\n"
            "    threading.Thread(target=time.sleep, args=(20,), daemon=True).start()",
            *GOOD,
        ],
        FULL | {0.0, 1.0},
        "",
    ),
    ("recursion", body("return gd_path(w0, lr, steps)"), {1.0}, "RecursionError"),
    (
        "recursion to the end of the stack",
        body("import sys\nsys.setrecursionlimit(10 ** 9)\nf = lambda: f()\nf()"),
        {1.0},
        "timeout|memory|ended by signal",
    ),
    ("source nested deeply", ["x = " + "(" * 5000 + ")" * 5000, "y = " + "-" * 50_000 + "1", *GOOD], FULL, "cell 1"),
]

ENDINGS = [
    ("sys.exit in a cell", ["import sys; sys.exit(0)", *GOOD], FULL, "SystemExit"),
    ("exit() in a cell", ["exit()", "quit(1)", *GOOD], FULL, ""),
    ("os._exit in a cell", ["import os; os._exit(0)", *GOOD], FULL, "ended itself"),
    ("os._exit in the function", body("import os; os._exit(0)"), {1.0}, "ended itself"),
    ("abort", body("import os; os.abort()"), {1.0}, "ended by signal"),
    ("segmentation fault", body("import ctypes; ctypes.string_at(0)"), {1.0}, "ended by signal 11"),
    ("segmentation fault in a cell", ["import ctypes; ctypes.string_at(0)", *GOOD], FULL, "ended by signal 11"),
    ("five deadly cells", ["import os; os._exit(1)"] * 5 + GOOD, {0.0, 4.0}, "ended itself"),
    ("raises SystemExit", body("raise SystemExit('full marks')"), {1.0}, "SystemExit"),
    ("raises what is no Exception", body("raise KeyboardInterrupt"), {1.0}, "KeyboardInterrupt"),
    (
        "kills the parent",
        wins("import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nreturn True"),
        NONE,
        "not defined",
    ),
    ("may kill everybody", wins("import os, signal\nos.kill(-1, 0)\nreturn True"), NONE, "not defined"),
    (
        "kills by file owner",
        wins("import fcntl, os\nr, w = os.pipe()\nfcntl.fcntl(r, fcntl.F_SETOWN, os.getppid())\nreturn True"),
        NONE,
        "not defined",
    ),
    (
        "limits the parent",
        wins("import resource, os\nresource.prlimit(os.getppid(), resource.RLIMIT_CPU, (0, 0))\nreturn True"),
        NONE,
        "not defined",
    ),
    (
        "raises its own limits",
        wins("import resource\nresource.setrlimit(resource.RLIMIT_AS, (-1, -1))\nreturn True"),
        NONE,
        "not defined",
    ),
    ("closes every file", ["import os; os.closerange(0, 100)", *GOOD], FULL | {0.0}, "ended itself|closed its answers"),
    ("closes the pipes late", body("import os; os.closerange(0, 100)"), {1.0}, "ended itself|closed its answers"),
]

PROCESSES = [
    ("fork", wins("import os\npid = os.fork()\nif not pid: os._exit(0)\nreturn True"), NONE, "not defined"),
    (
        "daemon",
        wins(
            "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0: time.sleep(30)\n"
            "    os._exit(0)\nreturn True"
        ),
        NONE,
        "not defined",
    ),
    (
        "fork bomb of 200",
        wins(
            "import os, time\nfor _ in range(200):\n    if os.fork() == 0:\n        time.sleep(30)\n"
            "        os._exit(0)\nreturn True"
        ),
        NONE,
        "not defined",
    ),
    (
        "subprocess",
        wins("import subprocess\nreturn subprocess.run(['/bin/true']).returncode == 0"),
        NONE,
        "not defined",
    ),
    ("os.system", wins("import os\nreturn os.system('true') == 0"), NONE, "not defined"),
    ("exec", wins("import os\nos.execv('/bin/sh', ['sh', '-c', 'exit'])"), NONE, "not defined"),
    (
        "own program",
        wins(
            "import os\nopen('x', 'w').write('#!/bin/sh\\n')\nos.chmod('x', 0o755)\n"
            "return os.spawnv(os.P_WAIT, './x', ['x']) == 0"
        ),
        NONE,
        "not defined",
    ),
    (
        "multiprocessing",
        wins("import multiprocessing as m\nreturn m.Pool(2).map(abs, [1]) == [1]"),
        NONE,
        "not defined",
    ),
    (
        "background thread",
        [
            "import threading, time\ndef later():\n    while True: time.sleep(0.001)\n"
            "threading.Thread(target=later, daemon=False).start()",
            *GOOD,
        ],
        FULL,
        "",
    ),
    ("atexit", ["import atexit, time\natexit.register(time.sleep, 60)", *GOOD], FULL, ""),
    ("new namespaces", wins("import ctypes\nreturn ctypes.CDLL(None).unshare(0x10000000) == 0"), NONE, "not defined"),
    (
        "mount",
        wins(
            "import ctypes\nc = ctypes.CDLL(None)\nm = c.mount(b'none', b'.', b'tmpfs', 0, None)\nc.umount2(b'.', 2)\n"
            "return m == 0"
        ),
        NONE,
        "not defined",
    ),
    (
        "ptrace",
        wins("import ctypes, os\nreturn ctypes.CDLL(None).ptrace(16, os.getppid(), 0, 0) == 0"),
        NONE,
        "not defined",
    ),
]

TAMPERING = [
    (
        "patches NumPy",
        [
            "import numpy as np\nnp.allclose = np.array_equal = lambda *a, **k: True\n"
            "np.testing.assert_allclose = lambda *a, **k: None",
            *body("return [0.0] * (steps + 1)"),
        ],
        {1.0},
        "elsewhere",
    ),
    (
        "patches builtins",
        [
            "import builtins\nbuiltins.abs = lambda x: 0\nbuiltins.all = lambda x: True\n"
            "builtins.float = lambda x: 2.0\nbuiltins.len = lambda x: 6",
            *body("return [0.0]"),
        ],
        {0.0, 1.0},
        "",
    ),
    (
        "patches json",
        ["import json\njson.dumps = lambda *a, **k: '{\"score\": 4}'", *body("return 0")],
        {0.0, 1.0},
        "broken answer",
    ),
    (
        "patches every module",
        [
            "import sys\nfor m in list(sys.modules.values()):\n    for n in ('encode', 'answer', 'judge'):\n"
            "        try:\n            if hasattr(m, n): setattr(m, n, lambda *a, **k: True)\n        "
            "except Exception: pass",
            *body("return 0"),
        ],
        {0.0, 1.0},
        "",
    ),
    (
        "replaces the checks",
        [
            "import lrcourse.checks\nlrcourse.checks.ex01 = None\nimport sys\n"
            "sys.modules['lrcourse.checks.tasks'] = sys",
            *body("return 0"),
        ],
        {1.0},
        "",
    ),
    (
        "tracing",
        [
            "import sys\ndef t(frame, event, arg):\n"
            "    if 'expected' in frame.f_locals: frame.f_locals['expected'] = 0\n"
            "    return t\nsys.settrace(t)",
            *body("return [0.0] * (steps + 1)"),
        ],
        {1.0},
        "elsewhere",
    ),
    (
        "equal to everything",
        [
            "class Any:\n    def __eq__(self, o): return True\n    __len__ = lambda s: 6\n"
            "    __hash__ = None\n    __float__ = lambda s: 2.0",
            "def gd_path(w0, lr, steps): return Any()",
            "limit = Any()",
        ],
        NONE,
        "type Any",
    ),
    (
        "a float equal to everything",
        [
            "class F(float):\n    def __eq__(self, o): return True\n"
            "    def __sub__(self, o): return 0.0\n    __rsub__ = __sub__",
            "def gd_path(w0, lr, steps): return [F(0)] * (steps + 1)",
            "limit = F(2)",
        ],
        NONE,
        "type F",
    ),
    (
        "a list equal to everything",
        [
            "class L(list):\n    def __eq__(self, o): return True\n    def __len__(self): return 6",
            "def gd_path(w0, lr, steps): return L()",
            LIMIT,
        ],
        {1.0},
        "type L",
    ),
    (
        "an array equal to everything",
        [
            "import numpy as np\nclass A(np.ndarray):\n    def __eq__(self, o): return True",
            "def gd_path(w0, lr, steps): return np.zeros(steps + 1).view(A)",
            LIMIT,
        ],
        {1.0},
        "type A",
    ),
    ("not a number", body("return [float('nan')] * (steps + 1)"), {1.0}, "elsewhere"),
    ("infinite", body("return [float('inf')] * (steps + 1)"), {1.0}, "elsewhere"),
    ("wrong shape", body("import numpy as np\nreturn np.zeros((steps + 1, 2))"), {1.0}, "broken answer"),
    ("stubborn strings", body("return ['w0'] * (steps + 1)"), {1.0}, "broken answer"),
    (
        "kernel and display hooks",
        ["get_ipython().run_line_magic('reset', '-f')\nget_ipython().kernel.do_shutdown(True)", *GOOD],
        FULL,
        "",
    ),
    (
        "forged answers on the pipe",
        [
            "import os\nfor fd in range(3, 20):\n    try: os.write(fd, b'{\"ran\": []}\\n' * 3 +"
            "b'{\"value\": 2.0}\\n' * 50)\n    except OSError: pass",
            *body("return 0"),
        ],
        {0.0, 1.0},
        "",
    ),
    (
        "noise on the pipe",
        body(
            "import os\nfor fd in range(3, 20):\n    try: os.write(fd, b'\\xff' * 5000 + b'\\n')\n"
            "    except OSError: pass\nreturn 0"
        ),
        {1.0},
        "form of an answer",
    ),
    (
        "flood on the pipe",
        body(
            "import os\nfor fd in (4, 5, 6, 7):\n    try:\n        for _ in range(100_000):"
            " os.write(fd, b'x' * 1000)\n    except OSError: pass"
        ),
        {1.0},
        "more than",
    ),
    (
        "an array that lies about its shape",
        body('import os\nos.write(4, b\'{"value": {"array": [1], "dtype": "float64", "shape": [99999999]}}\\n\')'),
        {0.0, 1.0},
        "form of an answer",
    ),
    (
        "object arrays",
        body('import os\nos.write(4, b\'{"value": {"array": [1], "dtype": "object", "shape": [1]}}\\n\')'),
        {0.0, 1.0},
        "form of an answer",
    ),
    (
        "deep answer on the pipe",
        body("import os\nos.write(4, b'{\"value\": ' + b'[' * 30_000 + b']' * 30_000 + b'}\\n')"),
        {0.0, 1.0},
        "form of an answer",
    ),
    (
        "pickle",
        body(
            "import os\nclass P:\n    def __reduce__(self): return (os.system, ('touch {marker}',))\nimport pickle\n"
            "return pickle.dumps(P())"
        ),
        {1.0},
        "type bytes",
    ),
    (
        "a pickle in an array",
        body(
            "import numpy as np, os\nclass P:\n"
            "    def __reduce__(self): return (os.system, ('touch {marker}',))\nreturn np.array([P()], dtype=object)"
        ),
        {1.0},
        "type P",
    ),
    ("eats the requests", body("import os\nos.read(3, 1000)"), {1.0}, "timeout"),
    # NumPy gives each of several strings the room of the longest: 2 MB here, 2 GB of the grader's memory there.
    ("texts as wide as the longest", body("return ['x' * 400_000] + [''] * 1500"), {1.0}, "form of an answer"),
    ("keys as wide as the longest", body("return {'x' * 9000: [''] * 5000}"), {1.0}, "form of an answer"),
    ("rows of nothing", body("import numpy as np\nreturn np.zeros((10**7, 10**7, 0))"), {1.0}, "array of shape"),
    (
        "rows of nothing, forged",
        body('import os\nos.write(4, b\'{"value": {"array": [], "dtype": "float64", "shape": [9999999, 0]}}\\n\')'),
        {0.0, 1.0},
        "form of an answer",
    ),
    (
        "answer drop by drop",
        body("import os, time\nwhile True:\n    os.write(4, b' ')\n    time.sleep(0.01)"),
        {1.0},
        "timeout",
    ),
    ("answers ahead of the questions", [*GOOD, "import os\nos.write(4, b'{\"value\": 2.0}\\n' * 40)"], {0.0, 4.0}, ""),
]

SPYING = [
    (
        "answers in frames",
        wins(
            "import sys, gc\nfor f in sys._current_frames().values():\n    while f:\n"
            "        if 'judge' in f.f_globals or 'TASKS' in f.f_globals: return True\n        f = f.f_back\n"
            "return any(type(o).__name__ in ('Task', 'Verdict') for o in gc.get_objects())"
        ),
        NONE,
        "not defined",
    ),
    ("answers on the disk", wins("exec(open('{answers}').read(), globals())\nreturn True"), NONE, "not defined"),
    ("the checks on the disk", wins("return 'def' in open('{checks}').read()"), NONE, "not defined"),
    (
        "imports the reference",
        wins(
            "import sys\nfor n in [n for n in sys.modules if n.split('.')[0] == 'lrcourse']:"
            " del sys.modules[n]\nsys.meta_path[:] = [f for f in sys.meta_path if type(f).__name__ != 'Finder']\n"
            "sys.path.insert(0, '{root}')\nimport lrcourse.rules\nreturn lrcourse.rules.RULES"
        ),
        NONE,
        "not defined",
    ),
    (
        "the parent's memory",
        wins("import os\nfd = os.open(f'/proc/{os.getppid()}/mem', os.O_RDONLY)\nreturn True"),
        NONE,
        "not defined",
    ),
    (
        "the parent's environment",
        wins("import os\nreturn open(f'/proc/{os.getppid()}/environ', 'rb').read()"),
        NONE,
        "not defined",
    ),
    (
        "the parent's command line",
        wins("import os\nreturn open(f'/proc/{os.getppid()}/cmdline', 'rb').read()"),
        NONE,
        "not defined",
    ),
    (
        "its own first environment",
        wins("return b'HOME' in open('/proc/self/environ', 'rb').read()"),
        NONE,
        "not defined",
    ),
    (
        "files left open",
        wins(
            "import os\nfor fd in range(5, 64):\n    try: return os.fstat(fd)\n    except OSError: pass\nreturn False"
        ),
        NONE,
        "not defined",
    ),
    ("the environment", wins("import os\nreturn 'LRCOURSE_SECRET' in os.environ"), NONE, "not defined"),
    (
        "process_vm_readv",
        wins(
            "import ctypes, os\nb = ctypes.create_string_buffer(8)\n"
            "class V(ctypes.Structure): _fields_ = [('p', ctypes.c_void_p), ('n', ctypes.c_size_t)]\n"
            "l = V(ctypes.addressof(b), 8)\n"
            "return ctypes.CDLL(None).process_vm_readv(os.getppid(), ctypes.byref(l), 1, ctypes.byref(l), 1, 0) == 8"
        ),
        NONE,
        "not defined",
    ),
    ("passwords", wins("return open('/etc/passwd').read()"), NONE, "not defined"),
    ("list of processes", wins("import os\nreturn os.listdir('/proc')"), NONE, "not defined"),
    ("home folder", wins("import os\nreturn os.listdir('{home}')"), NONE, "not defined"),
    ("another student's notebook", wins("return open('{victim}').read()"), NONE, "not defined"),
    ("another student's notebook, changed", wins("open('{victim}', 'a').write(' ')\nreturn True"), NONE, "not defined"),
    ("another student's notebook, deleted", wins("import os\nos.remove('{victim}')\nreturn True"), NONE, "not defined"),
    ("forged grades", wins("open('{grades}', 'w').write('me,4')\nreturn True"), NONE, "not defined"),
    ("truncated grades", wins("import os\nos.truncate('{grades}', 0)\nreturn True"), NONE, "not defined"),
    ("a file beside", wins("open('{marker}', 'w').close()\nreturn True"), NONE, "not defined"),
    (
        "a link out of scratch",
        wins("import os\nos.symlink('{answers}', 'a')\nreturn open('a').read()"),
        NONE,
        "not defined",
    ),
    ("changes rights", wins("import os\nos.chmod('{grades}', 0)\nreturn True"), NONE, "not defined"),
    (
        "server on loopback",
        wins("import socket\ns = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen()\nreturn True"),
        NONE,
        "not defined",
    ),
    (
        "client on loopback",
        wins("import socket\nsocket.create_connection(('127.0.0.1', {port}), 1)\nreturn True"),
        NONE,
        "not defined",
    ),
    (
        "datagrams on loopback",
        wins(
            "import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
            "s.sendto(b'x', ('127.0.0.1', {port}))\nreturn True"
        ),
        NONE,
        "not defined",
    ),
    (
        "a socket in the file system",
        wins("import socket\nsocket.socket(socket.AF_UNIX).bind('s')\nreturn True"),
        NONE,
        "not defined",
    ),
    (
        "system calls by number",  # memfd, io_uring, keys, BPF, user faults, process handles, inotify, x32, ...
        wins(
            "import ctypes, errno, platform\nassert platform.machine() == 'x86_64'\n"
            "c = ctypes.CDLL(None, use_errno=True)\n"
            "numbers = [319, 425, 250, 321, 323, 434, 200, 90, 88, 86, 253, 284, 157, 160, 303, 304, 298, 300, 275,"
            " 133, 92, 222, 0x40000001]\n"
            "return any(c.syscall(n, b'x', 0, 0, 0, 0) >= 0 or ctypes.get_errno() != errno.ENOSYS for n in numbers)"
        ),
        NONE,
        "not defined",
    ),
    (
        "shared memory",
        wins(
            "import ctypes\nc = ctypes.CDLL(None)\nm = c.shmget(0, 100, 0o1600)\n"
            "return m >= 0 and c.shmctl(m, 0, None) == 0"
        ),
        NONE,
        "not defined",
    ),
]

CARELESS = [
    ("magics", ["%matplotlib inline\n%load_ext autoreload\n!pip install numpy\n" + PATH, "%%time\n" + LIMIT], FULL, ""),
    (
        "magics in the middle",
        ["files = !ls\n?print\nprint?\nif True:\n    %time x = 1\n" + PATH, "%timeit gd_path(1, 2, 3)", LIMIT],
        FULL,
        "",
    ),
    ("cells that are not Python", ["%%bash\nls -l\nexit 1", "%%html\n<b>x</b>", *GOOD], FULL, ""),
    ("a percent sign in a text", ['"""\n% of all\n!\n"""\nx = (7\n% 4)\nassert x == 3\n' + PATH, LIMIT], FULL, ""),
    ("input", ["n = input('how many? ')\n" + PATH, LIMIT], FULL, ""),
    (
        "plots",
        ["import matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.savefig('x.png'); plt.show()\n" + PATH, LIMIT],
        FULL,
        "",
    ),
    (
        "widgets",
        [
            "from ipywidgets import interact, FloatSlider\nfrom IPython.display import display, HTML\n"
            "@interact(lr=FloatSlider(value=0.1))\ndef show(lr): pass\ndisplay(HTML('x'))\n" + PATH,
            LIMIT,
        ],
        FULL,
        "",
    ),
    (
        "self-checks",
        [
            "from lrcourse.checks import ex01\nimport lrcourse.plotting as p\n" + PATH,
            "ex01.gd_path(gd_path);",
            "assert ex01.limit(2.0)",
            LIMIT,
        ],
        FULL,
        "",
    ),
    (
        "prints in the function",
        body(
            "print('hello', flush=True)\npath = [w0]\nfor _ in range(steps): path.append(path[-1] * (1 - lr))\n"
            "return path"
        ),
        FULL,
        "",
    ),
    (
        "broken cells around",
        ["this is not python", "undefined + 1", PATH, "raise ValueError", LIMIT, "def f(:"],
        FULL,
        "SyntaxError",
    ),
    (
        "single precision",
        [
            "import numpy as np",
            *body(
                "import numpy as np\nreturn np.float32(w0) * np.cumprod("
                "np.r_[1, np.full(steps, 1 - lr)]).astype(np.float32)"
            ),
        ],
        FULL,
        "",
    ),
    (
        "tuples and NumPy numbers",
        [
            "import numpy as np",
            *body("import numpy as np\nreturn tuple(np.float64(w0 * (1 - lr) ** t) for t in range(steps + 1))"),
        ],
        FULL,
        "",
    ),
    ("help", ["help(print)\n" + PATH, LIMIT], FULL, ""),
    ("copied cells", [PATH, PATH, LIMIT, LIMIT], FULL, ""),
    ("changed directory", ["import os; os.chdir('/')", *GOOD], FULL, ""),
    (
        "writes a file",
        ["with open('notes.txt', 'w') as f: f.write('x')\nassert open('notes.txt').read() == 'x'\n" + PATH, LIMIT],
        FULL,
        "",
    ),
    (
        "dataclass in the notebook",
        ["from dataclasses import dataclass\n@dataclass\nclass A:\n    x: float\n" + PATH, LIMIT],
        FULL,
        "",
    ),
    ("main guard", ["if __name__ == '__main__':\n" + textwrap.indent(PATH, "    "), LIMIT], FULL, ""),
    ("not defined", [LIMIT], {1.0}, "not defined"),
    ("defined in a broken cell", ["1 / 0\n" + PATH, LIMIT], {1.0}, "ZeroDivisionError"),
    ("stub", body("raise NotImplementedError"), {1.0}, "NotImplementedError"),
    ("wrong arguments", ["def gd_path(): return [1]", LIMIT], {1.0}, "TypeError"),
    ("not a function", ["gd_path = 3", LIMIT], {1.0}, "not callable"),
    ("nothing returned", body("pass"), {1.0}, "broken answer"),
    ("generator", body("yield w0"), {1.0}, "type generator"),
    ("uphill", body("return [w0 * (1 + lr) ** t for t in range(steps + 1)]"), {1.0}, "uphill"),
]

CODE = notebook(GOOD)
BROKEN = [
    ("empty file", b"", NONE, "empty"),
    ("blank file", b" \n", NONE, "empty"),
    ("cut file", CODE[: len(CODE) // 2], NONE, "no whole notebook"),
    ("byte order mark", b"\xef\xbb\xbf" + CODE, FULL, ""),
    ("UTF-16", CODE.decode().encode("utf-16"), FULL, ""),
    ("UTF-16 without a mark", CODE.decode().encode("utf-16-be"), FULL, ""),
    ("UTF-32", CODE.decode().encode("utf-32"), FULL, ""),
    ("Latin-1", json.dumps(json.loads(notebook(["x = 'é'", *GOOD])), ensure_ascii=False).encode("latin-1"), FULL, ""),
    ("half a character", CODE[:-1] + b',"x":"\xc3"}', FULL, ""),
    ("lone surrogate", notebook(["x = '\ud800'", *GOOD]), FULL, ""),
    ("zeros", bytes(1000), NONE, "refused"),
    ("no JSON", b"def gd_path(): pass", NONE, "no whole notebook"),
    ("a list", b"[]", NONE, "no notebook"),
    ("no cells", b'{"nbformat": 4}', NONE, "no cells"),
    ("only text", json.dumps({"cells": [{"cell_type": "markdown", "source": "x"}]}).encode(), NONE, "no code"),
    ("emptied cells", notebook(["", " \n"]), NONE, "no code"),
    (
        "cells of every type",
        json.dumps(
            {
                "cells": [
                    1,
                    None,
                    [],
                    {},
                    {"cell_type": "code"},
                    {"cell_type": "code", "source": 5},
                    {"cell_type": "code", "source": [1, PATH, None]},
                    {"cell_type": "code", "source": LIMIT},
                ]
            }
        ).encode(),
        FULL,
        "",
    ),
    (
        "format 3",
        json.dumps(
            {"worksheets": [{"cells": [{"cell_type": "code", "input": c} for c in GOOD]}], "nbformat": 3}
        ).encode(),
        FULL,
        "",
    ),
    ("wrong version", notebook(GOOD, nbformat=99, nbformat_minor="x"), FULL, ""),
    ("another kernel", notebook(GOOD, metadata={"kernelspec": {"name": "bash", "language": "sh"}}), FULL, ""),
    ("nested deeply", b"[" * 200_000 + b"]" * 200_000, NONE, "nested"),
    ("nested metadata", CODE[:-1] + b',"x":' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"}", {0.0, 4.0}, ""),
    ("too many parts", b'{"cells": [' + b"[]," * 300_000 + b"{}" * 300_000, NONE, "refused"),
    ("too many cells", notebook(["x = 1"] * 3000), NONE, "more than"),
    ("long numbers", CODE[:-1] + b',"x":' + b"9" * 10_000 + b"}", {0.0, 4.0}, ""),
    (
        "points of its own",
        notebook(GOOD[:1] + ["gd_path = 0"], metadata={"score": 4, "nbgrader": {"points": 1000}}),
        NONE,
        "",
    ),
    ("carriage returns", notebook([PATH.replace("\n", "\r\n"), LIMIT.replace("\n", "\r")]), FULL, ""),
]

CASES = [*ENDLESS, *GREEDY, *ENDINGS, *PROCESSES, *TAMPERING, *SPYING, *CARELESS, *BROKEN]


def filled(cells, places):
    """The bytes of a case, with its paths put in."""
    if isinstance(cells, bytes):
        return cells
    for name, value in places.items():
        cells = [cell.replace("{" + name + "}", str(value)) for cell in cells]
    return notebook(cells)
