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
START, END = r"\eta_{\mathrm{start}}", r"\eta_{\mathrm{end}}"
GONE = r"s &= \min\left(1, \frac{t}{D}\right)"
HALF_COSINE = rf"\eta_{{t}} &= {END} + \frac{{\eta_{{\max}} - {END}}}{{2}} \left(1 + \cos{{\left(\pi s \right)}}\right)"
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
    "step_decay": [r"n &= \left\lfloor{\frac{t}{T}}\right\rfloor", r"\eta_{t} &= \eta_{\max} \gamma^{n}"],
    "inverse_time_decay": [r"n &= \frac{t}{T}", r"\eta_{t} &= \frac{\eta_{\max}}{1 + k n}"],
    "inverse_sqrt_decay": [
        r"t' &= t + 1",
        r"\eta_{t} &= \eta_{\max} \min\left(\frac{t'}{W}, \sqrt{\frac{W}{t'}}\right)",
    ],
    "linear_decay": [GONE, rf"\eta_{{t}} &= {END} + \left(\eta_{{\max}} - {END}\right) \left(1 - s\right)"],
    "polynomial_decay": [
        GONE,
        rf"\eta_{{t}} &= {END} + \left(\eta_{{\max}} - {END}\right) \left(1 - s\right)^{{p}}",
    ],
    "cosine_decay": [GONE, HALF_COSINE],
    "cosine_restarts": [
        r"x &= \frac{\log{\left(1 + \frac{\left(q - 1\right) t}{T} \right)}}{\log{\left(q \right)}} "
        r"+ 1.0 \cdot 10^{-12}",
        r"c &= \left\lfloor{\begin{cases} x & \text{for}\: q > 1 \\\frac{t}{T} & \text{otherwise} "
        r"\end{cases}}\right\rfloor",
        r"\ell &= T q^{c}",
        r"a &= \begin{cases} \frac{\ell - T}{q - 1} & \text{for}\: q > 1 \\T c & \text{otherwise} \end{cases}",
        r"s &= \frac{t - a}{\ell}",
        HALF_COSINE,
    ],
    "warmup": [
        r"s &= \min\left(1, \frac{t + 1}{W}\right)",
        rf"\eta_{{t}} &= {START} + \left(\eta_{{\max}} - {START}\right) s",
    ],
    "cyclical": [
        r"c &= \left\lfloor{\frac{t}{2 T}}\right\rfloor",
        r"r &= 1 - \left|{\left(\frac{t}{T} - 2 c\right) - 1}\right|",
        r"h &= r",
        rf"\eta_{{t}} &= {START} + \left(\eta_{{\max}} - {START}\right) h \gamma^{{t}}",
    ],
    "warmup_stable_decay": [
        r"r &= \min\left(1, \frac{t + 1}{W}\right)",
        r"s &= \min\left(1, \frac{\max\left(0, \left(t - W\right) - S\right)}{D}\right)",
        rf"\eta_{{t}} &= \min\left(\eta_{{\max}} r, {END} + "
        rf"\left(\eta_{{\max}} - {END}\right) \left(1 - s\right)\right)",
    ],
}
# They look up a list, or go through phases: no line of arithmetic says it.
WITHOUT_A_PAGE = {"piecewise_constant", "multistep_decay", "one_cycle", "one_cycle_momentum"}


def test_every_formula_is_on_a_page():
    assert PAGES.keys() == {*RULES, *SCHEDULES} - WITHOUT_A_PAGE


@pytest.mark.parametrize("name", WITHOUT_A_PAGE)
def test_what_has_no_formula_says_so(name):
    with pytest.raises(ValueError, match="no page can show the line|unknown function in a formula 'searchsorted'"):
        formulas.latex(name)


@pytest.mark.parametrize("name", PAGES)
def test_the_page_shows_the_paper_line_by_line_in_the_order_of_the_source(name):
    page = formulas.latex(name)
    assert page == "\\begin{aligned}\n" + " \\\\\n".join(PAGES[name]) + "\n\\end{aligned}"
    assert formulas.latex({**RULES, **SCHEDULES}[name]) == page
    assert formulas.show(name).data == page


def test_a_fixed_flag_picks_its_branch():
    staircase = partial(schedules.exponential_decay, staircase=True)
    assert r"n &= \left\lfloor{\frac{t}{T}}\right\rfloor" in formulas.latex(staircase)
    halved = partial(schedules.cyclical, shape="triangular2")
    assert r"h &= r 2^{- c}" in formulas.latex(halved)


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
