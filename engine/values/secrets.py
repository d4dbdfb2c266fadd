"""Hides secret texts in logs, messages and recordings, in every spelling they can take."""

from __future__ import annotations

import re
from array import array
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from html.entities import html5
from sys import maxunicode
from typing import Any
from urllib.parse import quote, quote_plus

HIDDEN = "***"

ESCAPES = re.compile(
    r"%(?P<percent>[0-9A-Fa-f]{2}(?:%[0-9A-Fa-f]{2})*)"
    r"|\\(?P<signs>[^Uux](?:\\[^Uux])*)"
    r"|\\u(?P<high>[dD][89abAB][0-9A-Fa-f]{2})\\u(?P<low>[dD][c-fC-F][0-9A-Fa-f]{2})"
    r"|\\u(?P<u>[0-9A-Fa-f]{4})"
    r"|\\u\{(?P<braces>[0-9A-Fa-f]{1,6})\}"
    r"|\\U(?P<U>[0-9A-Fa-f]{8})"
    r"|\\x(?P<x>[0-9A-Fa-f]{2})"
    r"|&(?P<entity>#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});"
    r"|'(?P<quote>'(?:'')*)"
    r'|"(?P<quotes>"(?:"")*)'
)
"""Escapes of urls and forms; of JSON, YAML, Python and shells; of XML and HTML; of quotes in YAML, CSV and SQL.

Each alternative begins with its sign, so that other text is passed over quickly.
"""
SIGNS = str.maketrans("nrtbfave0", "\n\r\t\b\f\a\v\x1b\0")
MOST_LEVELS = 3
"""How many times a text may have been escaped: JSON in a form in a url."""

LONGEST_SPELLING = 36
"""The most characters for each character of a secret: three UTF-8 octets, percent-encoded again and again."""

SHORTEST_CORE = 4
"""The fewest characters of base64 without its ends: anything shorter is also part of other words."""
SHORTEST_LINE = 16
"""The fewest characters of a line of a secret (such as a private key) that is hidden on its own, too."""
OF_BASE64 = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-_")
"""Characters that may surround a secret in base64; a slash would often belong to a path."""
TO_URL_SAFE = str.maketrans("+/", "-_")

Octets = str
"""UTF-8 as a text of characters from 0 to 255: searching it is faster than searching bytes."""
Starts = array
"""Of int: the position of each octet in the text it was made from."""


class Secrets:
    """Hides secrets in texts: as they are, escaped for any container (also twice), in base64, in hexadecimal.

    hidden: the text that replaces them.
    """

    def __init__(self, secrets: Iterable[str] = (), hidden: str = HIDDEN) -> None:
        self._hidden = _octets(hidden)
        self._known: set[str] = set()
        self._plain: set[Octets] = set()
        self._cores: set[Octets] = set()
        self._parts: tuple[Octets, ...] = ()
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str) -> None:
        """Hide this text as well."""
        if not secret or secret in self._known:
            return
        self._known.add(secret)
        for text in _variants(secret):
            self._plain.update(spelling for spelling, _ in _levels(_octets(text)) if spelling)
        for spelling in {secret, quote(_utf8(secret), safe=""), quote_plus(_utf8(secret))}:  # RFC 6749, 2.3.1
            self._cores.update(_cores(_utf8(spelling)))
        self._parts = (*self._plain, *self._cores)

    @property
    def are_known(self) -> bool:
        """Whether there is anything to hide."""
        return bool(self._parts)

    def hide(self, text: str) -> str:
        """Return the text without the secrets."""
        if not self.may_be_in(text):
            return text
        octets = _octets(text)
        spans = sorted(self._spans(octets))
        return _text("".join(self._pieces(octets, spans))) if spans else text

    def hide_in(self, value: Any) -> Any:
        """Return data without the secrets in its texts; the names in maps stay."""
        if isinstance(value, str):
            return self.hide(value)
        if isinstance(value, Mapping):
            return {name: self.hide_in(inner) for name, inner in value.items()}
        return [self.hide_in(inner) for inner in value] if isinstance(value, (list, tuple)) else value

    def may_be_in(self, text: str) -> bool:
        """Return whether a text has to be searched; most log lines need not be."""
        octets = _octets(text)
        for part in self._parts:
            if part in octets:
                return True
        return bool(self._parts) and ESCAPES.search(octets) is not None

    def _spans(self, octets: Octets) -> Iterator[tuple[int, int]]:
        """Yield the spans of the secrets: the first octet, and the one after the last."""
        for level, starts in _levels(octets):
            for start, end in self._found(level):
                yield (start, end) if starts is None else (starts[start], starts[end])

    def _found(self, level: Octets) -> Iterator[tuple[int, int]]:
        for spelling in self._plain:
            if spelling in level:
                yield from _places(level, spelling)
        for core in self._cores:
            if core in level:
                yield from _runs(level, core)

    def _pieces(self, octets: Octets, spans: list[tuple[int, int]]) -> Iterator[Octets]:
        at = 0
        for start, end in spans:
            if start >= at:
                yield octets[at:start]
                yield self._hidden
            at = max(at, end)
        yield octets[at:]


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _octets(text: str) -> Octets:
    return text if text.isascii() else _utf8(text).decode("latin-1")


