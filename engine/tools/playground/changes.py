"""What a step has done to an event, as lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.steps.chain import Step
from engine.tools.evaluating import shown
from engine.values.errors import FlowError
from engine.values.event import Event

MOST_LINES = 24
"""How many lines of a value are shown; `:payload` shows all."""
WIDEST = 100
"""How many characters a value in one line has at most."""


def title(step: Step) -> str:
    """Return the place of a step, its element and its label: `hello/steps/0 set-payload`."""
    place, _, _ = step.location.partition(" @ ")
    label = step.processor.doc_name
    return f"{place} {step.name}" + (f" '{label}'" if label else "")


def line_of(step: Step) -> str:
    """Return the file and the line of a step; empty if it has none."""
    return step.location.partition(" @ ")[2]


def changes(before: Event, after: Event, told: Event | None = None) -> Iterator[str]:
    """Yield what is not as it was before: the payload, each variable, each attribute.

    told: the event after the last step inside; what it has already is left out.
    """
    was, now, seen = _parts(before), _parts(after), _parts(told) if told else {}
    for name, value in now.items():
        if not _has(was, name, value) and not _has(seen, name, value):
            yield f"{name} = {_short(value)}"
    yield from (f"{name} is gone" for name in was if name not in now)


def _has(parts: Mapping[str, Any], name: str, value: Any) -> bool:
    return name in parts and _is_same(parts[name], value)


def _parts(event: Event) -> dict[str, Any]:
    """Return the parts of an event by the names that expressions have for them."""
    variables = {f"vars.{name}": value for name, value in event.vars.items()}
    return {"payload": event.payload, **variables, "attributes": event.attributes}


def told_of(error: FlowError) -> str:
    """Return the type and the description of an error."""
    return f"{error.type}: {error.detailed_description or error.description}"


def _is_same(one: Any, other: Any) -> bool:
    return one is other or (type(one) is type(other) and shown(one) == shown(other))


def _short(value: Any) -> str:
    lines = shown(value).splitlines()
    in_one = " ".join(line.strip() for line in lines[:MOST_LINES])
    if len(lines) > MOST_LINES:
        lines = [*lines[:MOST_LINES], f"… {len(lines) - MOST_LINES:,} more lines"]
    elif len(in_one) <= WIDEST:
        return in_one
    return "\n".join(lines)
