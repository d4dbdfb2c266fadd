"""What a challenge names, and headers that it asks for."""

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
    """A map of the event's attributes, such as the headers; an empty one where no HTTP request made the event."""
    attributes = event.attributes
    found = attributes.get(name) if isinstance(attributes, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def text_of(values: Mapping[str, Any], name: str) -> str:
    """A value that must be a text; empty where it is none."""
    value = values.get(name)
    return value if isinstance(value, str) else ""
