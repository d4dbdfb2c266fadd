"""What is known of the event at a place of a flow."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from engine.mule.jmespath.shapes import A_MAP, ANYTHING, NULL, OBJECT, STRING, Shape, joined, map_of, shape

IN_ATTRIBUTES = ("queryParams", "uriParams", "headers", "queryParamsAll")
"""Attributes that are maps, in whatever way they came about."""
OF_ERRORS = {
    **dict.fromkeys(("description", "detailedDescription"), shape(NULL, STRING)),
    "errorType": shape(NULL, OBJECT),
    "errorMessage": shape(NULL, OBJECT),
}


class Known(NamedTuple):
    """The shapes of the payload, of the attributes, and of the variables; a variable that is not there is anything.

    properties: the names of those that have a value in every environment.
    """

    payload: Shape = ANYTHING
    attributes: Shape = ANYTHING
    variables: Mapping[str, Shape] = {}
    properties: Collection[str] = ()

    def root(self, name: str) -> Shape | None:
        """Return the shape of a root; None for one that is not there in JMESPath."""
        roots = {
            "payload": self.payload,
            "attributes": self.attributes,
            "vars": A_MAP,
            "error": shape(NULL, OBJECT),
            "correlationId": shape(STRING),
            "flow": joined([shape(NULL), map_of({"name": shape(STRING)})]),
        }
        return roots.get(name)

    def field(self, path: tuple[str, ...]) -> Shape | None:
        """Return the shape at the end of a path of names, if more is known of it than its parent tells."""
        if path[0] == "vars" and len(path) == 2:
            return self.variables.get(path[1], ANYTHING)
        if path[0] == "attributes" and len(path) == 2 and self.attributes != ANYTHING:
            return shape(NULL, OBJECT) if path[1] in IN_ATTRIBUTES else ANYTHING
        if path[0] == "error" and len(path) == 2:
            return OF_ERRORS.get(path[1], ANYTHING)
        return None


ATTRIBUTES = shape(NULL, OBJECT)
"""The attributes of messages, as long as no script sets them."""
