"""Derivations whose steps are checked: one that does not follow from the step before is an error that names it.

Both sides of a step are computed at exact numbers, then SymPy is asked for a proof. A proof is for values in general;
the ends of closed ranges are among the numbers. A step that is not proven says what it rests on.
"""

import ast
import contextlib
import itertools
import random
import re
from collections import namedtuple

import sympy
from sympy.logic.boolalg import Boolean
from sympy.parsing.sympy_parser import auto_number, parse_expr, rationalize

from lrcourse import formulas, glossary

POINTS = 32  # at how many values both sides are computed, for each t
INSTANCES = 8  # for how many t a step is proven one by one, where SymPy cannot prove it for any t
ROUNDS = 50  # how often assumptions are put into one another
ANY = "(-inf, inf)"
INTERVAL = re.compile(r"(whole )?[\[(]-?(inf|[\d.]+), -?(inf|[\d.]+)[\])]")
NUMBERS = sorted({sympy.Rational(n, d) for d in (1, 2, 3, 10) for n in (-3, -2, -1, 0, 1, 2, 3, 5)})

Step = namedtuple("Step", "text expression reason assumptions verdict")


class WrongStep(ValueError):
    """A step that does not follow from the one before it."""


class Array(sympy.Symbol):
    """A name that may carry an index. (IndexedBase without one is endless to loop over, which SymPy tries.)"""

    def __getitem__(self, index):
        return sympy.IndexedBase(sympy.Symbol(self.name, **self.assumptions0))[index]

    __iter__ = None


class E(sympy.Function):
    """The expectation: linear. Arrays are random, with an index or without; everything else is constant."""

    @classmethod
    def eval(cls, inside):
        inside = sympy.expand(inside)
        if isinstance(inside, sympy.Add):
            return sympy.Add(*map(cls, inside.args))
        if isinstance(inside, sympy.Sum):
            return sympy.Sum(cls(inside.function), *inside.limits)
        hidden = {expectation: sympy.Dummy() for expectation in inside.atoms(cls)}
        parts = inside.xreplace(hidden).as_independent(Array, sympy.Indexed, as_Add=False)
        constant, chance = (part.xreplace({v: k for k, v in hidden.items()}) for part in parts)
        return constant if chance == 1 else constant * cls(chance) if constant != 1 else None


FUNCTIONS = {
    **{name: getattr(sympy, name) for name in ("Derivative", "Product", "Sum", "log", "oo")},
    **formulas.FUNCTIONS,
    "abs": lambda inside: sympy.Abs(inside, evaluate=False),
    "E": lambda inside: E(inside, evaluate=False),
}


def derivation(*steps, **ranges):
    """Check ``start, (expression, reason, *assumptions), ...``; a notebook shows the result with its reasons.

    Expressions are texts, shown as written: all equal, or all equivalent conditions. Names are those of the glossary,
    i and j for whole numbers, and those given a range: ``k="(0, inf)"``, ``t="whole [2, inf)"``. An assumption is a
    condition, or an equation that puts its right side for its left, where an index stands for any in its range.
    Raises WrongStep, which names the step, and TypeError or ValueError for what cannot be read.
    """
    if len(steps) < 2:
        raise TypeError("a derivation is a start and at least one step: derivation(start, (expression, reason), ...)")
    rows = [("the start", steps[0], "")]
    for number, step in enumerate(steps[1:], 1):
        if not (isinstance(step, tuple) and len(step) > 1 and isinstance(step[1], str) and step[1].strip()):
            raise TypeError(f"step {number} must be (expression, reason in words, *assumptions); received {step!r}")
        rows.append((f"step {number}, {step[1]!r}", *step))
    terms = {name: term.allowed for name, term in glossary.TERMS.items() if term.allowed != "flag"}
    ranges = {**terms, "i": f"whole {ANY}", "j": f"whole {ANY}", **ranges}
    known = names(ranges, str([(text, given) for _, text, _, *given in rows]))
    done = []
    for place, text, reason, *given in rows:
        expression, *assumptions = (read(place, part, known) for part in (text, *given))
        step = Step(text, expression, reason, assumptions, "")
        done.append(step._replace(verdict=check(place, done[-1], step, ranges)) if done else step)
    return Derivation(done)


