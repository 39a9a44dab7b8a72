"""Every panel in a real JupyterLab in a real Chromium: shown, moved by keyboard and by mouse, in both themes.

Screenshots stay in the folder that LRCOURSE_SCREENSHOTS names, if it is set.
"""

import nbformat
import numpy as np
import pytest

from tests.test_browser import (
    CHROMIUM,
    FLAGS,
    KERNEL_IDLE,
    PICTURE,
    SLIDERS,
    keep,
    pixels,
    playwright,
    running_lab,
    until_it_answers,
)

pytestmark = pytest.mark.browser

CELLS = {
    "landscape": "panels.landscape(problems.quadratic([1, 10]), steps=50, goal=1e-6)",
    "landscape_large": "panels.landscape(problems.rosenbrock(), steps=200, goal=1e-3, large=True)",
    "schedule": "panels.schedule(cosine, falling, schedules.with_warmup(restarts, 20), steps=300, goal=12)",
    "bias_correction": "panels.bias_correction(corrected=False, goal=1.1)",
    "memory": "panels.memory(goal=0.2)",
    "sweep": "panels.sweep(models.MLP((64, 32, 10)), digits, lr=np.geomspace(0.001, 10, 25), goal=0.3)",
    "range_test": "panels.range_test(feedback.range_test(models.MLP((64, 32, 10)), digits), goal='suggested')",
    "noise": "panels.noise(goal=1e-3)",
}
FIRST = """from functools import partial
import numpy as np
from lrcourse import datasets, feedback, models, panels, problems, schedules
digits = datasets.digits().astype("float32")
shown = {}
cosine = partial(schedules.cosine_decay, peak_lr=0.1, decay_steps=200)
falling = partial(schedules.exponential_decay, peak_lr=0.1, gamma=0.98)
restarts = partial(schedules.cosine_restarts, peak_lr=0.05, period=40, growth=2)"""
CELLS_RUN = """count => {
    const cells = window.jupyterapp.shell.currentWidget?.content.widgets?.filter(c => c.model.type === "code") ?? [];
    return cells.length === count && cells.every(c => c.model.executionCount > 0);
}"""


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A notebook with every panel, run from top to bottom."""
    folder = tmp_path_factory.mktemp("lab")
    codes = [FIRST, *(f"shown[{name!r}] = {call}\nshown[{name!r}]" for name, call in CELLS.items())]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(code) for code in codes], metadata={"kernelspec": kernel}
    )
    with running_lab(folder) as (_, address), playwright.sync_playwright() as driver:
        nbformat.write(notebook, folder / "lessons/panels.ipynb")
        browser = driver.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("profile"),
            executable_path=CHROMIUM,
            args=FLAGS,
            viewport={"width": 1280, "height": 900},
            device_scale_factor=2,
        )
        page = browser.pages[0]
        page.console_errors = []
        page.on("console", lambda m: page.console_errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: page.console_errors.append(str(error)))
        server, token = address.split("/lab/")[0], address.split("?")[1]
        until_it_answers(lambda: page.goto(f"{server}/lab/tree/panels.ipynb?reset&{token}"), playwright.Error)
        page.wait_for_function(KERNEL_IDLE, timeout=60_000)
        page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")
        page.wait_for_function(CELLS_RUN, arg=len(codes), timeout=60_000)
        page.wait_for_function(KERNEL_IDLE, timeout=60_000)
        yield page
        browser.close()


@pytest.fixture(params=CELLS)
def name(request):
    return request.param


def view_of(page, name):
    """The panel ``name``, scrolled into view."""
    view = page.locator(".jp-CodeCell").nth(1 + list(CELLS).index(name)).locator(".lrcourse-panel")
    view.locator(PICTURE).wait_for()
    view.scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    return view


def said(view):
    return view.locator("[role=status]").inner_text()


def changed(one, other):
    return (np.abs(one - other).max(axis=2) > 60).sum()


def until_it_says_else(page, view, before):
    page.wait_for_function(
        "([element, before]) => element.querySelector('[role=status]').innerText !== before",
        arg=[view.element_handle(), before],
    )
    page.wait_for_timeout(400)


def shoot(page, view, name):
    """Keep a screenshot of the whole panel, however high it is."""
    page.set_viewport_size({"width": page.viewport_size["width"], "height": 1300})
    view.scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    keep(page, name)
    page.set_viewport_size({"width": page.viewport_size["width"], "height": 900})
    page.wait_for_timeout(300)


def test_a_panel_moves_by_keyboard_and_comes_back(page, name):
    view = view_of(page, name)
    shoot(page, view, f"{name}_light.png")
    before, words = pixels(view), said(view)
    place = page.evaluate("document.querySelector('.jp-WindowedPanel-outer').scrollTop")
    view.locator(SLIDERS).first.focus()
    for key in ("ArrowRight", "ArrowLeft"):
        spoken = said(view)
        for _ in range(5):
            page.keyboard.press(key)
        until_it_says_else(page, view, spoken)
        if key == "ArrowRight":
            assert changed(before, pixels(view)) > 300
    assert said(view) == words
    assert changed(before, pixels(view)) < 50
    # The page did not jump while the panel moved.
    assert abs(page.evaluate("document.querySelector('.jp-WindowedPanel-outer').scrollTop") - place) < 200


def test_a_panel_moves_by_mouse_and_reset_brings_it_back(page, name):
    view = view_of(page, name)
    before, words = pixels(view), said(view)
    slider = view.locator(SLIDERS).first
    box = slider.bounding_box()
    share = slider.evaluate("slider => (slider.value - slider.min) / (slider.max - slider.min)")
    x, y = box["x"] + 8 + (box["width"] - 16) * share, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for moved in range(1, 13):
        page.mouse.move(x + 3 * moved, y)
        page.wait_for_timeout(16)
    page.mouse.up()
    until_it_says_else(page, view, words)
    assert changed(before, pixels(view)) > 300
    spoken = said(view)
    view.get_by_role("button", name="reset").click()
    until_it_says_else(page, view, spoken)
    assert said(view) == words
    assert changed(before, pixels(view_of(page, name))) < 50  # in its place again: the click may have scrolled


def test_show_me_reaches_the_goal_and_says_so(page, name):
    view = view_of(page, name)
    words = said(view)
    assert "not reached" in words
    view.get_by_role("button", name="show me").click()
    until_it_says_else(page, view, words)
    assert said(view).startswith("✓")
    shoot(page, view, f"{name}_reached.png")
    spoken = said(view)
    view.get_by_role("button", name="reset").click()
    until_it_says_else(page, view, spoken)
    assert said(view) == words


def test_every_slider_has_its_label_and_takes_the_keyboard(page, name):
    view = view_of(page, name)
    labels = view.locator("label.lrcourse-slider span").all_inner_texts()
    assert labels
    assert len(labels) == len(set(labels)) == view.locator(SLIDERS).count()
    for slider in view.locator(SLIDERS).all():
        assert slider.evaluate("slider => slider.labels.length") == 1
        assert slider.evaluate("slider => slider.tabIndex") == 0
        assert slider.get_attribute("aria-valuetext")


def test_no_words_are_cut(page, name):
    for one in view_of(page, name).locator("label span, output, button, legend").all():
        assert one.evaluate("element => element.scrollWidth <= element.clientWidth + 1 || !element.clientWidth")


def test_pointing_into_the_map_sets_the_start_and_into_the_valley_the_rate(page):
    view = view_of(page, "landscape")
    pads = view.locator("svg > rect").all()
    words = said(view)
    sliders = dict(
        zip(view.locator("label.lrcourse-slider span").all_inner_texts(), view.locator(SLIDERS).all(), strict=True)
    )
    rate = sliders["learning rate η"].get_attribute("aria-valuetext")
    for pad, names in zip(pads, (["start θ₁", "start θ₂"], ["learning rate η"]), strict=True):
        told = [sliders[name].get_attribute("aria-valuetext") for name in names]
        box = pad.bounding_box()
        page.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 0.25 * box["height"])
        page.mouse.down()
        page.wait_for_timeout(100)
        once = [sliders[name].get_attribute("aria-valuetext") for name in names]
        page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.4 * box["height"])
        page.mouse.up()
        then = [sliders[name].get_attribute("aria-valuetext") for name in names]
        assert all(len({*three}) == 3 for three in zip(told, once, then, strict=True))
    assert sliders["learning rate η"].get_attribute("aria-valuetext") != rate
    view.get_by_role("button", name="reset").click()
    page.wait_for_timeout(300)
    assert said(view) == words


def test_the_kernel_hears_what_the_hand_does_and_the_page_what_the_kernel_says(page):
    view = view_of(page, "memory")
    view.locator(SLIDERS).first.focus()
    for _ in range(8):
        page.keyboard.press("ArrowRight")
    page.wait_for_timeout(500)  # the kernel is told when the hand rests
    assert view.locator("output").first.inner_text() != "0.5"
    assert ask_the_kernel(page, "float(shown['memory'].slider.value)") == view.locator("output").first.inner_text()
    assert ask_the_kernel(page, "shown['memory'].summary") == repr(said(view))
    ask_the_kernel(page, "shown['memory'].set(rho=0.9, corrected=True)")
    page.wait_for_timeout(500)
    assert view.locator("output").first.inner_text() == "0.9"
    assert view.locator("input[type=checkbox]").is_checked()
    assert "= 10 steps" in said(view)
    ask_the_kernel(page, "shown['memory'].reset()")
    page.wait_for_timeout(500)
    assert "= 2 steps" in said(view)


def ask_the_kernel(page, expression):
    """The ``repr`` of an expression in the notebook's own kernel."""
    return page.evaluate(
        """async (expression) => {
            const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
            const request = {code: "", user_expressions: {asked: expression}, silent: false, store_history: false};
            const reply = (await kernel.requestExecute(request).done).content.user_expressions.asked;
            return reply.status === "ok" ? reply.data["text/plain"] : reply.evalue;
        }""",
        expression,
    )


