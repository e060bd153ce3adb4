"""What holds the repository together: the package list, the way of imports, the names of files."""

import ast
import re
import tomllib
from collections import Counter
from graphlib import CycleError, TopologicalSorter
from importlib import import_module
from importlib.util import find_spec
from types import FunctionType, ModuleType

import pytest
import yaml
from conftest import ROOT

import moo_inference as mi

ORDER = (
    "errors",
    "deprecations",
    "versions",
    "formatting",
    "documents",
    "evaluation",
    "readers",
    "catalog",
    "fitting",
    "estimators",
    "solvers",
    "policy",
    "pareto",
    "decision",
    "pipelines",
    "problems",
    "execution",
    "studies",
    "records",
    "views",
    "paper",
    "cli",
)
"""Left to right. A module imports from its own stage and from those on its left."""

HOMES = {"problems": ROOT / "problems", "decision": ROOT / "decision"}


def modules():
    """(stage, path) of every module of the package, each once."""
    for path in sorted((ROOT / "moo_inference").rglob("*.py")):
        inner = path.relative_to(ROOT / "moo_inference")
        if inner.parts[0] not in HOMES and inner.parts not in (("__init__.py",), ("deprecations.py",)):
            yield inner.parts[0].removesuffix(".py"), path
    for stage, folder in HOMES.items():
        for path in sorted(folder.rglob("*.py")):
            yield stage, path


def imported_stages(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            names = [node.module or ""]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            if name.startswith("moo_inference."):
                yield name.split(".")[1]


@pytest.mark.parametrize(("stage", "path"), [pytest.param(*m, id=str(m[1].relative_to(ROOT))) for m in modules()])
def test_imports_go_one_way(stage, path):
    for other in imported_stages(path):
        assert ORDER.index(other) <= ORDER.index(stage), f"{stage} imports {other}, which stands on its right"


def imports_of(path, names):
    """The modules of the package that a module imports, by their full names."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("moo_inference"):
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in names else node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in names)


def test_no_two_files_import_each_other_in_a_circle():
    """Whoever reads a file can read what it needs first: the imports have an order."""
    paths = {}
    for stage, path in modules():
        home = HOMES.get(stage, ROOT / "moo_inference")
        inner = path.relative_to(home).with_suffix("").parts
        parts = ("moo_inference", *((stage,) if stage in HOMES else ()), *inner)
        paths[".".join(parts).removesuffix(".__init__")] = path
    needed = {name: {one for one in imports_of(path, paths) if one in paths} for name, path in paths.items()}
    sorter = TopologicalSorter(needed)
    try:
        sorter.prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_a_circle_would_be_seen():
    with pytest.raises(CycleError):
        TopologicalSorter({"a": {"b"}, "b": {"c"}, "c": {"a"}}).prepare()


def test_at_most_six_modules_stand_at_the_root():
    assert len(list((ROOT / "moo_inference").glob("*.py"))) <= 6


def test_every_package_is_listed():
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    folders = {
        "moo_inference" + "".join(f".{part}" for part in path.parent.relative_to(ROOT / "moo_inference").parts)
        for path in (ROOT / "moo_inference").rglob("__init__.py")
    }
    folders |= {f"moo_inference.{stage}" for stage in HOMES}
    assert set(listed) == folders


def test_the_roots_folders_are_linked_into_the_package():
    for stage, folder in HOMES.items():
        link = ROOT / "moo_inference" / stage
        assert link.is_symlink()
        assert link.resolve() == folder


def test_file_names_are_unique_across_the_tests():
    counts = Counter(path.name for path in (ROOT / "tests").rglob("*.py"))
    assert [name for name, count in counts.items() if count > 1] == []
    assert not list((ROOT / "tests").rglob("__init__.py"))


def test_golden_files_say_where_they_come_from():
    for path in (ROOT / "tests" / "golden").iterdir():
        assert path.read_text().startswith("# "), path


def test_modules_are_of_a_readable_size():
    for _, path in modules():
        assert len(path.read_text().splitlines()) <= 400, path


def test_public_names_load_and_others_do_not():
    for name in mi.__all__:
        assert getattr(mi, name) is not None
    assert set(mi.__all__) <= set(dir(mi))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = mi.nonsense


def test_public_names_of_packages_are_what_they_are_called():
    """A name that is loaded at its first use must not be that of a module beside it, which would stand in its place."""
    for _, path in modules():
        if path.name == "__init__.py" and "def __getattr__" in path.read_text():
            home = ROOT if path.parent in HOMES.values() else ROOT / "moo_inference"
            name = ".".join(("moo_inference", *path.parent.relative_to(home).parts))
            package = import_module(name)
            for public in package.__all__:
                if find_spec(f"{name}.{public}") is not None:
                    import_module(f"{name}.{public}")
                found = getattr(package, public)
                assert not isinstance(found, ModuleType), f"{name}.{public}"
                if isinstance(found, type | FunctionType):
                    assert found.__name__ == public, f"{name}.{public}"
                assert getattr(package, public) is found
            assert set(package.__all__) <= set(dir(package))
            with pytest.raises(AttributeError, match="nonsense"):
                _ = package.nonsense


def test_the_version_is_the_same_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    changes = (ROOT / "CHANGELOG.md").read_text()
    newest = re.search(r"^## (\S+) \(([\d-]+)\)$", changes, re.MULTILINE)
    assert newest
    assert {project["version"], citation["version"], newest[1]} == {mi.__version__}
    assert str(citation["date-released"]) == newest[2]
