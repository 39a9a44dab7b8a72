"""Every lesson as slides and as a page in a real Chromium, from a file, with the network refused.

Screenshots of every slide and page stay in the folder that LRCOURSE_SCREENSHOTS names, if it is set.
"""

import io
import re
from functools import partial

import nbformat
import numpy as np
import pytest
from PIL import Image

from lrcourse import datasets, models, panels, problems, schedules
from lrcourse.lessons import files
from lrcourse.lessons.deck import deck
from lrcourse.lessons.page import page as page_of
from tests.test_browser import CHROMIUM, FLAGS, keep, playwright
from tests.test_lessons import notebook

pytestmark = pytest.mark.browser

LESSONS = files.lessons()
# What of a slide is outside its 1280 x 720, when every fragment is shown.
OUTSIDE = """() => {
    const found = [];
    for (const [number, slide] of Reveal.getSlides().entries()) {
        const { h, v } = Reveal.getIndices(slide);
        Reveal.slide(h, v, 999);
        for (const one of slide.querySelectorAll("*")) {
            if (one.closest("aside, annotation")) continue;
            const box = one.getBoundingClientRect();
            if (box.width && (box.right > 1280.5 || box.bottom > 720.5 || box.left < -0.5 || box.top < -0.5))
                found.push([number, one.tagName, one.textContent.slice(0, 40), box.right, box.bottom]);
        }
        for (const one of slide.querySelectorAll("pre.code"))
            if (one.scrollWidth > one.clientWidth + 1) found.push([number, "cut", one.textContent.slice(0, 40)]);
    }
    return found;
}"""


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        yield driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)


@pytest.fixture
def opened(browser, tmp_path):
    """A function that opens a document from a file, offline, and notes what it asks for and complains of."""
    contexts = []

    def open_it(document, **how):
        context = browser.new_context(offline=True, **{"viewport": {"width": 1280, "height": 720}} | how)
        contexts.append(context)
        context.asked, context.complaints = [], []
        context.on("request", lambda request: context.asked.append(request.url))
        page = context.new_page()
        page.on("console", lambda m: context.complaints.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: context.complaints.append(str(error)))
        path = tmp_path / "lesson.html"
        path.write_text(document, encoding="utf-8")
        page.goto(path.as_uri())
        if "Reveal.initialize" in document:
            page.wait_for_function("window.Reveal && Reveal.isReady()")
        return page

    yield open_it
    for context in contexts:
        context.close()


def quiet(page):
    """No request but for the file itself, and no complaint."""
    assert {url.partition("?")[0] for url in page.context.asked if not url.startswith("data:")} == {
        page.url.partition("#")[0]
    }
    assert page.context.complaints == []


def light(page):
    return np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("L")).astype(int)


@pytest.mark.parametrize("number", LESSONS)
def test_a_deck_opens_offline_and_every_slide_fits(opened, number):
    lesson = files.read(LESSONS[number])
    page = opened(deck(lesson))
    assert page.evaluate(OUTSIDE) == []
    slides = page.evaluate(
        "Reveal.getSlides().map(slide => [slide.innerText.trim().length, slide.querySelectorAll('img').length])"
    )
    assert len(slides) >= len(files.sections(lesson))
    assert all(letters > 20 or pictures for letters, pictures in slides)
    assert min(page.evaluate("Reveal.getSlides().map(slide => parseFloat(getComputedStyle(slide).zoom))")) >= 0.8
    assert (
        min(page.evaluate("[...document.querySelectorAll('.slides math')].map(m => m.getBoundingClientRect().height)"))
        >= 0
    )
    for place in range(len(slides)):
        page.evaluate(
            "n => { const { h, v } = Reveal.getIndices(Reveal.getSlides()[n]); Reveal.slide(h, v, 999); }", place
        )
        page.wait_for_timeout(250)
        keep(page, f"slides_{number}_{place:02}.png")
        assert (light(page) < 128).mean() > 0.002  # something is written on it
    quiet(page)


def test_a_deck_is_the_lesson_in_its_order(opened):
    lesson = files.read(LESSONS["01"])
    page = opened(deck(lesson))
    titles = page.evaluate(
        "[...document.querySelectorAll('.slides > section')].map(s => s.querySelector('h1, h2').innerText)"
    )
    assert titles == [one.title for one in files.sections(lesson)]
    seconds = page.evaluate("Reveal.getSlides().map(slide => Number(slide.dataset.timing))")
    assert sum(seconds) == pytest.approx(60 * 40, abs=len(seconds))


def test_an_answer_waits_for_a_key(opened):
    printed = {"output_type": "stream", "name": "stdout", "text": "four"}
    quiz = "## Check\n\n<details><summary>Why?</summary>\n\nSo.\n</details>"
    page = opened(
        deck(
            notebook(
                ("markdown", "slide", "# How many?"),
                ("code", "-", "print(word(2 + 2))", printed),
                ("markdown", "slide", quiz),
            )
        )
    )

    def seen(what):
        page.wait_for_timeout(500)
        return page.locator(what).evaluate("e => getComputedStyle(e.closest('.fragment')).opacity") == "1"

    assert not seen("pre.output")
    page.keyboard.press("ArrowRight")
    assert seen("pre.output")
    page.keyboard.press("ArrowRight")
    assert not seen(".question .answer")
    page.keyboard.press("ArrowRight")
    assert seen(".question .answer")
    assert page.locator(".slides details").count() == 0
    quiet(page)


