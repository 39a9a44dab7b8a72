"""Rates that listen: against PyTorch and Keras, by hand on a quadratic, and run by run."""

from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrcourse import datasets, feedback, models, problems, schedules, training
from lrcourse.feedback import EarlyStopping, HypergradientDescent, ReduceOnPlateau, hypergradient, range_test
from lrcourse.optimizers import Optimizer
from lrcourse.rules import RULES
from tests.reference.feedback_cases import KERAS_PLATEAUS, KERAS_STOPS, LR, PLATEAU_DIFFERENCES, PLATEAUS, metrics

with np.load(Path(__file__).parent / "reference" / "feedback.npz") as file:
    RECORDED = {name: file[name] for name in file.files}
RAVINE = problems.quadratic([1, 10])


@pytest.fixture(scope="module")
def digits():
    return models.SoftmaxRegression(64, 10), datasets.digits()


def rates(settings, heard, lr=LR):
    """The rate after every evaluation: heard (k,) or (k, runs) metrics, in order. Returns the same shape."""
    columns = heard.reshape(len(heard), -1)
    runs = columns.shape[1]
    listener = settings.start(Optimizer("sgd", np.zeros((runs, 1))), lr)
    used = []
    for metric in columns:
        listener.listen({"loss": metric, "accuracy": metric})
        used.append(listener.rate(np.full(runs, lr), None))
    return np.array(used).reshape(heard.shape)


def as_ours(settings):
    """Settings of Keras, as ours: it acts one evaluation earlier, and skips one fewer after a reduction."""
    ours = {"mode": "min", **settings, "patience": settings["patience"] - 1, "threshold_mode": "absolute"}
    ours["threshold"] = ours.pop("min_delta", 0)
    return ours | ({"cooldown": max(0, ours["cooldown"] - 1)} if "cooldown" in ours else {})


def test_the_recorded_metrics_are_those_of_the_cases():
    for name, sequence in metrics().items():
        assert np.array_equal(RECORDED[f"metrics.{name}"], sequence, equal_nan=True)


# Against the libraries


