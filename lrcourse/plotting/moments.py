"""Adam's two moments, with and without bias correction, and the steps that come of them."""

import numpy as np
from matplotlib import rc_context
from matplotlib.ticker import NullLocator

from lrcourse import rules
from lrcourse.plotting.picture import BLUE, GREEN, INK, ORANGE, STYLE, Picture, short, verdicts

HOMES = ("outside the root", "inside the root", "ε-hat")
WIDTHS = {True: 2.6, False: 1}  # how wide a line is that is in use, and one that is not
STEPS = (1e-3, 1e2)  # steps of any size between these, in rates, can be seen
FIRST = 10  # so many steps are the first ones
WORDS = {
    "text": f"The first step is {{first}} η, the longest of the first {FIRST} {{longest}} η. {{used}}, ε {{home}}.",
    "used": {"m v": "Corrected: m and v", "m": "Corrected: m", "v": "Corrected: v", "": "Nothing is corrected"},
    "home": {home: f"as {home}" if home == HOMES[2] else home for home in HOMES},
}


def renewed(g, m, v, t, beta1, beta2):
    """(m, v, 1 − β₁ᵗ, 1 − β₂ᵗ) after update ``t`` with the gradient ``g``: as ``rules.adam`` carries and corrects."""
    _, m, v = rules.adam(0.0, g, m, v, lr=1.0, t=t, beta1=beta1, beta2=beta2)
    return m, v, 1 - beta1**t, 1 - beta2**t


def moments(gradients, beta1, beta2):
    """The moments m, v and the corrections 1 − βᵗ that they are divided by, each (steps,), for ``gradients`` (steps,).

    The moments are those that ``rules.adam`` carries.
    """
    m, v, found = 0.0, 0.0, []
    for t, g in enumerate(gradients.tolist(), start=1):
        m, v, *young = renewed(g, m, v, t, beta1, beta2)
        found.append((m, v, *young))
    return np.array(found).T


def adam_steps(m, v, young_m, young_v, eps, home, correct_m=True, correct_v=True):
    """The steps, in rates, of Adam with ``eps`` in one of its ``HOMES``; Kingma and Ba (2015), arXiv:1412.6980.

    young_m, young_v: the corrections, as ``moments`` gives them; a moment that is not corrected is divided by 1.
    Outside the root is Algorithm 1; inside is how several libraries write it; ε-hat is added to the uncorrected root,
    as in the paper's Section 2.
    """
    m_hat = m / (young_m if correct_m else 1.0)
    share = young_v if correct_v else 1.0
    if home == "inside the root":
        return m_hat / np.sqrt(v / share + eps)
    return m_hat / (np.sqrt(v / share) + (eps / np.sqrt(share) if home == "ε-hat" else eps))


class MomentsPicture(Picture):
    """Both moments before and after their correction, and the steps; ``show`` moves it."""

    def __init__(self, gradients, goal=None):
        super().__init__(figsize=(10, 3.5))
        self.gradients, self.goal, self.verdicts = gradients, goal, None
        if goal is not None:
            wanted = f"the first step at least {short(1 / goal)} η, none of these above {short(goal)} η"
            self.verdicts = verdicts(wanted)
        first, second, step = self.subplots(1, 3)
        t = np.arange(1, len(gradients) + 1)
        first.set(title="first moment", ylim=limits(gradients), ylabel="in gradients")
        second.set(title="second moment", ylim=limits(gradients**2), ylabel="in squared gradients")
        step.set(title="step", yscale="log", ylim=STEPS, ylabel="in rates η")
        step.yaxis.set_minor_locator(NullLocator())
        for axes, values in ((first, gradients), (second, gradients**2)):
            axes.plot(t, values, ".", color=INK, markersize=3, alpha=0.6)
            axes.axhline(values.mean(), color=INK, linewidth=1, linestyle=":")
        step.axhline(1, color=INK, linewidth=1, linestyle=":")
        if goal is not None:
            step.axhspan(1 / goal, goal, color=GREEN, alpha=0.3, linewidth=0)
        for axes in (first, second, step):
            axes.set(xlabel="update t", xlim=(0, len(gradients) + 1))
            axes.locator_params(axis="x", nbins=5)
        look = {"linewidth": 1.5}
        (self.m,), (self.m_hat,) = first.plot(t, t, "-", color=BLUE, **look), first.plot(t, t, "--", color=ORANGE)
        (self.v,), (self.v_hat,) = second.plot(t, t, "-", color=BLUE, **look), second.plot(t, t, "--", color=ORANGE)
        (self.step,) = step.plot(t, t, ".-", color=GREEN, **look)
        (self.start,) = step.plot([1], [1], "o", color=GREEN, markersize=7)
        self.moving = [self.m, self.m_hat, self.v, self.v_hat, self.step, self.start]
        labels = {"as carried: m, v": self.m, "corrected: m̂, v̂": self.m_hat, "the step": self.step}
        self.legend(labels.values(), labels.keys(), loc="outside lower center", ncols=3, frameon=False)

    def show(self, beta1, beta2, eps, size=1.0, correct_m=True, correct_v=True, home=HOMES[0]):
        """Move to these settings. size: what all gradients are multiplied with. Returns whether the goal is reached."""
        m, v, young_m, young_v = moments(self.gradients * size, beta1, beta2)
        steps = adam_steps(m, v, young_m, young_v, eps, home, correct_m, correct_v)
        for line, values in ((self.m, m / size), (self.m_hat, m / young_m / size)):
            line.set_ydata(values)
        for line, values in ((self.v, v / size**2), (self.v_hat, v / young_v / size**2)):
            line.set_ydata(values)
        for line, used in ((self.m, not correct_m), (self.m_hat, correct_m), (self.v, not correct_v)):
            line.set_linewidth(WIDTHS[used])
        self.v_hat.set_linewidth(WIDTHS[correct_v])
        lengths = np.clip(np.abs(steps), *STEPS)
        self.step.set_ydata(lengths)
        self.start.set_data([1], lengths[:1])
        longest = np.abs(steps[:FIRST]).max()
        used = " ".join(name for name, corrected in (("m", correct_m), ("v", correct_v)) if corrected)
        self.caption = WORDS["text"].format(
            first=short(steps[0]), longest=short(longest), used=WORDS["used"][used], home=WORDS["home"][home]
        )
        if self.goal is None:
            return False
        reached = bool(longest <= self.goal and abs(steps[0]) >= 1 / self.goal)
        self.caption += self.verdicts[reached]
        return reached


def limits(values):
    low, high = min(0, values.min()), max(0, values.max())
    return low - 0.05 * (high - low), high + 0.05 * (high - low)


def bias_correction(gradients, goal=None, **settings):
    """Draw what bias correction does for ``gradients`` (steps,). settings: as for ``show``. Returns a ``Picture``."""
    with rc_context(STYLE):
        picture = MomentsPicture(gradients, goal)
        picture.show(**{"beta1": 0.9, "beta2": 0.999, "eps": 1e-8, **settings})
    return picture
