"""The realm that a challenge names, and the headers that it asks for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator

from engine import Event, Mistake, refuse

QUOTABLE = re.compile(r"[ !#-\[\]-~]{1,200}")


def _quotable(value: str) -> str:
    if QUOTABLE.fullmatch(value) is None:
        refuse([Mistake("F303", "a realm that no header can hold", "printable ASCII without quotes and backslashes")])
    return value


Realm = Annotated[str, AfterValidator(_quotable)]
"""The realm of a challenge: a text that may stand in quotes."""


def attribute(event: Event, name: str) -> Mapping[str, Any]:
    """Return a map of the event's attributes, such as the headers; empty if no HTTP request made the event."""
    attributes = event.attributes
    found = attributes.get(name) if isinstance(attributes, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def text_of(values: Mapping[str, Any], name: str) -> str:
    """Return a value that must be a text, or an empty text if it is not one."""
    value = values.get(name)
    return value if isinstance(value, str) else ""
