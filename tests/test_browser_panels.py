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
}
FIRST = """from functools import partial
from lrcourse import panels, problems, schedules
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
    codes = [FIRST, *CELLS.values()]
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
    view = page.locator(".jp-CodeCell").nth(1 + list(CELLS).index(name)).locator(".lm-Widget.widget-vbox")
    view.locator("img").wait_for()
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
    handle = view.locator(".noUi-handle").first
    handle.focus()
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
    handle = view.locator(".noUi-handle").first.bounding_box()
    x, y = handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2
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
    found = [text.strip("\u200b ") for text in view.locator(".widget-label").all_inner_texts()]
    labels = [text for text in found if text]
    assert len(labels) == len(set(labels))
    for slider in view.locator(".noUi-handle").all():
        assert slider.get_attribute("role") == "slider"
        assert slider.get_attribute("tabindex") == "0"
    for label in view.locator(".widget-label").all():  # none is cut
        assert label.evaluate("element => element.scrollWidth <= element.clientWidth + 1"), label.inner_text()


def test_the_readout_of_each_slider_is_not_cut(page, name):
    for readout in view_of(page, name).locator(".widget-readout").all():
        assert readout.evaluate("element => element.scrollWidth <= element.clientWidth + 1"), readout.inner_text()


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
        for part in (view.locator("img"), *view.locator(".widget-slider, button").all()):
            box = part.bounding_box()
            assert box["x"] + box["width"] <= right["x"] + right["width"], name
        shoot(page, view, f"{name}_narrow.png")
        page.set_viewport_size({"width": 1024, "height": 768})
    page.set_viewport_size({"width": 1280, "height": 900})


def test_a_drag_faster_than_the_kernel_ends_on_the_newest_value(page):
    view = view_of(page, "landscape")
    words = said(view)
    view.locator(".noUi-handle").first.focus()
    page.evaluate(
        """handle => { for (let i = 0; i < 40; i++) handle.dispatchEvent(
            new KeyboardEvent("keydown", {key: "ArrowRight", bubbles: true})); }""",
        view.locator(".noUi-handle").first.element_handle(),
    )
    page.wait_for_timeout(2000)
    shown = float(said(view).split("η = ")[1].split(",")[0])
    assert shown == pytest.approx(0.02 * 10 ** (40 * 4 / 80), rel=0.01)
    view.get_by_role("button", name="reset").click()
    until_it_says_else(page, view, said(view) if said(view) == words else "")


def test_the_browser_reports_no_error(page):
    assert [error for error in page.console_errors if "favicon" not in error] == []
