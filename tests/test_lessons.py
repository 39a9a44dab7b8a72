"""``lrcourse slides`` and ``lrcourse page``: what a lesson becomes, and how the commands behave."""

import base64
import html
import json
import re
import sys
import xml.etree.ElementTree as xml
from pathlib import Path

import nbformat
import pytest

from lrcourse import cli, panels, plotting, problems, training
from lrcourse.lessons import deck, files, page, rendering
from lrcourse.panels.panel import MIMETYPE

ROOT = Path(__file__).parent.parent
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
by_name = pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)


def parsed(made):
    """The elements of a formula, by name; the LaTeX that goes with it for copying left out."""
    tree = xml.fromstring(re.search("<math.*</math>", made, re.S)[0].replace("&ApplyFunction;", ""))
    for parent in list(tree.iter()):
        for child in list(parent):
            if child.tag.endswith("annotation"):
                parent.remove(child)
    return tree


def texts(made):
    return "".join(parsed(made).itertext())


def plain(made):
    return html.unescape(re.sub("<[^>]+>", "", made))


def notebook(*cells, **metadata):
    """A notebook of (kind, slide type, source, outputs)."""
    made = []
    for kind, place, source, *outputs in cells:
        cell = {"cell_type": kind, "metadata": {"slideshow": {"slide_type": place}}, "source": source}
        if kind == "code":
            cell |= {"outputs": outputs, "execution_count": 1}
        made.append(cell)
    made[0]["metadata"]["slideshow"] |= {"minutes": 3, "notes": "Say $x^2$ **aloud**."} | metadata
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": made}


def png():
    picture = plotting.valley(training.descend(problems.quadratic([1, 10]), lr=[0.01, 0.1], steps=3))
    data, metadata = picture._repr_mimebundle_()
    return {"output_type": "execute_result", "data": data, "metadata": metadata, "execution_count": 1}


# formulas


@pytest.mark.parametrize(
    ("latex", "shown"),
    [
        (r"\mathbb E[g]", "𝔼[g]"),
        (r"\hat m_t", "mˆt"),
        (r"\bar x", "x¯"),
        (r"|\Delta\theta| \lesssim \eta", "|Δθ|≲η"),
        (r"\text{too close}", "too\N{NO-BREAK SPACE}close"),
        (r"\tfrac12\kappa\ln 10^6 \approx 6.9", "12κln106≈6.9"),
    ],
)
def test_a_formula_has_its_signs(latex, shown):
    found = texts(rendering.formula(latex))
    for alike, sign in {"^": "ˆ", "‾": "¯", "\u2061": "", "\u2009": "", " ": ""}.items():
        found, shown = found.replace(alike, sign), shown.replace(alike, sign)
    assert re.sub(r"\s", "", found) == re.sub(r"\s", "", shown)


def test_accents_fractions_roots_and_lines_are_elements_of_their_own():
    made = parsed(rendering.formula(r"\hat m + \frac{a}{b} + \sqrt{v} + g_t^2", display=True))
    names = {element.tag for element in made.iter()}
    assert {"mover", "mfrac", "msqrt", "msubsup"} <= names
    assert made.get("display") == "block"


@pytest.mark.parametrize(
    ("latex", "rows"),
    [
        (r"\begin{aligned} a &= b \\ ={}& c && \text{why} \end{aligned}", 2),
        (r"\begin{cases} 1 & x > 0 \\ 0 & \text{else} \\ 2 & x = 0 \end{cases}", 3),
    ],
)
def test_lines_of_a_formula_stay_lines(latex, rows):
    made = rendering.formula(latex, display=True)
    assert sum(element.tag == "mtr" for element in parsed(made).iter()) == rows
    assert "&amp;" not in re.sub("<annotation.*?</annotation>", "", made, flags=re.S)


def test_a_sign_at_the_end_of_a_column_keeps_its_distance():
    rows = [*parsed(rendering.formula(r"\begin{aligned} & a \\ ={}& c \end{aligned}", display=True)).iter("mtr")]
    sign = [element.tag for element in rows[1][0].iter()]
    assert sign.index("mspace") > sign.index("mo")


