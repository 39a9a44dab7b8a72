"""Derivations of the papers, typed here by hand, must check; the same with a slip must be refused by name."""

import re

import pytest
import sympy
from IPython.core.formatters import DisplayFormatter

from lrcourse.derivations import E, WrongStep, derivation, proven

M = "m[t] == beta1*m[t - 1] + (1 - beta1)*g[t]"
UNROLLED = "(1 - beta1)*Sum(beta1**(t - i)*g[i], (i, 1, t))"
POSITIVE = {"lr": "(0, inf)", "lamda": "(0, inf)"}
UP_TO_8 = "proven for t = 1, …, 8"

# Each: the steps, the ranges, the verdicts.
RIGHT = {
    "the average of Adam, one step": (
        ["m[t]", ("beta1*m[t - 1] + (1 - beta1)*g[t]", "Adam, algorithm 1", M)],
        {},
        ["proven"],
    ),
    "the average of Adam, two steps": (
        [
            "beta1*m[t - 1] + (1 - beta1)*g[t]",
            (
                "beta1*(beta1*m[t - 2] + (1 - beta1)*g[t - 1]) + (1 - beta1)*g[t]",
                "the same one step before",
                "m[i] == beta1*m[i - 1] + (1 - beta1)*g[i]",
            ),
            ("beta1**2*m[t - 2] + (1 - beta1)*(beta1*g[t - 1] + g[t])", "collect"),
        ],
        {"t": "whole [2, inf)", "i": "whole [1, inf)"},
        ["proven for t = 2, …, 9", "proven"],
    ),
    "the average of Adam, unrolled": (
        ["m[t]", (UNROLLED, "unrolled down to the start", M, "m[0] == 0")],
        {},
        [UP_TO_8],
    ),
    "the average of Adam, counted from the newest (E18)": (
        [UNROLLED, ("(1 - beta1)*Sum(beta1**(i - 1)*g[t - i + 1], (i, 1, t))", "count backwards")],
        {},
        [UP_TO_8],
    ),
    "a constant comes out of a sum": (
        [UNROLLED, ("Sum((1 - beta1)*beta1**(t - i)*g[i], (i, 1, t))", "inside")],
        {},
        ["proven"],
    ),
    "the weights of the average": (
        ["Sum(beta1**(t - i), (i, 1, t))", ("(1 - beta1**t)/(1 - beta1)", "a geometric sum")],
        {},
        ["proven"],
    ),
    "the bias of Adam": (
        [
            "E(m[t])",
            (f"E({UNROLLED})", "unrolled", f"m[t] == {UNROLLED}"),
            ("(1 - beta1)*Sum(beta1**(t - i)*E(g[i]), (i, 1, t))", "E is linear"),
            ("(1 - beta1)*Sum(beta1**(t - i), (i, 1, t))*E(g)", "one mean for all", "E(g[i]) == E(g)"),
            ("(1 - beta1**t)*E(g)", "a geometric sum"),
        ],
        {},
        ["proven"] * 4,
    ),
    "the mean as a number": (
        [UNROLLED, ("(1 - beta1**t)*mean", "all gradients the same", "g[i] == mean")],
        {"mean": "(-inf, inf)"},
        ["proven"],
    ),
    "the variance": (
        ["E((g[t] - E(g[t]))**2)", ("E(g[t]**2) - E(g[t])**2", "multiply out")],
        {},
        ["proven"],
    ),
    "two forms of the exponential decay": (
        [
            "eta0*gamma**t",
            ("eta0*exp(-k)**t", "the factor of a period", "gamma == exp(-k)"),
            ("eta0*exp(-k*t)", "powers"),
        ],
        {"eta0": "(0, inf)", "k": "[0, inf)", "t": "[0, inf)"},
        ["proven"] * 2,
    ),
    "the decay from its equation": (
        ["Derivative(eta0*exp(-k*t), t)", ("-k*(eta0*exp(-k*t))", "differentiate")],
        {"eta0": "(0, inf)", "k": "[0, inf)", "t": "[0, inf)"},
        ["proven"],
    ),
    "the decay (1 - d)^(t/T) applied to the rate before (E2)": (
        [
            "peak_lr*Product((1 - d)**(i/every), (i, 1, t))",
            ("peak_lr*(1 - d)**(t*(t + 1)/(2*every))", "add up the exponents"),
        ],
        {"d": "(0, 1)"},
        ["proven"],
    ),
    "gradient descent on a parabola": (
        [
            "theta[t + 1]",
            ("theta[t] - lr*lamda*theta[t]", "a step", "theta[t + 1] == theta[t] - lr*lamda*theta[t]"),
            ("(1 - lr*lamda)*theta[t]", "factor"),
        ],
        POSITIVE,
        ["proven"] * 2,
    ),
    "gradient descent on a parabola, unrolled": (
        ["theta[t]", ("(1 - lr*lamda)**t*theta[0]", "unrolled", "theta[t] == (1 - lr*lamda)*theta[t - 1]")],
        POSITIVE,
        [UP_TO_8],
    ),
    "the largest stable rate": (
        [
            "abs(1 - lr*lamda) < 1",
            ("-1 < 1 - lr*lamda < 1", "the size of a number"),
            ("0 < lr*lamda < 2", "subtract 1, turn the signs"),
            ("lr < 2/lamda", "divide by the curvature"),
        ],
        POSITIVE,
        ["proven"] * 3,
    ),
    "the best rate for two curvatures": (
        ["abs(1 - lr*p) == abs(1 - lr*q)", ("lr == 2/(p + q)", "as slow in both", "p < q")],
        {"lr": "(0, inf)", "p": "(0, inf)", "q": "(0, inf)"},
        [r"computed at \d+ values"],
    ),
    "a power of the gradient step": (
        ["Sum(g[i], (i, 1, t))", ("t**2 + t", "each is twice its number", "g[i] == 2*i")],
        {},
        ["proven"],
    ),
    "an assumption about the time itself": (
        ["Sum(g[i], (i, 1, t))", ("t**2", "all as large as their number", "g[i] == t")],
        {},
        ["proven"],
    ),
    "an assumption with a sum in it": (
        ["Sum(m[i], (i, 1, t))", ("Sum((t - i + 1)*g[i], (i, 1, t))", "count", "m[t] == Sum(g[i], (i, 1, t))")],
        {"i": "whole [1, inf)"},
        [UP_TO_8],
    ),
    "an even number of steps": (
        ["Sum(g[i], (i, 1, t))", ("Sum(g[i], (i, 1, 2*pairs))", "put in", "t == 2*pairs")],
        {"pairs": "whole [1, inf)"},
        ["proven"],
    ),
    "a sum that is empty at first": (
        ["Sum(rho**i, (i, 0, t - 1))", ("(1 - rho**t)/(1 - rho)", "a geometric sum")],
        {},
        ["proven"],
    ),
    "a step with two counts": (
        ["Sum(rho**i, (i, 1, t + every))", ("Sum(rho**i, (i, 1, every + t))", "in any order")],
        {},
        ["proven"],
    ),
    "the size of a number": (
        ["abs(x) < 1", ("-1 < x < 1", "on both sides of 0"), ("x**2 < 1", "square")],
        {"x": "(-inf, inf)"},
        ["proven", r"computed at \d+ values"],
    ),
    "always true in the range": (
        ["x < 2", ("x < 3", "neither says anything")],
        {"x": "(0, 1)"},
        [r"computed at \d+ .*"],
    ),
    "a border that SymPy cannot find": (
        ["x*exp(x) + x < 1", ("x < 1 - x*exp(x)", "to the other side")],
        {"x": "(-inf, inf)"},
        ["proven"],
    ),
    "an identity that is clear for t = 1 only": (
        ["(t - 1)*Sum(rho**i, (i, 0, oo))", ("(t - 1)/(1 - rho)", "an endless sum")],
        {},
        ["computed at 256 values"],
    ),
    "an endless geometric sum": (
        ["Sum(rho**i, (i, 0, oo))", ("1/(1 - rho)", "the window of RMSprop")],
        {},
        ["computed at 32 values"],
    ),
}

