"""What a student's process finds around it: Python, its packages, fonts; nothing that holds answers."""

import functools
import importlib.util
import os
import shutil
import site
import sys
import sysconfig
from pathlib import Path

import lrcourse

SEALED = Path(__file__).parent / "sealed"
PACKAGE = Path(lrcourse.__file__).resolve().parent


def environment():
    """What the warm process needs to find the fonts that Matplotlib listed before; linear algebra on one thread."""
    kept = ("HOME", "MPLCONFIGDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "SYSTEMROOT")
    one = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
    wanted = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"} | dict.fromkeys(one, "1")
    return {name: os.environ[name] for name in kept if name in os.environ} | wanted


def hidden():
    """Where answers stand: this package, any other copy of it that Python could find, the sources of exercises."""
    places = [PACKAGE.parent, *map(Path, [*sys.path, *site.getsitepackages(), *sites()])]
    found = [place.resolve() / name for place in places for name in ("lrcourse", "exercises")]
    return {str(path) for place in found if place.is_dir() for path in (place, place.resolve())}


def sites():
    """The folders that NumPy and Matplotlib are installed in."""
    found = [importlib.util.find_spec(name) for name in ("numpy", "matplotlib")]
    return list(dict.fromkeys(str(Path(spec.origin).resolve().parents[1]) for spec in found if spec))


@functools.cache
def libraries():
    """What students' code may read, and what it may list: Python, its packages, fonts; nothing that holds answers."""
    paths = sysconfig.get_paths()
    wanted = [*sites(), paths["stdlib"], paths["platstdlib"], "/usr/lib", "/usr/lib64", "/lib", "/lib64"]
    wanted += ["/usr/local/lib", "/usr/share/fonts", "/usr/share/zoneinfo", "/etc/ld.so.cache", "/etc/localtime"]
    wanted += ["/etc/fonts", "/dev/urandom", "/dev/zero", "/dev/null"]
    wanted.append(sysconfig.get_config_var("LIBDIR") or "/usr/lib")
    readable, listed, secret = [], [], hidden()
    for path in dict.fromkeys(str(Path(path).resolve()) for path in wanted if os.path.exists(path)):
        around(path, secret, readable, listed)
    return readable, listed


def around(path, secret, readable, listed):
    """Add ``path``, or where something hidden lies in it, what lies beside that."""
    if path in secret:
        return
    if any(place.startswith(path + os.sep) for place in secret):
        listed.append(path)
        for entry in os.scandir(path):
            around(entry.path, secret, readable, listed)
    else:
        readable.append(path)


def wrappings(readable, python, scratch):
    """Commands to put before Python, the strictest first."""
    bubblewrap = shutil.which("bwrap")
    if bubblewrap is None:
        return []
    command = [bubblewrap, "--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
    command += ["--uid", "1000", "--gid", "1000"]  # root without capabilities could not map itself again
    command += ["--cap-drop", "ALL", "--die-with-parent", "--new-session", "--tmpfs", "/tmp", "--dev", "/dev"]
    caches = [environment().get("MPLCONFIGDIR"), os.path.expanduser("~/.cache/matplotlib")]
    for path in [*readable, "/lib", "/lib64", python, str(SEALED), *filter(None, caches)]:
        if not path.startswith("/dev/"):
            command += ["--ro-bind-try", path, path]
    command += ["--dir", scratch]
    return [[*command, "--proc", "/proc", "--"], [*command, "--bind", "/proc", "/proc", "--"]]
