"""munit:test → a case."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from engine.expressions.digits import is_digits
from engine.mule.conversion.conversion import Conversion, comment_of, told
from engine.mule.munit import events
from engine.mule.munit.assertions import Assertions
from engine.mule.munit.errors import expected_error
from engine.mule.munit.mocks import Doubles
from engine.mule.munit.requests import Requests
from engine.mule.munit.resources import check_reads
from engine.mule.munit.tools import IGNORED, TOOLS
from engine.mule.munit.unfit import Unfit
from engine.mule.writing.parts import Part
from engine.mule.xml.nodes import Comment, Node

BEHAVIOR, EXECUTION, VALIDATION = "munit:behavior", "munit:execution", "munit:validation"
SCOPES = (BEHAVIOR, EXECUTION, VALIDATION)
ENABLED = "munit:enable-flow-sources"
LATER = "5s"
"""How long what a case expects may take to hold if something runs beside it."""
NOT_REACHED = "a test that expects an error does not reach its validation"
OTHER_LANGUAGES = ("java", "scripting")
NAME = "asserted"
WITHOUT_BODY = ("GET", "HEAD", "OPTIONS")
"""The methods with which http:request sends no payload, unless it is told to."""
USUAL_DESCRIPTIONS = ("test", "")


@dataclass
class Makers:
    """What makes the parts of cases, for one suite."""

    conversion: Conversion
    doubles: Doubles
    requests: Requests


@dataclass
class Case:
    """A case in the making: what MUnit's processors add to it, one after another."""

    makers: Makers
    test: Node
    given: dict[str, Any] = field(default_factory=dict)
    steps: list[Part] = field(default_factory=list)
    act: dict[str, Any] = field(default_factory=dict)
    mocks: list[Part] = field(default_factory=list)
    spies: list[Part] = field(default_factory=list)
    calls: list[Part] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    lasts: str = ""
    asserted: int = 0
    former: list[dict[str, Any]] = field(default_factory=list)
    """The acts before the one in the making, as a test file has them."""

    def __post_init__(self) -> None:
        self.assertions = Assertions()

    def add(self, children: Iterable[Node | Comment]) -> None:
        """Add processors, in their order. Raise Unfit."""
        above: list[str] = []
        for child in children:
            if isinstance(child, Comment):
                above.append(comment_of(child))
                continue
            before = len(self.steps)
            self._processor(child)
            if len(self.steps) > before:
                self.steps[before].comments = [*above, *self.steps[before].comments]
                above = []

    def _processor(self, node: Node) -> None:
        if node.name in IGNORED:
            self.makers.conversion.note(node, node.name, IGNORED[node.name])
        elif node.name == "munit:set-event":
            self._set_event(node)
        elif node.name == "munit-tools:mock-when":
            self.mocks += self.makers.doubles.mocks(node)
        elif node.name == "munit-tools:spy":
            self.spies += self.makers.doubles.spies(node)
        elif node.name == "munit-tools:verify-call":
            self._verify(node)
        elif self.assertions.takes(node):
            self.assertions.add(node)
        elif node.name == "munit-tools:sleep":
            self.lasts = LATER
        else:
            self._step(node)

    def _set_event(self, node: Node) -> None:
        events.check(node)
        self._end_request()
        given = events.given_of(node) if not self.steps and not self.act else None
        if given is not None:
            self.given = given
        else:
            self._steps(events.steps_of(node))

    def _verify(self, node: Node) -> None:
        found = self.makers.doubles.calls(node)
        self.calls += found
        if any("/async/" in str(each.value["processor"]) for each in found):
            self.lasts = LATER

    def _step(self, node: Node) -> None:
        if node.name == "set-payload" and not self.steps and events.is_fixed(node):
            self._end_request()
            self.given = {**self.given, "mimeType": None, **events.given_payload(node)}
        elif self.makers.requests.is_own(node):
            self._request(node)
        elif node.namespace in OTHER_LANGUAGES:
            raise Unfit(node, node.name, "it runs code in another language", "what the code makes, written out", "M")
        elif node.name in TOOLS:
            self._steps(TOOLS[node.name](node))
        elif node.name.startswith(("munit:", "munit-tools:")):
            raise Unfit(node, node.name, "test files have nothing like it", "what the test needs, in another way", "M")
        else:
            self._steps(self.makers.conversion.step(node))

    def _steps(self, steps: list[Part]) -> None:
        if steps and self.act and any(list(each.value) != ["logger"] for each in steps):
            why = "after a request, a case has expectations, or another request"
            raise Unfit(self.test, "steps behind a request", why, "a case for each request")
        if not self.act:
            self._keep_asserted(steps)
            self.steps += steps

    def _keep_asserted(self, steps: list[Part]) -> None:
        """Keep what is asserted before more steps run, in variables."""
        if not self.assertions or all(list(each.value) == ["logger"] for each in steps):
            return
        for left, part in self.assertions.expected().items():
            if left == "mediaType":
                why = "the media type is known only at the end"
                raise Unfit(self.test, "an assertion on the media type before other steps", why, "a case of its own")
            if not left.startswith(f"vars.{NAME}"):
                self.asserted += 1
                name = f"{NAME}{self.asserted}"
                self.steps.append(Part({"set-variable": {"variableName": name, "value": f"#[{left}]"}}, part.origin))
                self.assertions.rename(left, f"vars.{name}")

    def _request(self, node: Node) -> None:
        if self.act or self.steps:
            self._next_act()
        act = self.makers.requests.act(node)
        has_body = "payload" in {**self.given, **act["given"]}
        if self.former and not has_body and node.get("method", "GET").upper() not in WITHOUT_BODY:
            why = "its body is what came before it"
            raise Unfit(node, "a request without a body of its own", why, "the body, written out", "S")
        self.given = {**self.given, **act.pop("given")}
        self.given.pop("attributes", None)
        self.given.pop("vars", None)
        self.act = act
        self.assertions = Assertions(answers=True)

    def _end_request(self) -> None:
        if self.act:
            self._next_act()

    def _next_act(self) -> None:
        """Begin another act: the case goes on behind a request, or with one."""
        self.former.append(self._acted(self.assertions.expected()))
        self.given, self.steps, self.act = {}, [], {}
        self.assertions = Assertions()

    # The whole

    def _beginning(self) -> dict[str, Any]:
        """Return what MUnit's first event has if no set-event makes another: an empty text as payload."""
        return {} if self.given or self.act else {"payload": ""}

    def all_steps(self) -> list[Part]:
        """Return the steps, after those that make what would be given to a case."""
        return [*(Part({"set-payload": {"value": each}}, self.test) for each in self._payload()), *self.steps]

    def _payload(self) -> list[Any]:
        payload = self.given.get("payload")
        return [] if payload is None or isinstance(payload, dict) else [payload]

    def value(self) -> dict[str, Any]:
        """Return the case as its file has it. Raise Unfit."""
        calls_flow = any("call" in each.value for each in self.mocks)
        error = expected_error(self.test, is_answer=bool(self.act), calls_flow=calls_flow)
        expect = {**self.assertions.expected(), **error}
        if self.calls:
            self._check_calls()
            expect["calls"] = self.calls
        first, *then = [*self.former, self._acted(expect)]
        parts: dict[str, Any] = {
            **settings_of(self.test),
            "sources": self.sources,
            "within": self.lasts or (LATER if self.sources else ""),
            "given": first.pop("given", {}),
            "mock": self.mocks,
            "spy": self.spies,
        }
        found = {name: value for name, value in parts.items() if value}
        return {**found, **first, **({"then": then} if then else {})}

    def _acted(self, expect: dict[str, Any]) -> dict[str, Any]:
        """Return the act in the making, as a test file has it."""
        given = {name: value for name, value in {**self._beginning(), **self.given}.items() if value is not None}
        parts = {"given": given, **self._action(), "expect": expect}
        return {name: value for name, value in parts.items() if value or name == "steps"}

    def _check_calls(self) -> None:
        if self.former:
            why = "test files count the calls of each act, MUnit those of the whole test"
            raise Unfit(self.test, "verify-call with several requests", why, "`calls` of each act", "S")

    def _action(self) -> dict[str, Any]:
        if self.act:
            return self.act
        if len(self.steps) == 1 and isinstance(self.steps[0].value, dict) and not self.steps[0].comments:
            [(element, params)] = self.steps[0].value.items()
            if element == "flow-ref" and not params.keys() - {"name", "doc:name"} and "#[" not in params["name"]:
                return {"flow": params["name"]}
        return {"steps": self.steps}


