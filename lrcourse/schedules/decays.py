"""Schedules that only fall."""

import numpy as np

from lrcourse.schedules.registry import at_most, schedule


@schedule()
def constant(step, lr):
    """The same rate at every step."""
    return lr


def one_more_value(owner, values, milestones):
    if len(values) != len(milestones) + 1:
        raise ValueError(
            f"{owner}: values must be one more than the milestones; "
            f"received {len(values)} values, {len(milestones)} milestones"
        )


@schedule(one_more_value)
def piecewise_constant(step, values, milestones):
    """``values[0]`` before the first milestone, ``values[1]`` from it on, and so forth."""
    return values[np.searchsorted(milestones, step, side="right")]


@schedule()
def step_decay(step, peak_lr, gamma, every):
    """At the end of each period of ``every`` steps the rate is multiplied by ``gamma``."""
    periods = np.floor(step / every)
    return peak_lr * gamma**periods


@schedule()
def multistep_decay(step, peak_lr, gamma, milestones):
    """At each of the milestones the rate is multiplied by ``gamma``."""
    passed = np.searchsorted(milestones, step, side="right")
    return peak_lr * gamma**passed


@schedule(at_most("end_lr", "peak_lr"))
def linear_decay(step, peak_lr, decay_steps, end_lr=0):
    """Each step takes the same amount from the rate, until ``end_lr``."""
    progress = np.minimum(1, step / decay_steps)
    return end_lr + (peak_lr - end_lr) * (1 - progress)


@schedule()
def exponential_decay(step, peak_lr, gamma, every=1, staircase=False):
    """Each period of ``every`` steps multiplies the rate by ``gamma``; a staircase only at the end of the period.

    Solves the difference equation of a constant fraction: the rate after one more period is ``gamma`` times the rate.
    """
    periods = np.floor(step / every) if staircase else step / every
    return peak_lr * gamma**periods


@schedule()
def natural_exponential_decay(step, peak_lr, rate, every=1, staircase=False):
    """The same family as ``exponential_decay``, written with e: ``gamma`` is exp(-``rate``).

    Solves the differential equation dη/dn = −kη, with n the periods passed and k the ``rate``.
    """
    periods = np.floor(step / every) if staircase else step / every
    return peak_lr * np.exp(-rate * periods)


@schedule()
def inverse_time_decay(step, peak_lr, rate, every=1, staircase=False):
    """Half the rate after 1/``rate`` periods, a third after twice as many, a quarter after three times as many.

    Solves dη/dn = −(k/η_max) η², with n the periods passed and k the ``rate``. Its sum over all steps is infinite and
    the sum of its squares finite, as Robbins and Monro ask (1951, doi:10.1214/aoms/1177729586).
    """
    periods = np.floor(step / every) if staircase else step / every
    return peak_lr / (1 + rate * periods)


@schedule()
def inverse_sqrt_decay(step, peak_lr, warmup_steps):
    """Up in a line to ``peak_lr`` in ``warmup_steps``, then down with the root of the updates made.

    Vaswani et al. (2017), Equation 3, arXiv:1706.03762, where peak_lr is 1/√(d_model · warmup_steps).
    """
    updates = step + 1
    return peak_lr * np.minimum(updates / warmup_steps, np.sqrt(warmup_steps / updates))


@schedule(at_most("end_lr", "peak_lr"))
def polynomial_decay(step, peak_lr, decay_steps, end_lr=0, power=1):
    """Down to ``end_lr`` with a power of the share that is left: 1 is a line, 2 flattens towards the end."""
    progress = np.minimum(1, step / decay_steps)
    return end_lr + (peak_lr - end_lr) * (1 - progress) ** power


@schedule(at_most("end_lr", "peak_lr"))
def cosine_decay(step, peak_lr, decay_steps, end_lr=0):
    """Half a cosine from ``peak_lr`` to ``end_lr``: slow, fast, slow; then ``end_lr`` for good.

    Loshchilov and Hutter (2017), Equation 5, arXiv:1608.03983, for a single period.
    """
    progress = np.minimum(1, step / decay_steps)
    return end_lr + (peak_lr - end_lr) / 2 * (1 + np.cos(np.pi * progress))
