"""The look of each rule and of each schedule: a colour, a dash and a marker, the same in every picture."""

from lrcourse.plotting.picture import BLUE, GREEN, INK, ORANGE

COLORS = (BLUE, ORANGE, GREEN, INK)
LONG = (0, (5, 1, 1, 1, 1, 1))
DASHES = ("-", "--", "-.", ":", LONG)
MARKERS = "os^Dv*P"
# No two rules share colour and dash, so that they differ on a screen; none share dash and marker, so that they differ
# in grey. Rules that lessons compare differ in all three.
RULES = {
    "sgd": (INK, "--", "o"),
    "momentum": (BLUE, "-.", "^"),
    "heavy_ball": (BLUE, ":", "s"),
    "nesterov": (BLUE, "--", "v"),
    "adagrad": (GREEN, "-", "D"),
    "rmsprop": (GREEN, LONG, "v"),
    "adadelta": (GREEN, "-.", "o"),
    "adam": (ORANGE, "-", "s"),
    "adam_uncorrected": (GREEN, ":", "D"),
    "adamw": (ORANGE, "--", "D"),
    "amsgrad": (BLUE, "-", "v"),
    "nadam": (ORANGE, ":", "*"),
    "radam": (INK, "-.", "P"),
    "lion": (INK, LONG, "*"),
}

# In this order, by number: the first three are those that lessons compare most.
SCHEDULES = (
    "constant",
    "exponential_decay",
    "inverse_time_decay",
    "linear_decay",
    "cosine_decay",
    "step_decay",
    "warmup",
    "natural_exponential_decay",
    "multistep_decay",
    "polynomial_decay",
    "inverse_sqrt_decay",
    "piecewise_constant",
    "cosine_restarts",
    "cyclical",
    "one_cycle",
    "one_cycle_momentum",
    "warmup_stable_decay",
)


def style(number):
    """Colour and dashes of a curve, by its number."""
    return {"color": COLORS[number % len(COLORS)], "linestyle": DASHES[number % len(DASHES)]}


def marker(number):
    return MARKERS[number % len(MARKERS)]


def look(name):
    """The look of a rule or schedule of the package, or None: what it adds to ``Line2D``."""
    if name in RULES:
        return dict(zip(("color", "linestyle", "marker"), RULES[name], strict=True))
    return numbered(SCHEDULES.index(name)) if name in SCHEDULES else None


def numbered(number):
    return style(number) | {"marker": marker(number)}


def looks_of(names):
    """The looks of curves, no two the same.

    names: of the rule or schedule behind each curve. Where all are the same, looks go by the number of the curve; where
    some are, these have its colour. One that is not of the package gets a look that is free.
    """
    own, count = [look(name) for name in names], len(names)
    if len(set(names)) == 1 < count:
        return [numbered(number) for number in range(count)]
    if len(set(names)) < count:
        return [numbered(number) | {"color": (one or numbered(number))["color"]} for number, one in enumerate(own)]
    taken = [(one["color"], one["linestyle"]) for one in own if one]
    free = (numbered(n) for n in range(len(COLORS) * len(DASHES)) if tuple(style(n).values()) not in taken)
    return [one or next(free) for one in own]
