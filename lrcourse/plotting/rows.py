"""All that a picture can show along one slider, packed for a page that only picks."""

import base64

import numpy as np
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.text import Text


def rows(picture, rates):
    """What moves in ``picture``, its words and whether the goal is reached, for each of the ``rates``, packed.

    ``picture.show(number)`` moves it, and says whether the goal is reached. Leaves the picture at the last rate.
    """
    found, words, reached = [[] for _ in picture.moving], [], []
    for number in range(len(rates)):
        reached.append(moved(picture, number))
        words.append(picture.caption)
        for artist, shown in zip(picture.moving, found, strict=True):
            shown.append(state(artist))
    artists = [pack(artist, shown) for artist, shown in zip(picture.moving, found, strict=True)]
    return {"rates": list(map(float, rates)), "artists": artists, "words": words, "reached": reached}


def moved(picture, number):
    """Move the picture, its lines in the numbers that a page has: float32, of which a screen shows half the digits.

    Returns whether the goal is reached there.
    """
    reached = picture.show(number)
    with np.errstate(over="ignore"):  # what is too large for them stands outside of the axes
        for artist in picture.moving:
            if isinstance(artist, Line2D):
                artist.set_data(*np.float32(artist.get_data()))
    return bool(reached)


def state(artist):
    """What an artist shows now."""
    if isinstance(artist, Text):
        return artist.get_text()
    return tones(artist) if isinstance(artist, AxesImage) else artist.get_data()


def tones(image):
    """(where, which): the numbers of an image's pixels that have a value, and those of their colours."""
    values = image.norm(np.ma.masked_invalid(image.get_array()))
    which = np.minimum(values.compressed() * image.cmap.N, image.cmap.N - 1)
    return np.flatnonzero(~np.ma.getmaskarray(values)), which.astype(np.uint8)


def pack(artist, shown):
    """What an artist shows at each rate, as what JSON can hold."""
    if isinstance(artist, Text):
        x, y = artist.get_position()
        return {"texts": shown, "x": [x], "y": [y]}
    if isinstance(artist, AxesImage):
        height, width = artist.get_array().shape
        where = max((where for where, _ in shown), key=len)  # the same for all that show anything
        colours = artist.cmap(np.arange(artist.cmap.N), bytes=True)
        pixels = {"width": width, "height": height, "where": packed(where, "<u4"), "colours": packed(colours, "u1")}
        return pixels | {"tones": several([which for _, which in shown], "u1")}
    x, y = zip(*shown, strict=True)
    return {"x": several(x, "<f4"), "y": several(y, "<f4")}


def several(arrays, dtype):
    """Arrays of any lengths, packed as one; once only where each begins as the longest does, as steps do."""
    longest = max(arrays, key=len)
    if all(np.array_equal(array, longest[: len(array)], equal_nan=True) for array in arrays):
        starts, numbers = [0] * len(arrays), longest
    else:
        starts, numbers = np.cumsum([0, *map(len, arrays[:-1])]).tolist(), np.concatenate(arrays)
    return {"starts": starts, "lengths": list(map(len, arrays)), "numbers": packed(numbers, dtype)}


def packed(array, dtype):
    """An array as text: base64 of its bytes."""
    return base64.b64encode(np.ascontiguousarray(array, dtype=dtype).tobytes()).decode()
