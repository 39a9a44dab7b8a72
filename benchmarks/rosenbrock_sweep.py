"""64 learning rates x 1,000 steps of Adam on Rosenbrock's valley: python -m benchmarks.rosenbrock_sweep

All rates as one batch, against a PyTorch loop over the rates, once as one writes it (autograd), once with the gradient
given (analytic). Medians; the losses at the end are compared where training is stable.
"""

import numpy as np

from benchmarks.timing import timed
from lrcourse import problems
from lrcourse.optimizers import Optimizer

RATES, STEPS = np.geomspace(1e-4, 1e-1, 64), 1000


def ours():
    valley = problems.rosenbrock()
    theta = np.tile(valley.start, (len(RATES), 1))
    optimizer = Optimizer("adam", theta)
    for _ in range(STEPS):
        optimizer.step(valley.gradient(theta), RATES)
    return valley.value(theta)


def torch_loop(autograd):
    import torch

    def value(w):
        return (1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2

    losses = []
    for rate in RATES:
        w = torch.tensor([-1.2, 1.0], dtype=torch.float64, requires_grad=True)
        optimizer = torch.optim.Adam([w], lr=float(rate))
        for _ in range(STEPS):
            if autograd:
                optimizer.zero_grad()
                value(w).backward()
            else:
                x, y = w.tolist()
                gradient = [-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)]
                w.grad = torch.tensor(gradient, dtype=torch.float64)
            optimizer.step()
        losses.append(value(w).item())
    return np.array(losses)


def main():
    ours()
    batch, losses = timed(ours, 9)
    print(f"lrcourse, 64 rates as one batch   {batch * 1e3:8.0f} ms")
    for name, autograd in (("autograd", True), ("analytic", False)):
        loop, theirs = timed(lambda autograd=autograd: torch_loop(autograd), 3)
        assert np.allclose(losses, theirs, rtol=1e-6, atol=1e-9), "the losses differ"
        print(f"torch, a loop, {name} gradient  {loop * 1e3:8.0f} ms, {loop / batch:.0f} times as long")


if __name__ == "__main__":
    main()
