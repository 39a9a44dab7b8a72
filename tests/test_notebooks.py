"""The notebooks as texts and as programs. Their values are compared by nbval, which plain pytest runs too."""

import re
import statistics
import time
from pathlib import Path

import nbformat
import pytest

from tests.execute import WIDGET, execute

ROOT = Path(__file__).parent.parent
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
EXERCISES = sorted((ROOT / "exercises").glob("*.ipynb"))
# Short ones have limits of their own: lesson 00 is a first run, not a lesson of 30 to 45 minutes.
SECONDS = {"00_start_here": 10}
CELLS = {"00_start_here": (20, 45)}

by_name = pytest.mark.parametrize("path", LESSONS, ids=lambda p: p.stem)


def read(path):
    return nbformat.read(path, as_version=4)


def code_lines(cell):
    return [line for line in cell.source.splitlines() if line.strip() and not line.strip().startswith("#")]


def test_there_is_a_lesson_and_an_exercise():
    assert LESSONS
    assert EXERCISES


@pytest.mark.parametrize("path", LESSONS + EXERCISES, ids=lambda p: p.stem)
def test_runs_top_to_bottom_in_time_without_a_word_on_stderr(path):
    begin = time.perf_counter()
    notebook = execute(path)
    took = time.perf_counter() - begin
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            assert output.output_type != "error"
            assert output.get("name") != "stderr", output.text
    # A budget of the course, with room for a busy machine; not a benchmark.
    assert took < 2 * SECONDS.get(path.stem, 30)


@by_name
def test_is_committed_executed_with_pictures_that_need_no_widget(path):
    notebook = read(path)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output.get("data", {}) for cell in cells for output in cell.outputs]
    assert any("image/png" in data for data in outputs)
    assert not any(WIDGET in data for data in outputs)
    assert "widgets" not in notebook.metadata
    shown = str([cell.get("outputs") for cell in notebook.cells])
    assert not re.search("it/s|s/it", shown)  # no progress bar was kept


@by_name
def test_keeps_the_budgets_of_a_lesson(path):
    notebook = read(path)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    prose = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
    low, high = CELLS.get(path.stem, (25, 45))
    assert low <= len(notebook.cells) <= high
    lengths = [len(code_lines(cell)) for cell in code]
    assert statistics.median(lengths) <= 4
    assert max(lengths) <= 15
    words = sum(len(re.findall(r"\w+", cell.source)) for cell in prose)
    assert words >= 8 * sum(lengths)
    kinds = "".join(cell.cell_type[0] for cell in notebook.cells)
    assert "cccc" not in kinds
    imports = [cell for cell in code if re.search(r"^(import|from) ", cell.source, flags=re.M)]
    assert len(imports) == 1
    for cell in code:
        for function in re.findall(r"^def .*?(?=^\S|\Z)", cell.source, flags=re.M | re.S):
            assert len(function.strip().splitlines()) <= 6


@by_name
def test_has_the_anatomy_of_a_lesson(path):
    notebook = read(path)
    title = notebook.cells[0].source.splitlines()[0]
    assert title.startswith("# ")
    assert title.endswith("?")
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    for part in ("you can", "You need", "It takes", "**Ask.**", "**Run.**", "**Turn.**", "**Say.**", "**Goal"):
        assert part in text, part
    for heading in ("## What you can now explain", "## Check yourself", "## Now you", "## Sources"):
        assert heading in text, heading
    (exercise,) = re.findall(r"`(exercises/\S+\.ipynb)`", text)
    assert (ROOT / exercise).exists()


@by_name
def test_every_source_has_an_identifier_in_form_that_agrees_with_its_link(path):
    text = "\n".join(cell.source for cell in read(path).cells)
    sources = text.split("## Sources")[1].strip().splitlines()
    assert sources
    for source in sources:
        links = re.findall(r"\[(doi|arXiv):(\S+?)\]\((\S+?)\)", source)
        assert links, source
        for kind, identifier, address in links:
            form, site = {
                "doi": (r"10\.\d{4,}/\S+", "https://doi.org/"),
                "arXiv": (r"\d{4}\.\d{4,5}", "https://arxiv.org/abs/"),
            }[kind]
            assert re.fullmatch(form, identifier)
            assert address == site + identifier


@by_name
def test_every_cell_has_its_place_in_the_slides(path):
    notebook = read(path)
    kinds = [cell.metadata["slideshow"]["slide_type"] for cell in notebook.cells]
    assert kinds[0] == "slide"
    assert set(kinds) <= {"slide", "subslide", "fragment", "-", "skip"}
    assert "subslide" in kinds


@by_name
def test_each_section_has_its_minutes_and_helps_the_speaker(path):
    notebook = read(path)
    sections = [cell for cell in notebook.cells if cell.metadata["slideshow"]["slide_type"] == "slide"]
    assert all(re.match("##? ", cell.source) for cell in sections)
    minutes = [cell.metadata["slideshow"]["minutes"] for cell in sections]
    assert min(minutes) >= 1
    promised = re.search(r"\*\*It takes\*\* (\d+) minutes", notebook.cells[0].source)
    assert sum(minutes) == int(promised[1])
    for cell in sections:
        notes = cell.metadata["slideshow"]["notes"]
        assert len(notes.split()) >= 20
        assert len(set(notes.split())) >= 15


def folded(cell):
    return cell.metadata.get("jupyter", {}).get("source_hidden", False)


@by_name
def test_a_derivation_is_folded_unless_its_cell_is_a_run(path):
    for cell in read(path).cells:
        if cell.cell_type == "code" and "derivation(" in cell.source:
            assert folded(cell) == ("print(" not in cell.source), cell.source


@by_name
def test_the_numbers_of_the_quiz_are_checked_in_a_folded_cell(path):
    cells = read(path).cells
    (quiz,) = [number for number, cell in enumerate(cells) if "## Check yourself" in cell.source]
    assert cells[quiz + 1].cell_type == "code"
    assert folded(cells[quiz + 1])
    assert "assert " in cells[quiz + 1].source
    assert cells[quiz + 1].metadata["slideshow"]["slide_type"] == "skip"


@by_name
def test_the_words_are_plain(path):
    text = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
    assert not re.findall(r"\b(simply|obviously|trivially|just do|of course)\b|[a-z]!", text, flags=re.I)


def test_exercises_are_handed_out_without_outputs():
    for path in EXERCISES:
        for cell in read(path).cells:
            if cell.cell_type == "code":
                assert cell.outputs == []
                assert cell.execution_count is None
