"""What runs in the student's process: values that travel, lines that are not Python, layers one at a time."""

import json
import math
import os
import struct
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrcourse.grading import surroundings
from lrcourse.grading.sealed import layers, values

sys.path.insert(0, str(surroundings.SEALED))
import cells  # noqa: E402  (it runs as a file, without the package around it)

sys.path.remove(str(surroundings.SEALED))
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the layers are Linux's")


def there_and_back(value, room=1 << 20):
    return values.decode(json.loads(json.dumps(values.encode(value, room), allow_nan=False)))


# Values

numbers = st.one_of(st.none(), st.booleans(), st.integers(-(2**62), 2**62), st.floats(), st.text())
keys = st.one_of(st.integers(-9, 9), st.text(max_size=3))
plain = st.recursive(numbers, lambda v: st.one_of(st.lists(v), st.dictionaries(keys, v)), max_leaves=20)


@given(plain)
def test_plain_values_come_back_as_they_were(value):
    assert repr(there_and_back(value)) == repr(value)


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint64", "int64", "float16", "float32", "float64"])
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 3), (2, 3)])
def test_arrays_come_back_as_they_were(dtype, shape):
    array = np.random.default_rng(0).normal(size=shape) * 50
    array = np.asarray(abs(array) if "u" in dtype else array).astype(dtype)
    back = there_and_back(array)
    assert (back.dtype, back.shape) == (array.dtype, array.shape)
    assert back.tobytes() == array.tobytes()


def test_floats_travel_exactly_and_what_is_no_number_stays_none():
    array = np.array([0.1, -0.0, 5e-324, 1.7e308, np.nan, np.inf, -np.inf])
    assert there_and_back(array).tobytes() == array.tobytes()
    assert math.isnan(there_and_back(float("nan")))
    assert there_and_back(np.float32(0.1)) == float(np.float32(0.1))
    assert there_and_back((1, (2,), range(3))) == [1, [2], [0, 1, 2]]
    assert there_and_back(np.array([1, "a"], dtype=object)) == [1, "a"]


class Likeness(float):
    def __eq__(self, other):
        return True

    __hash__ = float.__hash__


@pytest.mark.parametrize(
    "value",
    [
        1j,
        b"x",
        {1, 2},
        object(),
        print,
        Likeness(1),
        np.ma.array([1]),
        np.zeros(2, complex),
        np.zeros(2, [("a", float)]),
        np.datetime64("2026-01-01"),
        1 << 63,
        np.zeros((1,) * 9),
        np.zeros((10**6, 0)),
        {(1, 2): 3},
        iter([]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_plain_value_does_not_leave(value):
    with pytest.raises(values.Unusable):
        values.encode(value, 1000)


@pytest.mark.parametrize(
    "value",
    [
        [0] * 1001,
        "x" * 1001,
        np.zeros(1001),
        np.broadcast_to(1.0, (1 << 20, 1 << 20)),
        [[0] * 40] * 40,
        {str(k): k for k in range(600)},
        range(10**12),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_too_large_does_not_leave(value):
    with pytest.raises(values.Unusable, match="too large"):
        values.encode(value, 1000)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"x": 1},
        {"float": "1.0"},
        {"float": "nan", "x": 1},
        {"dict": {}},
        {"dict": [[1]]},
        {"dict": [[[], 1]]},
        {"array": [1], "dtype": "object", "shape": [1]},
        {"array": [1.0], "dtype": "float64", "shape": [2]},
        {"array": [1.0], "dtype": "float64", "shape": [-1]},
        {"array": [1.0], "dtype": "float64", "shape": [True]},
        {"array": [], "dtype": "float64", "shape": [0, 1 << 60]},
        {"array": [1], "dtype": "float64", "shape": [1]},
        {"array": [1.0], "dtype": "int64", "shape": [1]},
        {"array": [300], "dtype": "int8", "shape": [1]},
        {"array": ["x"], "dtype": "float64", "shape": [1]},
        {"array": [[1.0]], "dtype": "float64", "shape": [1]},
        {"array": "1", "dtype": "float64", "shape": [1]},
        {"array": [1.0], "dtype": ["float64"], "shape": [1]},
        {"array": [1.0] * 1, "dtype": "float64", "shape": [1] * 9},
        {"array": [], "dtype": "float64", "shape": [10**6, 0]},
        {"array": [], "dtype": "float64", "shape": [0, 10**3, 10**3]},
        [*[""] * 200, "x" * 10**5],
        {"dict": [["x" * 10**5, ["", [*[""] * 200]]]]},
        1 << 64,
        float("inf"),
    ],
    ids=lambda data: repr(data)[:60],
)
def test_what_nobody_can_have_encoded_is_refused(data):
    with pytest.raises(ValueError):  # noqa: PT011
        values.decode(data)


def test_a_deep_answer_is_refused():
    data = 0
    for _ in range(100):
        data = [data]
    with pytest.raises(values.Unusable, match="without end"):
        values.encode(data, 1000)
    with pytest.raises(ValueError, match="deep"):
        values.decode(data)


# Lines for IPython


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("%matplotlib inline\nx = 1", 1),
        ("!pip install x\nx = 1", 1),
        ("x = 1\n%time x = 2", 2),
        ("x = !ls", []),
        ("x = %sql select", []),
        ("x = 1\nx?\n?x\n??x", 1),
        ("if True:\n    !ls\n    x = 1", 1),
        ("pip install numpy\nx = 1", 1),
        ("%%time\nx = 1", 1),
        ("%%timeit -n 1\nx = 1", 1),
        ("x = 1\n\n%%bash is here", 1),
        ("x = '''\n%time\n!'''", "\n%time\n!"),
        ("x = (7\n% 4)", 3),
        ("\n\n%%capture out\nx = 1", 1),
        ("\ufeffx = 1", 1),
    ],
)
def test_lines_for_ipython_do_nothing(source, expected):
    names = {}
    exec(cells.compiled(source, "cell 1"), names)
    assert names["x"] == expected


