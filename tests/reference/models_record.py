"""Record losses and gradients of PyTorch's autograd for every model: python tests/reference/models_record.py

It needs torch, which no test needs. It writes models.npz beside itself: for every case the parameters (runs, n) in the
order of the model's ``shapes``, x, y, loss (runs,) and gradient (runs, n), all float64, and the version of torch.
The networks are those of torch.nn, so that nothing here repeats the arithmetic of the package.
"""

from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy, mse_loss
from torch.nn.utils.rnn import pack_padded_sequence

torch.set_default_dtype(torch.float64)
RUNS = 3
RANDOM = np.random.default_rng(20)


def dense(widths, activation):
    parts = []
    for inputs, units in zip(widths, widths[1:], strict=False):
        parts += [nn.Linear(inputs, units), activation()]
    return nn.Sequential(*parts[:-1])


class Last(nn.Module):
    """The last state of an RNN, and a dense layer on it."""

    def __init__(self, features, hidden, outputs):
        super().__init__()
        self.rnn, self.out = nn.RNN(features, hidden, batch_first=True), nn.Linear(hidden, outputs)
        nn.init.zeros_(self.rnn.bias_hh_l0).requires_grad_(False)  # torch has two biases where one is enough

    def forward(self, x):
        return self.out(self.rnn(x.reshape(*x.shape[:2], -1))[1][0])


class Texts(nn.Module):
    """Embedding, LSTM over the tokens that are no padding (at the end), and a dense layer on the last state."""

    def __init__(self, tokens, embedding, hidden, outputs):
        super().__init__()
        self.e = nn.Embedding(tokens, embedding)
        self.rnn, self.out = nn.LSTM(embedding, hidden, batch_first=True), nn.Linear(hidden, outputs)
        nn.init.zeros_(self.rnn.bias_hh_l0).requires_grad_(False)

    def forward(self, x):
        packed = pack_padded_sequence(self.e(x), (x != 0).sum(1), batch_first=True, enforce_sorted=False)
        return self.out(self.rnn(packed)[1][0][0])


def cnn(features, filters, dense_part):
    (a, b), channels = filters, features[0]
    return nn.Sequential(
        *(nn.Unflatten(1, features), nn.Conv2d(channels, a, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(a, b, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), dense_part),
    )


def tokens():
    x = RANDOM.integers(1, 9, (6, 7))
    for row, length in enumerate([7, 5, 1, 4, 7, 2]):
        x[row, length:] = 0
    return x


normal, labels = RANDOM.normal, RANDOM.integers
CASES = {
    "softmax": (lambda: nn.Linear(4, 3), normal(size=(7, 4)), labels(0, 3, 7)),
    "linear": (lambda: nn.Linear(4, 2), normal(size=(7, 4)), normal(size=(7, 2))),
    "mlp_relu": (lambda: dense([5, 7, 6, 4], nn.ReLU), normal(size=(8, 5)), labels(0, 4, 8)),
    "mlp_tanh": (lambda: dense([5, 7, 4], nn.Tanh), normal(size=(8, 5)), labels(0, 4, 8)),
    "mlp_regression": (lambda: dense([2, 7, 1], nn.Tanh), normal(size=(8, 2)), normal(size=8)),
    "cnn": (lambda: cnn((2, 11, 14), (3, 4), nn.Linear(8, 3)), normal(size=(5, 308)), labels(0, 3, 5)),
    "cnn_dense": (
        lambda: cnn((1, 10, 10), (2, 3), dense([3, 6, 4], nn.ReLU)),
        normal(size=(5, 100)),
        normal(size=(5, 4)),
    ),
    "rnn": (lambda: Last(1, 5, 1), normal(size=(6, 9)), normal(size=6)),
    "rnn_labels": (lambda: Last(2, 5, 3), normal(size=(6, 9, 2)), labels(0, 3, 6)),
    "lstm": (lambda: Texts(9, 4, 5, 3), tokens(), labels(0, 3, 6)),
}


def record(make, x, y):
    thetas, losses, gradients = [], [], []
    for _ in range(RUNS):
        net = make()
        parameters = [p for p in net.parameters() if p.requires_grad]
        outputs = net(torch.tensor(x))
        target = torch.tensor(y)
        loss = cross_entropy(outputs, target) if y.dtype.kind == "i" else mse_loss(outputs.reshape(y.shape), target)
        loss.backward()
        thetas.append(np.concatenate([p.detach().numpy().ravel() for p in parameters]))
        gradients.append(np.concatenate([p.grad.numpy().ravel() for p in parameters]))
        losses.append(loss.item())
    return {"theta": thetas, "x": x, "y": y, "loss": losses, "gradient": gradients}


if __name__ == "__main__":
    torch.manual_seed(3)
    found = {f"{name}.{what}": np.asarray(a) for name, case in CASES.items() for what, a in record(*case).items()}
    np.savez_compressed(Path(__file__).with_name("models.npz"), torch=np.array(torch.__version__), **found)
