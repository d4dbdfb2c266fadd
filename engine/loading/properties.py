"""Placeholders: `${name:default}` in flow files, `p('name')` in expressions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from engine.core.mistake import Mistake
from engine.core.text import Piece, Text
from engine.expressions.errors import EvaluationError
from engine.expressions.functions.function import Function, Parameter
from engine.expressions.suggestion import did_you_mean
from engine.loading.document import Map, Sequence

SECRET = "secret:"  # noqa: S105  # the mark of a secret, not one


class Properties:
    """Where the values of placeholders come from; the first source that has a name wins.

    In order: `--set`, environment (`db.url` also as DB_URL), property files, `properties`.
    """

    def __init__(
        self,
        given: Mapping[str, str],
        environment: Mapping[str, str],
        files: Mapping[str, Any],
        defaults: Mapping[str, Any],
    ) -> None:
        self._sources = (given, environment, files, defaults)
        self._environment = environment
        self.secrets: set[str] = set()

    def find(self, name: str) -> str | None:
        """The text of a property; None where no source has it."""
        for source in self._sources:
            if name in source:
                return as_text(source[name])
            if source is self._environment and (variable := _variable(name)) in source:
                return source[variable]
        return None

    def names(self) -> list[str]:
        return [name for source in self._sources if source is not self._environment for name in source]


def as_text(value: Any) -> str:
    """A YAML scalar as the text that gives the same scalar again."""
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _variable(name: str) -> str:
    return "".join(character if character.isalnum() else "_" for character in name).upper()


class Filler:
    """Fills the placeholders of a document's data; collects what is missing."""

    def __init__(self, properties: Properties) -> None:
        self.properties = properties
        self.mistakes: list[Mistake] = []

    def fill(self, value: Any) -> Any:
        """The value with each text's placeholders filled in; maps and lists are changed in place."""
        if isinstance(value, Map):
            for key in value:
                value[key] = self.fill(value[key])
        elif isinstance(value, Sequence):
            value[:] = [self.fill(entry) for entry in value]
        elif isinstance(value, Text) and "${" in value:
            return self._text(value)
        return value

    def fill_text(self, text: str) -> str:
        """The text of a property, with the placeholders that it holds itself filled in."""
        return "".join(piece.text for piece in self._pieces(text, ()))

    def _text(self, text: Text) -> Text:
        try:
            pieces = tuple(self._pieces(text, ()))
        except _Unfillable as error:
            self.mistakes.append(Mistake("F201", error.found, error.expected, error.write, text.place, error.offset))
            return Text("", text.place, (Piece("", is_filled=True),))
        secret = any(piece.text in self.properties.secrets for piece in pieces if piece.is_filled)
        return Text("".join(piece.text for piece in pieces), text.place, pieces, secret=secret)

    def _pieces(self, text: str, open_names: tuple[str, ...]) -> Iterator[Piece]:
        position = 0
        while (start := text.find("${", position)) >= 0:
            if text[:start].endswith("\\"):
                yield Piece(text[position : start - 1] + "${", is_filled=False)
                position = start + 2
                continue
            if start > position:
                yield Piece(text[position:start], is_filled=False)
            end = _closing_brace(text, start)
            yield Piece(self._value(text[start + 2 : end], start, open_names), is_filled=True)
            position = end + 1
        if position < len(text):
            yield Piece(text[position:], is_filled=False)

    def _value(self, placeholder: str, offset: int, open_names: tuple[str, ...]) -> str:
        is_secret = placeholder.startswith(SECRET)
        name, colon, default = placeholder.removeprefix(SECRET).partition(":")
        if name in open_names:
            path = " → ".join((*open_names, name))
            raise _Unfillable(
                offset, f"the placeholder '${{{name}}}' in a cycle: {path}", "a value that does not need itself"
            )
        value = self.properties.find(name)
        if value is None and not colon:
            variable = _variable(name)
            raise _Unfillable(
                offset,
                f"'${{{name}}}', for which there is no value",
                f"--set {name}=…, the environment variable {variable}, an entry under properties, or a default",
                did_you_mean(name, self.properties.names(), "") or f"${{{name}:default}}",
            )
        filled = "".join(piece.text for piece in self._pieces(default if value is None else value, (*open_names, name)))
        if is_secret and filled:
            self.properties.secrets.add(filled)
        return filled


class _Unfillable(Exception):
    def __init__(self, offset: int, found: str, expected: str, write: str = "") -> None:
        super().__init__(found)
        self.offset, self.found, self.expected, self.write = offset, found, expected, write


def _closing_brace(text: str, start: int) -> int:
    depth = 0
    for position in range(start, len(text)):
        if text.startswith("${", position):
            depth += 1
        elif text[position] == "}":
            depth -= 1
            if depth == 0:
                return position
    raise _Unfillable(start, "'${' without its '}'", "'${name}', or '\\${' for the two characters themselves")


def property_function(properties: Properties, fill: Callable[[str], str]) -> Function:
    """The function p of an application."""

    def p(name: str) -> str:
        """The text of a property: what `${name}` stands for outside of expressions.

        A name that no source has is an error when the file is loaded, or MULE:EXPRESSION where the
        name is computed.
        """
        value = properties.find(name)
        if value is None:
            raise EvaluationError("p() found no property of that name")
        return fill(value)

    def check(arguments: Any) -> str | None:
        name = arguments[0]["value"] if arguments[0]["type"] == "literal" else None
        missing = isinstance(name, str) and properties.find(name) is None
        return f"p('{name}'), for which there is no property" if missing else None

    return Function("p", (Parameter("p", 1, "string", keeps_appended=False),), False, p, check)


def flatten(tree: Any, prefix: str = "") -> dict[str, Any]:
    """The entries of a property file by their dotted names: `{db: {url: x}}` is `db.url`."""
    if not isinstance(tree, Mapping):
        return {}
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        flat |= flatten(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {f"{prefix}{key}": value}
    return flat
