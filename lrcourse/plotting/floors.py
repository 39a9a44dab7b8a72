"""Where gradient descent on mini-batches comes to rest: above the minimum, on a floor of noise.

The loss is ½λθ². One example tells its gradient with an error of standard deviation σ, a batch of B with σ/√B, so that
θ' = θ − η(λθ + σz/√B), with z from the standard normal distribution. What the errors of all steps leave in θ has the
variance ησ²/(Bλ(2 − ηλ)), and half of it times λ is the mean loss in the end: the floor. While ηλ is small, it depends
on η/B alone: Mandt, Hoffman and Blei (2017), arXiv:1704.04289; Smith and Le (2018), arXiv:1710.06451.
"""

import numpy as np
from matplotlib import rc_context
from matplotlib.ticker import NullLocator

from lrcourse import glossary
from lrcourse.history import BLOW_UP
from lrcourse.plotting.picture import BLUE, GREEN, INK, ORANGE, STYLE, Picture, short, verdicts
from lrcourse.plotting.rates import draw_goal
from lrcourse.rules import sgd

FAR = 3.0  # θ at step 0, in units of σ/λ
RUNS = 64  # whose losses are averaged
LAST = 10  # the last tenth of the steps is the end of a run
NEAR = 0.1  # of the floor: how near the mean loss must come to be there
BATCHES = (1, 16, 256)  # whose ends are always shown
RATES = 25  # at which they are shown
DECADES = (-6, 2)  # of the losses that are shown, in units of σ²/λ

WORDS = {
    "there": (
        "η = {rate}, B = {batch}: the floor is ησ²/(2B(2 − ηλ)) = {floor}. The mean loss is within a tenth of it after "
        "{after} steps, and {end} in the end. {alike}"
    ),
    "on the way": (
        "η = {rate}, B = {batch}: the floor is ησ²/(2B(2 − ηλ)) = {floor}. The mean loss would be within a tenth of it "
        "after {after} steps; after {steps} it is {end}. {alike}"
    ),
    "alike": "Any rate and batch size with η/B = {ratio} have about this floor, while ηλ is small.",
    "lost": "η = {rate}, B = {batch}: beyond 2/λ = {limit} there is no floor. The mean loss is {end} in the end.",
    "diverged": "η = {rate}, B = {batch}: beyond 2/λ = {limit} there is no floor. Diverged at step {step}.",
}


def step(theta, z, lr, batch_size, curvature=1.0, sigma=1.0):
    """One step of ``rules.sgd`` at ``theta``, where the batch errs by ``z`` of its standard deviations.

    Returns the next theta, and the loss at this one.
    """
    g = curvature * theta + sigma * z / np.sqrt(batch_size)
    return sgd(theta, g, lr), curvature * theta * theta / 2


def floor(lr, batch_size, curvature=1.0, sigma=1.0):
    """The mean loss after very many steps, for a rate below 2/curvature."""
    return lr * sigma**2 / (2 * batch_size * (2 - lr * curvature))


@np.errstate(divide="ignore")
def settled(lr, batch_size, curvature=1.0, sigma=1.0):
    """The step from which on the mean loss is within a tenth of the floor, for a rate below 2/curvature.

    At each step the mean loss keeps a share (1 − ηλ)² of its distance from the floor; where ηλ = 1, nothing.
    """
    end = floor(lr, batch_size, curvature, sigma)
    distance = np.absolute((FAR * sigma) ** 2 / curvature / 2 - end)
    kept = 2 * np.log(np.absolute(1 - lr * curvature))
    return np.maximum(1, -np.floor(-(np.log(NEAR * end / distance) / kept)))


def draws(steps, seed=0):
    """What batches err, (steps, runs): a whole number of steps and a seed make the same at any time."""
    return np.random.default_rng(seed).standard_normal((steps, RUNS), dtype=np.float32).astype(np.float64)


