"""Record what PyTorch, Keras and optax do in the cases of schedule_cases.py: python tests/reference/schedules_record.py

It needs torch, optax, jax and keras, which no test needs, and this package. It writes schedules.npz beside itself: the
rate of every case at the kept steps (NaN where the library refuses), a few rates in float32, and as JSON text the
versions and the cases.
Everything else is float64: PyTorch's schedulers compute with Python's floats, and JAX and Keras are told to. Keras runs
on JAX here, where it cuts a cosine down to float32 even so; that limit is lifted, as Keras does itself on TensorFlow.
"""

import json
import math
import os
import warnings
from importlib.metadata import version
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"

import jax  # noqa: E402
import keras  # noqa: E402
import numpy as np  # noqa: E402
import optax  # noqa: E402
import torch  # noqa: E402
from keras.src.backend.common import dtypes  # noqa: E402
from schedule_cases import CASES, FLOAT32, STEPS  # noqa: E402

NAMES = {
    "torch": vars(torch.optim.lr_scheduler),
    "keras": vars(keras.optimizers.schedules),
    "optax": vars(optax),
}


def build(library, call, **more):
    """The object that the text of a call makes."""
    return eval(call, NAMES[library] | {"exp": math.exp} | more)


def run_torch(case):
    """The rate of each update from 0, as the optimizer holds it, until the scheduler refuses; NaN from there on."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=case.lr, momentum=0.9)
    scheduler = build("torch", case.theirs, optimizer=optimizer)
    rates = np.full(STEPS[-1] + 1, np.nan)
    for step in range(STEPS[-1] + 1):
        rates[step] = optimizer.param_groups[0][case.reads]
        optimizer.step()
        if (step + 1) % case.steps_per_epoch == 0:
            try:
                scheduler.step()
            except ValueError as refusal:
                print(f"    {case.theirs}: after step {step}: {refusal}")
                break
    return rates[STEPS]


def run_function(case):
    function = build(case.library, case.theirs)
    rates = [np.asarray(function(step)) for step in STEPS]
    assert all(rate.dtype == np.float64 and rate.ndim == 0 for rate in rates)
    return np.array(rates)


def run_float32(library, call, step):
    rate = np.asarray(build(library, call)(step))
    assert rate.dtype == np.float32
    return float(rate)


RUN = {"torch": run_torch, "keras": run_function, "optax": run_function}

if __name__ == "__main__":
    in_float32 = [run_float32(library, call, step) for library, call, step, _ in FLOAT32]
    jax.config.update("jax_enable_x64", True)
    keras.config.set_floatx("float64")
    assert build("keras", "CosineDecay(0.3, decay_steps=40)")(10).dtype == "float32"  # the limit is there
    dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"
    rates = []
    for case in CASES:
        print(case.library, case.theirs)
        with warnings.catch_warnings():
            warnings.filterwarnings(
                "ignore", message=".*scheduler.step\\(\\).*epoch parameter"
            )  # PyTorch's own, inside
            rates.append(RUN[case.library](case))
    versions = {name: version(name) for name in ("torch", "optax", "jax", "keras")}
    about = {"versions": versions, "steps": STEPS, "cases": CASES, "float32": FLOAT32}
    np.savez_compressed(
        Path(__file__).with_name("schedules.npz"),
        rates=np.array(rates),
        float32=np.array(in_float32),
        about=json.dumps(about),
    )