# Each: the steps, the ranges, what the message must contain.
WRONG = {
    "swapped weights (E18)": (
        [UNROLLED, ("(1 - beta1)*Sum(beta1**(2 - i)*g[t - i + 1], (i, 1, t))", "count backwards")],
        {},
        [
            "step 1, 'count backwards'",
            "before: (1 - beta1)*Sum(beta1**(t - i)*g[i]",
            "after: (1 - beta1)*Sum(beta1**(2 -",
        ],
    ),
    "oldest and newest swapped": (
        [UNROLLED, ("(1 - beta1)*Sum(beta1**(i - 1)*g[i], (i, 1, t))", "count backwards")],
        {},
        ["step 1, 'count backwards'", "t = 2", "g[1] = ", "g[2] = "],
    ),
    "a dropped 1 - b": (
        ["m[t]", ("Sum(beta1**(t - i)*g[i], (i, 1, t))", "unrolled", M, "m[0] == 0")],
        {},
        ["step 1, 'unrolled'", "t = 1", "beta1 = "],
    ),
    "b^t for b^(t-1)": (
        ["m[t]", ("beta1**(t - 1)*m[0] + " + UNROLLED, "unrolled", M)],
        {},
        ["step 1, 'unrolled'", "m[0] = "],
    ),
    "a start at m[0] that is not 0": (["m[t]", (UNROLLED, "unrolled", M)], {}, ["step 1, 'unrolled'", "m[0] = "]),
    "a sign": (
        ["theta[t] - lr*lamda*theta[t]", ("(1 + lr*lamda)*theta[t]", "factor")],
        POSITIVE,
        ["step 1, 'factor'", "lamda = ", "lr = ", "theta[1] = "],
    ),
    "a geometric sum off by one": (
        ["Sum(beta1**(t - i), (i, 1, t))", ("(1 - beta1**(t + 1))/(1 - beta1)", "a geometric sum")],
        {},
        ["step 1, 'a geometric sum'", "after: (1 - beta1**(t + 1))/(1 - beta1)"],
    ),
    "a geometric sum that starts at 0": (
        ["Sum(beta1**(t - i), (i, 0, t))", ("(1 - beta1**t)/(1 - beta1)", "a geometric sum")],
        {},
        ["step 1, 'a geometric sum'", "t = 1"],
    ),
    "the bias without its power": (
        [
            "(1 - beta1)*Sum(beta1**(t - i), (i, 1, t))*E(g)",
            ("(1 - beta1**t)*E(g)", "a geometric sum"),
            ("(1 - beta1)*E(g)", "shorter"),
        ],
        {},
        ["step 2, 'shorter'", "before: (1 - beta1**t)*E(g)", "E(g) = ", "t = 2"],
    ),
    "means that differ": (
        [f"E({UNROLLED})", ("(1 - beta1**t)*E(g)", "one mean for all")],
        {},
        ["step 1, 'one mean for all'", "E(g[1]) = ", "E(g) = "],
    ),
    "the mean of a square": (
        ["E(g[t]**2)", ("E(g[t])**2", "E is linear")],
        {},
        ["step 1, 'E is linear'", "E(g[1]**2) = "],
    ),
    "the sign of the exponent": (
        ["eta0*gamma**t", ("eta0*exp(k*t)", "powers", "gamma == exp(-k)")],
        {"eta0": "(0, inf)", "k": "(0, inf)"},
        ["step 1, 'powers'", "eta0 = ", "k = ", "t = 1"],
    ),
    "a factor in the wrong place": (
        ["eta0*exp(-k*t)", ("eta0*(1 - k)**t", "gamma is 1 - k")],
        {"eta0": "(0, inf)", "k": "(0, 1)"},
        ["step 1, 'gamma is 1 - k'"],
    ),
    "one direction only": (
        ["abs(1 - lr*lamda) < 1", ("lr < 1/lamda", "small enough")],
        POSITIVE,
        ["step 1, 'small enough'", "it is True before and False after"],
    ),
    "half of a condition": (
        ["-1 < 1 - lr*lamda < 1", ("lr > 0", "the right half")],
        POSITIVE,
        ["step 1, 'the right half'", "it is False before and True after"],
    ),
    "the border itself": (
        ["abs(1 - lr*lamda) < 1", ("lr <= 2/lamda", "divide")],
        POSITIVE,
        ["step 1, 'divide'", "it is False before and True after"],
    ),
    "division by what may be negative": (
        ["lr*lamda < 2", ("lr < 2/lamda", "divide")],
        {"lamda": "(-inf, inf)"},
        ["step 1, 'divide'", "lamda = -"],
    ),
    "two rates where one is best": (
        ["abs(1 - lr*p) == abs(1 - lr*q)", ("lr == 2/(p + q)", "as slow in both")],
        {"lr": "(0, inf)", "p": "(0, inf)", "q": "(0, inf)"},
        ["step 1, 'as slow in both'", "it is True before and False after"],
    ),
    "a condition without a value": (
        ["2/x < 1", ("x > 2", "multiply")],
        {"x": "[0, inf)"},
        ["step 1, 'multiply'", "x = 0 it is nan before and False after"],
    ),
    "a sum that has no end": (
        ["Sum(x**i, (i, 0, oo))", ("1/(1 - x)", "a geometric sum")],
        {"x": "(-inf, 1)"},
        ["step 1, 'a geometric sum'"],
    ),
    "an endless sum of a sequence": (
        ["Sum(rho**i*g[i], (i, 0, oo))", ("g[j]/(1 - rho)", "all the same")],
        {},
        ["step 1, 'all the same'", "it is nan before"],
    ),
    "a root that loses its sign": (
        ["sqrt(g**2)", ("g", "the root of a square")],
        {},
        ["step 1, 'the root of a square'", "g = -"],
    ),
    "a value that does not exist": (
        ["(x**2 - 1)/(x - 1)", ("x + 1", "cancel")],
        {"x": "(-inf, inf)"},
        ["step 1, 'cancel'", "x = 1 it is nan before and 2 after"],
    ),
    "an end of the range": (
        ["Sum(gamma**i, (i, 1, t))", ("gamma*(1 - gamma**t)/(1 - gamma)", "a geometric sum")],
        {},
        ["step 1, 'a geometric sum'", "t = 2, gamma = 1 it is 2 before and nan after"],
    ),
}


