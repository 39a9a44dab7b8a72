"""The formula on the page against the paper (typed here by hand) and against the numbers of the code."""

from functools import partial

import numpy as np
import pytest
import sympy

from lrcourse import formulas, rules, schedules
from lrcourse.rules import RULES
from lrcourse.schedules import SCHEDULES

MOMENTS = [
    r"m_{t} &= \beta_{1} m_{t-1} + \left(1 - \beta_{1}\right) g_{t}",
    r"v_{t} &= \beta_{2} v_{t-1} + \left(1 - \beta_{2}\right) g_{t}^{2}",
]
CORRECTED = [r"\hat{m}_t &= \frac{m_{t}}{1 - \beta_{1}^{t}}", r"\hat{v}_t &= \frac{v_{t}}{1 - \beta_{2}^{t}}"]
ADAM_STEP = r"\theta_{t} &= \theta_{t-1} - \frac{\eta \hat{m}_t}{\sqrt{\hat{v}_t} + \epsilon}"
PAGES = {
    "sgd": [r"\theta_{t} &= \theta_{t-1} - \eta g_{t}"],
    "momentum": [r"b_{t} &= \mu b_{t-1} + g_{t}", r"\theta_{t} &= \theta_{t-1} - \eta b_{t}"],
    "adam": [*MOMENTS, *CORRECTED, ADAM_STEP],
    "heavy_ball": [r"b_{t} &= \mu b_{t-1} - \eta g_{t}", r"\theta_{t} &= \theta_{t-1} + b_{t}"],
    "nesterov": [
        r"b_{t} &= \mu b_{t-1} + g_{t}",
        r"\theta_{t} &= \theta_{t-1} - \eta \left(g_{t} + \mu b_{t}\right)",
    ],
    "adagrad": [
        r"G_{t} &= G_{t-1} + g_{t}^{2}",
        r"\theta_{t} &= \theta_{t-1} - \frac{\eta g_{t}}{\sqrt{G_{t}} + \epsilon}",
    ],
    "rmsprop": [
        r"v_{t} &= \rho v_{t-1} + \left(1 - \rho\right) g_{t}^{2}",
        r"\theta_{t} &= \theta_{t-1} - \frac{\eta g_{t}}{\sqrt{v_{t}} + \epsilon}",
    ],
    "adadelta": [
        r"v_{t} &= \rho v_{t-1} + \left(1 - \rho\right) g_{t}^{2}",
        r"\Delta_{t} &= \frac{\sqrt{u_{t-1} + \epsilon}}{\sqrt{v_{t} + \epsilon}} g_{t}",
        r"u_{t} &= \rho u_{t-1} + \left(1 - \rho\right) \Delta_{t}^{2}",
        r"\theta_{t} &= \theta_{t-1} - \eta \Delta_{t}",
    ],
    "adam_uncorrected": [*MOMENTS, r"\theta_{t} &= \theta_{t-1} - \frac{\eta m_{t}}{\sqrt{v_{t}} + \epsilon}"],
    "adamw": [
        r"\tilde{\theta}_t &= \theta_{t-1} - \eta \lambda \theta_{t-1}",
        *MOMENTS,
        *CORRECTED,
        r"\theta_{t} &= \tilde{\theta}_t - \frac{\eta \hat{m}_t}{\sqrt{\hat{v}_t} + \epsilon}",
    ],
    "amsgrad": [
        *MOMENTS,
        r"v^{\max}_t &= \max\left(v^{\max}_{t-1}, v_{t}\right)",
        CORRECTED[0],
        r"\hat{v}_t &= \frac{v^{\max}_t}{1 - \beta_{2}^{t}}",
        ADAM_STEP,
    ],
    "nadam": [
        *MOMENTS,
        r"\hat{m}_t &= \frac{\beta_{1} m_{t}}{1 - \beta_{1}^{t + 1}} + "
        r"\frac{\left(1 - \beta_{1}\right) g_{t}}{1 - \beta_{1}^{t}}",
        CORRECTED[1],
        ADAM_STEP,
    ],
    "radam": [
        *MOMENTS,
        *CORRECTED,
        r"\rho^{\infty} &= \frac{2}{1 - \beta_{2}} - 1",
        r"\rho_{t} &= \rho^{\infty} - \frac{2 t \beta_{2}^{t}}{1 - \beta_{2}^{t}}",
        r"r_{t} &= \sqrt{\max\left(0, \frac{\left(\rho_{t} - 4\right) \left(\rho_{t} - 2\right) \rho^{\infty}}"
        r"{\left(\rho^{\infty} - 4\right) \left(\rho^{\infty} - 2\right) \rho_{t}}\right)}",
        r"\Delta_{t} &= \begin{cases} \frac{r_{t} \hat{m}_t}{\sqrt{\hat{v}_t} + \epsilon} & \text{for}\: \rho_{t} > 4 "
        r"\\\hat{m}_t & \text{otherwise} \end{cases}",
        r"\theta_{t} &= \theta_{t-1} - \eta \Delta_{t}",
    ],
    "lion": [
        r"c_{t} &= \beta_{1} m_{t-1} + \left(1 - \beta_{1}\right) g_{t}",
        r"m_{t} &= \beta_{2} m_{t-1} + \left(1 - \beta_{2}\right) g_{t}",
        r"\theta_{t} &= \theta_{t-1} - "
        r"\eta \left(\operatorname{sign}{\left(c_{t} \right)} + \lambda \theta_{t-1}\right)",
    ],
    "constant": [r"\eta_{t} &= \eta"],
    "exponential_decay": [r"n &= \frac{t}{T}", r"\eta_{t} &= \eta_{\max} \gamma^{n}"],
    "natural_exponential_decay": [r"n &= \frac{t}{T}", r"\eta_{t} &= \eta_{\max} e^{- k n}"],
}