@pytest.mark.parametrize("name", PLATEAUS)
def test_a_plateau_is_that_of_pytorch(name):
    sequence, settings = PLATEAUS[name]
    ours, theirs = rates(ReduceOnPlateau(**settings), metrics()[sequence]), RECORDED[f"torch.{name}"]
    assert len(np.unique(theirs)) > 4
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def test_where_pytorch_calls_worse_better():
    # From -1 on, each loss is worse by 5e-5. Below -1 * (1 - 1e-4) = -0.9999 it takes the first two for better, and
    # so on with each new "best". Ours reduces at evaluations 4, 8, 12 ...
    sequence, settings = PLATEAU_DIFFERENCES["worse is better"]
    assert (RECORDED["torch.worse is better"] == LR).all()
    np.testing.assert_array_equal(
        rates(ReduceOnPlateau(**settings), metrics()[sequence]), LR * 0.5 ** (np.arange(40) // 4)
    )


def test_where_pytorch_leaves_out_a_small_reduction():
    sequence, settings = PLATEAU_DIFFERENCES["too small to count"]
    ours, theirs = rates(ReduceOnPlateau(**settings), metrics()[sequence]), RECORDED["torch.too small to count"]
    np.testing.assert_allclose(ours, LR * 0.1 ** np.arange(40), rtol=1e-12)
    np.testing.assert_allclose(theirs, LR * 0.1 ** np.minimum(np.arange(40), 8), rtol=1e-12)  # 5e-9 stays


@pytest.mark.parametrize("name", KERAS_PLATEAUS)
def test_a_plateau_of_keras_waits_one_evaluation_less_twice(name):
    sequence, settings = KERAS_PLATEAUS[name]
    theirs = RECORDED[f"keras.{name}"]
    assert len(np.unique(theirs)) > 4
    np.testing.assert_allclose(rates(ReduceOnPlateau(**as_ours(settings)), metrics()[sequence]), theirs, rtol=1e-12)
    same_numbers = ReduceOnPlateau(
        threshold_mode="absolute",
        threshold=settings["min_delta"],
        **{k: v for k, v in settings.items() if k != "min_delta"},
    )
    assert abs(rates(same_numbers, metrics()[sequence]) / theirs - 1).max() > 0.2


def test_the_example_in_the_docstring():
    def reductions(used):
        return (np.diff(used) < 0).nonzero()[0][:3] + 1

    settings = ReduceOnPlateau(patience=2, cooldown=3)
    assert reductions(rates(settings, np.ones(40))).tolist() == [3, 9, 15]
    assert reductions(RECORDED["keras.still"]).tolist() == [2, 6, 10]


@pytest.mark.parametrize("name", KERAS_STOPS)
def test_early_stopping_is_that_of_keras_one_evaluation_later(name):
    sequence, settings = KERAS_STOPS[name]
    end, best = RECORDED[f"stop.{name}"]
    assert stops_at(EarlyStopping(**as_ours(settings)), metrics()[sequence]) == (end, best)
    if name == "still":
        assert stops_at(EarlyStopping(patience=settings["patience"]), metrics()[sequence]) == (end + 1, best)


def stops_at(settings, heard):
    """(the evaluation after which it stops, the one whose parameters it restores); theta is the evaluation."""
    theta = np.zeros((1, 1))
    listener = settings.start(Optimizer("sgd", theta), LR)
    for evaluation in range(len(heard)):
        theta[...] = evaluation
        metric = heard[[evaluation]]
        if listener.listen({"loss": metric, "accuracy": metric})[0]:
            return evaluation, theta[0, 0]
    return None


# ReduceOnPlateau


def test_runs_of_a_plateau_do_not_hear_each_other():
    sequences = np.stack([metrics()[name] for name in ("falling", "holes", "rising")], axis=1)
    settings = {"patience": [2, 0, 3], "factor": [0.7, 0.5, 0.9], "cooldown": [0, 3, 1], "min_lr": [0, 0.1, 0.01]}
    settings["threshold"] = [1e-3, 0, 0.5]
    together = rates(ReduceOnPlateau(**settings), sequences)
    for run in range(3):
        alone = rates(ReduceOnPlateau(**{name: values[run] for name, values in settings.items()}), sequences[:, run])
        assert (alone == together[:, run]).all()
        assert len(set(alone)) > 2


@given(
    st.lists(st.sampled_from([0.5, 1.0, 1.001, 2.0, np.nan, np.inf]), min_size=1, max_size=40),
    st.integers(0, 4),
    st.integers(0, 3),
    st.sampled_from([0.0, 0.04, 0.3]),
)
def test_a_plateau_never_raises_the_rate_nor_leaves_its_floor_and_waits_long_enough(heard, patience, cooldown, min_lr):
    settings = ReduceOnPlateau(factor=0.5, patience=patience, cooldown=cooldown, min_lr=min_lr)
    used = np.array([LR, *rates(settings, np.array(heard))])
    assert (np.diff(used) <= 0).all()
    assert (used >= min_lr).all()
    reductions = np.diff(used).nonzero()[0]
    assert (np.diff(reductions) > patience + cooldown).all()
    if reductions.size:
        assert reductions[0] >= patience
    assert set(used) <= {max(LR * 0.5**k, min_lr) for k in range(50)}


def test_the_floor_of_a_plateau_is_min_lr_to_the_bit_and_not_the_first_rate():
    used = rates(ReduceOnPlateau(factor=0.3, patience=0, min_lr=0.007), np.ones(10))
    np.testing.assert_allclose(used[:5], [0.5, 0.15, 0.045, 0.0135, 0.007], rtol=1e-14)
    assert (used[4:] == 0.007).all()


def test_the_floor_may_be_the_rate_itself():
    assert (rates(ReduceOnPlateau(patience=0, min_lr=LR), np.ones(5)) == LR).all()


def test_a_plateau_multiplies_a_schedule_and_does_not_raise_it_to_the_floor():
    schedule = partial(schedules.exponential_decay, peak_lr=np.array([[0.1], [0.05]]), gamma=0.5)
    settings = ReduceOnPlateau(factor=0.1, patience=1, min_lr=0.004)
    history = training.descend(problems.quadratic([1, 1], 0), lr=schedule, steps=6, start=[0, 0], feedback=settings)
    # At the optimum the loss stands still: evaluation 0 is the best, 1 and 2 are no better, and 4, and 6.
    expected = [[0.1, 0.05], [0.05, 0.025], [0.004, 0.004], [0.004, 0.004], [0.004, 0.003125], [0.003125, 0.0015625]]
    np.testing.assert_allclose(history.lr, expected, rtol=1e-14)


def test_in_a_training_the_plateau_hears_the_validation_data_once_an_epoch(digits):
    model, data = digits
    settings = ReduceOnPlateau(factor=0.5, patience=1, threshold=0.02)
    history = training.train(model, data, lr=[1.0, 30.0], steps=200, feedback=settings)
    assert history.evaluations.step.tolist() == [*range(0, 200, 1197 // 64), 200]
    scheduler_heard = rates(settings, history.evaluations.loss, lr=1.0)  # as tested against PyTorch above
    epochs = np.arange(200) // 18
    np.testing.assert_allclose(history.lr, scheduler_heard[epochs] * [1.0, 30.0], rtol=1e-14)
    assert history.lr[-1, 1] == 7.5
    # Once more by hand, one step at a time, with the rates that were recorded.
    theta = model.start(2)
    optimizer, stream = Optimizer("sgd", theta), datasets.batches(1197, 64, 0)
    for step, lr in enumerate(history.lr):
        if step in history.evaluations.step:
            k = history.evaluations.step.tolist().index(step)
            assert (history.evaluations.loss[k] == model.loss(theta, *data.validation)).all()
            assert (history.evaluations.accuracy[k] == model.accuracy(theta, *data.validation)).all()
        rows = next(stream)
        optimizer.step(model.loss_and_gradient(theta, data.train.x[rows], data.train.y[rows])[1], lr)
    assert (theta == history.theta).all()
    assert (history.evaluations.loss[-1] == history.final_loss).all()
    assert (history.evaluations.accuracy[-1] == history.accuracy).all()


def test_mode_max_hears_the_accuracy(digits):
    model, data = digits
    settings = ReduceOnPlateau(factor=0.5, patience=0, mode="max")
    history = training.train(model, data, lr=[0.01, 3.0], steps=100, feedback=settings, evaluate_every=5)
    accuracy, best, lr = history.evaluations.accuracy[:, 1], -1, 3.0
    for k in range(20):
        if accuracy[k] > best * (1 + 1e-4 * np.sign(best)):
            best = accuracy[k]
        else:
            lr *= 0.5
        assert (history.lr[5 * k : 5 * k + 5, 1] == lr).all()
    assert lr < 3


def test_a_metric_that_is_no_number_is_no_better_and_is_reported():
    history = training.descend(
        RAVINE, lr=[0.1, 1e100, 0.1, 1e90], steps=6, start=[[1, 1], [1, 1], [np.nan, 0], [1, 1]],
        feedback=ReduceOnPlateau(patience=1),
    )  # fmt: skip
    assert history.notes == (
        "ReduceOnPlateau: evaluations whose loss is not a number count as no better: "
        f"{np.isnan(history.evaluations.loss[:, 1]).sum()} in run 1, 7 in run 2, "
        f"{np.isnan(history.evaluations.loss[:, 3]).sum()} in run 3",
    )
    assert history.lr[:, 2] == pytest.approx([0.1, 0.01, 0.01, 0.001, 0.001, 1e-4])  # nothing was ever better
    many = training.descend(RAVINE, lr=[0.1] * 5, start=[np.nan, 0], steps=2, feedback=EarlyStopping())
    assert many.notes[0].endswith("no better: 3 in run 0, 3 in run 1, 3 in run 2, …")
    assert training.descend(RAVINE, steps=2, feedback=ReduceOnPlateau()).notes == ()


# EarlyStopping


@pytest.mark.parametrize("rule", ["sgd", "momentum", "heavy_ball", "adam", "lion"])
def test_a_run_that_has_stopped_stands_still_at_its_best_and_its_neighbours_do_not_notice(rule):
    lr = [1e-4, 0.05, 0.25, 0.5]
    history = training.descend(RAVINE, rule, lr=lr, steps=60, feedback=EarlyStopping(patience=3))
    free = training.descend(RAVINE, rule, lr=lr, steps=60, evaluate_every=1)
    stopped = history.stopped
    assert stopped[0] == -1
    assert stopped[3] > 0
    for run, stop in enumerate(stopped):
        if stop < 0:
            assert (history.path[:60, run] == free.path[:60, run]).all()
            assert (history.lr[:, run] == lr[run]).all()
            best = int(free.evaluations.loss[:, run].argmin())
        else:
            assert (history.path[:stop, run] == free.path[:stop, run]).all()
            assert (history.path[stop:, run] == history.path[stop, run]).all()
            assert (history.lr[:stop, run] == lr[run]).all()
            assert (history.lr[stop:, run] == 0).all()
            best = int(free.evaluations.loss[: stop + 1, run].argmin())
            assert stop == best + 4  # the best, three that are borne, and one more
        assert (history.theta[run] == free.path[best, run]).all()
        assert history.final_loss[run] == free.evaluations.loss[best, run]
    assert (history.path[-1] == history.theta).all()


def test_the_training_ends_when_all_runs_have_stopped():
    history = training.descend(RAVINE, lr=[0.25, 0.5], steps=50, feedback=EarlyStopping(patience=[2, 4]))
    assert history.stopped.tolist() == [3, 5]
    assert history.loss.shape == history.lr.shape == (5, 2)
    assert history.path.shape == (6, 2, 2)
    assert history.evaluations.step.tolist() == [0, 1, 2, 3, 4, 5]
    assert (history.theta == RAVINE.start).all()
    assert (history.path[-1] == history.theta).all()


def test_a_run_that_goes_on_to_the_end_gets_its_best_parameters_too(digits):
    model, data = digits
    settings = EarlyStopping(patience=50)
    history = training.train(model, data, lr=[2.0, 40.0], steps=90, feedback=settings, evaluate_every=4)
    assert history.stopped.tolist() == [-1, -1]
    assert (history.final_loss == history.evaluations.loss.min(axis=0)).all()
    assert (history.final_loss == model.loss(history.theta, *data.validation)).all()
    assert history.final_loss[1] < history.evaluations.loss[-1, 1]
    assert history.evaluations.step.tolist() == [*range(0, 90, 4), 90]


def test_a_run_that_blows_up_gets_its_last_good_parameters():
    history = training.descend(RAVINE, lr=[1e200, 0.1], steps=9, feedback=EarlyStopping(patience=2))
    assert history.stopped.tolist() == [3, -1]
    assert (history.theta[0] == RAVINE.start).all()
    assert history.diverged[0] == 1
    assert history.best == 1


def test_a_start_that_is_no_number_stops_at_once():
    history = training.descend(RAVINE, lr=0.1, start=[np.nan, 1], steps=9, feedback=EarlyStopping(patience=0))
    assert history.stopped.tolist() == [0]
    assert history.lr.shape == (0, 1)
    assert np.array_equal(history.theta, [[np.nan, 1]], equal_nan=True)


# Hypergradients


@pytest.mark.parametrize("rule", sorted(RULES.keys() - {"heavy_ball"}))
@pytest.mark.parametrize("problem", [problems.quadratic([1, 10, 0.1]), problems.rosenbrock()], ids=lambda p: p.name)
def test_a_hypergradient_is_the_slope_of_the_loss_with_respect_to_the_last_rate(rule, problem):
    def after(last):
        """Five steps, the last of them at the rates ``last``."""
        theta = np.tile(problem.start, (len(last), 1))
        optimizer = Optimizer(rule, theta)
        for _ in range(4):
            optimizer.step(problem.gradient(theta), 1e-3)
        before = theta.copy()
        optimizer.step(problem.gradient(theta), last)
        return before, theta

    lr, h = 2e-3, 1e-6
    before, theta = after(np.full(2, lr))
    slope = hypergradient(problem.gradient(theta), before, theta, np.full(2, lr))
    low, high = problem.value(after(np.array([lr - h, lr + h]))[1])
    assert slope[0] == pytest.approx((high - low) / (2 * h), rel=1e-6)
    assert slope[0] == slope[1]


def test_a_step_at_rate_0_has_no_slope():
    g, theta = np.ones((2, 3)), np.zeros((2, 3))
    assert hypergradient(g, theta, theta - [[0], [2]], np.array([0.0, 0.5])).tolist() == [0, -12]


def test_sgd_with_hypergradients_recomputed():
    # As in the paper: the rate grows by beta times the product of the last two gradients.
    beta, lr, theta, last = 1e-4, 0.01, np.array([1.0, 1.0]), np.zeros(2)
    history = training.descend(RAVINE, lr=lr, steps=40, feedback=HypergradientDescent(beta))
    for step in range(40):
        g = np.array([1, 10]) * theta
        lr += beta * g @ last
        assert history.lr[step, 0] == pytest.approx(lr, rel=1e-11)
        theta, last = theta - lr * g, g
    np.testing.assert_allclose(history.theta[0], theta, rtol=1e-9)
    assert lr > 0.02


def test_adam_with_hypergradients_recomputed():
    # As in the paper, in plain numbers: the last step was -lr m_hat / (sqrt(v_hat) + eps).
    beta, lr, last = 1e-4, 0.01, np.zeros(2)
    history = training.descend(RAVINE, "adam", lr=lr, steps=60, beta1=0.8, feedback=HypergradientDescent(beta))
    theta, m, v = np.ones(2), np.zeros(2), np.zeros(2)
    for step in range(60):
        g = np.array([1, 10]) * theta
        lr -= beta * g @ last
        assert history.lr[step, 0] == pytest.approx(lr, rel=1e-11)
        m, v = 0.8 * m + 0.2 * g, 0.999 * v + 0.001 * g**2
        last = -(m / (1 - 0.8 ** (step + 1))) / (np.sqrt(v / (1 - 0.999 ** (step + 1))) + 1e-8)
        theta = theta + lr * last
    assert lr > 0.02


def test_hypergradients_bring_rates_together_and_rates_stay_rates():
    # Far below and far above the best rate, both move towards it; beta of 0 moves nothing.
    lr = np.array([1e-4, 1e-4, 0.15, 0.3])
    history = training.descend(RAVINE, lr=lr, steps=200, feedback=HypergradientDescent([1e-4, 0, 1e-4, 1e-3]))
    assert history.lr[-1, 0] > 100 * lr[0]
    assert (history.lr[:, 1] == lr[1]).all()
    assert history.lr[-1, 2] < lr[2]
    assert (history.lr >= 1e-6).all()
    lost = training.descend(
        RAVINE, lr=[0.1, 0.1], start=[[np.nan, 1], [1, 1]], steps=9, feedback=HypergradientDescent(1e-4)
    )
    assert (lost.lr[:, 0] == 0.1).all()
    assert (lost.lr[1:, 1] != 0.1).all()
    wild = training.descend(RAVINE, lr=1e150, steps=9, feedback=HypergradientDescent(1e-3, min_lr=0.5))
    assert np.isfinite(wild.lr).all()
    assert not np.isfinite(wild.final_loss[0])


def test_the_floor_of_a_learned_rate_is_left_again_at_once():
    # Slopes of 100, and then of -1: the rate goes down to the floor, and up by 0.01 from there, not from below it.
    listener = HypergradientDescent(0.01, min_lr=0.1).start(Optimizer("sgd", theta := np.zeros((1, 1))), 0.5)
    used = []
    for g in (1.0, 100.0, 1.0, 1.0):
        used.append(listener.rate(np.array([0.5]), np.array([[g]]))[0])
        theta += used[-1] * (-1 if g == 1 and len(used) > 2 else 1)
    assert used == pytest.approx([0.5, 0.1, 0.1, 0.11])


def test_what_is_learned_is_added_to_a_schedule():
    def schedule(step):
        return 0.02 * 0.9**step

    history = training.descend(RAVINE, lr=schedule, steps=3, feedback=HypergradientDescent(1e-4))
    first = RAVINE.gradient(history.path[0, 0]) @ RAVINE.gradient(history.path[1, 0])
    second = RAVINE.gradient(history.path[1, 0]) @ RAVINE.gradient(history.path[2, 0])
    learned = np.array([0, first, first + second]) * 1e-4
    np.testing.assert_allclose(history.lr[:, 0], 0.02 * 0.9 ** np.arange(3) + learned, rtol=1e-11)


def test_only_steps_in_proportion_to_the_rate_have_hypergradients():
    with pytest.raises(ValueError, match="HypergradientDescent: the step of the rule must be .* received 'heavy_ball'"):
        training.descend(RAVINE, "heavy_ball", feedback=HypergradientDescent(1e-4))
    training.descend(RAVINE, "heavy_ball", momentum=0, steps=1, feedback=HypergradientDescent(1e-4))  # plain descent


# All of them in a training

ALL = [
    HypergradientDescent(1e-3),
    ReduceOnPlateau(factor=0.5, patience=1, threshold=0.01),
    EarlyStopping(patience=4, threshold=0.02),
]


@pytest.mark.parametrize("chosen", [*([one] for one in ALL), ALL, ALL[::-1]], ids=len)
@pytest.mark.parametrize("rule", ["sgd", "adam"])
def test_a_run_of_a_sweep_with_feedback_is_its_single_run_and_nothing_is_left_over(digits, chosen, rule):
    model, data = digits
    lr = np.geomspace(0.01, 300, 6)
    sweep, again = (training.train(model, data, rule, lr=lr, steps=150, feedback=chosen) for _ in range(2))
    for name in ("lr", "loss", "theta", "final_loss", "stopped"):
        assert np.array_equal(getattr(sweep, name), getattr(again, name), equal_nan=True)
    for run in (0, 2, 5):
        single = training.train(model, data, rule, lr=lr[run], steps=150, feedback=chosen)
        made = len(single.lr)
        assert (single.lr[:, 0] == sweep.lr[:made, run]).all()
        assert (single.loss[:, 0] == sweep.loss[:made, run]).all()
        assert (single.theta[0] == sweep.theta[run]).all()
        assert single.stopped[0] == sweep.stopped[run]
        assert (single.evaluations.loss[:, 0] == sweep.evaluations.loss[: len(single.evaluations.step), run]).all()
    free = training.train(model, data, rule, lr=lr, steps=150)
    assert not np.array_equal(free.theta, sweep.theta)


def test_the_settings_of_a_run_are_its_own_in_a_sweep():
    chosen = [ReduceOnPlateau(patience=[1, 3], factor=[0.5, 0.9]), EarlyStopping(patience=[30, 6])]
    sweep = training.descend(RAVINE, lr=[0.25, 0.25], steps=80, feedback=chosen)
    for run, (patience, factor, stop) in enumerate([(1, 0.5, 30), (3, 0.9, 6)]):
        alone = [ReduceOnPlateau(patience=patience, factor=factor), EarlyStopping(patience=stop)]
        single = training.descend(RAVINE, lr=0.25, steps=80, feedback=alone)
        assert (single.path[:, 0] == sweep.path[: len(single.path), run]).all()
    assert sweep.stopped.tolist() == [-1, 7]


def test_feedback_hears_a_problem_inside_its_domain_at_every_step():
    flat = problems.reddi(C=3)
    history = training.descend(flat, lr=1.0, steps=4, feedback=ReduceOnPlateau(factor=0.5, patience=9))
    assert history.evaluations.step.tolist() == [0, 1, 2, 3, 4]
    assert (history.evaluations.loss == flat.value(history.path)).all()
    assert history.evaluations.accuracy is None
    assert history.path[:, 0, 0].tolist() == [0, -1, 0, 1, -1]


def test_feedback_hears_the_loss_of_a_regression_which_has_no_accuracy():
    random = np.random.default_rng(0)
    x = random.standard_normal((90, 3))
    part = datasets.Part(x, x @ np.array([[1.0], [2], [3]]) + 0.1 * random.standard_normal((90, 1)))
    data, model = SimpleNamespace(train=part, validation=part), models.LinearRegression(3)
    history = training.train(model, data, lr=[0.1, 2.0], steps=40, batch_size=30, feedback=EarlyStopping(patience=2))
    assert history.accuracy is history.evaluations.accuracy is None
    assert history.stopped.tolist() == [-1, 9]
    assert (history.theta[1] == 0).all()
    assert history.final_loss[0] == pytest.approx(0.01, rel=0.5)  # the noise
    with pytest.raises(ValueError, match="mode 'max' listens to the accuracy, and there is none"):
        training.train(model, data, steps=2, batch_size=30, feedback=EarlyStopping(mode="max"))


@pytest.mark.parametrize("wrong", [ReduceOnPlateau, "plateau", None, 0.1, [EarlyStopping(), EarlyStopping]])
def test_what_cannot_listen_is_refused(wrong):
    with pytest.raises(TypeError, match=r"descend: feedback must be such as ReduceOnPlateau\(\), or a list of them"):
        training.descend(RAVINE, feedback=wrong)


def test_a_listener_of_ones_own():
    class Halving(feedback.Listener):
        def start(self, optimizer, lr):
            return self

        def rate(self, lr, g):
            return lr / 2

        def end(self):
            return ("halved",)

    history = training.descend(RAVINE, lr=0.1, steps=2, feedback=[Halving(), Halving()])
    assert (history.lr == 0.025).all()
    assert history.notes == ("halved", "halved")


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: ReduceOnPlateau(factor=1), ValueError, r"ReduceOnPlateau: factor must be in \(0, 1\); received 1"),
        (lambda: ReduceOnPlateau(factor=[0.1, 0]), ValueError, r"factor must be in \(0, 1\); run 1 of 2 has 0"),
        (lambda: ReduceOnPlateau(factor=np.nan), ValueError, "factor must be in .* received nan"),
        (lambda: ReduceOnPlateau(patience=-1), ValueError, r"patience must be a whole number in \[0, inf\); rec.* -1"),
        (lambda: ReduceOnPlateau(patience=2.5), ValueError, "patience must be a whole number in .* received 2.5"),
        (lambda: ReduceOnPlateau(patience=True), TypeError, "patience must be a whole number in"),
        (lambda: ReduceOnPlateau(cooldown=0.5), ValueError, "cooldown must be a whole number in .* received 0.5"),
        (lambda: ReduceOnPlateau(mode="mim"), ValueError, "unknown mode of ReduceOnPlateau 'mim'; did you mean 'min'"),
        (lambda: ReduceOnPlateau(threshold_mode="abs"), ValueError, "threshold_mode of .* did you mean 'absolute'"),
        (lambda: ReduceOnPlateau(threshold=-1e-4), ValueError, r"threshold must be in \[0, inf\); received -0.0001"),
        (lambda: ReduceOnPlateau(threshold=[0, 1]), ValueError, r"relative threshold must be in \[0, 1\); .*\[0, 1\]"),
        (lambda: ReduceOnPlateau(min_lr=-1), ValueError, r"min_lr must be in \[0, inf\); received -1"),
        (lambda: EarlyStopping(mode="maximum"), ValueError, "unknown mode of Early.* 'maximum'; did you mean 'max'"),
        (lambda: HypergradientDescent(-1), ValueError, r"HypergradientDescent: hyper_lr must be in .* -1"),
    ],
)  # fmt: skip
def test_settings_out_of_range_are_refused_when_made(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_an_absolute_threshold_may_be_large():
    assert rates(ReduceOnPlateau(threshold=5, threshold_mode="absolute", patience=0), np.array([9.0, 5, 3]))[-1] < 0.5


@pytest.mark.parametrize(
    ("settings", "lr", "message"),
    [
        (ReduceOnPlateau(min_lr=0.2), 0.1, "ReduceOnPlateau: min_lr must not be above the rate; run 0 of 1 has 0.2"),
        (ReduceOnPlateau(min_lr=0.2), [0.3, 0.1], "min_lr must not be above the rate; run 1 of 2 has 0.2"),
        (HypergradientDescent(1e-3, min_lr=1), 0.1, "HypergradientDescent: min_lr must not be above the rate"),
        (ReduceOnPlateau(patience=[1, 2, 3]), [0.1] * 2, r"patience must be one number or 2, .* received shape \(3,\)"),
        (EarlyStopping(patience=[1, 2, 3]), 0.1, r"EarlyStopping: patience must be one number or 1, one a run"),
        (ReduceOnPlateau(mode="max"), 0.1, "mode 'max' listens to the accuracy, and there is none"),
        (ReduceOnPlateau(), [0.1, -1], r"ReduceOnPlateau: lr must be in \[0, inf\); run 1 of 2 has -1"),
        (ReduceOnPlateau(), lambda step: [0.1, -1], r"sgd: lr must be in \[0, inf\); run 1 of 2 has -1"),
    ],
)
def test_settings_that_do_not_fit_the_training_are_refused_before_its_first_step(settings, lr, message):
    met = []
    problem = problems.Problem(**vars(RAVINE) | {"gradient": lambda theta: met.append(theta) or RAVINE.gradient(theta)})
    with pytest.raises(ValueError, match=message):
        training.descend(problem, lr=lr, feedback=settings)
    assert not met or callable(lr)


# Range test


class Bowl:
    """A model with the loss offset + λ |θ|² / 2 on any data."""

    def __init__(self, curvature=1.0, offset=0.0, slope=1.0):
        self.curvature, self.offset, self.slope = curvature, offset, slope

    def start(self, runs=1, seed=0):
        return np.ones((runs, 2))

    def loss_and_gradient(self, theta, x, y):
        loss = self.offset + self.curvature * (theta**2).sum(axis=1) / 2
        return loss, self.slope * self.curvature * theta


DIGITS = datasets.digits()


def test_a_range_test_on_a_bowl_is_its_closed_form():
    found = range_test(Bowl(4.0), DIGITS, low=1e-4, high=10, steps=60, smoothing=0.8)
    rising = 1e-4 * 10 ** (5 * np.arange(60) / 59)
    np.testing.assert_allclose(found.lr, rising, rtol=1e-12)
    loss = 4 * np.cumprod([1, *(1 - 4 * rising[:-1])]) ** 2
    np.testing.assert_allclose(found.loss[:, 0], loss, rtol=1e-9)
    # The average with its weights written out.
    weights = 0.8 ** (np.arange(60)[:, None] - np.arange(60)) * np.tri(60)
    smooth = weights @ loss / weights.sum(axis=1)
    np.testing.assert_allclose(found.smooth[:, 0], smooth, rtol=1e-9)
    lowest = smooth.argmin()
    slope = (smooth[2 : lowest + 2] - smooth[:lowest]) / 2
    assert found.steepest[0] == found.suggestion[0] == found.lr[1 + slope.argmin()]
    again = lowest + (smooth[lowest:] > (4 + smooth[lowest]) / 2).argmax()
    assert found.blow_up[0] == found.lr[again]
    # It shrinks below a rate of 2 / 4. Beyond, it first has to grow back from almost nothing.
    assert 0.02 < found.suggestion[0] < 0.5 < found.blow_up[0]
    assert found.words == (
        f"try {found.suggestion[0]:.3g}, where the loss falls fastest; it blows up at a rate of {found.blow_up[0]:.3g}",
    )


@pytest.mark.parametrize(
    ("model", "rates", "words", "known"),
    [
        (Bowl(offset=10.0), (1e-9, 1e-4), "no suggestion: the curve is flat up to 0.0001; raise high", []),
        (Bowl(slope=0.0), (1e-6, 10), "no suggestion: the curve is flat up to 10; raise high", []),
        (Bowl(slope=-1.0), (1e-6, 10), "no suggestion: the loss never falls, and blows up at a rate of ", ["blow_up"]),
        (Bowl(), (100, 1e4), "no suggestion: the loss blows up at once, at a rate of 10[0-9]; lower low", ["blow_up"]),
        (Bowl(), (1e-6, 1), "no suggestion: the loss falls fastest at 0.[0-9]+ and does not blow up", ["steepest"]),
        (Bowl(offset=np.nan), (1e-6, 1), "no suggestion: the loss is not finite before the first step", ["blow_up"]),
        (Bowl(1e200), (1e-6, 1), "no suggestion: the loss blows up at once", ["blow_up"]),
    ],
)
def test_a_range_test_says_when_the_curve_supports_no_suggestion(model, rates, words, known):
    found = range_test(model, DIGITS, low=rates[0], high=rates[1])
    assert np.isnan(found.suggestion[0])
    assert {name for name in ("steepest", "blow_up") if not np.isnan(getattr(found, name)[0])} == set(known)
    import re

    assert re.match(words, found.words[0]), found.words


class Scripted(Bowl):
    """A model whose loss follows a list, whatever is done to it."""

    def __init__(self, losses):
        self.losses = iter(losses)

    def loss_and_gradient(self, theta, x, y):
        return np.array([next(self.losses)]), np.zeros_like(theta)


def read(losses):
    """What a range test of rates 1, 10, 100 ... makes of such losses, with no average."""
    return range_test(Scripted(losses), DIGITS, low=1, high=10.0 ** (len(losses) - 1), steps=len(losses), smoothing=0)


def test_what_happens_after_the_blow_up_counts_for_nothing():
    found = read([4, 4, 3.9, 3, 2, 1.6, 2, 2.9, 9, 3, 1.9, 30])
    assert found.steepest[0] == found.suggestion[0] == pytest.approx(1e3)  # from 3.9 to 2
    assert found.blow_up[0] == pytest.approx(1e7)  # halfway from 1.6 back to 4 is 2.8


def test_a_change_of_a_twentieth_is_clear_and_a_smaller_one_is_not():
    assert "flat" in read([4.0, 4, 3.81, 3.9, 4, 4.1, 4.19, 4, 4, 4]).words[0]
    assert "never falls, and blows up at a rate of 1e+06" in read([4.0, 4, 3.81, 3.9, 4, 4.1, 4.21, 4, 4, 4]).words[0]
    assert read([4.0, 4, 3.79, 3.9, 4, 4.1, 4.19, 4, 4, 4]).suggestion[0] == pytest.approx(10)
    assert "blows up at once, at a rate of 10;" in read([4.0, 5, *[5] * 18]).words[0]
    assert "never falls, and blows up at a rate of 100" in read([4.0, 4, 5, *[5] * 17]).words[0]


def test_a_loss_that_becomes_nan_after_its_fall_has_blown_up_there():
    class Breaking(Bowl):
        def loss_and_gradient(self, theta, x, y):
            loss, g = super().loss_and_gradient(theta, x, y)
            return np.where(loss < 0.05, np.nan, loss), g

    found = range_test(Breaking(), DIGITS, low=1e-3, high=1)
    assert found.blow_up[0] == found.lr[np.isnan(found.loss[:, 0]).argmax()]
    assert found.suggestion[0] < found.blow_up[0]


def test_a_range_test_leaves_everything_as_it_was(digits):
    model, data = digits

    def fresh():
        optimizer = Optimizer(
            "adam", np.zeros((3, 650)), beta1=[0.5, 0.9, 0.95], clip_norm=[1e-3, 0.1, 9], clip_value=0.01
        )
        stream = datasets.batches(1197, 64, 5)
        return optimizer, stream

    def advance(optimizer, stream, steps):
        for _ in range(steps):
            rows = next(stream)
            g = model.loss_and_gradient(optimizer.theta, data.train.x[rows], data.train.y[rows])[1]
            optimizer.step(g, 0.01)

    tested, stream = fresh()
    advance(tested, stream, 20)
    held = [tested.theta, *tested.state.values()]
    before = [array.copy() for array in held]
    np.random.seed(3)  # noqa: NPY002  the old global generator is what must not move
    drawn = np.random.random()  # noqa: NPY002
    np.random.seed(3)  # noqa: NPY002
    found = range_test(model, data, optimizer=tested, seed=1)
    assert np.random.random() == drawn  # noqa: NPY002
    for array, old in zip(held, before, strict=True):
        assert (array == old).all()
    assert tested.t == 20
    assert held[0] is tested.theta
    advance(tested, stream, 20)
    plain, stream = fresh()
    advance(plain, stream, 40)
    assert (tested.theta == plain.theta).all()
    # The test itself went on from step 20, with moments, clock and clipping, each run by itself.
    assert found.loss.shape == (100, 3)
    again, stream = fresh()
    advance(again, stream, 20)
    rows = datasets.batches(1197, 64, 1)
    for step in range(30):
        batch = next(rows)
        loss, g = model.loss_and_gradient(again.theta, data.train.x[batch], data.train.y[batch])
        assert (loss == found.loss[step]).all()
        again.step(g, found.lr[step])


def test_a_range_test_of_many_runs_tests_each_alone(digits):
    model, data = digits
    together = range_test(model, data, "momentum", high=100, momentum=[0.0, 0.5, 0.9])
    assert len(together.words) == 3
    for run, momentum in enumerate([0.0, 0.5, 0.9]):
        alone = range_test(model, data, "momentum", high=100, momentum=momentum)
        assert (alone.smooth[:, 0] == together.smooth[:, run]).all()
        assert alone.words[0] == together.words[run]
        assert alone.suggestion[0] == together.suggestion[run]
    assert together.suggestion[2] < together.suggestion[0]  # momentum of 0.9 makes steps ten times as long


@pytest.mark.parametrize("rule", ["sgd", "momentum", "adam", "rmsprop"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_on_the_digits_the_suggestion_lies_in_the_valley_of_a_measured_sweep(digits, rule, seed):
    model, data = digits
    suggestion = range_test(model, data, rule, high=100, seed=seed).suggestion[0]
    sweep = np.geomspace(1e-4, 100, 64)
    measured = training.train(model, data, rule, lr=sweep, steps=300, seed=seed)
    trained = training.train(model, data, rule, lr=suggestion * np.array([0.01, 1, 100]), steps=300, seed=seed)
    assert trained.accuracy[1] >= measured.accuracy.max() - 0.02
    assert trained.final_loss[1] < 2 * measured.final_loss.min()
    # The valley has an inside: a hundredth of the rate and a hundred times the rate lie outside of it.
    assert trained.final_loss[1] < 0.5 * trained.final_loss[[0, 2]].min()


@pytest.mark.parametrize("seed", [0, 1])
def test_on_a_network_the_suggestion_does_better_than_a_tenth_and_than_ten_times_of_it(seed):
    model = models.MLP((64, 32, 10))
    found = range_test(model, DIGITS, high=100, seed=seed)
    rows = next(datasets.batches(1197, 64, seed))
    start = model.start(1, seed)  # the seed draws the start, and the mini-batches
    assert found.loss[0] == model.loss(start, DIGITS.train.x[rows], DIGITS.train.y[rows])
    trained = training.train(model, DIGITS, lr=found.suggestion[0] * np.array([0.1, 1, 10]), steps=200, seed=seed)
    assert trained.final_loss[1] < 0.5 * trained.final_loss[[0, 2]].min()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"low": 1, "high": 1}, ValueError, "range_test: low must be below high; received 1 and 1"),
        ({"low": 2, "high": 1}, ValueError, "range_test: low must be below high; received 2 and 1"),
        ({"low": 0}, ValueError, r"range_test: low must be in \(0, inf\); received 0"),
        ({"high": np.nan}, ValueError, r"range_test: high must be in \(0, inf\); received nan"),
        ({"high": [1, 2]}, ValueError, r"range_test: high must be one number; received \[1, 2\]"),
        ({"steps": 9}, ValueError, "steps must be at least 10, or there is no curve to read; received 9"),
        ({"steps": 20.5}, ValueError, "steps must be a whole number in"),
        ({"smoothing": 1}, ValueError, r"smoothing must be in \[0, 1\); received 1"),
        ({"rule": "adan"}, ValueError, "unknown rule 'adan'; did you mean 'adam'"),
        ({"momentun": 0.9}, TypeError, "sgd: unknown hyperparameter 'momentun'"),
        ({"batch_size": 5000}, ValueError, r"batch_size must be a whole number in \[1, 1197\]"),
        ({"optimizer": Optimizer("sgd", np.ones((1, 2))), "beta1": 0}, TypeError, "not both; received beta1"),
    ],
)
def test_a_range_test_refuses_bad_input(arguments, error, message):
    with pytest.raises(error, match=message):
        range_test(Bowl(), DIGITS, **arguments)


def test_a_range_test_runs_in_the_dtype_of_the_data(digits):
    model, data = digits
    found = range_test(model, data.astype(np.float32), steps=40)
    exact = range_test(model, data, steps=40)
    np.testing.assert_allclose(found.loss[:20], exact.loss[:20], rtol=1e-4)
    assert not np.array_equal(found.loss, exact.loss)
