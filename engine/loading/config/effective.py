"""The effective configuration: each property with its value, and where it comes from. Secrets are not shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from engine.loading.placeholders import Filler
from engine.loading.properties import ENV_PROPERTY
from engine.values.secrets import HIDDEN as HIDDEN_IN_DATA
from engine.values.secrets import Secrets
from engine.values.telling import is_telling, without_credentials

HIDDEN = "•••"
SHORTEST_SECRET = 3
"""A shorter text is not a secret, and is part of too many words."""


class Effective(NamedTuple):
    """A property as flows see it.

    value: its text, secrets hidden; origin: where it comes from, such as `config/prod.yaml:3`; is_used: whether a
    placeholder or a `p('name')` asks for it; that a computed name does so is not known; is_seen_by_tests: whether a
    test of the flows has it without being told.
    """

    name: str
    value: str
    origin: str
    is_secret: bool
    is_used: bool
    is_seen_by_tests: bool = True


def hide_in_messages(filler: Filler, suspects: Iterable[str] = ()) -> Secrets:
    """Return what hides all secrets that are known now, and those that may be some, in texts for people."""
    known = {*filler.properties.secrets, *filler.properties.guessed, *suspects}
    return Secrets((each for each in known if len(each) >= SHORTEST_SECRET), hidden=HIDDEN)


def effective_properties(filler: Filler) -> list[Effective]:
    """Return all properties that some source has, or whose default is used, by their names."""
    rows = [*_of_sources(filler), *_of_defaults(filler), *_from_outside(filler)]
    secrets = hide_in_messages(filler)
    return [_shown(filler, row, secrets) for row in sorted(rows)]


def as_data(environment: str, properties: list[Effective]) -> dict[str, Any]:
    """Return the effective configuration as plain data, for `engine config --format json` and GET /-/config."""
    rows = [
        {"name": each.name, "value": each.value, "from": each.origin, "secret": each.is_secret, "used": each.is_used}
        for each in properties
    ]
    return {"environment": environment or None, "properties": rows}


def unseen_by_tests(properties: list[Effective]) -> dict[str, str]:
    """Return what a test needs to be told, so that the flows load without the environment, keys and providers.

    Secrets are hidden as everywhere in a recording.
    """
    unseen = (each for each in properties if each.is_used and not each.is_seen_by_tests)
    return {each.name: each.value.replace(HIDDEN, HIDDEN_IN_DATA) for each in unseen}


def _of_sources(filler: Filler) -> Iterator[Effective]:
    properties = filler.properties
    for name in dict.fromkeys([*properties.names(), *filler.asked]):
        found = properties.find(name)
        if found is None or name in filler.outside or (name == ENV_PROPERTY and name not in filler.asked):
            continue
        try:
            value = HIDDEN if found.is_locked else filler.text_of(name) or ""
        except ValueError:
            value = found.text
        is_secret = found.is_locked or value in properties.secrets
        is_seen = not found.is_literal and not properties.is_of_environment(name)
        yield Effective(name, value, found.origin, is_secret, name in filler.asked, is_seen)


def _of_defaults(filler: Filler) -> Iterator[Effective]:
    for (name, value), place in filler.defaults.items():
        origin = f"default in {place.file}:{place.line}:{place.column}" if place else "default"
        yield Effective(name, value, origin, value in filler.properties.secrets, is_used=True)


def _from_outside(filler: Filler) -> Iterator[Effective]:
    for name, found in filler.outside.items():
        is_secret = found.text in filler.properties.secrets
        yield Effective(name, found.text, found.origin, is_secret, is_used=True, is_seen_by_tests=False)


def _shown(filler: Filler, row: Effective, secrets: Secrets) -> Effective:
    if row.value and (row.is_secret or is_telling(row.name)):
        return row._replace(value=HIDDEN, is_secret=True)
    return row._replace(value=without_credentials(secrets.hide(row.value), HIDDEN))
