"""One flat buffer of all parameters, and named views into it."""

import math


def count(shapes):
    """How many numbers the parameters of ``shapes`` (a dict of name to shape) hold together."""
    return sum(math.prod(shape) for shape in shapes.values())


def views(buffer, shapes):
    """Named windows into ``buffer`` (runs, n): a dict of name to array (runs, *shape), in the order of ``shapes``.

    Writing to a view writes to the buffer; nothing is copied. Raises ValueError where the sizes do not fit.
    """
    runs, n = buffer.shape
    if n != count(shapes):
        raise ValueError(
            f"views: the shapes {shapes} need {count(shapes)} columns; the buffer has shape {buffer.shape}"
        )
    named, start = {}, 0
    for name, shape in shapes.items():
        end = start + math.prod(shape)
        named[name] = buffer[:, start:end].reshape(runs, *shape)
        start = end
    return named
