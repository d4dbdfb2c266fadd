"""Compiles a whole parameter into one Python function: the structure around scripts, which are functions already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.expressions.dataweave.boundary import part_of_text, truth, whole_payload
from engine.expressions.dataweave.tree import DataWeaveTree
from engine.expressions.dataweave.values.selecting import select
from engine.expressions.held import Computed, Constant, Held, Let, ListOf, MapOf, Path, TextOf, Truth
from engine.expressions.language import Evaluate, Failed
from engine.expressions.operators import fresh

LITERALS = frozenset({bool, int, type(None)})


WHOLE = {"payload": "(p if type(p := event.payload) in HELD else whole_payload(event))"}
"""Roots that mean something else if they are the whole script."""


def compile_parameter(
    held: Held, roots: Mapping[str, str], constants: Mapping[str, Any], variables: Mapping[str, str], failed: Failed
) -> Evaluate:
    """Return the function of the event.

    roots: names as Python over `event`, with these constants. variables: the same of names that a `let` around has.
    failed: makes the exception to raise of one, and the number of its script.
    """
    return _Parameter(roots, constants, failed).compiled(held, variables)


class _Parameter:
    """The lines of one function, and the constants that it uses."""

    def __init__(self, roots: Mapping[str, str], constants: Mapping[str, Any], failed: Failed) -> None:
        self._roots = {**roots, **WHOLE}
        self._inner_roots = roots
        self._space: dict[str, Any] = {
            "failed": failed, "truth": truth, "text": part_of_text, "fresh": fresh, "select": select,
            "whole_payload": whole_payload, **constants,
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
                value = self._let(self._value(held.of, scope))
                return f"({value} if {value} is True or {value} is False else truth({value}))"
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
        if held.tree.path:
            return self._selector(held.tree.path)
        argument = "event"
        if held.tree.has_scope:
            argument = f"(event, {{{', '.join(f'{name!r}: {code}' for name, code in scope.items())}}})"
        result = self._let(f"{self._constant(held.tree.evaluate)}({argument})")
        return result if held.tree.finish is None else self._let(f"{self._constant(held.tree.finish)}({result})")

    def _selector(self, path: Path) -> str:
        """Write the lines of `root.name.name`."""
        value = self._let((self._inner_roots if len(path) > 1 else self._roots)[path[0]])
        for name in path[1:]:
            key = self._constant(name)
            value = self._let(f"{value}.get({key}) if type({value}) is dict else select({value}, {key})")
        return value

    def _texts(self, held: TextOf, scope: Mapping[str, str]) -> Iterator[str]:
        for part in held.parts:
            name = self._value(part, scope)
            yield name if isinstance(part, Constant) else f"text({name})"
