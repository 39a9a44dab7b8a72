"""A learner's first minutes in a real browser: the command, JupyterLab, the lesson, the slider.

Needs Chromium and the extra ``browser``. Screenshots stay in the folder that LRCOURSE_SCREENSHOTS names, if it is set.
"""

import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

from lrcourse import cli

pytestmark = pytest.mark.browser

playwright = pytest.importorskip("playwright.sync_api", reason='needs: pip install -e ".[browser]"')
pytest.importorskip("jupyterlab", reason='needs: pip install -e ".[browser]"')
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
if CHROMIUM is None:
    pytest.skip("needs a Chromium, as in: apt-get install chromium", allow_module_level=True)

# The browser itself asks nobody anything.
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync"]
PICTURE, SLIDERS = "svg[role=img]", "input[type=range]"
KERNEL_IDLE = """() => {
    const context = window.jupyterapp?.shell.currentWidget?.sessionContext;
    return context?.isReady && context.session?.kernel?.connectionStatus === "connected"
        && context.session.kernel.status === "idle";
}"""
CELLS_RUN = """() => {
    const cells = window.jupyterapp.shell.currentWidget.content.widgets.filter(c => c.model.type === "code");
    return cells.length > 5 && cells.every(c => c.model.executionCount > 0 && c.model.executionState !== "running");
}"""


@contextmanager
def running_lab(folder):
    """``lrcourse lab`` on a copy of the lessons, with settings of its own; gives the process and its address."""
    environment = {**os.environ, "IPYTHONDIR": str(folder / "ipython")}
    for kind in ("SETTINGS", "WORKSPACES"):
        environment[f"JUPYTERLAB_{kind}_DIR"] = str(folder / kind.lower())
    for kind in ("CONFIG", "DATA", "RUNTIME"):
        environment[f"JUPYTER_{kind}_DIR"] = str(folder / kind.lower())
    (folder / "config").mkdir()
    config = {"LabApp": {"expose_app_in_browser": True}}
    (folder / "config/jupyter_lab_config.json").write_text(json.dumps(config))
    command = [sys.executable, "-m", "lrcourse.cli", "lab", "--no-browser", "--folder", str(folder / "lessons")]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        said = next((line for line in server.stdout if line.startswith("Address: ")), None)
        assert said, (folder / "log").read_text()
        yield server, said.split()[1]
    finally:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(timeout=20)
        finally:
            server.kill()
            server.stdout.close()


