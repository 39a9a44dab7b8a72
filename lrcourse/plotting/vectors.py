"""A picture as data, for a page that draws and moves it itself: boxes, limits, and the look of every artist.

Understood is what the course's pictures are made of: lines with their markers, contours, bands, images and notes.
"""

import numpy as np
from matplotlib.colors import to_hex
from matplotlib.contour import ContourSet
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.text import Annotation, Text

DIGITS = 4  # of a coordinate that stays: as many as a screen can show


def vectors(picture):
    """The boxes, artists and legend of a ``Picture``, as what JSON can hold.

    Lengths are in points, y from the top. Of an artist that moves, ``moves`` is its number among ``picture.moving``;
    where it stands is left to whoever moves it.
    """
    picture.get_layout_engine().execute(picture)
    picture.set_layout_engine("none")  # from now on the axes stay in their places
    renderer = picture.canvas.get_renderer()
    boxes = [one.get_tightbbox(renderer) for one in picture.axes]  # which also puts the labels in their places
    width, height = 72 * picture.get_size_inches()
    moving = {artist: number for number, artist in enumerate(picture.moving)}
    axes, artists = [], []
    for number, one in enumerate(picture.axes):
        box = one.get_position()
        shape = [box.x0 * width, (1 - box.y1) * height, box.width * width, box.height * height]
        framed = bool(one.spines["left"].get_visible())
        frame = {"box": rounded(shape), "title": one.get_title(loc="left"), "framed": framed}
        axes.append(frame | {"x": scale(one.xaxis, 1), "y": scale(one.yaxis, 0)})
        drawn = [*one.collections, *one.images, *one.patches, *one.lines, *one.texts]
        for artist in sorted(drawn, key=lambda artist: (artist in moving, artist.get_zorder())):
            look = {"axes": number, "moves": moving.get(artist), **looks(artist, one)}
            artists.append(look if artist in moving else look | place(artist, one))
    ends = [height * (1 - box.y0 / picture.bbox.height) for box in boxes]
    shown = {"width": float(width), "height": float(max(ends)) + 2, "pixels": picture.width}
    return shown | {"axes": axes, "artists": artists, "legend": legend(picture)}


def scale(axis, side):
    """One side of the axes. at: where its label stands, across the axes."""
    picture = axis.figure
    low, high = axis.get_view_interval()
    middle = axis.label.get_window_extent().get_points().mean(axis=0) * 72 / picture.dpi
    at = 72 * picture.get_figheight() - middle[1] + 3.5 if side else middle[0]
    shape = {"log": axis.get_scale() == "log", "limits": [float(low), float(high)]}
    return shape | {
        "ticks": len(axis.get_ticklocs()) > 0,
        "label": axis.get_label_text(),
        "at": float(f"{at:.{DIGITS}g}"),
    }


def looks(artist, axes):
    """How an artist is drawn, wherever it stands; ``frame`` says in what its x and y count: in data or in shares."""
    if isinstance(artist, ContourSet):
        return {"kind": "line", "color": to_hex(artist.get_edgecolor()[0]), "width": 0.7, "alpha": artist.get_alpha()}
    if isinstance(artist, AxesImage):
        return {"kind": "image"}
    if isinstance(artist, Annotation):
        frame = {("data", "axes fraction"): "x", ("axes fraction", "data"): "y"}[artist.xycoords]
        return {"kind": "note", "frame": frame, "color": to_hex(artist.get_color()), "anchor": "start"}
    if isinstance(artist, Text):
        anchor = {"left": "start", "right": "end", "center": "middle"}[artist.get_horizontalalignment()]
        return {"kind": "note", "frame": "axes", "color": to_hex(artist.get_color()), "anchor": anchor}
    if not isinstance(artist, Line2D):
        return {"kind": "area", "color": to_hex(artist.get_facecolor()), "alpha": artist.get_alpha() or 1}
    across = (("x", axes.get_xaxis_transform()), ("y", axes.get_yaxis_transform()))
    frame = next((name for name, transform in across if artist.get_transform() == transform), "data")
    marker, (_, dashes) = artist.get_marker(), artist._unscaled_dash_pattern  # of which there is no public reading
    return {
        "kind": "line",
        "frame": frame,
        "color": to_hex(artist.get_color()),
        "alpha": artist.get_alpha() or 1,
        "width": artist.get_linewidth() if artist.get_linestyle() != "None" else 0,
        "dash": list(dashes or []),  # in widths of the line
        "marker": "" if marker == "None" else marker,
        "size": artist.get_markersize() / (2 if marker == "." else 1),  # as Matplotlib draws its points
        "edge": artist.get_markeredgewidth(),
        "until": artist.get_drawstyle() == "steps-post",  # a value holds until the next one
    }


def place(artist, axes):
    """Where an artist stands."""
    if isinstance(artist, ContourSet):
        gap, lines = np.array([[np.nan, np.nan]]), []
        for path in artist.get_paths():  # on the screen, where points that it cannot tell apart are left out
            lines += path.transformed(axes.transData).to_polygons(closed_only=False)
        lines = [axes.transData.inverted().transform(line) for line in lines]
        return points(*np.concatenate([part for line in lines for part in (line, gap)]).T)
    if isinstance(artist, Text):
        x, y = artist.xy if isinstance(artist, Annotation) else artist.get_position()
        return {"text": artist.get_text(), **points(x, y)}
    if isinstance(artist, Line2D):
        return points(*artist.get_data())
    to_data = artist.get_transform() + axes.transData.inverted()
    return points(*to_data.transform(artist.get_path().vertices).T)


def points(x, y):
    return {"x": rounded(x), "y": rounded(y)}


def rounded(values):
    """Numbers in few digits; None where there is none."""
    array = np.atleast_1d(np.asarray(values, dtype=float)).tolist()
    return [float(f"{value:.{DIGITS}g}") if np.isfinite(value) else None for value in array]


def legend(picture):
    """(label, look) of each entry below the axes."""
    found = []
    for one in picture.legends:
        for text, handle in zip(one.get_texts(), one.legend_handles, strict=True):
            look = looks(handle, handle.axes or picture.axes[0])
            found.append({"label": text.get_text()} | look)
    return found
