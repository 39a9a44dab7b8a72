"""Models: loss and gradient of many runs in one call. One file a family."""

from lrcourse.models.linear import SoftmaxRegression

__all__ = ["SoftmaxRegression"]