@pytest.mark.parametrize("source", ["%%bash\nrm -rf x", "%%javascript\nalert()", "%%writefile a.py\nx = 1", "%%html"])
def test_cells_in_other_languages_are_empty(source):
    names = {}
    exec(cells.compiled(source, "cell 1"), names)
    assert names.keys() == {"__builtins__"}


def test_what_is_no_python_still_is_none():
    with pytest.raises(SyntaxError):
        cells.compiled("x = = 1", "cell 1")
    with pytest.raises(SyntaxError, match="200"):
        cells.compiled("%a\n" * 201, "cell 1")


def test_line_numbers_are_those_of_the_cell():
    with pytest.raises(ZeroDivisionError) as caught:
        exec(cells.compiled("%%time\n%pylab\n1 / 0", "cell 1"), {})
    text = cells.described(caught.value, ["%%time\n%pylab\n1 / 0"])
    assert text == "ZeroDivisionError: division by zero (cell 1, line 3: 1 / 0)"


# Layers, each alone in a process of its own


def alone(code, *arguments):
    """Run ``code`` in a fresh process with ``layers`` at hand; what it prints."""
    start = f"import errno, os, socket, sys; sys.path.insert(0, {str(surroundings.SEALED)!r}); import layers\n"
    start += """
def tried(function, *arguments):
    try:
        function(*arguments)
    except OSError as error:
        return errno.errorcode[error.errno]
"""
    script = start + code
    command = [sys.executable, "-I", "-S", "-c", script, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@linux
def test_seccomp_lets_nothing_be_cut_that_is_opened_to_be_read(tmp_path):
    path = tmp_path / "x"
    path.write_text("content")
    code = """
layers.seccomp()
path = sys.argv[1]
for flags in (os.O_RDONLY | os.O_TRUNC, 3, 3 | os.O_TRUNC, os.O_RDONLY, os.O_RDWR, os.O_WRONLY | os.O_CREAT):
    print(tried(os.open, path, flags))
print(tried(os.truncate, path, 0), os.stat(path).st_size)
"""
    assert alone(code, path) == ["ENOSYS"] * 3 + ["None"] * 3 + ["ENOSYS", "7"]


@linux
def test_seccomp_leaves_no_other_processes_sockets_or_limits():
    code = """
import fcntl, resource, signal, threading, termios
parent = os.getppid()
layers.seccomp()
print(tried(os.fork), tried(os.kill, parent, 0), tried(socket.socket), tried(os.execv, "/bin/true", ["true"]))
print(tried(resource.prlimit, parent, resource.RLIMIT_CORE), tried(resource.prlimit, 0, resource.RLIMIT_CORE))
r, w = os.pipe()
print(tried(fcntl.fcntl, r, fcntl.F_SETOWN, parent), tried(fcntl.fcntl, r, fcntl.F_GETFL))
print(tried(fcntl.ioctl, r, 0x8901, b"1234"), tried(fcntl.ioctl, r, termios.FIONREAD, b"1234"))
print(tried(os.sched_setaffinity, parent, {0}), tried(os.setpriority, os.PRIO_PROCESS, parent, 5))
thread = threading.Thread(target=lambda: print("thread")); thread.start(); thread.join()
signal.signal(signal.SIGUSR1, lambda *a: print("own")); signal.raise_signal(signal.SIGUSR1)
"""
    no, yes = "ENOSYS", "None"
    assert alone(code) == [no, no, no, no, no, yes, no, yes, no, yes, no, no, "thread", "own"]


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_decides_as_it_should(machine):
    program = layers.filter_program(machine, pid=42)
    numbers = {"x86_64": dict(read=0, kill=62, clone=56, socket=41, openat=257, ptrace=101, execve=59)}  # noqa: C408
    numbers["aarch64"] = dict(read=63, kill=129, clone=220, socket=198, openat=56, ptrace=117, execve=221)  # noqa: C408
    of, arch = numbers[machine], layers.AUDIT_ARCH[machine]
    assert decide(program, arch, of["read"]) == layers.ALLOW
    for name in ("kill", "socket", "ptrace", "execve"):
        assert decide(program, arch, of[name]) == layers.REFUSE
    assert decide(program, arch, of["clone"], 0x10000) == layers.ALLOW
    assert decide(program, arch, of["clone"], 17) == layers.REFUSE
    assert decide(program, arch, of["openat"], 0, 0, os.O_RDONLY) == layers.ALLOW
    assert decide(program, arch, of["openat"], 0, 0, 0x200) == layers.REFUSE
    tgkill = layers.CHECKED[machine][4]
    assert [decide(program, arch, tgkill, pid) == layers.ALLOW for pid in (42, os.getppid(), 1)] == [True, False, False]
    assert decide(program, 0x1234, of["read"]) == layers.REFUSE
    assert decide(program, arch, of["read"] | 0x40000000) == layers.REFUSE  # x32


def decide(program, arch, number, *arguments):
    """What the kernel would make of a filter: the little of BPF that it uses."""
    data = struct.pack("=IIQ6Q", number, arch, 0, *arguments, *[0] * (6 - len(arguments)))
    place = accumulator = 0
    while True:
        code, true, false, constant = program[place]
        place += 1
        if code == layers.RETURN:
            return constant
        if code == layers.LOAD:
            accumulator = struct.unpack_from("=I", data, constant)[0]
        elif code == layers.MASK:
            accumulator &= constant
        else:
            hit = accumulator == constant if code == layers.EQUAL else accumulator & constant
            place += true if hit else false


def test_another_machine_has_no_filter():
    with pytest.raises(ValueError, match="riscv64"):
        layers.filter_program("riscv64", 1)


@linux
def test_no_privilege_is_left_and_none_can_be_given():
    code = """
layers.no_privileges()
print(layers.libc.prctl(3, 0, 0, 0, 0))  # PR_GET_DUMPABLE
for line in open("/proc/self/status"):
    if line.startswith(("CapPrm", "CapEff", "CapAmb", "NoNewPrivs") + ("CapBnd",) * (os.getuid() == 0)):
        print(int(line.split()[1], 16))
"""
    said = alone(code)
    assert said == ["0", "0", "0", *(["0"] if os.getuid() == 0 else []), "0", "1"]


@linux
def test_the_private_disk_is_read_only_but_for_a_small_scratch(tmp_path):
    (tmp_path / "x").write_text("x")
    (tmp_path / "scratch").mkdir()
    code = """
folder = sys.argv[1]
try:
    layers.private_disk(folder + "/scratch", 1 << 20)
except OSError:
    print("none"); sys.exit()
print(tried(os.open, folder + "/x", os.O_WRONLY), tried(os.open, folder + "/y", os.O_CREAT | os.O_WRONLY))
file = os.open(folder + "/scratch/x", os.O_CREAT | os.O_WRONLY, 0o700)
print(os.write(file, bytes(1 << 21)), tried(os.execv, folder + "/scratch/x", ["x"]))
print(tried(os.mknod, folder + "/scratch/null", 0o20666, os.makedev(1, 3)), os.getcwd() == folder + "/scratch")
"""
    said = alone(code, tmp_path)
    if said == ["none"]:
        pytest.skip("user namespaces are not allowed here")
    assert said == ["EROFS", "EROFS", str(1 << 20), "EACCES", "EPERM", "True"]
    assert (tmp_path / "x").read_text() == "x"
    assert os.listdir(tmp_path / "scratch") == []


@linux
def test_limits_are_set_for_good():
    code = """
import resource
layers.limits({"memory": 1 << 33, "file": 1 << 20, "cpu": 35}, own_count=True)
for name in ("AS", "FSIZE", "CPU", "CORE", "NOFILE", "NPROC"):
    print(*resource.getrlimit(getattr(resource, "RLIMIT_" + name)))
"""
    said = [int(word) for word in alone(code)]
    assert said[::2] == said[1::2] == [1 << 33, 1 << 20, 35, 0, 64, 64]


@linux
def test_landlock_opens_what_is_granted_alone(tmp_path):
    for name in ("open", "closed", "scratch"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x").write_text("content")
    code = """
try:
    layers.landlock_version()
except OSError:
    print("none"); sys.exit()
root = sys.argv[1]
order = {"readable": [root + "/open"], "listed": [root + "/closed"], "scratch": root + "/scratch"}
layers.landlock(order, writable=True)
for path, flags in (("open/x", 0), ("open/x", 1), ("closed/x", 0), ("scratch/x", 2), ("scratch/y", 65), ("open/y", 65)):
    print(tried(os.open, f"{root}/{path}", flags))
print(tried(os.listdir, root + "/closed"), tried(os.listdir, root), tried(os.remove, root + "/open/x"))
"""
    said = alone(code, tmp_path)
    if said == ["none"]:
        pytest.skip("this kernel has no Landlock")
    assert said == ["None", "EACCES", "EACCES", "None", "None", "EACCES", "None", "EACCES", "EACCES"]


@linux
def test_landlock_leaves_no_tcp_and_no_signals_to_others():
    code = """
try:
    version = layers.landlock_version()
    layers.landlock({"readable": [], "listed": [], "scratch": "/tmp"}, writable=True)
except OSError:
    version = 0
with socket.socket() as one:
    print(tried(one.bind, ("127.0.0.1", 0)) if version >= 4 else "EACCES")
    print(tried(one.connect, ("127.0.0.1", 1)) if version >= 4 else "EACCES")
print(tried(os.kill, os.getppid(), 0) if version >= 6 else "EPERM", tried(os.kill, os.getpid(), 0))
"""
    assert alone(code) == ["EACCES", "EACCES", "EPERM", "None"]


def test_ways_around_what_is_hidden(tmp_path):
    for name in ("site/numpy", "site/lrcourse/checks", "site/scipy", "other"):
        (tmp_path / name).mkdir(parents=True)
    readable, listed = [], []
    for name in ("site", "other"):
        surroundings.around(str(tmp_path / name), [str(tmp_path / "site/lrcourse")], readable, listed)
    assert sorted(readable) == sorted(str(tmp_path / name) for name in ("other", "site/numpy", "site/scipy"))
    assert listed == [str(tmp_path / "site")]


def test_other_copies_of_the_package_are_hidden_too(tmp_path, monkeypatch):
    for name in ("site/lrcourse", "real/lrcourse", "linked/numpy"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "linked/lrcourse").symlink_to(tmp_path / "real/lrcourse")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path / "site"), str(tmp_path / "linked")])
    readable, listed = [], []
    surroundings.around(str(tmp_path), surroundings.hidden(), readable, listed)
    assert readable == [str(tmp_path / "linked/numpy")]
    assert str(surroundings.PACKAGE.parent / "exercises") in surroundings.hidden()


@linux
def test_where_memory_runs_out_the_students_process_goes_first():
    code = "layers.seal({'scratch': sys.argv[1], 'file': 1 << 20, 'without': layers.LAYERS})\n"
    assert alone(code + "print(open('/proc/self/oom_score_adj').read())", "/tmp") == ["1000"]


def test_the_package_itself_is_hidden():
    readable, _ = surroundings.libraries()
    package = os.path.dirname(os.path.dirname(surroundings.SEALED))
    assert package.endswith("lrcourse")
    assert not any((package + os.sep).startswith(path.rstrip("/") + os.sep) for path in readable)
