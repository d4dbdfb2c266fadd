"""Compiles a whole parameter into one Python function: the structure around scripts, which are functions already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.expressions.dataweave.boundary import part_of_text, truth
from engine.expressions.dataweave.tree import DataWeaveTree
from engine.expressions.held import Computed, Constant, Held, Let, ListOf, MapOf, TextOf, Truth
from engine.expressions.language import Evaluate, Failed, Names
from engine.expressions.operators import fresh

LITERALS = frozenset({bool, int, type(None)})


def compile_parameter(held: Held, names: Names, variables: Mapping[str, str], failed: Failed) -> Evaluate:
    """Return the function of the event. failed: makes the exception of one and the number of its script."""
    return _Parameter(names, failed).compiled(held, variables)


class _Parameter:
    """The lines of one function, and the constants that it uses."""

    def __init__(self, names: Names, failed: Failed) -> None:
        self._space: dict[str, Any] = {
            "failed": failed, "truth": truth, "text": part_of_text, "fresh": fresh, **names.constants
        }  # fmt: skip
        self._lines: list[str] = []
        self._count = 0

    def compiled(self, held: Held, variables: Mapping[str, str]) -> Evaluate:
        result = self._value(held, variables)
        if not self._lines:
            lines = ["def evaluate(event):", f" return {result}"]
        else:
            body = [f"  {line}" for line in [*self._lines, f"return {result}"]]
            lines = ["def evaluate(event):", " leaf = 0", " try:", *body]
            lines += [" except Exception as error:", "  raise failed(error, leaf)"]
        self._space["__source__"] = source = "\n".join(lines)
        exec(compile(source, "<parameter>", "exec"), self._space)  # noqa: S102  # the code is ours, values are constants
        evaluate: Evaluate = self._space.pop("evaluate")
        return evaluate

    def _constant(self, value: Any) -> str:
        if type(value) in LITERALS:
            return repr(value)
        self._count += 1
        self._space[f"k{self._count}"] = value
        return f"k{self._count}"

    def _value(self, held: Held, scope: Mapping[str, str]) -> str:
        """Write the lines that compute a value, and return its name."""
        match held:
            case Constant():
                name = self._constant(held.value)
                return f"fresh({name})" if isinstance(held.value, (dict, list)) else name
            case Computed():
                return self._script(held, scope)
            case MapOf():
                entries = [f"{name!r}: {self._value(each, scope)}" for name, each in held.entries.items()]
                return f"{{{', '.join(entries)}}}"
            case ListOf():
                return f"[{', '.join([self._value(each, scope) for each in held.parts])}]"
            case TextOf():
                return f"''.join([{', '.join(self._texts(held, scope))}])"
            case Truth():
                return f"truth({self._value(held.of, scope)})"
            case Let():
                return self._value(held.body, {**scope, held.name: self._let(self._value(held.bound, scope))})
        raise TypeError(f"{type(held).__name__} is told of flows, and never evaluated")

    def _let(self, code: str) -> str:
        self._count += 1
        self._lines.append(f"v{self._count} = {code}")
        return f"v{self._count}"

    def _script(self, held: Computed, scope: Mapping[str, str]) -> str:
        assert isinstance(held.tree, DataWeaveTree)  # a file has one language
        if held.number:
            self._lines.append(f"leaf = {held.number}")
        argument = "event"
        if held.tree.has_scope:
            argument = f"(event, {{{', '.join(f'{name!r}: {code}' for name, code in scope.items())}}})"
        return self._let(f"{self._constant(held.tree.evaluate)}({argument})")

    def _texts(self, held: TextOf, scope: Mapping[str, str]) -> Iterator[str]:
        for part in held.parts:
            name = self._value(part, scope)
            yield name if isinstance(part, Constant) else f"text({name})"
