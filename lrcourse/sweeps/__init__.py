"""Many trainings: in as few batches as possible, on disk as they finish, and what they say taken together."""

from lrcourse.sweeps.execution import Sweep, load, sweep
from lrcourse.sweeps.runs import grid, sample
from lrcourse.sweeps.search import bayesian, halving
from lrcourse.sweeps.statistics import Verdict, best, by

__all__ = ["Sweep", "Verdict", "bayesian", "best", "by", "grid", "halving", "load", "sample", "sweep"]