def settings_of(test: Node) -> dict[str, Any]:
    """Return doc, skip, tags and timeout of a test."""
    found: dict[str, Any] = {}
    if (text := test.get("description").strip()).lower() not in USUAL_DESCRIPTIONS:
        found["doc"] = text
    if (ignored := test.get("ignore").strip().lower()) not in ("", "false"):
        found["skip"] = "ignored in MUnit" if ignored == "true" else f"ignored in MUnit if {test.get('ignore').strip()}"
    if tags := [each.strip() for each in test.get("tags").replace(";", ",").split(",") if each.strip()]:
        found["tags"] = tags
    if is_digits(milliseconds := test.get("timeOut").strip()):
        found["timeout"] = f"{int(milliseconds) / 1000:g}s"
    return found


def skipped(test: Node, reasons: Iterable[str], comments: Iterable[str]) -> Part:
    """Return the case of a test that cannot be said here, its XML in the comment."""
    settings = {name: value for name, value in settings_of(test).items() if name in ("doc", "tags")}
    return Part({**settings, "skip": "; ".join(dict.fromkeys(reasons)), "steps": []}, test, list(comments))


def case_of(makers: Makers, test: Node, before: Iterable[Node | Comment] = ()) -> tuple[Part, bool]:
    """Return the case of a test, and whether it is converted. before: what runs before each test."""
    report = makers.conversion.report
    known = len(report.gaps)
    makers.conversion.flow = test.get("name")
    try:
        check_reads(test)
        case = Case(makers, test)
        case.add(before)
        _add_scopes(case, test)
        part = Part(case.value(), test)
    except Unfit as unfit:
        gap = report.add_gap(unfit.node, unfit.what, unfit.advice)
        return skipped(test, [gap.sentence], [told(gap, test.source)]), False
    if gaps := report.gaps[known:]:
        return skipped(test, [each.sentence for each in gaps], [told(gaps[0], test.source)]), False
    return part, True


def _add_scopes(case: Case, test: Node) -> None:
    for child in test.elements:
        if child.name == ENABLED:
            case.sources = [each for each in map(_enabled, child.elements) if _has_own_source(case.makers, each)]
        elif child.name == VALIDATION and test.get("expectedErrorType") and test.child(EXECUTION) is not None:
            case.makers.conversion.note(child, child.name, NOT_REACHED)
        elif child.name in SCOPES:
            case.add(child.children)
        else:
            case.add([child])


def _enabled(node: Node) -> str:
    return node.get("value")


def _has_own_source(makers: Makers, name: str) -> bool:
    """Return whether a flow has a source that makes events by itself."""
    flow = makers.conversion.globals.find("flow", name)
    first = flow.elements[0].name if flow is not None and flow.elements else ""
    return first in ("scheduler", "vm:listener")
