"""Every name of the course once: symbol, meaning, allowed range, slider.

Error messages, sliders, formulas and documentation all read this table.
"""

import difflib
import functools
import numbers
from collections import namedtuple

import numpy as np

Term = namedtuple(
    "Term",
    "symbol letter meaning allowed slider",
    defaults=(None, None),
)
Term.__doc__ = """One name.

symbol: LaTeX. letter: the same in plain Unicode, for labels. meaning: a few words.
allowed: an interval such as "[0, 1)", "whole [1, inf)" for counts, "flag" for True/False, None for arrays.
slider: (low, high, "linear" or "log"), the range worth exploring.
"""

TERMS = {
    # arrays, which carry an index t in a formula
    "theta": Term(r"\theta", "θ", "the parameters"),
    "g": Term("g", "g", "the gradient of the loss at the parameters"),
    "b": Term("b", "b", "the momentum buffer"),
    "m": Term("m", "m", "the running average of the gradient (first moment)"),
    "v": Term("v", "v", "the running average of the squared gradient (second raw moment)"),
    "G": Term("G", "G", "the sum of the squared gradients"),
    "u": Term("u", "u", "the running average of the squared step"),
    "delta": Term(r"\Delta", "Δ", "the step before the rate"),
    "c": Term("c", "c", "the average of momentum and gradient whose sign counts"),
    "v_max": Term(r"v^{\max}", "v_max", "the largest second moment so far"),
    "decayed": Term(r"\tilde{\theta}", "θ̃", "the parameters after weight decay"),
    "rho_t": Term(r"\rho", "ρ_t", "how many gradients the second moment is worth by now"),
    "rho_inf": Term(r"\rho^{\infty}", "ρ_∞", "how many gradients the second moment is worth in the end"),
    "r_t": Term("r", "r_t", "the factor that makes up for a young second moment"),
    "m_hat": Term(r"\hat{m}", "m̂", "the first moment, bias-corrected"),
    "v_hat": Term(r"\hat{v}", "v̂", "the second moment, bias-corrected"),
    # clocks
    "t": Term("t", "t", "the number of this update, counted from 1", "whole [1, inf)"),
    "step": Term("t", "t", "the updates done so far, counted from 0", "[0, inf)"),
    "periods": Term("n", "n", "how many periods have passed"),
    "progress": Term("s", "s", "the share of the way that is gone"),
    "updates": Term("t'", "t′", "the number of this update, counted from 1"),
    "rise": Term("r", "r", "the share of the rise that is done"),
    "cycle": Term("c", "c", "how many cycles have passed"),
    "start": Term("a", "a", "the step at which the cycle began"),
    "length": Term(r"\ell", "ℓ", "how many steps the cycle takes"),
    "height": Term("h", "h", "the height above the lowest rate, as a share"),
    "cycles": Term("x", "x", "how many cycles have passed, with the part of the one that runs"),
    # hyperparameters of rules
    "lr": Term(r"\eta", "η", "the learning rate", "[0, inf)", (1e-4, 10.0, "log")),
    "momentum": Term(r"\mu", "μ", "the share of the buffer kept at each step", "[0, 1)", (0.0, 0.99, "linear")),
    "beta1": Term(r"\beta_1", "β₁", "the share of the first moment kept at each step", "[0, 1)", (0.0, 0.99, "linear")),
    "beta2": Term(
        r"\beta_2", "β₂", "the share of the second moment kept at each step", "[0, 1)", (0.9, 0.9999, "linear")
    ),
    "eps": Term(r"\epsilon", "ε", "the small number that keeps a division finite", "(0, inf)", (1e-10, 1e-1, "log")),
    "rho": Term(r"\rho", "ρ", "the share of the average kept at each step", "[0, 1)", (0.5, 0.999, "linear")),
    "weight_decay": Term(
        r"\lambda", "λ", "the share of the parameters a rate of 1 removes", "[0, inf)", (1e-4, 1.0, "log")
    ),
    "l2": Term(r"\lambda_2", "λ₂", "the share of the parameters added to the gradient", "[0, inf)", (1e-4, 1.0, "log")),
    "clip_value": Term("", "", "the largest size of one component of the gradient", "(0, inf)"),
    "clip_norm": Term("", "", "the largest Euclidean norm of a run's gradient", "(0, inf)"),
    # hyperparameters of schedules
    "peak_lr": Term(r"\eta_{\max}", "η_max", "the highest rate", "[0, inf)", (1e-4, 10.0, "log")),
    "gamma": Term(r"\gamma", "γ", "the factor a period multiplies the rate with", "(0, 1]", (0.5, 1.0, "linear")),
    "rate": Term("k", "k", "the speed of the decay, per period", "[0, inf)", (1e-4, 1.0, "log")),
    "steps": Term("", "", "how many updates a run makes", "whole [1, inf)"),
    "every": Term("T", "T", "the length of a period, in steps", "whole [1, inf)", (1, 1000, "log")),
    "start_lr": Term(
        r"\eta_{\mathrm{start}}", "η_start", "the rate a rise begins from", "[0, inf)", (1e-5, 1.0, "log")
    ),
    "end_lr": Term(r"\eta_{\mathrm{end}}", "η_end", "the rate in the end", "[0, inf)", (1e-6, 1.0, "log")),
    "values": Term("", "", "the rates before, between and after the milestones", "[0, inf)"),
    "milestones": Term("", "", "the steps from which a new rate holds", "whole [1, inf)"),
    "warmup_steps": Term("W", "W", "how many steps the rate rises", "whole [1, inf)", (1, 1000, "log")),
    "stable_steps": Term("S", "S", "how many steps the rate stays", "whole [0, inf)", (1, 1000, "log")),
    "decay_steps": Term("D", "D", "how many steps the rate falls", "whole [1, inf)", (1, 1000, "log")),
    "total_steps": Term("N", "N", "how many steps there are in all", "whole [1, inf)", (10, 10000, "log")),
    "power": Term("p", "p", "the power of the share that is left", "(0, inf)", (0.5, 4.0, "linear")),
    "period": Term("T", "T", "the length of the first period, in steps", "whole [1, inf)", (1, 1000, "log")),
    "growth": Term("q", "q", "how many times as long the next period is", "[1, inf)", (1.0, 3.0, "linear")),
    "half_period": Term("T", "T", "the length of the way up, in steps", "whole [1, inf)", (1, 1000, "log")),
    "warm_fraction": Term("w", "w", "the share of the steps in which the rate rises", "(0, 1)", (0.05, 0.95, "linear")),
    "base_momentum": Term(r"\mu_{\min}", "μ_min", "the lowest momentum", "[0, 1)", (0.0, 0.99, "linear")),
    "max_momentum": Term(r"\mu_{\max}", "μ_max", "the highest momentum", "[0, 1)", (0.0, 0.99, "linear")),
    "steps_per_epoch": Term("", "", "how many steps make an epoch", "whole [1, inf)"),
    "three_phase": Term("", "", "whether the way down ends where the rise began, and a last phase follows", "flag"),
    "shape": Term("", "", "the form of the ups and downs"),
    "staircase": Term("", "", "whether the rate falls at the end of a period only", "flag"),
    "iterations": Term("", "", "how often a direction is turned by the curvature", "whole [1, inf)"),
    # mini-batches on a quadratic
    "curvature": Term(r"\lambda", "λ", "the second derivative of the loss at its minimum", "(0, inf)"),
    "sigma": Term(r"\sigma", "σ", "the standard deviation of the gradient of one example", "(0, inf)"),
    # settings of sweeps
    "batch_size": Term("B", "B", "how many examples a mini-batch has", "whole [1, inf)", (1, 1024, "log")),
    "seed": Term("", "", "what the random draws begin from", "whole [0, inf)"),
    "memory": Term("", "", "bytes that one chunk may take", "whole [1, inf)"),
    "chunk": Term("", "", "how many runs are kept in one file", "whole [1, inf)"),
    "number": Term("", "", "how many runs are drawn", "whole [1, inf)"),
    "confidence": Term("", "", "how much of its resamples an interval covers", "(0, 1)"),
    "trials": Term("", "", "how many runs a search may train", "whole [1, inf)"),
    "together": Term("", "", "how many runs of a search train as one batch", "whole [1, inf)"),
    "seconds": Term("", "", "how long training goes on before it shows what there is", "[0, inf]"),
    # settings of feedback
    "evaluate_every": Term("", "", "how many steps lie between two evaluations", "whole [1, inf)"),
    "factor": Term("", "", "what a reduction multiplies the rate with", "(0, 1)", (0.1, 0.9, "linear")),
    "patience": Term("", "", "how many evaluations without improvement are borne", "whole [0, inf)", (0, 20, "linear")),
    "threshold": Term("", "", "how much better counts as better", "[0, inf)"),
    "cooldown": Term("", "", "how many evaluations after a reduction count for nothing", "whole [0, inf)"),
    "min_lr": Term(r"\eta_{\min}", "η_min", "the rate below which nothing is reduced", "[0, inf)"),
    "hyper_lr": Term(r"\beta", "β", "the rate at which the rate learns", "[0, inf)", (1e-8, 1e-1, "log")),
    "low": Term("", "", "the first rate of a range test", "(0, inf)"),
    "high": Term("", "", "the last rate of a range test", "(0, inf)"),
    "smoothing": Term("", "", "the share of the average that stays at each step", "[0, 1)"),
}


