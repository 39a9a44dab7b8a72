"""PNG files written fast: for a picture that follows a hand, the encoder is what the hand waits for.

Rows go in unfiltered: pictures of lines on nothing compress as well without filters, and choosing filters costs an
encoder more than the compression does. A picture in the course's four inks takes one byte a pixel in place of four.
"""

import struct
import zlib

import numpy as np

from lrcourse.plotting.picture import BLUE, GREEN, INK, ORANGE

INKS = np.array([tuple(bytes.fromhex(ink[1:])) for ink in (INK, BLUE, ORANGE, GREEN)])
# The palette: each ink at 64 opacities. For each colour, of four bits a channel, the nearest ink.
PALETTE = np.repeat(INKS, 64, axis=0).astype(np.uint8)
OPACITIES = np.tile(np.linspace(0, 255, 64).round(), 4).astype(np.uint8)
CHANNELS = np.stack(np.meshgrid(*[np.arange(16) * 17] * 3, indexing="ij"), axis=-1).reshape(-1, 1, 3)
NEAREST = (((CHANNELS - INKS) ** 2).sum(axis=-1).argmin(axis=1) * 64).astype(np.uint8)


def words(rgba):
    """Pixels (height, width, 4) of bytes as one number each, (height, width): they compare and pick faster."""
    return rgba.view("<u4")[..., 0]


def indices(words):
    """Pixels, as words, as places in the palette: nearest ink, nearest opacity."""
    key = words << 4 & 0xF00 | words >> 8 & 0xF0 | words >> 20 & 0xF
    return NEAREST[key] + (words >> 26).astype(np.uint8)


def png(rgba):
    """Pixels (height, width, 4) of bytes as a PNG file, lossless."""
    return file(rgba.reshape(len(rgba), -1), rgba.shape[1], 6)


def indexed_png(places):
    """Places in the palette (height, width) as a PNG file."""
    return file(places, places.shape[1], 3, chunk(b"PLTE", PALETTE.tobytes()) + chunk(b"tRNS", OPACITIES.tobytes()))


def file(content, width, kind, palette=b""):
    """A PNG file of rows of bytes. kind: 6 for RGBA, 3 for a palette, as in its specification (ISO/IEC 15948)."""
    rows = np.zeros((len(content), 1 + content.shape[1]), np.uint8)  # the first byte of a row says: no filter
    rows[:, 1:] = content
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, len(content), 8, kind, 0, 0, 0))
    data = chunk(b"IDAT", zlib.compress(rows, 1))
    return b"\x89PNG\r\n\x1a\n" + header + palette + data + chunk(b"IEND", b"")


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))
