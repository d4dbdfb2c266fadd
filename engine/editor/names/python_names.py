"""Functions and elements in Python: their files and lines, found without importing them."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from importlib.machinery import PathFinder
from pathlib import Path

from engine.loading.files.place import Place
from engine.parameters.files import read_file


def place_of_function(name: str, folders: Iterable[Path]) -> Place | None:
    """Return the place of `module:name`, of a file in one of these folders, or of an installed package."""
    module, _, attribute = name.partition(":")
    file = _file_of(module, [*sys.path, *map(str, folders)])
    return _place_in(file, attribute.split(".")) if file else None


def place_of_module(module: str) -> Place | None:
    """Return the place of the class in the module of an element."""
    file = _file_of(module, sys.path)
    if file is None:
        return None
    classes = [node for node in _tree(file) if isinstance(node, ast.ClassDef) and not node.name.startswith("_")]
    named = "".join(part.capitalize() for part in module.rpartition(".")[2].split("_"))
    node = next((node for node in classes if node.name == named), next(iter(classes), None))
    return Place(str(file), node.lineno, node.col_offset + 1 + len("class ")) if node else Place(str(file), 1, 1)


def _file_of(module: str, path: Iterable[str]) -> Path | None:
    """Return the file of a module; its packages are found, not imported."""
    places: Iterable[str] | None = list(path)
    spec = None
    for number in range(len(module.split("."))):
        if places is None:
            return None
        spec = PathFinder.find_spec(".".join(module.split(".")[: number + 1]), list(places))
        places = spec.submodule_search_locations if spec else None
    return Path(spec.origin) if spec and spec.origin and spec.origin.endswith(".py") else None


def _tree(file: Path) -> list[ast.stmt]:
    try:
        return ast.parse(read_file(file)).body
    except (OSError, SyntaxError, ValueError):
        return []


def _place_in(file: Path, names: list[str]) -> Place:
    """Return the place of a function, or of a method of a class; that of the file, if it is made in another way."""
    body: Iterable[ast.stmt] = _tree(file)
    place = Place(str(file), 1, 1)
    for name in names:
        node = next((node for node in body if name in _defines(node)), None)
        if node is None:
            return place
        before = {ast.ClassDef: "class ", ast.AsyncFunctionDef: "async def ", ast.FunctionDef: "def "}
        place = Place(str(file), node.lineno, node.col_offset + 1 + len(before.get(type(node), "")))
        body = node.body if isinstance(node, ast.ClassDef) else ()
    return place


def _defines(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, (ast.Assign, ast.AnnAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        yield from (target.id for target in targets if isinstance(target, ast.Name))
    elif isinstance(node, (ast.ImportFrom, ast.Import)):
        yield from (alias.asname or alias.name for alias in node.names)
