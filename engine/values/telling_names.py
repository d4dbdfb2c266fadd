"""Names of fields that tell of a secret, and the values under them in data and in texts of many formats."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from urllib.parse import unquote_plus

from engine.values.secrets import HIDDEN

USUAL = (
    r"(?:proxy-)?authorization|(?:set-)?cookie|pass(?:word|wd|phrase)|(?:x-)?(?:api|auth)[-_]?(?:key|token)"
    r"|(?:client[-_]?)?secret|(?:(?:access|refresh|id|session|csrf|security)[-_]?)?token|(?:private|secret|access)[-_]?key"
    r"|credentials?"
)
"""Names, of headers and fields, whose values are always hidden."""
USUAL_STEMS = ("auth", "cookie", "pass", "token", "secret", "key", "credential")
"""Each usual name has one of these in it: a text without them needs no further search."""

ANYWHERE = "*."
"""May stand before a name, as other tools have it; a name counts at any depth."""
A_STAR = 50
"""The most characters that a star in a name stands for: without a bound, long words would take too long."""

PAIR = re.compile(r"((?:^|[?&;])\s*)([^=&?;\s]{1,100})=([^&;]+)")
"""A name and a value in a query, a form or a cookie; the name may be percent-encoded."""

STRING = re.compile(r""""[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)|'[^'\\]*(?:\\.[^'\\]*)*(?:'|\\?\Z)""", re.DOTALL)
"""A text in quotes; one that is cut off reaches to the end."""
SCALAR = re.compile(r"[^\s,}\]&<]+")
NULL = re.compile(r"(?:null|None)\b")
DECODER = json.JSONDecoder()


class TellingNames:
    """Hides the values under telling names: the usual ones, and those of an application.

    more: names in any case, in which `*` stands for any characters: `cardNumber`, `*_secret`.
    """

    def __init__(self, more: Iterable[str] = ()) -> None:
        own = [name.removeprefix(ANYWHERE) for name in more]
        self._names = "|".join([USUAL, *map(_pattern, own)])
        self._stems = (*USUAL_STEMS, *map(_stem, own))

    def tells(self, name: str) -> bool:
        """Return whether the value of a field of that name is hidden."""
        return self._name.fullmatch(name) is not None

    @cached_property
    def _name(self) -> re.Pattern[str]:
        return re.compile(self._names, re.IGNORECASE)

    def may_be_in(self, text: str) -> bool:
        """Return whether a text has to be searched; most log lines need not be."""
        if "%" in text and "=" in text:  # the name itself may be percent-encoded
            return True
        text = text.lower()
        for stem in self._stems:  # noqa: SIM110  # each log line comes by here: `any` takes twice as long
            if stem in text:
                return True
        return False

    def hide(self, text: str) -> str:
        """Return the text with the values under telling names hidden."""
        if not self.may_be_in(text) or not _has_values(text):
            return text
        text = self._without_members(text)
        for telling in self._telling:
            text = telling.sub(rf"\1{HIDDEN}", text)
        return PAIR.sub(self._pair, text)

    def values_in(self, text: str) -> Iterator[str]:
        """Yield the texts under telling names in a text."""
        if not self.may_be_in(text) or not _has_values(text):
            return
        members = [text[start:end] for start, end in self._members(text)]
        yield from (member[1:].removesuffix(member[0]) for member in members if member[:1] in ('"', "'"))
        for telling in self._telling:
            yield from (value for _, value in telling.findall(text))
        yield from (unquote_plus(value) for _, name, value in PAIR.findall(text) if self.tells(unquote_plus(name)))

    def _pair(self, match: re.Match[str]) -> str:
        return f"{match[1]}{match[2]}={HIDDEN}" if self.tells(unquote_plus(match[2])) else match[0]

    # Members of JSON, and of Python's maps: their values may be of any kind

    @cached_property
    def _member(self) -> re.Pattern[str]:
        return re.compile(rf"""(["'])(?:{self._names})\1\s*:\s*(?=\S)""", re.IGNORECASE)

    def _members(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield the span of each value: none lies in another."""
        found = self._member.search(text)
        while found:
            end = _end_of_value(text, found.end())
            yield found.end(), end
            found = self._member.search(text, end)

    def _without_members(self, text: str) -> str:
        pieces: list[str] = []
        at = 0
        for start, end in self._members(text):
            value = text[start:end]
            quote = value[0] if value[0] in "\"'" else '"'
            pieces += text[at:start], value if NULL.fullmatch(value) else f"{quote}{HIDDEN}{quote}"
            at = end
        return "".join([*pieces, text[at:]])

    # Other formats: the text before the value, and the value

    @cached_property
    def _telling(self) -> tuple[re.Pattern[str], ...]:
        """Patterns of such a name, with the text before the value in some format, and of the value."""
        name = f"(?:{self._names})"
        patterns = (
            rf'(\\+"{name}\\+"\s*:\s*\\+")([^"\\]+)',  # a member of JSON in a text of JSON
            rf'(\\+"{name}\\+"\s*:\s*)(?!null\b)([\w.+-]+)',  # one without quotes
            rf"(<(?:[\w.-]+:)?{name}(?:\s[^<>]*)?>)([^<]+)",  # an element of XML
            rf"(\b{name}\s*=\s*[\"'])([^\"']+)",  # an attribute of one
            rf"(\b{name}=)([^\s\"'&;,:?$#@*=][^\s\"'&;]*)",  # a word of a sentence
            rf'(\bname="?{name}"?[^\r\n]*\r\n(?:[^\r\n]+\r\n){{0,5}}\r\n)((?:(?!\r\n--)[\s\S])+)',  # a field of a form
            rf"(^[ \t]*(?:- )?{name}[ \t]*:[ \t]+)(\S.*)",  # a line of YAML, a header
        )
        return tuple(re.compile(pattern, re.IGNORECASE | re.MULTILINE) for pattern in patterns)


def is_name(name: str) -> bool:
    """Return whether a name of an application can be hidden: it has a letter or digit, and is no path."""
    name = name.removeprefix(ANYWHERE)
    return any(map(str.isalnum, name)) and "." not in name


def _pattern(name: str) -> str:
    return rf"[\w$@-]{{0,{A_STAR}}}".join(map(re.escape, name.split("*")))


def _stem(name: str) -> str:
    return max(name.lower().split("*"), key=len)


def _has_values(text: str) -> bool:
    """Return whether a text holds a sign without which no name is followed by a value."""
    return "=" in text or ":" in text or "<" in text


def _end_of_value(text: str, start: int) -> int:
    """Return the end of the value that begins there; the end of the text, if it is cut off."""
    if text[start] in "{[":
        try:
            return DECODER.raw_decode(text, start)[1]
        except (ValueError, RecursionError):
            return len(text)
    found = (STRING if text[start] in "\"'" else SCALAR).match(text, start)
    return found.end() if found else start + 1
