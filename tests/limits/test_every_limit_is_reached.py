"""Each bound has a case that reaches it, and stands in engine/limits.py, where `engine limits` tells it.

A test is marked with the limits that it goes to and beyond: `@pytest.mark.reaches("MOST_STEPS")`. That it sees what
the entry says of those beyond is for its reader to judge.
"""

from __future__ import annotations

import ast
import re
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


# Bounds elsewhere

PREFIX = re.compile(r"_?(MOST|LONGEST|LARGEST|DEEPEST|HIGHEST|SLOWEST|OLDEST|WIDEST|MAX|BIGGEST|GREATEST)(_|$)")
ROOMS_INSIDE = (
    "engine/analysis/", "engine/editor/", "engine/formatting/", "engine/manual/", "engine/mule/", "engine/openapi/",
    "engine/operation/", "engine/testing/", "engine/tools/",
)  # fmt: skip
"""What runs there is the author's or the operator's own: nobody else sends it anything."""
NO_LIMITS = {
    "engine/expressions/dataweave/library/testing/asserts.py": {"MOST_NESTED": "matchers of an author's test"},
    "engine/jobs/records.py": {"LONGEST_NAME": "what a column takes of a name that the author gives"},
    "engine/jobs/worker.py": {"LONGEST_PAUSE": "how long a worker waits for what is away"},
    "engine/work/batch.py": {"MOST_TOGETHER": "how many items are committed together: more takes nothing less"},
    "engine/work/measures.py": dict.fromkeys(("MOST_SERIES", "LONGEST_LABEL"), "no label comes from a caller"),
    "engine/work/local_database.py": {"LONGEST_WAIT": "for another process of ours"},
    "engine/parameters/mistake.py": {"LONGEST": "what a message to the author shows"},
    "engine/steps/parallel.py": {"MOST_TOLD": "what a message to the author shows"},
    "engine/parameters/amounts.py": {
        "LONGEST": "how far clocks count",
        "LONGEST_NUMBER": "digits of a size in a flow file, which are as good as none",
    },
    "engine/values/secrets.py": {
        "MOST_LEVELS": "how often a spelling is taken back",
        "LONGEST_SPELLING": "it follows from how a character can be spelled",
    },
    "engine/expressions/decimals.py": {"MOST_DIGITS": "how exact a decimal is"},
    "engine/expressions/functions/dates/date_patterns.py": {"WIDEST": "what a letter of a pattern means"},
    "engine/expressions/functions/identity.py": {
        "LARGEST_EXPONENT": "above, a decimal is itself in any case",
        "LARGEST_PLAIN": "which way numbers are compared",
    },
    "engine/expressions/operators.py": {"LARGEST_INTEGER": "it is made of LARGEST_INTEGER_BITS"},
    "engine/expressions/reading.py": {"LONGEST_SHARED": "which texts the reader holds once"},
    "engine/expressions/schemas.py": dict.fromkeys(
        ("MOST_VALUES", "MOST_ALTERNATIVES"), "what a document tells of a value"
    ),
    "engine/expressions/jmespath/visitor.py": {"DEEPEST_BLOCK": "where a function is made in two"},
    "engine/loading/builder.py": {"MOST_LISTED": "what a message to the author shows"},
    "engine/loading/diagnostic.py": {"LONGEST_LINE": "what a message to the author shows"},
    "engine/loading/identity.py": {"LONGEST": "what file systems take"},
    "engine/loading/files/one_line.py": {"LONGEST": "how far a hint to the author looks"},
    "engine/wire/connection.py": {"LARGEST_COPY": "what is written at once"},
    "processors/core/scheduler.py": {"LONGEST_SLEEP": "how often it looks at the clock"},
    "processors/core/until_successful.py": {"LONGEST": "how far clocks count"},
    "processors/db/_postgres_batch.py": {"LONGEST_WAIT": "then each statement waits for itself"},
    "processors/db/_postgres_script.py": {"LONGEST": "how the statements of a script are told apart in time"},
    "processors/db/_postgres_session.py": {"MOST_PREPARED": "what is kept prepared of the author's statements"},
    "processors/db/_sqlite_decimals.py": {"MOST_DIGITS": "how exact SQLite's numbers are"},
    "processors/db/_sqlite_statements.py": {"LONGEST_WAIT": "for another process of the author's"},
    "processors/db/_sqlalchemy_connections.py": {"OLDEST": "when a connection is made anew"},
    "processors/http/_authentication.py": {"LONGEST_LIFE": "how far clocks count"},
    "processors/security/hmac.py": {"LONGEST_TIMESTAMP": "how far clocks count"},
    "processors/validation/is_email.py": {"LONGEST": "what an address is (RFC 5321, 4.5.3.1)"},
}
"""Constants that are named like bounds, and bound nothing that comes from outside: why."""


def constants() -> Iterator[tuple[str, str]]:
    """The file and the name of each number that is named like a bound, in modules and classes."""
    for package in ("engine", "processors"):
        for path in sorted((ROOT / package).rglob("*.py")):
            file = path.relative_to(ROOT).as_posix()
            if path != SOURCE and not file.startswith(ROOMS_INSIDE):
                for node in ast.walk(ast.parse(path.read_text())):
                    if isinstance(node, (ast.Module, ast.ClassDef)):
                        yield from ((file, name) for name in _bounds_of(node.body))


def _bounds_of(body: list[ast.stmt]) -> Iterator[str]:
    for node in body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        numbers = [
            each for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, (int, float))
        ]
        if numbers:
            yield from (target.id for target in targets if isinstance(target, ast.Name) and PREFIX.match(target.id))


def test_no_bound_stands_elsewhere() -> None:
    """What bounds callers, upstreams and payloads belongs to engine/limits.py; what else is named so says here why."""
    found = set(constants())
    known = {(file, name) for file, names in NO_LIMITS.items() for name in names}
    assert sorted(found - known) == []
    assert sorted(known - found) == []
