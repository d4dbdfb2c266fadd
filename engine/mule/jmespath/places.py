"""Where an expression stands, and what that does with its value."""

from __future__ import annotations

from typing import NamedTuple

from engine.parameters.expression import Condition, Expression, Template

CONDITIONS = ("expression", "when", "filterExpression", "until", "acceptExpression")
"""Parameters that are conditions, with or without `#[ ]`."""
EXPRESSIONS = ("collection", "idExpression", "valueExpression", "targetValue")
"""Parameters that are expressions, with or without `#[ ]`."""
ADDRESSES = ("path", "url")
"""Parameters of http:request whose parts are encoded one by one."""
ASKING = "http:request"
LABELLED = {"transform": "set-payload", "set-payload": "value"}
"""Steps, and the parameter with which a script gives the payload its media type."""
UNLABELLED = (("transform", "set-variables"), ("transform", "set-attributes"), ("set-variable", "value"))
"""Places at which the media type that a script names says nothing about its value."""


STRUCTURES = ("response-validator", "redelivery-policy")
"""Parameters that are maps of further parameters."""


class Place(NamedTuple):
    """A parameter of a step or a config."""

    step: str = ""
    key: str = ""

    @property
    def kind(self) -> type[Template | Expression]:
        """What the parameter is compiled as."""
        if self.key in CONDITIONS:
            return Condition
        return Expression if self.key in EXPRESSIONS or (self.step, self.key) == ("cache", "key") else Template

    def inside(self, key: str) -> Place:
        """Return the place of an entry of the parameter, if that is a map of parameters, not one of values."""
        return Place(self.step, key) if self.key in STRUCTURES else self

    @property
    def is_address(self) -> bool:
        return self.step == ASKING and self.key in ADDRESSES

    @property
    def takes_media_type(self) -> bool:
        """Whether a script with a directive `output` may become an expression without one."""
        return LABELLED.get(self.step) == self.key or (self.step, self.key) in UNLABELLED
