"""A bar for what takes longer than a second."""

import os


def bar(show, **options):
    """A tqdm bar; none where ``show`` is false, or where the environment has TQDM_DISABLE. options: as for tqdm."""
    from tqdm.auto import tqdm

    # In a notebook tqdm itself does not look at the variable.
    disable = not show or os.environ.get("TQDM_DISABLE", "0") not in ("", "0")
    return tqdm(delay=1, leave=False, disable=disable, **options)