def test_latex_that_cannot_be_read_is_refused_with_what_it_was():
    with pytest.raises(ValueError, match=r"formula: LaTeX must be readable; received '\\\\frac\{1'"):
        rendering.formula(r"\frac{1")
    with pytest.raises(ValueError, match="unheardof"):
        rendering.prose(r"a $\unheardof{x}$")


@by_name
def test_every_formula_of_the_lessons_is_read_and_none_is_left_as_latex(path):
    made = page.page(files.read(path))
    without = re.sub(
        "<annotation.*?</annotation>|<pre.*?</pre>|<code>.*?</code>|<script.*?</script>", "", made, flags=re.S
    )
    assert made.count("<math") > 10
    assert "merror" not in made
    assert not re.findall(r"\\[a-zA-Z]+", plain(re.sub("<style.*?</style>", "", without, flags=re.S)))
    assert "$" not in plain(re.sub("<style.*?</style>", "", without, flags=re.S))


# text, code, pictures


def test_dollars_in_code_are_no_formulas_and_markdown_does_not_touch_formulas():
    made = rendering.prose("`$HOME` and $a_1 * b_2 * c_3$ and *this*")
    assert "<code>$HOME</code>" in made
    assert "<em>this</em>" in made
    assert texts(made).replace(" ", "") == "a1*b2*c3".replace("*", "∗")
    assert made.count("<em>") == 1


def test_a_formula_of_its_own_is_a_block_between_paragraphs():
    made = rendering.prose("so\n\n$$x = 1$$\n\nand")
    assert re.fullmatch(r'<p>so</p>\s*<div class="formula"><math.*</math></div>\s*<p>and</p>\s*', made, re.S)


def test_what_is_folded_in_the_notebook_is_folded_on_the_page():
    made = rendering.prose("<details><summary>Why $x$?</summary>\n\nBecause **so**.\n</details>\n\nNext.")
    assert re.search(
        r"<details><summary>Why <math.*</summary>\s*<p>Because <strong>so</strong>.</p>\s*</details>", made
    )
    assert made.index("</details>") < made.index("<p>Next.</p>")


def test_code_is_whole_safe_and_tells_its_width():
    source = "if a < b:\n    print('" + "x" * 90 + "')"
    made = rendering.code(source)
    assert plain(made) == source + "\n"
    assert "--columns: 103" in made
    assert "<b" not in made.replace("<br", "")


def test_a_picture_has_its_size_and_is_told_in_words():
    one = png()
    one["metadata"]["image/png"]["alt"] = 'a "b" <c>'
    made = rendering.output(one)
    image = re.search(
        '<img src="data:image/png;base64,([^"]+)" alt="([^"]*)" width="([0-9]+)" height="([0-9]+)">', made
    )
    wide, high = rendering.size(image[1])
    assert base64.b64decode(image[1])[:4] == b"\x89PNG"
    assert html.unescape(image[2]) == 'a "b" <c>'
    assert int(image[3]) == one["metadata"]["image/png"]["width"]
    assert int(image[4]) / int(image[3]) == pytest.approx(high / wide, abs=0.002)


def test_a_panel_is_alive_and_asks_for_no_network():
    data, metadata = panels.memory(goal=0.2)._repr_mimebundle_()
    data["text/html"] = "<script src='https://cdn.example/widgets.js'></script>"
    made = rendering.output({"output_type": "display_data", "data": data, "metadata": metadata})
    assert f"<figcaption>{html.escape(data['text/plain'])}</figcaption>" in made
    assert made.count("<img") == 1
    assert "cdn.example" not in made
    saved = re.search('<script type="application/json">(.*)</script></div>', made)[1]
    assert json.loads(saved) == json.loads(data[MIMETYPE]["saved"])
    assert rendering.live(made).count("<script") == 1
    assert rendering.live("<p>no panel</p>") == ""


def test_what_is_saved_of_a_panel_cannot_end_its_script():
    data, metadata = panels.memory()._repr_mimebundle_()
    data[MIMETYPE]["saved"] = data[MIMETYPE]["saved"].replace("memory", "</script><b>")
    made = rendering.output({"output_type": "display_data", "data": data, "metadata": metadata})
    assert made.count("</script>") == 1


