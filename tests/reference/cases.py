"""What record.py asks of PyTorch, optax and Keras, and what the tests ask of our rules: one table for both."""

from typing import NamedTuple

import numpy as np

STEPS = 100
KEPT = [*range(1, 11), 20, 50, 51, 60, 100]  # the steps after which theta is recorded; the rate changes after step 50


class Case(NamedTuple):
    """One rule with our hyperparameters, and the same from a library: its optimizer and the arguments it takes."""

    rule: str
    library: str
    optimizer: str
    rates: tuple[float, float]
    ours: dict = {}
    theirs: dict = {}
    # The number of updates the library believes to have made at the start. After a million, no bias is left to correct.
    clock: int = 0

    def rate(self, t):
        """The learning rate of update ``t``, from 1: one for each half."""
        return self.rates[0] if t <= STEPS // 2 else self.rates[1]


def gradients():
    """(STEPS, 10) gradients from 1e-8 to 1e2, with zeros, a stretch of small ones and changes of sign."""
    random = np.random.default_rng(20)
    g = random.normal(size=(STEPS, 10)) * np.logspace(-8, 2, 10)
    g[random.random(g.shape) < 0.1] = 0
    g[:2, 3] = g[0, 8] = 0  # the very first steps too, where 0 / (0 + eps) must move nothing
    g[25:45] *= 1e-2  # a running average falls here, its largest value does not
    return g


def start():
    """Where theta starts: not zero, and never so large that adding a step would round its last digits away."""
    return np.minimum(np.logspace(-8, 2, 10), 1e-2) * [0.5, -0.5, 1, -1, 0.7, -0.7, 0.5, -0.5, 1, -1]


class Betas(NamedTuple):
    """One choice of Adam's hyperparameters, as we and as each library name them."""

    ours: dict
    torch: dict
    optax: dict
    keras: dict


def betas(b1, b2, eps, **more):
    """``more`` has the same names everywhere."""
    ours = {"beta1": b1, "beta2": b2, "eps": eps, **more}
    torch = {"betas": (b1, b2), "eps": eps, **more}
    optax = {"b1": b1, "b2": b2, "eps": eps, **more}
    keras = {"beta_1": b1, "beta_2": b2, "epsilon": eps, **more}
    return Betas(ours, torch, optax, keras)


DEFAULT = betas(0.9, 0.999, 1e-8)
LARGE_EPS = betas(0.8, 0.95, 1e-3)  # its place shows, most where the gradients are small
DECAY = betas(0.9, 0.999, 1e-8, weight_decay=0.1)
LARGE_DECAY = betas(0.8, 0.95, 1e-3, weight_decay=4)
NEVER_TRUSTED = betas(0.7, 0.5, 1e-3)  # for RAdam: rho_t stays below 3
CONSTANT = {"momentum_decay": 1e6}  # PyTorch's NAdam lets beta1 grow as 1 - 0.96^(t momentum_decay) / 2: at once, here
FAR = 10**6

