"""Writes the Python code of one script, line by line.

A *name* here is Python code without side effects that may be repeated: a temporary, or a constant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from engine.expressions.dataweave.values.places import PLACED

TEMPORARY = re.compile(r"\b[vfd][0-9]+\b")
BLOCKS_INSIDE = 12
"""Loops and `try` inside each other in one function: Python takes 20."""
LEVELS_INSIDE = 70
"""Levels of indentation in one function: Python takes 100."""


@dataclass
class Place:
    """Where lines go. blocks: the loops and `try` around it. loop: how many names came before the outermost loop."""

    lines: list[str] = field(default_factory=list)
    depth: int = 1
    blocks: int = 0
    loop: int = -1


class Writer:
    """The code, and the constants that it uses.

    span: the part of the script that is compiled. names_of_functions: in the script, by their names in Python.
    shared: the names of the functions and variables of the header, which are written when they are first needed.
    """

    def __init__(self, constants: Mapping[str, Any]) -> None:
        self.constants = dict(constants)
        self.place = Place()
        self.parts: list[str] = []
        self.kinds: dict[str, str] = {}
        self.shared: set[str] = set()
        self.span = (0, 0)
        self.names_of_functions: dict[str, str] = {}
        self._count = 0
        self._known: dict[Any, str] = {}

    def write(self, line: str) -> None:
        self.place.lines.append(f"{' ' * self.place.depth}{line}{PLACED}{self.span[0]}-{self.span[1]}")

    def new(self, prefix: str = "v") -> str:
        self._count += 1
        return f"{prefix}{self._count}"

    def let(self, code: str, kind: str = "") -> str:
        """Return a temporary that holds the result of the code. kind: the type of the value, if it is certain."""
        name = self.new()
        self.write(f"{name} = {code}")
        if kind:
            self.kinds[name] = kind
        return name

    def kind(self, name: str) -> str:
        """Return the type of a value if it is certain, else nothing."""
        return self.kinds.get(name, "")

    def constant(self, value: Any) -> str:
        """Return the name of a value that is known while compiling."""
        if value is None or value is True or value is False:
            return repr(value)
        key = (type(value), value) if type(value) in (str, int) else (object, id(value))
        name = self._known.get(key)
        if name is None:
            name = self._known[key] = self.new("k")
            self.constants[name] = value
        return name

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """Write a compound statement."""
        self.write(head)
        place = self.place
        counts = not head.startswith(("if", "el", "def"))
        place.depth, place.blocks, before = place.depth + 1, place.blocks + counts, len(place.lines)
        yield
        if len(place.lines) == before:
            self.write("pass")
        place.depth, place.blocks = place.depth - 1, place.blocks - counts

    @contextmanager
    def loop(self, head: str, first: str = "") -> Iterator[None]:
        """Write a loop, in which functions keep the values of this round. first: of the names that change in it."""
        place = self.place
        before = place.loop
        if before < 0:
            place.loop = number(first) - 1 if first else self._count
        with self.block(head):
            yield
        place.loop = before

    @contextmanager
    def at(self, place: Place) -> Iterator[None]:
        """Write to another place meanwhile."""
        outer, self.place = self.place, place
        yield
        self.place = outer

    @contextmanager
    def function(self, name: str, parameters: list[str]) -> Iterator[None]:
        """Write a function. In a loop it keeps the names that change with each round."""
        outer, start = self.place, self._count
        with self.at(Place(depth=outer.depth + 1)):
            yield
            lines = self.place.lines
        kept = [
            each for each in self._outside(lines, start, parameters) if outer.loop >= 0 and number(each) > outer.loop
        ]
        head = ", ".join([*parameters, *(["*"] if kept else []), *(f"{each}={each}" for each in kept)])
        outer.lines += [f"{' ' * outer.depth}def {name}({head}):", *lines]

    def _outside(self, lines: list[str], start: int, parameters: list[str]) -> list[str]:
        """Return the names in these lines that were there before the first of them, but for the parameters."""
        text = "\n".join(lines)
        used = set(TEMPORARY.findall(text)).difference(each.partition("=")[0] for each in parameters)
        return sorted(each for each in used if number(each) <= start or self._is_shared(each, text))

    def _is_shared(self, name: str, text: str) -> bool:
        """Return whether a name belongs to a header, or a `do`, around the text."""
        return name in self.shared and not re.search(rf"^ *(?:def )?{name}(?: = |\()", text, re.MULTILINE)

    @property
    def is_deep(self) -> bool:
        """Whether what comes next should be a function of its own, so that Python can compile it."""
        return self.place.depth > LEVELS_INSIDE or self.place.blocks > BLOCKS_INSIDE

    @contextmanager
    def apart(self, result: str) -> Iterator[str]:
        """Write lines into a function of its own, whose nesting starts over. Yield the name that it returns."""
        name, start, inner = self.new("part"), self._count, self.new()
        with self.at(Place()):
            yield inner
            self.write(f"return {inner}")
            lines = self.place.lines
        taken = ", ".join(["budget", *self._outside(lines, start, [inner])])
        self.parts += [f"def {name}({taken}):", *lines]
        self.write(f"{result} = {name}({taken})")


def number(name: str) -> int:
    """Return the number of a temporary: they are counted from the first to the last."""
    return int(name[1:])
