"""Many learning rates at once, side by side: python -m benchmarks.sweep [--runs 1 8 64 512] [--repeat 5]

An MLP 64-64-10 on the 8x8 digits, batches of 64, Adam, float32, 120 steps: this package (in one process, on NumPy and
compiled, and with one process a core), a plain PyTorch loop over the rates, torch.func.vmap, and JAX (jit of a scan
over vmap), warm and with its compile time. All see the same batches from the same start, and their last losses must
agree where training is stable. Then a small CNN on MNIST, one run, to 95 % on the test part, and the MLP to 97 %.
Peers run where they are installed: pip install -e ".[peers]". Medians.
"""

import argparse
import itertools
import multiprocessing
import os
import time
from concurrent.futures import ProcessPoolExecutor

import numpy as np

from benchmarks.timing import timed
from lrcourse import backend, compiled, datasets, models, sweeps, training
from lrcourse.backend import CORES

STEPS, BATCH = 120, 64
MODEL = models.MLP((64, 64, 10))
STABLE = 3e-3  # up to this rate no rounding grows, so that all must agree


def rates(runs):
    return np.geomspace(1e-4, 1e-1, runs) if runs > 1 else np.array([1e-3])


def material():
    """The digits in float32, the start of all runs by name, and the batches that all contenders see."""
    data = datasets.digits().astype(np.float32)
    theta = MODEL.start(1, 0, dtype=np.float32)[0]
    start, at = {}, 0
    for name, shape in MODEL.shapes.items():
        size = int(np.prod(shape))
        start[name], at = theta[at : at + size].reshape(shape), at + size
    rows = list(itertools.islice(datasets.batches(len(data.train.y), BATCH, 0), STEPS))
    return data, start, np.stack([data.train.x[r] for r in rows]), np.stack([data.train.y[r] for r in rows])


def ours(lr, data, start, xs, ys):
    return training.train(MODEL, data, "adam", lr, STEPS, BATCH, progress=False).loss[-1]


def torch_loop(lr, data, start, xs, ys):
    import torch

    xs, ys = torch.from_numpy(xs), torch.from_numpy(ys)
    losses = []
    for rate in lr:
        net = torch.nn.Sequential(torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 10))
        with torch.no_grad():
            for parameter, value in zip(net.parameters(), start.values(), strict=True):
                parameter.copy_(torch.from_numpy(value))
        optimizer = torch.optim.Adam(net.parameters(), lr=float(rate))
        for x, y in zip(xs, ys, strict=True):
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(net(x), y)
            loss.backward()
            optimizer.step()
        losses.append(loss.item())
    return np.array(losses)


def torch_vmap(lr, data, start, xs, ys):
    import torch

    def loss_of(theta, x, y):
        h = torch.relu(x @ theta["W1"].T + theta["b1"])
        return torch.nn.functional.cross_entropy(h @ theta["W2"].T + theta["b2"], y)

    xs, ys = torch.from_numpy(xs), torch.from_numpy(ys)
    slopes = torch.func.vmap(torch.func.grad_and_value(loss_of), in_dims=(0, None, None))
    theta = {name: torch.from_numpy(value).expand(len(lr), *value.shape).clone() for name, value in start.items()}
    lr = torch.tensor(lr, dtype=torch.float32)
    m, v = ({name: torch.zeros_like(value) for name, value in theta.items()} for _ in range(2))
    for t, (x, y) in enumerate(zip(xs, ys, strict=True), 1):
        gradient, loss = slopes(theta, x, y)
        for name, g in gradient.items():
            m[name].mul_(0.9).add_(g, alpha=0.1)
            v[name].mul_(0.999).addcmul_(g, g, value=0.001)
            step = m[name] / (1 - 0.9**t) / ((v[name] / (1 - 0.999**t)).sqrt() + 1e-8)
            theta[name] -= lr.reshape(-1, *[1] * (step.ndim - 1)) * step
    return loss.numpy()


def jax_training():
    """A fresh compiled function, so that the first call pays for compiling."""
    import jax
    import jax.numpy as jnp

    def loss_of(theta, x, y):
        h = jax.nn.relu(x @ theta["W1"].T + theta["b1"])
        logs = jax.nn.log_softmax(h @ theta["W2"].T + theta["b2"])
        return -jnp.take_along_axis(logs, y[:, None], axis=1).mean()

    def one(lr, start, xs, ys):
        def step(carry, batch):
            theta, m, v, t = carry
            loss, g = jax.value_and_grad(loss_of)(theta, *batch)
            m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
            v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
            theta = jax.tree.map(
                lambda w, m, v: w - lr * m / (1 - 0.9**t) / (jnp.sqrt(v / (1 - 0.999**t)) + 1e-8), theta, m, v
            )
            return (theta, m, v, t + 1), loss

        zeros = jax.tree.map(jnp.zeros_like, start)
        return jax.lax.scan(step, (start, zeros, zeros, 1.0), (xs, ys))[1][-1]

    compiled = jax.jit(jax.vmap(one, in_axes=(0, None, None, None)))
    return lambda lr, data, start, xs, ys: np.asarray(compiled(lr.astype(np.float32), start, xs, ys))