def _text(octets: Octets) -> str:
    return octets if octets.isascii() else octets.encode("latin-1").decode("utf-8", "surrogatepass")


def _variants(secret: str) -> Iterator[str]:
    """Yield a secret as it appears in texts: without the outer space that headers lose, with `+` for spaces as in
    forms, with its UTF-8 read as Latin-1, in hexadecimal, and each long line of it alone."""
    yield from (secret, secret.strip(), secret.replace(" ", "+"), _utf8(secret).decode("latin-1"))
    if len(secret) >= SHORTEST_CORE:
        yield from (_utf8(secret).hex(), _utf8(secret).hex().upper())
    yield from (line for line in secret.splitlines() if len(line) >= SHORTEST_LINE)


def _cores(data: bytes) -> Iterator[Octets]:
    """Yield the base64 of a secret at each of the three alignments, without the parts that depend on adjacent text."""
    for shift in range(3):
        core = b64encode(bytes(shift) + data).decode()[-(-8 * shift // 6) : 8 * (shift + len(data)) // 6]
        if len(core) >= SHORTEST_CORE:
            yield from (core, core.translate(TO_URL_SAFE))


def _places(octets: Octets, part: Octets) -> Iterator[tuple[int, int]]:
    start = octets.find(part)
    while start >= 0:
        yield start, start + len(part)
        start = octets.find(part, start + len(part))


def _runs(octets: Octets, core: Octets) -> Iterator[tuple[int, int]]:
    """Yield the whole base64 around each match: the characters at its ends reveal some of the secret, too."""
    start = octets.find(core)
    while start >= 0:
        end = start + len(core)
        while start and octets[start - 1] in OF_BASE64:
            start -= 1
        while end < len(octets) and (octets[end] in OF_BASE64 or octets[end] == "="):
            end += 1
        yield start, end
        start = octets.find(core, end)


# Escapes


def _levels(octets: Octets) -> Iterator[tuple[Octets, Starts[int] | None]]:
    """Yield the text as it is, and with its escapes decoded again and again.

    Each comes with the positions of its octets, and of its end, in the original text; None for the original.
    """
    starts: Starts[int] | None = None
    yield octets, starts
    for _ in range(MOST_LEVELS):
        if ESCAPES.search(octets) is None:
            return
        octets, starts = _unescaped(octets, Starts("Q", range(len(octets) + 1)) if starts is None else starts)
        yield octets, starts


def _unescaped(octets: Octets, starts: Starts[int]) -> tuple[Octets, Starts[int]]:
    pieces: list[Octets] = []
    places, at = Starts("Q"), 0
    for match in ESCAPES.finditer(octets):
        start, end = match.span()
        kind = match.lastgroup or ""
        value = VALUES[kind](match)
        pieces += octets[at:start], value
        places += starts[at:start]
        step = STEPS.get(kind)
        places += starts[start:end:step] if step else Starts("Q", [starts[start]]) * len(value)
        at = end
    return "".join((*pieces, octets[at:])), places + starts[at:]


STEPS = {"percent": 3, "signs": 2, "quote": 2, "quotes": 2}
"""The octets that each escape in a row takes."""


def _code(match: re.Match[str]) -> Octets:
    return _character(int(match[match.lastgroup or 0], 16), match[0])


def _character(number: int, escape: str) -> Octets:
    return _octets(chr(number)) if number <= maxunicode else escape


def _entity(match: re.Match[str]) -> Octets:
    """Return the character of a reference; a number is taken as it is, though HTML reads some as others."""
    name = match["entity"]
    if name[0] != "#":
        return _octets(html5.get(f"{name};", match[0]))
    return _character(int(name[2:], 16) if name[1] in "xX" else int(name[1:]), match[0])


VALUES: dict[str, Callable[[re.Match[str]], Octets]] = {
    "percent": lambda match: bytes.fromhex(match[0].replace("%", "")).decode("latin-1"),
    "signs": lambda match: match[0][1::2].translate(SIGNS),
    "low": lambda match: _octets(bytes.fromhex(match["high"] + match["low"]).decode("utf-16-be")),
    **dict.fromkeys(("u", "braces", "U", "x"), _code),
    "entity": _entity,
    **dict.fromkeys(("quote", "quotes"), lambda match: match[0][::2]),
}
"""The decoders of escapes, by kind."""
