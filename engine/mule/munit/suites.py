"""A file of MUnit tests → a test file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from engine.mule.conversion import missing
from engine.mule.conversion.conversion import Conversion, comment_of
from engine.mule.conversion.flows import FlowFile
from engine.mule.conversion.properties import Settings
from engine.mule.munit.cases import Case, Makers, case_of
from engine.mule.munit.known import Known, raised_in
from engine.mule.munit.mocks import Doubles
from engine.mule.munit.requests import Requests
from engine.mule.munit.tools import STORE
from engine.mule.munit.unfit import Unfit
from engine.mule.reports.report import Advice
from engine.mule.writing.parts import Part
from engine.mule.writing.yaml import write
from engine.mule.xml.nodes import Comment, Node

LANGUAGE = "dataweave"
TEST, CONFIG, BEFORE_TEST = "munit:test", "munit:config", "munit:before-test"
HOOKS = {
    "munit:before-suite": "before-all",
    "munit:after-test": "after-each",
    "munit:after-suite": "after-all",
}
ONLY_VARIABLES = ("set-variable", "logger")
NO_EFFECT = ("remove-variable", "logger")
"""What makes no difference behind a test: nothing comes after it."""
BEHIND = "nothing comes behind a test, or it only writes a line"
NOTHING_LIKE_IT = Advice("test files have nothing like it", "what the tests need, in another way", "M")
TYPES_FLOW = "error types of mocks"
FREE_PORT = "18081"


@dataclass(eq=False)
class SuiteFile:
    """A test file before it is text."""

    name: str
    sections: dict[str, Any]
    cases: dict[str, Part] = field(default_factory=dict)
    converted: set[str] = field(default_factory=set)

    def text(self) -> str:
        return write({**self.sections, "cases": self.cases})


class Suite:
    """Makes the test file of one file of MUnit's."""

    def __init__(self, conversion: Conversion, settings: Settings, known: Known, nodes: list[Node | Comment]) -> None:
        self.conversion, self.settings, self.known = conversion, settings, known
        self.nodes = nodes
        self.flow_file = FlowFile(conversion, LANGUAGE, settings)
        named = {each.get("name"): each for each in _elements(nodes) if each.name == "http:request-config"}
        self.makers = Makers(conversion, Doubles(conversion, known.steps), Requests(conversion, settings, named))
        self.settings_of_file: dict[str, Any] = {}
        self.before: list[Node | Comment] = []
        self.mocks: list[Part] = []

    def made(self, name: str, parameters: dict[str, Any]) -> SuiteFile:
        """Return the file. parameters: values of properties, for a run of all its tests."""
        configs, defined = set(self.conversion.configs), set(self.conversion.defined)
        others = [each for each in self.nodes if not _is_of_tests(each)]
        self.flow_file.add(Node("mule", "", 0, children=list(others)), name)
        for node in _elements(self.nodes):
            self._setting(node)
        file = SuiteFile(name, {})
        self._add_cases(file)
        file.sections = self._sections(parameters, file, configs)
        self.conversion.defined = defined  # other files do not see what this one defines
        return file

    def _setting(self, node: Node) -> None:
        if node.name == BEFORE_TEST:
            self._before_test(node)
        elif node.name in HOOKS:
            self._hook(node, HOOKS[node.name])
        elif node.name == "munit:dynamic-port":
            self.settings_of_file.setdefault("set", {})[node.get("propertyName")] = FREE_PORT

    def _before_test(self, node: Node) -> None:
        """Take what runs before each test: mocks for all cases; variables, or steps that each case begins with."""
        doubles = [each for each in node.elements if each.name == "munit-tools:mock-when"]
        self.mocks += [part for each in doubles for part in self.makers.doubles.mocks(each)]
        steps = [each for each in node.children if each not in doubles]
        if all(each.name in ONLY_VARIABLES for each in _elements(steps)):
            self.settings_of_file["before-each"] = self._steps(node, steps)
        else:
            self.before += steps

    def _hook(self, node: Node, name: str) -> None:
        mocks = [each for each in node.elements if each.name == "munit-tools:mock-when"]
        self.mocks += [part for each in mocks for part in self.makers.doubles.mocks(each)]
        steps = [each for each in node.children if each not in mocks]
        if name.startswith("after") and all(each.name in NO_EFFECT for each in _elements(steps)):
            self.conversion.note(node, node.name, BEHIND)
        elif _elements(steps):
            self.settings_of_file[name] = self._steps(node, steps)

    def _steps(self, node: Node, children: Iterable[Node | Comment]) -> list[Part]:
        """Return the steps of a hook; those that cannot be said are gaps."""
        case = Case(self.makers, node)
        try:
            case.add(children)
        except Unfit as unfit:
            self.conversion.report.add_gap(unfit.node, unfit.what, unfit.advice)
            return []
        if case.calls or case.spies or case.assertions or case.act or case.former:
            self.conversion.report.add_gap(node, f"assertions or requests in {node.name}", NOTHING_LIKE_IT)
        return case.all_steps()

    def _add_cases(self, file: SuiteFile) -> None:
        above: list[str] = []
        for node in self.nodes:
            if isinstance(node, Comment):
                above.append(comment_of(node))
            elif node.name == TEST:
                part, is_converted = case_of(self.makers, node, self.before)
                name = _unique(node.get("name") or "test", file.cases)
                part.comments = [*above, *part.comments]
                file.cases[name] = part
                file.converted |= {name} if is_converted else set()
            if isinstance(node, Node):
                above = []

    def _sections(self, parameters: dict[str, Any], file: SuiteFile, known: set[str]) -> dict[str, Any]:
        sections = self.flow_file.result()
        configs = {name: part for name, part in self.conversion.configs.items() if name not in known}
        if _uses_store([self.settings_of_file, file.cases]):
            configs[STORE] = Part({"os:object-store": {"persistent": False}}, None)
        if configs:
            sections["configs"] = {**sections.get("configs", {}), **configs}
        if types := sorted(set(raised_in([self.mocks, file.cases])) - self.known.types):
            sections["sub-flows"] = {**sections.get("sub-flows", {}), TYPES_FLOW: _raising(types)}
        values = {**self.known.encrypted, **self.settings_of_file.pop("set", {}), **parameters}
        whole = {**sections, **({"set": values} if values else {}), **self.settings_of_file}
        if self.mocks:
            whole["mock"] = self.mocks
        values |= self._lacking([whole, file.cases], values)
        return {**whole, "set": values} if values else whole

    def _lacking(self, sections: list[Any], known: Iterable[str]) -> dict[str, Any]:
        """Return stubs for the properties that have no value, neither in the application."""
        lacking = missing.properties(self.conversion, self.settings, sections)
        stubs = {*known, *self.settings.chosen, *self.known.properties}
        return {name: value for name, value in lacking.items() if name not in stubs}