def test_a_widget_without_a_picture_leaves_its_words():
    data = {"application/vnd.jupyter.widget-view+json": {"model_id": "m"}, "text/plain": "VBox(<3>)"}
    assert (
        rendering.output({"output_type": "display_data", "data": data}) == '<pre class="output">VBox(&lt;3&gt;)</pre>'
    )


def test_what_a_cell_prints_in_pieces_is_one_piece():
    printed = [{"output_type": "stream", "name": "stdout", "text": [part, "\n"]} for part in "ab"]
    data = {"output_type": "execute_result", "data": {"text/plain": "1"}}
    made = rendering.outputs({"outputs": [*printed, data]})
    assert made == ['<pre class="output">a\nb</pre>', '<pre class="output">1</pre>']


# decks and pages


@by_name
@pytest.mark.parametrize("make", [deck.deck, page.page], ids=["slides", "page"])
def test_nothing_in_the_file_is_fetched_from_anywhere(path, make):
    made = make(files.read(path))
    assert not re.findall(
        r'(?:src|srcset|data|poster)="(?!data:)', re.sub("<script>.*?</script>", "", made, flags=re.S)
    )
    assert re.findall(r"<link [^>]*>", made) == ['<link rel="icon" href="data:,">']
    assert not re.findall(r"@import|url\(\s*[\"']?(?!data:|#)\w", "".join(re.findall("<style>.*?</style>", made, re.S)))
    assert not re.findall(
        r"<(?:iframe|object|embed)|<script [^>]*src", re.sub("<script>.*?</script>", "", made, flags=re.S)
    )
    assert not re.findall("//(?:cdn|unpkg|[a-z.]*jsdelivr|cdnjs)", made)


@by_name
def test_a_deck_has_every_section_with_notes_and_minutes_and_every_code_whole(path):
    source = files.read(path)
    made = deck.deck(source)
    sections = files.sections(source)
    assert re.findall(r'<section data-minutes="(\S+)">', made) == [f"{one.minutes:g}" for one in sections]
    for one in sections:
        assert plain(rendering.prose(f"**{one.minutes:g} minutes.** {one.notes}")) in plain(made)
    for cell in source["cells"]:
        if cell["cell_type"] == "code":
            hidden = files.place_of(cell) == "skip" or rendering.folded(cell)
            assert (rendering.code(rendering.text(cell["source"])) in made) == (not hidden)
            for one in [] if files.place_of(cell) == "skip" else rendering.outputs(cell):
                assert one in made


@by_name
def test_a_page_has_every_cell_and_its_links_lead_somewhere(path):
    source = files.read(path)
    made = page.page(source)
    for cell in source["cells"]:
        if cell["cell_type"] == "code":
            assert rendering.code(rendering.text(cell["source"])) in made
            for one in rendering.outputs(cell):
                assert one in made
    ids = re.findall(' id="([^"]+)"', made)
    assert len(set(ids)) == len(ids)
    assert set(re.findall('href="#([^"]+)"', made)) <= set(ids)
    assert made.count("<img ") == len(re.findall('<img [^>]*alt="[^"]{20,}"', made))


def test_slides_subslides_fragments_notes_and_skipped_cells():
    source = notebook(
        ("markdown", "slide", "# What?"),
        ("code", "skip", "import secret"),
        ("markdown", "-", "on"),
        ("markdown", "subslide", "down"),
        ("markdown", "fragment", "later"),
        ("markdown", "notes", "whispered"),
    )
    made = deck.deck(source)
    slides = re.search('<div class="slides">(.*)</div></div>', made, re.S)[1]
    assert [plain(one).split() for one in re.findall("<section>(.*?)<aside", slides, re.S)] == [
        ["What?", "on"],
        ["down", "later"],
    ]
    assert '<div class="fragment"><p>later</p>' in slides
    assert "secret" not in made
    assert "whispered" not in made
    assert "whispered" not in page.page(source)
    aside = re.findall('<aside class="notes">(.*?)</aside>', slides, re.S)
    assert len(aside) == 2
    assert "<strong>3 minutes.</strong>" in aside[0]
    assert "<msup>" in aside[0]


