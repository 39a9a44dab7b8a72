from functools import partial

import numpy as np
import pytest

from lrcourse import datasets, models, problems, schedules, training
from lrcourse.feedback import EarlyStopping, Listener
from lrcourse.optimizers import Optimizer

RAVINE = problems.quadratic([1, 10])


@pytest.fixture(scope="module")
def digits():
    return datasets.digits(), models.SoftmaxRegression(64, 10)


def test_descent_on_a_quadratic_is_its_closed_form():
    rates = np.array([0.01, 0.1, 0.15, 0.19])
    history = training.descend(RAVINE, lr=rates, steps=30)
    t = np.arange(31)[:, None, None]
    np.testing.assert_allclose(history.path, (1 - rates[:, None] * np.array([1, 10])) ** t, rtol=1e-12, atol=1e-16)
    np.testing.assert_allclose(history.loss, RAVINE.value(history.path[:-1]), rtol=1e-12)
    np.testing.assert_allclose(history.final_loss, RAVINE.value(history.path[-1]), rtol=1e-12)
    assert (history.theta == history.path[-1]).all()
    assert history.rule == "sgd"


def test_a_run_that_diverges_is_marked_at_its_first_bad_step_and_its_neighbours_are_not_touched():
    history = training.descend(RAVINE, lr=[0.1, 0.5, 0.19, 3.0], steps=400)
    alone = training.descend(RAVINE, lr=[0.1, 0.19], steps=400)
    assert (history.path[:, [0, 2]] == alone.path).all()
    # The steep direction carries 10/11 of the first loss and grows by (1 - 10 lr)^2 = 16 (then 841) a step: it first
    # passes a million times the first loss at step 6 (then 3).
    assert history.diverged.tolist() == [-1, 6, -1, 3]
    assert (
        history.best == 0
    )  # both 0.1 and 0.19 shrink by 0.9 a step, but 0.19 in the steep direction, ten times the loss
    assert not np.isfinite(history.final_loss[3])


def test_a_run_that_ends_in_nan_is_never_best():
    history = training.descend(RAVINE, lr=[1e3, 0.001], steps=300)
    assert np.isnan(history.final_loss[0])
    assert history.best == 1


def test_the_start_can_be_chosen_for_all_or_each():
    assert training.descend(RAVINE, lr=[0.1, 0.1], start=[2, 3], steps=1).path[0].tolist() == [[2, 3], [2, 3]]
    assert training.descend(RAVINE, lr=[0.1, 0.1], start=[[2, 3], [4, 5]], steps=1).path[0].tolist() == [[2, 3], [4, 5]]
    start = np.array([2.0, 3.0])
    training.descend(RAVINE, lr=0.1, start=start, steps=1)
    assert start.tolist() == [2, 3]


def test_the_rate_recorded_is_the_rate_used():
    schedule = partial(schedules.exponential_decay, peak_lr=np.array([[0.1], [0.05]]), gamma=0.5)
    history = training.descend(RAVINE, lr=schedule, steps=3)
    assert history.lr.tolist() == [[0.1, 0.05], [0.05, 0.025], [0.025, 0.0125]]
    np.testing.assert_allclose(history.theta[:, 0], [0.9 * 0.95 * 0.975, 0.95 * 0.975 * 0.9875], rtol=1e-14)


def test_hyperparameters_can_be_swept_too():
    history = training.descend(RAVINE, "momentum", lr=0.05, momentum=[0.0, 0.5, 0.9], steps=50)
    plain = training.descend(RAVINE, "sgd", lr=0.05, steps=50)
    assert history.loss.shape == (50, 3)
    assert (history.path[:, 0] == plain.path[:, 0]).all()
    assert history.final_loss[1] < history.final_loss[0]


def test_the_digits_are_learned(digits):
    data, model = digits
    history = training.train(model, data, lr=[1.0, 5.0], steps=200)
    # Softmax regression reaches about 96 % on this data set (scikit-learn's LogisticRegression: 0.96 to 0.97).
    assert (history.accuracy > 0.94).all()
    assert (model.accuracy(history.theta, *data.test) > 0.92).all()
    np.testing.assert_allclose(history.loss[0], np.log(10), rtol=1e-14)
    assert history.accuracy[0] == model.accuracy(history.theta[:1], *data.validation)[0]
    assert history.final_loss[0] == model.loss(history.theta[:1], *data.validation)[0]


