"""Rates that listen: to the validation loss (plateau, early stopping), to the gradient, to one short run beforehand.

What a user makes, such as ``ReduceOnPlateau(patience=3)``, is settings only. Its ``start`` gives the listener of one
training, with counters of its own for every run, so that nothing leaks into the next training or a neighbour's run.
"""

from lrcourse.feedback.hypergradients import HypergradientDescent, hypergradient
from lrcourse.feedback.listeners import Listener
from lrcourse.feedback.plateaus import EarlyStopping, ReduceOnPlateau
from lrcourse.feedback.ranges import RangeTest, range_test

__all__ = [
    "EarlyStopping",
    "HypergradientDescent",
    "Listener",
    "RangeTest",
    "ReduceOnPlateau",
    "hypergradient",
    "range_test",
]
