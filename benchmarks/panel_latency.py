"""How fast a picture follows the hand, in a real JupyterLab in a real Chromium: python -m benchmarks.panel_latency

Three ways: this package's landscape panel; the same picture drawn in the usual way, by ipywidgets.interactive and
plt.show(); and the floor, a slider that writes its number into a line of text. 30 key presses, each when the picture of
the one before is there, then a drag over 60 values, 16 ms apart. Needs Chromium and the extra "browser".
"""

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

import nbformat
import numpy as np

from lrcourse import datasets, models, panels, problems
from tests.test_browser import CHROMIUM, FLAGS, KERNEL_IDLE, playwright, running_lab, until_it_answers

PANEL = """
from lrcourse import datasets, models, panels, problems
panel = panels.landscape(problems.quadratic([1, 10]), steps=200, goal=1e-6)
panel
"""
USUAL = """
import ipywidgets
import matplotlib.pyplot as plt
import numpy as np
from lrcourse import training
rates = np.geomspace(0.002, 20, 81)
problem = problems.quadratic([1, 10])
runs = {rule: training.descend(problem, rule, rates, 200) for rule in ("sgd", "momentum", "adam")}
x, y = np.meshgrid(np.linspace(*problem.window[0], 120), np.linspace(*problem.window[1], 120))
heights = problem.value(np.stack([x, y], axis=-1))

def draw(lr):
    run = np.abs(np.log(rates / lr)).argmin()
    figure, (where, when, which) = plt.subplots(1, 3, figsize=(10, 3.5), dpi=192, layout="constrained")
    where.contour(x, y, heights, 11, colors="gray", linewidths=0.7)
    for rule, history in runs.items():
        shown = history.path[np.abs(history.path[:, run]).max(axis=1) < 1e6, run]
        where.plot(*shown.T, ".-", markersize=3)
        when.semilogy(np.clip(history.loss[:, run], 1e-12, 1e4), label=rule)
        which.loglog(rates, np.clip(history.final_loss, 1e-12, 1e4))
        which.plot(rates[run], np.clip(history.final_loss[run], 1e-12, 1e4), "o")
    where.set(xlim=problem.window[0], ylim=problem.window[1], xlabel="θ₁", ylabel="θ₂", title="where they went")
    when.set(ylim=(1e-12, 1e4), xlabel="step", ylabel="loss", title="how the loss fell")
    which.set(ylim=(1e-12, 1e4), xlabel="learning rate η", ylabel="final loss", title="how rates compare")
    which.axvline(0.2, linestyle=":")
    figure.legend(loc="outside lower center", ncols=3)
    plt.show()

low, high = np.log10(rates[[0, -1]])
ipywidgets.interactive(draw, lr=ipywidgets.FloatLogSlider(0.02, min=low, max=high, step=(high - low) / 80))
"""
FLOOR = """
slider, line = ipywidgets.FloatLogSlider(0.02, min=low, max=high, step=(high - low) / 80), ipywidgets.HTML("0")
slider.observe(lambda change: line.set_trait("value", str(change.new)), names="value")
ipywidgets.VBox([slider, line])
"""
WAYS = {"landscape panel": PANEL, "interactive + plt.show()": USUAL, "slider to text (floor)": FLOOR}
# For each, what takes the focus and the mouse, and where a new picture shows.
HANDLES = dict(
    zip(
        WAYS,
        [("input[type=range]", "svg[role=img]"), (".noUi-handle", "load"), (".noUi-handle", ".widget-html")],
        strict=True,
    )
)
PRESSES, VALUES, GAP = 30, 60, 16