def test_dark_theme_keeps_the_panels_readable(page):
    page.evaluate("window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})")
    page.wait_for_function("document.body.dataset.jpThemeLight === 'false'")
    page.wait_for_timeout(1000)
    for name in CELLS:
        view = view_of(page, name)
        shown = pixels(view)
        assert shown[2:6, 2:6].mean() < 40  # the page shows through
        assert (shown.max(axis=2) > 100).mean() > 0.01  # and the lines stand out from it
        shoot(page, view, f"{name}_dark.png")
    page.evaluate("window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Light'})")
    page.wait_for_function("document.body.dataset.jpThemeLight === 'true'")


def test_the_panels_fit_a_narrow_screen(page):
    page.set_viewport_size({"width": 1024, "height": 768})
    page.wait_for_timeout(500)
    right = page.locator(".jp-NotebookPanel").bounding_box()
    for name in CELLS:
        view = view_of(page, name)
        for part in (view.locator(PICTURE), *view.locator("input, button:not([hidden])").all()):
            box = part.bounding_box()
            assert box["x"] + box["width"] <= right["x"] + right["width"], name
        shoot(page, view, f"{name}_narrow.png")
        page.set_viewport_size({"width": 1024, "height": 768})
    page.set_viewport_size({"width": 1280, "height": 900})