def available(name):
    try:
        __import__(name)
    except ImportError:
        print(f"{name} is not installed: left out")
        return False
    return True


def warm_up(_):
    time.sleep(0.3)


def in_processes(lr, data, pool):
    grid = {"rule": ["adam"], "lr": lr.tolist()}
    chunk = -(-len(lr) // CORES)
    options = {"batch_size": [BATCH], "seed": [0]}
    result = sweeps.sweep(MODEL, data, grid | options, STEPS, executor=pool, chunk=chunk, progress=False)
    return result.loss[-1]


def sweep(runs, repeat, pools):
    """One row of the table: contender to median seconds. Every loss is compared with this package's."""
    lr, given = rates(runs), material()
    some = slice(None, None, max(1, runs // 64))  # the loop takes as long for each rate
    row, theirs = {}, {}

    def contend(name, call, repeat=repeat, warm=True):
        if warm:
            call()
        row[name], theirs[name] = timed(call, repeat)

    contend("lrcourse", lambda: ours(lr, *given))
    for how, pool in pools.items():
        if how == "c":
            backend.use("c")
            contend("lrcourse c", lambda: ours(lr, *given))
            backend.use("numpy")
        contend(f"{how}, {CORES} processes", lambda pool=pool: in_processes(lr, given[0], pool))
    if available("torch"):
        contend("torch vmap", lambda: torch_vmap(lr, *given))
        contend("torch loop", lambda: torch_loop(lr[some], *given), 3, warm=False)
        row["torch loop"] *= len(lr) / len(lr[some])
    if available("jax"):
        fresh = jax_training()
        contend("jax with compiling", lambda: fresh(lr, *given), 1, warm=False)
        contend("jax warm", lambda: fresh(lr, *given))
    stable = lr[some] <= STABLE
    for name, losses in theirs.items():
        mine, other = (x[some] if len(x) == len(lr) else x for x in (theirs["lrcourse"], losses))
        apart = np.max(np.abs(mine - other)[stable] / other[stable])
        # XLA rounds exponentials in a way of its own, which training then spreads.
        assert apart < (1e-3 if "jax" in name else 1e-4), f"{name} trains to other losses: {apart:.1e} apart"
    print(f"| {runs} | " + " | ".join(f"{seconds * 1e3:.0f}" for seconds in row.values()) + " |")
    return row


def until(model, data, rule, lr, goal, batch, most):
    """Seconds of training until the test accuracy reaches ``goal``, looked at every 50 steps; and the accuracy."""
    begin, checked = time.perf_counter(), 0.0
    for steps in range(50, most + 1, 50):
        history = training.train(model, data, rule, lr, steps, batch, progress=False)
        begin_check = time.perf_counter()
        accuracy = float(model.accuracy(history.theta, *data.test)[0])
        checked += time.perf_counter() - begin_check
        if accuracy >= goal:
            again, _ = timed(lambda steps=steps: training.train(model, data, rule, lr, steps, batch, progress=False), 1)
            return again, accuracy, steps, time.perf_counter() - begin - checked
    return float("nan"), accuracy, most, time.perf_counter() - begin


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, nargs="+", default=[1, 8, 64, 512])
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    compilable = [] if compiled.trouble() else ["c"]
    pools = {}
    for how in ("numpy", *compilable):
        os.environ["LRCOURSE_BACKEND"] = how  # the processes of the pool take it over
        pools[how] = ProcessPoolExecutor(CORES, mp_context=multiprocessing.get_context("spawn"))
        list(pools[how].map(warm_up, range(2 * CORES)))
    rows = {}
    for runs in options.runs:
        rows[runs] = sweep(runs, options.repeat, pools)
    print("| runs | " + " | ".join(rows[runs]) + " |  (milliseconds)")
    for runs, row in rows.items():
        best = min(seconds for name, seconds in row.items() if "lrcourse" in name or "processes" in name)
        print(f"{runs} runs, over the best of ours: " + ", ".join(f"{n} {s / best:.1f}" for n, s in row.items()))
    for pool in pools.values():
        pool.shutdown()
    digits, mnist = datasets.digits().astype(np.float32), datasets.mnist().astype(np.float32)
    seconds, accuracy, steps, _ = until(MODEL, digits, "adam", 3e-3, 0.97, 32, 3000)
    print(f"MLP 64-64-10 on the digits: {accuracy:.1%} of the test part after {steps} steps, {seconds:.2f} s")
    seconds, accuracy, steps, _ = until(models.CNN((28, 28)), mnist, "adam", 2e-3, 0.95, 64, 1500)
    print(f"CNN on MNIST: {accuracy:.1%} of the test part after {steps} steps, {seconds:.1f} s")


if __name__ == "__main__":
    main()