def suggestion(name, known):
    """'; did you mean …? known: …' for an unknown name: the end of an error message."""
    close = difflib.get_close_matches(str(name), known, n=1, cutoff=0.5)
    hint = f"did you mean {close[0]!r}? " if close else ""
    return f"{hint}known: {', '.join(sorted(known))}"


def find(kind, name, known):
    """``known[name]``, or a ValueError that proposes the nearest known name."""
    if isinstance(name, str) and name in known:
        return known[name]
    raise ValueError(f"unknown {kind} {name!r}; {suggestion(name, known)}")


def known_names(owner, given, known):
    """Refuse, with a TypeError, keywords that ``owner`` does not take."""
    for name in given:
        if name not in known:
            raise TypeError(f"{owner}: unknown hyperparameter {name!r}; {suggestion(name, known)}")


def check(owner, name, value):
    """Refuse, with a ValueError or TypeError, a value outside the range of the term ``name``.

    value: a number, or an array with one number a run. The message names owner, term, allowed range,
    what was received, and in an array which run (counted from 0, as rows are).
    """
    allowed = TERMS[name].allowed
    if allowed is None:
        return
    if allowed == "flag":
        if not isinstance(value, (bool, np.bool_)):
            raise TypeError(f"{owner}: {name} must be True or False; received {value!r}")
        return
    if type(value) in (float, int, np.float64) and inside(allowed, value):  # the common case, fast
        return
    values = np.asarray(value)
    if values.dtype.kind not in "iuf":
        raise TypeError(f"{owner}: {name} must be {a_number(allowed)}; received {value!r}")
    refused = ~inside(allowed, values)
    if refused.any():
        run = int(refused.argmax())
        number = values.flat[run]
        received = f"run {run} of {values.size} has {number}" if values.ndim else f"received {number}"
        raise ValueError(f"{owner}: {name} must be {within(allowed)}; {received}")


