"""One run over an application."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from engine.mule.apis.apis import Apis
from engine.mule.conversion.modules import advice_about
from engine.mule.conversion.rule import Params, Rule, merged
from engine.mule.conversion.texts import flag, name_of, number, value_of
from engine.mule.reports.report import Advice, Gap, Report
from engine.mule.writing.parts import NOTHING, Part
from engine.mule.xml.nodes import Comment, Node

NOT_SUPPORTED = "MULE:NOT_SUPPORTED"
NO_SUCH_ATTRIBUTE = Advice(
    "nothing here does what the attribute says", "leave it out, or build the step otherwise", "S"
)
NO_SUCH_CHILD = Advice(
    "nothing here does what the child element says", "leave it out, or build the step otherwise", "M"
)
LABEL = "doc:name"
DESCRIPTION = "doc:description"
OF_EDITORS = ("doc:", "xsi:", "xmlns", "tracking:")


class Reference(NamedTuple):
    """A name that stands in the XML for something defined elsewhere. kind: `flow`, or an element of ours."""

    kind: str
    name: str
    node: Node


@dataclass
class Globals:
    """What an application defines by name, in all its files."""

    by_name: dict[tuple[str, str], Node] = field(default_factory=dict)

    def find(self, element: str, name: str) -> Node | None:
        return self.by_name.get((element, name))


class Conversion:
    """One run over an application: applies the rules, and notes what they do not say."""

    def __init__(self, application: str, rules: Mapping[str, Rule], known: Globals, apis: Apis) -> None:
        """application: its name."""
        self.application, self.rules, self.globals, self.apis = application, rules, known, apis
        self.report = Report(application)
        self.defined: set[tuple[str, str]] = set()
        """The names that the flow files define so far, each with its section."""

        self.functions: dict[str, str] = {}
        """Functions of Python that must be written, by their names."""

        self.references: list[Reference] = []
        self.configs: dict[str, Part] = {}
        """Configs that were made of nested elements."""
        self.flow = ""
        """The name of the flow at work."""
        self.unconverted: set[int] = set()
        """The `id`s of the nodes that are in a gap."""
        self.ignored: Mapping[str, str] = {}
        """Steps that are left out, with the reason why that makes no difference."""

        self.written: Callable[[Node], Callable[[Conversion, Node], list[Part]] | None] = lambda node: None
        """Returns what makes the step of an element that no rule describes."""

        self.filled: Callable[[str], str] = lambda text: text
        """Returns a text with the values of the properties that are known."""

        self.uses_files = False
        """Whether steps need the module of file operations."""

        self.sub_flows: dict[str, Part] = {}
        """Sub-flows that were made of nested elements."""

        self._open: list[list[tuple[Gap, str]]] = []

    # Gaps and notes

    def gap(self, node: Node, what: str, advice: Advice, *, is_whole: bool = True, source: str = "") -> Gap:
        """Note that something has no counterpart.

        is_whole: whether that is the whole element, with all in it; source: the XML to show.
        """
        self.unconverted.update(id(each) for each in node.walk()) if is_whole else self.unconverted.add(id(node))
        gap = self.report.add_gap(node, what, advice)
        if self._open:
            self._open[-1].append((gap, source or node.source))
        return gap

    def note(self, node: Node, what: str, why: str) -> None:
        self.report.add_note(node.file, node.line, what, why)

    @contextmanager
    def noting(self) -> Iterator[list[tuple[Gap, str]]]:
        """Yield the gaps that are noted within the context, each with its XML."""
        self._open.append([])
        try:
            yield self._open[-1]
        finally:
            self._open.pop()

    def refer(self, kind: str, name: str, node: Node) -> None:
        self.references.append(Reference(kind, name, node))

    # Steps

    def steps(self, children: Iterable[Node | Comment]) -> list[Part]:
        """Return the steps of a row of elements, with the comments between them."""
        steps: list[Part] = []
        above: list[str] = []
        for child in children:
            if isinstance(child, Comment):
                above.append(comment_of(child))
                continue
            made = self.step(child)
            if made:
                made[0].comments = [*above, *made[0].comments]
                above = []
            steps += made
        return [*steps, Part(NOTHING, None, above)] if above else steps

    def step(self, node: Node) -> list[Part]:
        """Return the step of an element, after those that raise if something in it has no counterpart."""
        if reason := self.ignored.get(node.name):
            self.note(node, node.name, reason)
            return []
        if write := self.written(node):
            return write(self, node)
        rule = self.rules.get(node.name)
        if rule is None:
            return [self.unsupported(node, advice_about(node))]
        with self.noting() as gaps:
            params = self.params(node, rule)
            made = rule.finish(self, node, params) if rule.finish else {rule.target: params}
        steps = [raising(gap, source, node) for gap, source in gaps]
        for value in made if isinstance(made, list) else [made] if made is not None else []:
            steps.append(value if isinstance(value, Part) else Part(value, node, self._description(node), "step"))
        return steps

    def unsupported(self, node: Node, advice: Advice) -> Part:
        """Return the step that raises in the place of an element."""
        with self.noting() as gaps:
            self.gap(node, node.name, advice)
        return raising(*gaps[0], node)

    def _description(self, node: Node) -> list[str]:
        text = node.get(DESCRIPTION).strip()
        return [text] if text else []

    # Parameters

    def params(self, node: Node, rule: Rule) -> Params:
        """Return the parameters that the attributes and children of an element make."""
        params: Params = {}
        if rule.has_label and (label := node.get(LABEL)):
            params[LABEL] = label
        for name in sorted(node.attributes, key=rule.rank):
            if not name.startswith(OF_EDITORS) and name not in rule.known.split():
                params |= self._attribute(node, rule, name, node.attributes[name])
        for child in node.elements:
            params = merged(params, self._child(node, rule, child))
        if rule.steps:
            inner = [child for child in node.children if isinstance(child, Comment) or self._is_step(child, rule)]
            params["steps"] = self.steps(inner)
        return params

    def _attribute(self, node: Node, rule: Rule, name: str, value: str) -> Params:
        parameter = rule.parameter(name)
        if parameter:
            if kind := rule.refs.get(name):
                self.refer(kind, name_of(value), node)
            return {parameter: self._typed(rule, name, value)}
        what = f"{name} of {node.name}"
        if not rule.matters(name):
            self.note(node, what, "makes no difference here")
        elif name not in rule.children:
            self.gap(node, what, rule.unfit.get(name, NO_SUCH_ATTRIBUTE), is_whole=False, source=f'{name}="{value}"')
        return {}

    def _typed(self, rule: Rule, name: str, value: str) -> Any:
        if rule.is_number(name):
            return number(value)
        if rule.is_name(name):
            return name_of(value)
        return flag(value) if rule.is_flag(name) else value_of(value)

    def _child(self, node: Node, rule: Rule, child: Node) -> Params:
        if child.name in rule.known.split():
            return {}
        if child.name in rule.children:
            return rule.children[child.name](self, child)
        if not rule.matters(child.name):
            self.note(child, f"{child.name} in {node.name}", "makes no difference here")
        elif not self._is_step(child, rule):
            self.gap(child, f"{child.name} in {node.name}", rule.unfit.get(child.name, NO_SUCH_CHILD))
        return {}

    def _is_step(self, child: Node, rule: Rule) -> bool:
        return rule.steps and child.name not in {*rule.children, *rule.known.split()} and rule.matters(child.name)

    def content(self, node: Node) -> Any:
        """Return the text of an element as a value."""
        return value_of(node.text)

    def check_no_children(self, node: Node) -> None:
        for child in node.elements:
            self.gap(child, f"{child.name} in {node.name}", NO_SUCH_CHILD)


def comment_of(comment: Comment) -> str:
    return "\n".join(line.strip() for line in comment.text.strip().splitlines())


def raising(gap: Gap, source: str, node: Node) -> Part:
    """Return the step that raises at the place of a gap, its XML in the comment."""
    label = {LABEL: node.get(LABEL)} if node.get(LABEL) else {}
    step = {"raise-error": {**label, "type": NOT_SUPPORTED, "description": f"{gap.what} is not converted"}}
    return Part(step, node, [told(gap, source)], "step")


def told(gap: Gap, source: str) -> str:
    """Return the comment about a gap: why, what to do instead, and the XML."""
    return f"Not converted ({gap.file}:{gap.line}): {gap.why}. Instead: {gap.instead}.\n{source.strip()}"