@pytest.mark.parametrize("name", RIGHT)
def test_the_derivations_of_the_papers_check_and_say_how_far(name):
    steps, ranges, verdicts = RIGHT[name]
    checked = derivation(*steps, **ranges)
    found = [step.verdict for step in checked.steps[1:]]
    assert [bool(re.fullmatch(verdict, f)) for verdict, f in zip(verdicts, found, strict=True)] == [True] * len(found)
    assert checked.proven == (found == ["proven"] * len(found))


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_step_is_refused_by_name_and_with_an_example(name):
    steps, ranges, parts = WRONG[name]
    with pytest.raises(WrongStep, match="does not follow from the one before") as refusal:
        derivation(*steps, **ranges)
    assert [part for part in [*parts, "\n  With "] if part not in str(refusal.value)] == []


def test_the_example_is_one():
    with pytest.raises(WrongStep, match=r"With t = 1, beta1 = 0, g\[1\] = (\S+) it is \1 before and 0 after"):
        derivation(*WRONG["swapped weights (E18)"][0])


def test_a_range_decides_what_follows():
    assert derivation("sqrt(x**2)", ("x", "the root of a square"), x="[0, inf)").proven
    with pytest.raises(WrongStep, match="beta1 = 1 it is"):
        derivation("Sum(beta1**i, (i, 1, t))", ("beta1*(1 - beta1**t)/(1 - beta1)", "sum"), beta1="[0, 1]")
    with pytest.raises(WrongStep, match="With x = (9|[0-9]+)/[0-9]+ it is"):
        derivation("x**2", ("x", "close to 1"), x="[0.9, 0.99]")


