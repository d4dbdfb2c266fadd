"""The encrypted values of property files, decrypted when the flows are loaded."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from engine.loading.config.encryption import (
    KEY,
    KEY_FILE,
    KeyMistake,
    Undecryptable,
    decrypt,
    is_encrypted,
    key_in,
)
from engine.loading.properties import Entry, Properties, as_text
from engine.parameters.mistake import Mistake

STAND_IN = "1"
"""Stands for each value when files are checked without the key: most parameters may have it."""


def reveal(properties: Properties, warn: Callable[[Mistake], None] | None = None) -> Iterator[Mistake]:
    """Decrypt the values of the properties that come from files; yield the mistakes. Their texts are secrets.

    In a test that sees no key they stay as they are: only one that is used must be given. warn: takes
    the mistake that there is no key if nothing will run, so that a stand-in does for each value.
    """
    locked = [(name, entry) for name, entry in properties.entries() if is_encrypted(as_text(entry.value))]
    if not locked:
        return
    try:
        key = key_in(properties.environment)
    except KeyMistake as error:
        yield _mistake(*locked[0], error.found, error.expected)
        return
    if key is not None:
        properties.learn(KEY, key, is_secret=True)
        yield from _decrypted(properties, locked, key)
    elif not properties.is_test:
        others = f" (and {len(locked) - 1} more)" if len(locked) > 1 else ""
        found = f"the encrypted value of '{locked[0][0]}'{others}, and no key"
        mistake = _mistake(*locked[0], found, f"the key in {KEY}, or in a file that {KEY_FILE} names")
        if warn is None:
            yield mistake
        else:
            warn(mistake)
            properties.revealed |= {name: STAND_IN for name, _ in locked}


def _decrypted(properties: Properties, locked: list[tuple[str, Entry]], key: str) -> Iterator[Mistake]:
    for name, entry in locked:
        try:
            text = decrypt(as_text(entry.value), key)
        except KeyMistake as error:
            yield _mistake(name, entry, f"{error.found}, for '{name}'", error.expected)
        except Undecryptable as error:
            yield _mistake(name, entry, f"the value of '{name}', {error}", "a value of `engine secrets encrypt`, whole")
        else:
            properties.revealed[name] = text
            properties.learn(name, text, is_secret=True)


def _mistake(name: str, entry: Entry, found: str, expected: str) -> Mistake:
    return Mistake("F203", found, expected, place=entry.value_place)
