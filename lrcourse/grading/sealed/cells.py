"""In the student's process: seal it, run the cells, call what they define on the inputs that are sent.

Whatever a cell does to this file's own names harms its author alone: the other side believes nothing but numbers.
"""

import builtins
import importlib.abc
import importlib.machinery
import json
import os
import re
import signal
import sys
import types

import layers
import values

STAND_INS = ("lrcourse", "IPython", "ipywidgets", "google", "nbgrader", "otter")
TEXT = 500  # characters of a message


def sit(order, requests, answers):
    """Serve one student over two pipes until the other side has had enough."""
    active = layers.seal(order)
    clean(order["scratch"], requests, answers)
    asked = os.fdopen(3, "rb")

    def tell(message):
        data = json.dumps(message, allow_nan=False).encode() + b"\n"
        if len(data) > order["output"]:
            data = json.dumps({"failure": ["broken answer", "the answer is too large"]}).encode() + b"\n"
        while data:
            data = data[os.write(4, data) :]

    tell({"layers": active})
    begin = json.loads(asked.readline())
    names = notebook_names()
    stopped = run(begin["cells"], begin["skip"], begin["seconds"], names, lambda number: tell({"cell": number}))
    tell({"ran": stopped})
    for line in asked:
        tell(answer(json.loads(line), names, begin["cells"], order["output"]))


def clean(scratch, requests, answers):
    """Nothing open but the two pipes, as 3 and 4; nothing in the environment; nothing to read, nowhere to print."""
    null = os.open(os.devnull, os.O_RDWR)
    high = [os.dup(pipe) for pipe in (null, null, null, requests, answers)]
    for place, pipe in enumerate(high):
        while pipe <= 4 and pipe != place:
            pipe = os.dup(pipe)
        high[place] = pipe
    for place, pipe in enumerate(high):
        os.dup2(pipe, place)
    os.closerange(5, 1 << 16)
    os.environ.clear()
    os.environ.update(HOME=scratch, TMPDIR=scratch, PATH="/usr/bin:/bin", LANG="C.UTF-8", MPLBACKEND="Agg")
    os.chdir(scratch)
    sys.argv = ["notebook"]


def notebook_names():
    """The namespace of a notebook: a module of its own, with what IPython adds; nobody is there to type or to look."""
    module = sys.modules["__main__"] = types.ModuleType("__main__")
    builtins.input = lambda prompt="": ""
    builtins.display = builtins.get_ipython = StandIn()
    builtins.exit = builtins.quit = builtins.help = StandIn()
    sys.meta_path.insert(0, Finder())
    if "matplotlib.figure" in sys.modules:  # nobody will look at a figure, and drawing takes time
        sys.modules["matplotlib.figure"].Figure.savefig = lambda *ignored, **settings: None
    return vars(module)


class StandIn:
    """Takes every call, and leaves a function that it decorates as it is."""

    def __call__(self, *arguments, **settings):
        return arguments[0] if arguments and isinstance(arguments[0], types.FunctionType) else self

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __getitem__(self, key):
        return self

    def __setitem__(self, key, value):
        pass

    def __iter__(self):
        return iter(())

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        return False


class StandInModule(types.ModuleType):
    __path__ = ()
    __all__ = ()

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return StandIn()


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds an empty stand-in for whatever only shows, checks or decorates."""

    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in STAND_INS:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec):
        return StandInModule(spec.name)

    def exec_module(self, module):
        pass


class TimeUp(BaseException):
    """Raised inside a cell that takes too long; ``except Exception`` does not catch it."""


def run(cells, skip, seconds, names, announce):
    """Execute the cells, each on its own: [number, what stopped it] for those that did not reach their end."""

    def ring(number, frame):
        if frame is None or frame.f_code.co_filename != __file__:
            raise TimeUp(f"took longer than {seconds:g} s")

    signal.signal(signal.SIGALRM, ring)
    stopped = []
    for number, source in enumerate(cells, 1):
        if number in skip:
            continue
        announce(number)
        try:
            try:
                code = compiled(source, f"cell {number}")
                signal.setitimer(signal.ITIMER_REAL, seconds, 0.1)
                exec(code, names)
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
        except BaseException as error:
            stopped.append([number, described(error, cells)])
    return stopped


# Lines that IPython reads and Python does not.
PYTHON_CELLS = ("time", "timeit", "capture", "prun", "python", "python3")
ASSIGNED = re.compile(r"^(\s*[\w.\[\], ]+=\s*)[%!].*")
SPECIAL = re.compile(r"^(\s*)(?:[%!?]|(?:pip|conda) +install\b|.*\?\s*$)")
TIMED = re.compile(r"^(\s*)%(?:time|prun)\s+(?=\S)")


def compiled(source, name):
    """A cell as code. Where Python stumbles over a line that is meant for IPython, that line does nothing."""
    source = source.lstrip("\ufeff\n")
    magic = re.match(r"%%(\w+)[^\n]*\n?", source)
    if magic:
        source = "\n" + source[magic.end() :] if magic[1] in PYTHON_CELLS else ""
    lines = source.split("\n")
    for _ in range(200):
        try:
            return compile("\n".join(lines), name, "exec", dont_inherit=True)
        except SyntaxError as error:
            number = (error.lineno or 0) - 1
            if not 0 <= number < len(lines) or (line := without_magic(lines[number])) is None:
                raise
            lines[number] = line
    raise SyntaxError("more than 200 lines that are not Python")


def without_magic(line):
    """What Python may see of a line for IPython; None where it is no such line."""
    if TIMED.match(line):
        return TIMED.sub(r"\1", line)
    if ASSIGNED.match(line):
        return ASSIGNED.sub(r"\1[]", line)
    if SPECIAL.match(line):
        return SPECIAL.match(line)[1] + "pass"
    return None


def described(error, cells):
    """The error and the line of the student's that raised it, as one text."""
    text = f"{type(error).__name__}: {error}"[:TEXT]
    place, trace = None, error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if name.startswith("cell "):
            place = int(name[5:]), trace.tb_lineno
        trace = trace.tb_next
    if isinstance(error, SyntaxError) and (error.filename or "").startswith("cell "):
        place = int(error.filename[5:]), error.lineno or 1
    if place is None:
        return text
    number, line = place
    rows = cells[number - 1].split("\n")
    shown = rows[line - 1].strip()[:100] if 0 < line <= len(rows) else ""
    return f"{text} (cell {number}, line {line}: {shown})"


def answer(request, names, cells, room):
    """The value that the notebook gives a name, or of the function of that name; or how it failed to."""
    name, arguments = request["name"], request["arguments"]
    if name not in names:
        return {"failure": ["missing", ""]}
    try:
        value = names[name]
        if arguments is not None:
            value = value(*[values.decode(argument) for argument in arguments])
        return {"value": values.encode(value, room)}
    except values.Unusable as error:
        return {"failure": ["broken answer", str(error)]}
    except MemoryError:
        return {"failure": ["memory", "more memory than the limit"]}
    except BaseException as error:
        return {"failure": ["raised", described(error, cells)]}