def _raising(types: list[str]) -> Part:
    """Return a sub-flow that makes the error types of mocks known."""
    steps = [{"raise-error": {"type": each}} for each in types]
    return Part({"doc": "Makes the types known that mocks raise; nobody calls it.", "steps": steps}, None)


def _is_of_tests(node: Node | Comment) -> bool:
    return isinstance(node, Comment) or node.name.startswith("munit:") or node.name == "import"


def _elements(nodes: Iterable[Node | Comment]) -> list[Node]:
    return [each for each in nodes if isinstance(each, Node)]


def parameterizations(nodes: Iterable[Node | Comment]) -> dict[str, dict[str, str]]:
    """Return the values of properties with which all tests of a file run, by the names that they have together."""
    configs = [each for each in _elements(nodes) if each.name == CONFIG]
    found = [each for config in configs for each in config.walk() if each.name == "munit:parameterization"]
    return {each.get("name"): dict(map(_parameter, _parameters(each))) for each in found}


def _parameters(node: Node) -> list[Node]:
    return [each for each in node.walk() if each.name == "munit:parameter"]


def _parameter(node: Node) -> tuple[str, str]:
    return node.get("propertyName"), node.get("value")


def _unique(name: str, known: Iterable[str]) -> str:
    taken = set(known)
    names = (name if number == 1 else f"{name} ({number})" for number in range(1, len(taken) + 2))
    return next(each for each in names if each not in taken)


def _uses_store(value: Any) -> bool:
    if isinstance(value, Part):
        return _uses_store(value.value)
    if isinstance(value, dict):
        return value.get("objectStore") == STORE or any(map(_uses_store, value.values()))
    return isinstance(value, list) and any(map(_uses_store, value))