def require(owner, name, value, allowed):
    """Refuse, with a ValueError or TypeError, what is not one number in the interval ``allowed``, under any name."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{owner}: {name} must be {a_number(allowed)}; received {value!r}")
    if not inside(allowed, value):
        raise ValueError(f"{owner}: {name} must be {within(allowed)}; received {value}")


def check_goal(owner, goal, allowed="(0, inf)"):
    """Refuse a goal outside the interval; None is no goal."""
    if goal is not None:
        require(owner, "goal", goal, allowed)


def within(allowed):
    """An interval in words: "in [0, 1)", and "a whole number in [1, inf)" for "whole [1, inf)"."""
    kind = "a whole number " if allowed.startswith("whole") else ""
    return f"{kind}in {allowed.removeprefix('whole ')}"


def a_number(allowed):
    """The same for what is no number at all: "a number in [0, 1)"."""
    return within(allowed) if allowed.startswith("whole") else f"a number {within(allowed)}"


def inside(allowed, number):
    """Whether a number (or each of an array) lies in an interval. NaN never does; "whole" asks for an integer."""
    left, low, high, right = bounds(allowed)
    above = low <= number if left == "[" else low < number
    below = number <= high if right == "]" else number < high
    whole = number == np.floor(number) if allowed.startswith("whole") else True
    return np.asarray(above) & below & whole


@functools.cache
def bounds(allowed):
    """The parts of an interval: "[0, inf)" gives ("[", 0.0, inf, ")")."""
    interval = allowed.removeprefix("whole ")
    low, high = interval[1:-1].split(",")
    return interval[0], float(low), float(high), interval[-1]
