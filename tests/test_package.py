"""What holds for the repository as a whole: layers, light import, commands and versions that agree, bundled data."""

import ast
import hashlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import lrcourse

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "lrcourse"
MODULES = sorted(p for p in PACKAGE.rglob("*.py") if p.parent.name != "data")


def layer(path):
    name = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    return lrcourse.LAYERS.index(name) if name != "__init__" else None


def imports(path):
    """The names of all modules that a file imports, at its top or inside functions; for lrcourse, module by module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: write absolute imports"
            if node.module == "lrcourse":
                yield from (f"lrcourse.{alias.name}" for alias in node.names)
            else:
                yield node.module


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_each_module_imports_only_from_the_layers_below(path):
    for name in imports(path):
        if name.startswith("lrcourse."):
            imported = lrcourse.LAYERS.index(name.split(".")[1])
            own_folder = path.parent != PACKAGE and imported == layer(path)
            assert own_folder or imported < layer(path), f"{path.name} imports {name}, which stands above it"


@pytest.mark.parametrize(
    ("library", "homes"),
    [
        ("cupy", {"backend.py"}),
        ("sympy", {"formulas.py", "derivations.py"}),
        ("anywidget", {"panels"}),
        ("matplotlib", {"plotting"}),
        ("ctypes", {"compiled.py", "grading"}),
    ],
)
def test_each_heavy_library_has_its_home(library, homes):
    users = {path for path in MODULES for name in imports(path) if name.split(".")[0] == library}
    assert {path.relative_to(PACKAGE).parts[0] for path in users} == homes


def test_every_module_has_a_layer():
    assert {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in MODULES} == {
        *lrcourse.LAYERS,
        "__init__",
    }


def test_modules_stay_small():
    assert {p.name: n for p in MODULES if (n := len(p.read_text(encoding="utf-8").splitlines())) > 300} == {}


def test_import_loads_nothing_heavy_until_it_is_used():
    code = (
        "import sys, lrcourse; heavy = {'numpy', 'matplotlib', 'sympy', 'anywidget', 'cupy', 'tqdm'}; "
        "assert not heavy & sys.modules.keys(), heavy & sys.modules.keys(); "
        "lrcourse.rules; assert not (heavy - {'numpy'}) & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_unknown_attribute_names_what_there_is():
    with pytest.raises(AttributeError, match="optimisers.*it has: glossary, rules"):
        _ = lrcourse.optimisers


def readme_commands():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.findall(r"```bash\n(.*?)\n```", text, flags=re.DOTALL)


def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_readme_has_two_commands_of_one_line_each_and_they_exist():
    lab, test = readme_commands()
    assert lab == 'pip install -e ".[lab]" && lrcourse lab'
    assert test == 'pip install -e ".[test]" && pytest'
    for extra in re.findall(r"\[([a-z0-9,]+)\]\"", (ROOT / "README.md").read_text(encoding="utf-8")):
        assert set(extra.split(",")) <= project()["optional-dependencies"].keys()
    assert "lrcourse" in project()["scripts"]


def test_the_sweep_of_the_readme_runs_as_printed_and_goes_on_when_called_again(tmp_path):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    [program] = [code for code in re.findall(r"```python\n(.*?)\n```", text, flags=re.DOTALL) if "import" in code]
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
        assert done.stdout.startswith("lr = 0.0")
        assert not done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"which-rate", "which-rate.png"}


def test_conda_environment_asks_for_the_same_packages():
    environment = (ROOT / "environment.yml").read_text(encoding="utf-8")
    listed = set(re.findall(r"^  - (\w[\w-]*>=\S+)$", environment, flags=re.MULTILINE))
    wanted = {*project()["dependencies"], *project()["optional-dependencies"]["lab"]}
    assert listed == wanted | {f"python{project()['requires-python']}"}


def test_every_dependency_has_a_floor_and_a_ceiling():
    for group in (project()["dependencies"], *project()["optional-dependencies"].values()):
        for requirement in group:
            if not requirement.startswith("lrcourse["):
                assert re.fullmatch(r"[\w-]+>=[\d.]+,<\d+", requirement), requirement


def test_bundled_data_are_listed_with_their_checksums():
    listed = dict(
        re.findall(r"^\| `(\S+)` .*`([0-9a-f]{64})` \|$", (PACKAGE / "data/README.md").read_text("utf-8"), re.M)
    )
    found = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in (PACKAGE / "data").glob("*.np*")}
    assert found
    assert found == listed


def test_no_unfinished_links_in_the_documents():
    for document in ROOT.glob("*.md"):
        for target in re.findall(r"\]\((?!http)([^)#]+)\)", document.read_text(encoding="utf-8")):
            assert (ROOT / target).exists(), f"{document.name} points to {target}"
