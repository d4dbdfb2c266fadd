"""Properties: the values of placeholders, and where each comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from engine.loading.config.encryption import is_encrypted
from engine.loading.files.data import Map
from engine.loading.files.place import Place
from engine.values.telling import guesses

ENV_PROPERTY = "engine.env"
"""The property that has the name of the environment."""
SET = "--set"
PROJECT_FILE = "pyproject.toml"


class Property(NamedTuple):
    """The text of a property.

    is_literal: whether it is used letter by letter, and holds no placeholders; origin: where it comes from, for people;
    is_locked: whether the text is encrypted, and nobody can decrypt it.
    """

    text: str
    is_literal: bool
    origin: str
    is_locked: bool = False


class Entry(NamedTuple):
    """The value of a property in a file, and the places of its name and of the value."""

    value: Any
    place: Place
    value_place: Place

    @property
    def origin(self) -> str:
        return f"{self.place.file}:{self.place.line}"


class Properties:
    """Where the values of placeholders come from; the first source that has a name wins.

    In order: `--set`, environment (`db.url` also as DB_URL), property files, `properties`. Values from outside the
    application, by the first two, are literal: a password may hold any characters.

    project: those among the given ones that the project file has; files: filled when the flow files have named them;
    revealed: the texts of encrypted values.
    """

    def __init__(
        self,
        given: Mapping[str, str],
        environment: Mapping[str, str],
        defaults: Mapping[str, Entry],
        *,
        project: Mapping[str, str] = {},
        is_test: bool = False,
    ) -> None:
        self.is_test = is_test
        self.files: Mapping[str, Entry] = {}
        self.revealed: dict[str, str] = {}
        self.secrets: set[str] = set()
        """The values that are declared to be secret: by `secret:`, by encryption, by where they come from."""
        self.guessed: set[str] = set()
        """The values that only look like secrets."""
        self.given = given
        self.environment = environment
        self._defaults = defaults
        self._project = project

    def find(self, name: str) -> Property | None:
        """Return a property, or None if no source has it."""
        if (given := self.find_given(name)) is not None:
            return given
        for variable in (name, variable_of(name)):
            if variable in self.environment:
                return self._literal(name, self.environment[variable], f"environment {variable}")
        entry = self.entry(name)
        return None if entry is None else self._written(name, entry)

    def find_given(self, name: str) -> Property | None:
        """Return a property that was given for this start, on the line or in the project file."""
        if name not in self.given:
            return None
        if name == ENV_PROPERTY:
            return Property(self.given[name], is_literal=True, origin="--env")
        is_usual = self._project.get(name) == self.given[name]
        return self._literal(name, self.given[name], PROJECT_FILE if is_usual else SET)

    def entry(self, name: str) -> Entry | None:
        """Return a property as the files have it: a property file, or `properties`."""
        return self.files.get(name, self._defaults.get(name))

    def is_from_files(self, name: str) -> bool:
        """Return whether no source from outside of the application has it."""
        is_outside = any(each in self.environment for each in (name, variable_of(name)))
        return name not in self.given and not is_outside and self.entry(name) is not None

    def is_of_environment(self, name: str) -> bool:
        """Return whether the entry of a property is in the file of the environment, such as config/prod.yaml."""
        entry = self.entry(name)
        return entry is not None and Path(entry.place.file).stem == self.given.get(ENV_PROPERTY)

    def _literal(self, name: str, value: str, origin: str) -> Property:
        text = as_text(value)
        self.learn(name, text)
        return Property(text, is_literal=True, origin=origin)

    def _written(self, name: str, entry: Entry) -> Property:
        text = as_text(entry.value)
        if is_encrypted(text):
            known = self.revealed.get(name)
            return Property(known or "", is_literal=True, origin=entry.origin, is_locked=known is None)
        if "${" not in text:
            self.learn(name, text)
        return Property(text, is_literal=False, origin=entry.origin)

    def learn(self, name: str, text: str, *, is_secret: bool = False) -> None:
        """Note the secrets in the value of a property: all of it, or what looks like one."""
        if is_secret and text:
            self.secrets.add(text)
        self.guessed.update(guesses(name, text))

    def all_secrets(self) -> frozenset[str]:
        """Return what no message shows; in a test, where values are given in the test file, the declared ones."""
        return frozenset(self.secrets if self.is_test else self.secrets | self.guessed)

    def is_default(self, name: str) -> bool:
        """Return whether the value comes from `properties`, in which case its own placeholders are checked there."""
        return name not in self.files and self.is_from_files(name)

    def entries(self) -> Iterator[tuple[str, Entry]]:
        """Yield the properties that come from files, with their effective entries."""
        for name in {**self._defaults, **self.files}:
            entry = self.entry(name)
            if entry is not None and self.is_from_files(name):
                yield name, entry

    def values(self) -> Any:
        """Return all that a text with placeholders may become different by."""
        files = {name: (as_text(entry.value), entry.origin) for name, entry in self.files.items()}
        defaults = {name: as_text(entry.value) for name, entry in self._defaults.items()}
        return dict(self.given), dict(self.environment), files, defaults, dict(self.revealed)

    def names(self) -> list[str]:
        return list(dict.fromkeys([*self.given, *self.files, *self._defaults]))


def as_text(value: Any) -> str:
    """Return a YAML scalar as a text that is read as the same scalar again."""
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def variable_of(name: str) -> str:
    """Return the environment variable in which a property is looked up."""
    return "".join(character if character.isalnum() else "_" for character in name).upper()


def flatten(tree: Any, prefix: str = "") -> dict[str, Any]:
    """Return the entries of a property file by their dotted names: `{db: {url: x}}` is `db.url`."""
    if not isinstance(tree, Mapping):
        return {}
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        flat |= flatten(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {f"{prefix}{key}": value}
    return flat


def entries_of(tree: Map, prefix: str = "") -> Iterator[tuple[str, Entry]]:
    """Yield the entries of a file by their dotted names, with their places."""
    for key, value in tree.items():
        if isinstance(value, Map):
            yield from entries_of(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", Entry(value, *tree.places[key])