# Notes the time of each key press, and of the first frame after each new picture: an image that has loaded, or a change
# of what a picture or a line of text is made of.
# What changes while a frame is being made is in that frame; what changes between two is in the next one.
WATCH = """([root, what]) => {
    const watch = window.watch = {keys: [], news: [], stop: null};
    const key = (event) => watch.keys.push(event.timeStamp);
    const next = window.requestAnimationFrame.bind(window);
    const afterwards = (action) => {
        const channel = new MessageChannel();
        channel.port1.onmessage = action;
        channel.port2.postMessage(0);
    };
    let making = false, waits = false;
    window.requestAnimationFrame = (action) => next((time) => {
        if (!making) afterwards(() => { making = false; });
        making = true;
        action(time);
    });
    const shown = () => afterwards(() => { waits = false; watch.news.push(performance.now()); });
    const fresh = () => {
        if (waits) return;
        waits = true;
        if (making) shown();
        else next(shown);
    };
    const observer = new MutationObserver(fresh);
    document.addEventListener("keydown", key, true);
    if (what === "load") root.addEventListener("load", fresh, true);
    else observer.observe(root.querySelector(what),
        {subtree: true, childList: true, characterData: true, attributes: true});
    watch.stop = () => {
        document.removeEventListener("keydown", key, true);
        root.removeEventListener("load", fresh, true);
        observer.disconnect();
        window.requestAnimationFrame = next;
    };
}"""
# Drags a knob as a hand does, at a fixed beat, whatever the page is busy with: a slider of ipywidgets by the events of
# a mouse, one of the page by what the browser makes of them.
DRAG = """([knob, values, gap]) => new Promise(done => {
    let moved = 0, last = 0, move = () => { knob.stepDown(); knob.dispatchEvent(new Event("input", {bubbles: true})); };
    let up = () => {};
    if (knob.type !== "range") {
        const box = knob.getBoundingClientRect(), base = knob.closest(".noUi-base").getBoundingClientRect();
        const send = (target, type, x) => target.dispatchEvent(new MouseEvent(type, {
            bubbles: true, cancelable: true, view: window, button: 0, buttons: type === "mouseup" ? 0 : 1,
            clientX: x, clientY: box.y + box.height / 2}));
        const place = () => box.x + box.width / 2 - moved * base.width / 80;
        send(knob.querySelector(".noUi-touch-area"), "mousedown", place());
        move = () => send(document.documentElement, "mousemove", place());
        up = () => send(document.documentElement, "mouseup", place());
    }
    const first = performance.now();
    const timer = setInterval(() => {
        moved += 1;
        last = performance.now();
        move();
        if (moved === values) {
            clearInterval(timer);
            up();
            done([first, last]);
        }
    }, gap);
})"""
CELLS_RUN = """count => {
    const cells = window.jupyterapp.shell.currentWidget?.content.widgets?.filter(c => c.model.type === "code") ?? [];
    return cells.length === count && cells.every(c => c.model.executionCount > 0);
}"""


def measure(page, root, handle, what):
    """Seconds from key to pixels for each press; pictures a second and seconds behind in a drag; pictures in it."""
    root.scroll_into_view_if_needed()
    knob = root.locator(handle).first
    knob.focus()
    for _ in range(10):  # to the right, as far as there is room for what follows, and warm
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(300)
    page.evaluate(WATCH, [root.element_handle(), what])
    for press in range(PRESSES):
        page.keyboard.press("ArrowRight")
        page.wait_for_function("count => window.watch.news.length >= count", arg=press + 1, timeout=10_000)
        page.wait_for_timeout(250)
        page.evaluate("count => { window.watch.news.length = count; }", press + 1)
    keys, news = page.evaluate("[window.watch.keys, window.watch.news]")
    page.evaluate("window.watch.news.length = 0")
    first, last = page.evaluate(DRAG, [knob.element_handle(), VALUES, GAP])
    page.wait_for_timeout(2500)
    seen = page.evaluate("window.watch.news")
    page.evaluate("window.watch.stop()")
    delays = np.subtract(news[:PRESSES], keys[:PRESSES])
    assert seen, "the drag moved nothing"
    return delays, 1000 * len(seen) / (max(seen[-1], last) - first), max(0.0, seen[-1] - last), len(seen)


