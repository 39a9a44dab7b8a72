"""Each rule in its own look, in every picture."""

from functools import partial

import numpy as np

from lrcourse import datasets, models, plotting, problems, rules, schedules, sweeps, training
from lrcourse.plotting import inks, series
from lrcourse.plotting.curves import curves
from lrcourse.plotting.descents import descents


def test_each_rule_has_one_look_and_no_two_the_same_in_colour_or_in_grey():
    assert set(inks.RULES) <= set(rules.RULES)
    assert len({(color, str(dash)) for color, dash, _ in inks.RULES.values()}) == len(inks.RULES)
    assert len({(str(dash), marker) for _, dash, marker in inks.RULES.values()}) == len(inks.RULES)
    # What lessons compare differs in colour, dash and marker.
    for together in (("sgd", "momentum", "adam", "adam_uncorrected"), ("sgd", "momentum", "rmsprop", "adam")):
        for part in zip(*(inks.RULES[rule] for rule in together), strict=True):
            assert len(set(map(str, part))) == 4


def test_a_rule_looks_the_same_wherever_it_stands_and_whatever_stands_beside_it():
    alone, among = inks.looks_of(["adam"]), inks.looks_of(["sgd", "nadam", "adam"])
    assert alone[0] == among[2] == inks.looks_of(["adam", "sgd"])[0]
    assert inks.looks_of(["sgd", "adam"])[::-1] == inks.looks_of(["adam", "sgd"])


def test_of_curves_with_one_rule_each_has_a_look_of_its_own():
    looks = inks.looks_of(["adam"] * 3)
    assert len({look["color"] for look in looks}) == len({look["linestyle"] for look in looks}) == 3


def test_curves_that_share_rules_have_their_colours_and_differ_in_dash_and_marker():
    looks = inks.looks_of(["adam", "adam", "sgd", "sgd"])
    adam, sgd = inks.RULES["adam"][0], inks.RULES["sgd"][0]
    assert [look["color"] for look in looks] == [adam, adam, sgd, sgd]
    assert len({(str(look["linestyle"]), look["marker"]) for look in looks}) == 4


def drawn(axes):
    return {(line.get_color(), line.get_linestyle(), line.get_marker()) for line in axes.lines}


def test_pictures_draw_each_rule_in_its_look_in_whatever_order_they_come():
    def run(seed, rule, lr):
        return {"rule": rule, "schedule": None, "batch_size": 64, "seed": seed, "lr": lr}

    runs = [run(seed, rule, lr) for rule in ("sgd", "momentum") for lr in (0.1, 1.0) for seed in (0, 1)]
    sweep = sweeps.Sweep(
        runs=runs,
        lr=np.array([[one["lr"] for one in runs]] * 3),
        loss=np.full((3, len(runs)), 2.0),
        diverged=np.full(len(runs), -1),
        final_loss=np.linspace(0.5, 1, len(runs)),
        accuracy=np.full(len(runs), np.nan),
    )
    wanted = {inks.RULES["sgd"], inks.RULES["momentum"]}
    assert wanted <= drawn(plotting.valley(sweep).axes[0])
    lines = {look[:2] for look in drawn(plotting.losses(sweep, runs=[4, 0]).axes[0])}
    assert {look[:2] for look in wanted} <= lines
    bowl = problems.quadratic([1, 10])
    histories = {rule: training.descend(bowl, rule, [0.01, 0.1], 5) for rule in ("momentum", "sgd")}
    assert wanted <= drawn(descents(histories).axes[0])


def test_each_schedule_has_one_look_and_no_two_the_same():
    assert set(inks.SCHEDULES) <= set(schedules.SCHEDULES)
    looks = [inks.look(name) for name in inks.SCHEDULES]
    assert len({(look["color"], str(look["linestyle"])) for look in looks}) == len(looks)
    assert len({(str(look["linestyle"]), look["marker"]) for look in looks}) == len(looks)


def test_where_rules_and_schedules_differ_the_rule_gives_the_look():
    settings = [{"rule": rules.RULES["sgd"], "schedule": schedules.constant}, {"rule": "adam", "schedule": None}]
    assert series.behind(settings) == ["sgd", "adam"]
    assert series.behind(
        [{"rule": "sgd"}, {"rule": "sgd", "schedule": partial(schedules.cosine_decay, decay_steps=3)}]
    ) == [
        "constant",
        "cosine_decay",
    ]


def test_a_name_of_ones_own_gets_a_look_that_is_free():
    looks = inks.looks_of(["mine", "constant", "yours", "linear_decay"])
    assert looks[1] == inks.look("constant") == inks.numbered(0)
    assert len({(look["color"], str(look["linestyle"])) for look in looks}) == 4


def test_a_schedule_looks_the_same_in_every_picture():
    linear = partial(schedules.linear_decay, peak_lr=1, decay_steps=10)
    falling = partial(schedules.exponential_decay, peak_lr=1, gamma=0.9)
    wanted = {tuple(inks.look(name).values())[:2] for name in ("linear_decay", "exponential_decay")}

    def styles(picture):
        return {look[:2] for look in drawn(picture.axes[0])}

    assert wanted <= styles(plotting.schedules(falling, linear, steps=10))
    assert wanted <= styles(curves([linear, falling], 10, ["linear decay", "exponential decay"]))
    runs = sweeps.grid(schedule=[linear, falling], lr=[0.1, 1.0], seed=[0], batch_size=[8])
    data, model = datasets.two_moons(examples=60, seed=0), models.SoftmaxRegression(2, 2)
    sweep = sweeps.sweep(model, data, runs, steps=3, progress=False)
    assert wanted <= styles(plotting.valley(sweep))
    assert wanted <= styles(plotting.losses(sweep, runs=[0, 2]))