def until_it_answers(ask, *errors):
    for _ in range(120):
        try:
            return ask()
        except errors:
            time.sleep(0.25)
    return pytest.fail("JupyterLab does not answer")


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The lesson, opened as a learner opens it and run from top to bottom."""
    with running_lab(tmp_path_factory.mktemp("lab")) as (_, address), playwright.sync_playwright() as driver:
        profile = tmp_path_factory.mktemp("profile")
        size = {"width": 1280, "height": 900}
        browser = driver.chromium.launch_persistent_context(
            profile, executable_path=CHROMIUM, args=FLAGS, viewport=size, device_scale_factor=2
        )
        page = browser.pages[0]
        page.console_errors = []
        page.on("console", lambda m: page.console_errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: page.console_errors.append(str(error)))
        page.asked = set()
        page.on("request", lambda request: page.asked.add(urlsplit(request.url).hostname or "inline"))
        until_it_answers(lambda: page.goto(address), playwright.Error)
        page.wait_for_function(KERNEL_IDLE, timeout=60_000)
        page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")
        page.wait_for_function(CELLS_RUN, timeout=60_000)
        page.wait_for_function(KERNEL_IDLE, timeout=60_000)
        yield page
        browser.close()


def panel(page, number):
    """The panel ``number`` of the lesson, scrolled into view."""
    view = page.locator(".lrcourse-panel").nth(number)
    view.scroll_into_view_if_needed()
    view.locator(PICTURE).wait_for()
    return view


def keep(page, name):
    folder = os.environ.get("LRCOURSE_SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / name)


def pixels(view):
    return np.asarray(Image.open(io.BytesIO(view.locator(PICTURE).screenshot())).convert("RGB")).astype(int)


def press(page, view, key, times):
    """Press a key on the slider as a learner does, one after the other, and wait for the picture that belongs to it."""
    view.locator(SLIDERS).focus()
    for _ in range(times):
        before = view.locator("[role=status]").inner_text()
        page.keyboard.press(key)
        page.wait_for_function(
            "([element, before]) => element.querySelector('[role=status]').innerText !== before",
            arg=[view.element_handle(), before],
        )
    page.wait_for_timeout(300)


def test_the_lesson_opens_and_every_cell_runs(page):
    assert page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
    assert page.locator(".lrcourse-panel").count() == 2
    assert page.locator(".Toastify__toast").count() == 0  # nothing covers the page on a first visit
    page.evaluate("document.querySelector('.jp-WindowedPanel-outer').scrollTop = 0")
    page.wait_for_timeout(500)
    keep(page, "lesson_top_light.png")


@pytest.mark.parametrize("number", [0, 1])
def test_a_key_moves_the_picture_and_the_numbers(page, number):
    view = panel(page, number)
    before, said = pixels(view), view.locator("[role=status]").inner_text()
    press(page, view, "ArrowRight", 8)
    after = pixels(view)
    assert (np.abs(before - after).max(axis=2) > 60).sum() > 1000
    assert view.locator("[role=status]").inner_text() != said
    press(page, view, "ArrowLeft", 8)
    assert view.locator("[role=status]").inner_text() == said
    assert (np.abs(pixels(view) - before).max(axis=2) > 60).sum() < 50


def test_the_goal_can_be_reached_with_the_keyboard(page):
    view = panel(page, 0)
    press(page, view, "ArrowRight", 89)
    keep(page, "ravine_light.png")
    assert re.search(r"✓ η = 0\.1\d+: loss .* reached\.", view.locator("[role=status]").inner_text())
    view = panel(page, 1)
    press(page, view, "ArrowRight", 41)
    keep(page, "digits_light.png")
    assert re.search(r"✓ η = 8\.03: loss .* reached\.", view.locator("[role=status]").inner_text())


def test_dark_theme_keeps_the_picture_readable(page):
    def lightness_of_page():
        return pixels(panel(page, 0))[2:6, 2:6].mean()

    assert lightness_of_page() > 240
    page.evaluate("window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})")
    page.wait_for_function("document.body.dataset.jpThemeLight === 'false'")
    page.wait_for_timeout(1000)
    assert lightness_of_page() < 40  # the picture lets the page show through
    ink = pixels(panel(page, 0)).max(axis=2)
    assert (ink > 100).mean() > 0.02  # and its lines stand out from it
    for number, name in enumerate(("ravine_dark.png", "digits_dark.png")):
        panel(page, number)
        keep(page, name)
    page.evaluate("window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Light'})")
    page.wait_for_function("document.body.dataset.jpThemeLight === 'true'")


def test_the_page_is_usable_on_a_narrow_screen(page):
    page.set_viewport_size({"width": 1024, "height": 768})
    page.wait_for_timeout(500)
    view = panel(page, 1)
    box, image = page.locator(".jp-NotebookPanel").bounding_box(), view.locator(PICTURE).bounding_box()
    keep(page, "digits_narrow.png")
    assert image["x"] + image["width"] <= box["x"] + box["width"]
    page.set_viewport_size({"width": 1280, "height": 900})


def test_the_browser_reports_no_error(page):
    assert [error for error in page.console_errors if "favicon" not in error] == []


def test_nobody_else_is_asked_anything(page):
    assert page.asked <= {"127.0.0.1", "inline"}


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "terminate"])
def test_the_server_wants_its_token_and_ends_with_the_command(tmp_path, how):
    with running_lab(tmp_path) as (server, address):
        assert address.startswith("http://127.0.0.1:")
        api = address.split("/lab/")[0] + "/api/contents/"
        token = address.split("?")[1]

        def ask(query):
            with urllib.request.urlopen(f"{api}{cli.FIRST_LESSON}?content=0&{query}", timeout=10) as answer:
                return answer.status

        assert until_it_answers(lambda: ask(token), ConnectionError, urllib.error.URLError) == 200
        with pytest.raises(urllib.error.HTTPError, match="403"):
            ask("token=guess")
        server.send_signal(how)
        assert server.wait(timeout=20) in {0, 130, 143}
        with pytest.raises(urllib.error.URLError, match="refused"):
            ask(token)