def test_an_assumption_holds_in_its_range_only():
    doubled = "theta[t] == 2*theta[t - 1]"
    with pytest.raises(WrongStep, match=r"theta\[-1\] = .* theta\[0\] = |theta\[0\] = .* theta\[-1\] = "):
        derivation("theta[0]", ("2*theta[-1]", "before the first step", doubled))
    assert derivation("theta[1]", ("2*theta[0]", "the first step", doubled)).proven
    with pytest.raises(WrongStep, match="step 2"):
        derivation("gamma", ("exp(-k)", "assumed", "gamma == exp(-k)"), ("gamma", "forgotten"), k="(0, inf)")


def test_a_proof_needs_the_same_border():
    x = sympy.Symbol("x", real=True)
    assert proven(x < 1, 2 * x < 2)
    assert not proven(x < 1, x <= 1)
    assert not proven(x < 1, sympy.true)
    assert not proven(x < 1, sympy.Ne(x, 1))
    assert not proven(sympy.Abs(x) < 1, x < 1)


def test_the_expectation_is_linear_and_no_more():
    g = sympy.IndexedBase("g")
    a, b = sympy.symbols("a b")
    assert E(a) == a
    assert E(a * g[1] + b * g[2] + 3) == a * E(g[1]) + b * E(g[2]) + 3
    assert E(sympy.Sum(a * g[b], (b, 1, 3))) == sympy.Sum(a * E(g[b]), (b, 1, 3))
    assert E(E(g[1])) == E(g[1])
    assert E(E(g[1]) * g[2]) == E(g[1]) * E(g[2])
    assert E(g[1] * g[2]) != E(g[1]) * E(g[2])


