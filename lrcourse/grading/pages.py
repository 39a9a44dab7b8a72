"""Pages to read: what a student wrote and what came of it; the teacher's summary. Everything is escaped."""

import re
from html import escape

HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width"><title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem; color: #222; }}
pre {{ background: #f4f4f4; padding: .6rem; overflow-x: auto; white-space: pre-wrap; }}
section {{ border-left: .3rem solid #b33; padding-left: 1rem; margin: 1.5rem 0; }}
section.right {{ border-color: #2a7; }}
</style></head><body>
"""


def feedback(row):
    """One student's page: the points of each part, why, and the cells that it is about."""
    title = f"{row['exercise'] or 'Exercise'}: {row['student']}"
    parts = [HEAD.format(title=escape(title)), f"<h1>{escape(title)}</h1>"]
    parts.append(f"<p><b>{row['score']:g} of {row['max_score']:g} points</b></p>")
    if row["reason"]:
        parts.append(f"<p>{escape(row['reason'])}</p>")
    for part in row["parts"]:
        right = part["score"] == part["max_score"]
        parts.append(f'<section class="{"right" if right else "wrong"}">')
        parts.append(f"<h2>{escape(part['name'])}: {part['score']:g} of {part['max_score']:g}</h2>")
        parts.append(f"<pre>{escape(part['message'])}</pre>")
        parts += [f"<pre>{escape(cell)}</pre>" for cell in naming(part["name"], row["cells"])]
        parts.append("</section>")
    if row["notes"]:
        parts.append("<h2>What stopped</h2><ul>")
        parts += [f"<li>{escape(note)}</li>" for note in row["notes"]]
        parts.append("</ul>")
    return clean("\n".join(parts)) + "\n</body></html>\n"


def naming(name, cells):
    """The cells that define a name; those that mention it where none does."""
    word = re.escape(name)
    defining = [cell for cell in cells if re.search(rf"^[ \t]*(?:def {word}\b|{word}[ \t]*=)", cell, re.MULTILINE)]
    return defining or [cell for cell in cells if re.search(rf"\b{word}\b", cell)]


def summary(text, rows):
    """The teacher's page: the summary, and a link to each student's."""
    parts = [HEAD.format(title="Grades"), f"<h1>Grades</h1><pre>{escape(text)}</pre><ul>"]
    for row in rows:
        link = f'<a href="feedback/{escape(row["file"])}.html">{escape(row["student"])}</a>'
        parts.append(f"<li>{link}: {row['score']:g} of {row['max_score']:g}</li>")
    return clean("\n".join(parts)) + "</ul>\n</body></html>\n"


def clean(text):
    """Without characters that no page may hold."""
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", "\ufffd", text).encode("utf-8", "replace").decode()