# The library means what we mean, if need be with the argument that makes it so.
SAME = [
    Case("sgd", "torch", "SGD", (0.1, 0.02)),
    Case("sgd", "optax", "sgd", (0.1, 0.02)),
    Case("sgd", "keras", "SGD", (0.3, 1.7)),
    Case("momentum", "torch", "SGD", (0.1, 0.02), {"momentum": 0.9}, {"momentum": 0.9}),
    Case("momentum", "torch", "SGD", (0.02, 0.3), {"momentum": 0.3}, {"momentum": 0.3}),
    Case("momentum", "optax", "sgd", (0.1, 0.02), {"momentum": 0.8}, {"momentum": 0.8}),
    Case("heavy_ball", "keras", "SGD", (0.1, 0.02), {"momentum": 0.9}, {"momentum": 0.9}),
    Case("heavy_ball", "keras", "SGD", (0.02, 0.3), {"momentum": 0.3}, {"momentum": 0.3}),
    Case("nesterov", "torch", "SGD", (0.1, 0.02), {"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}),
    Case("nesterov", "optax", "sgd", (0.02, 0.3), {"momentum": 0.6}, {"momentum": 0.6, "nesterov": True}),
    Case("nesterov", "keras", "SGD", (0.1, 0.1), {"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}),
    Case("adagrad", "torch", "Adagrad", (0.1, 0.02), {"eps": 1e-10}, {"eps": 1e-10}),
    Case("adagrad", "torch", "Adagrad", (0.1, 0.3), {"eps": 1e-3}, {"eps": 1e-3}),
    Case("rmsprop", "torch", "RMSprop", (0.1, 0.02), {"rho": 0.9, "eps": 1e-8}, {"alpha": 0.9, "eps": 1e-8}),
    Case("rmsprop", "torch", "RMSprop", (0.1, 0.3), {"rho": 0.99, "eps": 1e-3}, {"alpha": 0.99, "eps": 1e-3}),
    Case(
        "rmsprop",
        "optax",
        "rmsprop",
        (0.1, 0.02),
        {"rho": 0.8, "eps": 1e-3},
        {"decay": 0.8, "eps": 1e-3, "eps_in_sqrt": False},
    ),
    Case("adadelta", "torch", "Adadelta", (1.0, 0.2), {"rho": 0.9, "eps": 1e-6}, {"rho": 0.9, "eps": 1e-6}),
    Case("adadelta", "optax", "adadelta", (0.5, 2.0), {"rho": 0.95, "eps": 1e-3}, {"rho": 0.95, "eps": 1e-3}),
    Case("adadelta", "keras", "Adadelta", (1.0, 0.2), {"rho": 0.7, "eps": 1e-9}, {"rho": 0.7, "epsilon": 1e-9}),
    Case("adam", "torch", "Adam", (0.1, 0.02), DEFAULT.ours, DEFAULT.torch),
    Case("adam", "torch", "Adam", (0.1, 0.3), LARGE_EPS.ours, LARGE_EPS.torch),
    Case("adam", "optax", "adam", (0.1, 0.02), DEFAULT.ours, DEFAULT.optax),
    Case("adam", "optax", "adam", (0.1, 0.3), LARGE_EPS.ours, LARGE_EPS.optax),
    Case("adam_uncorrected", "torch", "Adam", (0.1, 0.02), DEFAULT.ours, DEFAULT.torch, clock=FAR),
    Case("adam_uncorrected", "optax", "adam", (0.1, 0.3), LARGE_EPS.ours, LARGE_EPS.optax, clock=FAR),
    Case("adam_uncorrected", "keras", "Adam", (0.1, 0.02), LARGE_EPS.ours, LARGE_EPS.keras, clock=FAR),
    Case("adamw", "torch", "AdamW", (0.1, 0.02), DECAY.ours, DECAY.torch),
    Case("adamw", "torch", "AdamW", (0.1, 0.3), LARGE_DECAY.ours, LARGE_DECAY.torch),
    Case("adamw", "optax", "adamw", (0.1, 0.02), DECAY.ours, DECAY.optax),
    Case("adamw", "optax", "adamw", (0.1, 0.3), LARGE_DECAY.ours, LARGE_DECAY.optax),
    Case("amsgrad", "torch", "Adam", (0.1, 0.02), DEFAULT.ours, DEFAULT.torch | {"amsgrad": True}),
    Case("amsgrad", "torch", "Adam", (0.1, 0.3), LARGE_EPS.ours, LARGE_EPS.torch | {"amsgrad": True}),
    Case("nadam", "optax", "nadam", (0.1, 0.02), DEFAULT.ours, DEFAULT.optax),
    Case("nadam", "optax", "nadam", (0.1, 0.3), LARGE_EPS.ours, LARGE_EPS.optax),
    Case("nadam", "torch", "NAdam", (0.1, 0.02), LARGE_EPS.ours, LARGE_EPS.torch | CONSTANT),
    Case("radam", "optax", "radam", (0.1, 0.02), DEFAULT.ours, DEFAULT.optax | {"threshold": 4.0}),
    Case("radam", "optax", "radam", (0.1, 0.3), LARGE_EPS.ours, LARGE_EPS.optax | {"threshold": 4.0}),
    Case("radam", "optax", "radam", (0.1, 0.3), NEVER_TRUSTED.ours, NEVER_TRUSTED.optax | {"threshold": 4.0}),
    Case("lion", "optax", "lion", (0.1, 0.02), {"weight_decay": 0}, {"weight_decay": 0}),
    Case(
        "lion",
        "optax",
        "lion",
        (0.01, 0.03),
        {"beta1": 0.5, "beta2": 0.8, "weight_decay": 2},
        {"b1": 0.5, "b2": 0.8, "weight_decay": 2},
    ),
    Case(
        "lion",
        "keras",
        "Lion",
        (0.01, 0.03),
        {"beta1": 0.8, "beta2": 0.95, "weight_decay": 9},
        {"beta_1": 0.8, "beta_2": 0.95, "weight_decay": 9},
    ),
]
CASES = {f"{n:02d} {case.rule}, {case.library}": case for n, case in enumerate(SAME)}

# With any rule: the penalty through the gradient, which PyTorch calls weight_decay, and the decay apart from it, which
# Keras calls so.
AROUND = [
    Case("sgd", "torch", "SGD", (0.1, 0.02), {"l2": 0.5}, {"weight_decay": 0.5}),
    Case("sgd", "keras", "SGD", (0.1, 0.02), {"weight_decay": 0.5}, {"weight_decay": 0.5}),
    Case("momentum", "torch", "SGD", (0.1, 0.02), {"l2": 0.5}, {"momentum": 0.9, "weight_decay": 0.5}),
    Case("heavy_ball", "keras", "SGD", (0.1, 0.02), {"weight_decay": 2}, {"momentum": 0.9, "weight_decay": 2}),
    Case("adagrad", "torch", "Adagrad", (0.1, 0.02), {"l2": 0.5}, {"weight_decay": 0.5}),
    Case("rmsprop", "torch", "RMSprop", (0.1, 0.02), {"l2": 3}, {"alpha": 0.9, "weight_decay": 3}),
    Case("adadelta", "torch", "Adadelta", (1.0, 0.2), {"l2": 0.5}, {"weight_decay": 0.5}),
    Case(
        "adadelta",
        "keras",
        "Adadelta",
        (1.0, 0.2),
        {"eps": 1e-3, "rho": 0.7, "weight_decay": 0.1},
        {"epsilon": 1e-3, "rho": 0.7, "weight_decay": 0.1},
    ),
    Case("adam", "torch", "Adam", (0.1, 0.02), LARGE_EPS.ours | {"l2": 0.5}, LARGE_EPS.torch | {"weight_decay": 0.5}),
    Case("adam", "torch", "AdamW", (0.1, 0.02), LARGE_DECAY.ours, LARGE_DECAY.torch),
    Case("amsgrad", "torch", "Adam", (0.1, 0.02), {"l2": 0.5}, {"weight_decay": 0.5, "amsgrad": True}),
    Case("adamw", "torch", "AdamW", (0.1, 0.02), LARGE_DECAY.ours, LARGE_DECAY.torch),
]
AROUND = {
    f"{n:02d} {case.rule}, {case.library}, {', '.join(case.ours.keys() & {'l2', 'weight_decay'})}": case
    for n, case in enumerate(AROUND)
}

# The library means something else; test_reference.py says what, and how much it moves theta.
DIFFERENCES = {
    "keras Adam": Case("adam", "keras", "Adam", (0.1, 0.02), LARGE_EPS.ours, LARGE_EPS.keras),
    "keras AMSGrad": Case("amsgrad", "keras", "Adam", (0.1, 0.02), LARGE_EPS.ours, LARGE_EPS.keras | {"amsgrad": True}),
    "optax AMSGrad": Case("amsgrad", "optax", "amsgrad", (0.1, 0.02), LARGE_EPS.ours, LARGE_EPS.optax),
    "torch RAdam": Case("radam", "torch", "RAdam", (0.1, 0.02), DEFAULT.ours, DEFAULT.torch),
    "optax RAdam": Case("radam", "optax", "radam", (0.1, 0.02), DEFAULT.ours, DEFAULT.optax),
    "torch NAdam": Case("nadam", "torch", "NAdam", (0.1, 0.02), DEFAULT.ours, DEFAULT.torch),
    "keras Nadam": Case("nadam", "keras", "Nadam", (0.1, 0.02), DEFAULT.ours, DEFAULT.keras),
    "optax AdaGrad": Case("adagrad", "optax", "adagrad", (0.1, 0.02), {"eps": 1e-7}, {"eps": 1e-7}),
    "keras AdaGrad": Case("adagrad", "keras", "Adagrad", (0.1, 0.02), {"eps": 1e-7}, {"epsilon": 1e-7}),
    "optax RMSprop": Case("rmsprop", "optax", "rmsprop", (0.1, 0.02), {"eps": 1e-6}, {"decay": 0.9, "eps": 1e-6}),
    "keras RMSprop": Case("rmsprop", "keras", "RMSprop", (0.1, 0.02), {"eps": 1e-6}, {"rho": 0.9, "epsilon": 1e-6}),
    "keras Momentum": Case("momentum", "keras", "SGD", (0.1, 0.02), {"momentum": 0.9}, {"momentum": 0.9}),
    "keras Nesterov": Case(
        "nesterov", "keras", "SGD", (0.1, 0.02), {"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}
    ),
}
