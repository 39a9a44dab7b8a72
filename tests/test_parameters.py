import numpy as np
import pytest

from lrcourse import parameters

SHAPES = {"W": (2, 3), "b": (2,)}


def test_views_are_windows_into_one_buffer():
    buffer = np.arange(16.0).reshape(2, 8)
    named = parameters.views(buffer, SHAPES)
    assert named["W"].tolist() == [[[0, 1, 2], [3, 4, 5]], [[8, 9, 10], [11, 12, 13]]]
    assert named["b"].tolist() == [[6, 7], [14, 15]]
    named["b"][1, 0] = -1
    named["W"][0, 1, 2] = -2
    assert buffer[1, 6] == -1
    assert buffer[0, 5] == -2


def test_a_buffer_that_does_not_fit_is_refused_with_both_sizes():
    with pytest.raises(ValueError, match=r"need 8 columns; the buffer has shape \(2, 7\)"):
        parameters.views(np.zeros((2, 7)), SHAPES)
