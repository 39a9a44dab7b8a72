"""What a schedule costs: python -m benchmarks.schedules

One step as a number, and 1,000,000 steps as one array, of every schedule, against optax's (as they come, and jitted)
where optax is installed. Medians.
"""

import statistics
import time
from functools import partial

import numpy as np

from lrcourse import schedules

STEPS = 1_000_000
CASES = {
    "constant": {"lr": 0.1},
    "piecewise_constant": {"values": (0.1, 0.01, 0.001), "milestones": (300_000, 600_000)},
    "step_decay": {"peak_lr": 0.1, "gamma": 0.5, "every": 100_000},
    "multistep_decay": {"peak_lr": 0.1, "gamma": 0.1, "milestones": (300_000, 600_000)},
    "linear_decay": {"peak_lr": 0.1, "decay_steps": STEPS},
    "exponential_decay": {"peak_lr": 0.1, "gamma": 0.99999},
    "natural_exponential_decay": {"peak_lr": 0.1, "rate": 1e-5},
    "inverse_time_decay": {"peak_lr": 0.1, "rate": 1e-5},
    "inverse_sqrt_decay": {"peak_lr": 0.1, "warmup_steps": 1000},
    "polynomial_decay": {"peak_lr": 0.1, "decay_steps": STEPS, "power": 2},
    "cosine_decay": {"peak_lr": 0.1, "decay_steps": STEPS},
    "cosine_restarts": {"peak_lr": 0.1, "period": 1000, "growth": 2},
    "warmup": {"peak_lr": 0.1, "warmup_steps": 1000},
    "cyclical": {"start_lr": 0.01, "peak_lr": 0.1, "half_period": 1000, "shape": "triangular2", "gamma": 0.99999},
    "one_cycle": {"peak_lr": 0.1, "total_steps": STEPS, "three_phase": True},
    "one_cycle_momentum": {"total_steps": STEPS, "three_phase": True},
    "warmup_stable_decay": {"peak_lr": 0.1, "warmup_steps": 1000, "stable_steps": STEPS // 2, "decay_steps": 1000},
}


def seconds(call, number, repeat=7):
    call()
    times = []
    for _ in range(repeat):
        begin = time.perf_counter()
        for _ in range(number):
            call()
        times.append((time.perf_counter() - begin) / number)
    return statistics.median(times)


def peers():
    """The cosine of optax, for one step."""
    try:
        import jax
        import optax
    except ImportError:
        return {}
    cosine = optax.cosine_decay_schedule(0.1, STEPS)
    compiled = jax.jit(cosine)
    return {"optax cosine": lambda: float(cosine(37)), "optax cosine, jitted": lambda: float(compiled(37))}


def main():
    steps = np.arange(STEPS)
    print("| schedule | one step, µs | 10⁶ steps, ms |\n|---|---|---|")
    for name, given in CASES.items():
        schedule = partial(getattr(schedules, name), **given)
        one, many = seconds(lambda s=schedule: s(37), 2000), seconds(lambda s=schedule: s(steps), 1)
        print(f"| {name} | {one * 1e6:.1f} | {many * 1e3:.0f} |")
    for name, call in peers().items():
        print(f"| {name} | {seconds(call, 200) * 1e6:.1f} | |")


if __name__ == "__main__":
    main()
