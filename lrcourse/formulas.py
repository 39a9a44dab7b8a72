"""From the source of a rule or a schedule to the formula on the page. The only module that names SymPy.

The body is read line by line and each line is run on SymPy symbols, unevaluated, so that the page shows the code's own
order: theta - lr * m_hat / (xp.sqrt(v_hat) + eps) becomes θ − η m̂ / (√v̂ + ε).
"""

import ast
import functools
import inspect

import sympy

from lrcourse import glossary
from lrcourse.rules import RULES
from lrcourse.schedules import SCHEDULES
from lrcourse.schedules.registry import body

# What a formula may call from its array library.
FUNCTIONS = {
    "sqrt": sympy.sqrt,
    "abs": sympy.Abs,
    "floor": sympy.floor,
    "exp": sympy.exp,
    "exp2": lambda power: sympy.Pow(2, power, evaluate=False),
    "cos": sympy.cos,
    "pi": sympy.pi,
    "sign": sympy.sign,
    "log": sympy.log,
    "maximum": lambda one, other: sympy.Max(one, other, evaluate=False),
    "minimum": lambda one, other: sympy.Min(one, other, evaluate=False),
    "where": lambda condition, yes, no: sympy.Piecewise((yes, condition), (no, True), evaluate=False),
}


class Library:
    """Stands in for NumPy or CuPy while a formula runs on symbols."""

    def __getattr__(self, name):
        return glossary.find("function in a formula", name, FUNCTIONS)


def equations(formula):
    """The lines of a rule or schedule as SymPy equations, in source order and unevaluated.

    formula: a rule, a schedule, a ``functools.partial`` of one (a fixed flag such as ``staircase=True`` or a word
    such as ``shape`` picks its branch), or a registered name.
    """
    fixed = {}
    if isinstance(formula, functools.partial):
        formula, fixed = formula.func, formula.keywords
    if isinstance(formula, str):
        formula = glossary.find("rule or schedule", formula, {**RULES, **SCHEDULES})
    is_rule = hasattr(formula, "state")
    arrays = ("theta", "g", *formula.state) if is_rule else ()
    known = {}
    for name, parameter in inspect.signature(formula).parameters.items():
        if name == "xp":
            continue
        if isinstance(parameter.default, bool | str):
            known[name] = fixed.get(name, parameter.default)
        else:
            # A rule reads the parameters and its state from the step before, but the gradient of this one.
            index = {"g": "_t"}.get(name, "_{t-1}") if name in arrays else ""
            known[name] = symbol(name, index)
    return list(lines_of(formula, known, symbol("theta" if is_rule else "lr", "_t")))


def lines_of(formula, known, result):
    """The equations of a body, with ``known`` symbols for its names; the last one gives ``result``."""
    source = inspect.unwrap(formula)
    known = {"xp": Library(), "np": Library(), **known}
    for line in body(source):
        called = source.__globals__.get(line.value.func.id) if is_call_of_a_name(line.value) else None
        if called:  # a rule that ends in another rule, as adamw in adam: go on with the other's lines
            given = [evaluate(argument, known) for argument in line.value.args]
            yield from lines_of(called, inspect.signature(called).bind(*given).arguments, result)
            return
        value = evaluate(line.value, known)
        if not isinstance(value, sympy.Basic):
            raise ValueError(f"{source.__name__}: no page can show the line {ast.unparse(line)!r}")
        value = simplify_squares(value)
        if isinstance(line, ast.Return):
            yield equation(result, value)
        else:
            (target,) = line.targets
            changes = any(s.name == "t" or s.name.endswith(("_t", "_{t-1}")) for s in value.free_symbols)
            known[target.id] = symbol(target.id, "_t" if changes and hasattr(formula, "state") else "")
            yield equation(known[target.id], value)


def latex(formula):
    """The equations of a rule or schedule as one aligned block of LaTeX, without dollar signs."""
    lines = (
        f"{sympy.latex(line.lhs)} &= {sympy.latex(line.rhs, order='none', fold_short_frac=False)}"
        for line in equations(formula)
    )
    return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"


def show(formula):
    """The equations of a rule or schedule, for a notebook to display."""
    from IPython.display import Math

    return Math(latex(formula))


def is_call_of_a_name(node):
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name)


def symbol(name, index=""):
    return sympy.Symbol(glossary.TERMS[name].symbol + index)


def equation(left, right):
    return sympy.Eq(left, right, evaluate=False)


def evaluate(node, known):
    """Run one expression on symbols. Of the tuple that a rule returns, only the parameters are a new line."""
    if isinstance(node, ast.Tuple):
        node = node.elts[0]
    code = compile(ast.Expression(node), "<formula>", "eval")
    with sympy.evaluate(False):
        return eval(code, {"__builtins__": {}}, known)


def simplify_squares(expression):
    """Write g g as g², the way a reader would; nothing else changes."""
    if (
        not isinstance(expression, sympy.Expr | sympy.functions.elementary.piecewise.ExprCondPair)
        or not expression.args
    ):
        return expression
    arguments = [simplify_squares(argument) for argument in expression.args]
    if isinstance(expression, sympy.Mul):
        flat = [part for a in arguments for part in (a.args if isinstance(a, sympy.Mul) else (a,))]
        if any(left == right for left, right in zip(flat, flat[1:], strict=False)):
            arguments = []
            for part in flat:
                if arguments and arguments[-1] == part:
                    arguments[-1] = sympy.Pow(part, 2, evaluate=False)
                else:
                    arguments.append(part)
    if isinstance(expression, sympy.Expr):
        return expression.func(*arguments, evaluate=False)
    return expression.func(*arguments)