def test_a_row_of_a_sweep_on_the_digits_is_its_single_run_and_a_seed_fixes_all_bits(digits):
    data, model = digits
    rates = np.geomspace(1e-3, 1e3, 16)
    sweep, again = (training.train(model, data, "adam", lr=rates, steps=40, seed=4) for _ in range(2))
    assert (sweep.loss == again.loss).all()
    assert (sweep.theta == again.theta).all()
    single = training.train(model, data, "adam", lr=rates[9], steps=40, seed=4)
    assert (single.loss[:, 0] == sweep.loss[:, 9]).all()
    assert (single.theta[0] == sweep.theta[9]).all()
    other = training.train(model, data, "adam", lr=rates[9], steps=40, seed=5)
    assert (single.loss[1:] != other.loss[1:]).all()


def test_the_progress_bar_tells_loss_and_rate(monkeypatch):
    import tqdm.auto

    shown = []

    class Bar(tqdm.auto.tqdm):
        def set_postfix(self, **values):
            shown.append(values)

    monkeypatch.setattr(tqdm.auto, "tqdm", Bar)
    training.descend(RAVINE, lr=[0.1, 0.2], steps=1)
    assert shown == [{"loss": "5.5", "lr": "0.2", "refresh": False}]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: training.descend(RAVINE, "sdg"), ValueError, "unknown rule 'sdg'; did you mean 'sgd'"),
        (
            lambda: training.descend(RAVINE, steps=0),
            ValueError,
            r"descend: steps must be a whole number in \[1, inf\); received 0",
        ),
        (
            lambda: training.descend(RAVINE, steps=2.5),
            ValueError,
            r"steps must be a whole number in \[1, inf\); received 2.5",
        ),
        (
            lambda: training.descend(RAVINE, start=[1, 2, 3]),
            ValueError,
            r"start must have shape \(2,\) or \(1, 2\); received \(3,\)",
        ),
        (
            lambda: training.descend(RAVINE, start=[[1, 2], [1, 2]], lr=[1, 1, 1]),
            ValueError,
            r"or \(3, 2\); received \(2, 2\)",
        ),
        (
            lambda: training.descend(RAVINE, lr=[0.1, -1]),
            ValueError,
            r"sgd: lr must be in \[0, inf\); run 1 of 2 has -1",
        ),
        (
            lambda: training.descend(RAVINE, "momentum", lr=[0.1, 0.2], momentum=[0.1] * 3),
            ValueError,
            "lr must be one number or 3",
        ),
        (lambda: training.descend(RAVINE, momentun=0.9), TypeError, "sgd: unknown hyperparameter 'momentun'"),
        (lambda: training.descend(RAVINE, lr="fast"), TypeError, "sgd: lr must be a number"),
    ],
)
def test_bad_input_is_refused_by_name(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_batch_larger_than_the_data_is_refused(digits):
    data, model = digits
    for size in (1198, 0, 2.5):
        with pytest.raises(ValueError, match=rf"batch_size must be a whole number in \[1, 1197\]; received {size}$"):
            training.train(model, data, batch_size=size, steps=1)


@pytest.mark.parametrize("seed", [-1, 0.5])
def test_a_seed_that_is_none_is_refused_by_name(digits, seed):
    data, model = digits
    with pytest.raises(ValueError, match=rf"seed must be a whole number in \[0, inf\); received {seed}$"):
        training.train(model, data, seed=seed, steps=1)


def test_validation_data_that_do_not_fit_the_model_are_refused_before_anything_is_trained():
    few, many = (datasets.Part(np.ones((3, 2), dtype=int), labels) for labels in ([0, 1, 1], [0, 1, 2]))
    data = datasets.Dataset("mine", few, many, many, classes=3)
    with pytest.raises(ValueError, match=r"MLP: y must be labels in \[0, 2\); received 2"):
        training.watch(models.MLP((2, 2)), data, batch_size=2)
    rare = datasets.Part(np.full((3, 2), 9), [0, 1, 1])
    data = datasets.Dataset("mine", few, rare, rare, classes=2)
    with pytest.raises(ValueError, match=r"LSTM: x must be tokens in \[0, 9\); received 9"):
        training.watch(models.LSTM(9), data, batch_size=2)
    with pytest.raises(ValueError, match=r"MLP: x must have shape \(examples, 3\); received \(3, 2\)"):
        training.watch(models.MLP((3, 2)), data, batch_size=2)


def test_a_descent_meets_what_is_observed_at_each_step_and_stays_in_the_domain():
    noisy = problems.noisy_quadratic([1, 10], noise=0.5, seed=3)
    history = training.descend(noisy, lr=0.1, steps=3)
    theta = noisy.start.copy()
    for step in range(3):
        theta = theta - 0.1 * noisy.gradient_at(theta, step)
    np.testing.assert_allclose(history.theta[0], theta, rtol=1e-14)
    assert np.abs(history.theta[0] - training.descend(RAVINE, lr=0.1, steps=3).theta[0]).max() > 1e-3
    # Slopes of 3, -1, -1, 3 at a rate of 1 from 0, cut to [-1, 1] after each step.
    assert training.descend(problems.reddi(C=3), lr=1.0, steps=4).path[:, 0, 0].tolist() == [0, -1, 0, 1, -1]


def test_the_gradient_norm_is_that_of_the_gradient_before_clipping():
    history = training.descend(RAVINE, lr=[0.1, 0.05], steps=5, clip_norm=0.1)
    assert history.gradient_norm == pytest.approx(np.linalg.norm(RAVINE.gradient(history.path[:-1]), axis=2), rel=1e-14)
    assert (history.gradient_norm[0] > 0.1).all()


def test_the_gradient_norm_of_a_row_is_that_of_its_single_run(digits):
    data, model = digits
    many = training.train(model, data, lr=np.geomspace(0.01, 1, 64), steps=5)
    alone = training.train(model, data, lr=many.lr[0, 7], steps=5)
    assert (many.gradient_norm[:, 7] == alone.gradient_norm[:, 0]).all()


def test_a_hyperparameter_may_follow_a_schedule():
    falling = partial(schedules.piecewise_constant, values=(0.5, 0.0), milestones=(2,))
    history = training.descend(RAVINE, "momentum", lr=0.05, momentum=falling, steps=4)
    theta, b, steps = RAVINE.start, 0, [RAVINE.start]
    for momentum in (0.5, 0.5, 0.0, 0.0):
        b = momentum * b + RAVINE.gradient(theta)
        theta = theta - 0.05 * b
        steps.append(theta)
    np.testing.assert_allclose(history.path[:, 0], steps, rtol=1e-14)


def test_a_momentum_for_each_run_may_follow_a_schedule():
    column = partial(schedules.one_cycle_momentum, total_steps=20, max_momentum=np.array([[0.9], [0.99]]))
    history = training.descend(RAVINE, "momentum", lr=0.01, momentum=column, steps=20)
    for run, top in enumerate((0.9, 0.99)):
        one = partial(schedules.one_cycle_momentum, total_steps=20, max_momentum=top)
        alone = training.descend(RAVINE, "momentum", lr=0.01, momentum=one, steps=20)
        assert (history.path[:, run] == alone.path[:, 0]).all()


def test_a_run_that_ends_before_its_warm_up_is_refused():
    late = schedules.with_warmup(partial(schedules.constant, lr=0.1), 50)
    with pytest.raises(ValueError, match="train: the warm-up must end within the 20 steps of the run; it takes 50"):
        training.train(models.MLP((2, 5, 2)), datasets.two_moons(), lr=late, steps=20)
    with pytest.raises(ValueError, match="descend: the warm-up must end within the 20 steps of the run; it takes 50"):
        training.descend(RAVINE, lr=late, steps=20)
    by_epoch = schedules.per_epoch(partial(schedules.warmup, peak_lr=0.1, warmup_steps=3), 10)
    with pytest.raises(ValueError, match="it takes 30"):
        training.descend(RAVINE, lr=by_epoch, steps=29)
    assert len(training.descend(RAVINE, lr=by_epoch, steps=30).loss) == 30
    second = schedules.join([partial(schedules.constant, lr=0.01), late], [5], jumps=True)
    with pytest.raises(ValueError, match="it takes 55"):
        training.descend(RAVINE, lr=second, steps=54)


def test_interrupted_it_returns_what_there_is(digits):
    data, model = digits

    def until(step):
        if step == 7:
            raise KeyboardInterrupt
        return 0.1

    history = training.train(model, data, lr=lambda step: until(step), steps=50, evaluate_every=3)
    whole = training.train(model, data, lr=0.1, steps=7)
    assert history.interrupted
    assert not whole.interrupted
    assert (history.loss == whole.loss).all()
    assert (history.theta == whole.theta).all()
    assert history.final_loss == whole.final_loss
    assert history.evaluations.step.tolist() == [0, 3, 6]
    assert history.notes == ("interrupted after 7 of 50 steps",)


def test_training_runs_in_the_dtype_of_the_data(digits):
    data, model = digits
    assert training.train(model, data, lr=0.1, steps=2).theta.dtype == np.float64
    single = training.train(model, data.astype(np.float32), lr=0.1, steps=2)
    assert single.theta.dtype == np.float32
    tokens = datasets.reviews()
    lstm = models.LSTM(len(tokens.words), embedding=3, hidden=3)
    assert training.train(lstm, tokens, lr=0.1, steps=1, batch_size=8).theta.dtype == np.float64
    assert training.train(lstm, tokens, lr=0.1, steps=1, batch_size=8, dtype=np.float32).theta.dtype == np.float32


def test_what_does_not_fit_is_refused_before_the_first_step(digits, monkeypatch):
    data, model = digits
    monkeypatch.setattr(type(model), "slopes", None)
    with pytest.raises(ValueError, match="x must have the dtype of theta, float32; received float64"):
        training.train(model, data, dtype=np.float32)


def test_training_starts_where_its_seed_and_its_init_say():
    data, model = datasets.two_moons(), models.MLP((2, 5, 2))
    for init in (None, "small", ["small", "glorot"]):
        start = model.start(1 if init is None or isinstance(init, str) else 2, seed=7, init=init)
        theta = training.train(model, data, lr=1e-300, steps=1, seed=7, init=init).theta
        np.testing.assert_allclose(theta, start, rtol=0, atol=1e-290)


def test_a_regression_has_no_accuracy():
    history = training.train(
        models.LinearRegression(1), datasets.wave(), lr=0.1, steps=20, batch_size=120, evaluate_every=10
    )
    assert history.accuracy is None
    assert history.evaluations.accuracy is None
    assert history.loss[-1, 0] < history.loss[0, 0]


def test_evaluations_on_the_way_change_nothing(digits):
    data, model = digits
    plain = training.train(model, data, lr=[0.5, 2.0], steps=25)
    measured = training.train(model, data, lr=[0.5, 2.0], steps=25, evaluate_every=10)
    assert plain.evaluations is None
    assert (plain.theta == measured.theta).all()
    assert measured.evaluations.step.tolist() == [0, 10, 20, 25]
    np.testing.assert_allclose(measured.evaluations.loss[0], np.log(10), rtol=1e-14)
    for row, steps in zip((1, 2), (10, 20), strict=True):
        shorter = training.train(model, data, lr=[0.5, 2.0], steps=steps)
        assert (measured.evaluations.loss[row] == shorter.final_loss).all()
        assert (measured.evaluations.accuracy[row] == shorter.accuracy).all()
    assert (measured.evaluations.loss[3] == measured.final_loss).all()
    assert plain.stopped.tolist() == [-1, -1]
    assert plain.notes == ()


@pytest.mark.parametrize("every", [0, -1, 2.5])
def test_evaluations_lie_whole_steps_apart(digits, every):
    with pytest.raises(ValueError, match=r"train: evaluate_every must be a whole number in \[1, inf\); received"):
        training.train(digits[1], digits[0], steps=2, evaluate_every=every)


def test_a_lonely_run_that_ends_in_nan_ends_quietly():
    assert np.isnan(training.descend(RAVINE, lr=1e3, steps=300).final_loss[0])


def test_starts_may_differ_from_run_to_run():
    model, data = models.MLP((2, 4, 2)), datasets.two_moons()
    both = training.train(model, data, lr=0.1, steps=3, init=["small", "he"])
    for run, init in enumerate(("small", "he")):
        alone = training.train(model, data, lr=0.1, steps=3, init=init)
        assert (both.theta[run] == alone.theta[0]).all()


def test_watching_a_training_gives_growing_histories_and_ends_with_the_bits_of_train(digits):
    data, model = digits
    asked = {"rule": "adam", "lr": [1e-3, 1e-2], "steps": 12, "seed": 3, "evaluate_every": 5}
    whole = training.train(model, data, **asked)
    # Watched at every step; what a history holds when it comes is what it holds in the end.
    seen = [
        (history, history.theta.copy(), history.loss.copy())
        for history in training.watch(model, data, **asked, seconds=0)
    ]
    assert [len(history.loss) for history, *_ in seen] == list(range(1, 13))
    for made, (history, theta, loss) in enumerate(seen, 1):
        short = training.train(model, data, **asked | {"steps": made, "evaluate_every": None})
        for name in ("lr", "loss", "gradient_norm", "theta", "final_loss", "accuracy", "diverged"):
            assert (getattr(history, name) == getattr(short, name)).all(), name
        assert (theta == short.theta).all()
        assert (loss == short.loss).all()
    assert seen[-1][0].evaluations.step.tolist() == whole.evaluations.step.tolist() == [0, 5, 10, 12]
    assert [seen[k][0].evaluations.step.tolist() for k in (0, 4, 5)] == [[0], [0], [0, 5]]
    assert (seen[-1][0].theta == whole.theta).all()


def test_nothing_is_trained_while_the_caller_looks_or_after_it_has_left(digits, monkeypatch):
    data, model = digits
    made, step = [], Optimizer.step
    monkeypatch.setattr(Optimizer, "step", lambda *given: (made.append(1), step(*given)))
    watched = training.watch(model, data, steps=50, seconds=0)
    assert not made
    for history in watched:
        if len(history.loss) == 3:
            break
    watched.close()
    assert len(made) == 3
    assert np.isfinite(history.final_loss).all()
    assert not history.interrupted


def test_seconds_say_how_long_a_watched_training_keeps_quiet(digits, monkeypatch):
    data, model = digits
    now = iter(range(1000))
    monkeypatch.setattr(training.time, "perf_counter", lambda: next(now))
    # A clock that moves by 1 s at each look: at its start, after each step but the last, and after each history.
    assert [len(h.loss) for h in training.watch(model, data, steps=10, seconds=3)] == [3, 6, 9, 10]
    assert len(list(training.watch(model, data, steps=10, seconds=np.inf))) == 1


def test_watch_refuses_what_train_refuses_at_once(digits):
    data, model = digits
    with pytest.raises(ValueError, match=r"train: seconds must be in \[0, inf\]; received -1"):
        training.watch(model, data, seconds=-1)
    with pytest.raises(ValueError, match="unknown rule 'sdg'"):
        training.watch(model, data, "sdg")


def test_looking_on_leaves_numpys_own_warnings_as_they_are(digits):
    data, model = digits
    before = np.geterr()
    for _ in training.watch(model, data, lr=[0.1, 1e30], steps=3, seconds=0):
        assert np.geterr() == before


def test_a_history_seen_on_the_way_knows_nothing_of_what_stops_later(digits):
    data, model = digits
    soon = EarlyStopping(patience=0, threshold=1e3, threshold_mode="absolute")
    first, *_, last = training.watch(model, data, steps=9, feedback=soon, evaluate_every=2, seconds=0)
    assert first.stopped.tolist() == [-1]
    assert last.stopped.tolist() == [2]


def test_a_feedback_that_changes_the_rates_in_place_does_not_change_those_of_the_next_step():
    class Halving(Listener):
        def start(self, optimizer, lr):
            return self

        def rate(self, lr, g):
            lr *= 0.5
            return lr

    history = training.descend(RAVINE, lr=[0.1, 0.2], steps=3, feedback=Halving())
    assert history.lr.tolist() == [[0.05, 0.1]] * 3
