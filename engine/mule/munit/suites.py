"""A file of MUnit as a test file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from engine.mule.conversion.conversion import Conversion
from engine.mule.conversion.texts import flag, value_of
from engine.mule.munit.matching import condition, has_directives, inside, with_resources
from engine.mule.munit.mocks import Steps, event_of, reply_of
from engine.mule.reports.report import Advice
from engine.mule.writing.parts import Part
from engine.mule.xml.nodes import Node, globals_of

SELECTOR = re.compile(r"(?:payload|vars|attributes)(?:\.[A-Za-z_]\w*)*")
LITERAL = re.compile(r"MunitTools::equalTo\(\s*(?:'([^'\\$]*)'|\"([^\"\\$]*)\"|(-?[0-9]+(?:\.[0-9]+)?|true|false))\s*\)")
UNKNOWN = Advice("there is no such matcher", "validation:is-true with what is meant", "S")
NO_ASSERT = Advice("it is a module of assertions of MUnit", "validation:is-true with what is meant", "S")
NO_SUCH = Advice("the test tool has nothing like it", "write the test anew", "S")
BY_REQUEST = Advice("what a request answered is compared as a whole here", "a line under expect, on status or body", "S")
ANSWER = {"attributes.statusCode": "status", "payload": "body"}
HOOKS = {
    "munit:before-test": "before-each",
    "munit:after-test": "after-each",
    "munit:before-suite": "before-all",
    "munit:after-suite": "after-all",
}
PLAIN_ATTRIBUTES = ("name", "description", "tags", "timeOut", "ignore", "expectedErrorType", "expectedErrorDescription")


class Suite:
    """The sections of a test file that one file of MUnit makes."""

    def __init__(self, conversion: Conversion, steps: Steps, language: str) -> None:
        self.conversion, self.steps = conversion, steps
        self.flows: dict[str, Any] = {}
        self.hooks: dict[str, list[Any]] = {}
        self.mocks: list[Any] = []
        self.cases: dict[str, Any] = {}
        self.language = language

    def add(self, root: Node) -> None:
        for node in globals_of(root):
            if not isinstance(node, Node):
                continue
            if node.name == "munit:test":
                self._test(node)
            elif node.name in HOOKS:
                steps, mocks = self._row(node)
                self.mocks += mocks
                self.hooks.setdefault(HOOKS[node.name], []).extend(steps)
            elif node.name in ("flow", "sub-flow"):
                self.flows[node.get("name")] = {"steps": self.conversion.steps(node.children)}

    def result(self) -> dict[str, Any]:
        """Return the sections of the test file; none without a case."""
        if not self.cases:
            return {}
        sections: dict[str, Any] = {"expression-language": self.language}
        sections |= {"mock": self.mocks} if self.mocks else {}
        sections |= {name: steps for name, steps in self.hooks.items() if steps}
        sections |= {"flows": self.flows} if self.flows else {}
        return {**sections, "cases": self.cases}

    def _test(self, node: Node) -> None:
        tests, gaps = self.conversion.report.tests, len(self.conversion.report.gaps)
        tests["all"] += 1
        name = node.get("name")
        if name in self.cases:
            name = f"{name} ({len(self.cases) + 1})"
        self.cases[name] = Part(_Case(self, node, name).made(), node, kind="case")
        tests["converted"] += len(self.conversion.report.gaps) == gaps

    def _row(self, node: Node, case: str = "hook") -> tuple[list[Any], list[Any]]:
        """Return the steps and the mocks of a row of elements."""
        steps: list[Any] = []
        mocks: list[Any] = []
        for child in node.elements:
            if child.name == "munit-tools:mock-when":
                mocks += self.mock(child, case)
            elif child.name == "munit:set-event":
                steps += event_of(child)
            elif not child.name.startswith(("munit:", "munit-tools:")):
                steps += self.conversion.step(child)
        return steps, mocks

    def mock(self, node: Node, case: str) -> list[Any]:
        selectors = self.steps.selectors(self.conversion, node)
        if not selectors:
            return []
        reply = reply_of(self.conversion, node, self.flows, f"{case}: mock in line {node.line}")
        return [Part({**selector, **reply}, node) for selector in selectors]


class _Case:
    """One test."""

    def __init__(self, suite: Suite, node: Node, name: str) -> None:
        self.suite, self.node, self.name = suite, node, name
        self.conversion = suite.conversion
        self.expect: dict[str, Any] = {}
        self.steps: list[Any] = []
        self.mocks: list[Any] = []
        self.spies: list[Any] = []
        self.request: dict[str, Any] = {}

    def made(self) -> dict[str, Any]:
        node = self.node
        for scope in ("munit:behavior", "munit:execution", "munit:validation"):
            for each in node.all(scope):
                for child in each.elements:
                    self._add(child, is_asserting=scope == "munit:validation")
        if error := node.get("expectedErrorType"):
            self.expect["error"] = value_of(error)
        if text := node.get("expectedErrorDescription"):
            self.expect["error.description"] = value_of(text)
        return {name: value for name, value in self._keys() if value}

    def _keys(self) -> Iterator[tuple[str, Any]]:
        yield "doc", self.node.get("description")
        yield "tags", [each.strip() for each in self.node.get("tags").split(",") if each.strip()]
        yield "skip", "ignored in MUnit" if flag(self.node.get("ignore")) is True else ""
        yield "mock", self.mocks
        yield "spy", self.spies
        if self.request:
            yield "request", self.request
        else:
            yield "steps", self.steps
        yield "expect", self.expect

    def _add(self, node: Node, *, is_asserting: bool) -> None:
        handlers = {
            "munit-tools:mock-when": self._mock,
            "munit-tools:verify-call": self._verify,
            "munit-tools:assert-that": self._assert_that,
            "munit-tools:assert-equals": self._assert_equals,
            "munit-tools:spy": self._spy,
            "munit:set-event": lambda each: self.steps.extend(event_of(each)),
        }
        if node.name in handlers:
            handlers[node.name](node)
        elif node.name == "http:request" and not is_asserting and not self.request:
            self._request(node)
        elif node.name.startswith(("munit:", "munit-tools:")):
            advice = NO_ASSERT if node.name == "munit-tools:assert" else NO_SUCH
            self.conversion.report.add_gap(node, node.name, advice)
        else:
            self.steps += self.conversion.step(node)

    def _mock(self, node: Node) -> None:
        self.mocks += self.suite.mock(node, self.name)

    def _verify(self, node: Node) -> None:
        times: Any = int(node.get("times")) if node.get("times").isdigit() else None
        if times is None:
            least, most = node.get("atLeast"), node.get("atMost")
            times = {"$gte": int(least)} if least.isdigit() else {"$lte": int(most)} if most.isdigit() else {"$gte": 1}
        for selector in self.suite.steps.selectors(self.conversion, node):
            self.expect.setdefault("calls", []).append(Part({**selector, "times": times}, node))

    def _spy(self, node: Node) -> None:
        self.conversion.report.add_gap(node, node.name, NO_SUCH)

    def _request(self, node: Node) -> None:
        """Make the request of a test that of the case."""
        config = self.conversion.globals.find("http:request-config", node.get("config-ref"))
        base = value_of(config.get("basePath")).rstrip("/") if config is not None else ""
        path = value_of(node.get("path") or re.sub(r"^\w+://[^/]*", "", node.get("url"))) or "/"
        self.request = {"method": node.get("method", "GET"), "path": f"{base}/{path.lstrip('/')}"}
        body = node.child("http:body")
        if body is not None:
            self.request["body"] = value_of(with_resources(body.text))

    # Assertions

    def _assert_that(self, node: Node) -> None:
        actual, matcher = inside(with_resources(node.get("expression"))), inside(with_resources(node.get("is")))
        literal = LITERAL.fullmatch(matcher)
        if self.request:
            self._on_answer(node, actual, matcher, literal)
            return
        if literal and SELECTOR.fullmatch(actual) and not self.expect.keys() & {actual}:
            self.expect[actual] = _literal(literal)
            return
        if "withMediaType" in matcher or "withEncoding" in matcher:
            self.conversion.note(node, matcher, "media types and encodings are not compared")
            return
        try:
            self._check(node, condition(actual, matcher))
        except (ValueError, IndexError):
            self.conversion.report.add_gap(node, f"{node.name} {matcher}", UNKNOWN)

    def _on_answer(self, node: Node, actual: str, matcher: str, literal: re.Match[str] | None) -> None:
        """Put what is expected of an answer under expect: its status, and what its body has."""
        if actual == "attributes.statusCode" and literal:
            self.expect["status"] = _literal(literal)
        elif actual.startswith("payload") and SELECTOR.fullmatch(actual) and literal:
            self.expect[f"body{actual.removeprefix('payload')}"] = _literal(literal)
        elif actual.startswith("payload") and SELECTOR.fullmatch(actual) and "notNullValue" in matcher:
            self.expect[f"body{actual.removeprefix('payload')}"] = {"$not": None}
        else:
            self.conversion.report.add_gap(node, f"{node.name} on an answer", BY_REQUEST)

    def _assert_equals(self, node: Node) -> None:
        actual, expected = (inside(with_resources(node.get(name))) for name in ("actual", "expected"))
        self._check(node, f"({actual}) == ({expected})")

    def _check(self, node: Node, told: str) -> None:
        if has_directives(node.get("expression")):
            self.conversion.report.add_gap(node, f"{node.name} with directives", NO_ASSERT)
            return
        step: dict[str, Any] = {"expression": f"#[{told}]"}
        if message := node.get("message"):
            step["message"] = value_of(message)
        self.steps.append(Part({"validation:is-true": step}, node, kind="step"))


def _literal(match: re.Match[str]) -> Any:
    if match[3] is None:
        return match[1] if match[1] is not None else match[2]
    if match[3] in ("true", "false"):
        return match[3] == "true"
    return float(match[3]) if "." in match[3] else int(match[3])
