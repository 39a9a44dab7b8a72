"""A picture that follows a slider: the static part is drawn once, then only what moves."""

import numpy as np

from lrcourse.plotting.png import indexed_png, indices, png, words


class LiveImage:
    """Redraws the ``moving`` artists of a picture over a background that is kept.

    The background is drawn again only where axes have changed their limits or scale; the axes stay in their places.
    """

    def __init__(self, picture):
        self.picture = picture
        self.in_inks = not any(axes.images for axes in picture.axes)  # an image has more colours than the palette
        for artist in picture.moving:
            artist.set_animated(True)
        picture.canvas.draw()
        picture.set_layout_engine("none")
        self._keep()

    def _keep(self):
        canvas = self.picture.canvas
        self._limits = limits(self.picture)
        self._background = canvas.copy_from_bbox(self.picture.bbox)
        self._words = words(np.array(canvas.buffer_rgba()))
        self._places = indices(self._words)

    def png(self):
        """The picture as it is now, as PNG bytes."""
        canvas = self.picture.canvas
        if limits(self.picture) != self._limits:
            canvas.draw()
            self._keep()
        canvas.restore_region(self._background)
        for artist in self.picture.moving:
            artist.axes.draw_artist(artist)
        pixels = np.asarray(canvas.buffer_rgba())
        if not self.in_inks:
            return png(pixels)
        now, places = words(pixels), self._places.copy()
        moved = now != self._words
        places[moved] = indices(now[moved])
        return indexed_png(places)


def limits(picture):
    """What the background depends on: limits and scales of all axes."""
    return [(axes.get_xlim(), axes.get_ylim(), axes.get_xscale(), axes.get_yscale()) for axes in picture.axes]