class Derivation:
    """A checked derivation. steps: of each the text, expression, reason, assumptions and verdict."""

    def __init__(self, steps):
        self.steps = steps
        self.proven = all(step.verdict == "proven" for step in steps[1:])
        self.sign = ("=", "={}&") if isinstance(steps[0].expression, sympy.Expr) else ("<=>", r"\iff{}&")

    def _repr_latex_(self):
        lines = [f"& {latex(self.steps[0].expression)}"]
        for step in self.steps[1:]:
            reason = re.sub(r"[\\{}]", r"\\\g<0>", step.reason)
            given = "".join(rf",\ {latex(assumption)}" for assumption in step.assumptions)
            mark = "" if step.verdict == "proven" else rf"\text{{ ({step.verdict})}}"
            lines.append(rf"{self.sign[1]} {latex(step.expression)} && \text{{{reason}}}{given}{mark}")
        return "$$\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}$$"

    def __repr__(self):
        lines = [f"{self.sign[0]:4}{step.text}    ({step.reason}; {step.verdict})" for step in self.steps[1:]]
        return "\n".join([f"    {self.steps[0].text}", *lines])


def latex(expression):
    """LaTeX in the order written, with the symbols of the glossary."""
    terms = {s: glossary.TERMS.get(s.name) for s in expression.atoms(sympy.Symbol)}
    symbols = {s: term.symbol for s, term in terms.items() if term and term.symbol}
    return sympy.latex(expression, order="none", fold_short_frac=False, symbol_names=symbols)


def names(ranges, text):
    """What each name stands for: an array if it has no range of its own, or an index anywhere in the text."""
    known = {}
    for name, interval in ranges.items():
        if interval is not None and not (INTERVAL.fullmatch(str(interval)) and numbers(interval)):
            raise ValueError(f"{name} needs a range such as '(0, inf)' or 'whole [1, inf)'; received {interval!r}")
        left, low, *_ = glossary.bounds(interval or ANY)
        sign = "positive" if low > 0 or (low == 0 and left == "(") else "nonnegative" if low == 0 else "real"
        kind = Array if interval is None or re.search(rf"\b{name}\[", text) else sympy.Symbol
        known[name] = kind(name, **{"integer" if "whole" in (interval or ANY) else "real": True, sign: True})
    return known | FUNCTIONS


def numbers(interval):
    """Exact numbers in an interval; of whole numbers the first."""
    _, low, high, _ = glossary.bounds(interval)
    found = NUMBERS
    if interval.startswith("whole"):
        found = [sympy.Integer(max(low, -3)) + n for n in range(INSTANCES)]
    elif abs(low) + abs(high) < sympy.oo:
        low, high = sympy.Rational(str(low)), sympy.Rational(str(high))
        found = [low + (high - low) * n / 12 for n in range(13)]
    return [number for number in found if glossary.inside(interval, float(number))]


def read(place, text, known):
    """A text as a SymPy expression or condition, unevaluated."""
    if not isinstance(text, str):
        raise TypeError(f"{place}: an expression is a text such as '1 - beta1**t'; received {text!r}")
    for name in re.findall(r"\b[^\W\d]\w*", text):
        if name not in known:
            raise ValueError(f"{place}: unknown name {name!r} in {text!r}; {glossary.suggestion(name, known)}")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        if isinstance(tree, ast.Compare):  # SymPy before 1.14 reads a < b < c as a < b
            pairs = zip([tree.left, *tree.comparators], tree.ops, tree.comparators, strict=False)
            text = " & ".join(f"({ast.unparse(ast.Compare(one, [op], [two]))})" for one, op, two in pairs)
        expression = parse_expr(text.strip(), known, (auto_number, rationalize), vars(sympy).copy(), evaluate=False)
    except Exception as error:  # whatever a slip of the pen leads to
        raise ValueError(f"{place}: cannot read {text!r} ({type(error).__name__}: {error})") from None
    if not isinstance(expression, sympy.Expr | Boolean):
        raise TypeError(f"{place}: {text!r} is no SymPy expression or condition")
    return expression


