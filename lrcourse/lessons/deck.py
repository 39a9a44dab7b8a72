"""A lesson as slides: reveal.js, style and pictures in one file."""

import html
from pathlib import Path

from lrcourse.lessons.files import place_of, sections, title
from lrcourse.lessons.rendering import code, folded, live, outputs, prose, text

HERE = Path(__file__).parent


def deck(notebook):
    """The HTML of a lesson's slides. Long slides are divided in the browser, which knows how tall a line is."""
    parts = sections(notebook)
    slides = "\n".join(stack(part) for part in parts)
    minutes = sum(part.minutes for part in parts)
    return f"""{head(title(notebook), "light", "reveal/reveal.css", "common.css", "deck.css")}
<body>
<div class="reveal" data-minutes="{minutes:g}"><div class="slides">
{slides}
</div></div>
{live(slides)}
<script>{bundled("reveal/reveal.js")}</script>
<script>{bundled("reveal/notes.js")}</script>
<script>{bundled("deck.js")}</script>
</body>
</html>
"""


def bundled(name):
    """A style sheet or script of the package, to stand inside a page."""
    return (HERE / name).read_text(encoding="utf-8")


def head(title, scheme, *sheets):
    """How the HTML of a lesson begins. scheme: the colour schemes it is made for; sheets: its style sheets, by name."""
    styles = "\n".join(f"<style>{bundled(sheet)}</style>" for sheet in sheets)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="{scheme}">
<link rel="icon" href="data:,">
<title>{html.escape(title)}</title>
{styles}
</head>"""


def stack(section):
    """A section of the lesson: slides below each other. The first has the notes, for it is the one a speaker opens."""
    slides = []
    for cell in section.cells:
        place = place_of(cell)
        if place in ("skip", "notes"):
            continue
        if place in ("slide", "subslide") or not slides:
            slides.append([])
        slides[-1] += (
            [f'<div class="fragment">{one}</div>' for one in blocks(cell)] if place == "fragment" else blocks(cell)
        )
    notes = f"**{section.minutes:g} minutes.** {section.notes}"
    aside = f'<aside class="notes">{prose(notes)}</aside>'
    made = [f"<section>{''.join(slide)}{aside}</section>" for slide in slides]
    return f'<section data-minutes="{section.minutes:g}">\n{chr(10).join(made)}\n</section>'


def blocks(cell):
    """What a cell shows on a slide, piece by piece: slides are divided between pieces."""
    source = text(cell["source"])
    if cell["cell_type"] == "markdown":
        return [prose(source)]
    # What a cell printed or drew comes at the next key: first the question, and time to think.
    shown = [f'<div class="fragment">{one}</div>' for one in outputs(cell)]
    return shown if folded(cell) else [code(source), *shown]