def test_the_page_is_in_the_order_written_with_its_reasons_and_verdicts():
    checked = derivation(
        "E(m[t])",
        (f"E({UNROLLED})", "unrolled", f"m[t] == {UNROLLED}"),
        ("(1 - beta1)*Sum(beta1**(i - 1)*E(g[t - i + 1]), (i, 1, t))", r"backwards, {E} is linear"),
    )
    total = r"\left(1 - \beta_1\right) \sum_{i=1}^{t} \beta_1^{t - i} {g}_{i}"
    assert checked._repr_latex_() == (
        "$$\\begin{aligned}\n"
        r"& E{\left({m}_{t} \right)} \\" + "\n"
        rf"={{}}& E{{\left({total} \right)}} && \text{{unrolled}},\ {{m}}_{{t}} = {total} \\" + "\n"
        r"={}& \left(1 - \beta_1\right) \sum_{i=1}^{t} \beta_1^{i - 1} E{\left({g}_{t - i + 1} \right)}"
        r" && \text{backwards, \{E\} is linear}\text{ (proven for t = 1, …, 8)}" + "\n"
        "\\end{aligned}$$"
    )
    assert repr(checked).splitlines() == [
        "    E(m[t])",
        f"=   E({UNROLLED})    (unrolled; proven)",
        "=   (1 - beta1)*Sum(beta1**(i - 1)*E(g[t - i + 1]), (i, 1, t))    (backwards, {E} is linear; "
        "proven for t = 1, …, 8)",
    ]
    shown, _ = DisplayFormatter().format(checked)
    assert shown["text/latex"] == checked._repr_latex_()
    assert shown["text/plain"] == repr(checked)


