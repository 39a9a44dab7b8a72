import pytest

from lrcourse import progress


@pytest.mark.parametrize(
    ("show", "variable", "disabled"),
    [(True, None, False), (True, "0", False), (True, "1", True), (False, None, True), (False, "0", True)],
)
def test_a_bar_is_shown_unless_told_otherwise(monkeypatch, show, variable, disabled):
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    if variable is not None:
        monkeypatch.setenv("TQDM_DISABLE", variable)
    with progress.bar(show, total=3, desc="runs") as shown:
        assert shown.disable == disabled
