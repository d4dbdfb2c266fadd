from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from engine import Event, Template
from processors.validation._validator import Validator, violation

LONGEST = 254
ADDRESS = re.compile(
    r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]"
)


class IsEmail(Validator):
    """Check that a value is a well-formed e-mail address: something, `@`, a domain with a dot.

    The address need not exist. At most 254 characters (RFC 5321).

    Example:
        given: {payload: {email: ada@example}}
        run:
          - validation:is-email: {email: ada@example.org}
          - validation:is-email: {email: "#[payload.email]", message: email is not well formed}
        expect: {error.type: "VALIDATION:INVALID_EMAIL", error.description: email is not well formed}
    """

    email: Template = Template("#[payload]")
    """The address."""

    raises = (violation("INVALID_EMAIL"),)
    rule = "a text is no e-mail address"

    def demands(self) -> Sequence[tuple[Any, Mapping[str, Any]]]:
        return ((self.email.held, {"type": "string"}),)

    def holds(self, event: Event) -> bool:
        value = self.email.evaluate(event)
        if not isinstance(value, str) or len(value) > LONGEST or ".." in value or value.startswith("."):
            return False
        return ADDRESS.fullmatch(value) is not None
