"""The floor of mini-batch noise under one's hand: the rate and the batch size."""

from functools import partial

import numpy as np

from lrcourse import glossary
from lrcourse.history import BLOW_UP
from lrcourse.panels.controls import Slider, checked_ends, label_of, slider
from lrcourse.panels.javascript import function
from lrcourse.panels.panel import Panel
from lrcourse.plotting import floors
from lrcourse.plotting.rows import packed


def noise(curvature=1.0, sigma=1.0, steps=250, lr=None, batch_size=16, seed=0, ends=None, goal=None, large=False):
    """A panel over gradient descent on ½λθ² with mini-batches: how the loss falls, and the floor on which it rests.

    curvature: λ, above 0. sigma: the standard deviation of one example's gradient, above 0. steps: of a run, from 10 to
    2,000. lr, batch_size: where the sliders begin (default: a tenth of the stability limit 2/λ, and 16). seed: of the
    draws. ends: (low, high) of the rates. goal: a mean loss to end below. large: type for a projector.
    Raises ValueError for what is out of these ranges.
    """
    for name, value in {"curvature": curvature, "sigma": sigma, "batch_size": batch_size}.items():
        glossary.check("noise", name, value)
    lr = floors.usual_rate(curvature) if lr is None else floors.checked_rate(lr)
    low, high = floors.usual_ends(curvature) if ends is None else checked_ends("noise", "lr", ends)
    doublings = max(8, int(np.ceil(np.log2(batch_size))))
    term = glossary.TERMS["batch_size"]
    controls = {
        "lr": slider("noise", "lr", lr, (low, high)),
        "batch_size": Slider(
            *(int(batch_size), 0, doublings * np.log10(2), doublings, label_of("batch_size"), term.meaning),
            log=True,
            whole=True,
        ),
    }
    rates = controls["lr"].places
    picture = floors.noise(lr, batch_size, curvature, sigma, steps, seed, tuple(rates[[0, -1]].tolist()), goal)

    def answer():
        B = controls["batch_size"].value
        mean, _ = floors.losses(picture.drawn, rates[:, None], B, **picture.about)
        with np.errstate(invalid="ignore"):
            final = np.nan_to_num(floors.end_of(mean), nan=np.inf)
        return {"lr": float(rates[final.argmin()])}

    traced = partial(function, "noise")
    data = {
        "steps": steps,
        "goal": goal,
        "drawn": packed(picture.drawn, "<f4"),
        "start": floors.FAR * sigma / curvature,
        "limit": picture.limit,
        "rates": picture.rates.tolist(),
        "ends": {"losses": picture.ends, "blowUp": BLOW_UP, "last": floors.LAST},
        "step": traced(partial(floors.step, **picture.about), "theta", "z", "lr", "batch_size"),
        "floor": traced(partial(floors.floor, **picture.about), "lr", "batch_size"),
        "settled": traced(partial(floors.settled, **picture.about), "lr", "batch_size"),
        "words": floors.WORDS | {"goal": picture.verdicts},
    }
    picks = [{"axes": 1, "x": "lr"}]
    return Panel("noise", picture, controls, picture.show, answer, large, data, search="lr", picks=picks)
