"""Writes the Python code of one function, line by line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from operator import attrgetter
from typing import Any

INPUT = "event"
OPENED = (
    " budget = here() or begin()",
    " outer = budget.limit",
    " if not outer: budget.limit = budget.spent + MOST_STEPS",
)
CLOSED = (" finally:", "  budget.limit = outer")
"""A nested evaluation shares the budget of the outer one."""


class Generator:
    """The code of `evaluate(event)`, and the constants that it uses.

    is_charged: whether something in it counts steps of the budget.

    A *name* here is Python code without side effects: a temporary, a constant, or the access to a root.
    """

    def __init__(self, constants: Mapping[str, Any]) -> None:
        self.constants = dict(constants)
        self.depth = 2
        self.is_charged = False
        self._lines: list[str] = []
        self._parts: list[str] = []
        self._count = 0

    def write(self, line: str) -> None:
        self._lines.append(" " * self.depth + line)

    def reserve(self) -> Callable[..., None]:
        """Reserve a place for lines that are known later. Return the function that writes them."""
        lines, place, indent = self._lines, len(self._lines), " " * self.depth
        lines.append("")

        def fill(*late: str) -> None:
            lines[place] = "\n".join(indent + line for line in late)

        return fill

    def new(self, prefix: str = "v") -> str:
        self._count += 1
        return f"{prefix}{self._count}"

    def let(self, text: str) -> str:
        """Return a temporary that holds the result of the code."""
        name = self.new()
        self.write(f"{name} = {text}")
        return name

    def constant(self, value: Any) -> str:
        if value is None or value is True or value is False:
            return repr(value)
        name = self.new("k")
        self.constants[name] = value
        return name

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        self.write(head)
        self.depth += 1
        before = len(self._lines)
        yield
        if len(self._lines) == before:
            self.write("pass")
        self.depth -= 1

    def apart(self, names: Iterator[str], body: Callable[[], str]) -> str:
        """Return the call of a separate function, which gets the names: the nesting of blocks starts over in it."""
        function = self.new("part")
        arguments = ", ".join(dict.fromkeys(names))
        outer, self._lines, depth, self.depth = self._lines, [f"def {function}({arguments}):"], self.depth, 1
        result = body()
        self.write(f"return {result}")
        self._parts += self._lines
        self._lines, self.depth = outer, depth
        return self.let(f"{function}({arguments})")

    def function(self, result: str, failed: Callable[[Exception, int], Exception]) -> Callable[[Any], Any]:
        """Return the finished function; `failed` makes the exception to raise from one that was raised inside."""
        root = result.removeprefix(f"{INPUT}.")
        if root != result and root.isidentifier() and all(line.lstrip().startswith("leaf = ") for line in self._lines):
            return attrgetter(root)  # half the cost of a Python function, and it cannot fail
        self.write(f"return {result}")
        begins, leaf, lines = [" leaf = 0"], "leaf", self._lines
        noted = [number for number, line in enumerate(lines) if line.lstrip().startswith("leaf = ")]
        if not noted or noted == [0]:  # a single one need not be noted at run time
            begins, leaf, lines = [], lines[0].partition("= ")[2] if noted else "0", lines[len(noted) :]
        head = [f"def evaluate({INPUT}):", *begins, *(OPENED if self.is_charged else ()), " try:"]
        tail = [" except Exception as error:", f"  raise failed(error, {leaf})", *(CLOSED if self.is_charged else ())]
        source = "\n".join([*self._parts, *head, *lines, *tail])
        space = self.constants | {"failed": failed, "__source__": source}
        exec(compile(source, "<expression>", "exec"), space)  # noqa: S102  # the code is ours, values are constants
        evaluate: Callable[[Any], Any] = space.pop("evaluate")  # it holds the space: avoids a reference cycle
        return evaluate
