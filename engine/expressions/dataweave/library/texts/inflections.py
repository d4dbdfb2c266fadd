"""Plurals and singulars of English nouns, by the rules of the Rails inflector, which DataWeave's follow."""

from __future__ import annotations

import re
from functools import lru_cache

UNCOUNTABLE = frozenset({"equipment", "information", "rice", "money", "species", "series", "fish", "sheep"})
IRREGULAR = {
    "person": "people", "man": "men", "child": "children", "sex": "sexes", "move": "moves", "stadium": "stadiums",
    "tooth": "teeth", "foot": "feet", "goose": "geese",
}  # fmt: skip
PLURALS = (
    (r"(quiz)$", r"\1zes"),
    (r"^(ox)$", r"\1en"),
    (r"([ml])ice$", r"\1ice"),
    (r"([ml])ouse$", r"\1ice"),
    (r"(matr|vert|ind)(?:ix|ex)$", r"\1ices"),
    (r"(x|ch|ss|sh)$", r"\1es"),
    (r"([^aeiouy]|qu)y$", r"\1ies"),
    (r"(hive)$", r"\1s"),
    (r"([^f])fe$", r"\1ves"),
    (r"([lr])f$", r"\1ves"),
    (r"sis$", "ses"),
    (r"([ti])a$", r"\1a"),
    (r"([ti])um$", r"\1a"),
    (r"(buffal|tomat)o$", r"\1oes"),
    (r"(bu)s$", r"\1ses"),
    (r"(alias|status)$", r"\1es"),
    (r"(octop|vir)i$", r"\1i"),
    (r"(octop|vir)us$", r"\1i"),
    (r"(ax|test)is$", r"\1es"),
    (r"s$", "s"),
    (r"$", "s"),
)
SINGULARS = (
    (r"(quiz)zes$", r"\1"),
    (r"(matr)ices$", r"\1ix"),
    (r"(vert|ind)ices$", r"\1ex"),
    (r"^(ox)en$", r"\1"),
    (r"(alias|status)(?:es)?$", r"\1"),
    (r"(octop|vir)(?:i|us)$", r"\1us"),
    (r"(cris|ax|test)[ie]s$", r"\1is"),
    (r"(shoe)s$", r"\1"),
    (r"(o)es$", r"\1"),
    (r"(bus)es$", r"\1"),
    (r"([ml])ice$", r"\1ouse"),
    (r"(x|ch|ss|sh)es$", r"\1"),
    (r"(m)ovies$", r"\1ovie"),
    (r"([^aeiouy]|qu)ies$", r"\1y"),
    (r"([lr])ves$", r"\1f"),
    (r"(tive)s$", r"\1"),
    (r"(hive)s$", r"\1"),
    (r"([nwl]i)ves$", r"\1fe"),
    (r"((?:a)naly|(?:b)a|(?:d)iagno|(?:p)arenthe|(?:p)rogno|(?:s)ynop|(?:t)he)ses$", r"\1sis"),
    (r"([ti])a$", r"\1um"),
    (r"(n)ews$", r"\1ews"),
    (r"(ss)$", r"\1"),
    (r"s$", ""),
)
END = 200
"""Characters of a noun; the rules look at its end."""


def plural(noun: str) -> str:
    """Return the plural of a noun; of a plural itself, in most cases."""
    return _changed(noun, IRREGULAR, PLURALS)


def singular(noun: str) -> str:
    """Return the singular of a noun."""
    return _changed(noun, {many: one for one, many in IRREGULAR.items()}, SINGULARS)


def _changed(noun: str, irregular: dict[str, str], rules: tuple[tuple[str, str], ...]) -> str:
    head, end = noun[:-END], noun[-END:]
    lower = end.lower()
    if not end or lower.strip() in UNCOUNTABLE or any(lower.endswith(word) for word in irregular.values()):
        return noun
    for one, other in irregular.items():
        if lower.endswith(one):
            at = len(end) - len(one)
            return head + end[: at + 1] + other[1:]
    for pattern, new in _compiled(rules):
        made, count = pattern.subn(new, end, 1)
        if count:
            return head + made
    return noun


@lru_cache(maxsize=2)
def _compiled(rules: tuple[tuple[str, str], ...]) -> list[tuple[re.Pattern[str], str]]:
    return [(re.compile(pattern, re.IGNORECASE), new) for pattern, new in rules]
