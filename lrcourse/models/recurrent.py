"""Recurrent networks: an Elman network for series, an LSTM for texts."""

from dataclasses import dataclass

import numpy as np

from lrcourse import backend, glossary
from lrcourse.models import scratch
from lrcourse.models.activations import add_bias, tanh, through_tanh
from lrcourse.models.dense import dense_backward, dense_forward, sum_examples
from lrcourse.models.losses import TASKS
from lrcourse.models.model import Model, check_sizes


@dataclass(frozen=True)
class RNN(Model):
    """Elman network: h ← tanh(W x + U h + b) from h = 0, step after step; the last h gives the outputs, W1 h + b1.

    x: windows (examples, length), or (examples, length, features). task: "regression" or "classification".
    Source: Elman (1990), doi:10.1207/s15516709cog1402_1.
    """

    features: int = 1
    hidden: int = 32
    outputs: int = 1
    task: str = "regression"
    init = "orthogonal"

    def __post_init__(self):
        check_sizes("RNN", features=self.features, hidden=self.hidden, outputs=self.outputs)
        glossary.find("task", self.task, TASKS)

    @property
    def shapes(self):
        H = self.hidden
        return {"W": (H, self.features), "U": (H, H), "b": (H,), "W1": (self.outputs, H), "b1": (self.outputs,)}

    @property
    def widest(self):
        return 16 * self.hidden  # for a window of 16; it only guides how many runs make a block

    def inputs(self, x):
        """(features, steps, examples)."""
        if x.ndim not in {2, 3} or x.shape[1] < 1 or (1 if x.ndim == 2 else x.shape[2]) != self.features:
            shape = "(examples, length)" if self.features == 1 else f"(examples, length, {self.features})"
            raise ValueError(f"RNN: x must have shape {shape}; received {x.shape}")
        return backend.namespace_of(x).ascontiguousarray(x.reshape(*x.shape[:2], self.features).transpose(2, 1, 0))

    def forward(self, named, x):
        features, steps, examples = x.shape
        # The inputs of all steps in one product.
        z = add_bias(scratch.matmul(named["W"], x.reshape(features, -1)), named["b"])
        h = z.reshape(len(z), self.hidden, steps, examples)
        for t in range(steps):
            if t:
                h[:, :, t] += scratch.matmul(named["U"], h[:, :, t - 1])
            tanh(h[:, :, t])
        outputs, _ = dense_forward(named, h[:, :, -1], 1)
        return outputs, {"h": h}

    def backward(self, named, x, activations, error, gradient):
        h, (_, steps, examples) = activations["h"], x.shape
        slopes = scratch.empty(h, h.shape)
        error = dense_backward(named, h[:, :, -1], {}, error, gradient, to_inputs=True)
        for t in range(steps - 1, -1, -1):
            through_tanh(error, h[:, :, t])
            slopes[:, :, t] = error
            if t:
                error = scratch.matmul(named["U"].swapaxes(1, 2), error)
        flat = slopes.reshape(len(h), self.hidden, -1)
        weight_gradient(flat, x.reshape(self.features, -1), gradient["W"])
        weight_gradient(flat[:, :, examples:], h.reshape(flat.shape)[:, :, :-examples], gradient["U"])
        sum_examples(flat, gradient["b"])


