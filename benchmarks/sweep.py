"""Many learning rates at once, side by side: python -m benchmarks.sweep [--runs 1 8 64 512] [--repeat 5] [--cnn 1 8]

An MLP 64-64-10 on the 8x8 digits, batches of 64, Adam, float32, 120 steps; then a small CNN on MNIST, 10 steps. This
package (in one process, on NumPy and compiled, and with one process a core), a plain PyTorch loop over the rates,
torch.func.vmap, and JAX (jit of a scan over vmap), warm and with its compile time. They take turns, so that a load on
the machine meets them all; all see the same batches from the same start, and their last losses must agree where
training is stable. Then, over five seeds, how long the MLP takes to 97 % of the test part, and the CNN to 95 %.
Peers run where they are installed: pip install -e ".[peers]". Medians.
"""

import argparse
import dataclasses
import itertools
import multiprocessing
import os
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from typing import Any, NamedTuple

import numpy as np

from benchmarks.timing import timed
from lrcourse import backend, compiled, datasets, models, parameters, sweeps, training
from lrcourse.backend import CORES

BATCH = 64
STABLE = 3e-3  # up to this rate no rounding grows, so that all must agree
COMPILING = "JAX with compiling"
LOOP = 64  # of more rates, the loop trains so many, as each takes as long as any other


class Network(NamedTuple):
    """What is trained: our model and data, how many steps, and the same network for the peers."""

    model: Any
    data: Any
    steps: int
    torch_layers: Any
    jax_outputs: Any


def mlp():
    def layers(nn):
        return nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10)

    def outputs(jax, theta, x):
        h = jax.nn.relu(x @ theta["W1"].T + theta["b1"])
        return h @ theta["W2"].T + theta["b2"]

    return Network(models.MLP((64, 64, 10)), datasets.digits().astype(np.float32), 120, layers, outputs)


