"""The cells of a notebook as HTML: text, formulas as MathML, code, and the outputs that were saved with them."""

import base64
import html
import re

import mistune
from math_core import LatexToMathML
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from lrcourse.panels.panel import MIMETYPE, script, style

# A span or block of code comes first: a dollar in it is no formula.
MATH = re.compile(r"(?P<code>`+[^`]+`+)|\$\$(?P<display>.+?)\$\$|\$(?P<inline>[^$]+?)\$", flags=re.S)
PARKED = re.compile("\ue000([0-9]+)\ue001")  # where a formula waits while Markdown, which reads _ and *, is at work
CODE = HtmlFormatter(nowrap=True)


def text(value):
    """A source or an output; the format of notebooks allows one string, or a list of them."""
    return value if isinstance(value, str) else "".join(value)


def formula(latex, display=False):
    """LaTeX as MathML, which browsers set themselves. Raises ValueError where it cannot be read."""
    latex = latex.replace("={}&", r"={}\;&")  # MathML takes the room from an operator that ends a column
    try:
        made = LatexToMathML(annotation=True).convert_with_local_state(latex.strip(), displaystyle=display)
    except Exception as error:
        raise ValueError(f"formula: LaTeX must be readable; received {latex!r}") from error
    return f'<div class="formula">{made}</div>' if display else made


def prose(source):
    """The HTML of a Markdown cell, or of LaTeX in an output: formulas between dollars, HTML as it stands."""
    parked = []

    def park(found):
        if found["code"]:
            return found["code"]
        latex = found["display"] or found["inline"]
        display = found["display"] is not None or r"\displaystyle" in latex
        parked.append(formula(latex.replace(r"\displaystyle", ""), display))
        return f"\ue000{len(parked) - 1}\ue001"

    markdown = mistune.create_markdown(escape=False, plugins=["table"])
    made = markdown(MATH.sub(park, source))
    made = re.sub("<p>(\ue000[0-9]+\ue001)</p>", lambda only: park_out_of_paragraph(only[1], parked), made)
    return PARKED.sub(lambda place: parked[int(place[1])], made)


def park_out_of_paragraph(place, parked):
    """A formula that stands alone is a block and no paragraph; a paragraph may hold no block."""
    alone = parked[int(PARKED.fullmatch(place)[1])].startswith("<div")
    return place if alone else f"<p>{place}</p>"


def code(source):
    """Code with its words marked. Its longest line is told to the style sheet, so that no line is cut."""
    longest = max(map(len, source.splitlines()), default=1)
    return f'<pre class="code" style="--columns: {longest}"><code>{highlight(source, PythonLexer(), CODE)}</code></pre>'


def picture(data, metadata):
    """The picture of an output, with the words beside it as its description, as wide as the notebook shows it."""
    png = text(data["image/png"]).replace("\n", "")
    about = metadata.get("image/png", {})
    wide, high = size(png)
    width = about.get("width", wide)
    alt = html.escape(about.get("alt") or text(data.get("text/plain", "")))
    return f'<img src="data:image/png;base64,{png}" alt="{alt}" width="{width}" height="{round(high * width / wide)}">'


def size(png):
    """Pixels across and down, from the head of a PNG in base64."""
    head = base64.b64decode(png[:32])
    return int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")


def panel_html(data, metadata):
    """A panel where no kernel runs: it goes on by itself; without a script, the picture it left, and what it says.

    data, metadata: of the output, by mimetype; ``MIMETYPE`` is among them.
    """
    said = html.escape(text(data.get("text/plain", "")))
    still = f'<figure class="panel">{picture(data, metadata)}<figcaption>{said}</figcaption></figure>'
    saved = data[MIMETYPE]["saved"].replace("</", r"<\/")
    return f'<div class="lrcourse-alone">{still}<script type="application/json">{saved}</script></div>'


def live(body):
    """What a page needs for the panels in its ``body``: their style and script; nothing for a page without any."""
    if 'class="lrcourse-alone"' not in body:
        return ""
    start = 'document.querySelectorAll(".lrcourse-alone").forEach(alone);'
    return f'<style>{style()}</style>\n<script type="module">{script()}\n{start}</script>'


def output(one):
    """The HTML of one saved output. What only a running kernel could show is left out."""
    if one["output_type"] == "stream":
        return f'<pre class="output">{html.escape(text(one["text"]).rstrip())}</pre>'
    data, metadata = one.get("data", {}), one.get("metadata", {})
    if MIMETYPE in data:
        return panel_html(data, metadata)
    if "image/png" in data:
        return f"<figure>{picture(data, metadata)}</figure>"
    if "text/latex" in data:
        return prose(text(data["text/latex"]))
    return f'<pre class="output">{html.escape(text(data.get("text/plain", "")))}</pre>'


def outputs(cell):
    """The HTML of all outputs of a code cell, what it printed in one piece."""
    merged = []
    for one in cell.get("outputs", []):
        if one["output_type"] == "stream" and merged and merged[-1]["output_type"] == "stream":
            merged[-1] = {**merged[-1], "text": text(merged[-1]["text"]) + text(one["text"])}
        else:
            merged.append(one)
    return [output(one) for one in merged]


def folded(cell):
    """Whether a code cell is shown folded in the notebook: a check, whose code is for those who ask."""
    return bool(cell["metadata"].get("jupyter", {}).get("source_hidden"))