def test_a_folded_check_shows_its_result_and_not_its_code_on_a_slide_and_both_on_a_page():
    source = notebook(
        ("markdown", "slide", "# What?"),
        ("code", "-", "prove()", {"output_type": "stream", "name": "stdout", "text": "proven"}),
    )
    source["cells"][1]["metadata"]["jupyter"] = {"source_hidden": True}
    assert "prove()" not in plain(deck.deck(source))
    assert "proven" in plain(deck.deck(source))
    made = page.page(source)
    assert re.search(r"<details><summary>The code of this check</summary><pre.*</pre></details><pre", made, re.S)


# commands


def run(*arguments):
    return cli.main(list(arguments))


@pytest.mark.parametrize("command", ["slides", "page"])
def test_without_a_lesson_the_command_lists_them(command, capsys):
    assert run(command) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "00  Start here: what does one number change?"
    assert len(said) == len(LESSONS)


@pytest.mark.parametrize(("command", "name"), [("slides", "00_start_here.slides.html"), ("page", "00_start_here.html")])
def test_a_lesson_is_written_here_by_its_name_and_never_over_a_file_unless_forced(
    command, name, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    assert run(command, "00") == 0
    assert capsys.readouterr().out == f"{name}\n"
    whole = (tmp_path / name).read_text("utf-8")
    assert whole.startswith("<!doctype html>")
    (tmp_path / name).write_text("mine")
    assert run(command, "0") == 1
    assert "is there already; name another with --out, or overwrite it with --force" in capsys.readouterr().err
    assert (tmp_path / name).read_text() == "mine"
    assert run(command, "00_start_here", "--force") == 0
    assert (tmp_path / name).read_text("utf-8") == whole
    assert run(command, "00", "--out", "other.html") == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, "other.html"])


def test_an_unknown_lesson_is_refused_with_the_nearest_and_nothing_is_written(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run("slides", "018") == 1
    assert capsys.readouterr().err.startswith(
        "lrcourse: unknown lesson '018'; did you mean '08'? known: 00, 01, 04, 08"
    )
    assert run("page", "04", "--out", "no/such/folder.html") == 1
    assert capsys.readouterr().err.startswith("lrcourse: ")
    assert list(tmp_path.iterdir()) == []


def test_a_notebook_of_ones_own_can_be_shown_and_what_is_none_is_refused(tmp_path, capsys):
    own, out = tmp_path / "mine.ipynb", tmp_path / "mine.html"
    own.write_text(json.dumps(notebook(("markdown", "slide", "# Mine"))))
    assert run("page", str(own), "--out", str(out)) == 0
    assert "<title>Mine</title>" in out.read_text("utf-8")
    for broken in ("{", "[]", '{"nbformat": 3, "cells": []}', '{"nbformat": 4}'):
        own.write_text(broken)
        assert run("slides", str(own), "--out", str(out), "--force") == 1
        assert "a notebook must be JSON in format 4" in capsys.readouterr().err


def test_a_notebook_without_metadata_for_slides_is_one_stack(tmp_path):
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# One"), nbformat.v4.new_code_cell("2")])
    own = tmp_path / "own.ipynb"
    nbformat.write(made, own)
    found = files.sections(files.read(own))
    assert [(one.title, one.minutes, len(one.cells)) for one in found] == [("One", 0, 2)]
    assert "<section data-minutes=" in deck.deck(files.read(own))


@pytest.mark.parametrize("package", ["math_core", "mistune", "pygments"])
def test_a_missing_package_is_named_with_the_command_that_brings_it(package, monkeypatch, capsys):
    for name in [name for name in sys.modules if name.startswith("lrcourse.lessons.") and "commands" not in name]:
        monkeypatch.delitem(sys.modules, name)
        monkeypatch.delattr(sys.modules["lrcourse.lessons"], name.rpartition(".")[2])
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    assert run("slides", "00") == 1
    assert f'slides needs the package {package}; pip install "lrcourse[slides]"' in capsys.readouterr().err


def test_reveal_is_bundled_with_its_licence_and_version():
    folder = Path(deck.__file__).parent / "reveal"
    assert "MIT licensed" in (folder / "reveal.js").read_text("utf-8")[:200]
    assert "Permission is hereby granted" in (folder / "LICENSE").read_text("utf-8")
    assert re.search(r"`reveal.js` \d+\.\d+\.\d+", (folder / "README.md").read_text("utf-8"))
    assert sum(path.stat().st_size for path in folder.iterdir()) < 260_000