def cnn():
    def layers(nn):
        convolutions = nn.Conv2d(1, 8, 3), nn.MaxPool2d(2), nn.ReLU(), nn.Conv2d(8, 16, 3), nn.MaxPool2d(2), nn.ReLU()
        return nn.Unflatten(-1, (1, 28, 28)), *convolutions, nn.Flatten(), nn.Linear(400, 10)

    def outputs(jax, theta, x):
        h = x.reshape(-1, 1, 28, 28)
        for layer in "12":
            h = jax.lax.conv(h, theta[f"K{layer}"], (1, 1), "VALID") + theta[f"k{layer}"][:, None, None]
            h = jax.lax.reduce_window(h, -np.inf, jax.lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")
            h = jax.nn.relu(h)
        return h.reshape(len(h), -1) @ theta["W1"].T + theta["b1"]

    return Network(models.CNN((28, 28)), datasets.mnist().astype(np.float32), 10, layers, outputs)


def rates(runs):
    return np.geomspace(1e-4, 1e-1, runs) if runs > 1 else np.array([1e-3])


def material(network):
    """The start of all runs, by name, and the batches that all contenders see."""
    theta = network.model.start(1, 0, dtype=np.float32)
    start = {name: value[0] for name, value in parameters.views(theta, network.model.shapes).items()}
    x, y = network.data.train
    rows = list(itertools.islice(datasets.batches(len(y), BATCH, 0), network.steps))
    return start, np.stack([x[r] for r in rows]), np.stack([y[r] for r in rows])


def ours(network, lr):
    return training.train(network.model, network.data, "adam", lr, network.steps, BATCH, progress=False).loss[-1]


def ours_compiled(network, lr):
    backend.use("c")
    try:
        return ours(network, lr)
    finally:
        backend.use("numpy")


def in_processes(network, lr, pool):
    runs = {"rule": ["adam"], "lr": lr.tolist(), "batch_size": [BATCH], "seed": [0]}
    return sweeps.sweep(network.model, network.data, runs, network.steps, executor=pool, progress=False).loss[-1]


def torch_net(network, start):
    import torch

    net = torch.nn.Sequential(*network.torch_layers(torch.nn))
    with torch.no_grad():
        for parameter, value in zip(net.parameters(), start.values(), strict=True):
            parameter.copy_(torch.from_numpy(value))
    return net


def torch_loop(network, lr, start, xs, ys):
    import torch

    xs, ys = torch.from_numpy(xs), torch.from_numpy(ys)
    losses = []
    for rate in lr:
        net = torch_net(network, start)
        optimizer = torch.optim.Adam(net.parameters(), lr=float(rate))
        for x, y in zip(xs, ys, strict=True):
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(net(x), y)
            loss.backward()
            optimizer.step()
        losses.append(loss.item())
    return np.array(losses)


def torch_vmap(network, lr, start, xs, ys):
    import torch

    net = torch_net(network, start)

    def loss_of(theta, x, y):
        return torch.nn.functional.cross_entropy(torch.func.functional_call(net, theta, x), y)

    xs, ys = torch.from_numpy(xs), torch.from_numpy(ys)
    slopes = torch.func.vmap(torch.func.grad_and_value(loss_of), in_dims=(0, None, None))
    theta = {name: p.detach().expand(len(lr), *p.shape).clone() for name, p in net.named_parameters()}
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


def jax_training(network):
    """A fresh compiled function, so that the first call pays for compiling."""
    import jax
    import jax.numpy as jnp

    def loss_of(theta, x, y):
        logs = jax.nn.log_softmax(network.jax_outputs(jax, theta, x))
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
    return lambda lr, start, xs, ys: np.asarray(compiled(lr.astype(np.float32), start, xs, ys))


def available(name):
    try:
        __import__(name)
    except ImportError:
        return False
    return True


def warm_up(_):
    time.sleep(0.3)


def sweep(network, runs, repeat, pools):
    """Contender to median seconds. Every loss is compared with this package's."""
    lr, given = rates(runs), material(network)
    some = slice(None, None, max(1, runs // LOOP))
    calls = {"NumPy": lambda: ours(network, lr)}
    if "c" in pools:
        calls["compiled"] = lambda: ours_compiled(network, lr)
    for how, pool in pools.items():
        name = {"numpy": "NumPy", "c": "compiled"}[how]
        calls[f"{name}, {CORES} processes"] = lambda pool=pool: in_processes(network, lr, pool)
    if available("torch"):
        calls["torch loop"] = lambda: torch_loop(network, lr[some], *given)
        calls["torch vmap"] = lambda: torch_vmap(network, lr, *given)
    if available("jax"):
        calls[COMPILING] = lambda: jax_training(network)(lr, *given)
        warm = jax_training(network)
        calls["JAX warm"] = lambda: warm(lr, *given)
    times, losses = {}, {}
    for name, call in calls.items():
        first, losses[name] = timed(call, 1)
        times[name] = [first] if name == COMPILING else []  # once, as it can take a minute
    for _ in range(repeat):
        for name, call in calls.items():
            if name != COMPILING:
                times[name].append(timed(call, 1)[0])
    row = {name: statistics.median(seconds) for name, seconds in times.items()}
    if "torch loop" in row:
        row["torch loop"] *= len(lr) / len(lr[some])
    stable = lr[some] <= STABLE
    for name, theirs in losses.items():
        mine, other = (x[some] if len(x) == len(lr) else x for x in (losses["NumPy"], theirs))
        apart = np.max(np.abs(mine - other)[stable] / other[stable])
        # XLA rounds exponentials in a way of its own, which training then spreads.
        assert apart < (1e-3 if "JAX" in name else 1e-4), f"{name} trains to other losses: {apart:.1e} apart"
        print(f"  {runs} runs, {name}: losses {apart:.0e} apart", flush=True)
    return row


def show(title, rows):
    """Milliseconds as a table, and how long each takes for each of ours."""
    names = [*next(iter(rows.values()))]
    print(f"\n{title}, ms\n\n| runs | " + " | ".join(names) + " |\n" + "|---" * (1 + len(names)) + "|")
    for runs, row in rows.items():
        print(f"| {runs} | " + " | ".join(f"{row[name] * 1e3:,.0f}" for name in names) + " |")
    own = [name for name in names if "torch" not in name and "JAX" not in name]
    print("\nTheir time over ours:\n\n| runs | ours | " + " | ".join(names[len(own) :]) + " |")
    print("|---" * (2 + len(names) - len(own)) + "|")
    for runs, row in rows.items():
        for mine in own:
            print(f"| {runs} | {mine} | " + " | ".join(f"{row[n] / row[mine]:.1f}" for n in names[len(own) :]) + " |")


def until(network, lr, goal, batch, most, seed):
    """(seconds of training until the test accuracy reaches ``goal``, looked at every 50 steps; how many steps)."""
    data = dataclasses.replace(network.data, validation=network.data.test)
    asked = {"rule": "adam", "lr": lr, "batch_size": batch, "seed": seed, "progress": False}
    reached = training.train(network.model, data, **asked, steps=most, evaluate_every=50).evaluations
    good = reached.accuracy[:, 0] >= goal
    if not good.any():
        return float("nan"), most
    steps = int(reached.step[good.argmax()])
    return timed(lambda: training.train(network.model, data, **asked, steps=steps), 1)[0], steps


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, nargs="*", default=[1, 8, 64, 512])
    parser.add_argument("--cnn", type=int, nargs="*", default=[1, 8])
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    pools = {}
    for how in ("numpy",) if compiled.trouble() else ("numpy", "c"):
        os.environ["LRCOURSE_BACKEND"] = how  # the processes of the pool take it over
        pools[how] = ProcessPoolExecutor(CORES, mp_context=multiprocessing.get_context("spawn"))
        list(pools[how].map(warm_up, range(2 * CORES)))
    for title, network, many in (("MLP", mlp(), options.runs), ("CNN", cnn(), options.cnn)):
        rows = {runs: sweep(network, runs, options.repeat, pools) for runs in many}
        if rows:
            show(title, rows)
    for pool in pools.values():
        pool.shutdown()
    for title, network, *asked in (("MLP", mlp(), 3e-3, 0.97, 32, 3000), ("CNN", cnn(), 2e-3, 0.95, 64, 1500)):
        found = [until(network, *asked, seed) for seed in range(5)]
        told = ", ".join(f"{seconds:.2f} s ({steps} steps)" for seconds, steps in found)
        print(f"\n{title} to {asked[1]:.0%} of the test part, seeds 0 to 4: {told}")


if __name__ == "__main__":
    main()
