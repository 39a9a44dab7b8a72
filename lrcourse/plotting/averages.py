"""What an exponential moving average remembers: the average of a noisy signal, and the weights behind it."""

import numpy as np
from matplotlib import rc_context
from matplotlib.ticker import NullLocator

from lrcourse import glossary
from lrcourse.plotting.picture import BLUE, INK, ORANGE, STYLE, Picture, short, verdicts

FAINTEST = 1e-4  # weights below are not shown
LETTER = glossary.TERMS["rho"].letter
TEXT = (
    f"{LETTER} = {{rho}}: a window of 1/(1 − {LETTER}) = {{window}} steps. The noise that is left is {{noise}}, "
    "the lag {lag} steps, the distance from the signal {distance}."
)


def averaged(signal, rho, corrected=False):
    """The exponential moving average of ``signal`` (steps,), from 0; corrected: divided by 1 − ρᵗ, as Adam does."""
    average, found = 0.0, []
    for value in signal.tolist():
        average = rho * average + (1 - rho) * value
        found.append(average)
    found = np.array(found)
    return found / (1 - rho ** np.arange(1, len(signal) + 1)) if corrected else found


class AveragePicture(Picture):
    """A noisy signal with its average, and the weights of the past in it; ``show`` moves it."""

    def __init__(self, signal, clean, goal=None):
        super().__init__(figsize=(10, 3.5))
        self.signal, self.clean, self.goal = signal, clean, goal
        self.verdicts = verdicts(f"a distance below {short(goal)}") if goal else None
        self.steps = np.arange(1, len(signal) + 1)
        where, what = self.subplots(1, 2, width_ratios=(1.6, 1))
        where.set(title="the signal and its average", xlabel="step t", xlim=(0, len(signal) + 1))
        room = 0.05 * np.ptp(signal) or 1
        where.set_ylim(min(0, signal.min()) - room, max(0, signal.max()) + room)
        (values,) = where.plot(self.steps, signal, ".", color=INK, markersize=4, alpha=0.6)
        (truth,) = where.plot(self.steps, clean, color=INK, linewidth=1, linestyle="--")
        (self.average,) = where.plot([], [], color=BLUE, linewidth=2)
        (self.window,) = where.plot([], [], color=ORANGE, linewidth=6, alpha=0.6, transform=where.get_xaxis_transform())
        what.set(title="how much each past value counts", xlabel="steps ago", ylabel="weight", yscale="log")
        what.set(xlim=(-1, min(100, len(signal))), ylim=(FAINTEST, 1))
        what.yaxis.set_minor_locator(NullLocator())
        (self.weights,) = what.plot([], [], ".", color=BLUE, markersize=4)
        (self.end,) = what.plot([], [], color=ORANGE, linewidth=1.5, transform=what.get_xaxis_transform())
        self.moving = [self.window, self.average, self.weights, self.end]
        labels = {"noisy signal": values, "signal": truth, "average": self.average, "window 1/(1 − ρ)": self.end}
        self.legend(labels.values(), labels.keys(), loc="outside lower center", ncols=4, frameon=False)

    def show(self, rho, corrected=False):
        """Move to this share ``rho``. Returns whether the goal, a distance from the clean signal, is reached."""
        average, window = averaged(self.signal, rho, corrected), 1 / (1 - rho)
        ago = np.arange(len(self.signal))
        weights = (1 - rho) * rho**ago
        self.average.set_data(self.steps, average)
        self.window.set_data([len(self.signal) - min(window, len(self.signal)), len(self.signal)], [0.02, 0.02])
        self.weights.set_data(ago, np.where(weights >= FAINTEST, weights, np.nan))
        self.end.set_data([window, window], [0, 1])
        distance = self.distance(rho, corrected)
        self.caption = TEXT.format(
            rho=short(rho),
            window=short(window),
            noise=f"{np.sqrt((1 - rho) / (1 + rho)):.0%}",
            lag=short(rho / (1 - rho)),
            distance=short(distance),
        )
        if self.goal is None:
            return False
        reached = bool(distance < self.goal)
        self.caption += self.verdicts[reached]
        return reached

    def distance(self, rho, corrected=False):
        """The root mean square of what separates the average from the clean signal."""
        return float(np.sqrt(np.mean((averaged(self.signal, rho, corrected) - self.clean) ** 2)))


def memory(signal, clean, goal=None, rho=0.9, corrected=False):
    """Draw the average of ``signal`` (steps,), which is ``clean`` (steps,) with noise on it. Returns a ``Picture``.

    rho: the share kept at each step. goal: a distance to get below.
    """
    glossary.check("memory", "rho", rho)
    with rc_context(STYLE):
        picture = AveragePicture(signal, clean, goal)
        picture.show(rho, corrected)
    return picture