def in_the_browser():
    """{way: what ``measure`` gives}, all in one session, one after the other."""
    with tempfile.TemporaryDirectory() as name, playwright.sync_playwright() as driver:
        folder = Path(name)
        with running_lab(folder) as (_, address):
            notebook = nbformat.v4.new_notebook(
                cells=[nbformat.v4.new_code_cell(code.strip()) for code in WAYS.values()],
                metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
            )
            nbformat.write(notebook, folder / "lessons/latency.ipynb")
            browser = driver.chromium.launch_persistent_context(
                folder / "profile",
                executable_path=CHROMIUM,
                args=FLAGS,
                viewport={"width": 1280, "height": 900},
                device_scale_factor=2,
            )
            page = browser.pages[0]
            server, token = address.split("/lab/")[0], address.split("?")[1]
            until_it_answers(lambda: page.goto(f"{server}/lab/tree/latency.ipynb?reset&{token}"), playwright.Error)
            page.wait_for_function(KERNEL_IDLE, timeout=60_000)
            page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")
            page.wait_for_function(CELLS_RUN, arg=len(WAYS), timeout=60_000)
            page.wait_for_function(KERNEL_IDLE, timeout=60_000)
            page.wait_for_timeout(3000)
            found = {}
            for number, way in enumerate(WAYS):
                root = page.locator(".jp-CodeCell").nth(number).locator(".jp-Cell-outputArea")
                found[way] = measure(page, root, *HANDLES[way])
            browser.close()
            return found


def in_the_kernel():
    """Median milliseconds until a panel is there with its first picture, of five."""
    times = []
    for _ in range(6):
        begin = time.perf_counter()
        panels.landscape(problems.quadratic([1, 10]), steps=200, goal=1e-6)._repr_mimebundle_()
        times.append(time.perf_counter() - begin)
    return 1e3 * statistics.median(times[1:])


def retraining():
    """Median milliseconds from a change to the first and to the last picture of all 64 rates trained anew, of five."""
    digits = datasets.digits().astype("float32")
    panel = panels.sweep(models.MLP((64, 64, 10)), digits, lr=np.geomspace(1e-3, 10, 64), steps=120)
    seen = []
    panel.observe(lambda change: seen.append(time.perf_counter()), names="data")

    async def change(momentum):
        seen.clear()
        begin = time.perf_counter()
        panel.set(momentum=momentum)
        while not seen or panel.data["busy"]:
            await asyncio.sleep(0.001)
        return seen[0] - begin, seen[-1] - begin

    times = [asyncio.run(change(momentum)) for momentum in (0.0, 0.5, 0.8, 0.3, 0.6)]
    return [1e3 * statistics.median(one) for one in zip(*times, strict=True)]


def main():
    print(
        f"the landscape panel (200 steps of three rules) is made, with its static picture, in {in_the_kernel():.0f} ms"
    )
    partial, whole = retraining()
    print(f"the sweep panel trains 64 rates x 120 steps anew: shown after {partial:.0f} ms, done in {whole:.0f}")
    results = in_the_browser()
    floor = results["slider to text (floor)"]
    print(
        "| way | key to pixels, median ms | p95 ms | of the floor | pictures/s in a drag | of the floor | behind, ms |"
    )
    print("|---|---|---|---|---|---|---|")
    for way, (delays, rate, behind, _) in results.items():
        median = np.median(delays)
        ratios = median / np.median(floor[0]), rate / floor[1]
        p95 = np.quantile(delays, 0.95)
        print(f"| {way} | {median:.0f} | {p95:.0f} | {ratios[0]:.2f} | {rate:.1f} | {ratios[1]:.2f} | {behind:.0f} |")
    ours, usual = (np.median(results[way][0]) for way in list(WAYS)[:2])
    print(f"the usual way takes {usual / ours:.1f} times as long as the panel, from key to pixels")


if __name__ == "__main__":
    sys.exit(main())
