"""The house: which way imports run, and how large functions and files are."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib import import_module
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parent.parent
FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for package in ("engine", "processors")
    for path in (ROOT / package).rglob("*.py")
}
# Each room may import from those after it, and from itself.
FLOORS = [
    "processors", "engine.mule.handed", "engine.connectors", "engine.tools", "engine.editor", "engine.formatting",
    "engine.manual",
    "engine.mule", "engine.testing", "engine.operation", "engine.application", "engine.recipe", "engine.edition",
    "engine.succession", "engine.openapi", "engine.analysis", "engine.serving",
    "engine.wire", "engine.content", "engine.loading", "engine.steps", "engine.plan", "engine.jobs", "engine.stores",
    "engine.parameters", "engine.work", "engine.values", "engine.dataweave", "engine.expressions", "engine.limits",
    "engine.installed", "engine.faces",
]  # fmt: skip
FACE = "engine"
FACES = (FACE, "engine.connectors")


@cache  # nothing is parsed while tests are collected, which each process does
def tree_of(module: str) -> ast.Module:
    return ast.parse(FILES[module].read_text())


def imports(module: str) -> Iterator[str]:
    """The modules of ours that a module imports, inside functions too; not what is for type checkers alone."""
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.ImportFrom) and node.module in FILES:
            for alias in node.names:
                submodule = f"{node.module}.{alias.name}"
                yield submodule if submodule in FILES else node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in FILES)


def floor(module: str) -> int:
    return next(number for number, room in enumerate(FLOORS) if f"{module}.".startswith(f"{room}."))


@cache
def arrows() -> list[tuple[str, str]]:
    return [(module, target) for module in FILES if module not in FACES for target in imports(module)]


def test_no_arrow_runs_upward() -> None:
    upward = [(module, target) for module, target in arrows() if target != FACE and floor(target) < floor(module)]
    assert upward == []


def test_the_engine_imports_nothing_of_the_processors() -> None:
    assert [arrow for arrow in arrows() if arrow[0].startswith("engine") and arrow[1].startswith("processors")] == []


def test_processors_know_the_engine_by_its_faces() -> None:
    inside = [arrow for arrow in arrows() if arrow[0].startswith("processors") and arrow[1].startswith("engine.")]
    known = {*FACES, "engine.limits"}  # bounds are the same facts for all
    assert [arrow for arrow in inside if arrow[1] not in known] == []


def test_no_circle() -> None:
    graph: dict[str, set[str]] = {}
    for module, target in arrows():
        if target != FACE:
            graph.setdefault(module, set()).add(target)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"a circle: {error.args[1]}")


def test_rooms_are_small() -> None:
    """A folder of the engine has at most 20 modules: who enters sees what is there."""
    counted = Counter(path.parent for module, path in FILES.items() if module.startswith("engine"))
    assert {str(folder.relative_to(ROOT)): count for folder, count in counted.items() if count > 20} == {}


def lengths(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Each function with its lines, from `def` to its end, the docstring left out."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            documented = isinstance(node.body[0], ast.Expr) and isinstance(node.body[0].value, ast.Constant)
            text = node.body[0]
            inside = (text.end_lineno or 0) - text.lineno + 1 if documented else 0
            yield node.name, (node.end_lineno or 0) - node.lineno + 1 - inside


@cache
def functions() -> list[tuple[str, int]]:
    return [(f"{module}.{name}", lines) for module in FILES for name, lines in lengths(tree_of(module))]


def test_functions_are_small() -> None:
    assert median(lines for _, lines in functions()) <= 6
    assert [function for function, lines in functions() if lines > 40] == []


@pytest.mark.parametrize("face", FACES)
def test_a_face_offers_what_it_promises(face: str) -> None:
    module = import_module(face)
    assert [name for name in module.__all__ if getattr(module, name, None) is None] == []
    listed = [node for node in ast.walk(tree_of(face)) if isinstance(node, ast.alias)]
    for_all = [alias.name for alias in listed if alias.asname == alias.name]  # strict type checkers export no others
    assert for_all == module.__all__


def test_a_name_is_in_one_face_and_authors_need_few() -> None:
    authors, connectors = (set(import_module(face).__all__) for face in FACES)
    assert authors & connectors == set()
    assert len(authors) <= 45


LANGUAGES = ("engine.expressions.jmespath", "engine.expressions.dataweave")
PUBLIC = {"engine.dataweave": "engine.expressions.dataweave"}
"""Public modules that are about one language."""
OF_TREES = {"children", "bindings"}
"""Keys of JMESPath's nodes that nothing else in the engine has."""


def is_of_language(module: str) -> bool:
    return any(f"{module}.".startswith(f"{language}.") for language in LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_is_known_by_its_face(language: str) -> None:
    """The face of DataWeave is its module `language`, since its package is imported before anybody asks for it.

    `constants` tells the import from Mule what is known of a script before it runs, `translation` shows it the trees.
    """
    names = ("language", "constants", "translation") if language.endswith("dataweave") else ()
    faces = {f"{language}.{name}" for name in names}
    inside = [
        (module, target)
        for module, target in arrows()
        if target.startswith(f"{language}.") and target not in faces
        if not f"{module}.".startswith(f"{language}.") and PUBLIC.get(module) != language
    ]
    assert inside == []


@pytest.mark.parametrize("module", [module for module in FILES if not is_of_language(module)])
def test_nobody_else_looks_into_the_trees_of_a_language(module: str) -> None:
    """What a parameter is made of tells all that others want to know of the expressions in it."""
    for node in ast.walk(tree_of(module)):
        if module != "engine.expressions.held":
            assert not (isinstance(node, ast.Attribute) and node.attr == "tree"), node.lineno
        keys = [node.slice] if isinstance(node, ast.Subscript) else node.keys if isinstance(node, ast.Dict) else []
        assert not [key for key in keys if isinstance(key, ast.Constant) and key.value in OF_TREES], node.lineno


OTHER_SCRIPTS = {"isdigit", "isdecimal", "isnumeric"}
HINTS = {"engine.expressions.digits", "engine.expressions.jmespath.habits"}


@pytest.mark.parametrize("module", [module for module in FILES if module not in HINTS])
def test_digits_are_those_from_0_to_9(module: str) -> None:
    """Python's `isdigit`, and `\\d` in a pattern of texts, take those of any script: `is_digits` and `[0-9]` do not."""
    tree = tree_of(module)
    for node in ast.walk(tree):
        assert not (isinstance(node, ast.Attribute) and node.attr in OTHER_SCRIPTS), node.lineno
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("re."):
            pattern = ast.unparse(node).replace(r"^\\W\\d", "")  # the letters of any script
            assert r"\\d" not in pattern or "ASCII" in pattern, node.lineno
