"""A question: the place at which somebody types, and what may stand there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from engine.editor.asking.meaning import Meaning, meaning_of
from engine.editor.cursor import Cursor, cursor_at, language_of
from engine.editor.shaping.seen import Seen
from engine.editor.shaping.shapes import is_test, seen_at

if TYPE_CHECKING:
    from engine.editor.site import Site
    from engine.editor.texts import Text


@dataclass(frozen=True)
class Asked:
    """What is asked about a place of a text."""

    site: Site
    text: Text
    cursor: Cursor

    @classmethod
    def at(cls, site: Site, text: Text, offset: int) -> Asked:
        return cls(site, text, cursor_at(text.source, offset))

    @property
    def is_test(self) -> bool:
        return is_test(self.text.path)

    @cached_property
    def meaning(self) -> Meaning:
        """What stands at the path of the cursor."""
        return meaning_of(self.cursor.path, self.site.catalog, is_test=self.is_test)

    @cached_property
    def language(self) -> str:
        return language_of(self.text.source)

    @cached_property
    def seen(self) -> Seen:
        """The event that an expression here sees."""
        return seen_at(self.site, self.text, self.cursor)
