"""Write docs/schedules.md from the cases and the record: python -m tests.reference.schedules_page"""

import json
from functools import partial
from pathlib import Path

import numpy as np

from lrcourse import schedules
from lrcourse.schedules.elsewhere import CALLS, RATE
from tests.reference.schedule_cases import CASES, FLOAT32, LIBRARIES, NONE

PAGE = Path(__file__).parents[2] / "docs" / "schedules.md"
NAMES = {"np": np, "partial": partial} | {name: getattr(schedules, name) for name in schedules.__all__}

with np.load(Path(__file__).with_name("schedules.npz")) as recorded:
    RATES, IN_FLOAT32, ABOUT = recorded["rates"], recorded["float32"], json.loads(str(recorded["about"]))
AT = {step: index for index, step in enumerate(ABOUT["steps"])}

INTRODUCTION = """# Schedules here, in PyTorch, in Keras and in optax

<!-- Written by `python -m tests.reference.schedules_page`. Change the cases in tests/reference/schedule_cases.py. -->

For whoever knows a schedule from one place and needs it in another. Versions: {versions}.
Every call below was run. A test holds each of them against ours: they agree to 1e-12 of the rate where the page says
"the same", and differ by what it shows where it does not.

## How ours count

- `step` is the number of updates done so far, from 0. Keras and optax count so too. A scheduler of PyTorch counts how
  often it was called.
- After its end a schedule holds its last rate.
- At a milestone the new rate holds.
- No step of a warm-up has the rate 0: step 0 is one part of the way up, and the last step of the warm-up has the peak.
- `decay_steps` never include `warmup_steps`.
- `start_lr`, `peak_lr` and `end_lr` are rates, not shares of another rate.

In PyTorch, `optimizer` has `lr=0.3` unless the page says otherwise, and the scheduler is called after each step.

## In a line

The calls that give the same rates, with our parameters in them; where there is none, what to write instead.
{rate}

| ours | PyTorch | Keras |
|---|---|---|
{calls}

## Where they differ

The rates are those of the step named. None of the calls raises an error there.

| ours | library | step | our rate | its rate | why |
|---|---|---:|---:|---:|---|
{differences}

## Each schedule
"""

FLOAT32_SECTION = """## Half the digits

Ours and PyTorch's schedulers compute in float64. Keras and optax compute in float32 unless told otherwise
(`jax.config.update("jax_enable_x64", True)`); Keras on JAX rounds a cosine to float32 even then. The rates above are
float64 in all of them. In float32:

| library | call | step | float64 | float32 |
|---|---|---:|---:|---:|
{rows}

The last line is more than a digit: the logarithm that finds the restart comes out just below 3, and the rate is still
that of the end of the period before.
"""


def evaluate(expression, step, **changes):
    """The value of one of our calls at ``step``, a number or an array; ``changes`` replace functions by name."""
    return eval(expression, NAMES | changes | {"step": step})


def heading(case):
    """The section of the page that a case stands in: its function."""
    return case.ours.partition("(")[0]


def number(value):
    return f"{value:.6g}"


def row(*cells):
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def code(text):
    return f"`{text}`"


def in_a_line():
    for name, calls in CALLS.items():
        yield row(f"[`{name}`](#{name})", *(code_of(call) for call in calls))


def code_of(call):
    """A call as code, with the words after it; words as they are."""
    end = call.rfind(")") + 1
    return code(call[:end]) + call[end:] if end else call


def differences():
    for case, rates in zip(CASES, RATES, strict=True):
        if case.shows:
            step = case.shows[0]
            ours, theirs = evaluate(case.ours, step), rates[AT[step]]
            link = f"[`{heading(case)}`](#{heading(case)})"
            yield row(link, LIBRARIES[case.library], step, number(ours), number(theirs), case.says)


def verdict(case, rates):
    """The last cell of a line: the same, the same for a while, or different, with the numbers that show it."""
    if case.really:
        step = case.shows[0]
        text = f"differs: at step {step} ours is {number(evaluate(case.ours, step))}, this {number(rates[AT[step]])}"
    else:
        text = "the same"
    text += f" up to step {case.until}" if case.until < ABOUT["steps"][-1] and not case.really else ""
    refused = [step for step, rate in zip(ABOUT["steps"], rates, strict=True) if np.isnan(rate)]
    text += f", refused from step {refused[0]} on" if refused else ""
    text += f"; `lr={case.lr}`" if case.lr != 0.3 else ""
    text += f"; called after every {case.steps_per_epoch} steps" if case.steps_per_epoch > 1 else ""
    text += "; this is the momentum it sets" if case.reads == "momentum" else ""
    return text


def section(name):
    """Our calls of one function, and under each what the libraries call it."""
    yield f"### {name}\n"
    mine = [(case, rates) for case, rates in zip(CASES, RATES, strict=True) if heading(case) == name]
    for ours in dict.fromkeys(case.ours for case, _ in mine):
        yield f"```python\n{ours}\n```\n\n| | call | |\n|---|---|---|"
        for case, rates in mine:
            if case.ours == ours:
                yield row(LIBRARIES[case.library], code(case.theirs), verdict(case, rates))
        yield ""
    for (schedule, library), instead in NONE.items():
        if schedule == name:
            yield f"{LIBRARIES[library]} has none: {instead}.\n"


def in_float32():
    for (library, call, step, exact), rate in zip(FLOAT32, IN_FLOAT32, strict=True):
        yield row(LIBRARIES[library], code(call), step, f"{eval(exact):.9g}", f"{rate:.9g}")


def page():
    """The whole text of docs/schedules.md."""
    versions = ABOUT["versions"]
    named = f"PyTorch {versions['torch']}, Keras {versions['keras']} and optax {versions['optax']}"
    parts = [
        INTRODUCTION.format(
            versions=named, calls="\n".join(in_a_line()), rate=RATE, differences="\n".join(differences())
        )
    ]
    for name in dict.fromkeys(heading(case) for case in CASES):
        parts += section(name)
    parts.append(FLOAT32_SECTION.format(rows="\n".join(in_float32())))
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
