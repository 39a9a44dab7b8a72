"""Models: loss and gradient of many runs in one call. One file a family."""

from lrcourse.models.conv import CNN
from lrcourse.models.dense import MLP
from lrcourse.models.linear import LinearRegression, SoftmaxRegression
from lrcourse.models.recurrent import LSTM, RNN

__all__ = ["CNN", "LSTM", "MLP", "RNN", "LinearRegression", "SoftmaxRegression"]