def test_every_formula_is_on_a_page():
    assert PAGES.keys() == {*RULES, *SCHEDULES}


@pytest.mark.parametrize("name", PAGES)
def test_the_page_shows_the_paper_line_by_line_in_the_order_of_the_source(name):
    page = formulas.latex(name)
    assert page == "\\begin{aligned}\n" + " \\\\\n".join(PAGES[name]) + "\n\\end{aligned}"
    assert formulas.latex({**RULES, **SCHEDULES}[name]) == page
    assert formulas.show(name).data == page


def test_a_fixed_flag_picks_its_branch():
    staircase = partial(schedules.exponential_decay, staircase=True)
    assert r"n &= \left\lfloor{\frac{t}{T}}\right\rfloor" in formulas.latex(staircase)


def numbers(formula, values):
    """The last line of the page with numbers put in from the first line down: symbols in, symbols out, then floats."""
    values = {sympy.Symbol(name): value for name, value in values.items()}
    for line in formulas.equations(formula):
        values[line.lhs] = float(line.rhs.doit().subs(values))
    return values[line.lhs]


def test_the_page_computes_what_the_code_computes():
    given = {"theta_": 0.3, "g": -0.7, "m": 0.2, "v": 0.5}
    theta, _, _ = rules.adam(*given.values(), lr=0.01, t=3)
    page = {r"\theta_{t-1}": 0.3, "g_t": -0.7, "m_{t-1}": 0.2, "v_{t-1}": 0.5, r"\eta": 0.01, "t": 3}
    page |= {r"\beta_1": 0.9, r"\beta_2": 0.999, r"\epsilon": 1e-8}
    assert numbers("adam", page) == pytest.approx(theta, rel=1e-14)
    page = {"t": 25, "T": 10, r"\eta_{\max}": 0.3, "k": 0.7}
    staircase = partial(schedules.natural_exponential_decay, staircase=True)
    assert numbers(staircase, page) == pytest.approx(0.3 * np.exp(-1.4), rel=1e-14)


def test_a_changed_rule_changes_its_page():
    @rules.rule()
    def uphill(theta, g, lr):
        return theta + lr * g

    try:
        assert formulas.latex(uphill) == "\\begin{aligned}\n\\theta_{t} &= \\theta_{t-1} + \\eta g_{t}\n\\end{aligned}"
    finally:
        del RULES["uphill"]


def test_bad_input_is_refused_by_name():
    with pytest.raises(ValueError, match="unknown rule or schedule 'adma'; did you mean 'adam'"):
        formulas.latex("adma")
    with pytest.raises(ValueError, match="unknown function in a formula 'tan'"):
        _ = formulas.Library().tan
