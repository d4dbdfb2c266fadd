"""Flow files in DataWeave as files in JMESPath: what is certain is translated, everything else stays a script."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from engine.mule.jmespath.following import Follower, step_of, value_of
from engine.mule.jmespath.known import Known
from engine.mule.jmespath.places import LABELLED, Place
from engine.mule.jmespath.scripts import SCRIPT, Scripts, Stays, is_script, script_in
from engine.mule.jmespath.shapes import ANYTHING
from engine.mule.jmespath.translating import Kept, output_of
from engine.mule.writing.parts import Part, is_comment

LANGUAGE = {"name": "jmespath", "payloads": "unread"}
FLOWS = ("flows", "sub-flows")
TEMPLATE, DOC = "parse-template", "doc"
NESTED = ("steps", "routes", "when", "otherwise", "error-handler")
"""Parameters of steps that hold further steps."""
Rewrite = Callable[[Any], Any]


class Rewriter:
    """Rewrites the sections of one flow file."""

    def __init__(self, follower: Follower) -> None:
        self.follower = follower
        self.scripts = Scripts()
        self.known = follower.start
        self.file = ""
        """The file that the sections were made of."""

        self._line = 1

    def sections(self, sections: Mapping[str, Any]) -> dict[str, Any]:
        """Return the sections of the file in JMESPath. Raise Stays."""
        rewrite: dict[str, Rewrite] = {
            **dict.fromkeys(FLOWS, self._flow), "error-handlers": self._shared, "configs": self._config,
        }  # fmt: skip
        made: dict[str, Any] = {"expression-language": LANGUAGE}
        for name, value in sections.items():
            if name in rewrite:
                made[name] = {key: self._inside(each, rewrite[name]) for key, each in value.items()}
            elif name != "expression-language":
                made[name] = value
        return made

    def _inside(self, part: Any, rewrite: Rewrite) -> Any:
        """Return a part with another value, and other values as `rewrite` returns them."""
        if not isinstance(part, Part):
            return rewrite(part)
        if is_comment(part):
            return part
        outer = self._line
        if part.origin is not None:
            self.file, self._line = part.origin.file, part.origin.line
        made = replace(part, value=rewrite(part.value))
        self._line = outer
        return made

    # Flows

    def _flow(self, flow: Any) -> Any:
        self.known = self.follower.start
        return {key: self._of_flow(key, each, flow) for key, each in flow.items()}

    def _of_flow(self, key: str, value: Any, flow: Any) -> Any:
        if key.startswith(DOC):
            return value
        if key == "source":
            return self._inside(value, self._config)
        if key == "error-handler":
            self.known = self.follower.start
            return self._inside(value, lambda inner: self._handlers(inner, flow.get("steps", [])))
        return self._inside(value, self._steps) if key == "steps" else self._value(value, Place("flow", key))

    def _config(self, config: Any) -> Any:
        """Return a config, or a source, whose answers see the event at the end of the flow."""
        self.known = self.follower.start
        return {name: self._params(name, value_of(params)) for name, params in config.items()}

    def _shared(self, handlers: Any) -> Any:
        """Return the error handlers of any flow."""
        self.known = self.follower.start
        return self._handlers(handlers, [])

    def _handlers(self, handlers: Any, steps: Any) -> Any:
        """Return the handlers of the errors of some steps, each of which may have been the last."""
        if isinstance(handlers, dict):
            return handlers
        entering = self.follower.failed(self.known, steps)
        return [self._at(entering, each, self._step) for each in handlers]

    def _at(self, known: Known, part: Any, rewrite: Rewrite) -> Any:
        """Rewrite a part at which this is known; afterwards the same is known as before."""
        before, self.known = self.known, known
        made = self._inside(part, rewrite)
        self.known = before
        return made

    def _steps(self, steps: Any) -> Any:
        return [self._inside(each, self._step) for each in steps]

    def _step(self, step: Any) -> Any:
        name, params = step_of(step)
        if not name:
            return step
        before = self.known
        made = {name: self._params(name, params)}
        self.known = self.follower.after(name, params, before)
        return made

    # Parameters

    def _params(self, step: str, params: Any) -> Any:
        if not isinstance(params, dict):
            return params
        if step == TEMPLATE and "location" in params:
            raise Stays("a template in a file of its own, whose expressions are in the language of the flow file")
        made = {key: self._param(step, key, each, params) for key, each in params.items()}
        return self._with_media_type(step, params, made)

    def _param(self, step: str, key: str, value: Any, params: Mapping[str, Any]) -> Any:
        if key.startswith(DOC):
            return value
        if key == "error-handler":
            rewrite: Rewrite = lambda inner: self._handlers(inner, params.get("steps", []))  # noqa: E731  # of a scope
            return self._at(self.known, value, rewrite)
        if key == "steps":
            return self._at(self.follower.entering(step, params, self.known), value, self._steps)
        if key in NESTED and isinstance(value_of(value), (dict, list)):
            return self._at(self.known, value, lambda inner: self._branches(step, inner))
        known = self.known._replace(payload=ANYTHING) if key == "targetValue" else self.known
        return self._at(known, value, lambda inner: self._value(inner, Place(step, key)))

    def _branches(self, step: str, branches: Any) -> Any:
        """Return the branches of a choice, or the routes of a router, or one of them."""
        if isinstance(branches, list):
            return [self._at(self.known, each, lambda inner: self._params("", inner)) for each in branches]
        return self._params("", branches)

    def _with_media_type(self, step: str, params: Mapping[str, Any], made: dict[str, Any]) -> dict[str, Any]:
        """Add the media type that a script gave the payload, if an expression stands in its place now."""
        key = LABELLED.get(step, "")
        before, after = value_of(params.get(key)), value_of(made.get(key))
        if "mimeType" in params or after == before or not isinstance(after, str):
            return made
        text = before[SCRIPT] if isinstance(before, dict) else before.strip()[2:-1]
        script = script_in(text)
        media_type = output_of(script) if script is not None else ""
        return {**made, "mimeType": media_type} if media_type else made

    # Values

    def _value(self, value: Any, place: Place) -> Any:
        if isinstance(value, Part):
            return self._inside(value, lambda inner: self._value(inner, place))
        if isinstance(value, dict):
            if is_script(value):
                return self.scripts.whole(value[SCRIPT], place, self.known, self._line) if SCRIPT in value else value
            return {key: self._value(each, place.inside(key)) for key, each in value.items()}
        if isinstance(value, list):
            return [self._value(each, place) for each in value]
        return self.scripts.text(value, place, self.known, self._line) if isinstance(value, str) else value


__all__ = ["Kept", "Rewriter"]
