"""What runs in blocks, compiled, or as a kernel is the rule itself: same bits as a plain call."""

import inspect

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrcourse import backend, compiled, rules, tracing
from lrcourse.models import activations, scratch
from lrcourse.rules import RULES

needs_compiler = pytest.mark.skipif(compiled.trouble() is not None, reason=str(compiled.trouble()))


def arguments(rule, runs, n, dtype=np.float64):
    random = np.random.default_rng(n)
    theta, g = random.normal(size=(2, runs, n)).astype(dtype)
    state = {name: np.abs(random.normal(size=(runs, n))).astype(dtype) for name in rule.state}
    columns = {name: np.full((1, 1), float(value)) for name, value in backend.hyperparameters(rule).items()}
    return theta, g * np.logspace(-8, 2, n).astype(dtype), state, {"lr": np.linspace(0.01, 1, runs)[:, None], **columns}


def plain(rule, theta, g, state, scalars, t):
    wanted = inspect.signature(rule).parameters
    with np.errstate(all="ignore"):
        result = rule(theta, g, *state.values(), **{k: v for k, v in {**scalars, "t": t}.items() if k in wanted})
    return result if rule.state else (result,)


@pytest.mark.parametrize("how", ["numpy", pytest.param("c", marks=needs_compiler)])
@pytest.mark.parametrize("name", RULES)
def test_a_step_has_the_bits_of_a_plain_call(name, how, monkeypatch):
    monkeypatch.setattr(backend, "_compiled", how == "c")
    rule = RULES[name]
    for t in (1, 4, 5, 1000):
        theta, g, state, scalars = arguments(rule, runs=3, n=37)
        expected = plain(rule, theta, g, state, scalars, t)
        backend.run(rule, theta, g, state, {**scalars, "t": t})
        for wanted, got in zip(expected, (theta, *state.values()), strict=True):
            assert (wanted == got).all()


