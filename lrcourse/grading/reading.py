"""From the bytes that somebody handed in to the sources of their cells. Nothing in them is believed or executed."""

import codecs
import json

CELLS, PARTS = 2000, 1_000_000


class Refused(ValueError):
    """The file cannot be graded; the message says why."""


def cells(content):
    """The sources of a notebook's code cells, in order. Raises Refused with a reason.

    Ids, metadata, outputs, kernels and versions do not matter. Formats 3 and 4; UTF-8 with or without a mark, UTF-16,
    UTF-32 with a mark, and Latin-1 where it is nothing else.
    """
    if content.count(b"[") + content.count(b"{") > PARTS:  # each takes the grader's memory, much more than the file's
        raise Refused("the file has too many parts")
    if not content.strip():
        raise Refused("the file is empty")
    try:
        notebook = json.loads(text(content))
    except RecursionError:
        raise Refused("the file is nested too deeply") from None
    except ValueError as error:
        raise Refused(f"the file is no whole notebook: {str(error)[:100]}") from None
    if type(notebook) is not dict:
        raise Refused("the file is no notebook")
    found = notebook.get("cells")
    if found is None and type(notebook.get("worksheets")) is list:  # format 3
        sheets = [sheet.get("cells") for sheet in notebook["worksheets"] if type(sheet) is dict]
        found = [cell for sheet in sheets if type(sheet) is list for cell in sheet]
    if type(found) is not list:
        raise Refused("the file is no notebook: it has no cells")
    sources = [source(cell) for cell in found if type(cell) is dict and cell.get("cell_type") == "code"]
    sources = [source for source in sources if source.strip()]
    if not sources:
        raise Refused("the notebook has no code")
    if len(sources) > CELLS:
        raise Refused(f"the notebook has more than {CELLS} cells of code")
    return sources


def text(content):
    """The characters of a file in whichever encoding it is."""
    marks = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"))
    marks += ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
    for mark, encoding in marks:
        if content.startswith(mark):
            return content.decode(encoding)
    if content[1:2] == b"\0":
        return content.decode("utf-16-le")
    if content[:1] == b"\0":
        return content.decode("utf-16-be")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def source(cell):
    """The text of a cell: one string or a list of lines; format 3 calls it input."""
    found = cell.get("source", cell.get("input", ""))
    if type(found) is list:
        found = "".join(part for part in found if type(part) is str)
    if type(found) is not str:
        return ""
    return found.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace").decode("utf-8")
