"""A picture that follows a slider: the static part is drawn once, then only what moves."""


class LiveImage:
    """Redraws the ``moving`` artists of a picture over a background that is kept."""

    def __init__(self, picture):
        self.picture = picture
        for artist in picture.moving:
            artist.set_animated(True)
        picture.canvas.draw()
        self.background = picture.canvas.copy_from_bbox(picture.bbox)

    def png(self):
        """The picture as it is now, as PNG bytes."""
        self.picture.canvas.restore_region(self.background)
        for artist in self.picture.moving:
            artist.axes.draw_artist(artist)
        return self.picture.png()
