"""A file of Mule's XML as the sections of a flow file."""

from __future__ import annotations

from typing import Any

from engine.mule.conversion.conversion import LABEL, Conversion, comment_of, raising, told
from engine.mule.conversion.modules import advice_about
from engine.mule.conversion.properties import Settings
from engine.mule.conversion.rule import Rule
from engine.mule.conversion.rules import CONFIGS, SOURCES, STEPS
from engine.mule.elements.errors import HANDLERS, error_handler, handlers_of
from engine.mule.elements.loggers import IGNORED_CONFIGS
from engine.mule.elements.settings import IGNORED
from engine.mule.elements.web.apikit import mapped_flows
from engine.mule.reports.report import Advice
from engine.mule.writing.parts import NOTHING, Part
from engine.mule.xml.nodes import Comment, Node, globals_of

LIKE_SOURCES = ("listener", "subscriber", "trigger", "source", "subscribe", "replay", "on-new", "on-updated", "inbound")
FLOW = Rule(
    "flow",
    texts="initialState",
    numbers="maxConcurrency",
    known="name",
    no_matter="tracingName ee-tracking:enable-default-events",
    children={"error-handler": error_handler},
    has_label=False,
)
SUB_FLOW = Rule("sub-flow", known="name", no_matter="tracingName", has_label=False)
TWICE = Advice("Mule does not deploy two of one name", "rename it where it is meant", "S")
NO_CONFIG = Advice("a module that is not there", "what its operations need", "M")
SECTIONS = (
    "expression-language", "configuration-properties", "properties", "configuration", "configs", "flows", "sub-flows",
    "error-handlers",
)  # fmt: skip


