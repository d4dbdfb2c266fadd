"""One text of a flow file: its scripts translated and tried, or kept as a file in JMESPath has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from engine.expressions.dataweave.translation import parse, split, tree
from engine.expressions.errors import ExpressionSyntaxError
from engine.expressions.marks import MarkedPart
from engine.mule.jmespath.inputs import events
from engine.mule.jmespath.known import Known
from engine.mule.jmespath.places import Place
from engine.mule.jmespath.shapes import ANYTHING, BOOLEAN, NULL, STRING, TEXT, WHOLE, Shape
from engine.mule.jmespath.translating import Kept, Translated, shape_of, translated
from engine.mule.jmespath.trying import differs
from engine.parameters.expression import Condition, Template

SCRIPT, RESOURCE, SCRIPT_FILE = "dataweave", "resource", ".dwl"
MARK, PLACEHOLDER = "#[", "${"
HEADERS = ("%dw", "output ", "import ", "var ", "fun ", "ns ", "type ", "input ")
WRITTEN = """\
fun written(x) = if (x == null) "null"
  else if (x is Object or x is Array) write(x, "application/json", {indent: false})
  else x as String
---
"""
"""What a text shows of the value of a script in it, as a function of DataWeave."""
DIFFERS = "another result for some of the events that it was tried with"


class Stays(Exception):
    """Something that only a file in DataWeave can say. As text: why."""


@dataclass
class Counts:
    """What became of the scripts of a file. kept: why scripts stay what they are, and the lines of those.

    file: that of the XML.
    """

    file: str = ""
    translated: int = 0
    kept: dict[str, list[int]] = field(default_factory=dict)

    def keep(self, why: str, line: int) -> None:
        self.kept.setdefault(why, []).append(line)


@lru_cache(maxsize=8192)
def script_in(text: str) -> tree.Script | None:
    """Return the tree of a script; None if it is none, or becomes one only when placeholders are filled in."""
    try:
        return None if PLACEHOLDER in text else parse(text)
    except ExpressionSyntaxError:
        return None


class Scripts:
    """The scripts of one file, each translated once for what is known at its place."""

    def __init__(self) -> None:
        self.counts = Counts()
        self._tried: dict[tuple[Any, ...], str] = {}

    # Whole texts

    def text(self, text: str, place: Place, known: Known, line: int) -> Any:
        """Return a text with `#[…]`, or an expression without, as a file in JMESPath has it. Raise Stays."""
        parts = parts_of(text, place)
        if parts is None:
            return text
        telling = [each for each in parts if each.is_expression or each.text.strip()]
        if len(telling) == 1 and telling[0].is_expression:
            return self.whole(telling[0].text, place, known, line)
        return self._mixed(text, parts, place, known, line)

    def whole(self, script: str, place: Place, known: Known, line: int) -> Any:
        """Return one script: in JMESPath, or as it is."""
        try:
            found = self._translated(script, place, known)
            self._try({SCRIPT: script}, marked(found.text), place, script, known)
        except Kept as kept:
            self.counts.keep(str(kept), line)
            return {SCRIPT: script.strip() + "\n" if "\n" in script.strip() else script.strip()}
        self.counts.translated += 1
        return marked(found.text)

    def _mixed(self, text: str, parts: Sequence[MarkedPart], place: Place, known: Known, line: int) -> Any:
        try:
            made = "".join(self._piece(each, place, known) for each in parts)
            if not place.is_address:
                self._try(text, made, place, text, known)
        except Kept as kept:
            self.counts.keep(str(kept), line)
            return self._as_script(text, parts, place)
        self.counts.translated += sum(each.is_expression for each in parts)
        return made

    def _piece(self, part: MarkedPart, place: Place, known: Known) -> str:
        """Return a part of a text; a value in it must be one that both languages show alike."""
        if not part.is_expression:
            return part.text.replace(MARK, f"\\{MARK}")
        found = self._translated(part.text, place, known)
        if place.is_address:
            self._try({SCRIPT: part.text}, marked(found.text), place, part.text, known)
        elif not found.shape.only(STRING, WHOLE, BOOLEAN):
            raise Kept("a text with #[…] of a value that may not be a text")
        return marked(found.text)

    def _as_script(self, text: str, parts: Sequence[MarkedPart], place: Place) -> Any:
        """Return a text with scripts in it as one script."""
        scripts = [each.text for each in parts if each.is_expression]
        if place.is_address or PLACEHOLDER in text or any(each.strip().startswith(HEADERS) for each in scripts):
            raise Stays("a text that mixes scripts and more, which only a file in DataWeave can hold")
        pieces = (f"written({each.text.strip()})" if each.is_expression else quoted(each.text) for each in parts)
        return {SCRIPT: WRITTEN + " ++ ".join(pieces) + "\n"}

    # One script

    def _translated(self, text: str, place: Place, known: Known) -> Translated:
        script = script_in(text)
        if script is None:
            raise Kept("a placeholder in a script" if PLACEHOLDER in text else "a script that cannot be read")
        found = translated(script, known)
        if found.media_type and not place.takes_media_type:
            raise Kept(f"output {found.media_type}, which says what goes out")
        if place.kind is Condition and not found.shape.only(BOOLEAN, NULL):
            raise Kept("a condition that may be no boolean")
        return found

    def _try(self, original: Any, translation: str, place: Place, text: str, known: Known) -> None:
        """Evaluate both. Raise Kept if they differ."""
        key = (text, translation, place.kind, str(known))
        if key not in self._tried:
            self._tried[key] = _difference(original, translation, place, text, known)
        if self._tried[key]:
            raise Kept(self._tried[key])


def _difference(original: Any, translation: str, place: Place, text: str, known: Known) -> str:
    scripts = [each.text for each in split(text) if each.is_expression] or [text]
    tried = events([script for each in scripts if (script := script_in(each))], known)
    try:
        return "" if differs(original, translation, tried, place.kind) is None else DIFFERS
    except ValueError:
        return "an expression that cannot be written in JMESPath"


def parts_of(text: str, place: Place) -> Sequence[MarkedPart] | None:
    """Return the parts of a text; None if no script is in it."""
    if MARK not in text:
        return None if place.kind is Template else [MarkedPart(text, 0, is_expression=True)]
    try:
        return split(text)
    except ExpressionSyntaxError:
        return None


def marked(expression: str) -> str:
    return f"#[{expression}]"


def quoted(text: str) -> str:
    """Return a text as DataWeave writes it."""
    for character, escaped in (("\\", "\\\\"), ('"', '\\"'), ("$", "\\$"), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
        text = text.replace(character, escaped)
    return f'"{text}"'


def is_script(value: Any) -> bool:
    """Return whether a map is a script, written out or in a file."""
    [(key, written), *others] = value.items() if value else [("", None)]
    if others or not isinstance(written, str):
        return False
    return key == SCRIPT or (key == RESOURCE and written.endswith(SCRIPT_FILE))


def shape_of_text(text: str, place: Place, known: Known) -> Shape:
    """Return the shape of the value of a text."""
    if PLACEHOLDER in text:
        return ANYTHING
    parts = parts_of(text, place)
    if parts is None:
        return TEXT
    telling = [each for each in parts if each.is_expression or each.text.strip()]
    return shape_of_script(telling[0].text, known) if len(telling) == 1 and telling[0].is_expression else TEXT


def shape_of_script(text: str, known: Known) -> Shape:
    script = script_in(text)
    return shape_of(script, known) if script is not None else ANYTHING
