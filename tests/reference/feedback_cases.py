"""What the plateau rules of PyTorch and Keras are asked, and what ours is told to do the same."""

import numpy as np

LR = 0.5


def metrics():
    """Name to a sequence of metrics, one an evaluation: long, with ties, with what is no number, negative."""
    random = np.random.default_rng(20)
    falling = 2 * np.exp(-np.arange(300) / 40) + 0.3 + 0.05 * random.standard_normal(300)
    holes = falling.copy()
    holes[[17, 18, 60, 61, 62, 63, 64, 200]] = np.nan
    holes[[30, 130]] = np.inf
    # With a threshold of 2^-13, the steps by one unit are ties, with no rounding to blur them.
    creeping = 1 - 2.0**-13 * np.repeat([0, 1, 2, 3, 3.5, 4.5, 5.6, 6.5, 8, 9, 11], 3)
    return {
        "falling": falling,
        "holes": holes,
        "rising": 1 - np.exp(-np.arange(300) / 40) / 2 + 0.02 * random.standard_normal(300),
        "creeping": creeping,
        "still": np.ones(40),
        "negative": -1 - 1e-3 * np.repeat(np.arange(20), 2) + 5e-4 * np.tile([0, 1], 20),
        "worse": -1 + 5e-5 * np.arange(40),
    }


# Name: (metrics, settings of ours; those of PyTorch have the same names, but for threshold_mode). Its eps, below which
# it leaves a reduction out, is 0 here.
PLATEAUS = {
    "defaults": ("falling", {}),
    "short": ("falling", {"factor": 0.5, "patience": 3}),
    "impatient": ("falling", {"factor": 0.9, "patience": 0}),
    "cooldown": ("falling", {"factor": 0.7, "patience": 2, "cooldown": 4}),
    "cooldown of one": ("falling", {"factor": 0.7, "patience": 2, "cooldown": 1}),
    "floor": ("falling", {"factor": 0.3, "patience": 2, "min_lr": 0.01}),
    "coarse": ("falling", {"factor": 0.8, "patience": 4, "threshold": 0.05}),
    "coarse, absolute": (
        "falling",
        {"factor": 0.8, "patience": 4, "threshold": 0.05, "threshold_mode": "absolute"},
    ),
    "holes": ("holes", {"factor": 0.6, "patience": 2, "cooldown": 1}),
    "holes, absolute": ("holes", {"factor": 0.6, "patience": 3, "threshold": 0.01, "threshold_mode": "absolute"}),
    "accuracy": ("rising", {"factor": 0.6, "patience": 3, "mode": "max"}),
    "accuracy, absolute": (
        "rising",
        {"factor": 0.6, "patience": 5, "mode": "max", "threshold": 0.02, "threshold_mode": "absolute", "cooldown": 3},
    ),
    "ties": ("creeping", {"factor": 0.5, "patience": 1, "threshold": 2.0**-13}),
    "ties, absolute": (
        "creeping",
        {"factor": 0.5, "patience": 1, "threshold": 2.0**-13, "threshold_mode": "absolute"},
    ),
    "still": ("still", {"factor": 0.5, "patience": 2, "cooldown": 3}),
    "negative, absolute": ("negative", {"factor": 0.8, "patience": 0, "threshold_mode": "absolute"}),
}
# Where PyTorch differs from ours, with its own eps; test_feedback.py shows how.
PLATEAU_DIFFERENCES = {
    "worse is better": ("worse", {"factor": 0.5, "patience": 3}),
    "too small to count": ("still", {"factor": 0.1, "patience": 0}),
}
# Name: (metrics, settings as Keras names them).
KERAS_PLATEAUS = {
    "still": ("still", {"factor": 0.5, "patience": 2, "cooldown": 3, "min_delta": 1e-4}),
    "still, no cooldown": ("still", {"factor": 0.5, "patience": 2, "cooldown": 0, "min_delta": 1e-4}),
    "still, cooldown of one": ("still", {"factor": 0.5, "patience": 2, "cooldown": 1, "min_delta": 1e-4}),
    "falling": ("falling", {"factor": 0.7, "patience": 3, "cooldown": 5, "min_delta": 0.01}),
    "holes": ("holes", {"factor": 0.7, "patience": 3, "cooldown": 2, "min_delta": 0.0, "min_lr": 0.01}),
    "accuracy": ("rising", {"factor": 0.7, "patience": 4, "cooldown": 1, "min_delta": 0.02, "mode": "max"}),
}
KERAS_STOPS = {
    "falling": ("falling", {"patience": 7, "min_delta": 0.01}),
    "falling, at once": ("falling", {"patience": 1}),
    "holes": ("holes", {"patience": 5}),
    "accuracy": ("rising", {"patience": 6, "min_delta": 0.005, "mode": "max"}),
    "still": ("still", {"patience": 4}),
}
