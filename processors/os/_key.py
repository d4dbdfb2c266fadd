"""The keys of entries."""

from __future__ import annotations

from typing import Any

from engine import Event, FlowError, Mistake, Template, shown
from engine.connectors import INVALID_KEY, Constant, Held, ListOf, MapOf, NotSerialisable, Reader, text_key, typed
from engine.limits import LONGEST_STORE_KEY


class Key(Template):
    """A text, or a number, which counts as its text: either literal and checked at load, or computed by expressions."""

    __slots__ = ()
    word = "text"
    schema = typed("string", "number")

    def _check(self, held: Held, written: Any, reader: Reader) -> Held:
        is_no_text = isinstance(held, (MapOf, ListOf)) or (isinstance(held, Constant) and _key(held.value) is None)
        if is_no_text:
            reader.mistakes.append(
                Mistake("F303", f"{shown(written)} as a key", f"a text of 1 to {LONGEST_STORE_KEY} characters")
            )
        return held

    def of(self, event: Event) -> str:
        """Return the key for this event. Raise OS:INVALID_KEY if it is not valid."""
        key = _key(self.evaluate(event))
        if key is None:
            raise FlowError(INVALID_KEY, f"a key must be a text of 1 to {LONGEST_STORE_KEY} characters")
        return key


def _key(value: Any) -> str | None:
    try:
        key = text_key(value)
    except NotSerialisable:
        return None
    return key if key.strip() and len(key) <= LONGEST_STORE_KEY else None
