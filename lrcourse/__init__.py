"""lrcourse: a course on learning rates, and the small package behind it.

Each update rule is written once, as a pure formula (``rules``). Everything else runs that one text.
Submodules load on first use, so that ``import lrcourse`` costs next to nothing.
"""

import importlib

__version__ = "0.1.0"

# From the ground up: a module may import only from those named before it.
LAYERS = (
    "glossary",
    "rules",
    "schedules",
    "tracing",
    "compiled",
    "backend",
    "formulas",
    "derivations",
    "problems",
    "curvature",
    "datasets",
    "parameters",
    "archive",
    "models",
    "optimizers",
    "feedback",
    "history",
    "progress",
    "training",
    "sweeps",
    "plotting",
    "panels",
    "checks",
    "exercises",
    "grading",
    "lessons",
    "cli",
)


def __getattr__(name):
    if name in LAYERS:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module 'lrcourse' has no attribute {name!r}; it has: {', '.join(LAYERS)}")


def __dir__():
    return [*globals(), *LAYERS]
