"""Values that look like secrets, though nobody declared them: by their name, or by their place in a url."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

from engine.values.telling_names import USUAL

NAMES = re.compile(USUAL, re.IGNORECASE)
"""Names, of headers, fields and properties, whose values are hidden."""

LAST_WORDS = re.compile(rf"(?:^|[-_.])(?:{NAMES.pattern})$", re.IGNORECASE)
HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

LINE = re.compile(r"""^[\s{,-]*["']?([\w.-]{1,200})["']?[ \t]*[:=](.*)$""", re.MULTILINE)
"""A name and its value in a line of YAML or of a .properties file, however broken the rest of it is."""
WORD = re.compile(r"""[^\s"'\[\]{},*&!|>@%`]{3,}""")

CREDENTIALS = re.compile(r"(?<=://)([^/?#@\s:]{0,200}):([^/?#\s]{1,500})@")
"""The user and the password in a url."""

OPTION = re.compile(r"([?&])([\w.-]{1,100})=([^&#\s\"']{1,500})")
"""A name and its value behind the ? of a url."""

SHORTEST = 6
"""Characters of a value that is hidden everywhere: a shorter one is part of other words."""
LENGTH_OF_A_WORD = 15
"""Characters of a value that may be a plain word, such as `postgres`; hiding it would spoil the log."""


def is_telling(name: str) -> bool:
    """Return whether the last words of a name, such as `db.password` or `dbPassword`, are those of a secret."""
    return LAST_WORDS.search(HUMP.sub("-", name)) is not None


def guesses(name: str, value: str) -> Iterator[str]:
    """Yield the parts of a property's value that are hidden everywhere, because they look like secrets."""
    if is_telling(name) and _looks_secret(value):
        yield value
    for password in _passwords(value):
        if _looks_secret(password):
            yield from {password, unquote(password)}


def told_in(text: str) -> Iterator[str]:
    """Yield the words behind telling names in a property file that nobody could read as a whole."""
    for name, value in LINE.findall(text):
        if is_telling(name):
            yield from (value.strip(), *WORD.findall(value))
        yield from _passwords(value)


def without_credentials(value: str, hidden: str) -> str:
    """Return a text without the passwords in its urls."""
    value = CREDENTIALS.sub(rf"\1:{hidden}@", value)
    return OPTION.sub(lambda found: f"{found[1]}{found[2]}={hidden}" if is_telling(found[2]) else found[0], value)


def _passwords(value: str) -> Iterator[str]:
    """Yield the passwords of the urls in a text: before the host, or as an option."""
    yield from (password for _, password in CREDENTIALS.findall(value))
    yield from (secret for _, name, secret in OPTION.findall(value) if is_telling(name))


def _looks_secret(value: str) -> bool:
    return len(value) > LENGTH_OF_A_WORD or (len(value) >= SHORTEST and not value.isalpha())
