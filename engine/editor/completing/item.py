"""What is offered to complete a word with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "section", "element", "parameter", "value", "name", "type", "field", "variable", "function", "file", "property"
]
PLACE = re.compile(r"\$(?:[0-9]+|\{[0-9]+(?::((?:\\.|[^}\\])*)|\|([^,|}]*)[^}]*)?\})")
ESCAPED = str.maketrans({"\\": r"\\", "$": r"\$", "}": r"\}"})


@dataclass(frozen=True)
class Completion:
    """One offer. text: what is written, the label if left out; is_snippet: whether it has places to fill in, `${1:…}`.

    start, end: the characters that it replaces. rank: smaller ones come first. topic: what `documentation_of` explains.
    """

    label: str
    kind: Kind
    detail: str = ""
    text: str = ""
    is_snippet: bool = False
    start: int = 0
    end: int = 0
    rank: int = 5
    topic: tuple[str, ...] = ()
    goes_on: bool = False
    """Whether the editor asks again at once: something is to be chosen behind it."""

    @property
    def inserted(self) -> str:
        return self.text or self.label


def escaped(text: str) -> str:
    """Return a text as it stands in a snippet."""
    return text.translate(ESCAPED)


def without_places(snippet: str) -> str:
    """Return a snippet as text, for editors that know no snippets."""
    plain = PLACE.sub(lambda found: found[1] or found[2] or "", snippet)
    return re.sub(r"\\([\\$}])", r"\1", plain)
