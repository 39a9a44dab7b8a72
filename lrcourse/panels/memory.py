"""An exponential moving average under one's hand: what it remembers, what it smooths, how it lags."""

import numpy as np

from lrcourse import glossary
from lrcourse.panels.controls import Switch, slider
from lrcourse.panels.panel import Panel
from lrcourse.plotting import averages


def memory(signal=None, clean=None, rho=0.5, goal=None, large=False):
    """A panel over the exponential moving average of a noisy signal, its weights and its window 1/(1 − ρ).

    signal: (steps,) numbers (default: ups and downs with noise). clean: the same without noise (default: the signal).
    rho: where the slider begins. goal: a distance from the clean signal to get below. large: type for a projector.
    Controls: ρ, and the correction for the start from 0. Raises ValueError for a signal of anything but finite numbers.
    """
    glossary.check_goal("memory", goal)
    if signal is None:
        signal, clean = default_signal()
    signal, clean = finite("signal", signal), finite("clean", signal if clean is None else clean)
    if clean.shape != signal.shape:
        raise ValueError(f"memory: clean must have shape {signal.shape}, as the signal has; received {clean.shape}")
    controls = {
        "rho": slider("memory", "rho", rho),
        "corrected": Switch(False, "correct the start", "divide by 1 − ρᵗ"),
    }
    picture = averages.memory(signal, clean, goal, rho)

    def answer():
        tried = [
            (picture.distance(rho, on), rho, on) for on in (False, True) for rho in controls["rho"].places.tolist()
        ]
        _, rho, corrected = min(tried)
        return {"rho": rho, "corrected": corrected}

    words = {"text": averages.TEXT, "goal": picture.verdicts}
    data = {"signal": signal.tolist(), "clean": clean.tolist(), "goal": goal, "words": words}
    data["faintest"] = averages.FAINTEST
    return Panel("memory", picture, controls, picture.show, answer, large, data, search="rho")


def finite(name, values):
    array = np.asarray(values)
    if array.ndim != 1 or array.size < 2 or array.dtype.kind not in "iuf" or not np.isfinite(array).all():
        raise ValueError(f"memory: {name} must be a list of two or more finite numbers; received {values!r:.80}")
    return array.astype(np.float64)


def default_signal():
    """(noisy, clean): a jump, a rest, a slope, a wave."""
    t = np.arange(240)
    clean = (
        np.interp(t, [0, 59, 60, 110, 160, 239], [1, 1, 2, 2, 1, 1]) + np.where(t > 160, np.sin((t - 160) / 8), 0) / 2
    )
    return clean + 0.35 * np.random.default_rng(0).standard_normal(len(t)), clean
