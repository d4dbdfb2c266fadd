"""Every bound on what callers, upstreams and payloads may cost, with its unit and its reason.

The manual's page (`engine limits`) is derived from here, and a test reaches each of them. This module imports
nothing of ours, so that every room may name its bounds here. A bound that a parameter sets (`maxBodySize`) stands
here as that parameter's default.
"""

from __future__ import annotations

from typing import NamedTuple, TypeVar

Number = TypeVar("Number", int, float)


class Limit(NamedTuple):
    """A bound. subject: what is bounded. beyond: the answer, or the error, for what goes beyond it.

    parameter: where a flow file sets it; empty for a fixed one. group: the heading that it stands under.
    """

    group: str
    subject: str
    value: int | float
    unit: str
    beyond: str
    reason: str
    parameter: str = ""


LIMITS: list[Limit] = []
"""All bounds, in the order of this page."""

_groups = [""]


def _group(heading: str) -> None:
    """Put the bounds that follow under a heading."""
    _groups.append(heading)


def _limit(value: Number, unit: str, subject: str, *, beyond: str, reason: str, parameter: str = "") -> Number:
    LIMITS.append(Limit(_groups[-1], subject, value, unit, beyond, reason, parameter))
    return value


EXPRESSION = "MULE:EXPRESSION"

_group("Expressions")

MOST_STEPS = _limit(
    16_000_000,
    "steps",
    "one evaluation: each value that it looks at or makes counts as some, each long text by its length",
    beyond=EXPRESSION,
    reason="it takes less than half a second, makes less than 100 MB, and is the same on each machine",
)
LONGEST_TEXT = _limit(
    10_000_000,
    "characters",
    "a text that a function makes or reads",
    beyond=EXPRESSION,
    reason="a short payload may ask for a long text",
)
LONGEST_LIST = _limit(
    1_000_000,
    "elements",
    "a list that a function makes out of little",
    beyond=EXPRESSION,
    reason="range(10000000) is a short text",
)
LONGEST_TOKEN = _limit(
    100_000,
    "characters",
    "a JSON Web Token that jwt_claims() reads",
    beyond=EXPRESSION,
    reason="a header is shorter, and brackets alone become forty times as many bytes",
)
MOST_NODES = _limit(
    250_000,
    "elements, values, rows or escapes",
    "one text that is read as XML, YAML, CSV, a form or a URL",
    beyond=EXPRESSION,
    reason="it is read in less than a second",
)
DEEPEST = _limit(
    200,
    "levels",
    "lists and maps inside each other",
    beyond=EXPRESSION,
    reason="deeper ones would overflow the stack; the JSON reader's bound too",
)