@np.errstate(over="ignore", invalid="ignore")
def losses(drawn, lr, batch_size, curvature=1.0, sigma=1.0):
    """(mean loss, loss of the first run) before each step and after the last: of shape (steps + 1,), or with rates.

    drawn: (steps, runs). lr: a number, or a column (rates, 1).
    """
    theta = np.full(np.broadcast_shapes(np.shape(lr), drawn[0].shape), FAR * sigma / curvature)
    found = []
    for z in (*drawn, drawn[-1]):
        theta, loss = step(theta, z, lr, batch_size, curvature, sigma)
        found.append((loss.mean(axis=-1), loss[..., 0]))
    return tuple(map(np.array, zip(*found, strict=True)))


def end_of(mean):
    """The mean of the last tenth of the mean losses (steps + 1, ...)."""
    return mean[-((len(mean) - 1) // LAST) :].mean(axis=0)


class NoisePicture(Picture):
    """The loss along a run, and where runs end against the rate; ``show`` moves it to a rate and a batch size."""

    def __init__(self, drawn, ends, curvature=1.0, sigma=1.0, goal=None):
        super().__init__(figsize=(10, 3.5))
        self.drawn, self.goal, self.about = drawn, goal, {"curvature": curvature, "sigma": sigma}
        self.limit = 2 / curvature
        self.verdicts = verdicts(f"a mean loss below {short(goal)} in the end") if goal else None
        self.ends = tuple(10.0 ** (np.round(np.log10(sigma**2 / curvature)) + np.array(DECADES)))
        stable = min(ends[1], 0.9999 * self.limit)
        self.rates = np.geomspace(ends[0], stable, 200) if ends[0] < stable else np.array([])  # that have a floor
        when, which = self.subplots(1, 2)
        when.set(xlabel="step", ylabel="loss", title="how the loss falls", xlim=(0, 1.01 * len(drawn)))
        which.set(xlabel="learning rate η", ylabel="mean loss", title="where runs end", xscale="log")
        which.set_xlim(ends[0] / 1.1, ends[1] * 1.1)
        for axes in (when, which):
            axes.set(yscale="log", ylim=self.ends)
            for axis in (axes.xaxis, axes.yaxis):
                axis.set_minor_locator(NullLocator())
        draw_goal(when, goal)
        if goal is not None:
            which.axhline(goal, color=GREEN, linewidth=1, linestyle="--")
        (measured,) = self.fixed(which, ends)
        (self.one,) = when.plot([], [], color=INK, linewidth=0.8, alpha=0.7)
        (self.mean,) = when.plot([], [], color=BLUE, linewidth=2)
        (self.floor,) = when.plot([], [], color=ORANGE, linewidth=1.5, linestyle="--")
        (self.floors,) = which.plot([], [], color=ORANGE, linewidth=1.5, linestyle="--")
        (self.dot,) = which.plot([], [], "o", color=BLUE, markersize=8)
        self.moving = [self.one, self.mean, self.floor, self.floors, self.dot]
        names = {"one run": self.one, f"mean of {RUNS} runs": self.mean, "floor": self.floor}
        names[f"ends for B = {', '.join(map(str, BATCHES))}"] = measured
        if ends[0] < self.limit < ends[1]:
            names["stability limit 2/λ"] = which.axvline(self.limit, color=INK, linewidth=1.5, linestyle=":")
        self.legend(names.values(), names.keys(), loc="outside lower center", ncols=5, frameon=False)

    def fixed(self, axes, ends):
        """Draw what no control changes: where runs end for some batch sizes, and their floors."""
        rates = np.geomspace(*ends, RATES)
        for batch in BATCHES:
            low = floor(self.rates, batch, **self.about)
            axes.plot(self.rates, low, color=INK, linewidth=0.7, alpha=0.7)
            for rate, height in zip(self.rates[60:61], 3 * low[60:61], strict=True):
                share = axes.transAxes.inverted().transform(axes.transData.transform((rate, height)))[0]
                axes.annotate(
                    f"B = {batch}", (share, height), xycoords=("axes fraction", "data"), color=INK, va="bottom"
                )
            mean, _ = losses(self.drawn, rates[:, None], batch, **self.about)
            fine = end_of(mean) <= self.ends[1]
            measured = axes.plot(rates[fine], end_of(mean)[fine], ".", color=INK, markersize=6)
        return measured

    def show(self, lr, batch_size):
        """Move to this rate and batch size. Returns whether the goal, a mean loss to end below, is reached."""
        mean, one = losses(self.drawn, lr, batch_size, **self.about)
        steps, stable = len(self.drawn), lr < self.limit
        blown = ~(mean <= BLOW_UP * mean[0])
        diverged = int(blown.argmax()) if blown.any() else None
        shown = np.arange(steps + 1 if diverged is None else diverged + 1)
        self.one.set_data(shown, one[shown])
        self.mean.set_data(shown, mean[shown])
        lowest = floor(lr, batch_size, **self.about) if stable else np.nan
        self.floor.set_data([0, steps], [lowest, lowest])
        self.floors.set_data(self.rates, floor(self.rates, batch_size, **self.about))
        end = float(end_of(mean)) if diverged is None else np.inf
        self.dot.set_data([lr], [np.clip(end, self.ends[0], self.ends[1] / 2)])
        self.caption = self.in_words(lr, batch_size, lowest, end, diverged)
        if self.goal is None:
            return False
        reached = end < self.goal
        self.caption += self.verdicts[reached]
        return reached

    def in_words(self, lr, batch_size, lowest, end, diverged):
        texts = {"rate": short(lr), "batch": batch_size, "end": short(end), "limit": short(self.limit)}
        if diverged is not None:
            return WORDS["diverged"].format(step=diverged, **texts)
        if np.isnan(lowest):
            return WORDS["lost"].format(**texts)
        after = int(settled(lr, batch_size, **self.about))
        alike = WORDS["alike"].format(ratio=short(lr / batch_size))
        sentence = WORDS["there" if after <= len(self.drawn) else "on the way"]
        return sentence.format(floor=short(lowest), after=after, steps=len(self.drawn), alike=alike, **texts)


def noise(lr=None, batch_size=16, curvature=1.0, sigma=1.0, steps=250, seed=0, ends=None, goal=None):
    """Draw how mini-batch noise keeps gradient descent off the minimum of ½λθ². Returns a ``Picture``.

    lr: below 2/curvature there is a floor (default: a tenth of that). batch_size: B ≥ 1. curvature: λ > 0. sigma: the
    standard deviation of one example's gradient, above 0. steps: of a run, from 10 to 2,000. seed: of the draws.
    ends: (low, high) of the rates. goal: a mean loss to end below. Raises ValueError for what is out of these ranges.
    """
    for name, value in {"curvature": curvature, "sigma": sigma, "batch_size": batch_size, "seed": seed}.items():
        glossary.check("noise", name, value)
    if not (isinstance(steps, (int, np.integer)) and LAST <= steps <= 2000):
        raise ValueError(f"noise: steps must be a whole number in [{LAST}, 2000]; received {steps!r}")
    glossary.check_goal("noise", goal)
    low, high = usual_ends(curvature) if ends is None else ends
    if not 0 < low < high < np.inf:
        raise ValueError(f"noise: ends must be two rates above 0 that rise; received {ends!r}")
    lr = usual_rate(curvature) if lr is None else checked_rate(lr)
    with rc_context(STYLE):
        picture = NoisePicture(draws(steps, seed), (low, high), curvature, sigma, goal)
        picture.show(lr, batch_size)
    return picture


def usual_ends(curvature):
    """(low, high) of the rates worth a look: up to a little beyond the stability limit."""
    return 0.01 / curvature, 2.5 / curvature


def usual_rate(curvature):
    """A tenth of the stability limit."""
    return 0.2 / curvature


def checked_rate(lr):
    glossary.check("noise", "lr", lr)
    if lr == 0:
        raise ValueError(f"noise: lr must be in (0, inf), for there to be a floor; received {lr}")
    return lr
