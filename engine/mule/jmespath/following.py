"""What is known of the event at each place of an application's flows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from engine.mule.jmespath.known import ATTRIBUTES, Known
from engine.mule.jmespath.places import Place
from engine.mule.jmespath.scripts import SCRIPT, is_script, shape_of_script, shape_of_text
from engine.mule.jmespath.shapes import ANYTHING, COUNT, IS_NULL, NEVER, TRUTH, Shape, joined, list_of, map_of
from engine.mule.writing.parts import NOTHING, Part, is_comment

ROUNDS = 4
"""How often the shapes of variables are computed: of one that still changes then, nothing is known."""
USUAL = {"counterVariableName": "counter", "rootMessageVariableName": "rootMessage"}
"""The names of the variables that a loop sets, by the parameters that give them other ones."""
LOOPS = ("foreach", "parallel-foreach")
SPLITTING = "scatter-gather"
"""A variable that several of its routes set becomes a list."""
APART = ("async", "parallel-foreach")
"""Scopes that leave the variables as they were."""
KEEPING = ("foreach", "async")
"""Scopes that leave the payload as it was."""
STRAIGHT = ("try", "async", "tracing:with-correlation-id", "")
"""Scopes whose steps run once, with the event that enters the scope."""
VOID = (
    "logger", "vm:publish", "os:store", "os:remove", "os:clear", "json:validate-schema", "idempotent-message-validator",
    "set-variable", "remove-variable", "tracing:set-logging-variable", "tracing:remove-logging-variable",
)  # fmt: skip
"""Steps after which the payload is the one before. All of the module `validation` are such steps, too."""
VALIDATION = "validation:"


def value_of(part: Any) -> Any:
    return part.value if isinstance(part, Part) else part


def step_of(part: Any) -> tuple[str, dict[str, Any]]:
    """Return the name and the parameters of a step; empty ones for a comment."""
    value = value_of(part)
    if value is NOTHING or not isinstance(value, dict) or len(value) != 1:
        return "", {}
    [(name, params)] = value.items()
    params = value_of(params)
    return (name, params) if isinstance(params, dict) else ("", {})


def steps_in(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield all steps in a value, at any depth, with their parameters."""
    value = value_of(value)
    for each in value if isinstance(value, list) else value.values() if isinstance(value, dict) else ():
        if is_comment(each):
            continue
        name, params = step_of(each)
        if params:
            yield name, params
        yield from steps_in(each)


def shape_of_value(value: Any, place: Place, known: Known) -> Shape:
    """Return the shape of a value as flow files have it."""
    value = value_of(value)
    if isinstance(value, str):
        return shape_of_text(value, place, known)
    if isinstance(value, dict):
        if is_script(value):
            return shape_of_script(value[SCRIPT], known) if SCRIPT in value else ANYTHING
        return map_of({str(key): shape_of_value(each, place, known) for key, each in value.items()})
    if isinstance(value, list):
        return list_of(joined(shape_of_value(each, place, known) for each in value))
    return {bool: TRUTH, int: COUNT, type(None): IS_NULL}.get(type(value), ANYTHING)


def set_by(step: str, params: Mapping[str, Any]) -> set[str]:
    """Return the names of the variables that a step itself sets."""
    if step == "set-variable":
        return {str(params.get("variableName"))}
    if step == "transform":
        return set(value_of(params.get("set-variables", {})))
    names = {str(params.get(key, usual)) for key, usual in USUAL.items()} if step in LOOPS else set()
    return names | ({str(params["target"])} if "target" in params else set())


def assigned(step: str, params: Mapping[str, Any], known: Known) -> dict[str, Shape]:
    """Return the shapes of the variables that a step itself sets."""
    if step == "set-variable":
        shape = shape_of_value(params.get("value"), Place(step, "value"), known)
        return {str(params.get("variableName")): shape}
    if step == "transform":
        values = value_of(params.get("set-variables", {}))
        return {name: shape_of_value(each, Place(step, "set-variables"), known) for name, each in values.items()}
    counter = {str(params.get("counterVariableName", USUAL["counterVariableName"])): COUNT} if step in LOOPS else {}
    return {**dict.fromkeys(set_by(step, params), ANYTHING), **counter}