@pytest.mark.parametrize("how", ["numpy", pytest.param("c", marks=needs_compiler)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(runs=st.integers(1, 4), n=st.integers(1, 40), block=st.integers(1, 2000), cores=st.integers(1, 3))
def test_any_block_size_and_number_of_cores_gives_the_same_bits(how, dtype, runs, n, block, cores):
    def step(block, cores):
        theta, g, state, scalars = arguments(rules.adam, runs, n, dtype)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(backend, "BLOCK", block)
            patch.setattr(backend, "CORES", cores)
            patch.setattr(backend, "SHARE", 1)
            patch.setattr(backend, "_compiled", how == "c")
            backend.run(rules.adam, theta, g, state, {**scalars, "t": 3})
        return theta, *state.values()

    for wanted, got in zip(step(1 << 19, 1), step(block, cores), strict=True):
        assert (wanted == got).all()


@needs_compiler
@pytest.mark.parametrize("name", RULES)
def test_a_step_in_float32_has_the_same_bits_compiled(name, monkeypatch):
    steps = []
    for compiles in (False, True):
        monkeypatch.setattr(backend, "_compiled", compiles)
        theta, g, state, scalars = arguments(RULES[name], runs=3, n=37, dtype=np.float32)
        for t in (1, 2, 6):
            backend.run(RULES[name], theta, g, state, {**scalars, "t": t})
        steps.append([theta, *state.values()])
    for one, other in zip(*steps, strict=True):
        assert one.dtype == other.dtype == np.float32
        assert (one == other).all()


def test_nothing_is_compiled_unless_it_was_asked_for(monkeypatch):
    monkeypatch.setattr(backend, "_compiled", False)
    monkeypatch.setattr(compiled, "run", None)
    theta = np.ones((1, 2))
    backend.run(rules.sgd, theta, np.ones((1, 2)), {}, {"lr": 0.25})
    assert theta.tolist() == [[0.75, 0.75]]


def test_a_rate_beyond_float32_is_infinite_and_quiet():
    theta = np.ones((1, 2), np.float32)
    backend.run(rules.sgd, theta, np.ones((1, 2), np.float32), {}, {"lr": 1e300})
    assert theta.tolist() == [[-np.inf, -np.inf]]


def test_numbers_are_worked_out_in_float64_even_for_float32_arrays():
    theta, g, state = np.zeros((1, 1), np.float32), np.ones((1, 1), np.float32), {}
    state = {"m": np.zeros((1, 1), np.float32), "v": np.zeros((1, 1), np.float32)}
    backend.run(rules.adam, theta, g, state, {"lr": 1.0, "t": 1, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8})
    # In float32, 1 - 0.999 would be 0.00099998712: wrong in the fifth digit.
    assert state["v"][0, 0] == np.float32(1 - 0.999)
    assert theta[0, 0] == pytest.approx(-1, rel=3e-7)


def test_what_was_prepared_is_run_though_another_thread_has_read_the_rule_anew():
    # Two threads that ask for a program at once may each be given one of their own.
    theta, g = np.ones((1, 2)), np.ones((1, 2))
    prepared = backend.prepare(rules.momentum, {"momentum": 0.5})
    tracing.program.cache_clear()
    backend.run(rules.momentum, theta, g, {"b": np.full((1, 2), 4.0)}, {"lr": 0.25, "t": 1}, prepared)
    assert theta.tolist() == [[0.25, 0.25]]  # 1 - 0.25 (0.5 · 4 + 1)


@pytest.mark.parametrize("how", ["numpy", pytest.param("c", marks=needs_compiler)])
def test_a_result_that_needs_an_old_array_waits_its_turn(how, monkeypatch):
    monkeypatch.setattr(backend, "_compiled", how == "c")

    def exchange(theta, g, a, b, lr):
        return b * lr, theta, g, a

    exchange.state = ("a", "b", "c")
    exchange.__signature__ = inspect.Signature(
        [inspect.Parameter(n, inspect.Parameter.POSITIONAL_OR_KEYWORD) for n in ("theta", "g", "a", "b", "c", "lr")]
    )
    with pytest.raises(TypeError, match="unexpected keyword argument 'c'"):
        tracing.program(exchange)

    def rotate(theta, g, a, b, lr):
        return b * lr, theta, a

    rotate.state = ("a", "b")
    arrays = {name: np.full((1, 2), value) for name, value in (("theta", 1.0), ("g", 2.0), ("a", 3.0), ("b", 4.0))}
    backend.run(rotate, arrays["theta"], arrays["g"], {"a": arrays["a"], "b": arrays["b"]}, {"lr": 10.0})
    assert [arrays[name][0, 0] for name in ("theta", "g", "a", "b")] == [40, 2, 1, 3]


def test_a_spare_array_that_is_read_twice_is_free_once():
    def formula(x, y, z):
        a = y * z
        b = a * a
        return b * (y + z) * x

    x, y, z = (np.full((1, 1), number) for number in (2.0, 3.0, 5.0))
    backend.apply(formula, {"x": x, "y": y, "z": z}, {}, scratch.empty)
    assert x == 225 * 8 * 2


# What a formula may be made of, from one array or number to the next: the first is always an array.
STEPS = {
    "sum": lambda xp, a, b, c: a + b,
    "difference": lambda xp, a, b, c: b - a,
    "product": lambda xp, a, b, c: a * b,
    "quotient": lambda xp, a, b, c: a / (1 + b * b),
    "minus": lambda xp, a, b, c: -a,
    "square": lambda xp, a, b, c: a * a,
    "root": lambda xp, a, b, c: xp.sqrt(a * a),
    "sign": lambda xp, a, b, c: xp.sign(a),
    "larger": lambda xp, a, b, c: xp.maximum(a, b),
    "at least": lambda xp, a, b, c: xp.maximum(a, 0.5),
    "choice": lambda xp, a, b, c: xp.where(a > b, c, a),
    "choice by a number": lambda xp, a, b, c: xp.where(a, b, c),
    "kept": lambda xp, a, b, c: a * (b > c),
}
places = st.integers(0, 7)  # counted from the last value: what has just been made is in use
formulas = {
    "steps": st.lists(st.tuples(st.sampled_from(list(STEPS)), places, places, places), min_size=1, max_size=12),
    "returned": st.lists(places, min_size=1, max_size=3),
    "names": st.permutations(["x", "y", "z"]),
}


def check_formula(how, steps, returned, names):
    """A formula of random steps gives what NumPy gives, wherever its values and results are kept."""

    def formula(n, x, y, z, xp=np):
        values = [n, x, y, z]
        for name, a, b, c in steps:
            some = values[-1 - a % (len(values) - 1)], values[-1 - b % len(values)], values[-1 - c % len(values)]
            values.append(STEPS[name](xp, *some))
        return tuple(values[-1 - k % (len(values) - 1)] for k in returned)

    random = np.random.default_rng(0)
    arrays = dict(zip("xyz", random.choice([-2, -0.5, 0, 0.25, 1, 3], size=(3, 2, 7)), strict=True))
    n = np.array([[0.5], [-1.0]])
    with np.errstate(all="ignore"):
        expected = arrays | dict(zip(names, formula(n, **arrays), strict=False))
        found = {name: array.copy() for name, array in arrays.items()}
        program = tracing.Program(formula, tuple(found), names[: len(returned)])
        for block in [np.s_[0:2, 0:4], np.s_[0:1, 4:7], np.s_[1:2, 4:7]]:
            if how == "c":
                compiled.run(program, list(found.values()), program.worked_out({"n": n}, program.settled({})), [block])
            else:
                spare = np.full((program.scratch, 2, 4), np.nan)
                program.run(list(found.values()), program.worked_out({"n": n}, program.settled({})), *block, spare)
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array)


@settings(max_examples=300)
@given(**formulas)
def test_any_formula_finds_room_for_its_values(steps, returned, names):
    check_formula("numpy", steps, returned, names)


@needs_compiler
@settings(max_examples=20)
@given(**formulas)
def test_any_formula_is_the_same_compiled(steps, returned, names):
    check_formula("c", steps, returned, names)


OPERATIONS = {
    "arithmetic": lambda theta, g, lr, xp=np: (2 - theta) / (1 + g * g) - -theta / 3 + 1 / (2 + theta**2) - lr,
    "numpy constant": lambda theta, g, lr, xp=np: np.float64(0.5) * theta - g * np.float64(0.3) * lr,
    "exp": lambda theta, g, lr, xp=np: xp.exp(-theta * theta) - g,
    "sqrt": lambda theta, g, lr, xp=np: xp.sqrt(g * g + theta * theta),
    "sign": lambda theta, g, lr, xp=np: xp.sign(g) * lr,
    "maximum": lambda theta, g, lr, xp=np: xp.maximum(theta, g),
    "maximum of a number": lambda theta, g, lr, xp=np: xp.maximum(g, lr),
    "where": lambda theta, g, lr, xp=np: xp.where(theta > g, theta * 2, g * 3) + 1,
    "where, into what it reads": lambda theta, g, lr, xp=np: xp.where(g > 0, theta, g),
    "where, from scratch": lambda theta, g, lr, xp=np: xp.where(g > 0, xp.sqrt(theta * theta), theta - g),
    "where, the other way": lambda theta, g, lr, xp=np: xp.where(g > 0, g, theta),
}


@pytest.mark.parametrize("how", ["numpy", pytest.param("c", marks=needs_compiler)])
@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_that_a_rule_may_use(name, how, monkeypatch):
    def rule(theta, g, lr, xp=np):
        return OPERATIONS[name](theta, g, lr, xp)

    rule.state = ()
    monkeypatch.setattr(backend, "_compiled", how == "c")
    compiled.library.cache_clear()
    theta = np.array([[0.5, -1.0, 0.0, np.nan, 2.0, -3.0, 1.0, 1.0]])
    g = np.array([[-0.5, 3.0, 0.0, 1.0, np.nan, -1.0, np.inf, -np.inf]])
    expected = rule(theta, g, 0.25)
    backend.run(rule, theta, g, {}, {"lr": 0.25})
    np.testing.assert_allclose(theta, expected, rtol=1e-15)


def test_an_array_that_stands_for_a_number_cannot_be_written_to():
    array = tracing.filled(0.5, (2, 3), np.dtype(np.float32))
    assert array.tolist() == [[0.5] * 3] * 2
    assert array.dtype == np.float32
    assert array is tracing.filled(0.5, (2, 3), np.dtype(np.float32))
    with pytest.raises(ValueError, match="read-only"):
        array += 1


@needs_compiler
def test_no_name_of_a_rule_meets_a_word_of_c(monkeypatch):
    def rule(theta, g, i, n0, a0, int, lr):
        return theta - lr * i - n0, i + g, n0 + a0, a0 + int, int + 1

    rule.state = ("i", "n0", "a0", "int")
    rule.__name__ = "<lambda>"
    monkeypatch.setattr(backend, "_compiled", True)
    theta, g, *state = (np.full((1, 2), value) for value in (1.0, 2.0, 3.0, 4.0, 5.0, 6.0))
    backend.run(rule, theta, g, dict(zip(rule.state, state, strict=True)), {"lr": 10.0})
    assert [array[0, 0] for array in (theta, *state)] == [-33, 5, 9, 11, 7]


def test_scratch_arrays_are_used_again():
    assert tracing.in_place(activations.relu, ("z",)).scratch == 0  # z + b waits in the array of the result
    assert tracing.program(rules.sgd).scratch == 1
    assert tracing.program(rules.adam).scratch == 2
    assert tracing.program(rules.radam).scratch <= 4


@pytest.mark.parametrize("how", ["numpy", pytest.param("c", marks=needs_compiler)])
def test_a_window_into_a_larger_buffer_is_updated_in_place(how, monkeypatch):
    monkeypatch.setattr(backend, "_compiled", how == "c")
    buffer = np.ones((3, 6))
    backend.run(rules.sgd, buffer[:, 1:3], np.ones((3, 2)), {}, {"lr": np.array([[1.0], [2.0], [3.0]])})
    assert buffer.tolist() == [[1, 0, 0, 1, 1, 1], [1, -1, -1, 1, 1, 1], [1, -2, -2, 1, 1, 1]]


@needs_compiler
def test_a_gradient_that_may_not_be_written_to(monkeypatch):
    monkeypatch.setattr(backend, "_compiled", True)
    theta, g = np.ones((1, 2)), np.ones((1, 2))
    g.flags.writeable = False
    backend.run(rules.sgd, theta, g, {}, {"lr": 0.25})
    assert theta.tolist() == [[0.75, 0.75]]


@needs_compiler
def test_a_dtype_that_is_not_compiled_runs_on_numpy(monkeypatch):
    monkeypatch.setattr(backend, "_compiled", True)
    theta = np.ones((1, 2), np.float16)
    backend.run(rules.sgd, theta, np.ones((1, 2), np.float16), {}, {"lr": 0.25})
    assert theta.tolist() == [[0.75, 0.75]]


@needs_compiler
def test_c_is_chosen_and_left(monkeypatch):
    monkeypatch.setattr(backend, "_chosen", None)
    monkeypatch.setattr(backend, "_compiled", False)
    assert backend.use("c") is np
    assert backend._compiled
    assert backend.use("numpy") is np
    assert not backend._compiled


@pytest.mark.parametrize(
    ("formula", "error", "message"),
    [
        (lambda theta, g, lr: theta - lr * np.sqrt(g), TypeError, "ufunc"),
        (lambda theta, g, lr: theta if g > 0 else g, TypeError, "may not decide on a value.*use xp.where"),
        (lambda theta, g, lr: theta - abs(g), TypeError, "abs"),
        (lambda theta, g, lr: theta - 0.9**g, TypeError, "unsupported operand"),
        (lambda theta, g, lr: lr * 2, TypeError, "theta must become an array, made of theta, g, not a number"),
        (lambda theta, g, lr: 0.5, TypeError, "theta must become an array"),
        (lambda theta, g, lr: theta - g.mean(), AttributeError, "mean"),
        (lambda theta, g, lr: theta - g * np.ones(3), TypeError, r"its own arguments and numbers; received array"),
        (lambda theta, g, lr: theta - np.ones(3) * g, TypeError, r"its own arguments and numbers; received array\(\[1"),
        (lambda theta, g, lr, xp: theta - xp.square(g), ValueError, "unknown function in a rule 'square'.*known: exp"),
    ],
)
def test_what_no_kernel_could_run_is_refused_on_any_machine(formula, error, message):
    formula.state = ()
    with pytest.raises(error, match=message):
        tracing.program(formula)


@needs_compiler
def test_a_rule_the_compiler_refuses_is_one_error(monkeypatch):
    monkeypatch.setattr(compiled, "FLAGS", ("--no-such-flag",))
    compiled.library.cache_clear()
    with pytest.raises(RuntimeError, match="sgd: the C compiler refused the formula: .*no-such-flag"):
        compiled.library(tracing.program(rules.sgd), np.dtype(np.float64))


def test_without_a_compiler_it_says_what_to_do_and_changes_nothing(monkeypatch):
    monkeypatch.setattr(compiled.shutil, "which", lambda name: None)
    before = backend.namespace()
    with pytest.raises(RuntimeError, match=r"backend 'c': there is no C compiler \(cc\); install one"):
        backend.use("c")
    assert backend.namespace() is before
    assert backend._compiled is False


@pytest.mark.parametrize("name", RULES)
def test_a_rule_runs_on_another_library_and_device_with_no_host_array_in_between(name):
    import array_api_strict as strict

    rule, elsewhere = RULES[name], strict.Device("device1")
    theta, g, state, scalars = arguments(rule, runs=2, n=5)
    wanted = inspect.signature(rule).parameters
    scalars = {k: np.asarray(v, float) for k, v in {**scalars, "t": 7.0}.items() if k in wanted}
    expected = rule(theta, g, *state.values(), **scalars)

    def there(array):
        return strict.asarray(array, device=elsewhere)

    library = {"xp": strict} if "xp" in wanted else {}
    moved = {k: there(v) for k, v in scalars.items()}
    result = rule(there(theta), there(g), *map(there, state.values()), **moved, **library)
    for one, other in zip(*((r if rule.state else (r,)) for r in (expected, result)), strict=True):
        assert other.device == elsewhere
        np.testing.assert_allclose(one, np.asarray(other.to_device(strict.Device("CPU_DEVICE"))), rtol=1e-15)
