"""A lesson as one page, to read or to print."""

import html
import re

from lrcourse.lessons.deck import head
from lrcourse.lessons.files import place_of, sections, title
from lrcourse.lessons.rendering import code, folded, live, outputs, prose, text


def page(notebook):
    """The HTML of a lesson: what the notebook shows, with its formulas and pictures, without a word to the speaker."""
    parts = sections(notebook)
    body = "\n".join(f'<section id="{name(part.title)}">{"".join(map(shown, part.cells))}</section>' for part in parts)
    links = " · ".join(f'<a href="#{name(part.title)}">{html.escape(part.title)}</a>' for part in parts[1:])
    return f"""{head(title(notebook), "light dark", "common.css", "page.css")}
<body>
<nav aria-label="Sections">{links}</nav>
<main>
{body}
</main>
{live(body)}
</body>
</html>
"""


def name(heading):
    """What a link to a section ends in."""
    return "-".join(re.findall(r"\w+", heading.lower()))


def shown(cell):
    """A cell on the page; the code of a folded one is folded here too."""
    if place_of(cell) == "notes":
        return ""
    source = text(cell["source"])
    if cell["cell_type"] == "markdown":
        return f"{prose(source)}\n"
    if cell["cell_type"] != "code":
        return ""
    program = code(source)
    if folded(cell):
        program = f"<details><summary>The code of this check</summary>{program}</details>"
    return f"{program}{''.join(outputs(cell))}\n"
