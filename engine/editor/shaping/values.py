"""Values that are written in a file: as data, and as shapes."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from functools import lru_cache
from typing import Any

from engine.editor.scopes import dataweave, jmespath
from engine.editor.scopes.shape import UNKNOWN, Shape, of_example
from engine.editor.shaping.seen import TEXT, Seen
from engine.editor.sketching.nodes import Listing, Mapping, Node, Scalar
from engine.editor.sketching.quotes import decoded
from engine.editor.sketching.sketch import sketch
from engine.expressions.functions.function import Function
from engine.loading.files.data import NotFinite, resolve

SCRIPT = "dataweave"
MOST_SKETCHES = 1024


@lru_cache(maxsize=MOST_SKETCHES)
def sketched(source: str) -> Node | None:
    """Return the sketch of a whole file; the same for the same text."""
    return sketch(source)


def text_of(node: Node | None, source: str) -> str:
    """Return a text; empty if it is none."""
    return decoded(source, node).text.strip() if isinstance(node, Scalar) else ""


def data_of(node: Node | None, source: str) -> Any:
    """Return a value as data."""
    if isinstance(node, Mapping):
        return {entry.name: data_of(entry.value, source) for entry in node.entries if entry.has_colon}
    if isinstance(node, Listing):
        return [data_of(item, source) for item in node.items]
    if node is None:
        return None
    text = decoded(source, node).text
    if node.style:
        return text
    try:
        return resolve(text.strip())
    except NotFinite:
        return text


class Values:
    """The shapes of values in a file of this language. functions: those of its expressions."""

    def __init__(self, source: str, language: str, functions: MappingOf[str, Function]) -> None:
        self.source = source
        self.language = language
        self.functions = functions

    def shape(self, node: Node | None, seen: Seen, *, is_whole: bool = False) -> Shape:
        """Return the shape of a value. is_whole: whether a text is an expression without `#[ ]` around it, too."""
        if isinstance(node, Mapping):
            if [entry.name for entry in node.entries] == [SCRIPT]:
                return dataweave.value_of(text_of(node.entries[0].value, self.source), seen.roots())
            entries = {entry.name: self.shape(entry.value, seen, is_whole=is_whole) for entry in node.entries}
            return Shape.of_entries(entries)
        if isinstance(node, Listing):
            items = UNKNOWN
            for item in node.items:
                items = items | self.shape(item, seen, is_whole=is_whole)
            return Shape.of_items(items)
        return self._of_text(node, seen, is_whole=is_whole) if node else UNKNOWN

    def _of_text(self, node: Scalar, seen: Seen, *, is_whole: bool) -> Shape:
        text = text_of(node, self.source)
        if text.startswith("#[") and text.endswith("]") and "#[" not in text[2:]:
            return self.expression(text[2:-1], seen)
        if is_whole:
            return self.expression(text, seen)
        return TEXT if "#[" in text or "${" in text else Shape.of(of_example(data_of(node, self.source)))

    def expression(self, text: str, seen: Seen) -> Shape:
        """Return the shape of the value of an expression."""
        if self.language == SCRIPT:
            return dataweave.value_of(text, seen.roots())
        return jmespath.value_of(text, seen.roots(), seen.lets, self.functions)
