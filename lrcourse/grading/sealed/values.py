"""Plain values as JSON and back, between two processes that do not trust each other.

Floats travel exactly. Only exact builtin and NumPy types go through, and nothing is copied before its size is known.
"""

import math

import numpy as np

DEPTH, DIMENSIONS = 40, 8
EMPTY = 100  # an array of no numbers still has rows, and each is a list where it is printed
TEXT = 10**7  # NumPy gives each of several strings the room of the longest
SIGNED = {f"int{bits}" for bits in (8, 16, 32, 64)}
DTYPES = {"bool", "float16", "float32", "float64", *SIGNED, *(f"u{name}" for name in SIGNED)}


class Unusable(ValueError):
    """A value that is no number, string, list, dict or array of those, or too large a one."""


def encode(value, room):
    """``value`` as what ``json.dumps`` takes; ``room``: how many numbers and characters it may hold in all."""
    return Encoder(room).encode(value, 0)


class Encoder:
    def __init__(self, room):
        self.room = room

    def take(self, size):
        self.room -= size
        if self.room < 0:
            raise Unusable("the answer is too large")

    def encode(self, value, depth):
        kind = type(value)
        if depth > DEPTH:
            raise Unusable("lists within lists without end")
        self.take(1)
        if value is None or kind is bool:
            return value
        if kind is int:
            if value.bit_length() > 63:
                raise Unusable("a whole number of more than 63 bits")
            return value
        if kind is float:
            return value if math.isfinite(value) else {"float": repr(value)}
        if kind is str:
            self.take(len(value))
            return value.encode("utf-8", "replace").decode("utf-8")
        if kind in (list, tuple, range):
            self.take(len(value))
            return [self.encode(item, depth + 1) for item in value]
        if kind is dict:
            return {"dict": [[self.key(k), self.encode(item, depth + 1)] for k, item in value.items()]}
        if kind is np.ndarray:
            return self.array(value, depth)
        if isinstance(value, np.generic) and kind.__module__ == "numpy" and value.dtype.kind in "biufU":
            return self.encode(float(value) if value.dtype.kind == "f" else value.item(), depth)
        raise Unusable(f"an object of type {kind.__name__}; return numbers, a list or a NumPy array")

    def key(self, key):
        if type(key) not in (str, int, float, bool):
            raise Unusable(f"a dict with a key of type {type(key).__name__}")
        return self.encode(key, DEPTH)

    def array(self, value, depth):
        self.take(value.size)
        if not bearable(value.shape):
            raise Unusable(f"an array of shape {value.shape}")
        if value.dtype.kind in "OU":
            return self.encode(value.tolist(), depth + 1)
        if value.dtype.name == "longdouble" or value.dtype.name.startswith("float") and value.dtype.itemsize > 8:
            value = value.astype(float)
        if value.dtype.name not in DTYPES:
            raise Unusable(f"an array of {value.dtype.name}")
        items = value.ravel().tolist()
        if value.dtype.kind == "f":
            items = [item if math.isfinite(item) else repr(item) for item in items]
        return {"array": items, "dtype": value.dtype.name, "shape": list(value.shape)}


def bearable(shape):
    """Whether an array of this shape is as small as the numbers in it."""
    return len(shape) <= DIMENSIONS and (0 not in shape or math.prod(max(1, extent) for extent in shape) <= EMPTY)


def decode(data):
    """What ``encode`` was given, tuples as lists. Raises ValueError for anything that ``encode`` cannot have made.

    The value takes no more memory than a small multiple of its JSON, whatever a judge makes of it.
    """
    value = decoded(data, 0)
    count, longest = texts(value)
    if count * longest > TEXT:
        raise ValueError("too many texts, too long")
    return value


def texts(value):
    """How many items a value has, and the length of the longest text among them."""
    if type(value) is dict:
        value = [*value, *value.values()]
    if type(value) is not list:
        return 1, len(value) if type(value) is str else 0
    counts, lengths = zip(*map(texts, value), strict=True) if value else ((0,), (0,))
    return sum(counts), max(lengths)


def decoded(data, depth):
    kind = type(data)
    if depth > DEPTH + 2:
        raise ValueError("nested too deeply")
    if data is None or kind in (bool, str) or kind is float and math.isfinite(data):
        return data
    if kind is int and data.bit_length() <= 63:
        return data
    if kind is list:
        return [decoded(item, depth + 1) for item in data]
    if kind is not dict:
        raise ValueError("no plain value")
    if data.keys() == {"float"}:
        return special(data["float"])
    if data.keys() == {"dict"} and type(data["dict"]) is list:
        return dict(pair(item, depth) for item in data["dict"])
    if data.keys() == {"array", "dtype", "shape"}:
        return array(**data)
    raise ValueError("no plain value")


def special(text):
    if text not in ("nan", "inf", "-inf"):
        raise ValueError("no such float")
    return float(text)


def pair(item, depth):
    if type(item) is not list or len(item) != 2:
        raise ValueError("no pair")
    key = decoded(item[0], depth + 1)
    if type(key) not in (str, int, float, bool):
        raise ValueError("no key")
    return key, decoded(item[1], depth + 1)


def array(array, dtype, shape):
    if type(array) is not list or type(dtype) is not str or dtype not in DTYPES or type(shape) is not list:
        raise ValueError("no array")
    if not all(type(extent) is int and extent >= 0 for extent in shape) or not bearable(shape):
        raise ValueError("no shape")
    if math.prod(shape) != len(array):
        raise ValueError("the shape does not fit")
    items = [special(item) if type(item) is str else item for item in array]
    wanted = {"b": bool, "i": int, "u": int, "f": float}[np.dtype(dtype).kind]
    if not all(type(item) is wanted for item in items):
        raise ValueError(f"no array of {dtype}")
    try:
        with np.errstate(over="ignore"):
            return np.array(items, dtype).reshape(shape)
    except OverflowError:
        raise ValueError(f"no array of {dtype}") from None