def check(place, before, step, ranges):
    """The verdict on a step. WrongStep if it does not follow."""
    if isinstance(before.expression, sympy.Expr) != isinstance(step.expression, sympy.Expr):
        raise TypeError(f"{place}: an expression and a condition cannot follow from each other")
    rules = [rule(place, assumption, ranges) for assumption in step.assumptions if isinstance(assumption, sympy.Eq)]
    conditions = [assumption for assumption in step.assumptions if not isinstance(assumption, sympy.Eq)]
    sides = [evaluated(side) for side in (before.expression, step.expression, *conditions)]
    general = [settle(place, side, rules) for side in sides]
    counts = {s for side in sides + general for s in side.free_symbols if s.is_integer} - {left for left, *_ in rules}
    pools = {s: numbers(ranges[s.name])[: INSTANCES // len(counts)] for s in sorted(counts, key=str)}
    cases = [dict(zip(pools, values, strict=True)) for values in itertools.product(*pools.values())]
    concrete = [[settle(place, side, rules, case) for side in sides] for case in cases]
    tried = 0
    for case, here in zip(cases, concrete, strict=True):
        for point in points(here, ranges):
            one, two, *given = (value(side, point) for side in here)
            if set(given) <= {sympy.true} and not one == two == sympy.nan:
                tried += 1
                if not agree(one, two):
                    where = ", ".join(f"{name} = {number}" for name, number in {**case, **point}.items())
                    raise WrongStep(
                        f"{place}, does not follow from the one before.\n  before: {before.text}\n"
                        f"  after: {step.text}\n  With {where} it is {one} before and {two} after."
                    )
    if not tried:
        raise ValueError(f"{place}: there are no values to check it at")
    if proven(*general):
        return "proven"
    if pools and all(proven(*here) for here in concrete):
        return "proven for " + " and ".join(f"{s} = {pool[0]}, …, {pool[-1]}" for s, pool in pools.items())
    return f"computed at {tried} values"


def evaluated(expression):
    """What was read as it is written, as SymPy knows it: it takes a sum up to 1 - 1 for one without a value."""
    return expression.replace(sympy.Mul, sympy.Mul).replace(sympy.Add, sympy.Add)


def rule(place, equation, ranges):
    """An assumed equation: its left and right with wild cards for the indices on the left, and the least of each."""
    left, right = map(evaluated, equation.args)
    if not isinstance(left, sympy.Symbol | sympy.Indexed | E):
        raise ValueError(f"{place}: an assumed equation has a name, an indexed name or E(...) on its left, not {left}")
    indices = sympy.Tuple(*(indexed.indices for indexed in left.atoms(sympy.Indexed)))
    wilds = {s: sympy.Wild(s.name) for s in indices.free_symbols}
    least = {wilds[s]: numbers(ranges[s.name])[0] for s in wilds if s.is_nonnegative}
    return left.subs(wilds), right.subs(wilds), least


def settle(place, expression, rules, case=()):
    """An expression with a case (values of whole numbers) and the assumptions put in, and its sums added up."""
    expression = expression.subs(case)
    for _ in range(ROUNDS):
        before, expression = expression, expression.doit()
        for left, right, least in rules:
            for part in expression.atoms(type(left)):
                match = part.match(left)
                # m[0] is no case of an equation for t = 1, 2, …
                if match is not None and all((match[w] - low).is_nonnegative for w, low in least.items()):
                    expression = expression.xreplace({part: right.xreplace(match).subs(case)})
        if expression == before:
            return expression
    raise ValueError(f"{place}: its assumptions, put into one another, have no end")


def points(sides, ranges):
    """Numbers for everything free in the sides, each in its range; for conditions also where they are just met."""
    whole = sympy.Tuple(*sides)
    # g[1] and E(g[1]) are numbers of their own; the g[i] of a sum that SymPy cannot add up has none.
    indexed = whole.atoms(sympy.Indexed)
    closed = {part for part in indexed | whole.atoms(E) if not any(s.is_integer for s in part.free_symbols)}
    own = {part: sympy.Dummy() for part in closed}
    loose = whole.xreplace(own).free_symbols - indexed - {part.base.label for part in indexed}
    free = sorted((loose - {*own.values()}) | {part for part in own if own[part] in loose}, key=str)
    intervals = {name: ranges.get(str(name).split("[")[0]) or ANY for name in free}
    relations = sorted(whole.atoms(sympy.Rel), key=str)
    chance = random.Random(0)
    # Each number in a range is among those drawn.
    columns = [chance.sample((numbers(interval) * POINTS)[:POINTS], POINTS) for interval in intervals.values()]
    for _, *row in zip(range(POINTS), *columns, strict=True):
        point = dict(zip(intervals, row, strict=True))
        yield point
        if relations and point:
            relation, name = chance.choice(relations), chance.choice([*point])
            margin = (relation.lhs - relation.rhs).xreplace({n: v for n, v in point.items() if n != name})
            with contextlib.suppress(NotImplementedError):  # an equation that SymPy cannot solve
                for root in sympy.solve(margin, name):
                    if root.is_real and glossary.inside(intervals[name], float(root)):
                        yield {**point, name: root}


def value(expression, point):
    """The value of an expression or a condition; nan where it has none."""
    try:
        number = expression.xreplace(point).doit()
    except TypeError:  # a condition on what is not finite
        return sympy.nan
    has_one = number.is_number and number.is_finite is not False
    return number if has_one or number in (sympy.true, sympy.false) else sympy.nan


def agree(one, two):
    try:
        return one == two or float(abs(sympy.N((one - two) / (abs(one) + abs(two)), 30))) < 1e-20
    except (TypeError, ValueError):  # one of them, or both, are conditions or have no number
        return False


def proven(one, two, *given):
    """Whether SymPy proves that both are equal, or that both conditions say the same."""
    if not isinstance(one, sympy.Expr):
        given = frozenset().union(*map(demands, given))
        return demands(one) | given == demands(two) | given
    difference = (one - two).xreplace({s: s.as_dummy() for side in (one, two) for s in side.atoms(sympy.Sum)})
    # SymPy adds up a sum to one formula in general, and to another for single values, such as beta1 = 1.
    general = difference.replace(
        sympy.Piecewise, lambda *cases: sympy.Piecewise(*(c for c in cases if not isinstance(c[1], sympy.Eq)))
    )
    return sympy.expand(general) == 0 or sympy.simplify(general) == 0


def demands(condition):
    """What is to be ">" or ">=" 0, without its positive factors; |x| < c asks for x < c and for -x < c."""
    if isinstance(condition, sympy.And):
        return frozenset().union(*map(demands, condition.args))
    if not isinstance(condition, sympy.Gt | sympy.Ge | sympy.Lt | sympy.Le):
        return frozenset() if condition is sympy.true else frozenset([condition])
    low, high = condition.lts, condition.gts
    lows = [low.args[0], -low.args[0]] if isinstance(low, sympy.Abs) else [low]
    products = [sympy.Mul.make_args(sympy.factor(high - low)) for low in lows]
    signs = [sympy.Mul(*(sympy.sign(f) if f.is_number else f for f in p if not f.is_positive)) for p in products]
    return frozenset((sign, condition.rel_op.replace("<", ">")) for sign in signs if sign != 1)
