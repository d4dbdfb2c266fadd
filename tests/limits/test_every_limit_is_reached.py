"""Each bound has a case that reaches it, and stands in engine/limits.py, where `engine limits` tells it.

A test is marked with the limits that it goes to and beyond: `@pytest.mark.reaches("MOST_STEPS")`. That it sees what
the entry says of those beyond is for its reader to judge.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from engine import limits

ROOT = Path(__file__).parent.parent.parent
SOURCE = Path(limits.__file__)


def named_limits() -> list[str]:
    """The names that engine/limits.py gives to its bounds, in their order."""
    return [
        target.id
        for node in ast.parse(SOURCE.read_text()).body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and _name(node.value.func) == "_limit"
        for target in node.targets
        if isinstance(target, ast.Name)
    ]


def _name(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def marks() -> Iterator[tuple[str, str]]:
    """The names in the marks of all tests, each with its place."""
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and _name(node.func) == "reaches":
                for argument in node.args:
                    if isinstance(argument, ast.Constant):
                        yield str(argument.value), f"{path.relative_to(ROOT)}:{argument.lineno}"


LIMITS = named_limits()
MARKS = list(marks())


def test_each_name_is_one_limit() -> None:
    """A name that is given twice would hide the first bound, of which the page would still tell."""
    assert [name for name, times in Counter(LIMITS).items() if times > 1] == []
    assert [getattr(limits, name) for name in LIMITS] == [limit.value for limit in limits.LIMITS]


def test_each_limit_is_reached() -> None:
    reached = {name for name, _ in MARKS}
    assert [name for name in LIMITS if name not in reached] == []


def test_each_mark_names_a_limit() -> None:
    assert [(name, place) for name, place in MARKS if name not in LIMITS] == []