def test_a_drag_faster_than_the_screen_ends_on_the_newest_value_in_one_picture(page):
    view = view_of(page, "landscape")
    words = said(view)
    pictures = page.evaluate(
        """async ([view, slider]) => {
            let pictures = 0;
            const status = view.querySelector("[role=status]");
            const changes = {childList: true, characterData: true, subtree: true};
            new MutationObserver(() => pictures++).observe(status, changes);
            for (let i = 0; i < 40; i++) {
                slider.stepUp();
                slider.dispatchEvent(new Event("input", {bubbles: true}));
            }
            await new Promise((done) => setTimeout(done, 500));
            return pictures;
        }""",
        [view.element_handle(), view.locator(SLIDERS).first.element_handle()],
    )
    assert pictures == 1
    shown = float(said(view).split("η = ")[1].split(",")[0])
    assert shown == pytest.approx(0.02 * 10 ** (40 * 4 / 80), rel=0.01)
    view.get_by_role("button", name="reset").click()
    page.wait_for_timeout(300)
    assert said(view) == words


def test_a_panel_whose_kernel_is_gone_still_follows_the_hand(page):
    page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    page.wait_for_function(KERNEL_IDLE, timeout=60_000)
    view = view_of(page, "landscape")
    words, before = said(view), pixels(view)
    view.locator(SLIDERS).first.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.wait_for_timeout(300)
    assert said(view) != words
    assert changed(before, pixels(view)) > 300


def test_the_browser_reports_no_error(page):
    assert [error for error in page.console_errors if "favicon" not in error] == []
