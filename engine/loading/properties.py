"""Placeholders: `${name:default}` in flow files, `p('name')` in expressions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import groupby
from typing import Any, NamedTuple

from engine.expressions.suggestion import did_you_mean
from engine.limits import DEEPEST_PLACEHOLDERS, LONGEST_PLACEHOLDER
from engine.loading.files.data import Map, Sequence
from engine.parameters.mistake import Mistake
from engine.parameters.text import Piece, Text

SECRET = "secret:"  # noqa: S105  # the mark of a secret, not one


class Property(NamedTuple):
    """The text of a property; is_literal: whether it is used letter by letter, and holds no placeholders."""

    text: str
    is_literal: bool


class Properties:
    """Where the values of placeholders come from; the first source that has a name wins.

    In order: `--set`, environment (`db.url` also as DB_URL), property files, `properties`. Values from outside the
    application, by the first two, are literal: a password may hold any characters.

    files: filled when the flow files have named them.
    """

    def __init__(
        self,
        given: Mapping[str, str],
        environment: Mapping[str, str],
        defaults: Mapping[str, Any],
        *,
        is_test: bool = False,
    ) -> None:
        self.is_test = is_test
        self.files: Mapping[str, Any] = {}
        self.secrets: set[str] = set()
        self._given = given
        self._environment = environment
        self.defaults = defaults

    def find(self, name: str) -> Property | None:
        """Return a property, or None if no source has it."""
        for source, key in ((self._given, name), (self._environment, name), (self._environment, variable_of(name))):
            if key in source:
                return Property(as_text(source[key]), is_literal=True)
        for written in (self.files, self.defaults):
            if name in written:
                return Property(as_text(written[name]), is_literal=False)
        return None

    def is_default(self, name: str) -> bool:
        """Return whether the value comes from `properties`, in which case its own placeholders are checked there."""
        return name in self.defaults and not any(
            name in source for source in (self._given, self._environment, self.files)
        )

    def names(self) -> list[str]:
        return [*self._given, *self.files, *self.defaults]


def as_text(value: Any) -> str:
    """Return a YAML scalar as a text that is read as the same scalar again."""
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def variable_of(name: str) -> str:
    """Return the environment variable in which a property is looked up."""
    return "".join(character if character.isalnum() else "_" for character in name).upper()


class Filler:
    """Fills the placeholders of a document's data; collects those without a value."""

    def __init__(self, properties: Properties) -> None:
        self.properties = properties
        self.mistakes: list[Mistake] = []
        self._filled: set[int] = set()
        self._noted: set[frozenset[str]] = set()
        self._known: dict[tuple[str, str], str] = {}
        self.unfilled: set[object] = set()

    def fill(self, value: Any) -> Any:
        """Return the value with each text's placeholders filled in; maps and lists are changed in place.

        Each of them once, however many aliases lead to it: filled-in text is not filled again.
        """
        if isinstance(value, Text):
            return self._text(value) if "${" in value else value
        if isinstance(value, (Map, Sequence)) and id(value) not in self._filled:
            self._filled.add(id(value))
            if isinstance(value, Map):
                value.update({key: self.fill(inner) for key, inner in value.items()})
            else:
                value[:] = [self.fill(entry) for entry in value]
        return value

    def text_of(self, name: str) -> str | None:
        """Return the text of a property, with its placeholders filled in, or None if no source has it.

        Raise ValueError if one of those has no value.
        """
        found = self.properties.find(name)
        if found is None or found.is_literal:
            return found and found.text
        try:
            return "".join(piece.text for piece in self._pieces(found.text, ()))
        except _Unfillable as error:
            raise ValueError(error.found) from None

    def use_files(self, files: Mapping[str, Any]) -> None:
        """From now on, fill from property files, too."""
        self.properties.files = files
        self._known.clear()

    def _text(self, text: Text) -> Text:
        try:
            pieces = tuple(_joined(self._pieces(text, ())))
        except _Unfillable as error:
            self._note(error, text)
            return Text("", text.place, (Piece("", is_filled=True),))
        filled = "\n".join(piece.text for piece in pieces if piece.is_filled)
        secret = any(secret in filled for secret in self.properties.secrets)
        return Text("".join(piece.text for piece in pieces), text.place, pieces, secret=secret)

    def _note(self, error: _Unfillable, text: Text) -> None:
        """Note a cycle once, and a missing value of a default at the place of that default."""
        self.unfilled.add(text.place)
        if error.shared in self._noted or error.is_noted_elsewhere:
            return
        if error.shared:
            self._noted.add(error.shared)
        self.mistakes.append(Mistake("F201", error.found, error.expected, error.write, text.place, error.offset))

    def _pieces(self, text: str, open_names: tuple[str, ...]) -> Iterator[Piece]:
        position = 0
        while (start := text.find("${", position)) >= 0:
            if text[start - 1 : start] == "\\":
                yield Piece(text[position : start - 1] + "${", is_filled=False, offset=position)
                position = start + 2
                continue
            if start > position:
                yield Piece(text[position:start], is_filled=False, offset=position)
            end = _closing_brace(text, start)
            yield Piece(self._value(text[start + 2 : end], start, open_names), is_filled=True, offset=start)
            position = end + 1
        if position < len(text):
            yield Piece(text[position:], is_filled=False, offset=position)

    def _value(self, placeholder: str, offset: int, open_names: tuple[str, ...]) -> str:
        is_secret = placeholder.startswith(SECRET)
        name, colon, default = placeholder.removeprefix(SECRET).partition(":")
        if name in open_names:
            raise _cycle(offset, (*open_names[open_names.index(name) :], name))
        found = self.properties.find(name)
        if found is None and not colon:
            raise self._missing(name, offset)
        found = found or Property(default, is_literal=False)
        filled = found.text if found.is_literal else self._nested(name, found.text, offset, open_names)
        if is_secret and filled:
            self.properties.secrets.add(filled)
        return filled

    def _nested(self, name: str, text: str, offset: int, open_names: tuple[str, ...]) -> str:
        """Return the value of a property, filled; a mistake in it is reported at the placeholder in the outer text."""
        if (name, text) in self._known:
            return self._known[name, text]
        if len(open_names) > DEEPEST_PLACEHOLDERS:
            raise _too_large(offset, name)
        try:
            filled = "".join(piece.text for piece in self._pieces(text, (*open_names, name)))
        except _Unfillable as error:
            error.offset = offset
            error.is_noted_elsewhere |= not error.shared and self.properties.is_default(name)
            raise
        if len(filled) > LONGEST_PLACEHOLDER:
            raise _too_large(offset, name)
        self._known[name, text] = filled
        return filled

    def _missing(self, name: str, offset: int) -> _Unfillable:
        found = f"'${{{name}}}', for which there is no value"
        variable = f"the environment variable {variable_of(name)}"
        if self.properties.is_test:
            variable = f"set: {{{name}: …}} or environment: [{variable_of(name)}] in the test file"
        where = f"--set {name}=…, {variable}, an entry under properties, or a default"
        close = did_you_mean(name, self.properties.names(), likeness=0.85)
        return _Unfillable(offset, found, where, f"${{{close}}}" if close else f"${{{name}:default}}")


