"""Files with one slip each, and who tells it: `engine check`, the JSON Schema for editors.

The files are the examples of manual pages, as test files. `python tests/editing/mutants.py 4000 1` prints how often the
two agree, and what the schema cannot tell, by the code of the mistake. 4000: how many files; 1: of which seed.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import yaml
from jsonschema_rs import Draft7Validator

from engine.loading.catalog import discover
from engine.loading.diagnostic import LoadError
from engine.loading.files.document import Document, as_data
from engine.manual.file_schema import file_schema
from engine.manual.pages import example
from engine.testing.files.suite import SuiteLoader, TestFile

SECTIONS = ("configs", "flows", "sub-flows", "error-handlers", "configuration", "properties")
VALUES: list[Any] = [
    None, True, 5, -1, 1.5, 10**12, "text", "", "3s", "POST, GET", "#[payload]", [], ["a"], [1], {}, {"a": 1},
]  # fmt: skip
SLIPS = ("value", "value", "value", "rename", "delete", "bogus", "second")
CATALOG = discover()


class Verdict(NamedTuple):
    """A file, its slip, the codes of `engine check`, and the violations of the schema."""

    slip: str
    whole: Any
    codes: tuple[str, ...]
    violations: list[str]

    @property
    def is_false(self) -> bool:
        """Whether an editor tells a mistake that is none."""
        return bool(self.violations) and not self.codes


def wholes() -> Iterator[Any]:
    """The examples of manual pages, as test files."""
    for _, element in CATALOG.elements():
        case = as_data(Document("example", example(element)).data)
        if case and "mistake" not in case:
            yield {**{name: case.pop(name) for name in SECTIONS if name in case}, "cases": {"it": case}}


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in entries:
        yield from _places(inner, (*path, key))


def slip(whole: Any, chance: Random) -> tuple[str, Any]:
    """The file with one slip, and what it is."""
    whole = deepcopy(whole)
    *before, last = chance.choice([path for path in _places(whole) if len(path) > 2])
    around = whole
    for key in before:
        around = around[key]
    kind, inner = chance.choice(SLIPS), around[last]
    if kind == "delete":
        del around[last]
    elif kind == "rename" and isinstance(around, dict):
        around[f"{last}x"] = around.pop(last)
    elif kind in ("bogus", "second") and isinstance(inner, dict):
        inner["bogus" if kind == "bogus" else "logger"] = {}
    else:
        kind = "value"
        around[last] = deepcopy(chance.choice(VALUES))
    return f"{kind} at {'/'.join(map(str, (*before, last)))}", whole


def codes_of(whole: Any, folder: Path) -> tuple[str, ...]:
    """The codes of the mistakes that the engine finds in a test file."""
    path = folder / "it.test.yaml"
    path.write_text(yaml.safe_dump(whole, sort_keys=False, allow_unicode=True))
    file = TestFile.read(path)
    try:
        SuiteLoader(file, CATALOG, {}, file.isolation()).loaded()
    except LoadError as error:
        return tuple(each.code for each in error.diagnostics)
    return ()


def verdicts(number: int, seed: int) -> Iterator[Verdict]:
    """What both say of so many files."""
    validator, chance, examples = Draft7Validator(file_schema(CATALOG)), Random(seed), list(wholes())  # noqa: S311  # no secret
    with TemporaryDirectory() as folder:
        for _ in range(number):
            told, whole = slip(chance.choice(examples), chance)
            codes = codes_of(whole, Path(folder))
            yield Verdict(told, whole, codes, [error.message for error in validator.iter_errors(whole)])


def main(number: int, seed: int) -> None:
    found = list(verdicts(number, seed))
    agreed = Counter((bool(each.codes), bool(each.violations)) for each in found)
    print(f"{agreed[False, False]} accepted by both, {agreed[True, True]} refused by both")
    print(f"{agreed[False, True]} refused by the schema alone")
    print(f"{agreed[True, False]} refused by engine check alone:")
    missed = [each for each in found if each.codes and not each.violations]
    for code, times in sorted(Counter(code for each in missed for code in set(each.codes)).items()):
        print(f"  {code} {times:4}  e.g. {next(each.slip for each in missed if code in each.codes)}")
    for each in found:
        if each.is_false:
            print(each.slip, each.violations)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