@dataclass(frozen=True)
class LSTM(Model):
    """Long short-term memory over embedded tokens; the last h gives the outputs, W1 h + b1.

    x: tokens (examples, length), whole numbers in [0, tokens); 0 is padding, which leaves the state as it is wherever
    it stands. i, f, o = σ(…), g = tanh(…), each of W e[x] + U h + b; c ← f c + i g; h ← o tanh(c), from h = c = 0. W, U
    and b hold the rows of i, f, g, o in this order. task: "classification" or "regression".
    Source: Hochreiter and Schmidhuber (1997), doi:10.1162/neco.1997.9.8.1735, with the forget gate of Gers et al.
    (2000), doi:10.1162/089976600300015015.
    """

    tokens: int
    embedding: int = 16
    hidden: int = 32
    outputs: int = 2
    task: str = "classification"
    init = "glorot"

    def __post_init__(self):
        check_sizes("LSTM", tokens=self.tokens, embedding=self.embedding, hidden=self.hidden, outputs=self.outputs)
        glossary.find("task", self.task, TASKS)

    @property
    def shapes(self):
        H, D = self.hidden, self.embedding
        gates = {"W": (4 * H, D), "U": (4 * H, H), "b": (4 * H,)}
        return {"e": (self.tokens, D), **gates, "W1": (self.outputs, H), "b1": (self.outputs,)}

    @property
    def widest(self):
        return 64 * self.hidden  # for a text of 16 tokens; it only guides how many runs make a block

    def draw(self, seed, init):
        """As for every model, but normal embeddings of variance 1, none for padding, and a forget gate open at first.

        A token has one input, so that no rule for the weights fits; the bias of the forget gate starts at 1:
        Jozefowicz et al. (2015), Proc. ICML, PMLR 37:2342–2350.
        """
        theta = super().draw(seed, init)
        first = self.tokens * self.embedding
        theta[:first] = np.random.default_rng([seed, 1]).normal(size=first)
        theta[: self.embedding] = 0
        bias = first + 4 * self.hidden * (self.embedding + self.hidden)
        theta[bias + self.hidden : bias + 2 * self.hidden] = 1
        return theta

    def inputs(self, x):
        """(steps, examples)."""
        if x.ndim != 2 or x.shape[1] < 1 or x.dtype.kind not in "iu":
            raise ValueError(f"LSTM: x must be tokens, whole numbers (examples, length); received {x.dtype} {x.shape}")
        if not 0 <= (low := int(x.min())) <= (high := int(x.max())) < self.tokens:
            raise ValueError(f"LSTM: x must be tokens in [0, {self.tokens}); received {low if low < 0 else high}")
        return backend.namespace_of(x).ascontiguousarray(x.T)

    def forward(self, named, x):
        xp, H, (steps, examples) = backend.namespace_of(x), self.hidden, x.shape
        embedded = named["e"][:, x.ravel()]  # (runs, steps · examples, embedding)
        # The inputs of all steps in one product.
        z = add_bias(scratch.matmul(named["W"], embedded.swapaxes(1, 2)), named["b"])
        z = z.reshape(len(z), 4 * H, steps, examples)
        h, c, tanh_c = (scratch.empty(z, (len(z), H, steps, examples)) for _ in range(3))
        for t in range(steps):
            if t:
                z[:, :, t] += scratch.matmul(named["U"], h[:, :, t - 1])
            sigmoid(z[:, : 2 * H, t])
            tanh(z[:, 2 * H : 3 * H, t])
            sigmoid(z[:, 3 * H :, t])
            i, f, g, o = gates(z[:, :, t])
            xp.multiply(i, g, out=c[:, :, t])
            if t:
                c[:, :, t] += f * c[:, :, t - 1]
            xp.tanh(c[:, :, t], out=tanh_c[:, :, t])
            xp.multiply(o, tanh_c[:, :, t], out=h[:, :, t])
            for state in (c, h):
                state[:, :, t] = xp.where(x[t] == 0, state[:, :, t - 1] if t else 0, state[:, :, t])
        outputs, _ = dense_forward(named, h[:, :, -1], 1)
        return outputs, {"_embedded": embedded, "_gates": z, "c": c, "_tanh_c": tanh_c, "h": h}

    def backward(self, named, x, activations, error, gradient):
        xp, (steps, examples) = backend.namespace_of(x), x.shape
        embedded, z, c, tanh_c, h = activations.values()
        slopes = scratch.empty(z, z.shape)
        to_h = dense_backward(named, h[:, :, -1], {}, error, gradient, to_inputs=True)
        to_c = xp.zeros_like(to_h)
        for t in range(steps - 1, -1, -1):
            i, f, g, o = gates(z[:, :, t])
            to_i, to_f, to_g, to_o = gates(slopes[:, :, t])
            real = x[t] != 0
            kept_h, kept_c = xp.where(real, 0, to_h), xp.where(real, 0, to_c)  # past a padding, to the step before
            to_h, to_c = to_h * real, to_c * real
            to_c += to_h * o * (1 - tanh_c[:, :, t] ** 2)
            to_o[...] = to_h * tanh_c[:, :, t] * o * (1 - o)
            to_i[...] = to_c * g * i * (1 - i)
            to_g[...] = to_c * i * (1 - g * g)
            to_f[...] = to_c * c[:, :, t - 1] * f * (1 - f) if t else 0
            if t:
                to_h = kept_h + scratch.matmul(named["U"].swapaxes(1, 2), slopes[:, :, t])
                to_c = kept_c + to_c * f
        flat, before = slopes.reshape(*z.shape[:2], -1), h.reshape(*h.shape[:2], -1)[:, :, :-examples]
        xp.matmul(flat, embedded, out=gradient["W"])
        weight_gradient(flat[:, :, examples:], before, gradient["U"])
        sum_examples(flat, gradient["b"])
        add_to_rows(gradient["e"], x.ravel(), scratch.matmul(flat.swapaxes(1, 2), named["W"]))


def weight_gradient(error, below, out):
    """error @ belowᵀ, written to ``out``: of all steps and examples in one product; 0 where there is no step before."""
    backend.namespace_of(error).matmul(error, below.swapaxes(-1, -2), out=out)


def gates(z):
    """The four parts i, f, g, o of (runs, 4 hidden, examples), as views."""
    hidden = z.shape[1] // 4
    return [z[:, k * hidden : (k + 1) * hidden] for k in range(4)]


def sigmoid(z):
    """1 / (1 + e^−z), in place, as (1 + tanh(z / 2)) / 2, which never overflows."""
    z *= 0.5
    tanh(z)
    z += 1
    z *= 0.5
    return z


def add_to_rows(table, rows, numbers):
    """table[:, rows] = sums of numbers (runs, len(rows), width), rows that occur more than once added up; else 0."""
    xp, width = backend.namespace_of(table), table.shape[2]
    cells = (rows[:, None] * width + xp.arange(width)).ravel()
    for run in range(len(table)):
        sums = xp.zeros_like(table[run])
        xp.add.at(sums.reshape(-1), cells, numbers[run].ravel())
        table[run] = sums