def _joined(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Join the pieces that are separated only by a `\\${`: an expression may span it."""
    for is_filled, group in groupby(pieces, key=lambda piece: piece.is_filled):
        first, *others = group
        if is_filled:
            yield from (first, *others)
        else:
            yield first._replace(text="".join(piece.text for piece in (first, *others)))


class _Unfillable(Exception):
    """A placeholder that has no value. shared: the names that share one mistake, which is noted once."""

    def __init__(
        self, offset: int, found: str, expected: str, write: str = "", shared: frozenset[str] = frozenset()
    ) -> None:
        super().__init__(found)
        self.offset, self.found, self.expected, self.write, self.shared = offset, found, expected, write, shared
        self.is_noted_elsewhere = False


def _cycle(offset: int, names: tuple[str, ...]) -> _Unfillable:
    found = f"the placeholder '${{{names[0]}}}' in a cycle: {' → '.join(names)}"
    return _Unfillable(offset, found, "a value that does not need itself", shared=frozenset(names))


def _too_large(offset: int, name: str) -> _Unfillable:
    return _Unfillable(
        offset, f"'${{{name}}}', whose value is made of too many others", "a plainer value", shared=frozenset({""})
    )


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


class Placeholder(NamedTuple):
    """A `${name:default}`, or a `${secret:name}`; default: None if it has none."""

    name: str
    default: str | None
    is_secret: bool


def placeholders_in(text: str) -> Iterator[Placeholder]:
    """Yield the placeholders of a text, and those in their defaults; an unclosed one is not a placeholder."""
    position = 0
    while (start := text.find("${", position)) >= 0:
        position = start + 2
        if text[start - 1 : start] != "\\":
            with suppress(_Unfillable):
                position = _closing_brace(text, start) + 1
                inner = text[start + 2 : position - 1]
                name, colon, default = inner.removeprefix(SECRET).partition(":")
                yield Placeholder(name, default if colon else None, inner.startswith(SECRET))
                yield from placeholders_in(default)


def between_placeholders(text: str) -> list[str]:
    """Return the texts before, between and after the placeholders of a text; an unclosed one is not a placeholder."""
    parts, position = [], 0
    while (start := text.find("${", position)) >= 0:
        try:
            end = _closing_brace(text, start)
        except _Unfillable:
            break
        parts.append(text[position:start])
        position = end + 1
    return [*parts, text[position:]]


def flatten(tree: Any, prefix: str = "") -> dict[str, Any]:
    """Return the entries of a property file by their dotted names: `{db: {url: x}}` is `db.url`."""
    if not isinstance(tree, Mapping):
        return {}
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        flat |= flatten(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {f"{prefix}{key}": value}
    return flat
