"""One step of an optimizer, side by side: python -m benchmarks.optimizer_step [--backend numpy|cupy] [--sizes 4 5 6 7]

This package (on NumPy, compiled, or on CuPy) against torch.optim (its default loop, foreach, fused) and optax (jitted),
each where it is installed: pip install -e ".[peers]". All take the same steps from the same numbers and must
agree with the first. Medians in milliseconds; "copy" is the time to move the bytes that a step reads and writes.
"""

import argparse
import platform
import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from lrcourse import backend, compiled
from lrcourse.optimizers import Optimizer

RULES = {
    "adam": {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8},
    "adamw": {"weight_decay": 0.01, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8},
    "momentum": {"momentum": 0.9},
}
CHECKED = 3  # steps after which the contenders must agree


def problem(runs, n, dtype):
    """Start, gradient, and one rate a run."""
    random = np.random.default_rng(0)
    return np.ones((runs, n), dtype), random.normal(size=(runs, n)).astype(dtype), np.geomspace(1e-4, 1e-2, runs)


def ours(rule, start, g, lr, how):
    xp = backend.use(how)
    theta, g = xp.array(start), xp.asarray(g)
    optimizer = Optimizer(rule, theta, **RULES[rule])

    def step():
        backend.use(how)
        optimizer.step(g, lr)
        if how == "cupy":
            xp.cuda.Device().synchronize()

    return step, lambda: backend.to_host(theta)


def torch_step(rule, start, g, lr, device, **options):
    """One parameter group a run, as torch.optim asks where each run has a rate of its own."""
    import torch

    parameters = [torch.tensor(row, device=device) for row in start]
    for parameter, row in zip(parameters, g, strict=True):
        parameter.grad = torch.tensor(row, device=device)
    groups = [{"params": [p], "lr": float(rate)} for p, rate in zip(parameters, lr, strict=True)]
    if rule == "momentum":
        optimizer = torch.optim.SGD(groups, momentum=0.9, **options)
    else:
        optimizer = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[rule](groups, **options)

    def step():
        optimizer.step()
        if device == "cuda":
            torch.cuda.synchronize()

    return step, lambda: np.stack([p.detach().cpu().numpy() for p in parameters])


def optax_step(rule, start, g, lr):
    import jax
    import optax

    jax.config.update("jax_enable_x64", True)
    column = np.asarray(lr, start.dtype)[:, None]
    inner = {
        "adam": [optax.scale_by_adam()],
        "adamw": [optax.scale_by_adam(), optax.add_decayed_weights(0.01)],
        "momentum": [optax.trace(0.9)],
    }[rule]
    chain = optax.chain(*inner)
    theta, g, column = jax.numpy.array(start), jax.numpy.array(g), jax.numpy.array(column)
    box = [theta, chain.init(theta)]

    @jax.jit
    def update(theta, state):
        updates, state = chain.update(g, state, theta)
        return theta - column * updates, state

    update = jax.jit(update, donate_argnums=(0, 1))

    def step():
        box[:] = update(*box)
        box[0].block_until_ready()

    return step, lambda: np.asarray(box[0])


def copy_step(rule, start, how):
    """Moves as many bytes as the step must: parameters and state read and written, the gradient read."""
    arrays = {"momentum": 2.5}.get(rule, 3.5)
    xp = backend.use(how)
    source = xp.ones(int(start.size * arrays), start.dtype)
    target = xp.empty_like(source)
    if how == "cupy":

        def step():
            target[...] = source
            xp.cuda.Device().synchronize()

        return step
    pool = ThreadPoolExecutor(backend.CORES)
    parts = list(zip(np.array_split(target, backend.CORES), np.array_split(source, backend.CORES), strict=True))
    return lambda: list(pool.map(lambda part: np.copyto(*part), parts))


def contenders(rule, start, g, lr, where):
    device = "cuda" if where == "cupy" else "cpu"
    hows = ["cupy"] if where == "cupy" else ["numpy", *([] if compiled.trouble() else ["c"])]
    for how in hows:
        yield f"lrcourse {how}", lambda how=how: ours(rule, start, g, lr, how)
    for name, options in (("loop", {"foreach": False}), ("foreach", {"foreach": True}), ("fused", {"fused": True})):
        yield f"torch {name}", lambda options=options: torch_step(rule, start, g, lr, device, **options)
    yield "optax jit", lambda: optax_step(rule, start, g, lr)


def median_ms(step, seconds=0.7):
    step()
    times, end = [], time.perf_counter() + seconds
    while len(times) < 5 or (time.perf_counter() < end and len(times) < 200):
        begin = time.perf_counter()
        step()
        times.append(time.perf_counter() - begin)
    return statistics.median(times) * 1e3


def measure(rule, runs, size, dtype, where):
    start, g, lr = problem(runs, size // runs, dtype)
    row, reference = {}, None
    for name, make in contenders(rule, start, g, lr, where):
        try:
            step, result = make()
        except ImportError:
            continue
        for _ in range(CHECKED):
            step()
        moved = result() - start
        reference = moved if reference is None else reference
        tolerance = 1e-9 if dtype == np.float64 else 2e-3  # of a step; the others work out 1 - beta in other ways
        assert np.abs(moved - reference).max() <= tolerance * np.abs(reference).max(), f"{name} takes other steps"
        row[name] = median_ms(step)
    row["copy"] = median_ms(copy_step(rule, start, where))
    return row


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--backend", choices=["numpy", "cupy"], default="numpy")
    arguments.add_argument("--sizes", type=int, nargs="+", default=[4, 5, 6, 7], help="powers of ten")
    options = arguments.parse_args()
    print(f"{platform.machine()}, {platform.system()}, {backend.CORES} cores, NumPy {np.__version__}")
    printed = None
    for rule in RULES:
        for dtype in (np.float32, np.float64):
            for runs in (1, 64):
                for power in options.sizes:
                    row = measure(rule, runs, 10**power // 64 * 64, dtype, options.backend)
                    if printed != list(row):
                        printed = list(row)
                        print(f"\n| rule | type | runs | parameters | {' | '.join(row)} | torch loop / best of ours |")
                        print("|---" * (len(row) + 5) + "|")
                    best = min(value for name, value in row.items() if name.startswith("lrcourse"))
                    ratio = f"{row['torch loop'] / best:.1f}" if "torch loop" in row else "–"
                    values = " | ".join(f"{value:.3f}" for value in row.values())
                    print(f"| {rule} | {dtype.__name__} | {runs} | 10^{power} | {values} | {ratio} |", flush=True)


if __name__ == "__main__":
    main()
