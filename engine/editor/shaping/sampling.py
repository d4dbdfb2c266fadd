"""The value of an expression for the payload of a test case, if only steps stand before that compute and no more."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from engine.editor.asking.asked import Asked
from engine.editor.asking.meaning import STEPS, Meaning, Top, element_class
from engine.editor.cursor import language_of
from engine.editor.shaping.examples import acts_of, payload_of
from engine.editor.shaping.shapes import entrances_of
from engine.editor.shaping.values import data_of, text_of
from engine.editor.sketching.nodes import Key, Listing, Node, at, inner
from engine.expressions import LANGUAGES
from engine.expressions.budget import one_evaluation
from engine.expressions.writing import to_text
from engine.parameters.expression import Expression
from engine.parameters.reader import Reach
from engine.steps.processor import Targeted, VoidOperation
from engine.testing.recordings.redaction import Redaction
from engine.values.errors import FlowError
from engine.values.event import Event

COMPUTES = frozenset({"set-payload", "set-variable", "remove-variable", "transform"})
"""Elements that are run while somebody looks at the flow: they act on nothing."""
LARGEST = 100_000
"""How many characters of JSON the payload of a case may have."""
LONGEST = 1_500
"""How many characters of a value are shown."""
WRONG = (FlowError, PydanticCustomError, ValidationError, ValueError, TypeError, NotImplementedError, RecursionError)


@dataclass(frozen=True)
class Sample:
    """A value as JSON, and the test case that gave the payload."""

    text: str
    case: str


class Lost(Exception):
    """Nobody knows what enters here: a step before it acts on something."""


def sample_of(asked: Asked, expression: str, language: str) -> Sample | None:
    """Return the value of an expression at the cursor for a test case; None if it is not known."""
    path = asked.cursor.path
    if not path or path[0] not in ("flows", "sub-flows"):
        return None
    for case, event, given in _given(asked):
        try:
            with one_evaluation():
                entered, lets = _Sampled(asked).to(path, event)
                value = _evaluated(asked, _with_lets(expression, lets, language), language, entered)
        except (*WRONG, Lost):
            continue
        return Sample(_shown(asked, value, given), case)
    return None


def _given(asked: Asked) -> Any:
    """Yield name, event and input of the test cases that run the flow."""
    flow = at(asked.cursor.root, asked.cursor.path[:2])
    for path, entrance in entrances_of(asked.site, str(asked.cursor.path[1]), flow, asked.text):
        for name, act in acts_of(asked.site.parsed(path).data):
            given = act.get("given")
            if entrance.takes(act) and isinstance(given, Mapping):
                payload = payload_of(given.get("payload"), path.parent)
                with suppress(*WRONG):
                    if payload is not None and len(json.dumps(payload)) <= LARGEST:
                        variables = given.get("vars")
                        own = dict(variables) if isinstance(variables, Mapping) else {}
                        yield name, Event(payload=payload, vars=own), given


def _evaluated(asked: Asked, expression: str, language: str, event: Event) -> Any:
    reach = Reach(asked.site.functions, language=LANGUAGES[language])
    return Expression(expression, reach).evaluate(event)


def _with_lets(expression: str, lets: list[tuple[str, str]], language: str) -> str:
    if not lets or language != "jmespath":
        return expression
    for name, value in reversed(lets):
        expression = f"let ${name} = ({value}) in {expression}"
    return expression


def _shown(asked: Asked, value: Any, given: Any) -> str:
    parts = asked.site.parts
    redaction = Redaction(parts.secrets if parts else ())
    redaction.learn(json.loads(json.dumps(given, default=str)))
    text = to_text(value) if not isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    with suppress(ValueError):
        text = json.dumps(redaction.of(json.loads(text)), ensure_ascii=False, indent=2)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}\n…"


class _Sampled:
    """Runs the steps before a place that do nothing but compute."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._source = asked.text.source
        self._catalog = asked.site.catalog
        self._language = language_of(asked.text.source)

    def to(self, path: tuple[Key, ...], event: Event) -> tuple[Event, list[tuple[str, str]]]:
        """Return the event at a place, and the `let`s around it. Raise Lost."""
        meaning: Meaning = Top()
        node, lets = self._asked.cursor.root, list[tuple[str, str]]()
        for number, key in enumerate(path):
            if meaning == STEPS and isinstance(node, Listing) and isinstance(key, int):
                for item in node.items[:key]:
                    event = self._after(item, event)
                event, lets = self._inside(node.items[key], path[number + 1 :], event)
            elif key == "error-handler":
                raise Lost
            node, meaning = at(node, (key,)), meaning.inside(key, self._catalog)
        return event, lets

    def _after(self, step: Node | None, event: Event) -> Event:
        for name, parameters in inner(step):
            cls = element_class(self._catalog, str(name))
            if name in COMPUTES and cls is not None and self._language == "jmespath":
                data = data_of(parameters, self._source)
                if "${" in json.dumps(data, default=str):
                    raise Lost
                event = cls(**data).run_plain(event)  # type: ignore[attr-defined]  # those are processors
            elif cls is None or not issubclass(cls, VoidOperation) or issubclass(cls, Targeted):
                raise Lost
        return event

    def _inside(self, step: Node | None, rest: tuple[Key, ...], event: Event) -> tuple[Event, list[tuple[str, str]]]:
        name = rest[0] if rest else ""
        parameters = at(step, (name,))
        if name == "transform":
            return event, list(self._lets(parameters, rest))
        cls = element_class(self._catalog, str(name))
        if cls is not None and "collection" in cls.__pydantic_fields__ and "steps" in rest:  # type: ignore[attr-defined]  # pydantic adds it
            return self._item(parameters, event), []
        return event, []

    def _item(self, parameters: Node | None, event: Event) -> Event:
        written = text_of(at(parameters, ("collection",)), self._source) or "payload"
        items = _evaluated(self._asked, written, self._language, event)
        if not isinstance(items, list) or not items or at(parameters, ("batchSize",)) is not None:
            raise Lost
        return event.with_payload(items[0]).with_variable("counter", 1)

    def _lets(self, parameters: Node | None, rest: tuple[Key, ...]) -> Any:
        for name, value in inner(at(parameters, ("let",))):
            if rest[1:2] == ("let",) and rest[2:3] == (name,):
                return
            yield str(name), text_of(value, self._source)