class FlowFile:
    """The sections that one XML file makes."""

    def __init__(self, conversion: Conversion, language: str, settings: Settings) -> None:
        self.conversion = conversion
        self.settings = settings
        self.language = language
        self.sections: dict[str, Any] = {name: {} for name in SECTIONS}
        self.sections["configuration-properties"] = []
        self.stray: list[Node | Comment] = []
        self._above: list[str] = []

    def add(self, root: Node, stem: str) -> None:
        for node in globals_of(root):
            self._global(node)
        if any(isinstance(each, Node) for each in self.stray):
            self._put("flows", stem, Part({"steps": self.conversion.steps(self.stray)}, None))
        self.tail = self._above

    def result(self) -> dict[str, Any]:
        """Return the sections that have something in them."""
        for name, part in self.conversion.sub_flows.items():
            self._put("sub-flows", name, part)
        self.conversion.sub_flows = {}
        found = {name: value for name, value in self.sections.items() if value}
        return {"expression-language": self.language, **found}

    def _global(self, node: Node | Comment) -> None:
        if isinstance(node, Comment):
            self._above.append(comment_of(node))
            return
        above, self._above = self._above, []
        made = self._made(node)
        if made is not None:
            made.comments = [*above, *made.comments]
        else:
            self._above = above

    def _made(self, node: Node) -> Part | None:
        """Put what a global element makes into its section; return its part."""
        if node.name in ("flow", "sub-flow"):
            return self._flow(node)
        if node.name == "error-handler":
            return self._put("error-handlers", node.get("name"), Part(handlers_of(self.conversion, node), node))
        if node.name in CONFIGS:
            return self._config(node)
        if self.settings.takes(node):
            return self.settings.add(node, self.sections)
        if node.name in IGNORED or node.name in IGNORED_CONFIGS:
            self.conversion.note(node, node.name, IGNORED.get(node.name, "its operations need none here"))
            return None
        if node.name in HANDLERS:
            return None  # converted where it is named
        if node.name in STEPS or not node.get("name"):
            self.stray += [node]
            return None
        return self._unknown(node)

    def _unknown(self, node: Node) -> Part:
        """Leave a comment in the place of a config of a module that is not there."""
        advice = advice_about(node)
        with self.conversion.noting() as gaps:
            self.conversion.gap(node, node.name, advice)
        return self._put("configs", node.get("name"), Part(NOTHING, node, [told(*gaps[0])]))

    def _put(self, section: str, name: str, part: Part) -> Part:
        part.kind = part.kind or section
        known = self.conversion.defined
        key = "flows" if section == "sub-flows" else section
        if (key, name) in known and part.origin is not None:
            self.conversion.gap(part.origin, f"{part.origin.name} '{name}' a second time", TWICE, is_whole=False)
            name = next(each for number in range(2, 10**6) if (key, each := f"{name}-{number}") not in known)
        known.add((key, name))
        self.sections[section][name] = part
        return part

    def _config(self, node: Node) -> Part:
        with self.conversion.noting() as gaps:
            rule = CONFIGS[node.name]
            params = self.conversion.params(node, rule)
            value = rule.finish(self.conversion, node, params) if rule.finish else {rule.target: params}
        name = node.get("name") or node.local_name
        if node.name == "apikit:config":
            for flow, part in mapped_flows(self.conversion, node).items():
                self._put("flows", flow, part)
        return self._put(
            "configs", name, Part(value, node, [told(gap, source) for gap, source in gaps], kind="configs")
        )

    def _flow(self, node: Node) -> Part | None:
        conversion = self.conversion
        conversion.flow = node.get("name")
        if _is_console(node):
            conversion.note(node, f"flow {conversion.flow}", "it serves the console; engine serve --docs answers /docs")
            return None
        is_flow = node.name == "flow"
        flow: dict[str, Any] = {}
        if doc := (node.get("doc:description") or "").strip():
            flow["doc"] = doc
        with conversion.noting() as gaps:
            settings = conversion.params(_without_steps(node), FLOW if is_flow else SUB_FLOW)
            source = self._source(node) if is_flow else None
        settings.pop(LABEL, None)
        handler = settings.pop("error-handler", None)
        flow |= settings
        if source is not None:
            flow["source"] = source
        inner = [each for each in node.children if not self._is_apart(node, each)]
        is_shown = source is None or source.value is not NOTHING
        flow["steps"] = [*(raising(*each, node) for each in gaps if is_shown), *conversion.steps(inner)]
        if handler is not None:
            flow["error-handler"] = handler
        conversion.report.flows["all"] += 1
        return self._put("flows" if is_flow else "sub-flows", conversion.flow, Part(flow, node))

    def _is_apart(self, flow: Node, child: Node | Comment) -> bool:
        """Return whether a child of a flow is none of its steps."""
        if isinstance(child, Comment):
            return False
        return child.name == "error-handler" or child is _source_of(flow)

    def _source(self, flow: Node) -> Part | None:
        source = _source_of(flow)
        if source is None:
            return None
        rule = SOURCES.get(source.name)
        if rule is None:
            with self.conversion.noting() as gaps:
                self.conversion.gap(source, source.name, advice_about(source))
            return Part(NOTHING, source, [told(*gaps[0])])
        params = self.conversion.params(source, rule)
        value = rule.finish(self.conversion, source, params) if rule.finish else {rule.target: params}
        return Part(value, source, kind="source")


def _source_of(flow: Node) -> Node | None:
    """Return the source of a flow: its first element, if that is one."""
    if flow.name != "flow" or not flow.elements:
        return None
    first = flow.elements[0]
    is_source = first.name in SOURCES or (
        first.name not in STEPS and any(map(first.local_name.__contains__, LIKE_SOURCES))
    )
    return first if is_source else None


def _without_steps(flow: Node) -> Node:
    """Return the flow with nothing in it but its error handler."""
    inner: list[Any] = flow.all("error-handler")
    return Node(flow.name, flow.file, flow.line, flow.column, flow.attributes, inner, source=flow.source)


def _is_console(flow: Node) -> bool:
    steps = [each for each in flow.elements if each.name != "error-handler" and each is not _source_of(flow)]
    return bool(steps) and all(each.name == "apikit:console" for each in steps)
