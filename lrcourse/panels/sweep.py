"""A sweep of real training under one's hand: a slider picks the rate, every other control trains all rates anew."""

import asyncio
from functools import partial

import numpy as np

from lrcourse import backend, glossary, schedules, training
from lrcourse.panels.controls import Choice, Slider, label_of, slider
from lrcourse.panels.panel import Panel
from lrcourse.panels.rows import nearest, rate_slider
from lrcourse.plotting.retraining import retraining
from lrcourse.plotting.rows import moved, rows
from lrcourse.rules import RULES

SHAPES = ("constant", "cosine", "linear", "warm-up, then cosine")
WARM = 0.1  # the share of the steps in which the last of them rises
BATCHES = 2 ** np.arange(3, 10)


def sweep(model, data, rule="momentum", lr=None, steps=120, batch_size=64, seed=0, goal=None, large=False, **hyper):
    """A panel over a sweep of rates that is trained here: ``model`` on ``data`` with ``rule``, as ``training.train``.

    lr: two or more rates, rising evenly on a logarithmic scale (default: 64 of them, from 0.001 to 10). hyper: of the
    rule, numbers; where their sliders begin. goal: a loss to get below. large: type for a projector. Controls: the
    rate; then the rule's hyperparameters, the batch size and the schedule, each of which trains all rates as one batch
    while the picture follows, in a notebook after the cell is done; whoever moves on before, or stops it, loses nothing
    that is there.
    Raises ValueError and TypeError as ``training.train`` does, and for other rates.
    """
    glossary.find("rule", rule, RULES)
    glossary.check_goal("sweep", goal)
    rates = np.asarray(np.geomspace(1e-3, 10, 64) if lr is None else lr, dtype=np.float64)
    controls = {"lr": rate_slider("sweep", rates)}
    known = backend.hyperparameters(RULES[rule])
    glossary.known_names("sweep", hyper, known)
    for name, default in known.items():
        if name != "lr":
            controls[name] = slider("sweep", name, hyper.get(name, default))
    glossary.check("sweep", "batch_size", batch_size)
    sizes = BATCHES[len(data.train[1]) >= BATCHES]
    if batch_size not in sizes:
        raise ValueError(f"sweep: batch_size must be one of {sizes.tolist()}; received {batch_size}")
    low, high = np.log10(sizes[[0, -1]])
    about = glossary.TERMS["batch_size"].meaning
    controls["batch_size"] = Slider(
        batch_size, low, high, len(sizes) - 1, label_of("batch_size"), about, log=True, whole=True
    )
    controls["schedule"] = Choice(SHAPES[0], SHAPES, "schedule", "how the rates change in the course of a run")

    def watch(settings):
        """The histories so far of a training with these settings."""
        own = {name: value for name, value in settings.items() if name not in ("batch_size", "schedule")}
        falling = shaped(settings["schedule"], rates, steps)
        return training.watch(model, data, rule, falling, steps, settings["batch_size"], seed, **own)

    def settings_of(values):
        return {name: value for name, value in values.items() if name != "lr"}

    first = settings_of({name: control.value for name, control in controls.items()})
    *_, history = watch(first)
    picture = retraining(history, rates, steps, goal, run=0)
    state = {"settings": first, "history": history, "stop": False}

    def packed(busy=False):
        history, found = state["history"], rows(picture, rates)
        found["artists"][0] = {"joined": 1}  # all losses: those of the second artist, one behind the other
        found["limits"] = {
            k: {"y": {"limits": list(axes.get_ylim()), "log": True}} for k, axes in enumerate(picture.axes)
        }
        found["scores"] = [float(loss) if np.isfinite(loss) else None for loss in history.final_loss]
        return found | {"busy": busy}

    def show(lr, **settings):
        return moved(picture, nearest(rates, lr))

    def answer():
        return {"lr": float(rates[state["history"].best])}

    picks = [{"axes": 1, "x": "lr"}]
    panel = Panel("sweep", picture, controls, show, answer, large, packed(), search="lr", picks=picks, asks=[*first])

    def train(settings):
        """Train anew, in turns: with the picture shown in between, until done, stopped, or asked for something else."""
        before = picture.curve.get_data()
        for history in watch(settings):
            if state["settings"] != settings:
                return
            state["history"] = history
            picture.renew(history, before)
            busy = len(history.lr) < steps and not history.interrupted and not state["stop"]
            panel.renew(packed(busy))
            if not busy:
                return
            yield

    async def in_turns(settings):
        for _ in train(settings):
            await asyncio.sleep(0.001)  # the kernel hears what the page says

    def changed(change):
        settings = settings_of(change.new)
        if settings == state["settings"]:
            return
        state.update(settings=settings, stop=False)
        try:
            asyncio.get_running_loop().create_task(in_turns(settings))
        except RuntimeError:  # a script, a test: there is nothing to hear in between
            for _ in train(settings):
                pass

    def stop(*_):
        state["stop"] = True

    panel.observe(changed, names="values")
    panel.on_msg(stop)
    return panel


def shaped(name, rates, steps):
    """The schedule called ``name``, with these peaks, over so many steps."""
    if name == "constant":
        return rates
    if name == "linear":
        return partial(schedules.linear_decay, peak_lr=rates, decay_steps=steps)
    rise = max(1, round(WARM * steps)) if name == SHAPES[-1] else 0
    cosine = partial(schedules.cosine_decay, peak_lr=rates, decay_steps=steps - rise)
    return schedules.with_warmup(cosine, rise) if rise else cosine
