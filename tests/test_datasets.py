import numpy as np
import pytest

from lrcourse import datasets


def test_digits_are_the_known_ones():
    data = datasets.digits()
    x = np.concatenate([part.x for part in (data.train, data.validation, data.test)])
    y = np.concatenate([part.y for part in (data.train, data.validation, data.test)])
    # The description of the data set: 1,797 examples, grey values 0 to 16, this many of each digit.
    assert x.shape == (1797, 64)
    assert np.unique(x * 16).tolist() == list(range(17))
    assert np.bincount(y).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert [len(part.y) for part in (data.train, data.validation, data.test)] == [1197, 300, 300]
    assert (data.features, data.classes, data.image_shape) == (64, 10, (8, 8))


def test_no_example_is_in_two_parts():
    data = datasets.digits()
    rows = [
        part.x.tobytes()[i : i + 512]
        for part in (data.train, data.validation, data.test)
        for i in range(0, part.x.nbytes, 512)
    ]
    assert len(set(rows)) == len(rows) == 1797


def test_a_zero_looks_like_a_zero():
    data = datasets.digits()
    mean = data.train.x[data.train.y == 0].mean(axis=0).reshape(8, 8)
    assert mean[3:5, 3:5].max() < 0.25 < mean[3:5, 1:3].max()


def test_each_epoch_sees_every_example_once_in_a_new_order():
    stream = datasets.batches(10, 5, seed=3)
    first, second = (np.concatenate([next(stream), next(stream)]) for _ in range(2))
    assert sorted(first) == sorted(second) == list(range(10))
    assert first.tolist() != second.tolist()


def test_an_incomplete_batch_is_left_out_and_a_seed_fixes_the_stream():
    first, again, other = (datasets.batches(10, 4, seed) for seed in (1, 1, 2))
    drawn = [next(first).tolist() for _ in range(6)]
    assert [len(batch) for batch in drawn] == [4] * 6
    assert not set(drawn[0]) & set(drawn[1])
    assert drawn == [next(again).tolist() for _ in range(6)]
    assert drawn != [next(other).tolist() for _ in range(6)]


@pytest.mark.parametrize("size", [0, -1, 11])
def test_a_batch_that_does_not_fit_is_refused(size):
    with pytest.raises(ValueError, match=rf"batch_size must be in \[1, 10\], the number of examples; received {size}"):
        next(datasets.batches(10, size))
