"""Placeholders: `${name:default}` in flow files, `p('name')` in expressions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

from engine.expressions.suggestion import did_you_mean
from engine.limits import DEEPEST_PLACEHOLDERS, LONGEST_PLACEHOLDER
from engine.loading.config.encryption import KEY
from engine.loading.config.outside import ENV, FILE, NoValue, Outside, Reference, meant_provider, reference_in
from engine.loading.files.data import Map, Sequence
from engine.loading.files.place import Place
from engine.loading.properties import Entry, Properties, Property, variable_of
from engine.parameters.mistake import Mistake
from engine.parameters.text import Piece, Text

NO_VALUE = "F201"
SECRET = "secret:"  # noqa: S105  # the mark of a secret, not one
MULES_SECRET = "secure::"  # noqa: S105  # how Mule marks an encrypted one


class Filler:
    """Fills the placeholders of a document's data; collects those without a value."""

    def __init__(self, properties: Properties, outside: Outside | None = None) -> None:
        """outside: what was read before from files and providers."""
        self.properties = properties
        self.mistakes: list[Mistake] = []
        self.asked: set[str] = set()
        """The names of the properties that something asks for."""
        self.defaults: dict[tuple[str, str], Place | None] = {}
        """Where each default of a placeholder was first used, by the name and the default's value."""
        self.outside: dict[str, Property] = {}
        """The values from outside of all properties, as `file:/run/secrets/x`."""
        self.read_outside = outside or Outside(properties.environment, is_test=properties.is_test)
        self._broken: set[str] = set()
        self._place: Place | None = None
        self._filled: set[int] = set()
        self._noted: set[frozenset[str]] = set()
        self._known: dict[tuple[str, str], str] = {}
        self.unfilled: set[object] = set()

    @property
    def has_cycles(self) -> bool:
        """Whether properties need themselves, which is told once, wherever that shows first."""
        return bool(self._noted)

    def holders(self) -> list[tuple[object, str]]:
        """Return all that filling a text may add to."""
        own = ("mistakes", "asked", "defaults", "outside", "unfilled")
        return [*((self, name) for name in own), (self.properties, "secrets"), (self.properties, "guessed")]

    def known_secrets(self) -> tuple[frozenset[str], frozenset[str]]:
        """Return the secrets that are known by now: a text that has one of them is one itself."""
        return frozenset(self.properties.secrets), frozenset(self.properties.guessed)

    def forget_known(self) -> None:
        """Find all values anew, so that all they ask for is noted again."""
        self._known.clear()

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

    def fill_defaults(self, tree: Any, prefix: str = "") -> None:
        """Fill `properties`, but for entries that another source overrides: nothing outside is asked for those."""
        if not isinstance(tree, Map):
            self.fill(tree)
            return
        for key, value in tree.items():
            name, is_map = f"{prefix}{key}", isinstance(value, Map)
            if is_map:
                self.fill_defaults(value, f"{name}.")
            elif self.properties.is_default(name) or not (isinstance(value, Text) and _leads_outside(value)):
                tree[key] = self.fill(value)

    def prepare(self) -> None:
        """Fill in what property files have from outside, so that nothing is read or asked once flows run.

        A mistake is noted at its place in the file. Other placeholders there are filled in when they are used.
        """
        for name, entry in self.properties.files.items():
            if self.properties.is_from_files(name) and isinstance(entry.value, Text) and _leads_outside(entry.value):
                self._place = entry.value_place
                try:
                    "".join(piece.text for piece in self._pieces(entry.value, (name,)))
                except _Unfillable as error:
                    self._broken.add(name)
                    self._note(error, entry.value)

    def text_of(self, name: str) -> str | None:
        """Return the text of a property, with its placeholders filled in, or None if no source has it.

        Raise ValueError if one of those has no value.
        """
        found = self.properties.find(name)
        if found is not None and found.is_locked:
            raise ValueError(f"'{name}', which is encrypted")
        if found is None or found.is_literal:
            return found and found.text
        try:
            return "".join(piece.text for piece in self._pieces(found.text, ()))
        except _Unfillable as error:
            raise ValueError(error.found) from None

    def use_files(self, files: Mapping[str, Entry]) -> None:
        """From now on, fill from property files, too."""
        self.properties.files = files
        self._known.clear()

    def _text(self, text: Text) -> Text:
        self._place = text.place if isinstance(text.place, Place) else None
        try:
            pieces = tuple(_joined(self._pieces(text, ())))
        except _Unfillable as error:
            self._note(error, text)
            return Text("", text.place, (Piece("", is_filled=True),))
        filled = "\n".join(piece.text for piece in pieces if piece.is_filled)
        secrets = (self.properties.secrets, self.properties.guessed)
        secret = any(secret in filled for known in secrets for secret in known)
        return Text("".join(piece.text for piece in pieces), text.place, pieces, secret=secret)

    def _note(self, error: _Unfillable, text: Text) -> None:
        """Note a cycle once, and a missing value of a default at the place of that default."""
        self.unfilled.add(text.place)
        if error.shared in self._noted or error.is_noted_elsewhere:
            return
        if error.shared:
            self._noted.add(error.shared)
        self.mistakes.append(Mistake(error.code, error.found, error.expected, error.write, text.place, error.offset))

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
        placeholder = placeholder.removeprefix(SECRET)
        if (reference := reference_in(placeholder)) is not None:
            return self._from_outside(reference, offset, open_names, is_secret=is_secret)
        name, colon, _ = placeholder.partition(":")
        if name in open_names:
            raise _cycle(offset, (*open_names[open_names.index(name) :], name))
        self.asked.add(name)
        found = self.properties.find(name)
        if found is None:
            found = self._default(placeholder, offset) if colon else None
        if found is None or found.is_locked:
            raise self._locked(name, offset) if found else self._missing(name, offset)
        filled = found.text if found.is_literal else self._nested(name, found.text, offset, open_names)
        self.properties.learn(name, filled, is_secret=is_secret)
        if not found.origin:
            self.defaults.setdefault((name, filled), self._place)
        return filled

    def _default(self, placeholder: str, offset: int) -> Property:
        """Return the default of a property that nobody has, unless it looks like a path for a provider."""
        name, _, default = placeholder.partition(":")
        if placeholder.startswith(MULES_SECRET):
            found, plain = f"'${{{placeholder}}}', Mule's way to name an encrypted value", default[1:]
            raise _Unfillable(offset, found, "its name alone: an encrypted value is decrypted", f"${{{plain}}}")
        if meant := meant_provider(placeholder):
            found = f"'{name}' in '${{{placeholder}}}', which is no provider"
            raise _Unfillable(offset, found, "the name of one", f"${{{meant}:{default}}}", code="F204")
        return Property(default, is_literal=False, origin="")

    def _from_outside(self, reference: Reference, offset: int, open_names: tuple[str, ...], *, is_secret: bool) -> str:
        """Return a value from outside of all properties; `--set` may have it under the whole reference."""
        name = self._nested(f"{reference.kind}:", reference.name, offset, open_names)
        reference = reference._replace(name=name)
        if (given := self.properties.find_given(reference.key)) is not None:
            text, origin = given.text, given.origin
        else:
            try:
                text, origin = self.read_outside.text(reference), _origin(reference)
            except NoValue as error:
                if reference.default is None or error.code != NoValue.code:
                    raise _absent(reference, error, offset) from None
                text = self._nested(reference.key, reference.default, offset, open_names)
                self.defaults.setdefault((reference.key, text), self._place)
                return text
        is_secret |= reference.kind != ENV
        self.properties.learn(name, text, is_secret=is_secret)
        self.outside[reference.key] = Property(text, is_literal=True, origin=origin)
        return text

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
            is_elsewhere = self.properties.is_default(name) or (name in self._broken and name not in open_names)
            error.is_noted_elsewhere |= not error.shared and is_elsewhere
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
        if close in self.properties.files:
            where += f"; {self.properties.files[close].origin} has '{close}'"
        return _Unfillable(offset, found, where, f"${{{close}}}" if close else f"${{{name}:default}}")

    def _locked(self, name: str, offset: int) -> _Unfillable:
        """Return the error of an encrypted value; without a test it was noted at the value itself."""
        found = f"'${{{name}}}', whose value is encrypted, and the test has no key"
        expected = f"set: {{{name}: …}} or environment: [{KEY}] in the test file"
        error = _Unfillable(offset, found, expected)
        error.is_noted_elsewhere = not self.properties.is_test
        return error


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
        self,
        offset: int,
        found: str,
        expected: str,
        write: str = "",
        shared: frozenset[str] = frozenset(),
        code: str = NO_VALUE,
    ) -> None:
        super().__init__(found)
        self.offset, self.found, self.expected, self.write, self.shared = offset, found, expected, write, shared
        self.code = code
        self.is_noted_elsewhere = False


def _cycle(offset: int, names: tuple[str, ...]) -> _Unfillable:
    found = f"the placeholder '${{{names[0]}}}' in a cycle: {' → '.join(names)}"
    return _Unfillable(offset, found, "a value that does not need itself", shared=frozenset(names))


def _absent(reference: Reference, error: NoValue, offset: int) -> _Unfillable:
    return _Unfillable(offset, f"'${{{reference.key}}}'{error.reason}", error.expected, error.write, code=error.code)


def _origin(reference: Reference) -> str:
    """Return where a value comes from, for people."""
    kind, name, _ = reference
    return {ENV: f"environment {name}", FILE: name}.get(kind, f"{kind} {name.partition('#')[0]}")


def _leads_outside(text: str) -> bool:
    """Return whether a placeholder in the text names a file or a provider."""
    start = text.find("${")
    while start >= 0:
        try:
            inside = text[start + 2 : _closing_brace(text, start)]
        except _Unfillable:
            return False
        reference = reference_in(inside.removeprefix(SECRET))
        if reference is not None and reference.kind != ENV:
            return True
        start = text.find("${", start + 2)
    return False


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