def test_the_speaker_sees_notes_minutes_and_the_next_slide(opened):
    lesson = files.read(LESSONS["04"])
    page = opened(deck(lesson))
    with page.context.expect_page() as popup:
        page.keyboard.press("s")
    speaker = popup.value
    notes = speaker.locator(".speaker-controls-notes .value")
    first, second = files.sections(lesson)[:2]
    notes.filter(has_text=first.notes[:40]).wait_for()
    assert notes.inner_text().startswith("2 minutes.")
    assert len(speaker.frames) == 3  # itself, this slide, the next one
    page.bring_to_front()
    page.keyboard.press("ArrowRight")
    notes.filter(has_text=second.notes[:40]).wait_for()
    speaker.locator(".pacing").first.wait_for()
    speaker.wait_for_timeout(500)
    keep(speaker, "speaker.png")
    quiet(page)


def test_a_deck_prints_a_page_a_slide(opened):
    page = opened(deck(files.read(LESSONS["01"])))
    count = page.evaluate("Reveal.getSlides().length")
    page.goto(page.url.partition("#")[0] + "?print-pdf")
    page.wait_for_function(f"document.querySelectorAll('.pdf-page').length === {count}")
    paddings = "[...document.querySelectorAll('section.sheet')].map(s => parseFloat(getComputedStyle(s).paddingTop))"
    assert min(page.evaluate(paddings)) > 30
    printed = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type /Page\b", printed)) == count


@pytest.mark.parametrize("number", LESSONS)
@pytest.mark.parametrize("width", [390, 1024])
def test_a_page_is_readable_on_a_phone_and_on_a_desk_and_in_both_themes(opened, number, width):
    document = page_of(files.read(LESSONS[number]))
    for theme in ("light", "dark"):
        page = opened(document, viewport={"width": width, "height": 800}, color_scheme=theme)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        size = page.evaluate("parseFloat(getComputedStyle(document.querySelector('main p')).fontSize)")
        assert size >= 16
        shown = light(page)
        assert (np.median(shown) > 240) == (theme == "light")
        assert (np.median(shown) < 40) == (theme == "dark")
        assert (abs(shown - np.median(shown)) > 120).mean() > 0.01  # and words that stand out from it
        assert page.evaluate("[...document.images].every(image => image.complete && image.naturalWidth && image.alt)")
        keep(page, f"page_{number}_{width}_{theme}.png")
        quiet(page)


def test_a_page_prints_with_every_answer_and_without_colour(opened):
    page = opened(page_of(files.read(LESSONS["08"])), color_scheme="dark")
    below = """[...document.querySelectorAll("details")].map(
        details => details.getBoundingClientRect().bottom - details.firstElementChild.getBoundingClientRect().bottom)"""
    assert max(page.evaluate(below)) < 1
    page.emulate_media(media="print")
    page.wait_for_timeout(200)
    assert min(page.evaluate(below)) > 15
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    printed = page.pdf(format="A4")
    assert 8 <= len(re.findall(rb"/Type /Page\b", printed)) <= 40


def test_panels_stay_alive_in_a_page_without_a_kernel(opened):
    falling = partial(schedules.exponential_decay, peak_lr=0.1, gamma=0.98)
    some = [
        panels.landscape(problems.rosenbrock(), steps=50, goal=1e-3),
        panels.schedule(falling, schedules.with_warmup(falling, 20), steps=200),
        panels.memory(goal=0.2),
        panels.sweep(models.SoftmaxRegression(64, 10), datasets.digits(), lr=np.geomspace(0.01, 1, 21), steps=10),
    ]
    cells = [nbformat.v4.new_markdown_cell("# Panels", metadata={"slideshow": {"slide_type": "slide"}})]
    for one in some:
        data, metadata = one._repr_mimebundle_()
        output = nbformat.v4.new_output("display_data", data, metadata=metadata)
        cells.append(nbformat.v4.new_code_cell("panel", outputs=[output]))
    page = opened(page_of(nbformat.v4.new_notebook(cells=cells)))
    views = page.locator(".lrcourse-panel").all()
    assert len(views) == len(some)
    for panel, view in zip(some, views, strict=True):
        status = view.locator("[role=status]")
        assert status.inner_text().removeprefix("✓ ") == panel.summary
        slider = view.locator("input[type=range]").first
        slider.focus()
        for _ in range(3):
            page.keyboard.press("ArrowRight")
        page.wait_for_timeout(100)
        panel.slider.value = panel.slider.places[int(slider.input_value())].item()
        assert status.inner_text().removeprefix("✓ ") == panel.summary
        # What only a kernel can follow is out of reach: momentum, batch size and the four schedules.
        assert view.locator("input:disabled").count() == (6 if panel.owner == "sweep" else 0)
    keep(page, "page_panels.png")
    quiet(page)
