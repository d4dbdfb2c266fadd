"""The place of an element, as fields of a log record."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

FLOW = re.compile(r"([^/]*(?:/(?!steps|error-handler|source|[0-9])[^/]*)*)(?:/(?:steps|error-handler|source)\b.*)?")
"""A path in a flow, and the name of the flow; the path of a handler in a list of its own (`NAME/0/…`) has none."""


@lru_cache(4096)
def place_fields(location: str | None, doc_name: str | None = None) -> Mapping[str, str | int]:
    """Return the fields that tell where an element stands; none for no location.

    location: `orders/steps/2 @ flows/x.yaml:23`, as in failingComponent; doc_name: the element's doc:name.

    flow: the flow or sub-flow; element: the path in it; doc_name; flow_file and flow_line: the place in the files.
    """
    if not location:
        return MappingProxyType({})
    element, _, place = location.partition(" @ ")
    file, _, line = place.rpartition(":")
    flow = FLOW.fullmatch(element)
    fields = {
        "flow": flow and flow[1],
        "element": element,
        "doc_name": doc_name,
        "flow_file": file,
        "flow_line": int(line or 0),
    }
    return MappingProxyType({name: value for name, value in fields.items() if value})