def test_the_page_of_conditions():
    steps, ranges, _ = RIGHT["the largest stable rate"]
    checked = derivation(*steps, **ranges)
    assert checked._repr_latex_() == (
        "$$\\begin{aligned}\n"
        r"& \left|{1 - \eta \lambda}\right| < 1 \\" + "\n"
        r"\iff{}& -1 < 1 - \eta \lambda \wedge 1 - \eta \lambda < 1 && \text{the size of a number} \\" + "\n"
        r"\iff{}& 0 < \eta \lambda \wedge \eta \lambda < 2 && \text{subtract 1, turn the signs} \\" + "\n"
        r"\iff{}& \eta < \frac{2}{\lambda} && \text{divide by the curvature}" + "\n"
        "\\end{aligned}$$"
    )
    assert repr(checked).splitlines()[1] == "<=> -1 < 1 - lr*lamda < 1    (the size of a number; proven)"


@pytest.mark.parametrize(
    ("steps", "ranges", "error", "message"),
    [
        ([], {}, TypeError, "a derivation is a start and at least one step"),
        (["1"], {}, TypeError, "a derivation is a start and at least one step"),
        (["1", ("1", "one"), ("1",)], {}, TypeError, "step 2 must be .expression, reason in words"),
        (["1", ("1", " ")], {}, TypeError, "step 1 must be .expression, reason in words"),
        (["1", "1"], {}, TypeError, "step 1 must be .expression, reason in words.*received '1'"),
        ([None, ("1", "one")], {}, TypeError, "the start: an expression is a text.*received None"),
        (["1", ([1], "one")], {}, TypeError, r"step 1, 'one': an expression is a text.*received \[1\]"),
        (["1", ("(1, 2)", "one")], {}, TypeError, r"step 1, 'one': '\(1, 2\)' is no SymPy expression"),
        (["1", ("exp", "one")], {}, TypeError, "step 1, 'one': 'exp' is no SymPy expression"),
        (["1", ("1 +", "one")], {}, ValueError, r"step 1, 'one': cannot read '1 \+'"),
        (["1", ("", "one")], {}, ValueError, "step 1, 'one': cannot read ''"),
        (["1", ("bta1", "one")], {}, ValueError, "step 1, 'one': unknown name 'bta1'.*did you mean 'beta1'"),
        (["1", ("t.__class__", "one")], {}, ValueError, "step 1, 'one': unknown name '__class__'"),
        (["t", ("t > 0", "one")], {}, TypeError, "step 1, 'one': an expression and a condition"),
        (["t", ("t", "one", 1)], {}, TypeError, "step 1, 'one': an expression is a text.*received 1"),
        (["1", ("2", "one", "1 == 2")], {}, ValueError, "step 1, 'one': an assumed equation has a name"),
        (["1", ("2", "one", "t < 0")], {}, ValueError, "step 1, 'one': there are no values to check it at"),
        (["x", ("x", "one", "x")], {"x": "[2, 3]"}, ValueError, "step 1, 'one': there are no values to check it at"),
        (["Sum(x**i, (i, 0, oo))", ("2*Sum(x**i, (i, 0, oo))", "one")], {"x": "[2, 3]"}, ValueError, "are no values"),
        (["Sum(g[i], (i, 0, oo))", ("2*Sum(g[i], (i, 0, oo))", "one")], {}, ValueError, "there are no values"),
        (["m[i]", ("0", "one", "m[i] == m[i - 1]")], {}, ValueError, "step 1, 'one': its assumptions.* have no end"),
        (["a", ("a", "one")], {"a": "0..1"}, ValueError, "a needs a range such as .*received '0..1'"),
        (["a", ("a", "one")], {"a": "(1, 0)"}, ValueError, "a needs a range such as .*received '.1, 0.'"),
        (["a", ("a", "one")], {"a": 3}, ValueError, "a needs a range such as .*received 3"),
    ],
)
def test_bad_input_is_refused_by_name(steps, ranges, error, message):
    with pytest.raises(error, match=message):
        derivation(*steps, **ranges)
