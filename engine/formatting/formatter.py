"""One style for flow files and test files.

The tokens of libyaml stay as they are, in their order; only what stands between them is written anew, and the quotes of
texts. So comments cannot get lost or move to another value, as they do where a tree of data is written out again.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

import yaml

from engine.formatting.layout import Layout, comments
from engine.loading.files.data import NotFinite, resolve
from engine.loading.files.document import Document
from engine.loading.sections import document_of
from engine.parameters.mistake import Mistake


class NotFormatted(ValueError):
    """A text that cannot be formatted; its document has the mistakes, if it cannot be read."""

    def __init__(self, document: Document, why: str = "") -> None:
        super().__init__(why or "; ".join(mistake.found for mistake in document.mistakes))
        self.document = document

    @property
    def mistakes(self) -> list[Mistake]:
        return self.document.mistakes if self.document.is_unreadable else []


def formatted(text: str, file: str = "-") -> str:
    """Return the text of a flow file or a test file in our style: with the same values, anchors and comments.

    file: its name in mistakes. Raise NotFormatted if it cannot be read, or would not stay the same.
    """
    return styled(document_of(Path(file), text))


def styled(document: Document) -> str:
    """Return the same of a document that was read before."""
    if document.is_unreadable:
        raise NotFormatted(document)
    text = document.text
    tokens = list(_tokens(text))
    after = Layout(text, tokens).text
    try:
        is_same = list(comments(text, tokens)) == list(comments(after, _tokens(after))) and _is_same(text, after)
    except yaml.YAMLError:
        is_same = False
    if not is_same:
        raise NotFormatted(document, "it would not stay the same, so it is left as it is; please report this")
    return after


def _tokens(text: str) -> Iterator[yaml.Token]:
    return yaml.scan(text, Loader=yaml.CSafeLoader)


def _is_same(text: str, other: str) -> bool:
    return all(one == another for one, another in zip_longest(_contents(text), _contents(other)))


def _contents(text: str) -> Iterator[tuple[Any, ...]]:
    """Yield what a text means to the loader: the values, tags and anchors, and the maps and lists around them."""
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
        value = _value(event) if isinstance(event, yaml.ScalarEvent) else None
        yield type(event), anchor, tag, type(value), value


def _value(event: yaml.ScalarEvent) -> Any:
    try:
        return resolve(event.value) if event.implicit[0] else str(event.value)
    except NotFinite:
        return event.value
