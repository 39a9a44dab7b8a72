"""Panels over what is finished: one slider picks a rate of those that were trained."""

import numpy as np

from lrcourse import glossary
from lrcourse.panels.controls import Slider, label_of


def rate_slider(owner, rates):
    """A slider that stands exactly on ``rates``, at the lowest of them.

    Raises ValueError unless there are two or more, which rise evenly on a logarithmic scale.
    """
    rates = np.asarray(rates, dtype=np.float64)
    gaps = np.diff(np.log(rates)) if rates.ndim == 1 and (rates > 0).all() else np.array([np.nan])
    if rates.size < 2 or not (gaps > 0).all() or not np.allclose(gaps, gaps.mean(), rtol=1e-6, atol=0):
        raise ValueError(
            f"{owner}: the panel needs two or more rates that rise evenly on a logarithmic scale, "
            f"as numpy.geomspace gives them; received {np.array2string(rates, threshold=6)}"
        )
    low, high = np.log10(rates[[0, -1]])
    return Slider(float(rates[0]), low, high, rates.size - 1, label_of("lr"), glossary.TERMS["lr"].meaning, log=True)


def nearest(rates, lr):
    """The number of the rate nearest to ``lr``, on the scale of the slider."""
    return int(np.abs(np.log(rates) - np.log(lr)).argmin())
