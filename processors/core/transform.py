from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any

from engine import Effects, Event, Field, Mistake, Name, Processor, prepared, refuse
from engine.connectors import (
    ROOTS,
    Held,
    Labelled,
    Let,
    MapOf,
    Naming,
    Reader,
    Written,
    WrittenExpression,
    own_media_type,
    read_media_type,
)

SET = Naming("variable", defines=True)


class Transform(Processor):
    """Build payload, attributes and variables anew, from one view of the event.

    Every expression sees the event as it entered; then all results are set together. `let` names intermediate values,
    read as `$name`; later ones see earlier ones.

    Example:
        given: {payload: {prices: [3, 4]}}
        run:
          - transform:
              let: {total: sum(payload.prices)}
              set-payload: {total: "#[$total]", twice: "#[$total * 2]"}
              set-variables: {count: "#[length(payload.prices)]"}
        expect: {payload: {total: 7, twice: 14}, vars.count: 2}
    """

    let: Annotated[dict[str, WrittenExpression], Field(default_factory=dict)]
    """Name → expression; local to this element."""

    set_payload: Annotated[Written, Field(alias="set-payload")] = None  # type: ignore[assignment]  # null is a value
    """The new payload itself (not a map with `value`)."""

    set_attributes: Annotated[Written, Field(alias="set-attributes")] = None  # type: ignore[assignment]  # null is a value
    """The new attributes."""

    set_variables: Annotated[dict[Annotated[str, SET], Written], Field(alias="set-variables", default_factory=dict)]
    """Variables to set; the others stay."""

    mime_type: Name | None = None
    """The media type of the new payload."""

    _media_type: str | None = prepared()
    _evaluate: Any = prepared()
    _assigns: Mapping[str, Any] = prepared()
    _acts: bool = prepared()

    def assigns(self) -> Mapping[str, Any]:
        return self._assigns

    @cached_property
    def effects(self) -> Effects:
        return Effects(acts=self._acts)

    def __post_init__(self) -> None:
        """Compile all parameters as one expression, a map of results inside the `let`s; and each one by itself."""
        written = [*self.let.values(), *self._results().values(), *self.set_variables.values()]
        reader = Reader(written[0].reach) if written else Reader.standalone()
        bindings: list[tuple[str, Held]] = []
        for name, value in self.let.items():
            self._check_name(name, value, reader)
            bindings.append((name, reader.read(value.written, always=True)))
            reader.variables.add(name)
        results = {name: reader.read(value.written, always=False) for name, value in self._results().items()}
        variables = {name: reader.read(value.written, always=False) for name, value in self.set_variables.items()}
        whole = _within(bindings, MapOf({**results, "set_variables": MapOf(variables)}))
        assigns = {name.removeprefix("set_"): _within(bindings, held) for name, held in results.items()}
        media_type = self.mime_type or (results["set_payload"].media_type if "set_payload" in results else None)
        if "payload" in assigns:
            assigns["payload"] = Labelled(assigns["payload"], media_type)
        assigns |= {f"vars.{name}": _within(bindings, held) for name, held in variables.items()}
        self._prepare(_evaluate=reader.compile(whole), _assigns=assigns, _acts=whole.acts, _media_type=media_type)

    def _results(self) -> dict[str, Written]:
        results = {"set_payload": self.set_payload, "set_attributes": self.set_attributes}
        payload = self.set_payload.written if self.set_payload else None
        if isinstance(payload, dict) and payload and payload.keys() <= {"value", "mimeType"}:
            place = getattr(payload, "place", None)
            write = 'set-payload: "#[…]", and mimeType beside it'
            refuse(
                [Mistake("F304", "set-payload with 'value', as the element has it", "the payload itself", write, place)]
            )
        return {name: written for name, written in results.items() if written is not None}

    def _check_name(self, name: str, value: Written, reader: Reader) -> None:
        if name in ROOTS:
            place = getattr(value.written, "place", None)
            reader.mistakes.append(
                Mistake("F403", f"'{name}' under let, the name of a root", "another name", "", place)
            )

    def run_plain(self, event: Event) -> Event:
        results: dict[str, Any] = self._evaluate(event)
        after = event.with_variables(results["set_variables"]) if self.set_variables else event
        if self.set_payload is not None:
            payload = read_media_type(results["set_payload"], self.mime_type)
            after = after.with_payload(payload, media_type=self._media_type or own_media_type(payload))
        if self.set_attributes is not None:
            after = after.with_attributes(results["set_attributes"])
        return after


def _within(bindings: list[tuple[str, Held]], held: Held) -> Held:
    """Return the expression with the `let`s around it."""
    for name, bound in reversed(bindings):
        held = Let(name, bound, held)
    return held
