"""Record what PyTorch, optax and Keras do in the cases of cases.py: python tests/reference/record.py

It needs torch, optax, jax and keras, which no test needs. It writes rules.npz beside itself: the gradients, the start,
theta after the kept steps of every case, and as JSON text the versions and the cases as they were.
"""

import json
import os
from importlib.metadata import version
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import keras  # noqa: E402
import numpy as np  # noqa: E402
import optax  # noqa: E402
import torch  # noqa: E402
from cases import AROUND, CASES, DIFFERENCES, KEPT, STEPS, gradients, start  # noqa: E402

jax.config.update("jax_enable_x64", True)
keras.config.set_floatx("float64")
torch.set_default_dtype(torch.float64)  # the running product of NAdam's momentum is kept in this type
GRADIENTS, START = gradients(), start()


def run_torch(case):
    theta = torch.tensor(START)
    optimizer = getattr(torch.optim, case.optimizer)([theta], lr=case.rates[0], **case.theirs)
    if case.clock:
        zeros = {name: torch.zeros_like(theta) for name in ("exp_avg", "exp_avg_sq")}
        optimizer.state[theta] = {"step": torch.tensor(float(case.clock)), **zeros}
    for t, g in enumerate(GRADIENTS, 1):
        optimizer.param_groups[0]["lr"] = case.rate(t)
        theta.grad = torch.tensor(g)
        optimizer.step()
        yield theta.numpy().copy()


def run_optax(case):
    theta = jnp.asarray(START)
    rate = optax.piecewise_constant_schedule(case.rates[0], {STEPS // 2: case.rates[1] / case.rates[0]})
    optimizer = getattr(optax, case.optimizer)(rate, **case.theirs)
    state = optimizer.init(theta)
    if case.clock:  # of scale_by_adam, the first link of the chain, not that of the schedule
        state = (state[0]._replace(count=jnp.asarray(case.clock)), *state[1:])
    for g in GRADIENTS:
        updates, state = optimizer.update(jnp.asarray(g), state, theta)
        theta = optax.apply_updates(theta, updates)
        yield np.asarray(theta)


def run_keras(case):
    theta = keras.Variable(START, dtype="float64")
    optimizer = getattr(keras.optimizers, case.optimizer)(learning_rate=case.rates[0], **case.theirs)
    optimizer.build([theta])
    optimizer.iterations.assign(case.clock)
    for t, g in enumerate(GRADIENTS, 1):
        optimizer.learning_rate = case.rate(t)
        optimizer.apply([keras.ops.convert_to_tensor(g, dtype="float64")], [theta])
        yield np.asarray(theta.value)


RUN = {"torch": run_torch, "optax": run_optax, "keras": run_keras}

if __name__ == "__main__":
    cases = CASES | DIFFERENCES | AROUND
    thetas = []
    for name, case in cases.items():
        path = list(RUN[case.library](case))
        thetas.append([path[t - 1] for t in KEPT])
        print(name)
    thetas = np.array(thetas)
    assert thetas.dtype == np.float64
    assert np.isfinite(thetas).all()
    versions = {name: version(name) for name in ("torch", "optax", "jax", "keras")}
    about = {"versions": versions, "kept": KEPT, "cases": cases}
    np.savez_compressed(
        Path(__file__).with_name("rules.npz"),
        gradients=GRADIENTS,
        start=START,
        thetas=thetas,
        about=json.dumps(about),
    )