class Follower:
    """Follows the steps of flows. start: what is known wherever a flow begins."""

    def __init__(self, sections: Iterable[Mapping[str, Any]], properties: Iterable[str] = ()) -> None:
        """sections: those of all flow files. properties: those that have a value in every environment."""
        self._steps = [each for section in sections for each in steps_in(dict(section))]
        self._removed = {str(params.get("variableName")) for name, params in self._steps if name == "remove-variable"}
        sets_attributes = any("set-attributes" in params for name, params in self._steps if name == "transform")
        self._known = Known(attributes=ANYTHING if sets_attributes else ATTRIBUTES, properties=frozenset(properties))
        self._shapes = self._settled()
        self.start = self._known._replace(variables=self._at_start(self._shapes))

    # Variables, wherever they are set

    def _settled(self) -> dict[str, Shape]:
        """Return the shape of each variable that a step sets, in whatever flow it does."""
        shapes = {name: NEVER for each in self._steps for name in set_by(*each)}
        if any(name == SPLITTING for name, _ in self._steps):
            return dict.fromkeys(shapes, ANYTHING)
        for _ in range(ROUNDS):
            before, shapes = shapes, self._once_more(shapes)
            if before == shapes:
                return shapes
        return dict.fromkeys(shapes, ANYTHING)

    def _once_more(self, shapes: Mapping[str, Shape]) -> dict[str, Shape]:
        known = self._known._replace(variables=self._at_start(shapes))
        found: dict[str, list[Shape]] = {name: [] for name in shapes}
        for each in self._steps:
            for name, shape in assigned(*each, known).items():
                found[name].append(shape)
        return {name: joined(each) for name, each in found.items()}

    def _at_start(self, shapes: Mapping[str, Shape]) -> dict[str, Shape]:
        return {name: joined([shape, IS_NULL]) for name, shape in shapes.items()}

    def _changed_in(self, value: Any) -> set[str]:
        """Return the variables that steps in a value may set or remove: all, if one of them runs another flow."""
        steps = list(steps_in(value))
        if any(name == "flow-ref" for name, _ in steps):
            return {*self._shapes, *self._removed}
        removed = {str(params.get("variableName")) for name, params in steps if name == "remove-variable"}
        return {name for each in steps for name in set_by(*each)} | removed

    def _weaker(self, known: Known, names: Iterable[str]) -> Known:
        """Return what is known after these variables may have been set, or removed."""
        changed = dict(known.variables)
        for name in names:
            shapes = [known.variables.get(name, ANYTHING), self._shapes.get(name, NEVER)]
            changed[name] = joined([*shapes, IS_NULL] if name in self._removed else shapes)
        return known._replace(variables=changed)

    # Places

    def entering(self, step: str, params: Mapping[str, Any], known: Known) -> Known:
        """Return what is known where the steps in a scope begin, however often they ran before."""
        if step in STRAIGHT:
            return known
        own = assigned(step, params, known) if step in LOOPS else {}
        inside = self._weaker(known, self._changed_in(params.get("steps", [])))
        return inside._replace(payload=ANYTHING, variables={**inside.variables, **own})

    def failed(self, known: Known, steps: Any) -> Known:
        """Return what is known after one of some steps failed."""
        return self._weaker(known, self._changed_in(steps))._replace(payload=ANYTHING)

    def after(self, step: str, params: Mapping[str, Any], known: Known) -> Known:
        """Return what is known behind a step."""
        if step in APART:
            own = set_by(step, params) if "target" in params else set()
            after = known._replace(variables={**known.variables, **dict.fromkeys(own, ANYTHING)})
        elif step in ("set-variable", "transform"):
            after = known._replace(variables={**known.variables, **assigned(step, params, known)})
        elif step == "remove-variable":
            name = str(params.get("variableName"))
            after = known._replace(variables={**known.variables, name: IS_NULL})
        else:
            after = self._weaker(known, self._changed_in([{step: params}]))
        return after._replace(payload=self._payload_after(step, params, known))

    def _payload_after(self, step: str, params: Mapping[str, Any], known: Known) -> Shape:
        if step in VOID or step in KEEPING or step.startswith(VALIDATION) or "target" in params:
            return known.payload
        if step == "transform":
            made = params.get("set-payload")
            return known.payload if made is None else shape_of_value(made, Place(step, "set-payload"), known)
        if step == "set-payload" and "mimeType" not in params:
            return shape_of_value(params.get("value"), Place(step, "value"), known)
        return ANYTHING
