"""What runs in blocks, compiled, or as a kernel is the rule itself: same bits as a plain call."""

import inspect

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrcourse import backend, compiled, rules, tracing
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


def test_numbers_are_worked_out_in_float64_even_for_float32_arrays():
    theta, g, state = np.zeros((1, 1), np.float32), np.ones((1, 1), np.float32), {}
    state = {"m": np.zeros((1, 1), np.float32), "v": np.zeros((1, 1), np.float32)}
    backend.run(rules.adam, theta, g, state, {"lr": 1.0, "t": 1, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8})
    # In float32, 1 - 0.999 would be 0.00099998712: wrong in the fifth digit.
    assert state["v"][0, 0] == np.float32(1 - 0.999)
    assert theta[0, 0] == pytest.approx(-1, rel=3e-7)


def test_a_result_that_needs_an_old_array_waits_its_turn():
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
    theta, g = np.array([[0.5, -1.0, 0.0, np.nan, 2.0, -3.0]]), np.array([[-0.5, 3.0, 0.0, 1.0, np.nan, -1.0]])
    expected = rule(theta, g, 0.25)
    backend.run(rule, theta, g, {}, {"lr": 0.25})
    np.testing.assert_allclose(theta, expected, rtol=1e-15)


def test_scratch_arrays_are_used_again():
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
