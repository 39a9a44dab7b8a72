"""Run notebooks and write them back executed: python tests/execute.py notebooks/*.ipynb

What only a running kernel could show (widget views and states, timings) is left out, so that readers without one, on a
code host or in a fresh JupyterLab, see the static picture that each panel leaves.
"""

import os
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

WIDGET = "application/vnd.jupyter.widget-view+json"


def execute(path):
    """The notebook at ``path``, run from top to bottom in its own folder; an error in a cell is raised."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook,
        timeout=120,
        kernel_name="python3",
        resources={"metadata": {"path": str(Path(path).parent)}},
        record_timing=False,
    ).execute()
    return notebook


def without_widgets(notebook):
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET, None)
    return notebook


if __name__ == "__main__":
    os.environ["TQDM_DISABLE"] = "1"  # a progress bar on a busy machine is nothing to keep
    for name in sys.argv[1:]:
        nbformat.write(without_widgets(execute(name)), name)
        print("executed", name)
